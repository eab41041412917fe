"""The cache in a real Redis: shared, mortal, and never in the way."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from franca.gateway.answer import EVENT_STREAM
from franca.gateway.cache.base import Kept
from franca.gateway.cache.redis import _MOST_WAITING, RedisCache
from franca.gateway.config.shape import CacheTable

SERVER = shutil.which("redis-server") or shutil.which("valkey-server")
pytestmark = pytest.mark.skipif(SERVER is None, reason="no redis-server or valkey-server is installed here")


class Redis:
    """A real server on a port of its own, with a password."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as spare:
            spare.bind(("127.0.0.1", 0))
            self.port = spare.getsockname()[1]
        self.url = f"redis://:sesame@127.0.0.1:{self.port}/0"
        self._folder = folder
        self.start()

    def start(self) -> None:
        assert SERVER is not None
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--requirepass", "sesame"]
        self._process = subprocess.Popen(
            [SERVER, *options, "--dir", str(self._folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < until, "redis-server did not start"
                assert self._process.poll() is None, "redis-server ended"
                time.sleep(0.02)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    server = Redis(tmp_path_factory.mktemp("redis"))
    try:
        yield server
    finally:
        server.stop()


def kept(text: str = "data: [DONE]\n\n", at: float | None = None) -> Kept:
    return Kept(time.time() if at is None else at, EVENT_STREAM, text.encode(), "s", "m", ((b"x-a", b"b"),))


def table(redis: Redis, **options: Any) -> CacheTable:
    return CacheTable(enabled=True, url=redis.url, **options)


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    end = asyncio.get_running_loop().time() + 10
    while True:
        found = await condition()
        if found:
            return found
        assert asyncio.get_running_loop().time() < end, "it never came true"
        await asyncio.sleep(0.02)


def test_what_one_replica_keeps_another_finds(redis: Redis) -> None:
    """The very same answer, by its key alone, and no older than is wanted."""

    async def go() -> None:
        one, other = RedisCache(table(redis)), RedisCache(table(redis))
        answer = kept(at=time.time() - 50)
        one.put(b"shared", answer)
        assert await one.get(b"shared") == answer, "also before it is written"
        assert await until(lambda: other.get(b"shared")) == answer
        assert await other.get(b"shared", 40) is None
        assert await other.get(b"shared", 60) == answer
        assert await other.get(b"other") is None
        await one.close()
        await other.close()
        assert (one.dropped, one.failures, other.failures) == (0, 0, 0)

    asyncio.run(go())


def test_close_writes_what_waits(redis: Redis) -> None:
    """Nothing that was put is lost when the gateway ends in order."""

    async def go() -> None:
        one, other = RedisCache(table(redis)), RedisCache(table(redis))
        for number in range(50):
            one.put(b"n%d" % number, kept())
        await one.close()
        assert all([await other.get(b"n%d" % number) for number in range(50)])
        await other.close()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(go())


def test_an_answer_dies(redis: Redis) -> None:
    """Redis itself lets it go after its lifetime, counted from when it was made; an old one is not written at all."""

    async def go() -> None:
        cache = RedisCache(table(redis, seconds=100))
        cache.put(b"old", kept(at=time.time() - 100))
        cache.put(b"young", kept(at=time.time() - 40))
        await until(lambda: cache._client.exists(b"franca:answer:1:young"))
        assert 50_000 < await cache._client.pttl(b"franca:answer:1:young") <= 60_000
        assert not await cache._client.exists(b"franca:answer:1:old")
        assert await cache.get(b"old") is None
        await cache.close()

    asyncio.run(go())


def test_what_somebody_else_wrote_is_nothing(redis: Redis) -> None:
    """Bytes that are no answer are a miss."""

    async def go() -> None:
        cache = RedisCache(table(redis))
        await cache._client.set(b"franca:answer:1:odd", b"\xc1 no such thing")
        assert await cache.get(b"odd") is None
        assert cache.failures == 0
        await cache.close()

    asyncio.run(go())


def test_a_dead_redis_is_not_in_the_way(tmp_path: Path) -> None:
    """Nothing is found, nothing raised, and it is asked only now and then; when it is back, it serves again."""
    redis = Redis(tmp_path)

    async def go() -> None:
        cache = RedisCache(table(redis))
        cache.put(b"a", kept())
        await until(lambda: asyncio.sleep(0, not cache._waiting))
        redis.stop()
        assert [await cache.get(b"b") for _ in range(20)] == [None] * 20
        assert cache.failures == 1
        cache.put(b"b", kept())
        assert (cache.dropped, cache._bytes) == (1, 0)
        redis.start()
        await until(lambda: put_and_get(cache))
        await cache.close()
        assert len(asyncio.all_tasks()) == 1

    async def put_and_get(cache: RedisCache) -> Any:
        cache._rests_until = 0.0
        cache.put(b"c", kept())
        await until(lambda: asyncio.sleep(0, not cache._waiting))
        return await cache.get(b"c")

    try:
        asyncio.run(go())
    finally:
        redis.stop()


def test_a_redis_that_says_nothing_holds_up_nothing() -> None:
    """A server that takes the connection and is silent is given up after half a second; what waits is bounded."""

    async def go() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.read()
            finally:
                writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        cache = RedisCache(CacheTable(enabled=True, url=f"redis://127.0.0.1:{port}", max_bytes=10**9))
        for number in range(_MOST_WAITING + 5):
            cache.put(b"n%d" % number, kept())
        assert cache.dropped == 5
        assert await cache.get(b"x") is None
        await until(lambda: asyncio.sleep(0, not cache._waiting))
        assert cache.dropped == _MOST_WAITING + 5
        assert cache._bytes == 0
        await cache.close()
        server.close()
        await server.wait_closed()

    asyncio.run(go())


def test_it_is_bounded_by_bytes_too(redis: Redis) -> None:
    """Large answers that wait are dropped, and counted."""

    async def go() -> None:
        cache = RedisCache(table(redis, max_bytes=3000))
        for number in range(5):
            cache.put(b"big%d" % number, kept("x" * 1000))
        assert cache.dropped == 3
        await cache.close()
        assert cache._bytes == 0

    asyncio.run(go())


def test_no_password_is_shown(redis: Redis) -> None:
    """Not in its text."""
    assert "sesame" not in repr(RedisCache(table(redis)))
