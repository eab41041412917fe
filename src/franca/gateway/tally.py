"""The tokens of a request, over all answers that were paid for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .exchange import Exchange

__all__ = ["add_tokens"]


def add_tokens(exchange: Exchange, usage: Mapping[str, Any]) -> None:
    """Add what one answer took to what stands on the exchange; by the names of chats or those of responses."""
    exchange.prompt_tokens = _sum(exchange.prompt_tokens, _count(usage, "prompt_tokens", "input_tokens"))
    exchange.completion_tokens = _sum(exchange.completion_tokens, _count(usage, "completion_tokens", "output_tokens"))
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details")
    if type(details) is dict:
        exchange.cached_tokens = _sum(exchange.cached_tokens, _count(details, "cached_tokens"))
    details = usage.get("completion_tokens_details") or usage.get("output_tokens_details")
    if type(details) is dict:
        exchange.reasoning_tokens = _sum(exchange.reasoning_tokens, _count(details, "reasoning_tokens"))


def _sum(before: int | None, more: int | None) -> int | None:
    return more if before is None else before + (more or 0)


def _count(usage: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = usage.get(name)
        if type(value) is int and 0 <= value < 1 << 53:
            return value
    return None
