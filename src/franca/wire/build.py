"""Everything that builds what a request sends, under one roof: messages, parts and tools."""

from __future__ import annotations

from .messages import (
    ASSISTANT,
    DEVELOPER,
    SYSTEM,
    TOOL,
    USER,
    assistant_message,
    developer_message,
    normalize_messages,
    system_message,
    tool_message,
    user_message,
)
from .parts import MAX_INLINE_BYTES, audio_part, file_part, image_part, text_part
from .tools import function_tool, tool_call, tool_choice_function, tool_name

__all__ = [
    "ASSISTANT",
    "DEVELOPER",
    "MAX_INLINE_BYTES",
    "SYSTEM",
    "TOOL",
    "USER",
    "assistant_message",
    "audio_part",
    "developer_message",
    "file_part",
    "function_tool",
    "image_part",
    "normalize_messages",
    "system_message",
    "text_part",
    "tool_call",
    "tool_choice_function",
    "tool_message",
    "tool_name",
    "user_message",
]
