"""The fields of the answer, its choices and its messages: what becomes of each, chunk by chunk."""

from __future__ import annotations

from typing import Any

import pytest

from franca.accumulate import Accumulator


def test_the_whole_of_an_ordinary_stream(chunks: Any) -> None:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 5, "model": "m", "service_tier": None}
    stream = [
        {**head, "choices": [{"index": 0, "delta": {"role": "assistant", "content": "", "refusal": None}}]},
        {**head, "choices": [{"index": 0, "delta": {"content": "Hel"}, "logprobs": None, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {"content": "lo"}, "logprobs": None, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}], "usage": None},
        {**head, "service_tier": "default", "choices": [], "usage": {"total_tokens": 9}},
    ]
    assert chunks.chat(*stream) == {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 5,
        "model": "m",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": "Hello"},
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "service_tier": "default",
        "usage": {"total_tokens": 9},
    }


def test_nothing_came(chunks: Any) -> None:
    """What the server did not say is not there."""
    assert chunks.chat() == {"object": "chat.completion", "choices": []}
    accumulator = Accumulator()
    accumulator.add({"id": "x", "choices": []})
    assert (accumulator.started, accumulator.finished) == (False, False)


def test_started_and_finished() -> None:
    """Finished is when every choice seen so far has a reason; "" and null are none."""
    accumulator = Accumulator()
    states = []
    for choice in (
        {"index": 0, "delta": {"content": "a"}, "finish_reason": None},
        {"index": 0, "delta": {"content": "a"}, "finish_reason": ""},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
        {"index": 0, "delta": {}, "finish_reason": ""},
        {"index": 1, "delta": {"content": "b"}},
        {"index": 1, "delta": {}, "finish_reason": "never heard of"},
    ):
        accumulator.add({"id": "1", "choices": [choice]})
        states.append((accumulator.started, accumulator.finished))
    assert states == [(True, False), (True, False), (True, True), (True, True), (True, False), (True, True)]
    assert [choice["finish_reason"] for choice in accumulator.chat()["choices"]] == ["stop", "never heard of"]


def test_an_empty_finish_reason_is_kept_if_no_other_came(chunks: Any) -> None:
    assert chunks.choice({"delta": {}, "finish_reason": ""})["finish_reason"] == ""


# ---- the fields of the answer --------------------------------------------------------------------


