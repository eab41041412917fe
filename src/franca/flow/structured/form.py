"""A schema in the form that a mode sends, and the way between that form and the value that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import OutputInvalid

if TYPE_CHECKING:
    from ...schema.parsing import Repair
    from .goal import Goal

__all__ = ["BOX", "Form", "Reading", "boxed"]

BOX = "value"
"""The field that a value is put in which is no object."""

_WHOLE = frozenset({"text around", "thinking"})
"""Repairs that leave the JSON as it was written."""
_OPEN = frozenset({"cut", "unfinished"})
"""Repairs of an end that is missing."""


class Reading:
    """A text that was read: the value as JSON, and what was mended."""

    __slots__ = ("data", "repairs", "whole")

    def __init__(self, data: Any, sent: Any, repairs: tuple[Repair, ...]) -> None:
        self.data = data
        self.repairs = repairs
        self.whole = isinstance(sent, (dict, list)) and all(repair.kind in _WHOLE for repair in repairs)
        """Whether the text can be no part of a longer one: JSON in brackets, the last of which is there. `12` may
        have been cut from `123`, and two lines of objects from three."""

    @property
    def open(self) -> bool:
        """Whether the end had to be made up: brackets closed, an unfinished field left out."""
        return any(repair.kind in _OPEN for repair in self.repairs)


class Form:
    """The schema as one mode sends it.

    back   makes the value out of what the sent schema describes
    forth  the other way, for examples; raises BadUsage for a value that this form cannot say
    path   where the value is in what is sent
    """

    __slots__ = ("_goal", "back", "forth", "mode", "path", "schema")

    def __init__(
        self,
        mode: str,
        schema: dict[str, Any],
        back: Callable[[Any], Any],
        forth: Callable[[Any], Any],
        goal: Goal,
        path: tuple[str, ...] = (),
    ) -> None:
        self.mode = mode
        self.schema = schema
        self.back = back
        self.forth = forth
        self._goal = goal
        self.path = path

    def growing(self, data: Any) -> Any:
        """The value so far, out of what the sent form holds so far; None before its beginning."""
        from ...schema.parsing.partial import UNSET

        for step in self.path:
            data = data.get(step) if isinstance(data, dict) else None
        if data is None or data is UNSET or self.mode != "strict":
            return None if data is UNSET else data
        return self.back({BOX: data} if self.path else data)

    def item(self, data: Any) -> Any:
        """One item of a list, out of its sent form."""
        return self.back({BOX: [data]} if self.path else [data])[0]

    def read(self, text: str) -> Reading:
        """The value in a text. Raises OutputInvalid, whose problems are about the form that was sent."""
        goal = self._goal
        try:
            parsed = goal.parse(text, self.schema)
            return Reading(goal.checked(self.back(parsed.value), text), parsed.value, tuple(parsed.repairs))
        except OutputInvalid as error:
            if self.schema is goal.schema:
                raise
            try:  # a model that was shown the form may write the value as it is all the same
                parsed = goal.parse(text, goal.schema)
            except OutputInvalid:
                raise error from None
            return Reading(parsed.value, parsed.value, tuple(parsed.repairs))

    def exact(self, text: str) -> Any:
        """The value of a text that is JSON in brackets from its first character to its last, in the form that was sent
        or as it was asked for. Raises OutputInvalid or ValueError for any other text."""
        import msgspec

        from ...schema.validate import validator_for

        value = msgspec.json.decode(text)
        if not isinstance(value, (dict, list)):
            raise ValueError("no brackets")
        if validator_for(self.schema).valid(value):
            value = self.back(value)
        return self._goal.checked(value, text)

    def example(self, example: tuple[str | None, Any]) -> Any:
        """An example, (input or None, value), as the prompt of this mode tells it. Raises BadUsage."""
        given, value = example
        output = self.forth(value)
        return output if given is None else (given, output)


def boxed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of an object whose one field is the value. Definitions stay where servers look for them."""
    inner = {name: part for name, part in schema.items() if name != "$schema"}
    # With an address of its own the schema stays a document of its own, and its references lead inside.
    names = () if "$id" in inner else tuple(name for name in ("$defs", "definitions") if name in inner)
    shared: dict[str, Any] = {name: inner.pop(name) for name in names}
    made: dict[str, Any] = {
        "type": "object",
        "properties": {BOX: inner},
        "required": [BOX],
        "additionalProperties": False,
        **shared,
    }
    return made if "$id" in schema else _moved(made, names)


def _moved(schema: dict[str, Any], shared: tuple[str, ...]) -> dict[str, Any]:
    """The box, with references to the root of what is inside leading there. The original stays as it is."""
    made: list[Any] = [schema]
    pending: list[Any] = [made]
    while pending:
        holder = pending.pop()
        for key, item in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(item, (dict, list)):
                holder[key] = fresh = item.copy()
                pending.append(fresh)
            elif key == "$ref" and _leads_inside(item, shared):
                holder[key] = f"#/properties/{BOX}{item[1:]}"
    found: dict[str, Any] = made[0]
    return found


def _leads_inside(ref: Any, shared: tuple[str, ...]) -> bool:
    """Whether a reference is a path from the root of the schema, and not to what stays there, or an anchor."""
    if not isinstance(ref, str) or (ref != "#" and ref[:2] != "#/"):
        return False
    return ref == "#" or ref.split("/")[1] not in shared
