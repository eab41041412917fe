"""The tables of `gateway.py`: for a terminal, and as a page in Markdown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Any

from report import aligned, machine, versions

__all__ = ["Figures", "page", "terminal"]

_LIBRARIES = ("msgspec", "httptools", "uvicorn", "uvloop")


@dataclass
class Figures:
    """What was measured of one gateway."""

    about: str
    version: str
    starts: list[tuple[float, float]] = field(default_factory=list)
    """Seconds and CPU seconds until the first answer."""
    idle: float = 0.0
    after: float = 0.0
    cpu: dict[str, list[float]] = field(default_factory=dict)
    """Job -> CPU seconds of one unit, round by round."""
    told: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def add(self, job: str, cpu: float, told: dict[str, Any]) -> None:
        self.cpu.setdefault(job, []).append(cpu)
        self.told.setdefault(job, []).append(told)

    def cost(self, job: str) -> tuple[float, float] | None:
        """Microseconds of CPU for one unit: median and best."""
        found = self.cpu.get(job)
        return (median(found) * 1e6, min(found) * 1e6) if found else None

    def wall(self, job: str, name: str) -> float | None:
        """The median of what the callers told."""
        found = [one[name] for one in self.told.get(job, [])]
        return median(found) if found else None

    @property
    def rate(self) -> float | None:
        """Chats a second."""
        found = [one["units"] / one["wall"] for one in self.told.get("requests", [])]
        return median(found) if found else None


def _named(found: Mapping[str, Figures]) -> dict[str, Figures]:
    """The server alone comes first, with a name."""
    return {"(server alone)": found[""], **{name: one for name, one in found.items() if name}}


def _cost(cost: tuple[float, float] | None) -> str:
    return "" if cost is None else f"{_number(cost[0])} ({_number(cost[1])})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _ratio(cost: tuple[float, float] | None, base: tuple[float, float] | None) -> str:
    return "" if cost is None or base is None else f"{cost[0] / base[0]:.1f}"


def _cpu_rows(found: Mapping[str, Figures]) -> list[str]:
    base = found.get("nginx")
    rows = ["| gateway | request | / nginx | chunk | / nginx |", "|---|--:|--:|--:|--:|"]
    for name, one in _named(found).items():
        cells = [name]
        for job in ("requests", "streams"):
            cells += [_cost(one.cost(job)), _ratio(one.cost(job), base.cost(job) if base else None)]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def _wall_rows(found: Mapping[str, Figures]) -> list[str]:
    heads = ["requests/s", "p50 ms", "p99 ms", "first word ms", "first word of 200 ms", "p99 ms"]
    rows = ["| gateway | " + " | ".join(heads) + " |", "|---|" + "--:|" * len(heads)]
    asked = (("requests", "p50"), ("requests", "p99"), ("first", "p50"), ("streams", "p50"), ("streams", "p99"))
    for name, one in _named(found).items():
        cells = [name, _maybe(one.rate, "{:,.0f}".format)]
        cells += [_maybe(one.wall(job, what), lambda value: f"{value * 1000:,.2f}") for job, what in asked]
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def _maybe(value: float | None, shown: Callable[[float], str]) -> str:
    return "" if value is None else shown(value)


def _start_rows(found: Mapping[str, Figures]) -> list[str]:
    rows = ["| gateway | start s | start CPU s | idle MB | after MB |", "|---|--:|--:|--:|--:|"]
    for name, one in found.items():
        if name and one.starts:
            seconds, cpu = min(one.starts)
            rows.append(f"| {name} | {seconds:.2f} | {cpu:.2f} | {one.idle:.0f} | {one.after:.0f} |")
    return rows


_AIMS: tuple[tuple[str, str, float, float], ...] = (
    ("request", "requests", 8.0, 100.0),
    ("chunk", "streams", 2.5, 40.0),
)


def _aims(found: Mapping[str, Figures]) -> list[str]:
    """Ours against what it is to be: by medians."""
    ours, base = found.get("franca"), found.get("nginx")
    if ours is None:
        return []
    lines = []
    for unit, job, times, most in _AIMS:
        cost = ours.cost(job)
        if cost is None:
            continue
        lines.append(f"- at most {most:g} µs of CPU for a {unit}: {cost[0]:.1f}: {_word(cost[0] <= most)}")
        against = base.cost(job) if base else None
        if against is not None:
            ratio = cost[0] / against[0]
            lines.append(f"- at most {times:g} x nginx for a {unit}: {ratio:.1f}: {_word(ratio <= times)}")
    if ours.starts:
        seconds = min(ours.starts)[0]
        lines.append(f"- first answer within 1 s of the start: {seconds:.2f}: {_word(seconds < 1)}")
        lines.append(f"- less than 60 MB idle: {ours.idle:.0f}: {_word(ours.idle < 60)}")
    return lines


def _word(met: bool) -> str:
    return "met" if met else "**missed**"


def _errors(found: Mapping[str, Figures]) -> list[str]:
    return [f"- {name or 'server'}: {text}" for name, one in found.items() for text in one.errors]


def _who(found: Mapping[str, Figures], left_out: Mapping[str, str]) -> list[str]:
    lines = [f"- **{name}** ({one.version}): {one.about}." for name, one in found.items() if name]
    return lines + [f"- left out: **{name}**, because {reason}." for name, reason in left_out.items()]


def terminal(found: Mapping[str, Figures], left_out: Mapping[str, str], conditions: str) -> str:
    """Everything for a terminal, columns aligned."""
    lines = [machine(), versions(_LIBRARIES), conditions, "", "CPU of the gateway, µs: median (best)"]
    lines += [*aligned(_cpu_rows(found)), "", "Wall, medians of the rounds", *aligned(_wall_rows(found)), ""]
    lines += [*aligned(_start_rows(found)), "", *_aims(found), "", *_who(found, left_out)]
    errors = _errors(found)
    return "\n".join([*lines, *(["", "What went wrong:", *errors] if errors else [])]).replace("**", "")


_READING = """## How to read it
CPU is the user and system time of the gateway's process and all its children, in microseconds, by the clock of each
process: the median of the rounds, and in brackets the best one. Other work on the machine can only add to it. Wall
times say little here, because server, callers and gateway share the machine.

