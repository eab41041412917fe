"""When to try again, and after how long: pure policy over an error and some numbers.

Clock and chance are handed in, so tests need neither. The rules, in order:

1. An error that is not `retryable` is final (see `franca.errors` and `franca.faults` for what is).
2. At most `retries` further tries.
3. A retry budget per client: every retry costs one token, every success gives a tenth back. In an outage a
   client with many callers stops retrying soon instead of making a storm.
4. The server's own hint (Retry-After) is obeyed; a hint beyond `longest_wait` is final, because coming back
   earlier than asked only makes it worse, and a caller should not sleep for an hour unasked.
5. Else exponential back-off with full jitter: uniform between 0 and `base * 2**n`, at most `cap` seconds.
6. A wait that would pass the deadline is final: the error says more than a time-out would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .errors import FrancaError

__all__ = ["RetryBudget", "RetryPolicy", "hint", "retry_after", "seconds_until", "wait_before_retry"]


class RetryPolicy(NamedTuple):
    """How often and how patiently to try again. Durations in seconds."""

    retries: int = 4
    """Tries after the first one; 0 turns retrying off."""
    base: float = 0.5
    cap: float = 8.0
    longest_wait: float = 60.0
    """The longest Retry-After that is obeyed by waiting; a longer one raises at once."""


class RetryBudget:
    """Tokens that retries cost and successes earn. Counts only; races lose a fraction of a token, no more."""

    __slots__ = ("capacity", "refill", "tokens")

    def __init__(self, capacity: float = 100.0, refill: float = 0.1) -> None:
        self.capacity = capacity
        self.refill = refill
        self.tokens = capacity

    def spend(self) -> bool:
        """Take a token for one retry; False when there is none left."""
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def earn(self) -> None:
        """A call succeeded."""
        if self.tokens < self.capacity:
            self.tokens = min(self.capacity, self.tokens + self.refill)


def wait_before_retry(
    policy: RetryPolicy,
    budget: RetryBudget,
    error: FrancaError,
    tries: int,
    *,
    chance: float,
    remaining: float | None = None,
) -> float | None:
    """Seconds to wait before the next try, or None when `error` is final.

    `tries` counts retries already made; `chance` is a random number in [0, 1); `remaining` is the time
    left until the deadline.
    """
    if not error.retryable or tries >= policy.retries:
        return None
    told = error.retry_after
    if told is not None:
        if told > policy.longest_wait:
            return None
        # A little spread, so that callers that were told the same moment do not all come at it.
        delay = told + chance * min(0.25, told / 10)
    else:
        delay = chance * min(policy.cap, policy.base * 2.0 ** min(tries, 30))
    if remaining is not None and delay >= remaining:
        return None
    return delay if budget.spend() else None


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait as the response headers tell, or None.

    Reads `retry-after-ms` (milliseconds), then `retry-after`: seconds, also fractional, or an HTTP date.
    A date is taken relative to the response's own `date` header when there is one, so that a wrong clock
    on either side does no harm, else to `now` (Unix seconds). Garbage and negative numbers count as absent.
    """
    millis = _number(headers.get("retry-after-ms"))
    if millis is not None:
        return millis / 1000
    text = headers.get("retry-after")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is not None:
        return seconds
    then = _date(text)
    return None if then is None else seconds_until(then, headers, now)


def seconds_until(then: float, headers: Mapping[str, str], now: float) -> float:
    """Seconds until the moment `then` (Unix seconds), which an answer with these headers told; 0 for one that passed.

    It is relative to the answer's own `date` when there is one, else to `now`.
    """
    reference = _date(headers.get("date"))
    return max(0.0, then - (now if reference is None else reference))


def hint(value: Any) -> float | None:
    """A wait told inside an error body: 12, "12", "12.5s" (Gemini's retryDelay) or None."""
    if isinstance(value, str):
        value = value.strip().removesuffix("s")
    return _number(value)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    # NaN fails both comparisons; infinity is no time to come back at.
    return number if 0 <= number < float("inf") else None


def _date(text: str | None) -> float | None:
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # heavy, and needed for one header in a thousand

    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
