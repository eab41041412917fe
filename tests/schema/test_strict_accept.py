"""The offline check: which rule of a provider a schema breaks, where, and by how much."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from franca.errors import BadUsage
from franca.schema.strict import PROFILES, Limits, ignored, profile_for, refusals
from franca.schema.strict.measure import measure
from franca.schema.strict.patterns import pattern_fits
from franca.schema.strict.pointers import Pointers, groups

GOOD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "description": "full name"},
        "kind": {"type": ["string", "null"], "enum": ["a", "b", None]},
        "list": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/Part"}, {"type": "null"}]}},
    },
    "required": ["name", "kind", "list"],
    "additionalProperties": False,
    "$defs": {
        "Part": {
            "type": "object",
            "properties": {"of": {"$ref": "#"}},
            "required": ["of"],
            "additionalProperties": False,
        }
    },
}


def changed(where: str, **words: Any) -> dict[str, Any]:
    """The good schema with other keywords at a place; None takes one away."""
    schema = copy.deepcopy(GOOD)
    node = Pointers(schema).at(where)
    for word, value in words.items():
        if value is None:
            del node[("$ref" if word == "ref" else word)]
        else:
            node[("$ref" if word == "ref" else word)] = value
    return schema


def test_a_good_schema_is_taken() -> None:
    """Nothing is found in a schema that keeps all rules, recursion at the root included."""
    assert refusals(GOOD, "openai") == []
    assert refusals(GOOD, "groq") == []


@pytest.mark.parametrize(
    ("where", "words", "path", "rule"),
    [
        ("", {"type": "array"}, "", "the root has to be an object"),
        ("", {"anyOf": [{"type": "object", "additionalProperties": False}]}, "", "the root has to be an object"),
        ("", {"additionalProperties": True}, "", "an object without additionalProperties: false"),
        ("", {"required": ["name", "kind"]}, "/properties/list", "a property that is not required"),
        ("", {"required": "name"}, "/properties/name", "a property that is not required"),
        ("", {"required": ["name", "kind", "list", "x/y", {}]}, "/required", "'x/y' is required but not declared"),
        ("", {"properties": 3}, "/required", "'kind' is required but not declared"),
        ("/properties/name", {"oneOf": []}, "/properties/name/oneOf", "oneOf is not taken"),
        ("/properties/name", {"default": "x"}, "/properties/name/default", "default is not taken"),
        ("/properties/name", {"not": {"type": "null"}}, "/properties/name/not", "not is not taken"),
        ("/properties/name", {"type": None}, "/properties/name", "a schema without a type"),
        ("/properties/name", {"pattern": "^(?!a)"}, "/properties/name/pattern", "a pattern with look-around"),
        ("/properties/name", {"format": "uri"}, "/properties/name/format", "format 'uri' is not taken"),
        ("/properties/name", {"format": []}, "/properties/name/format", "format [] is not taken"),
        ("/properties/kind", {"enum": [{}]}, "/properties/kind", "an object or array among the values"),
        ("/properties/kind", {"const": [1]}, "", ""),
        ("/properties/list", {"items": None}, "/properties/list", "an array without items"),
        ("/properties/list", {"items": True}, "/properties/list/items", "a schema without a type"),
        ("/properties/list", {"prefixItems": [True]}, "/properties/list/prefixItems", "prefixItems is not taken"),
        ("/$defs/Part/properties/of", {"ref": "#/properties/list"}, "/$defs/Part/properties/of", "no definition"),
        ("/$defs/Part/properties/of", {"ref": "#/$defs/None"}, "/$defs/Part/properties/of", "$ref leads nowhere"),
        ("/$defs/Part/properties/of", {"description": "x"}, "/$defs/Part/properties/of", "description beside a $ref"),
    ],
)
def test_each_broken_rule_is_named(where: str, words: dict[str, Any], path: str, rule: str) -> None:
    """Each rule of OpenAI's, broken alone, is told with the place."""
    found = refusals(changed(where, **words), "openai")
    assert not rule or any(one.path == path and rule in one.rule for one in found), found
    assert all(one.advice for one in found)
    assert bool(found) == bool(rule)


def test_as_text() -> None:
    """A refusal reads as one line: place, rule, limit."""
    (refusal,) = refusals(changed("/properties/name", format="uri"), "openai")
    assert str(refusal).startswith("/properties/name/format: format 'uri' is not taken (taken are date,")
    assert str(refusals(True, "openai")[0]) == "the root: a schema is an object"


def test_booleans_are_untyped() -> None:
    """true as a schema is refused where a type is needed, false is not: nothing has to be generated for it."""
    schema = {"type": "array", "items": True, "prefixItems": [True, False]}
    assert [one.path for one in refusals(schema, "gemini")] == ["/items", "/prefixItems/0"]
    assert refusals(schema, "vllm") == []


