"""What limits and budgets of several processes have in common, wherever the counts are kept."""

from __future__ import annotations

import asyncio
import os
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from itertools import count
from logging import getLogger
from time import time
from typing import TYPE_CHECKING

from msgspec import Struct

from ..keys.record import VirtualKey
from ..problem import Headers, Problem
from ..store.base import SoFar, Sums
from .account import Caps, caps_of, nano
from .admission import Admission, Estimate, Spent
from .calendar import day_of, month_of
from .estimate import Guess
from .memory import MemoryQuota, headers_for
from .refusal import counts_down, unpriced

if TYPE_CHECKING:
    from ..config.shape import LimitsTable

__all__ = ["CountsDown", "Give", "Seed", "SharedQuota", "Take", "Verdict"]

_PATIENCE = 5.0
"""Seconds that the counts, or the store, have to answer."""
_FRESH = 0.5
"""Seconds for which the store's sums serve further keys that are met."""
_MOST_PLANS = 10_000
_NO_CAPS = Caps()
_NOTHING = SoFar()


class CountsDown(Exception):
    """The shared counts cannot be reached or written at the moment."""


class _StoreSilent(CountsDown):
    """The store does not say what was spent."""


class Take(Struct):
    """May this request come in? `id` names it for ever; `now` is Unix seconds, money is billionths of a dollar."""

    id: str
    key: str
    team: str
    """"" where no team counts."""
    caps: Caps
    team_caps: Caps
    now: float
    day: int
    month: int
    tokens: int
    asked: int
    kind: str
    capped: bool


class Verdict(Struct):
    """The answer: a problem, or the counts after it came in. `unseeded` are accounts of which nobody knows what they
    spent before ("key", "team"); then nothing was decided."""

    problem: Problem | None = None
    requests: int = 0
    tokens: int = 0
    team_requests: int = 0
    team_tokens: int = 0
    unseeded: tuple[str, ...] = ()


class Give(Struct):
    """This request is over. `amount` None: what was reserved is booked; `learns` says that it tells something of others
    of its kind. `again` is set when it was sent before and nobody knows whether that arrived."""

    take: Take
    more: int
    """Tokens beyond the estimate, or below it."""
    amount: int | None
    now: float
    learns: bool
    again: bool = False


class Seed(Struct):
    """What the store knows of an account ("key" or "team") and its name."""

    kind: str
    name: str
    spent: SoFar
    now: float
    day: int
    month: int


class _Plan(Struct):
    key: VirtualKey
    caps: Caps
    team_caps: Caps
    team: str
    limited: bool
    budget: bool
    checked: int = -1
    """The number of outages after which the counts were compared with the store."""


class _Ticket(Admission, kw_only=True):
    take: Take


