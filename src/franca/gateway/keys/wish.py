"""What somebody wants of a key, made new or changed: checked field by field, whoever asks for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from ...errors import BadUsage
from ..config.words import moment, pattern_problem
from ..endpoints import ROUTES
from .record import VirtualKey

__all__ = ["BudgetWish", "KeyWish", "wished"]

_ROUTES = ROUTES
_MOST_WORDS = 200
_MOST_COUNT = 10**12  # whatever counts, counts with less than 64 bits
_LONGEST = 100


class BudgetWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Dollars that may be spent; None takes a limit away."""

    day: float | UnsetType | None = UNSET
    month: float | UnsetType | None = UNSET
    total: float | UnsetType | None = UNSET


class KeyWish(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said here is set, the rest stays as it is; None takes something away. `expires` is a date or a moment in
    ISO 8601, or Unix seconds."""

    name: str | UnsetType = UNSET
    models: tuple[str, ...] | UnsetType | None = UNSET
    routes: tuple[str, ...] | UnsetType | None = UNSET
    rpm: int | UnsetType | None = UNSET
    tpm: int | UnsetType | None = UNSET
    parallel: int | UnsetType | None = UNSET
    budget: BudgetWish | UnsetType | None = UNSET
    team: str | UnsetType | None = UNSET
    tags: tuple[str, ...] | UnsetType | None = UNSET
    expires: str | float | UnsetType | None = UNSET


def wished(key: VirtualKey, wish: KeyWish, teams: Collection[str] | None, now: float) -> VirtualKey:
    """The key with what is wished. `teams` are the names that there are, None where nobody knows them. Raises BadUsage,
    whose `param` is the field."""
    changes: dict[str, Any] = {}
    if wish.name is not UNSET:
        changes["name"] = _word("name", wish.name)
    if wish.models is not UNSET:
        changes["models"] = _patterns(wish.models or ())
    if wish.routes is not UNSET:
        changes["routes"] = _routes(wish.routes or ())
    if wish.tags is not UNSET:
        changes["tags"] = _words("tags", wish.tags or ())
    if wish.team is not UNSET:
        changes["team"] = _team(wish.team, teams)
    if wish.expires is not UNSET:
        changes["expires"] = None if wish.expires is None else _expiry(wish.expires, now)
    bounds = _bounds(wish)
    if bounds:
        changes["bounds"] = replace(key.bounds, **bounds)
    return replace(key, **changes)


def _bounds(wish: KeyWish) -> Mapping[str, Any]:
    found: dict[str, Any] = {}
    for name in ("rpm", "tpm", "parallel"):
        number = getattr(wish, name)
        if number is not UNSET:
            if number is not None and number < 1:
                raise BadUsage(f"{name} must be at least 1, not {number}; revoke a key that may do nothing", param=name)
            if number is not None and number > _MOST_COUNT:
                raise BadUsage(f"{name} may be {_MOST_COUNT} at most; leave it out for no limit", param=name)
            found[name] = number
    if wish.budget is None:
        found |= {"day": None, "month": None, "total": None}
    elif wish.budget is not UNSET:
        for name in ("day", "month", "total"):
            dollars = getattr(wish.budget, name)
            if dollars is not UNSET:
                if dollars is not None and not 0 <= dollars < 1e12:
                    raise BadUsage(f"budget.{name} must be an amount of dollars, not {dollars:g}", param="budget")
                found[name] = dollars
    return found


def _patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for one in patterns:
        problem = pattern_problem(one)
        if problem:
            raise BadUsage(f"models: {problem}", param="models")
    return _words("models", patterns)


def _routes(routes: tuple[str, ...]) -> tuple[str, ...]:
    for one in routes:
        if one not in _ROUTES:
            raise BadUsage(f"routes: no endpoint is called {one!r:.60}; there are {', '.join(sorted(_ROUTES))}",
                           param="routes")  # fmt: skip
    return tuple(dict.fromkeys(routes))


def _team(name: str | None, teams: Collection[str] | None) -> str | None:
    if not name:
        return None
    if teams is not None and name not in teams:
        there = f"there are {', '.join(sorted(teams))}" if teams else "there is none"
        raise BadUsage(f"team: no team {name!r:.60} is in the configuration; {there}", param="team")
    return _word("team", name)


def _words(field: str, words: tuple[str, ...]) -> tuple[str, ...]:
    if len(words) > _MOST_WORDS:
        raise BadUsage(f"{field}: at most {_MOST_WORDS} are kept", param=field)
    return tuple(dict.fromkeys(_word(field, one) for one in words))


def _word(field: str, word: str) -> str:
    text = word.strip()
    if not text or len(text) > _LONGEST or not text.isprintable():
        raise BadUsage(f"{field}: a text of 1 to {_LONGEST} printable characters is wanted", param=field)
    return text


def _expiry(wanted: str | float, now: float) -> float:
    try:
        ends = moment(wanted) if isinstance(wanted, str) else float(wanted)
    except (ValueError, OverflowError):
        raise BadUsage(
            'expires: a date or a moment is wanted, such as "2030-12-31" or "2030-12-31T18:00:00Z"', param="expires"
        ) from None
    if not now < ends < 1e11:
        raise BadUsage("expires: that is over already; `revoke` ends a key now" if ends <= now else
                       "expires: Unix seconds are wanted, and this is too large for them", param="expires")  # fmt: skip
    return ends
