"""Every awkward behaviour that the simulator can play, by name."""

from __future__ import annotations

from .record import Outcome, Scenario

__all__ = ["SCENARIOS", "Outcome", "Scenario"]

SCENARIOS: dict[str, Scenario] = {}
