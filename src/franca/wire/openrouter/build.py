"""Bodies of requests to OpenRouter, and the same calls without what only OpenRouter understands.

    build_routed_chat("openai/gpt-5", messages, {"provider": {"sort": "price"}, "models": ["x/y"]})

A body is as the caller wrote it: what OpenRouter calls otherwise by now (flat `provider_...` keys, `transforms`) is
rewritten on the way out by its row of the table (`franca.adapt`), where every change is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import BadUsage
from ..params import build_chat_body, build_completion_body, build_embedding_body
from .check import check_routed
from .elsewhere import without_routing
from .params import FlatProviderParams, OpenRouterChatParams, OpenRouterCompletionParams, OpenRouterEmbeddingParams
from .routing import ProviderPreferences

__all__ = [
    "build_routed_chat",
    "build_routed_completion",
    "build_routed_embedding",
    "flat_keys",
    "without_routing",
]

_CHAT = frozenset(OpenRouterChatParams.__annotations__)
_COMPLETION = frozenset(OpenRouterCompletionParams.__annotations__)
_EMBEDDING = frozenset(OpenRouterEmbeddingParams.__annotations__)
_FLAT = frozenset(f"provider_{name}" for name in ProviderPreferences.__annotations__)


def build_routed_chat(
    model: str | None,
    messages: object,
    params: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    *,
    stream: bool = False,
) -> dict[str, Any]:
    """The body of a chat request to OpenRouter, with the rules of `build_chat_body`.

    Without a model (None or "") the field is left out: the first of `models` answers, or the account's default model.

    Raises BadUsage besides for fields of OpenRouter that hold the wrong kind of thing (`provider={"order": "openai"}`
    instead of a list) and for names in `provider`, `reasoning` and `plugins` that look like a known one misspelt. What
    goes through `extra` is not looked at.
    """
    check_routed(params)
    return build_chat_body(model or None, messages, params, extra, stream=stream, known=_CHAT)


def build_routed_completion(
    model: str | None,
    prompt: object,
    params: Mapping[str, Any],
    extra: Mapping[str, Any] | None = None,
    *,
    stream: bool = False,
) -> dict[str, Any]:
    """The body of a prompt completion at OpenRouter, with the rules of `build_routed_chat`."""
    check_routed(params)
    return build_completion_body(model or None, prompt, params, extra, stream=stream, known=_COMPLETION)


def build_routed_embedding(
    model: str | None, input: object, params: Mapping[str, Any], extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The body of an embeddings request to OpenRouter, with the rules of `build_routed_chat`; but no model answers
    where none is named: BadUsage."""
    if not model:
        raise BadUsage("no model given: OpenRouter has no default model for embeddings; pass model=...", param="model")
    check_routed(params)
    return build_embedding_body(model, input, params, extra, known=_EMBEDDING)


def flat_keys(params: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> list[str]:
    """The flat `provider_...` keys of clients of old that are among the fields of a call, in their order."""
    further = extra if isinstance(extra, Mapping) else {}
    named = [name for name, value in params.items() if value is not None and name in FlatProviderParams.__annotations__]
    return list(dict.fromkeys([*named, *(name for name in further if name in _FLAT)]))
