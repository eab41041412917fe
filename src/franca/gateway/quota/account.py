"""What one key or team has in use, and whether one request more fits: pure counting, without clock, lock or I/O.

Requests and tokens a minute are counted by second over the last 60 seconds of the clock. So in any 60 seconds in a row
no more than the limit is let in, where a bucket that refills would let in twice as much in its first minute; a caller
who keeps exactly to the pace is never turned away, and what is kept is at most 60 small lists.

Money is counted in whole billionths of a dollar: sums of floats would not come back to zero.
"""

from __future__ import annotations

from msgspec import Struct, field

from ..keys.record import Bounds
from ..problem import Problem
from . import refusal
from .calendar import month_of

__all__ = ["NONE", "Account", "Caps", "caps_of", "nano"]

NONE = 1 << 62
"""A limit that nothing reaches."""
_WINDOW = 60
_PERIOD = 300
"""Seconds of which the dearest request is remembered; it counts for one such period more."""
_MOST = 4e9
_MOST_KINDS = 64
_WARY = 4
"""Of a budget, requests of which nothing is known yet may reserve one part in so many."""


def nano(dollars: float) -> int:
    """Dollars as whole billionths. What is no amount of money (NaN, negative) is 0."""
    if 0 < dollars < _MOST:
        return int(dollars * 1e9 + 0.5)
    return int(_MOST * 1e9) if dollars > 0 else 0


class Caps(Struct, frozen=True):
    """Bounds ready to compare with; what is not limited is a number that nothing reaches."""

    label: str = ""
    """Whose they are, for a caller: 'key "ci"'."""
    rpm: int = NONE
    tpm: int = NONE
    parallel: int = NONE
    day: int = NONE
    month: int = NONE
    total: int = NONE
    budget: bool = False
    any: bool = False
    rated: bool = False
    """Whether there is an rpm or a tpm."""
    limit_requests: tuple[bytes, bytes] | None = None
    limit_tokens: tuple[bytes, bytes] | None = None


def caps_of(bounds: Bounds, label: str) -> Caps:
    """The bounds of a key or team; None where there are none stands for no limit."""
    rpm, tpm = bounds.rpm, bounds.tpm
    return Caps(
        label=label,
        rpm=NONE if rpm is None else rpm,
        tpm=NONE if tpm is None else tpm,
        parallel=NONE if bounds.parallel is None else bounds.parallel,
        day=NONE if bounds.day is None else nano(bounds.day),
        month=NONE if bounds.month is None else nano(bounds.month),
        total=NONE if bounds.total is None else nano(bounds.total),
        budget=bounds.has_budget,
        any=bounds.any,
        rated=rpm is not None or tpm is not None,
        limit_requests=None if rpm is None else (b"x-ratelimit-limit-requests", b"%d" % rpm),
        limit_tokens=None if tpm is None else (b"x-ratelimit-limit-tokens", b"%d" % tpm),
    )


