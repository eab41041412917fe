"""The results as a table for the terminal and as the page `benchmarks/README.md`."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from statistics import median
from sysconfig import get_config_var

from cases import CONCURRENT, EVENTS, Case

__all__ = ["Imports", "Measured", "Rounds", "aligned", "cost", "machine", "page", "table", "versions"]

_LIBRARIES = ("franca", "msgspec", "httptools", "numpy", "openai", "httpx", "httpx2", "pydantic", "anyio")
_BAR = 40
_BUDGET = ("franca, client made", 60.0, 25.0)  # CPU ms, MB


class Rounds:
    """What one contender needed for one unit of one case: seconds of CPU and of wall time, round by round."""

    def __init__(self) -> None:
        self.cpu: list[float] = []
        self.wall: list[float] = []

    def add(self, cpu: float, wall: float) -> None:
        self.cpu.append(cpu)
        self.wall.append(wall)


Measured = dict[str, dict[str, Rounds]]
Imports = dict[str, list[float]]


# ---- numbers ---------------------------------------------------------------------------------------


def ratio(upper: Rounds, lower: Rounds) -> tuple[float, float]:
    """How many times the CPU of `lower` does `upper` take: of the medians, and of the best rounds."""
    return median(upper.cpu) / median(lower.cpu), min(upper.cpu) / min(lower.cpu)


def _time(seconds: float) -> str:
    """Microseconds, with three digits where there is a fraction to show."""
    micros = seconds * 1e6
    return f"{micros:.2f}" if micros < 10 else f"{micros:.1f}" if micros < 100 else f"{micros:,.0f}"


def cost(seconds: Sequence[float]) -> str:
    """Microseconds of rounds: the median and, in brackets, the best."""
    return f"{_time(median(seconds))} ({_time(min(seconds))})"


def _judged(found: tuple[float, float], aim: float | None, *, most: bool) -> str:
    """A ratio, that of the best rounds, and whether the aim for it is met."""
    shown = f"{found[0]:.2f} ({found[1]:.2f})" if most else f"{found[0]:.1f} ({found[1]:.1f})"
    if aim is None:
        return f"{shown} |"
    return f"{shown} | {'≤' if most else '≥'} {aim:g}: {_verdict(found, aim, most=most)}"


def _verdict(found: tuple[float, float], aim: float, *, most: bool) -> str:
    """A busy machine can move either number past an aim: they must agree."""
    kept = [value <= aim if most else value >= aim for value in found]
    return "met" if all(kept) else "unclear" if any(kept) else "**missed**"


# ---- the parts of both -----------------------------------------------------------------------------


def _rows(cases: Sequence[Case], measured: Measured) -> list[str]:
    """The table of costs, one row a case, in Markdown."""
    head = "| case | per | floor | franca | openai | franca / floor | aim | openai / franca | aim |"
    lines = [head, "|---|---|--:|--:|--:|--:|---|--:|---|"]
    for case in cases:
        costs = measured[case.name]
        shown = [cost(costs[name].cpu) if name in costs else "" for name in ("floor", "franca", "openai")]
        compared = " | | |"
        if len(costs) == 3:
            over = _judged(ratio(costs["franca"], costs["floor"]), case.most_over_floor, most=True)
            below = _judged(ratio(costs["openai"], costs["franca"]), case.least_below_openai, most=False)
            compared = f"{over} | {below}"
        lines.append(f"| {case.title} | {case.unit} | {' | '.join(shown)} | {compared} |")
    return lines


def _wall_rows(cases: Sequence[Case], measured: Measured) -> list[str]:
    lines = ["| case | per | floor | franca | openai |", "|---|---|--:|--:|--:|"]
    for case in cases:
        costs = measured[case.name]
        shown = [_time(median(costs[name].wall)) if name in costs else "" for name in ("floor", "franca", "openai")]
        lines.append(f"| {case.title} | {case.unit} | {' | '.join(shown)} |")
    return lines


def _bars(cases: Sequence[Case], measured: Measured) -> list[str]:
    """CPU as bars, each case on the scale of its dearest contender."""
    lines = []
    for case in cases:
        costs = {name: median(rounds.cpu) for name, rounds in measured[case.name].items()}
        if len(costs) < 2:
            continue
        lines.append(f"{case.title}, µs per {case.unit}")
        longest = max(costs.values())
        for name, cost in costs.items():
            bar = "█" * max(1, round(_BAR * cost / longest))
            lines.append(f"  {name:7}{bar} {_time(cost)}")
    return lines


def _import_rows(imports: Imports, runs: int) -> list[str]:
    lines = [f"| fresh process, best of {runs} | CPU ms | resident MB | modules |", "|---|--:|--:|--:|"]
    lines += [f"| {name} | {cpu:.1f} | {size:.1f} | {modules:.0f} |" for name, (cpu, size, modules) in imports.items()]
    return lines


def _budget(imports: Imports) -> str:
    row, most_cpu, most_size = _BUDGET
    cpu, size, _ = imports[row]
    met = cpu <= most_cpu and size <= most_size
    return f"{row}: {cpu:.0f} ms and {size:.1f} MB of {most_cpu:.0f} ms and {most_size:.0f} MB: {_word(met)}"


def _word(met: bool) -> str:
    return "met" if met else "**missed**"


def _aims(cases: Sequence[Case], measured: Measured) -> list[str]:
    """Each aim with the cases that meet it and those that do not."""
    found: dict[str, list[str]] = {}
    for case in cases:
        costs = measured[case.name]
        if case.most_over_floor is not None:
            found_ratio = ratio(costs["franca"], costs["floor"])
            name = f"within {case.most_over_floor:g} x of the floor per {case.unit}"
            word = _verdict(found_ratio, case.most_over_floor, most=True)
            shown = f"{case.title} {found_ratio[0]:.2f} ({word})"
            found.setdefault(name, []).append(shown)
        if case.least_below_openai is not None:
            found_ratio = ratio(costs["openai"], costs["franca"])
            name = f"at least {case.least_below_openai:g} x less CPU than openai-python per {case.unit}"
            word = _verdict(found_ratio, case.least_below_openai, most=False)
            shown = f"{case.title} {found_ratio[0]:.1f} ({word})"
            found.setdefault(name, []).append(shown)
    return [f"- {name}: {'; '.join(shown)}." for name, shown in found.items()]


def machine() -> str:
    """Processor, cores, kernel."""
    named = Path("/proc/cpuinfo")
    lines = named.read_text().splitlines() if named.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    chip = model or platform.processor() or platform.machine()
    return f"{chip}, {cores} cores, {platform.system()} {platform.release()}"


def versions(libraries: Sequence[str] = _LIBRARIES) -> str:
    """The interpreter and the libraries, as far as they are installed."""
    found = []
    for name in libraries:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    # An interpreter built without profile-guided optimisation is slower at everything but C code.
    plain = "--enable-optimizations" not in str(get_config_var("CONFIG_ARGS"))
    python = f"{platform.python_implementation()} {platform.python_version()}{' (built without PGO)' if plain else ''}"
    return ", ".join((python, *found))


# ---- terminal --------------------------------------------------------------------------------------


def table(cases: Sequence[Case], measured: Measured, imports: Imports, *, conditions: str, runs: int) -> str:
    """Everything for a terminal, columns aligned."""
    lines = [f"{machine()}", versions(), conditions, "µs as median (best)", ""]
    lines += ["CPU", *aligned(_rows(cases, measured)), "", "wall, median", *aligned(_wall_rows(cases, measured)), ""]
    lines += _bars(cases, measured)
    if imports:
        lines += ["", *aligned(_import_rows(imports, runs)), _budget(imports)]
    return "\n".join(lines).replace("**", "")


def aligned(rows: Sequence[str]) -> list[str]:
    """Markdown rows with columns of equal width, numbers to the right."""
    cells = [[cell.strip().replace("**", "") for cell in row.strip("|").split("|")] for row in rows]
    right = [cell.endswith(":") for cell in cells.pop(1)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in cells
    ]


# ---- page ------------------------------------------------------------------------------------------

_READING = f"""## How to read it
A number is CPU time (user and system) of the client's process in microseconds, for one call or for one event of
a stream: the median of the rounds, and in brackets the best one. Other work on the machine can only add to CPU
time, so the best round is nearest to the truth, and the median shows how far the others were; a load average
well above 0 says that there was other work. Wall time is in a
table of its own, because client and server share the machine, and on a busy one it says little.

