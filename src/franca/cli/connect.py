"""The options that say which server, which model and how: every command that asks a server takes them."""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from typing import TYPE_CHECKING

from ..errors import BadUsage, NotFound, ProtocolError
from .terminal import is_terminal, note

if TYPE_CHECKING:
    from ..client import Client
    from ..configure import ClientOptions

__all__ = [
    "add_connection",
    "add_options",
    "chosen_model",
    "client_options",
    "connection_options",
    "make_client",
]

_SHOWN = 6


def add_options(parser: argparse.ArgumentParser, *, model: bool = True) -> None:
    """Add the options to a command."""
    group = parser.add_argument_group("server")
    group.add_argument(
        "-S",
        "--server",
        metavar="NAME_OR_URL",
        help="a name from `franca servers`, or a base URL (default: FRANCA_SERVER, else OpenAI)",
    )
    if model:
        group.add_argument("-m", "--model", metavar="NAME", help="the model (default: FRANCA_MODEL, else the only one)")
    add_connection(group)


def add_connection(group: argparse._ArgumentGroup) -> None:
    """Add the options that say how a server is asked, whichever it is."""
    group.add_argument(
        "--api-key-env",
        metavar="VARIABLE",
        help="take the key from this environment variable (default: the server's own)",
    )
    group.add_argument(
        "-H",
        "--header",
        metavar="'NAME: VALUE'",
        action="append",
        default=[],
        help="a further request header; the value env:VARIABLE is read from that variable",
    )
    group.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="wait so long for an answer, and between two events of a stream (default: 600 and 120)",
    )
    group.add_argument("--retries", type=int, metavar="N", help="further tries after the first (default: 2)")
    group.add_argument("--proxy", metavar="URL", help="an http, https or socks5 proxy; '' for none")
    group.add_argument("--insecure", action="store_true", help="do not check the server's certificate")


def make_client(args: argparse.Namespace) -> Client:
    """The client that the options ask for. Raises BadUsage for what cannot work."""
    from ..client import Client

    return Client(args.server, **client_options(args))


def client_options(args: argparse.Namespace) -> ClientOptions:
    """The options of the client that is asked for. Raises BadUsage for what cannot work."""
    given = args.server or args.api_key_env
    if not given and not any(map(os.environ.get, ("FRANCA_SERVER", "OPENAI_BASE_URL", "OPENAI_API_KEY"))):
        raise BadUsage("which server? Give -S NAME_OR_URL or set FRANCA_SERVER; `franca servers` lists the names")
    options = connection_options(args)
    if getattr(args, "model", None):
        options["model"] = args.model
    return options


def connection_options(args: argparse.Namespace) -> ClientOptions:
    """What the options of `add_connection` ask for. Raises BadUsage for what cannot work."""
    options: ClientOptions = {}
    if args.api_key_env:
        options["api_key"] = f"env:{args.api_key_env}"
    if args.header:
        options["headers"] = dict(_header(text) for text in args.header)
    if args.timeout is not None:
        options["timeout"] = options["idle_timeout"] = args.timeout
        options["connect_timeout"] = min(args.timeout, 10.0)
    if args.retries is not None:
        options["retries"] = args.retries
    if args.proxy is not None:
        options["proxy"] = args.proxy
    if args.insecure:
        options["verify"] = False
        warnings.filterwarnings("ignore", message="verify=False")  # who types --insecure knows
    return options


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise BadUsage("--header takes 'NAME: VALUE'")
    value = value.strip()
    if value.startswith("env:"):
        variable = value.removeprefix("env:")
        found = os.environ.get(variable)
        if not found:
            raise BadUsage(f"--header {name}: the variable {variable} is not set")
        value = found
    return name.strip(), value


def chosen_model(client: Client) -> str:
    """The client's model; without one, the only model that the server lists.

    Raises BadUsage that names some when there are several.
    """
    if client.model:
        return client.model
    missing = "which model? Give -m NAME or set FRANCA_MODEL"
    try:
        ids = client.list_models().ids
    except (NotFound, ProtocolError, BadUsage) as error:
        if isinstance(error, BadUsage) and error.code != "no_model_list":
            raise
        raise BadUsage(f"{missing}; {client.server} lists none") from None
    if len(ids) == 1:
        if is_terminal(sys.stderr):
            note(f"model {ids[0]}, the only one of {client.server}")
        return ids[0]
    if not ids:
        raise BadUsage(f"{missing}; {client.server} lists none")
    more = f" and {len(ids) - _SHOWN} more (franca models)" if len(ids) > _SHOWN else ""
    raise BadUsage(f"{missing}: {client.server} has {', '.join(ids[:_SHOWN])}{more}")
