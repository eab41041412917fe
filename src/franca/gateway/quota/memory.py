"""Limits and budgets of one process, in its memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import time
from typing import TYPE_CHECKING

from ..keys.record import VirtualKey
from ..problem import Headers
from ..store.base import SoFar, Sums
from .account import Account, Caps, caps_of, nano
from .admission import Admission, Estimate, Spent
from .calendar import day_of, month_of
from .estimate import Guess
from .refusal import RESET_REQUESTS, RESET_TOKENS, counts_down, unpriced

if TYPE_CHECKING:
    from ..config.shape import LimitsTable

__all__ = ["MemoryQuota", "headers_for"]

_MOST_KEYS = 10_000
_IDLE = 120
_FRESH = 1.0
"""Seconds for which the store's sums serve further keys that are met."""
_PATIENCE = 5.0
"""Seconds that the store has to say what was spent."""
_NOTHING = SoFar()


class _Seat:
    """A key that is in use: its account, its team's, their bounds, and its requests that are under way."""

    __slots__ = ("budget", "caps", "key", "limited", "own", "rated", "running", "team", "team_caps")

    key: VirtualKey

    def __init__(self) -> None:
        self.own = Account()
        self.running: dict[int, _Place] = {}

    def bind(self, key: VirtualKey, team: Account | None) -> None:
        self.key = key
        self.caps = caps_of(key.bounds, f'key "{key.name}"')
        self.team = team
        self.team_caps = _NO_CAPS if team is None else caps_of(key.team_bounds, f'team "{key.team}"')
        self.limited = self.caps.any or self.team_caps.any
        self.rated = self.caps.rated or self.team_caps.rated
        self.budget = self.caps.budget or self.team_caps.budget


class _Place(Admission, kw_only=True):
    """An admission with what must be given back. `asked` is the estimate in billionths of a dollar, `held` what is
    reserved."""

    seat: _Seat
    kind: str
    day: int
    month: int
    asked: int
    held: int
    slot: list[int]
    team: Account | None
    team_slot: list[int]


_NO_CAPS = Caps()


