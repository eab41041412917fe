"""What happens beside an answer while it is waited for: the caller may leave, and a silent stream is kept alive."""

from __future__ import annotations

import asyncio
from typing import Any

from ..answer import EVENT_STREAM, send_head, send_piece
from ..exchange import Exchange
from ..problem import Problem

__all__ = ["Attendance"]

_SOON = 0.1
"""Seconds before it is looked whether the caller is still there. Most answers that are no streams come sooner, and
watching costs a task."""
_COMMENT = b": keep-alive\n\n"


class Attendance:
    """Attends to one exchange: `async with Attendance(exchange, 15.0, 60.0) as attendance: ...`.

    While the request is read it may take `patience` seconds; then the block ends with a Problem, 408. From `ready` on
    it is seen when the caller goes away: the task inside is cancelled, which closes the connection to the server at
    once, and the block ends as if nothing had happened, with `exchange.outcome` "left". A streaming caller is sent a
    comment after `keep_alive` seconds of silence (0: never), with the head of the answer before it if need be.
    """

    __slots__ = ("_exchange", "_keep_alive", "_late", "_left", "_patience", "_ready", "_saying", "_task", "_timer",
                 "_touched", "_watching", "muted")  # fmt: skip

    def __init__(self, exchange: Exchange, keep_alive: float, patience: float) -> None:
        self._exchange = exchange
        self._keep_alive = keep_alive
        self._patience = patience
        self._task: asyncio.Task[Any] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._saying: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._touched = 0.0
        self._left = self._late = self._ready = False
        self.muted = False
        """Whether no comment may be sent now: half an event is out."""

    async def __aenter__(self) -> Attendance:
        loop = asyncio.get_running_loop()
        self._task = asyncio.current_task(loop)
        self._timer = loop.call_later(_SOON, self._begin)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._watching is not None:
            self._watching.cancel()
        if self._saying is not None:
            self._saying.cancel()
        if not (self._left or self._late):
            return False
        assert self._task is not None
        # Only the cancellation that was ours is taken back: another one, of who runs this application, goes on.
        if self._task.uncancel() or kind is not asyncio.CancelledError:
            return False
        if self._late:
            raise Problem(
                408, f"the body did not come whole within {self._patience:g} seconds", "body_timeout",
                headers=((b"connection", b"close"),),
            )  # fmt: skip
        self._exchange.outcome = "left"
        return True

    def ready(self) -> None:
        """The request was read whole."""
        self._ready = True
        if not self._exchange.stream:
            self._keep_alive = 0.0
        if self._touched:  # it took a while: the first look has been taken
            if self._timer is not None:
                self._timer.cancel()
            self._begin()

    def touch(self) -> None:
        """Something was sent to the caller just now."""
        assert self._task is not None
        self._touched = self._task.get_loop().time()

    @property
    def saying(self) -> bool:
        """Whether a comment is being sent now."""
        return self._saying is not None and not self._saying.done()

    async def quiet(self) -> None:
        """Wait until no comment is being sent: what is sent next goes behind it."""
        if self.saying:
            assert self._saying is not None
            await asyncio.wait((self._saying,))

    def _begin(self) -> None:
        """The first look, soon after the beginning."""
        assert self._task is not None
        loop = self._task.get_loop()
        self._touched = loop.time()
        if not self._ready:
            self._timer = loop.call_later(self._patience, self._give_up)
            return
        self._watching = loop.create_task(self._watch())
        self._timer = loop.call_later(self._keep_alive, self._beat) if self._keep_alive else None

    def _give_up(self) -> None:
        assert self._task is not None
        self._late = True
        self._task.cancel()

    async def _watch(self) -> None:
        while (await self._exchange.receive())["type"] != "http.disconnect":
            pass
        self._left = True
        assert self._task is not None
        self._task.cancel()

    def _beat(self) -> None:
        assert self._task is not None
        loop = self._task.get_loop()
        silent = loop.time() - self._touched
        if silent >= self._keep_alive and not self.saying and not self.muted:
            self._saying = loop.create_task(self._say())
            silent = 0.0
            self.touch()
        self._timer = loop.call_later(max(0.05, self._keep_alive - silent), self._beat)

    async def _say(self) -> None:
        if not self._exchange.started:
            await send_head(self._exchange, 200, EVENT_STREAM)
        await send_piece(self._exchange, _COMMENT)
