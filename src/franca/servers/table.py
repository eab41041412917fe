"""The table of servers: finding a row by its name or by a host, and adding rows of one's own.

Rows come from three places: the built-in ones, those that `register_servers` added in this process, and the TOML file
that the environment variable FRANCA_SERVERS names, which is read only when a name is in neither of the others.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from ..errors import BadUsage
from . import hosts, makers, own
from .record import Server, check_name

__all__ = ["SERVERS", "known_servers", "register_servers", "server_for_host", "server_in_table", "server_named"]

_MOST = 1000
"""Rows of this process at most: a table that grows for ever is a leak."""

SERVERS: dict[str, Server] = {row.name: row for row in (*makers.ROWS, *hosts.ROWS, *own.ROWS)}
_BUILT_IN = dict(SERVERS)

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0", ""})


def _host_of(url: str) -> str:
    authority = url.partition("://")[2].partition("/")[0].partition("?")[0].rpartition("@")[2]
    if authority.startswith("["):
        return authority[1:].partition("]")[0].lower()
    return authority.partition(":")[0].lower()


def _hosts_of(row: Server) -> tuple[str, ...]:
    """The hosts that belong to a row. Local ones belong to none: anything may listen there."""
    found = [_host_of(row.base_url), *row.hosts]
    found += [_host_of(form.base_url) for form in row.forms if "{" not in _host_of(form.base_url)]
    return tuple(host for host in dict.fromkeys(found) if host not in _LOCAL_HOSTS)


_BY_HOST: dict[str, Server] = {host: row for row in SERVERS.values() for host in _hosts_of(row)}


def server_named(name: str) -> Server:
    """The row called `name`; BadUsage, with what was perhaps meant, when there is none."""
    row = SERVERS.get(name.lower())
    if row is not None:
        return row
    known = known_servers()
    row = known.get(name.lower())
    if row is not None:
        return row
    from difflib import get_close_matches

    near = get_close_matches(name.lower(), known, n=1)
    guess = f"; did you mean {near[0]!r}?" if near else "."
    raise BadUsage(
        f"no server is called {name!r}{guess} Give a URL such as http://localhost:8000/v1, or one of: "
        + ", ".join(sorted(known))
    )


def known_servers() -> dict[str, Server]:
    """All rows by name: the built-in and registered ones, and those of the file that FRANCA_SERVERS names.

    Raises BadUsage when that file cannot be read, or names a row that is there already.
    """
    path = os.environ.get("FRANCA_SERVERS")
    if not path:
        return dict(SERVERS)
    from .toml import load_servers

    try:
        rows = load_servers(path)
    except BadUsage as error:
        raise BadUsage(f"FRANCA_SERVERS: {error.message}") from error
    taken = sorted(rows.keys() & SERVERS.keys())
    if taken:
        raise BadUsage(
            f"FRANCA_SERVERS: {path}: [servers.{taken[0]}] is a row that franca has already; name yours otherwise"
        )
    return SERVERS | rows


def server_in_table(name: str) -> Server | None:
    """A built-in or registered row, or None; no file is read for it."""
    return SERVERS.get(name.lower())


def server_for_host(host: str) -> Server | None:
    """The row that a host belongs to, or None. Local addresses belong to none: anything may listen there."""
    row = _BY_HOST.get(host)
    if row is not None:
        return row
    rows = tuple(_BY_HOST.items())  # a copy: another thread may register a row meanwhile
    return next((row for suffix, row in rows if suffix.startswith(".") and host.endswith(suffix)), None)


def register_servers(rows: Mapping[str, Server] | Iterable[Server], *, replace: bool = False) -> None:
    """Make rows known to `Client("name")`, and to base URLs on their hosts, for this process.

    A name or a host of a built-in row is only taken over with `replace`: its key would travel to another place.
    All rows are added, or none. Raises BadUsage.
    """
    added = list(rows.values() if isinstance(rows, Mapping) else rows)
    names: dict[str, Server] = {}
    for row in added:
        if not isinstance(row, Server):
            raise BadUsage(f"register_servers: expected Server rows, got {type(row).__name__}")
        check_name(row.name)
        if row.name in names:
            raise BadUsage(f"register_servers: two rows are called {row.name!r}")
        names[row.name] = row
        if not replace:
            _reject_taken(row)
    if len(SERVERS.keys() | names.keys()) > _MOST:
        raise BadUsage(f"no more than {_MOST} servers can be registered")
    SERVERS.update(names)
    for host, row in tuple(_BY_HOST.items()):  # where a row that is replaced was before
        if row.name in names and row is not _BUILT_IN.get(row.name):
            del _BY_HOST[host]
    for row in added:
        _BY_HOST.update(dict.fromkeys(_hosts_of(row), row))


def _reject_taken(row: Server) -> None:
    if row.name in _BUILT_IN:
        raise BadUsage(f"{row.name!r} is a built-in server: name yours otherwise, or pass replace=True")
    for host in _hosts_of(row):
        owner = _BY_HOST.get(host)  # a host below a built-in domain may be one's own resource there
        if owner is not None and owner is _BUILT_IN.get(owner.name):
            raise BadUsage(
                f"the host {host} of {row.name!r} belongs to the built-in server {owner.name!r}: pass replace=True to "
                "take it over"
            )
