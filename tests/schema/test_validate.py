"""Values against schemas: the verdict is the validator's, the words are ours, and nothing is fetched or overflows."""

from __future__ import annotations

import math
import sys

import pytest

from franca.errors import BadUsage
from franca.schema import validate
from franca.schema.validate import Problem, validator_for

CASES = [
    ({"type": ["integer", "null"]}, "a", ": expected null or an integer, got the string \"a\""),
    ({"type": "string"}, {}, ": expected a string, got an object"),
    ({"type": "string"}, [1], ": expected a string, got an array"),
    ({"type": "string"}, True, ": expected a string, got true"),
    ({"type": "string"}, 1.5, ": expected a string, got the number 1.5"),
    ({"required": ["a"]}, {}, ": expected the field 'a', which is missing"),
    ({"properties": {}, "additionalProperties": False}, {"q": 1, "r": 2}, ": expected no field 'q', 'r'"),
    ({"unevaluatedProperties": False}, {"q": 1}, ": expected no field 'q'"),
    ({"enum": ["a", 2]}, "b", ': expected one of ["a",2], got "b"'),
    ({"const": [1]}, 2, ": expected [1], got 2"),
    ({"minimum": 3}, 1, ": expected at least 3, got 1"),
    ({"maximum": 3}, 4, ": expected at most 3, got 4"),
    ({"exclusiveMinimum": 3}, 3, ": expected more than 3, got 3"),
    ({"exclusiveMaximum": 3}, 3, ": expected less than 3, got 3"),
    ({"multipleOf": 2}, 3, ": expected a multiple of 2, got 3"),
    ({"minLength": 3}, "ab", ": expected a length of at least 3, got 2"),
    ({"maxLength": 1}, "ab", ": expected a length of at most 1, got 2"),
    ({"minItems": 1}, [], ": expected at least 1 items, got 0"),
    ({"maxItems": 1}, [1, 2], ": expected at most 1 items, got 2"),
    ({"minProperties": 1}, {}, ": expected at least 1 fields, got 0"),
    ({"maxProperties": 0}, {"a": 1}, ": expected at most 0 fields, got 1"),
    ({"uniqueItems": True}, [1, 1], ": expected each item once, got [1,1]"),
    ({"pattern": "^a"}, "b", ': expected a match of ^a, got "b"'),
    ({"format": "date"}, "x", ': expected the format date, got "x"'),
    ({"anyOf": [{"type": "string"}]}, 1, ": expected one of the forms in anyOf, got 1"),
    ({"oneOf": [True, True]}, 1, ": expected exactly one of the forms in oneOf, got 1"),
    ({"not": {}}, 1, ": expected anything but what 'not' says, got 1"),
    ({"contains": {"type": "string"}}, [1], ": expected what 'contains' asks for"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "value", "said"), CASES, ids=[next(iter(case[0])) for case in CASES])
def test_every_keyword_has_its_words(schema, value, said):
    """Each kind of problem is told by what was expected and what came."""
    rules = validator_for(schema)
    assert not rules.valid(value)
    (problem,) = rules.problems(value)
    assert str(problem).startswith(f"the value{said}")


def test_a_place_is_a_pointer():
    """The path is a JSON Pointer, escaped; long values are cut."""
    schema = {"properties": {"a/b": {"items": {"type": "integer"}}}}
    (problem,) = validator_for(schema).problems({"a/b": [1, "x" * 200]})
    assert problem.path == "/a~1b/1"
    assert len(problem.got) < 90
    assert str(problem).startswith("/a~1b/1: expected an integer, got the string")


def test_a_good_value_has_none():
    """And large ones are counted up to twenty problems."""
    rules = validator_for({"items": {"type": "integer"}})
    assert rules.valid([1, 2])
    assert rules.problems([1, 2]) == []
    assert len(rules.problems(["x"] * 1000)) == 20


def test_what_json_cannot_say_does_not_fit():
    """An object of Python is no value, and a problem says so; a number that is none neither."""
    rules = validator_for({"type": "number"})
    assert not rules.valid(object())
    assert "JSON can say" in str(rules.problems(object())[0])
    assert not rules.valid(math.nan) or rules.problems(math.nan) == []
    assert validate.shown(object()).startswith("<object")


def test_depth_does_not_overflow():
    """A value nested a hundred thousand deep is refused in words: the validator's own stack would end the process."""
    deep: list = []
    inner = deep
    for _ in range(100_000):
        inner.append([])
        inner = inner[0]
    rules = validator_for({"items": {"$ref": "#"}})
    assert not rules.valid(deep)
    assert "nested" in str(rules.problems(deep)[0])
    with pytest.raises(BadUsage, match="no JSON"):
        validator_for({"const": deep})
    while deep:  # or freeing it would overflow in its turn
        deep = deep[0]


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "objekt"}, "no JSON Schema .at /type."),
        ({"$ref": "http://localhost:9/x"}, "no JSON Schema"),
        ({"$ref": "#/$defs/none"}, "no JSON Schema"),
        ("text", "no JSON Schema"),
        ({"enum": {1, 2j}}, "no JSON"),
    ],
)
def test_a_schema_that_is_none(schema, said):
    """The mistake of a schema is told when it is compiled, and no other document is fetched for it."""
    with pytest.raises(BadUsage, match=said):
        validator_for(schema)


def test_compiled_once_and_bounded():
    """The same schema is the same validator, and old ones are let go."""
    assert validator_for({"const": "kept"}) is validator_for({"const": "kept"})
    for number in range(300):
        validator_for({"const": number})
    assert len(validate._kept) <= 128


def test_without_the_extra(monkeypatch):
    """One line says what to install."""
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    with pytest.raises(BadUsage, match=r"franca\[structured\]"):
        validator_for({"const": "not compiled before"})


def test_a_problem_is_plain():
    """It unpacks, compares and prints."""
    assert str(Problem("", "x", "y", "")) == "the value: expected y"
