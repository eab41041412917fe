"""Prometheus' text format: families of samples to lines, and nothing of what they count.

Version 0.0.4, the one that every scraper takes: <https://prometheus.io/docs/instrumenting/exposition_formats/>.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from msgspec import Struct

__all__ = ["CONTENT_TYPE", "Family", "Histogram", "render"]

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[str, ...]
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


class Histogram(Struct):
    """How many values fell in each bucket (one more than there are bounds: the last is for all above); their sum."""

    counts: list[int]
    sum: float = 0.0


class Family(Struct):
    """A metric: its name, kind and help, the names of its labels, and for their values a number (or a histogram)."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: Labels
    samples: dict[Labels, float | Histogram]
    bounds: Sequence[float] = ()


def render(families: Iterable[Family]) -> bytes:
    """All families, each with its lines together. One without samples is only declared."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {_help(family.help)}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        for values, sample in family.samples.items():
            pairs = [f'{name}="{_label(value)}"' for name, value in zip(family.labels, values, strict=True)]
            if isinstance(sample, Histogram):
                _histogram(lines, family, pairs, sample)
            else:
                lines.append(f"{family.name}{_braces(pairs)} {_number(sample)}")
    lines.append("")
    return "\n".join(lines).encode("utf-8", "replace")


def _histogram(lines: list[str], family: Family, pairs: list[str], sample: Histogram) -> None:
    total = 0
    for bound, count in zip((*family.bounds, float("inf")), sample.counts, strict=True):
        total += count
        bucket = [*pairs, f'le="{_number(bound)}"']
        lines.append(f"{family.name}_bucket{_braces(bucket)} {total}")
    lines.append(f"{family.name}_sum{_braces(pairs)} {_number(sample.sum)}")
    lines.append(f"{family.name}_count{_braces(pairs)} {total}")


def _braces(pairs: list[str]) -> str:
    return "{" + ",".join(pairs) + "}" if pairs else ""


def _label(value: str) -> str:
    return value.translate(_ESCAPES)


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _number(value: float) -> str:
    if value == float("inf"):
        return "+Inf"
    if value == float("-inf"):
        return "-Inf"
    if value != value:
        return "NaN"
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))
