"""Tool calls out of fragments, with the keys that real servers give them."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest


def call(call_id: str, name: str, arguments: str, **extra: Any) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}, **extra}


def part(name: str | None = None, arguments: Any = None, **keys: Any) -> dict[str, Any]:
    return {**keys, "function": {"name": name, "arguments": arguments}}


AB = [call("a", "f", '{"x": 1}'), call("b", "g", '{"y": {}}')]


@pytest.mark.parametrize(
    ("fragments", "calls"),
    [
        pytest.param(
            [
                part("f", "", index=0, id="a", type="function"),
                part(None, '{"x"', index=0),
                part(None, ": 1}", index=0),
                part("g", "", index=1, id="b", type="function"),
                part(None, '{"y": {}}', index=1),
            ],
            AB,
            id="OpenAI",
        ),
        pytest.param(
            [
                {"index": 0, "id": "a", "function": {"name": "f"}},
                {"index": 0, "function": {"arguments": '{"x": 1}'}},
                {"index": 1, "id": "b", "function": {"name": "g"}},
                {"index": 1, "function": {"arguments": '{"y": {}}'}},
            ],
            AB,
            id="vLLM: first fragment without arguments",
        ),
        pytest.param(
            [
                part("f", '{"x"', index=0, id="a"),
                part("g", '{"y"', index=1, id="b"),
                part(None, ": 1}", index=0),
                part(None, ": {}}", index=1),
            ],
            AB,
            id="interleaved by index",
        ),
        pytest.param(
            [
                part("f", '{"x"', index=0, id="a", type="function"),
                part("f", ": 1}", index=0, id="a", type="function"),
                part("g", '{"y"', index=1, id="b", type="function"),
                part("g", ": {}}", index=1, id="b", type="function"),
            ],
            AB,
            id="id and name repeated in every fragment",
        ),
        pytest.param(
            [
                part("f", '{"x"', index=0, id="a", type="function"),
                part("", ": 1}", index=0, id="", type=""),
                part("g", '{"y"', index=1, id="b", type=None),
                part(None, ": {}}", index=1, id=None, type=None),
            ],
            AB,
            id="null and empty id and name",
        ),
        pytest.param(
            [[part("f", '{"x": 1}', index=0, id="a"), part("g", '{"y": {}}', index=0, id="b")]], AB, id="Ollama"
        ),
        pytest.param(
            [
                part("f", '{"x"', index=0, id="a"),
                part("g", '{"y"', index=0, id="b"),
                part(None, ": ", index=0, id="a"),
                part(None, "1}", index=0),
                part(None, ": {}}", index=0, id="b"),
            ],
            AB,
            id="one index, told apart by id",
        ),
        pytest.param([part("f", '{"x": 1}', id="a"), part("g", '{"y": {}}', id="b")], AB, id="Gemini: no index"),
        pytest.param(
            [part("f", '{"x"', id="a"), part(None, ": 1}"), part("g", '{"y"', id="b"), part(None, ": {}}", id="b")],
            AB,
            id="no index: a fragment without id goes to the open call",
        ),
        pytest.param(
            [
                [part("f", '{"x"', index=0, id="a"), part(None, ": 1}", index=0)],
                [part("g", '{"y"', index=1, id="b"), part(None, ": {", index=1), part(None, "}}", index=1)],
            ],
            AB,
            id="several fragments in one chunk",
        ),
        pytest.param(
            [
                {"index": 1, "id": "b", "function": {"name": "g", "arguments": '{"y": {}}'}},
                {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"x": 1}'}},
            ],
            AB,
            id="ordered by index",
        ),
        pytest.param(
            [part("f", '{"x": 1}', index=None, id="a"), part("g", {"y": {}}, index=True, id="b")],
            AB,
            id="arguments as an object, index null or nonsense",
        ),
    ],
)
def test_two_calls(chunks: Any, fragments: list[Any], calls: list[Any]) -> None:
    """All these say the same two calls."""
    assert chunks.calls(*fragments) == calls


@pytest.mark.parametrize("index", [{}, {"index": 0}])
@pytest.mark.parametrize(
    ("second", "arguments"),
    [(part("f", '{"x": 2}'), '{"x": 2}'), (part("f", {"x": 2}), '{"x": 2}'), (part("g", '{"x": 2}'), '{"x": 2}')],
)
def test_a_name_after_whole_arguments_begins_a_call(chunks: Any, index: Any, second: Any, arguments: str) -> None:
    """Without any id, under one index or none: the arguments of the first say that it is over."""
    whole = '{"x": "}\\"{", "y": [{}]}'
    calls = chunks.calls({**part("f", whole[:9]), **index}, {**part("f", whole[9:]), **index}, {**second, **index})
    assert [one["function"]["arguments"] for one in calls] == [whole, arguments]
    assert [one["id"] for one in calls] == ["call_0", "call_1"]


@pytest.mark.parametrize(
    "second",
    [
        part("f", ""),
        part("f", None),
        part("f", " "),
        part(None, "\n"),
        part("", "\n"),
        part(5, "\n"),
        {"function": None},
        {},
        part("f", '{"x": 1}', id="a"),
    ],
)
def test_a_repeated_name_begins_no_call(chunks: Any, second: Any) -> None:
    """... when nothing else says so."""
    [one] = chunks.calls(part("f", '{"x": 1}', index=0, id="a"), {"index": 0, **second})
    assert one["function"]["name"] == "f"


def test_a_name_before_the_arguments_are_whole_begins_no_call(chunks: Any) -> None:
    """Braces inside strings do not count, nor do those that are still open."""
    [one] = chunks.calls(
        part("f", '{"x": "}'), part("f", '{"'), part("f", ", "), part("f", '"y": ['), part("f", "{}]"), part("f", "}")
    )
    assert one["function"]["arguments"] == '{"x": "}{", "y": [{}]}'


def test_another_name_before_any_arguments_continues_it(chunks: Any) -> None:
    """A name in pieces; after the first arguments another name is ignored."""
    [one] = chunks.calls(part("get_"), part("weather"), part("get_weather", "{"), part("other", '"a": 1}'))
    assert one["function"] == {"name": "get_weather", "arguments": '{"a": 1}'}
    [one] = chunks.calls(part(None, '{"a"', id="a"), part("late", ": 1}"))
    assert one["function"] == {"name": "late", "arguments": '{"a": 1}'}


def test_an_object_is_always_whole(chunks: Any) -> None:
    """Arguments as an object replace what came before; what cannot be JSON becomes a text that does not parse."""
    [one] = chunks.calls(part("f", {"a": 1}, id="a"), part("f", {"a": "é"}, id="a"))
    assert one["function"]["arguments"] == '{"a": "é"}'
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    [one] = chunks.calls(part("f", deep, id="a"))
    assert one["function"]["arguments"] == "(arguments that are no JSON)"


def test_missing_ids_are_made_up(chunks: Any) -> None:
    """From the call's place, never one that the server gave; the same at every look."""
    calls = chunks.calls(
        part("f", "{}", index=0, id=""),
        part("g", "{}", index=1, id="call_2"),
        part("h", "{}", index=2, id=None),
        part("i", "{}", index=3, id=7),
    )
    assert [one["id"] for one in calls] == ["call_0", "call_2", "call_2_", "call_3"]


