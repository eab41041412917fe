"""What was learnt of a server's modes of structured output: which it refused, and which it took and did not keep.

They are remembered beside the remedies, for as long and in the same file, as entries that change no request.
"""

from __future__ import annotations

from .memory import Memory
from .policy import NOTED, Remedy

__all__ = ["note", "noted"]


def note(memory: Memory, base_url: str, model: str, mode: str, why: str, now: float) -> None:
    """Remember that a mode was "refused" or "ignored" by this model of this server."""
    memory.remember(base_url, model, [Remedy("note", NOTED, [mode, why])], now)


def noted(memory: Memory, base_url: str, model: str, now: float) -> set[str]:
    """The modes that were refused or ignored."""
    return {one.value[0] for one in memory.recall(base_url, model, now) if one.field == NOTED}
