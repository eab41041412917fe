"""What becomes of each kind of schema at each kind of provider, and of values on the way there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

import franca.schema.strict.build as build_module
import franca.schema.strict.codec as codec_module
import franca.schema.strict.transform as transform_module
from franca.errors import BadUsage
from franca.schema.strict import Note, profile_for, refusals, strict_schema
from franca.schema.strict.branches import fits, plain_definitions, share
from franca.schema.strict.combine import TooWide, matches, spread
from franca.schema.strict.pieces import Made
from franca.schema.strict.pointers import Pointers
from franca.schema.strict.words import described, told
from franca.schema.validate import validator_for


def member(schema: Any, provider: str = "openai", **more: Any) -> Any:
    """The strict form of a schema that stands at a required member."""
    whole = {"type": "object", "properties": {"x": schema}, "required": ["x"], "additionalProperties": False, **more}
    return strict_schema(whole, provider).schema["properties"]["x"]


def back(schema: Any, value: Any, provider: str = "openai", exact: bool = False) -> Any:
    """The strict form of a value, after it was seen to fit and to come back."""
    strict = strict_schema(schema, provider, exact=exact)
    said = strict.encode(value)
    assert refusals(strict.schema, provider) == []
    assert validator_for(strict.schema).valid(said)
    assert strict.decode(said) == value
    return said


def closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def test_optional_members_become_nullable() -> None:
    """Null is absence; a member that may be null itself keeps null, or gets a wrapper where all must be told apart."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": ["string", "null"]}}}
    strict = strict_schema(schema, "openai")
    assert strict.schema == closed(a={"type": ["integer", "null"]}, b={"type": ["string", "null"]})
    assert strict.decode({"a": None, "b": None}) == {"b": None}
    assert strict.encode({"a": 1}) == {"a": 1, "b": None}
    assert Note("/b", "absent and null are one there: null is kept") in strict.notes
    assert "absent and null" in str(strict.notes[-1])
    assert back(schema, {"a": 1}, exact=True)["b"] is None
    assert back(schema, {"b": None}, exact=True)["b"] == {"value": None}
    assert repr(strict) == "<Strict for openai, 2 notes>"


