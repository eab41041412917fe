"""Which messages to leave out, so that the rest fits: the oldest, in pieces that no server takes amiss."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from ..errors import BadUsage
from ..wire.messages import DEVELOPER, SYSTEM, TOOL, USER

__all__ = ["over", "role_of", "trimmed"]

Messages = list[dict[str, Any]]
_RESULTS = (TOOL, "function")


def role_of(message: dict[str, Any]) -> str:
    """The role of a message."""
    role = message.get("role")
    return role if isinstance(role, str) else ""


def over(found: int, room: int, what: str) -> BadUsage:
    """The error for messages that do not fit."""
    return BadUsage(
        f"{what} about {found:,} tokens, more than the {room:,} that the limit leaves beside the reserve",
        param="messages",
    )


def trimmed(messages: Messages, room: int, count: Callable[[Messages], int]) -> Messages:
    """As many of the newest messages as fit into `room` tokens, in their order.

    Left out are first whole exchanges (a user message and all up to the next), so that what is sent begins with a
    user message as it did; then, of the last exchange, its oldest rounds (an answer with the results of its calls).
    Kept are always the system messages at the start, the last user message, and the newest round after it.
    """
    pieces = _pieces(messages)
    least, most = 1, len(pieces)  # how many pieces to leave out: found by halves, as each try counts everything
    while least < most:
        middle = (least + most) // 2
        if count(_without(messages, pieces[:middle])) <= room:
            most = middle
        else:
            least = middle + 1
    kept = _without(messages, pieces[:most])
    found = count(kept)
    if found > room:
        raise over(found, room, "the system messages, the last user message and the newest round after it are")
    return kept


def _pieces(messages: Messages) -> list[range]:
    """What can be left out, in this order."""
    start = 0
    while start < len(messages) and role_of(messages[start]) in (SYSTEM, DEVELOPER):
        start += 1
    users = [place for place in range(start, len(messages)) if role_of(messages[place]) == USER]
    if users:
        begins = sorted({start, *users})
        exchanges = [range(*pair) for pair in itertools.pairwise(begins)]
        start = users[-1] + 1
    else:
        exchanges = []
    begins = [place for place in range(start, len(messages)) if role_of(messages[place]) not in _RESULTS]
    if start < len(messages) and start not in begins:
        begins.insert(0, start)  # results whose calls are gone
    return [*exchanges, *(range(*pair) for pair in itertools.pairwise(begins))]


def _without(messages: Messages, pieces: list[range]) -> Messages:
    gone = {place for piece in pieces for place in piece}
    return [message for place, message in enumerate(messages) if place not in gone]