class MemoryQuota:
    """Limits and budgets of one process, for one event loop.

    What is guaranteed: a request is let in only if, for the key and for its team, what was spent, what is reserved for
    requests under way and what is reserved for this one stay within the budgets of the day, of the month and in total;
    looking and reserving are one step. So a budget is overspent at most by what requests take beyond what is reserved
    for them, and not at all while none does. Reserved is the estimate, and at least what any request of that key and
    model cost in the last five minutes that had been estimated too low; it is raised for those under way too. As long
    as nothing is known of a model, requests that set no limit to their answer may together reserve a quarter of what is
    left, so that those first ones may cost four times their estimate.

    A place is given back by `settle` or `release`, once, however often they are called. What was spent is fetched from
    the store (`spent`) when a key is first met that has a budget, or whose team has one, so that budgets survive a
    restart; what the store had not written when the process died is not counted. A request counts in the day and the
    month in which it began. At most 10,000 keys are kept; the longest idle ones leave, and are fetched again.
    """

    def __init__(
        self,
        limits: LimitsTable,
        spent: Callable[[float], Awaitable[Sums]],
        *,
        clock: Callable[[], float] = time,
    ) -> None:
        self._serve = limits.when_down == "serve"
        self._free = limits.unpriced == "free"
        self._spent = spent
        self._clock = clock
        self._seats: dict[str, _Seat] = {}
        self._teams: dict[str, Account] = {}
        self._second = -1
        self._day = -1
        self._month = -1
        self._sums: Sums | None = None
        self._asked = 0.0
        self._asking: asyncio.Future[None] | None = None

    async def admit(self, key: VirtualKey, estimate: Estimate, now: float) -> Admission:
        """See `Quota.admit`. It waits only for the store, when a key is first met."""
        seat = self._seats.get(key.id)
        if seat is None or seat.key is not key:
            seat = self._seat(key, now)
        if not seat.limited:
            return Admission(key, estimate, now)
        if seat.budget and not (seat.own.seeded and (seat.team is None or seat.team.seeded)):
            await self._seed(seat, now)
        second = int(now)
        if second != self._second:
            self._tick(second)
        day, month = self._day, self._month
        own, team, caps = seat.own, seat.team, seat.caps
        own.turn(second, day)
        tokens, cost = estimate.tokens, estimate.cost
        asked, wary, kind = 0, False, ""
        if cost is None:
            if seat.budget and not self._free:
                raise unpriced((caps if caps.budget else seat.team_caps).label)
        elif cost > 0:
            asked = nano(cost)
        need = asked
        if seat.budget:
            if type(estimate) is Guess:
                kind = estimate.kind
                wary = not estimate.capped
            known = own.expects(kind, now)
            if known is not None:
                wary = False
                if known > need:
                    need = known
        problem = own.refusal(caps, tokens, need, wary, now)
        if problem is None and team is not None:
            team.turn(second, day)
            problem = team.refusal(seat.team_caps, tokens, need, wary, now)
        if problem is not None:
            raise problem
        slot = own.take(second, day, month, tokens, need)
        team_slot = slot if team is None else team.take(second, day, month, tokens, need)
        headers: Headers = ()
        if seat.rated:
            used = own if team is None else team
            headers = headers_for(caps, own.requests, own.tokens, seat.team_caps, used.requests, used.tokens)
        place = _Place(
            key, estimate, now, headers, False, seat=seat, kind=kind, day=day, month=month, asked=asked, held=need,
            slot=slot, team=team, team_slot=team_slot,
        )  # fmt: skip
        seat.running[id(place)] = place
        return place

    def settle(self, admission: Admission, spent: Spent) -> None:
        """See `Quota.settle`. Without a cost what was reserved is booked."""
        if admission.over:
            return
        admission.over = True
        if type(admission) is not _Place:
            return
        cost, now = spent.cost, self._clock()
        amount = admission.held if cost is None else nano(cost) if cost > 0 else 0
        self._end(admission, spent.tokens, amount, int(now))
        if cost is not None and admission.seat.budget:
            dearer = admission.seat.own.learn(admission.kind, admission.asked, amount, now)
            if dearer is not None:
                _raise(admission.seat, admission.kind, dearer)

    def release(self, admission: Admission) -> None:
        """See `Quota.release`. Its tokens and its money are free again; it still counts as one of the minute's
        requests, so that failing ones are limited too."""
        if admission.over:
            return
        admission.over = True
        if type(admission) is _Place:
            self._end(admission, 0, 0, int(self._clock()))

    async def close(self) -> None:
        """Nothing is to be written: what was spent is in the store."""
        if self._asking is not None:
            self._asking.cancel()

    def _end(self, place: _Place, tokens: int, amount: int, second: int) -> None:
        seat, more = place.seat, tokens - place.estimate.tokens
        del seat.running[id(place)]
        seat.own.end(place.slot, place.day, place.month, more, place.held, amount, second)
        if place.team is not None:
            place.team.end(place.team_slot, place.day, place.month, more, place.held, amount, second)

    def _tick(self, second: int) -> None:
        self._second = second
        day = day_of(second)
        if day != self._day:
            self._day, self._month = day, month_of(day)

    def _seat(self, key: VirtualKey, now: float) -> _Seat:
        """The key is met for the first time, or was changed."""
        seat = self._seats.get(key.id)
        if seat is None:
            if len(self._seats) >= _MOST_KEYS:
                self._make_room(int(now))
            seat = self._seats[key.id] = _Seat()
        team = None
        if key.team is not None and key.team_bounds.any:
            team = self._teams.get(key.team)
            if team is None:
                team = self._teams[key.team] = Account()
        seat.bind(key, team)
        return seat

    def _make_room(self, second: int) -> None:
        """Forget the tenth of the keys that was idle the longest; those with requests in the window stay."""
        idle = [
            (seat.own.slots[-1][0] if seat.own.slots else 0, id)
            for id, seat in self._seats.items()
            if not seat.running and (not seat.own.slots or seat.own.slots[-1][0] < second - _IDLE)
        ]
        idle.sort()
        for _, id in idle[: _MOST_KEYS // 10]:
            del self._seats[id]

    async def _seed(self, seat: _Seat, now: float) -> None:
        """Ask the store what was spent before. Many that ask at once make one question."""
        if self._asking is None and abs(now - self._asked) >= _FRESH:
            self._asking = asyncio.ensure_future(self._ask(now))
        if self._asking is not None:
            await asyncio.shield(self._asking)
        sums = self._sums
        if sums is None:
            if self._serve:
                return
            raise counts_down("the store of what was spent")
        day = day_of(now)
        for account, spent in (
            (seat.own, sums.keys.get(seat.key.id, _NOTHING)),
            (seat.team, sums.teams.get(seat.key.team or "", _NOTHING)),
        ):
            if account is not None and not account.seeded:
                account.turn(int(now), day)
                account.seed(day, month_of(day), spent)

    async def _ask(self, now: float) -> None:
        self._sums, self._asked = None, now
        try:
            async with asyncio.timeout(_PATIENCE):
                self._sums = await self._spent(now)
        except Exception:  # whatever a store raises: then nobody knows, and `when_down` says what that means
            self._sums = None
        finally:
            self._asking = None


def _raise(seat: _Seat, kind: str, least: int) -> None:
    """What is reserved for requests of this kind was too little: reserve more for those under way."""
    for place in seat.running.values():
        more = least - place.held
        if more > 0 and place.kind == kind:
            place.held = least
            seat.own.hold(place.day, place.month, more)
            if place.team is not None:
                place.team.hold(place.day, place.month, more)


def headers_for(
    caps: Caps, requests: int, tokens: int, team_caps: Caps, team_requests: int, team_tokens: int
) -> Headers:
    """The x-ratelimit-* headers of a request that was let in: of the key or its team, whichever has less left."""
    left, limit = caps.rpm - requests, caps.limit_requests
    more, limit_tokens = caps.tpm - tokens, caps.limit_tokens
    if team_caps.rated:
        if team_caps.rpm - team_requests < left:
            left, limit = team_caps.rpm - team_requests, team_caps.limit_requests
        if team_caps.tpm - team_tokens < more:
            more, limit_tokens = team_caps.tpm - team_tokens, team_caps.limit_tokens
    if limit is None:
        if limit_tokens is None:
            return ()
        return limit_tokens, (b"x-ratelimit-remaining-tokens", b"%d" % (more if more > 0 else 0)), RESET_TOKENS
    requests_left = (b"x-ratelimit-remaining-requests", b"%d" % (left if left > 0 else 0))
    if limit_tokens is None:
        return limit, requests_left, RESET_REQUESTS
    return (
        limit, requests_left, RESET_REQUESTS,
        limit_tokens, (b"x-ratelimit-remaining-tokens", b"%d" % (more if more > 0 else 0)), RESET_TOKENS,
    )  # fmt: skip
