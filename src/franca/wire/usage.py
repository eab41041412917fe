"""Token counts as the server tells them, and their sum over several answers; nothing is ever made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .base import Window
from .fields import child, number, whole

__all__ = ["CompletionTokensDetails", "PromptTokensDetails", "Usage", "total_usage"]


class PromptTokensDetails(Window):
    """What the prompt tokens were."""

    __slots__ = ()
    _shown = ("cached_tokens", "cache_write_tokens", "audio_tokens")

    cached_tokens = whole("cached_tokens", "Tokens that were read from the prompt cache.")
    cache_write_tokens = whole("cache_write_tokens", "Tokens that were written to the prompt cache.")
    audio_tokens = whole("audio_tokens", "Tokens of audio input.")
    image_tokens = whole("image_tokens", "Tokens of image input.")
    text_tokens = whole("text_tokens", "Tokens of text input.")


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


class Usage(Window):
    """The `usage` object of an answer."""

    __slots__ = ()
    _shown = ("prompt_tokens", "completion_tokens", "total_tokens", "cost")

    prompt_tokens = whole("prompt_tokens", "Tokens of the prompt.")
    completion_tokens = whole("completion_tokens", "Tokens of the answer.")
    total_tokens = whole("total_tokens", "The server's total; xAI adds reasoning tokens that completion_tokens lacks.")
    cost = number("cost", "Money spent, as the server says (OpenRouter: credits, in US dollars).")
    prompt_tokens_details = child("prompt_tokens_details", PromptTokensDetails, "Breakdown of the prompt tokens.")
    completion_tokens_details = child(
        "completion_tokens_details", CompletionTokensDetails, "Breakdown of the completion tokens."
    )


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
