"""A key that callers use: what it may do. The key itself is kept nowhere, only its SHA-256."""

from __future__ import annotations

from hashlib import sha256

from msgspec import Struct

__all__ = ["Bounds", "VirtualKey", "hashed", "matches"]


class Bounds(Struct, frozen=True, kw_only=True):
    """Limits of a key or of a team; None: none."""

    rpm: int | None = None
    tpm: int | None = None
    parallel: int | None = None
    day: float | None = None
    """Dollars, midnight to midnight UTC."""
    month: float | None = None
    total: float | None = None

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return self != _NO_BOUNDS

    @property
    def has_budget(self) -> bool:
        """Whether money is limited."""
        return self.day is not None or self.month is not None or self.total is not None


_NO_BOUNDS = Bounds()


class VirtualKey(Struct, frozen=True, kw_only=True):
    """What is known of one key.

    `id` is public ("key_..."), never changes when the key is rotated, and is what usage is booked on. `hash` is the
    hex SHA-256 of the secret; `shown` its last four characters. Moments are Unix seconds.
    """

    id: str
    name: str
    hash: str
    shown: str = ""
    models: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    bounds: Bounds = _NO_BOUNDS
    team: str | None = None
    team_bounds: Bounds = _NO_BOUNDS
    """The bounds of the team that it belongs to; filled in by whoever reads the keys."""
    team_models: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    expires: float | None = None
    created: float = 0.0
    revoked: float | None = None
    source: str = "store"
    """"store", or "file" for one of the configuration, which cannot be changed by the API."""
    previous: str | None = None
    """The hash before it was rotated, valid until `previous_until`."""
    previous_until: float | None = None

    @property
    def is_limited(self) -> bool:
        """Whether it, or its team, has any limit or budget."""
        return self.bounds is not _NO_BOUNDS or self.team_bounds is not _NO_BOUNDS

    def may_use(self, model: str) -> bool:
        """Whether it may ask this model (the name that the caller wrote)."""
        return matches(model, self.models) and matches(model, self.team_models)

    def may_call(self, route: str) -> bool:
        """Whether it may use this endpoint, by its name. Where all callers are one to the server, and see what the
        others put there, it must be named."""
        if not self.routes:
            return route not in ("raw", "files")
        return route in self.routes


def hashed(secret: str) -> str:
    """The hex SHA-256 that is kept of a key: keys are long and random, so no slow hash is needed."""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is among the patterns: () takes all, a * at the end stands for anything."""
    if not patterns:
        return True
    return any(name == one or (one[-1:] == "*" and name.startswith(one[:-1])) for one in patterns)