def test_azure_starts_with_empty_fields_and_no_choice(chunks: Any) -> None:
    """Its first chunk has id "", created 0 and the results of the prompt's filter."""
    results = [{"prompt_index": 0, "content_filter_results": {}}]
    chat = chunks.chat(
        {"id": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": results},
        {"id": "a", "created": 7, "model": "gpt", "choices": [{"index": 0, "delta": {"content": "x"}}]},
        {"id": "b", "created": 8, "model": "gpt-5", "choices": [{"index": 0, "delta": {"content": "y"}}]},
        {"id": "b", "created": None, "model": None, "choices": []},
    )
    assert (chat["id"], chat["created"], chat["model"]) == ("a", 7, "gpt")
    assert chat["prompt_filter_results"] == results
    assert chat["choices"][0]["message"]["content"] == "xy"


def test_usage_is_the_last_and_never_summed(chunks: Any) -> None:
    """Perplexity repeats it in every chunk, growing; a later null takes nothing away; none is invented."""
    sent = [{"usage": {"total_tokens": 1}}, {"usage": {"total_tokens": 2}}, {"usage": None}, {"x_groq": {"usage": {}}}]
    chat = chunks.chat(*sent)
    assert chat["usage"] == {"total_tokens": 2}
    assert chat["x_groq"] == {"usage": {}}
    assert "usage" not in chunks.chat(sent[3])
    assert chunks.chat(sent[2])["usage"] is None


def test_unknown_fields_are_kept(chunks: Any) -> None:
    chat = chunks.chat(
        {"provider": "x", "citations": ["a"], "timings": {"n": 1}, "created": None, "prompt_text": None},
        {"provider": "y", "citations": ["a", "b"], "timings": {"m": 2}, "error": {"code": 502}},
        {"provider": None},
    )
    assert chat == {
        "object": "chat.completion",
        "choices": [],
        "created": None,
        "provider": "y",
        "citations": ["a", "b"],
        "timings": {"m": 2},
        "error": {"code": 502},
        "prompt_text": None,
    }


@pytest.mark.parametrize("padding", [["ab", "c"], ["ab", "ab"], ["ab", None]])
def test_padding_is_no_part_of_the_answer(chunks: Any, padding: list[str | None]) -> None:
    """OpenAI's `obfuscation` has no meaning but its length."""
    sent = [
        {"id": "1", "choices": [{"index": 0, "delta": {"content": "x"}}], "obfuscation": value} for value in padding
    ]
    chat = chunks.chat(*sent, *sent)
    assert "obfuscation" not in chat
    assert chat["choices"][0]["message"]["content"] == "xxxx"


# ---- choices -------------------------------------------------------------------------------------


def test_choices_are_kept_apart_and_ordered(chunks: Any) -> None:
    """By index, whatever came first; several may share a chunk; a missing index is 0."""
    chat = chunks.chat(
        {"choices": [{"index": 1, "delta": {"content": "b"}}]},
        {"choices": [{"delta": {"content": "a"}}, {"index": 1, "delta": {"content": "B"}}, None, 7]},
        {"choices": [{"index": None, "delta": {"content": "A"}}, {"index": "2", "delta": {"content": "!"}}]},
    )
    assert [(one["index"], one["message"]["content"]) for one in chat["choices"]] == [(0, "aA!"), (1, "bB")]


def test_fields_of_a_choice(chunks: Any) -> None:
    """The last non-null value wins, dicts are merged, lists extended, null is kept when nothing else came."""
    assert chunks.choice(
        {
            "stop_reason": None,
            "native_finish_reason": "a",
            "token_ids": [1],
            "matched": None,
            "delta": {"content": "x"},
        },
        {
            "stop_reason": 5,
            "native_finish_reason": "b",
            "token_ids": [2, 3],
            "content_filter_results": {"hate": {"f": 1}},
        },
        {"stop_reason": None, "token_ids": None, "content_filter_results": {"hate": {"g": 2}, "violence": {}}},
    ) == {
        "index": 0,
        "message": {"role": "assistant", "content": "x"},
        "finish_reason": None,
        "stop_reason": 5,
        "native_finish_reason": "b",
        "token_ids": [1, 2, 3],
        "matched": None,
        "content_filter_results": {"hate": {"f": 1, "g": 2}, "violence": {}},
    }


def test_logprobs_come_in_pieces(chunks: Any) -> None:
    """Lists of either form are extended; null before, between and after changes nothing."""
    whole = chunks.choice(
        {"logprobs": None, "delta": {"content": ""}},
        {"logprobs": {"content": [{"token": "a"}], "refusal": None}, "delta": {"content": "a"}},
        {"logprobs": {"content": [{"token": "b"}], "refusal": [{"token": "no"}]}, "delta": {"content": "b"}},
        {"logprobs": None, "delta": {}},
    )
    assert whole["logprobs"] == {"content": [{"token": "a"}, {"token": "b"}], "refusal": [{"token": "no"}]}
    legacy = chunks.choice(
        {"logprobs": {"tokens": ["a"], "top_logprobs": None, "text_offset": [0], "n": 1}},
        {"logprobs": {"tokens": ["b"], "top_logprobs": [{"b": -1.0}], "text_offset": [1], "n": 2}},
    )
    assert legacy["logprobs"] == {"tokens": ["a", "b"], "top_logprobs": [{"b": -1.0}], "text_offset": [0, 1], "n": 2}


def test_fields_of_a_choice_inside_the_delta(chunks: Any) -> None:
    """An Azure simulator puts them there; what the choice itself says comes first."""
    chat = chunks.chat(
        {"choices": [{"delta": {"index": 1, "content": "a", "finish_reason": None, "logprobs": None}}]},
        {
            "choices": [
                {"delta": {"index": 1, "content": None, "finish_reason": "length", "content_filter_results": {"x": 1}}}
            ]
        },
        {"choices": [{"index": 1, "finish_reason": "stop", "delta": {"index": 0, "finish_reason": "length"}}]},
    )
    assert chat["choices"] == [
        {
            "index": 1,
            "message": {"role": "assistant", "content": "a"},
            "finish_reason": "stop",
            "content_filter_results": {"x": 1},
        }
    ]


def test_a_whole_message_in_place_of_deltas(chunks: Any) -> None:
    """A server that cannot stream sends its answer as one chunk, or in each chunk the answer so far."""
    final = {"message": {"role": "assistant", "content": "ab"}, "finish_reason": "stop"}
    expected = {"index": 0, "message": {"role": "assistant", "content": "ab"}, "finish_reason": "stop"}
    assert chunks.choice(final) == expected
    assert chunks.choice({"message": {"content": "a"}}, final) == expected
    assert chunks.choice({"delta": {}, **final}) == expected
    assert chunks.choice({"delta": None, **final}) == expected


def test_a_whole_message_beside_deltas_adds_nothing(chunks: Any) -> None:
    """Perplexity sends both in every chunk."""
    whole = chunks.choice(
        {"message": {"content": "a"}, "delta": {"content": "a"}},
        {"message": {"content": "ab"}, "delta": {"content": "b"}},
        {"message": {"content": "ab"}, "delta": {}, "finish_reason": "stop"},
    )
    assert whole["message"] == {"role": "assistant", "content": "ab"}
    assert chunks.choice({"message": {"content": "a"}}, {"delta": {"content": "b"}})["message"]["content"] == "b"


# ---- messages ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deltas", "role", "content"),
    [
        ([{}], "assistant", None),
        ([{"content": None}], "assistant", None),
        ([{"content": ""}], "assistant", ""),
        ([{"content": None}, {"content": ""}], "assistant", ""),
        ([{"content": "a"}, {"content": None}, {"content": "b"}], "assistant", "ab"),
        ([{"role": "", "content": "a"}, {"role": "tool"}, {"role": "user"}], "tool", "a"),
        ([{"role": None}, {"role": 5}], "assistant", None),
        ([{"content": 5}, {"content": True}, {"content": []}, {"content": {}}], "assistant", None),
        ([{"content": 0}, {"content": "a"}, {"content": 0}], "assistant", "a"),
        ([{"content": "a"}, {"content": []}, {"content": "b"}], "assistant", "ab"),
    ],
)
def test_role_and_content(chunks: Any, deltas: list[Any], role: str, content: str | None) -> None:
    assert chunks.message(*deltas) == {"role": role, "content": content}


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content", "thinking", "refusal"])
def test_texts_grow_in_the_field_they_came_in(chunks: Any, field: str) -> None:
    """Each server wants its reasoning back in its own field; a repeated piece is a piece."""
    deltas = [{field: None}, {field: "ha"}, {field: "ha"}, {field: "ha"}, {field: None}, {field: "!"}, {field: 5}]
    assert chunks.message(*deltas, {"content": "a"}) == {"role": "assistant", "content": "a", field: "hahaha!"}


