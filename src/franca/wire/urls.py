"""Parts of an address that are made out of values: queries and segments of paths, each encoded in this one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BadUsage

__all__ = ["day_text", "path_text", "query_text", "time_text"]


def query_text(fields: Mapping[str, Any]) -> str:
    """The query of an address, without "?"; "" when there is nothing to say.

    None and empty lists are left out; lists are joined by commas, booleans are `true` and `false`, dates are those of
    ISO 8601, and moments are in UTC. Raises BadUsage, naming the field, for what no query can say.
    """
    from urllib.parse import quote

    parts = []
    for name, value in fields.items():
        if not isinstance(name, str):
            raise BadUsage(f"the name of a query's field is text, not {name!r}")
        if value is None or (isinstance(value, (list, tuple, set, frozenset)) and not value):
            continue
        parts.append(f"{quote(name, safe='')}={_quoted(name, _text(name, value), ',:/@~')}")
    return "&".join(parts)


def path_text(*segments: str) -> str:
    """Segments joined to a path, each encoded so that none can become two, or climb out of its place."""
    for segment in segments:
        if not isinstance(segment, str) or not segment or segment in (".", ".."):
            raise BadUsage(f"{segment!r} is no name that a path can hold")
    return "/".join(_quoted("a path", segment, ":@~") for segment in segments)


def time_text(name: str, value: Any) -> str:
    """A moment as text in UTC, "2026-11-21T12:00:00Z": a datetime that knows its time zone, or text as it is."""
    if isinstance(value, str):
        return value
    from datetime import UTC, datetime

    if not isinstance(value, datetime):
        raise BadUsage(f"{name} is a datetime with a time zone, or text; not {value!r}", param=name)
    if value.utcoffset() is None:
        raise BadUsage(f"{name} has no time zone: give datetime(..., tzinfo=timezone.utc)", param=name)
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def day_text(name: str, value: Any) -> str:
    """A day as text, "2026-11-21": a date, the day in UTC of a datetime that knows its time zone, or text as it is."""
    if isinstance(value, str):
        return value
    from datetime import date, datetime

    if isinstance(value, datetime):
        return time_text(name, value)[:10]
    if not isinstance(value, date):
        raise BadUsage(f"{name} is a date, or text such as '2026-11-21'; not {value!r}", param=name)
    return value.isoformat()


def _quoted(name: str, text: str, safe: str) -> str:
    from urllib.parse import quote

    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise BadUsage(f"{name}: {text!r} has half a character, which no address can hold", param=name) from None


def _text(name: str, value: Any) -> str:
    if isinstance(value, (list, tuple, set, frozenset)):
        items = [
            _item(name, item) for item in (sorted(value, key=str) if isinstance(value, (set, frozenset)) else value)
        ]
        split = next((item for item in items if "," in item), None)
        if split is not None:
            raise BadUsage(f"{name}: {split!r} has a comma, which would make two of it", param=name)
        return ",".join(items)
    return _item(name, value)


def _item(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise BadUsage(f"{name} is a number, not {value}", param=name)
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
    if hasattr(value, "isoformat"):
        return time_text(name, value) if hasattr(value, "utcoffset") else day_text(name, value)
    raise BadUsage(f"{name} is text, a number, True or False, a date, or a list of these; not {value!r}", param=name)
