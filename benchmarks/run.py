"""franca against a bare socket and against openai-python, on one local server, interleaved: `make bench`.

    python benchmarks/run.py [--quick] [--write] [--server fixed|simulator] [--case NAME ...] [--no-import]

Every contender lives in a process of its own, and so does the server. Each case goes round the contenders
(A B C A B C ...), so that a busy moment of the machine hits them alike; the first round warms up. The full run
takes two minutes at most, --quick about 15 s on an idle machine. --write renders benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from os import getloadavg
from pathlib import Path
from typing import Any

from cases import CASES, CONTENDERS, Case
from report import Imports, Measured, Rounds, page, table
from sections import kept

_HERE = Path(__file__).parent


class Process:
    """A program of this folder that answers lines, until its standard input is closed."""

    def __init__(self, program: str, *arguments: str) -> None:
        command = [sys.executable, str(_HERE / program), *arguments]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise SystemExit(f"{self._process.args} ended early")
        return line

    def ask(self, question: dict[str, Any]) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answer: dict[str, float] = json.loads(self.line())
        return answer

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)


def progress(text: str) -> None:
    """What is being done now, on a terminal's last line."""
    if sys.stderr.isatty():
        print(f"{text:70}", end="\r", flush=True, file=sys.stderr)


def measure(cases: Sequence[Case], server: str, rounds: int, seconds: float) -> Measured:
    """CPU and wall seconds per unit, of every case and contender, round by round."""
    measured: Measured = {}
    with ExitStack() as stack:
        arguments = ["--simulator"] if server == "simulator" else []
        url = stack.enter_context(Process("server.py", *arguments)).line()
        workers = {name: stack.enter_context(Process("worker.py", name, url)) for name in CONTENDERS}
        for worker in workers.values():
            worker.line()
        for case in cases:
            progress(f"  {case.title} ...")
            measured[case.name] = {name: Rounds() for name in case.contenders}
            for turn in range(rounds + 1):
                for name in case.contenders:
                    question = {"job": case.job, "model": case.model, "seconds": seconds}
                    done = workers[name].ask(question)
                    if turn:  # the first round warms up
                        measured[case.name][name].add(done["cpu"] / done["units"], done["wall"] / done["units"])
    progress("")
    return measured


def import_cost(runs: int) -> Imports:
    """CPU ms, resident MB and modules of fresh processes, best of `runs`; {} when it cannot be measured."""
    program = _HERE / "import_cost.py"
    done = subprocess.run(
        [sys.executable, str(program), "--json", "--runs", str(runs)], stdout=subprocess.PIPE, text=True, check=False
    )
    costs: Imports = json.loads(done.stdout) if done.returncode == 0 else {}
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few and short rounds: about 15 s on an idle machine")
    parser.add_argument("--write", action="store_true", help="render benchmarks/README.md")
    parser.add_argument("--server", choices=("fixed", "simulator"), default="fixed")
    parser.add_argument("--case", nargs="+", choices=[case.name for case in CASES], help="only these")
    parser.add_argument("--no-import", action="store_true", help="leave out what importing costs")
    options = parser.parse_args()
    cases = [case for case in CASES if not options.case or case.name in options.case]
    rounds, seconds, runs = (2, 0.05, 1) if options.quick else (9, 0.25, 10)
    load = getloadavg()[0]  # before our own work adds to it
    measured = measure(cases, options.server, rounds, seconds)
    conditions = f"server: {options.server}; {rounds} rounds after one that warms up; load average before: {load:.1f}"
    imports = {} if options.no_import else import_cost(runs)
    print(table(cases, measured, imports, conditions=conditions, runs=runs))
    if options.write:
        target = _HERE / "README.md"
        others = kept(target.read_text(encoding="utf-8"), "structured output")  # of structured.py
        fresh = page(cases, measured, imports, conditions=conditions, runs=runs)
        target.write_text("\n".join((fresh, others)) if others else fresh, encoding="utf-8")
        print(f"written: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
