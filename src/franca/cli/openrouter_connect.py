"""The options of `franca openrouter` that say where to and with which key, and the client that they ask for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .connect import add_connection, connection_options

if TYPE_CHECKING:
    from ..openrouter import OpenRouter

__all__ = ["add_command", "make_router"]

_MANAGEMENT_KEY = "OPENROUTER_MANAGEMENT_KEY"


def add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], about: str, more: str = ""
) -> argparse.ArgumentParser:
    """A command of `franca openrouter` that asks the server: its parser, with --json and the options of the connection.
    `about` is what the list of commands says; `more` stands below it in the command's own help."""
    text = f"{about[0].upper()}{about[1:]}."
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=about, description=f"{text}\n\n{more}" if more else text
    )
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="what the server sent, as it is")
    group = parser.add_argument_group("server")
    group.add_argument("--base-url", metavar="URL", help="another address (default: OPENROUTER_BASE_URL, else theirs)")
    add_connection(group)
    return parser


def make_router(args: argparse.Namespace, *, manages: bool = False) -> OpenRouter:
    """The client that the options ask for. `manages`: it takes a management key, which may be in a variable of its own.
    Raises BadUsage for what cannot work."""
    from ..openrouter import OpenRouter

    options: dict[str, Any] = dict(connection_options(args))
    if manages and "api_key" not in options and os.environ.get(_MANAGEMENT_KEY):
        options["api_key"] = f"env:{_MANAGEMENT_KEY}"
    return OpenRouter(base_url=args.base_url, **options)
