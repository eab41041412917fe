"""Stores for tests, and rows to put into them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from franca.gateway.store.base import Store, open_store
from franca.gateway.store.row import UsageRow

Result = TypeVar("Result")

DAY = 86400
NOON = 1_795_262_400.0
"""2026-11-21T12:00:00Z"""


class Books:
    """A store that outlives its being closed: each `run` opens it in a loop of its own."""

    def __init__(self, url: str, beside: Path) -> None:
        self.url, self.beside = url, beside

    def store(self) -> Store:
        """A new one, of what was kept."""
        return open_store(self.url, self.beside)

    def run(self, act: Callable[[Store], Awaitable[Result]]) -> Result:
        """Do something with it."""

        async def acted() -> Result:
            store = self.store()
            try:
                return await act(store)
            finally:
                await store.close()

        return asyncio.run(acted())


def row(**given: Any) -> UsageRow:
    """A request that went well, with differences."""
    usual: dict[str, Any] = {
        "id": "req_1", "at": NOON, "seconds": 0.5, "first": 0.2, "key": "key_a", "team": "red", "tags": (),
        "route": "chat", "asked": "sim/echo", "server": "sim", "model": "echo", "generation": "chatcmpl-1",
        "status": 200, "outcome": "ok", "tries": 1, "prompt_tokens": 10, "completion_tokens": 5, "cost": 0.25,
    }  # fmt: skip
    return UsageRow(**(usual | given))
