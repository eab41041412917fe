"""Whatever the pieces: the same values, each a beginning of the last, and the last what `parse` makes of the whole."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from damage import damaged, schema_of, value_of
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.errors import OutputInvalid
from franca.schema.parsing import parse
from franca.schema.parsing.partial import UNSET, Partial

MESSY = [json.loads(line) for line in (Path(__file__).parent / "messy.jsonl").read_text(encoding="utf-8").splitlines()]
CORRECTED = {
    "think-03",  # what came first turns out to have been thinking
    "punct-15",  # the array was never closed, and what looked like an item is a key
}
LATE = {
    "clean-13",  # no bracket
    "prose-09",
    "multi-03",  # two answers with words between them: only the end says that both count
    "punct-21",
    "trunc-11",  # the end is missing
    "dbl-02",  # encoded twice
    "dbl-05",
    "null-01",  # "null" could be a word of a template
    "alt-04",
    "alt-10",
}
CUT = {"cut", "closers missing", "brace missing", "bracket missing"}
DRAFTS = {"draft before"}
WHOLE = {"string of all", "tuples"}


def values_of(text: str, schema: Any, pieces: list[str]) -> dict[int, Any]:
    """The value after each piece, by how much of the text had come; what `feed` says is checked on the way."""
    partial = Partial(schema)
    values: dict[int, Any] = {0: UNSET}
    at, before = 0, UNSET
    items = list(partial.items())
    for piece in pieces:
        changed = partial.feed(piece)
        at += len(piece)
        values[at] = partial.value
        assert changed or partial.value == before
        assert partial.items()[: len(items)] == items
        before, items = partial.value, list(partial.items())
    return values


def chunks(text: str, random: Random) -> list[str]:
    found, at = [], 0
    while at < len(text):
        size = random.choice((1, 2, 3, 5, 8, 21, 100))
        found.append(text[at : at + size])
        at += size
    return found


def begins(value: Any, whole: Any) -> bool:
    """Whether a value is a beginning of another: members missing, arrays shorter, the last string shorter."""
    if isinstance(value, dict):
        return isinstance(whole, dict) and all(key in whole and begins(one, whole[key]) for key, one in value.items())
    if isinstance(value, list):
        return (
            isinstance(whole, list)
            and len(value) <= len(whole)
            and all(begins(one, other) for one, other in zip(value, whole, strict=False))
        )
    if isinstance(value, str):
        return isinstance(whole, str) and whole.startswith(value)
    return type(value) is type(whole) and value == whole


def alike(value: Any, other: Any) -> bool:
    return value == other or UNSET in (value, other) or begins(value, other) or begins(other, value)


def outcome(text: str, schema: Any) -> Any:
    try:
        return parse(text, schema).value
    except OutputInvalid:
        return UNSET


@pytest.mark.parametrize("case", MESSY, ids=lambda case: case["id"])
def test_messy_answers_grow(case: dict[str, Any]) -> None:
    """Hand-checked cases: what is shown begins what the whole says, and at the end it is that."""
    text, schema = case["text"], case["schema"]
    values = values_of(text, schema, list(text))
    for seed in range(3):
        some = values_of(text, schema, chunks(text, Random(seed)))
        assert some == {at: values[at] for at in some}
    whole = outcome(text, schema)
    if whole is not UNSET:
        if case["id"] not in CORRECTED:
            assert all(value is UNSET or begins(value, whole) for value in values.values())
        assert case["id"] in LATE or values[len(text)] == whole


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 1_000_000), cuts=st.randoms(use_true_random=False))
def test_damaged_answers_grow(seed: int, cuts: Random) -> None:
    """Generated damage: any pieces give the same values, and these only grow into the answer."""
    case = damaged(seed)
    values = values_of(case.text, case.schema, list(case.text))
    some = values_of(case.text, case.schema, chunks(case.text, cuts))
    # How far the tolerant scanner can be sure depends a little on what it saw at once, what it says does not.
    assert all(alike(value, values[at]) for at, value in some.items())
    whole = outcome(case.text, case.schema)
    faults = set(case.faults)
    if whole is UNSET or faults & (CUT | DRAFTS):
        return
    assert all(value is UNSET or begins(value, whole) for value in values.values())
    assert faults & WHOLE or values[len(case.text)] in (whole, UNSET)


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 1_000_000), cuts=st.randoms(use_true_random=False), indent=st.sampled_from([None, 2]))
def test_clean_answers_grow(seed: int, cuts: Random, indent: int | None) -> None:
    """JSON as it stands: the last value is the answer, and `final` says the same as `parse`."""
    random = Random(seed)
    schema = {"type": "object", "properties": {"a": schema_of(random), "b": schema_of(random)}, "required": ["a"]}
    value = {"a": value_of(random, schema["properties"]["a"]), "b": value_of(random, schema["properties"]["b"])}
    text = json.dumps(value, indent=indent, ensure_ascii=random.random() < 0.5)
    values = values_of(text, schema, list(text))
    some = values_of(text, schema, chunks(text, cuts))
    assert some == {at: values[at] for at in some}
    assert all(one is UNSET or begins(one, value) for one in values.values())
    assert values[len(text)] == value or parse(text, schema).cost or len(text) < 40
    partial = Partial(schema)
    partial.feed(text)
    assert partial.final() == parse(text, schema)
    assert partial.value == parse(text, schema).value


@settings(max_examples=200, deadline=None)
@given(
    text=st.text(st.sampled_from(list("{}[]()\"',:;\\/*#<>|` \n-+.0129aeltrufnsx“”")) | st.characters(), max_size=80),
    schema=st.sampled_from(
        [
            {},
            {"type": "object"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "array", "items": {"type": "object", "properties": {"a": {"type": "integer"}}}},
            {"type": "object", "properties": {"a": {"type": "array", "items": {"type": ["string", "null"]}}}},
        ]
    ),
    cuts=st.randoms(use_true_random=False),
)
def test_garbage_is_read_as_parse_reads_it(text: str, schema: dict[str, Any], cuts: Random) -> None:
    """No text raises anything but what `parse` raises, and the pieces make no difference."""
    values = values_of(text, schema, list(text))
    some = values_of(text, schema, chunks(text, cuts))
    assert some == {at: values[at] for at in some}
    partial = Partial(schema)
    for piece in chunks(text, cuts):
        partial.feed(piece)
    whole = outcome(text, schema)
    if whole is UNSET:
        with pytest.raises(OutputInvalid):
            partial.final()
    else:
        assert partial.final().value == whole
