"""When a schema is seen to by the ladder, and when the request is only passed on."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from gw_structured import PERSON, response_format, session_for

from franca.configure import make_session
from franca.gateway.config.shape import ServerTable, StructuredTable
from franca.gateway.structured import needs_ladder

AUTO = ServerTable()
ON = StructuredTable()
STRICT = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


def needs(
    model: str = "m",
    wanted: Any = None,
    *,
    server: str = "http://127.0.0.1:9/v1",
    table: StructuredTable = ON,
    own: ServerTable = AUTO,
    name: str = "",
) -> bool:
    wanted = response_format(STRICT, strict=True) if wanted is None else wanted
    given = wanted if isinstance(wanted, bytes) else msgspec.json.encode(wanted)
    return needs_ladder(session_for(server), model, msgspec.Raw(given), table, own, name)


def test_a_schema_at_an_unknown_server_needs_it() -> None:
    """Nobody knows what it keeps to."""
    assert needs()
    assert needs(server="openrouter", model="openai/gpt-5")
    assert needs(server="groq", model="llama-3.3-70b")


@pytest.mark.parametrize(
    "wanted",
    [{"type": "json_object"}, {"type": "text"}, {}, {"type": None}, b"null", b"[]", b'"json_schema"', b'{"type"', b"1"],
)
def test_anything_else_does_not(wanted: Any) -> None:
    """Other formats, and what is no format at all, are the server's affair; so is no format."""
    assert not needs(wanted=wanted)
    assert not needs_ladder(session_for("openai"), "m", None, ON, AUTO)


def test_the_configuration_goes_first() -> None:
    """Off as a whole, off or native for the server, native for the model by either of its names."""
    assert not needs(table=StructuredTable(enabled=False))
    assert not needs(own=ServerTable(structured="off"))
    assert not needs(own=ServerTable(structured="off"))
    assert not needs(table=StructuredTable(native=("other", "m*")), model="my-model")
    assert not needs(table=StructuredTable(native=("sim/m*",)), model="my-model", name="sim/my-model")
    assert needs(table=StructuredTable(native=("sim/m*",)), model="my-model", name="vllm/my-model")


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-4.1", "gpt-5-mini", "o3"])
def test_openais_own_models_keep_to_a_strict_schema(model: str) -> None:
    """As long as it is strict, one that they take, and nothing to the contrary was seen."""
    assert not needs(model, server="openai")
    assert needs(model, response_format(STRICT), server="openai")
    assert needs(model, response_format(STRICT, strict=False), server="openai")
    assert needs(model, response_format({**STRICT, "required": []}, strict=True), server="openai")
    assert needs(model, response_format(PERSON | {"minProperties": 1}, strict=True), server="openai")
    assert needs(model, response_format({"type": "array", "items": STRICT}, strict=True), server="openai")
    assert needs(model, response_format("none", strict=True), server="openai")
    assert needs(model, b'{"type":"json_schema","json_schema":[]}', server="openai")


@pytest.mark.parametrize("model", ["gpt-3.5-turbo", "gpt-4-turbo", "gpt-4o-2024-05-13", "o1-mini"])
def test_older_ones_do_not(model: str) -> None:
    """They know no json_schema."""
    assert needs(model, server="openai")


def test_what_was_seen_counts_more() -> None:
    """A refusal of the mode is remembered, and from then on the ladder is asked."""
    session = make_session("openai", {"api_key": "k"}, "0")
    wanted = msgspec.Raw(msgspec.json.encode(response_format(STRICT, strict=True)))
    assert not needs_ladder(session, "gpt-5", wanted, ON, AUTO)
    session.note_mode("gpt-5", "strict", "refused")
    assert needs_ladder(session, "gpt-5", wanted, ON, AUTO)
    assert not needs_ladder(session, "gpt-5-mini", wanted, ON, AUTO)
