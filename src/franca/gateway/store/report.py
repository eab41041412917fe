"""A report of usage: which time is meant, the sums with the names of keys, and the same as JSON or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, to_builtins

from ...errors import BadUsage
from ..config.words import moment
from .base import Store, UsageLine, UsageQuery

__all__ = ["COLUMNS", "Report", "moment_of", "names_of_keys", "report_of", "words_of"]

_DAY = 86400
_LAST = 253_402_214_400.0  # the beginning of 9999-12-31: later ones cannot be written as a date
_UNITS = {"m": 60, "h": 3600}
COLUMNS = (
    "requests", "failed", "refused", "left", "cached", "prompt_tokens", "completion_tokens", "cached_tokens",
    "reasoning_tokens", "cost", "unpriced", "seconds",
)  # fmt: skip
"""The numbers of a line, in the order of a table."""


class Report(Struct, kw_only=True):
    """Sums of usage, and their total. `names` are those of keys, by their ids."""

    by: tuple[str, ...]
    since: float | None
    until: float | None
    lines: list[UsageLine]
    total: UsageLine
    names: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON can say it."""
        return {
            "by": list(self.by),
            "from": _iso(self.since),
            "to": _iso(self.until),
            "lines": [self._described(line) for line in self.lines],
            "total": _numbers(self.total),
        }

    def to_csv(self) -> str:
        """The lines as CSV with a heading; beside the id of a key stands its name."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        dicts = [self._described(line) for line in self.lines]
        heads = [head for one in self.by for head in ((one, "key_name") if one == "key" else (one,))]
        writer.writerow([*heads, *COLUMNS])
        writer.writerows([[one[head] for head in (*heads, *COLUMNS)] for one in dicts])
        return out.getvalue()

    def _described(self, line: UsageLine) -> dict[str, Any]:
        found: dict[str, Any] = dict(zip(self.by, line.group, strict=True))
        if "key" in found:
            found["key_name"] = self.names.get(found["key"], "")
        return found | _numbers(line)


def _numbers(line: UsageLine) -> dict[str, Any]:
    values = to_builtins(line)
    # Sums of floats: what is below a millionth of a cent is no money.
    return {name: round(values[name], 9) if isinstance(values[name], float) else values[name] for name in COLUMNS}


def _iso(when: float | None) -> str | None:
    return None if when is None else datetime.fromtimestamp(when, UTC).isoformat().replace("+00:00", "Z")


async def report_of(store: Store, query: UsageQuery, names: Mapping[str, str]) -> Report:
    """What the store knows. Raises StoreDown."""
    lines = await store.usage(query)
    if query.by:
        whole = UsageQuery(
            since=query.since, until=query.until, key=query.key, team=query.team, tag=query.tag, route=query.route,
            server=query.server, model=query.model,
        )  # fmt: skip
        total = (await store.usage(whole))[0]
    else:
        total = lines[0]
    return Report(by=query.by, since=query.since, until=query.until, lines=lines, total=total, names=names)


async def names_of_keys(store: Store) -> dict[str, str]:
    """The names of the keys in the store, by their ids."""
    return {key.id: key.name for key in await store.keys()}


def words_of(text: str) -> tuple[str, ...]:
    """The words of "a, b"."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def moment_of(text: str | None, now: float, *, end: bool = False) -> float | None:
    """Unix seconds of a date, a moment in ISO 8601, or a time ago: "7d", "12h", "30m". None for no text.

    All days are those of UTC. A date is its beginning, with `end` its end, so that both days of from and to are meant;
    "7d" is the beginning of the day seven days ago. Raises BadUsage.
    """
    if not text:
        return None
    number, unit = text[:-1], text[-1]
    if number.isascii() and number.isdigit() and len(number) < 6:
        if unit == "d":
            return (now // _DAY - int(number)) * _DAY + (_DAY if end else 0)
        if unit in _UNITS:
            return now - int(number) * _UNITS[unit]
    try:
        found = moment(text)
    except (ValueError, OverflowError):
        raise BadUsage(
            f"{text[:40]!r} is no time: write a date (2026-11-21), a moment (2026-11-21T18:00:00Z) or how long ago "
            "(7d, 12h, 30m)"
        ) from None
    found = found - _DAY if len(text.strip()) <= 10 and not end else found
    return min(found, _LAST)
