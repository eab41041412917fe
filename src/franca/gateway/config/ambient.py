"""A configuration out of the environment alone: every server whose key is there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import BadUsage
from ...flow.target import resolve
from ...servers import SERVERS, Server, server_named
from .sessions import session_options
from .shape import Config, GatewayTable, ServerTable

__all__ = ["ambient_config"]


def ambient_config(environ: Mapping[str, str] | None = None) -> Config:
    """The servers of franca's table whose key variable is set (of those that need none, whose address is), and the one
    that FRANCA_SERVER names, with FRANCA_API_KEY. Without any the configuration has no servers.

    The only server, or the one of FRANCA_SERVER, is also asked for models that no server is named for. Raises BadUsage
    for a FRANCA_SERVER that is neither a known name nor a URL.
    """
    environ = os.environ if environ is None else environ
    needed = {name for row in SERVERS.values() if row.needs_key for name in row.key_vars}
    found = {name: table for name, row in SERVERS.items() if (table := _found(row, needed, environ)) is not None}
    servers = {name: table for name, table in found.items() if _works(name, table, environ)}
    chosen = _chosen(environ)
    if chosen is not None:
        servers[chosen[0]] = chosen[1]
    default = chosen[0] if chosen is not None else next(iter(servers)) if len(servers) == 1 else None
    return Config(gateway=GatewayTable(default_server=default), servers=servers)


def _found(row: Server, needed: Iterable[str], environ: Mapping[str, str]) -> ServerTable | None:
    """The table for a row that the environment speaks of."""
    key = _set(row.key_vars, environ) or _set(row.token_vars, environ)
    url = None if row.forms else _set(row.url_vars, environ)
    if row.needs_key:
        if key is None:
            return None
        return ServerTable() if url is None else ServerTable(base_url=environ[url].strip(), api_key=f"env:{key}")
    # Its key may be another server's too (Ollama's): that one is set says nothing of this one then.
    if url is None and _set(row.host_vars, environ) is None and (key is None or key in needed):
        return None
    return ServerTable()


def _works(name: str, table: ServerTable, environ: Mapping[str, str]) -> bool:
    """Whether it can be asked: a key alone is not enough where everybody has an address of their own."""
    try:
        session_options(name, table, environ)
    except BadUsage:
        return False
    return True


def _chosen(environ: Mapping[str, str]) -> tuple[str, ServerTable] | None:
    """The server of FRANCA_SERVER."""
    text = environ.get("FRANCA_SERVER", "").strip()
    if not text:
        return None
    more: dict[str, Any] = {"api_key": "env:FRANCA_API_KEY"} if environ.get("FRANCA_API_KEY", "").strip() else {}
    if "://" in text:
        return "server", ServerTable(base_url=text, **more)
    if any(mark in text for mark in "/:.") or text == "localhost":
        resolve(text)  # raises: it lacks its scheme
    server_named(text)
    return text.lower(), ServerTable(**more)


def _set(names: Iterable[str], environ: Mapping[str, str]) -> str | None:
    return next((name for name in names if environ.get(name, "").strip()), None)
