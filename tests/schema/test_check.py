"""What does not fit a schema is told by path, with what was expected and what came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict

import msgspec
import pytest

from franca.schema.arguments import SchemaArguments, TypedArguments, repeated_names
from franca.schema.check import problems_of, strangers
from franca.schema.derive import parameters_of


def obj(**properties):
    return {"type": "object", "properties": properties}


REF = {"$defs": {"n~/x": {"type": "integer"}, "loop": {"$ref": "#/$defs/loop"}}, "properties": {
    "a": {"$ref": "#/$defs/n~0~1x"}, "b": {"$ref": "#/$defs/loop"}, "c": {"$ref": "#/nowhere/at"},
}}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "schema", "problems"),
    [
        ({}, True, []),
        ({}, False, ["the arguments: nothing is allowed here"]),
        ({}, {}, []),
        ({"a": 1}, obj(a={"type": "integer"}), []),
        ({"a": 1.0}, obj(a={"type": "integer"}), []),
        ({"a": 1.5}, obj(a={"type": "integer"}), ["a: expected integer, got the number 1.5"]),
        ({"a": True}, obj(a={"type": "integer"}), ["a: expected integer, got true"]),
        ({"a": True}, obj(a={"type": ["boolean", "null"]}), []),
        ({"a": None}, obj(a={"type": "string"}), ["a: expected string, got null"]),
        ({"a": None}, obj(a={"type": "string", "nullable": True}), []),
        ({"a": [1]}, obj(a={"type": ["string", "null"]}), ["a: expected string or null, got array"]),
        ({"a": {}}, obj(a={"type": "string"}), ["a: expected string, got object"]),
        ({"a": "x" * 99}, obj(a={"type": "null"}), [f'a: expected null, got the string "{"x" * 58}…']),
        ({"a": 1}, obj(a={"type": "of the future"}), []),
        ({"a": "x"}, obj(a={"enum": ["y", 1]}), ['a: expected one of ["y",1], got "x"']),
        ({"a": True}, obj(a={"enum": [1]}), ["a: expected one of [1], got true"]),
        ({"a": 1}, obj(a={"const": 2}), ["a: expected 2, got 1"]),
        ({"a": 1}, obj(a={"const": 1}), []),
        ({"a": {"b": [{}]}}, obj(a=obj(b={"items": {"required": ["c"]}})), ["a.b[0].c: required, but missing"]),
        ({"a": 1, "b": 2}, {**obj(a={}), "additionalProperties": False}, ["b: no such argument; there are: a"]),
        ({"b": 2}, {"additionalProperties": False}, ["b: no such argument; there are: none"]),
        ({"b": 2}, {"additionalProperties": {"type": "string"}}, ["b: expected string, got the number 2"]),
        ({"b": 2}, {"additionalProperties": False, "patternProperties": {"b": {}}}, []),
        ({"a": ["x", "y", 1]}, obj(a={"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}),
         ['a[1]: expected integer, got the string "y"']),
        ({"a": ["x"]}, obj(a={"prefixItems": [{}, {}], "items": False}), []),
        ({"a": "x"}, REF, ['a: expected integer, got the string "x"']),
        ({"b": "x", "c": "x"}, REF, []),
        (5, {"allOf": [{"minimum": 6}, {"maximum": 4}]},
         ["the arguments: expected at least 6, got 5", "the arguments: expected at most 4, got 5"]),
        (5, {"anyOf": [{"type": "string"}, {"const": 6}]},
         ["the arguments: fits none of its forms (the arguments: expected string, got the number 5; the arguments: "
          "expected 6, got 5)"]),
        (5, {"anyOf": [{"type": "string"}, {"const": 5}], "oneOf": []}, []),
        (5, {"oneOf": [{}, {"const": 5}]}, ["the arguments: fits 2 of its forms, where exactly one is expected"]),
        (5, {"oneOf": [{"type": "null"}, {"const": 5}]}, []),
        (5, {"exclusiveMinimum": 5}, ["the arguments: expected more than 5, got 5"]),
        (5, {"exclusiveMaximum": 5}, ["the arguments: expected less than 5, got 5"]),
        (5, {"minimum": 5, "exclusiveMinimum": True}, []),
        (True, {"minimum": 5}, []),
        ("ab", {"minLength": 3}, ['the arguments: expected a length of at least 3, got "ab"']),
        ("ab", {"maxLength": 1}, ['the arguments: expected a length of at most 1, got "ab"']),
        ([1], {"minItems": 2}, ["the arguments: expected a number of items of at least 2, got [1]"]),
        ([1], {"maxItems": 0}, ["the arguments: expected a number of items of at most 0, got [1]"]),
        ({}, {"minProperties": 1}, ["the arguments: expected a number of fields of at least 1, got {}"]),
        ({"a": 1}, {"maxProperties": 0}, ['the arguments: expected a number of fields of at most 0, got {"a":1}']),
        ("ab", {"pattern": "^b"}, ['the arguments: expected a match of ^b, got "ab"']),
        ("ab", {"pattern": "b"}, []),
        ("ab", {"pattern": "\\p{L}"}, []),
        ("ab", {"pattern": 5}, []),
        (5, {"pattern": "x"}, []),
        # A $ref does not hide what stands beside it, and only "#" is this document.
        (3, {"$ref": "#/$defs/a", "minimum": 5, "$defs": {"a": {"type": "integer"}}},
         ["the arguments: expected at least 5, got 3"]),
        ({"a": 1}, obj(a={"$ref": "other.json"}), []),
        ({"a": 1}, {**obj(a={"$ref": "#/anyOf/1"}), "anyOf": [{}, {"type": "string"}]},
         ["a: expected string, got the number 1"]),
        ({"a": 1}, {**obj(a={"$ref": "#/anyOf/x"}), "anyOf": [{}]}, []),
        # Names that a pattern allows are held to its schema, the others are not allowed.
        ({"xa": 1, "b": 2}, {"patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False},
         ["xa: expected string, got the number 1", "b: no such argument; there are: none"]),
        (3, {"multipleOf": 2}, ["the arguments: expected a multiple of 2, got 3"]),
        (0.3, {"multipleOf": 0.1}, []),
        (0.35, {"multipleOf": 0.1}, ["the arguments: expected a multiple of 0.1, got 0.35"]),
        (10**400, {"multipleOf": 0.5}, []),
        (1e300, {"multipleOf": 1e-300}, []),
        (3, {"multipleOf": 0}, []),
        ([1, [2], 1], {"uniqueItems": True},
         ["the arguments: expected each item once, as uniqueItems is True, got [1,[2],1]"]),
        ([1, True], {"uniqueItems": True}, []),
        ([1, 1], {"uniqueItems": False}, []),
        ([[True], {"x": 1}], {"enum": [[[1], {"x": 1}]]},
         ['the arguments: expected one of [[[1],{"x":1}]], got [[true],{"x":1}]']),
        ([{"x": 1}], {"enum": [[{"x": True}], [{"x": 1}]]}, []),
        # What is no JSON Schema says nothing, and never ends the loop in a TypeError.
        ({"a": {}}, obj(a={"required": True}), []),
        (True, {"type": "any"}, []),
        (3, {"type": [{"type": "string"}]}, []),
        (3, {"type": [], "enum": None, "allOf": True, "anyOf": {}, "oneOf": 1}, []),
        ([1], {"prefixItems": {"type": "string"}, "items": "string"}, []),
        ({"a": 1}, {"properties": [], "patternProperties": 1, "required": "abc", "additionalProperties": "no"}, []),
    ],
)  # fmt: skip
def test_problems(value, schema, problems):
    assert problems_of(value, schema) == problems


def test_not_all_of_many_are_told():
    """Twenty are enough to see what is wrong."""
    assert len(problems_of(["x"] * 100, {"items": {"type": "integer"}})) == 20


def test_circles_end():
    """A schema that contains itself is told as too deep, and the call is not run."""
    assert problems_of({}, {"allOf": [{"$ref": "#"}]}) == ["the arguments: nested too deeply"]


def test_arguments_of_a_function():
    """Strictly by its types; only known names; all problems at once."""

    def act(a: int, b: list[dict[int, float]], c: str = "x") -> None: ...

    read = TypedArguments(act).read
    assert read('{"a": 1, "b": [{"2": 3}]}') == ({"a": 1, "b": [{2: 3.0}]}, [])
    assert read('{"a": "1", "b": [{"x": 3}], "d": 1, "c": null}')[1] == [
        "a: expected `int`, got `str`",
        "b (at key in $[0]): expected `int`, got `str`",
        "d: no such argument; there are: a, b, c",
        "c: expected `str`, got `null`",
    ]
    assert read('{"a": 1, "b": [5]}')[1] == ["b[0]: expected `object`, got `int`"]
    assert TypedArguments(lambda_like()).read('{"x": 1}')[1] == ["x: no such argument; there are: none"]


@dataclass
class Filter:
    name: str | None = None
    inner: list[Filter] = field(default_factory=list)


class Marks(TypedDict, total=False):
    mark: int


class Cat(msgspec.Struct, tag="cat", tag_field="kind"):
    lives: int = 9


class Dog(msgspec.Struct, tag="dog", tag_field="kind"):
    lives: int = 1
    name: str = ""


@pytest.mark.parametrize(
    ("source", "problems"),
    [
        ('{"f": {"nmae": "x"}}', ["f.nmae: no such argument; there are: name, inner"]),
        ('{"f": {"name": "x", "inner": [{"name": "y"}, {"z": 1}]}}',
         ["f.inner[1].z: no such argument; there are: name, inner"]),
        ('{"f": {"name": "x"}}', []),
        ('{"f": null}', []),
        ('{"m": {"mark": 1, "b": 2}}', ["m.b: no such argument; there are: mark"]),
        ('{"d": {"3": {"q": 1}}}', ["d.3.q: no such argument; there are: name, inner"]),
        ('{"pet": {"kind": "cat", "lives": 3, "name": "Tom"}}', ["pet.name: no such argument; there are: kind, lives"]),
        ('{"pet": {"kind": "dog", "lives": 3, "name": "Tom"}}', []),
        ('{"free": {"any": {"thing": [1]}}}', []),
    ],
)  # fmt: skip
def test_unknown_names_inside_the_arguments(source, problems):
    """A dataclass, TypedDict or Struct passes over names that it does not have, and a default would stand for what the
    model meant: the call does not fit the closed schema that was offered."""

    def act(
        f: Filter | None = None,
        m: Marks | None = None,
        d: dict[int, Filter] | None = None,
        pet: Cat | Dog | None = None,
        free: dict | None = None,
    ) -> None: ...

    assert TypedArguments(act, parameters_of(act)[2]).read(source)[1] == problems


def test_strangers_beside_other_faults():
    """Of several forms the nearest is told when none fits; too deep a value is told as such."""
    forms = {"anyOf": [{"type": "string"}, {**obj(a={"type": "string"}), "additionalProperties": False}]}
    assert strangers({"a": 1, "b": 2}, forms) == []
    assert (
        strangers({"b": 2}, {"oneOf": [forms["anyOf"][1]], "allOf": [forms["anyOf"][1]]})
        == ["b: no such argument; there are: a"] * 2
    )
    deep = []
    for _ in range(5000):
        deep = [deep]
    assert strangers(deep, {"items": {"$ref": "#"}}) == ["the arguments: nested too deeply"]


def test_an_exception_while_arguments_are_made():
    """It is the argument's fault as far as the model can tell: the call is not run, the loop goes on."""

    @dataclass
    class Odd:
        x: int

        def __post_init__(self):
            raise KeyError("no such x")

    def act(odd: Odd) -> None: ...

    act.__annotations__ = {"odd": Odd}
    assert TypedArguments(act).read('{"odd": {"x": 1}}') == ({}, ["odd: KeyError: 'no such x'"])


