"""What tests of limits and budgets share: a clock to set, a store that says what was spent, and each kind of counts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from gw_redis import RedisServer

from franca.gateway.config.shape import LimitsTable
from franca.gateway.keys.record import Bounds, VirtualKey
from franca.gateway.problem import Problem
from franca.gateway.quota.admission import Admission, Quota, Spent
from franca.gateway.quota.estimate import Guess
from franca.gateway.quota.file import FileQuota
from franca.gateway.quota.memory import MemoryQuota
from franca.gateway.quota.redis import RedisQuota
from franca.gateway.store.base import SoFar, Sums

__all__ = ["NOON", "Bench", "Clock", "Ledger", "admitted", "code_of", "guess", "until"]

NOON = 1_768_478_400.0
"""15 January 2026, 12:00 UTC."""


class Clock:
    """The time, to be set."""

    def __init__(self, now: float = NOON) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Ledger:
    """A store, as far as limits know one: what was spent before. `down` makes it fail."""

    def __init__(self) -> None:
        self.keys: dict[str, SoFar] = {}
        self.teams: dict[str, SoFar] = {}
        self.asked = 0
        self.down = False

    async def spent(self, now: float) -> Sums:
        self.asked += 1
        await asyncio.sleep(0)
        if self.down:
            raise ConnectionError("the store is away")
        return Sums(dict(self.keys), dict(self.teams))


class Bench:
    """One kind of counts ("memory", "file", "redis"), and keys whose names no other test has."""

    _numbers: Iterator[int] = count(1)

    def __init__(self, kind: str, folder: Path, server: RedisServer | None = None) -> None:
        self.kind, self._folder, self._server = kind, folder, server
        self.clock = Clock()
        self.ledger = Ledger()

    def open(self, *, lease: float = 30.0, **limits: Any) -> Quota:
        """Counts over the same file or server as all others of this bench."""
        table = LimitsTable(**limits)
        if self.kind == "memory":
            return MemoryQuota(table, self.ledger.spent, clock=self.clock)
        if self.kind == "file":
            path = str(self._folder / "limits.db")
            return FileQuota(table, path, self.ledger.spent, clock=self.clock, lease=lease)
        assert self._server is not None
        return RedisQuota(table, self._server.url, self.ledger.spent, clock=self.clock, lease=lease)

    def key(self, team: str | None = None, team_bounds: Bounds | None = None, **bounds: Any) -> VirtualKey:
        """A new key with these bounds."""
        number = next(self._numbers)
        return VirtualKey(
            id=f"key_{self.kind}_{number}", name=f"k{number}", hash="0" * 64, bounds=Bounds(**bounds), team=team,
            team_bounds=team_bounds or Bounds(),
        )  # fmt: skip

    def team(self) -> str:
        """The name of a new team."""
        return f"team_{self.kind}_{next(self._numbers)}"

    def run(self, scene: Callable[[Quota], Awaitable[None]], **limits: Any) -> None:
        """Play a scene with counts that are closed behind it."""

        async def play() -> None:
            quota = self.open(**limits)
            try:
                await scene(quota)
            finally:
                await quota.close()

        asyncio.run(play())


def guess(tokens: int = 10, cost: float | None = 0.0, kind: str = "m", capped: bool = True) -> Guess:
    """An estimate."""
    return Guess(tokens, cost, kind, capped)


async def code_of(admitting: Awaitable[Admission]) -> str:
    """The code of the problem, "in" when there was none."""
    try:
        await admitting
    except Problem as problem:
        return str(problem.code)
    return "in"


async def admitted(quota: Quota, key: VirtualKey, cost: float, many: int, now: float, **more: Any) -> list[Admission]:
    """So many requests at once; those that came in. The others must be told of a budget."""
    asked = (quota.admit(key, guess(cost=cost, **more), now) for _ in range(many))
    found = await asyncio.gather(*asked, return_exceptions=True)
    for one in found:
        if not isinstance(one, Admission):
            assert isinstance(one, Problem), one
            assert one.code in ("budget_reserved", "insufficient_quota"), one
    return [one for one in found if isinstance(one, Admission)]


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 15.0) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(seconds):
        while not await holds():
            await asyncio.sleep(0.02)


def spent(cost: float | None, tokens: int = 10) -> Spent:
    """What a request took."""
    return Spent(tokens, cost)
