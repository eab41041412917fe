"""Which branch of a union a value belongs to, and where that could be in doubt.

Two branches are in doubt when a value may have the shape of both and their codecs would make different things of it.
Those get a tag: an object with one member whose name no other branch has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .combine import kinds_of, same_key
from .pieces import Codec, Made
from .scalars import kind_of
from .shapes import wrapper

__all__ = ["Resolve", "fits", "plain_definitions", "share", "tag"]

Resolve = Callable[[str], Any]
_DEEP = 3  # how deep shapes are compared
_REFS = 16  # refs in a row
_CHANGED = frozenset(("string", "array", "object"))  # what codecs change; numbers, booleans and null pass through all


def _opened(schema: Any, resolve: Resolve) -> Any:
    for _ in range(_REFS):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            return schema
        schema = resolve(schema["$ref"])
    return True


def _kinds(schema: Mapping[str, Any]) -> set[str]:
    named = kinds_of(schema)
    if named is None:
        named = [kind_of(one) for one in schema["enum"]] if "enum" in schema else None
    found = {"string", "number", "boolean", "null", "array", "object"} if named is None else set(named)
    return found | {"number"} if "integer" in found else found


def share(one: Any, other: Any, resolve: Resolve, deep: int = _DEEP, kinds: frozenset[str] | None = None) -> bool:
    """Whether a value might have the shape of both (of one of these kinds). False is certain, True is not."""
    one, other = _opened(one, resolve), _opened(other, resolve)
    if one is False or other is False:
        return False
    if deep == 0 or not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return True
    for first, second in ((one, other), (other, one)):
        if "anyOf" in first:
            return any(share(way, second, resolve, deep - 1, kinds) for way in first["anyOf"])
    common = _kinds(one) & _kinds(other)
    if kinds is not None:
        common &= kinds
    for first, second in ((one, other), (other, one)):
        if "enum" in first:
            values = [value for value in first["enum"] if not common.isdisjoint({kind_of(value), _wide(value)})]
            if "enum" in second:
                known = {same_key(value) for value in second["enum"]}
                values = [value for value in values if same_key(value) in known]
            return bool(values)
    if common != {"object"}:
        return bool(common)
    return _objects_share(one, other, resolve, deep)


def _wide(value: Any) -> str:
    kind = kind_of(value)
    return "number" if kind == "integer" else kind


def _objects_share(one: Mapping[str, Any], other: Mapping[str, Any], resolve: Resolve, deep: int) -> bool:
    mine, theirs = one.get("properties", {}), other.get("properties", {})
    for first, names, second in ((one, mine, other), (other, theirs, one)):
        if first.get("additionalProperties") is False and set(second.get("required", ())) - set(names):
            return False
    both = set(one.get("required", ())) & set(other.get("required", ()))
    return all(share(mine[name], theirs[name], resolve, deep - 1) for name in both if name in mine and name in theirs)


def fits(schema: Any, value: Any, resolve: Resolve, deep: int = _DEEP) -> bool:
    """Whether a value has the shape of a schema, as deep as `share` looks."""
    schema = _opened(schema, resolve)
    if not isinstance(schema, Mapping):
        return schema is not False
    if deep == 0:
        return True
    if "anyOf" in schema:
        return any(fits(way, value, resolve, deep - 1) for way in schema["anyOf"])
    kinds = kinds_of(schema)
    if kinds is not None and kind_of(value) not in kinds and _wide(value) not in kinds:
        return False
    if "enum" in schema and not _among(value, schema["enum"]):
        return False
    if not isinstance(value, dict):
        return True
    named = schema.get("properties", {})
    if any(name not in value for name in schema.get("required", ())):
        return False
    if (
        schema.get("additionalProperties") is False
        and not schema.get("patternProperties")
        and value.keys() - named.keys()
    ):
        return False
    return all(fits(named[name], value[name], resolve, deep - 1) for name in named if name in value)


def _among(value: Any, values: list[Any]) -> bool:
    kind = _wide(value)
    if kind in ("object", "array"):
        try:
            wanted = same_key(value)
        except RecursionError:
            return False
        return any(_wide(one) == kind and same_key(one) == wanted for one in values)
    return any(_wide(one) == kind and one == value for one in values)


def plain_definitions(definitions: Mapping[str, Codec], unions: list[list[Made]]) -> set[str]:
    """The definitions whose codecs change nothing: all that are not shown to change something."""
    plain = set(definitions)
    while True:
        worse = {name for name in plain if not plain_codec(definitions[name], plain, unions)}
        if not worse:
            return plain
        plain -= worse


def plain_codec(codec: Codec, plain: set[str], unions: list[list[Made]]) -> bool:
    """Whether a codec changes nothing in either direction."""
    stack: list[Any] = [codec]
    while stack:
        one = stack.pop()
        if one is None:
            continue
        kind = one[0]
        if kind == "ref":
            if one[1] not in plain:
                return False
        elif kind == "union":
            stack += [made.codec for made in unions[one[1]]]
        elif kind == "array":
            stack.append(one[1])
        elif kind == "list":
            stack += [*one[1], one[2]]
        elif kind == "object":
            if any(mode in ("null", "keep") for _, mode, _ in one[1]) or (one[2] is not None and one[2][0] == "pairs"):
                return False
            stack += [inner for _, _, inner in one[1]]
            stack.append(None if one[2] is None else one[2][1])
        else:
            return False
    return True


def tag(kept: list[Made], resolve: Resolve, plain: set[str], unions: list[list[Made]], first_keys: bool) -> list[Made]:
    """The branches of a union, those in doubt with a tag."""
    simple = [plain_codec(one.codec, plain, unions) for one in kept]
    marked: set[int] = set()
    for at, one in enumerate(kept):
        for before in range(at):
            other = kept[before]
            if (simple[at] and simple[before]) or one.codec == other.codec:
                continue
            if share(one.schema, other.schema, resolve, kinds=_CHANGED):
                marked |= {place for place in (before, at) if not simple[place]}
    if first_keys:
        marked |= _same_beginnings(kept, resolve)
    if not marked:
        return kept
    marked |= {at for at, one in enumerate(kept) if _open_object(_opened(one.schema, resolve))}
    taken = {name for one in kept for name in _names(_opened(one.schema, resolve))}
    tagged = list(kept)
    for at in sorted(marked):
        name = "json" if kept[at].codec == ("json",) else f"option_{at + 1}"
        while name in taken:
            name += "_"
        taken.add(name)
        here = kept[at].schema  # changed in place: this very dict stands in the schema that is sent
        inner = dict(here)
        here.clear()
        here.update(wrapper(name, inner))
        tagged[at] = kept[at]._replace(codec=("wrap", name, kept[at].codec))
    return tagged


def _names(schema: Any) -> list[str]:
    return list(schema.get("properties", ())) if isinstance(schema, Mapping) else []


def _open_object(schema: Any) -> bool:
    return (
        isinstance(schema, Mapping) and "object" in _kinds(schema) and schema.get("additionalProperties") is not False
    )


def _same_beginnings(kept: list[Made], resolve: Resolve) -> set[int]:
    """The objects whose first property another one begins with as well."""
    first = {at: names[0] for at, one in enumerate(kept) if (names := _names(_opened(one.schema, resolve)))}
    return {at for at, name in first.items() if list(first.values()).count(name) > 1}
