"""What a model is told so that it answers with JSON, and where in the system prompt it stands."""

from __future__ import annotations

import dataclasses
import statistics
from typing import Any, NamedTuple

import pydantic
import pytest
from described_schemas import SCHEMAS

from franca.errors import BadUsage
from franca.schema.prompt.instructions import instructions, merge_system
from franca.schema.prompt.render import describe
from franca.tokens import estimate_tokens


@dataclasses.dataclass
class Person:
    name: str
    age: int | None = None


class Model(pydantic.BaseModel):
    name: str = pydantic.Field(alias="Name")


class Pair(NamedTuple):
    a: int
    b: int


def test_the_whole_text():
    """The fixed words, the type, and the examples as they would be written."""
    text = instructions(Person, [("Ada, 36", Person("Ada", 36)), {"name": "Bob"}])
    assert text == (
        "Reply with JSON only, of this TypeScript type. "
        "Never make values up: what is unknown is left out or null, if the type allows it.\n\n"
        "{\n  name: string\n  age?: integer | null\n}\n\n"
        'Example 1. Input:\nAda, 36\n\nOutput:\n{"name":"Ada","age":36}\n\n'
        'Example 2. Output:\n{"name":"Bob"}'
    )


def test_thinking_first():
    """The reasoning comes before a marked block, so that it cannot be taken for the answer."""
    text = instructions(int, think_first=True)
    assert text.startswith("First think aloud. Then end with a ```json block of this TypeScript type.")
    assert text.endswith("\n\ninteger")


def test_json_schema_as_the_style():
    """It is named for what it is."""
    text = instructions({"type": "integer"}, style="json-schema")
    assert "of this JSON Schema." in text
    assert text.endswith('\n\n{"type":"integer"}')


@pytest.mark.parametrize("think_first", [False, True])
@pytest.mark.parametrize("style", ["typescript", "json-schema"])
def test_never_to_make_values_up(think_first, style):
    """Whatever is chosen, the model is told not to invent, in few words."""
    text = instructions({}, think_first=think_first, style=style)
    assert "Never make values up" in text
    assert "default" not in text
    assert estimate_tokens(text) - estimate_tokens(describe({}, style)) <= 45


def test_what_it_costs():
    """Over a few dozen schemas: less than half of the shortest JSON Schema, and never more than it."""
    pairs = [
        (estimate_tokens(describe(one)), estimate_tokens(describe(one, "json-schema"))) for one in SCHEMAS.values()
    ]
    assert len(pairs) >= 30
    assert sum(text for text, _ in pairs) / sum(schema for _, schema in pairs) < 0.45
    assert statistics.median(text / schema for text, schema in pairs) < 0.45
    assert all(text <= schema for text, schema in pairs)
    assert estimate_tokens(instructions({})) - estimate_tokens(describe({})) <= 36


@pytest.mark.parametrize(
    ("schema", "example", "shown"),
    [
        (Person, '{"name": "Ada"}', 'Output:\n{"name":"Ada"}'),
        (Person, ({"text": "Ada"}, {"name": "Ada"}), 'Input:\n{"text":"Ada"}\n\nOutput:\n{"name":"Ada"}'),
        (Model, Model(Name="Ada"), 'Output:\n{"Name":"Ada"}'),
        (Pair, Pair(1, 2), "Output:\n[1,2]"),
        (list[int], ("one", [1]), "Input:\none\n\nOutput:\n[1]"),
        (tuple[int, int, int], (1, 2, 3), "Output:\n[1,2,3]"),
        (str, "[1]", 'Output:\n"[1]"'),
        (str, "plain", 'Output:\n"plain"'),
        (str | int, "{not json", 'Output:\n"{not json"'),
        ({}, "[1, 2]", "Output:\n[1,2]"),
        (True, "[1, 2]", "Output:\n[1,2]"),
    ],
    ids=str,
)
def test_examples(schema, example, shown):
    """An output alone or with its input; values of the type, or JSON text of an object or array."""
    assert instructions(schema, [example]).endswith(f"\n\nExample 1. {shown}")


@pytest.mark.parametrize(
    ("example", "problem"),
    [
        ({"age": 3}, r"the output of example 1 does not fit the schema: name: required, but missing"),
        ('{"name": 3}', r"example 1 does not fit the schema: name: expected string"),
        ('{"name": ', r"example 1 does not fit the schema"),
        (object(), r"example 1 is nothing that JSON can say: object is no JSON"),
        ((object(), {"name": "x"}), r"example 1 is nothing that JSON can say"),
    ],
)
def test_wrong_examples(example, problem):
    """A model follows its examples, so one that does not fit is refused."""
    with pytest.raises(BadUsage, match=problem):
        instructions(Person, [example])


PARTS: list[dict[str, Any]] = [{"type": "text", "text": "You are kind."}]


@pytest.mark.parametrize(
    ("own", "merged"),
    [
        (None, "DO"),
        ("", "DO"),
        (" \n", "DO"),
        ("DO", "DO"),
        ("You are kind.\n", "You are kind.\n\n---\n\nDO"),
        ("You are kind.\n\n---\n\nDO", "You are kind.\n\n---\n\nDO"),
        ([], [{"type": "text", "text": "DO"}]),
        (PARTS, [*PARTS, {"type": "text", "text": "---\n\nDO"}]),
        ([*PARTS, {"type": "text", "text": "---\n\nDO"}], [*PARTS, {"type": "text", "text": "---\n\nDO"}]),
    ],
)
def test_merging(own, merged):
    """The own prompt first, a line, the instructions; doing it again changes nothing; the own one is not touched."""
    assert merge_system(own, "DO") == merged
    assert merge_system(merge_system(own, "DO"), "DO") == merged or own == []
    assert PARTS == [{"type": "text", "text": "You are kind."}]
