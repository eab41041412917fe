"""Tool calls for the `tools` model: which of the offered tools, and arguments valid for their parameters."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from .ask import Ask, Refused
from .http import encode
from .instance import NoInstance, instance

__all__ = ["call_tools", "chosen"]


def call_tools(ask: Ask, index: int) -> list[dict[str, Any]]:
    """The calls that answer a request.

    `tool_choice`: "none" none; "auto" and "required" every offered tool once, or only the first when
    `parallel_tool_calls` is false; a named tool that one.
    """
    body = ask.body
    tools: list[dict[str, Any]] = body.get("tools") or []
    choice = body.get("tool_choice")
    if not tools or choice == "none":
        return []
    if isinstance(choice, dict):
        tools = chosen(tools, choice)
    elif body.get("parallel_tool_calls") is False:
        tools = tools[:1]
    key = ask.text_key(index)
    return [_call(tool, key + b"%d" % position, f"tools[{position}]") for position, tool in enumerate(tools)]


def chosen(tools: list[dict[str, Any]], choice: dict[str, Any]) -> list[dict[str, Any]]:
    """The tools that a `tool_choice` object leaves."""
    if choice["type"] != "allowed_tools":
        wanted = {choice[choice["type"]]["name"]}
    else:
        allowed = (choice.get("allowed_tools") or {}).get("tools") or []
        wanted = {(tool.get("function") or tool.get("custom") or {}).get("name") for tool in allowed}
    return [tool for tool in tools if tool[tool["type"]]["name"] in wanted]


def _call(tool: dict[str, Any], key: bytes, where: str) -> dict[str, Any]:
    call_id = "call_" + blake2b(key, digest_size=12).hexdigest()
    if tool["type"] == "custom":
        return {"id": call_id, "type": "custom", "custom": {"name": tool["custom"]["name"], "input": "Lorem ipsum"}}
    function = tool["function"]
    try:
        arguments = instance(function.get("parameters") or {"type": "object"}, key)
    except NoInstance as error:
        message = f"Invalid schema for function '{function['name']}': {error}"
        raise Refused(400, message, f"{where}.function.parameters", "invalid_function_parameters") from None
    made = {"name": function["name"], "arguments": encode(arguments).decode()}
    return {"id": call_id, "type": "function", "function": made}
