"""Schemas from examples: nothing that an example shows is refused, and nothing that none shows is claimed."""

from __future__ import annotations

import sys
from dataclasses import dataclass

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.errors import BadUsage
from franca.schema.infer import infer_schema, infer_schema_from_json
from franca.schema.validate import validator_for

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcdef"), inner, max_size=4),
    max_leaves=25,
)  # fmt: skip


@given(st.lists(json_values, min_size=1, max_size=4), st.booleans())
@settings(deadline=None)
def test_no_example_is_refused(examples, closed):
    """Whatever the examples are, each fits the schema that was made of all."""
    validator = validator_for(infer_schema(*examples, closed=closed))  # which checks the schema, too
    for example in examples:
        assert validator.valid(example)


@pytest.mark.parametrize(
    ("examples", "schema"),
    [
        ([1], {"type": "integer"}),
        ([1.0], {"type": "number"}),
        ([1, 2.5], {"type": "number"}),
        ([True, 1], {"type": ["integer", "boolean"]}),
        ([None], {}),
        ([None, "a"], {"type": ["string", "null"]}),
        ([[]], {"type": "array"}),
        ([[], [1, None]], {"type": "array", "items": {"type": ["integer", "null"]}}),
        ([[{"a": 1}, {"b": "x"}]], {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
                "required": [],
                "additionalProperties": False,
            },
        }),
        ([{"b": 1, "a": 2}, {"a": 3, "b": None}], {
            "type": "object",
            "properties": {"b": {"type": ["integer", "null"]}, "a": {"type": "integer"}},
            "required": ["b", "a"],
            "additionalProperties": False,
        }),
        ([[1], {"a": 1}], {"anyOf": [
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}},
                "required": ["a"],
                "additionalProperties": False,
            },
            {"type": "array", "items": {"type": "integer"}},
        ]}),
        ([[1], None, "x"], {"type": ["array", "string", "null"], "items": {"type": "integer"}}),
    ],
)  # fmt: skip
def test_what_examples_tell(examples, schema):
    """Fields in source order, required only where all have them, nullable only where null was seen."""
    found = infer_schema(*examples)
    assert found == schema
    if "properties" in schema:
        assert list(found["properties"]) == list(schema["properties"])


def test_open_objects():
    """On request other fields are allowed, at every depth."""
    schema = infer_schema({"a": {"b": 1}}, closed=False)
    jsonschema.validate({"a": {"b": 1, "c": 2}, "d": 3}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"a": {"b": 1, "c": 2}}, infer_schema({"a": {"b": 1}}))


def test_texts_and_objects_of_python():
    """JSON texts keep 1 and 1.0 apart; dataclasses and tuples count as the JSON that they are written as."""
    assert infer_schema_from_json('{"a": 1.0}', b'{"a": 2}')["properties"] == {"a": {"type": "number"}}

    @dataclass
    class Point:
        at: tuple[int, int]

    assert infer_schema(Point((1, 2))) == infer_schema_from_json('{"at": [1, 2]}')


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: infer_schema(), "at least one example"),
        (lambda: infer_schema(1, object()), "example 2 is nothing that JSON can say"),
        (lambda: infer_schema_from_json("{}", "{'a': 1}"), "example 2 is no JSON"),
        (lambda: infer_schema_from_json("[" * 300 + "]" * 300), "deeper than 200"),
        (lambda: infer_schema_from_json("[" * 100_000 + "]" * 100_000), "is no JSON|deeper than 200"),
        (lambda: infer_schema([0] * 1_000_001), "more than 1,000,000 values"),
    ],
)
def test_what_cannot_be_done(make, said):
    """Each refusal says what is wrong and where."""
    with pytest.raises(BadUsage, match=said):
        make()


def test_depth_is_no_recursion():
    """Two hundred levels are read and written wherever the caller's own stack stands."""

    def from_below(frames: int) -> dict:
        return from_below(frames - 1) if frames else infer_schema_from_json('{"a":' * 199 + "1" + "}" * 199)

    depth, frame = 0, sys._getframe()
    while frame:
        depth, frame = depth + 1, frame.f_back
    schema = from_below(sys.getrecursionlimit() - depth - 250)
    for _ in range(199):
        schema = schema["properties"]["a"]
    assert schema == {"type": "integer"}
