"""Play the simulator's scenarios to another client, and tell what it handles.

franca conform -- .venv/bin/python my_adapter.py
franca conform --only cut-reset-mid-content --only sse-comments -- node adapter.mjs
franca conform --protocol
franca conform --groups
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from .exits import ERROR, OK
from .show import print_json, print_table
from .terminal import note

if TYPE_CHECKING:
    from ..conform import Examined, Verdict

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = __doc__.partition("\n\n")[2]
    add = parser.add_argument
    add("words", nargs="*", metavar="-- COMMAND", help="the program that speaks for the client, and its arguments")
    add("--only", action="append", metavar="NAME", help="a scenario to play; may be repeated (default: all)")
    add("--limit", type=float, default=10.0, metavar="SECONDS", help="time for a call (default: 10)")
    add("--json", action="store_true", help="every verdict, as one object")
    add("--protocol", action="store_true", help="tell what the program must read and write, and do nothing")
    add("--groups", action="store_true", help="list the names of servers that a client may claim, and do nothing")


def run(args: argparse.Namespace) -> int:
    """Examine the client; 0 when every call that counts came out right."""
    from ..conform import GROUPS, PROTOCOL, Program, examine

    if args.protocol:
        print(PROTOCOL.strip())
        return OK
    if args.groups:
        print_table(("NAME", "WHOSE BEHAVIOUR"), list(GROUPS.items()), flexible=(1,))
        return OK
    if not args.words:
        raise BadUsage("which program? franca conform -- COMMAND (--protocol tells what it must do)")
    if not args.limit > 0:
        raise BadUsage("--limit is above 0")
    with Program(args.words) as program:
        examined = examine(program, names=args.only, limit=args.limit, tell=_progress())
    if args.json:
        print_json(_as_json(examined))
    else:
        _print(examined)
    return ERROR if examined.failed else OK


def _progress() -> Any:
    """Count the calls on a terminal's standard error."""
    if not sys.stderr.isatty():
        return None
    done = 0

    def tell(verdict: Verdict) -> None:
        nonlocal done
        done += 1
        print(f"\r{done} calls: {verdict.scenario:40.40}", end="", file=sys.stderr, flush=True)

    return tell


def _print(examined: Examined) -> None:
    from ..conform import GROUPS

    if sys.stderr.isatty():
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    rows = []
    for group, about in GROUPS.items():
        passed, played, claimed = examined.share(group)
        if played:
            rows.append((group, f"{passed}/{played}", "" if claimed else "not claimed", about))
    print_table(("GROUP", "PASSED", "COUNTED", "WHOSE BEHAVIOUR"), rows, flexible=(3,))
    failed = examined.failed
    if failed:
        print()
        cells = [(one.scenario, one.call, one.result, one.detail) for one in failed]
        print_table(("SCENARIO", "CALL", "RESULT", "WHAT WAS WRONG"), cells, flexible=(3,))
    counted = [one for one in examined.verdicts if one.counted and one.result != "unsupported"]
    name = f"{examined.client} {examined.version}".strip()
    sys.stdout.flush()
    note(f"{name}: {len(counted) - len(failed)} of {len(counted)} calls that count came out right")


def _as_json(examined: Examined) -> dict[str, Any]:
    return {
        "client": examined.client,
        "version": examined.version,
        "claims": sorted(examined.claims),
        "verdicts": [one._asdict() for one in examined.verdicts],
    }
