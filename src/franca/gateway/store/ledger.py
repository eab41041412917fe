"""The ledger: each request's row of usage on its way to the store, and what is removed there in time."""

from __future__ import annotations

import asyncio
from logging import getLogger
from time import time

from ..config.shape import RequestsTable, StoreTable
from .base import Store, StoreDown
from .outbox import Outbox
from .row import UsageRow

__all__ = ["Ledger"]

_DAY = 86400.0
_TIDY_EVERY = 3600.0
_log = getLogger("franca.gateway")


class Ledger:
    """Rows of usage, written behind the back of the requests. See `Outbox` for how.

    `note` is for the thread of the event loop; nothing else of it is on the way of a request.
    """

    def __init__(self, store: Store, table: StoreTable, requests: RequestsTable | None = None) -> None:
        self.store = store
        self._table = table
        self._request_days = 0 if requests is None else requests.days
        self._out: Outbox[UsageRow] = Outbox(store.add, flush=table.flush, most=table.queue, what="rows of usage")
        self.note = self._out.put
        """Take a row along. Never waits."""
        self._tidying: asyncio.Task[None] | None = None

    @property
    def dropped(self) -> int:
        """Rows that were lost, because the store was down for too long."""
        return self._out.dropped

    @property
    def written(self) -> int:
        """Rows that the store has."""
        return self._out.written

    @property
    def waiting(self) -> int:
        """Rows that are not written yet."""
        return self._out.waiting

    @property
    def down(self) -> str:
        """What is wrong with the store at the moment, "" when nothing is known to be."""
        return self._out.down

    @property
    def refuses(self) -> bool:
        """Whether requests are to be refused, because the store is down and the configuration wants that."""
        return self._table.when_down == "refuse" and self._out.down != ""

    def start(self) -> None:
        """Begin to remove what is older than the configuration wants it kept, now and each hour."""
        if self._tidying is None:
            self._tidying = asyncio.get_running_loop().create_task(self._tidy_often(), name="franca: tidies the store")

    async def flush(self, limit: float | None = None) -> bool:
        """Wait until all rows noted up to now are written; False when they are not within `limit` seconds."""
        return await self._out.flush(limit)

    async def close(self, limit: float = 5.0) -> None:
        """Write what is left, for so many seconds. The store stays open."""
        task, self._tidying = self._tidying, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        await self._out.close(limit)

    async def tidy(self, now: float) -> int:
        """Remove what is too old; how many rows. Raises StoreDown."""
        days = self._table.days
        return await self.store.prune(
            usage_before=now - days * _DAY if days else None,
            requests_before=now - self._request_days * _DAY if self._request_days else None,
        )

    async def _tidy_often(self) -> None:
        while True:
            try:
                await self.tidy(time())
            except StoreDown:
                pass  # the rows that wait tell it
            except Exception as error:
                _log.error("old rows of the store cannot be removed: %s", type(error).__name__)
            await asyncio.sleep(_TIDY_EVERY)
