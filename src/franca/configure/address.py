"""Where a client's requests go and with which key: what the caller gave, else what the environment says."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import BadUsage
from ..flow.session import Key, checked_key
from ..flow.target import Target, resolve
from ..servers import Server, server_named
from ..servers.table import server_in_table

__all__ = ["deployed", "given_key", "organisation", "other_address", "target_and_key"]


def target_and_key(server: str | Server | None, fields: Mapping[str, str]) -> tuple[Target, Key, bool]:
    """Where to, the key that the environment holds for it, and whether that is a bearer token at any rate."""
    environ = os.environ
    if server is None:
        chosen = environ.get("FRANCA_SERVER")
        if chosen:
            target, key, bearer = target_and_key(chosen, fields)
            given = environ.get("FRANCA_API_KEY")
            return (target, given, False) if given else (target, key, bearer)
        url = environ.get("OPENAI_BASE_URL")
        if url:  # the variables belong together: whoever sets the address means the key for it
            return resolve(url, fields), environ.get("OPENAI_API_KEY"), False
        server = "openai"
    row = _row(server)
    if row is not None:
        url = other_address(row) if isinstance(server, str) or row.base_url == _usual(row) else None
        if row.forms:
            server, fields = row, {**_fields_set(row), **fields}
        elif url:  # OLLAMA_BASE_URL and the like
            server = row.at(url)
        else:
            server = row
    target = resolve(server, fields)
    row = target.row
    if row is None or row.auth == "none":
        return target, None, False
    key = _first_set(row.key_vars)
    token = None if key else _first_set(row.token_vars)
    return target, key or token, token is not None


def _row(server: str | Server) -> Server | None:
    """The row that is meant; None for a URL, and for what `resolve` has a better complaint about."""
    if isinstance(server, Server):
        return server
    if not isinstance(server, str) or not server.strip() or server.strip() == "localhost":
        return None
    return None if any(mark in server for mark in "/:.") else server_named(server.strip())


def other_address(row: Server) -> str | None:
    """The base URL that the environment tells for a row (OLLAMA_BASE_URL, OLLAMA_HOST); None without one."""
    url = _first_set(row.url_vars)
    name = None if url else next((name for name in row.host_vars if os.environ.get(name)), None)
    if name is None:
        return url
    from ..servers.place import url_of_host

    return url_of_host(name, os.environ[name], row.base_url)


def _usual(row: Server) -> str | None:
    """The base URL of the table's row of that name. A row that was put elsewhere (`row.at`) stays there."""
    known = server_in_table(row.name)
    return row.base_url if known is None else known.base_url


def _fields_set(row: Server) -> dict[str, str]:
    """What the environment says of the fields of the row's address, unless the row is at an address already."""
    if row.base_url:
        return {}
    found = {name: _first_set(variables) for name, variables in row.fields}
    return {name: value for name, value in found.items() if value}


def _first_set(names: Iterable[str]) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def deployed(row: Server | None) -> str | None:
    """The deployment that the environment names: at Azure it stands for the model."""
    named = () if row is None else dict(row.fields).get("deployment", ())
    return _first_set(named)


def given_key(option: str, value: Any) -> Key:
    if value is None or callable(value):
        key: Key = value
        return key
    if not isinstance(value, str):
        raise BadUsage(f"{option} is text, 'env:VARIABLE' or a function, not {type(value).__name__}")
    if value.startswith("env:"):
        name = value.removeprefix("env:")
        value = os.environ.get(name)
        if not value:
            raise BadUsage(f"{option} says env:{name}, but the variable {name} is not set")
    return checked_key(value)


def organisation(target: Target) -> tuple[tuple[str, str], ...]:
    if target.row is None or target.row.name != "openai":
        return ()
    named = (("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID"))
    return tuple((header, os.environ[name]) for header, name in named if os.environ.get(name))