- **floor**: a bare socket (sync), a bare `asyncio.Protocol` (async). It encodes the request with msgspec, writes it
  behind a head made beforehand, finds the end of the answer's head, reads by length or by chunk, and decodes the
  JSON to dicts. No time limits, no errors, no retries, no headers read: the least that a program in Python must do.
- **openai**: openai-python with its defaults, on the same server, with the same requests.
- A small call is a chat with two messages over a connection that is kept alive; the answer has the body
  and the 19 extra headers of OpenAI's.
- {CONCURRENT} concurrent: `asyncio.gather` of {CONCURRENT} such calls at once, over as many connections; per call.
- A stream has {EVENTS:,} events of about 290 bytes, each in an HTTP chunk of its own as servers send them.
  "Few writes": the server hands the kernel everything at once, so reads are large. "Write per event": a write for
  each event, without a pause; how many of them one read finds depends on how fast the client is, so a slower client
  saves reads here. franca also puts the answer together while it reads (`stream.final`), the others do not.
- Embeddings: 64 vectors of 1536 numbers, ready to use. franca and openai-python ask for base64; the floor is given for
  base64 (`numpy.frombuffer`) and, in the last row, for numbers in JSON. There is no aim for them.

The contenders take turns (A B C A B C ...), each in a process of its own; the server is another, with fixed answers
made beforehand. A first round warms up. Python's garbage collector is left on.
"""


def page(cases: Sequence[Case], measured: Measured, imports: Imports, *, conditions: str, runs: int) -> str:
    """The page, in Markdown."""
    command = " ".join(("python benchmarks/run.py", *sys.argv[1:]))
    lines = [
        "# Benchmarks",
        f"Rendered by `{command}` (`make bench` prints the same) on {datetime.now(UTC):%d %B %Y}.",
        "",
        f"- Machine: {machine()}",
        f"- Versions: {versions()}",
        f"- Conditions: {conditions}",
        "",
        "## CPU, µs: median (best)",
        *_rows(cases, measured),
        "",
        "## Aims: met or missed where medians and best rounds agree, else unclear",
        *_aims(cases, measured),
    ]
    if imports:
        lines += [f"- import and making a client: {_budget(imports)}.", "", "## Import", *_import_rows(imports, runs)]
    parts = chain(lines, ["", "## Wall time, µs: median"], _wall_rows(cases, measured))
    return "\n".join([*parts, "", "## As bars", "```text", *_bars(cases, measured), "```", "", _READING])
