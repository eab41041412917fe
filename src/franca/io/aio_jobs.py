"""Functions of the caller's that run beside a flow, with asyncio: coroutines as tasks, others in threads so that they
never block the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from .jobs import ThreadJob

__all__ = ["TaskJob", "wait_for_any"]

_GRACE = 1.0  # seconds that cancelled tools have to clean up before their caller's cancellation goes on


class TaskJob:
    """One call of a function, as a task of the running loop."""

    __slots__ = ("_coroutine", "ended", "error", "task", "value")

    def __init__(self, function: Callable[..., Any], arguments: dict[str, Any], *, coroutine: bool) -> None:
        self.value: Any = None
        # A task that is cancelled before its first step never runs: then this is how it ended, not without a result.
        self.error: BaseException | None = asyncio.CancelledError("the tool was cancelled before it began")
        self.ended = monotonic()
        self._coroutine = coroutine
        self.task = asyncio.get_running_loop().create_task(self._work(function, arguments))

    @property
    def done(self) -> bool:
        return self.task.done()

    async def _work(self, function: Callable[..., Any], arguments: dict[str, Any]) -> None:
        """Never raises: what the function raised is the job's error."""
        self.error = None
        try:
            if self._coroutine:
                value = function(**arguments)
            else:
                job = await _in_thread(function, arguments)
                value, self.error = job.value, job.error
            self.value = await value if hasattr(value, "__await__") else value
        except BaseException as error:
            self.error = error
        self.ended = monotonic()

    def drop(self) -> bool:
        """Cancel it. A function in a thread goes on all the same."""
        self.task.cancel()
        return self._coroutine


async def _in_thread(function: Callable[..., Any], arguments: dict[str, Any]) -> ThreadJob:
    # Not asyncio.to_thread: the end of the loop waits for the threads of its executor, for ever if one hangs.
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()

    def tell() -> None:
        with suppress(RuntimeError):  # the loop is over: nobody waits any more
            loop.call_soon_threadsafe(_end, ended)

    job = ThreadJob(function, arguments, tell)
    job.start()
    await ended
    return job


def _end(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


async def wait_for_any(jobs: Sequence[TaskJob], until: float | None) -> None:
    """Wait until one of the jobs is done, or until the time on `time.monotonic()`. When the waiting is cancelled, so
    are the jobs, and they have a moment to clean up."""
    tasks = [job.task for job in jobs]
    timeout = None if until is None else max(0.0, until - monotonic())
    try:
        await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks, timeout=_GRACE)
        raise
