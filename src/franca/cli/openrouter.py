"""What OpenRouter knows: models and their endpoints, providers, credits, keys, costs.

franca openrouter models --supports schema --max-price 0.5 --sort context
franca openrouter endpoints openai/gpt-4o-mini
franca openrouter generation gen-1234567890
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from .openrouter_account import add_activity, add_credits, add_key, add_keys
from .openrouter_catalogue import add_endpoints, add_providers
from .openrouter_generation import add_generation
from .openrouter_login import add_login
from .openrouter_models import add_models

__all__ = ["configure", "run"]

_VARIABLES = """environment:
  OPENROUTER_API_KEY         the key; lists of models and providers need none
  OPENROUTER_MANAGEMENT_KEY  a key for credits, keys and activity, which want one
  OPENROUTER_BASE_URL        another address, used when there is no --base-url"""


class _Command(argparse.ArgumentParser):
    """The parser of one command of `franca openrouter`, with what all commands have."""

    def __init__(self, **given: Any) -> None:
        given.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(**{**given, "allow_abbrev": False})
        # Without a default: it would undo the --debug that stood before the command's name.
        self.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show an error's traceback")


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = f"{(__doc__ or '').partition(chr(10) * 2)[2]}\n{_VARIABLES}"
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True, parser_class=_Command)
    for add in (
        add_models,
        add_endpoints,
        add_providers,
        add_credits,
        add_key,
        add_keys,
        add_activity,
        add_generation,
        add_login,
    ):
        add(commands)


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    act: Callable[[argparse.Namespace], int] = args.run
    return act(args)
