"""Calls that a model asks for: the name, the arguments as the JSON text it wrote, and that text decoded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from ..errors import BadUsage, OutputInvalid
from . import codec
from .base import Window
from .fields import child, mapping, text, whole
from .texts import inner

__all__ = ["FunctionCall", "ToolCall"]

T = TypeVar("T")


def _json_text(value: object) -> str:
    """Arguments as text: as they came, or, from servers that send an object, as JSON text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return codec.received_text(value)


class FunctionCall(Window):
    """A function's name and arguments; in the legacy `function_call` field, and inside a tool call."""

    __slots__ = ()
    _shown: ClassVar[tuple[str, ...]] = ("name", "arguments")

    name = text("name", "Name of the function; None when it is missing.")

    @property
    def arguments(self) -> str:
        """The arguments as JSON text, as the model wrote it; "" when there is none."""
        return _json_text(self._data.get("arguments"))

    def arguments_map(self) -> dict[str, Any]:
        """The arguments decoded. Empty text means no arguments: {}.

        Raises OutputInvalid when the text is not the JSON of one object.
        """
        import msgspec

        value = self._decoded(msgspec.json.decode)
        if not isinstance(value, dict):
            raise self._invalid(f"the arguments are {_kind(value)}, not an object")
        return value

    def arguments_as(self, type: type[T]) -> T:
        """The arguments decoded and checked into a Python type: a dataclass, TypedDict, msgspec Struct ...
        or a pydantic model.

        Raises OutputInvalid when they do not fit, BadUsage for a type that cannot be decoded into.
        """
        import msgspec

        validate: Callable[[str], T] | None = getattr(type, "model_validate_json", None)
        return self._decoded(validate or (lambda source: msgspec.json.decode(source, type=type)))

    @property
    def arguments_error(self) -> str | None:
        """Why this call cannot be executed; None when it can.

        A call is executable when it has a name and its arguments are empty or the JSON of one object.
        Whether they fit the function is another question (`arguments_as`).
        """
        if not self.name:
            return "the call names no function"
        try:
            self.arguments_map()
        except OutputInvalid as error:
            return error.problems[0]
        return None

    def _decoded(self, decode: Callable[[str], T]) -> T:
        source = self.arguments
        try:
            return decode(source if source and not source.isspace() else "{}")
        except (ValueError, RecursionError) as error:  # msgspec's and pydantic's errors are ValueErrors
            raise self._invalid(str(error) or "the arguments are nested too deeply") from None
        except TypeError as error:
            raise BadUsage(f"arguments_as: {error}") from None

    def _invalid(self, problem: str) -> OutputInvalid:
        name = self.name or "(no name)"
        return OutputInvalid(f"tool call {name}: {problem}", text=self.arguments, problems=[problem])


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    return "a string" if isinstance(value, str) else "an array" if isinstance(value, list) else "a number"


class ToolCall(FunctionCall):
    """One entry of `tool_calls`: an id and a function call (or, for a custom tool, free text).

    In a stream's event it is a fragment: `index` says of which call, and name, id or arguments may be missing.
    """

    __slots__ = ()
    _shown = ("id", "name", "arguments")

    id = text("id", "Identifier that the tool message with the result must repeat.")
    type = text("type", '"function" or "custom"; absent from many streams.')
    index = whole("index", "Position among the calls of a streamed message.")
    function = child("function", FunctionCall, "The function call inside.")
    custom = mapping("custom", "The call of a custom tool: its name and input text.")

    def _inner(self) -> dict[str, Any]:
        data = self._data
        # A flat form without `function` is what a few gateways send.
        return inner(data, "function") or inner(data, "custom") or data

    @property
    def name(self) -> str | None:  # type: ignore[override]
        """Name of the function or custom tool; None when it is missing."""
        name = self._inner().get("name")
        return name if isinstance(name, str) else None

    @property
    def arguments(self) -> str:
        """The arguments as JSON text, as the model wrote it; "" when there is none."""
        return _json_text(self._inner().get("arguments"))

    @property
    def input(self) -> str | None:
        """The free text given to a custom tool; None for a function."""
        found = inner(self._data, "custom").get("input")
        return found if isinstance(found, str) else None

    @property
    def arguments_error(self) -> str | None:
        """Why this call cannot be executed with `arguments_map()`; None when it can (see `FunctionCall`)."""
        if "custom" in self._data and "function" not in self._data:
            return "this is the call of a custom tool: its text is in .input"
        return super().arguments_error
