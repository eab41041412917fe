"""docs/parity.md names every exported name and wire field of the Go client, with a place here and a test that exist."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import franca

ROOT = Path(__file__).resolve().parents[2]
SYMBOLS = (Path(__file__).parent / "go_symbols.txt").read_text()


def exported() -> set[str]:
    """The Go names: `Name`, or `Type.Method` for a method."""
    names = set()
    for line in SYMBOLS.splitlines():
        method = re.match(r"func \(\w+ \*?(\w+)\) (\w+)", line)
        plain = re.match(r"(?:const|func|type|var) (\w+)", line)
        if method:
            names.add(f"{method[1]}.{method[2]}")
        elif plain:
            names.add(plain[1])
    return names


def wire_fields() -> dict[str, list[str]]:
    found = re.findall(r"^(\w+): (.+)$", SYMBOLS.partition("# wire fields")[2], re.MULTILINE)
    return {name: fields.split() for name, fields in found}


def table(heading: str) -> list[list[str]]:
    text = (ROOT / "docs" / "parity.md").read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


def resolve(dotted: str) -> object:
    """The object of a dotted name that begins with `franca`."""
    value: object = franca
    path = "franca"
    for step in dotted.split(".")[1:]:
        path += f".{step}"
        try:
            value = getattr(value, step)
        except AttributeError:
            value = importlib.import_module(path)
    return value


ROWS = [(row[0], row[1], row[-1]) for row in table("Names")] + [
    (r[0], r[2], r[-1]) for r in table("Fields on the wire")
]


def test_every_name_and_field_has_a_row():
    assert {row[0] for row in table("Names")} == exported()
    assert {row[0]: row[1].split() for row in table("Fields on the wire")} == wire_fields()
    assert len(exported()) > 80


@pytest.mark.parametrize(("go", "here", "test"), ROWS, ids=[f"{row[0]}-{n}" for n, row in enumerate(ROWS)])
def test_its_place_and_its_test_exist(go, here, test):
    for dotted in re.findall(r"`(franca[\w.]*)`", here):
        resolve(dotted)
    file, _, name = test.partition("::")
    path = ROOT / "tests" / file
    assert path.exists(), path
    if name:
        assert f"def {name}(" in path.read_text(), test


@pytest.mark.parametrize(
    ("go", "cls"),
    [
        ("ChatResponse", franca.Chat),
        ("Choice", franca.Choice),
        ("Message", franca.Message),
        ("Usage", franca.Usage),
        ("Model", franca.Model),
        ("StreamEvent", franca.ChatEvent),
        ("EmbeddingResponse", franca.Embeddings),
    ],
)
def test_every_wire_field_has_a_property(go, cls):
    assert [field for field in wire_fields()[go] if not hasattr(cls, field)] == []


def test_every_request_field_has_a_parameter():
    from franca.wire.params import ChatParams, EmbeddingParams

    assert set(wire_fields()["ChatRequest"]) - {"model", "messages", "stream"} <= set(ChatParams.__annotations__)
    assert set(wire_fields()["EmbeddingRequest"]) - {"model", "input"} <= set(EmbeddingParams.__annotations__)
