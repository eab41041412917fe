"""What a hostile model or many threads could make of the validator: it stays quick, short and bounded."""

from __future__ import annotations

import sys
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.schema import validate
from franca.schema.check import problems_of, strangers
from franca.schema.folded import folded, unfolded
from franca.schema.kept import keep
from franca.schema.validate import validator_for

NODE = {"anyOf": [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B"}, {"type": "null"}]}
TWO = {
    "$ref": "#/$defs/A",
    "$defs": {
        name: {
            "type": "object",
            "properties": {"child": NODE, name: {"type": "integer"}},
            "additionalProperties": False,
        }
        for name in "AB"
    },
}


def nested(levels: int, inmost: Any) -> Any:
    value = inmost
    for _ in range(levels):
        value = {"child": value}
    return value


def test_a_union_inside_itself():
    """Two forms that hold each other would be two to the power of the depth: sixty levels would never end."""
    validator = validator_for(TWO)
    assert validator.valid(nested(60, None))
    assert not validator.valid(nested(60, 5))
    (problem,) = validator.problems(nested(60, 5))
    assert (problem.path, problem.keyword) == ("/child", "anyOf")
    assert validator.problems(nested(60, None)) == []
    assert problems_of(nested(60, None), TWO) == []
    (line,) = problems_of(nested(60, 5), TWO)
    assert line.startswith("child: fits none of its forms")
    assert len(line) < 600
    assert strangers(nested(60, None), TWO) == []
    assert len(strangers(nested(60, {"q": 1}), TWO)) == 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
SCHEMAS = [
    {"$ref": "#/$defs/x", "$defs": {"x": {"anyOf": [{"type": "null"}, {"items": {"$ref": "#/$defs/x"}}]}}},
    {
        "properties": {"a": {"oneOf": [{"$ref": "#"}, {"type": "integer"}], "allOf": [{"minimum": 1}]}},
        "not": {"anyOf": [{"required": ["b"]}]},
        "additionalProperties": {"oneOf": [{"type": "string"}, {"minLength": 1}], "anyOf": [{"const": "a"}, False]},
    },
    {"allOf": [{"anyOf": [{"type": "array"}, {"$ref": "#/$defs/y"}]}], "$defs": {"y": {"type": ["object", "null"]}}},
]


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_what_is_folded_says_the_same(value):
    """Problems are told exactly of those values that do not fit."""
    for schema in SCHEMAS:
        validator = validator_for(schema)
        problems = validator.problems(value)
        assert (problems == []) == validator.valid(value), (schema, problems)


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"type": "null"}]},
        {"$ref": "#/anyOf/0", "anyOf": [{"type": "null"}]},
        {"$ref": "#/$defs/a", "$defs": {"a": {}}, "anyOf": [{}], "unevaluatedProperties": False},
        {"$ref": "#/$defs/a", "$defs": {"a": {}}, "anyOf": [{}], "unevaluatedItems": False},
        True,
    ],
)
def test_what_is_not_folded(schema):
    """Where nothing holds itself, or it would mean something else."""
    assert folded(schema) is None


def test_a_not_of_its_own_stays_one():
    """Only the double one is a union."""
    assert unfolded({"not": {"anyOf": []}}) == "anyOf"
    assert unfolded({"not": {"anyOf": [], "type": "null"}}) is None
    assert unfolded({"type": "null"}) is None
    assert unfolded(True) is None
    (problem,) = validator_for({"not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"type": "null"}}}).problems(None)
    assert problem.keyword == "not"


def test_texts_are_short():
    """A model may write names of any length, and any number of them."""
    names = {f"{number}{'k' * 1000}": 1 for number in range(1000)}
    (problem,) = validator_for({"properties": {}, "additionalProperties": False}).problems(names)
    assert "and 990 more" in str(problem)
    assert len(str(problem)) < 1000
    (problem,) = validator_for({"additionalProperties": {"type": "string"}}).problems({"k" * 100_000: 1})
    assert len(str(problem)) < 400
    assert len(problem.path) > 100_000


def test_what_json_cannot_say_inside():
    """Also where no keyword of the schema leads."""
    validator = validator_for({"type": "object"})
    for value in ({"a": object()}, {"a": "\ud800"}, {"\ud800": 1}):
        assert not validator.valid(value)
        assert "JSON can say" in str(validator.problems(value)[0])
    assert validator.valid({"a": 10**400})
    for value in (b"x", {1: 2}):  # which other encoders of JSON would take
        assert not validator.valid(value)
        assert "JSON can say" in str(validator.problems(value)[0])


def test_a_schema_that_is_changed_afterwards():
    """The validator, which others may have too, stays what it was."""
    schema = {"type": "integer", "enum": [1, 2]}
    validator = validator_for(schema)
    schema["enum"].append("x")
    assert validator.schema == {"type": "integer", "enum": [1, 2]}
    assert validator_for({"type": "integer", "enum": [1, 2]}) is validator


def test_another_thread_is_in_between():
    """Whatever it did while the oldest was looked for: once more."""

    class Shared(dict):
        troubles = iter([RuntimeError("changed size during iteration"), StopIteration(), None])

        def __iter__(self):
            if trouble := next(self.troubles):
                raise trouble
            return super().__iter__()

    kept = Shared({"a": 1, "b": 2})
    assert keep(kept, "c", 3, 2) == 3
    assert list(kept.items()) == [("b", 2), ("c", 3)]


def test_many_threads():
    """They compile and let go at the same time, and nothing breaks or grows."""
    failed: list[BaseException] = []

    def compile_many(thread: int) -> None:
        try:
            for number in range(150):
                validator_for({"const": [thread, number]})
        except BaseException as error:
            failed.append(error)

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=compile_many, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert not failed
    assert len(validate._kept) <= 128 + 6


def test_a_pattern_that_cannot_be_searched_in_time() -> None:
    """The search is given up after so many steps, and that is a problem like any other: told, not raised."""
    found = validator_for({"type": "string", "pattern": r"^(\w+\s?)*(?<!x)$"}).problems("a" * 60 + "!")
    assert [(one.path, one.keyword, one.expected) for one in found] == [
        ("", "pattern", "a text whose pattern can be searched in time")
    ]
