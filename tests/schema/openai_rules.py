"""OpenAI's rules for strict schemas, written from its guide "Structured Outputs" (2026-11) and not from franca's table:
a second opinion on what the transform makes. Recursive and blunt on purpose."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["broken_rules"]

TAKEN = {
    "type",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "anyOf",
    "$ref",
    "$defs",
    "pattern",
    "format",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
}
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
TYPES = {"string", "number", "boolean", "integer", "object", "array", "null"}


def broken_rules(schema: dict[str, Any]) -> list[str]:
    """What OpenAI would object to, in words; [] when it is taken."""
    found: list[str] = []
    if schema.get("type") != "object" or "anyOf" in schema:
        found.append("the root must be an object")
    counts = {"properties": 0, "values": 0, "characters": 0}
    for name, one in {"": schema, **schema.get("$defs", {})}.items():
        counts["characters"] += len(name)
        _look(one, schema, 0, found, counts)
    for what, most in (("properties", 5000), ("values", 1000), ("characters", 120_000)):
        if counts[what] > most:
            found.append(f"{counts[what]} {what}")
    return found


def _look(one: Any, root: dict[str, Any], objects: int, found: list[str], counts: dict[str, int]) -> None:
    if not isinstance(one, dict):
        found.append(f"no schema: {one}")
        return
    found += [f"{word} is not permitted" for word in one.keys() - TAKEN]
    if "$ref" in one:
        target = one["$ref"].removeprefix("#/$defs/")
        if set(one) != {"$ref"} or (one["$ref"] != "#" and target not in root.get("$defs", {})):
            found.append(f"a ref with company, or to nowhere: {one}")
        return
    if "anyOf" in one:
        if not one["anyOf"]:
            found.append("an empty anyOf")
        for way in one["anyOf"]:
            _look(way, root, objects, found, counts)
    elif "type" not in one and "enum" not in one and "const" not in one:
        found.append(f"no type: {one}")
    kinds = one.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if not set(kinds) <= TYPES:
        found.append(f"types {kinds}")
    if "object" in kinds:
        _look_at_object(one, root, objects + 1, found, counts)
    if "array" in kinds:
        _look(one.get("items"), root, objects, found, counts)
    if "enum" in one:
        length = sum(len(value) if isinstance(value, str) else len(json.dumps(value)) for value in one["enum"])
        counts["values"] += len(one["enum"])
        counts["characters"] += length
        if not one["enum"] or any(isinstance(value, (dict, list)) for value in one["enum"]):
            found.append(f"an enum of {one['enum']}")
        if len(one["enum"]) > 250 and length > 15_000:
            found.append("a large enum with much text")
    if any(part in one.get("pattern", "") for part in ("(?=", "(?!", "(?<=", "(?<!")):
        found.append(f"look-around in {one['pattern']}")
    if "format" in one and one["format"] not in FORMATS:
        found.append(f"format {one['format']}")


def _look_at_object(
    one: dict[str, Any], root: dict[str, Any], objects: int, found: list[str], counts: dict[str, int]
) -> None:
    if objects > 10:
        found.append(f"{objects} levels")
    if one.get("additionalProperties") is not False:
        found.append("additionalProperties must be false")
    properties = one.get("properties", {})
    if sorted(one.get("required", [])) != sorted(properties):
        found.append("every property must be required, once")
    for name, inner in properties.items():
        counts["properties"] += 1
        counts["characters"] += len(name)
        _look(inner, root, objects, found, counts)
