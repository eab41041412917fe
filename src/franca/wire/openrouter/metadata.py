"""How OpenRouter found its way for one request: the `openrouter_metadata` of an answer, and its cache headers."""

from __future__ import annotations

from typing import NamedTuple

from ..base import Window
from ..fields import child, children, flag, mapping, number, text, whole
from ..headers import Headers

__all__ = [
    "CacheState",
    "PipelineStage",
    "RouterAttempt",
    "RouterEndpoint",
    "RouterEndpoints",
    "RouterMetadata",
    "cache_state",
]


class RouterEndpoint(Window):
    """One endpoint that could have been asked."""

    __slots__ = ()
    _shown = ("provider", "model", "selected")

    provider = text("provider", "The provider's display name.")
    model = text("model", "The model as it is there, with its version.")
    selected = flag("selected", "Whether this one was chosen.")


class RouterEndpoints(Window):
    """The endpoints that were there to choose from."""

    __slots__ = ()
    _shown = ("total", "available")

    total = whole("total", "How many were considered.")
    available = children("available", RouterEndpoint, "Those that the request allowed.")


class RouterAttempt(Window):
    """One endpoint that was really asked, in order."""

    __slots__ = ()
    _shown = ("provider", "model", "status")

    provider = text("provider", "The provider's display name.")
    model = text("model", "The model that it was asked for.")
    status = whole("status", "The HTTP status that it answered with.")


class PipelineStage(Window):
    """One step beside the model itself: a guardrail, a plugin, server tools ..."""

    __slots__ = ()
    _shown = ("type", "name", "summary", "cost_usd")

    type = text("type", '"guardrail", "plugin", "server_tools", "response_healing", "context_compression" ...')
    name = text("name", "What stood in this place.")
    summary = text("summary", "What it did, in words.")
    cost_usd = number("cost_usd", "What it cost, in US dollars.")
    data = mapping("data", "Its details, raw.")
    guardrail_id = text("guardrail_id", "Of a guardrail: which.")
    guardrail_scope = text("guardrail_scope", "Of a guardrail: whose.")


class RouterMetadata(Window):
    """`openrouter_metadata`: sent when the header `X-OpenRouter-Metadata: enabled` asked for it, never on an answer
    from the cache. Fields as of the OpenAPI document of November 2026."""

    __slots__ = ()
    _shown = ("requested", "strategy", "attempt", "region", "summary")

    requested = text("requested", "The model that was asked for, as it was written.")
    strategy = text("strategy", '"direct", "auto", "free", "latest", "alias", "fallback", "pareto", "fusion" ...')
    attempt = whole("attempt", "Which attempt answered, from 1.")
    attempts = children("attempts", RouterAttempt, "All attempts, in order; [] when it is not told.")
    endpoints = child("endpoints", RouterEndpoints, "What there was to choose from.")
    is_byok = flag("is_byok", "Whether your own key of the provider was used.")
    region = text("region", "Where the request was routed, when it is told.")
    summary = text("summary", "The choice in words.")
    generation_time = whole("generation_time", "How long the model took, in milliseconds.")
    params = mapping("params", "What the router was given, raw.")
    pipeline = children("pipeline", PipelineStage, "What stood before and behind the model; [] for nothing.")

    @property
    def selected(self) -> RouterEndpoint | None:
        """The endpoint that was chosen; None when it is not told."""
        endpoints = self.endpoints
        return next((one for one in endpoints.available if one.selected), None) if endpoints is not None else None


class CacheState(NamedTuple):
    """What the headers `X-OpenRouter-Cache-*` say of an answer."""

    status: str
    """"HIT", "MISS" or another word of the server's, as it was written."""
    age: float | None = None
    """How old the kept answer is, in seconds."""
    ttl: float | None = None
    """How long an answer is kept, in seconds."""
    source_id: str | None = None
    """Of a hit: the generation that the answer was made by."""

    @property
    def hit(self) -> bool:
        """Whether the answer came from the cache."""
        return self.status.upper() == "HIT"


def cache_state(headers: Headers) -> CacheState | None:
    """What the response headers tell of the cache; None when they tell nothing."""
    status = headers.get("x-openrouter-cache-status")
    if status is None:
        return None
    age, ttl = (_seconds(headers.get(f"x-openrouter-cache-{name}")) for name in ("age", "ttl"))
    return CacheState(status, age, ttl, headers.get("x-openrouter-cache-source-id") or None)


def _seconds(written: str | None) -> float | None:
    # Not float(): "nan", "1e9" and "1_0" are no seconds of a header.
    return float(written) if written is not None and written.isascii() and written.isdecimal() else None
