"""What is on its way to the store: a bounded queue that never makes a request wait, and a task that writes it down."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from logging import getLogger
from os import urandom
from time import monotonic
from typing import Generic, TypeVar

from ...errors import BadUsage
from .base import StoreDown

__all__ = ["Outbox"]

Item = TypeVar("Item")

_BATCH = 500
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0
_TOLD_EVERY = 60.0
_log = getLogger("franca.gateway")


class Outbox(Generic[Item]):
    """Writes what is put in it in batches: each `flush` seconds, or when a batch is full.

    While the store is down they wait, up to `most`; what comes then is dropped, counted in `dropped`, and told on the
    log. A batch keeps its name over all tries, so that a store which had written it already does not write it again.
    `written` counts what the store has; `down` is what is wrong with it at the moment, "" when nothing is. `put` is for
    the thread of the event loop, in which the task runs from the first item on.
    """

    def __init__(
        self, write: Callable[[list[Item], str], Awaitable[None]], *, flush: float, most: int, what: str
    ) -> None:
        self.dropped = 0
        self.written = 0
        self.down = ""
        self._write = write
        self._flush = flush
        self._most = most
        self._what = what
        self._items: deque[Item] = deque()
        self._sending = 0
        self._finished = 0
        self._task: asyncio.Task[None] | None = None
        self._is_closing = False
        self._waiters: list[tuple[int, asyncio.Future[None]]] = []
        self._told = -_TOLD_EVERY
        self._renew()

    def _renew(self) -> None:
        self._wake = asyncio.Event()
        self._hurry = asyncio.Event()

    @property
    def waiting(self) -> int:
        """What is not written yet."""
        return len(self._items) + self._sending

    def put(self, item: Item) -> None:
        """Take it along. Never waits."""
        items = self._items
        count = len(items)
        if count + self._sending >= self._most:
            self._drop(1)
            return
        items.append(item)
        if not count:
            self._awake()
        elif count == _BATCH - 1:
            self._hurry.set()

    def _awake(self) -> None:
        if self._task is None or self._task.done():
            self._renew()  # an event belongs to the loop in which it was first waited for
            self._task = asyncio.get_running_loop().create_task(self._run(), name=f"franca: writes {self._what}")
        self._wake.set()

    async def flush(self, limit: float | None = None) -> bool:
        """Wait until all that was put in up to now is written or dropped; False when that is not so within `limit`
        seconds."""
        if not self.waiting:
            return True
        waiter = asyncio.get_running_loop().create_future()
        entry = (self._finished + self.waiting, waiter)
        self._waiters.append(entry)
        self._hurry.set()
        try:
            await asyncio.wait_for(waiter, limit)
        except TimeoutError:
            return False
        finally:
            if entry in self._waiters:  # while the store is down nobody else takes it out
                self._waiters.remove(entry)
        return True

    async def close(self, limit: float = 5.0) -> None:
        """Write what is left, for so many seconds; drop and count what then is not written."""
        self._is_closing = True
        self._hurry.set()
        self._wake.set()
        task, self._task = self._task, None
        if task is not None:
            await asyncio.wait({task}, timeout=limit)
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        if self.waiting:
            lost, self._sending = self.waiting, 0
            self._items.clear()
            self._drop(lost)
        self._settle()

    async def _run(self) -> None:
        while self._items or not self._is_closing:
            if not self._items:
                self._wake.clear()
                await self._wake.wait()
                continue
            if len(self._items) < _BATCH:
                await self._gather()
            batch = [self._items.popleft() for _ in range(min(_BATCH, len(self._items)))]
            self._sending = len(batch)
            try:
                await self._deliver(batch)
            finally:
                self._hurry.clear()
            self._settle()

    async def _gather(self) -> None:
        """Let more come, until the time is over or somebody is in a hurry."""
        if self._is_closing or self._waiters:
            return
        timer = asyncio.get_running_loop().call_later(self._flush, self._hurry.set)
        try:
            await self._hurry.wait()
        finally:
            timer.cancel()

    async def _deliver(self, batch: list[Item]) -> None:
        """Write a batch, however long the store is down. One that cannot be written at all is halved, until what is
        wrong with it stands alone and is dropped."""
        name, pause = urandom(16).hex(), _FIRST_PAUSE
        while True:
            try:
                await self._write(batch, name)
            except (StoreDown, BadUsage) as error:
                if not self.down:
                    _log.warning("%s wait, up to %d: %s", self._what, self._most, error.message)
                self.down = error.message
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            except Exception as error:
                if len(batch) > 1:
                    await self._deliver(batch[: len(batch) // 2])
                    await self._deliver(batch[len(batch) // 2 :])
                else:
                    # The text of an error may quote what could not be written.
                    _log.error("one of the %s cannot be written: %s", self._what, type(error).__name__)
                    self._sending -= 1
                    self._finished += 1
                    self._drop(1)
                return
            if self.down:
                _log.warning("%s are written again", self._what)
                self.down = ""
            self._sending -= len(batch)
            self._finished += len(batch)
            self.written += len(batch)
            return

    def _drop(self, count: int) -> None:
        self.dropped += count
        now = monotonic()
        if now - self._told >= _TOLD_EVERY:
            self._told = now
            _log.error("%d %s were dropped up to now: %s", self.dropped, self._what, self.down or "too many at once")

    def _settle(self) -> None:
        """Tell those who wait for what is done."""
        for mark, waiter in self._waiters:
            if (self._finished >= mark or not self.waiting) and not waiter.done():
                waiter.set_result(None)
        self._waiters = [(mark, waiter) for mark, waiter in self._waiters if not waiter.done()]
