"""franca's reading of structured output against other readers, interleaved: `make bench-structured`.

    python benchmarks/structured.py [--quick] [--write] [--peer NAME ...] [--no-hostile] [--limit SECONDS]

Run it with a Python that has the peers (the dependency group `bench-structured`); one that is not installed is left out
by name. --write renders the section "Structured output" of benchmarks/README.md. The full run takes about five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from run import Process
from sections import replaced
from structured_cases import CORPORA, HOSTILE, corpus, has_big_number
from structured_peers import PEERS, missing
from structured_report import Scores, section, table

_HERE = Path(__file__).parent
# So that BAML does not pay for stack traces and log lines that a developer's shell may have asked for.
os.environ |= {"RUST_BACKTRACE": "0", "BAML_INTERNAL_LOG": "off"}


def measure(peers: Sequence[str], size: int, rounds: int) -> dict[str, dict[str, Scores]]:
    """Corpus -> reader -> what came of it."""
    found: dict[str, dict[str, Scores]] = {}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Process("structured_worker.py", name)) for name in peers}
        for worker in workers.values():
            worker.line()
        for corpus_name in CORPORA:
            question: dict[str, Any] = {"corpus": corpus_name, "size": size}
            found[corpus_name] = {
                name: Scores(worker.ask({**question, "job": "verdicts"})["verdicts"], [])  # type: ignore[arg-type]
                for name, worker in workers.items()
            }
            big = [has_big_number(case.expected) for case in corpus(corpus_name, size)]
            for scores in found[corpus_name].values():
                pairs = zip(scores.verdicts, big, strict=True)
                scores.verdicts[:] = ["wrong number" if both == ("wrong", True) else both[0] for both in pairs]
            for turn in range(rounds + 1):
                for name, worker in workers.items():
                    scores = found[corpus_name][name]
                    cpu = worker.ask({**question, "job": "pass"})["cpu"] / len(scores.verdicts)
                    if turn:  # the first round warms up
                        scores.cpu.append(cpu)
    return found


def read_hostile(peers: Sequence[str], limit: int) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Text -> reader -> CPU and verdict, each from a fresh process."""
    return {text: {name: _one(name, text, limit) for name in peers} for text in HOSTILE}


def _one(name: str, text: str, limit: int) -> Mapping[str, Any]:
    command = [sys.executable, str(_HERE / "structured_worker.py"), name, "--hostile", text, "--limit", str(limit)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {"verdict": "crashed"}
    if done.returncode == -24 or found["verdict"] == "over":  # SIGXCPU
        return {"verdict": "over", "text": f"> {limit} s"}
    return {**found, "text": f"crashed ({done.returncode})"}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few rounds, few generated cases")
    parser.add_argument("--write", action="store_true", help="render the section of benchmarks/README.md")
    parser.add_argument("--peer", nargs="+", choices=PEERS, help="only these")
    parser.add_argument("--no-hostile", action="store_true", help="leave out the texts that stall others")
    parser.add_argument("--limit", type=int, default=10, help="seconds of CPU for a hostile text (default: 10)")
    options = parser.parse_args()
    wanted = options.peer or list(PEERS)
    left_out = [name for name in wanted if missing(PEERS[name])]
    peers = [name for name in wanted if name not in left_out]
    size, rounds = (200, 2) if options.quick else (2000, 7)
    conditions = (
        f"{rounds} rounds after one that warms up; load average before: {os.getloadavg()[0]:.1f}; "
        f"hostile texts: at most {options.limit} s of CPU each"
    )
    corpora = measure(peers, size, rounds)
    hostile = {} if options.no_hostile else read_hostile(peers, options.limit)
    print(table(corpora, hostile, left_out, conditions))
    if options.write:
        target = _HERE / "README.md"
        command = " ".join(("python benchmarks/structured.py", *sys.argv[1:]))
        fresh = section(corpora, hostile, left_out, conditions, command)
        target.write_text(replaced(target.read_text(encoding="utf-8"), "structured output", fresh), encoding="utf-8")
        print(f"written: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
