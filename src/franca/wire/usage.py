"""Token counts as the server tells them, and their sum over several answers; nothing is ever made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from .base import Window
from .fields import child, flag, keyed, number, whole

__all__ = [
    "CompletionTokensDetails",
    "CostDetails",
    "PromptTokensDetails",
    "ServerToolUse",
    "Usage",
    "total_usage",
]


class PromptTokensDetails(Window):
    """What the prompt tokens were."""

    __slots__ = ()
    _shown = ("cached_tokens", "cache_write_tokens", "audio_tokens")

    cached_tokens = whole("cached_tokens", "Tokens that were read from the prompt cache.")
    cache_write_tokens = whole("cache_write_tokens", "Tokens that were written to the prompt cache.")
    audio_tokens = whole("audio_tokens", "Tokens of audio input.")
    image_tokens = whole("image_tokens", "Tokens of image input.")
    text_tokens = whole("text_tokens", "Tokens of text input.")
    video_tokens = whole("video_tokens", "Tokens of video input (OpenRouter).")
    file_tokens = whole("file_tokens", "Tokens of files (OpenRouter).")


class CompletionTokensDetails(Window):
    """What the completion tokens were."""

    __slots__ = ()
    _shown = ("reasoning_tokens", "audio_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens")

    reasoning_tokens = whole(
        "reasoning_tokens", "Tokens of reasoning. Most servers count them in completion_tokens too."
    )
    audio_tokens = whole("audio_tokens", "Tokens of audio output.")
    accepted_prediction_tokens = whole("accepted_prediction_tokens", "Tokens of the given prediction that were used.")
    rejected_prediction_tokens = whole("rejected_prediction_tokens", "Tokens of the prediction not used, yet billed.")
    image_tokens = whole("image_tokens", "Tokens of image output (OpenRouter).")
    text_tokens = whole("text_tokens", "Tokens of text output.")
    video_tokens = whole("video_tokens", "Tokens of video output (OpenRouter).")


class CostDetails(Window):
    """What the cost was made of (OpenRouter), in US dollars."""

    __slots__ = ()
    _shown = ("upstream_inference_cost", "upstream_inference_prompt_cost", "upstream_inference_completions_cost")

    upstream_inference_cost = number(
        "upstream_inference_cost",
        "What the provider charges. With your own key of the provider (`is_byok`) it is billed to that key, and is not"
        " in `Usage.cost`.",
    )
    upstream_inference_prompt_cost = number("upstream_inference_prompt_cost", "The provider's price of the prompt.")
    upstream_inference_completions_cost = number(
        "upstream_inference_completions_cost", "The provider's price of the answer."
    )
    server_tool_cost = number("server_tool_cost", "What tools that ran at the server cost.")


class ServerToolUse(Window):
    """Tools that ran at the server (OpenRouter)."""

    __slots__ = ()
    _shown = ("tool_calls_requested", "tool_calls_executed", "web_search_requests")

    tool_calls_requested = whole("tool_calls_requested", "Calls that the model asked for.")
    tool_calls_executed = whole("tool_calls_executed", "Calls that were run.")
    web_search_requests = whole("web_search_requests", "Searches of the web, billed one by one.")


class Usage(Window):
    """The `usage` object of an answer."""

    __slots__ = ()
    _shown: ClassVar[tuple[str, ...]] = ("prompt_tokens", "completion_tokens", "total_tokens", "cost")

    prompt_tokens = whole("prompt_tokens", "Tokens of the prompt.")
    completion_tokens = whole("completion_tokens", "Tokens of the answer.")
    total_tokens = whole("total_tokens", "The server's total; xAI adds reasoning tokens that completion_tokens lacks.")
    cost = number("cost", "Money spent, as the server says (OpenRouter: credits, in US dollars).")
    prompt_tokens_details = child("prompt_tokens_details", PromptTokensDetails, "Breakdown of the prompt tokens.")
    completion_tokens_details = child(
        "completion_tokens_details", CompletionTokensDetails, "Breakdown of the completion tokens."
    )
    cost_details = child("cost_details", CostDetails, "Breakdown of the cost (OpenRouter).")
    is_byok = flag("is_byok", "Whether your own key of the provider was used (OpenRouter).")
    server_tool_use_details = child("server_tool_use_details", ServerToolUse, "The field of this name; see below.")

    @property
    @keyed("server_tool_use")
    def server_tool_use(self) -> ServerToolUse | None:
        """Tools that ran at the server (OpenRouter), under either of the two names that it uses."""
        told = self._data.get("server_tool_use")
        return ServerToolUse(told) if isinstance(told, dict) else self.server_tool_use_details


def total_usage(usages: Sequence[Usage | None]) -> Usage | None:
    """The sum over several answers: of each number that all of them tell. None when one told nothing, or there is
    none, because a sum without it would be too low."""
    told = [usage._data for usage in usages if usage is not None]
    return Usage(_summed(told)) if told and len(told) == len(usages) else None


def _summed(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    total: dict[str, Any] = {}
    for key in parts[0]:
        values = [part.get(key) for part in parts]
        if all(type(value) in (int, float) for value in values):
            total[key] = sum(values)
        elif all(isinstance(value, dict) for value in values):
            total[key] = _summed(values)  # type: ignore[arg-type]
    return total
