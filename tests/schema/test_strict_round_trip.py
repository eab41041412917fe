"""The strict transform over schemas and instances at random: accepted by the rules, and nothing is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from openai_rules import broken_rules
from strict_samples import DEFINITIONS, Sample, fitting

from franca.errors import BadUsage
from franca.schema.strict import PROFILES, Strict, refusals, strict_schema
from franca.schema.validate import validator_for

SLOW = (HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large)

TWINS = {
    "anyOf": [
        {"type": "object", "properties": {"a": {"type": "string"}}},
        {"type": "object", "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]},
    ]
}
TEXTS = {"anyOf": [{"type": "string"}, {"type": "object"}, {"enum": [[1], "[1]"]}]}


def same(one: Any, other: Any) -> bool:
    """Equal as JSON texts are: 1, 1.0 and true are three values."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def strict_or_none(schema: Any, provider: str, exact: bool) -> Strict | None:
    """None where the provider's budgets are too small for the schema, which the error says."""
    try:
        return strict_schema(schema, provider, exact=exact)
    except BadUsage as error:
        if "takes no form of this schema" not in str(error) or "nested" in str(error):
            raise
        return None


@pytest.mark.parametrize("provider", PROFILES)
@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
@given(sample=fitting())
@example(sample=(TWINS, {}))
@example(sample=(TWINS, {"a": None}))
@example(sample=(TEXTS, "[1]"))
@example(sample=(TEXTS, [1]))
@example(sample=(TEXTS, {"a": "[1]"}))
def test_exact_loses_nothing(provider: str, sample: Sample) -> None:
    """With exact=True every valid instance has a strict form that fits the strict schema, and comes back as it was."""
    schema, value = sample
    strict = strict_or_none(schema, provider, exact=True)
    if strict is None:
        return
    assert refusals(strict.schema, provider) == []
    said = strict.encode(value)
    assert validator_for(strict.schema).valid(said)
    assert same(strict.decode(said), value)


@pytest.mark.parametrize("provider", PROFILES)
@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(sample=fitting())
def test_what_can_be_said_comes_back(provider: str, sample: Sample) -> None:
    """Without exact: what comes back is the instance, or the instance with null for absent; the rest is a BadUsage."""
    schema, value = sample
    strict = strict_or_none(schema, provider, exact=False)
    if strict is None:
        return
    assert refusals(strict.schema, provider) == []
    try:
        said = strict.encode(value)
    except BadUsage:
        if not any("cannot be said" in note.text or "taken as" in note.text for note in strict.notes):
            raise
        return
    assert validator_for(strict.schema).valid(said)
    back = strict.decode(said)
    assert validator_for(schema).valid(back)
    assert same(back, value) or (same(without_nulls(back), without_nulls(value)) and strict.notes)


def without_nulls(value: Any) -> Any:
    """Without members that are null."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


@settings(max_examples=80, deadline=None, suppress_health_check=SLOW)
@given(sample=fitting())
def test_openai_takes_it_by_a_second_opinion(sample: Sample) -> None:
    """What is made for OpenAI breaks none of the documented rules, as written down independently."""
    for exact in (False, True):
        strict = strict_or_none(sample[0], "openai", exact)
        assert strict is None or broken_rules(strict.schema) == []


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(sample=fitting())
def test_what_is_taken_as_it_is_is_seen_as_taken(sample: Sample) -> None:
    """The check agrees with the second opinion about OpenAI's rules on schemas as they come."""
    schema, _ = sample
    if isinstance(schema, dict):
        schema = {name: value for name, value in schema.items() if name != "$defs"} if "$ref" not in schema else schema
        mine = refusals(schema, "openai")
        if not mine:
            assert broken_rules(schema) == []


@pytest.mark.parametrize("provider", PROFILES)
@settings(max_examples=10, deadline=None, suppress_health_check=SLOW)
@given(sample=fitting(deep=2), other=fitting(deep=2))
def test_decoding_never_fails(provider: str, sample: Sample, other: Sample) -> None:
    """An answer that has not the strict form at all is left to the validator, not an exception."""
    strict = strict_or_none(sample[0], provider, exact=False)
    if strict is not None:
        strict.decode(other[1])
        strict.decode(sample[1])


def test_the_definitions_of_the_samples_are_taken_everywhere() -> None:
    """The recursive definitions that the samples refer to have a strict form at every provider."""
    for provider in PROFILES:
        for name in DEFINITIONS:
            strict = strict_schema({"$ref": f"#/$defs/{name}", "$defs": DEFINITIONS}, provider, exact=True)
            assert refusals(strict.schema, provider) == []