def test_reasoning_as_an_object(chunks: Any) -> None:
    got = chunks.message({"reasoning": {"text": "a", "n": 1}}, {"reasoning": {"text": "b", "n": 2, "kind": "x"}})
    assert got["reasoning"] == {"text": "ab", "n": 2, "kind": "x"}


def test_content_in_parts(chunks: Any) -> None:
    """Mistral's reasoning models: thinking parts, then text; parts of one type in a row are pieces of one."""

    def thinking(text: str) -> list[dict[str, Any]]:
        return [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]

    got = chunks.message(
        {"content": thinking("Let me")},
        {"content": thinking(" see")},
        {"content": [{"type": "thinking", "signature": "s1"}]},
        {"content": [{"type": "text", "text": "It"}, {"type": "text", "text": " is"}]},
        {"content": " so"},
        {"content": ""},
        {"content": [{"type": "image_url", "image_url": {"url": "u"}}, {"type": "text", "text": "."}, "!", 7]},
        {"content": thinking("Hm")},
    )
    assert got["content"] == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Let me see"}], "signature": "s1"},
        {"type": "text", "text": "It is so"},
        {"type": "image_url", "image_url": {"url": "u"}},
        {"type": "text", "text": ".!"},
        7,
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
    ]


@pytest.mark.parametrize(
    ("contents", "expected"),
    [
        (["a", [{"type": "text", "text": "b"}], "c"], [{"type": "text", "text": "abc"}]),
        (["", [{"type": "text", "text": "b"}]], [{"type": "text", "text": "b"}]),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], [{"type": "text", "text": "ab"}]),
        ([["a"], ["b"]], [{"type": "text", "text": "ab"}]),
        (
            [[{"type": "thinking", "thinking": "a"}], [{"type": "thinking", "thinking": "b"}]],
            [{"type": "thinking", "thinking": "ab"}],
        ),
        (
            [
                [{"type": "thinking", "thinking": "a"}],
                [{"type": "thinking", "thinking": [{"type": "text", "text": "b"}]}],
            ],
            [{"type": "thinking", "thinking": "a"}, {"type": "thinking", "thinking": [{"type": "text", "text": "b"}]}],
        ),
        (
            [[{"type": "thinking", "thinking": [{"type": "thinking", "thinking": [1]}]}]],
            [{"type": "thinking", "thinking": [{"type": "thinking", "thinking": [1]}]}],
        ),
        ([[{"type": ["text"], "text": "a"}], [{"text": "b"}]], [{"type": ["text"], "text": "a"}, {"text": "b"}]),
    ],
)
def test_mixed_shapes_of_content(chunks: Any, contents: list[Any], expected: list[Any]) -> None:
    assert chunks.message(*({"content": content} for content in contents))["content"] == expected


