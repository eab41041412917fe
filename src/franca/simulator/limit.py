"""A limit on requests, as real servers have one: so many a second, so many at once; headers that tell it, and 429s."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from .ask import Refused

__all__ = ["Gate", "RateLimit"]


class RateLimit(NamedTuple):
    """What the simulator lets through: `Simulator(rate_limit=RateLimit(requests_per_second=20, at_once=8))`.

    requests_per_second  a token bucket that holds one second's worth, told in `x-ratelimit-*-requests` as OpenAI does
    at_once              requests under way; one more is refused without a hint, as servers do that are just full
    tell                 whether headers tell the limit and when to come back
    """

    requests_per_second: float | None = None
    at_once: int | None = None
    tell: bool = True


class Gate:
    """Counts requests against a limit."""

    def __init__(self, limit: RateLimit, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self.refused = 0
        """429s that were answered."""
        self.most = 0
        """The most requests that were under way at once."""
        self._clock = clock
        self._running: set[str] = set()
        self._level = limit.requests_per_second or 0.0
        self._at = clock()

    def enter(self, request_id: str, told: list[tuple[str, str]]) -> None:
        """Let a request in, or raise `Refused`; `told` gets the headers for either answer."""
        rate = self.limit.requests_per_second
        if self.limit.at_once is not None and len(self._running) >= self.limit.at_once:
            self.refused += 1
            raise Refused(429, "Too many requests at once.", type="requests", code="concurrency_limit_exceeded")
        if rate is not None:
            self._spend(rate, told)
        self._running.add(request_id)
        self.most = max(self.most, len(self._running))

    def _spend(self, rate: float, told: list[tuple[str, str]]) -> None:
        now = self._clock()
        size = max(1.0, rate)
        self._level = min(size, self._level + rate * (now - self._at))
        self._at = now
        enough = self._level >= 1
        if enough:
            self._level -= 1
        if self.limit.tell:
            told += (
                ("x-ratelimit-limit-requests", f"{size:g}"),
                ("x-ratelimit-remaining-requests", str(int(self._level))),
                ("x-ratelimit-reset-requests", f"{(size - int(self._level)) / rate * 1000:.0f}ms"),
            )
        if not enough:
            self.refused += 1
            wait = (("retry-after-ms", f"{(1 - self._level) / rate * 1000:.0f}"),) if self.limit.tell else ()
            raise Refused(
                429, "Rate limit reached for requests.", type="requests", code="rate_limit_exceeded", headers=wait
            )

    def leave(self, request_id: str) -> None:
        """An answer is over."""
        self._running.discard(request_id)
