"""`tools`, `tool_choice` and `response_format` checked as OpenAI checks them."""

from __future__ import annotations

import re
from typing import Any

from .ask import Refused

__all__ = ["check_format", "check_tool_choice", "check_tools"]

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")
_FORMATS = ("text", "json_object", "json_schema")


def _missing(place: str) -> Refused:
    return Refused(400, f"Missing required parameter: '{place}'.", place, "missing_required_parameter")


def _check_name(place: str, value: Any) -> None:
    if value is None:
        raise _missing(place)
    if type(value) is not str or not _NAME.match(value):
        text = f"Invalid '{place}': string does not match pattern. Expected a string that matches '^[a-zA-Z0-9_-]+$'."
        raise Refused(400, text, place, "invalid_value")


def check_tools(name: str, tools: Any) -> None:
    """Refuse a list of tools that is none."""
    if type(tools) is not list:
        raise Refused(400, f"Invalid type for '{name}': expected an array of objects.", name, "invalid_type")
    if not tools:
        text = f"Invalid '{name}': empty array. Expected an array with minimum length 1."
        raise Refused(400, text, name, "empty_array")
    if len(tools) > 128:
        text = f"Invalid '{name}': array too long. Expected at most 128 items, but got {len(tools)}."
        raise Refused(400, text, name, "array_above_max_length")
    for position, tool in enumerate(tools):
        _check_tool(f"{name}[{position}]", tool)


def _check_tool(where: str, tool: Any) -> None:
    if type(tool) is not dict:
        raise Refused(400, f"Invalid type for '{where}': expected an object.", where, "invalid_type")
    type_ = tool.get("type")
    if type_ is None:
        raise _missing(f"{where}.type")
    if type_ not in ("function", "custom"):
        text = f"Invalid value for '{where}.type': '{type_}'. Supported values are: 'function' and 'custom'."
        raise Refused(400, text, f"{where}.type", "invalid_value")
    body = tool.get(type_)
    if type(body) is not dict:
        raise _missing(f"{where}.{type_}")
    _check_name(f"{where}.{type_}.name", body.get("name"))
    parameters = body.get("parameters")
    if parameters is not None:
        place = f"{where}.function.parameters"
        if type(parameters) is not dict:
            raise Refused(400, f"Invalid type for '{place}': expected an object.", place, "invalid_type")
        if parameters and parameters.get("type", "object") != "object":
            text = f"Invalid schema for function '{body['name']}': schema must be a JSON Schema of 'type: \"object\"'."
            raise Refused(400, text, place, "invalid_function_parameters")


def check_tool_choice(name: str, choice: Any) -> None:
    """Refuse a tool choice that is none."""
    if type(choice) is str:
        if choice not in ("none", "auto", "required"):
            text = f"Invalid value for '{name}': '{choice}'. Supported values are: 'none', 'auto', and 'required'."
            raise Refused(400, text, name, "invalid_value")
    elif type(choice) is not dict:
        raise Refused(400, f"Invalid type for '{name}': expected a string or an object.", name, "invalid_type")
    elif choice.get("type") not in ("function", "custom", "allowed_tools"):
        raise Refused(400, f"Invalid value for '{name}.type': '{choice.get('type')}'.", f"{name}.type", "invalid_value")
    elif choice["type"] != "allowed_tools":
        body = choice.get(choice["type"])
        if type(body) is not dict or type(body.get("name")) is not str:
            raise _missing(f"{name}.{choice['type']}.name")


def check_format(name: str, value: Any) -> None:
    """Refuse a response format that is none."""
    if type(value) is not dict:
        raise Refused(400, f"Invalid type for '{name}': expected an object.", name, "invalid_type")
    type_ = value.get("type")
    if type_ is None:
        raise _missing(f"{name}.type")
    if type_ not in _FORMATS:
        shown = ", ".join(f"'{word}'" for word in _FORMATS)
        raise Refused(
            400,
            f"Invalid value for '{name}.type': '{type_}'. Supported values are: {shown}.",
            f"{name}.type",
            "invalid_value",
        )
    if type_ != "json_schema":
        return
    place = f"{name}.json_schema"
    body = value.get("json_schema")
    if type(body) is not dict:
        raise _missing(place)
    _check_name(f"{place}.name", body.get("name"))
    if type(body.get("schema")) is not dict:
        raise _missing(f"{place}.schema")