def test_reasoning_details(chunks: Any) -> None:
    """OpenRouter: items of one type and index are pieces of one; the last signature, id and format win."""
    got = chunks.message(
        {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "a", "format": None}]},
        {"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": "b", "format": "f", "id": None}]},
        {"reasoning_details": [{"type": "reasoning.text", "index": 0, "signature": "s", "id": "i"}]},
        {"reasoning_details": [{"type": "reasoning.summary", "index": 0, "summary": "x"}]},
        {"reasoning_details": [{"type": "reasoning.summary", "index": 0, "summary": "y"}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "index": 1, "data": "QUJD", "id": "one"}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "index": 1, "data": "REVG", "id": "one"}]},
        {"reasoning_details": [{"type": "reasoning.encrypted", "index": 1, "data": "R0hJ", "id": "two"}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "no index"}, {"type": 5, "index": 0}]},
        {"reasoning_details": [{"type": "reasoning.text", "text": "no index"}, "odd"]},
        {"reasoning_details": None},
    )
    assert got["reasoning_details"] == [
        {"type": "reasoning.text", "index": 0, "text": "ab", "format": "f", "signature": "s", "id": "i"},
        {"type": "reasoning.summary", "index": 0, "summary": "xy"},
        {"type": "reasoning.encrypted", "index": 1, "data": "QUJDREVG", "id": "one"},
        {"type": "reasoning.encrypted", "index": 1, "data": "R0hJ", "id": "two"},
        {"type": "reasoning.text", "text": "no index"},
        {"type": 5, "index": 0},
        {"type": "reasoning.text", "text": "no index"},
        "odd",
    ]
    assert chunks.message({"reasoning_details": {"type": "t", "index": 0}})["reasoning_details"] == [
        {"type": "t", "index": 0}
    ]


