"""Where servers put text: `content` as string or list of parts, and the half dozen homes of reasoning."""

from __future__ import annotations

from typing import Any

from .base import Window
from .think import may_think, split_thinking

__all__ = ["first_choice", "inner", "reasoning_of", "spoken_text", "text_of", "thought_text"]

_TEXT_TYPES = ("text", "output_text", "input_text", None)
_THINKING_TYPES = ("thinking", "reasoning")
_REASONING_KEYS = ("text", "thinking", "reasoning", "content", "summary")


def first_choice(data: dict[str, Any]) -> dict[str, Any]:
    """The first choice of an answer or event; an empty dict when there is none (Azure's first chunk, usage chunks)."""
    choices = data.get("choices")
    if isinstance(choices, list):
        for choice in choices:
            if isinstance(choice, dict):
                return choice
            if isinstance(choice, Window):  # in a dict that was made by hand
                return choice._data
    return {}


def inner(data: dict[str, Any], key: str) -> dict[str, Any]:
    """The object at `key`, or an empty dict."""
    value = data.get(key)
    if isinstance(value, dict):
        return value
    return value._data if isinstance(value, Window) else {}


def text_of(content: object) -> str | None:
    """The text of a message's `content`: the string itself, or its text parts joined. None without any text."""
    if content is None or isinstance(content, str):
        return content
    found = [part if isinstance(part, str) else _part_text(part) for part in _parts(content)]
    texts = [text for text in found if text is not None]
    return "".join(texts) if texts else None


def _parts(content: object) -> list[Any]:
    return content if isinstance(content, list) else [content]


def _part_text(part: object) -> str | None:
    if isinstance(part, dict) and part.get("type") in _TEXT_TYPES:
        text = part.get("text")
        return text if isinstance(text, str) else None
    return None


def reasoning_of(message: dict[str, Any]) -> str | None:
    """The reasoning text of a message or delta, wherever the server put it; None when there is none.

    Read in this order, the first that is not empty: `reasoning_content` (DeepSeek, llama.cpp, older vLLM),
    `reasoning` as string (Ollama, Groq, vLLM, OpenRouter) or object, `thinking`, thinking parts in a
    `content` list (Mistral), `reasoning_details` (OpenRouter). Only one is read: they repeat each other.
    """
    for key in ("reasoning_content", "reasoning", "thinking"):
        value = message.get(key)
        if value and (text := _thoughts([value] if isinstance(value, dict) else text_of(value))):
            return text
    content = message.get("content")
    if isinstance(content, (list, dict)):
        thinking = [part for part in _parts(content) if isinstance(part, dict) and part.get("type") in _THINKING_TYPES]
        if text := _thoughts(thinking):
            return text
    return _thoughts(message.get("reasoning_details"))


def spoken_text(message: dict[str, Any]) -> str | None:
    """The text of a whole message of the assistant, without a block of reasoning in think tags at its beginning; None
    without any text. Where there is a field for reasoning, tags in the content are text."""
    content = message.get("content")
    if isinstance(content, str) and may_think(content) and (parts := _parted(message, content)):
        return parts[1] or None
    return text_of(content)


def thought_text(message: dict[str, Any]) -> str | None:
    """The reasoning of a whole message of the assistant: the fields that `reasoning_of` reads, else think tags."""
    content = message.get("content")
    if isinstance(content, str) and may_think(content) and (parts := _parted(message, content)):
        return parts[0] or None
    return reasoning_of(message)


def _parted(message: dict[str, Any], content: str) -> tuple[str, str] | None:
    """Reasoning and text of a content with think tags; None where they are none of the server's."""
    if message.get("role") not in ("assistant", None, "") or reasoning_of(message):
        return None
    return split_thinking(content)


def _thoughts(parts: object) -> str | None:
    """The text of reasoning parts, each under the first of the known keys; encrypted ones hold none. Mistral's
    hold a list of text parts there."""
    if parts is None or isinstance(parts, str):
        return parts
    texts = [
        next((text for text in (text_of(part.get(key)) for key in _REASONING_KEYS) if text), "")
        for part in _parts(parts)
        if isinstance(part, dict)
    ]
    return "".join(texts) or None
