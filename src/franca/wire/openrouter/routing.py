"""How OpenRouter chooses who answers, how much the model thinks, and what is noted of a call: objects in a request.

Names and words are those of OpenRouter's published OpenAPI document (November 2026), and of its guides where these say
more: https://openrouter.ai/docs/guides/routing/provider-selection,
https://openrouter.ai/docs/guides/best-practices/reasoning-tokens. Every field may be left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict

__all__ = [
    "CacheControl",
    "DebugOptions",
    "Effort",
    "MaxPrice",
    "Percentiles",
    "ProviderPreferences",
    "Quantization",
    "Reasoning",
    "Sort",
    "SortBy",
    "Trace",
    "UsageOptions",
]

SortBy = Literal["price", "throughput", "latency", "exacto"]
Quantization = Literal[
    "int4", "int8", "fp4", "mxfp4", "nvfp4", "fp6", "fp8", "mxfp8", "fp16", "bf16", "fp32", "unknown"
]  # fmt: skip
Effort = Literal["max", "xhigh", "high", "medium", "low", "minimal", "none"]


class Sort(TypedDict, total=False):
    """By what endpoints are ordered, and whether those of each fallback model ("model", the default) stay together or
    all of them are ordered as one list ("none")."""

    by: SortBy | None
    partition: Literal["model", "none"] | None


class MaxPrice(TypedDict, total=False):
    """The most that an endpoint may cost: US dollars for a million tokens of prompt and of completion; for a request,
    an image, a unit of audio. The document writes numbers as text ("1.5"), the guides as numbers: both are taken."""

    prompt: float | str
    completion: float | str
    request: float | str
    image: float | str
    audio: float | str


class Percentiles(TypedDict, total=False):
    """Thresholds by percentile of the last minutes: seconds, or tokens per second."""

    p50: float | None
    p75: float | None
    p90: float | None
    p99: float | None


class ProviderPreferences(TypedDict, total=False):
    """Which providers may answer, and in which order.

    order                     slugs to try first, in this order ("anthropic", "google-vertex/us-east5")
    only, ignore              the only ones to be asked; those never to be asked
    allow_fallbacks           False: nobody but those of `order`, or the first choice (default True)
    require_parameters        True: only endpoints that know every field of the request. franca sets it when a response
                              format is asked for and nothing is said here
    data_collection           "deny": only providers that neither keep nor train on what they are sent
    zdr                       True: only endpoints that retain nothing
    enforce_distillable_text  True: only models whose output may be used to train others
    quantizations             the only ones wanted
    sort                      by what to order endpoints, instead of OpenRouter's own balance
    max_price                 the most that an endpoint may cost
    preferred_min_throughput  tokens per second; slower endpoints are asked last. A number is the median's
    preferred_max_latency     seconds until the first token; slower endpoints are asked last
    options                   fields for one provider only, by its slug
    """

    order: Sequence[str] | None
    only: Sequence[str] | None
    ignore: Sequence[str] | None
    allow_fallbacks: bool | None
    require_parameters: bool | None
    data_collection: Literal["allow", "deny"] | None
    zdr: bool | None
    enforce_distillable_text: bool | None
    quantizations: Sequence[Quantization] | None
    sort: SortBy | Sort | None
    max_price: MaxPrice
    preferred_min_throughput: float | Percentiles | None
    preferred_max_latency: float | Percentiles | None
    options: Mapping[str, Mapping[str, Any]]


class Reasoning(TypedDict, total=False):
    """How much the model thinks: give `effort` or `max_tokens`.

    enabled   True: think, with the model's own default
    exclude   True: think, and do not send the thoughts
    summary   how the thoughts are summed up
    context   which turns' thoughts are kept ("auto", "all_turns", "current_turn")
    mode      "standard", "pro"
    """

    effort: Effort | None
    max_tokens: int | None
    exclude: bool | None
    enabled: bool | None
    summary: Literal["auto", "concise", "detailed"] | None
    context: Literal["auto", "all_turns", "current_turn"] | None
    mode: Literal["standard", "pro"] | None


class CacheControl(TypedDict):
    """Where a provider's prompt cache ends: on the request, on a text part of a message, on a tool."""

    type: Literal["ephemeral"]
    ttl: NotRequired[Literal["5m", "1h"]]


class Trace(TypedDict, total=False):
    """What observability tools are told of the call. Further names of your own are told too: give a plain mapping."""

    trace_id: str
    trace_name: str
    span_name: str
    generation_name: str
    parent_span_id: str


class DebugOptions(TypedDict, total=False):
    """`echo_upstream_body`: the first chunk of a stream holds the request as the provider got it."""

    echo_upstream_body: bool


class UsageOptions(TypedDict, total=False):
    """Without effect by now: usage is in every answer."""

    include: bool
