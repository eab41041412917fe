"""The arguments that a model wrote, checked before anything runs: against a function's type hints, or against a JSON
Schema. What does not fit is told as lines that a model can act on: path, what was expected, what came."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from ..errors import BadUsage
from .check import problems_of, strangers
from .derive import name_of, typed_parameters

__all__ = ["SchemaArguments", "TypedArguments", "repeated_names"]

_AT = " - at `"


class TypedArguments:
    """Decodes arguments into the types of a Python function's parameters, strictly: "3" is no int, 1.0 neither.

    A pydantic model validates itself, by its own rules. With the `schema` that was offered, names that it does not
    have are refused inside the arguments too: a dataclass, TypedDict or model would pass over them, and what the model
    meant would silently be a default. Raises BadUsage for a function that `parameters_of` refuses.
    """

    __slots__ = ("_decoders", "_required", "_schema")

    def __init__(self, function: Callable[..., Any], schema: Mapping[str, Any] | None = None) -> None:
        name = name_of(function)
        self._schema = schema
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        self._required = []
        for parameter, hint in typed_parameters(function, name):
            try:
                self._decoders[parameter.name] = msgspec.json.Decoder(hint, dec_hook=_from_model)
            except TypeError as error:
                raise BadUsage(f"{name}: parameter {parameter.name!r}: {error}") from None
            if parameter.default is parameter.empty:
                self._required.append(parameter.name)

    def read(self, source: str) -> tuple[dict[str, Any], list[str]]:
        """The arguments by name, and what is wrong with them. `source` is the JSON text of one object."""
        try:
            given = msgspec.json.decode(source, type=dict[str, msgspec.Raw])
        except RecursionError:
            return {}, ["the arguments are nested too deeply"]
        found: dict[str, Any] = {}
        problems = [f"{name}: required, but missing" for name in self._required if name not in given]
        for name, raw in given.items():
            decoder = self._decoders.get(name)
            if decoder is None:
                problems.append(_unknown(name, self._decoders))
                continue
            try:
                found[name] = decoder.decode(raw)
            except ValueError as error:  # msgspec's and pydantic's errors are ValueErrors
                problems.append(_placed(name, str(error)))
            except Exception as error:  # of a `__post_init__` or validator of the caller's: no argument was made
                problems.append(f"{name}: {type(error).__name__}: {error}")
        if not problems and self._schema is not None:
            problems = strangers(msgspec.json.decode(source), self._schema)
        return found, problems


class SchemaArguments:
    """Checks arguments against the JSON Schema that was offered; they stay plain JSON values."""

    __slots__ = ("_schema",)

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema

    def read(self, source: str) -> tuple[dict[str, Any], list[str]]:
        """As `TypedArguments.read`."""
        given: dict[str, Any] = msgspec.json.decode(source)
        return given, problems_of(given, self._schema)


def repeated_names(source: str) -> list[str]:
    """What an object of the JSON text says twice, as problems: nobody knows which of the values is meant."""
    import json

    repeated: dict[str, None] = {}

    def look(pairs: list[tuple[str, Any]]) -> None:
        seen = set()
        for name, _ in pairs:
            if name in seen:
                repeated[name] = None
            seen.add(name)

    json.loads(source, object_pairs_hook=look, parse_int=str, parse_float=str)
    return [f"{name}: given more than once" for name in repeated]


def _from_model(kind: Any, value: Any) -> Any:
    """A pydantic model: no other class outside the standard ones has a schema. Read from JSON, so that a strict model
    takes a date as text too."""
    try:
        return kind.model_validate_json(msgspec.json.encode(value))
    except ValueError as error:
        told = getattr(error, "errors", None)
        if told is None:
            raise
        lines = [f"{'.'.join(map(str, one['loc'])) or 'the object'}: {one['msg']}" for one in told()]
        raise ValueError("; ".join(lines)) from None


def _unknown(name: str, known: Mapping[str, Any]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    listed = ", ".join(known) or "none"
    return f"{name}: no such argument{f' (did you mean {near[0]!r}?)' if near else ''}; there are: {listed}"


def _placed(name: str, said: str) -> str:
    """msgspec's "Expected `int`, got `str` - at `$[0].n`" as "name[0].n: expected `int`, got `str`"."""
    what, found, place = said.rpartition(_AT)
    if not found:
        what, place = said, "$`"
    path = place.removesuffix("`")
    where = name + path[1:] if path.startswith("$") else f"{name} (at {path.replace('`', '')})"
    return f"{where}: {what[:1].lower()}{what[1:]}"