@pytest.mark.parametrize(
    ("inner", "nullable"),
    [
        ({"enum": ["a", 1]}, {"type": ["string", "integer"], "enum": ["a", 1]}),
        ({"enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"type": ["string", "integer"]}, {"type": ["string", "integer", "null"]}),
        ({"$ref": "#/$defs/T"}, {"anyOf": [{"$ref": "#/$defs/T"}, {"type": "null"}]}),
    ],
)
def test_how_null_is_added(inner: Any, nullable: Any) -> None:
    """To the types where that is enough, beside the schema where it is not."""
    schema = {
        "type": "object",
        "properties": {"x": inner},
        "$defs": {"T": {"type": "array", "items": {"type": "null"}}},
    }
    made = strict_schema(schema, "openai").schema["properties"]["x"]
    if "enum" in inner and len(inner["enum"]) == 2:
        nullable = {"anyOf": [nullable, {"type": "null"}]}
    assert made == nullable


def test_optional_members_stay_where_they_may() -> None:
    """Where a provider takes optional members, nothing is made of them."""
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert strict_schema(schema, "gemini").schema == {**closed(a={"type": "integer"}), "required": []}
    assert back(schema, {}, "gemini") == {}


def test_anthropic_spends_two_budgets() -> None:
    """More than 24 optional members: the surplus becomes nullable, as far as the 16 unions go; then it is refused."""

    def many(count: int) -> dict[str, Any]:
        return {"type": "object", "properties": {f"p{at}": {"type": "string"} for at in range(count)}}

    assert "null" not in json.dumps(strict_schema(many(24), "anthropic").schema)
    strict = strict_schema(many(40), "anthropic")
    assert len(strict.schema["required"]) == 16
    assert strict.decode({"p0": None, "p1": "x"}) == {"p1": "x"}
    with pytest.raises(BadUsage, match="at most 16 unions, here 17"):
        strict_schema(many(41), "anthropic")


def test_maps() -> None:
    """A list of keys and values; what else is known of the keys is said where it can be."""
    said = back({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1, "b": 2})
    assert said == {"value": [{"key": "a", "value": 1}, {"key": "b", "value": 2}]}
    named = member({"type": "object", "additionalProperties": {"type": "null"}, "propertyNames": {"enum": ["k", 3]}})
    assert named["items"]["properties"]["key"] == {"type": "string", "enum": ["k"]}
    odd = member({"type": "object", "additionalProperties": {"type": "null"}, "propertyNames": {"enum": [3]}})
    assert odd["items"]["properties"]["key"] == {"type": "string"}
    ruled = member(
        {"type": "object", "patternProperties": {"^a": {"type": "null"}, "^b": False}, "additionalProperties": False}
    )
    assert ruled["items"]["properties"]["key"] == {"type": "string", "description": "(matches ^a or ^b)"}
    assert member({"type": "object", "additionalProperties": False}) == closed()
    never = {"type": "object", "additionalProperties": {"enum": []}}
    assert member(never) == member(never, "gemini") == closed()
    native = {"type": "object", "patternProperties": {"^a": {"type": "object"}}}
    assert member(native, "llamacpp") == {
        "type": "object",
        "additionalProperties": {"type": "object", "additionalProperties": True},
        "description": "(by name: ^a)",
    }


def test_free_objects_and_untyped_values_are_json_text() -> None:
    """Where nothing is said of a value, it is written as JSON in a string; a text that is no JSON stays one."""
    assert back({"type": "object"}, {"a": [1, None]}) == {"value": '{"a": [1, null]}'}
    strict = strict_schema(closed(x={}), "openai")
    assert strict.schema["properties"]["x"]["type"] == "string"
    for text, value in (
        ("1", 1),
        ("hello", "hello"),
        ('"1"', "1"),
        ("NaN", "NaN"),
        ("[" * 99_999, "[" * 99_999),
        (3, 3),
    ):
        assert strict.decode({"x": text}) == {"x": value}
    with pytest.raises(BadUsage, match=r"/x cannot be said .* no JSON"):
        strict.encode({"x": float("nan")})
    assert member({}, "llamacpp") == {}


def test_further_members() -> None:
    """Beside declared members further ones go into _extra, when the schema speaks of them."""
    schema = {
        "type": "object",
        "properties": {"_extra": {"type": "string"}},
        "additionalProperties": {"type": "integer"},
    }
    assert back(schema, {"z": 1}) == {"_extra": None, "_extra_": [{"key": "z", "value": 1}]}
    strict = strict_schema(schema, "openai")
    twice = {"_extra": None, "_extra_": [{"key": "z", "value": 1}, {"key": "z", "value": 2}]}
    assert strict.decode(twice) == twice
    taken = {"_extra_": [{"key": "_extra", "value": 1}]}
    assert strict.decode(taken) == taken
    assert strict.decode([]) == []
    nothing = {**schema, "additionalProperties": {"enum": []}}
    assert "_extra_" not in strict_schema(nothing, "openai").schema["properties"]
    assert strict_schema(nothing, "gemini").schema["additionalProperties"] is False
    texts = {**schema, "additionalProperties": {"type": "object"}}
    assert back(texts, {"z": {"a": 1}}, "anthropic")["_extra_"][0]["value"] == '{"a": 1}'
    maps = {**schema, "additionalProperties": {}}
    assert back(maps, {"z": {"a": 1}}, "gemini") == {"z": '{"a": 1}'}
    with pytest.raises(BadUsage, match="no place for 'z'"):
        strict_schema({"type": "object", "properties": {"a": {}}}, "openai").encode({"z": 1})
    with pytest.raises(BadUsage, match="no place for it"):
        strict_schema(closed(a={"type": "null"}), "openai").encode({"a": None, "z": 1})
    sealed = {"type": "object", "properties": {"a": {"type": "null"}}, "unevaluatedProperties": False}
    assert not any("not declared" in note.text for note in strict_schema(sealed, "openai").notes)
    inner = {"type": "object", "properties": {"a": {"type": "string"}}, "unevaluatedProperties": {"type": "integer"}}
    assert back(inner, {"b": 2})["_extra"] == [{"key": "b", "value": 2}]


def test_required_but_not_declared() -> None:
    """Such members are declared, with what patterns and additionalProperties say of them."""
    schema = {"type": "object", "required": ["pa", "b"], "patternProperties": {"^p": {"type": "integer"}, "(": {}}}
    maybe = {"allOf": [{**schema, "additionalProperties": False}, {"properties": {"c": {"type": "null"}}}]}
    assert strict_schema(maybe, "openai").schema["properties"]["c"] == {"type": "null"}
    made = strict_schema(schema, "openai").schema
    assert made["properties"]["pa"] == {"type": "integer"}
    assert made["properties"]["b"]["description"] == "any JSON value, written as JSON text"
    with pytest.raises(BadUsage, match="nothing fits"):
        strict_schema({"type": "object", "required": ["a"], "additionalProperties": False}, "openai")


def test_members_of_conditions_are_declared() -> None:
    """What only a condition speaks of can be said; the schema of `if` is a question, that of `then` an answer."""
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "if": {"properties": {"q": {"type": "string", "const": "x"}}},
        "then": {"properties": {"t": {"type": "integer"}, "n": {"minimum": 1}}, "required": ["r"]},
        "else": {"allOf": [{"properties": {"e": {"$ref": "#/$defs/E"}}}, 3], "if": {"required": ["deep"]}},
        "dependentRequired": {"a": ["d"], "odd": 3},
        "dependentSchemas": {"a": {"anyOf": [{"properties": {"s": {"type": "null"}}}]}},
        "$defs": {"E": {"type": "boolean"}},
    }
    made = strict_schema(schema, "gemini").schema["properties"]
    assert set(made) == {"a", "q", "t", "n", "r", "e", "deep", "d", "odd", "s"}
    text = {"type": "string", "description": "any JSON value, written as JSON text"}
    assert (made["t"], made["e"], made["s"]) == ({"type": "integer"}, {"$ref": "#/$defs/E"}, {"type": "null"})
    assert made["q"] == made["n"] == made["r"] == made["deep"] == made["d"] == text
    shut = strict_schema({**schema, "additionalProperties": False}, "gemini").schema["properties"]
    assert set(shut) == {"a"}
    endless: dict[str, Any] = {"type": "object", "then": {"anyOf": [{"required": [f"r{at}"]} for at in range(400)]}}
    assert len(strict_schema({**endless, "required": ["x"]}, "gemini").schema["properties"]) < 300


def test_tuples() -> None:
    """Objects by position; native where the provider has prefixItems; null ends the array."""
    pair = {"type": "array", "prefixItems": [{"type": "string"}, {"type": ["null", "integer"]}], "items": False}
    assert back(closed(x=pair), {"x": ["a"]}) == {"x": {"_0": "a", "_1": None}}
    assert back(closed(x=pair), {"x": ["a", None]}) == {"x": {"_0": "a", "_1": {"value": None}}}
    assert back(closed(x=pair), {"x": []}, "gemini") == {"x": []}
    exactly = {"type": "array", "prefixItems": [{}, True], "minItems": 2, "maxItems": 2}
    assert back(closed(x=exactly), {"x": [1, "b"]}) == {"x": {"_0": "1", "_1": '"b"'}}
    assert member(exactly, "vllm") == {
        "type": "array",
        "prefixItems": [{}, {}],
        "items": False,
        "minItems": 2,
        "maxItems": 2,
    }
    rest = {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "object"}, "uniqueItems": True}
    assert back(closed(x=rest), {"x": ["a", {}]}) == {"x": {"_0": "a", "_rest": ["{}"]}}
    assert back(closed(x=rest), {"x": ["a", {}]}, "gemini") == {"x": ["a", {}]}
    texts = {"type": "array", "prefixItems": [{}], "items": {"type": "string"}, "maxItems": 3}
    assert back(closed(x=texts), {"x": [[1], "b"]}, "gemini") == {"x": ["[1]", "b"]}
    assert "each item once" in member(rest)["description"]
    old = {"type": "array", "items": [{"type": "string"}], "additionalItems": False}
    assert back(closed(x=old), {"x": ["a"]}) == {"x": {"_0": "a"}}
    assert back(closed(x={"type": "array", "items": [{"type": "string"}]}), {"x": ["a"]}) == {"x": {"_0": "a"}}


