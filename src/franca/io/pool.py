"""Which connection a request gets: bookkeeping only, the same for both drivers, without locks and I/O.

Per key (scheme, host, port, proxy) there are idle connections, newest first, a number of open ones with a
bound, and those who wait for their turn. The caller holds its lock around each method (asyncio needs none)
and closes, after leaving it, the connections that a method hands back.
"""

from __future__ import annotations

import os
import weakref
from collections import deque
from typing import Generic, Protocol, TypeVar

from .plan import Key

__all__ = ["FULL", "Full", "Pool", "Pooled", "Turn"]


class Pooled(Protocol):
    """What the pool wants to know of a connection."""

    key: Key
    expires: float
    """The point on `time.monotonic()` after which it is not used again."""


C = TypeVar("C", bound=Pooled)
C_contra = TypeVar("C_contra", bound=Pooled, contravariant=True)


class Turn(Protocol[C_contra]):
    """Somebody who waits for a connection."""

    def give(self, connection: C_contra | None) -> bool:
        """Take a connection, or with None the right to open one. False when nobody waits here any more."""
        ...


class Full:
    """The answer when the bound on open connections is reached."""


FULL = Full()


class _Host(Generic[C]):
    __slots__ = ("idle", "open", "waiting")

    def __init__(self) -> None:
        self.idle: list[C] = []  # the newest last
        self.open = 0
        self.waiting: deque[Turn[C]] = deque()


class Pool(Generic[C]):
    """Connections of one transport (and, with asyncio, of one event loop)."""

    __slots__ = ("_hosts", "_idle", "max_idle", "max_open")

    def __init__(self, max_idle: int, max_open: int) -> None:
        self.max_idle = max_idle
        self.max_open = max_open
        self._hosts: dict[Key, _Host[C]] = {}
        self._idle = 0

    def pop(self, key: Key, now: float) -> C | None:
        """The newest idle connection, if there is a good one. What `take` does first, cheaply."""
        host = self._hosts.get(key)
        if host is None or not host.idle or host.idle[-1].expires <= now:
            return None
        self._idle -= 1
        return host.idle.pop()

    def take(self, key: Key, now: float, stale: list[C], *, fresh: bool = False) -> C | Full | None:
        """An idle connection, or None with the right to open one, or FULL: `wait` then.

        With `fresh` an idle one will not do. Connections to close are added to `stale`.
        """
        host = self._hosts.get(key)
        if host is None:
            host = self._hosts[key] = _Host()
        while host.idle and not fresh:
            connection = host.idle.pop()
            self._idle -= 1
            if connection.expires > now:
                return connection
            host.open -= 1
            stale.append(connection)
        if host.open >= self.max_open and host.idle:  # only when a fresh one is wanted
            stale.append(host.idle.pop(0))
            self._idle -= 1
            host.open -= 1
        if host.open >= self.max_open:
            return FULL
        host.open += 1
        return None

    def wait(self, key: Key, turn: Turn[C]) -> None:
        """Queue up. What `turn` is given counts as taken."""
        self._hosts[key].waiting.append(turn)

    def leave(self, key: Key, turn: Turn[C]) -> None:
        """Give up waiting."""
        host = self._hosts.get(key)
        if host is not None and turn in host.waiting:
            host.waiting.remove(turn)

    def put(self, connection: C) -> C | None:
        """A connection is free again. Another one may have to be closed for it."""
        host = self._hosts[connection.key]
        while host.waiting:
            if host.waiting.popleft().give(connection):
                return None
        host.idle.append(connection)
        self._idle += 1
        return self._evict() if self._idle > self.max_idle else None

    def forget(self, key: Key) -> None:
        """A connection that was taken is closed, or was never made."""
        host = self._hosts.get(key)
        if host is None:  # the pool was emptied meanwhile: a fork, a loop that is over
            return
        while host.waiting:
            if host.waiting.popleft().give(None):
                return
        host.open -= 1
        if not host.open:
            del self._hosts[key]

    def discard(self, connection: C) -> bool:
        """A connection died; False when it was not idle, and `forget` is the one to call."""
        host = self._hosts.get(connection.key)
        if host is None or connection not in host.idle:
            return False
        host.idle.remove(connection)
        self._idle -= 1
        host.open -= 1
        if not host.open and not host.waiting:
            del self._hosts[connection.key]
        return True

    def expire(self, now: float, stale: list[C]) -> bool:
        """Take out what is too old (now=inf: everything). Whether any idle connection is left."""
        for key, host in list(self._hosts.items()):
            old = [connection for connection in host.idle if connection.expires <= now]
            if old:
                host.idle = [connection for connection in host.idle if connection.expires > now]
                host.open -= len(old)
                self._idle -= len(old)
                stale += old
            if not host.open and not host.waiting:
                del self._hosts[key]
        return self._idle > 0

    def _evict(self) -> C:
        """The connection that lay idle for longest, of all hosts."""
        host = min((host for host in self._hosts.values() if host.idle), key=lambda host: host.idle[0].expires)
        self._idle -= 1
        host.open -= 1
        oldest = host.idle.pop(0)
        if not host.open and not host.waiting:
            del self._hosts[oldest.key]
        return oldest

    def __str__(self) -> str:
        """The state, for repr: how many connections are idle and busy, per server."""
        return "; ".join(
            f"{_named(key)} {len(host.idle)} idle {host.open - len(host.idle)} busy"
            for key, host in self._hosts.items()
            if host.open
        )


def _named(key: Key) -> str:
    scheme, name, port, proxy = key
    if not name:
        return str(proxy.server) if proxy else ""
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{port}"


class Forkable(Protocol):
    """What holds connections that a child process must not touch."""

    def abandon(self) -> None: ...


_holders: weakref.WeakSet[Forkable] = weakref.WeakSet()


def abandoned_by_forks(holder: Forkable) -> None:
    """From now on, `holder.abandon()` is called in every child that this process forks."""
    _holders.add(holder)


def _after_fork() -> None:
    for holder in list(_holders):
        holder.abandon()


os.register_at_fork(after_in_child=_after_fork)
