"""The simulator's tokens: how text is cut into pieces, counted, and made up.

A token is a run of letters, digits and underscores, or a single other sign, each with at most one
space before it; further white space counts one token a character. Every message costs four tokens
more for its frame and every prompt three, an image 85, a sound 20 and a file 50.
"""

from __future__ import annotations

import re
from hashlib import shake_256
from typing import Any

__all__ = ["VOCABULARY", "count", "lorem", "pieces", "prompt_tokens"]

_PIECE = re.compile(r" ?\w+| ?[^\w\s]|\s")
_PER_MESSAGE = 4
_PER_PROMPT = 3
_PER_PART = {"image_url": 85, "input_audio": 20, "file": 50, "video_url": 200}

_FILLER = """
ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua
enim ad minim veniam quis nostrud exercitation ullamco laboris nisi aliquip ex ea commodo consequat duis aute irure
in reprehenderit voluptate velit esse cillum eu fugiat nulla pariatur excepteur sint occaecat cupidatat non proident
sunt culpa qui officia deserunt mollit anim id est laborum
"""
VOCABULARY = tuple(f" {word}" for word in dict.fromkeys(_FILLER.split()))
_WORD_OF_BYTE = tuple(VOCABULARY[number % len(VOCABULARY)] for number in range(256))


def pieces(text: str) -> list[str]:
    """The tokens of a text; joined they are the text again."""
    return _PIECE.findall(text)


def count(text: str) -> int:
    """How many tokens a text has."""
    return len(_PIECE.findall(text))


def lorem(key: bytes, number: int) -> list[str]:
    """`number` tokens of filler text, always the same for the same key."""
    if number <= 0:
        return []
    return ["Lorem", *map(_WORD_OF_BYTE.__getitem__, shake_256(key).digest(number - 1))]


def prompt_tokens(messages: list[dict[str, Any]], tools: list[Any] | None = None) -> int:
    """Tokens of a conversation: its texts, parts, calls, and the descriptions of offered tools."""
    total = _PER_PROMPT
    for message in messages:
        total += _PER_MESSAGE
        content = message.get("content")
        if isinstance(content, str):
            total += count(content)
        elif content:
            for part in content:
                total += _PER_PART.get(part["type"], 0) or count(str(part.get("text") or part.get("refusal") or ""))
        for call in message.get("tool_calls") or ():
            total += count(str(call.get("function") or call.get("custom")))
    if tools:
        total += sum(count(str(tool.get("function") or tool)) for tool in tools)
    return total