def test_tuples_that_end_early() -> None:
    """A position that nothing fits ends the tuple; one that is needed makes it impossible."""
    early = {"type": "array", "prefixItems": [{"type": "string"}, False]}
    assert set(member(early)["properties"]) == {"_0"}
    assert member({"type": "array", "prefixItems": [False]}) == {
        "type": "array",
        "items": {"type": "string"},
        "maxItems": 0,
    }
    for impossible in (
        {**early, "minItems": 2},
        {"type": "array", "prefixItems": [True], "items": False, "minItems": 2},
        {"type": "array", "items": False, "minItems": 1},
    ):
        with pytest.raises(BadUsage, match="nothing fits"):
            strict_schema(closed(x=impossible), "openai")
    assert member({"type": "array", "items": False}, "anthropic")["description"] == "always empty"


@pytest.mark.parametrize(
    "odd",
    [
        [],
        {"_0": "a", "_9": 1},
        {"_1": "b"},
        {"_0": "a", "_1": None, "_2": {"value": 1}},
        {"_0": "a", "_1": "b", "_2": "not wrapped", "_rest": 3},
        {"_0": "a", "_1": None, "_2": None, "_rest": ["{}"]},
    ],
)
def test_odd_tuples_stay_as_they_are(odd: Any) -> None:
    """What is no tuple in the strict form is not guessed at."""
    schema = {"type": "array", "prefixItems": [{"type": "string"}] * 3, "minItems": 1, "items": {"type": "object"}}
    strict = strict_schema(closed(x=schema), "openai")
    assert strict.decode({"x": odd}) == {"x": odd}


def test_what_cannot_be_encoded_says_why_and_where() -> None:
    """The place and the reason, for each kind of shape."""
    shapes: list[tuple[Any, Any, str]] = [
        ({"type": "array", "prefixItems": [{}], "items": False}, [1, 2], "/x .* more than 1 items"),
        ({"type": "array", "prefixItems": [{}], "minItems": 1}, [], "/x .* item 0 is missing"),
        ({"type": "array", "prefixItems": [{}]}, 3, "an array is needed"),
        ({"type": "array"}, 3, "an array is needed"),
        ({"type": "array", "items": {"type": "array"}}, [[], 4], "/x/1 .* an array is needed"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, [], "an object is needed"),
        ({"type": "object", "properties": {"a": {"type": "integer"}}}, [], "an object is needed"),
        (
            {"type": "object", "properties": {"a": {"type": "integer"}}},
            {"a": None},
            "null stands for the absence of 'a'",
        ),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"]}, {}, "'a' is missing"),
        ({"enum": [[1], "b"]}, [2], "none of the values"),
        ({"enum": [[1], "b"]}, "[1]", "means another value"),
        ({"anyOf": [{"type": "string"}, {"type": "object"}]}, 3, "the shape of none"),
        ({"anyOf": [{"type": "object"}, {"type": "array", "items": {"type": "array"}}]}, [3], "an array is needed"),
        ({"type": "integer"}, "a", "expected integer"),
    ]
    for schema, value, why in shapes:
        with pytest.raises(BadUsage, match=why):
            strict_schema(closed(x=schema), "openai").encode({"x": value})
    native = strict_schema(closed(x={"type": "array", "prefixItems": [{}]}), "gemini")
    with pytest.raises(BadUsage, match="an array is needed"):
        native.encode({"x": 3})
    assert native.decode({"x": 3}) == {"x": 3}


