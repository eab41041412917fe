"""What a provider's native JSON-Schema mode takes: check a schema, or turn it into what is taken. Nothing is sent.

franca schema check --for openai answer.json
franca schema strict --for anthropic answer.json > strict.json
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from ..errors import BadUsage
from ..schema.strict import PROFILES, Refusal, ignored, profile_for, refusals, strict_schema
from .exits import ERROR, OK, report
from .show import print_json, print_table
from .terminal import note

__all__ = ["configure", "run"]

_MOST_BYTES = 16 * 1024 * 1024


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    known = "\n".join(f"  {name:10} {row.title} ({row.as_of})" for name, row in PROFILES.items())
    parser.epilog = f"{(__doc__ or '').partition(chr(10) * 2)[2]}\nproviders:\n{known}"
    commands = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    check = commands.add_parser("check", help="will this provider take the schema, and if not, which rule fails")
    check.add_argument("--json", action="store_true", help="as one JSON object")
    check.set_defaults(run=_check)
    strict = commands.add_parser("strict", help="the schema as this provider takes it; what differs goes to stderr")
    strict.add_argument("--exact", action="store_true", help="lose nothing of what the schema lets be said")
    strict.add_argument("--quiet", action="store_true", help="do not tell what differs")
    strict.set_defaults(run=_strict)
    for one in (check, strict):
        one.add_argument("--for", dest="provider", metavar="PROVIDER", required=True, choices=list(PROFILES))
        one.add_argument("file", metavar="FILE", help="a JSON Schema; - is standard input")
        # Without a default: it would undo the --debug that stood before the command's name.
        one.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="show an error's traceback")


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    code: int = args.run(args)
    return code


def _check(args: argparse.Namespace) -> int:
    """Print the rules that the schema breaks, and what is taken but not enforced."""
    schema = _read(args.file)
    refused = refusals(schema, args.provider)
    loose = ignored(schema, args.provider)
    if args.json:
        told = {"refused": [one._asdict() for one in refused], "ignored": [one._asdict() for one in loose]}
        print_json({"provider": args.provider, "taken": not refused, **told})
    else:
        _table([("refused", one) for one in refused] + [("ignored", one) for one in loose])
        sys.stdout.flush()
        title = profile_for(args.provider).title
        note(f"{title}: {'refused' if refused else 'taken'}{_count(refused, loose)}")
        if refused:
            note(f"`franca schema strict --for {args.provider} {args.file}` says it in a shape that is taken")
    return ERROR if refused else OK


def _table(found: list[tuple[str, Refusal]]) -> None:
    if found:
        rows = [(kind, one.path or "/", one.rule, one.limit) for kind, one in found]
        print_table(("", "WHERE", "RULE", "LIMIT"), rows, flexible=(1, 2, 3), notes=[one.advice for _, one in found])


def _count(refused: list[Refusal], loose: list[Refusal]) -> str:
    parts = [f"{len(refused)} broken rule{'s'[: len(refused) != 1]}"] if refused else []
    parts += [f"{len(loose)} not enforced"] if loose else []
    return f" ({', '.join(parts)})" if parts else ""


def _strict(args: argparse.Namespace) -> int:
    """Print the schema as the provider takes it."""
    schema = _read(args.file)
    try:
        made = strict_schema(schema, args.provider, exact=args.exact)
    except BadUsage as error:  # no fault of the command line: the schema is refused
        report(error)
        return ERROR
    print_json(made.schema)
    sys.stdout.flush()
    for one in () if args.quiet else made.notes:
        note(str(one))
    return OK


def _read(name: str) -> Any:
    """The schema in a file, or on standard input."""
    import msgspec

    try:
        if name == "-":
            data = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise BadUsage(f"{name}: {error.strerror or error}") from None
    if len(data) > _MOST_BYTES:
        raise BadUsage(f"{name}: larger than {_MOST_BYTES // 1024**2} MiB")
    try:
        schema = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        raise BadUsage(f"{name}: no JSON: {error}") from None
    if not isinstance(schema, (dict, bool)):
        raise BadUsage(f"{name}: a JSON Schema is an object")
    return schema
