"""docs/parity.md names every exported name and wire field of the Go client, with a place here and a test that exist."""

from __future__ import annotations

import pytest
from parity import Symbols, missing, table

import franca

GO = Symbols("go_symbols.txt")
NAMES = table("parity.md", "## Names")
FIELDS = table("parity.md", "## Fields on the wire")
ROWS = [(row[0], row[1], row[-1]) for row in NAMES] + [(row[0], row[2], row[-1]) for row in FIELDS]


def test_every_name_and_field_has_a_row():
    assert {row[0] for row in NAMES} == GO.exported()
    assert {row[0]: row[1].split() for row in FIELDS} == GO.wire_fields()
    assert len(GO.exported()) > 80


@pytest.mark.parametrize(("go", "here", "test"), ROWS, ids=[f"{row[0]}-{n}" for n, row in enumerate(ROWS)])
def test_its_place_and_its_test_exist(go, here, test):
    assert missing(here, test) == ""


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
    assert [field for field in GO.wire_fields()[go] if not hasattr(cls, field)] == []


def test_every_request_field_has_a_parameter():
    from franca.wire.params import ChatParams, EmbeddingParams

    fields = GO.wire_fields()
    assert set(fields["ChatRequest"]) - {"model", "messages", "stream"} <= set(ChatParams.__annotations__)
    assert set(fields["EmbeddingRequest"]) - {"model", "input"} <= set(EmbeddingParams.__annotations__)


@pytest.mark.parametrize(
    ("here", "test", "said"),
    [
        (
            "`franca.Chat` and `franca.wire.chat.Chat`",
            "project/test_parity.py::test_every_name_and_field_has_a_row",
            "",
        ),
        ("`franca.Chatt`", "project/test_parity.py", "franca.Chatt: "),
        ("`franca.Chat.contents`", "project/test_parity.py", "franca.Chat.contents: "),
        ("`franca.Chat`", "project/test_nothing.py", "no tests/project/test_nothing.py"),
        ("`franca.Chat`", "project/test_parity.py::test_nothing", "no test_nothing in"),
        ("`franca.Chat`", "", "no tests/"),
    ],
)
def test_what_is_not_there_is_found(here, test, said):
    found = missing(here, test)
    assert found.startswith(said)
    assert bool(found) is bool(said)
