"""What an answer took, told behind it as a comment of the stream: other clients pass over it, the page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from ..exchange import Exchange

__all__ = ["figures"]


def figures(exchange: Exchange) -> bytes:
    """The comment for an exchange that is over."""
    told = {
        "server": exchange.server,
        "model": exchange.model,
        "cost": exchange.cost,
        "exact": exchange.exact,
        "prompt_tokens": exchange.prompt_tokens,
        "completion_tokens": exchange.completion_tokens,
        "structured": exchange.ladder,
        "tried": exchange.tried,
    }
    return b": franca " + msgspec.json.encode(told) + b"\n\n"
