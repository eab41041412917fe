"""`franca openrouter models`: the models, filtered and sorted by OpenRouter itself as far as it can."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from .exits import ERROR, OK
from .openrouter_cells import ABLE, able, prices, print_rows, size, tell_conditions
from .openrouter_connect import add_command, make_router
from .show import print_json
from .terminal import note

if TYPE_CHECKING:
    from ..wire.openrouter.catalogue import RoutedModel

__all__ = ["add_models"]

# Our word: OpenRouter's. Their own are taken too.
_SORTS = {
    "popular": "most-popular",
    "week": "top-weekly",
    "newest": "newest",
    "price": "pricing-low-to-high",
    "dearest": "pricing-high-to-low",
    "context": "context-high-to-low",
    "throughput": "throughput-high-to-low",
    "latency": "latency-low-to-high",
    "intelligence": "intelligence-high-to-low",
    "coding": "coding-high-to-low",
    "agentic": "agentic-high-to-low",
}
_HERE = "id"
_MORE = f"""\
Prices are in dollars for a million tokens of the prompt and of the answer; 128k
of context are 131,072 or 128,000 tokens. The last column says what a model can do:
{", ".join(ABLE.values())} (json: without a schema), what it takes beside
text, and what it makes (→). OpenRouter filters and sorts; only sorting by {_HERE} is
done here, and that a model has all that several --supports or --modality ask for
is checked here once more."""
_SHORT = {word: parameter for parameter, word in ABLE.items()}


def add_models(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "models", run, "list models: context, price, what they can do", _MORE)
    add = parser.add_argument
    add("text", nargs="?", metavar="TEXT", help="only models with this text in name or id; as --search")
    add("--search", metavar="TEXT", help="the same")
    add("--supports", action="append", default=[], metavar="P", help="with this parameter, as tools, schema, seed")
    add("--modality", action="append", default=[], metavar="M", help="that take this: image, audio, video, file")
    add(
        "--makes",
        action="append",
        default=[],
        metavar="M",
        help="that make this: text (default), image, audio ...; all",
    )
    add("--max-price", type=float, metavar="DOLLARS", help="a million tokens of the prompt cost at most so much")
    add("--max-output-price", type=float, metavar="DOLLARS", help="the same of the answer")
    add("--min-context", type=tokens, metavar="TOKENS", help="room for so many tokens at least: 128000, 128k, 1M")
    add("--author", action="append", default=[], metavar="NAME", help="made by them, as anthropic")
    add("--provider", action="append", default=[], metavar="NAME", help="served by them")
    add("--zdr", action="store_true", help="with an endpoint that keeps no data")
    add("--sort", metavar="BY", help=f"{', '.join(_SORTS)}, {_HERE}, or a word of OpenRouter's")
    add("--limit", type=int, metavar="N", help="the first N only")


def run(args: argparse.Namespace) -> int:
    """Ask, and print a table."""
    filters, wanted, takes = _filters(args), _names(args.supports), _flat(args.modality)
    with make_router(args) as router:
        found = list(islice(_matching(router.models(**filters), wanted, takes), _most(args)))
    if args.sort == _HERE:
        found = sorted(found, key=lambda model: model.id or "")[: args.limit]
    if args.json:
        print_json([model.to_dict() for model in found])
    else:
        heads = ("MODEL", "CONTEXT", "IN $/M", "OUT $/M", "CAN")
        print_rows(heads, [_row(model) for model in found], flexible=(0, 4), before_name=(4, 3, 1))
        tell_conditions(model.pricing for model in found)
    sys.stdout.flush()
    if not found:
        note(f"franca: no model fits{_meant(wanted)}")
        return ERROR
    return OK


def _row(model: RoutedModel) -> tuple[str, ...]:
    shape = model.architecture
    until = f"until {model.expiration_date[:10]}" if model.expiration_date else ""
    takes, makes = (shape.input_modalities, shape.output_modalities) if shape is not None else ([], [])
    return (
        model.id or "",
        size(model.context_length),
        *prices(model.pricing),
        f"{able(model.supported_parameters, takes, makes)} {until}".strip(),
    )


def _filters(args: argparse.Namespace) -> dict[str, Any]:
    """The query of the list, without what was not asked for."""
    if args.text and args.search:
        raise BadUsage("the text to look for is given once: as a word, or with --search")
    if args.limit is not None and args.limit < 1:
        raise BadUsage(f"--limit is a number of models from 1, not {args.limit}")
    named: dict[str, Any] = {
        "q": args.text or args.search,
        "supported_parameters": _names(args.supports),
        "input_modalities": _flat(args.modality),
        "output_modalities": _flat(args.makes),
        "max_price": args.max_price,
        "max_output_price": args.max_output_price,
        "context": args.min_context,
        "model_authors": _flat(args.author),
        "providers": _flat(args.provider),
        "zdr": True if args.zdr else None,
        "sort": _sort(args.sort),
        "limit": None if _is_checked(args) else _most(args),
    }
    return {name: value for name, value in named.items() if value is not None and value != []}


def _sort(word: str | None) -> str | None:
    if word is None or word == _HERE:
        return None
    if word not in _SORTS and "-" not in word:
        raise BadUsage(f"--sort takes {', '.join(_SORTS)}, {_HERE} or a word of OpenRouter's, not {word!r}")
    return _SORTS.get(word, word)


def _flat(given: list[str]) -> list[str]:
    """Options that were given several times, or once with commas."""
    return [word.strip() for text in given for word in text.split(",") if word.strip()]


def _names(given: list[str]) -> list[str]:
    """Parameters by their own names or the table's short words."""
    return [_SHORT.get(word, word) for word in _flat(given)]


def _most(args: argparse.Namespace) -> int | None:
    most: int | None = args.limit
    return None if args.sort == _HERE else most  # what comes first is known when all are there


def _is_checked(args: argparse.Namespace) -> bool:
    """Whether some of what comes may be left out here."""
    return len(_names(args.supports)) > 1 or len(_flat(args.modality)) > 1


def _matching(models: Any, parameters: list[str], takes: list[str]) -> Iterator[RoutedModel]:
    """Those that have all: it is nowhere said whether OpenRouter's own filters mean all of several or any."""
    for model in models:
        shape = model.architecture
        inputs = [] if shape is None else shape.input_modalities
        if {*parameters} <= {*model.supported_parameters} and {*takes} <= {*inputs}:
            yield model


def _meant(parameters: list[str]) -> str:
    """The nearest parameter that there is to one that there is not."""
    from difflib import get_close_matches

    from ..wire.openrouter.catalogue import PARAMETERS

    for name in parameters:
        near = get_close_matches(name, [*PARAMETERS, *_SHORT], n=1)
        if name not in PARAMETERS and near:
            return f"; --supports {name}: did you mean {near[0]!r}?"
    return ""


def tokens(text: str) -> int:
    """A number of tokens: 128000, 128k, 1M."""
    units = {"k": 1000, "m": 1_000_000}
    unit = units.get(text[-1:].lower(), 1)
    number = float(text[:-1] if unit > 1 else text) * unit
    if not 0 <= number < 1e15:  # int() of a greater one is no ValueError, which argparse wants
        raise ValueError(text)
    return int(number)
