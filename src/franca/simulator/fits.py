"""Whether a value fits a JSON schema: the keywords that `instance` knows, so that it can check its own work."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["fits", "resolve"]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def resolve(schema: Any, root: Any) -> Any:
    """Follow `$ref` (a JSON pointer into the root) for as long as there is one. KeyError when it leads nowhere."""
    for _ in range(32):
        if not isinstance(schema, dict) or "$ref" not in schema:
            return schema
        target = root
        for step in str(schema["$ref"]).removeprefix("#").split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            target = target[int(step)] if isinstance(target, list) else target[step]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {"allOf": [target, beside]} if _constrains(beside) else target
    raise KeyError("a $ref that leads to itself")


def _constrains(schema: dict[str, Any]) -> bool:
    return any(key not in ("title", "description", "default", "$comment", "examples", "deprecated") for key in schema)


def fits(value: Any, schema: Any, root: Any) -> bool:
    """Whether the value is valid; keywords that are not known count as fulfilled."""
    schema = resolve(schema, root)
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        return True
    return (
        _fits_type(value, schema)
        and ("const" not in schema or _same(value, schema["const"]))
        and ("enum" not in schema or any(_same(value, one) for one in schema["enum"]))
        and _fits_parts(value, schema, root)
        and (not isinstance(value, str) or _fits_string(value, schema))
        and (isinstance(value, bool) or not isinstance(value, (int, float)) or _fits_number(value, schema))
        and (not isinstance(value, list) or _fits_array(value, schema, root))
        and (not isinstance(value, dict) or _fits_object(value, schema, root))
    )


def _same(left: Any, right: Any) -> bool:
    return left == right and isinstance(left, bool) == isinstance(right, bool)


def _fits_type(value: Any, schema: dict[str, Any]) -> bool:
    if value is None and schema.get("nullable") is True:
        return True
    names = schema.get("type")
    if names is None:
        return True
    for name in [names] if isinstance(names, str) else names:
        if name == "integer" and isinstance(value, float) and value.is_integer():
            return True
        if isinstance(value, _TYPES.get(name, ())) and (name == "boolean" or not isinstance(value, bool)):
            return True
    return False


def _fits_parts(value: Any, schema: dict[str, Any], root: Any) -> bool:
    if not all(fits(value, part, root) for part in schema.get("allOf", ())):
        return False
    if "anyOf" in schema and not any(fits(value, part, root) for part in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(fits(value, part, root) for part in schema["oneOf"]) != 1:
        return False
    if "not" in schema and fits(value, schema["not"], root):
        return False
    if "if" in schema:
        branch = "then" if fits(value, schema["if"], root) else "else"
        return branch not in schema or fits(value, schema[branch], root)
    return True


def _fits_string(value: str, schema: dict[str, Any]) -> bool:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        return False
    pattern = schema.get("pattern")
    if pattern is None:
        return True
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return True


def _fits_number(value: float, schema: dict[str, Any]) -> bool:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if low is not None and (value < low or (above is True and value == low)):
        return False
    if high is not None and (value > high or (below is True and value == high)):
        return False
    if above is not None and above is not True and above is not False and value <= above:
        return False
    if below is not None and below is not True and below is not False and value >= below:
        return False
    step = schema.get("multipleOf")
    return not step or abs(value / step - round(value / step)) < 1e-9


def _fits_array(value: list[Any], schema: dict[str, Any], root: Any) -> bool:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        return False
    if schema.get("uniqueItems") and any(_same(one, other) for at, one in enumerate(value) for other in value[:at]):
        return False
    items = schema.get("items", True)
    first = schema.get("prefixItems", items if isinstance(items, list) else ())
    rest = schema.get("additionalItems", True) if isinstance(items, list) else items
    if not all(fits(one, part, root) for one, part in zip(value, first, strict=False)):
        return False
    if not all(fits(one, rest, root) for one in value[len(first) :]):
        return False
    if "contains" in schema:
        found = sum(fits(one, schema["contains"], root) for one in value)
        return bool(schema.get("minContains", 1) <= found <= schema.get("maxContains", found))
    return True


def _fits_object(value: dict[str, Any], schema: dict[str, Any], root: Any) -> bool:
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
        return False
    if any(name not in value for name in schema.get("required", ())):
        return False
    for name, others in schema.get("dependentRequired", {}).items():
        if name in value and any(other not in value for other in others):
            return False
    properties, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, one in value.items():
        parts = [properties[name]] if name in properties else []
        parts += [part for pattern, part in patterns.items() if re.search(pattern, name)]
        if not parts:
            parts = [schema.get("additionalProperties", True)]
        if not all(fits(one, part, root) for part in parts):
            return False
    names = schema.get("propertyNames")
    return names is None or all(fits(name, names, root) for name in value)
