"""Instances of JSON schemas: valid by an independent validator, stable, and varied."""

from __future__ import annotations

import re
from random import Random
from typing import Any

import jsonschema
import pytest

from franca.simulator.fits import fits
from franca.simulator.instance import NoInstance, instance
from franca.simulator.pattern import Unsupported, matching

from .schemas import SCHEMAS

VALIDATOR = jsonschema.Draft202012Validator


@pytest.mark.parametrize("name", SCHEMAS)
def test_instances_are_valid(name: str) -> None:
    """Twenty instances of each schema pass jsonschema, and our own check agrees."""
    schema = SCHEMAS[name]
    VALIDATOR.check_schema(schema)
    validator = VALIDATOR(schema, format_checker=VALIDATOR.FORMAT_CHECKER)
    for number in range(20):
        value = instance(schema, b"%d" % number)
        validator.validate(value)
        assert fits(value, schema, schema)


@pytest.mark.parametrize(
    ("validator", "schema"),
    [
        (
            jsonschema.Draft7Validator,
            {
                "type": "array",
                "items": [{"type": "string"}, {"type": "integer"}],
                "additionalItems": False,
                "minItems": 2,
            },
        ),
        (
            jsonschema.Draft4Validator,
            {"type": "integer", "minimum": 3, "exclusiveMinimum": True, "maximum": 5, "exclusiveMaximum": True},
        ),
    ],
)
def test_older_drafts(validator: Any, schema: dict[str, Any]) -> None:
    """Tuples as lists of `items`, exclusive bounds as booleans."""
    for number in range(20):
        validator(schema).validate(instance(schema, b"%d" % number))


def test_instances_are_stable_and_varied() -> None:
    """The same key gives the same instance; over many keys every alternative comes up."""
    schema = SCHEMAS["any-of-with-shared"]
    assert instance(schema, b"k") == instance(schema, b"k")
    assert {instance(schema, b"%d" % number)["kind"] for number in range(30)} == {"a", "b"}
    optional = {"type": "object", "properties": {"a": {"type": "null"}}}
    assert {len(instance(optional, b"%d" % number)) for number in range(30)} == {0, 1}


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
        {"type": "integer", "minimum": 5, "maximum": 3},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
        {"type": "nosuchtype"},
        {"$ref": "#/$defs/nowhere"},
        {"$ref": "#"},
        {"type": "array", "items": {"enum": [1]}, "minItems": 2, "uniqueItems": True},
        {"type": "string", "pattern": "^a$", "minLength": 3},
        {"properties": 3, "type": "object"},
    ],
)
def test_what_has_no_instance_says_so(schema: Any) -> None:
    """NoInstance, and nothing else."""
    with pytest.raises(NoInstance):
        instance(schema, b"k")


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (True, {"type": "integer"}),
        (1, {"type": "boolean"}),
        (True, {"enum": [1]}),
        (1.5, {"type": "integer"}),
        ("ab", {"maxLength": 1}),
        ("ab", {"pattern": "^b"}),
        (3, {"exclusiveMaximum": 3}),
        (3, {"maximum": 3, "exclusiveMaximum": True}),
        (0.3, {"multipleOf": 0.2}),
        ([1, 1], {"uniqueItems": True}),
        ([1], {"prefixItems": [{"type": "string"}]}),
        ([1, 2], {"items": [{}], "additionalItems": False}),
        ([1], {"contains": {"const": 2}}),
        ({}, {"required": ["a"]}),
        ({"a": 1}, {"additionalProperties": False}),
        ({"a": 1}, {"patternProperties": {"a": {"type": "string"}}}),
        ({"a": 1}, {"dependentRequired": {"a": ["b"]}}),
        ({"ab": 1}, {"propertyNames": {"maxLength": 1}}),
        (1, {"not": {}}),
        (1, {"oneOf": [{}, {}]}),
        (1, {"anyOf": [False]}),
        (1, {"if": {"const": 1}, "then": False}),
        (2, {"if": {"const": 1}, "else": False}),
        (None, {"type": "string"}),
    ],
)
def test_our_own_check_finds_what_is_wrong(value: Any, schema: Any) -> None:
    """`fits` is what the makers rely on; each of these must fail it."""
    assert not fits(value, schema, schema)
    assert fits(None, {"type": "string", "nullable": True}, {})


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z]{3,5}$",
        "^\\d+\\.\\d{2}$",
        "^(?:a|bc)*d?$",
        "^(?<year>\\d{4})-(?P<month>0[1-9]|1[0-2])$",
        "^[^\\s@]+@[^\\s@]+\\.[a-z]{2,}$",
        "^\\x41\\u0042[\\-\\]]\\/$",
        "^\\w\\W\\s\\S\\D$",
        "^[\\d\\-x]+?$",
        "^a{0}b{2,}$",
        "\\bword\\b",
        "^$",
        "",
        "^.{4}$",
        "^(foo|bar){2}\\t?$",
    ],
)
def test_texts_match_their_pattern(pattern: str) -> None:
    """For many throws, `re` finds the pattern in the text."""
    dice = Random(1)
    for stretch in range(10):
        assert re.search(pattern.replace("(?<y", "(?P<y"), matching(pattern, dice, stretch))


@pytest.mark.parametrize(
    "pattern", ["(?=a)b", "(a)\\1", "a)", "(a", "[a", "*", "a{x}", "\\p{L}", "[^\\s\\S]", "\\u12", "a\\"]
)
def test_patterns_out_of_reach_say_so(pattern: str) -> None:
    """Unsupported, and nothing else; the text is then made without the pattern, and found wanting."""
    with pytest.raises(Unsupported):
        matching(pattern, Random(1))
