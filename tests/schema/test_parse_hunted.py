"""Texts that a hunt over hundreds of thousands of damaged answers found to be read wrongly, to break the parser or to
take more than linear time: each is read as it was meant, or refused."""

from __future__ import annotations

from typing import Any

import pytest

from franca.errors import OutputInvalid
from franca.schema.parsing import parse

TEXTS = {"type": "array", "items": {"type": "string"}}
LISTS = {"type": "array", "items": TEXTS}
MAP = {"type": "object", "additionalProperties": {"type": "string"}}
TAGGED = {"type": "object", "properties": {"n": {"type": "number"}, "tags": TEXTS}, "required": ["n", "tags"]}
PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}

REFUSED: dict[str, tuple[str, Any]] = {
    "a draft, and an answer that is cut": ("[1, 2]\n[\n  1", {"type": "array", "items": {"type": "integer"}}),
    "an inner quote before what looks like a comment": ('{"n": 1,\n "tags": "["# one", "it\'s", "two"]"\n}', TAGGED),
    "likewise with slashes": ('{"n": 1,\n "tags": "["// one", "two"]"\n}', TAGGED),
    "a key without quotes behind a missing comma": (
        '{\nitems: {\n"first key":"50% of [all]"\n de:"x, "\n},\nnotes: "- item"\n}',
        {"type": "object", "properties": {"items": MAP, "notes": {"type": "string"}}, "required": ["items", "notes"]},
    ),
    "a tuple of tuples that does not begin a line, twice": (
        'So: (\n  (\n"a",\n"b"\n),\n  []\n). or again: So: (\n  (\n"a",\n"b"\n),\n  []\n).',
        LISTS,
    ),
    "tuples in brackets that nobody closed": ('See\n("a", "b")\n("c", "d")\nand so on)', LISTS),
    "a word in round brackets": ("(+]]]]", LISTS),
    "a cut string in round brackets": ("(“name=new X($ref", LISTS),
    "a cut word in round brackets": ("(\\nanull'* ", LISTS),
    "escapes that are none": ('x {\\"name\\": \\"A\\q\\"} and {\\"name\\": \\"B\\"}', PERSON),
    "escaped and plain quotes": ('x {\\"name\\": "A\\"} {\\"name\\": \\"B"}', PERSON),
}
READ: dict[str, tuple[str, Any, Any]] = {
    "a comment right behind a string": ('{"n": 1, "tags": ["x"# note\n]}', TAGGED, {"n": 1, "tags": ["x"]}),
    "a comment with quotes": ('{"n": 1, "tags": ["x" # a "b"\n]}', TAGGED, {"n": 1, "tags": ["x"]}),
    "tuples in a tuple": ('(\n("a", "b"),\n("c", "d"))', LISTS, [["a", "b"], ["c", "d"]]),
    "an escaped object in prose": ('Here {\\"name\\": \\"A \\\\\\"b\\\\\\"\\"} "ok"', PERSON, {"name": 'A "b"'}),
    "an answer behind escaped ones": ('{\\"a\\":1} {\\"a\\":2} {"name": "Ada"}', PERSON, {"name": "Ada"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    """What can be read in two ways, or is no answer, is an error with problems, and no other error."""
    text, schema = REFUSED[name]
    with pytest.raises(OutputInvalid) as caught:
        parse(text, schema)
    assert caught.value.problems


@pytest.mark.parametrize("name", READ)
def test_read(name: str) -> None:
    """What means one thing is read."""
    text, schema, value = READ[name]
    assert parse(text, schema).value == value
