"""What the readers of structured output are tried on: hand-checked answers, generated damage, hostile texts.

The first two are those of the tests (tests/schema/messy.jsonl, tests/schema/damage.py); the generated ones are made
from seeds that no test uses, so that nobody can have been fitted to them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

from parse_hostile import texts

_TESTS = Path(__file__).parents[1] / "tests" / "schema"
sys.path.append(str(_TESTS))

from damage import damaged, is_cut_of  # noqa: E402

__all__ = ["CORPORA", "FIRST_SEED", "HOSTILE", "Case", "corpus", "has_big_number", "hostile", "verdict"]

FIRST_SEED = 1_000_000
_CUT = frozenset({"cut", "closers missing"})
CORPORA = {"messy": "hand-checked", "damage": "generated damage"}

# Text of parse_hostile.py -> how it is called here.
HOSTILE = {
    "1 MB of prose": "1 MB prose",
    "20,000 open brackets": "`[` x 20,000",
    '{"a": 5,000 times': '`{"a":` x 5,000',
    "640 kB of objects, one trailing comma": "640 kB list, trailing comma",
    '20,000 {"x":1}, then an answer': '20,000 x `{"x":1}`, an answer',
    "20,000 {x}, then an answer": "20,000 x `{x}`, an answer",
    "20,000 inner quotes": "20,000 inner quotes",
    "200 kB string, cut": "200 kB cut string",
}


class Case(NamedTuple):
    """An answer of a model, the schema, and what a careful reader takes from it."""

    text: str
    schema: dict[str, Any]
    expected: Any
    refusal: bool = False
    """Whether there is no answer in it, so that only a refusal is right."""
    cut: bool = False
    """Whether less may come back: later fields and items that the end took, but nothing else."""


def corpus(name: str, size: int) -> list[Case]:
    """The cases of a corpus; `size` is how many are generated."""
    if name == "damage":
        made = (damaged(FIRST_SEED + number) for number in range(size))
        return [Case(one.text, one.schema, one.instance, cut=bool(_CUT & {*one.faults})) for one in made]
    lines = (_TESTS / "messy.jsonl").read_text(encoding="utf-8").splitlines()
    return [
        Case(one["text"], one["schema"], one.get("expect"), refusal=bool(one.get("expect_error")))
        for one in map(json.loads, lines)
    ]


def hostile(name: str) -> Case:
    """A text that stalls or breaks others."""
    text, schema = texts()[name]
    if "then an answer" in name:
        expected: Any = {"name": "Ada", "age": 36}
    elif "trailing comma" in name:
        expected = json.loads(text.removesuffix(",]") + "]")
    elif "inner quotes" in name:
        expected = {"text": text.removeprefix('{"text": "').removesuffix('"}')}
    else:
        expected = None
    return Case(text, schema, expected, refusal=expected is None)  # type: ignore[arg-type]


def verdict(case: Case, value: Any, fits: bool, *, nulls_are_absent: bool) -> str:
    """ "right", "refused" or "wrong" for a value that came back.

    A value that does not fit the schema counts as refused: whoever validates sees it. One that fits and is not what
    was meant is seen by nobody.
    """
    if not fits:
        return "right" if case.refusal else "refused"
    if case.refusal:
        return "wrong"
    expected = case.expected
    if nulls_are_absent:
        value, expected = _without_nulls(value), _without_nulls(expected)
    if _same([value], [expected]) or (case.cut and is_cut_of(value, expected)):
        return "right"
    return "wrong"


def has_big_number(value: Any) -> bool:
    """Whether a whole number in it needs more than 64 bits, which some readers cannot hold."""
    if isinstance(value, dict):
        return any(map(has_big_number, value.values()))
    if isinstance(value, list):
        return any(map(has_big_number, value))
    return type(value) is int and abs(value) >= 2**63


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: 3 and 3.0 are, 1 and true are not."""
    pending = [(one, other)]
    while pending:
        one, other = pending.pop()
        if isinstance(one, dict) and isinstance(other, dict):
            if one.keys() != other.keys():
                return False
            pending += [(inner, other[key]) for key, inner in one.items()]
        elif isinstance(one, list) and isinstance(other, list):
            if len(one) != len(other):
                return False
            pending += zip(one, other, strict=True)
        elif isinstance(one, bool) or isinstance(other, bool):
            if one is not other:
                return False
        elif one != other:
            return False
    return True


def _without_nulls(value: Any) -> Any:
    """For a reader that writes an absent field as null: the value without such fields."""
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_without_nulls(inner) for inner in value]
    return value
