"""From [servers.NAME] to what `franca.configure.make_session` takes: a row, and one set of options for each key.

A key that the environment holds for a server of franca's table goes to that server's own address and nowhere else; at
another address only a key that the table itself names is sent.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import BadUsage
from ...flow.session import checked_key
from ...flow.target import resolve
from ...servers import Server, server_for_host, server_named
from ...servers.record import check_name
from ...servers.toml import read_quirks, without_home
from .secret import secret_of
from .shape import ServerTable

__all__ = ["keys_of", "row_of", "session_options"]

_FIELDS = ("endpoint", "deployment", "api_version", "organization")
_AS_THEY_ARE = ("trust_env", "verify", "timeout", "connect_timeout", "idle_timeout", "retries", "heal")


def session_options(
    name: str, table: ServerTable, environ: Mapping[str, str] | None = None
) -> tuple[Server, list[dict[str, Any]]]:
    """The row of a server, and the options of a session for each of its keys (one without a key where it has none).

    Raises BadUsage for what cannot work: no address, an unknown type, a key that is needed and not there.
    """
    environ = os.environ if environ is None else environ
    row = row_of(name, table)
    common: dict[str, Any] = {option: getattr(table, option) for option in _AS_THEY_ARE}
    common |= {field: value for field in _FIELDS if (value := getattr(table, field))}
    if row.forms and not row.base_url:
        told = {field: _first(variables, environ) for field, variables in row.fields}
        common = {field: value for field, value in told.items() if value} | common
    if table.headers:
        common["headers"] = {header: secret_of(value, environ) for header, value in table.headers.items()}
    if table.proxy is not None:
        common["proxy"] = secret_of(table.proxy, environ)
    if table.cert is not None:
        common["cert"] = table.cert
    resolve(row, {field: common[field] for field in _FIELDS if field in common})
    return row, [{**common, **key} for key in keys_of(name, row, table, environ)]


def row_of(name: str, table: ServerTable) -> Server:
    """The row that a table means, called by the table's name. Raises BadUsage."""
    check_name(name)
    row = _started(name, table)
    if table.quirks:
        row = row._replace(quirks=read_quirks("quirks", table.quirks, row.quirks))
    return row._replace(name=name, like=row.kind if row.kind != name else "")


def _started(name: str, table: ServerTable) -> Server:
    """The row to start from: of the type, of the name, or of the address."""
    url = table.base_url
    if url is None:
        if table.type is None and _named(name) is None:
            raise BadUsage(f"{name!r} is no server that franca knows: give a base_url, or a type{_near(name)}")
        known = _known(table.type or name)
        # OPENAI_BASE_URL is for this machine's clients, and may well name this gateway: the file says what a server is.
        return known._replace(url_vars=()) if known.needs_key and not known.forms else known
    _check_url(url)
    here = _owner(url)
    row = _known(table.type) if table.type is not None else _named(name) or here
    if row is None:
        return Server(name=name, base_url=url, needs_key=False, checked="")
    if here is not None and here.name == row.name:
        return row._replace(base_url=url, url_vars=(), host_vars=(), forms=(), fields=())
    return without_home(row)._replace(base_url=url, needs_key=False)


def _check_url(url: str) -> None:
    if "://" not in url:
        local = url.startswith(("localhost", "127.", "[::1]", "0.0.0.0"))
        place = url.lstrip("/").rpartition("@")[2].partition("?")[0]  # not what may be a password or a key
        raise BadUsage(f"base_url lacks its scheme; did you mean {'http' if local else 'https'}://{place} ?")
    resolve(url)


def _owner(url: str) -> Server | None:
    """The row of franca's table that an address belongs to."""
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
    return server_for_host(authority.partition(":")[0].lower()) if not authority.startswith("[") else None


def _named(name: str) -> Server | None:
    try:
        return server_named(name)
    except BadUsage:
        return None


def _known(kind: str) -> Server:
    try:
        return server_named(kind)
    except BadUsage:
        raise BadUsage(f"no server is called {kind!r}{_near(kind) or '; `franca servers` lists the names'}") from None


def _near(name: str) -> str:
    from difflib import get_close_matches

    from ...servers import SERVERS

    near = get_close_matches(name, SERVERS, n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def keys_of(name: str, row: Server, table: ServerTable, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """The options that hold a key, each with another one. Raises BadUsage where one is needed and none is there."""
    given = ([] if table.api_key is None else [table.api_key]) + list(table.api_keys)
    if given:
        return _given(given, environ)
    if row.auth != "none":
        key = _first(row.key_vars, environ)
        if key is not None:
            return [{"api_key": checked_key(key)}]
        token = _first(row.token_vars, environ)
        if token is not None:
            return [{"api_key": None, "token": checked_key(token)}]
    if row.needs_key and row.auth != "none" and row.key_vars:
        raise BadUsage(
            f"{name} needs a key: set {' or '.join(row.key_vars)}, or give api_key", code="missing_api_key", server=name
        )
    return [{"api_key": None}]


def _given(texts: Iterable[str], environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """The keys that a table names. Of several, those that are there; of none, the complaint about the first."""
    keys: dict[str, None] = {}
    missing: BadUsage | None = None
    for text in texts:
        try:
            key = checked_key(secret_of(text, environ))
        except BadUsage as error:
            missing = missing or error
            continue
        if key is not None:
            keys[key] = None
    if not keys:
        raise missing or BadUsage("the key is empty")
    return [{"api_key": key} for key in keys]


def _first(names: Iterable[str], environ: Mapping[str, str]) -> str | None:
    return next((environ[name].strip() for name in names if environ.get(name, "").strip()), None)