def test_decoding_leaves_what_it_does_not_know() -> None:
    """Every codec hands back what is not of its form."""
    for schema in (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"type": "array", "items": {"type": "object"}},
        {"enum": [[1]]},
        {"anyOf": [{"type": "string"}, {"type": "object"}]},
    ):
        strict = strict_schema(schema, "openai")
        for value in (7, {"value": 7}, {"value": [{"key": 1, "value": 2}]}, {"value": [{"key": "a"}]}, {"value": [3]}):
            assert strict.decode(value) in (value, value.get("value") if isinstance(value, dict) else value)


def test_enums() -> None:
    """Values of several types, objects by their text, duplicates and impossible values gone."""
    assert member({"enum": ["a", "a", 1, 1.0, True, None]}) == {
        "type": ["string", "integer", "boolean", "null"],
        "enum": ["a", 1, True, None],
    }
    assert member({"type": "string", "enum": ["a", 3]}) == member({"const": "a"}) == {"type": "string", "enum": ["a"]}
    assert member({"type": "number", "enum": [1, 2.5]}) == {"type": "number", "enum": [1, 2.5]}
    assert member({"enum": [None]}) == {"type": "null"}
    assert member({"enum": ["a", "b"], "const": "b"}) == {"type": "string", "enum": ["b"]}
    assert back(closed(x={"enum": [{"a": 1}, '{"a": 1}']}), {"x": {"a": 1}}) == {"x": '{"a": 1} '}
    assert member({"enum": [{"a": 1}]}, "llamacpp") == {"enum": [{"a": 1}]}
    with pytest.raises(BadUsage, match="nothing fits"):
        strict_schema({"type": "null", "enum": [1]}, "llamacpp")


def test_enums_of_texts_and_numbers_only() -> None:
    """Gemini's enums have neither null nor booleans: their types stand beside."""
    assert member({"enum": [None, True, False, "a"]}, "gemini") == {
        "anyOf": [{"type": "string", "enum": ["a"]}, {"type": ["null", "boolean"]}]
    }
    assert member({"const": True}, "gemini") == {"type": "boolean", "description": "(always true)"}


def test_large_enums_are_loosened() -> None:
    """What passes the limits becomes words."""
    many = [f"value {at}" for at in range(1001)]
    strict = strict_schema(closed(x={"enum": many}, y={"enum": [[1], *many]}), "openai")
    assert strict.schema["properties"]["x"]["type"] == "string"
    assert strict.schema["properties"]["x"]["description"].startswith('(one of ["value 0"')
    assert strict.decode({"x": "a", "y": "[1]"}) == {"x": "a", "y": [1]}
    long = ["x" * 100 + str(at) for at in range(251)]
    assert "enum" not in member({"enum": long})
    assert "enum" in member({"enum": list(range(251))})
    assert "enum" in member({"enum": many}, "groq")


def test_constraints_move_to_the_description() -> None:
    """What a provider does not take is said in words, after the description."""
    number = {
        "type": "number",
        "description": "A price.",
        "minimum": 0,
        "exclusiveMaximum": 9,
        "multipleOf": 0.5,
        "default": 1,
    }
    said = member(number, "azure")["description"]
    assert said == "A price. (default 1) (at least 0; less than 9; a multiple of 0.5)"
    assert member(number)["exclusiveMaximum"] == 9
    text = {"type": "string", "pattern": "^(?!a)", "format": "uri", "minLength": 2, "not": {"const": "b"}}
    assert member(text) == {
        "type": "string",
        "minLength": 2,
        "description": '(matches ^(?!a); format uri; does not fit {"const": "b"})',
    }
    assert member({"type": "string", "pattern": "a", "maxLength": 3}, "vllm") == {
        "type": "string",
        "pattern": "a",
        "description": "(at most 3 characters)",
    }
    assert member({"type": "number", "minimum": 1}, "llamacpp")["description"] == "(at least 1)"
    assert (
        member({"type": "array", "items": {"type": "null"}, "minItems": 3}, "anthropic")["description"]
        == "(at least 3 items)"
    )
    assert member({"type": "array", "items": {"type": "null"}, "minItems": 1}, "anthropic")["minItems"] == 1
    assert member({"type": "string", "minLength": "2", "maxLength": True})["type"] == "string"


