"""What OpenRouter streams, put together: every field that its whole answers have, and nothing glued or doubled."""

from __future__ import annotations

import random
from typing import Any

import pytest

from franca.accumulate import Accumulator, CompletionAccumulator
from franca.wire.openrouter.chat import RoutedChat, RoutedEvent

HEAD = {"id": "gen-1", "object": "chat.completion.chunk", "created": 5, "model": "a/m", "provider": "Someone"}


def streamed(*deltas: dict[str, Any], **last: Any) -> dict[str, Any]:
    """The whole of a stream of these deltas, as OpenRouter frames them."""
    accumulator = Accumulator()
    for delta in deltas:
        choice = {"index": 0, "delta": {"role": "assistant", "content": "", **delta}, "logprobs": None}
        accumulator.add({**HEAD, "choices": [{**choice, "finish_reason": None, "native_finish_reason": None}]})
    end = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "stop", "logprobs": None}
    accumulator.add({**HEAD, "choices": [{**end, "native_finish_reason": "end_turn"}]})
    accumulator.add({**HEAD, "choices": [{**end, "native_finish_reason": None, "finish_reason": None}], **last})
    return accumulator.chat()


def details(*deltas: Any) -> list[Any]:
    message = streamed(*({"reasoning_details": delta} for delta in deltas))["choices"][0]["message"]
    found = message["reasoning_details"]
    assert isinstance(found, list)
    return found


def text(piece: str | None = None, **more: Any) -> dict[str, Any]:
    item: dict[str, Any] = {"type": "reasoning.text", "format": "anthropic-claude-v1", **more}
    return item if piece is None else {**item, "text": piece}


def test_the_fields_of_a_streamed_answer_are_those_of_a_whole_one() -> None:
    """Provider, native finish reason, routing, cost and its details: all there when the stream is over."""
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "total_tokens": 12,
        "cost": 0.000003,
        "is_byok": False,
        "cost_details": {"upstream_inference_cost": None, "upstream_inference_prompt_cost": 0.000001},
        "server_tool_use_details": {"web_search_requests": 2},
    }
    metadata = {"requested": "a/m", "attempt": 2, "attempts": [{"provider": "One", "model": "a/m", "status": 502}]}
    whole = streamed({"content": "Hel"}, {"content": "lo"}, usage=usage, openrouter_metadata=metadata)
    chat = RoutedChat(whole)
    assert (chat.provider, chat.native_finish_reason, chat.finish_reason) == ("Someone", "end_turn", "stop")
    assert chat.content == "Hello"
    assert chat["usage"] == usage
    assert chat["openrouter_metadata"] == metadata
    assert chat.cost == 0.000003
    assert chat.cost is not None
    assert chat.cost.exact


def test_citations_and_images_of_many_deltas_are_all_kept_in_order() -> None:
    cited = [{"type": "url_citation", "url_citation": {"url": f"https://e.org/{n}"}} for n in range(3)]
    pictures = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{n}"}} for n in ("QQ==", "Qg==")]
    whole = streamed(
        {"annotations": cited[:1]}, {"annotations": cited[1:]}, {"images": pictures[:1]}, {"images": pictures[1:]}
    )
    chat = RoutedChat(whole)
    assert [one.url for one in chat.annotations] == ["https://e.org/0", "https://e.org/1", "https://e.org/2"]
    assert [one.content for one in chat.images] == [b"A", b"B"]


@pytest.mark.parametrize("pieces", [("QUJD", "REVG"), ("QUI=", "Q0RFRg==")], ids=["cut anywhere", "padded each"])
def test_audio_in_pieces(pieces: tuple[str, ...]) -> None:
    """The pieces of base64 are one text; where each carries its own padding, they are decoded one by one."""
    whole = streamed(
        {"audio": {"id": "a1", "transcript": "Good "}},
        {"audio": {"data": pieces[0], "transcript": "day"}},
        {"audio": {"data": pieces[1], "expires_at": 7}},
    )
    audio = RoutedChat(whole).audio
    assert audio is not None
    assert (audio.id, audio.transcript, audio.expires_at) == ("a1", "Good day", 7)
    assert audio.data == "".join(pieces)
    assert audio.content == b"ABCDEF"


def test_a_thought_and_its_late_signature_are_one_item() -> None:
    """A thought in fragments is refused on the next turn: 'Invalid signature in thinking block' (agno #8794)."""
    assert details([text("Let", index=0)], [text(" me", index=0)], [], [text(index=0, signature="S")]) == [
        text("Let me", index=0, signature="S")
    ]


def test_what_follows_a_signature_is_another_thought() -> None:
    """A signature ends its text, also where a server gives both blocks the same index."""
    got = details([text("one", index=0)], [text(signature="S", index=0)], [text("two", index=0)])
    assert got == [text("one", index=0, signature="S"), text("two", index=0)]
    assert details([text("one", signature="S", index=0)], [text("two", signature="S", index=0)]) == [
        text("onetwo", signature="S", index=0)
    ]


def test_without_an_index_a_thought_goes_on_where_the_delta_before_left_off() -> None:
    summary = {"type": "reasoning.summary", "summary": "s"}
    got = details([text("a")], [text("b")], [summary], [summary], [text("c")], [text("d"), text("e")], [text("f")])
    assert got == [text("ab"), {"type": "reasoning.summary", "summary": "ss"}, text("cd"), text("ef")]
    assert details([text("a")], ["odd"], [text("b")]) == [text("a"), "odd", text("b")]
    assert details([{"type": ["x"], "text": "a"}], [{"text": "b"}]) == [{"type": ["x"], "text": "a"}, {"text": "b"}]