def test_other_fields_of_a_call_are_kept(chunks: Any) -> None:
    """Gemini's thought signature must go back with the call, or the next turn is refused."""
    calls = chunks.calls(
        {
            "id": "a",
            "type": "function",
            "function": {"name": "f", "arguments": "{}", "strict": True},
            "extra_content": {"google": {"thought_signature": "c2ln"}},
            "label": "x",
        },
        {"id": "a", "extra_content": {"google": {"more": 1}, "x": None}, "label": "x", "function": "odd"},
    )
    assert calls == [
        {
            "id": "a",
            "type": "function",
            "function": {"name": "f", "arguments": "{}", "strict": True},
            "extra_content": {"google": {"thought_signature": "c2ln", "more": 1}, "x": None},
            "label": "x",
        }
    ]


def test_custom_tool_calls(chunks: Any) -> None:
    """OpenAI's free-text tools have no function but `custom`, with the input in pieces."""
    calls = chunks.calls(
        {"index": 0, "id": "a", "type": "custom", "custom": {"name": "sql", "input": "SEL"}},
        {"index": 0, "custom": {"name": "sql", "input": "ECT"}},
    )
    assert calls == [{"id": "a", "type": "custom", "custom": {"name": "sql", "input": "SELECT"}}]


@pytest.mark.parametrize(
    ("value", "calls"),
    [
        (None, None),
        ([], None),
        ("odd", None),
        (5, None),
        ([None, "odd", 5, []], None),
        ({"id": "a", "function": {"name": "f"}}, [call("a", "f", "")]),
        ([{}], [call("call_0", "", "")]),
        ([{"id": [], "type": {}, "function": {"name": [], "arguments": 5}}], [call("call_0", "", "")]),
    ],
)
def test_odd_shapes(chunks: Any, value: Any, calls: Any) -> None:
    """No calls, no field: an empty list is refused by some servers when it comes back."""
    assert chunks.message({"tool_calls": value}, {"content": "a"}).get("tool_calls") == calls


def test_the_order_of_interleaved_calls_does_not_matter(chunks: Any) -> None:
    """With an index, the calls may be interleaved and begin in any order."""
    starts = [part(f"f{index}", "", index=index, id=f"id{index}") for index in range(3)]
    pieces = [part(None, f'{{"n": {index}}}', index=index) for index in range(3)]
    expected = [call(f"id{index}", f"f{index}", f'{{"n": {index}}}') for index in range(3)]
    for order in permutations(range(3)):
        for again in permutations(range(3)):
            assert chunks.calls(*(starts[one] for one in order), *(pieces[one] for one in again)) == expected
