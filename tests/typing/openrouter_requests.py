"""What type checkers answer about requests to OpenRouter; see public.py. Never run."""

from __future__ import annotations

from typing import assert_type

import franca
from franca.openrouter.answers import OpenRouterChat
from franca.wire.openrouter.params import Plugin, ProviderPreferences, StopCondition, WebSearchTool


def chats(client: franca.OpenRouter) -> None:
    """Every field has its type, down to the words."""
    search: WebSearchTool = {"type": "openrouter:web_search", "parameters": {"max_results": 3, "engine": "exa"}}
    stop: StopCondition = {"type": "step_count_is", "step_count": 3}
    provider: ProviderPreferences = {
        "order": ["anthropic"],
        "sort": {"by": "price", "partition": "none"},
        "max_price": {"prompt": 1, "completion": "2"},
        "preferred_max_latency": {"p90": 2.5},
        "quantizations": ["fp8"],
    }
    plugins: list[Plugin] = [
        {"id": "web", "max_results": 3},
        {"id": "file-parser", "pdf": {"engine": "mistral-ocr"}},
        {"id": "moderation"},
        {"id": "alignment", "rules": [{"rule": "Be kind.", "watch": ["content"]}]},
    ]
    chat = client.chat(
        "Hi",
        models=["a/b"],
        provider=provider,
        plugins=plugins,
        reasoning={"effort": "xhigh", "exclude": True},
        tools=[search],
        stop_server_tools_when=[stop],
        trace={"trace_id": "t", "mine": 1},
        provider_sort="price",
        top_k=3,
    )
    assert_type(chat, OpenRouterChat)


def mistakes(client: franca.OpenRouter) -> None:
    """Each line is one for both checkers."""
    client.chat("Hi", provider={"sort": "cheap"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.chat("Hi", provider={"sorted": "price"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.chat("Hi", models="a/b", top_k="3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.chat("Hi", plugins=[{"id": "wob"}])  # type: ignore[misc, list-item]  # pyright: ignore[reportArgumentType]
    client.chat("Hi", plugins=[{"id": "web", "max_result": 3}])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    client.chat("Hi", reasoning={"effort": "extreme"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.chat("Hi", cache_control={"ttl": "5m"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.embeddings("Hi", top_k=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    stop: StopCondition = {"type": "max_cost", "step_count": 3}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    client.chat("Hi", stop_server_tools_when=[stop])


class Person:
    """Any class will do."""


def structured(client: franca.OpenRouter) -> None:
    """With OpenRouter's fields and options, and those of structured output."""
    found = client.structured("Who?", Person, model="a/b", provider={"order": ["x"]}, cache=True, mode="tool")
    assert_type(found, franca.Structured[Person])
    assert_type(client.structured_stream("Who?", list[Person], models=["a/b"]).finish().value, list[Person])
    client.classify("text", {"a": "first", "b": "second"}, several=True, route="fallback", attempts=2)
    client.structured("Who?", Person, atempts=2)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]


async def async_structured(client: franca.AsyncOpenRouter) -> None:
    """The same, awaited."""
    assert_type((await client.structured("Who?", Person, provider={"order": ["x"]})).value, Person)
    async with client.structured_stream("Who?", list[Person]) as stream:
        assert_type(stream, franca.AsyncStructuredStream[Person, list[Person]])
