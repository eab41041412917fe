"""The store of `[store] url = "none"`: it keeps nothing, and says so where that would be a loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...errors import BadUsage
from ..keys.record import VirtualKey
from .base import RequestEntry, Sums, UsageLine, UsageQuery
from .row import UsageRow

__all__ = ["Nowhere"]


class Nowhere:
    """A `Store` that forgets at once."""

    shown = "none"

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do."""

    async def add(self, rows: Sequence[UsageRow], batch: str | None = None) -> None:
        """They are forgotten."""

    async def log(self, entries: Sequence[RequestEntry], batch: str | None = None) -> None:
        """They are forgotten."""

    async def usage(self, query: UsageQuery) -> list[UsageLine]:
        """One line of nothing for all, no line by anything."""
        return [] if query.by else [UsageLine()]

    async def row(self, name: str, key: str | None = None) -> UsageRow | None:
        """There is none."""
        return None

    async def spent(self, now: float) -> Sums:
        """Nobody knows."""
        return Sums({}, {})

    async def keys(self) -> list[VirtualKey]:
        """There are none."""
        return []

    async def keys_version(self) -> int:
        """Nothing changes."""
        return 0

    async def put_key(self, key: VirtualKey) -> None:
        """Raises BadUsage: a key that was handed out and forgotten would be worse than none."""
        raise BadUsage('there is no store to keep a key in ([store] url is "none"): write it into the configuration')

    async def change_key(self, id: str, change: Callable[[VirtualKey], VirtualKey]) -> VirtualKey | None:
        """There is none."""
        return None

    async def requests(
        self, *, key: str | None = None, outcome: str | None = None, before: float | None = None, most: int = 100
    ) -> list[RequestEntry]:
        """There are none."""
        return []

    async def request(self, id: str) -> RequestEntry | None:
        """There is none."""
        return None

    async def prune(self, *, usage_before: float | None = None, requests_before: float | None = None) -> int:
        """Nothing to remove."""
        return 0
