"""A conversation checked as OpenAI checks it: roles, content, parts, and that tool results follow their calls."""

from __future__ import annotations

from typing import Any

from .ask import Refused

__all__ = ["check_messages"]

_ROLES = ("system", "assistant", "user", "function", "tool", "developer")
_PARTS = ("text", "image_url", "input_audio", "file", "refusal", "video_url")


def check_messages(name: str, messages: Any) -> None:
    """Refuse (400, with the place in `param`) what is no conversation."""
    if type(messages) is not list:
        raise Refused(400, f"Invalid type for '{name}': expected an array of objects.", name, "invalid_type")
    if not messages:
        message = f"Invalid '{name}': empty array. Expected an array with minimum length 1."
        raise Refused(400, message, name, "empty_array")
    open_calls: dict[str, None] = {}
    for position, message in enumerate(messages):
        where = f"{name}[{position}]"
        if type(message) is not dict:
            raise Refused(400, f"Invalid type for '{where}': expected an object.", where, "invalid_type")
        role = message.get("role")
        if role == "tool":
            _check_tool_result(where, message, open_calls)
        else:
            _check_answered(name, open_calls)
            if role == "assistant":
                _check_assistant(where, message, open_calls)
            elif role not in _ROLES:
                _refuse_role(where, role)
        _check_content(where, role, message)
    _check_answered(name, open_calls)


def _refuse_role(where: str, role: Any) -> None:
    place = f"{where}.role"
    if role is None:
        raise Refused(400, f"Missing required parameter: '{place}'.", place, "missing_required_parameter")
    if type(role) is not str:
        raise Refused(400, f"Invalid type for '{place}': expected a string.", place, "invalid_type")
    shown = ", ".join(f"'{word}'" for word in _ROLES)
    raise Refused(400, f"Invalid value for '{place}': '{role}'. Supported values are: {shown}.", place, "invalid_value")


def _check_tool_result(where: str, message: dict[str, Any], open_calls: dict[str, None]) -> None:
    call_id = message.get("tool_call_id")
    if call_id is None:
        place = f"{where}.tool_call_id"
        raise Refused(400, f"Missing required parameter: '{place}'.", place, "missing_required_parameter")
    if type(call_id) is not str or call_id not in open_calls:
        text = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'."
        raise Refused(400, f"Invalid '{where}': {text}", f"{where}.role")
    del open_calls[call_id]


def _check_answered(name: str, open_calls: dict[str, None]) -> None:
    if open_calls:
        missing = ", ".join(open_calls)
        text = "an assistant message with 'tool_calls' must be followed by a tool message for each 'tool_call_id'."
        raise Refused(400, f"Invalid '{name}': {text} These have none: {missing}", name)


def _check_assistant(where: str, message: dict[str, Any], open_calls: dict[str, None]) -> None:
    calls = message.get("tool_calls")
    if calls is None:
        return
    place = f"{where}.tool_calls"
    if type(calls) is not list:
        raise Refused(400, f"Invalid type for '{place}': expected an array of objects.", place, "invalid_type")
    if not calls:
        text = f"Invalid '{place}': empty array. Expected an array with minimum length 1."
        raise Refused(400, text, place, "empty_array")
    for number, call in enumerate(calls):
        here = f"{place}[{number}]"
        if type(call) is not dict:
            raise Refused(400, f"Invalid type for '{here}': expected an object.", here, "invalid_type")
        if type(call.get("id")) is not str:
            raise Refused(400, f"Missing required parameter: '{here}.id'.", f"{here}.id", "missing_required_parameter")
        function = call.get("function")
        if call.get("type") == "function":
            if type(function) is not dict or type(function.get("name")) is not str:
                raise Refused(400, f"Invalid '{here}.function'.", f"{here}.function", "invalid_type")
            if type(function.get("arguments")) is not str:
                spot = f"{here}.function.arguments"
                raise Refused(400, f"Invalid type for '{spot}': expected a string.", spot, "invalid_type")
        open_calls[call["id"]] = None


def _check_content(where: str, role: Any, message: dict[str, Any]) -> None:
    content = message.get("content")
    place = f"{where}.content"
    if type(content) is str:
        return
    if content is None:
        if role in ("assistant", "function"):
            return
        text = f"Invalid value for 'content': expected a string, got null. ({place})"
        raise Refused(400, text, place)
    if type(content) is not list:
        text = f"Invalid type for '{place}': expected a string or an array of parts."
        raise Refused(400, text, place, "invalid_type")
    for number, part in enumerate(content):
        _check_part(f"{place}[{number}]", part)


def _check_part(where: str, part: Any) -> None:
    if type(part) is not dict:
        raise Refused(400, f"Invalid type for '{where}': expected an object.", where, "invalid_type")
    type_ = part.get("type")
    if type_ not in _PARTS:
        if type_ is None:
            raise Refused(
                400, f"Missing required parameter: '{where}.type'.", f"{where}.type", "missing_required_parameter"
            )
        shown = ", ".join(f"'{word}'" for word in _PARTS)
        raise Refused(
            400,
            f"Invalid value for '{where}.type': '{type_}'. Supported values are: {shown}.",
            f"{where}.type",
            "invalid_value",
        )
    place = f"{where}.{type_}"
    value = part.get(type_)
    if value is None:
        raise Refused(400, f"Missing required parameter: '{place}'.", place, "missing_required_parameter")
    if type(value) is not (str if type_ in ("text", "refusal") else dict):
        raise Refused(400, f"Invalid type for '{place}'.", place, "invalid_type")
    wanted = {"image_url": ("url",), "video_url": ("url",), "input_audio": ("data", "format")}.get(type_, ())
    for key in wanted:
        if not isinstance(value, dict) or type(value.get(key)) is not str:
            spot = f"{place}.{key}"
            raise Refused(400, f"Missing required parameter: '{spot}'.", spot, "missing_required_parameter")
