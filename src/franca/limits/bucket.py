"""How much of one limit is left: a number that calls take from and that time, or the server's word, gives back."""

from __future__ import annotations

from .told import Reading

__all__ = ["Bucket", "cap"]

_MINUTE = 60.0
_NATURAL = (1.0, 60.0, 3600.0, 86400.0)
_FORGET = 900.0  # seconds without news of a limit after which it no longer holds anybody up


class Bucket:
    """One limit on requests or on tokens.

    `rate` (per second) is 0 for a limit whose window ends all at once: nothing comes back until `whole_at`.
    `level` may fall below 0: a request that is larger than all that fits is let in when the bucket is full.
    """

    __slots__ = ("at", "heard", "kind", "level", "limit", "newest", "rate", "whole_at")

    def __init__(self, kind: str, limit: float, rate: float, now: float) -> None:
        self.kind = kind
        self.limit = limit
        self.level = limit
        self.rate = rate
        self.at = now
        self.whole_at: float | None = None
        self.heard: float | None = None
        """When the server last told of it; None for a cap of the user's, which is never forgotten."""
        self.newest = -1
        """The number of the latest call whose answer told of it: a slow old answer must not undo a newer one's."""

    def cost(self, tokens: float) -> float:
        """What a request with so many tokens takes."""
        return tokens if self.kind == "tokens" else 1.0

    def refill(self, now: float) -> None:
        """Give back what time gives back."""
        if now > self.at:
            if self.rate:
                self.level = min(self.limit, self.level + self.rate * (now - self.at))
            self.at = now
        if self.whole_at is not None and now >= self.whole_at:
            self.level = self.limit
            self.whole_at = None

    def wait(self, tokens: float, now: float) -> float:
        """Seconds until a request with so many tokens may go; 0 for now."""
        self.refill(now)
        lacking = min(self.cost(tokens), self.limit) - self.level
        if lacking <= 1e-9 * max(1.0, self.limit):
            return 0.0
        waits = [lacking / self.rate] if self.rate else []
        if self.whole_at is not None:
            waits.append(self.whole_at - now)
        # A window whose end is unknown: nothing says that waiting helps, and the server will tell.
        return min(waits, default=0.0)

    def take(self, tokens: float) -> None:
        """Count a request. A server has no debts: what is larger than its limit, it refuses."""
        cost = self.cost(tokens)
        self.level -= cost if self.heard is None else min(cost, self.limit)

    def settle(self, tokens: float, now: float) -> None:
        """Give `tokens` back (take them, when negative), now that the usage is known."""
        if self.kind == "tokens":
            self.refill(now)
            self.level = min(self.limit, self.level + tokens)

    def left(self, now: float) -> float:
        """What is left now, for people."""
        self.refill(now)
        return round(max(0.0, self.level), 1)

    def stale(self, now: float) -> bool:
        return self.heard is not None and now - self.heard > _FORGET and (self.whole_at or 0.0) <= now

    def learn(self, reading: Reading, now: float, since: float, taken: float, at_most: bool = False) -> None:
        """Believe what an answer told. `since`: when its request was let in; `taken`: what went out after it, and so
        cannot be in the server's number yet. `at_most`: it may be older than what is known, so nothing is added."""
        known = self.level
        self.heard = now
        self.limit = reading.limit or self.limit
        left = self.limit if reading.remaining is None else min(reading.remaining, self.limit)
        self.rate = _rate(reading, self.limit, left)
        self.at = now
        self.whole_at = None if self.rate or reading.reset is None else now + reading.reset
        # Whether a server counts when a request comes or when it is answered is not told. Counted when it came, it has
        # given back since; counted now, that is about what went out since.
        given = self.rate * max(0.0, now - since)
        level = min(self.limit, left + given) - taken
        self.level = min(known, level) if at_most else level


def _rate(reading: Reading, limit: float, left: float) -> float:
    """What comes back each second; 0 when it comes back all at once, or when nothing is known of that.

    OpenAI and Groq give back steadily and tell the time until all is there: what lacks by that time is the rate, and
    all of it takes a natural time (a minute, a day). Where it does not, the reset is the end of a fixed window.
    """
    reset = reading.reset
    if reset is None:
        return limit / (reading.window or _MINUTE)
    lacking = limit - left
    if lacking > 0 and reset > 0:
        whole = reset * limit / lacking
        if any(abs(whole - natural) <= 0.1 * natural for natural in _NATURAL):
            return lacking / reset
    return 0.0


def cap(kind: str, per_minute: float, now: float) -> Bucket:
    """A cap of the user's, such that no minute (60 s, from any moment on) sees more than it.

    A bucket lets through what it holds and what it is given in the meantime, so it holds a tenth of the cap and is
    given the rest evenly. A single request with more tokens than that tenth goes when the bucket is full; it alone
    may pass the cap.
    """
    size = max(1.0, per_minute / 10)
    return Bucket(
        kind, size, max(per_minute - size + (1.0 if kind == "requests" else 0.0), per_minute / 2) / _MINUTE, now
    )
