"""What OpenRouter tells of models and money, in the words of a table: 128k of context, dollars a million tokens, what
a model can do. A person gets short forms, a program at the other end of a pipe exact numbers."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import TYPE_CHECKING, Any

from .show import columns_of, print_table, wrapped
from .terminal import is_terminal, note, safe, styled, width

if TYPE_CHECKING:
    from ..wire.openrouter.pricing import Pricing

__all__ = ["ABLE", "able", "count", "figure", "money", "prices", "print_facts", "print_rows", "size", "tell_conditions"]

# A parameter that OpenRouter lists for a model, and the short word for what it means.
ABLE = {
    "tools": "tools",
    "structured_outputs": "schema",
    "response_format": "json",
    "reasoning": "reasoning",
}
_MODALITIES = ("image", "audio", "video", "file")
_GAP = 2
_NARROWEST = 8  # as `print_table` cuts columns
_LONGEST_NAME = 48  # columns; for a longer name the others do not go


def able(parameters: Collection[str], takes: Sequence[str] = (), makes: Sequence[str] = ()) -> str:
    """What a model can do: "tools schema reasoning image →audio" for one that calls tools, keeps to a JSON schema
    ("json": only to JSON), reasons, takes images beside text, and makes audio."""
    words = [word for parameter, word in ABLE.items() if parameter in parameters]
    if "schema" in words and "json" in words:
        words.remove("json")  # who keeps to a schema keeps to JSON
    words += [one for one in _MODALITIES if one in takes] + [one for one in takes if one not in (*_MODALITIES, "text")]
    return " ".join([*words, *(f"→{one}" for one in makes if one != "text")])


def size(tokens: int | None) -> str:
    """A number of tokens: "128k" for 131072 as for 128000, "1M", "1.05M"."""
    if tokens is None:
        return ""
    if tokens < 1000 or not is_terminal(sys.stdout):
        return str(tokens)
    thousand = 1024 if tokens % 1024 == 0 and tokens % 1000 else 1000
    number, unit = (tokens / thousand, "k") if tokens < thousand * thousand else (tokens / thousand**2, "M")
    return f"{number:.3g}{unit}" if number < 999.5 else f"{number:.0f}{unit}"


def prices(pricing: Pricing | None) -> tuple[str, str]:
    """Of a million tokens of the prompt, and of the answer; a person sees a star where others may apply."""
    if pricing is None:
        return "", ""
    star = "*" if pricing.overrides and is_terminal(sys.stdout) else ""
    prompt, answer = _per_million(pricing.get("prompt")), _per_million(pricing.get("completion"))
    return prompt and prompt + star, answer and answer + star


def tell_conditions(shown: Iterable[Pricing | None]) -> None:
    """What the stars of `prices` mean, where there are some."""
    if is_terminal(sys.stdout) and any(pricing is not None and pricing.overrides for pricing in shown):
        note("* other prices under conditions, as for long prompts: --json tells them")


def _per_million(price: Any) -> str:
    """A price of a token, as text or number, for a million of them; "free", or "varies" where it is that of another
    model, which a router chooses (OpenRouter writes -1 there)."""
    try:
        dear = Decimal(str(price)) * 1_000_000
    except InvalidOperation:  # None, or no number
        return ""
    if not dear.is_finite():
        return ""
    if dear < 0:
        return "varies"
    if not is_terminal(sys.stdout):
        return f"{dear.normalize():f}"
    return "free" if dear == 0 else _places(dear, 4)


def _places(amount: Decimal, most: int) -> str:
    """A number above 0 with two decimal places, or up to `most` where it has more; two digits of a tiny one."""
    if amount < Decimal(10) ** (1 - most):
        return f"{Decimal(f'{amount:.1e}').normalize():f}"
    whole, _, places = f"{amount:,.{most}f}".partition(".")
    return f"{whole}.{places.rstrip('0').ljust(2, '0')}"


def money(dollars: float | None) -> str:
    """An amount: "$12.34", with more places where it is a small one."""
    if dollars is None or not isfinite(dollars):
        return ""
    if not is_terminal(sys.stdout):
        return f"{Decimal(repr(round(dollars, 12))).normalize():f}"
    amount = abs(Decimal(repr(round(dollars, 12))))
    text = "0.00" if amount == 0 else _places(amount, 4 if amount >= 1 else 6)
    return f"{'-' if dollars < 0 else ''}${text}"


def count(number: float | None) -> str:
    """A number of things."""
    if number is None:
        return ""
    return f"{number:,}" if is_terminal(sys.stdout) else f"{number}"


def figure(number: float) -> str:
    """A measurement, with three digits that count."""
    return f"{number:.3g}" if abs(number) < 999.5 else f"{number:.0f}"


def print_rows(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    flexible: Sequence[int],
    spare: Sequence[int] = (),
    name: int = 0,
    before_name: Sequence[int] = (),
) -> None:
    """A table. A terminal is spared the columns that say nothing, and, where there is no room for all, those of `spare`
    in that order, before `flexible` ones are cut. The column `name` holds what is copied from there: the others are cut
    before it, and those of `before_name` go. A pipe always has all of them."""
    kept = list(range(len(heads)))
    if is_terminal(sys.stdout) and rows:
        kept = [place for place in kept if place in flexible or any(row[place] for row in rows)]
        wide = [max(columns_of(row[place]) for row in (heads, *rows)) + _GAP for place in range(len(heads))]
        for place in spare:
            if place in kept and sum(wide[one] for one in kept) > width():
                kept.remove(place)
        least = [min(one, _NARROWEST + _GAP) if place in flexible else one for place, one in enumerate(wide)]
        least[name] = min(wide[name], _LONGEST_NAME + _GAP)
        for place in before_name:
            if place in kept and sum(least[one] for one in kept) > width():
                kept.remove(place)
        if least[name] == wide[name] and sum(least[one] for one in kept) <= width():
            flexible = [place for place in flexible if place != name]
    print_table(
        [heads[place] for place in kept],
        [[row[place] for place in kept] for row in rows],
        flexible=[kept.index(place) for place in flexible if place in kept],
    )


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """What is known of one thing, a line each; what is not known is left out. Tab-separated in a pipe."""
    known = [(label, text) for label, text in facts if text]
    if not is_terminal(sys.stdout):
        for label, text in known:
            print(f"{label}\t{' '.join(text.split())}")
        return
    columns = max((len(label) for label, _ in known), default=0) + _GAP
    for label, text in known:
        first, *more = wrapped(safe(text), width() - columns - 1, whole=True) or [""]
        print(styled(f"{label:{columns}}", "dim", sys.stdout) + first)
        for line in more:
            print(" " * columns + line)
