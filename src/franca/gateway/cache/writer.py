"""The way of an answer into the cache, while it is sent, and out of it again."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

import msgspec

from ..answer import JSON, send_bytes, send_head, send_piece
from .base import Kept

if TYPE_CHECKING:
    from ..config.shape import CacheTable
    from ..exchange import Exchange
    from .base import AnswerCache

__all__ = ["CacheWriter", "replay"]

_PIECE = 64 * 1024
_TYPES = (JSON, b"text/event-stream")


class _Said(msgspec.Struct):
    error: msgspec.Raw | None = None


_said = msgspec.json.Decoder(_Said).decode


class CacheWriter:
    """A sink of the relay: takes a copy of the bytes that the caller is sent, and keeps them when the answer turns out
    to be whole. What is larger than `table.max_answer` is not held at all."""

    __slots__ = ("_cache", "_exchange", "_headers", "_key", "_most", "_pieces", "_size")

    def __init__(
        self,
        cache: AnswerCache,
        key: bytes,
        table: CacheTable,
        exchange: Exchange,
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        self._cache = cache
        self._key = key
        self._most = table.max_answer
        self._exchange = exchange
        self._headers = headers
        self._pieces: list[bytes] | None = []
        self._size = 0

    def take(self, data: bytes) -> None:
        """The next bytes of the body."""
        pieces = self._pieces
        if pieces is None:
            return
        self._size += len(data)
        if self._size > self._most:
            self._pieces = None
        else:
            pieces.append(data)

    def finish(self, status: int, content_type: bytes, whole: bool) -> None:
        """There are no more. Only a whole answer of status 200 without an error is kept."""
        pieces, self._pieces = self._pieces, None
        if not pieces or not whole or status != 200 or not content_type.startswith(_TYPES):
            return
        body = b"".join(pieces)
        if content_type.startswith(JSON) and _is_error(body):
            return
        exchange = self._exchange
        self._cache.put(self._key, Kept(time(), content_type, body, exchange.server, exchange.model, self._headers))


def _is_error(body: bytes) -> bool:
    if b'"error"' not in body:
        return False
    try:
        found = _said(body).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True  # nothing that anybody should be given again
    return found is not None and bytes(found) != b"null"


async def replay(exchange: Exchange, kept: Kept) -> None:
    """Answer with what was kept: a stream as a stream. It took no server, and costs nothing."""
    exchange.cached = True
    exchange.cost = 0.0
    exchange.server, exchange.model = kept.server, kept.model
    age = b"%d" % max(0, int(time() - kept.at))
    headers = (*kept.headers, (b"x-franca-cache", b"hit"), (b"age", age))
    if kept.content_type.startswith(JSON):
        await send_bytes(exchange, kept.body, kept.content_type, headers=headers)
        return
    await send_head(exchange, 200, kept.content_type, headers)
    body = memoryview(kept.body)
    for start in range(0, len(body), _PIECE):
        end = start + _PIECE
        await send_piece(exchange, bytes(body[start:end]), more=end < len(body))