@pytest.mark.parametrize(
    ("provider", "schema", "rule"),
    [
        ("anthropic", {"type": "array", "items": {"type": "string"}, "minItems": 2}, "minItems of this size"),
        ("anthropic", {"type": "string", "pattern": r"\bword"}, "a back-reference or \\b"),
        ("anthropic", {"type": "integer", "minimum": 1}, "minimum is not taken"),
        ("gemini", {"enum": [True], "type": "boolean"}, "null, true or false among the values"),
        ("gemini", {"const": 1}, "const is not taken"),
        (
            "mistral",
            {"type": "object", "additionalProperties": False, "properties": {"a": {"$ref": "#"}}},
            "$ref is not",
        ),
        ("llamacpp", {"type": "string", "pattern": "a"}, "a pattern that does not go from ^ to $"),
        ("vllm", {"type": "string", "format": "date", "maxLength": 9}, "a pattern or format and a length together"),
        ("vllm", {"type": "string", "format": "phone"}, "format 'phone' is not taken"),
        ("fireworks", {"type": "string", "pattern": "(?=a)"}, "pattern is not taken"),
        (
            "azure",
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["u"],
                "properties": {
                    "u": {
                        "anyOf": [
                            {
                                "type": "object",
                                "properties": {"a": {"type": kind}},
                                "required": ["a"],
                                "additionalProperties": False,
                            }
                            for kind in ("string", "null")
                        ]
                    }
                },
            },
            "objects of one anyOf begin with the same property",
        ),
    ],
)
def test_rules_of_the_others(provider: str, schema: dict[str, Any], rule: str) -> None:
    """Each provider's own rules are found."""
    found = refusals(schema, provider)
    assert any(rule in one.rule for one in found), found


def node(recursive: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/Node"}},
        "required": ["root"],
        "additionalProperties": False,
        "$defs": {
            "Node": {
                "type": "object",
                "properties": {"next": recursive, "name": {"type": "string"}},
                "required": required,
                "additionalProperties": False,
            }
        },
    }


def test_recursion() -> None:
    """Recursion is fine at OpenAI, never at Anthropic, and through optional members only at Gemini."""
    ref = {"$ref": "#/$defs/Node"}
    optional, required = node(ref, ["name"]), node(ref, ["next"])
    deep = node({"type": "array", "items": ref}, ["name"])
    assert [one.rule for one in refusals(optional, "anthropic")] == ["a schema that holds itself"]
    assert refusals(optional, "anthropic")[0].path == "/$defs/Node"
    assert refusals(optional, "gemini") == refusals(deep, "gemini") == []
    assert [one.rule for one in refusals(required, "gemini")] == ["a schema that holds itself in a required member"]
    assert refusals(optional, "llamacpp") == []


def test_limits() -> None:
    """What is too large is told with the limit and the count."""
    row = profile_for("openai")._replace(limits=Limits(2, 1, 2, 20, (2, 3), 1, 1))
    closed = {"type": "object", "additionalProperties": False}
    texts = {"type": "string", "enum": ["abc", "def", "ghi"], "const": {"more": "than that"}}
    schema = {**closed, "properties": {"a": {**closed, "properties": {"b": texts, "c": texts}}}}
    schema["properties"]["a"]["properties"]["b"] = {"type": ["string", "null"]}
    schema["properties"]["a"]["properties"]["d"] = {"anyOf": [texts, {"type": "null"}]}
    found = {one.rule: one.limit for one in refusals(schema, row) if one.limit}
    assert found == {
        "too many properties": "at most 2 properties, here 4",
        "nested too deeply": "at most 1 objects in objects, here 2",
        "too many enum values": "at most 2 enum values, here 6",
        "too much text": "at most 20 characters of names and enum values, here 64",
        "too many optional properties": "at most 1 optional properties, here 4",
        "too many unions (anyOf, or several types)": "at most 1 unions, here 2",
        "an enum with too much text": "with more than 2 values at most 3 characters, here 9",
    }


def test_depth_begins_anew_in_a_definition() -> None:
    """Levels are counted for the root and each definition on its own, refs not followed."""
    inner: dict[str, Any] = {"type": "string"}
    for _ in range(6):
        inner = {"type": "object", "properties": {"a": {"type": "array", "items": inner}}}
    assert measure(inner).depth == 6
    assert measure({"type": "object", "properties": {"x": {"$ref": "#/$defs/a"}}, "$defs": {"a": inner}}).depth == 6
    assert measure({"type": "object", "additionalProperties": inner}).depth == 7


