"""Keys: who may ask, how much each may spend, and what it spent today, this week and this month."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from .refusal import USER, Refusal

__all__ = ["BROKE", "MANAGEMENT", "WORKSPACE", "Key", "KeyRing", "instant"]

MANAGEMENT = "sk-or-v1-management"
"""The one key that may manage keys and see credits and activity."""

BROKE = "sk-or-v1-broke"
"""A key whose account has no credits left, whatever the house has."""

WORKSPACE = "00000000-0000-4000-8000-000000000001"
_MOST_SEEN = 1_000
_MOST_MADE = 1_000
_MOST_DELETED = 1_000
_MOST_DAYS = 32  # longer than any month


def instant(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class Key:
    """One key. Its text is not kept, as at OpenRouter: only its hash and the label that shows both ends of it."""

    hash: str
    label: str
    name: str
    created: float
    management: bool = False
    broke: bool = False
    made: bool = False
    """Whether it was made by `POST /keys` or a login, and so is in the list of keys."""
    limit: float | None = None
    limit_reset: str | None = None
    include_byok_in_limit: bool = False
    disabled: bool = False
    expires: float | None = None
    updated: float | None = None
    used: float | None = None
    usage: float = 0.0
    days: dict[date, float] = field(default_factory=dict)
    workspace_id: str = WORKSPACE
    external_user: str | None = None

    def spend(self, cost: float, now: float) -> None:
        """Note what a request cost."""
        today = _day(now)
        self.used = now
        self.usage += cost
        self.days[today] = self.days.get(today, 0.0) + cost
        while len(self.days) > _MOST_DAYS:
            del self.days[min(self.days)]

    def since(self, window: str | None, now: float) -> float:
        """USD spent in the UTC "daily", "weekly" (from Monday) or "monthly" window; None: ever."""
        today = _day(now)
        if window is None:
            return self.usage
        first = {"daily": today, "weekly": today - timedelta(today.weekday()), "monthly": today.replace(day=1)}[window]
        return sum((cost for day, cost in self.days.items() if day >= first), 0.0)

    def resets(self, now: float) -> str | None:
        """When the window of the limit ends; None for a limit that is for ever."""
        today = _day(now)
        if self.limit_reset is None:
            return None
        next_month = (today.replace(day=28) + timedelta(4)).replace(day=1)
        days = {"daily": today + timedelta(1), "weekly": today + timedelta(7 - today.weekday()), "monthly": next_month}
        return f"{days[self.limit_reset].isoformat()}T00:00:00.000Z"

    def remaining(self, now: float) -> float | None:
        """USD that may still be spent in the window of the limit; None without a limit."""
        return None if self.limit is None else self.limit - self.since(self.limit_reset, now)

    def told(self, now: float) -> dict[str, Any]:
        """What every endpoint tells of a key."""
        spent = {f"usage_{window}": self.since(window, now) for window in ("daily", "weekly", "monthly")}
        byok = {f"byok_{name}": 0.0 for name in ("usage", *spent)}
        return {
            "label": self.label,
            "limit": self.limit,
            "limit_remaining": self.remaining(now),
            "limit_reset": self.limit_reset,
            "include_byok_in_limit": self.include_byok_in_limit,
            "usage": self.usage,
            **spent,
            **byok,
            "expires_at": None if self.expires is None else instant(self.expires),
            "creator_user_id": USER,
            "workspace_id": self.workspace_id,
        }

    def listed(self, now: float) -> dict[str, Any]:
        """What the endpoints of key management tell beside that."""
        return {
            "hash": self.hash,
            "name": self.name,
            "disabled": self.disabled,
            "created_at": instant(self.created),
            "updated_at": None if self.updated is None else instant(self.updated),
            "last_used_at": None if self.used is None else instant(self.used),
            "external_user": self.external_user,
            **self.told(now),
        }


class KeyRing:
    """All keys: those that were made, and those that merely came with a request."""

    def __init__(self, right: str | None, clock: Callable[[], float]) -> None:
        self._right = right
        self._clock = clock
        self._numbers = count(1)
        self._made: dict[str, Key] = {}
        self._seen: dict[str, Key] = {}
        self._deleted: dict[str, None] = {}

    def __len__(self) -> int:
        return len(self._made) + len(self._seen)

    def caller(self, headers: list[tuple[bytes, bytes]], *, management: bool = False, named: bool = False) -> Key:
        """The key of a request. Refusal: 401 for a wrong, deleted, disabled or expired one (and for none, where one
        must be `named` or the simulator has one), 403 where a `management` key is wanted and this is none."""
        text = ""
        for name, value in headers:
            if name.lower() == b"authorization":
                text = value.decode("latin-1").removeprefix("Bearer ").strip()
        if not text and (named or management or self._right is not None):
            raise Refusal(401, "No auth credentials found")
        key = self._known(text)
        if management and not key.management:
            raise Refusal(403, "Only management keys can perform this operation")
        return key

    def _known(self, text: str) -> Key:
        digest = sha256(text.encode()).hexdigest()
        key = self._made.get(digest)
        if key is not None:
            if key.disabled:
                raise Refusal(401, "API key is disabled")
            if key.expires is not None and key.expires <= self._clock():
                raise Refusal(401, "API key has expired")
            return key
        good = self._right is None or hmac.compare_digest(text.encode(), self._right.encode())
        if digest in self._deleted or not (good or text in (MANAGEMENT, BROKE)):
            raise Refusal(401, "User not found.")
        key = self._seen.pop(digest, None) or Key(digest, _label(text), "Simulated", self._clock())
        key.management = text == MANAGEMENT
        key.broke = text == BROKE
        self._seen[digest] = key
        if len(self._seen) > _MOST_SEEN:
            del self._seen[next(iter(self._seen))]
        return key

    # ---- management -------------------------------------------------------------------------

    def create(self, name: str, **fields: Any) -> tuple[Key, str]:
        """A new key, and its text, which is told only here. Refusal: 400 when there are too many."""
        if len(self._made) >= _MOST_MADE:
            raise Refusal(400, f"There are {_MOST_MADE} keys already: delete one.")
        number = next(self._numbers)
        text = "sk-or-v1-" + sha256(f"simulated key {number}".encode()).hexdigest()
        key = Key(sha256(text.encode()).hexdigest(), _label(text), name, self._clock(), made=True, **fields)
        self._made[key.hash] = key
        return key, text

    def made(self) -> list[Key]:
        """Every key that was made, the newest first."""
        return list(reversed(self._made.values()))

    def get(self, hash: str) -> Key:
        """The made key of this hash. Refusal: 404."""
        key = self._made.get(hash)
        if key is None:
            raise Refusal(404, "API key not found")
        return key

    def delete(self, hash: str) -> None:
        """Forget a key; from now on it is a wrong one. Refusal: 404."""
        self.get(hash)
        del self._made[hash]
        self._deleted[hash] = None
        if len(self._deleted) > _MOST_DELETED:
            del self._deleted[next(iter(self._deleted))]


def _label(text: str) -> str:
    return f"{text[:12]}...{text[-3:]}" if len(text) > 24 else "sk-or-v1-..."


def _day(now: float) -> date:
    return datetime.fromtimestamp(now, UTC).date()
