"""What a configuration's writer can hardly have meant: secrets that others may read, servers that nobody may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from os import PathLike, fspath

from ...wire.headers import is_secret_header
from ..keys.record import matches
from .places import Key
from .secret import is_literal
from .shape import Config
from .words import URLS, password_in

__all__ = ["doubts"]

_POINT = 'a secret stands in the file itself; "env:VARIABLE" or "file:PATH" points to it'


def doubts(config: Config, path: str | PathLike[str] | None) -> Iterator[tuple[Key, str]]:
    """What may be wrong: (where, in words)."""
    literal = list(_literals(config))
    for key in literal:
        yield key, f'{_POINT}, or its hash as "sha256:..."' if key[0] == "keys" else _POINT
    if literal and path is not None and _others_may_read(path):
        yield (), f"the file holds secrets and others may read it: chmod 600 {fspath(path)}"
    yield from _reach(config)


def _others_may_read(path: str | PathLike[str]) -> bool:
    try:
        return bool(os.stat(path).st_mode & 0o044)
    except OSError:
        return False


def _literals(config: Config) -> Iterator[Key]:
    """Where a secret stands in the file itself."""
    if config.gateway.admin_key is not None and is_literal(config.gateway.admin_key):
        yield ("gateway", "admin_key")
    yield from (("keys", name, "key") for name, key in config.keys.items() if is_literal(key.key))
    for name, table in config.servers.items():
        at = ("servers", name)
        if table.api_key is not None and is_literal(table.api_key):
            yield (*at, "api_key")
        yield from ((*at, "api_keys", number) for number, one in enumerate(table.api_keys) if is_literal(one))
        for header, value in table.headers.items():
            if is_secret_header(header) and is_literal(value):
                yield (*at, "headers", header)
        yield from ((*at, field) for field in ("base_url", "proxy", "endpoint") if password_in(getattr(table, field)))
    yield from ((name, "url") for name in URLS if password_in(getattr(config, name).url))


def _reach(config: Config) -> Iterator[tuple[Key, str]]:
    """Servers that none of the file's keys may use."""
    teams = {name: team.models for name, team in config.teams.items()}
    allowed = [(key.models, teams.get(key.team or "", ())) for key in config.keys.values()]
    names = {name: [f"{name}/", *table.models] for name, table in config.servers.items()}
    for alias, model in config.models.items():
        ways = (model.to,) if isinstance(model.to, str) else model.to
        for target in (*(one if isinstance(one, str) else one.model for one in ways), *model.fallbacks):
            names.get(target.partition("/")[0], []).append(alias)
    for name in config.servers if allowed else ():
        if name == config.gateway.default_server:
            continue
        if not any(_may_use(names[name], models) and _may_use(names[name], team) for models, team in allowed):
            yield ("servers", name), "no key of this file may use it"


def _may_use(names: list[str], patterns: tuple[str, ...]) -> bool:
    """Whether patterns let one of the names through; the first is "SERVER/", which stands for all its models."""
    if any(matches(one, patterns) for one in names):
        return True
    return any(pattern.startswith(names[0]) for pattern in patterns)
