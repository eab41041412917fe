"""The request fields that only OpenRouter has, beside those of every server.

Names and types are those of OpenRouter's published OpenAPI document (November 2026). What that document does not name
and OpenRouter takes all the same, by its guides: `include_reasoning`, `preset`, `route`, `transforms`, `usage`,
`verbosity`, `web_search_options`, and all but `effort` and `summary` in `reasoning`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from ..params import ChatParams, CompletionParams, EmbeddingParams, LoopParams
from .plugins import (
    AlignmentPlugin,
    AlignmentRule,
    ArmorPlugin,
    AutoBetaRouterPlugin,
    AutoRouterPlugin,
    ContextCompressionPlugin,
    FileParserPlugin,
    FusionPlugin,
    JevRouterPlugin,
    ModerationPlugin,
    ParetoRouterPlugin,
    PdfOptions,
    Plugin,
    ResponseHealingPlugin,
    SwitchyardRouterPlugin,
    WebFetchPlugin,
    WebPlugin,
)
from .routing import (
    CacheControl,
    DebugOptions,
    Effort,
    MaxPrice,
    Percentiles,
    ProviderPreferences,
    Quantization,
    Reasoning,
    Sort,
    SortBy,
    Trace,
    UsageOptions,
)
from .tools import (
    AdvisorTool,
    BashTool,
    DatetimeTool,
    DeferredTools,
    FilesTool,
    FusionTool,
    ImageGenerationTool,
    SearchModelsTool,
    ServerTool,
    StopCondition,
    SubagentTool,
    UserLocation,
    WebFetchTool,
    WebSearchParameters,
    WebSearchTool,
    XSearch,
)

__all__ = [
    "AdvisorTool",
    "AlignmentPlugin",
    "AlignmentRule",
    "ArmorPlugin",
    "AutoBetaRouterPlugin",
    "AutoRouterPlugin",
    "BashTool",
    "CacheControl",
    "ContextCompressionPlugin",
    "DatetimeTool",
    "DebugOptions",
    "DeferredTools",
    "Effort",
    "FileParserPlugin",
    "FilesTool",
    "FusionPlugin",
    "FusionTool",
    "ImageGenerationTool",
    "JevRouterPlugin",
    "MaxPrice",
    "ModerationPlugin",
    "OpenRouterChatParams",
    "OpenRouterCompletionParams",
    "OpenRouterEmbeddingParams",
    "OpenRouterLoopParams",
    "ParetoRouterPlugin",
    "PdfOptions",
    "Percentiles",
    "Plugin",
    "ProviderPreferences",
    "Quantization",
    "Reasoning",
    "ResponseHealingPlugin",
    "SearchModelsTool",
    "ServerTool",
    "Sort",
    "SortBy",
    "StopCondition",
    "SubagentTool",
    "SwitchyardRouterPlugin",
    "Trace",
    "UsageOptions",
    "UserLocation",
    "WebFetchPlugin",
    "WebFetchTool",
    "WebPlugin",
    "WebSearchParameters",
    "WebSearchTool",
    "XSearch",
]


class FlatProviderParams(TypedDict, total=False):
    """Fields of `provider` as clients of old wrote them. They are moved into `provider`, with a warning."""

    provider_order: Sequence[str] | None
    provider_allow_fallbacks: bool | None
    provider_require_parameters: bool | None
    provider_data_collection: Literal["allow", "deny"] | None
    provider_ignore: Sequence[str] | None
    provider_quantizations: Sequence[Quantization] | None
    provider_sort: SortBy | None


class RoutedParams(FlatProviderParams, total=False):
    """What chats and prompt completions have at OpenRouter only. None means: leave it out.

    models              models to try in order when the one before cannot answer; alone, the first is the model
    provider            which providers may answer
    plugins             what OpenRouter does to the request or the answer on the way
    reasoning           how much the model thinks
    preset              the name of settings kept at OpenRouter; the model "@preset/NAME" says the same
    session_id          requests of one conversation, which go to the same provider where they can (256 characters)
    trace               what observability tools are told
    cache_control       where the provider's prompt cache ends
    top_k, min_p, top_a, repetition_penalty   sampling, for models that have it
    include_reasoning   older word: False is reasoning={"exclude": True}
    route               older word: "fallback" is what `models` does by itself
    transforms          older word: ["middle-out"] is sent as the plugin "context-compression", [] turns that off
    usage               without effect by now: usage is in every answer
    """

    cache_control: CacheControl | None
    include_reasoning: bool | None
    min_p: float | None
    models: Sequence[str] | None
    plugins: Sequence[Plugin] | None
    preset: str | None
    provider: ProviderPreferences | None
    reasoning: Reasoning | None
    repetition_penalty: float | None
    route: Literal["fallback", "sort"] | None
    session_id: str | None
    top_a: float | None
    top_k: int | None
    trace: Trace | Mapping[str, Any] | None
    transforms: Sequence[str] | None
    usage: UsageOptions | None


class RoutedChatParams(RoutedParams, total=False):
    """What chats have besides.

    debug                   what the first chunk of a stream tells of the request
    image_config            settings of a model that makes images ("aspect_ratio" ...)
    stop_server_tools_when  when OpenRouter's loop over its own tools ends
    deferred_tools          how tools are found that are not shown to the model at once
    """

    debug: DebugOptions | None
    deferred_tools: DeferredTools | None
    image_config: Mapping[str, Any] | None
    stop_server_tools_when: Sequence[StopCondition] | None


class OpenRouterLoopParams(LoopParams, RoutedChatParams, total=False):
    """The fields of a chat request at OpenRouter that make sense in a tool loop too. None means: leave it out."""


class OpenRouterChatParams(ChatParams, RoutedChatParams, total=False):
    """The fields of a chat request at OpenRouter besides `model`, `messages` and `stream`."""


class OpenRouterCompletionParams(CompletionParams, RoutedParams, total=False):
    """The fields of a prompt completion at OpenRouter besides `model`, `prompt` and `stream`."""

    metadata: Mapping[str, str] | None
    reasoning_budget: int | None
    reasoning_effort: str | None
    response_format: Mapping[str, Any] | None
    top_logprobs: int | None


class OpenRouterEmbeddingParams(EmbeddingParams, total=False):
    """The fields of an embeddings request at OpenRouter besides `model` and `input`. `input_type`: what the texts are
    for ("search_query", "search_document"), at models that tell these apart."""

    input_type: str | None
    provider: ProviderPreferences | None
    session_id: str | None
    trace: Trace | Mapping[str, Any] | None
