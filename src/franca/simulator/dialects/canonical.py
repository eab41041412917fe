"""From a request in a dialect to one that the simulator's own models understand: what a server takes in other words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["canonical"]

_EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_MADE_HERE = ("thinking", "reasoning", "thinking_blocks")


def canonical(
    body: Mapping[str, Any], ignores: frozenset[str], strict: bool, unformed: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The request without the fields, and types of `response_format`, that have no effect; its dialect forms made
    OpenAI's. A strict server is as particular as OpenAI about fields that make sense only together."""
    made = {name: value for name, value in body.items() if name not in ignores}
    format_ = made.get("response_format")
    if isinstance(format_, dict) and format_.get("type") in unformed:
        del made["response_format"]
    if made.get("tool_choice") == "any":  # Mistral's word for it
        made["tool_choice"] = "required"
    if "random_seed" in made:
        made["seed"] = made.pop("random_seed")
    if made.get("reasoning_effort") not in (None, *_EFFORTS):
        del made["reasoning_effort"]
    if not made.get("tools") and not strict:
        made.pop("tool_choice", None)
        made.pop("parallel_tool_calls", None)
    if made.get("stream_options") is not None and not made.get("stream") and not strict:
        del made["stream_options"]
    if isinstance(made.get("messages"), list):
        made["messages"] = [_message(one) for one in made["messages"]]
    return made


def _message(message: Any) -> Any:
    """A message whose content parts are OpenAI's: thoughts that were sent back are no text for the model."""
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    kept = [part for part in message["content"] if not (isinstance(part, dict) and part.get("type") in _MADE_HERE)]
    return {**message, "content": kept if kept or message.get("role") != "assistant" else None}
