"""The methods of a store that speaks SQL: each is a script, run by whoever has the database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from os import urandom
from time import time
from typing import TypeVar

from ..keys.record import VirtualKey
from . import scripts
from .base import RequestEntry, Sums, UsageLine, UsageQuery
from .row import UsageRow

__all__ = ["ScriptedStore"]

Result = TypeVar("Result")


class ScriptedStore(ABC):
    """A `Store` over SQL. `shown` says where it is, without a password."""

    shown = ""
    _lock = ""
    _holds = ""

    @abstractmethod
    async def open(self) -> None:
        """Connect, and bring the tables up to date."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of connections and files."""

    @abstractmethod
    async def _write(self, script: scripts.Script[Result]) -> Result:
        """Run a script as one transaction, alone among those that write."""

    @abstractmethod
    async def _read(self, script: scripts.Script[Result]) -> Result:
        """Run a script that only reads."""

    async def add(self, rows: Sequence[UsageRow], batch: str | None = None) -> None:
        """Keep rows; a batch of the same name only once."""
        if rows:
            await self._write(scripts.add_rows(rows, batch or urandom(16).hex(), time()))

    async def log(self, entries: Sequence[RequestEntry], batch: str | None = None) -> None:
        """Keep requests in the log; a batch of the same name only once."""
        if entries:
            await self._write(scripts.log_requests(entries, batch or urandom(16).hex(), time()))

    async def usage(self, query: UsageQuery) -> list[UsageLine]:
        """The sums that were asked for."""
        return await self._read(scripts.sum_usage(query, self._holds))

    async def row(self, name: str, key: str | None = None) -> UsageRow | None:
        """The latest row of a generation or a request."""
        return await self._read(scripts.find_row(name, key))

    async def spent(self, now: float) -> Sums:
        """What was spent up to now, by key and by team."""
        return await self._read(scripts.sum_spent(now))

    async def keys(self) -> list[VirtualKey]:
        """All keys."""
        return await self._read(scripts.list_keys())

    async def keys_version(self) -> int:
        """A number that changes with each change of a key."""
        return await self._read(scripts.read_keys_version())

    async def put_key(self, key: VirtualKey) -> None:
        """Keep a key, in the place of the one with its id."""
        await self._write(scripts.keep_key(key))

    async def change_key(self, id: str, change: Callable[[VirtualKey], VirtualKey]) -> VirtualKey | None:
        """Change a key as one step."""
        return await self._write(scripts.change_key(id, change, self._lock))

    async def requests(
        self, *, key: str | None = None, outcome: str | None = None, before: float | None = None, most: int = 100
    ) -> list[RequestEntry]:
        """The latest requests of the log, without their bodies."""
        return await self._read(scripts.list_requests(key, outcome, before, most))

    async def request(self, id: str) -> RequestEntry | None:
        """One request of the log, with its bodies."""
        return await self._read(scripts.find_request(id))

    async def prune(self, *, usage_before: float | None = None, requests_before: float | None = None) -> int:
        """Remove old rows, some at a time, so that nobody waits long; how many."""
        gone = 0
        # The name of a batch is needed for as long as it may be sent again, which is minutes.
        for table, before in (("usage", usage_before), ("requests", requests_before), ("batches", time() - 86400)):
            removed = 0 if before is None else await self._write(scripts.prune(table, before))
            while removed:
                gone += 0 if table == "batches" else removed
                removed = await self._write(scripts.prune(table, float(before or 0)))
        return gone
