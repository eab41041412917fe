"""List the servers that have a name: address, the variable that holds the key, and whether it is set.

franca servers
franca servers azure mistral
franca servers --json
"""

from __future__ import annotations

import argparse
import os
import sys

from ..configure.address import other_address
from ..errors import BadUsage
from ..flow.target import Target
from ..servers import Server, known_servers, server_named
from .exits import OK
from .show import print_json, print_table, wrapped
from .terminal import is_terminal, safe, styled, width

__all__ = ["configure", "run"]

_LABEL = 14


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = (__doc__ or "").partition("\n\n")[2]
    parser.add_argument("names", nargs="*", metavar="NAME", help="these only; a terminal shows all about them")
    parser.add_argument("--json", action="store_true", help="one array of objects, with the quirks in words")
    parser.add_argument("--notes", action="store_true", help="with the server's full name and a note")


def run(args: argparse.Namespace) -> int:
    """Print the table, with the rows of FRANCA_SERVERS. Keys themselves are never shown."""
    if args.names:
        rows = [server_named(name) for name in dict.fromkeys(args.names)]
    else:
        rows = sorted(known_servers().values(), key=lambda row: row.name)
    if args.json:
        print_json([_described(row) for row in rows])
    elif args.names and is_terminal(sys.stdout):
        print("\n\n".join("\n".join(_about(row)) for row in rows))
    else:
        cells = [(row.name, _address(row), _variable(row), _state(row)) for row in rows]
        notes = [_note(row) for row in rows] if args.notes else []
        print_table(("SERVER", "BASE URL", "KEY VARIABLE", "KEY"), cells, flexible=(1, 2), notes=notes)
    sys.stdout.flush()
    return OK


def _about(row: Server) -> list[str]:
    """All that the table knows of a server, in lines for a terminal."""
    from ..servers.words import quirk_words

    url = _address(row) if row.base_url else _url(row)
    facts = [("address", url)] if url else [("address", form.base_url) for form in row.forms]
    facts += [(field, _held(names)) for field, names in row.fields]
    places = () if row.forms else (*row.url_vars, *row.host_vars)
    facts += [("other address", _held(places))] if places else []
    facts += [("key", _held(row.key_vars) + ("" if row.needs_key else "; a server of your own may need none"))]
    facts += [("token", _held(row.token_vars))] if row.token_vars else []
    facts += [("facts", " ".join(filter(None, (row.source, f"({row.checked})" if row.checked else ""))))]
    lines = [styled(safe(f"{row.name}: {row.label}" if row.label else row.name), "bold", sys.stdout)]
    lines += wrapped(safe(row.note), width() - 1)
    for label, text in facts:
        lines += _hanging(f"  {label:{_LABEL}}", text)
    for text in quirk_words(row.quirks):
        lines += _hanging("  - ", text)
    return lines


def _hanging(first: str, text: str) -> list[str]:
    """A text whose further lines begin where it begins in the first one."""
    lines = wrapped(safe(text), width() - len(first) - 1, whole=True)
    return [(first if number == 0 else " " * len(first)) + line for number, line in enumerate(lines)]


def _held(names: tuple[str, ...]) -> str:
    """Which variables may hold it, and which one does."""
    held = _set(names)
    return (
        "in no variable" if not names else f"in {' or '.join(names)}" + (f" ({held} is set)" if held else " (not set)")
    )


def _set(names: tuple[str, ...]) -> str | None:
    return next((name for name in names if os.environ.get(name)), None)


def _url(row: Server) -> str:
    """The address, also where variables replace or make it, without the password that may be in there."""
    if row.forms and not row.base_url:
        given = {field: os.environ[name] for field, names in row.fields if (name := _set(names))}
        placed = row.placed(given)
        url = placed.base_url if placed is not None else ""
    else:
        try:
            url = other_address(row) or row.base_url
        except BadUsage:  # a variable that holds no address: told at the row, not in place of the whole list
            return ""
    return Target(url, row).base_url if "://" in url else url


def _address(row: Server) -> str:
    wrong = "" if row.forms else _set(row.host_vars)
    return _url(row) or (f"{wrong} is no address" if wrong else "your own: " + ", ".join(dict(row.fields)))


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
        "host_variables": row.host_vars,
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
