"""Schemas as text: what a model reads instead of a JSON Schema."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
import pytest
from described_schemas import SCHEMAS
from hypothesis import given
from hypothesis import strategies as st

from franca.errors import BadUsage
from franca.schema.prompt.references import References
from franca.schema.prompt.render import describe


def closed(**properties: Any) -> dict[str, Any]:
    required = [name for name in properties if not name.startswith("maybe")]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


TEXT = {"type": "string"}
NUMBER = {"type": "number"}
LONG = closed(**{f"a_rather_long_name_of_a_field_{number}": TEXT for number in range(3)})


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        # scalars
        (True, "any"),
        ({}, "any"),
        (False, "never"),
        ({"type": "integer"}, "integer"),
        ({"type": "strange"}, "any"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"type": []}, "any"),
        ({"type": "string", "title": "A Title"}, "string"),
        ({"description": " two\n lines "}, "any // two lines"),
        ({"description": 3}, "any"),
        ({"enum": ["a", 1, None, {"b": [True]}]}, '"a" | 1 | null | {"b":[true]}'),
        ({"enum": ["a"]}, '"a"'),
        ({"enum": []}, "never"),
        ({"const": "a\nb"}, '"a\\nb"'),
        ({"const": None, "type": "string"}, "null"),
        # limits
        ({"type": "integer", "minimum": 1, "maximum": 5}, "integer // 1 to 5"),
        ({"type": "integer", "minimum": 1, "maximum": 1}, "integer // 1"),
        ({"type": "number", "minimum": 0.5}, "number // >= 0.5"),
        ({"type": "number", "maximum": -1}, "number // <= -1"),
        ({"exclusiveMinimum": 0, "exclusiveMaximum": 1, "multipleOf": 0.1}, "number // > 0; < 1; multiple of 0.1"),
        ({"minimum": "x", "exclusiveMinimum": True}, "number"),
        ({"type": "string", "minLength": 1, "maxLength": 9}, "string // length 1 to 9"),
        ({"type": "string", "minLength": 0, "maxLength": 9}, "string // length at most 9"),
        ({"type": "string", "minLength": 2, "maxLength": 2}, "string // length 2"),
        ({"type": "string", "minLength": 0, "maxLength": 0}, "string // length at most 0"),
        ({"pattern": "^a b$", "format": "date\n-time"}, "string // matches ^a b$; format date -time"),
        ({"type": "string", "pattern": "a\nb"}, 'string // matches "a\\nb"'),
        (
            {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
            "string // base64; contains image/png",
        ),
        ({"type": "boolean", "deprecated": True}, "boolean // deprecated"),
        ({"type": "string", "default": "x", "examples": ["a", "b", "c"]}, 'string // default "x"; e.g. "a", "b"'),
        ({"type": "string", "default": "x" * 80, "examples": ["x" * 80]}, "string"),
        ({"type": ["string", "null"], "default": None}, "string | null"),
        ({"type": "boolean", "default": False}, "boolean // default false"),
        ({"type": "integer", "default": 0}, "integer // default 0"),
        # arrays
        ({"type": "array"}, "any[]"),
        ({"items": TEXT, "minItems": 1}, "string[] // at least 1 item"),
        ({"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}, "string[] // 2 items"),
        (
            {"type": "array", "items": TEXT, "maxItems": 1, "uniqueItems": True},
            "string[] // at most 1 item; unique items",
        ),
        ({"type": "array", "items": {"type": "array", "items": TEXT}}, "string[][]"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, '("a" | "b")[]'),
        (
            {
                "type": "array",
                "items": {"type": "string", "format": "uri", "description": "a link"},
                "description": "links",
            },
            "string[] // links; each: a link, format uri",
        ),
        ({"prefixItems": [TEXT, NUMBER], "items": False, "minItems": 2}, "[string, number]"),
        (
            {
                "prefixItems": [{"type": "string", "title": "x", "minLength": 1}, {"type": "number", "title": "y z"}],
                "minItems": 1,
            },
            "[x: string, item1?: number, ...any[]] // x: length at least 1",
        ),
        (
            {"prefixItems": [{"type": "string", "minLength": 1}], "minItems": 1, "maxItems": 1},
            "[string] // item 0: length at least 1",
        ),
        (
            {
                "prefixItems": [TEXT, True],
                "minItems": "x",
                "items": {"type": ["number", "null"], "minimum": 1},
                "maxItems": 4,
            },
            "[item0?: string, item1?: any, ...(number | null)[]] // at most 4 items; each of the rest: >= 1",
        ),
        ({"prefixItems": [TEXT], "minItems": 3}, "[string, ...any[]] // at least 3 items"),
        # objects
        ({"type": "object"}, "object"),
        ({"type": "object", "additionalProperties": True}, "object"),
        ({"type": "object", "additionalProperties": False}, "{}"),
        ({"type": "object", "minProperties": 1}, "object // at least 1 field"),
        ({"additionalProperties": NUMBER}, "Record<string, number>"),
        (
            {
                "type": "object",
                "additionalProperties": {"type": "number", "minimum": 0},
                "maxProperties": 3,
                "minProperties": 2,
            },
            "Record<string, number> // 2 to 3 fields; each value: >= 0",
        ),
        ({"type": "object", "propertyNames": {"enum": ["a", "b"]}}, 'Record<"a" | "b", any>'),
        ({"type": "object", "propertyNames": {"pattern": "^a"}}, "object // names: matches ^a"),
        (
            {"propertyNames": {"type": "string"}, "additionalProperties": TEXT},
            'Record<string, string> // names: {"type":"string"}',
        ),
        ({"propertyNames": False, "type": "object"}, "object"),
        ({"type": "object", "additionalProperties": closed(a=TEXT)}, "Record<string, { a: string }>"),
        (
            closed(a=TEXT, maybe={"type": "integer", "description": "how many"}),
            "{\n  a: string\n  maybe?: integer // how many\n}",
        ),
        ({"required": ["a b", "a b", 3]}, '{\n  "a b": any\n}'),
        (
            {"properties": {"a": TEXT}, "additionalProperties": True},
            "{\n  a?: string\n  [name: string]: any // any other name\n}",
        ),
        (
            {"properties": {"a": TEXT}, "patternProperties": {"^x-": {"type": "number", "minimum": 1}}},
            '{\n  a?: string\n  [name: string]: number // any name that matches "^x-"; >= 1\n}',
        ),
        (
            {"properties": {"a": TEXT}, "propertyNames": {"enum": ["a", "b"]}},
            '{ // names among "a" | "b"\n  a?: string\n}',
        ),
        (
            {"properties": {"a": TEXT}, "propertyNames": {"enum": ["a", "b"]}, "additionalProperties": NUMBER},
            '{\n  a?: string\n  [name: "a" | "b"]: number // any other name\n}',
        ),
        (closed(a=closed(b=TEXT, maybe_c=NUMBER)), "{\n  a: { b: string; maybe_c?: number }\n}"),
        (
            closed(a={"type": "array", "items": closed(b={"type": "string", "description": "the b"}), "maxItems": 2}),
            "{\n  a: { // at most 2 items\n    b: string // the b\n  }[]\n}",
        ),
        (
            closed(a=LONG)["properties"]["a"] | {"description": "long"},
            "{ // long\n" + "".join(f"  {name}: string\n" for name in LONG["properties"]) + "}",
        ),
        # put together
        ({"anyOf": [TEXT, {"type": "null"}], "description": "d"}, "string | null // d"),
        ({"anyOf": [TEXT, TEXT]}, "string"),
        ({"anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}]}, "string | null // length at least 1"),
        (
            {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 2}]},
            "string | integer // string: length at least 1; integer: >= 2",
        ),
        (
            {"anyOf": [{"enum": ["x" * 30, "y" * 30], "description": "d"}, NUMBER]},
            f'"{"x" * 30}" | "{"y" * 30}" | number // one form: d',
        ),
        ({"oneOf": [TEXT, NUMBER]}, "string | number"),
        ({"oneOf": [{"const": 1}, {"const": 2}]}, "1 | 2"),
        (
            {"oneOf": [closed(k={"const": "a"}), closed(k={"const": "b"}, x=TEXT)]},
            '{ k: "a" } | { k: "b"; x: string }',
        ),
        (
            {"oneOf": [closed(k={"const": "a"}), closed(k={"const": "a"}, x=True)]},
            '{ k: "a" } | { k: "a"; x: any } // exactly one of the forms',
        ),
        ({"oneOf": [NUMBER, {"type": "integer"}]}, "number | integer // exactly one of the forms"),
        ({"oneOf": [closed(a=TEXT), closed(b=TEXT)], "discriminator": {}}, "{ a: string } | { b: string }"),
        (
            {"oneOf": [closed(a=TEXT), closed(b=TEXT), True]},
            "{ a: string } | { b: string } | any // exactly one of the forms",
        ),
        (
            {"anyOf": [closed(a={"type": "string", "description": "x"}), closed(b=TEXT)], "type": "object"},
            "{\n  a: string // x\n} | { b: string }",
        ),
        ({"allOf": [closed(a=TEXT), closed(b=TEXT)]}, "{ a: string } & { b: string }"),
        ({"type": "array", "items": {"allOf": [closed(a=TEXT), closed(b=TEXT)]}}, "({ a: string } & { b: string })[]"),
        ({"type": "object", "allOf": [{"$ref": "#/$defs/A"}], "$defs": {"A": closed(a=TEXT)}}, "{ a: string }"),
        ({"properties": {"c": TEXT}, "anyOf": [closed(a=TEXT)]}, "{\n  c?: string\n} & { a: string }"),
        ({"allOf": [{"enum": ["a", "b"]}, {"anyOf": [TEXT, NUMBER]}]}, '("a" | "b") & (string | number)'),
        ({"allOf": [{"type": "string", "minLength": 1}, {}]}, "string // length at least 1"),
        # what a type cannot say
        (
            {"type": "object", "properties": {"a": TEXT}, "if": {"required": ["a"]}, "then": {"required": ["b"]}},
            '{\n  // also {"if":{"required":["a"]},"then":{"required":["b"]}}\n  a?: string\n}',
        ),
        ({"type": "string", "not": {"const": "x"}, "description": "d"}, 'string // d; also {"not":{"const":"x"}}'),
        ({"not": {}}, 'any // also {"not":{}}'),
        (
            {"type": "array", "contains": NUMBER, "minContains": 2},
            'any[] // also {"contains":{"type":"number"},"minContains":2}',
        ),
        ({"type": "object", "dependentRequired": {"a": ["b"]}}, 'object // also {"dependentRequired":{"a":["b"]}}'),
        ({"type": "object", "unevaluatedProperties": False}, "object"),
        (
            {"type": "object", "unevaluatedProperties": NUMBER},
            'object // also {"unevaluatedProperties":{"type":"number"}}',
        ),
        (
            closed(a=TEXT) | {"anyOf": [{"required": ["a"]}, {"minProperties": 1}]},
            '{\n  // also {"anyOf":[{"required":["a"]},{"minProperties":1}]}\n  a: string\n}',
        ),
        ({"allOf": [{"if": {"const": 1}}], "type": "integer"}, 'integer // also {"if":{"const":1}}'),
        ({"$ref": "https://example.com/x"}, 'any // also {"$ref":"https://example.com/x"}'),
        ({"$ref": "#/$defs/none", "type": "string"}, 'string // also {"$ref":"#/$defs/none"}'),
        ({"$dynamicRef": "#x"}, 'any // also {"$dynamicRef":"#x"}'),
        ({"anyOf": "x", "properties": [], "type": "object"}, "object"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_forms(schema, text):
    """Each keyword has its place."""
    assert describe(schema) == text


def test_references():
    """A definition that is used once stands in its place; used twice it has a name, and so has what holds itself."""
    schema = closed(
        one={"$ref": "#/$defs/Once"},
        two={"$ref": "#/$defs/Twice", "description": "the first"},
        three={"$ref": "#/$defs/Twice"},
        node={"$ref": "#/definitions/Node%20x"},
        plain=TEXT,
        path={"$ref": "#/properties/plain"},
        item={"$ref": "#/prefixItems/0"},
    ) | {
        "$defs": {"Once": {"type": "integer", "description": "once"}, "Twice": {"enum": ["a", "b"]}},
        "definitions": {"Node x": closed(maybe={"$ref": "#/definitions/Node%20x"})},
        "prefixItems": [{"const": 1}],
    }
    assert describe(schema) == (
        "{\n  one: integer // once\n  two: Twice // the first\n  three: Twice\n  node: Node_x\n"
        "  plain: string\n  path: plain\n  item: Type0\n}\n\n"
        'type Twice = "a" | "b"\n\ntype Node_x = {\n  maybe?: Node_x\n}\n\ntype plain = string\n\ntype Type0 = 1'
    )


@pytest.mark.parametrize(
    "reference", ["#/$defs", "#/$defs/A/x", "#/prefixItems/9", "#/prefixItems/x", "other#/x", "#/$defs/A/type/x", 3]
)
def test_references_that_lead_nowhere(reference):
    """Are shown as they are: nothing is fetched, and nothing is guessed."""
    schema = {"$ref": reference, "$defs": {"A": TEXT}, "prefixItems": [TEXT]}
    if reference == "#/$defs":
        assert References(schema).leads(schema) == "#/$defs"
    else:
        assert References(schema).leads(schema) is None


def test_a_schema_that_holds_itself():
    """By `#`, or written out as the root and once more as a definition: it is shown once."""
    assert describe(closed(maybe={"$ref": "#"})) == "root\n\ntype root = {\n  maybe?: root\n}".replace("root", "Type")
    titled = {"title": "My Tree", **closed(maybe={"$ref": "#"})}
    assert describe(titled) == "My_Tree\n\ntype My_Tree = {\n  maybe?: My_Tree\n}"
    node = closed(maybe={"$ref": "#/$defs/a~1b"})
    assert describe({**node, "$defs": {"a/b": node}}) == "a_b\n\ntype a_b = {\n  maybe?: a_b\n}"
    assert describe({"$defs": {"A": TEXT}, "definitions": [], "type": "integer"}) == "integer"
    assert describe({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}}) == (
        "B\n\ntype B = B"
    )


def test_names_are_no_words_of_the_language_and_no_two_are_alike():
    """A definition that is called `string` would change what string means."""
    schema = {
        "anyOf": [{"$ref": "#/$defs/string"}, {"$ref": "#/$defs/a-b"}, {"$ref": "#/$defs/a.b"}] * 2,
        "$defs": {"string": closed(a=TEXT), "a-b": NUMBER, "a.b": {"type": "integer"}},
    }
    assert describe(schema) == (
        "string2 | a_b | a_b2\n\ntype string2 = {\n  a: string\n}\n\ntype a_b = number\n\ntype a_b2 = integer"
    )


def test_what_json_refers_to_is_shown():
    """A reference inside a keyword that is shown as JSON gets its type below."""
    schema = {"type": "string", "not": {"anyOf": [{"$ref": "#/$defs/Bad"}]}, "$defs": {"Bad": {"const": "bad"}}}
    assert describe(schema) == 'string // also {"not":{"anyOf":[{"$ref":"#/$defs/Bad"}]}}\n\ntype Bad = "bad"'
    schema = {"type": "object", "anyOf": [{"required": ["a"]}, {"$ref": "#/$defs/B"}], "$defs": {"B": closed(b=TEXT)}}
    assert describe(schema) == (
        'object // also {"anyOf":[{"required":["a"]},{"$ref":"#/$defs/B"}]}\n\ntype B = {\n  b: string\n}'
    )


def test_deep_schemas():
    """What is nested deeper than can be read becomes a type of its own, and no stack overflows."""
    schema: dict[str, Any] = {"type": "integer", "description": "the bottom"}
    for _ in range(150):
        schema = closed(a=schema)
    text = describe(schema)
    assert text.count("type Part") == 4
    assert "integer // the bottom" in text
    assert max(len(line) - len(line.lstrip()) for line in text.splitlines()) < 80


class Point(NamedTuple):
    x: float
    y: float


@dataclasses.dataclass
class Film:
    """A film."""

    title: Annotated[str, "as in the credits"]
    genre: Literal["drama", "comedy"]
    at: Point
    length: Annotated[int, msgspec.Meta(gt=0)] | None = None


def test_types():
    """A Python type may stand for its schema."""
    assert describe(Film) == (
        "{ // A film.\n"
        "  title: string // as in the credits\n"
        '  genre: "drama" | "comedy"\n'
        "  at: [x: number, y: number]\n"
        "  length?: integer | null // > 0\n"
        "}"
    )


def test_the_other_style():
    """JSON Schema as it is, without a space too many; no third style."""
    assert describe(closed(a=TEXT), "json-schema") == json.dumps(closed(a=TEXT), separators=(",", ":"))
    with pytest.raises(BadUsage, match=r"no style 'xml'; there are"):
        describe({}, "xml")  # type: ignore[arg-type]


def test_texts_are_kept_in_bounds():
    """The same schema gives the same text, whatever was asked for in between; the order of fields counts."""
    first = describe(closed(a=TEXT, b=TEXT))
    for number in range(100):
        assert describe({"const": number}) == str(number)
    assert describe(closed(a=TEXT, b=TEXT)) == first
    assert describe(closed(b=TEXT, a=TEXT)) != first


@pytest.mark.parametrize("name", SCHEMAS)
def test_nothing_is_lost(name):
    """Every field, literal and description of a schema is in its text, on one line each, in the order of the source."""
    text = describe(SCHEMAS[name])
    pending = [SCHEMAS[name]]
    while pending:
        part = pending.pop()
        if isinstance(part, dict):
            for key, value in part.items():
                if key in ("properties", "$defs"):
                    names = [one for one in value if key == "properties"]
                    places = [text.index(one) for one in names]
                    assert len(places) == len(names)
                    pending.extend(value.values())
                elif key == "description":
                    assert " ".join(value.split()) in text
                elif key == "enum":
                    assert all(json.dumps(one, ensure_ascii=False) in text for one in value)
                elif key not in ("default", "examples", "const"):
                    pending.append(value)
        elif isinstance(part, list):
            pending.extend(part)
    fields = list(SCHEMAS[name].get("properties", ()))
    starts = [text.find(f"\n  {field}") for field in fields if field.isidentifier()]
    assert starts == sorted(starts)


KEYWORDS = ["type", "properties", "items", "anyOf", "allOf", "oneOf", "enum", "const", "$ref", "$defs", "a", "required"]
KEYWORDS += ["additionalProperties", "not", "if", "prefixItems", "minItems", "maxItems", "description", "minimum"]
KEYWORDS += ["maximum", "pattern", "propertyNames", "title", "default"]
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 30)
    | st.sampled_from(["string", "object", "array", "#/$defs/a", "#", "x\ny"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYWORDS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(["type", "properties", "items", "anyOf", "$ref", "$defs", "not"]), ANY))
def test_any_garbage_gives_a_text(schema):
    """Whatever stands where a schema should: a text, each comment on its line, no error."""
    text = describe(schema)
    assert text
    assert "\ny" not in text


def test_a_huge_enum():
    """Its time goes with its length, not with the square of it: a hundred thousand values are no minute."""
    text = describe({"enum": [f"value {number}" for number in range(100_000)]})
    assert text.startswith('"value 0" | "value 1" | ')
    assert text.endswith('| "value 99999"')
