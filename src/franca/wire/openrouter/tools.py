"""OpenRouter's server tools, which it runs itself: entries of `tools`; and when its loop over them stops.

Names and words are those of OpenRouter's published OpenAPI document (November 2026);
https://openrouter.ai/docs/guides/features/server-tools. They stand in `tools` beside functions:

    search: WebSearchTool = {"type": "openrouter:web_search", "parameters": {"max_results": 3}}
    client.chat("What is new?", tools=[search, my_function])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NotRequired, Required, TypedDict

from .routing import CacheControl, Effort

__all__ = [
    "AdvisorTool",
    "BashTool",
    "DatetimeTool",
    "DeferredTools",
    "FilesTool",
    "FusionTool",
    "ImageGenerationTool",
    "SearchMode",
    "SearchModelsTool",
    "ServerTool",
    "StopAfterSteps",
    "StopAtCost",
    "StopAtFinish",
    "StopAtTokens",
    "StopAtTool",
    "StopCondition",
    "SubagentTool",
    "ToolReasoning",
    "UserLocation",
    "WebFetchTool",
    "WebSearchParameters",
    "WebSearchTool",
    "XSearch",
]

SearchMode = Literal["instant", "fast", "auto", "deep-lite", "deep", "deep-reasoning", "turbo", "basic", "advanced"]


class UserLocation(TypedDict, total=False):
    """Whereabouts a search is made for."""

    type: Required[Literal["approximate"]]
    city: str | None
    region: str | None
    country: str | None
    timezone: str | None


class XSearch(TypedDict, total=False):
    """What of X is searched; dates as YYYY-MM-DD."""

    allowed_x_handles: Sequence[str]
    excluded_x_handles: Sequence[str]
    from_date: str
    to_date: str
    enable_image_understanding: bool
    enable_video_understanding: bool


class WebSearchParameters(TypedDict, total=False):
    """How the web is searched: results of each search, and of all of them together."""

    engine: Literal["native", "exa", "parallel", "firecrawl", "perplexity", "auto"]
    mode: SearchMode
    max_results: int
    max_total_results: int
    max_uses: int
    max_characters: int
    search_context_size: Literal["low", "medium", "high"]
    allowed_domains: Sequence[str]
    excluded_domains: Sequence[str]
    user_location: UserLocation
    x_search: XSearch


class WebSearchTool(TypedDict):
    """The model searches when it wants to."""

    type: Literal["openrouter:web_search"]
    parameters: NotRequired[WebSearchParameters]


class WebFetchParameters(TypedDict, total=False):
    """Which pages are read, and how much of them."""

    engine: Literal["auto", "native", "openrouter", "exa", "parallel", "firecrawl"]
    allowed_domains: Sequence[str]
    blocked_domains: Sequence[str]
    max_content_tokens: int
    max_uses: int


class WebFetchTool(TypedDict):
    """The model reads a page."""

    type: Literal["openrouter:web_fetch"]
    parameters: NotRequired[WebFetchParameters]


class DatetimeParameters(TypedDict, total=False):
    """`timezone`: an IANA name; UTC when left out."""

    timezone: str


class DatetimeTool(TypedDict):
    """The model asks what time it is."""

    type: Literal["openrouter:datetime"]
    parameters: NotRequired[DatetimeParameters]


class ImageGenerationTool(TypedDict):
    """The model has images made. Besides `model` the parameters are those of the model that makes them."""

    type: Literal["openrouter:image_generation"]
    parameters: NotRequired[Mapping[str, Any]]


class BashParameters(TypedDict, total=False):
    """Where commands run: {"type": "container_auto", ...} or {"type": "container_reference", "container_id": ...}."""

    engine: Literal["auto", "native", "openrouter"]
    environment: Mapping[str, Any]


class BashTool(TypedDict):
    """The model runs commands in a container of OpenRouter."""

    type: Literal["openrouter:bash"]
    parameters: NotRequired[BashParameters]


class FilesTool(TypedDict):
    """The model reads and writes the workspace's files."""

    type: Literal["openrouter:files"]
    parameters: NotRequired[Mapping[str, Any]]


class ToolReasoning(TypedDict, total=False):
    """How much a model behind a tool thinks."""

    effort: Effort
    max_tokens: int


class FusionParameters(TypedDict, total=False):
    """Who answers, and who makes it one."""

    analysis_models: Sequence[str]
    model: str
    max_tool_calls: int
    max_completion_tokens: int
    temperature: float
    reasoning: ToolReasoning
    cache_control: CacheControl
    tools: Sequence[Mapping[str, Any]]


class FusionTool(TypedDict):
    """The model asks several others at once."""

    type: Literal["openrouter:fusion"]
    parameters: NotRequired[FusionParameters]


class AdvisorParameters(TypedDict, total=False):
    """Which model advises, and what it is told."""

    model: str
    name: str
    instructions: str
    forward_transcript: bool
    max_completion_tokens: int
    temperature: float
    reasoning: ToolReasoning
    stream: bool


class AdvisorTool(TypedDict):
    """The model asks another for advice."""

    type: Literal["openrouter:advisor"]
    parameters: NotRequired[AdvisorParameters]


class SubagentParameters(TypedDict, total=False):
    """Which model works, what it is told, and with which tools."""

    model: str
    name: str
    instructions: str
    inherit_functions: bool
    inherited_function_names: Sequence[str]
    max_completion_tokens: int
    max_tool_calls: int
    temperature: float
    reasoning: ToolReasoning
    tools: Sequence[Mapping[str, Any]]


class SubagentTool(TypedDict):
    """The model hands a task to another."""

    type: Literal["openrouter:subagent"]
    parameters: NotRequired[SubagentParameters]


class SearchModelsParameters(TypedDict, total=False):
    """How many models are found at most."""

    max_results: int


class SearchModelsTool(TypedDict):
    """The model looks through OpenRouter's models. An experiment of theirs."""

    type: Literal["openrouter:experimental__search_models"]
    parameters: NotRequired[SearchModelsParameters]


ServerTool = (
    WebSearchTool
    | WebFetchTool
    | DatetimeTool
    | ImageGenerationTool
    | BashTool
    | FilesTool
    | FusionTool
    | AdvisorTool
    | SubagentTool
    | SearchModelsTool
)
"""A tool that OpenRouter runs itself."""


class StopAfterSteps(TypedDict):
    """After so many turns of the model."""

    type: Literal["step_count_is"]
    step_count: int


class StopAtTool(TypedDict):
    """When this tool was called."""

    type: Literal["has_tool_call"]
    tool_name: str


class StopAtTokens(TypedDict):
    """When so many tokens were used."""

    type: Literal["max_tokens_used"]
    max_tokens: int


class StopAtCost(TypedDict):
    """When it cost so many US dollars."""

    type: Literal["max_cost"]
    max_cost_in_dollars: float


class StopAtFinish(TypedDict):
    """When an answer ended like this."""

    type: Literal["finish_reason_is"]
    reason: str


StopCondition = StopAfterSteps | StopAtTool | StopAtTokens | StopAtCost | StopAtFinish
"""When OpenRouter's loop over its own tools ends; the first that holds ends it."""


class DeferredTools(TypedDict):
    """Tools marked `defer_loading` are shown to the model only when it searches for them. `search` is
    {"type": "bm25"}, {"type": "regex"} or {"type": "custom", "tool_id": ..., "result_key": ...}, each with
    `max_results` if wanted."""

    profile: Literal["portable"]
    protocol: Literal["v1"]
    search: Mapping[str, Any]
    validation: Literal["runtime"]
