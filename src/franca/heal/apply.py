"""How each change of the policy is made: a new body out of the refused one, whose parts are shared, never changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..wire.told import Change
from .policy import BESIDE_TEMPERATURE, Remedy, is_known

__all__ = ["applied"]


def applied(body: Mapping[str, Any], remedy: Remedy, why: str = "refused") -> tuple[dict[str, Any], Change] | None:
    """A new body with the remedy in it, and what was changed; None when the remedy does not concern this body.

    The body and everything in it stays as it is: what changes is copied. `why` is for the `Change`: "refused" or
    "remembered". Applied to its own result it gives None.
    """
    if not isinstance(remedy, Remedy) or not is_known(remedy):
        return None
    done = _applied(body, remedy)
    if done is None:
        return None
    made, action, detail = done
    return made, Change(remedy.field, action, detail, why)


Done = tuple[dict[str, Any], str, str]
"""The new body, and `action` and `detail` of the change."""


def _applied(body: Mapping[str, Any], remedy: Remedy) -> Done | None:
    field = remedy.field
    if field.startswith("messages[]."):
        return _in_messages(body, field[11:])
    if field == "tools[].function.strict":
        return _without_strict(body)
    if field not in body:
        return None
    return _BY_ACTION[remedy.action](body, remedy)


def _drop(body: Mapping[str, Any], remedy: Remedy) -> Done | None:
    value = body[remedy.field]
    if remedy.value == BESIDE_TEMPERATURE:
        if "temperature" not in body:
            return None
    elif remedy.value is not None and not _same(value, remedy.value):
        return None
    if remedy.field == "tools" and value:
        return None
    return {key: item for key, item in body.items() if key != remedy.field}, "drop", ""


def _rename(body: Mapping[str, Any], remedy: Remedy) -> Done:
    old, new = remedy.field, remedy.value
    if body.get(new) is not None:  # both were given, and one of them is refused
        return {key: item for key, item in body.items() if key != old}, "drop", f"{new} stays"
    made = {(new if key == old else key): item for key, item in body.items() if key != new}
    return made, "rename", f"to {new}"


def _clamp(body: Mapping[str, Any], remedy: Remedy) -> Done | None:
    field, limit, value = remedy.field, remedy.value, body[remedy.field]
    if isinstance(limit, list):
        if not _same(value, limit[0]):
            return None
        limit = limit[1]
    elif type(value) not in (int, float) or not value > limit:  # NaN is refused when the body is written
        return None
    return {**body, field: limit}, "clamp", f"from {value} to {limit}"


def _rewrite(body: Mapping[str, Any], remedy: Remedy) -> Done | None:
    field, (old, new) = remedy.field, remedy.value
    value = body[field]
    if field == "response_format":
        if not isinstance(value, Mapping) or value.get("type") != old or not _mentions_json(body):
            return None
        return {**body, field: {"type": new}}, "rewrite", f"from {old} to {new}: the schema is not enforced"
    if not _same(value, old):
        return None
    return {**body, field: new}, "rewrite", f"from {old} to {new}"


def _mentions_json(body: Mapping[str, Any]) -> bool:
    """Whether the word "json" stands in a message. Without it json_object is refused (OpenAI, DeepSeek, Groq), or the
    model is left to guess what to write: the schema was the only place that told. franca adds no words of its own."""
    messages = body.get("messages")
    for message in messages if isinstance(messages, (list, tuple)) else ():
        content = message.get("content") if isinstance(message, Mapping) else None
        parts = content if isinstance(content, (list, tuple)) else [content]
        for part in parts:
            text = part.get("text") if isinstance(part, Mapping) else part
            if isinstance(text, str) and "json" in text.lower():
                return True
    return False


_BY_ACTION: Final[dict[str, Callable[[Mapping[str, Any], Remedy], Done | None]]] = {
    "drop": _drop,
    "rename": _rename,
    "clamp": _clamp,
    "rewrite": _rewrite,
}


def _same(value: object, refused: object) -> bool:
    return type(value) is type(refused) and value == refused


# ---- messages and tools ----------------------------------------------------------------------------


def _in_messages(body: Mapping[str, Any], field: str) -> Done | None:
    messages = body.get("messages")
    if not isinstance(messages, (list, tuple)):
        return None
    if field == "role:system":
        return _one_system(body, messages)
    made: list[Any] = []
    changed = 0
    for message in messages:
        if isinstance(message, dict):
            fresh = _as_system(message) if field == "role:developer" else _without(message, field)
            if fresh is not None:
                changed += 1
                message = fresh
        made.append(message)
    if not changed:
        return None
    places = "1 message" if changed == 1 else f"{changed} messages"
    if field == "role:developer":
        return {**body, "messages": made}, "rewrite", f"from developer to system in {places}"
    return {**body, "messages": made}, "drop", f"from {places}"


def _as_system(message: dict[str, Any]) -> dict[str, Any] | None:
    return {**message, "role": "system"} if message.get("role") == "developer" else None


def _without(message: dict[str, Any], field: str) -> dict[str, Any] | None:
    """The message without the field; None when it has none, or one that must stay."""
    if field not in message:
        return None
    value = message[field]
    if (
        (field == "name" and message.get("role") == "function")
        or (field == "function_call" and value is not None)
        or (field == "tool_calls" and value)
    ):
        return None
    return {key: item for key, item in message.items() if key != field}


def _one_system(body: Mapping[str, Any], messages: Any) -> Done | None:
    """All system messages in one, at the beginning; None when it is so already, or when one holds more than text."""
    system = [message for message in messages if isinstance(message, dict) and message.get("role") == "system"]
    if not system or (len(system) == 1 and messages[0] is system[0]):
        return None
    texts = [_plain_text(message.get("content")) for message in system]
    if any(text is None for text in texts):
        return None
    merged = {**system[0], "content": "\n\n".join(text for text in texts if text)}
    rest = [message for message in messages if not (isinstance(message, dict) and message.get("role") == "system")]
    detail = f"{len(system)} system messages in one, at the beginning" if len(system) > 1 else "moved to the beginning"
    return {**body, "messages": [merged, *rest]}, "rewrite", detail


def _plain_text(content: object) -> str | None:
    """The text of a content that is nothing but text."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    texts = [part.get("text") if isinstance(part, dict) and part.get("type") == "text" else None for part in content]
    return "".join(texts) if all(isinstance(text, str) for text in texts) else None  # type: ignore[arg-type]


def _without_strict(body: Mapping[str, Any]) -> Done | None:
    tools = body.get("tools")
    if not isinstance(tools, (list, tuple)):
        return None
    made: list[Any] = []
    changed = 0
    for tool in tools:
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict) and "strict" in function:
            changed += 1
            tool = {**tool, "function": {key: item for key, item in function.items() if key != "strict"}}
        made.append(tool)
    if not changed:
        return None
    return {**body, "tools": made}, "drop", f"from {changed} tool{'' if changed == 1 else 's'}"
