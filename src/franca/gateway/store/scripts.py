"""What a store does, written once, without a database: generators that yield SQL and are sent the rows it gives.

A script is run in one transaction when it writes. Values stand apart from the SQL, always, as `?`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from logging import getLogger
from time import gmtime
from typing import Any, NamedTuple, TypeVar

import msgspec
from msgspec.structs import replace

from ...errors import BadUsage
from ..keys.record import Bounds, VirtualKey
from .base import RequestEntry, SoFar, Sums, UsageLine, UsageQuery
from .cells import (
    AS_DAILY,
    DAILY,
    DAY,
    LOGGED,
    SUMS,
    TAG_END,
    USAGE,
    cells_of,
    daily_of,
    entry_of,
    logged_cells_of,
    mark_of,
    plain,
    row_of,
    tags_of,
)
from .row import UsageRow
from .tables import STEPS, VERSION

__all__ = [
    "Script",
    "Sql",
    "add_rows",
    "change_key",
    "find_request",
    "find_row",
    "keep_key",
    "list_keys",
    "list_requests",
    "log_requests",
    "migrate",
    "prune",
    "read_keys_version",
    "sum_spent",
    "sum_usage",
]


class Sql(NamedTuple):
    """A statement and the values for its `?`; with `many`, once for each of them, and no rows come back."""

    text: str
    values: Sequence[Any] = ()
    many: bool = False


Rows = list[tuple[Any, ...]]
Result = TypeVar("Result")
Script = Generator[Sql, Rows, Result]

_CHUNK = 2000
"""Rows that one transaction removes: writers do not wait long for it."""
_MOST_LINES = 100_000

_NEW_BATCH = "INSERT INTO franca_batches (name, at) VALUES (?, ?) ON CONFLICT (name) DO NOTHING RETURNING name"


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


_ADD_USAGE = _insert("franca_usage", USAGE)
_ADD_LOGGED = _insert("franca_requests", LOGGED)
_ADD_DAILY = (
    f"{_insert('franca_daily', (*DAILY, *SUMS))} ON CONFLICT ({', '.join(DAILY)}) DO UPDATE SET "
    f"{', '.join(f'{name} = franca_daily.{name} + excluded.{name}' for name in SUMS)}"
)


def migrate(serial: str) -> Script[None]:
    """Bring the tables up to date. `serial` is the type of a primary key that numbers itself."""
    yield Sql("CREATE TABLE IF NOT EXISTS franca_meta (name TEXT PRIMARY KEY, value BIGINT NOT NULL)")
    found = yield Sql("SELECT value FROM franca_meta WHERE name = 'version'")
    version = found[0][0] if found else 0
    if version > VERSION:
        raise BadUsage(
            f"the store was written by a newer franca (its tables are version {version}, this one knows {VERSION}): "
            "update franca, or use another store"
        )
    if version == VERSION:
        return
    for step in STEPS[version:]:
        for text in step:
            yield Sql(text.replace("{serial}", serial))
    yield Sql(
        "INSERT INTO franca_meta (name, value) VALUES ('version', ?) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (VERSION,),
    )


def add_rows(rows: Sequence[UsageRow], batch: str, now: float) -> Script[None]:
    """Keep rows of usage and their sums, once for a batch of this name."""
    if (yield Sql(_NEW_BATCH, (batch, now))):
        cells = [cells_of(row) for row in rows]
        yield Sql(_ADD_USAGE, cells, many=True)
        yield Sql(_ADD_DAILY, daily_of(cells), many=True)


def log_requests(entries: Sequence[RequestEntry], batch: str, now: float) -> Script[None]:
    """Keep requests in the log, once for a batch of this name."""
    if (yield Sql(_NEW_BATCH, (batch, now))):
        yield Sql(_ADD_LOGGED, [logged_cells_of(entry) for entry in entries], many=True)


# ---- usage ------------------------------------------------------------------------------------------

_MODEL = "CASE WHEN server = '' THEN model ELSE server || '/' || model END"
_COLUMNS = {"tag": "tags", "model": _MODEL}


def sum_usage(query: UsageQuery, holds: str) -> Script[list[UsageLine]]:
    """`holds` is SQL that is above 0 where its first value, a text, holds the second one."""
    source, conditions, values = _source(query)
    for name in ("key", "team", "route", "server"):
        wanted = getattr(query, name)
        if wanted is not None:
            conditions.append(f"{name} = ?")
            values.append(plain(wanted))
    if query.model is not None:
        conditions.append(f"(model = ? OR {_MODEL} = ?)")
        values += [plain(query.model), plain(query.model)]
    if query.tag is not None:
        conditions.append(f"{holds} > 0" if query.tag else "tags = ?")
        values.append(f"{TAG_END}{plain(query.tag)}{TAG_END}" if query.tag else "")
    columns = [_COLUMNS.get(one, one) for one in query.by]
    sums = [f"CAST(COALESCE(SUM({name}), 0) AS {_type(name)})" for name in SUMS]
    text = f"SELECT {', '.join((*columns, *sums))} FROM {source}"
    if conditions:
        text += f" WHERE {' AND '.join(conditions)}"
    if columns:
        places = ", ".join(str(place + 1) for place in range(len(columns)))
        text += f" GROUP BY {places} ORDER BY {len(columns) + 1} DESC LIMIT {_MOST_LINES}"
    return _lines(query.by, (yield Sql(text, values)))


def _source(query: UsageQuery) -> tuple[str, list[str], list[Any]]:
    """Where the sums are read, and what narrows it down to the time that is asked for."""
    whole = all(one is None or one % DAY == 0 for one in (query.since, query.until))
    conditions, values = [], []
    for sign, moment in ((">=", query.since), ("<", query.until)):
        if moment is not None:
            conditions.append(f"{'day' if whole else 'at'} {sign} ?")
            values.append(int(moment // DAY) if whole else float(moment))
    if whole:
        return "franca_daily", conditions, values
    return f"(SELECT {AS_DAILY} FROM franca_usage WHERE {' AND '.join(conditions)}) AS rows_of_days", [], values


def _type(name: str) -> str:
    return "DOUBLE PRECISION" if name in ("cost", "seconds") else "BIGINT"


def _lines(by: tuple[str, ...], rows: Rows) -> list[UsageLine]:
    found: dict[tuple[str, ...], list[Any]] = {}
    for row in rows:
        for group in _groups(by, row[: len(by)]):
            kept = found.setdefault(group, [0] * len(SUMS))
            for place, value in enumerate(row[len(by) :]):
                kept[place] += value
    names = ["left" if name == "gone" else name for name in SUMS]
    lines = [UsageLine(group=group, **dict(zip(names, sums, strict=True))) for group, sums in found.items()]
    if "day" in by:
        place = by.index("day")
        lines.sort(key=lambda line: (line.group[place], -line.cost, -line.requests, line.group))
    else:
        lines.sort(key=lambda line: (-line.cost, -line.requests, line.group))
    return lines


def _groups(by: tuple[str, ...], values: tuple[Any, ...]) -> list[tuple[str, ...]]:
    """The lines that a row of sums belongs to: one for each of its tags, where it is by tag."""
    groups: list[tuple[str, ...]] = [()]
    for name, value in zip(by, values, strict=True):
        words = _iso(value) if name == "day" else tags_of(value) or "" if name == "tag" else value
        several = words if isinstance(words, tuple) else (words,)
        groups = [(*group, word) for group in groups for word in several]
    return groups


def _iso(day: int) -> str:
    moment = gmtime(day * DAY)
    return f"{moment.tm_year:04}-{moment.tm_mon:02}-{moment.tm_mday:02}"


def sum_spent(now: float) -> Script[Sums]:
    """What each key and each team has spent today, in this month and ever."""
    today = int(now // DAY)
    first = today - gmtime(now).tm_mday + 1
    found = []
    on, since = (f"SUM(CASE WHEN day {sign} ? THEN cost ELSE 0 END)" for sign in ("=", ">="))
    for name in ("key", "team"):
        rows = yield Sql(
            f"SELECT {name}, {on}, {since}, SUM(cost) FROM franca_daily GROUP BY {name}",
            (today, first),
        )
        found.append({row[0]: SoFar(float(row[1]), float(row[2]), float(row[3])) for row in rows})
    return Sums(*found)


def find_row(name: str, key: str | None) -> Script[UsageRow | None]:
    """The latest row of a generation, or of a request."""
    if name:
        name = plain(name)
        # The index is of rows that have a mark; said so, it is used.
        generation = "mark = ? AND mark <> 0 AND generation = ?"
        for condition, wanted in ((generation, [mark_of(name), name]), ("id = ?", [name])):
            text = f"SELECT {', '.join(USAGE)} FROM franca_usage WHERE {condition}"
            values: list[Any] = list(wanted)
            if key is not None:
                text += " AND key = ?"
                values.append(plain(key))
            found = yield Sql(f"{text} ORDER BY number DESC LIMIT 1", values)
            if found:
                return row_of(found[0])
    return None


# ---- keys -------------------------------------------------------------------------------------------

_log = getLogger("franca.gateway")
_NO_BOUNDS = Bounds()
_CHANGED = Sql("UPDATE franca_meta SET value = value + 1 WHERE name = 'keys'")
_decode_key = msgspec.json.Decoder(VirtualKey).decode


def list_keys() -> Script[list[VirtualKey]]:
    """All of them. One that cannot be read opens nothing, and must not hide from us that others were revoked."""
    rows = yield Sql("SELECT id, record FROM franca_keys ORDER BY created, id")
    found = []
    for id, record in rows:
        try:
            found.append(_decode_key(record))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            _log.error("the key %.80r in the store cannot be read and is not valid here: %s", id, type(error).__name__)
    return found


def read_keys_version() -> Script[int]:
    """What changes with each change."""
    rows = yield Sql("SELECT value FROM franca_meta WHERE name = 'keys'")
    return int(rows[0][0])


def keep_key(key: VirtualKey) -> Script[None]:
    """Put it in, or in the place of the one with its id."""
    found = yield Sql("SELECT id FROM franca_keys WHERE hash = ? AND id <> ?", (key.hash, key.id))
    if found:
        raise BadUsage(f"this secret is that of another key already: {found[0][0]}")
    # What a team may do is the configuration's word, and is filled in by whoever reads the keys.
    record = msgspec.json.encode(replace(key, team_bounds=_NO_BOUNDS, team_models=())).decode()
    yield Sql(
        "INSERT INTO franca_keys (id, hash, created, record) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "hash = excluded.hash, created = excluded.created, record = excluded.record",
        (key.id, key.hash, key.created, record),
    )
    yield _CHANGED


def change_key(id: str, change: Callable[[VirtualKey], VirtualKey], lock: str) -> Script[VirtualKey | None]:
    """Change one. `lock` is SQL that makes others wait who want to read it for the same reason."""
    found = yield Sql(f"SELECT record FROM franca_keys WHERE id = ?{lock}", (plain(id),))
    if not found:
        return None
    changed = change(_decode_key(found[0][0]))
    yield from keep_key(changed)
    return changed


# ---- the log of requests ----------------------------------------------------------------------------


def list_requests(key: str | None, outcome: str | None, before: float | None, most: int) -> Script[list[RequestEntry]]:
    """The latest ones, without bodies."""
    conditions, values = [], []
    for text, value in (("key = ?", key), ("outcome = ?", outcome), ("at < ?", before)):
        if value is not None:
            conditions.append(text)
            values.append(plain(value) if isinstance(value, str) else value)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    columns = ", ".join((*LOGGED[:-2], "NULL", "NULL"))
    rows = yield Sql(
        f"SELECT {columns} FROM franca_requests{where} ORDER BY at DESC, number DESC LIMIT ?", (*values, most)
    )
    return [entry_of(row) for row in rows]


def find_request(id: str) -> Script[RequestEntry | None]:
    """The latest one of that id."""
    rows = yield Sql(
        f"SELECT {', '.join(LOGGED)} FROM franca_requests WHERE id = ? ORDER BY number DESC LIMIT 1", (plain(id),)
    )
    return entry_of(rows[0]) if rows else None


def prune(table: str, before: float) -> Script[int]:
    """Remove some of the rows of "usage", "requests" or "batches" that began before; how many, 0 when none are left."""
    name, which = f"franca_{table}", "name" if table == "batches" else "number"
    rows = yield Sql(
        f"DELETE FROM {name} WHERE {which} IN (SELECT {which} FROM {name} WHERE at < ? LIMIT {_CHUNK}) RETURNING 1",
        (before,),
    )
    return len(rows)
