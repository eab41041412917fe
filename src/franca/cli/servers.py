"""List the servers that have a name: address, the variable that holds the key, and whether it is set."""

from __future__ import annotations

import argparse
import os
import sys

from ..flow.target import Target
from ..servers import Server, known_servers
from .exits import OK
from .show import print_json, print_table

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("--json", action="store_true", help="one array of objects, with the quirks in words")
    parser.add_argument("--notes", action="store_true", help="a further column: the server's full name and a note")


def run(args: argparse.Namespace) -> int:
    """Print the table, with the rows of FRANCA_SERVERS. Keys themselves are never shown."""
    rows = sorted(known_servers().values(), key=lambda row: row.name)
    if args.json:
        print_json([_described(row) for row in rows])
    elif args.notes:
        cells = [(row.name, _address(row), _variable(row), _state(row), _note(row)) for row in rows]
        print_table(("SERVER", "BASE URL", "KEY VARIABLE", "KEY", "NOTE"), cells, flexible=(1, 2, 4))
    else:
        short = [(row.name, _address(row), _variable(row), _state(row)) for row in rows]
        print_table(("SERVER", "BASE URL", "KEY VARIABLE", "KEY"), short, flexible=(1, 2))
    sys.stdout.flush()
    return OK


def _set(names: tuple[str, ...]) -> str | None:
    return next((name for name in names if os.environ.get(name)), None)


def _url(row: Server) -> str:
    """The address, also where variables replace or make it, without the password that may be in there."""
    if row.forms and not row.base_url:
        given = {field: os.environ[name] for field, names in row.fields if (name := _set(names))}
        placed = row.placed(given)
        url = placed.base_url if placed is not None else ""
    else:
        variable = _set(row.url_vars)
        url = os.environ[variable] if variable else row.base_url
    return Target(url, row).base_url if "://" in url else url


def _address(row: Server) -> str:
    return _url(row) or "your own: " + ", ".join(dict(row.fields))


def _variable(row: Server) -> str:
    return _set(row.key_vars) or "".join(row.key_vars[:1])


def _state(row: Server) -> str:
    if _set(row.key_vars):
        return "set"
    if _set(row.token_vars):
        return "token set"
    return "not set" if row.needs_key else "not needed"


def _note(row: Server) -> str:
    return ": ".join(filter(None, (row.label, row.note)))


def _described(row: Server) -> dict[str, object]:
    from ..servers.words import quirk_words

    return {
        "name": row.name,
        "label": row.label,
        "note": row.note,
        "base_url": _url(row) or None,
        "forms": [{"base_url": form.base_url, "needs": form.needs} for form in row.forms],
        "fields": {field: {"variables": names, "set_in": _set(names)} for field, names in row.fields},
        "url_variables": row.url_vars,
        "key_variables": row.key_vars,
        "key_set_in": _set(row.key_vars),
        "token_variables": row.token_vars,
        "token_set_in": _set(row.token_vars),
        "auth": row.auth,
        "needs_key": row.needs_key,
        "quirks": quirk_words(row.quirks),
        "source": row.source,
        "checked": row.checked,
    }
