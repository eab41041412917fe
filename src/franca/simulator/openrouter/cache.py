"""The response cache: which answers are there already, for whom, and for how long."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

__all__ = ["Cache", "Entry", "Policy", "policy_of"]

_MOST = 500
_DEFAULT = 300
_LONGEST = 86_400


class Entry(NamedTuple):
    """An answer that was given: what made it, and when."""

    made: Any
    generation: str
    since: float
    lifetime: int


class Policy(NamedTuple):
    """What a request wants of the cache."""

    lifetime: int
    clear: bool
    key: bytes

    @property
    def on_miss(self) -> list[tuple[str, str]]:
        """The headers of an answer that was made now."""
        return [("x-openrouter-cache-status", "MISS"), ("x-openrouter-cache-ttl", str(self.lifetime))]


def policy_of(headers: Mapping[str, str], preset: Mapping[str, Any], path: str, raw: bytes) -> Policy | None:
    """Whether the cache is to be used, and how; None where it is off.

    A preset that turns it off has the last word, then the header, then a preset that turns it on. The answer to a
    request is its own key's alone; order and spelling of the body count, white space (here) too.
    """
    asked = headers.get("x-openrouter-cache", "").lower()
    on = asked == "true" or (asked != "false" and preset.get("cache_enabled") is True)
    if not on or preset.get("cache_enabled") is False:
        return None
    told = re.match(r"-?\d+", headers.get("x-openrouter-cache-ttl", ""))
    lifetime = int(told[0]) if told else int(preset.get("cache_ttl_seconds") or _DEFAULT)
    clear = headers.get("x-openrouter-cache-clear", "").lower() == "true"
    who = headers.get("authorization", "").encode()
    return Policy(min(max(lifetime, 1), _LONGEST), clear, sha256(b"\0".join((who, path.encode(), raw))).digest())


class Cache:
    """The last 500 answers."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kept: dict[bytes, Entry] = {}

    def find(self, policy: Policy) -> Entry | None:
        """The answer, if there is one that has not outlived its time."""
        entry = self._kept.get(policy.key)
        if entry is None:
            return None
        if policy.clear or self._clock() - entry.since >= entry.lifetime:
            del self._kept[policy.key]
            return None
        return entry

    def keep(self, policy: Policy, made: Any, generation: str) -> None:
        """Keep what made an answer; the oldest goes where there are too many."""
        self._kept.pop(policy.key, None)
        self._kept[policy.key] = Entry(made, generation, self._clock(), policy.lifetime)
        if len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]

    def on_hit(self, entry: Entry) -> list[tuple[str, str]]:
        """The headers of an answer out of the cache."""
        age = int(self._clock() - entry.since)
        return [
            ("x-openrouter-cache-status", "HIT"),
            ("x-openrouter-cache-age", str(age)),
            ("x-openrouter-cache-ttl", str(entry.lifetime - age)),
            ("x-openrouter-cache-source-id", entry.generation),
        ]
