"""OpenRouter's plugins: what it does to a request or an answer on the way, as entries of `plugins`.

Names and words are those of OpenRouter's published OpenAPI document (November 2026);
https://openrouter.ai/docs/guides/features/plugins. An entry has an `id`; `enabled: False` turns one off that the
account has on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Required, TypedDict

from .tools import SearchMode, UserLocation, XSearch

__all__ = [
    "AlignmentPlugin",
    "AlignmentRule",
    "ArmorPlugin",
    "AutoBetaRouterPlugin",
    "AutoRouterPlugin",
    "ContextCompressionPlugin",
    "FileParserPlugin",
    "FusionPlugin",
    "JevRouterPlugin",
    "ModerationPlugin",
    "ParetoRouterPlugin",
    "PdfOptions",
    "Plugin",
    "ResponseHealingPlugin",
    "SwitchyardRouterPlugin",
    "WebFetchPlugin",
    "WebPlugin",
]

CostTier = Literal["low", "medium", "high", "xhigh", "max"]


class WebPlugin(TypedDict, total=False):
    """Search the web before the model answers; what was found is in the answer's `annotations`."""

    id: Required[Literal["web"]]
    enabled: bool
    engine: Literal["native", "exa", "firecrawl", "parallel", "perplexity"]
    mode: SearchMode
    max_results: int
    max_uses: int
    include_domains: Sequence[str]
    exclude_domains: Sequence[str]
    search_prompt: str
    user_location: UserLocation | None
    x_search: XSearch


class WebFetchPlugin(TypedDict, total=False):
    """Let the model read pages."""

    id: Required[Literal["web-fetch"]]
    allowed_domains: Sequence[str]
    blocked_domains: Sequence[str]
    max_content_tokens: int
    max_uses: int


class PdfOptions(TypedDict, total=False):
    """How a PDF becomes text. "pdf-text" is the older name of "cloudflare-ai"."""

    engine: Literal["mistral-ocr", "native", "cloudflare-ai", "pdf-text"]


class FileParserPlugin(TypedDict, total=False):
    """Read the files of a message for models that cannot."""

    id: Required[Literal["file-parser"]]
    enabled: bool
    pdf: PdfOptions


class ResponseHealingPlugin(TypedDict, total=False):
    """Repair JSON in the answer, where a response format was asked for and the answer is no stream."""

    id: Required[Literal["response-healing"]]
    enabled: bool


class ContextCompressionPlugin(TypedDict, total=False):
    """Cut the middle out of a prompt that is too long. On by default for models of up to 8,192 tokens; the successor of
    `transforms: ["middle-out"]`."""

    id: Required[Literal["context-compression"]]
    enabled: bool
    engine: Literal["middle-out"]


class ModerationPlugin(TypedDict, total=False):
    """Let the prompt be judged before it is sent on."""

    id: Required[Literal["moderation"]]


class AutoRouterPlugin(TypedDict, total=False):
    """What the model "openrouter/auto" chooses among; names may have a * in them. `cost_quality_tradeoff`: 0 for the
    best, 10 for the cheapest."""

    id: Required[Literal["auto-router"]]
    enabled: bool
    allowed_models: Sequence[str]
    excluded_models: Sequence[str]
    cost_quality_tradeoff: int
    cost_tier: CostTier
    pin_model: bool


class AutoBetaRouterPlugin(TypedDict, total=False):
    """As `AutoRouterPlugin`, for the router that comes next."""

    id: Required[Literal["auto-beta-router"]]
    enabled: bool
    allowed_models: Sequence[str]
    excluded_models: Sequence[str]
    cost_quality_tradeoff: int
    cost_tier: CostTier


class JevRouterPlugin(TypedDict, total=False):
    """What that router chooses among."""

    id: Required[Literal["jev-router"]]
    models: Sequence[str]
    allowed_models: Sequence[str]
    excluded_models: Sequence[str]
    cost_tier: str


class ParetoRouterPlugin(TypedDict, total=False):
    """What the model "openrouter/pareto-code" demands: a coding score, a price."""

    id: Required[Literal["pareto-router"]]
    enabled: bool
    min_coding_score: float
    max_price: float
    price_source: Literal["prompt", "weighted_avg"]


class SwitchyardRouterPlugin(TypedDict, total=False):
    """How that router chooses."""

    id: Required[Literal["switchyard-router"]]
    algorithm: Literal["capability", "stage", "auto", "random", "composite", "passthrough"]
    judge_model: str


class FusionPlugin(TypedDict, total=False):
    """Let several models answer, and one make their answers into one."""

    id: Required[Literal["fusion"]]
    enabled: bool
    preset: Literal["general-high", "general-budget", "general-fast"]
    analysis_models: Sequence[str]
    model: str
    max_tool_calls: int
    tools: Sequence[Mapping[str, Any]]


class AlignmentRule(TypedDict):
    """A rule in words, and which parts of an answer it is held against."""

    rule: str
    watch: Sequence[Literal["content", "tool_calls", "refusal", "images", "audio"]]


class AlignmentPlugin(TypedDict, total=False):
    """Hold answers against rules of yours; one that breaks them is asked for again ("enforce") or noted ("audit")."""

    id: Required[Literal["alignment"]]
    rules: Required[Sequence[AlignmentRule]]
    instruct: bool
    max_retries: int
    mode: Literal["enforce", "audit"]
    threshold: float


class ArmorPlugin(TypedDict, total=False):
    """Judge the model's tool calls before they are made. `classifier_context` has a version `v`, and rules."""

    id: Required[Literal["armor"]]
    enabled: bool
    mode: Literal["enforce", "audit"]
    on_error: Literal["log", "block"]
    output_mode: Literal["text", "custom_item", "claude_code_compatibility"]
    evaluate_native_tools: bool
    use_cc_style_default_rules: bool
    classifier_context: Mapping[str, Any]


Plugin = (
    WebPlugin
    | WebFetchPlugin
    | FileParserPlugin
    | ResponseHealingPlugin
    | ContextCompressionPlugin
    | ModerationPlugin
    | AutoRouterPlugin
    | AutoBetaRouterPlugin
    | JevRouterPlugin
    | ParetoRouterPlugin
    | SwitchyardRouterPlugin
    | FusionPlugin
    | AlignmentPlugin
    | ArmorPlugin
)
"""An entry of `plugins`. One that is not known here goes through `extra={"plugins": [...]}`."""
