"""Log probabilities of made-up tokens: stable, plausible, and the chosen token is always the likeliest."""

from __future__ import annotations

import math
from typing import Any
from zlib import crc32

from .tokens import VOCABULARY

__all__ = ["chat_entry", "completion_block"]


def _logprob(token: str) -> float:
    return -(crc32(token.encode()) % 1000) / 1000


def _alternatives(token: str, number: int) -> list[tuple[str, float]]:
    """The token and its rivals, likeliest first."""
    own = _logprob(token)
    start = crc32(token.encode()) % len(VOCABULARY)
    found = [(token, own)]
    for step in range(len(VOCABULARY)):
        if len(found) >= number:
            break
        rival = VOCABULARY[(start + step) % len(VOCABULARY)]
        if rival != token:
            found.append((rival, own - math.log(len(found) + 1)))
    return found[:number]


def _entry(token: str, logprob: float) -> dict[str, Any]:
    return {"token": token, "logprob": logprob, "bytes": list(token.encode())}


def chat_entry(token: str, top: int) -> dict[str, Any]:
    """One element of `logprobs.content` of a chat choice."""
    entry = _entry(token, _logprob(token))
    entry["top_logprobs"] = [_entry(*rival) for rival in _alternatives(token, top)]
    return entry


def completion_block(tokens: list[str], top: int, offset: int) -> dict[str, Any]:
    """The `logprobs` object of a prompt completion; `offset` is where its text starts."""
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token)
    return {
        "tokens": tokens,
        "token_logprobs": [_logprob(token) for token in tokens],
        "top_logprobs": [dict(_alternatives(token, max(top, 1))) for token in tokens],
        "text_offset": offsets,
    }
