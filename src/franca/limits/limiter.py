"""Lets requests go as fast as the server (or the user) allows and no faster; shared by all callers of a client.

Pure decisions: the time and a lock are handed in, and waiting is done by whoever asked. A call asks `admit`, gets a
`Ticket` or a `Waiter`, sends, and gives the ticket back by `leave` with what the answer told. What is learnt:

- the limits in response headers, as buckets of requests and tokens (`told.py`, `bucket.py`);
- Retry-After of a 429 or 503: nobody of that model goes before;
- other 429s and 503s: half as many at once (never below 1), and one more for each round of successes.

Waiters of a model go in the order they came. Nobody is forgotten: whoever goes, gives up or gives back a ticket wakes
the next one, and the next one passes it on. Until something is known `quiet` is True, and a caller who looks at that
first pays for nothing else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import FrancaError, NoProvider, RateLimited
from .bucket import cap
from .caps import RateLimits
from .lane import Lane, Ticket, Waiter
from .told import read_limits

if TYPE_CHECKING:
    from typing import Protocol

    class Lock(Protocol):
        """What is asked of a lock; `acquire(False)` does not wait."""

        def acquire(self, blocking: bool = True, /) -> bool: ...
        def release(self) -> None: ...
        def __enter__(self) -> bool: ...
        def __exit__(self, *error: Any) -> None: ...


__all__ = ["Limiter"]

_MOST_LANES = 64
_MOST_AT_ONCE = 1000.0
_OVERFLOW = "(other models)"
_LONGEST_PAUSE = 60.0  # a longer Retry-After is an error at once (`franca.retry`), so there is nothing to wait for
_LOOKS = 4  # answers without a word of limits after which only every _THEN_EVERY-th is looked at
_THEN_EVERY = 64
_TIDY_EVERY = 256


class _Left(NamedTuple):
    """A request that is over, as `Limiter.leave` was told of it."""

    ticket: Ticket | None
    now: float
    tokens: float | None
    error: FrancaError | None


class Limiter:
    """What all calls of a client to one server know of its limits.

    `lock` is one like `threading.Lock()`. Times are on one monotonic clock, in seconds.
    """

    __slots__ = (
        "__weakref__",
        "_lanes",
        "_leaves",
        "_lock",
        "_lost",
        "_number",
        "_offset",
        "_silent",
        "_whole",
        "limits",
        "quiet",
        "skips",
    )

    def __init__(self, limits: RateLimits, lock: Lock) -> None:
        self.limits = limits = limits.check()
        self._lock = lock
        self._offset = 0.0
        """From the clock to Unix seconds, as the last answer had it; for dates in headers."""
        self._lanes: dict[str, Lane] = {}
        self._whole: Lane | None = None
        self._number = 0
        self._lost: deque[Lane | Waiter | _Left] = deque()
        """What is over and still to be counted, by whoever has the lock: giving back never waits for it."""
        self._leaves = 0
        self._silent = 0
        capped = (limits.requests_per_minute, limits.tokens_per_minute, limits.concurrency) != (None, None, None)
        if capped:
            self._whole = Lane("(all)", limits.concurrency)
            if limits.requests_per_minute is not None:
                self._whole.buckets["requests"] = cap("requests", limits.requests_per_minute, 0.0)
            if limits.tokens_per_minute is not None:
                self._whole.buckets["tokens"] = cap("tokens", limits.tokens_per_minute, 0.0)
        self.skips = 0
        """Answers that need not be told to `heard`, because the first ones told no limits; whoever skips one counts it
        down. (Two threads may skip the same one, and leave it below 0: nothing is lost by that.)"""
        self.quiet = not capped
        """Nothing is known that could hold up a call: there is no need to ask."""

    # ---- asking, and giving back ------------------------------------------------------------------

    def admit(self, now: float, model: str, tokens: float, waiter: Waiter | None = None) -> Ticket | Waiter:
        """Leave to send a request now, or a place in the queue to ask with again."""
        with self._lock:
            counted = self._find_lost()
            got = self._admitted(now, model, tokens, waiter)
            heads = self._heads() if counted or (waiter is not None and got is not waiter) else []
        self._wake(heads)
        return got

    def _admitted(self, now: float, model: str, tokens: float, waiter: Waiter | None) -> Ticket | Waiter:
        lane = self._lane(model) if waiter is None else waiter.lane
        if waiter is None:
            self._number += 1
            if not lane.queue and self._wait(lane, tokens, self._number, now) == 0.0:
                return self._issue(lane, tokens, now)
            waiter = Waiter(lane, self._number, tokens)
            lane.queue.append(waiter)
        elif not lane.queue:  # it was put out of the queue: by a fork, or when its event loop seemed closed
            lane.queue.append(waiter)
        waiter.woken = False  # whatever it was woken for is looked at now
        waiter.first = lane.queue[0] is waiter
        waiter.due = self._wait(lane, tokens, waiter.number, now) if waiter.first else None
        waiter.capped = self._whole is not None and self._whole.wait(tokens, now) != 0.0
        if waiter.due != 0.0:
            return waiter
        lane.queue.popleft()
        return self._issue(lane, waiter.tokens, now)

    def give_up(self, waiter: Waiter) -> None:
        """Give up a place in the queue. Does nothing for one that is gone already. Never waits."""
        self.lose(waiter)

    def insist(self, waiter: Waiter, now: float) -> Ticket:
        """Leave to send now, whatever is known: the server will say itself what it refuses."""
        self._lost.append(waiter)
        with self._lock:
            self._find_lost()
            ticket = self._issue(waiter.lane, waiter.tokens, now)
            heads = self._heads()
        self._wake(heads)
        return ticket

    def heard(
        self, model: str | None, headers: Mapping[str, str], now: float, wall: float, ticket: Ticket | None = None
    ) -> None:
        """The head of an answer came; `wall` is the Unix time. Calls without a ticket (`quiet`) tell it too.

        Of a server that has told no limits in its first answers only some need to be told: see `skips`.
        """
        if not self.limits.learn:
            return
        with self._lock:
            self._offset = wall - now
            lane = self._lane(model or "", keep=False) if ticket is None else ticket.lane
            told, _ = self._read(lane, ticket, now, headers)
            self._silent = 0 if told else self._silent + 1
            self.skips = _THEN_EVERY if self._silent >= _LOOKS else 0
            self._keep(lane, now)
            heads = self._heads() if told else []
        self._wake(heads)

    def leave(
        self, ticket: Ticket | None, now: float, *, usage_tokens: float | None = None, error: FrancaError | None = None
    ) -> None:
        """The request is over. A second time counts for nothing. Never waits: a stream that the garbage collector
        closes comes here too, perhaps in a thread that holds the lock.

        usage_tokens  what it took, by the server's usage
        error         why it failed: a refusal is learnt from, also by a call without a ticket
        """
        if ticket is not None:
            if ticket.left:
                return
            ticket.left = True
        self._lost.append(_Left(ticket, now, usage_tokens, error))
        self._sweep()

    def restart(self, lock: Lock) -> None:
        """In the child of a fork: nobody runs or waits, and the lock may be held by a thread that is not there."""
        self._lock = lock
        self._lost.clear()
        for lane in (*self._lanes.values(), *([self._whole] if self._whole is not None else [])):
            lane.inflight = 0
            lane.queue.clear()

    def lose(self, lost: Lane | Waiter) -> None:
        """A ticket of this lane, or this waiter, was thrown away.

        The garbage collector calls this, perhaps in a thread that holds the lock: so nothing here waits for it. Who
        holds it looks at what was lost when it is done (`_wake`).
        """
        self._lost.append(lost)
        self._sweep()

    def _sweep(self) -> None:
        while self._lost and self._lock.acquire(False):
            try:
                self._find_lost()
                heads = self._heads()
            finally:
                self._lock.release()
            self._wake(heads)

    def _wake(self, waiters: list[Waiter]) -> None:
        """Without the lock, as it runs code of the driver. Whoever sets `wake` looks at `woken` after that, so that a
        call in between is not lost."""
        for waiter in waiters:
            waiter.woken = True
            wake = waiter.wake
            if wake is not None:
                try:
                    wake()
                except RuntimeError:  # the event loop of that caller is closed: it will never ask again
                    self.lose(waiter)
        if self._lost:
            self._sweep()

    # ---- deciding (under the lock) ----------------------------------------------------------------

    def _wait(self, lane: Lane, tokens: float, number: int, now: float) -> float | None:
        """Seconds until this request may go; None: until another leaves."""
        own = lane.wait(tokens, now)
        if own is not None and own > _LONGEST_PAUSE:
            own = 0.0  # nobody waits that long for a server: it will say itself what it refuses
        if own is None or self._whole is None:
            return own
        whole = self._whole.wait(tokens, now)
        if whole is None or self._elder(lane, number, now):
            return None
        return max(own, whole)

    def _elder(self, lane: Lane, number: int, now: float) -> bool:
        """Whether a call of another model waits longer for the user's caps, and only for them."""
        heads = [other.queue[0] for other in self._lanes.values() if other is not lane and other.queue]
        return any(head.number < number and head.lane.wait(head.tokens, now) == 0.0 for head in heads)

    def _issue(self, lane: Lane, tokens: float, now: float) -> Ticket:
        self._number += 1
        lane.take(tokens)
        if self._whole is not None:
            self._whole.take(tokens)
        return Ticket(self, lane, self._number, tokens, now)

    def _return(self, lane: Lane) -> None:
        lane.inflight = max(0, lane.inflight - 1)  # after a fork there may be tickets of the parent's
        if self._whole is not None:
            self._whole.inflight = max(0, self._whole.inflight - 1)

    def _find_lost(self) -> bool:
        """Count what is over; whether there was anything."""
        found = False
        while self._lost:
            found = True
            lost = self._lost.popleft()
            if isinstance(lost, Lane):
                self._return(lost)
            elif isinstance(lost, _Left):
                self._count(lost)
            elif lost in lost.lane.queue:
                lost.lane.queue.remove(lost)
        return found

    def _count(self, over: _Left) -> None:
        """A request is over: its place is free, and how it ended tells something."""
        ticket, now, tokens, error = over
        refused = isinstance(error, (RateLimited, NoProvider))
        if ticket is not None:
            self._return(ticket.lane)
            actual = 0.0 if refused and tokens is None else tokens
            if actual is not None:
                self._settle(ticket, actual, now)
        if self.limits.learn:
            if error is not None and refused:
                self._refused(ticket, error, now)
            elif ticket is not None and error is None:
                ticket.lane.succeed(_MOST_AT_ONCE)
        self._leaves += 1
        if self._leaves % _TIDY_EVERY == 0:
            self._tidy(now)

    def _heads(self) -> list[Waiter]:
        """Who is to ask again: the first of each queue."""
        return [lane.queue[0] for lane in self._lanes.values() if lane.queue]

    def _lane(self, model: str, keep: bool = True) -> Lane:
        """The lane of a model. The one that was asked for longest ago makes room for a new one."""
        lane = self._lanes.pop(model, None)
        if lane is None:
            lane = Lane(model)
            if not keep:
                return lane
            if not self._has_room():
                lane = self._lanes.pop(_OVERFLOW, None) or Lane(_OVERFLOW)
        self._lanes[lane.name] = lane
        return lane

    def _has_room(self) -> bool:
        """Whether one more model can be kept, if need be in the place of an idle one."""
        if len(self._lanes) >= _MOST_LANES:
            oldest = next((name for name, one in self._lanes.items() if one.idle), None)
            if oldest is None:
                return False
            del self._lanes[oldest]
        return True

    # ---- learning (under the lock) ----------------------------------------------------------------

    def _refused(self, ticket: Ticket | None, error: FrancaError, now: float) -> None:
        """A 429 or 503: wait as it says, or send fewer at once."""
        lane = self._lane(error.model or "", keep=False) if ticket is None else ticket.lane
        spent = False
        inner = error.metadata.get("headers")  # OpenRouter: in the error object
        for headers in (error.headers, inner):
            if isinstance(headers, Mapping):
                spent = self._read(lane, ticket, now, headers, refused=True)[1] or spent
        wait = error.retry_after
        if wait is not None and wait <= _LONGEST_PAUSE:
            lane.paused = max(lane.paused, now + wait)
        if not spent:
            lane.refuse(self._number if ticket is None else ticket.number, now, self._number)
        self._keep(lane, now)

    def _read(
        self, lane: Lane, ticket: Ticket | None, now: float, headers: Mapping[str, Any], refused: bool = False
    ) -> tuple[bool, bool]:
        """Read headers into buckets: whether they told of limits, and whether one of these is spent."""
        told = spent = False
        # Calls without a ticket were sent before any that has one; among each other the order is unknown.
        number = 0 if ticket is None else ticket.number
        for label, reading in read_limits(headers, self._offset + now).items():
            told = True
            nothing = reading.remaining is not None and reading.remaining < 1
            spent = spent or nothing
            if not reading.limit:
                # GitHub's time remaining, OpenRouter's reset: of what is not told, but it tells when to come back.
                if (nothing or refused) and reading.reset is not None and reading.reset <= _LONGEST_PAUSE:
                    lane.paused = max(lane.paused, now + reading.reset)
                continue
            bucket = lane.bucket(label, reading.kind, reading.limit, now)
            if bucket is None or number < bucket.newest:
                continue
            if ticket is None:
                bucket.learn(reading, now, now, 0.0, at_most=bucket.newest == 0)
            else:
                sent = lane.tokens - ticket.total if bucket.kind == "tokens" else lane.requests - ticket.requests
                bucket.learn(reading, now, ticket.at, sent)
                ticket.told = True
            bucket.newest = number
        return told, spent

    def _keep(self, lane: Lane, now: float) -> None:
        """Something may be known of a model now, perhaps for the first time."""
        if lane.knows(now):
            if lane.name not in self._lanes and self._has_room():
                self._lanes[lane.name] = lane
            self.quiet = False

    def _settle(self, ticket: Ticket, actual: float, now: float) -> None:
        """The usage is known. Where the server has told what is left, that counts."""
        whole = [] if self._whole is None else self._whole.buckets.values()
        for bucket in (*(() if ticket.told else ticket.lane.buckets.values()), *whole):
            bucket.settle(ticket.tokens - actual, now)

    def _tidy(self, now: float) -> None:
        """Forget what is long past; with nothing known the limiter is quiet again."""
        for lane in self._lanes.values():
            lane.forget(now)
        waiting = any(lane.queue or lane.knows(now) for lane in self._lanes.values())
        self.quiet = self._whole is None and not waiting

    # ---- for people -------------------------------------------------------------------------------

    def snapshot(self, now: float) -> dict[str, Any]:
        """What is known now, by model: limits with what is left of them, calls under way and waiting."""
        self._sweep()
        with self._lock:
            lanes = [*self._lanes.values(), *([self._whole] if self._whole is not None else [])]
            made = {lane.name: lane.snapshot(now) for lane in lanes}
        self._sweep()
        return made

    def __repr__(self) -> str:
        return f"Limiter(quiet={self.quiet}, models={len(self._lanes)}, {self.limits})"
