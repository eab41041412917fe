"""The text of a value while it is written, held against any value, any pieces and any mess around it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from franca.errors import FrancaError
from franca.flow.structured.goal import Goal
from franca.gateway.structured.written import Written, certain
from franca.schema.infer import infer_schema

TEXTS = st.text(max_size=12) | st.sampled_from(["null", "12", 'a "q" b', "{", "}\n", "é", "😀", "\\", "\u2028"])
SCALARS = (
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
)
NAMES = st.text("abcde/~", min_size=1, max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=15
)
MESS = [
    lambda text: text,
    lambda text: f"Sure! Here {{it}} is:\n```json\n{text}\n```\nBye.",
    lambda text: text.replace("}", ",}"),
    lambda text: text.replace('"', "'"),
    lambda text: f'<think>{{"a": 1}} or [1]</think>\n{text}',
]


class Event:
    """A piece of a streamed answer."""

    tool_calls = ()

    def __init__(self, content: str) -> None:
        self.content = content


def shown(watch: Written, text: str, size: int) -> list[str]:
    """What is emitted of a text that comes in pieces."""
    return [
        emitted for at in range(0, len(text), size) for _, emitted in watch.take(Event(text[at : at + size]))
    ]  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(NAMES, VALUES, min_size=1, max_size=5),
    st.sampled_from(["strict", "native", "json_object", "prompt"]),
    st.sampled_from(MESS),
    st.integers(1, 9),
    st.booleans(),
)
def test_what_was_emitted_is_never_wrong(value: Any, mode: str, mess: Any, size: int, spaced: bool) -> None:
    """For every value in every form: the pieces are the beginning of the final text, whatever the answer looks like."""
    goal = Goal(infer_schema(value), name="x")
    form = goal.form(mode, "openai")
    assume(form is not None)
    assert form is not None
    try:
        text = mess(json.dumps(form.forth(value), ensure_ascii=spaced, indent=1 if spaced else None))
        reading = form.read(text)
    except FrancaError:
        assume(False)
        return
    watch = Written(goal)
    watch.begin(form)
    pieces = shown(watch, text, size)
    assert "".join(pieces) == watch.sent
    assert watch.agrees(reading.data)
    pieces += [emitted for _, emitted in watch.finish(reading.data)]
    assert json.loads("".join(pieces)) == reading.data
    assert all(pieces)
    assert not watch.handed_out


@given(VALUES, st.integers(1, 5))
def test_the_certain_part_is_a_beginning(value: Any, depth: int) -> None:
    """Of the whole text, at each depth."""
    whole = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    assume(json.loads(whole) == value)
    from franca.wire.codec import json_text

    assert json_text(value).startswith(certain(value, depth))
    assert len(certain(value, depth)) < len(json_text(value))


@pytest.mark.parametrize(
    ("value", "depth", "text"),
    [
        ({}, 9, "{"),
        ([], 9, "["),
        ({"a": 1}, 9, '{"a":'),
        ({"a": 1, "b": "x\n"}, 9, '{"a":1,"b":"x\\n'),
        ([1, [2, 3]], 9, "[1,[2,"),
        ({"a": {"b": True}}, 9, '{"a":{"b":'),
        ({"a": 1, "b": "x"}, 1, '{"a":1'),
        ([1, 2, 3], 1, "[1,2"),
        (5, 9, ""),
    ],
)
def test_what_is_certain(value: Any, depth: int, text: str) -> None:
    """All but the last part, and so much of a text as is there."""
    assert certain(value, depth) == text


def test_pieces_come_early() -> None:
    """A plain answer is shown letter by letter, not only at its end."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    goal = Goal(schema, name="x")
    form = goal.form("prompt", "")
    assert form is not None
    watch = Written(goal)
    watch.begin(form)
    assert shown(watch, '{"a": "hello"}', 1) == ['{"a":"h', "e", "l", "l", "o"]
