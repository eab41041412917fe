"""Replies of a cassette: real ones that are written down as they are read, and recorded ones that are read again.

Both kinds are written once: `_Recorded` notes what a read gave, `_Replayed` says what the next read gives and how
long it takes; the sync and async shapes only do the reading and the waiting.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from ..errors import BadUsage, ConnectionLost, FrancaError, ProtocolError, TimedOut, TransportError
from ..wire.headers import Headers
from ..wire.http import AsyncReply, Reply, Request
from .exchange import Exchange, error_of, facts_of

__all__ = ["AsyncRecorded", "AsyncReplayed", "Recorded", "Replayed", "again"]


def again(error: FrancaError) -> FrancaError:
    """A recorded error, made anew: whoever raised it before has added to it."""
    return error_of(facts_of(error))


# ---- recording -----------------------------------------------------------------------------------


class _Recorded:
    """What was read so far goes into the exchange; `keep` is asked before more is kept (it may raise)."""

    def __init__(self, reply: Any, exchange: Exchange, keep: Callable[[Exchange, bytes], None]) -> None:
        self._reply = reply
        self._exchange = exchange
        self._keep = keep
        self._head = time.monotonic()
        self.status: int = reply.status
        self.headers: Headers = reply.headers
        exchange.status = reply.status
        exchange.answer_headers = reply.headers.pairs
        exchange.end = "open"

    def _note(self, data: bytes) -> None:
        if data:
            self._keep(self._exchange, data)
            self._exchange.chunks.append((time.monotonic() - self._head, data))
        else:
            self._over("")

    def _failed(self, error: BaseException) -> None:
        if self._exchange.end != "open":
            return
        if isinstance(error, TransportError):
            self._exchange.error = again(error)
            self._exchange.end = "error"
        else:  # cancelled, or too large to keep
            self._exchange.end = "left"
            self._reply.close()

    def _over(self, end: str) -> None:
        if self._exchange.end == "open":
            self._exchange.end = end

    def release(self) -> None:
        self._over("")  # nothing that matters was to come
        self._reply.release()

    def close(self) -> None:
        self._over("left")
        self._reply.close()


class Recorded(_Recorded):
    """See `franca.wire.http.Reply`."""

    _reply: Reply

    def read(self, until: float | None = None) -> bytes:
        try:
            data = self._reply.read(until)
            self._note(data)
        except BaseException as error:
            self._failed(error)
            raise
        self._over("")
        return data

    def read_some(self, until: float | None = None) -> bytes:
        try:
            data = self._reply.read_some(until)
            self._note(data)
        except BaseException as error:
            self._failed(error)
            raise
        return data


class AsyncRecorded(_Recorded):
    """See `franca.wire.http.AsyncReply`."""

    _reply: AsyncReply

    async def read(self, until: float | None = None) -> bytes:
        try:
            data = await self._reply.read(until)
            self._note(data)
        except BaseException as error:
            self._failed(error)
            raise
        self._over("")
        return data

    async def read_some(self, until: float | None = None) -> bytes:
        try:
            data = await self._reply.read_some(until)
            self._note(data)
        except BaseException as error:
            self._failed(error)
            raise
        return data


# ---- replaying -----------------------------------------------------------------------------------


class _Replayed:
    """A recorded answer. `due` is when its head came, None to replay at full speed."""

    def __init__(self, exchange: Exchange, request: Request, due: float | None) -> None:
        assert exchange.status is not None
        self.status = exchange.status
        self.headers = Headers(exchange.answer_headers)
        self._exchange = exchange
        self._max_body = request.max_body
        self._due = due
        self._place = 0
        self._ended = False
        self._closed = False

    def _wait(self, until: float | None) -> float:
        """Seconds until the next piece; of a limit that comes before it, until that."""
        chunks = self._exchange.chunks
        if self._due is None or self._place >= len(chunks):
            return 0.0
        due = self._due + chunks[self._place][0]
        return max((due if until is None else min(due, until)) - time.monotonic(), 0.0)

    def _piece(self, until: float | None, phase: str) -> bytes:
        if self._closed:
            raise ConnectionLost("the reply was closed", began=True)
        chunks = self._exchange.chunks
        if self._place < len(chunks):
            at, data = chunks[self._place]
            if self._due is not None and until is not None and self._due + at > until:
                self.close()
                raise TimedOut(f"no more of the recorded answer came in time ({phase})", phase=phase)
            self._place += 1
            return data
        if self._exchange.error is not None and not self._ended:
            self.close()
            raise again(self._exchange.error)
        if self._exchange.end == "left":
            self.close()
            raise BadUsage("the recording ends here, where its caller had left the answer; record the cassette anew")
        self._ended = True
        return b""

    def _whole(self, pieces: list[bytes]) -> bytes:
        if sum(map(len, pieces)) > self._max_body:
            self.close()
            raise ProtocolError(f"the answer is larger than {self._max_body} bytes")
        return b"".join(pieces)

    def release(self) -> None:
        self._closed = True

    def close(self) -> None:
        self._closed = True


class Replayed(_Replayed):
    """See `franca.wire.http.Reply`."""

    def read(self, until: float | None = None) -> bytes:
        pieces = []
        while piece := self._next(until, "body"):
            pieces.append(piece)
        return self._whole(pieces)

    def read_some(self, until: float | None = None) -> bytes:
        return self._next(until, "idle")

    def _next(self, until: float | None, phase: str) -> bytes:
        wait = self._wait(until)
        if wait:
            time.sleep(wait)
        return self._piece(until, phase)


class AsyncReplayed(_Replayed):
    """See `franca.wire.http.AsyncReply`."""

    async def read(self, until: float | None = None) -> bytes:
        pieces = []
        while piece := await self._next(until, "body"):
            pieces.append(piece)
        return self._whole(pieces)

    async def read_some(self, until: float | None = None) -> bytes:
        return await self._next(until, "idle")

    async def _next(self, until: float | None, phase: str) -> bytes:
        wait = self._wait(until)
        if wait:
            await asyncio.sleep(wait)
        return self._piece(until, phase)
