"""Every awkward behaviour that the simulator can play, by name: pure data, and functions that make bytes.

A file holds one kind; `SCENARIOS` holds them all, in the order of the table in docs/conformance.md.
"""

from __future__ import annotations

from . import (
    cuts,
    deltas,
    embeddings,
    endings,
    errors,
    framing,
    inside,
    limits,
    models,
    routed,
    sse,
    statuses,
    time,
    tools,
)
from .record import Outcome, Scenario

__all__ = ["KINDS", "SCENARIOS", "Outcome", "Scenario"]

KINDS: dict[str, list[Scenario]] = {
    "Cut streams and ends": cuts.ROWS,
    "HTTP framing": framing.ROWS,
    "Server-sent events": sse.ROWS,
    "Tool calls": tools.ROWS,
    "Chunks and messages": deltas.ROWS,
    "Finish reasons and usage": endings.ROWS,
    "Error answers": [*errors.ROWS, *statuses.ROWS],
    "Errors inside good answers": inside.ROWS,
    "A router's refusals": routed.ROWS,
    "Limits and retries": limits.ROWS,
    "Time": time.ROWS,
    "Embeddings": embeddings.ROWS,
    "Lists of models": models.ROWS,
}

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for rows in KINDS.values() for scenario in rows}
