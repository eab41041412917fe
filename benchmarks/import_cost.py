"""What it costs to import franca and make a client: CPU, memory, modules. Best of ten fresh processes each.

    python benchmarks/import_cost.py [--json] [--runs N]

A row is a program that a fresh interpreter runs; its cost includes starting Python, whose own cost is the first
row. The runs of all rows are interleaved, so that a busy moment of the machine hits them alike. The budget is
for the row "franca, client made": 60 ms of CPU and 25 MB of resident memory.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
from importlib.util import find_spec

PROGRAMS = {
    "python alone": "pass",
    "franca": "import franca",
    "franca, client made": "import franca; franca.Client('http://127.0.0.1:1/v1')",
    "franca, async client made": "import franca; franca.AsyncClient('http://127.0.0.1:1/v1')",
    "msgspec and httptools": "import msgspec, httptools",
    "openai, client made": "import openai; openai.OpenAI(base_url='http://127.0.0.1:1/v1', api_key='k')",
}
NEEDS = {"openai, client made": "openai"}
BUDGET = ("franca, client made", 60.0, 25.0)

# Runs after the program, so it must load as little as possible itself.
REPORT = """
import sys
modules = len(sys.modules)
import resource
print(modules, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def measure(program: str) -> list[float]:
    """CPU in ms (the kernel's account of the finished child), resident MB and modules of one fresh process."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTHON"))}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    shown = subprocess.run(
        [sys.executable, "-c", program + REPORT], capture_output=True, text=True, check=True, env=environment
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    modules, peak = map(int, shown.stdout.split())
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return [cpu * 1000, peak * (1 if sys.platform == "darwin" else 1024) / 1e6, modules]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    rows = {name: program for name, program in PROGRAMS.items() if name not in NEEDS or find_spec(NEEDS[name])}
    best: dict[str, list[float]] = {}
    for _ in range(options.runs):
        for name, program in rows.items():
            seen = measure(program)
            best[name] = [min(pair) for pair in zip(best.get(name, seen), seen, strict=True)]
    if options.json:
        print(json.dumps(best, indent=2))
        return 0
    print(f"Best of {options.runs} fresh processes, Python {platform.python_version()}, {platform.machine()}\n")
    print("| program | CPU ms | resident MB | modules |\n|---|---:|---:|---:|")
    for name, (cpu, megabytes, modules) in best.items():
        print(f"| {name} | {cpu:.1f} | {megabytes:.1f} | {modules:.0f} |")
    row, cpu_limit, megabytes_limit = BUDGET
    kept = best[row][0] <= cpu_limit and best[row][1] <= megabytes_limit
    print(f"\nBudget for {row!r}: {cpu_limit:.0f} ms, {megabytes_limit:.0f} MB: {'kept' if kept else 'NOT KEPT'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
