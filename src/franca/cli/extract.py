"""Get a JSON object out of a text, or an answer, by a schema: validated, or refused with reasons.

franca extract --example '{"name": "Ada", "age": 36}' "Grace Hopper died at 85."
franca extract --schema invoice.json -a scan.pdf
franca extract --type mypackage.models:Incident < log.txt
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ..errors import BadUsage, FrancaError, OutputInvalid
from .connect import add_options, chosen_model, make_client
from .exits import OK
from .fields import read_fields
from .prompt import question, system_text, system_turn
from .show import Watch, print_json, print_stats, shortened
from .terminal import is_terminal, note, safe, width

if TYPE_CHECKING:
    from ..client import Client
    from ..flow.structured.goal import Goal
    from ..flow.structured.result import Attempt, Structured

__all__ = ["configure", "run"]

_NAMED = ("temperature", "max_tokens")
_MOST = 500  # characters of a line about an attempt, where no terminal says how many fit


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.usage = "franca extract [TEXT ...] (--schema FILE | --example JSON | --type NAME) [options]"
    parser.epilog = __doc__.partition("\n\n")[2]
    add = parser.add_argument
    add("words", nargs="*", metavar="TEXT", help='the text, or what is asked; "-" stands for standard input')
    add("-a", "--attach", metavar="FILE", action="append", default=[], help="text, image, audio, PDF or image URL")
    add("-s", "--system", metavar="TEXT", help="a system prompt of your own; @FILE reads it from a file")
    what = parser.add_argument_group("what is wanted, one of").add_mutually_exclusive_group(required=True)
    what.add_argument("--schema", metavar="FILE", help="a JSON Schema: a file, or JSON itself")
    what.add_argument(
        "--example", metavar="JSON", action="append",
        help="what an answer may look like: JSON, or a file of it. The schema is made from all that are given",
    )  # fmt: skip
    what.add_argument("--type", metavar="MODULE:NAME", help="a Python type: dataclass, TypedDict, pydantic model ...")
    group = parser.add_argument_group("how")
    group.add_argument(
        "--mode", metavar="MODE", action="append", help="strict, native, tool, json_object or prompt (default: chosen)"
    )
    group.add_argument("--attempts", type=int, metavar="N", help="answers that are asked for at most (default: 3)")
    group.add_argument(
        "--think-first", action="store_true", help="let the model reason before the value (mode: prompt)"
    )
    group.add_argument("--salvage", action="store_true", help="leave out items that do not fit, rather than to fail")
    group.add_argument("--temperature", type=float, metavar="T", help="0 is the most predictable")
    group.add_argument("--max-tokens", type=int, metavar="N", help="the longest answer")
    group.add_argument("-k", "--extra", metavar="KEY=VALUE", action="append", default=[], help="any other field")
    add_options(parser)
    group = parser.add_argument_group("output")
    group.add_argument("--stream", action="store_true", help="of a list: each item on a line, as soon as it is whole")
    group.add_argument("--details", action="store_true", help="on standard error: mode, attempts, and what was mended")
    group.add_argument(
        "--stats",
        action=argparse.BooleanOptionalAction,
        help="tokens and time on standard error (default: in a terminal)",
    )


def run(args: argparse.Namespace) -> int:
    """Ask, and print the value as JSON."""
    from ..flow.structured.goal import Goal

    wanted, examples = _wanted(args)
    goal = Goal(wanted)  # what is wrong with a schema is told before anything is read or asked
    if args.stream and goal.schema.get("type") != "array":
        raise BadUsage("--stream prints the items of a list; what is wanted here is none")
    named = {name: value for name in _NAMED if (value := getattr(args, name)) is not None}
    options: dict[str, Any] = {
        **named, "think_first": args.think_first, "salvage": args.salvage, "examples": examples,
        "mode": _modes(args.mode), "extra": read_fields(args.extra, named),
    }  # fmt: skip
    if args.attempts is not None:
        options["attempts"] = args.attempts
    system = system_text(args.system) if args.system else ""
    message = question(args.words, args.attach)
    if message is None:
        raise BadUsage("what is the text? Give it, or a file with -a, or pipe it in")
    messages: list[Any] = [*system_turn(system), message]
    watch = Watch()
    with make_client(args) as client:
        options["model"] = chosen_model(client)
        try:
            if args.stream:
                result = _streamed(client, messages, goal, options)
            else:
                result = client.structured(messages, wanted, **options)
                print_json(result.data)
        except FrancaError as error:
            if args.details:
                _tell_failure(error)
            raise
    watch.stop()
    if args.details:
        _tell(result)
    print_stats(watch, result.usage, args.stats)
    return OK


def _streamed(client: Client, messages: list[Any], goal: Goal, options: dict[str, Any]) -> Structured[Any]:
    """Print each item on a line as soon as it is whole. The items are asked for as JSON, and made instances of their
    type only to see whether they can be."""
    with client.structured_stream(messages, goal.schema, **options, name=goal.name) as stream:
        for item in stream:
            if goal.item is not None:
                goal.item_value(item)
            text = msgspec.json.encode(item).decode()
            print(safe(text) if is_terminal(sys.stdout) else text, flush=True)
        goal.value(stream.final.data)
        return stream.final


def _wanted(args: argparse.Namespace) -> tuple[Any, list[Any]]:
    """What is to come, and the examples that the model is told."""
    if args.schema is not None:
        schema = _json(args.schema, "--schema")
        if not isinstance(schema, dict):
            raise BadUsage("--schema is a JSON Schema, an object")
        return schema, []
    if args.example:
        from ..schema.infer import infer_schema

        examples = [_json(example, "--example") for example in args.example]
        return infer_schema(*examples), examples
    return _python_type(args.type), []


def _modes(given: Sequence[str] | None) -> tuple[str, ...] | None:
    """The modes that are named, also several in one word ("tool,prompt"). Raises BadUsage for one that is none."""
    from ..flow.structured.modes import chosen_modes

    return chosen_modes([mode.strip() for text in given for mode in text.split(",")]) if given else None


def _json(given: str, option: str) -> Any:
    """JSON that is given as it is, or in a file."""
    text: str | bytes = given
    if given.lstrip()[:1] not in ("{", "["):
        try:
            text = Path(given).expanduser().read_bytes()
        except OSError as error:
            raise BadUsage(f"{option}: cannot read {given}: {error.strerror or error}") from None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadUsage(f"{option}: no JSON: {error}") from None


def _python_type(given: str) -> Any:
    """The type that is named. Its module is run: whatever it raises is told as a fault of the option."""
    from importlib import import_module

    module, colon, name = given.partition(":")
    if not colon or not module or not name or module.startswith("."):
        raise BadUsage("--type is MODULE:NAME, such as mypackage.models:Invoice")
    here = os.getcwd()
    sys.path.insert(0, here)  # its modules are found as with `python -m`; not for longer, or they could hide our own
    try:
        found: Any = import_module(module)
        for step in name.split("."):
            found = getattr(found, step)
    except (ImportError, AttributeError) as error:
        raise BadUsage(f"--type {given}: {error}") from error
    except Exception as error:
        raise BadUsage(f"--type {given}: {module} cannot be imported: {type(error).__name__}: {error}") from error
    finally:
        if here in sys.path:
            sys.path.remove(here)
    return found


def _tell(result: Structured[Any]) -> None:
    """How the value came about, on standard error."""
    _say([_count(result.mode, len(result.attempts)), *_failed(result.attempts)])
    for repair in result.repairs:
        change = (
            f": {repair.before} -> {repair.after}" if repair.after else f": {repair.before}" if repair.before else ""
        )
        _say([f"  mended {repair.path or 'the text'}: {repair.kind}{change}"])


def _tell_failure(error: FrancaError) -> None:
    """What was tried in vain, on standard error."""
    if error.attempts:
        _say([_count(error.attempts[-1].mode, len(error.attempts)), *_failed(error.attempts)])
    if isinstance(error, OutputInvalid):
        _say([f"  {problem}" for problem in error.problems])
        _say([f"  the model wrote: {error.text}"])


def _count(mode: str, number: int) -> str:
    return f"mode {mode}, {number} request{'s' if number != 1 else ''}"


def _failed(attempts: Iterable[Attempt]) -> Iterator[str]:
    for number, attempt in enumerate(attempts, 1):
        if attempt.error is not None:
            yield f"  {number}. {attempt.mode}: {attempt.error.message}"


def _say(lines: Iterable[str]) -> None:
    most = width() - 1 if is_terminal(sys.stderr) else _MOST
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        note(indent + shortened(line, most - len(indent)))
