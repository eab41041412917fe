"""One client and many requests to a server that hangs up after every stream, every hundred requests and when idle.

Retries are off in all of these, so any connection that was found dead too late would come out as an error. That
nothing was sent twice behind the scenes is seen from the server's own count of tokens.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from franca import AsyncClient, Client

from .drivers import Awaiting, Blocking, Both
from .llama import KEY, MODEL, LlamaServer, ask_on

EXACTLY: dict[str, Any] = {"extra": {"ignore_eos": True}, "retries": 0}


def _mixed_requests(client: Blocking | Awaiting, count: int) -> int:
    """Plain chats and streams by turns, now and then a list of models; the tokens that the answers speak of."""
    tokens = 0
    for number in range(count):
        asked = {**EXACTLY, "max_tokens": 1 + number % 3}
        match number % 4:
            case 0 | 1:
                answer = client.chat("Say hello.", **asked)
            case 2:
                answer = client.stream("Say hello.", **asked).final
            case _:
                assert client.list_models(retries=0).ids == [MODEL]
                continue
        assert answer.usage.completion_tokens == asked["max_tokens"]
        assert answer.finish_reason == "length"
        tokens += answer.usage.completion_tokens
    return tokens


def test_three_hundred_requests_through_one_client(both: Both, words: LlamaServer) -> None:
    """300 mixed requests in a row: no error, no answer mixed up, and the server wrote no token more than was told."""
    words.wait_idle()
    for client in both.pair(words.base_url):
        before = words.tokens_written()
        told = _mixed_requests(client, 300)
        words.wait_idle()
        assert words.tokens_written() - before == told


def test_more_than_a_hundred_requests_on_one_connection(both: Both, words: LlamaServer) -> None:
    """The server ends a connection with its hundredth answer; 250 plain requests in a row do not notice."""
    for client in both.pair(words.base_url):
        for _ in range(250):
            assert client.get("/health", retries=0).status == 200


def test_connections_that_the_server_closed_while_idle(both: Both, words: LlamaServer) -> None:
    """After five idle seconds the server hangs up without a word; the next request of a client still succeeds."""
    clients = both.pair(words.base_url)
    for client in clients:
        client.chat("Say hello.", **EXACTLY, max_tokens=1)
    watch = words.connect()
    try:
        # A connection that became idle after theirs is closed after theirs.
        ask_on(watch, "GET", "/health")
        assert watch.sock is not None
        assert watch.sock.recv(1) == b""
    finally:
        watch.close()
    for client in clients:
        chat = client.chat("Say hello.", **EXACTLY, max_tokens=2)
        assert chat.usage.completion_tokens == 2


def test_thirty_two_calls_at_once(words: LlamaServer) -> None:
    """32 tasks, half of them streams, over two slots of the server: each gets its own answer."""

    async def one(client: AsyncClient, number: int) -> int:
        asked = {**EXACTLY, "max_tokens": 1 + number}
        if number % 2:
            answer = await client.chat("Say hello.", **asked)
        else:
            answer = await client.chat_stream("Say hello.", **asked).finish()
        return answer.usage.completion_tokens

    async def main() -> list[int]:
        async with AsyncClient(words.base_url, api_key=KEY, model=MODEL) as client:
            return await asyncio.gather(*(one(client, number) for number in range(32)))

    assert asyncio.run(main()) == [1 + number for number in range(32)]


def test_eight_threads_share_a_client(words: LlamaServer) -> None:
    """The same with threads and the blocking client."""

    def one(number: int) -> int:
        asked = {**EXACTLY, "max_tokens": 1 + number}
        answer = client.chat("x", **asked) if number % 2 else client.chat_stream("x", **asked).finish()
        return answer.usage.completion_tokens

    with Client(words.base_url, api_key=KEY, model=MODEL) as client, ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(32))) == [1 + number for number in range(32)]
