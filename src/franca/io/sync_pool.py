"""The pool of the blocking transport: decides under a lock, does the closing and the waiting outside of it."""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from math import inf
from time import monotonic

from .failures import connect_timed_out
from .plan import Key, Plan
from .pool import Full, Pool, abandoned_by_forks
from .sync_connection import Connection

__all__ = ["SyncPool"]


class _Turn:
    """A thread that waits for a connection."""

    __slots__ = ("connection", "given", "lock")

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.given = False
        self.lock = allocate_lock()
        self.lock.acquire()

    def give(self, connection: Connection | None) -> bool:
        self.connection = connection
        self.given = True
        self.lock.release()
        return True


class SyncPool:
    """Connections of one SyncTransport. It outlives the transport as long as a reply needs it."""

    def __init__(self, max_idle: int, max_open: int, idle_expiry: float) -> None:
        self.idle_expiry = idle_expiry
        self.generation = 0
        """Grows with each `clear`: connections of an earlier one are closed after their exchange."""
        self._start(max_idle, max_open)
        abandoned_by_forks(self)

    def _start(self, max_idle: int, max_open: int) -> None:
        self._pool: Pool[Connection] = Pool(max_idle, max_open)
        self._lock = allocate_lock()
        self._gone: deque[Key | None] = deque()  # keys of closed connections; None: clear
        self._all: set[Connection] = set()

    def take(self, plan: Plan, until: float | None, *, fresh: bool = False) -> Connection | None:
        """An idle connection that stands, or None with the right to open one."""
        if not fresh:
            with self._lock:
                idle = self._pool.pop(plan.key, monotonic())
            if idle is not None:
                if idle.is_ready():
                    return idle
                idle.close()
        while True:
            stale: list[Connection] = []
            turn = None
            with self._lock:
                connection = self._pool.take(plan.key, monotonic(), stale, fresh=fresh)
                if isinstance(connection, Full):
                    turn = _Turn()
                    self._pool.wait(plan.key, turn)
            self._settle(stale)
            if turn is not None:
                connection = self._await(turn, plan, until)
            assert not isinstance(connection, Full)
            if connection is None:
                return None
            if not fresh and connection.is_ready():
                return connection
            connection.close()

    def _await(self, turn: _Turn, plan: Plan, until: float | None) -> Connection | None:
        try:
            if turn.lock.acquire(timeout=-1 if until is None else min(max(until - monotonic(), 0), 1e6)):
                return turn.connection
        except BaseException:  # KeyboardInterrupt
            if not self._withdraw(turn, plan):
                if turn.connection is None:
                    self.free(plan.key)
                else:
                    self.put(turn.connection)
            raise
        if self._withdraw(turn, plan):
            raise connect_timed_out(plan.server)
        return turn.connection

    def _withdraw(self, turn: _Turn, plan: Plan) -> bool:
        """Stop waiting; False when it was given in the last moment."""
        with self._lock:
            self._pool.leave(plan.key, turn)
            given = turn.given
        self._settle([])
        return not given

    def put(self, connection: Connection) -> None:
        """A connection is free again."""
        with self._lock:
            evicted = self._pool.put(connection)
        if evicted is not None or self._gone:
            self._settle([] if evicted is None else [evicted])

    def added(self, connection: Connection) -> None:
        """A connection was opened, by a right that `take` gave."""
        self._all.add(connection)

    def free(self, key: Key) -> None:
        """A connection that was taken is closed, or was not made.

        May run in a finaliser, which the garbage collector starts anywhere, even inside the locked parts of this
        very thread: so the news is only left here, and whoever holds the lock sees to it.
        """
        self._gone.append(key)
        self._settle([])

    def forget(self, connection: Connection) -> None:
        """As `free`, for a connection that was made."""
        self._all.discard(connection)
        self.free(connection.key)

    def _settle(self, stale: list[Connection]) -> None:
        """Afterwards, outside of the lock: close what the pool handed back, and see to what finalisers left."""
        while self._gone and self._lock.acquire(False):
            try:
                while self._gone:
                    key = self._gone.popleft()
                    if key is None:
                        self._pool.expire(inf, stale)
                    else:
                        self._pool.forget(key)
            finally:
                self._lock.release()
        for connection in stale:
            connection.closed = True  # the pool has forgotten it already
            self._all.discard(connection)
            connection.sock.close()

    def clear(self) -> None:
        """Close the idle connections, and those in use once their exchange is over. Fit for a finaliser, too."""
        self.generation += 1
        self._gone.append(None)
        self._settle([])

    def abandon(self) -> None:
        """In the child of a fork: close our copies of the sockets, which leaves the parent's connections alone."""
        for connection in list(self._all):
            connection.closed = True
            connection.sock.close()
        self.generation += 1
        self._start(self._pool.max_idle, self._pool.max_open)

    def __str__(self) -> str:
        return str(self._pool)
