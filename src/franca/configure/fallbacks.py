"""The servers that a call falls back on: each an entry of the option `fallbacks`, checked, with options of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import BadUsage
from ..flow.options import CALL_OPTIONS, reject_unknown
from ..servers import Server
from ..wire.headers import without_secrets

__all__ = ["passed_on", "places"]

_MOST = 20
_OWN = ("api_key", "token", "model", "endpoint", "deployment", "api_version", "organization", "limits")
_SHARED = (*CALL_OPTIONS, "user_agent", "max_body")


def places(server: Any, options: Mapping[str, Any]) -> list[tuple[Any, dict[str, Any]]]:
    """(server, options) of each fallback. What belongs to connections (proxy, TLS) is the client's for all of them;
    the key is each server's own."""
    given = options["fallbacks"]
    if isinstance(given, (str, Mapping)) or not isinstance(given, (list, tuple)):
        raise BadUsage("fallbacks is a list: of models, of (server, model) pairs, or of dicts with server and options")
    if len(given) > _MOST:
        raise BadUsage(f"fallbacks has at most {_MOST} entries")
    return [_place(f"fallbacks[{number}]", entry, server, options) for number, entry in enumerate(given)]


def _place(where: str, entry: Any, server: Any, options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    if isinstance(entry, str) and entry.strip():  # another model of the same server
        same = {name: options[name] for name in (*_OWN, *_SHARED) if name in options}
        same.pop("deployment", None)
        return server, {**same, "model": entry} if "deployment" not in options else {**same, "deployment": entry}
    if isinstance(entry, Server):
        return entry, _inherited(options)
    if isinstance(entry, (tuple, list)) and len(entry) == 2 and isinstance(entry[1], str):
        return entry[0], {**_inherited(options), "model": entry[1]}
    if isinstance(entry, Mapping) and not entry.get("server"):
        named = ", ".join(map(repr, entry)) or "nothing"
        raise BadUsage(f"{where} has no 'server', only {named}; another model of the same server is given by its name")
    if not isinstance(entry, Mapping):
        raise BadUsage(f"{where} is a model's name, a (server, model) pair or a dict with 'server'; not {_kind(entry)}")
    own = {name: value for name, value in entry.items() if name != "server"}
    reject_unknown(own, frozenset((*_OWN, *_SHARED)), f"option in {where}")
    return entry["server"], {**_inherited(options), **own}


def passed_on(options: Mapping[str, Any], entry: Any) -> dict[str, Any]:
    """What of new call options a fallback takes: all but its own, and no secrets of another server."""
    if isinstance(entry, str):
        return {name: options[name] for name in CALL_OPTIONS if name in options}
    own = entry if isinstance(entry, Mapping) else ()
    return {name: value for name, value in _inherited(options).items() if name not in own}


def _inherited(options: Mapping[str, Any]) -> dict[str, Any]:
    """The client's options for another server: without the headers that are secrets of the first."""
    shared = {name: options[name] for name in _SHARED if name in options}
    if shared.get("headers"):
        shared["headers"] = without_secrets(shared["headers"])
    return shared


def _kind(entry: Any) -> str:
    # The entry itself stays out of the text: it may hold a key.
    return type(entry).__name__
