"""List the servers that have a name: address, the variable that holds the key, and whether it is set."""

from __future__ import annotations

import argparse
import os
import sys

from ..flow.target import Target
from ..servers import SERVERS, Server
from .exits import OK
from .show import print_json, print_table

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--json", action="store_true", help="one array of objects")


def run(args: argparse.Namespace) -> int:
    """Print the table. Keys themselves are never shown."""
    rows = sorted(SERVERS.values(), key=lambda row: row.name)
    if args.json:
        print_json([_described(row) for row in rows])
    else:
        cells = [(row.name, _address(row), _variable(row), _state(row)) for row in rows]
        print_table(("SERVER", "BASE URL", "KEY VARIABLE", "KEY"), cells, flexible=(1, 2))
    sys.stdout.flush()
    return OK


def _set(names: tuple[str, ...]) -> str | None:
    return next((name for name in names if os.environ.get(name)), None)


def _url(row: Server) -> str:
    """The address, also where a variable replaces it, without the password that may be in there."""
    variable = _set(row.url_vars)
    url = os.environ[variable] if variable else row.base_url
    return Target(url, row).base_url if "://" in url else url


def _address(row: Server) -> str:
    return _url(row) or f"your own, in {row.url_vars[0]}"


def _variable(row: Server) -> str:
    return _set(row.key_vars) or "".join(row.key_vars[:1])


def _state(row: Server) -> str:
    return "set" if _set(row.key_vars) else "not set" if row.needs_key else "not needed"


def _described(row: Server) -> dict[str, object]:
    return {
        "name": row.name,
        "base_url": _url(row) or None,
        "url_variables": row.url_vars,
        "key_variables": row.key_vars,
        "key_set_in": _set(row.key_vars),
        "needs_key": row.needs_key,
    }
