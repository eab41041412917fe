"""What an answer cost: the server's own word where it has one, else an estimate that says that it is one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

from .base import Answer
from .fields import whole_number
from .told import Told
from .usage import Usage

__all__ = ["Cost", "Priced", "Settled"]

_TOO_MUCH = 1e15  # dollars: JSON may hold whole numbers that no float can
_NOTHING: Mapping[str, float] = MappingProxyType({})


class Cost(float):
    """US dollars: a number like any other, that knows where it is from.

    exact      whether the server told it; else it is tokens by a price
    source     "usage.cost", "x-litellm-response-cost", or the source of the price
    as_of      the date of the price, "2026-11-21"; "" when it has none
    breakdown  dollars by kind of token, of an estimate; else empty
    """

    __slots__ = ("as_of", "breakdown", "exact", "source")

    exact: bool
    source: str
    as_of: str
    breakdown: Mapping[str, float]

    def __new__(
        cls,
        dollars: float,
        *,
        exact: bool = False,
        source: str = "",
        as_of: str = "",
        breakdown: Mapping[str, float] = _NOTHING,
    ) -> Self:
        made = super().__new__(cls, dollars)
        made.exact = exact
        made.source = source
        made.as_of = as_of
        made.breakdown = breakdown
        return made

    def __repr__(self) -> str:
        dated = f" of {self.as_of}" if self.as_of else ""
        source = f", {self.source}{dated}" if self.source else dated
        return f"Cost({float(self):.10g}, {'exact' if self.exact else 'estimated'}{source})"

    def __str__(self) -> str:
        return float.__repr__(self)

    def __reduce__(self) -> tuple[Any, ...]:
        return _cost, (float(self), self.exact, self.source, self.as_of, dict(self.breakdown))


def _cost(dollars: float, exact: bool, source: str, as_of: str, breakdown: Mapping[str, float]) -> Cost:
    return Cost(dollars, exact=exact, source=source, as_of=as_of, breakdown=breakdown)


def _answer_cost(
    data: Mapping[str, Any], headers: Mapping[str, str], server: str | None, told: Told | None
) -> Cost | None:
    """What the answer `data` cost, or None when neither the server nor a price tells.

    The server tells it in `usage.cost` (OpenRouter; Perplexity: an object with `total_cost`) or in the header
    `x-litellm-response-cost` (LiteLLM proxy). LiteLLM writes 0 for models that it has no price for, and in the head of
    a stream (measured with 1.106): a 0 there tells nothing.
    """
    usage = data.get("usage")
    if isinstance(usage, dict):
        own = usage.get("cost")
        if isinstance(own, dict):
            own = own.get("total_cost")
        if isinstance(own, (int, float)) and not isinstance(own, bool) and 0 <= own < _TOO_MUCH:
            return Cost(own, exact=True, source="usage.cost")
    header = _dollars(headers.get("x-litellm-response-cost"))
    if header:
        return Cost(header, exact=True, source="x-litellm-response-cost")
    prices = None if told is None else told.prices
    if prices is None or not isinstance(usage, dict):
        return None
    model = data.get("model")
    created = whole_number(data.get("created"))
    cost: Cost | None = prices.cost(server, model if isinstance(model, str) else None, Usage(usage), created=created)
    return cost


def _dollars(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < _TOO_MUCH else None


class Settled:
    """In the place of a price table: one cost that is already known. So a pickled answer carries no price table."""

    __slots__ = ("value",)

    def __init__(self, value: Cost | None) -> None:
        self.value = value

    def cost(self, server: str | None, model: str | None, usage: Usage, *, created: int | None = None) -> Cost | None:
        """The cost that was known."""
        return self.value

    def __reduce__(self) -> tuple[Any, ...]:
        return Settled, (self.value,)


class Priced(Answer):
    """An answer that has its price."""

    __slots__ = ()

    @property
    def cost(self) -> Cost | None:
        """What the answer cost in US dollars: the server's own word (`.exact`), else its tokens by the client's
        `prices`; None when neither tells."""
        return _answer_cost(self._data, self.headers, self.server, self.told)

    def __reduce__(self) -> tuple[Any, ...]:
        told = self.told
        if told is None or told.prices is None or isinstance(told.prices, Settled):
            return super().__reduce__()
        fresh = Told()
        fresh.__dict__.update(told.__dict__, prices=Settled(self.cost))
        return type(self), (self._data, self.status, self.headers, self.server, fresh)
