"""What streams are made of: the windows and the accumulator of a chat, and of a legacy completion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..accumulate import Accumulator, CompletionAccumulator
from ..wire.chat import Chat
from ..wire.chunk import ChatEvent
from ..wire.completions import Completion, CompletionEvent

__all__ = ["CHAT", "COMPLETION", "StreamKind", "as_chunk", "says_something"]


class StreamKind:
    """What a stream is made of: its event and final windows, the accumulator between them, and how the
    accumulator gives the whole object."""

    __slots__ = ("accumulator", "assemble", "event", "whole")

    def __init__(self, event: Any, whole: Any, accumulator: Any, assemble: Callable[[Any], dict[str, Any]]) -> None:
        self.event = event
        self.whole = whole
        self.accumulator = accumulator
        self.assemble = assemble


CHAT = StreamKind(ChatEvent, Chat, Accumulator, Accumulator.chat)
COMPLETION = StreamKind(CompletionEvent, Completion, CompletionAccumulator, CompletionAccumulator.completion)


def as_chunk(payload: dict[str, Any]) -> dict[str, Any]:
    """A whole chat as the one chunk of a stream."""
    choices = [
        {**{key: value for key, value in choice.items() if key != "message"}, "delta": choice.get("message") or {}}
        for choice in payload["choices"]
    ]
    return {**payload, "choices": choices, "object": "chat.completion.chunk"}


def says_something(choice: dict[str, Any]) -> bool:
    """Whether a choice of an event holds a token, or its end."""
    if choice.get("finish_reason") or choice.get("text"):
        return True
    delta = choice.get("delta") or choice.get("message")
    return type(delta) is dict and any(value for key, value in delta.items() if key != "role")
