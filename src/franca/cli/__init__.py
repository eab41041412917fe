"""The command line: `franca COMMAND ...`. Here are the table of commands and `main`; each command is a file.

A command's module has `configure(parser)`, which says what it takes, and `run(args)`, which does it and returns
an exit code. It is imported when it is run, so `franca --help` costs no more than an interpreter's start.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from .. import __version__

__all__ = ["COMMANDS", "main"]

# name: what it does. The module in this package has the same name.
COMMANDS = {
    "chat": "ask a model, once or in a conversation",
    "models": "list the models of a server",
    "embed": "turn texts into vectors",
    "extract": "get a validated JSON object out of a text or an answer, by a schema",
    "servers": "list the servers that have a name",
    "openrouter": "what OpenRouter knows: models, endpoints, credits, keys, what an answer cost",
    "schema": "will a provider's native JSON-Schema mode take a schema; the schema as it takes it",
    "doctor": "examine a server: what it does of the wire format, and what not",
    "serve": "put all servers behind one endpoint, with keys, budgets and usage",
    "keys": "make, list, change, rotate and revoke the keys of the gateway",
    "usage": "tell what was used through the gateway: requests, tokens, costs",
    "simulate": "run a local server that speaks the wire format, with every fault",
    "conform": "play those faults to another client, and tell what it handles",
}

_USAGE = "usage: franca [--help] [--version] COMMAND [--help] ..."
_EXITS = """exit codes:
  0  done
  1  the server or the model answered with an error
  2  the command cannot work as it was given
  3  network: no connection, a time-out, or an answer that was cut
  4  the key is missing, wrong or may not do this, or there is no credit left
  5  rate limit
  130  interrupted (Ctrl-C)"""
_VARIABLES = """environment:
  FRANCA_SERVER   a server's name or base URL, used when there is no --server
  FRANCA_MODEL    the model, used when there is no --model
  FRANCA_API_KEY  the key for FRANCA_SERVER
  FRANCA_SERVERS  a TOML file with servers of your own
  NO_COLOR        no colours"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; `argv` without the program's name. Returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a character that the terminal lacks must not end an answer
    debug = words[:1] == ["--debug"]
    if debug:
        del words[0]
    name = words[0] if words else ""
    if name in COMMANDS:
        try:
            return _run(name, words[1:], debug)
        except KeyboardInterrupt:  # before the command began, while its modules were read
            return 130
    if name in ("-h", "--help", "help"):
        if name == "help" and words[1:2] and words[1] in COMMANDS:
            return _run(words[1], ["--help"], debug)
        print(_help())
        return 0
    if name in ("-V", "--version"):
        print(f"franca {__version__}")
        return 0
    print(_unknown(name), file=sys.stderr)
    return 2


def _help() -> str:
    width = max(map(len, COMMANDS))
    commands = "\n".join(f"  {name:{width}}  {about}" for name, about in COMMANDS.items())
    about = "One command line for every server that speaks OpenAI's Chat Completions format."
    hint = 'franca COMMAND --help tells what a command takes. A first try:\nfranca simulate, then franca chat "Hello".'
    return "\n\n".join((_USAGE, about, f"commands:\n{commands}", _EXITS, _VARIABLES, hint))


def _unknown(name: str) -> str:
    if not name:
        return f"{_USAGE}\nfranca: which command? There are: {', '.join(COMMANDS)}"
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    guess = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(COMMANDS)}"
    return f"{_USAGE}\nfranca: no command {name!r}; {guess}"


def _run(name: str, words: list[str], debug: bool) -> int:
    import argparse
    from importlib import import_module

    from .exits import guarded

    command = import_module(f".{name}", __name__)
    parser = argparse.ArgumentParser(
        prog=f"franca {name}",
        description=(command.__doc__ or "").partition("\n\n")[0],
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,  # an option added later must not change what a script's abbreviation means
    )
    command.configure(parser)
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    # What follows "--" is text, even where it looks like an option; argparse gets this wrong when words and
    # options are mixed, so it is taken away first.
    after: list[str] = []
    if "--" in words:
        place = words.index("--")
        words, after = words[:place], words[place + 1 :]
    try:
        # Words and options in any order; a command with commands of its own (openrouter) cannot have that.
        args = (parser.parse_args if parser._subparsers else parser.parse_intermixed_args)(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    if after:
        if not hasattr(args, "words"):
            print(f"franca: {name} takes no words after --", file=sys.stderr)
            return 2
        args.words = [*args.words, *after]
    return guarded(command.run, args, debug or args.debug)
