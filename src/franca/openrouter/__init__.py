"""OpenRouter in full: `OpenRouter` and `AsyncOpenRouter`, their answers, and what its errors tell.

Names are imported when they are first used, as those of `franca` are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..flow.openrouter.capability import Capability
    from ..flow.openrouter.filters import ModelFilters
    from ..wire.openrouter.account import ActivityRow, ApiKey, Credits, KeyInfo
    from ..wire.openrouter.catalogue import Endpoint, ModelEndpoints, Provider, RoutedModel
    from ..wire.openrouter.chat import RoutedChat, RoutedCompletion, RoutedCompletionEvent, RoutedEvent
    from ..wire.openrouter.generation import Generation, GenerationContent
    from ..wire.openrouter.listing import Listing
    from ..wire.openrouter.media import Images, Ranking, Speech, Transcription
    from ..wire.openrouter.metadata import RouterMetadata
    from ..wire.openrouter.params import (
        CacheControl,
        MaxPrice,
        OpenRouterChatParams,
        Plugin,
        ProviderPreferences,
        Reasoning,
        ServerTool,
        Sort,
        StopCondition,
        Trace,
    )
    from ..wire.openrouter.parts import Annotation, OutputAudio, OutputImage, ReasoningDetail
    from ..wire.openrouter.pricing import Pricing
    from ..wire.openrouter.trouble import Availability, Guardrail, Moderation, ProviderFailure
    from ..wire.openrouter.user_key import UserKey
    from .aio import AsyncOpenRouter
    from .answers import AsyncOpenRouterChat, AsyncOpenRouterCompletion, OpenRouterChat, OpenRouterCompletion
    from .errors import (
        ERROR_CLASSES,
        availability,
        choice_errors,
        guardrail,
        has_choice_errors,
        is_no_choices,
        moderation,
        provider_failure,
    )
    from .login import Login, start_login
    from .options import OpenRouterOptions, RoutingOptions
    from .pages import AsyncPages, Pages
    from .sync import OpenRouter

_HOMES = {
    ".sync": ("OpenRouter",),
    ".aio": ("AsyncOpenRouter",),
    ".answers": (
        "AsyncOpenRouterChat",
        "AsyncOpenRouterCompletion",
        "OpenRouterChat",
        "OpenRouterCompletion",
    ),
    ".errors": (
        "ERROR_CLASSES",
        "availability",
        "choice_errors",
        "guardrail",
        "has_choice_errors",
        "is_no_choices",
        "moderation",
        "provider_failure",
    ),
    ".login": (
        "Login",
        "start_login",
    ),
    ".pages": (
        "AsyncPages",
        "Pages",
    ),
    ".options": (
        "OpenRouterOptions",
        "RoutingOptions",
    ),
    "..flow.openrouter.capability": ("Capability",),
    "..flow.openrouter.filters": ("ModelFilters",),
    "..wire.openrouter.account": (
        "ActivityRow",
        "ApiKey",
        "Credits",
        "KeyInfo",
    ),
    "..wire.openrouter.catalogue": (
        "Endpoint",
        "ModelEndpoints",
        "Provider",
        "RoutedModel",
    ),
    "..wire.openrouter.chat": (
        "RoutedChat",
        "RoutedCompletion",
        "RoutedCompletionEvent",
        "RoutedEvent",
    ),
    "..wire.openrouter.generation": (
        "Generation",
        "GenerationContent",
    ),
    "..wire.openrouter.listing": ("Listing",),
    "..wire.openrouter.media": (
        "Images",
        "Ranking",
        "Speech",
        "Transcription",
    ),
    "..wire.openrouter.metadata": ("RouterMetadata",),
    "..wire.openrouter.parts": (
        "Annotation",
        "OutputAudio",
        "OutputImage",
        "ReasoningDetail",
    ),
    "..wire.openrouter.pricing": ("Pricing",),
    "..wire.openrouter.trouble": (
        "Availability",
        "Guardrail",
        "Moderation",
        "ProviderFailure",
    ),
    "..wire.openrouter.user_key": ("UserKey",),
    "..wire.openrouter.params": (
        "CacheControl",
        "MaxPrice",
        "OpenRouterChatParams",
        "Plugin",
        "ProviderPreferences",
        "Reasoning",
        "ServerTool",
        "Sort",
        "StopCondition",
        "Trace",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ERROR_CLASSES",
    "ActivityRow",
    "Annotation",
    "ApiKey",
    "AsyncOpenRouter",
    "AsyncOpenRouterChat",
    "AsyncOpenRouterCompletion",
    "AsyncPages",
    "Availability",
    "CacheControl",
    "Capability",
    "Credits",
    "Endpoint",
    "Generation",
    "GenerationContent",
    "Guardrail",
    "Images",
    "KeyInfo",
    "Listing",
    "Login",
    "MaxPrice",
    "ModelEndpoints",
    "ModelFilters",
    "Moderation",
    "OpenRouter",
    "OpenRouterChat",
    "OpenRouterChatParams",
    "OpenRouterCompletion",
    "OpenRouterOptions",
    "OutputAudio",
    "OutputImage",
    "Pages",
    "Plugin",
    "Pricing",
    "Provider",
    "ProviderFailure",
    "ProviderPreferences",
    "Ranking",
    "Reasoning",
    "ReasoningDetail",
    "RoutedChat",
    "RoutedCompletion",
    "RoutedCompletionEvent",
    "RoutedEvent",
    "RoutedModel",
    "RouterMetadata",
    "RoutingOptions",
    "ServerTool",
    "Sort",
    "Speech",
    "StopCondition",
    "Trace",
    "Transcription",
    "UserKey",
    "availability",
    "choice_errors",
    "guardrail",
    "has_choice_errors",
    "is_no_choices",
    "moderation",
    "provider_failure",
    "start_login",
]


if not TYPE_CHECKING:  # else a checker would take any name for a public one

    def __getattr__(name: str) -> Any:
        home = _HOME_OF.get(name)
        if home is None:
            raise AttributeError(f"module 'franca.openrouter' has no attribute {name!r}")
        from importlib import import_module

        value = getattr(import_module(home, __name__), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME_OF})
