"""What holds for any stream: nothing raises, nothing is shared, and the short way is no other way."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.accumulate import Accumulator, CompletionAccumulator
from franca.accumulate.calls import Calls

FIELDS = [
    *("id", "created", "model", "object", "obfuscation", "usage", "choices", "error", "index", "delta", "message"),
    *("finish_reason", "logprobs", "role", "content", "text", "type", "thinking", "reasoning", "reasoning_details"),
    *("tool_calls", "function_call", "function", "name", "arguments", "summary", "signature", "audio", "data", "x"),
]
names = st.sampled_from(FIELDS)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 3),
    st.floats(allow_nan=True),
    st.sampled_from(["", "a", "b", "{}", '{"a', "text", "thinking", "stop", "\ud83d"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=5)),
    max_leaves=8,
)
deltas = st.dictionaries(names, values, max_size=5)
choices = st.one_of(
    values,
    st.lists(st.one_of(values, st.fixed_dictionaries({"delta": deltas}, optional={"index": values, "x": values}))),
)
chunks = st.fixed_dictionaries({"choices": choices}, optional=dict.fromkeys(["id", "created", "usage", "x"], values))
streams = st.lists(st.one_of(chunks, values), max_size=8)


def whole(accumulator: Any) -> Any:
    return accumulator.chat() if isinstance(accumulator, Accumulator) else accumulator.completion()


def is_plain(value: Any) -> bool:
    """Made of JSON values only."""
    if isinstance(value, dict):
        return all(type(key) is str and is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(is_plain, value))
    return value is None or type(value) in (str, int, float, bool)


def mutate(value: Any) -> None:
    """Change every container within."""
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        mutate(item)
    if isinstance(value, dict):
        value["mutated"] = True
    elif isinstance(value, list):
        value.append("mutated")


@pytest.mark.parametrize("make", [Accumulator, CompletionAccumulator])
@settings(max_examples=50, deadline=None)
@given(streams)
def test_any_json_is_borne_and_nothing_is_shared(make: Callable[[], Any], stream: list[Any]) -> None:
    """No chunk raises; chunks are left as they were; what was added or given out may be changed at will."""
    accumulator, other = make(), make()
    for chunk in stream:
        before = copy.deepcopy(chunk)
        accumulator.add(chunk)
        assert repr(chunk) == repr(before)
        mutate(whole(accumulator))
        mutate(chunk)
        other.add(before)
    result = whole(accumulator)
    assert is_plain(result)
    assert repr(result) == repr(whole(other))
    assert accumulator.started == bool(result["choices"])
    reasons = [choice["finish_reason"] for choice in result["choices"]]
    assert accumulator.finished == (bool(reasons) and all(reason not in (None, "") for reason in reasons))


HEAD = {"id": "1", "object": "chat.completion.chunk", "created": 5, "model": "m"}
heads = st.sampled_from(
    [
        *([HEAD] * 4),
        {**HEAD, "created": 6},
        {**HEAD, "created": 0},
        {**HEAD, "obfuscation": "ab"},
        {**HEAD, "obfuscation": "cd", "usage": {"n": {"m": 1}}},
        {**HEAD, "usage": {"n": 1}},
        {**HEAD, "citations": ["a"]},
        {**HEAD, "deep": {"a": {"b": {"c": []}}}},
        {"id": "", "model": "m2"},
        {"object": "x"},
        {},
    ]
)
besides = st.sampled_from(
    [
        *([{"index": 0, "finish_reason": None}] * 4),
        {"index": 1, "finish_reason": None},
        {"index": 0, "finish_reason": "stop"},
        {"index": 0, "finish_reason": None, "token_ids": [1]},
        {"index": 0, "finish_reason": None, "logprobs": {"content": [{"token": "a"}]}},
        {"index": 0, "finish_reason": "", "content_filter_results": {"hate": {"n": 1}}},
        {},
    ]
)
pieces = st.sampled_from(
    [
        *([{"content": "a"}, {"content": "b"}] * 3),
        {"content": ""},
        {"content": None},
        {"content": ["c"]},
        {"content": 5},
        {"role": "assistant", "content": "d", "refusal": None},
        {"role": ["odd"], "content": "e"},
        {"reasoning": "f"},
        {"reasoning": "g", "content": ""},
        {"label": "h"},
        {"finish_reason": "length", "content": "i"},
        {"tool_calls": [{"index": 0, "function": {"name": "f", "arguments": "{"}}]},
        {},
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(heads, besides, pieces), min_size=1, max_size=12))
def test_the_short_way_is_exact(stream: list[tuple[Any, Any, Any]]) -> None:
    """Streams that go in and out of the shape it takes, against an accumulator that never takes it."""
    for make, field in ((Accumulator, "delta"), (CompletionAccumulator, "text")):
        short, slow = make(), make()
        for head, beside, piece in stream:
            part = piece if field == "delta" else piece.get("content")
            chunk = {**head, "choices": [{**beside, field: part}]}
            short.add(copy.deepcopy(chunk))
            slow._add(copy.deepcopy(chunk))
            assert (short.started, short.finished) == (slow.started, slow.finished)
        assert whole(short) == whole(slow)


@pytest.mark.parametrize("head", [HEAD, {**HEAD, "obfuscation": "ab"}, {"id": "1"}, {"object": "x"}])
def test_the_short_way_is_taken(monkeypatch: pytest.MonkeyPatch, head: dict[str, Any]) -> None:
    """... by the ordinary stream: after two chunks nothing but the comparison and an append is done."""
    accumulator, legacy = Accumulator(), CompletionAccumulator()
    for number in range(100):
        accumulator.add({**head, "choices": [{"index": 0, "delta": {"content": str(number)}, "finish_reason": None}]})
        legacy.add({**head, "choices": [{"index": 0, "text": str(number), "finish_reason": None}]})
        if number == 1:
            monkeypatch.setattr("franca.accumulate._Chunks._add", None)
    text = "".join(map(str, range(100)))
    assert accumulator.chat()["choices"][0]["message"]["content"] == text
    assert legacy.completion()["choices"][0]["text"] == text


def test_nothing_but_choices(chunks: Any) -> None:
    """A server that sends no other field at all."""
    sent = [{"choices": [{"delta": {"content": piece}}]} for piece in "abc"]
    assert chunks.chat(*sent)["choices"][0]["message"]["content"] == "abc"
    legacy = CompletionAccumulator()
    for piece in "abc":
        legacy.add({"choices": [{"text": piece}]})
    assert legacy.completion() == {
        "object": "text_completion",
        "choices": [{"text": "abc", "index": 0, "logprobs": None, "finish_reason": None}],
    }


@given(st.text(max_size=30), st.lists(st.integers(0, 30), max_size=6), st.integers(0, 3))
def test_however_a_text_is_split_it_is_the_same(text: str, places: list[int], looks: int) -> None:
    """Content, reasoning and arguments; looking at the answer in between changes nothing."""
    edges = [0, *sorted(min(place, len(text)) for place in places), len(text)]
    accumulator = Accumulator()
    head = {"index": 0, "id": "a", "function": {"name": "f"}}
    accumulator.add({"id": "1", "choices": [{"index": 0, "delta": {"content": "", "tool_calls": [head]}}]})
    for number, (start, stop) in enumerate(pairwise(edges)):
        piece = text[start:stop]
        call = {"index": 0, "function": {"arguments": piece}}
        for delta in ({"content": piece}, {"reasoning": piece}, {"tool_calls": [call]}):
            accumulator.add({"id": "1", "choices": [{"index": 0, "delta": delta}]})
        if number < looks:
            accumulator.chat()
    message = accumulator.chat()["choices"][0]["message"]
    assert (message["content"], message["reasoning"]) == (text, text)
    assert message["tool_calls"][0]["function"]["arguments"] == text


def test_no_depth_raises(chunks: Any) -> None:
    """Deeper than any decoder would go, in every place."""
    deep: Any = "bottom"
    for _ in range(3_000):
        deep = {"text": [deep]}
    part = {"type": "thinking", "thinking": [deep]}
    delta = {"role": deep, "content": [part, deep], "x": deep, "reasoning_details": [deep], "audio": deep}
    chunk = {"id": deep, "x": deep, "choices": [{"index": 0, "delta": delta, "logprobs": deep, "finish_reason": deep}]}
    chat = chunks.chat(chunk, chunk, copy_of(chunk))
    assert chat["choices"][0]["message"]["content"][-1]["text"]
    chunks.chat(*[{"id": "1", "choices": [{"index": 0, "delta": {"role": deep, "content": "a"}}]} for _ in range(3)])
    same = [{"id": "1", "x": copy_of(deep), "choices": [{"delta": {"role": copy_of(deep), "content": "a"}}]}] * 2
    assert chunks.chat(*same)["choices"][0]["message"]["content"] == "aa"


def copy_of(value: Any) -> Any:
    """A deep copy without recursion, by the accumulator's own means."""
    accumulator = Accumulator()
    accumulator.add({"value": value})
    return accumulator.chat()["value"]


