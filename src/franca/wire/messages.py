"""Messages to send: builders, and what a client's `messages` argument may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import BadUsage
from . import codec
from .base import Window
from .calls import ToolCall
from .message import Message
from .parts import text_part

__all__ = [
    "ASSISTANT",
    "DEVELOPER",
    "SYSTEM",
    "TOOL",
    "USER",
    "assistant_message",
    "developer_message",
    "kept_message",
    "normalize_messages",
    "system_message",
    "tool_message",
    "user_message",
]

SYSTEM = "system"
DEVELOPER = "developer"
USER = "user"
ASSISTANT = "assistant"
TOOL = "tool"

Part = Mapping[str, Any]
Content = str | Sequence[str | Part]


def system_message(content: Content, *, name: str | None = None) -> Message:
    """Instructions for the model; text or a list of parts."""
    return _message(SYSTEM, _content("system_message", content), name)


def developer_message(content: Content, *, name: str | None = None) -> Message:
    """Instructions, in the role that OpenAI's reasoning models use instead of "system"."""
    return _message(DEVELOPER, _content("developer_message", content), name)


def user_message(text: Content | Part | None = None, *parts: str | Part, name: str | None = None) -> Message:
    """What the user says: text, or text and parts (`image_part(...)` ...), or parts alone.

    `user_message("Hi")`, `user_message("What is this?", image_part(url))`, `user_message([part, part])`.
    """
    first: list[Any] = [] if text is None else [text] if isinstance(text, (str, Mapping)) else _sequence(text)
    if isinstance(text, str) and not parts:
        return _message(USER, text, name)
    content = _content("user_message", [*first, *parts])
    if not content:
        raise BadUsage("user_message: give text, parts or both")
    return _message(USER, content, name)


def assistant_message(
    text: Content | None = None, tool_calls: Sequence[ToolCall | Mapping[str, Any]] | None = None, **fields: Any
) -> Message:
    """What the model said, for a history that this program makes up; with tool calls when it asked for some.

    Further fields (`refusal`, `reasoning_content`, `name` ...) go in as they are, without those that are None. A
    received message needs no builder: put it into the messages itself.
    """
    given = {key: value for key, value in fields.items() if value is not None}
    if text is None and not tool_calls and not given:
        raise BadUsage("assistant_message: give text, tool_calls or another field")
    data: dict[str, Any] = {"role": ASSISTANT, "content": None if text is None else _content("assistant_message", text)}
    if tool_calls:  # an empty list is refused by some servers (Together)
        data["tool_calls"] = [_call(call, position) for position, call in enumerate(tool_calls)]
    return Message(data | given)


def tool_message(tool_call: str | ToolCall, result: Any) -> Message:
    """The result of a tool call, given by its id or itself. A result that is no str is sent as JSON text.

    Raises BadUsage when the result cannot be JSON.
    """
    if isinstance(tool_call, ToolCall):
        identifier = tool_call.id or ""  # a call without an id is answered without one
    elif isinstance(tool_call, str):
        identifier = tool_call
    else:
        raise BadUsage(f"tool_message: expected a call's id or a ToolCall, got {type(tool_call).__name__}")
    content = result if isinstance(result, str) else codec.json_text(result)
    return Message({"role": TOOL, "tool_call_id": identifier, "content": content})


def normalize_messages(messages: object) -> list[dict[str, Any]]:
    """The `messages` of a request: from text (one user message), a message (Message or dict), a list or tuple of
    those, or an object that gives one (`__messages__()`, as a Conversation does). The dicts are the caller's own,
    not copies.

    Raises BadUsage, with position and type, for anything else.
    """
    given = getattr(messages, "__messages__", None)
    if given is not None:
        messages = given()
    if isinstance(messages, (list, tuple)):
        for message in messages:
            if type(message) is not dict:
                break
        else:
            return list(messages)
        return [_one(message, f"messages[{position}]") for position, message in enumerate(messages)]
    return [_one(messages, "messages")]


def kept_message(message: Message) -> dict[str, Any]:
    """An answer's message as it goes back: as it came. Only what no request can do without is added where a server
    left it out: the role, and the ids of the calls, which the results repeat."""
    data = message._data
    if not isinstance(data.get("role"), str):
        data = {"role": ASSISTANT, **{key: value for key, value in data.items() if key != "role"}}
    calls = data.get("tool_calls")
    if isinstance(calls, list) and any(isinstance(call, dict) and not _has_id(call) for call in calls):
        taken = {call["id"] for call in calls if isinstance(call, dict) and _has_id(call)}
        named = []
        for place, call in enumerate(calls):
            spare = f"call_{place}"
            while spare in taken:
                spare += "_"
            named.append({**call, "id": spare} if isinstance(call, dict) and not _has_id(call) else call)
        data = {**data, "tool_calls": named}
    return data


def _has_id(call: Mapping[str, Any]) -> bool:
    return isinstance(call.get("id"), str) and bool(call["id"])


def _one(message: object, where: str) -> dict[str, Any]:
    if isinstance(message, Message):
        return message._data
    if isinstance(message, dict):
        return message if type(message) is dict else dict(message)  # what adapts it looks at plain ones only
    if isinstance(message, str):
        return {"role": USER, "content": message}
    hint = " (did you mean its .message, which is a Message?)" if hasattr(message, "message") else ""
    raise BadUsage(f"{where}: expected str, dict or Message, got {type(message).__name__}{hint}")


def _message(role: str, content: str | list[Any], name: str | None) -> Message:
    data: dict[str, Any] = {"role": role, "content": content}
    if name is not None:
        data["name"] = name
    return Message(data)


def _sequence(value: object) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _content(function: str, content: object) -> str | list[Any]:
    """A string, or a list of parts in which strings have become text parts."""
    if isinstance(content, str):
        return content
    return [_part(function, part, position) for position, part in enumerate(_sequence(content))]


def _part(function: str, part: object, position: int) -> Any:
    if isinstance(part, str):
        return text_part(part)
    if isinstance(part, Mapping):
        return part
    hint = "; use image_part, audio_part or file_part" if hasattr(part, "read_bytes") or isinstance(part, bytes) else ""
    raise BadUsage(f"{function}: part {position} must be str or dict, got {type(part).__name__}{hint}")


def _call(call: object, position: int) -> Any:
    if isinstance(call, Window):
        return call._data
    if isinstance(call, Mapping):
        return call
    raise BadUsage(f"assistant_message: tool_calls[{position}] must be a ToolCall or dict, got {type(call).__name__}")