class SharedQuota(ABC):
    """Limits and budgets of several processes. Subclasses count: each `_take` and `_give` is one step that nothing
    comes between, for key and team together.

    What is guaranteed is what `MemoryQuota` guarantees, for all processes together, as long as the counts can be
    reached and lose nothing. When they cannot be reached, `when_down` says what happens to keys with limits: "refuse"
    turns their requests away (503), "serve" lets each process count for itself meanwhile, beginning with what the store
    knows. Counts that were lost are filled in again from the store, and after an outage they are brought up to what the
    store knows; what it has not written yet at that moment, and what is reserved for requests under way, is missing.

    The places of a process that is killed are free again when its lease ends; what its requests had cost until then
    nobody knows, and it is not counted. A request that is cancelled while it waits to be let in takes nothing.
    """

    def __init__(
        self,
        limits: LimitsTable,
        spent: Callable[[float], Awaitable[Sums]],
        *,
        clock: Callable[[], float] = time,
    ) -> None:
        self._limits = limits
        self._serve = limits.when_down == "serve"
        self._free = limits.unpriced == "free"
        self._spent = spent
        self._clock = clock
        self._plans: dict[str, _Plan] = {}
        self._local = MemoryQuota(limits, spent, clock=clock)
        self._instance = os.urandom(8).hex()
        self._numbers = count(1)
        self._asking: asyncio.Future[None] | None = None
        self._sums: Sums | None = None
        self._asked = 0.0
        self._told = False
        self._outages = 0

    @abstractmethod
    def _take(self, take: Take) -> asyncio.Future[Verdict]:
        """Count it, if it fits. The future fails with CountsDown."""

    @abstractmethod
    def _give(self, give: Give) -> None:
        """Count it out; never waits and never fails."""

    @abstractmethod
    async def _seed(self, seeds: list[Seed]) -> None:
        """Put down what was spent before. Raises CountsDown."""

    @abstractmethod
    async def close(self) -> None:
        """Write down what is not written yet, and let go of the counts."""

    async def admit(self, key: VirtualKey, estimate: Estimate, now: float) -> Admission:
        """See `Quota.admit`."""
        plan = self._plans.get(key.id)
        if plan is None or plan.key is not key:
            plan = self._plan(key)
        if not plan.limited:
            return Admission(key, estimate, now)
        if estimate.cost is None and plan.budget and not self._free:
            raise unpriced((plan.caps if plan.caps.budget else plan.team_caps).label)
        guess = estimate if type(estimate) is Guess else None
        day = day_of(now)
        take = Take(
            f"{self._instance}.{next(self._numbers)}", key.id, plan.team, plan.caps, plan.team_caps, now, day,
            month_of(day), estimate.tokens, nano(estimate.cost or 0.0), "" if guess is None else guess.kind,
            guess is None or guess.capped,
        )  # fmt: skip
        try:
            if plan.budget and plan.checked != self._outages:
                await self._check(plan, take)
            verdict = await self._ask(take)
        except CountsDown as error:
            return await self._without(key, estimate, now, error)
        if verdict.problem is not None:
            raise verdict.problem
        return _Ticket(key, estimate, now, _headers(plan, verdict), False, take=take)

    def settle(self, admission: Admission, spent: Spent) -> None:
        """See `Quota.settle`. Without a cost what was reserved is booked."""
        if type(admission) is not _Ticket:
            self._local.settle(admission, spent)
        elif not admission.over:
            admission.over = True
            amount = None if spent.cost is None else nano(spent.cost)
            more = spent.tokens - admission.estimate.tokens
            self._give(Give(admission.take, more, amount, self._clock(), amount is not None))

    def release(self, admission: Admission) -> None:
        """See `Quota.release`. Its tokens and its money are free again; it still counts as one of the minute's
        requests, so that failing ones are limited too."""
        if type(admission) is not _Ticket:
            self._local.release(admission)
        elif not admission.over:
            admission.over = True
            self._undo(admission.take)

    def _undo(self, take: Take) -> None:
        self._give(Give(take, -take.tokens, 0, self._clock(), False))

    async def _ask(self, take: Take) -> Verdict:
        """The verdict; twice, when it must first be said what was spent before."""
        for _ in range(3):
            future = self._take(take)
            try:
                async with asyncio.timeout(_PATIENCE):
                    verdict = await asyncio.shield(future)
            except TimeoutError:
                future.add_done_callback(lambda done: self._abandoned(done, take))
                raise CountsDown("no answer in time") from None
            except asyncio.CancelledError:
                # The caller went away, but the question is on its way: what it takes is given back.
                future.add_done_callback(lambda done: self._abandoned(done, take))
                raise
            if not verdict.unseeded:
                return verdict
            await self._tell(take, verdict.unseeded)
        raise CountsDown("what was spent is forgotten as soon as it is said")

    def _abandoned(self, done: asyncio.Future[Verdict], take: Take) -> None:
        if done.cancelled() or done.exception() is not None:
            return
        verdict = done.result()
        if verdict.problem is None and not verdict.unseeded:
            self._undo(take)

    async def _check(self, plan: _Plan, take: Take) -> None:
        """Bring the counts up to what the store knows: once when a key is first met, and once after each outage. They
        may be older than the store, or have missed what was spent without them."""
        plan.checked = self._outages
        unseeded = (*(("key",) if plan.caps.budget else ()), *(("team",) if plan.team_caps.budget else ()))
        try:
            await self._tell(take, unseeded)
        except _StoreSilent:  # then the counts are believed, if there are any
            return

    async def _tell(self, take: Take, unseeded: tuple[str, ...]) -> None:
        """Ask the store what was spent, and put it down. Many that ask at once make one question."""
        if self._sums is None or abs(take.now - self._asked) >= _FRESH:
            if self._asking is None:
                self._asking = asyncio.ensure_future(self._fetch(take.now))
            await asyncio.shield(self._asking)
        sums = self._sums
        assert sums is not None
        seeds = []
        if "key" in unseeded:
            spent = sums.keys.get(take.key, _NOTHING)
            seeds.append(Seed("key", take.key, spent, take.now, take.day, take.month))
        if "team" in unseeded:
            spent = sums.teams.get(take.team, _NOTHING)
            seeds.append(Seed("team", take.team, spent, take.now, take.day, take.month))
        await self._seed(seeds)

    async def _fetch(self, now: float) -> None:
        self._sums = None
        try:
            async with asyncio.timeout(_PATIENCE):
                self._sums, self._asked = await self._spent(now), now
        except Exception as error:  # whatever a store raises: then nobody knows
            raise _StoreSilent(f"the store does not say what was spent: {type(error).__name__}") from None
        finally:
            self._asking = None

    async def _without(self, key: VirtualKey, estimate: Estimate, now: float, error: CountsDown) -> Admission:
        if not self._told:
            self._told = True
            self._outages += 1
            # What the last outage left is old; requests that it let in are still given back to it.
            self._local = MemoryQuota(self._limits, self._spent, clock=self._clock)
            what = "each process counts for itself" if self._serve else "requests of keys with limits are refused"
            getLogger("franca").warning("limits: the shared counts are down (%s); %s", error, what)
        if not self._serve:
            raise counts_down("the shared counts") from None
        return await self._local.admit(key, estimate, now)

    def _reached(self) -> None:
        """The counts answer (again)."""
        if self._told:
            self._told = False
            getLogger("franca").warning("limits: the shared counts are there again")

    def _plan(self, key: VirtualKey) -> _Plan:
        if len(self._plans) >= _MOST_PLANS:
            self._plans.clear()
        caps = caps_of(key.bounds, f'key "{key.name}"')
        team_caps, team = _NO_CAPS, ""
        if key.team and key.team_bounds.any:
            team_caps, team = caps_of(key.team_bounds, f'team "{key.team}"'), key.team
        plan = _Plan(key, caps, team_caps, team, caps.any or team_caps.any, caps.budget or team_caps.budget)
        if (old := self._plans.get(key.id)) is not None and (old.budget, old.team) == (plan.budget, team):
            plan.checked = old.checked
        self._plans[key.id] = plan
        return plan


def _headers(plan: _Plan, verdict: Verdict) -> Headers:
    if not (plan.caps.rated or plan.team_caps.rated):
        return ()
    return headers_for(
        plan.caps, verdict.requests, verdict.tokens, plan.team_caps, verdict.team_requests, verdict.team_tokens
    )
