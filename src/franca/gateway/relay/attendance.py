"""What happens beside an answer while it is waited for: the caller may leave, and a silent stream is kept alive."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

from ..answer import EVENT_STREAM, send_head, send_piece
from ..exchange import Exchange
from ..problem import Problem

__all__ = ["Attendance", "Rounds"]

_EVERY = 0.1
"""Seconds between two rounds. Most answers that are no streams come sooner, and are never looked at."""
_COMMENT = b": keep-alive\n\n"


class Rounds:
    """Looks at all exchanges under way, ten times a second: one timer for all of them, because one for each costs as
    much as finding a key."""

    __slots__ = ("_attended", "_loop", "_timer")

    def __init__(self) -> None:
        self._attended: dict[Attendance, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def join(self, attendance: Attendance, loop: asyncio.AbstractEventLoop) -> None:
        """Look at this one too, from the next round on."""
        if self._loop is not loop:  # the loop before is over
            self._attended.clear()
            self._loop, self._timer = loop, None
        self._attended[attendance] = None
        if self._timer is None:
            self._timer = loop.call_later(_EVERY, self._go)

    def leave(self, attendance: Attendance) -> None:
        """Look at it no more."""
        self._attended.pop(attendance, None)

    def _go(self) -> None:
        assert self._loop is not None
        self._timer = self._loop.call_later(_EVERY, self._go) if self._attended else None
        now = monotonic()
        for attendance in list(self._attended):
            attendance.look(now)


class Attendance:
    """Attends to one exchange, in its task: `with Attendance(exchange, rounds, 15.0, 60.0) as attendance: ...`.

    While the request is read it may take `patience` seconds; then the block ends with a Problem, 408. From `ready` on
    it is seen when the caller goes away: the task inside is cancelled, which closes the connection to the server at
    once, and the block ends as if nothing had happened, with `exchange.outcome` "left". A streaming caller is sent a
    comment after `keep_alive` seconds of silence (0: never), with the head of the answer before it if need be.
    """

    __slots__ = ("_exchange", "_keep_alive", "_late", "_left", "_loop", "_patience", "_ready", "_rounds", "_saying",
                 "_task", "_touched", "_watching", "muted")  # fmt: skip

    def __init__(self, exchange: Exchange, rounds: Rounds, keep_alive: float, patience: float) -> None:
        self._exchange = exchange
        self._rounds = rounds
        self._keep_alive = keep_alive
        self._patience = patience
        self._watching: asyncio.Task[None] | None = None
        self._saying: asyncio.Task[None] | None = None
        self._touched = exchange.began
        self._left = self._late = self._ready = False
        self.muted = False
        """Whether no comment may be sent now: half an event is out."""

    def __enter__(self) -> Attendance:
        self._loop = asyncio.get_running_loop()
        task: asyncio.Task[Any] | None = asyncio.current_task(self._loop)
        assert task is not None, "an application runs in a task"
        self._task = task
        self._rounds.join(self, self._loop)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> bool:
        self._rounds.leave(self)
        if self._watching is not None:
            self._watching.cancel()
        if self._saying is not None:
            self._saying.cancel()
        if not (self._left or self._late):
            return False
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
        self._touched = monotonic()
        if not self._exchange.stream:
            self._keep_alive = 0.0

    def touch(self) -> None:
        """Something was sent to the caller just now."""
        self._touched = monotonic()

    @property
    def saying(self) -> bool:
        """Whether a comment is being sent now."""
        return self._saying is not None and not self._saying.done()

    async def quiet(self) -> None:
        """Wait until no comment is being sent: what is sent next goes behind it."""
        if self._saying is not None and not self._saying.done():
            await asyncio.wait((self._saying,))

    def look(self, now: float) -> None:
        """See how it stands; `now` on the monotonic clock."""
        if not self._ready:
            if now - self._exchange.began >= self._patience and not self._late:
                self._late = True
                self._task.cancel()
            return
        if self._watching is None:
            self._watching = self._loop.create_task(self._watch())
        if self._keep_alive and now - self._touched >= self._keep_alive and not self.saying and not self.muted:
            self._touched = now
            self._saying = self._loop.create_task(self._say())

    async def _watch(self) -> None:
        while (await self._exchange.receive())["type"] != "http.disconnect":
            pass
        self._left = True
        self._task.cancel()

    async def _say(self) -> None:
        if not self._exchange.started:
            await send_head(self._exchange, 200, EVENT_STREAM)
        await send_piece(self._exchange, _COMMENT)
