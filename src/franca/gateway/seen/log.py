"""The log on standard error: a line for each request, and what the gateway has to say of itself.

Lines wait in a bounded queue for a thread that writes them, so that a terminal or pipe which takes nothing holds up no
request; lines that find no room are dropped, counted, and told of when it goes on.
"""

from __future__ import annotations

import atexit
import logging
import os
import select
import sys
from collections import deque
from threading import Event, Lock, Thread
from time import time
from typing import TYPE_CHECKING, Any

from ..config.shape import LogTable
from .line import MOST_LINE, Moment, fact_line, json_line, text_line

if TYPE_CHECKING:
    from ..exchange import Exchange

__all__ = ["Log", "Records"]

_GATHER = 0.05
"""Seconds that lines are gathered before they are written together."""
_LAST = 2.0
"""Seconds that closing waits for the rest."""


_PROBES = ("health", "metrics")
_PATIENCE = 1.0
"""Seconds that a line waits for a descriptor that takes nothing and cannot be waited for."""


class Log:
    """Writes to a file descriptor, standard error by default. `queue` is how many lines may wait.

    A write holds whole lines only, and no more of them than a pipe takes at once, so that lines of several workers do
    not mix.
    """

    def __init__(self, table: LogTable | None = None, fd: int | None = None, queue: int = 10_000) -> None:
        self.form = (table or LogTable()).form
        self.dropped = 0
        """Lines that were lost."""
        self._fd = fd
        self._most = queue
        self._lines: deque[bytes] = deque()
        self._moment = Moment()
        self._write_request = json_line if self.form == "json" else text_line
        self._told = 0
        self._pending = False
        self._wake = Event()
        self._closing = Event()
        self._starting = Lock()
        self._thread: Thread | None = None

    @property
    def waiting(self) -> int:
        """Lines that are not written yet."""
        return len(self._lines)

    def finished(self, exchange: Exchange, ended: float) -> None:
        """The line of a request that is over; none when the form is "off", and none of a good answer to those who
        look every few seconds whether it lives."""
        if self.form == "off" or (exchange.route in _PROBES and exchange.outcome == "ok"):
            return
        if len(self._lines) >= self._most:
            self.dropped += 1
            return
        self._lines.append(self._write_request(exchange, ended, self._moment))
        if not self._pending:
            self._rouse()

    def info(self, text: str, **facts: Any) -> None:
        """Say something of the gateway itself; also when the form is "off", as all that follow."""
        self.say("info", text, facts)

    def warning(self, text: str, **facts: Any) -> None:
        """Say that something is not as it should be."""
        self.say("warning", text, facts)

    def error(self, text: str, **facts: Any) -> None:
        """Say that something failed."""
        self.say("error", text, facts)

    def close(self) -> None:
        """Write what waits, for at most two seconds. Lines that come later start it again."""
        thread = self._thread
        if thread is None:
            return
        atexit.unregister(self.close)
        self._closing.set()
        self._wake.set()
        thread.join(_LAST)
        self._thread = None

    def say(self, level: str, text: str, facts: dict[str, Any]) -> None:
        """Say something at a level of logging, in small letters."""
        if len(self._lines) >= self._most:
            self.dropped += 1
            return
        # Not the Moment that requests use: this may be called by another thread.
        self._lines.append(fact_line(level, text, facts, Moment().text(time()), self.form))
        self._rouse()

    def _rouse(self) -> None:
        self._pending = True
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._closing = Event()
                    self._thread = Thread(target=self._run, args=(self._closing,), name="franca-log", daemon=True)
                    self._thread.start()
                    atexit.register(self.close)
        self._wake.set()

    def _run(self, closing: Event) -> None:
        while not closing.is_set():
            self._wake.wait()
            self._wake.clear()
            closing.wait(_GATHER)
            # Before the queue is emptied: a line that comes now rouses again, and is written now or then.
            self._pending = False
            self._empty()
        self._empty()

    def _empty(self) -> None:
        lines = self._lines
        while lines:
            pieces, size = [], 0
            while lines and size + len(lines[0]) <= MOST_LINE:
                pieces.append(lines.popleft())
                size += len(pieces[-1])
            if not pieces:  # one that is too long by itself
                pieces.append(lines.popleft()[: MOST_LINE - 1] + b"\n")
            if not self._write(b"".join(pieces)):
                return
        if self.dropped > self._told:
            lost = self.dropped - self._told
            self._told = self.dropped
            text = f"{lost} lines of the log were dropped: nobody took them in time"
            self._write(fact_line("warning", text, {}, Moment().text(time()), self.form))

    def _write(self, data: bytes) -> bool:
        try:
            fd = self._fd if self._fd is not None else sys.stderr.fileno()
        except (AttributeError, ValueError, OSError):  # none, closed, or one that is no file (tests, notebooks)
            return self._write_text(data)
        try:
            while data:
                try:
                    data = data[os.write(fd, data) :]
                except BlockingIOError:  # it was made non-blocking by whoever shares it
                    if not select.select((), (fd,), (), _PATIENCE)[1]:
                        raise
        except (OSError, ValueError):
            self.dropped += data.count(b"\n")
            self._told = self.dropped  # there is nobody to tell
            return False
        return True

    def _write_text(self, data: bytes) -> bool:
        try:
            sys.stderr.write(data.decode("utf-8", "replace"))
        except (AttributeError, ValueError, OSError):
            self.dropped += data.count(b"\n")
            self._told = self.dropped
            return False
        return True


class Records(logging.Handler):
    """Takes what parts of the gateway tell `logging` along to the access log, so that one form and one order hold for
    all. For a program of its own; where the gateway is part of another one, that one decides of `logging`."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, with the last line of its traceback."""
        try:
            facts: dict[str, Any] = {}
            if record.exc_info is not None and record.exc_info[1] is not None:
                facts["exception"] = f"{type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
            self._log.say(record.levelname.lower(), record.getMessage(), facts)
        except Exception:
            self.handleError(record)
