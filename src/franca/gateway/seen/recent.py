"""The latest errors, without anything that was asked or answered: what, when, for whom, at which server."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from ..exchange import Exchange

__all__ = ["ErrorSeen", "RecentErrors"]

_MOST_NAME = 120


class ErrorSeen(Struct, frozen=True, kw_only=True):
    """A request that went wrong. `at` is Unix seconds of its begin; the rest as in `UsageRow`."""

    id: str
    at: float
    seconds: float
    route: str
    asked: str
    server: str
    model: str
    status: int
    outcome: str
    error: str
    key: str


class RecentErrors:
    """The last ones; requests that the gateway itself refused are kept apart, so that a flood of wrong keys does not
    push out what servers did."""

    def __init__(self, most: int = 200, refused: int = 50) -> None:
        self._failed: deque[ErrorSeen] = deque(maxlen=most)
        self._refused: deque[ErrorSeen] = deque(maxlen=refused)

    def add(self, exchange: Exchange, ended: float) -> None:
        """Keep one that is over, unless it went well or its caller left."""
        outcome = exchange.outcome
        if outcome in ("ok", "left"):
            return
        key = exchange.key
        seen = ErrorSeen(
            id=exchange.id, at=exchange.at, seconds=ended - exchange.began, route=exchange.route,
            asked=exchange.asked[:_MOST_NAME], server=exchange.server, model=exchange.model[:_MOST_NAME],
            status=exchange.status, outcome=outcome, error=exchange.error[:_MOST_NAME],
            key="" if key is None else key.id,
        )  # fmt: skip
        (self._refused if outcome == "refused" else self._failed).append(seen)

    def latest(self) -> list[ErrorSeen]:
        """All that are kept, oldest first."""
        return sorted((*self._failed, *self._refused), key=lambda error: error.at)
