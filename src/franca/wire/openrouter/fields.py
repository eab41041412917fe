"""The kinds of field that only OpenRouter's lists have: prices written as text, and lists of words."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from ..fields import keyed

if TYPE_CHECKING:
    from ..base import Window
    from ..fields import Field

__all__ = ["dollars", "words"]


def dollars(key: str, doc: str) -> Field[float | None]:
    """An amount of US dollars, written as text ("0.0000025") or as number; None for one below zero: OpenRouter writes
    "-1" for a price that is not known beforehand (routers such as openrouter/auto)."""

    def get(window: Window) -> float | None:
        value = window._data.get(key)
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            return None
        try:
            amount = float(value)
        except (ValueError, OverflowError):
            return None
        return amount if amount >= 0 and isfinite(amount) else None

    return property(keyed(key)(get), doc=doc)  # type: ignore[return-value]


def words(key: str, doc: str) -> Field[list[str]]:
    """A list of strings, in a new list; of an object its keys. [] when there is none."""

    def get(window: Window) -> list[str]:
        value = window._data.get(key)
        return [word for word in value if isinstance(word, str)] if isinstance(value, (list, dict)) else []

    return property(keyed(key)(get), doc=doc)  # type: ignore[return-value]
