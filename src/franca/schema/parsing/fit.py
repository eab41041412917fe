"""What became of a value: the value, what it cost, and the list of what was done to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .nodes import Items, Members, Node, plain

__all__ = ["HEAVY", "Fit", "Repair", "cheapest", "flat", "more", "repair", "same_json", "same_node", "shown", "step"]

HEAVY = 6  # the cost of one step from which it is taken only when nothing better is there
_SHOWN = 60


class Repair(NamedTuple):
    """One thing that is not as the model wrote it.

    path    where, as a JSON Pointer into the value; of a mended text, into the text as it was read
    kind    what was done: "number text", "key", "trailing comma" ...
    before  what was there, shortened
    after   what it became, shortened
    cost    how bold that was: 1 to 9
    """

    path: str
    kind: str
    before: str
    after: str
    cost: int


class Fit(NamedTuple):
    """What became of a value."""

    value: Any
    cost: int = 0
    worst: int = 0
    """The cost of the boldest step."""
    repairs: tuple[Any, ...] = ()
    """Repairs, and tuples of them."""


def step(value: Any, path: str, kind: str, before: Any, after: Any, cost: int) -> Fit:
    return Fit(value, cost, cost, (repair(path, kind, before, after, cost),))


def more(fit: Fit, path: str, kind: str, before: Any, cost: int) -> Fit:
    step = repair(path, kind, before, "", cost)
    return Fit(fit.value, fit.cost + cost, max(fit.worst, cost), (step, fit.repairs))


def repair(path: str, kind: str, before: Any, after: Any, cost: int) -> Repair:
    return Repair(path, kind, shown(before), shown(after), cost)


def cheapest(fits: list[Fit]) -> Fit | None:
    """The one of least cost; None where two that differ cost the same."""
    if not fits:
        return None
    best = min(fits, key=lambda fit: fit.cost)
    others = [fit for fit in fits if fit.cost == best.cost and fit is not best]
    return best if all(same_json(fit.value, best.value) for fit in others) else None


def shown(value: Any) -> str:
    """A value in few characters."""
    if isinstance(value, Items):
        return "[…]"
    if isinstance(value, Members):
        return "{…}"
    if isinstance(value, str):
        text = value
    elif isinstance(value, (list, dict)):
        text = "…"
    else:
        text = "null" if value is None else repr(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def same_json(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON; True is not 1."""
    import msgspec

    try:
        return msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")
    except (ValueError, OverflowError):  # half a surrogate pair
        return repr(one) == repr(other)


def same_node(one: Node, other: Node) -> bool:
    try:
        return same_json(plain(one), plain(other))
    except ValueError:
        return isinstance(one, str) and isinstance(other, str) and str(one) == str(other)


def flat(repairs: Any) -> Iterator[Repair]:
    """The repairs of a tree of tuples, in order."""
    pending = [repairs]
    while pending:
        one = pending.pop()
        if isinstance(one, Repair):
            yield one
        else:
            pending.extend(reversed(one))
