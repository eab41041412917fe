"""A schema that says the same, and whose unions tell of a value only that it fits none of the forms.

jsonschema-rs 0.60 collects, for each form of a union, everything that is wrong with it, unions inside unions included:
in a type that holds itself in several forms that doubles with every level of the value (two minutes at 18 levels).
Behind a double `not` it asks only whether a form fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["folded", "unfolded"]

_UNIONS = ("anyOf", "oneOf")
_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_ONES = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")


def folded(schema: Any) -> Any:
    """The schema with each union behind a double `not`, made in its place: hand in a copy of your own.

    None where that is not needed (nothing holds itself) or would say something else: `unevaluatedProperties` counts
    what the forms know, and a reference may lead into one.
    """
    pending, parts, recursive = [schema], [], False
    while pending:
        part = pending.pop()
        if not isinstance(part, dict):
            continue
        reference = part.get("$ref")
        recursive = recursive or reference is not None
        into = isinstance(reference, str) and any(f"/{union}/" in reference for union in _UNIONS)
        if into or "unevaluatedProperties" in part or "unevaluatedItems" in part:
            return None
        parts.append(part)
        pending.extend(_inside(part))
    for part in parts if recursive else ():
        behind = [{"not": {"not": {union: part.pop(union)}}} for union in _UNIONS if union in part]
        if behind:
            part["allOf"] = [*part.get("allOf", ()), *behind]
    return schema if recursive else None


def unfolded(schema: Any) -> str | None:
    """Which union it is that a failed `not` stands for; None for a `not` of the schema's own."""
    inner = schema.get("not") if isinstance(schema, Mapping) else None
    return next((union for union in _UNIONS if isinstance(inner, Mapping) and set(inner) == {union}), None)


def _inside(schema: dict[str, Any]) -> Iterator[Any]:
    for keyword in _MAPS:
        yield from schema.get(keyword, {}).values()
    for keyword in _LISTS:
        yield from schema.get(keyword, ())
    for keyword in _ONES:
        yield schema.get(keyword)
