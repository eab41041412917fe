"""What is measured: the cases, what they ask for, and what franca aims at."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["CASES", "CHAT", "CONCURRENT", "CONTENDERS", "EVENTS", "KEY", "TEXTS", "Case"]

CONTENDERS = ("floor", "franca", "openai")
EVENTS = 1000
"""Events of a stream, `[DONE]` not counted: role, text pieces, finish reason, usage."""
CONCURRENT = 100
KEY = "sk-benchmark-0123456789abcdef"

# Fields of every chat request; `max_tokens` is for the simulator, the fixed server does not look at it.
_MESSAGES = [
    {"role": "system", "content": "You answer in one or two plain sentences."},
    {"role": "user", "content": "Why is the sky blue, and why does it turn red in the evening?"},
]
CHAT: dict[str, dict[str, Any]] = {
    "small": {"messages": _MESSAGES, "temperature": 0.2, "max_tokens": 40},
    "stream-burst": {"messages": _MESSAGES, "temperature": 0.2, "max_tokens": EVENTS - 3},
    "stream-single": {"messages": _MESSAGES, "temperature": 0.2, "max_tokens": EVENTS - 3},
}
"""By model; the fixed server answers by the model's name."""

TEXTS = [f"Paragraph {number}: rivers carry what the mountains give away, grain by grain." for number in range(64)]


class Case(NamedTuple):
    """One line of the table.

    `job` is the method of a contender, `model` its argument. `unit` is what one cost is of. The aims are
    ratios of CPU: franca over the floor at most, openai over franca at least; None where there is none.
    """

    name: str
    title: str
    job: str
    model: str
    unit: str
    most_over_floor: float | None
    least_below_openai: float | None
    contenders: tuple[str, ...] = CONTENDERS


CASES = (
    Case("call", "small call, sync", "call", "small", "call", 2.0, 15.0),
    Case("call-async", "small call, async", "call_async", "small", "call", 2.0, 15.0),
    Case("concurrent", f"{CONCURRENT} concurrent, async", "concurrent", "small", "call", 2.0, 15.0),
    Case("stream", "stream, few writes, sync", "stream", "stream-burst", "event", 1.5, 30.0),
    Case("stream-async", "stream, few writes, async", "stream_async", "stream-burst", "event", 1.5, 30.0),
    Case("single", "stream, write per event, sync", "stream", "stream-single", "event", 1.5, 30.0),
    Case("single-async", "stream, write per event, async", "stream_async", "stream-single", "event", 1.5, 30.0),
    Case("embeddings", "embeddings 64 x 1536, sync", "embeddings", "vectors", "call", None, None),
    Case("embeddings-async", "embeddings 64 x 1536, async", "embeddings_async", "vectors", "call", None, None),
    Case("floats", "the same, sent as numbers", "embeddings_floats", "vectors", "call", None, None, ("floor",)),
)
