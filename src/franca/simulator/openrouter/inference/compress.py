"""The context-compression plugin: messages go from the middle of a conversation until it fits."""

from __future__ import annotations

from typing import Any

from ...tokens import prompt_tokens
from .call import Call

__all__ = ["compressed"]

_FRAME = prompt_tokens([])
_SMALL = 8_192  # tokens of context up to which the plugin is on unless it is turned off


def _is_on(call: Call, context: int) -> bool:
    if "context-compression" in call.taken.plugins:
        return True
    named = [one.get("id") for one in call.taken.raw.get("plugins") or ()]
    return context <= _SMALL and "context-compression" not in named


def compressed(call: Call, messages: list[dict[str, Any]], tools: Any) -> list[dict[str, Any]]:
    """The messages, as many as fit into the smallest context that may serve them; noted in the pipeline."""
    records = [one.record for one in call.taken.models if one.record is not None]
    context = min((one.context_length for one in records), default=0)
    if not context or not _is_on(call, context) or prompt_tokens(messages, tools) <= context:
        return messages
    sizes = [prompt_tokens([one]) - _FRAME for one in messages]
    spare = prompt_tokens(messages, tools) - context
    first, last = len(messages) // 2, len(messages) // 2  # what is left out: from the middle to both sides
    while spare > 0 and last - first < len(messages) - 2:
        if last - first == 0 or len(messages) - last >= first:
            spare -= sizes[last]
            last += 1
        else:
            first -= 1
            spare -= sizes[first]
    left = messages[:first] + messages[last:]
    data = {
        "engine": "middle-out",
        "input_type": "messages",
        "original_count": len(messages),
        "compressed_count": len(left),
    }
    call.pipeline.append({"type": "context_compression", "name": "context-compression", "data": data})
    return left
