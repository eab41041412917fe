"""What the answers of one server cost: its prices, looked up once a day for each model."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from time import time
from typing import Any, NamedTuple

from ...prices import Cost, Price, PriceTable, cost_of
from ...wire.usage import Usage

__all__ = ["Pricing"]

_MOST_KNOWN = 4096
_DAY = 86400
_MILLION = 1_000_000
_MOST = 10**15


class _Rate(NamedTuple):
    """A price. `whole`: it is all that is known; `plain`: it tells of nothing but tokens in and out."""

    price: Price
    whole: bool
    plain: bool


class Pricing:
    """Prices by a source (of `franca.prices.price_source`, or None) for a server that it may know by several `names`.
    `free`: nothing costs anything."""

    __slots__ = ("_day", "_free", "_known", "_names", "source")

    def __init__(self, source: Any, names: tuple[str, ...], free: bool) -> None:
        self.source = source
        self._names = tuple(dict.fromkeys(names))
        self._free = free
        self._day = 0
        self._known: dict[str, _Rate | None] = {}

    def price(self, model: str) -> Price | None:
        """What tokens of this model cost, to reserve by; None when nobody knows."""
        rate = self._rate(model)
        return None if rate is None else rate.price

    def cost(self, model: str, usage: Usage) -> Cost | None:
        """What an answer with this usage cost, as an estimate; None when nobody knows."""
        if self._free:
            return Cost(0.0, source="free")
        rate = self._rate(model)
        if rate is not None and rate.whole:
            return cost_of(usage, rate.price)
        return self._asked(model, usage)

    def dollars(self, model: str, usage: dict[str, Any]) -> float | None:
        """The same as a number, and quicker where the usage is nothing but two counts."""
        if self._free:
            return 0.0
        rate = self._rate(model)
        if rate is not None and rate.plain and _is_plain(usage):
            price = rate.price
            return float((usage["prompt_tokens"] * price.input + usage["completion_tokens"] * price.output) / _MILLION)
        found = self.cost(model, Usage(usage))
        return None if found is None else float(found)

    def _rate(self, model: str) -> _Rate | None:
        day = int(time()) // _DAY
        if day != self._day or len(self._known) >= _MOST_KNOWN:
            self._day = day
            self._known = {}
        if model not in self._known:
            self._known[model] = self._found(model, day)
        return self._known[model]

    def _found(self, model: str, day: int) -> _Rate | None:
        if self._free:
            return _Rate(Price(0.0), True, True)
        if isinstance(self.source, PriceTable):
            date = datetime.fromtimestamp(day * _DAY, UTC).date().isoformat()
            found = (self.source.price(name, model, date) for name in self._names)
            price = next((one for one in found if one is not None), None)
            return None if price is None else _Rate(price, True, price == Price(price.input, price.output))
        asked = self._asked(model, Usage({"prompt_tokens": _MILLION, "completion_tokens": 0}))
        answered = self._asked(model, Usage({"prompt_tokens": 0, "completion_tokens": _MILLION}))
        if asked is None or answered is None:
            return None
        return _Rate(Price(float(asked), float(answered)), False, False)

    def _asked(self, model: str, usage: Usage) -> Cost | None:
        if self.source is None:
            return None
        found: Cost | None = None
        for name in self._names:
            found = found or self.source.cost(name, model, usage)
        return found


def _is_plain(usage: Mapping[str, Any]) -> bool:
    """Whether it has both counts, and no others that matter for the price."""
    prompt, completion = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if type(prompt) is not int or type(completion) is not int or not (0 <= prompt < _MOST and 0 <= completion < _MOST):
        return False
    for name in ("prompt_tokens_details", "completion_tokens_details"):
        details = usage.get(name)
        if details and (type(details) is not dict or any(details.values())):
            return False
    return not usage.get("prompt_cache_hit_tokens")
