"""docs/openrouter.md names all that the Go OpenRouter package exported, with a place here and a test that exist.

What later work brings is named as planned; as soon as that work is there, the rows must lead to it.
"""

from __future__ import annotations

import re

import pytest
from parity import ROOT, Symbols, missing, places, table

import franca
from franca.wire.chunk import Delta
from franca.wire.openrouter.generation import Generation
from franca.wire.openrouter.params import OpenRouterChatParams, ProviderPreferences
from franca.wire.openrouter.trouble import Moderation, ProviderFailure

GO = Symbols("go_openrouter_symbols.txt")
NAMES = table("openrouter.md", "### Names")
FIELDS = table("openrouter.md", "### Fields on the wire")
ROUTER = table("parity.md", "## The OpenRouter router")
ROWS = [(row[0], row[1], row[-1]) for row in NAMES] + [(row[0], row[2], row[-1]) for row in FIELDS]
IDS = [f"{row[0]}-{n}" for n, row in enumerate(ROWS)]
# What a row may wait for, and the file or folder with which it comes.
PLANNED = {
    "chat page": "web",
}


def planned(here: str) -> str:
    """What a row waits for; "" when it does not."""
    return here.removeprefix("planned: ") if here.startswith("planned: ") else ""


def test_every_name_and_field_has_a_row():
    assert [row[0] for row in NAMES] == sorted({row[0] for row in NAMES}, key=[row[0] for row in NAMES].index)
    assert {row[0] for row in NAMES} == GO.exported()
    assert {row[0]: row[1].split() for row in FIELDS} == GO.wire_fields()
    assert len(GO.exported()) > 70


@pytest.mark.parametrize(("go", "here", "test"), ROWS, ids=IDS)
def test_its_place_and_its_test_exist(go, here, test):
    if waits_for := planned(here):
        assert not (ROOT / PLANNED[waits_for]).exists(), f"{waits_for} is there: say where {go} is now"
        assert test == ""
        return
    assert places(here) or not re.search(r"`franca", here)
    assert missing(here, test) == ""


def test_only_what_is_no_part_of_this_client_is_planned():
    """Requests, answers, errors, statistics, capability and structured output are all there."""
    waiting = {row[0] for row in NAMES if planned(row[1])}
    assert waiting == set()


@pytest.mark.parametrize(("go", "here", "_", "test"), ROUTER, ids=[row[0] for row in ROUTER])
def test_the_router_and_its_routes_are_there(go, here, _, test):
    """docs/parity.md: each name of the old router, and each of its three routes."""
    assert {row[0] for row in ROUTER if " " not in row[0]} == {
        "CreateOpenRouterRouter",
        "OpenRouterRouter",
        "ServeChatUI",
    }
    assert {row[0] for row in ROUTER if " " in row[0]} == {"POST /chat", "GET /generation-stats", "GET /"}
    assert missing(here, test) == ""
    route = go.partition(" ")[2]
    assert not route or f"`{route}`" in here


@pytest.mark.parametrize(
    ("go", "cls"),
    [
        ("GenerationStats", Generation),
        ("ModerationErrorMetadata", Moderation),
        ("ProviderErrorMetadata", ProviderFailure),
        ("ResponseMessage", franca.Message),
        ("ResponseUsage", franca.Usage),
        ("StreamingChatDelta", Delta),
        ("ToolCallDelta", franca.ToolCall),
        ("FunctionDelta", franca.ToolCall),
        ("Message", franca.Message),
    ],
)
def test_every_wire_field_has_a_property(go, cls):
    assert [field for field in GO.wire_fields()[go] if not hasattr(cls, field)] == []


def test_every_request_field_has_a_parameter():
    """The flat `provider_...` keys too: they are moved into `provider`."""
    fields = GO.wire_fields()
    of_tools = {"type", "description", "name", "parameters", "function"}
    flat = {field for field in fields["Parameters"] if field.startswith("provider_")}
    named = {*fields["Parameters"], *fields["OpenRouterParameters"]} - of_tools - flat - {"stream"}
    assert named <= set(OpenRouterChatParams.__annotations__)
    inside = set(ProviderPreferences.__annotations__)
    assert {field.removeprefix("provider_") for field in flat} <= inside


def test_the_old_codes_lead_to_the_classes_of_the_table():
    """`ErrorCodeToError`: the eight numbers of old, each with the class that its row names."""
    from franca.openrouter.errors import ERROR_CLASSES

    rows = {row[0]: places(row[1])[0].rpartition(".")[2] for row in NAMES if row[0].startswith("Err")}
    codes = dict(re.findall(r"^var (Err\w+) \((\d+)\)$", GO.text, re.MULTILINE))
    assert len(codes) == 8
    assert {int(code): rows[name] for name, code in codes.items()} == {
        code: kind.__name__ for code, kind in list(ERROR_CLASSES.items())[:8]
    }
