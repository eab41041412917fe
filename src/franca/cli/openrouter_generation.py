"""`franca openrouter generation ID`: what an answer was, who gave it, how long it took and what it cost."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from .exits import OK
from .openrouter_cells import count, figure, money, print_facts
from .openrouter_connect import add_command, make_router
from .show import print_json

if TYPE_CHECKING:
    from ..wire.openrouter.generation import Generation

__all__ = ["add_generation"]


def add_generation(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "generation", run, "tell what an answer was, took and cost")
    parser.add_argument("id", metavar="ID", help="the id of the answer, as gen-...")
    parser.add_argument(
        "--wait",
        type=float,
        default=10.0,
        metavar="SECONDS",
        help="wait so long for what is known only a moment after the answer (default: 10)",
    )


def run(args: argparse.Namespace) -> int:
    """Ask, for as long as it may take, and print what is told."""
    with make_router(args) as router:
        found = router.generation(args.id, wait=args.wait)
    if args.json:
        print_json(found.to_dict())
    else:
        print_facts([*_what(found), *_how_much(found), *_how_long(found)])
    return OK


def _what(one: Generation) -> list[tuple[str, str]]:
    kinds = (("streamed", one.streamed), ("cancelled", one.cancelled), ("own key of the provider", one.is_byok))
    ended, native = one.finish_reason or "", one.native_finish_reason
    if native and native != ended:
        ended = f"{ended} ({native} at the provider)" if ended else native
    return [
        ("id", one.id or ""),
        ("model", one.model or ""),
        ("provider", one.provider_name or ""),
        ("asked", _tries(one)),
        ("made", one.created_at or ""),
        ("ended", ended),
        ("how", ", ".join(word for word, so in kinds if so)),
        ("for", one.origin or ""),
        ("session", one.session_id or ""),
    ]


def _how_much(one: Generation) -> list[tuple[str, str]]:
    read = _tokens(one.native_tokens_prompt, one.tokens_prompt, one.native_tokens_cached, "cached")
    made = _tokens(one.native_tokens_completion, one.tokens_completion, one.native_tokens_reasoning, "reasoning")
    return [
        ("cost", money(one.total_cost)),
        ("cost upstream", money(one.upstream_inference_cost or None)),
        ("saved by cache", money(one.cache_discount or None)),
        ("tokens in", read),
        ("tokens out", made),
        ("search results", count(one.num_search_results or None)),
    ]


def _how_long(one: Generation) -> list[tuple[str, str]]:
    made, spent = one.native_tokens_completion, one.generation_time
    speed = f"{figure(made / spent * 1000)} tokens/s" if made and spent else ""
    return [
        ("first token", _seconds(one.latency)),
        ("generated", ", ".join(filter(None, (_seconds(spent), speed)))),
        ("moderated", _seconds(one.moderation_latency)),
    ]


def _tokens(native: int | None, normalised: int | None, part: int | None, kind: str) -> str:
    """By the model's own count, which is billed; else by OpenRouter's."""
    counted = native if native is not None else normalised
    return count(counted) + (f" ({count(part)} {kind})" if part else "")


def _seconds(milliseconds: float | None) -> str:
    return "" if not milliseconds else f"{milliseconds / 1000:.2f} s"


def _tries(one: Generation) -> str:
    """Each provider that was asked with the status it answered, when there was more than the one."""
    told = one.provider_responses
    if len(told) < 2:
        return ""
    return ", ".join(f"{tried.provider_name or '?'} {tried.status or 'no answer'}" for tried in told)
