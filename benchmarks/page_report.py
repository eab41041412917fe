"""The tables of `page.py`: for a terminal, and in Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from report import machine

__all__ = ["Load", "Long", "Run", "terminal", "write"]

_HERE = Path(__file__).parent
_DOCS = _HERE.parent / "docs" / "page.md"


@dataclass(frozen=True)
class Load:
    """A first load: KiB over the wire, milliseconds, MiB."""

    kilobytes: float
    requests: int
    paint: float
    usable: float
    heap: float
    foreign: tuple[str, ...]


@dataclass(frozen=True)
class Long:
    """A long answer: seconds; `dropped` is a share of the frames."""

    wall: float
    lag: float
    script: float
    renderer: float
    dropped: float
    heap: float


@dataclass
class Run:
    chromium: str
    loads: dict[str, list[Load]] = field(default_factory=dict)
    paced: dict[str, list[Long]] = field(default_factory=dict)
    at_once: dict[str, list[Long]] = field(default_factory=dict)
    longest: dict[str, list[Long]] = field(default_factory=dict)
    opened: dict[int, list[float]] = field(default_factory=dict)


def _mid(found: Iterable[Any], name: str) -> float:
    return median(float(getattr(one, name)) for one in found)


_LOAD: list[tuple[str, Callable[[list[Load]], str]]] = [
    ("KB over the wire", lambda found: f"{_mid(found, 'kilobytes'):.0f}"),
    ("requests", lambda found: f"{_mid(found, 'requests'):.0f}"),
    ("first paint ms", lambda found: f"{_mid(found, 'paint'):.0f}"),
    ("usable ms", lambda found: f"{_mid(found, 'usable'):.0f}"),
    ("heap MB", lambda found: f"{_mid(found, 'heap'):.1f}"),
    ("other hosts asked", lambda found: ", ".join(sorted({host for one in found for host in one.foreign})) or "none"),
]
_LONG: list[tuple[str, Callable[[list[Long]], str]]] = [
    ("dropped frames", lambda found: f"{100 * _mid(found, 'dropped'):.1f} %"),
    ("script s", lambda found: f"{_mid(found, 'script'):.2f}"),
    ("renderer CPU s", lambda found: f"{_mid(found, 'renderer'):.1f}"),
    ("behind the stream s", lambda found: f"{_mid(found, 'lag'):.1f}"),
    ("heap MB", lambda found: f"{_mid(found, 'heap'):.0f}"),
]


def _table(columns: list[tuple[str, Callable[[Any], str]]], rows: Mapping[str, list[Any]]) -> list[str]:
    lines = ["| page | " + " | ".join(name for name, _ in columns) + " |", "| --- |" + " ---: |" * len(columns)]
    lines += [f"| {name} | " + " | ".join(text(found) for _, text in columns) + " |" for name, found in rows.items()]
    return [*lines, ""]


def _text(found: Run, left_out: Mapping[str, str]) -> str:
    tokens = {"4,000 tokens at 200 a second": found.paced, "20,000 tokens at 200 a second": found.longest,
              "20,000 tokens at once": found.at_once}  # fmt: skip
    lines = ["First load, cold, from localhost (medians):", "", *_table(_LOAD, found.loads)]
    for title, rows in tokens.items():
        if rows:
            lines += [f"An answer of {title}:", "", *_table(_LONG, rows)]
    lines += ["A stored conversation, from the navigation to its last answer on the screen:", ""]
    lines += ["| messages | ms |", "| ---: | ---: |"]
    lines += [f"| {count:,} | {median(times):.0f} |" for count, times in found.opened.items()]
    lines += [""]
    lines += [f"Left out: {name}: {why}." for name, why in left_out.items()]
    when = datetime.now(UTC).strftime("%Y-%m-%d")
    lines += [f"Measured {when} by `make bench-page`, headless Chromium {found.chromium}, {machine()}."]
    return "\n".join(lines) + "\n"


def terminal(found: Run, left_out: Mapping[str, str]) -> str:
    """The tables, for people who look at a terminal."""
    return _text(found, left_out)


def write(found: Run, left_out: Mapping[str, str]) -> None:
    """Into benchmarks/page.md, and between the marks of docs/page.md."""
    text = _text(found, left_out)
    (_HERE / "page.md").write_text(f"# The chat page, measured\n\n{text}", encoding="utf-8")
    if _DOCS.exists():
        page = _DOCS.read_text(encoding="utf-8")
        marks = re.compile(r"(<!-- measured: begin -->\n).*?(<!-- measured: end -->)", re.DOTALL)
        _DOCS.write_text(marks.sub(lambda match: f"{match[1]}\n{text}\n{match[2]}", page), encoding="utf-8")
