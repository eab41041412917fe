"""How large a schema is, counted as providers count."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...errors import BadUsage
from .pointers import walk

__all__ = ["Size", "measure", "names_required"]


class Size(NamedTuple):
    """Counts as in `profiles.Limits`; `enums` holds (pointer, values, characters) of each enum."""

    properties: int
    depth: int
    enum_values: int
    characters: int
    optional: int
    unions: int
    enums: tuple[tuple[str, int, int], ...]


def measure(schema: Any) -> Size:
    """The size of a schema."""
    properties = values = characters = optional = unions = deepest = 0
    enums: list[tuple[str, int, int]] = []
    for place, one in walk(schema):
        if not isinstance(one, dict):
            continue
        deepest = max(deepest, _levels(place, one))
        named = one.get("properties")
        if isinstance(named, dict):
            properties += len(named)
            characters += sum(map(len, named))
            required = names_required(one)
            optional += sum(name not in required for name in named)
        for word in ("$defs", "definitions"):
            if isinstance(one.get(word), dict):
                characters += sum(map(len, one[word]))
        if isinstance(one.get("enum"), list):
            length = sum(map(_length, one["enum"]))
            values += len(one["enum"])
            characters += length
            enums.append((place, len(one["enum"]), length))
        if "const" in one:
            characters += _length(one["const"])
        kinds = one.get("type")
        unions += "anyOf" in one or "oneOf" in one or (isinstance(kinds, list) and len(kinds) > 1)
    return Size(properties, deepest, values, characters, optional, unions, tuple(enums))


def names_required(schema: Mapping[str, Any]) -> set[str]:
    """The names in `required`, as far as it is a list of names."""
    listed = schema.get("required")
    return {name for name in listed if isinstance(name, str)} if isinstance(listed, list) else set()


def _length(value: Any) -> int:
    try:
        return len(value) if isinstance(value, str) else len(json.dumps(value))
    except RecursionError:
        raise BadUsage("a value of an enum or a const is nested too deeply") from None


def _levels(place: str, schema: dict[str, Any]) -> int:
    """How many objects are one in another here: each step into a member is one, and this is one if it is an object. A
    definition begins anew."""
    words = place.split("/")
    level, at = 0, 1
    while at < len(words):
        if words[at] in ("$defs", "definitions"):
            level = 0
        elif words[at] in ("properties", "additionalProperties", "patternProperties"):
            level += 1
        at += 2 if words[at] in _WITH_NAME else 1
    return level + (schema.get("type") == "object" or "properties" in schema)


_WITH_NAME = frozenset(
    [
        "properties",
        "patternProperties",
        "$defs",
        "definitions",
        "dependentSchemas",
        "prefixItems",
        "anyOf",
        "oneOf",
        "allOf",
    ]
)
