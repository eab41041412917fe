"""The two sides of the table: what a row adapts, the simulator's dialect of that server takes, without any mending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import franca
from franca.servers import SERVERS, Server
from franca.simulator import Simulator

# Perplexity's models call no tools: no table helps there.
TOOLLESS = {"perplexity"}


def tool(name: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": name, "parameters": parameters, "strict": True}}


CALLS = [
    {
        "id": "abcdefghi",
        "type": "function",
        "function": {"name": "f", "arguments": "{}"},
        "extra_content": {"google": {"thought_signature": "s"}},
    }
]
TRAVELLED: list[Any] = [
    {"role": "developer", "content": "Be brief."},
    {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
    {"role": "user", "name": "bob", "content": [{"type": "text", "text": "Hi"}]},
    {
        "role": "assistant",
        "content": None,
        "reasoning_content": "Hm.",
        "reasoning": None,
        "refusal": None,
        "function_call": None,
        "tool_calls": CALLS,
    },
    {"role": "tool", "tool_call_id": "abcdefghi", "content": "1"},
    {"role": "assistant", "content": "One.", "reasoning": "Hm."},
    {"role": "user", "content": "And now?"},
]
"""A conversation that was held on several servers."""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as server:
        yield server


@pytest.fixture
def client(simulator: Simulator, row: Server) -> Iterator[franca.Client]:
    """A client of the row at its dialect, that mends nothing and tries once."""
    placed = row._replace(base_url=simulator.dialect(row.name), forms=(), fields=(), url_vars=())
    with franca.Client(placed, api_key="sk-example", model="echo", heal=False, retries=0) as made:
        try:
            named = [model.id for model in made.list_models()]
        except franca.BadUsage:  # Perplexity has no list
            named = ["echo"]
    model = next(name for name in named if name and "echo" in name)
    with franca.Client(placed, api_key="sk-example", model=model, heal=False, retries=0) as made:
        yield made


REQUESTS: dict[str, tuple[Any, dict[str, Any]]] = {
    "plain": ("Hi", {}),
    "fields": ("Hi", {"seed": 1, "user": "u", "temperature": 1.5, "max_completion_tokens": 50}),
    "named": ("Hi", {"tools": [tool("f"), tool("g")], "tool_choice": "g"}),
    "required": ("Hi", {"tools": [tool("f")], "tool_choice": "required"}),
    "travelled": (TRAVELLED, {"tools": [tool("f")]}),
    "budget": ("Hi", {"reasoning_budget": 2000}),
    "no thinking": ("Hi", {"reasoning_effort": "none"}),
    "much thinking": ("Hi", {"reasoning_effort": "high"}),
}


@pytest.mark.parametrize("row", SERVERS.values(), ids=lambda row: row.name)
def test_a_dialect_takes_what_its_row_adapts(client: franca.Client, row: Server) -> None:
    """Each request is answered, whole and as a stream."""
    for name, (messages, params) in REQUESTS.items():
        if row.name in TOOLLESS and "tools" in params:
            continue
        answer = client.chat(messages, **params)
        assert answer.choices, name
        with client.chat_stream(messages, **params) as stream:
            assert stream.finish().choices, name
