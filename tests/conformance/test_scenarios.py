"""Every scenario of the simulator through both clients, with the outcome that the rules demand, none by luck."""

from __future__ import annotations

import pytest

from franca.simulator import Simulator
from franca.simulator.scenarios import SCENARIOS

from .judge import check, play

CALLS = [(scenario.name, call) for scenario in SCENARIOS.values() for call in scenario.expect]


@pytest.fixture(scope="module")
def sim():
    with Simulator() as simulator:
        yield simulator


@pytest.mark.parametrize(("name", "call"), CALLS, ids=[f"{name}-{call}" for name, call in CALLS])
def test_scenario(sim, name, call):
    scenario = SCENARIOS[name]
    results = [play(kind, scenario, call, sim) for kind in ("sync", "async")]
    for result in results:
        check(result, scenario.expect[call], dict(scenario.options))
    assert results[0].summary() == results[1].summary(), "both clients must end alike"


def test_there_are_enough_of_them():
    """The issue that asked for the simulator demands at least 70 awkward behaviours."""
    assert len(SCENARIOS) >= 70