- **request**: 16 connections that are kept alive, each asking for one chat after the other; the answer has 1.6 kB.
- **chunk**: 200 streams at once, each with 50 events of some 290 bytes, 25 a second, spread evenly; each event is a
  write of its own at the server. The CPU of the whole is divided by the events that the server sent.
- **first word**: streams one by one on an otherwise idle gateway, from the request to the first event with text, and
  the same for the 200 at once. The server sends it at once.
- **start**: from starting the program to the end of its first answer, the quickest of three; its CPU until then.
- **idle** and **after**: resident memory of its processes after the start, and after all rounds.

All gateways run at once, with one worker each and without a log of requests, and take turns (A B C A B C ...); a first
round warms up. The server behind them and the callers are processes of their own, written for this on uvloop and
httptools; the callers send the same bytes to all but for path, key and the name of the model, and a stream counts only
if it came to its `[DONE]`.
"""


def page(found: Mapping[str, Figures], left_out: Mapping[str, str], conditions: str) -> str:
    """The page, in Markdown."""
    command = " ".join(("python benchmarks/gateway.py", *sys.argv[1:]))
    lines = [
        "# The gateway against others",
        f"Rendered by `{command}` (`make bench-gateway`) on {datetime.now(UTC):%d %B %Y}.",
        "",
        f"- Machine: {machine()}",
        f"- Versions: {versions(_LIBRARIES)}",
        f"- Conditions: {conditions}",
        "",
        "## CPU of the gateway, µs: median (best)",
        *_cpu_rows(found),
        "",
        "## Aims, by medians",
        *_aims(found),
        "",
        "## Start and memory",
        *_start_rows(found),
        "",
        "## Wall time, medians of the rounds",
        *_wall_rows(found),
        "",
        "## Who",
        *_who(found, left_out),
    ]
    errors = _errors(found)
    if errors:
        lines += ["", "## What went wrong", *errors]
    return "\n".join([*lines, "", _READING])
