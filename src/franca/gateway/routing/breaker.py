"""Whether a server is to be asked at all: after failures it rests, then one request may try it. It has no clock."""

from __future__ import annotations

from typing import Literal

from ..config.shape import RoutingTable

__all__ = ["Breaker", "State"]

State = Literal["closed", "open", "half-open"]

_SLICES = 10
"""Of the window, in which requests are counted; the oldest is forgotten as a whole."""


class Breaker:
    """One server's. Closed: it is asked. Open: it rests. Half-open: the rest is over, one request at a time may try.

    It opens after `failures` failures in a row, after as many within `window` seconds if they were at least half of all
    requests that ended, and at once when the server itself says for how long to leave it alone. A failed try doubles
    the rest, up to `longest_rest`; a success closes it again.

    A request is told as `began`, then as one of `succeeded`, `failed` and `gave_up`. All moments are on one clock, that
    of the caller's choice, in seconds.
    """

    __slots__ = (
        "_at",
        "_failed",
        "_in_a_row",
        "_lease",
        "_longest",
        "_most",
        "_ok",
        "_rest",
        "_shortest",
        "_slice",
        "_until",
        "_whole_failed",
        "_whole_ok",
        "_width",
    )  # fmt: skip

    def __init__(self, table: RoutingTable) -> None:
        self._most = max(1, table.failures)
        self._shortest = max(0.0, table.rest)
        self._longest = max(self._shortest, table.longest_rest)
        self._width = max(table.window, 0.001) / _SLICES
        self._in_a_row = 0
        self._until: float | None = None  # when the rest is over; None while it is closed
        self._rest = self._shortest
        self._lease: float | None = None  # until when a try is believed to be under way
        self._at = 0  # which slice of all time is the newest
        self._slice = 0  # where it is counted
        self._ok = [0] * _SLICES
        self._failed = [0] * _SLICES
        self._whole_ok = 0
        self._whole_failed = 0

    def allows(self, now: float) -> bool:
        """Whether a request may be sent."""
        until = self._until
        if until is None:
            return True
        return now >= until and (self._lease is None or now >= self._lease)

    def state(self, now: float) -> State:
        """In a word."""
        if self._until is None:
            return "closed"
        return "open" if now < self._until else "half-open"

    def reopens_in(self, now: float) -> float:
        """Seconds until a request may be sent; 0.0 when one may now."""
        if self._until is None:
            return 0.0
        return max(0.0, self._until - now, 0.0 if self._lease is None else self._lease - now)

    def began(self, now: float) -> None:
        """A request is sent. While half-open it is the try, and no other is allowed until it has ended; or, if its end
        is never told, for as long as the last rest."""
        if self._until is not None and now >= self._until:
            self._lease = now + self._rest

    def succeeded(self, now: float) -> None:
        """The server answered as it should. While it rests this tells nothing: such a request began before."""
        if self._until is None:
            self._in_a_row = 0
            self._turn(now)
            self._ok[self._slice] += 1
            self._whole_ok += 1
        elif now >= self._until:
            self._until = self._lease = None
            self._rest = self._shortest
            self._in_a_row = 0
            self._forget(int(now / self._width))

    def failed(self, now: float, rest: float | None = None) -> None:
        """The server failed. `rest`: for how many seconds it says that it wants to be left alone."""
        if self._until is None:
            self._in_a_row += 1
            self._turn(now)
            self._failed[self._slice] += 1
            self._whole_failed += 1
            mostly = self._whole_failed >= self._most and self._whole_failed >= self._whole_ok
            if self._in_a_row >= self._most or mostly or rest is not None:
                self._open(now, rest)
        elif self._lease is not None:
            self._rest = min(self._rest * 2, self._longest)
            self._open(now, rest)
        elif rest is not None:
            self._until = max(self._until, now + min(rest, self._longest))

    def gave_up(self) -> None:
        """A request ended and told nothing of the server: its caller went away, or asked for something wrong."""
        self._lease = None

    def woke(self, now: float) -> None:
        """The server was seen to be there, by other means than a request: its rest is over, and the next request is
        the try."""
        if self._until is not None and now < self._until:
            self._until = now

    def _open(self, now: float, rest: float | None) -> None:
        self._until = now + max(self._rest, min(rest or 0.0, self._longest))
        self._lease = None
        self._in_a_row = 0

    def _turn(self, now: float) -> None:
        """Go on to the slice of the window that `now` is in; what is older than the window is forgotten."""
        at = int(now / self._width)
        if at == self._at:
            return
        if not 0 < at - self._at < _SLICES:
            self._forget(at)
            return
        for _ in range(at - self._at):
            self._slice = (self._slice + 1) % _SLICES
            self._whole_ok -= self._ok[self._slice]
            self._whole_failed -= self._failed[self._slice]
            self._ok[self._slice] = self._failed[self._slice] = 0
        self._at = at

    def _forget(self, at: int) -> None:
        self._at = at
        self._slice = 0
        self._ok = [0] * _SLICES
        self._failed = [0] * _SLICES
        self._whole_ok = self._whole_failed = 0
