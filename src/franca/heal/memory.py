"""What was learnt about servers: which remedies the requests for one model of one server need."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ..wire import codec
from .policy import Remedy, is_known, undoes

__all__ = ["MEMORY_VERSION", "WEEK", "Memory", "entries_of", "plain_url"]

MEMORY_VERSION = 1
WEEK = 7 * 86400.0
_MOST_REMEDIES = 16  # for one model of one server
_LONGEST_NAME = 512

Key = tuple[str, str]


class _Learnt(NamedTuple):
    remedy: Remedy
    until: float
    """Unix seconds."""


class _Entry:
    __slots__ = ("learnt", "used")

    def __init__(self, learnt: tuple[_Learnt, ...], used: int) -> None:
        self.learnt = learnt
        self.used = used


class Memory:
    """Remedies by (base URL, model).

    limit   how many pairs are kept; the one that was not used for longest goes first
    ttl     seconds that a remedy is remembered, so that a server that has learnt better is asked again: a week

    The wall clock is handed in as `now`, in Unix seconds. Threads may share it without a lock: a reader takes one
    tuple out of one dict, and a writer puts a new tuple in its place, so a reader sees the old one or the new one. Two
    writers at the same pair may lose one remedy, which the next refusal teaches again.
    """

    def __init__(self, limit: int = 256, ttl: float = WEEK) -> None:
        self.limit = limit
        self.ttl = ttl
        self._entries: dict[Key, _Entry] = {}
        self._uses = 0

    def recall(self, base_url: str, model: str | None, now: float) -> tuple[Remedy, ...]:
        """What requests for this model of this server need, in the order it was learnt; () when nothing is known."""
        if not self._entries:
            return ()
        entry = self._entries.get(_key(base_url, model))
        if entry is None:
            return ()
        self._uses += 1
        entry.used = self._uses
        return tuple(one.remedy for one in entry.learnt if self._holds(one.until, now))

    def _holds(self, until: float, now: float) -> bool:
        """A time further off than the ttl was written under a wrong clock, and would never end."""
        return now < until <= now + self.ttl

    def remember(self, base_url: str, model: str | None, remedies: Iterable[Remedy], now: float) -> bool:
        """Keep remedies that made a refused request succeed. Whether anything was new."""
        before = self.recall(base_url, model, now)
        until = now + self.ttl
        given = [_Learnt(remedy, until) for remedy in remedies if is_known(remedy)]
        self._add(_key(base_url, model), given, now)
        return any(one.remedy not in before for one in given)

    def _add(self, key: Key, given: list[_Learnt], now: float) -> None:
        entry = self._entries.get(key)
        kept = [one for one in (entry.learnt if entry is not None else ()) if self._holds(one.until, now)]
        for one in given:
            kept = [other for other in kept if not undoes(one.remedy, other.remedy)]  # the server changed its mind
            old = next((place for place, other in enumerate(kept) if other.remedy == one.remedy), None)
            if old is None:
                kept.append(one)
            else:
                kept[old] = _Learnt(one.remedy, max(one.until, kept[old].until))
        if not kept:
            self._entries.pop(key, None)
            return
        self._uses += 1
        self._entries[key] = _Entry(tuple(kept[-_MOST_REMEDIES:]), self._uses)
        while len(self._entries) > self.limit:
            # A copy, as another thread may add in the middle of the search.
            oldest = min(list(self._entries.items()), key=lambda item: item[1].used)[0]
            self._entries.pop(oldest, None)

    def forget(self, base_url: str | None = None, model: str | None = None) -> None:
        """Forget what was learnt about a server, about one model of it, or (without arguments) everything."""
        if base_url is None:
            wanted = [key for key in list(self._entries) if model is None or key[1] == model]
        else:
            plain = plain_url(base_url)
            wanted = [key for key in list(self._entries) if key[0] == plain and (model is None or key[1] == model)]
        for key in wanted:
            self._entries.pop(key, None)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {len(self)} of at most {self.limit} models>"

    # ---- JSON ----------------------------------------------------------------------------------------

    def to_json(self, now: float) -> bytes:
        """Everything that still holds, as JSON. It holds base URLs without user info and query, names of models and of
        fields; no keys, no messages."""
        entries = sorted(self._entries.items(), key=lambda item: item[1].used)
        made = [
            {"base_url": base_url, "model": model, "remedies": self._holding(entry, now)}
            for (base_url, model), entry in entries
        ]
        data = {"version": MEMORY_VERSION, "entries": [entry for entry in made if entry["remedies"]]}
        return codec.encode_body(data)

    def _holding(self, entry: _Entry, now: float) -> list[dict[str, Any]]:
        return [
            {"action": remedy.action, "field": remedy.field, "value": remedy.value, "until": until}
            for remedy, until in entry.learnt
            if self._holds(until, now)
        ]

    def from_json(self, data: bytes, now: float) -> str | None:
        """Add what `to_json` wrote once. The reason why it was left out, as a whole or in part; None when all is well.
        Never raises: a file may be garbage, another version's or another program's."""
        found = entries_of(data)
        if isinstance(found, str):
            return found
        left_out = sum(not self._read(entry, now) for entry in found[-self.limit :])
        return f"{left_out} of its entries make no sense" if left_out else None

    def _read(self, entry: Any, now: float) -> bool:
        """Add one entry of a file; whether it made sense. What has run out makes sense, and is left out."""
        if not isinstance(entry, dict) or not isinstance(entry.get("remedies"), list):
            return False
        base_url, model = entry.get("base_url"), entry.get("model")
        if not isinstance(base_url, str) or not isinstance(model, str):
            return False
        given = []
        for item in entry["remedies"]:
            made = _read_remedy(item)
            if made is None:
                return False
            if self._holds(made.until, now):
                given.append(made)
        self._add(_key(base_url, model), given, now)
        return True


def entries_of(data: bytes) -> list[Any] | str:
    """The entries of what `Memory.to_json` wrote, or why this is no such thing."""
    try:
        found = codec.decode_json(data)
    except (ValueError, RecursionError):
        return "it is no JSON"
    if not isinstance(found, dict) or not isinstance(found.get("entries"), list):
        return "it is no memory of franca's"
    version = found.get("version")
    if version != MEMORY_VERSION:
        return f"it has version {version!r:.20}, not {MEMORY_VERSION}"
    entries: list[Any] = found["entries"]
    return entries


def _read_remedy(item: Any) -> _Learnt | None:
    if not isinstance(item, dict):
        return None
    until = item.get("until")
    made = Remedy(item.get("action", ""), item.get("field", ""), item.get("value"))
    return _Learnt(made, until) if isinstance(until, (int, float)) and is_known(made) else None


def _key(base_url: str, model: str | None) -> Key:
    return plain_url(base_url), (model or "")[:_LONGEST_NAME]


def plain_url(base_url: str) -> str:
    """A base URL without user info, query and fragment: those may be secrets."""
    if "@" not in base_url and "?" not in base_url and "#" not in base_url and base_url[-1:] != "/":
        return base_url[:_LONGEST_NAME]  # as a client's is
    scheme, mark, rest = base_url.partition("://")
    if not mark:
        scheme, rest = "", base_url
    rest = rest.partition("#")[0].partition("?")[0]
    authority, slash, path = rest.partition("/")
    return f"{scheme}{mark}{authority.rpartition('@')[2]}{slash}{path}".rstrip("/")[:_LONGEST_NAME]
