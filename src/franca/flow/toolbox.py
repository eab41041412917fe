"""The tools of a loop: what is offered to the model, which function a call means, and whether its arguments fit.

Everything that goes back to the model as text is made here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import BadUsage
from ..wire import codec
from ..wire.calls import ToolCall
from ..wire.tools import Tool, function_tool, tool_name

__all__ = ["Plan", "Toolbox", "bounded", "error_text", "is_coroutine_function", "result_text"]

_LONGEST_ERROR = 2000  # characters of an error that the model is told


class Bound:
    """One tool with the function behind it."""

    __slots__ = ("coroutine", "function", "name", "reader")

    def __init__(self, name: str, function: Callable[..., Any], reader: Any) -> None:
        self.name = name
        self.function = function
        self.reader = reader
        self.coroutine = is_coroutine_function(function)


class Plan:
    """What becomes of one call: it is run with these arguments, or answered with a text at once."""

    __slots__ = ("arguments", "begun", "bound", "call", "job", "started", "text", "until")

    def __init__(self, call: ToolCall) -> None:
        self.call = call
        self.bound: Bound | None = None
        self.arguments: dict[str, Any] = {}
        self.text: str | None = None
        """The answer to the model, when there is one."""
        self.begun = False
        self.job: Any = None
        self.started = 0.0
        self.until: float | None = None


class Toolbox:
    """The tools by name. `sent` is what the request offers.

    Raises BadUsage for what is no tool, for two of one name, for a schema without a function, and, where only
    blocking functions can be run, for a coroutine function.
    """

    __slots__ = ("_bound", "sent")

    def __init__(self, tools: object, *, coroutines: bool) -> None:
        if not isinstance(tools, (list, tuple)) or isinstance(tools, Tool):
            raise BadUsage(f"tools: expected a list of functions, got {type(tools).__name__}", param="tools")
        self.sent: list[Any] = []
        self._bound: dict[str, Bound] = {}
        for position, tool in enumerate(tools):
            where = f"tools[{position}]"
            if isinstance(tool, Mapping):
                self.sent.append(_of_the_server(tool, where))
                continue
            sent, bound = _bind(tool, where)
            if bound.coroutine and not coroutines:
                raise BadUsage(f"{where}: {bound.name} is a coroutine function; use AsyncClient for it", param="tools")
            if bound.name in self._bound:
                raise BadUsage(f"{where}: there are two tools called {bound.name!r}", param="tools")
            self.sent.append(sent)
            self._bound[bound.name] = bound

    def plan(self, call: ToolCall) -> Plan:
        """The plan for a call; one that cannot be run has its text: why not, and what would be right."""
        plan = Plan(call)
        name = call.name
        bound = self._bound.get(name) if name else None
        if bound is None:
            plan.text = _not_run(self._unknown(name))
        elif call.arguments_error is not None:
            plan.text = _not_run(f"the arguments are not the JSON of one object: {call.arguments_error}")
        else:
            from ..schema.arguments import repeated_names

            plan.bound = bound
            source = call.arguments if call.arguments.strip() else "{}"
            plan.arguments, problems = bound.reader.read(source)
            problems = problems or repeated_names(source)
            if problems:
                plan.text = _not_run("the arguments do not fit:\n" + "\n".join(f"- {line}" for line in problems))
        return plan

    def decide(self, plan: Plan, answer: Any) -> None:
        """What `before_call` answered, put into the plan."""
        if answer is None or answer is True:
            return
        if answer is False or isinstance(answer, str):
            plan.text = answer or _not_run("the call was refused")
            return
        if not isinstance(answer, Mapping) or plan.bound is None:
            shut(answer)
            raise BadUsage(
                f"before_call returned {type(answer).__name__}: it returns None or True to go on, False or a text to "
                "refuse, or a dict of other arguments"
            )
        source = codec.json_text(answer)
        plan.arguments, problems = plan.bound.reader.read(source)
        if problems:
            raise BadUsage(f"the arguments that before_call put in do not fit {plan.bound.name}: {'; '.join(problems)}")
        plan.call = _with_arguments(plan.call, source)

    def _unknown(self, name: str | None) -> str:
        from difflib import get_close_matches

        listed = ", ".join(self._bound) or "none"
        if not name:
            return f"the call names no tool; the tools are: {listed}"
        near = get_close_matches(name, self._bound, n=1)
        return f"there is no tool {name!r}{f' (did you mean {near[0]!r}?)' if near else ''}; the tools are: {listed}"


def _bind(tool: Any, where: str) -> tuple[dict[str, Any], Bound]:
    from ..schema.arguments import SchemaArguments, TypedArguments

    function = tool.function if isinstance(tool, Tool) else tool
    if not callable(function):
        raise BadUsage(f"{where}: expected a function or a Tool, got {type(function).__name__}", param="tools")
    if isinstance(function, type):
        raise BadUsage(
            f"{where}: {function.__name__} is a class: there is nothing to run; give a function that takes one",
            param="tools",
        )
    sent = tool.to_dict() if isinstance(tool, Tool) else function_tool(function)
    offered = sent["function"]["parameters"]
    own = isinstance(tool, Tool) and tool.parameters is not None
    reader: Any = SchemaArguments(offered) if own else TypedArguments(function, offered)
    return sent, Bound(sent["function"]["name"], function, reader)


def _of_the_server(tool: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """A tool that the server itself runs (web search ...) goes as it is; one that we should run needs its function."""
    if tool.get("type", "function") not in ("function", "custom"):
        return tool
    raise BadUsage(
        f"{where}: {tool_name(tool) or 'this tool'} is a schema without a function to run: "
        "give Tool(name, description, parameters, function)",
        param="tools",
    )


def is_coroutine_function(function: Any) -> bool:
    """Also for a method, a `functools.partial` and an object with an async `__call__`."""
    from inspect import iscoroutinefunction

    return iscoroutinefunction(function) or iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def shut(value: Any) -> None:
    """Close a coroutine that nobody will await, so that Python does not warn of it later."""
    close = getattr(value, "close", None)
    if hasattr(value, "__await__") and close is not None:
        close()


def _with_arguments(call: ToolCall, source: str) -> ToolCall:
    data = call.to_dict()
    place = data.get("function")
    (place if isinstance(place, dict) else data)["arguments"] = source
    return ToolCall(data)


# ---- texts for the model ------------------------------------------------------------------------


def _not_run(why: str) -> str:
    return bounded(f"Error: this call was not run: {why}", _LONGEST_ERROR)


def error_text(error: BaseException) -> str:
    """`ErrorType: message`, without a traceback, at most 2,000 characters."""
    try:
        said = str(error)
    except Exception:  # an exception class with a broken __str__
        said = ""
    name = type(error).__name__
    return bounded(f"{name}: {said}" if said else name, _LONGEST_ERROR)


def result_text(result: Any) -> str:
    """A str as it is, anything else as its JSON. Raises BadUsage for what is no JSON."""
    if isinstance(result, str):
        return str.__str__(result)  # of an Enum that is a str, its value
    return codec.json_text(result)


def bounded(text: str, most: int | None) -> str:
    """The text, cut after `most` characters with a mark that says so; fit to be sent (no lone surrogates, as file
    names may have them)."""
    if most is not None and len(text) > most:
        text = f"{text[:most]}\n[cut here: {most:,} of {len(text):,} characters]"
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
