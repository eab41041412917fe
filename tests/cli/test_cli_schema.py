"""`franca schema`: will a provider take this schema, and the schema as it takes it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .console import Console

PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name"],
    "additionalProperties": False,
}


@pytest.fixture
def person(tmp_path: Path) -> str:
    file = tmp_path / "person.json"
    file.write_text(json.dumps(PERSON), encoding="utf-8-sig")
    return str(file)


def test_check_refused(console: Console, person: str) -> None:
    """Exit code 1, and a line for each broken rule: place, rule, limit, what to do."""
    done = console.run("schema", "check", "--for", "openai", person)
    assert done.code == 1
    (line,) = done.out.splitlines()
    kind, place, rule, limit, advice = line.split("\t")
    assert (kind, place, rule, limit) == ("refused", "/properties/age", "a property that is not required", "")
    assert advice == "require it, and let it be null"
    assert "refused (1 broken rule)" in done.err
    assert f"`franca schema strict --for openai {person}`" in done.err


def test_check_taken(console: Console, person: str) -> None:
    """Exit code 0; what is not enforced is listed all the same."""
    done = console.run("schema", "check", "--for", "gemini", person)
    assert (done.code, done.out) == (0, "")
    assert "taken" in done.err
    loose = json.dumps({"type": "number", "minimum": 1, "not": {"const": 2}})
    done = console.run("schema", "check", "--for", "llamacpp", "-", stdin=loose.encode())
    assert done.code == 0
    assert [line.split("\t")[:2] for line in done.out.splitlines()] == [["ignored", "/minimum"], ["ignored", "/not"]]
    assert "taken (2 not enforced)" in done.err


def test_check_as_json(console: Console, person: str) -> None:
    """One object with all of it."""
    done = console.run("schema", "check", "--json", "--for", "openai", person)
    told = json.loads(done.out)
    assert (done.code, told["provider"], told["taken"], told["ignored"]) == (1, "openai", False, [])
    assert told["refused"][0].keys() == {"path", "rule", "limit", "advice"}


def test_check_in_a_terminal(console: Console, person: str) -> None:
    """Columns below a heading, advice below each row."""
    terminal = console.terminal("schema", "check", "--for", "openai", person)
    assert terminal.end() == 1
    assert "/properties/age" in terminal.screen.text()
    assert "require it, and let it be null" in terminal.screen.text()


def test_strict(console: Console, person: str) -> None:
    """The schema goes to standard output, what differs to standard error."""
    done = console.run("schema", "strict", "--for", "azure", person)
    assert done.code == 0
    made = json.loads(done.out)
    assert made["required"] == ["name", "age"]
    assert made["properties"]["age"] == {"type": ["integer", "null"], "description": "(at least 0)"}
    assert "/age: said in the description only: at least 0" in done.err
    assert console.run("schema", "strict", "--quiet", "--exact", "--for", "azure", person).err == ""


def test_strict_refused(console: Console) -> None:
    """Exit code 1 when no form of the schema is taken, with the limit that is passed."""
    wide = json.dumps({"type": "object", "properties": {f"p{at}": {"type": "null"} for at in range(101)}})
    done = console.run("schema", "strict", "--for", "azure", "-", stdin=wide.encode())
    assert (done.code, done.out) == (1, "")
    assert "at most 100 properties, here 101" in done.err


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("3", "a JSON Schema is an object"),
        (" " * (16 * 2**20 + 1), "larger than 16 MiB"),
    ],
)
def test_no_schema(console: Console, text: str, why: str) -> None:
    """What is no schema is a mistake of the command line: exit code 2."""
    done = console.run("schema", "check", "--for", "openai", "-", stdin=text.encode())
    assert done.code == 2
    assert why in done.err


def test_wrong_words(console: Console, tmp_path: Path) -> None:
    """An unknown provider lists those there are; a missing file is named."""
    done = console.run("schema", "check", "--for", "nobody", "x.json")
    assert done.code == 2
    assert "llamacpp" in done.err
    done = console.run("schema", "strict", "--for", "openai", str(tmp_path / "none.json"))
    assert (done.code, "No such file" in done.err) == (2, True)
    assert "OpenAI, strict structured outputs" in console.run("schema", "--help").out
