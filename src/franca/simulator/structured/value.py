"""The value that `structured` writes: made from the schema, or the line behind the mark; and how it fails to fit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from ..fits import fits, resolve
from ..http import encode
from ..instance import instance
from ..merge import flattened

__all__ = ["NOTHING", "field_names", "line_for", "made", "plural", "spoiled", "written"]

NOTHING: Final[Any] = object()
_MANY = 25


def made(schema: Any, question: str, key: bytes, many: bool) -> str:
    """An instance of the schema as JSON; of none, a small object. Raises NoInstance."""
    if schema is not None:
        return encode(instance(plural(schema) if many else schema, key)).decode()
    if many:
        return encode([{"number": number, "text": question} for number in range(1, _MANY + 1)]).decode()
    return encode({"answer": question, "ok": True}).decode()


def plural(schema: Any) -> Any:
    """The schema with many items demanded of its first list: of the root itself, or a field of it."""
    try:
        root = flattened(schema, schema)
        if _is_list(root):
            return {**root, **_many(root)}
        for name, part in root.get("properties", {}).items():
            part = flattened(part, schema)
            if _is_list(part):
                properties = {**root["properties"], name: {**part, **_many(part)}}
                required = dict.fromkeys((*root.get("required", ()), name))
                return {**root, "properties": properties, "required": list(required)}
    except (KeyError, AttributeError, TypeError):  # no schema: the instance of it says so
        pass
    return schema


def _is_list(schema: Any) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "array" and "prefixItems" not in schema


def _many(schema: dict[str, Any]) -> dict[str, Any]:
    most = min(_MANY, schema.get("maxItems", _MANY))
    return {"minItems": max(most, schema.get("minItems", 0))}


# ---- the line behind the mark -----------------------------------------------------------------------


def line_for(line: str, schema: Any) -> str:
    """The line as a server writes it that keeps to the schema: with null for what is required and may be null, and in
    the object that is put around a value. The line itself where that does not help, or is not needed."""
    value = _decoded(line)
    if value is NOTHING or schema is None or _fits(value, schema):
        return line
    for candidate in _completed(value, schema):
        if _fits(candidate, schema):
            return written(candidate)
    return line


def _completed(value: Any, schema: Any) -> Iterator[Any]:
    try:
        yield _with_nulls(value, schema, schema)
        properties = resolve(schema, schema).get("properties", {})
        if len(properties) == 1:
            [(name, part)] = properties.items()
            yield {name: _with_nulls(value, part, schema)}
    except (KeyError, AttributeError, TypeError, RecursionError):
        return


def _with_nulls(value: Any, schema: Any, root: Any) -> Any:
    schema = resolve(schema, root)
    if not isinstance(schema, dict):
        return value
    for part in schema.get("anyOf", ()) if not isinstance(value, (str, int, float)) else ():
        filled = _with_nulls(value, part, root)
        if fits(filled, part, root):
            return filled
    if isinstance(value, list):
        return [_with_nulls(item, schema.get("items", True), root) for item in value]
    if not isinstance(value, dict):
        return value
    properties = schema.get("properties", {})
    filled = {name: _with_nulls(one, properties.get(name, True), root) for name, one in value.items()}
    for name in schema.get("required", ()):
        if name not in filled and fits(None, properties.get(name, True), root):
            filled[name] = None
    return filled


# ---- what does not fit --------------------------------------------------------------------------------


def spoiled(text: str, schema: Any) -> str | None:
    """The JSON without its first required field, or with a wrong type where none is required; None where that makes
    nothing invalid."""
    value = _decoded(text)
    for broken in _broken(value):
        if schema is None or not _fits(broken, schema):
            return written(broken)
    return None


def _broken(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value[:1]:
            yield from ([one, *value[1:]] for one in _broken(item))
        return
    if not isinstance(value, dict):
        return
    for name in value:
        yield {key: one for key, one in value.items() if key != name}
    for name in value:
        yield {**value, name: {"unknown": [name]}}


def written(value: Any, indent: int | None = None) -> str:
    """JSON of any value that was decoded: numbers of any size, and halves of surrogate pairs as escapes."""
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=separators)
    return text if _encodes(text) else json.dumps(value, indent=indent, separators=separators)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return NOTHING


def _fits(value: Any, schema: Any) -> bool:
    try:
        return fits(value, schema, schema)
    except (KeyError, AttributeError, TypeError, ValueError, RecursionError):
        return False


def field_names(schema: Any, text: str) -> set[str]:
    """The names of fields: those of a schema at any depth, or of the value where there is none."""
    found: set[str] = set()
    open_ = [schema] if schema is not None else [_decoded(text)]
    while open_:
        part = open_.pop()
        if isinstance(part, list):
            open_ += part
        elif isinstance(part, dict):
            properties = part if schema is None else part.get("properties")
            found |= set(properties) if isinstance(properties, dict) else set()
            open_ += part.values()
    return found
