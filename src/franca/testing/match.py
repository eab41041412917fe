"""Which recorded exchange answers a request: the same method, path, query and body. And, when none does, why."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..errors import BadUsage
from .exchange import Exchange

__all__ = ["Key", "find", "key_of", "missed"]

_DIFF_LINES = 60
_NEAR = 50  # recorded requests that are compared for the nearest one


class Key:
    """What is compared: `same` decides, `host` only prefers among equals."""

    __slots__ = ("body", "host", "same")

    def __init__(self, method: str, url: str, body: bytes, ignore: Sequence[str]) -> None:
        parts = urlsplit(url)
        query = sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in ignore)
        self.host = parts.netloc
        self.body = _normal(body, ignore)
        self.same = (method.upper(), parts.path, tuple(query), self.body)


def key_of(exchange: Exchange, ignore: Sequence[str]) -> Key:
    """The key of a recorded or a coming exchange, whose secrets are gone already."""
    return Key(exchange.method, exchange.url, exchange.body, ignore)


def _normal(body: bytes, ignore: Sequence[str]) -> str:
    """A body to compare: JSON with sorted names and without ignored fields, anything else as it is."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "backslashreplace")
    for path in ignore:
        _without(value, path.split("."))
    return json.dumps(_numbers(value), indent=2, sort_keys=True, ensure_ascii=False)


def _without(value: Any, path: Sequence[str]) -> None:
    """Take the field at a dotted path away; a list on the way means each of its items."""
    if isinstance(value, list):
        for item in value:
            _without(item, path)
    elif isinstance(value, dict):
        if len(path) == 1:
            value.pop(path[0], None)
        elif path[0] in value:
            _without(value[path[0]], path[1:])


def _numbers(value: Any) -> Any:
    """1.0 and 1 are the same number, whichever way it is written."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return {name: _numbers(item) for name, item in value.items()} if isinstance(value, dict) else value


def find(wanted: Key, recorded: Sequence[Key], free: Iterable[int]) -> int | None:
    """The place of the first free exchange that answers; one of the same host before others."""
    fits = [place for place in free if recorded[place].same == wanted.same]
    return next((place for place in fits if recorded[place].host == wanted.host), fits[0] if fits else None)


def missed(wanted: Key, recorded: Sequence[Key], name: str, advice: str) -> BadUsage:
    """The error for a request that no free exchange answers: the nearest one, and what differs."""
    method, path = wanted.same[0], wanted.same[1]
    times = sum(key.same == wanted.same for key in recorded)
    if times:
        what = "once" if times == 1 else f"{times} times"
        return BadUsage(
            f"{name} holds {method} {path} with this body {what}, and it is asked for once more; "
            f"an exchange is replayed once (reuse=True plays the last one again){advice}"
        )
    if not recorded:
        return BadUsage(f"{name} holds no exchange, and {method} {path} is asked for{advice}")
    place = max(range(len(recorded))[:_NEAR], key=lambda at: _likeness(wanted, recorded[at]))
    near = recorded[place]
    diff = list(difflib.unified_diff(_shown(near), _shown(wanted), "recorded", "asked for", lineterm="", n=2))
    if len(diff) > _DIFF_LINES:
        diff = [*diff[:_DIFF_LINES], f"... and {len(diff) - _DIFF_LINES} lines more"]
    text = "\n".join(line[:300] for line in diff)
    return BadUsage(
        f"{name} holds no answer to {method} {path}{advice}. The nearest request is number {place + 1} of "
        f"{len(recorded)}:\n{text}"
    )


def _likeness(one: Key, other: Key) -> tuple[bool, bool, float]:
    matcher = difflib.SequenceMatcher(None, _shown(one), _shown(other), autojunk=False)
    return one.same[0] == other.same[0], one.same[1] == other.same[1], matcher.quick_ratio()


def _shown(key: Key) -> list[str]:
    method, path, query, body = key.same
    asked = "&".join(f"{name}={value}" for name, value in query)
    return [f"{method} {path}{'?' if asked else ''}{asked}", *str(body).split("\n")]
