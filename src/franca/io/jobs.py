"""Functions of the caller's that run beside a flow, in threads: the tools of a model.

A thread of Python cannot be killed. One that nobody waits for any more goes on to its end; it is a daemon thread, so
the program's exit does not wait for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextvars import copy_context
from time import monotonic
from typing import Any

__all__ = ["ThreadJob", "wait_for_any"]

_LOOK = 1.0  # seconds between two looks for an interrupt, where waiting for a lock holds it back (Windows)


class ThreadJob:
    """One call of a function, with the context variables of whoever began it."""

    __slots__ = ("_arguments", "_context", "_function", "done", "ended", "error", "tell", "value")

    def __init__(
        self, function: Callable[..., Any], arguments: dict[str, Any], tell: Callable[[], Any] | None = None
    ) -> None:
        self._function = function
        self._arguments = arguments
        self._context = copy_context()
        self.value: Any = None
        self.error: BaseException | None = None
        self.ended = 0.0
        self.done = False
        self.tell = tell
        """Called in the job's thread when it is done."""

    def start(self) -> None:
        name = getattr(self._function, "__name__", "tool")
        threading.Thread(target=self._context.run, args=(self.work,), name=f"franca {name}", daemon=True).start()

    def work(self) -> None:
        """Run the function, here."""
        try:
            self.value = self._function(**self._arguments)
        except BaseException as error:
            self.error = error
        self.ended = monotonic()
        self.done = True  # before `tell` is read: whoever sets it looks at `done` afterwards
        if self.tell is not None:
            self.tell()

    def drop(self) -> bool:
        """Nobody waits for it any more; it goes on all the same."""
        return False


def wait_for_any(jobs: Sequence[ThreadJob], until: float | None) -> None:
    """Wait until one of the jobs is done, or until the time on `time.monotonic()`."""
    woken = threading.Event()
    for job in jobs:
        job.tell = woken.set
    while not any(job.done for job in jobs):
        left = _LOOK if until is None else until - monotonic()
        if left <= 0:
            return
        woken.wait(min(left, _LOOK))