def test_at_most_a_hundred() -> None:
    """A hopeless schema makes no endless list."""
    schema = {"type": "object", "properties": {f"p{at}": {"uniqueItems": True} for at in range(300)}}
    assert len(refusals(schema, "openai")) == 100
    assert len(ignored({"allOf": [{"not": {}}] * 300}, "llamacpp")) == 100


def test_ignored() -> None:
    """Keywords that are taken and not enforced are told apart from refused ones."""
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "array", "uniqueItems": True, "unevaluatedItems": False},
            "b": {"type": "number", "minimum": 1},
            "c": {"type": "integer", "minimum": 1},
            "d": {"type": "string", "format": "email"},
            "e": {"type": "string", "format": "date"},
            "f": True,
        },
    }
    found = ignored(schema, "llamacpp")
    assert [one.path for one in found] == ["/properties/a/uniqueItems", "/properties/b/minimum", "/properties/d/format"]
    assert ignored(schema, "openai") == []
    assert refusals(schema, "llamacpp") == []


def test_too_large_to_be_looked_at() -> None:
    """Depth and number of parts are bounded; what passes the bound is told as a refusal."""
    deep: Any = {"type": "string"}
    for _ in range(600):
        deep = {"type": "array", "items": deep}
    assert [one.rule for one in refusals(deep, "llamacpp")] == ["the schema is nested deeper than 500 levels"]
    wide = {"anyOf": [{"type": "string"}] * 50_001}
    assert "more than 50,000 parts" in refusals(wide, "llamacpp")[-1].rule
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    assert "nested too deeply" in refusals({"enum": [value]}, "llamacpp")[-1].rule


@pytest.mark.parametrize(
    ("kind", "pattern", "fits"),
    [
        ("any", "(?=a)", True),
        ("simple", "(?=a)", False),
        ("simple", r"\(?=a", True),
        ("simple", "(?<!a)", False),
        ("simple", r"(a)\1", True),
        ("plain", r"(a)\1", False),
        ("plain", r"\\1", True),
        ("plain", "a\\", True),
        ("anchored", "^a$", True),
        ("anchored", "^a", False),
        ("anchored", r"^a\$", False),
    ],
)
def test_patterns(kind: str, pattern: str, fits: bool) -> None:
    """Kinds of patterns; an escaped bracket is no look-around."""
    assert pattern_fits(kind, pattern) is fits


def test_rows() -> None:
    """Rows are dated and sourced; an unknown name gets a guess; a row of one's own is used as it is."""
    assert set(PROFILES) == {
        "openai",
        "azure",
        "anthropic",
        "gemini",
        "groq",
        "mistral",
        "fireworks",
        "together",
        "ollama",
        "vllm",
        "llamacpp",
    }
    for name, row in PROFILES.items():
        assert (row.name, bool(row.source), row.as_of[:2], bool(row.title)) == (name, True, "20", True)
        assert not row.refused & row.ignored
        assert profile_for(row) is row
    with pytest.raises(BadUsage, match="did you mean 'openai'"):
        profile_for("openia")
    with pytest.raises(BadUsage, match="there are: openai, azure"):
        profile_for(7)  # type: ignore[arg-type]


def test_pointers() -> None:
    """Refs by pointer, anchor and the schema's own $id; what leads out or nowhere is named."""
    schema = {
        "$id": "http://here/",
        "$defs": {"a/b": {"$anchor": "there", "prefixItems": [{"type": "string"}, 3]}, "~": True},
    }
    refs = Pointers(schema)
    assert refs.place("#/$defs/a~1b") == refs.place("#there") == refs.place("http://here/#there") == "/$defs/a~1b"
    assert refs.place("#/%24defs/~0") == "/$defs/~0"
    assert refs.place("#") == ""
    assert refs.at("/$defs/a~1b/prefixItems/0") == {"type": "string"}
    for ref, why in (
        (3, "a string"),
        ("http://there/#x", "another document"),
        ("#nobody", "an anchor"),
        ("#/$defs/none", "leads nowhere"),
        ("#/$defs/a~1b/prefixItems/7", "leads nowhere"),
        ("#/$defs/a~1b/prefixItems/1", "no schema"),
    ):
        with pytest.raises(BadUsage, match=why):
            refs.place(ref)
    with pytest.raises(BadUsage, match="another document"):
        Pointers(True).place("x")


def test_groups() -> None:
    """Strongly connected parts of a graph, circles inside circles included."""
    leads = {"a": ["b"], "b": ["c", "e"], "c": ["a", "d"], "d": ["d"], "e": ["b", "d"], "f": ["a"]}
    assert sorted(sorted(part) for part in groups(leads)) == [["a", "b", "c", "e"], ["d"], ["f"]]
