"""What can be said of OpenRouter's fields before they are sent: things of the wrong kind, and names that are a known
one misspelt.

OpenRouter adds fields and words often. So values are held against kinds only (a list, an object), never against lists
of words or ranges; and an unknown name that resembles no known one passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_args, get_type_hints

from ...errors import BadUsage
from .params import FlatProviderParams
from .plugins import Plugin
from .routing import MaxPrice, Percentiles, ProviderPreferences, Reasoning, Sort

__all__ = ["check_routed"]

_LISTS = ("models", "transforms", "plugins", "stop_server_tools_when")
_FLAT_LISTS = ("provider_order", "provider_ignore", "provider_quantizations")
_OBJECTS = ("provider", "reasoning", "trace", "cache_control", "debug", "usage", "image_config", "deferred_tools")
_PROVIDER_LISTS = ("order", "only", "ignore", "quantizations")
_PERCENTILES = ("preferred_min_throughput", "preferred_max_latency")
# "onyl" is 0.75 like "only", "zdr" is 0.67 like "zrd": names that short are more often another word than misspelt.
_ALIKE = 0.74


def check_routed(params: Mapping[str, Any]) -> None:
    """Raises BadUsage for a field of the wrong kind, and for a misspelt name in `provider`, `reasoning`, `plugins`."""
    for name in params:
        nested = name.removeprefix("provider_")
        if (
            nested != name
            and nested in ProviderPreferences.__annotations__
            and name not in FlatProviderParams.__annotations__
        ):
            raise BadUsage(f"unknown parameter {name!r}; did you mean provider={{{nested!r}: ...}}?", param=name)
    for name in (*_LISTS, *_FLAT_LISTS):
        if params.get(name) is not None:
            _list(name, params[name])
    reasoning = params.get("reasoning")
    if isinstance(reasoning, str):
        raise BadUsage(
            f"reasoning: expected an object; did you mean reasoning_effort={reasoning!r}?", param="reasoning"
        )
    for name in _OBJECTS:
        if params.get(name) is not None:
            _object(name, params[name])
    if reasoning is not None:
        _names("reasoning", reasoning, Reasoning.__annotations__)
    if params.get("provider") is not None:
        _provider(params["provider"])
    for position, plugin in enumerate(params.get("plugins") or ()):
        _plugin(f"plugins[{position}]", plugin)


def _provider(provider: Mapping[str, Any]) -> None:
    _names("provider", provider, ProviderPreferences.__annotations__)
    for name in _PROVIDER_LISTS:
        if provider.get(name) is not None:
            _list(f"provider.{name}", provider[name])
    for name, kind in (("max_price", MaxPrice), ("options", None)):
        if provider.get(name) is not None:
            _object(f"provider.{name}", provider[name])
            if kind is not None:
                _names(f"provider.{name}", provider[name], kind.__annotations__)
    sort = provider.get("sort")
    if isinstance(sort, Mapping):
        _names("provider.sort", sort, Sort.__annotations__)
    elif sort is not None and not isinstance(sort, str):
        _reject("provider.sort", "a word or an object", sort)
    for name in _PERCENTILES:
        limit = provider.get(name)
        if isinstance(limit, Mapping):
            _names(f"provider.{name}", limit, Percentiles.__annotations__)
        elif limit is not None and (isinstance(limit, bool) or not isinstance(limit, (int, float))):
            _reject(f"provider.{name}", "a number, or an object of percentiles", limit)


def _plugin(place: str, plugin: Any) -> None:
    if isinstance(plugin, str):
        raise BadUsage(f'{place}: a plugin is an object: {{"id": {plugin!r}}}', param="plugins")
    _object(place, plugin)
    named = plugin.get("id")
    if not isinstance(named, str):
        raise BadUsage(f'{place}: a plugin has an "id", such as "web"', param="plugins")
    plugins = _plugins()
    known = plugins.get(named)
    if known is not None:
        _names(place, plugin, known)
        return
    meant = named.strip().lower().replace("_", "-").replace(" ", "-")
    if meant in plugins:  # only another spelling: an id that is merely alike may be a new plugin
        raise BadUsage(f"{place}: unknown plugin {named!r}; did you mean {meant!r}?", param="plugins")


@cache
def _plugins() -> dict[str, frozenset[str]]:
    """The fields of each plugin, by its id."""
    return {get_args(get_type_hints(kind)["id"])[0]: frozenset(kind.__annotations__) for kind in get_args(Plugin)}


def _list(place: str, value: Any) -> None:
    if isinstance(value, str):
        raise BadUsage(f"{place}: expected a list; did you mean [{value!r}]?", param=_top(place))
    if not isinstance(value, (list, tuple)):
        _reject(place, "a list", value)


def _object(place: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        _reject(place, "an object (a dict)", value)


def _names(place: str, given: Mapping[str, Any], known: Iterable[str]) -> None:
    """Raises BadUsage for a name that is one of the known misspelt."""
    names = frozenset(known)
    for name in given:
        if name in names:
            continue
        if not isinstance(name, str):
            _reject(f"{place}: a field's name", "text", name)
        from difflib import get_close_matches

        near = get_close_matches(name, names, n=1, cutoff=_ALIKE)
        if near:
            top = _top(place)
            raise BadUsage(
                f"{place}: unknown field {name!r}; did you mean {near[0]!r}? (If {name!r} is meant, pass all of "
                f"{top} through extra={{{top!r}: ...}}.)",
                param=top,
            )


def _reject(place: str, wanted: str, value: Any) -> None:
    raise BadUsage(f"{place}: expected {wanted}, got {type(value).__name__}", param=_top(place))


def _top(place: str) -> str:
    """The field of the request that a place is in."""
    return place.partition(".")[0].partition("[")[0].partition(":")[0]
