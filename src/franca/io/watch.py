"""One thread that does what cannot be done where it is wanted: interrupt a blocked read, and close in peace.

A library's blocking read knows one time limit, fixed when the body begins; ours change with every read. And
its `close` takes locks, which a finaliser that runs inside the same library must not wait for. So a reader
posts its limit here, a finaliser posts its `close`, and neither waits. The thread starts when needed, and
ends by itself.
"""

from __future__ import annotations

import math
import os
from _thread import start_new_thread
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Protocol
from weakref import WeakSet

__all__ = ["Guarded", "Watch"]

_LINGER = 2.0


class Guarded(Protocol):
    """A reader whose blocking read may have to be interrupted."""

    limit: float | None
    """The point on `time.monotonic()` at which the read that is under way must end; None between reads."""
    guarded: bool
    """Whether the watch knows this reader; the watch alone writes it, after the first `guard`."""
    done: bool
    """Whether there will be no further read."""

    def interrupt(self) -> None:
        """Make the blocked read return at once. Must not block and not raise."""
        ...


class Watch:
    """Guards readers and closes replies. Posting takes no lock, so finalisers may do it."""

    def __init__(self) -> None:
        self._fresh()

    def _fresh(self) -> None:
        self._process = os.getpid()
        self._inbox: SimpleQueue[Guarded | Callable[[], object]] = SimpleQueue()
        self._seat = [True]  # taken by the one running thread; list.pop and append are atomic
        self._wakes_at = math.inf

    def guard(self, reader: Guarded) -> None:
        """See to it that `reader.interrupt()` is called once `reader.limit` has passed."""
        limit = reader.limit
        if limit is not None and (not reader.guarded or limit < self._wakes_at):
            self._post(reader)

    def dispose(self, close: Callable[[], object]) -> None:
        """Call `close` soon, on the watch's thread. What it raises is dropped."""
        self._post(close)

    def _post(self, item: Guarded | Callable[[], object]) -> None:
        if self._process != os.getpid():  # a fork took over the memory, but no thread
            self._fresh()
        self._inbox.put(item)
        self._seat_a_thread()

    def _seat_a_thread(self) -> None:
        try:
            self._seat.pop()
        except IndexError:  # a thread runs
            return
        try:
            start_new_thread(self._run, ())
        except RuntimeError:  # no thread to be had: the interpreter is ending, or a limit is reached
            self._seat.append(True)

    def _run(self) -> None:
        readers: WeakSet[Guarded] = WeakSet()
        while True:
            wait = self._look_at(readers)
            try:
                item = self._inbox.get(timeout=wait)
            except Empty:
                if not readers:
                    break
                continue
            if callable(item):
                with suppress(Exception):
                    item()
            else:
                item.guarded = True
                readers.add(item)
            del item  # so that waiting keeps no reader alive
        self._wakes_at = math.inf
        self._seat.append(True)
        if not self._inbox.empty():  # posted just before the seat was free
            self._seat_a_thread()

    def _look_at(self, readers: WeakSet[Guarded]) -> float:
        """Interrupt those that are late, forget those that are done; seconds until the next look."""
        self._wakes_at = math.inf  # a limit that is set during this look is posted, whatever it is
        now = monotonic()
        wakes_at = now + _LINGER
        for reader in list(readers):
            limit = reader.limit
            if limit is not None and limit <= now:
                reader.interrupt()
            if reader.done:
                readers.discard(reader)
            elif limit is not None and limit > now:
                wakes_at = min(wakes_at, limit)
        self._wakes_at = wakes_at
        return max(wakes_at - monotonic(), 0.0)
