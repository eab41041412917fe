"""What is wrong with a value by a JSON Schema, as lines: path, what was expected, what came.

The keywords that tool schemas use are known: type, enum, const, properties, required, additionalProperties, items,
prefixItems, anyOf, oneOf, allOf, local $ref, and the limits of numbers, texts, arrays and objects. Others are taken
as fulfilled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sized
from typing import Any

__all__ = ["problems_of"]

_MOST = 20  # problems that are told of one value
_MOST_REFS = 32  # references in a row before they are taken for a circle
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def problems_of(value: Any, schema: Any, path: str = "") -> list[str]:
    """The problems, at most 20; [] when the value fits."""
    from itertools import islice

    try:
        return list(islice(_problems(value, schema, path, schema), _MOST))
    except RecursionError:
        return [f"{path or 'the arguments'}: nested too deeply"]


def _problems(value: Any, schema: Any, path: str, root: Any) -> Iterator[str]:
    schema = _resolved(schema, root)
    if schema is False:
        yield f"{path or 'the arguments'}: nothing is allowed here"
    if not isinstance(schema, Mapping):
        return
    where = path or "the arguments"
    wrong = _wrong_type(value, schema)
    if wrong:
        yield f"{where}: {wrong}"
        return
    if "enum" in schema and not any(_same(value, one) for one in schema["enum"]):
        yield f"{where}: expected one of {_shown(schema['enum'])}, got {_shown(value)}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{where}: expected {_shown(schema['const'])}, got {_shown(value)}"
    for keyword, exceeds, said in _LIMITS:
        limit = schema.get(keyword)
        if limit is not None and exceeds(value, limit):
            yield f"{where}: {said} {limit}, got {_shown(value)}"
    yield from _parts(value, schema, path, root)
    if isinstance(value, dict):
        yield from _members(value, schema, path, root)
    elif isinstance(value, list):
        yield from _items(value, schema, path, root)


def _resolved(schema: Any, root: Any) -> Any:
    """The schema behind `$ref`s into the root. One that leads nowhere, or to itself, says nothing."""
    for _ in range(_MOST_REFS):
        if not isinstance(schema, Mapping) or not isinstance(schema.get("$ref"), str):
            return schema
        target = root
        for step in schema["$ref"].removeprefix("#").split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            target = target.get(step) if isinstance(target, Mapping) else None
        schema = target
    return True


def _wrong_type(value: Any, schema: Mapping[str, Any]) -> str:
    names = schema.get("type")
    if names is None or (value is None and schema.get("nullable") is True):
        return ""
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name == "integer" and isinstance(value, float) and value.is_integer():
            return ""
        if isinstance(value, _TYPES.get(name, (object,))) and (name == "boolean" or not isinstance(value, bool)):
            return ""
    return f"expected {' or '.join(names)}, got {_kind(value)}"


def _parts(value: Any, schema: Mapping[str, Any], path: str, root: Any) -> Iterator[str]:
    for part in schema.get("allOf", ()):
        yield from _problems(value, part, path, root)
    for keyword in ("anyOf", "oneOf"):
        parts = schema.get(keyword)
        if not parts:
            continue
        first = [next(_problems(value, part, path, root), None) for part in parts]
        fitting = first.count(None)
        if not fitting:
            yield f"{path or 'the arguments'}: fits none of its forms ({'; '.join(filter(None, first))})"
        elif keyword == "oneOf" and fitting > 1:
            yield f"{path or 'the arguments'}: fits {fitting} of its forms, where exactly one is expected"


def _members(value: dict[str, Any], schema: Mapping[str, Any], path: str, root: Any) -> Iterator[str]:
    properties = schema.get("properties") or {}
    prefix = f"{path}." if path else ""
    for name in schema.get("required") or ():
        if name not in value:
            yield f"{prefix}{name}: required, but missing"
    others = True if schema.get("patternProperties") else schema.get("additionalProperties", True)
    for name, member in value.items():
        if name in properties:
            yield from _problems(member, properties[name], prefix + name, root)
        elif others is False:
            yield f"{prefix}{name}: no such argument; there are: {', '.join(properties) or 'none'}"
        else:
            yield from _problems(member, others, prefix + name, root)


def _items(value: list[Any], schema: Mapping[str, Any], path: str, root: Any) -> Iterator[str]:
    first = schema.get("prefixItems") or ()
    rest = schema.get("items", True)
    for position, item in enumerate(value):
        part = first[position] if position < len(first) else rest
        yield from _problems(item, part, f"{path}[{position}]", root)


def _same(left: Any, right: Any) -> bool:
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    # A limit may be no number: draft 4 says `"exclusiveMinimum": true`.
    return lambda value, limit: _is_number(value) and _is_number(limit) and compare(value, limit)


def _size(kind: type[Sized], compare: Callable[[int, int], bool]) -> Callable[[Any, Any], bool]:
    def exceeds(value: Any, limit: Any) -> bool:
        return isinstance(value, kind) and _is_number(limit) and compare(len(value), limit)

    return exceeds


def _matches_not(value: Any, pattern: Any) -> bool:
    import re

    if not isinstance(value, str) or not isinstance(pattern, str):
        return False
    try:
        return re.search(pattern, value) is None
    except re.error:  # a pattern of another dialect
        return False


_LIMITS: tuple[tuple[str, Callable[[Any, Any], bool], str], ...] = (
    ("minimum", _number(lambda value, limit: value < limit), "expected at least"),
    ("maximum", _number(lambda value, limit: value > limit), "expected at most"),
    ("exclusiveMinimum", _number(lambda value, limit: value <= limit), "expected more than"),
    ("exclusiveMaximum", _number(lambda value, limit: value >= limit), "expected less than"),
    ("minLength", _size(str, lambda size, limit: size < limit), "expected a length of at least"),
    ("maxLength", _size(str, lambda size, limit: size > limit), "expected a length of at most"),
    ("minItems", _size(list, lambda size, limit: size < limit), "expected a number of items of at least"),
    ("maxItems", _size(list, lambda size, limit: size > limit), "expected a number of items of at most"),
    ("minProperties", _size(dict, lambda size, limit: size < limit), "expected a number of fields of at least"),
    ("maxProperties", _size(dict, lambda size, limit: size > limit), "expected a number of fields of at most"),
    ("pattern", _matches_not, "expected a match of"),
)


def _kind(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {_shown(value)}"
    return f"the string {_shown(value)}" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


def _shown(value: Any) -> str:
    """A value as short JSON."""
    import msgspec

    text = msgspec.json.encode(value).decode()
    return text if len(text) <= 60 else text[:59] + "…"
