"""What is wrong with a value by a JSON Schema, as lines: path, what was expected, what came.

The keywords that tool schemas use are known: type, enum, const, properties, patternProperties, required,
additionalProperties, items, prefixItems, uniqueItems, anyOf, oneOf, allOf, local $ref, and the limits of numbers,
texts, arrays and objects. Others (if, not, contains, format ...) are taken as fulfilled, and so is one whose value is
none that JSON Schema knows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence, Sized
from typing import Any

__all__ = ["problems_of", "strangers"]

_MOST = 20  # problems that are told of one value
_SAID = 500  # characters of what is wrong with the forms: each tells of those inside it, which doubles with each level
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
    try:
        return list(_problems(value, schema, path, _Root(schema))[:_MOST])
    except RecursionError:
        return [f"{path or 'the arguments'}: nested too deeply"]


def strangers(value: Any, schema: Any, path: str = "") -> list[str]:
    """The names in the value that its schema does not allow, as problems; nothing else is looked at.

    For values that were checked in another way which passes over them, as msgspec does with a dataclass.
    """
    try:
        return list(_strangers(value, schema, path, _Root(schema)))
    except RecursionError:
        return [f"{path or 'the arguments'}: nested too deeply"]


class _Root:
    """The whole schema, and what is known of a value's parts: in a type that holds itself in several forms each part is
    asked for again and again, twice as often with every level."""

    __slots__ = ("problems", "schema", "strangers")

    def __init__(self, schema: Any) -> None:
        self.schema = schema
        self.problems: dict[tuple[int, str, bool], list[str]] = {}
        """By part of the schema, place in the value, and `closed`."""
        self.strangers: dict[tuple[int, str], list[str]] = {}


def _problems(value: Any, schema: Any, path: str, root: _Root, closed: bool = True) -> Sequence[str]:
    """`closed`: whether names that are not allowed are problems too."""
    from itertools import islice

    if not isinstance(value, (dict, list)):
        return tuple(_problems_of(value, schema, path, root, closed))
    key = (id(schema), path, closed)
    known = root.problems.get(key)
    if known is None:
        known = root.problems[key] = list(islice(_problems_of(value, schema, path, root, closed), _MOST))
    return known


def _problems_of(value: Any, schema: Any, path: str, root: _Root, closed: bool) -> Iterator[str]:
    for one in _chain(schema, root):
        if one is False:
            yield f"{path or 'the arguments'}: nothing is allowed here"
        elif isinstance(one, Mapping):
            yield from _own(value, one, path, root, closed)


def _own(value: Any, schema: Mapping[str, Any], path: str, root: _Root, closed: bool) -> Iterator[str]:
    where = path or "the arguments"
    wrong = _wrong_type(value, schema)
    if wrong:
        yield f"{where}: {wrong}"
        return
    among = schema.get("enum")
    if isinstance(among, (list, tuple)) and not any(_same(value, one) for one in among):
        yield f"{where}: expected one of {_shown(among)}, got {_shown(value)}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{where}: expected {_shown(schema['const'])}, got {_shown(value)}"
    for keyword, exceeds, said in _LIMITS:
        limit = schema.get(keyword)
        if limit is not None and exceeds(value, limit):
            yield f"{where}: {said} {limit}, got {_shown(value)}"
    yield from _parts(value, schema, path, root, closed)
    if isinstance(value, dict):
        prefix = f"{path}." if path else ""
        for name in _listed(schema, "required"):
            if name not in value:
                yield f"{prefix}{name}: required, but missing"
    for member, place, part in _inside(value, schema, path):
        if not isinstance(part, _Stranger):
            yield from _problems(member, part, place, root, closed)
        elif closed:
            yield part


def _chain(schema: Any, root: _Root) -> Iterator[Any]:
    """The schema, and those that it refers to. A `$ref` that leads nowhere, or to itself, says nothing."""
    for _ in range(_MOST_REFS):
        yield schema
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        if not isinstance(reference, str):
            return
        first, *steps = reference.split("/")
        schema = root.schema if first == "#" else None  # of this document only
        for step in steps:
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(schema, (list, tuple)):
                schema = dict(enumerate(schema)).get(int(step)) if step.isdecimal() else None
            else:
                schema = schema.get(step) if isinstance(schema, Mapping) else None


def _wrong_type(value: Any, schema: Mapping[str, Any]) -> str:
    names = schema.get("type")
    names = [names] if isinstance(names, str) else _listed(schema, "type")
    if not names or (value is None and schema.get("nullable") is True):
        return ""
    for name in names:
        kinds = _TYPES.get(name) if isinstance(name, str) else None
        if kinds is None or (name == "integer" and isinstance(value, float) and value.is_integer()):
            return ""
        if isinstance(value, kinds) and (name == "boolean" or not isinstance(value, bool)):
            return ""
    return f"expected {' or '.join(names)}, got {_kind(value)}"


def _parts(value: Any, schema: Mapping[str, Any], path: str, root: _Root, closed: bool) -> Iterator[str]:
    for part in _listed(schema, "allOf"):
        yield from _problems(value, part, path, root, closed)
    for keyword in ("anyOf", "oneOf"):
        parts = _listed(schema, keyword)
        if not parts:
            continue
        first = [next(iter(_problems(value, part, path, root, closed)), None) for part in parts]
        fitting = first.count(None)
        if not fitting:
            yield f"{path or 'the arguments'}: fits none of its forms ({_cut('; '.join(filter(None, first)))})"
        elif keyword == "oneOf" and fitting > 1:
            yield f"{path or 'the arguments'}: fits {fitting} of its forms, where exactly one is expected"


class _Stranger(str):
    """A name that is not allowed, as the problem that it is; it stands where the schema of its value would."""

    __slots__ = ()


def _inside(value: Any, schema: Mapping[str, Any], path: str) -> Iterator[tuple[Any, str, Any]]:
    """What is inside an object or array: the value, its path, and its schema, or that it has none."""
    if isinstance(value, dict):
        prefix = f"{path}." if path else ""
        for name, member in value.items():
            place = prefix + name
            for part in _parts_for(name, schema, place):
                yield member, place, part
    elif isinstance(value, list):
        first = _listed(schema, "prefixItems")
        rest = schema.get("items", True)
        for position, item in enumerate(value):
            yield item, f"{path}[{position}]", first[position] if position < len(first) else rest


def _parts_for(name: str, schema: Mapping[str, Any], place: str) -> list[Any]:
    properties, patterns = _mapped(schema, "properties"), _mapped(schema, "patternProperties")
    found = [part for pattern, part in patterns.items() if not _matches_not(name, pattern)]
    if name in properties:
        found.append(properties[name])
    others = schema.get("additionalProperties", True)
    if others is False:
        others = _Stranger(f"{place}: no such argument; there are: {', '.join(properties) or 'none'}")
    return found or [others]


def _cut(text: str) -> str:
    return text if len(text) <= _SAID else text[: _SAID - 1] + "…"


def _strangers(value: Any, schema: Any, path: str, root: _Root) -> Sequence[str]:
    if not isinstance(value, (dict, list)):
        return ()
    known = root.strangers.get((id(schema), path))
    if known is None:
        known = root.strangers[id(schema), path] = list(_strangers_in(value, schema, path, root))
    return known


def _strangers_in(value: Any, schema: Any, path: str, root: _Root) -> Iterator[str]:
    for one in _chain(schema, root):
        if not isinstance(one, Mapping):
            continue
        for part in _listed(one, "allOf"):
            yield from _strangers(value, part, path, root)
        for keyword in ("anyOf", "oneOf"):
            yield from _strangers_of_one(value, _listed(one, keyword), path, root)
        for member, place, part in _inside(value, one, path):
            yield from [part] if isinstance(part, _Stranger) else _strangers(member, part, place, root)


def _strangers_of_one(value: Any, forms: Sequence[Any], path: str, root: _Root) -> Sequence[str]:
    """The strangers in the form that was meant: the one with which nothing else is wrong, else the nearest."""
    meant = [form for form in forms if not _problems(value, form, path, root, closed=False)]
    return min((_strangers(value, form, path, root) for form in meant or forms), key=len, default=())


def _listed(schema: Mapping[str, Any], keyword: str) -> Sequence[Any]:
    value = schema.get(keyword)
    return value if isinstance(value, (list, tuple)) else ()


def _mapped(schema: Mapping[str, Any], keyword: str) -> Mapping[str, Any]:
    value = schema.get(keyword)
    return value if isinstance(value, Mapping) else {}


def _same(left: Any, right: Any) -> bool:
    """Equal as JSON: true is not 1, inside lists and objects neither."""
    if isinstance(left, list) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(left, dict) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(_same(value, right[name]) for name, value in left.items())
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _number(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    # A limit may be no number: draft 4 says `"exclusiveMinimum": true`.
    return lambda value, limit: _is_number(value) and _is_number(limit) and compare(value, limit)


def _no_multiple(value: Any, step: Any) -> bool:
    if isinstance(value, int) and isinstance(step, int):
        return step > 0 and value % step != 0
    try:
        times = value / step
    except (OverflowError, ZeroDivisionError):
        return False
    return abs(times - round(times)) > 1e-9 * max(1.0, abs(times)) if math.isfinite(times) else False


def _repeats(value: Any, unique: Any) -> bool:
    import msgspec

    if unique is not True or not isinstance(value, list):
        return False
    return len({msgspec.json.encode(one, order="deterministic") for one in value}) < len(value)


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
    ("multipleOf", _number(_no_multiple), "expected a multiple of"),
    ("minLength", _size(str, lambda size, limit: size < limit), "expected a length of at least"),
    ("maxLength", _size(str, lambda size, limit: size > limit), "expected a length of at most"),
    ("minItems", _size(list, lambda size, limit: size < limit), "expected a number of items of at least"),
    ("maxItems", _size(list, lambda size, limit: size > limit), "expected a number of items of at most"),
    ("minProperties", _size(dict, lambda size, limit: size < limit), "expected a number of fields of at least"),
    ("maxProperties", _size(dict, lambda size, limit: size > limit), "expected a number of fields of at most"),
    ("uniqueItems", _repeats, "expected each item once, as uniqueItems is"),
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
