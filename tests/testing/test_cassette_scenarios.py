"""What was recorded of every scenario of the simulator replays the same: answer, events, error, partial answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.judge import play
from franca.simulator import Simulator
from franca.simulator.scenarios import KINDS, SCENARIOS, Scenario
from franca.testing import Cassette

# Waiting for a time limit to run out, or for a retry, is the same wait again: one of each kind is enough.
SLOW = {scenario.name for scenario in KINDS["Time"][1:]}
CALLS = [
    (scenario.name, call)
    for scenario in SCENARIOS.values()
    for call in scenario.expect
    if scenario.name not in SLOW and scenario.options.get("retries", 0) == 0
]


@pytest.fixture(scope="module")
def sim():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture(scope="module")
def stopped():
    """Where nobody answers any more: what comes from here is the cassette's."""
    simulator = Simulator()
    simulator.start()
    simulator.stop()
    return simulator


def with_cassette(scenario: Scenario, cassette: Cassette) -> Scenario:
    options: dict[str, Any] = {**scenario.options, "transport": cassette}
    return replace(scenario, options=options)


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[f"{name}-{call}" for name, call in CALLS])
def test_a_replay_is_the_recording(sim, stopped, tmp_path: Path, name: str, call: str) -> None:
    """Recorded with one client, replayed with both, without a server."""
    path, scenario = tmp_path / "tape.http", SCENARIOS[name]
    with Cassette(path, max_bytes=400_000_000) as cassette:
        real = play("sync", with_cassette(scenario, cassette), call, sim).summary()
        assert cassette.recorded
    for kind in ("sync", "async"):
        cassette = Cassette(path, "none", max_bytes=400_000_000)
        again = play(kind, with_cassette(scenario, cassette), call, stopped).summary()
        assert again[:-1] == real[:-1]
        assert cassette.unused == ()
