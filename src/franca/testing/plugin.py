"""The pytest plugin, loaded in every test run where franca is installed: so it imports nothing until used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from franca.simulator import Simulator


@pytest.fixture
def franca_simulator() -> Iterator[Simulator]:
    """A fresh local server that speaks the OpenAI wire format: `Client(franca_simulator.url, model="echo")`."""
    from franca.simulator import Simulator

    with Simulator() as simulator:
        yield simulator
