"""Names in a request that another reader could take otherwise: what is authorised here must be what a server does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .body import value_of
from .problem import Problem

if TYPE_CHECKING:
    from .keys.record import VirtualKey
    from .routing.table import Route

__all__ = ["require_allowed", "require_clear"]

_MEANT = frozenset({
    "best_of", "fallbacks", "input", "max_completion_tokens", "max_output_tokens", "max_tokens", "messages", "model",
    "models", "n", "prompt", "response_format", "route", "stream", "stream_options",
})  # fmt: skip
_OF_MODELS = ("models", "fallbacks")
_ELSEWHERE = ("api_base", "base_url", "api_key", "custom_llm_provider")


def require_clear(fields: Iterable[str]) -> None:
    """Raises Problem 400 for a name that is one of ours but for its case: servers written in Go take it for ours, and
    the last one of both."""
    for name in fields:
        if not (name.isascii() and name.islower()) and name.casefold() in _MEANT:
            raise Problem(
                400, f"write {name.casefold()!r} in lower case, not {name[:40]!r}", "ambiguous_field", param=name
            )


def require_allowed(key: VirtualKey, route: Route, fields: Mapping[str, Any]) -> None:
    """Raises Problem 403 for fields that make a server ask another model than this key may, or somebody else."""
    for name in _ELSEWHERE:
        if name in fields:
            raise Problem(403, f"this key may not set {name}", "field_not_allowed", param=name)
    for name in _OF_MODELS:
        named = value_of(fields, name)
        for model in named if isinstance(named, list) else () if named is None else (named,):
            text = model if isinstance(model, str) else ""
            if not all(key.may_use(f"{hop.server}/{text}") for hop in route.hops):
                raise Problem(403, f"this key may not use the model {text[:100]!r}", "model_not_allowed", param=name)
