"""What was used through the gateway: requests, tokens and costs, by key, model, day and more.

franca usage
franca usage --by day,model --from 2026-11-01 --to 2026-11-30
franca usage --by key --from 7d --csv > week.csv
"""

from __future__ import annotations

import argparse
import sys
from time import time
from typing import TYPE_CHECKING

from .books import add_books, with_books
from .exits import OK
from .openrouter_cells import count, money, print_rows
from .show import print_json
from .terminal import is_terminal

if TYPE_CHECKING:
    from ..gateway.config.shape import Config
    from ..gateway.store.base import Store, UsageLine
    from ..gateway.store.report import Report

__all__ = ["configure", "run"]

_NARROW = ("key", "team", "tag", "route", "server", "model")


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = (__doc__ or "").partition("\n\n")[2]
    parser.add_argument(
        "--by", default="model", metavar="WHAT",
        help="day, key, team, tag, route, server, model, or several: day,model (default: model)",
    )  # fmt: skip
    parser.add_argument(
        "--from", dest="since", default="30d", metavar="WHEN",
        help='a date, a moment, or how long ago: 7d, 12h (default: 30d; "all" for all there is); days are those of UTC',
    )  # fmt: skip
    parser.add_argument("--to", dest="until", metavar="WHEN", help="the same; a date with the whole of its day")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="with a heading, and all numbers")
    form.add_argument("--json", action="store_true", help="one object, with all numbers")
    narrow = parser.add_argument_group("only that of")
    for name in _NARROW:
        about = "the name or the id of a key" if name == "key" else f"a {name}"
        narrow.add_argument(f"--{name}", metavar="NAME", help=about)
    add_books(parser)


def run(args: argparse.Namespace) -> int:
    """Ask the store, and print the sums."""
    report = with_books(args, lambda store, config: _report(args, store, config))
    if args.json:
        print_json(report.to_dict())
    elif args.csv:
        print(report.to_csv(), end="")
    else:
        _print_table(report)
    sys.stdout.flush()
    return OK


async def _report(args: argparse.Namespace, store: Store, config: Config | None) -> Report:
    from ..gateway.keys.made import id_of_name
    from ..gateway.store.base import UsageQuery
    from ..gateway.store.report import moment_of, names_of_keys, report_of, words_of

    now = time()
    names = {id_of_name(name): name for name in config.keys} if config is not None else {}
    names |= await names_of_keys(store)
    narrow = {name: getattr(args, name) for name in _NARROW}
    if narrow["key"] is not None and narrow["key"] not in names:
        narrow["key"] = next((id for id, name in names.items() if name == narrow["key"]), narrow["key"])
    query = UsageQuery(
        by=words_of(args.by),
        since=None if args.since == "all" else moment_of(args.since, now),
        until=moment_of(args.until, now, end=True),
        **narrow,
    )
    return await report_of(store, query, names)


def _print_table(report: Report) -> None:
    """One row a line; a terminal gets the sum below them."""
    heads = (
        *(one.upper() for one in report.by),
        *("REQUESTS", "FAILED", "REFUSED", "LEFT", "CACHED", "IN", "OUT", "REASONING", "COST", "UNPRICED"),
    )
    rows = [(*_names(report, line.group), *_cells(line)) for line in report.lines]
    if is_terminal(sys.stdout) and len(rows) != 1:
        words = ["total", *[""] * (len(report.by) - 1)][: len(report.by)]
        rows.append((*words, *_cells(report.total)))
    first = len(report.by)
    spare = [first + place for place in (4, 3, 2, 7, 1, 9, 6, 5)]
    print_rows(heads, rows, flexible=range(first or 1), spare=spare)


def _names(report: Report, group: tuple[str, ...]) -> list[str]:
    """What a line is of: a key by its name, where it has one that is known."""
    words = []
    for name, value in zip(report.by, group, strict=True):
        shown = report.names.get(value, value) if name == "key" and is_terminal(sys.stdout) else value
        words.append(shown or ("(none)" if is_terminal(sys.stdout) else ""))
    return words


def _cells(line: UsageLine) -> tuple[str, ...]:
    return (
        count(line.requests), count(line.failed or None), count(line.refused or None), count(line.left or None),
        count(line.cached or None), count(line.prompt_tokens), count(line.completion_tokens),
        count(line.reasoning_tokens or None), money(line.cost), count(line.unpriced or None),
    )  # fmt: skip
