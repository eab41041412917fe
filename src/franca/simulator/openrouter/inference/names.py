"""What a model's name means: alias, preset, router, variant behind a colon, fault, and which model answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ...models import VARIANTS
from ..catalogue import MOST_NAME
from ..house import House
from ..records import Endpoint, ModelRecord, Provider
from .faults import Fault, fault_named
from .trouble import Trouble

__all__ = ["MANNERS", "PRESETS", "Named", "endpoints_for", "named", "preset_of"]

PRESETS: Mapping[str, Mapping[str, Any]] = {
    "brief": {"model": "author/echo", "max_tokens": 2},
    "thoughtful": {"model": "author/reason", "reasoning": {"effort": "high"}},
    "cached": {"model": "author/echo", "cache_enabled": True, "cache_ttl_seconds": 600},
    "uncached": {"model": "author/echo", "cache_enabled": False},
}
"""Presets that every account has here, by slug: fields of the request, and those of the response cache."""

MANNERS: Mapping[str, tuple[str, str]] = {
    "reason-encrypted": ("reason", "encrypted"),
    "reason-summary": ("reason", "summary"),
    "reason-signed": ("reason", "signed"),
    "painter": ("echo", "images"),
}
"""Further models by the last part of their names: the model behind, and the manner of its answers."""

_BACKUP = Provider("Backup", "backup")
_ROUTERS = {"openrouter/auto": "author/echo", "openrouter/free": "author/echo:free"}


class Named(NamedTuple):
    """A model as it was asked for."""

    asked: str
    shown: str
    """The name in the answer."""
    plays: str
    """The simulator's model behind it, and its variant ("details" of "reason:details")."""
    variant: str
    suffix: str
    """"nitro" of "author/echo:nitro"."""
    manner: str
    fault: Fault | None
    strategy: str
    """How the router came to it: "direct", "auto", "free", "latest" or "alias"."""
    record: ModelRecord | None
    """Of the catalogue; None for a model that is there for its fault or manner."""

    @property
    def is_free(self) -> bool:
        """Whether it costs nothing."""
        return self.record is not None and self.record.free


def preset_of(slug: str) -> Mapping[str, Any]:
    """A preset by its slug."""
    found = PRESETS.get(slug)
    if found is None:
        raise Trouble(404, f"Preset not found: {slug}", {"error_type": "not_found"})
    return found


def named(house: House, asked: str) -> Named | None:
    """The model that a name (without `@preset/...`) means; None where there is none, and for a scenario."""
    if len(asked) > MOST_NAME:
        return None
    name = house.dials.aliases.get(asked, _ROUTERS.get(asked, asked))
    record, variant = house.model(name), ""
    base, _, suffix = name.partition(":")
    if record is None and suffix and (found := house.model(base)) and suffix in VARIANTS.get(found.plays, ()):
        record, variant = found, suffix
    word = base.rpartition("/")[2]
    fault = fault_named(word)
    plays, manner = MANNERS.get(word, ("echo" if fault else "", ""))
    if record is not None:
        plays = record.plays
    elif not plays:
        return None
    strategy = _strategy(asked, name)
    shown = asked
    if record is not None and "/" in asked and strategy != "alias" and not variant:
        shown = record.id
    return Named(
        asked,
        shown,
        plays,
        variant,
        "" if variant else suffix,
        manner,
        fault,
        strategy,
        record,
    )


def _strategy(asked: str, name: str) -> str:
    if asked in _ROUTERS:
        return asked.removeprefix("openrouter/")
    if name != asked:
        return "alias"
    return "latest" if asked.startswith("~") else "direct"


def endpoints_for(house: House, model: Named) -> list[Endpoint]:
    """The endpoints that serve a model; one that the catalogue does not have is at two providers, so that the second
    can answer where the first fails."""
    if model.record is not None:
        return house.endpoints(model.record.id) or list(model.record.endpoints)
    found = house.endpoints(f"author/{model.plays}")
    return [*found, *(replace(one, provider=_BACKUP, tag=_BACKUP.slug) for one in found)]
