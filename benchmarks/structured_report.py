"""The results of `structured.py` as tables: for the terminal, and as a section of benchmarks/README.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any, NamedTuple

from report import aligned, cost, machine, versions
from structured_cases import CORPORA, FIRST_SEED, HOSTILE

__all__ = ["Scores", "section", "table"]

_LIBRARIES = (
    *("franca", "msgspec", "jsonschema-rs", "baml-py", "json_repair", "instructor", "partial-json-parser"),
    *("jiter", "pydantic"),
)
_WORDS = {
    "right": "value",
    "refused rightly": "refused",
    "refused": "no value",
    "wrong": "**wrong value**",
    "RecursionError": "**RecursionError**",
}


class Scores(NamedTuple):
    """One reader on one corpus: what came of each case, and CPU seconds for a case, round by round."""

    verdicts: list[str]
    cpu: list[float]

    def count(self, *words: str) -> int:
        return sum(one in words for one in self.verdicts)


Corpora = Mapping[str, Mapping[str, Scores]]
Hostile = Mapping[str, Mapping[str, Mapping[str, Any]]]


def _rows(scores: Mapping[str, Scores]) -> list[str]:
    ours = scores.get("franca")
    lines = [
        "| reader | right | refused | silently wrong | CPU of a case, µs | / franca |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for name, one in scores.items():
        count = len(one.verdicts)
        right, big = one.count("right"), one.count("wrong number")
        wrong = one.count("wrong") + big
        shown = f"**{wrong}**{f' ({big} with big numbers)' if big else ''}" if wrong else "0"
        compared = "" if ours is None else f"{median(one.cpu) / median(ours.cpu):.2f}"
        share = f"{right} ({100 * right / count:.0f} %)"
        lines.append(f"| {name} | {share} | {count - right - wrong} | {shown} | {cost(one.cpu)} | {compared} |")
    return lines


def _hostile_rows(found: Hostile) -> list[str]:
    names = list(next(iter(found.values())))
    lines = ["| CPU ms, and what came | " + " | ".join(names) + " |", "|---|" + "--:|" * len(names)]
    for text, of_peers in found.items():
        lines.append(f"| {HOSTILE[text]} | " + " | ".join(_told(of_peers[name]) for name in names) + " |")
    return lines


def _told(one: Mapping[str, Any]) -> str:
    if one["verdict"] in ("over", "crashed"):
        return f"**{one['text']}**"
    return f"{one['cpu'] * 1000:,.1f} {_WORDS.get(one['verdict'], one['verdict'])}"


def table(corpora: Corpora, hostile: Hostile, left_out: Sequence[str], conditions: str) -> str:
    """Everything for a terminal, columns aligned."""
    lines = [machine(), versions(_LIBRARIES), conditions]
    for name, scores in corpora.items():
        cases = len(next(iter(scores.values())).verdicts)
        lines += ["", f"{CORPORA[name]}: {cases} cases; CPU as median (best)", *aligned(_rows(scores))]
    if hostile:
        lines += ["", *aligned(_hostile_rows(hostile))]
    if left_out:
        lines += ["", f"left out, not installed: {', '.join(left_out)}"]
    return "\n".join(lines).replace("**", "").replace("`", "")


_READING = f"""### How to read it
Each reader gets the text and, where it can take one, the schema. What it gives back is then checked by the same
validator (jsonschema-rs) for all, so every peer is as safe here as careful use makes it:

- **right**: the value that a careful reader takes from the text, or a refusal where there is none. Of a text that was
  cut, less may come back, but only later fields and items that the end took; half a string is not right.
- **refused**: an error, or a value that does not fit the schema.
- **silently wrong**: a value that fits the schema and is not what was meant. Nobody behind the reader can notice it.
  "With big numbers": the answer holds a whole number beyond 64 bits, of which the generated cases have many.

"Hand-checked" are the cases of tests/schema/messy.jsonl; "generated damage" are valid instances of varied schemas with
one to three faults each (tests/schema/damage.py), from seeds ({FIRST_SEED:,} and on) that no test uses. Both are
franca's own choice of cases, by its own policies: keys that the schema does not know are dropped only where it forbids
them, a missing value is not made up, no number is rounded, nothing is kept of a string that was cut.

- **baml-py**: its schema-aligned parser, through `BamlRuntime.parse_llm_response`, the schema told in BAML's language
  (structured_baml.py). Constraints cannot be told there; an absent field and null count as the same; where a schema
  has no type in BAML it refuses. Making the run time for a schema is not measured, nor is making franca's validator.
- **json_repair** without and with its `schema=`; **jiter** with `partial_mode=True`; **partial-json-parser** `loads`.
- **instructor**: its extraction of JSON from a text (`extract_json_from_codeblock`) and `json.loads`, without the
  pydantic model behind it.
- **first to last brace**: `json.loads` of what stands between.

The readers take turns, each in a process of its own; a first round warms up. A hostile text is read once by a fresh
process with a limit on its CPU time, after one short text: "value" is the right one, "refused" is right where the text
has none, and "no value" misses one that is there.
"""


def section(corpora: Corpora, hostile: Hostile, left_out: Sequence[str], conditions: str, command: str) -> str:
    """The section of the page, in Markdown."""
    lines = [
        "## Structured output",
        f"Rendered by `{command}` (`make bench-structured`) on {datetime.now(UTC):%d %B %Y}.",
        "",
        f"- Machine: {machine()}",
        f"- Versions: {versions(_LIBRARIES)}",
        f"- Conditions: {conditions}",
    ]
    if left_out:
        lines.append(f"- Left out, not installed: {', '.join(left_out)}")
    for name, scores in corpora.items():
        cases = len(next(iter(scores.values())).verdicts)
        lines += ["", f"### {CORPORA[name].capitalize()}: {cases:,} answers; CPU as median (best)", *_rows(scores)]
    if hostile:
        lines += ["", "### Hostile texts", *_hostile_rows(hostile)]
    return "\n".join([*lines, "", _READING])