def test_repeated_names():
    """Nobody knows which value is meant, and every reader may take another one."""
    assert repeated_names('{"a": 1, "b": {"c": 1, "c": 2}, "a": 2, "a": 3}') == [
        "c: given more than once",
        "a: given more than once",
    ]
    assert repeated_names('{"a": [{"a": 1}, {"a": %s}]}' % ("9" * 5000)) == []


def lambda_like():
    def nothing() -> None: ...

    return nothing


def test_types_that_no_json_gives():
    """Told when the tool is made, not when it is called."""
    import franca

    def act(a: int | dict | list | set) -> None: ...

    with pytest.raises(franca.BadUsage, match="act: parameter 'a'"):
        TypedArguments(act)


def test_arguments_nested_too_deeply():
    """No crash: they do not fit."""

    def act(a: list) -> None: ...

    deep = '{"a": ' + "[" * 3000 + "]" * 3000 + "}"
    assert TypedArguments(act).read(deep) == ({}, ["the arguments are nested too deeply"])


def test_a_validator_s_own_value_error():
    """A class with pydantic's method, but errors of another shape."""

    class Model:
        @staticmethod
        def model_validate_json(data):
            raise ValueError("not today")

    def act(a: Model) -> None: ...

    act.__annotations__ = {"a": Model}
    assert TypedArguments(act).read('{"a": 1}')[1] == ["a: not today"]


def test_arguments_of_a_schema():
    """Plain JSON values, and the problems."""
    assert SchemaArguments({"required": ["a"]}).read("{}") == ({}, ["a: required, but missing"])