class Account(Struct):
    """What is in use. `slots` are [second, requests, tokens], the oldest first; `day` and `month` are those that
    `day_spent` and `month_spent` belong to."""

    slots: list[list[int]] = field(default_factory=list)
    requests: int = 0
    tokens: int = 0
    running: int = 0
    day: int = -1
    month: int = -1
    day_spent: int = 0
    month_spent: int = 0
    total_spent: int = 0
    day_held: int = 0
    month_held: int = 0
    total_held: int = 0
    seeded: bool = False
    """Whether the store was asked what was spent before."""
    dearest: dict[str, list[int]] = field(default_factory=dict)
    """By kind of request: [period, in it, in the one before], the most that a request cost which cost more than it was
    expected to; 0 where none did."""

    def turn(self, second: int, day: int) -> None:
        """Go on to this moment: what is older than the window leaves it, and a new day and month begin at nothing.

        A clock that runs a little behind another one counts at the other's moment; one that was set back starts anew.
        """
        self._slide(second)
        if day > self.day or day < self.day - 1:
            self._begin(day)

    def _slide(self, second: int) -> None:
        slots = self.slots
        if slots:
            behind = slots[-1][0] - second
            if behind >= _WINDOW:
                for slot in slots:
                    slot[0] = -1
                slots.clear()
                self.requests = self.tokens = 0
            elif behind < 0:
                oldest = second - _WINDOW
                while slots and slots[0][0] <= oldest:
                    gone = slots.pop(0)
                    self.requests -= gone[1]
                    self.tokens -= gone[2]

    def _begin(self, day: int) -> None:
        if day < self.day:
            self.seeded = False
        month = month_of(day)
        self.day, self.day_spent, self.day_held = day, 0, 0
        if month != self.month:
            self.month, self.month_spent, self.month_held = month, 0, 0

    def refusal(self, caps: Caps, tokens: int, need: int, wary: bool, now: float) -> Problem | None:
        """Why a request does not fit now; None when it does. `need` is what it may cost; a budget says nothing of what
        costs nothing. `wary`: nobody knows yet how true such an estimate is."""
        if (
            need
            and caps.budget
            and (
                wary
                or self.day_spent + self.day_held + need > caps.day
                or self.month_spent + self.month_held + need > caps.month
                or self.total_spent + self.total_held + need > caps.total
            )
        ):
            problem = self._poor(caps, need, wary)
            if problem is not None:
                return problem
        if self.running >= caps.parallel:
            return refusal.over_parallel(caps.label, caps.parallel)
        if self.requests >= caps.rpm:
            return refusal.over_requests(caps.label, caps.rpm, self._wait(1, self.requests + 1 - caps.rpm, now))
        if self.tokens + tokens > caps.tpm:
            if tokens > caps.tpm:
                return refusal.too_large(caps.label, caps.tpm, tokens)
            wait = self._wait(2, self.tokens + tokens - caps.tpm, now)
            return refusal.over_tokens(caps.label, caps.tpm, caps.tpm - self.tokens, tokens, wait)
        return None

    def _poor(self, caps: Caps, need: int, wary: bool) -> Problem | None:
        periods = (
            ("day", caps.day, self.day_spent, self.day_held),
            ("month", caps.month, self.month_spent, self.month_held),
            ("total", caps.total, self.total_spent, self.total_held),
        )
        for name, limit, spent, _ in periods:
            if spent + need > limit:
                return refusal.is_spent(caps.label, name, limit, spent, need)
        for name, limit, spent, held in periods:
            if spent + held + need > limit or (wary and held and (held + need) * _WARY > limit - spent):
                return refusal.is_reserved(caps.label, name, limit)
        return None

    def _wait(self, column: int, much: int, now: float) -> float:
        """Seconds until so much has left the window."""
        for slot in self.slots:
            much -= slot[column]
            if much <= 0:
                return max(0.001, slot[0] + _WINDOW - now)
        return float(_WINDOW)

    def take(self, second: int, day: int, month: int, tokens: int, need: int) -> list[int]:
        """Count a request that fits; gives the slot in which it counts."""
        slots = self.slots
        if slots and slots[-1][0] >= second:
            slot = slots[-1]
            slot[1] += 1
            slot[2] += tokens
        else:
            slot = [second, 1, tokens]
            slots.append(slot)
        self.requests += 1
        self.tokens += tokens
        self.running += 1
        if need:
            if day == self.day:
                self.day_held += need
            if month == self.month:
                self.month_held += need
            self.total_held += need
        return slot

    def hold(self, day: int, month: int, more: int) -> None:
        """Reserve more (or less) for a request that began on this day; another day has nothing to do with it."""
        if day == self.day:
            self.day_held += more
        if month == self.month:
            self.month_held += more
        self.total_held += more

    def end(self, slot: list[int], day: int, month: int, more: int, held: int, amount: int, second: int) -> None:
        """A request is over that counted in `slot`: it took `more` tokens than was thought (or less), gives back what
        was held for it, and spent `amount`. When its minute is over, more tokens count now, so that long streams do not
        slip through; less does not matter any more."""
        self.running -= 1
        if more:
            slots = self.slots
            if slots and slots[-1][0] != second:
                self._slide(second)
            if slots and slot[0] >= slots[0][0]:
                slot[2] += more
                self.tokens += more
            elif more > 0:
                if slots and slots[-1][0] >= second:
                    slots[-1][2] += more
                else:
                    slots.append([second, 0, more])
                self.tokens += more
        if held or amount:
            if day == self.day:
                self.day_held -= held
                self.day_spent += amount
            if month == self.month:
                self.month_held -= held
                self.month_spent += amount
            self.total_held -= held
            self.total_spent += amount

    def slot_of(self, second: int) -> list[int]:
        """The slot of this second, or an empty one that is in no window."""
        for slot in reversed(self.slots):
            if slot[0] == second:
                return slot
        return [-1, 0, 0]

    def expects(self, kind: str, now: float) -> int | None:
        """What a request of this kind is known to take at least, when its estimate is lower; None when no such request
        ended of late."""
        entry = self.dearest.get(kind)
        if entry is None:
            return None
        age = int(now // _PERIOD) - entry[0]
        if age <= 0:
            return max(entry[1], entry[2])
        return entry[1] if age == 1 else None

    def learn(self, kind: str, asked: int, amount: int, now: float) -> int | None:
        """A request of this kind cost `amount`. Gives what others of its kind are to reserve from now on, if that is
        more than before."""
        over = amount if amount > asked else 0
        period = int(now // _PERIOD)
        entry = self.dearest.get(kind)
        if entry is None:
            if len(self.dearest) >= _MOST_KINDS:
                del self.dearest[next(iter(self.dearest))]
            self.dearest[kind] = [period, over, 0]
            return over or None
        if entry[0] != period:
            entry[:] = (period, 0, entry[1] if entry[0] == period - 1 else 0)
        if over <= entry[1]:
            return None
        entry[1] = over
        return over if over > entry[2] else None

    def seed(self, day: int, month: int, spent: tuple[float, float, float]) -> None:
        """What the store knows (dollars of the day, the month, ever). Where more is counted here, that stays."""
        if day == self.day:
            self.day_spent = max(self.day_spent, nano(spent[0]))
        if month == self.month:
            self.month_spent = max(self.month_spent, nano(spent[1]))
        self.total_spent = max(self.total_spent, nano(spent[2]))
        self.seeded = True
