"""The simulator as the server, and a console to run `franca` in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from franca.simulator import Simulator

from .console import Console


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A server with every model and fault."""
    with Simulator() as running:
        yield running


@pytest.fixture
def console(sim: Simulator, tmp_path: Path) -> Iterator[Console]:
    """Commands whose FRANCA_SERVER is the simulator."""
    made = Console(tmp_path, sim.url)
    yield made
    for terminal in made.terminals:
        terminal.close()
