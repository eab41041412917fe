"""What one model's calls share: its limits as learnt, how many may run at once, and who waits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .bucket import Bucket

if TYPE_CHECKING:
    from .limiter import Limiter

__all__ = ["Lane", "Ticket", "Waiter"]

_MOST_BUCKETS = 8
_CAUTION = 16  # rounds of successes before trying again what was refused
_CALM = 600.0  # seconds without a refusal after which the bound on concurrency is taken away again


class Lane:
    """The calls of one model, or (of the user's caps) of all models."""

    __slots__ = (
        "buckets",
        "ceiling",
        "halved",
        "inflight",
        "knee",
        "name",
        "paused",
        "queue",
        "refused",
        "requests",
        "tokens",
    )

    def __init__(self, name: str, ceiling: float | None = None) -> None:
        self.name = name
        self.buckets: dict[str, Bucket] = {}
        self.ceiling = ceiling
        """How many may run at once; None for any number. A fraction is earned on the way to the next whole one."""
        self.inflight = 0
        self.knee = 0.0
        """How many ran when the last one was refused."""
        self.paused = 0.0
        """Nobody goes before this time: the server said when to come back."""
        self.queue: deque[Waiter] = deque()
        self.refused = 0.0
        self.halved = -1
        """The number of the last call when the bound was halved: calls sent before tell nothing new by failing too."""
        self.requests = 0.0
        self.tokens = 0.0
        """What went out so far, to tell what a server's answer cannot know of yet."""

    def wait(self, tokens: float, now: float) -> float | None:
        """Seconds until a request may go, 0 for now; None when that is up to the calls that are under way."""
        if self.ceiling is not None and self.inflight >= int(self.ceiling):
            return None
        longest = max(0.0, self.paused - now)
        for bucket in self.buckets.values():
            longest = max(longest, bucket.wait(tokens, now))
        return longest

    def take(self, tokens: float) -> None:
        self.inflight += 1
        self.requests += 1
        self.tokens += tokens
        for bucket in self.buckets.values():
            bucket.take(tokens)

    def bucket(self, label: str, kind: str, limit: float, now: float) -> Bucket | None:
        """The bucket of a label, made when it is new; None when there are too many."""
        known = self.buckets.get(label)
        if known is None and len(self.buckets) < _MOST_BUCKETS:
            known = self.buckets[label] = Bucket(kind, limit, 0.0, now)
        return known

    def refuse(self, number: int, now: float, latest: int) -> None:
        """A 429 or 503 whose cause nothing told: half as many at once from now on, but once for each round of calls."""
        self.refused = now
        if number > self.halved:
            # The call that was refused has left already: it counts among those that were too many.
            running = self.inflight + 1
            bound = running if self.ceiling is None else min(self.ceiling, running)
            self.ceiling = max(1.0, bound // 2)
            self.knee = float(running)
            self.halved = latest

    def succeed(self, most: float) -> None:
        """One more at once for each round of successes, while the bound is what holds calls up. Where the last refusal
        was, it takes many rounds: else a server that runs one at a time would refuse every other request."""
        if self.ceiling is not None and (self.queue or self.inflight + 1 >= int(self.ceiling)):
            slowly = self.knee - 1 <= self.ceiling < self.knee + 1
            self.ceiling = min(most, self.ceiling + 1.0 / (self.ceiling * (_CAUTION if slowly else 1)))

    def forget(self, now: float) -> None:
        """Drop what was learnt long ago."""
        for label in [label for label, bucket in self.buckets.items() if bucket.stale(now)]:
            del self.buckets[label]
        if self.ceiling is not None and now - self.refused > _CALM:
            self.ceiling = None

    @property
    def idle(self) -> bool:
        return not self.inflight and not self.queue

    def knows(self, now: float) -> bool:
        """Whether anything here could hold up a call."""
        return bool(self.buckets) or self.ceiling is not None or self.paused > now

    def snapshot(self, now: float) -> dict[str, Any]:
        """What is known now, for people."""
        return {
            "running": self.inflight,
            "waiting": len(self.queue),
            "at_once": None if self.ceiling is None else int(self.ceiling),
            "paused": max(0.0, round(self.paused - now, 3)),
            "limits": {
                label: {"limit": bucket.limit, "left": bucket.left(now), "per_second": round(bucket.rate, 6)}
                for label, bucket in self.buckets.items()
            },
        }


class Ticket:
    """Leave for one request. Given back by `Limiter.leave`; one that is lost counts as given back."""

    __slots__ = ("_limiter", "at", "lane", "left", "number", "requests", "tokens", "told", "total")

    def __init__(self, limiter: Limiter, lane: Lane, number: int, tokens: float, now: float) -> None:
        self._limiter = limiter
        self.lane = lane
        self.number = number
        self.tokens = tokens
        self.at = now
        self.requests = lane.requests
        self.total = lane.tokens
        self.told = False
        """Whether its answer told of limits."""
        self.left = False

    def __del__(self) -> None:
        if not self.left:
            self._limiter.lose(self.lane)  # perhaps called by the garbage collector, in the middle of anything

    def __repr__(self) -> str:
        return f"Ticket({self.lane.name!r}, tokens={self.tokens:.0f})"


class Waiter:
    """A place in the queue of a model.

    due    seconds after which to ask `Limiter.admit` again; None: when woken
    wake   set by whoever waits: called, from any thread, when it is time to ask again
    woken  whether that time has come already; look at it after `wake` is set
    first  whether it is the first in its queue
    capped whether caps of the user's hold it up, which nobody may pass for waiting long
    """

    __slots__ = ("capped", "due", "first", "lane", "number", "tokens", "wake", "woken")

    def __init__(self, lane: Lane, number: int, tokens: float) -> None:
        self.lane = lane
        self.number = number
        self.tokens = tokens
        self.due: float | None = None
        self.wake: Callable[[], Any] | None = None
        self.woken = False
        self.first = False
        self.capped = False

    def __repr__(self) -> str:
        return f"Waiter({self.lane.name!r}, due={self.due})"
