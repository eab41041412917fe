"""`-k key=value`: request fields that have no option of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ..errors import BadUsage

__all__ = ["read_fields"]

_ELSEWHERE = {"model": "-m NAME", "messages": "the prompt", "stream": "--no-stream", "input": "the texts"}


def read_fields(pairs: Iterable[str], named: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that `-k` options say: `top_p=0.9`, `stop='["a"]'`, `provider.sort=price`.

    A value is JSON where it parses as such, else text; a dotted key makes objects within objects. `named` are
    the fields that have been given by options of their own. Raises BadUsage for a field that is said twice.
    """
    fields: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        names = key.split(".")
        if not equals or not all(names):
            raise BadUsage(f"-k takes KEY=VALUE, not {pair!r}")
        if names[0] in _ELSEWHERE:
            raise BadUsage(f"-k {names[0]}: that is given by {_ELSEWHERE[names[0]]}")
        if names[0] in named:
            raise BadUsage(f"{names[0]} is given twice: by -k and by an option of its own")
        _put(fields, names, _value(value), key)
    return fields


def _value(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        return text


def _put(fields: dict[str, Any], names: list[str], value: Any, key: str) -> None:
    for name in names[:-1]:
        inner = fields.setdefault(name, {})
        if not isinstance(inner, dict):
            raise BadUsage(f"-k {key}: {name} has a value of its own already")
        fields = inner
    if names[-1] in fields:
        raise BadUsage(f"-k {key} is given twice")
    fields[names[-1]] = value
