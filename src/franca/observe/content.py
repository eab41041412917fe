"""Messages in the form in which OpenTelemetry's conventions record them: a role, and parts with their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from ..wire import codec
from ..wire.base import Window
from ..wire.texts import reasoning_of
from .call import Call

__all__ = ["input_messages", "output_messages", "tool_definitions"]

Part = dict[str, Any]


def input_messages(call: Call) -> str | None:
    """The conversation (or prompt) of a request, as JSON text without the call's secrets; None when there is none."""
    body = call.parameters
    prompt = body.get("prompt")
    if prompt is not None:
        prompts = prompt if isinstance(prompt, list) else [prompt]
        return _text(call, [{"role": "user", "parts": [_text_part(one)]} for one in prompts if isinstance(one, str)])
    messages = body.get("messages")
    if not isinstance(messages, list):
        return None
    return _text(call, [_message(_plain(message)) for message in messages])


def output_messages(call: Call, answer: Any) -> str | None:
    """The answer's choices, one message each; None when it has none."""
    found = []
    for choice in map(_plain, _list(_plain(answer).get("choices"))):
        message = _plain(choice.get("message")) or {"role": "assistant", "content": choice.get("text")}
        found.append({**_message(message), "finish_reason": choice.get("finish_reason") or ""})
    return _text(call, found) if found else None


def tool_definitions(call: Call) -> str | None:
    """The tools that the model was offered; None when there were none."""
    tools = [_plain(tool) for tool in _list(call.parameters.get("tools"))]
    shown = [{"type": tool.get("type", "function"), **_plain(tool.get("function"))} for tool in tools]
    return _text(call, shown) if shown else None


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    role = message.get("role") or "assistant"
    parts: list[Part] = []
    reasoning = reasoning_of(dict(message))
    if reasoning:
        parts.append({"type": "reasoning", "content": reasoning})
    if role == "tool":
        parts.append(
            {"type": "tool_call_response", "id": message.get("tool_call_id"), "response": message.get("content")}
        )
    else:
        parts += _content(message.get("content"))
    if message.get("refusal"):
        parts.append({"type": "refusal", "content": message["refusal"]})
    parts += [_call(_plain(one)) for one in _list(message.get("tool_calls"))]
    name = message.get("name")
    return {"role": role, "parts": parts, **({"name": name} if name else {})}


def _content(content: Any) -> Iterable[Part]:
    if isinstance(content, str):
        return [_text_part(content)]
    return [_part(part) for part in map(_plain, _list(content)) if part.get("type") not in ("thinking", "reasoning")]


def _part(part: Mapping[str, Any]) -> Part:
    """One part of a message. Of what is sent as bytes only the kind and size are told: a span is no place for them."""
    kind = part.get("type")
    if isinstance(part.get("text"), str):
        return _text_part(part["text"])
    if kind == "image_url":
        url = _plain(part.get("image_url")).get("url")
        if isinstance(url, str) and not url.startswith("data:"):
            return {"type": "uri", "modality": "image", "uri": url}
    return {"type": str(kind), "omitted": "not recorded", "size": len(codec.received_text(dict(part)))}


def _call(call: Mapping[str, Any]) -> Part:
    function = _plain(call.get("function")) or _plain(call.get("custom"))
    arguments = function.get("arguments", function.get("input"))
    if isinstance(arguments, str):
        with suppress(ValueError):  # else it is recorded as the model wrote it
            arguments = codec.decode_json(arguments.encode())
    return {"type": "tool_call", "id": call.get("id"), "name": function.get("name") or "", "arguments": arguments}


def _text_part(text: str) -> Part:
    return {"type": "text", "content": text}


def _text(call: Call, value: list[dict[str, Any]]) -> str:
    return codec.received_text(call.scrub(value))


def _plain(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Window):
        return value.to_dict()
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