def test_audio_images_and_annotations(chunks: Any) -> None:
    """Transcript and base64 data are texts in pieces, even when a piece repeats; lists grow."""
    got = chunks.message(
        {"audio": {"id": "audio_1", "transcript": "Hi"}, "annotations": [{"type": "url_citation", "n": 1}]},
        {"audio": {"data": "AAAA"}, "images": [{"type": "image_url", "image_url": {"url": "data:,"}}]},
        {"audio": {"data": "AAAA", "transcript": " there"}, "annotations": [{"type": "url_citation", "n": 2}]},
        {"audio": {"expires_at": 1, "id": "audio_1"}, "images": []},
        {"audio": {"expires_at": 2, "id": None}, "annotations": None},
    )
    assert got["audio"] == {"id": "audio_1", "transcript": "Hi there", "data": "AAAAAAAA", "expires_at": 2}
    assert got["images"] == [{"type": "image_url", "image_url": {"url": "data:,"}}]
    assert got["annotations"] == [{"type": "url_citation", "n": 1}, {"type": "url_citation", "n": 2}]


def test_legacy_function_call(chunks: Any) -> None:
    got = chunks.message(
        {"function_call": {"name": "f", "arguments": ""}},
        {"function_call": {"name": "f", "arguments": '{"a"'}},
        {"function_call": None},
        {"function_call": "odd"},
        {"function_call": {"name": None, "arguments": ": 1}"}},
    )
    assert got["function_call"] == {"name": "f", "arguments": '{"a": 1}'}


def test_unknown_fields_of_a_delta_are_kept(chunks: Any) -> None:
    """Pieces of a text that nobody told us of are joined; a label repeated in every chunk is given once."""
    got = chunks.message(
        {
            "new_text": "a",
            "label": "x",
            "depth": {"n": 1, "text": "p", "tag": "t"},
            "many": [1],
            "flag": False,
            "nil": None,
        },
        {"new_text": "b", "label": "x", "depth": {"m": [1], "text": "p", "tag": "u"}, "many": [[2]], "flag": True},
        {"new_text": "a", "label": "x", "depth": {"m": [2], "n": None}, "many": None, "flag": None},
    )
    assert got == {
        "role": "assistant",
        "content": None,
        "new_text": "aba",
        "label": "x",
        "depth": {"n": 1, "text": "pp", "tag": "u", "m": [1, 2]},
        "many": [1, [2]],
        "flag": True,
    }


def test_shapes_that_change_from_chunk_to_chunk(chunks: Any) -> None:
    """The last shape wins, but a text once begun stays."""
    got = chunks.message(
        {"a": 1, "b": {"x": 1}, "c": [1], "d": "t", "e": {"text": {"y": 1}}, "f": {"data": "t"}},
        {"a": "t", "b": [2], "c": {"z": 1}, "d": {"w": 1}, "e": {"text": "t"}, "f": {"data": 5}},
    )
    assert got == {
        "role": "assistant",
        "content": None,
        "a": "t",
        "b": [2],
        "c": {"z": 1},
        "d": "t",
        "e": {"text": "t"},
        "f": {"data": 5},
    }


@pytest.mark.parametrize(
    "chunk",
    [
        None,
        [],
        "text",
        5,
        {},
        {"choices": None},
        {"choices": {}},
        {"choices": {"0": {"delta": {"content": "b"}}}},
        {"choices": "abc"},
        {"choices": [None, "abc", 5, [], True]},
        {"choices": [[{"delta": {"content": "b"}}]]},
        {"choices": [{"index": 0}]},
        {"choices": [{"index": 0, "delta": "b"}]},
        {"choices": [{"index": 0, "delta": ["b"]}]},
        {"choices": [{"index": 0, "message": "b"}]},
    ],
)
def test_odd_chunks_add_nothing(chunks: Any, chunk: Any) -> None:
    usual = {"id": "1", "choices": [{"index": 0, "delta": {"content": "a"}}]}
    assert chunks.chat(usual, chunk, usual, chunk, usual) == chunks.chat(usual, usual, usual)
