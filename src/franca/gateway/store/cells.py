"""Rows as a database takes them, and back. Whatever a caller or a server wrote becomes something every database keeps:
one row that cannot be written would hold up all behind it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import inf
from operator import itemgetter
from typing import Any
from zlib import crc32

from msgspec.structs import astuple, fields

from .base import RequestEntry
from .row import UsageRow

__all__ = [
    "AS_DAILY",
    "DAILY",
    "DAY",
    "LOGGED",
    "SUMS",
    "TAG_END",
    "USAGE",
    "cells_of",
    "daily_of",
    "entry_of",
    "logged_cells_of",
    "mark_of",
    "plain",
    "row_of",
    "tags_of",
]

DAY = 86400
USAGE = (*(field.name for field in fields(UsageRow)), "day", "mark")
"""The columns of franca_usage that are written: the row, its day, and the mark of its generation."""
LOGGED = tuple(field.name for field in fields(RequestEntry))
DAILY = ("day", "key", "team", "tags", "route", "server", "model")
"""What the rows of franca_daily are told apart by."""
SUMS = (
    "requests", "failed", "refused", "gone", "cached", "unpriced", "prompt_tokens", "completion_tokens",
    "cached_tokens", "reasoning_tokens", "cost", "seconds",
)  # fmt: skip
"""What is summed up in them."""

_RAW_SUMS = {
    "requests": "1",
    "failed": "CASE WHEN outcome IN ('ok', 'refused', 'left') THEN 0 ELSE 1 END",
    "refused": "CASE WHEN outcome = 'refused' THEN 1 ELSE 0 END",
    "gone": "CASE WHEN outcome = 'left' THEN 1 ELSE 0 END",
    "unpriced": "CASE WHEN cost IS NULL AND server <> '' AND cached = 0 AND status < 400 AND outcome <> 'refused' "
    "THEN 1 ELSE 0 END",
}
AS_DAILY = ", ".join((*DAILY, *(f"{_RAW_SUMS.get(name, f'COALESCE({name}, 0)')} AS {name}" for name in SUMS)))
"""What a row of franca_usage adds to franca_daily, as SQL; `daily_of` says the same of rows that are on their way."""

TAG_END = "\x1f"
_LONGEST = 300
_MOST = 2**53
_PLACES = {name: place for place, name in enumerate(USAGE)}
_group_of = itemgetter(*(_PLACES[name] for name in DAILY))
_summed_of = itemgetter(
    *(
        _PLACES[name]
        for name in (
            "outcome", "cost", "cached", "server", "status", "prompt_tokens", "completion_tokens", "cached_tokens",
            "reasoning_tokens", "seconds",
        )
    )
)  # fmt: skip


def cells_of(row: UsageRow) -> tuple[Any, ...]:
    """A row in the order of `USAGE`."""
    (
        id, at, seconds, first, key, team, tags, route, asked, server, model, generation, status, outcome, error,
        stream, cached, structured, tries, prompt, completion, prompt_cached, reasoning, cost, exact,
    ) = astuple(row)  # fmt: skip
    words = (id, key, team, route, asked, server, model, generation, outcome, error, structured)
    joined = "".join(words)
    if len(joined) > _LONGEST or not joined.isascii() or "\0" in joined:
        id, key, team, route, asked, server, model, generation, outcome, error, structured = map(plain, words)
    at = _number(at) or 0.0
    return (
        id, at, _number(seconds) or 0.0, _number(first), key, team, _tags(tags) if tags else "", route, asked, server,
        model, generation, status, outcome, error, 1 if stream else 0, 1 if cached else 0, structured, tries,
        _count(prompt), _count(completion), _count(prompt_cached), _count(reasoning), _number(cost),
        1 if exact else 0, int(at // DAY), mark_of(generation),
    )  # fmt: skip


def mark_of(generation: str) -> int:
    """What a generation is looked up by, before it is compared: an index of numbers is a quarter of one of texts, whose
    pages, each new row in another one, would be most of the work of writing."""
    return crc32(generation.encode()) if generation else 0


def row_of(cells: Sequence[Any]) -> UsageRow:
    """The row whose columns (of `USAGE`) these are."""
    found = dict(zip(USAGE, cells, strict=True))
    del found["day"], found["mark"]
    found["tags"] = tags_of(found["tags"])
    for name in ("stream", "cached", "exact"):
        found[name] = bool(found[name])
    return UsageRow(**found)


def tags_of(text: str) -> tuple[str, ...]:
    """The tags that a cell holds."""
    return tuple(text.split(TAG_END)[1:-1])


def daily_of(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows of franca_daily for rows of franca_usage. Sorted: two writers never wait for each
    other in a ring."""
    sums: dict[tuple[Any, ...], list[Any]] = {}
    for cells in rows:
        group = _group_of(cells)
        kept = sums.get(group)
        if kept is None:
            kept = sums[group] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.0, 0.0]
        outcome, cost, cached, server, status, prompt, completion, prompt_cached, reasoning, seconds = _summed_of(cells)
        kept[0] += 1
        if outcome != "ok":
            kept[_OUTCOMES.get(outcome, 1)] += 1
        kept[4] += cached
        if cost is not None:
            kept[10] += cost
        elif server and not cached and status < 400 and outcome != "refused":
            kept[5] += 1
        kept[6] += prompt or 0
        kept[7] += completion or 0
        kept[8] += prompt_cached or 0
        kept[9] += reasoning or 0
        kept[11] += seconds
    return [(*group, *sums[group]) for group in sorted(sums)]


_OUTCOMES = {"error": 1, "cut": 1, "refused": 2, "left": 3}


def logged_cells_of(entry: RequestEntry) -> tuple[Any, ...]:
    """A request of the log in the order of `LOGGED`."""
    return (
        plain(entry.id), _number(entry.at) or 0.0, plain(entry.key), plain(entry.route), plain(entry.asked),
        plain(entry.server), plain(entry.model), _count(entry.status) or 0, plain(entry.outcome), plain(entry.error),
        _number(entry.seconds) or 0.0, None if entry.request is None else _clean(entry.request),
        None if entry.response is None else _clean(entry.response),
    )  # fmt: skip


def entry_of(cells: Sequence[Any]) -> RequestEntry:
    """The request whose columns (of `LOGGED`) these are."""
    return RequestEntry(**dict(zip(LOGGED, cells, strict=True)))


def plain(text: str) -> str:
    """A text of a stranger as it is kept and looked for: of bounded length, without what no database takes."""
    if len(text) > _LONGEST:
        text = text[:_LONGEST]
    return text if text.isascii() and "\0" not in text else _clean(text)


def _clean(text: str) -> str:
    """Without what a database or UTF-8 has no place for: NUL, and halves of surrogate pairs."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode()


def _tags(tags: tuple[str, ...]) -> str:
    """Each tag between two marks, so that one can be looked for in the text."""
    cleaned = dict.fromkeys(plain(tag.replace(TAG_END, " ")) for tag in tags)
    return TAG_END + TAG_END.join(sorted(cleaned)) + TAG_END


def _number(value: float | None) -> float | None:
    """A time or an amount; None for what is none: NaN, infinity, less than nothing."""
    return float(value) if value is not None and 0 <= value < inf else None


def _count(value: int | None) -> int | None:
    return int(value) if value is not None and 0 <= value <= _MOST else None