def test_names_and_descriptions() -> None:
    """A title serves where there is no description and it is more than the name; refs carry theirs as they can."""
    assert member({"type": "string", "title": "X"}) == {"type": "string"}
    assert member({"type": "string", "title": "The unknown"})["description"] == "The unknown"
    definitions = {"$defs": {"T": {"type": "string", "description": "text"}}}
    ref = {"$ref": "#/$defs/T", "description": "see there"}
    assert member(ref, **definitions) == {"anyOf": [{"$ref": "#/$defs/T"}], "description": "see there"}
    assert member(ref, "llamacpp", **definitions) == {"$ref": "#/$defs/T", "description": "see there"}
    strict = strict_schema({**closed(x=ref), **definitions}, "anthropic")
    assert strict.schema["properties"]["x"] == {"$ref": "#/$defs/T"}
    assert "left out beside a ref" in strict.notes[0].text
    either = {"description": "either", "anyOf": [{"type": "string", "description": "one"}, {"type": "null"}]}
    assert member(either) == {
        "anyOf": [{"type": "string", "description": "one"}, {"type": "null"}],
        "description": "either",
    }
    free = {"type": "object", "description": "whatever"}
    assert member(free)["description"] == "whatever (a JSON object, written as JSON text)"


def test_unions() -> None:
    """Alternatives of one type each, merged with what stands beside; any value among them holds the others."""
    assert member({"oneOf": [{"type": "string"}, {"type": ["integer", "null"]}]}) == {
        "type": ["string", "integer", "null"]
    }
    assert member({"anyOf": [{"type": "string"}, True]})["description"] == "any JSON value, written as JSON text"
    assert member({"anyOf": [{"const": 1}, {"const": 1}]}) == {"type": "integer", "enum": [1]}
    assert member({"anyOf": [{"type": "string"}, False]}) == {"type": "string"}
    both = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    }
    assert [way["required"] for way in member(both)["anyOf"]] == [["a"], ["a", "b"]]
    mixed = back(closed(x={"type": ["object", "string"]}), {"x": {"a": 1}})
    assert mixed == {"x": {"json": '{"a": 1}'}}


def test_tags_only_where_there_is_doubt() -> None:
    """Alternatives that differ in shape are told apart without a tag; others get one, at Azure also by first name."""
    texts = [{"type": "object"}, {"type": "string"}, {"enum": [["a"]]}]
    said = back({"anyOf": texts}, {"a": 1})
    assert said == {"value": {"json": '{"a": 1}'}}
    assert back({"anyOf": texts}, ["a"]) == {"value": {"option_3": '["a"]'}}
    assert back({"anyOf": texts}, '["a"]') == {"value": '["a"]'}
    named = [
        {"type": "object", "properties": {"kind": {"const": kind}, "x": {"type": "object"}}, "required": ["kind", "x"]}
        for kind in ("a", "b")
    ]
    assert back({"anyOf": named}, {"kind": "b", "x": {}}) == {"value": {"kind": "b", "x": "{}"}}
    assert back({"anyOf": named}, {"kind": "b", "x": {}}, "azure") == {"value": {"option_2": {"kind": "b", "x": "{}"}}}
    clash = [*texts[:2], closed(json={"type": "string"})]
    assert back({"anyOf": clash}, {"json": "a"}) == {"value": {"json_": '{"json": "a"}'}}
    maps = {
        "anyOf": [{"type": "object", "additionalProperties": {"type": "object"}}, {"enum": [["a"]]}, {"type": "string"}]
    }
    assert back(maps, {"a": {}}, "gemini") == {"option_1": {"a": {}}}
    assert back(maps, ["a"], "gemini") == {"option_2": '["a"]'}


