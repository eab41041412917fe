"""What a call costs, and what is noted of it: `usage` in the answer, the generation, credits and key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...dialects.finishings import openrouter_usage
from ...draft import Draft
from .call import Call
from .route import Candidate

__all__ = ["IMAGE_TOKENS", "NOTHING", "Extras", "booked", "told_content", "unpaid", "usage_of"]

_SEARCH_PRICE = 0.005
IMAGE_TOKENS = 1290
_MOST_KEPT = 16_384  # bytes of a request, and characters of an answer, that GET /generation/content tells of


class Extras(NamedTuple):
    """What an answer has beside its tokens, and is paid for."""

    searches: int = 0
    tools: int = 0
    """Calls of tools that OpenRouter runs itself."""
    images: int = 0
    cached: int = 0
    """Tokens of the prompt that the provider had in its cache."""


NOTHING = Extras()


def usage_of(candidate: Candidate, extras: Extras) -> Callable[[int, int, int], dict[str, Any]]:
    """The usage object from the numbers of prompt, completion and reasoning tokens."""

    def usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
        read = prompt * candidate.price("prompt")
        if extras.cached:
            read -= extras.cached * (candidate.price("prompt") - candidate.price("input_cache_read"))
        written = completion * candidate.price("completion")
        search = extras.searches * (candidate.price("web_search") or _SEARCH_PRICE)
        cost = read + written + candidate.price("request") + search + extras.images * candidate.price("image_output")
        made = openrouter_usage(prompt, completion, reasoning)
        made["cost"] = round(cost, 10)
        details = made["cost_details"]
        details["upstream_inference_prompt_cost"] = round(read, 10)
        details["upstream_inference_completions_cost"] = round(written, 10)
        if extras.cached:
            made["prompt_tokens_details"] |= {"cached_tokens": extras.cached, "cache_write_tokens": 0}
        if extras.images:
            made["completion_tokens_details"]["image_tokens"] = extras.images * IMAGE_TOKENS
        if extras.searches or extras.tools:
            details["server_tool_cost"] = round(search, 10)
            made["server_tool_use"] = {"web_search_requests": extras.searches}
            made["server_tool_use_details"] = {
                "tool_calls_requested": extras.tools,
                "tool_calls_executed": extras.tools,
                "web_search_requests": extras.searches,
            }
        return made

    return usage


def unpaid(usage: Mapping[str, Any]) -> dict[str, Any]:
    """The usage of an answer that costs nothing: every number in it is 0."""
    made: dict[str, Any] = {}
    for name, value in usage.items():
        if isinstance(value, Mapping):
            made[name] = unpaid(value)
        else:
            made[name] = value if value is None or isinstance(value, bool) else 0
    return made


def booked(
    call: Call,
    candidate: Candidate,
    usage: Mapping[str, Any],
    *,
    api_type: str = "completions",
    finish: str | None = "stop",
    native: str | None = None,
    content: Mapping[str, Any] | None = None,
    extras: Extras = NOTHING,
    source: str | None = None,
) -> str:
    """Note the generation, and what it cost; its id. `source`: the generation that the cache had it from."""
    details = usage.get("completion_tokens_details") or {}
    cost = float(usage.get("cost") or 0.0)
    headers, body = call.headers, call.taken.raw
    generation: dict[str, Any] = {
        "model": candidate.model.shown,
        "provider_name": candidate.provider,
        "provider_responses": [
            {
                "endpoint_id": one.endpoint.tag,
                "id": f"upstream-{call.wanted.id}-{number}",
                "is_byok": False,
                "latency": one.endpoint.latency,
                "model_permaslug": one.model.shown,
                "provider_name": one.provider,
                "status": status,
            }
            for number, (one, status) in enumerate(call.tries, 1)
        ],
        "upstream_id": f"upstream-{call.wanted.id}-{len(call.tries)}",
        "request_id": call.wanted.id,
        "api_type": api_type,
        "router": None if candidate.model.strategy == "direct" else f"openrouter/{candidate.model.strategy}",
        "session_id": body.get("session_id") or headers.get("x-session-id"),
        "preset_id": call.taken.preset_id,
        "streamed": call.taken.streams,
        "finish_reason": finish,
        "native_finish_reason": native or finish,
        "latency": candidate.endpoint.latency,
        "moderation_latency": 21.0 if candidate.endpoint.moderated else None,
        "tokens_prompt": usage.get("prompt_tokens") or 0,
        "tokens_completion": usage.get("completion_tokens") or 0,
        "native_tokens_reasoning": details.get("reasoning_tokens") or 0,
        "native_tokens_completion_images": details.get("image_tokens") or 0,
        "native_tokens_cached": extras.cached,
        "num_search_results": extras.searches * 5 or None,
        "web_search_engine": "exa" if extras.searches else None,
        "total_cost": cost,
        "origin": headers.get("http-referer", ""),
        "http_referer": headers.get("http-referer"),
        "user_agent": headers.get("user-agent"),
        "external_user": body.get("user"),
        "service_tier": candidate.endpoint.tier,
        "response_cache_source_id": source,
    }
    if content is not None and len(call.wanted.raw) <= _MOST_KEPT:
        generation["content"] = content
    id = call.house.remember(generation)
    call.house.spend(call.key, cost, {**generation, "id": id})
    return id


def told_content(prompt: Mapping[str, Any], drafts: list[Draft]) -> dict[str, Any]:
    """What GET /generation/content tells; of a long answer the beginning."""
    completion = "".join(made.text or "" for made in drafts)[:_MOST_KEPT]
    reasoning = "".join("".join(made.reasoning) for made in drafts)[:_MOST_KEPT]
    return {"input": dict(prompt), "output": {"completion": completion, "reasoning": reasoning or None}, "error": None}
