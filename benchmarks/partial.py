"""What it costs to have the value after every few characters of a text, against other parsers of unfinished JSON.

    python benchmarks/partial.py [repeats]

A document of about 2.5 kB comes in pieces of 8 characters, and after each the value is looked at. jiter, which has no
schema and no state, parses all that there is again for each piece. All take turns in one run; the best of the repeats
counts, in CPU time. Packages that are not installed are left out: jiter, partial-json-parser, json-repair.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from time import process_time
from typing import Any

from franca.schema.parsing.partial import Partial

SIZE = 8
PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "email": {"type": ["string", "null"]},
        "notes": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "kind": {"enum": ["author", "editor"]},
        "active": {"type": "boolean"},
        "score": {"type": "number"},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "people": {"type": "array", "items": PERSON}},
    "required": ["title", "people"],
}


def document(people: int) -> str:
    """A list of people; 13 of them are about 2.5 kB."""
    one: dict[str, Any] = {
        "name": "Ada Lovelace",
        "email": None,
        "notes": "Wrote the first program, a century before there was a computer.",
        "tags": ["maths", "letters"],
        "kind": "author",
        "active": True,
    }
    return json.dumps(
        {"title": "A report", "people": [{**one, "age": 20 + n % 60, "score": n * 1.5} for n in range(people)]}
    )


def ours(text: str, *, look: bool = True) -> None:
    partial = Partial(SCHEMA)
    for at in range(0, len(text), SIZE):
        if partial.feed(text[at : at + SIZE]) and look:
            _ = partial.value


def again(parse: Callable[[str], Any]) -> Callable[[str], None]:
    """A parser that begins again with each piece."""

    def run(text: str) -> None:
        for at in range(SIZE, len(text) + SIZE, SIZE):
            parse(text[:at])

    return run


def contenders() -> dict[str, Callable[[str], None]]:
    found: dict[str, Callable[[str], None]] = {"franca": ours, "franca, damaged text": lambda text: ours(damaged(text))}
    for name, made in (
        ("jiter", lambda package: lambda text: package.from_json(text.encode(), partial_mode="trailing-strings")),
        ("partial_json_parser", lambda package: package.loads),
        ("json_repair", lambda package: lambda text: package.loads(text, stream_stable=True)),
    ):
        try:
            found[name] = again(made(importlib.import_module(name)))
        except ImportError:
            print(f"({name} is not installed)")
    return found


def damaged(text: str) -> str:
    """The same with one comma too many, early."""
    return text.replace("],", ",],", 1)


def spent(run: Callable[[str], None], text: str) -> float:
    begun = process_time()
    run(text)
    return (process_time() - begun) * 1000


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    text = document(13)
    runs = contenders()
    best = dict.fromkeys(runs, float("inf"))
    for _ in range(repeats):
        for name, run in runs.items():
            best[name] = min(best[name], spent(run, text))
    measure = best.get("jiter", best["franca"])
    print(f"{len(text):,} characters in pieces of {SIZE}, the value looked at after each\n")
    print("| parser | all pieces, ms | against jiter |\n|---|---:|---:|")
    for name, time in best.items():
        print(f"| {name} | {time:.1f} | {time / measure:.1f} |")
    print("\n| size | feed only, s | feed and value, s | damaged, feed only, s |\n|---:|---:|---:|---:|")
    for size in (250_000, 500_000, 1_000_000):
        text = document(size * 13 // 2_560)
        times = [spent(lambda text: ours(text, look=False), text), spent(ours, text)]
        times.append(spent(lambda text: ours(damaged(text), look=False), text))
        print(f"| {len(text):,} | " + " | ".join(f"{time / 1000:.2f}" for time in times) + " |")


if __name__ == "__main__":
    main()
