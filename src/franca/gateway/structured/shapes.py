"""What the caller gets: a chat completion, or its chunks, whose content is the text of the value."""

from __future__ import annotations

from time import time
from typing import Any

import msgspec

from ...flow.structured.result import Attempt
from ...wire.chat import Chat
from ...wire.usage import Usage, total_usage

__all__ = ["DONE", "Chunks", "completion", "header", "usage_of"]

DONE = b"data: [DONE]\n\n"
_ANSWERS = frozenset({"content", "function_call", "role", "tool_calls"})
_encode = msgspec.json.Encoder().encode


def header(mode: str, attempts: list[Attempt], *, more: int = 0) -> tuple[tuple[bytes, bytes], ...]:
    """The header that tells how the value came about. `more`: attempts that are under way."""
    told = "native" if mode == "strict" else mode
    repairs = len(attempts[-1].repairs) if attempts and not more else 0
    return ((b"x-franca-structured", f"{told}; repairs={repairs}; attempts={len(attempts) + more}".encode()),)


def usage_of(attempts: list[Attempt]) -> Usage | None:
    """The tokens of all answers together; None when one of them told none."""
    chats = [one.chat for one in attempts if one.chat is not None]
    return total_usage([chat.usage for chat in chats]) if chats else None


def completion(answer: Chat, model: str, usage: Usage | None, changes: dict[str, Any], finish: str | None) -> bytes:
    """The whole answer: as the server sent it, with these fields of the message in the place of its content and calls,
    and the usage of all attempts."""
    data = {name: value for name, value in answer.to_dict().items() if name not in ("choices", "usage")}
    message = {name: value for name, value in answer.message.to_dict().items() if name not in _ANSWERS}
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": None, "refusal": None, **message, **changes},
        "logprobs": None,
        "finish_reason": finish,
    }
    made: dict[str, Any] = {
        "id": "", "object": "chat.completion", "created": int(time()), "model": model, **data, "choices": [choice],
    }  # fmt: skip
    made["object"] = "chat.completion"
    if usage is not None:
        made["usage"] = usage.to_dict()
    return _encode(made)


class Chunks:
    """Writes the events of one stream. All of them have the id and the model of the answer that began it."""

    __slots__ = ("_head", "begun")

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self.begun = False

    def begin(self, answer: Chat | None, model: str, fallback_id: str) -> bytes:
        """The first event."""
        self.begun = True
        self._head = {
            "id": (answer.id if answer is not None else None) or f"chatcmpl-{fallback_id}",
            "object": "chat.completion.chunk",
            "created": (answer.created if answer is not None else None) or int(time()),
            "model": (answer.model if answer is not None else None) or model,
        }
        return self.delta({"role": "assistant", "content": "", "refusal": None})

    def delta(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        """An event with a piece of the message, or its end."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return b"data: " + _encode({**self._head, "choices": [choice]}) + b"\n\n"

    def usage(self, usage: Usage | None) -> bytes:
        """The event with the usage; b"" when it is not known."""
        if usage is None:
            return b""
        return b"data: " + _encode({**self._head, "choices": [], "usage": usage.to_dict()}) + b"\n\n"
