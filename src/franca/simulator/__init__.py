"""A local server that speaks the OpenAI wire format, for demos, tests and benchmarks.

    from franca.simulator import Simulator
    with Simulator() as sim:
        client = Client(sim.url, model="echo")

`franca.simulator.scenarios.SCENARIOS` lists every awkward behaviour it can play, with the outcome that
is demanded of a client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .limit import RateLimit
    from .log import Log, Seen
    from .scenarios.record import Outcome, Scenario
    from .server import Simulator

__all__ = ["Log", "Outcome", "RateLimit", "Scenario", "Seen", "Simulator"]

_HOMES = {
    "Simulator": "server",
    "Log": "log",
    "RateLimit": "limit",
    "Seen": "log",
    "Scenario": "scenarios.record",
    "Outcome": "scenarios.record",
}


def __getattr__(name: str) -> Any:
    """Load on first use: the scenarios are pure data and must not cost an import of asyncio."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
