"""Answers in Redis or Valkey, for several processes and machines. It may be away at any time: then nothing is found and
nothing kept, and requests go on without delay."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from time import monotonic, time
from typing import TYPE_CHECKING, Any

import msgspec

from ...errors import BadUsage
from .base import Kept

if TYPE_CHECKING:
    from ..config.shape import CacheTable

__all__ = ["RedisCache"]

_PREFIX = b"franca:answer:1:"
_PATIENCE = 0.5
"""Seconds for one question: an answer of a model takes longer, but a cache must not make all of them slow."""
_REST = 2.0
"""Seconds without a question after one that failed."""
_MOST_CONNECTIONS = 16
_MOST_WAITING = 256
"""Answers that wait to be written; further ones are dropped and counted."""
_DRAIN = 2.0
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(Kept).decode


class RedisCache:
    """Keeps each answer for `table.seconds`, under its key; how much room there is, is Redis' own affair.

    dropped  answers that were not kept, because it was away or too slow
    failures questions that it did not answer
    """

    def __init__(self, table: CacheTable) -> None:
        self._seconds = table.seconds
        self._client = _client(table.url)
        self._waiting: dict[bytes, Kept] = {}
        self._bytes = 0
        self._most = table.max_bytes
        self._writing: asyncio.Task[None] | None = None
        self._rests_until = 0.0
        self.dropped = 0
        self.failures = 0

    async def get(self, key: bytes, max_age: float | None = None) -> Kept | None:
        """See `AnswerCache.get`."""
        found = self._waiting.get(key)
        if found is None:
            if monotonic() < self._rests_until:
                return None
            try:
                async with asyncio.timeout(_PATIENCE):
                    packed = await self._client.get(_PREFIX + key)
            except Exception:  # whatever it is: the answer is only asked for anew
                self._failed()
                return None
            if packed is None:
                return None
            try:
                found = _unpack(packed)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return None
        age = time() - found.at
        return None if age >= self._seconds or (max_age is not None and age > max_age) else found

    def put(self, key: bytes, kept: Kept) -> None:
        """See `AnswerCache.put`."""
        if key in self._waiting:
            return
        if len(self._waiting) >= _MOST_WAITING or self._bytes + kept.size > self._most:
            self.dropped += 1
            return
        if monotonic() < self._rests_until:
            self.dropped += 1
            return
        self._waiting[key] = kept
        self._bytes += kept.size
        if self._writing is None or self._writing.done():
            self._writing = asyncio.get_running_loop().create_task(self._write())

    async def close(self) -> None:
        """Write what waits, for two seconds at most, and leave."""
        if self._writing is not None:
            await asyncio.wait((self._writing,), timeout=_DRAIN)
            self._writing.cancel()
            await asyncio.wait((self._writing,))
            self.dropped += len(self._waiting)
            self._waiting.clear()
            self._bytes = 0
        with suppress(Exception):
            await self._client.aclose()

    async def _write(self) -> None:
        while self._waiting:
            key, kept = next(iter(self._waiting.items()))
            left = self._seconds - (time() - kept.at)
            try:
                if left > 0:
                    async with asyncio.timeout(_PATIENCE):
                        await self._client.set(_PREFIX + key, _pack(kept), px=max(1, int(left * 1000)))
            except Exception:
                self._failed()
                self.dropped += len(self._waiting)
                self._waiting.clear()
                self._bytes = 0
                return
            self._waiting.pop(key, None)
            self._bytes -= kept.size

    def _failed(self) -> None:
        self.failures += 1
        self._rests_until = monotonic() + _REST


def _client(url: str) -> Any:
    try:
        from redis.asyncio import BlockingConnectionPool, Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ImportError:
        raise BadUsage("a cache in Redis needs an extra: pip install 'franca[gateway]'") from None
    try:
        pool = BlockingConnectionPool.from_url(
            url, max_connections=_MOST_CONNECTIONS, timeout=_PATIENCE, socket_connect_timeout=_PATIENCE,
            socket_timeout=_PATIENCE, retry=Retry(NoBackoff(), 0),
        )  # fmt: skip
    except ValueError:  # its text may hold the password of the address
        raise BadUsage("[cache] url is no address of a Redis: redis://[user:password@]host[:port][/number]") from None
    return Redis.from_pool(pool)
