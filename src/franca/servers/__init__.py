"""The servers that have a name: rows, not classes. `Client("groq")` takes its address and key from here.

A row is where a server is and how it wants to be asked. An address that belongs to a row (same host) takes
its key from the row's variable too; a key is never sent to a host that it was not meant for.
"""

from __future__ import annotations

from os import PathLike

from .record import FEATURES, NO_QUIRKS, Form, Quirks, Server
from .table import SERVERS, known_servers, register_servers, server_for_host, server_named

__all__ = [
    "FEATURES",
    "NO_QUIRKS",
    "SERVERS",
    "Form",
    "Quirks",
    "Server",
    "known_servers",
    "load_servers",
    "register_servers",
    "server_for_host",
    "server_named",
    "to_toml",
]


def load_servers(path: str | PathLike[str]) -> dict[str, Server]:
    """The rows of a TOML file, by name. See `franca.servers.toml`."""
    from .toml import load_servers

    return load_servers(path)


def to_toml(server: Server) -> str:
    """A row as TOML that `load_servers` reads back to an equal one."""
    from .toml import to_toml

    return to_toml(server)