def test_refs() -> None:
    """Refs into properties, chains of refs, refs with company, a ref at the root."""
    into = {"type": "object", "properties": {"a": closed(z={"type": "integer"}), "b": {"$ref": "#/properties/a"}}}
    strict = strict_schema(into, "openai")
    assert "$ref" in json.dumps(strict.schema["properties"]["b"])
    assert strict.decode({"a": None, "b": {"z": 1}}) == {"b": {"z": 1}}
    definitions = {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/C ü"}, "C ü": closed(c={"type": "null"})}
    chain = {"$ref": "#/$defs/A", "$defs": definitions}
    assert strict_schema(chain, "openai").schema == definitions["C ü"]
    more = {"allOf": [{"$ref": "#/$defs/A"}, {"properties": {"d": {"type": "integer"}}}], "$defs": definitions}
    assert strict_schema(more, "openai").schema == closed(c={"type": "null"})
    assert member({"$ref": "#/$defs/A"}, **{"$defs": definitions}) == {"$ref": "#/$defs/C__"}
    never = {"type": "object", "properties": {"x": {"$ref": "#/$defs/N"}, "y": {"type": "null"}}, "$defs": {"N": False}}
    assert set(strict_schema(never, "openai").schema["properties"]) == {"y"}
    for circle in (
        {"$ref": "#"},
        {"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}},
    ):
        with pytest.raises(BadUsage, match="leads back to itself"):
            strict_schema(circle, "openai")
    assert strict_schema({"allOf": [{"$ref": "#"}, {"type": "null"}]}, "llamacpp").schema == {"type": "null"}


def test_recursion() -> None:
    """Definitions where there are some, JSON text from the second level on where there is no recursion, and through a
    member that may be left out where only that is taken."""
    tree = {
        "type": "object",
        "properties": {"v": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#"}}},
        "required": ["v", "kids"],
        "additionalProperties": False,
    }
    value = {"v": 1, "kids": [{"v": 2, "kids": [{"v": 3, "kids": []}]}]}
    for provider in ("openai", "azure", "anthropic", "gemini", "mistral", "llamacpp"):
        back(tree, value, provider)
    text = strict_schema(tree, "anthropic").encode(value)["kids"][0]
    assert text == {"v": 2, "kids": ['{"v": 3, "kids": []}']}
    nested = {
        "$ref": "#/$defs/L",
        "$defs": {"L": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#/$defs/L"}}]}},
    }
    assert back(nested, [1, [2]], "gemini") == [1, [{"value": 2}]]
    merged = {
        "$ref": "#/$defs/N",
        "$defs": {
            "N": {
                "type": "object",
                "properties": {"n": {"$ref": "#/$defs/N", "required": ["x"]}, "x": {"type": "null"}},
            }
        },
    }
    for provider in ("openai", "anthropic", "mistral", "gemini"):
        back(merged, {"n": {"x": None, "n": {"x": None}}}, provider, exact=True)
    hopeless = {
        "$ref": "#/$defs/N",
        "$defs": {
            "N": {"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}, "x": False}, "required": ["n", "x"]}
        },
    }
    with pytest.raises(BadUsage, match="nothing fits"):
        strict_schema(hopeless, "openai")


def test_depth_is_reset_by_definitions() -> None:
    """Deep nesting goes into definitions, so that no limit on levels is passed; without refs into JSON text."""
    schema: dict[str, Any] = {"type": "string"}
    value: Any = "leaf"
    for at in range(60):
        schema = closed(**{f"m{at}": schema}) if at % 3 else {"type": "array", "items": schema}
        value = {f"m{at}": value} if at % 3 else [value]
    for provider in ("openai", "azure", "anthropic", "gemini", "mistral", "llamacpp"):
        back(schema, value, provider)


def test_all_of_is_merged() -> None:
    """Members, limits, types, enums, tuples: what fits both."""
    both = {
        "allOf": [
            {
                "type": "object",
                "properties": {"a": {"type": "number", "minimum": 1}},
                "patternProperties": {"^p": {"type": "string"}},
            },
            {
                "type": ["object", "null"],
                "properties": {"a": {"type": "integer", "minimum": 2}, "pq": {"minLength": 3}},
                "required": ["a"],
            },
            {"patternProperties": {"^p": {"maxLength": 9}}, "additionalProperties": {"type": ["string", "integer"]}},
        ]
    }
    made = strict_schema(both, "openai").schema
    assert made["properties"]["a"] == {"type": "integer", "minimum": 2}
    assert made["properties"]["pq"] == {"type": ["string", "null"], "minLength": 3, "maxLength": 9}
    assert member({"allOf": [{"enum": [1, 2, 3]}, {"enum": [2, 3.0, 4]}]}) == {"type": "integer", "enum": [2, 3]}
    assert member({"allOf": [{"minLength": "x"}, {"minLength": "y", "type": "string"}]})["type"] == "string"
    for none in ([{"type": "string"}, {"type": "null"}], [{"enum": [1]}, {"enum": [2]}]):
        with pytest.raises(BadUsage, match="nothing fits"):
            strict_schema({"allOf": none}, "openai")
    lists = {
        "allOf": [
            {"type": "array", "prefixItems": [{"type": "number"}], "items": {"type": "string"}},
            {"items": {"maxLength": 2}},
        ]
    }
    assert spread(lists, Pointers(lists))[0]["items"] == {"allOf": [{"type": "string"}, {"maxLength": 2}]}
    assert spread(lists, Pointers(lists))[0]["prefixItems"] == [{"allOf": [{"type": "number"}, {"maxLength": 2}]}]
    shut = {
        "allOf": [closed(a={"type": "null"}), {"properties": {"b": {"type": "null"}}, "items": False}, {"items": True}]
    }
    assert set(strict_schema(shut, "openai").schema["properties"]) == {"a"}
    patterns = {"type": "string", "pattern": "^a", "allOf": [{"pattern": "b$"}]}
    assert member(patterns) == {"type": "string", "pattern": "^a", "description": "(matches b$)"}
    assert member({"description": "d", "allOf": [{"title": "t"}]})["description"].startswith("d (any JSON")


def test_types_that_are_not_named() -> None:
    """Keywords of one type stand for it; several mean any value; exact keeps the other types."""
    assert member({"minimum": 1}) == {"type": "number", "minimum": 1}
    strict = strict_schema({"properties": {"a": {"type": "null"}}}, "openai")
    assert "taken as object" in strict.notes[0].text
    assert member({"minimum": 1, "minLength": 1})["description"].startswith("any JSON value")
    assert (
        member({"not": {"type": "null"}})["description"]
        == 'any JSON value, written as JSON text (does not fit {"type": "null"})'
    )
    assert back({"minimum": 1}, ["a", {"b": 1}], exact=True)
    assert member({"type": 7})["type"] == "string"


def test_a_schema_that_is_odd() -> None:
    """Keywords of the wrong shape are passed over; what is no schema is a BadUsage."""
    odd = {
        "type": "object",
        "properties": {"a": 3, "b": None},
        "required": [1, "a"],
        "additionalProperties": "x",
        "patternProperties": {"(": {}},
        "dependentSchemas": 3,
        "if": [],
        "anyOf": {},
        "allOf": 3,
    }
    for provider in ("openai", "gemini"):
        assert "a" in strict_schema(odd, provider).schema["properties"]
    for schema in (3, [], None, "x"):
        with pytest.raises(BadUsage, match="a JSON Schema is an object"):
            strict_schema(schema, "openai")
    with pytest.raises(BadUsage, match="nothing fits"):
        strict_schema(False, "openai")
    assert back(True, [1]) == {"value": "[1]"}


def test_too_many_combinations_are_any_value() -> None:
    """Alternatives that multiply are given up for JSON text, wherever they stand."""
    ways = [{"anyOf": [{"required": [f"a{i}{j}"]} for j in range(10)]} for i in range(10)]
    wide = {"type": "object", "allOf": ways}
    assert back(wide, {"a": 1}) == {"value": '{"a": 1}'}
    with pytest.raises(TooWide):
        spread({"anyOf": [{"const": at} for at in range(99)]}, Pointers(True))
    definitions = {"$defs": {"W": wide}}
    said = back({"type": "object", "properties": {"x": {"$ref": "#/$defs/W"}}, **definitions}, {"x": {"a": 1}})
    assert said == {"x": '{"a": 1}'}
    back({"$ref": "#/$defs/W", **definitions}, {"a": 1})


def test_a_schema_that_grows_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refs that have to be put in place can multiply without end: that is a BadUsage, soon."""
    monkeypatch.setattr(build_module, "_MOST_PARTS", 500)
    definitions = {
        f"d{at}": closed(a={"$ref": f"#/$defs/d{at + 1}"}, b={"$ref": f"#/$defs/d{at + 1}"}) for at in range(30)
    }
    schema = {"$ref": "#/$defs/d0", "$defs": {**definitions, "d30": {"type": "null"}}}
    with pytest.raises(BadUsage, match="too large for Mistral"):
        strict_schema(schema, "mistral")
    assert strict_schema(schema, "openai").schema["properties"]["a"] == {"$ref": "#/$defs/d1"}


def test_nesting_without_end() -> None:
    """Depth of a schema, of its values and of instances: no stack is spent on them."""
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(BadUsage, match="nested too deeply"):
        strict_schema({"enum": [deep]}, "openai")
    tree = {"type": "object", "properties": {"n": {"$ref": "#"}}, "additionalProperties": False}
    chain: Any = {"n": None}
    for _ in range(50_000):
        chain = {"n": chain}
    found = strict_schema(tree, "openai").decode(chain)
    depth = 0
    while found:
        found, depth = found.get("n"), depth + 1
    assert depth == 50_000
    strict = strict_schema({"enum": [[1], 2]}, "llamacpp")
    assert strict.decode(deep) is deep


def test_words() -> None:
    """Texts of constraints: trivial ones are left out, long ones cut."""
    assert (
        told(
            {"minLength": 0, "uniqueItems": False, "unevaluatedItems": False, "default": None},
            ("minLength", "uniqueItems", "unevaluatedItems", "default"),
        )
        == []
    )
    assert told({"unevaluatedItems": {}}, ("unevaluatedItems",)) == ["nothing else but what fits {}"]
    assert len(told({"not": {"enum": ["x" * 999]}}, ("not",))[0]) < 200
    assert described(None, []) == ""
    assert profile_for("openai").lost("oneOf")


def test_null_beside_unions_and_refs() -> None:
    """An optional union gets null as one more alternative; the same ref twice is looked at once."""
    schema = {
        "type": "object",
        "properties": {
            "u": {"anyOf": [{"enum": ["a", 1]}, {"type": "boolean"}]},
            "r": {"anyOf": [{"$ref": "#/$defs/T"}, {"$ref": "#/$defs/T", "description": "again"}]},
        },
        "$defs": {"T": {"type": "array", "items": {"type": "null"}}},
    }
    made = strict_schema(schema, "openai").schema["properties"]
    assert [way.get("type") for way in made["u"]["anyOf"]] == [["string", "integer"], "boolean", "null"]
    assert made["r"]["anyOf"][-1] == {"type": "null"}
    assert back(closed(x={"enum": [[1], "b"]}), {"x": "b"}) == {"x": "b"}


def test_combinations_inside_combinations() -> None:
    """allOf in allOf in allOf ...: any value, after a while."""
    deep: Any = {"type": "string"}
    for _ in range(30):
        deep = {"allOf": [deep]}
    assert back(deep, "a") == {"value": '"a"'}


def test_bounds_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying branches while encoding is bounded, and so is walking again without impossible definitions."""
    expression = {"anyOf": [{"type": "string"}, {"type": "object"}, {"type": "array", "items": {"$ref": "#"}}]}
    strict = strict_schema(expression, "openai")
    monkeypatch.setattr(codec_module, "_MOST_STEPS", 20)
    with pytest.raises(BadUsage, match="too many forms"):
        strict.encode([["a"] * 20])
    monkeypatch.setattr(transform_module, "_MOST_WALKS", 1)
    never = {"type": "object", "properties": {"n": False}, "required": ["n"]}
    with pytest.raises(BadUsage, match="too many definitions"):
        strict_schema({"anyOf": [{"$ref": "#/$defs/N"}, {"type": "null"}], "$defs": {"N": never}}, "llamacpp")


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ({"type": "string"}, {"type": "array"}, False),
        ({"type": "integer"}, {"type": "number"}, True),
        ({"type": "number"}, {"enum": [1, "a"]}, True),
        ({"enum": [1]}, {"enum": [1.0]}, True),
        ({"enum": ["a"]}, {"enum": ["b"]}, False),
        ({"type": "string"}, {"enum": [1]}, False),
        ({}, {"type": "null"}, True),
        (True, {"type": "null"}, True),
        (False, {"type": "null"}, False),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"type": "null"}, True),
        ({"type": "array"}, {"anyOf": [{"type": "string"}, {"type": "null"}]}, False),
        ({"$ref": "#/text"}, {"type": "string"}, True),
        ({"$ref": "#/self"}, {"type": "string"}, True),
        (closed(a={"type": "null"}), closed(b={"type": "null"}), False),
        ({"type": "object"}, closed(b={"type": "null"}), True),
        (closed(a={"enum": ["x"]}), closed(a={"enum": ["y"]}), False),
        (closed(a=closed(b=closed(c={"enum": ["x"]}))), closed(a=closed(b=closed(c={"enum": ["y"]}))), True),
        ({"type": "object", "required": ["a"]}, {"type": "object", "required": ["a"]}, True),
    ],
)
def test_whether_a_value_may_have_both_shapes(one: Any, other: Any, shared: bool) -> None:
    """False only where it is certain, within three levels, in both directions."""

    def resolve(ref: str) -> Any:
        return {"type": "string"} if ref == "#/text" else {"$ref": ref}

    assert share(one, other, resolve) is share(other, one, resolve) is shared


def test_shape_of_a_value() -> None:
    """As deep as the comparison goes; a value nested without end is in no enum."""

    def fitting(schema: Any, value: Any) -> bool:
        return fits(schema, value, lambda ref: True)

    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert not fitting({"enum": [[1]]}, deep)
    assert fitting({"enum": [[1], 1]}, [1])
    assert not fitting({"enum": [[1], 1]}, True)
    assert fitting({"$ref": "#"}, 1)
    assert not fitting(False, 1)
    assert not fitting({"type": "object", "required": ["a"]}, {})
    assert not fitting(closed(), {"a": 1})
    assert fitting({**closed(), "patternProperties": {"a": {}}}, {"a": 1})
    assert fitting(closed(a=closed(b=closed(c={"type": "null"}))), {"a": {"b": {"c": 1}}})
    assert not fitting(closed(a=closed(b={"type": "null"})), {"a": {"b": 1}})
    assert fitting({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 2.0)


def test_which_codecs_change_nothing() -> None:
    """A codec is plain when all in it is; a definition may lean on itself."""
    union = [[Made({}, ("json",)), Made({})], [Made({}), Made({}, ("ref", "a"))]]
    codecs = {
        "a": ("array", ("ref", "a")),
        "b": ("object", (("x", "must", ("ref", "c")),), ("rest", None)),
        "c": ("list", (None,), ("union", 0)),
        "d": ("object", (("x", "may", ("union", 1)),), None),
        "e": ("object", (("x", "null", None),), None),
        "f": ("object", (), ("pairs", "_extra", None)),
    }
    assert plain_definitions(codecs, union) == {"a", "d"}


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("^x-", "x-1", True),
        ("^x-", "y", False),
        ("^(a|b)[0-9]+$", "a12", True),
        (3, "a", None),
        ("(", "(", None),
        ("a", "a" * 65, None),
        ("a" * 501, "a", None),
        ("(a+)+$", "a" * 40 + "!", None),
        ("a*a*a*$", "a", None),
        (r"(a)\1", "aa", None),
    ],
)
def test_names_and_patterns(pattern: Any, name: str, fits: bool | None) -> None:
    """A pattern that might search for ever, or is none, leaves it open whether a name fits."""
    assert matches(pattern, name) is fits
