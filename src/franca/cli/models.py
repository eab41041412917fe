"""List the models of a server: id, owner, the day it was made, and the context length where it is told."""

from __future__ import annotations

import argparse
import sys

from .connect import add_options, make_client
from .exits import ERROR, OK
from .show import day, print_json, print_table
from .terminal import note

__all__ = ["configure", "run"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.add_argument("filter", nargs="?", metavar="FILTER", help="only models whose id has this text in it")
    parser.add_argument("--json", action="store_true", help="the server's own entries, as one array")
    add_options(parser, model=False)


def run(args: argparse.Namespace) -> int:
    """Ask, and print a table."""
    with make_client(args) as client:
        models = client.list_models()
    wanted = (args.filter or "").casefold()
    found = [model for model in models if wanted in (model.id or "").casefold()]
    if args.json:
        print_json([model.to_dict() for model in found])
    else:
        rows = [
            (model.id or "", model.owned_by or "", day(model.created), str(model.context_length or ""))
            for model in found
        ]
        print_table(("MODEL", "OWNER", "CREATED", "CONTEXT"), rows, flexible=(0, 1))
    sys.stdout.flush()
    if not found and args.filter:
        note(f"franca: none of the {len(models)} models has {args.filter!r} in its id")
        return ERROR
    return OK
