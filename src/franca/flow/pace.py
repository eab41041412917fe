"""Waiting for leave to send (`franca.limits`), as a flow: the same for threads and for tasks."""

from __future__ import annotations

from collections.abc import Callable

from ..limits import Limiter, Ticket, Waiter
from .core import Flow

__all__ = ["LONGEST_WAIT", "admitted"]

LONGEST_WAIT = 60.0
"""Seconds that the first in line waits for a server, at most: then its request goes, whatever is known of the limits,
and the server says what it refuses and why. Who stands behind waits for the line, which so never stands still."""


def admitted(
    limiter: Limiter,
    clock: Callable[[], float],
    model: str | None,
    tokens: float,
    until: float | None = None,
    *,
    longest: float = LONGEST_WAIT,
) -> Flow[Ticket]:
    """Wait until `limiter` lets the request go; the result is the ticket to give back to `limiter.leave`.

    until    a time of `clock` that no wait goes past: then the request goes as it is (and is late)
    longest  see `LONGEST_WAIT`; it does not count against caps of the user's own
    """
    now = clock()
    name = model or ""
    got = limiter.admit(now, name, tokens)
    if isinstance(got, Ticket):
        return got
    waiter = got
    patience: float | None = None
    try:
        while True:
            if waiter.capped:
                patience = None
            elif waiter.first and patience is None:
                patience = now + longest
            seconds = _pause(waiter, now, patience, until, longest)
            if seconds <= 0:
                return limiter.insist(waiter, now)
            yield ("pause", waiter, seconds)
            now = clock()
            got = limiter.admit(now, name, tokens, waiter)
            if isinstance(got, Ticket):
                return got
    except BaseException:  # also by the garbage collector, in the middle of anything
        limiter.give_up(waiter)
        raise


def _pause(waiter: Waiter, now: float, patience: float | None, until: float | None, longest: float) -> float:
    """How long to pause before asking again; 0 or less to wait no more."""
    lefts = [limit - now for limit in (patience, until) if limit is not None]
    if patience is not None and waiter.due is not None and waiter.due > min(lefts):
        return 0.0  # it cannot end in time: waiting would only make the answer later
    return min([longest, *lefts, *([] if waiter.due is None else [waiter.due])])
