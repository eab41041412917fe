"""One answer that is kept: its bytes, who reads them, and how long it goes on when nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..answer import event_of
from ..problem import Problem

if TYPE_CHECKING:
    from ..config.shape import ReplayTable
    from ..exchange import Send
    from .shelf import Shelf

__all__ = ["KeptAnswer", "Reader"]

Headers = tuple[tuple[bytes, bytes], ...]

_BEHIND = 256 * 1024
"""Bytes that who reads an answer which outgrew its bound may be behind: then its server waits."""
_PIECE = 64 * 1024
_MOST_READERS = 8
_OF_ONE_REQUEST = (b"access-control-", b"vary")
"""Headers that are for the origin which asked, and not of the answer."""


class KeptAnswer:
    """The head and the bytes of an answer, which each of its readers takes at a pace of their own.

    While it is `whole` it can be read from its beginning, and its server waits for nobody. When it outgrows its bound,
    what all readers have is let go of, so that nobody can begin any more; its server then waits for the foremost reader
    alone, and one who is far behind that one is lost. It is ended when its last reader has left for `grace` seconds, or
    at once when nobody could come back.

    stop  told once, when nobody wants it any more: the exchange behind it is to end as if its caller had left
    """

    __slots__ = (
        "_data", "_grace", "_hurried", "_lifetime", "_loop", "_most", "_read", "_readers", "_shelf", "_start", "_stop",
        "_stopped", "_timer", "bound", "head", "name", "over", "owner", "whole",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        bound: bytes,
        owner: bytes,
        head: Headers,
        table: ReplayTable,
        shelf: Shelf,
        stop: Callable[[], None],
    ) -> None:
        self.name = name
        self.bound = bound
        """Who may read it: `bound_of` the request that began it."""
        self.owner = owner
        """Whose answers it is counted among."""
        self.head = head
        self.whole = True
        """Whether it can still be read from its beginning."""
        self.over = False
        """Whether no more bytes come."""
        self._grace, self._lifetime, self._most = table.grace, table.lifetime, table.max_answer
        self._shelf = shelf
        self._stop = stop
        self._stopped = False
        self._data = bytearray()
        self._start = 0
        """Where in the whole answer the bytes begin that are held."""
        self._readers: set[Reader] = set()
        self._read = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._hurried = False
        """Whether it is about to be ended, and waits for no reader any more."""

    # ---- who reads ------------------------------------------------------------------------------------

    @property
    def is_read(self) -> bool:
        """Whether somebody reads it now."""
        return bool(self._readers)

    def join(self) -> Reader | None:
        """A reader from the beginning on; None when there are too many. `with reader: ...` ends it."""
        if len(self._readers) >= _MOST_READERS:
            return None
        if not self.over:
            self._after(None)
        reader = Reader(self)
        self._readers.add(reader)
        return reader

    def head_for(self, more: Headers) -> Headers:
        """The head for somebody who comes back, with these headers for their origin."""
        return (*(pair for pair in self.head if not pair[0].startswith(_OF_ONE_REQUEST)), *more)

    def leave(self, reader: Reader) -> None:
        """This one reads no more."""
        self._readers.discard(reader)
        self._read.set()
        if self._readers:
            return
        if self._stopped:
            self._let_go()
        elif not self.over and self.whole:
            self._after(self._grace, self.stop)
        elif not self.over:
            self.stop()
        elif not self.whole:
            self._let_go()

    def take(self, reader: Reader) -> bytes:
        """The next bytes for this reader; b"" when there are none."""
        at = reader.at - self._start
        data = b"" if reader.lost else bytes(self._data[at : at + _PIECE])
        if data:
            reader.at += len(data)
            self._read.set()
        return data

    # ---- the exchange ---------------------------------------------------------------------------------

    async def put(self, data: bytes) -> None:
        """The next bytes. Waits while they outgrow the bound and nobody takes them."""
        if self._stopped or not data:
            return
        self._add(data)
        while not (self.whole or self._stopped or self._hurried) and self._readers and self._behind() > _BEHIND:
            self._read.clear()
            await self._read.wait()
        if not self.whole and not self._readers:
            self.stop()

    def finish(self, last: bytes) -> None:
        """The exchange is over; these are the last bytes."""
        if self._readers or not self._stopped:
            torn = self._data and not self._data.endswith(b"\n")  # within an event too long to be held back
            self._add(b"\n\n" + last if torn else last)
        self.over = True
        self._wake()
        if self._stopped:
            if not self._readers:
                self._let_go()
        else:
            self._shelf.ended(self)
            self._after(self._lifetime, self.stop)

    def hurry(self) -> None:
        """Wait for no reader from now on: who runs the gateway is about to end it."""
        self._hurried = True
        self._read.set()

    def stop(self) -> None:
        """End it. Nobody finds it from now on; who reads it gets what has come."""
        if self._stopped:
            return
        self._stopped = True
        self._after(None)
        self._shelf.forget(self)
        self._read.set()
        if not self.over:
            self._stop()
        elif not self._readers:
            self._let_go()

    # ---- in between -----------------------------------------------------------------------------------

    def _add(self, data: bytes) -> None:
        self._data += data
        self._shelf.held += len(data)
        if self.whole and not (len(self._data) <= self._most and self._shelf.has_room()):
            self.whole = False
        if not self.whole:
            self._trim()
        self._wake()

    def _trim(self) -> None:
        """Let go of what all readers have, and of readers who hold too much."""
        end = self._start + len(self._data)
        first = max((reader.at for reader in self._readers), default=end)
        for reader in self._readers:
            reader.lost = reader.lost or first - reader.at > _BEHIND
        done = min((reader.at for reader in self._readers if not reader.lost), default=end) - self._start
        del self._data[:done]
        self._start += done
        self._shelf.held -= done

    def _behind(self) -> int:
        """How far behind the foremost reader is."""
        return self._start + len(self._data) - max(reader.at for reader in self._readers)

    def _wake(self) -> None:
        for reader in self._readers:
            reader.woken.set()

    def _let_go(self) -> None:
        self._shelf.held -= len(self._data)
        self._start += len(self._data)
        self._data = bytearray()

    def _after(self, seconds: float | None, then: Callable[[], None] | None = None) -> None:
        """Do this after so many seconds, and nothing else; None: nothing."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None or then is None else self._loop.call_later(seconds, then)


class Reader:
    """Reads one kept answer from its beginning: `with reader: await reader.pour(send)`."""

    __slots__ = ("_kept", "at", "lost", "woken")

    def __init__(self, kept: KeptAnswer) -> None:
        self._kept = kept
        self.at = 0
        """How much was taken."""
        self.lost = False
        """Whether what comes next is not held any more."""
        self.woken = asyncio.Event()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.leave(self)

    async def pour(self, send: Send) -> None:
        """Send all bytes, those that are there and those that come, until the answer is over."""
        kept = self._kept
        while True:
            self.woken.clear()
            data = kept.take(self)
            if data:
                await send({"type": "http.response.body", "body": data, "more_body": True})
            elif self.lost:
                await send({"type": "http.response.body", "body": b"\n\n" + event_of(_lost()), "more_body": False})
                return
            elif kept.over:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            else:
                await self.woken.wait()


def _lost() -> Problem:
    return Problem(503, "this answer is longer than can be kept, and was read too slowly", "answer_too_long")
