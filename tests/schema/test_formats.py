"""`response_format`: made, checked, named; and JSON text checked against a schema."""

from __future__ import annotations

import dataclasses
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca.errors import BadUsage
from franca.schema.formats import (
    check_json,
    check_response_format,
    clean_name,
    response_format,
    response_format_from_example,
)
from franca.schema.types import schema_of


@dataclasses.dataclass
class Person:
    name: str
    age: int


@dataclasses.dataclass
class Vague:
    name: str
    age: int | None = None


CLOSED = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Person", "Person"),
        ("my schema.v2", "my_schema_v2"),
        ("Page[int]", "Page_int"),
        ("Crème brûlée (g)", "Creme_brulee_g"),
        ("a-b_c", "a-b_c"),
        ("x" * 70, "x" * 64),
        ("x" * 63 + "  y", "x" * 63),
        ("映画", "answer"),
        ("", "answer"),
        ("__", "answer"),
    ],
)
def test_names(name, clean):
    """Letters, digits, _ and -, at most 64 of them, never none."""
    assert clean_name(name) == clean


@given(st.text())
def test_any_name_becomes_a_name(name):
    """Whatever it is; and cleaning a clean name changes nothing."""
    clean = clean_name(name)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", clean)
    assert clean_name(clean) == clean
    assert check_response_format(response_format(CLOSED, name=name)) == []


def test_of_a_type():
    """Named like it, strict because it can be."""
    assert response_format(Person) == {
        "type": "json_schema",
        "json_schema": {"name": "Person", "strict": True, "schema": schema_of(Person)},
    }
    assert response_format(Person, "a person")["json_schema"]["name"] == "a_person"


@pytest.mark.parametrize(
    ("schema", "name"),
    [(CLOSED, "answer"), ({**CLOSED, "title": "My Title"}, "My_Title"), ({**CLOSED, "title": 3}, "answer")],
)
def test_of_a_schema(schema, name):
    """Named by its title."""
    made = response_format(schema)["json_schema"]
    assert (made["name"], made["schema"]) == (name, schema)


def test_strict_is_no_lie():
    """A schema that strict mode would refuse is refused before it is sent, or sent as what it is."""
    with pytest.raises(
        BadUsage, match=r"the strict mode of openai takes no such schema: .*/properties/age.*strict=False"
    ):
        response_format(Vague)
    assert response_format(Vague, strict=None)["json_schema"]["strict"] is False
    assert response_format(Person, strict=None)["json_schema"]["strict"] is True
    assert response_format(Vague, strict=False)["json_schema"]["strict"] is False
    assert response_format(Vague, provider=None)["json_schema"]["strict"] is True
    assert response_format(True, strict=False)["json_schema"]["schema"] is True
    many = {"type": "object", "properties": {f"p{n}": {"type": "integer", "not": {}} for n in range(9)}}
    with pytest.raises(BadUsage, match=r"\(and \d+ more\)"):
        response_format(many)
    with pytest.raises(BadUsage):
        response_format(Person, provider="nobody")


@pytest.mark.parametrize(
    "example",
    [
        '{"a": 1, "b": [{"c": 1.5}]}',
        b'{"a": 1, "b": [{"c": 1.5}]}',
        bytearray(b'{"a": 1, "b": [{"c": 1.5}]}'),
        {"a": 1, "b": [{"c": 1.5}]},
    ],
)
def test_of_an_example(example):
    """JSON text or a value; strict where every field is always there."""
    made = response_format_from_example(example, "my example")["json_schema"]
    assert (made["name"], made["strict"]) == ("my_example", True)
    assert made["schema"]["properties"]["b"]["items"]["properties"] == {"c": {"type": "number"}}
    assert check_json('{"a": 2, "b": []}', made["schema"]) == []


def test_of_an_example_that_differs_in_itself():
    """Fields that are not always there are optional, so the format is not strict; asking for it is an error."""
    example = [{"a": 1}, {"a": None, "b": "x"}]
    made = response_format_from_example({"rows": example})["json_schema"]
    assert made["strict"] is False
    assert check_json('{"rows": [{"a": 1}, {"a": null, "b": "x"}]}', made["schema"]) == []
    with pytest.raises(BadUsage, match="the strict mode of openai"):
        response_format_from_example({"rows": example}, strict=True)
    with pytest.raises(BadUsage, match="example 1 is no JSON"):
        response_format_from_example("{")