def test_a_long_stream_is_linear() -> None:
    """Pieces are kept, not joined: each chunk adds one entry, and the answer is joined once it is asked for."""
    accumulator = Accumulator()
    number = 20_000
    for _ in range(number):
        accumulator.add({"id": "1", "choices": [{"index": 0, "delta": {"content": "a"}}]})
    choice: Any = accumulator._choices[0]
    assert len(choice.message["content"].pieces) == number
    assert accumulator.chat()["choices"][0]["message"]["content"] == "a" * number
    assert len(choice.message["content"].pieces) == 1
    accumulator.add({"id": "1", "choices": [{"index": 0, "delta": {"content": "b"}}]})
    assert accumulator.chat()["choices"][0]["message"]["content"] == "a" * number + "b"


def test_repeated_names_do_not_make_tool_calls_quadratic() -> None:
    """A server that repeats the name in every fragment makes us ask each time whether the arguments are whole: each
    character is looked at once, not once for each question."""
    looked = 0

    class Counting(str):
        def __iter__(self) -> Any:
            nonlocal looked
            looked += len(self)
            return super().__iter__()

    calls = Calls()
    for piece in ["[", *["{}"] * 500]:
        calls.add([{"index": 0, "function": {"name": "f", "arguments": Counting(piece)}}])
    [call] = calls.settled()
    assert json.loads(call["function"]["arguments"][:3] + "]") == [{}]
    assert looked <= 1001


def test_legacy_completions() -> None:
    """Texts by choice, logprobs extended, the rest kept."""
    legacy = CompletionAccumulator()
    for chunk in (
        {"id": "c", "object": "text_completion", "choices": [{"index": 1, "text": "b", "logprobs": {"tokens": ["b"]}}]},
        {"id": "c", "choices": [{"index": 0, "text": "a", "logprobs": None, "finish_reason": None}]},
        {"id": "c", "choices": [{"index": 1, "text": "B", "logprobs": {"tokens": ["B"]}, "finish_reason": "stop"}]},
        {"id": "c", "choices": [{"index": 0, "text": None, "finish_reason": "length", "x": 1}], "usage": {"n": 3}},
    ):
        assert not legacy.finished
        legacy.add(chunk)
    assert legacy.finished
    assert legacy.completion() == {
        "id": "c",
        "object": "text_completion",
        "choices": [
            {"text": "a", "index": 0, "logprobs": None, "finish_reason": "length", "x": 1},
            {"text": "bB", "index": 1, "logprobs": {"tokens": ["b", "B"]}, "finish_reason": "stop"},
        ],
        "usage": {"n": 3},
    }
