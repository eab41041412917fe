"""Tools that a request offers to the model, from a schema or from a typed Python function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ..errors import BadUsage
from . import codec
from .calls import ToolCall

__all__ = [
    "Tool",
    "ToolFinished",
    "ToolStarted",
    "function_tool",
    "tool_call",
    "tool_choice_function",
    "tool_name",
]


class Tool(NamedTuple):
    """A tool whose name, description or parameters are not those of its function: one from a schema (MCP, OpenAPI), or
    a second one over the same function.

    What is None comes from the function. With `parameters` (a JSON Schema) the arguments are checked against that, and
    the function gets plain JSON values, by name.
    """

    name: str | None
    description: str | None
    parameters: Mapping[str, Any] | None
    function: Callable[..., Any]
    strict: bool | None = None

    def to_dict(self) -> dict[str, Any]:
        """The tool as it is sent."""
        if self.parameters is not None:
            from ..schema.derive import described, name_of

            description = described(self.function) if self.description is None else self.description
            return function_tool(self.name or name_of(self.function), description or None, self.parameters, self.strict)
        made = function_tool(self.function, self.description, None, self.strict)
        return made if self.name is None else {**made, "function": {**made["function"], "name": self.name}}


class ToolStarted(NamedTuple):
    """In a stream of `run_tools_stream`: this call is about to run."""

    call: ToolCall


class ToolFinished(NamedTuple):
    """In a stream of `run_tools_stream`: this call is answered. One that was not run (unknown, wrong arguments,
    refused) has no `ToolStarted` before it."""

    call: ToolCall
    result: Any
    """What the function returned, or what `after_call` put in its place; None when it failed or was not run."""
    error: str | None
    """What the model is told of the failure; None when there was none."""
    seconds: float
    """How long the function ran; 0.0 when it did not."""
    text: str
    """What the model is told: the content of the tool message."""


def function_tool(
    function: str | Callable[..., Any],
    description: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    strict: bool | None = None,
) -> dict[str, Any]:
    """A tool of type "function": `function_tool("name", "what it does", json_schema)`, or
    `function_tool(python_function)`, whose name, docstring and type hints say the same.

    `description` and `parameters` win over what a Python function says. Raises BadUsage when a function has
    parameters without a type, `*args`, `**kwargs`, or types that JSON cannot say.
    """
    schema: Any = parameters
    if isinstance(function, str):
        name = function
    elif callable(function):
        from ..schema.derive import parameters_of

        name, told, derived = parameters_of(function)
        description = told or None if description is None else description
        schema = derived if parameters is None else parameters
    else:
        raise BadUsage(f"function_tool: expected a name or a function, got {type(function).__name__}")
    if not name:
        raise BadUsage("function_tool: the name is empty")
    if schema is not None and not isinstance(schema, Mapping):
        raise BadUsage(f"the parameters of the tool {name} are a JSON Schema, a mapping; not {type(schema).__name__}")
    told_fields = {"name": name, "description": description, "parameters": schema, "strict": strict}
    return {"type": "function", "function": {key: value for key, value in told_fields.items() if value is not None}}


def tool_choice_function(function: str | Callable[..., Any]) -> dict[str, Any]:
    """A value for `tool_choice` that makes the model call this one function (given by name, or itself)."""
    if isinstance(function, str):
        name = function
    else:
        from ..schema.derive import name_of

        name = name_of(function)
    return {"type": "function", "function": {"name": name}}


def tool_call(id: str, name: str, arguments: str | Mapping[str, Any] | None = None) -> ToolCall:
    """A tool call, as for the history of a conversation. `arguments` is JSON text, or a mapping to be written as it."""
    text = arguments if isinstance(arguments, str) else codec.json_text({} if arguments is None else arguments)
    return ToolCall({"id": id, "type": "function", "function": {"name": name, "arguments": text}})


def tool_name(tool: Any) -> str | None:
    """The function name of a tool as it travels; None when it has none."""
    function = tool.get("function") if isinstance(tool, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else None
