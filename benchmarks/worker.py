"""One contender in a process of its own, which does rounds when `run.py` asks for them.

    python benchmarks/worker.py CONTENDER BASE_URL

Reads a line of JSON, `{"job": ..., "model": ..., "seconds": ...}`, repeats the job for at least that long and
answers with `{"units": ..., "cpu": ..., "wall": ...}`. CPU is user and system time of this whole process.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import sys
from time import perf_counter, process_time
from typing import Any

from contenders import contender

__all__ = ["main"]


def _round(job: Any, model: str, seconds: float) -> dict[str, float]:
    units = 0
    wall, cpu = perf_counter(), process_time()
    while perf_counter() - wall < seconds:
        units += job(model)
    return {"units": units, "cpu": process_time() - cpu, "wall": perf_counter() - wall}


async def _async_round(job: Any, model: str, seconds: float) -> dict[str, float]:
    units = 0
    wall, cpu = perf_counter(), process_time()
    while perf_counter() - wall < seconds:
        units += await job(model)
    return {"units": units, "cpu": process_time() - cpu, "wall": perf_counter() - wall}


def main() -> None:
    name, base_url = sys.argv[1:]
    with asyncio.Runner() as runner:
        runner.get_loop()  # made before the clients, as in an application

        async def make() -> Any:
            return contender(name, base_url)

        made = runner.run(make())
        print("{}", flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            job = getattr(made, asked["job"])
            # The collector stays on, as in an application; but a round does not pay for the garbage of another case.
            gc.collect()
            if inspect.iscoroutinefunction(job):
                done = runner.run(_async_round(job, asked["model"], asked["seconds"]))
            else:
                done = _round(job, asked["model"], asked["seconds"])
            print(json.dumps(done), flush=True)


if __name__ == "__main__":
    main()
