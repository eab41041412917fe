"""Turn texts into vectors: one for each TEXT, or for each line of a file or of standard input.

franca embed "a cat" "a dog"
franca embed --file lines.txt > vectors.jsonl
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from ..errors import BadUsage
from ..wire.usage import Usage
from .connect import add_options, chosen_model, make_client
from .exits import OK
from .fields import read_fields
from .prompt import clean
from .show import Watch, print_json, print_stats, print_table
from .terminal import is_terminal

if TYPE_CHECKING:
    from ..client import Client

__all__ = ["configure", "run"]

_BATCH = 128
"""Texts in one request, which bounds the memory; all servers take so many."""
_PREVIEW = 4


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.usage = "franca embed [TEXT ...] [options]"
    parser.epilog = __doc__.partition("\n\n")[2]
    add = parser.add_argument
    add("words", nargs="*", metavar="TEXT", help="a text; -- ends the options")
    add("--file", metavar="FILE", help="a text on each line; - for standard input. Blank lines are left out")
    add("--dimensions", type=int, metavar="N", help="the length of the vectors, where the model lets one choose")
    add("--batch", type=int, metavar="N", default=_BATCH, help=f"texts in one request (default: {_BATCH})")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="each answer as the server sent it")
    shape.add_argument(
        "--jsonl", action="store_true", help="a line for each: index, text, embedding (default in a pipe)"
    )
    add_options(parser)
    add("-k", "--extra", metavar="KEY=VALUE", action="append", default=[], help="any other field of the request")
    add("--stats", action=argparse.BooleanOptionalAction, help="tokens and time on standard error")


def run(args: argparse.Namespace) -> int:
    """Ask in batches, and print each when it is there."""
    if args.batch < 1:
        raise BadUsage("--batch is a number above 0")
    named: dict[str, Any] = {} if args.dimensions is None else {"dimensions": args.dimensions}
    if args.json:
        named["encoding_format"] = "float"  # base64 is smaller, but nothing to look at
    extra = read_fields(args.extra, named)
    texts = _texts(args)
    watch, usages = Watch(), []
    with make_client(args) as client:
        model = chosen_model(client)
        first = 0
        while batch := list(islice(texts, args.batch)):
            usages.append(_embed(client, model, batch, first, named, extra, args))
            first += len(batch)
    if not first:
        raise BadUsage("what to embed? Give texts, or --file")
    watch.stop()
    print_stats(watch, _sum(usages), args.stats)
    return OK


def _embed(
    client: Client,
    model: str,
    batch: list[str],
    first: int,
    named: dict[str, Any],
    extra: dict[str, Any],
    args: argparse.Namespace,
) -> Usage | None:
    answer = client.embeddings(batch, model=model, extra=extra, **named)
    if args.json:
        print_json(answer.to_dict())
    elif args.jsonl or not is_terminal(sys.stdout):
        for place, (text, vector) in enumerate(zip(batch, answer.vectors, strict=True), first):
            head = msgspec.json.encode({"index": place, "text": text})[:-1].decode()
            print(f'{head},"embedding":[{",".join(_numbers(vector))}]}}')
    else:
        rows = [
            (str(place), text, str(len(vector)), f"{_norm(vector):.4f}", _beginning(vector))
            for place, (text, vector) in enumerate(zip(batch, answer.vectors, strict=True), first)
        ]
        print_table(("INDEX", "TEXT", "DIMENSIONS", "NORM", "VECTOR"), rows, flexible=(1,))
    sys.stdout.flush()
    return answer.usage


def _texts(args: argparse.Namespace) -> Iterator[str]:
    if args.words and args.file:
        raise BadUsage("texts come from the command line or from --file, not from both")
    if args.words:
        return (clean(word) for word in args.words)
    source = args.file or "-"
    if source == "-":
        if args.file is None and is_terminal(sys.stdin):
            raise BadUsage("what to embed? Give texts, or --file")
        return _lines(sys.stdin)
    try:
        stream = open(source, encoding="utf-8", errors="replace")  # noqa: SIM115  (`_lines` closes it)
    except OSError as error:
        raise BadUsage(f"cannot read {source}: {error.strerror or error}") from None
    return _lines(stream)


def _lines(stream: TextIO) -> Iterator[str]:
    with stream:
        for line in stream:
            if line.strip():
                yield line.rstrip("\n")


def _numbers(vector: Sequence[float]) -> Iterable[str]:
    # Nine digits tell every float32 from its neighbours.
    return (f"{number:.9g}" if math.isfinite(number) else "null" for number in map(float, vector))


def _norm(vector: Sequence[float]) -> float:
    return math.hypot(*map(float, vector))


def _beginning(vector: Sequence[float]) -> str:
    shown = ", ".join(f"{float(number):.4f}" for number in vector[:_PREVIEW])
    return f"[{shown}{', …' if len(vector) > _PREVIEW else ''}]"


def _sum(usages: Sequence[Usage | None]) -> Usage | None:
    """The tokens of all batches; None when one of them told none."""
    told = [usage for usage in usages if usage is not None and usage.prompt_tokens is not None]
    if not told or len(told) < len(usages):
        return None
    total: dict[str, Any] = {"prompt_tokens": sum(usage.prompt_tokens or 0 for usage in told)}
    if all(usage.cost is not None for usage in told):
        total["cost"] = sum(usage.cost or 0.0 for usage in told)
    return Usage(total)
