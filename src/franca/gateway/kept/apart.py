"""An exchange that runs in a task of its own: its caller may leave it, and it goes on for who comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, MutableMapping
from logging import getLogger
from typing import TYPE_CHECKING, Any

from .figures import figures

if TYPE_CHECKING:
    from ..exchange import Exchange
    from .answer import KeptAnswer, Reader
    from .shelf import Shelf

__all__ = ["answer_apart"]

_log = getLogger("franca.gateway")
_FAREWELL = 1.0
"""Seconds for the last bytes to a caller whose connection is about to be ended by who runs the application."""


async def answer_apart(exchange: Exchange, shelf: Shelf, work: Coroutine[Any, Any, None]) -> None:
    """Answer by `work`, which runs the whole exchange, in a task of its own, and keep the answer if it is a stream and
    there is room. Until its head is sent nobody could come back for it, and all is as without: what is received and
    sent goes through, and who leaves ends it."""
    await _Apart(exchange, shelf).go(work)


class _Apart:
    """Stands between an exchange and its caller's connection."""

    __slots__ = ("_decided", "_exchange", "_kept", "_left", "_named", "_read", "_reader", "_reading", "_receive",
                 "_send", "_shelf", "_task", "_unwanted")  # fmt: skip

    def __init__(self, exchange: Exchange, shelf: Shelf) -> None:
        self._exchange = exchange
        self._shelf = shelf
        self._receive, self._send = exchange.receive, exchange.send
        exchange.receive, exchange.send = self._heard, self._said
        self._read = asyncio.Event()
        """The request was read whole; all that can come from the caller now is that they leave."""
        self._unwanted = asyncio.Event()
        """The exchange is to end as if its caller had left."""
        self._left = False
        self._named = False
        """Whether the caller was sent the head, and so can come back."""
        self._kept: KeptAnswer | None = None
        self._reader: Reader | None = None
        """The caller's own; there from the moment on that the answer is kept."""
        self._reading: asyncio.Task[None] | None = None
        self._decided: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when the answer is kept, and when the exchange is over."""

    async def go(self, work: Coroutine[Any, Any, None]) -> None:
        """The call of the caller, to its end."""
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(work, name=f"franca: {self._exchange.id}")
        self._task.add_done_callback(self._over)
        watching = loop.create_task(self._watch())
        try:
            await self._decided
            if self._kept is None:
                await self._task
            elif not self._left:
                self._reading = loop.create_task(self._pour())
                await asyncio.wait((self._reading,))
                if not self._reading.cancelled():
                    self._reading.result()
        except asyncio.CancelledError:
            if not self._left:
                await self._end_with_the_call()
            raise
        finally:
            watching.cancel()
            if self._reading is not None:
                self._reading.cancel()
            if self._kept is not None and self._reader is not None:
                if not self._named:
                    self._kept.stop()
                self._kept.leave(self._reader)

    # ---- what the exchange hears and says ---------------------------------------------------------------

    async def _heard(self) -> MutableMapping[str, Any]:
        if self._read.is_set():
            await self._unwanted.wait()
            return {"type": "http.disconnect"}
        message = await self._receive()
        if not message.get("more_body"):
            self._read.set()
        return message

    async def _said(self, message: MutableMapping[str, Any]) -> None:
        if self._kept is not None:
            await self._kept.put(message.get("body", b""))
        elif message["type"] == "http.response.start" and self._may_be_kept(message):
            await self._begin(message)
        else:
            await self._send(message)

    def _may_be_kept(self, head: MutableMapping[str, Any]) -> bool:
        if self._left or self._decided.done() or not self._exchange.stream or head["status"] != 200:
            return False
        return any(name == b"content-type" and value[:17] == b"text/event-stream" for name, value in head["headers"])

    async def _begin(self, head: MutableMapping[str, Any]) -> None:
        """Keep the answer from here on, if there is room."""
        kept = self._shelf.begin(self._exchange, tuple(head["headers"]), self._unwanted.set, self._task)
        if kept is None:
            await self._send(head)
            return
        self._kept, self._reader = kept, kept.join()
        self._decided.set_result(None)

    def _over(self, task: asyncio.Task[None]) -> None:
        if self._kept is not None:
            self._kept.finish(figures(self._exchange))
        if not self._decided.done():
            self._decided.set_result(None)
        elif not task.cancelled() and (error := task.exception()) is not None:
            _log.error("%s failed", task.get_name(), exc_info=error)

    # ---- the caller ---------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """See when the caller leaves. Whoever leaves before the head leaves for good."""
        await self._read.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._left = True
        if self._kept is None:
            self._unwanted.set()
        elif self._reading is not None:
            self._reading.cancel()

    async def _pour(self) -> None:
        assert self._kept is not None
        assert self._reader is not None
        try:
            await self._send({"type": "http.response.start", "status": 200, "headers": list(self._kept.head)})
            await asyncio.sleep(0)  # who was gone by then is seen now: servers take a head for nobody without a word
            self._named = not self._left
            await self._reader.pour(self._send)
        except OSError:
            pass  # how some servers say that the caller has left

    async def _end_with_the_call(self) -> None:
        """Who runs the application ended this call while the caller was there: the exchange ends with it, and says so
        in its last event."""
        if self._kept is not None:
            self._kept.hurry()
        self._task.cancel()
        await asyncio.wait((self._task,))
        if self._reading is not None:
            await asyncio.wait((self._reading,), timeout=_FAREWELL)
