"""Leaving early stops the server: it has one slot here, and the answer would keep that busy for half a minute.

What frees the slot is only that the connection closes. Each test waits for the slot to be busy, leaves in one of the
ways there are, and waits (with a bound far below the length of the answer) for the slot to be free again. Of plain
requests llama.cpp does not notice that their client has gone; there a relay in front of it tells.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from franca import AsyncClient, Client
from franca.errors import TimedOut

from .llama import KEY, MODEL, WAIT_LIMIT, LlamaServer
from .relay import Relay

ENDLESS: dict[str, Any] = {"max_tokens": 30_000, "extra": {"ignore_eos": True}, "retries": 0}


class Leave(Exception):
    """The caller's own trouble, in the middle of a stream."""


@contextmanager
def blocking(server: LlamaServer) -> Iterator[Client]:
    """A client, and the proof afterwards that the server is free and the client still works."""
    with Client(server.base_url, api_key=KEY, model=MODEL) as client:
        yield client
        server.wait_idle()
        assert client.chat("Say hello.", max_tokens=1, retries=0).usage.completion_tokens == 1


@asynccontextmanager
async def awaiting(server: LlamaServer) -> AsyncIterator[AsyncClient]:
    """As `blocking`, for asyncio. The waiting is done in a thread, so that the event loop stays free to act."""
    async with AsyncClient(server.base_url, api_key=KEY, model=MODEL) as client:
        yield client
        await asyncio.to_thread(server.wait_idle)
        chat = await client.chat("Say hello.", max_tokens=1, retries=0)
        assert chat.usage.completion_tokens == 1


def _by_with(client: Client, busy: Callable[[], None]) -> None:
    with client.chat_stream("Say hello.", **ENDLESS) as stream:
        next(stream)
        busy()


def _by_break(client: Client, busy: Callable[[], None]) -> None:
    for _ in client.chat_stream("Say hello.", **ENDLESS):
        busy()
        break


def _by_exception(client: Client, busy: Callable[[], None]) -> None:
    def read() -> None:
        for _ in client.chat_stream("Say hello.", **ENDLESS):
            busy()
            raise Leave

    with pytest.raises(Leave):
        read()


def _by_close(client: Client, busy: Callable[[], None]) -> None:
    stream = client.chat_stream("Say hello.", **ENDLESS)
    next(stream)
    busy()
    stream.close()


def _by_garbage(client: Client, busy: Callable[[], None]) -> None:
    stream = client.chat_stream("Say hello.", **ENDLESS)
    next(stream)
    busy()
    del stream
    gc.collect()


@pytest.mark.parametrize("leave", [_by_with, _by_break, _by_exception, _by_close, _by_garbage])
def test_leaving_a_stream(long: LlamaServer, leave: Callable[[Client, Callable[[], None]], None]) -> None:
    """However a stream is left, the server stops."""
    with blocking(long) as client:
        leave(client, long.wait_busy)


def test_a_time_limit(throwaway: LlamaServer) -> None:
    """A plain call that runs out of time closes its connection, before anything was answered."""
    with Relay(throwaway.url) as relay, Client(relay.base_url, api_key=KEY, model=MODEL) as client:
        with pytest.raises(TimedOut) as caught:
            client.chat("Say hello.", **ENDLESS, timeout=0.3)
        assert relay.client_left.wait(WAIT_LIMIT)
        assert relay.answered == 0
    assert caught.value.phase == "answer"


def test_a_deadline_of_a_stream(long: LlamaServer) -> None:
    """A stream that passes its deadline is an error with what had come, and the server stops."""
    with blocking(long) as client, pytest.raises(TimedOut) as caught:
        client.chat_stream("Say hello.", **ENDLESS, deadline=0.5).finish()
    assert caught.value.phase == "deadline"
    assert caught.value.partial.content
    assert caught.value.partial.finish_reason is None


@pytest.mark.parametrize("way", ["with", "break", "close"])
def test_leaving_an_async_stream(long: LlamaServer, way: str) -> None:
    """As above, with asyncio."""

    async def main() -> None:
        async with awaiting(long) as client:
            if way == "with":
                async with client.chat_stream("Say hello.", **ENDLESS) as stream:
                    await anext(stream)
                    await asyncio.to_thread(long.wait_busy)
            elif way == "break":
                async for _ in client.chat_stream("Say hello.", **ENDLESS):
                    await asyncio.to_thread(long.wait_busy)
                    break
            else:
                stream = await client.chat_stream("Say hello.", **ENDLESS)
                await anext(stream)
                await asyncio.to_thread(long.wait_busy)
                stream.close()

    asyncio.run(main())


def test_cancelling_a_task_that_reads_a_stream(long: LlamaServer) -> None:
    """A task that is cancelled in mid-stream stops the server."""

    async def main() -> None:
        async with awaiting(long) as client:
            task = asyncio.create_task(client.chat_stream("Say hello.", **ENDLESS).finish())
            await asyncio.to_thread(long.wait_busy)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())


def test_cancelling_a_task_that_waits_for_an_answer(throwaway: LlamaServer) -> None:
    """A task that is cancelled while it waits closes its connection at once, before anything was answered."""

    async def main(relay: Relay) -> None:
        async with AsyncClient(relay.base_url, api_key=KEY, model=MODEL) as client:
            task = asyncio.create_task(client.chat("Say hello.", **ENDLESS))
            await asyncio.to_thread(throwaway.wait_busy)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            # Still inside: it is not the closing of the client that closes the connection.
            assert await asyncio.to_thread(relay.client_left.wait, WAIT_LIMIT)

    with Relay(throwaway.url) as relay:
        asyncio.run(main(relay))
        assert relay.answered == 0


def test_a_time_limit_around_a_stream(long: LlamaServer) -> None:
    """asyncio.timeout around a stream stops the server, as does the client's own deadline."""

    async def main() -> None:
        async with awaiting(long) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await client.chat_stream("Say hello.", **ENDLESS).finish()
            await asyncio.to_thread(long.wait_idle)
            with pytest.raises(TimedOut) as caught:
                await client.chat_stream("Say hello.", **ENDLESS, deadline=0.3).finish()
            assert caught.value.phase == "deadline"

    asyncio.run(main())