def whole(**inner):
    return {"type": "json_schema", "json_schema": {"name": "a", "schema": CLOSED, **inner}}


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        ({"type": "text"}, []),
        ({"type": "json_object"}, []),
        ('{"type": "json_object"}', []),
        (whole(strict=True, description="d"), []),
        (whole(strict=None), []),
        (3, ["a response format is an object with a type, got int"]),
        ("{", ["the text is no JSON: Input data was truncated"]),
        ("[]", ["a response format is an object with a type, got list"]),
        ({}, ["type: is missing; there are text, json_object, json_schema"]),
        ({"type": 3}, ["type: is 3; there are text, json_object, json_schema"]),
        (
            {"type": "jsonschema"},
            ["type: is 'jsonschema'; there are text, json_object, json_schema (did you mean 'json_schema'?)"],
        ),
        ({"type": "json_object", "schema": {}}, ["schema: is no field of the type json_object"]),
        (
            {"type": "json_schema", "schema": {}, "name": "a", "x": 1},
            [
                "schema: belongs inside json_schema",
                "name: belongs inside json_schema",
                "x: is no field of the type json_schema",
                "json_schema: an object with name and schema is required",
            ],
        ),
        (
            whole(name="my name", strict="yes", description=3, properties={}, extra=1),
            [
                "json_schema.name: letters, digits, _ and -, 1 to 64 of them, are required; 'my_name' would do",
                "json_schema.description: not a text",
                "json_schema.strict: neither true nor false",
                "json_schema.properties: belongs inside json_schema.schema",
                "json_schema.extra: no such field",
            ],
        ),
        (whole(name=None), ["json_schema.name: letters, digits, _ and -, 1 to 64 of them, are required"]),
        (whole(schema=[]), ["json_schema.schema: a JSON Schema, an object, is required"]),
        (whole(schema=whole()), ["json_schema.schema: a whole response format stands where its schema belongs"]),
        (
            whole(schema={"json_schema": {}}),
            ["json_schema.schema: a whole response format stands where its schema belongs"],
        ),
    ],
    ids=str,
)
def test_checking_a_response_format(value, problems):
    """Each common mistake is told with what to do."""
    assert check_response_format(value) == problems


def test_checking_the_schema_in_it(monkeypatch):
    """It must be a JSON Schema; without the extra nobody can tell, and nothing is claimed."""
    wrong = whole(schema={"type": "strin"})
    (problem,) = check_response_format(wrong)
    assert problem.startswith("json_schema.schema: the schema is no JSON Schema (at /type)")
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    assert check_response_format(whole(schema={"type": "strin", "title": "not kept"})) == []


@pytest.mark.parametrize(
    ("text", "schema", "problems"),
    [
        ('{"a": 1}', CLOSED, []),
        (b'{"a": 1}', CLOSED, []),
        ('{"name": "Ada", "age": 36}', Person, []),
        (
            '{"a": "1", "b": 2}',
            CLOSED,
            ['/a: expected an integer, got the string "1"', "the value: expected no field 'b'"],
        ),
        ("[1, 2", list[int], ["the text is no JSON: Input data was truncated"]),
        ("{'a': 1}", CLOSED, None),
        (b"\xff", CLOSED, None),
        ('"\\ud800"', {}, None),
        ('{"a": 1, "a": 2}', CLOSED, ["a: given more than once"]),
        ("[" * 100_000, {}, ["the text is nested too deeply"]),
        (
            '"x"',
            {"anyOf": [{"format": "date"}, {"type": "integer"}]},
            ['the value: expected one of the forms in anyOf, got "x"'],
        ),
    ],
    ids=lambda part: part if isinstance(part, str) and len(part) < 40 else "",
)
def test_checking_json(text, schema, problems):
    """Every keyword counts; what is no JSON is told with its place, and nothing is mended."""
    found = check_json(text, schema)
    if problems is None:
        assert found[0].startswith("the text is no JSON: ")
    else:
        assert sorted(found) == sorted(problems)
