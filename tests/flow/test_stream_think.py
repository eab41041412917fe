"""Think tags in streams: whatever the bytes are cut into, the events add up to the whole answer."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca import errors
from franca.faults import Origin
from franca.flow.call import Opened
from franca.flow.stream import CHAT, COMPLETION, StreamState
from franca.wire.chunk import ChatEvent
from franca.wire.headers import Headers
from franca.wire.response import Response


class Head:
    status = 200
    headers = Headers([("Content-Type", "text/event-stream")])


def play(blocks, *, kind=CHAT, whole=None, fail=None):
    """The events of a stream that comes in these blocks, and its state at the end."""
    opened = Opened(None if whole else Head, whole, Origin("srv", "m", ()), None, None)
    state = StreamState(opened, kind, idle_timeout=None, wall=lambda: 0.0)
    coming, blocks, events = state.events(), [*blocks], []
    for event in coming:
        if event is not None:
            events.append(event)
        elif blocks:
            state.take(blocks.pop(0), 0.0)
        elif fail is not None:
            state.fail(fail, 0.0)
        else:
            state.take(b"", 0.0)
    return events, state


def sse(*payloads, done=True):
    lines = b"".join(b"data: " + msgspec.json.encode(payload) + b"\n\n" for payload in payloads)
    return lines + (b"data: [DONE]\n\n" if done else b"")


def delta(content, index=0, finish=None, **more):
    fields = {} if content is None else {"content": content}
    return {"id": "c", "choices": [{"index": index, "delta": {**fields, **more}, "finish_reason": finish}]}


def added(events):
    """What the events add, by choice: (text, reasoning)."""
    sums = {}
    for event in events:
        for choice in event.choices:
            text, thought = sums.get(choice.index, ("", ""))
            sums[choice.index] = (text + (choice.delta.text or ""), thought + (choice.delta.reasoning or ""))
    return sums


TAGS = ["<think>", "</think>", "<thi", "</th", "[THINK]", "[/THINK]"]
WORDS = st.sampled_from([*TAGS, "Hello", "<", "é", "k>", " ", "\n"])
PIECES = st.lists(WORDS | st.just(""), min_size=1, max_size=10)


@given(
    st.lists(PIECES, min_size=1, max_size=3),
    st.lists(st.integers(0, 2), max_size=30),
    st.lists(st.integers(0, 2000), max_size=6),
    st.sampled_from(["finish", "done", "usage"]),
    st.booleans(),
)
@settings(deadline=None)
def test_events_add_up_to_the_answer(choices, turns, cuts, ending, role):
    """Tags cut at any byte, choices interleaved, the end told by finish reasons or by [DONE] alone."""
    waiting = {index: list(pieces) for index, pieces in enumerate(choices)}
    payloads = [delta("", index, role="assistant") for index in waiting] if role else []
    for turn in [*turns, *range(3), *[i for i in range(3) for _ in range(10)]]:
        if waiting.get(turn):
            payloads += [delta(waiting[turn].pop(0), turn)]
    if ending != "done":
        payloads += [delta(None, index, "stop") for index in waiting]
    if ending == "usage":
        payloads.append({"id": "c", "choices": [], "usage": {"total_tokens": 3}})
    body = sse(*payloads)
    places = sorted(min(cut, len(body)) for cut in cuts)
    blocks = [block for a, b in zip([0, *places], [*places, len(body)], strict=True) if (block := body[a:b])]
    events, state = play(blocks)
    assert state.failure is None
    raw = [event.to_dict() for event in events]
    assert raw[: len(payloads)] == payloads
    sums = added(events)
    for choice in state.final().choices:
        assert sums[choice.index] == (choice.message.text or "", choice.message.reasoning or "")
    if len(choices) == 1:
        assert "".join(event.content or "" for event in events) == (state.final().content or "")
        assert "".join(event.reasoning or "" for event in events) == (state.final().reasoning or "")


def test_after_the_block_events_are_plain_again():
    payloads = [delta(text) for text in ("<think>", "Hm", ".", "</think>", "\n\n", "Hello", " you", "!")]
    events, state = play([sse(*payloads, delta(None, finish="stop"))])
    assert [(event.content, event.reasoning) for event in events] == [
        (None, None),
        (None, "Hm"),
        (None, "."),
        (None, None),
        (None, None),
        ("Hello", None),
        (" you", None),
        ("!", None),
        (None, None),
    ]
    assert [type(event) is ChatEvent for event in events] == [False] * 5 + [True] * 4
    assert state.final().content == "Hello you!"
    assert state.final().message.content == "<think>Hm.</think>\n\nHello you!"


def test_a_broken_stream_tells_what_was_kept_back_first():
    """The last event holds what could have become a tag; then the error is raised, with the same answer so far."""
    lost = errors.ConnectionLost("gone")
    events, state = play([sse(delta("<think>Hm. </thi"), done=False)], fail=lost)
    assert isinstance(state.failure, errors.StreamBroken)
    assert added(events) == {0: ("", "Hm. </thi")}
    assert events[-1].to_dict()["choices"] == [{"index": 0, "delta": {}, "finish_reason": None}]
    assert state.failure.partial.reasoning == "Hm. </thi"
    assert state.count == 1


def test_a_chunk_that_is_not_quite_json_is_looked_at_as_well():
    body = b'data: {"choices": [{"index": 0, "delta": {"content": "<think>a"}, "logprobs": NaN}]}\n\n'
    events, _ = play([body + sse(delta("b</think>c", finish="stop"))])
    assert added(events) == {0: ("c", "ab")}


@pytest.mark.parametrize("finish", ["stop", None])
def test_a_whole_answer_to_a_stream_is_split_too(finish):
    message = {"role": "assistant", "content": "<think>Hm.</think>Hello"}
    payload = {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": finish}]}
    whole = Response(200, Headers([("Content-Type", "application/json")]), msgspec.json.encode(payload))
    events, state = play([], whole=whole)
    assert [(event.content, event.reasoning) for event in events] == [("Hello", "Hm.")]
    assert (state.final().content, state.final().reasoning) == ("Hello", "Hm.")


def test_legacy_completions_are_text_and_nothing_else():
    chunk = {"id": "c", "choices": [{"index": 0, "text": "<think>a</think>b", "finish_reason": "stop"}]}
    events, state = play([sse(chunk)], kind=COMPLETION)
    assert [event.text for event in events] == ["<think>a</think>b"] == [state.final().text]
