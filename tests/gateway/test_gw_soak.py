"""A short soak: callers and servers that misbehave, and books that agree all the same. `make soak` is the long one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "soak.py"
SECONDS = 20
LIMIT = 240.0  # a busy machine is slow to start, to end and to compare

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux: it looks into /proc")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_request_is_accounted_for_once(tmp_path: Path, workers: int) -> None:
    """With resets, stalls, 429s, 500s, cut streams, slow answers and callers who leave, each request makes one row,
    whose outcome, status, tokens, cost and id are what the caller and the server saw; limits and places come out even.
    """
    figures = tmp_path / "figures.json"
    command = [sys.executable, str(PROGRAM), "--json", str(figures), "--seed", str(7 + workers)]
    # The time is shared out, so that both together take no longer than the one.
    command += ["--seconds", str(SECONDS // 2), "--workers", str(workers)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    found: dict[str, Any] = json.loads(figures.read_text())
    assert found["wrong"] == 0
    assert found["problems"] == []
    # Nothing would be shown by a soak in which nothing happened.
    assert found["requests"] > 200
    seen = {name.partition("/")[2] for name in found["outcomes"]}
    assert {"ok", "error", "cut", "left", "refused"} <= seen, found["outcomes"]
    assert {"good", "reset", "500", "429", "cut-close", "cut-reset", "cut-clean"} <= set(found["actions"])
