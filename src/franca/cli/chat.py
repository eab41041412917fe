"""Ask a model, once or in a conversation.

The prompt is the words given and what is piped in:

  franca chat "Why is the sky blue?"
  git diff | franca chat "Write a commit message for this"
  franca chat -a photo.jpg "What is this?"
  franca chat -i
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..errors import BadUsage
from .answer import Manner, Request, ask
from .connect import add_options, chosen_model, make_client
from .exits import OK
from .fields import read_fields
from .prompt import question, system_text, system_turn
from .terminal import is_terminal

__all__ = ["configure", "run"]

# option: the wire's field
_NAMED = ("temperature", "max_tokens", "seed", "reasoning_effort")


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.usage = "franca chat [PROMPT ...] [options]"
    parser.epilog = __doc__.partition("\n\n")[2]
    parser.add_argument(
        "words", nargs="*", metavar="PROMPT", help='what to ask; "-" stands for standard input; -- ends the options'
    )
    add = parser.add_argument
    add("-a", "--attach", metavar="FILE", action="append", default=[], help="image, audio, PDF, text or image URL")
    add("-s", "--system", metavar="TEXT", help="the system prompt; @FILE reads it from a file")
    add("-i", "--interactive", action="store_true", help="a conversation; the default in a terminal without a prompt")
    add_options(parser)
    group = parser.add_argument_group("request")
    group.add_argument("--temperature", type=float, metavar="T", help="0 is the most predictable")
    group.add_argument("--max-tokens", type=int, metavar="N", help="the longest answer")
    group.add_argument("--seed", type=int, metavar="N", help="the same seed, the same answer (where it is kept)")
    group.add_argument("--reasoning-effort", metavar="LEVEL", help="none, minimal, low, medium, high ...")
    group.add_argument(
        "-k",
        "--extra",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="any other field of the request; JSON or text, dots for objects within: -k provider.sort=price",
    )
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="the whole answer as the server sent it")
    group.add_argument("--no-stream", dest="stream", action="store_false", help="wait for the whole answer")
    group.add_argument(
        "--markdown",
        action=argparse.BooleanOptionalAction,
        help="set the answer as Markdown (default: in a terminal, when Rich is installed)",
    )
    group.add_argument("--show-reasoning", action="store_true", help="show the model's reasoning, where it is told")
    group.add_argument(
        "--stats",
        action=argparse.BooleanOptionalAction,
        help="tokens, time and speed on standard error (default: in a terminal)",
    )


def run(args: argparse.Namespace) -> int:
    """Ask, or talk."""
    named = {name: value for name in _NAMED if (value := getattr(args, name)) is not None}
    extra = read_fields(args.extra, named)
    manner = Manner.of(args)
    system = system_text(args.system) if args.system else ""
    talking = args.interactive or (not args.words and is_terminal(sys.stdin) and is_terminal(sys.stdout))
    if talking and args.json:
        raise BadUsage("--json is for one answer; a conversation has /save")
    waiting = args.attach if talking and not args.words else []  # for the first message that is typed
    first = None if waiting else question(args.words, args.attach, conversation=talking)
    if first is None and not talking:
        raise BadUsage("what to ask? Give a prompt, or -i for a conversation")
    with make_client(args) as client:
        request = Request(chosen_model(client), named, extra)
        if talking:
            from .talk import Conversation, talk

            return talk(client, Conversation(request, system, attached=[*waiting]), manner, first)
        messages: list[Any] = [*system_turn(system), first]
        ask(client, request, messages, manner)
    return OK
