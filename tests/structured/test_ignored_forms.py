"""What an answer shows of a server: only what the form that was sent forbids speaks against the mode."""

from __future__ import annotations

import pytest

from franca.flow.structured.goal import Goal
from franca.flow.structured.reading import Said, ignored

BOTH = ("strict", "native")
CHOICE = {"enum": ["red", "green"]}
PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@pytest.mark.parametrize(
    ("profile", "wanted", "text", "modes"),
    [
        # llama.cpp takes a schema whose root is no object: a bare value is what was asked for.
        ("llamacpp", {"type": "integer"}, "9", ()),
        ("llamacpp", CHOICE, '"red"', ()),
        ("llamacpp", CHOICE, '"blue"', BOTH),
        ("llamacpp", CHOICE, "I take red", BOTH),
        ("openai", {"type": "integer"}, '{"value": 9}', ()),
        ("openai", {"type": "integer"}, "9", BOTH),
        ("openai", PERSON, '{"nom": "Ada"}', ("strict",)),
        ("openai", PERSON, " ", ()),
    ],
)
def test_the_strict_mode(profile: str, wanted: object, text: str, modes: tuple[str, ...]) -> None:
    """A value of the form's own kind is no sign that the schema was ignored, whatever its kind."""
    form = Goal(wanted).form("strict", profile)
    assert form is not None
    assert ignored(form, Said(text, kept=True)) == modes
