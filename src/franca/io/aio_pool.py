"""The pool of one event loop: decides, closes, and lets tasks wait for their turn."""

from __future__ import annotations

import asyncio
from math import inf
from time import monotonic

from .aio_connection import Connection
from .failures import connect_timed_out
from .plan import Key, Plan
from .pool import Full, Pool, abandoned_by_forks

__all__ = ["LoopPool"]


_LOOK = 0.25
"""Seconds between two looks at the connections that are waited for, where the loop does not tell everything."""


class _Turn:
    """A task that waits for a connection."""

    __slots__ = ("connection", "future")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.connection: Connection | None = None
        self.future: asyncio.Future[None] = loop.create_future()

    def give(self, connection: Connection | None) -> bool:
        if self.future.done():
            return False
        self.connection = connection
        self.future.set_result(None)
        return True


class LoopPool:
    """Connections of one AsyncioTransport in one event loop. All but `clear_from_elsewhere` belongs to its thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, max_idle: int, max_open: int, idle_expiry: float) -> None:
        self.loop = loop
        self.idle_expiry = idle_expiry
        self._looks = not type(loop).__module__.startswith("asyncio")
        self.generation = 0
        """Grows with each `clear`: connections of an earlier one are closed after their exchange."""
        self._start(max_idle, max_open)
        abandoned_by_forks(self)

    def _start(self, max_idle: int, max_open: int) -> None:
        self._pool: Pool[Connection] = Pool(max_idle, max_open)
        self._all: set[Connection] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._looker: asyncio.TimerHandle | None = None

    def take_idle(self, plan: Plan) -> Connection | None:
        """An idle connection that stands, if there is one at hand: what `take` does first, without a coroutine."""
        connection = self._pool.pop(plan.key, monotonic())
        if connection is not None and not connection.is_quiet():
            connection.close()
            return None
        return connection

    async def take(self, plan: Plan, until: float | None, *, fresh: bool = False) -> Connection | None:
        """An idle connection that stands, or None with the right to open one."""
        while True:
            stale: list[Connection] = []
            connection = self._pool.take(plan.key, monotonic(), stale, fresh=fresh)
            if stale:
                self._drop(stale)
            if isinstance(connection, Full):
                connection = await self._await(plan, until)
            if connection is None:
                return None
            if not connection.closed:
                if not fresh and connection.is_quiet():
                    return connection
                connection.close()

    async def _await(self, plan: Plan, until: float | None) -> Connection | None:
        turn = _Turn(self.loop)
        self._pool.wait(plan.key, turn)
        try:
            async with asyncio.timeout(None if until is None else until - monotonic()):
                await turn.future
        except BaseException as error:
            self._pool.leave(plan.key, turn)
            if turn.future.done() and not turn.future.cancelled():  # given in the last moment
                self._give_back(plan.key, turn.connection)
            if isinstance(error, TimeoutError):
                raise connect_timed_out(plan.server) from None
            raise
        return turn.connection

    def _give_back(self, key: Key, connection: Connection | None) -> None:
        if connection is None:
            self.free(key)
        elif not connection.closed:
            self.put(connection)

    def put(self, connection: Connection) -> None:
        """A connection is free again."""
        evicted = self._pool.put(connection)
        if evicted is not None:
            self._drop([evicted])
        if self._sweeper is None:
            self._sweep_later()

    def added(self, connection: Connection) -> None:
        """A connection was opened, by a right that `take` gave."""
        self._all.add(connection)
        if self._looks and self._looker is None:
            self._looker = self.loop.call_later(_LOOK, self._look)

    def _look(self) -> None:
        """Find connections that were reset: uvloop does not tell a reader of an error that comes behind data."""
        self._looker = self.loop.call_later(_LOOK, self._look) if self._all else None
        for connection in list(self._all):
            connection.look()

    def free(self, key: Key) -> None:
        """A connection that `take` gave the right to was not made."""
        self._pool.forget(key)

    def forget(self, connection: Connection) -> None:
        """A connection is closed."""
        self._all.discard(connection)
        if not self._pool.discard(connection):
            self._pool.forget(connection.key)

    def _drop(self, stale: list[Connection]) -> None:
        for connection in stale:
            self._all.discard(connection)
            connection.detach()

    def _sweep_later(self) -> None:
        self._sweeper = self.loop.call_later(min(max(self.idle_expiry / 4, 0.02), 5.0), self._sweep)

    def _sweep(self) -> None:
        """Close what lay idle for too long."""
        self._sweeper = None
        stale: list[Connection] = []
        if self._pool.expire(monotonic(), stale):
            self._sweep_later()
        self._drop(stale)

    def clear(self) -> None:
        """Close the idle connections, and those in use once their exchange is over."""
        self.generation += 1
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        stale: list[Connection] = []
        self._pool.expire(inf, stale)
        self._drop(stale)
        for connection in [one for one in self._all if one.lingering]:
            connection.close()  # its reply was released: nobody waits for the end of the body

    def clear_from_elsewhere(self) -> None:
        """As `clear`, from another thread, a finaliser, or after the loop is over."""
        try:
            self.loop.call_soon_threadsafe(self.clear)
        except RuntimeError:
            self.abandon()

    def abandon(self) -> None:
        """Close the sockets and nothing else: the loop is over, or belongs to the parent process."""
        for connection in list(self._all):
            connection.abandon()
        self.generation += 1
        self._start(self._pool.max_idle, self._pool.max_open)

    def __str__(self) -> str:
        return str(self._pool)
