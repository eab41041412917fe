"""The gateway against nginx and other gateways, in front of one server, interleaved: `make bench-gateway`.

    python benchmarks/gateway.py [--quick] [--write] [--only NAME ...] [--rounds N]

The server, the callers and every gateway are processes of their own. Each case goes round the gateways (A B C A B C
...), so that a busy moment of the machine hits them alike; a first round warms up. The full run takes some ten minutes,
most of it in the slowest gateways. --write renders benchmarks/gateway.md. Needs Linux.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import ExitStack
from os import getloadavg
from pathlib import Path
from typing import Any

from gateway_contenders import CONTENDERS, Contender, Running, cpu_of
from gateway_report import Figures, page, terminal
from run import Process, progress

_HERE = Path(__file__).parent
CONNECTIONS = 16
STREAMS = 200
EVENTS = 50
PAUSE = 0.04
"""Seconds between two events of a stream: 25 a second, as fast models write."""


def measure(chosen: list[Contender], rounds: int, seconds: float, firsts: int, starts: int) -> dict[str, Figures]:
    """What each of them took; the server itself under ""."""
    found = {contender.name: Figures(contender.about, contender.version()) for contender in chosen}
    found[""] = Figures("the server alone, asked by the same callers", "")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="franca-bench-")))
        server = stack.enter_context(Process("gateway_upstream.py", str(EVENTS), str(PAUSE)))
        port = int(server.line())
        callers = stack.enter_context(Process("gateway_load.py"))
        running = _started(stack, chosen, folder, port, found, starts)
        for number in range(rounds + 1):
            for name, one in running.items():
                progress(f"  round {number} of {rounds}: {name} ...")
                _round(found[name], one, callers, seconds, firsts, counted=number > 0)
            _round(found[""], _Server(server, port), callers, seconds, firsts, counted=number > 0)
        for name, one in running.items():
            found[name].after = one.memory()
    progress("")
    return found


class _Server:
    """The server in the place of a gateway."""

    def __init__(self, process: Process, port: int) -> None:
        self._process, self._port = process._process, port

    def question(self) -> dict[str, object]:
        return {"port": self._port, "path": "/v1/chat/completions", "headers": {}, "model": "m"}

    def cpu(self) -> float:
        return cpu_of(self._process.pid)


def _started(
    stack: ExitStack, chosen: list[Contender], folder: Path, port: int, found: dict[str, Figures], starts: int
) -> dict[str, Running]:
    """All of them, each started several times before, alone: the quickest start counts."""
    running = {}
    for contender in chosen:
        progress(f"  starting {contender.name} ...")
        figures = found[contender.name]
        for number in range(starts):
            one = Running(contender, folder / f"{contender.name.replace(' ', '-')}-{number}", port)
            figures.starts.append((one.seconds, one.start_cpu))
            if number == starts - 1:
                running[contender.name] = stack.enter_context(one)
            else:
                one.close()
        figures.idle = running[contender.name].memory()
    return running


def _round(figures: Figures, one: Any, callers: Process, seconds: float, firsts: int, *, counted: bool) -> None:
    """One turn of one gateway: chats, streams, streams one by one."""
    asked = one.question()
    jobs: dict[str, dict[str, Any]] = {
        "requests": {"connections": CONNECTIONS, "seconds": seconds},
        "streams": {"count": STREAMS, "spread": PAUSE},
        "first": {"count": firsts},
    }
    for job, question in jobs.items():
        before = one.cpu()
        told: dict[str, Any] = callers.ask({"job": job, **asked, **question})
        cpu = one.cpu() - before
        if told["errors"]:
            figures.errors.append(f"{job}: {told['errors']} of {told['units'] + told['errors']}: {told['problem']}")
        if counted and told["units"]:
            figures.add(job, cpu / (told["units"] * (EVENTS if job == "streams" else 1)), told)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round: to see that everything runs")
    parser.add_argument("--write", action="store_true", help="render benchmarks/gateway.md")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=[one.name for one in CONTENDERS], help="only these")
    options = parser.parse_args()
    chosen, left_out = [], {}
    for contender in CONTENDERS:
        if options.only and contender.name not in options.only:
            continue
        contender.prepare()
        reason = contender.missing()
        if reason:
            left_out[contender.name] = reason
        else:
            chosen.append(contender)
    rounds, seconds, firsts, starts = (1, 0.5, 10, 1) if options.quick else (options.rounds, 2.0, 50, 3)
    load = getloadavg()[0]  # before our own work adds to it
    found = measure(chosen, rounds, seconds, firsts, starts)
    conditions = (
        f"{rounds} rounds after one that warms up; {CONNECTIONS} connections for {seconds:g} s; {STREAMS} streams of "
        f"{EVENTS} events, {1 / PAUSE:g} a second each; load average before: {load:.1f}"
    )
    print(terminal(found, left_out, conditions))
    if options.write:
        target = _HERE / "gateway.md"
        target.write_text(page(found, left_out, conditions), encoding="utf-8")
        print(f"written: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
