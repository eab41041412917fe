"""What runs beside the requests: named tasks, of which each ends when another of its name begins."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from logging import getLogger
from typing import Any

__all__ = ["Background"]

_log = getLogger("franca.gateway")


class Background:
    """Tasks of one event loop, ended together."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Run this beside the requests, instead of what ran under that name."""
        before = self._tasks.pop(name, None)
        if before is not None:
            before.cancel()
        task = asyncio.get_running_loop().create_task(work, name=f"franca: {name}")
        task.add_done_callback(_told)
        self._tasks[name] = task

    async def end(self) -> None:
        """Cancel all and wait until they are over."""
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _told(task: asyncio.Task[None]) -> None:
    """A task that failed says so at once, and not when it happens to be collected."""
    if not task.cancelled() and task.exception() is not None:
        _log.error("%s failed", task.get_name(), exc_info=task.exception())
