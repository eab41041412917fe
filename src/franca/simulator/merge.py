"""Several JSON schemas made into one that demands what all of them do, as far as one schema can say it."""

from __future__ import annotations

from typing import Any

from .fits import resolve

__all__ = ["flattened", "merged"]

_HIGHER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_LOWER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")


def flattened(schema: Any, root: Any) -> Any:
    """The schema with `$ref` followed and `allOf` merged into the rest."""
    schema = resolve(schema, root)
    if not isinstance(schema, dict) or "allOf" not in schema:
        return schema
    made: Any = {key: value for key, value in schema.items() if key != "allOf"}
    for part in schema["allOf"]:
        made = merged(made, flattened(part, root), root)
    return made


def merged(left: Any, right: Any, root: Any) -> Any:
    """One schema for both."""
    if left is False or right is False:
        return False
    if not isinstance(left, dict) or not isinstance(right, dict):
        return right if isinstance(right, dict) else left
    made = dict(left)
    for key, value in right.items():
        made[key] = _merged_keyword(key, made[key], value, root) if key in made else value
    return _open_properties(left, right, made)


def _merged_keyword(key: str, left: Any, right: Any, root: Any) -> Any:
    if key in _HIGHER and not isinstance(left, bool) and not isinstance(right, bool):
        return max(left, right)
    if key in _LOWER and not isinstance(left, bool) and not isinstance(right, bool):
        return min(left, right)
    if key == "required":
        return [*left, *(name for name in right if name not in left)]
    if key == "enum":
        return [value for value in left if value in right]
    if key == "type":
        return _merged_types(left, right)
    if key in ("properties", "patternProperties", "$defs", "definitions"):
        return {
            name: merged(flattened(left[name], root), flattened(right[name], root), root)
            if name in left and name in right
            else (left[name] if name in left else right[name])
            for name in {**left, **right}
        }
    if key in ("items", "additionalProperties"):
        return merged(flattened(left, root), flattened(right, root), root)
    if key in ("anyOf", "oneOf"):
        return [merged(flattened(one, root), flattened(other, root), root) for one in left for other in right]
    return right


def _merged_types(left: Any, right: Any) -> Any:
    ours = [left] if isinstance(left, str) else list(left)
    theirs = [right] if isinstance(right, str) else list(right)
    both = [name for name in ours if name in theirs or (name == "integer" and "number" in theirs)]
    both += [name for name in theirs if name == "integer" and "number" in ours and name not in both]
    return both[0] if len(both) == 1 else both


def _open_properties(left: dict[str, Any], right: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    """What one side closes (`additionalProperties: false`), the other side's properties cannot open."""
    for closed, other in ((left, right), (right, left)):
        if closed.get("additionalProperties") is False:
            for name in other.get("properties", {}):
                if name not in closed.get("properties", {}):
                    made["properties"] = {**made.get("properties", {}), name: False}
    return made
