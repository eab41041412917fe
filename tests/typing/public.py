"""What type checkers answer about the public names. Never run: `make check` gives it to mypy and pyright.

`assert_type` says what a type must be; a line with an ignore comment must be an error, or the comment itself is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_type

import franca
from franca import (
    AsyncClient,
    AsyncStream,
    AsyncStructuredStream,
    AsyncToolStream,
    Chat,
    ChatEvent,
    Choice,
    Client,
    Completion,
    CompletionEvent,
    Conversation,
    Cost,
    Embeddings,
    Headers,
    Message,
    Model,
    ModelList,
    Response,
    Stream,
    Structured,
    StructuredStream,
    Tool,
    ToolCall,
    ToolFinished,
    ToolStarted,
    ToolStream,
    Usage,
    accumulate_stream,
)
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.io.httpx import AsyncHttpxTransport, HttpxTransport
from franca.simulator import Simulator
from franca.wire.http import AsyncTransport, Transport


def weather(city: str) -> str:
    """The weather in a city."""
    return city


class Person:
    """Any class will do."""


def structured(client: Client) -> None:
    found = client.structured("Who?", Person, mode="tool", attempts=2, budget=0.5, temperature=0.1, deadline=5.0)
    assert_type(found, Structured[Person])
    assert_type(found.value, Person)
    assert_type(found.chat, Chat)
    assert_type(found.usage, Usage | None)
    assert_type(found.cost, Cost | None)
    assert_type(client.structured("Who?", list[Person]).value, list[Person])
    assert_type(client.structured("Who?", {"type": "object"}).value, Any)
    client.structured("Who?", Person, attempt=2)  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
    with client.structured_stream("Who?", list[Person]) as stream:
        assert_type(stream, StructuredStream[Person, list[Person]])
        for person in stream:
            assert_type(person, Person)
        assert_type(stream.final, Structured[list[Person]])
        assert_type(stream.partial, Chat | None)
    assert_type(client.structured_stream("Who?", Person).finish().value, Person)
    assert_type(client.classify("text", ["a", "b"], several=True), Structured[Any])


async def async_structured(client: AsyncClient) -> None:
    assert_type((await client.structured("Who?", Person)).value, Person)
    async with client.structured_stream("Who?", list[Person]) as stream:
        assert_type(stream, AsyncStructuredStream[Person, list[Person]])
        async for person in stream:
            assert_type(person, Person)
    assert_type(await stream.finish(), Structured[list[Person]])


def tool_loops(client: Client, talk: Conversation) -> None:
    tool = Tool("t", None, {"type": "object"}, weather)
    assert_type(client.run_tools(talk, [weather, tool], max_turns=3, before_call=None, timeout=5.0), Chat)
    client.run_tools("Hello", [weather], max_turn=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.run_tools("Hello", [weather], n=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with client.run_tools_stream("Hello", [weather]) as stream:
        assert_type(stream, ToolStream)
        for event in stream:
            assert_type(event, ChatEvent | ToolStarted | ToolFinished)
            if isinstance(event, ToolFinished):
                assert_type(event.call, ToolCall)
        assert_type(stream.final, Chat)
        assert_type(stream.partial, Chat | None)
    assert_type(talk.add("x", stream.final).window(), list[Message])
    assert_type(Conversation.load("talk.json"), Conversation)


async def async_tool_loops(client: AsyncClient) -> None:
    assert_type(await client.run_tools("Hello", [weather]), Chat)
    async with client.run_tools_stream("Hello", [weather]) as stream:
        assert_type(stream, AsyncToolStream)
        async for event in stream:
            assert_type(event, ChatEvent | ToolStarted | ToolFinished)
    assert_type(await stream.finish(), Chat)


def blocking(client: Client) -> None:
    chat = client.chat("Hello", model="m", temperature=0.5, tools=[weather], extra={"top_k": 3}, timeout=5.0)
    assert_type(chat, Chat)
    assert_type(chat.content, str | None)
    assert_type(chat.message, Message)
    assert_type(chat.choices, list[Choice])
    assert_type(chat.tool_calls, list[ToolCall])
    assert_type(chat.finish_reason, str | None)
    assert_type(chat.reasoning, str | None)
    assert_type(chat.cost, Cost | None)
    if chat.cost is not None:
        assert_type(chat.cost.exact, bool)
        assert_type(chat.cost + 1.0, float)
    assert_type(chat.usage, Usage | None)
    assert_type(chat.headers, Headers)
    assert_type(chat.request_id, str | None)
    assert_type(chat.to_dict(), dict[str, Any])
    assert_type(chat.history, tuple[Message, ...])
    assert_type(chat.turns, tuple[Chat, ...])
    assert_type(chat.total_usage, Usage | None)
    for call in chat.tool_calls:
        assert_type(call.id, str | None)
        assert_type(call.name, str | None)
        assert_type(call.arguments, str)
        assert_type(call.arguments_map(), dict[str, Any])
    if chat.usage:
        assert_type(chat.usage.total_tokens, int | None)

    stream = client.chat_stream("Hello")
    assert_type(stream, Stream[ChatEvent, Chat])
    with stream as opened:
        assert_type(opened, Stream[ChatEvent, Chat])
        for event in opened:
            assert_type(event, ChatEvent)
            assert_type(event.content, str | None)
        assert_type(opened.final, Chat)
        assert_type(opened.partial, Chat)
    assert_type(accumulate_stream(client.chat_stream("Hello"), on_event=print), Chat)

    assert_type(client.completions("Once", max_tokens=5), Completion)
    assert_type(client.completions_stream("Once"), Stream[CompletionEvent, Completion])
    assert_type(client.embeddings(["a", "b"], model="e"), Embeddings)
    assert_type(client.embeddings("a").vectors, Sequence[Sequence[float]])
    models = client.list_models()
    assert_type(models, ModelList)
    assert_type(models[0], Model)
    assert_type([one.id for one in models], list[str | None])
    assert_type(client.get("props"), Response)
    assert_type(client.post("tokenize", {"content": "x"}).json(), Any)
    with client as same:
        assert_type(same, Client)


async def asynchronous(client: AsyncClient) -> None:
    assert_type(await client.chat("Hello", model="m"), Chat)
    stream = client.chat_stream("Hello")
    assert_type(stream, AsyncStream[ChatEvent, Chat])
    async with stream as opened:
        async for event in opened:
            assert_type(event, ChatEvent)
        assert_type(opened.final, Chat)
    assert_type(await client.chat_stream("Hello"), AsyncStream[ChatEvent, Chat])
    assert_type(await accumulate_stream(client.chat_stream("Hello")), Chat)
    assert_type(await client.completions("Once"), Completion)
    assert_type(await client.embeddings("a"), Embeddings)
    assert_type(await client.list_models(), ModelList)
    assert_type(await client.get("props"), Response)
    async with client as same:
        assert_type(same, AsyncClient)


def messages(client: Client, call: ToolCall) -> None:
    conversation = [
        franca.system_message("Be brief."),
        franca.developer_message("Be kind."),
        franca.user_message("Look:", franca.image_part("cat.png"), franca.text_part("a cat")),
        franca.assistant_message("I see."),
        franca.tool_message(call, {"weather": "fine"}),
    ]
    assert_type(conversation, list[Message])
    client.chat(conversation)
    client.chat([{"role": "user", "content": "Hello"}])
    client.chat(
        conversation[0], tools=[franca.function_tool(weather)], tool_choice=franca.tool_choice_function(weather)
    )


def options() -> None:
    Client()
    Client("groq", api_key="k", retries=0, timeout=3.0, deadline=None, headers={"X-Team": "a"}, verify=False)
    Client("http://localhost:11434/v1", model="llama3.2", transport=FakeTransport([]))
    AsyncClient("http://localhost:11434/v1", api_key=lambda: "k", transport=AsyncFakeTransport([]))
    blocking: list[Transport] = [FakeTransport([]), HttpxTransport(object())]
    asynchronous: list[AsyncTransport] = [AsyncFakeTransport([]), AsyncHttpxTransport(object())]
    print(blocking, asynchronous)
    with Simulator() as simulator:
        assert_type(simulator.url, str)


def errors(client: Client) -> None:
    try:
        client.chat("Hello")
    except franca.RateLimited as error:
        assert_type(error.retry_after, float | None)
        assert_type(error.status, int | None)
    except franca.TimedOut as error:
        assert_type(error.phase, str)
    except franca.FrancaError as error:
        assert_type(error.message, str)
        assert_type(error.retryable, bool)


def mistakes(client: Client, chat: Chat) -> None:
    client.chat("Hello", temprature=0.5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.chat("Hello", temperature="hot")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.chat()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    Client(time_out=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    chat.contents  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018
    chat.content.upper()  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
