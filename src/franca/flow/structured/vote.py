"""Several candidates for one value, and the one that most of them agree on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...errors import BadUsage, Flagged, FrancaError, OutputInvalid
from ..core import Flow
from .ladder import Ladder
from .result import Attempt, Spending, Structured

__all__ = ["checked_candidates", "elected"]

_MOST = 32


def checked_candidates(value: Any) -> int:
    """How many candidates are asked for. Raises BadUsage for what is no such number."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _MOST:
        raise BadUsage(f"candidates is a whole number from 1 to {_MOST}, not {value!r}", param="candidates")
    return value


def elected(make: Callable[[Spending | None], Ladder], candidates: int) -> Flow[Structured[Any]]:
    """The value that most candidates gave, of equally many the first; each climbs a ladder of its own, and all of them
    share the budgets and the deadline.

    The first goes alone, so that what it learns of the server's modes is known to the others, who go at once; when it
    fails by no fault of the model's, so would they. One that fails has no vote; when all fail the first error is
    raised.
    """
    first = make(None)
    ladders = [first, *(make(first.spending) for _ in range(candidates - 1))]
    began = first.session.clock()
    for ladder in ladders:
        ladder.began = began
    outcomes = [(yield from _outcome(first))]
    if isinstance(outcomes[0], (Structured, OutputInvalid, Flagged)):
        outcomes += yield ("gather", [_outcome(ladder) for ladder in ladders[1:]])
    for one in outcomes:
        if isinstance(one, Exception) and not isinstance(one, FrancaError):
            raise one
    found = [one for one in outcomes if isinstance(one, Structured)]
    attempts = [attempt for ladder in ladders for attempt in ladder.attempts]
    if not found:
        error = outcomes[0]
        error.attempts = tuple(attempts)
        raise error
    return _counted(found, attempts)


def _outcome(ladder: Ladder) -> Flow[Any]:
    if ladder.spending.over:  # by candidates before this one
        return None
    try:
        return (yield from ladder.flow())
    except Exception as error:  # a group of them, as asyncio makes, would be nobody's error
        return error


def _counted(found: list[Structured[Any]], attempts: list[Attempt]) -> Structured[Any]:
    import json

    groups: dict[str, list[Structured[Any]]] = {}
    for one in found:
        groups.setdefault(json.dumps(one.data, sort_keys=True), []).append(one)
    ranked = sorted(groups.values(), key=len, reverse=True)  # stable: of equally many the first
    best = ranked[0][0]
    votes = [(group[0].data, len(group)) for group in ranked]
    return Structured(best.value, best.data, best.chat, best.mode, attempts, votes)
