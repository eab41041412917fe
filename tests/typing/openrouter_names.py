"""What type checkers answer about OpenRouter's clients; see `public.py`."""

from __future__ import annotations

from typing import assert_type

from franca import AsyncOpenRouter, AsyncStream, Chat, Client, OpenRouter, Stream, accumulate_stream
from franca.openrouter.answers import AsyncOpenRouterChat, OpenRouterChat, OpenRouterCompletion
from franca.wire.openrouter.account import Credits
from franca.wire.openrouter.chat import RoutedEvent
from franca.wire.openrouter.generation import Generation


def blocking(client: OpenRouter) -> None:
    chat = client.chat("Hello", model="author/x", provider={"order": ["openai"], "sort": "price"}, top_k=3, cache=True)
    assert_type(chat, OpenRouterChat)
    assert_type(chat.provider, str | None)
    assert_type(chat.generation(), Generation)
    with client.chat_stream("Hello", models=["a/b", "c/d"], reasoning={"effort": "high"}) as stream:
        assert_type(stream, Stream[RoutedEvent, OpenRouterChat])
        for event in stream:
            assert_type(event, RoutedEvent)
        assert_type(stream.final, OpenRouterChat)
    assert_type(accumulate_stream(client.chat_stream("Hello")), Chat)
    assert_type(client.completions("Once", model="a/b"), OpenRouterCompletion)
    assert_type(client.credits(), Credits)
    assert_type(client.generation("gen-1", wait=2.0), Generation)
    for model in client.models(supported_parameters=["tools"]):
        assert_type(model.id, str | None)


async def waiting(client: AsyncOpenRouter) -> None:
    chat = await client.chat("Hello", model="author/x", provider={"zdr": True})
    assert_type(chat, AsyncOpenRouterChat)
    assert_type(await chat.generation(), Generation)
    assert_type(client.chat_stream("Hello"), AsyncStream[RoutedEvent, AsyncOpenRouterChat])
    assert_type(await client.credits(), Credits)
    async for model in client.models(q="llama"):
        assert_type(model.id, str | None)


def anywhere(client: Client) -> None:
    """Where a `Client` is asked for, an `OpenRouter` will do."""
    print(client.chat("Hello"))


def making() -> None:
    anywhere(OpenRouter("sk-or-v1-x", app_title="My app", models_lifetime=60.0, retries=0))
    OpenRouter(api_key="sk-or-v1-x", base_url="http://localhost/api/v1")
    OpenRouter(app_titel="My app")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    OpenRouter().chat("Hello", provider={"sort": "prize"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    OpenRouter().chat("Hello", modles=["a"])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
