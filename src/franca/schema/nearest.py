"""What to tell of a value that fits none of a union's forms, and what types are called when that is told."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Mapping
from typing import Any

from .kinds import Choice, Items, Kind, Leaf, Map, Model, Named, Record, Tuple
from .validate import Problem, kind_of, shown

__all__ = ["called", "nearest"]

_EXPECTED: dict[Any, str] = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "a string",
    type(None): "null",
    bytes: "base64 text",
    bytearray: "base64 text",
    datetime.datetime: "a date and time such as 2026-01-31T09:30:00Z",
    datetime.date: "a date such as 2026-01-31",
    datetime.time: "a time such as 09:30:00",
    datetime.timedelta: "a duration such as PT90S",
    decimal.Decimal: "a decimal number as text",
    uuid.UUID: "a UUID",
}


_CHOSEN = ("enum", "literal_error")  # the latter is pydantic's


def nearest(failed: list[tuple[Kind, list[Problem]]], value: Any, path: str) -> list[Problem]:
    """What is wrong with the form that was meant, as far as that can be told."""
    meant = [(form, problems) for form, problems in failed if _looks_like(form, value)]
    if not meant:
        forms = " or ".join(dict.fromkeys(called(form) for form, _ in failed))
        return [Problem(path, "type", forms, kind_of(value))]
    if len(meant) == 1:
        return meant[0][1]
    # An enum or tag that does not fit says that another form was meant.
    problems = min((told for _, told in meant), key=_distance)
    names = ", ".join(dict.fromkeys(called(form) for form, _ in meant))
    return [Problem(path, "anyOf", f"one of the forms {names}", ""), *problems]


def _distance(problems: list[Problem]) -> tuple[bool, int]:
    return any(problem.keyword in _CHOSEN for problem in problems), len(problems)


def _looks_like(form: Kind, value: Any) -> bool:
    """Whether the JSON type of the value is that of the form."""
    if isinstance(value, Mapping):
        return isinstance(form, (Map, Model)) or (isinstance(form, Record) and not form.array)
    if isinstance(value, (list, tuple)):
        return isinstance(form, (Items, Tuple, Model)) or (isinstance(form, Record) and form.array)
    if isinstance(form, Choice):
        return any(type(one) is type(value) for one, _ in form.members)
    if not isinstance(form, Leaf) or form.type is type(None):
        return False
    if isinstance(value, (int, float)):
        return form.type in (bool,) if isinstance(value, bool) else form.type in (int, float)
    return isinstance(value, str) and form.type not in (bool, int, float)


def called(form: Kind) -> str:
    """A form in a few words."""
    if isinstance(form, Named) and form.name:
        return form.name
    if isinstance(form, Choice):
        return " or ".join(shown(one) for one, _ in form.members)
    if isinstance(form, Leaf):
        return _EXPECTED.get(form.type) or f"a {getattr(form.type, '__name__', form.type)}"
    return "an object" if isinstance(form, Map) else "an array"
