"""Several processes that serve at one address: they are started, started again when they die, and ended together.

The processes are forked from one that has neither threads nor a loop, before anything else is imported: they share
sockets that are bound already, and take their configuration from the same file.
"""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from msgspec import Struct

__all__ = ["Alive", "run_workers"]

_log = logging.getLogger("franca.gateway")
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD)
_LONGEST_PAUSE = 10.0


class Alive:
    """A worker's tie to the process that started it."""

    def __init__(self, parent: int, told: int) -> None:
        self._parent = parent
        self._told = told

    def tell(self) -> None:
        """Say that this worker takes connections."""
        with suppress(OSError):
            os.write(self._told, b".")

    def watch(self, end: Callable[[], object]) -> None:
        """Call `end`, in the running loop, when the process that started this one is gone."""
        loop = asyncio.get_running_loop()

        def gone() -> None:
            loop.remove_reader(self._parent)
            end()

        loop.add_reader(self._parent, gone)


class _Worker(Struct):
    number: int
    pid: int = 0
    since: float = 0.0
    pause: float = 0.1
    """Seconds before it is started again, should it die soon."""
    again: float = 0.0
    """When it is to be started."""


def run_workers(
    count: int,
    work: Callable[[Alive], int],
    *,
    ready: Callable[[], object],
    ending: Callable[[], object],
    patience: float,
) -> int:
    """Run `work` in `count` processes until SIGTERM or SIGINT; the exit code.

    A worker that dies is started again, after ever longer pauses when it dies soon. When one ends by itself before any
    took connections, the others are ended too and its exit code is the answer. SIGHUP is passed on to all. `ready` is
    called once as many as there are to be take connections, `ending` when they are told to end, for which they have
    `patience` seconds.
    """
    return _Workers(count, work, ready, ending, patience).run()


class _Workers:
    def __init__(
        self,
        count: int,
        work: Callable[[Alive], int],
        ready: Callable[[], object],
        ending: Callable[[], object],
        patience: float,
    ) -> None:
        self._work, self._ready, self._ending, self._patience = work, ready, ending, patience
        self._workers = [_Worker(number) for number in range(1, count + 1)]
        self._alive, self._held = os.pipe()  # the writing end is held by this process alone: its end is seen by all
        self._told, self._tell = os.pipe()
        self._woken, self._wake = os.pipe()
        self._came: list[int] = []
        self._serving = 0
        """How often a worker said that it takes connections."""
        self._code = 0
        self._ends = 0.0
        """When the patience with workers that end is over; 0 as long as they are not to."""

    def run(self) -> int:
        before = {number: signal.signal(number, self._note) for number in _SIGNALS}
        os.set_blocking(self._wake, False)
        os.set_blocking(self._told, False)
        old = signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        try:
            while self._turn():
                pass
        finally:
            signal.set_wakeup_fd(old)
            for number, handler in before.items():
                signal.signal(number, handler)
            for one in self._running():
                _send(one.pid, signal.SIGKILL)
                os.waitpid(one.pid, 0)
            for handle in (self._alive, self._held, self._told, self._tell, self._woken, self._wake):
                os.close(handle)
        return self._code

    def _note(self, number: int, frame: object) -> None:
        self._came.append(number)

    def _running(self) -> list[_Worker]:
        return [one for one in self._workers if one.pid]

    def _turn(self) -> bool:
        """Start, wait, see; whether to go on."""
        now = monotonic()
        if not self._ends:
            for one in self._workers:
                if not one.pid and one.again <= now:
                    self._start(one)
        elif not self._running():
            return False
        elif now >= self._ends:
            for one in self._running():
                _send(one.pid, signal.SIGKILL)
        due = [self._ends] if self._ends else [one.again for one in self._workers if not one.pid]
        readable, _, _ = select.select([self._woken, self._told], [], [], max(min(due) - now, 0.05) if due else None)
        if self._woken in readable:
            os.read(self._woken, 4096)
        if self._told in readable:
            before, now_serving = self._serving, self._serving + len(os.read(self._told, 4096))
            self._serving = now_serving
            if before < len(self._workers) <= now_serving:
                self._ready()
        self._obey()
        self._bury()
        return True

    def _obey(self) -> None:
        while self._came:
            number = self._came.pop(0)
            if number in (signal.SIGINT, signal.SIGTERM):
                self._end(again=bool(self._ends))
            elif number == signal.SIGHUP:
                for one in self._running():
                    _send(one.pid, signal.SIGHUP)

    def _end(self, *, again: bool) -> None:
        if not again:
            self._ends = monotonic() + self._patience
            self._ending()
        for one in self._running():
            _send(one.pid, signal.SIGTERM)

    def _bury(self) -> None:
        """See which workers ended."""
        for one in self._running():
            pid, status = os.waitpid(one.pid, os.WNOHANG)
            if not pid:
                continue
            one.pid = 0
            if self._ends:
                continue
            code = os.waitstatus_to_exitcode(status)
            if not self._serving and code > 0:
                self._code = code
                self._end(again=False)
                continue
            lived = monotonic() - one.since
            one.pause = 0.1 if lived > _LONGEST_PAUSE else min(one.pause * 2, _LONGEST_PAUSE)
            one.again = monotonic() + one.pause
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            _log.error("worker %d %s; it is started again", one.number, how)

    def _start(self, one: _Worker) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        one.since = monotonic()
        pid = os.fork()
        if pid:
            one.pid = pid
            return
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            # A Ctrl-C reaches the whole group: the first process says what follows from it. A SIGHUP that comes before
            # the worker listens to it means nothing, as it is about to read the file.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, lambda number, frame: None)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for handle in (self._held, self._told, self._woken, self._wake):
                os.close(handle)
            os.environ["FRANCA_WORKER"] = str(one.number)
            code = self._work(Alive(self._alive, self._tell))
        except BaseException as error:
            code = _told(error)
        finally:
            with suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)


def _told(error: BaseException) -> int:
    """Say why a worker could not work; its exit code."""
    from ..errors import BadUsage

    if isinstance(error, BadUsage):
        print(f"franca: {error.message}", file=sys.stderr)
        return 2
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return 1
    import traceback

    traceback.print_exception(error)
    return 1


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
