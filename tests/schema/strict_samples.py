"""Schemas with instances that fit them, at random, for the properties of the strict transform."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from franca.schema.validate import validator_for

__all__ = ["samples", "values"]

NAMES = st.sampled_from(["a", "b", "c", "_extra", "value", "key", "json", "option_1", "_0", "x-1", "Ü", "a/b", "~"])
TEXTS = st.text('ab1"\\{}[]:, \n\u00e9\U0001f600', max_size=6) | st.sampled_from(
    ["null", "1", '"a"', "{}", "[]", '{"a": 1}', "true", "2020-01-01"]
)
NUMBERS = st.integers(-(2**40), 2**40) | st.floats(allow_nan=False, allow_infinity=False, width=32)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS


def values(deep: int = 2) -> st.SearchStrategy[Any]:
    """Any JSON value."""
    if deep == 0:
        return SCALARS
    inner = values(deep - 1)
    return SCALARS | st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2)


Sample = tuple[Any, Any]


@st.composite
def _scalars(draw: Any) -> Sample:
    kind = draw(
        st.sampled_from(["string", "integer", "number", "boolean", "null", "nullable", "limits", "text limits", "two"])
    )
    if kind == "limits":
        one = draw(st.integers(0, 9))
        return {"type": "integer", "minimum": 0, "maximum": 9, "multipleOf": 1}, one
    if kind == "text limits":
        return (
            {
                "type": "string",
                "minLength": 1,
                "maxLength": 3,
                "pattern": draw(st.sampled_from(["^a", "(?=a)a", "^a.*$", "a"])),
            },
            "a" + draw(st.sampled_from(["", "b"])),
        )
    if kind == "nullable":
        return {"type": ["string", "null"], "description": "text or nothing"}, draw(st.none() | TEXTS)
    if kind == "two":
        return {"type": ["integer", "string"], "minLength": 0}, draw(st.integers(0, 3) | TEXTS)
    drawn = {
        "string": TEXTS,
        "integer": st.integers(-9, 9),
        "number": NUMBERS,
        "boolean": st.booleans(),
        "null": st.none(),
    }[kind]
    return {"type": kind}, draw(drawn)


@st.composite
def _enums(draw: Any) -> Sample:
    choices = draw(st.lists(values(1), min_size=1, max_size=4))
    chosen = draw(st.sampled_from(choices))
    if draw(st.booleans()):
        return {"const": chosen}, chosen
    return {"enum": choices}, chosen


@st.composite
def _arrays(draw: Any, deep: int) -> Sample:
    schema, one = draw(samples(deep - 1))
    how = draw(st.sampled_from(["items", "free", "tuple", "pair", "open tuple", "set"]))
    if how == "free":
        return {"type": "array"}, draw(st.lists(values(1), max_size=2))
    if how in ("items", "set"):
        made: dict[str, Any] = {"type": "array", "items": schema, "maxItems": 3}
        if how == "set":
            made |= {"uniqueItems": True, "minItems": 1, "contains": schema}
        return made, [one]
    other, two = draw(samples(deep - 1))
    made = {"type": "array", "prefixItems": [schema, other]}
    if how == "pair":
        return {**made, "minItems": 2, "maxItems": 2}, [one, two]
    if how == "tuple":
        return {**made, "minItems": draw(st.integers(0, 1)), "items": False}, [one, two][: draw(st.integers(1, 2))]
    return made, [one, two, draw(values(1))][: draw(st.integers(0, 3))]


@st.composite
def _objects(draw: Any, deep: int) -> Sample:
    properties: dict[str, Any] = {}
    value: dict[str, Any] = {}
    required = []
    for name in draw(st.lists(NAMES, max_size=3, unique=True)):
        properties[name], one = draw(samples(deep - 1))
        how = draw(st.sampled_from(["required", "given", "absent"]))
        if how == "required":
            required.append(name)
        if how != "absent":
            value[name] = one
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required
    beyond = draw(st.sampled_from(["unsaid", "closed", "open", "typed", "patterns", "required", "condition"]))
    if beyond == "closed":
        schema["additionalProperties"] = False
    elif beyond == "open":
        schema["additionalProperties"] = True
        value.update({name + "!": draw(values(1)) for name in draw(st.lists(NAMES, max_size=1))})
    elif beyond == "typed":
        schema["additionalProperties"], one = draw(samples(deep - 1))
        value["more"] = one
    elif beyond == "patterns":
        inner, one = draw(samples(deep - 1))
        schema["patternProperties"] = {"^p": inner}
        schema["additionalProperties"] = False
        value["p1"] = one
    elif beyond == "required":
        schema["required"] = [*required, "undeclared"]
        value["undeclared"] = draw(values(1))
    elif beyond == "condition":
        schema["if"] = {"required": ["when"]}
        schema["then"] = {"properties": {"then": {"type": "integer"}}, "required": ["then"]}
        if draw(st.booleans()):
            value |= {"when": draw(values(1)), "then": 3}
        elif draw(st.booleans()):
            value["then"] = draw(values(1))
    if draw(st.integers(0, 9)) == 0:
        del schema["type"]
    return schema, value


@st.composite
def _maps(draw: Any, deep: int) -> Sample:
    schema, one = draw(samples(deep - 1))
    how = draw(st.sampled_from(["map", "free", "named"]))
    if how == "free":
        return {"type": "object"}, draw(st.dictionaries(NAMES, values(1), max_size=2))
    made: dict[str, Any] = {"type": "object", "additionalProperties": schema, "minProperties": 1}
    if how == "named":
        made["propertyNames"] = {"enum": ["k1", "k2"]}
    return made, {"k1": one}


@st.composite
def _unions(draw: Any, deep: int) -> Sample:
    drawn = draw(st.lists(samples(deep - 1), min_size=1, max_size=3))
    chosen = draw(st.sampled_from(drawn))[1]
    schema: dict[str, Any] = {draw(st.sampled_from(["anyOf", "oneOf"])): [one for one, _ in drawn]}
    if draw(st.booleans()):
        schema["description"] = "one of several"
    return schema, chosen


@st.composite
def _alls(draw: Any, deep: int) -> Sample:
    first, one = draw(_objects(deep))
    second, other = draw(_objects(deep))
    both = {**one, **other}
    how = draw(st.sampled_from(["all", "beside", "branches"]))
    if how == "all":
        return {"allOf": [first, second]}, both
    if how == "beside":
        return {**first, "allOf": [second], "not": {"type": "string"}}, both
    return {**first, "anyOf": [second, {"required": ["a"]}, {"type": "object", "required": ["zz"]}]}, both


@st.composite
def _refs(draw: Any, deep: int) -> Sample:
    which = draw(st.sampled_from(["Node", "Expr", "Leaf", "Json", "Any"]))
    made = {"$ref": f"#/$defs/{which}"}
    if draw(st.booleans()):
        made["description"] = "see there"
    one: Any = {
        "Node": {"name": "n", "next": {"name": "m", "next": {"name": "l"}}},
        "Expr": {"op": "+", "l": {"op": "-", "l": 1, "r": 2}, "r": [3, {"op": "+", "l": 1, "r": 1}]},
        "Leaf": draw(TEXTS),
        "Json": draw(values(2)),
        "Any": draw(values(2)),
    }[which]
    return made, one


DEFINITIONS = {
    "Node": {
        "type": "object",
        "properties": {"name": {"type": "string"}, "next": {"$ref": "#/$defs/Node"}, "also": {"$ref": "#/$defs/Leaf"}},
        "required": ["name"],
        "additionalProperties": False,
    },
    "Expr": {
        "anyOf": [
            {"type": "number"},
            {"type": "array", "items": {"$ref": "#/$defs/Expr"}},
            {
                "type": "object",
                "properties": {
                    "op": {"enum": ["+", "-"]},
                    "l": {"$ref": "#/$defs/Expr"},
                    "r": {"$ref": "#/$defs/Expr"},
                    "note": {"type": "string"},
                },
                "required": ["op", "l", "r"],
                "additionalProperties": False,
            },
        ]
    },
    "Leaf": {"type": "string"},
    "Json": {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": {"$ref": "#/$defs/Json"}},
            {"type": "object", "additionalProperties": {"$ref": "#/$defs/Json"}},
        ]
    },
    "Any": True,
}


def samples(deep: int = 3) -> st.SearchStrategy[Sample]:
    """A schema (its refs lead to DEFINITIONS) and an instance, which fits in most cases."""
    if deep <= 0:
        return _scalars() | _enums() | st.tuples(st.sampled_from([True, {}]), values(1))
    return (
        _scalars()
        | _enums()
        | _arrays(deep)
        | _objects(deep)
        | _objects(deep)
        | _maps(deep)
        | _unions(deep)
        | _alls(deep)
        | _refs(deep)
    )


@st.composite
def fitting(draw: Any, deep: int = 3) -> Sample:
    """A whole schema and an instance that fits it."""
    schema, value = draw(samples(deep))
    whole = schema if isinstance(schema, bool) else {**schema, "$defs": DEFINITIONS}
    from hypothesis import assume

    assume(validator_for(whole).valid(value))
    return whole, value