def test_encrypted_reasoning_is_never_glued_to_another() -> None:
    """Different ids are different items; the same one sent again is not twice as long."""
    one = {"type": "reasoning.encrypted", "data": "QUJD", "id": "one", "index": 0, "format": "openai-responses-v1"}
    two = {**one, "data": "REVG", "id": "two"}
    assert details([one], [two]) == [one, two]
    assert details([one], [one]) == [one]
    assert details([one], [{**one, "data": "REVG"}]) == [{**one, "data": "QUJDREVG"}]
    loose = {"type": "reasoning.encrypted", "data": "QUJD"}
    assert details([loose], [loose]) == [loose, loose]


def test_server_tool_calls_are_kept_apart_and_whole() -> None:
    """The call may be told again with its result; two calls of one index are two."""
    call = {"type": "reasoning.server_tool_call", "tool_name": "web_search", "arguments": '{"q":1}', "index": 0}
    first, second = {**call, "tool_call_id": "t1"}, {**call, "tool_call_id": "t2", "arguments": '{"q":2}'}
    got = details([{**first, "result": ""}], [{**first, "result": "found"}], [{**second, "result": "none"}])
    assert got == [{**first, "result": "found"}, {**second, "result": "none"}]
    cut = [{**first, "arguments": '{"q"', "result": None}, {**first, "arguments": ":1}", "result": "ab"}]
    assert details([cut[0]], [cut[1]], [{**first, "arguments": None, "result": "cd"}]) == [{**first, "result": "abcd"}]


def test_debug_events_are_all_kept() -> None:
    """What was sent comes in a first event without choices, the times later; of two bodies the last is the one that
    was answered."""
    accumulator = Accumulator()
    body = {"echo_upstream_body": {"model": "m", "messages": [{"role": "user", "content": "x"}]}}
    other = {"echo_upstream_body": {"model": "n", "messages": [{"role": "user", "content": "y"}]}}
    timings = {"timings": {"event": "first_token_received", "epoch_ms": 9}}
    for debug in (body, other, timings, None):
        accumulator.add({**HEAD, "choices": [], "debug": debug})
    assert not accumulator.started
    assert accumulator.chat()["debug"] == {**other, **timings}
    assert RoutedChat(accumulator.chat()).debug == {**other, **timings}


def test_the_error_of_a_choice_is_kept_with_what_came_before() -> None:
    error = {"code": 502, "message": "the provider broke", "metadata": {"provider_name": "One"}}
    accumulator = Accumulator()
    accumulator.add({**HEAD, "choices": [{"index": 0, "delta": {"content": "so far"}, "finish_reason": None}]})
    accumulator.add(
        {**HEAD, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error", "error": error}]}
    )
    choice = RoutedChat(accumulator.chat()).choices[0]
    assert (choice.error, choice.finish_reason, choice.message.content) == (error, "error", "so far")


def test_a_prompt_completion_keeps_its_reasoning() -> None:
    """Its reasoning comes in pieces beside the text, and a piece may be the same as the one before."""
    accumulator = CompletionAccumulator()
    head = {**HEAD, "object": "text_completion"}
    for piece in ("ha", "ha", "!"):
        part = {"type": "reasoning.text", "text": piece, "index": 0}
        choice = {"index": 0, "text": "", "reasoning": piece, "reasoning_details": [part], "finish_reason": None}
        accumulator.add({**head, "choices": [choice]})
    for piece in ("a", "a", "b"):
        choice = {"index": 0, "text": piece, "reasoning": None, "reasoning_details": [], "finish_reason": None}
        accumulator.add({**head, "choices": [choice]})
    accumulator.add(
        {**head, "choices": [{"index": 0, "text": "", "finish_reason": "stop", "native_finish_reason": "s"}]}
    )
    [choice] = accumulator.completion()["choices"]
    assert (choice["text"], choice["reasoning"], choice["native_finish_reason"]) == ("aab", "haha!", "s")
    assert choice["reasoning_details"] == [{"type": "reasoning.text", "text": "haha!", "index": 0}]
    odd = CompletionAccumulator()
    odd.add({**head, "choices": [{"index": 0, "text": "x", "reasoning_content": "r", "reasoning_details": "odd"}]})
    [choice] = odd.completion()["choices"]
    assert (choice["reasoning_content"], choice["reasoning_details"]) == ("r", ["odd"])


def test_the_events_are_left_as_they_came() -> None:
    """What grows is a copy: an event that was handed out is the caller's."""
    events = [{**HEAD, "choices": [{"index": 0, "delta": {"reasoning_details": [text(w, index=0)]}}]} for w in "abc"]
    accumulator = Accumulator()
    for event in events:
        accumulator.add(event)
    assert [RoutedEvent(event).reasoning_details[0].text for event in events] == ["a", "b", "c"]
    whole = accumulator.chat()
    whole["choices"][0]["message"]["reasoning_details"].clear()
    assert RoutedChat(accumulator.chat()).reasoning_details[0].text == "abc"


def test_any_cut_of_the_words_gives_the_same_items() -> None:
    """However the words of a thought are cut, and whatever stands between them, the same items come out."""
    chance = random.Random(4)
    thoughts = ["first of all, ", "then again"]
    expected = [text(thought, index=n, signature=f"S{n}") for n, thought in enumerate(thoughts)]
    for _ in range(50):
        deltas: list[list[dict[str, Any]]] = []
        for n, thought in enumerate(thoughts):
            start = 0
            while start < len(thought):
                end = start + chance.randint(1, 6)
                deltas.append([text(thought[start:end], index=n)])
                start = end
            deltas.append([text(index=n, signature=f"S{n}")])
        assert details(*deltas) == expected
