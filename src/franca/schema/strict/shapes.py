"""Strict forms of objects, maps, arrays and tuples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from .combine import matches
from .measure import names_required
from .pieces import Codec, Made, Where
from .scalars import split_keywords
from .words import described, told

if TYPE_CHECKING:
    from .build import Builder

__all__ = ["array", "object_", "wrapper"]

_OBJECT_WORDS = (
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "not",
    "if",
    "then",
    "else",
)
_ARRAY_WORDS = ("contains", "minContains", "maxContains", "uniqueItems", "not", "if", "then", "else")
_MOST_MENTIONS = 200
_SAME = ("rest", None)  # further members, as they are


def wrapper(name: str, schema: dict[str, Any], text: str = "") -> dict[str, Any]:
    """An object with this one member."""
    return _closed({name: schema}, [name], text)


def _closed(properties: dict[str, Any], required: list[str], text: str = "") -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {**schema, "description": text} if text else schema


def object_(build: Builder, flat: Mapping[str, Any], where: Where) -> Made | None:
    """An object: its declared members, and what else it may have."""
    profile = build.profile
    said = told(flat, (*_OBJECT_WORDS, "propertyNames") if profile.maps else _OBJECT_WORDS)
    if profile.maps and flat.get("patternProperties"):
        said.append(f"by name: {', '.join(flat['patternProperties'])}")
    if said:
        build.note(where, f"said in the description only: {'; '.join(said)}")
    required = dict.fromkeys(name for name in flat.get("required", ()) if isinstance(name, str))
    declared = _declared(build, flat, required, where)
    others = _others(build, flat, bool(declared), where)
    if not declared and others is not None:
        return _map(build, flat, others, said, where)
    properties: dict[str, Any] = {}
    fields: list[tuple[str, str, Codec]] = []
    needed: list[str] = []
    cyclic = False
    for name, inner in declared.items():
        wraps = build.exact and profile.all_required and name not in required and build.says_null(inner)
        place = where.into(name, 2 if wraps else 1, member=True)
        made = build.build(inner, place)
        if made is None:
            if name in required:
                return None
            continue
        cyclic = cyclic or made.cyclic
        schema, mode, codec = _member(build, made, inner, name in required, place)
        properties[name] = schema
        fields.append((name, mode, codec))
        loose = made.cyclic and build.in_circle and profile.recursion == "optional"
        if mode in ("null", "keep") or (name in required and not loose):
            needed.append(name)
    schema = _closed(properties, needed, described("", said))
    rest: Codec = None
    if others is not None:
        rest = _rest(build, schema, others, where)
    if rest in (None, _SAME) and all(codec is None and mode in ("must", "may") for _, mode, codec in fields):
        return Made(schema, None, cyclic=cyclic)
    return Made(schema, ("object", tuple(fields), rest), cyclic=cyclic)


def _member(build: Builder, made: Made, inner: Any, must: bool, where: Where) -> tuple[dict[str, Any], str, Codec]:
    """The schema of a member, how absence is said ("must", "may", "null": as null, "keep": not told apart from null),
    and its codec."""
    if must:
        return made.schema, "must", made.codec
    if not build.profile.all_required:
        if build.nullable_left <= 0 or build.says_null(inner):
            return made.schema, "may", made.codec
        build.nullable_left -= 1
    if not build.says_null(inner):
        return build.nullable(made), "null", made.codec
    if build.exact:
        wrapped = Made(wrapper("value", made.schema))
        return build.nullable(wrapped), "null", ("wrap", "value", made.codec)
    build.note(where, "absent and null are one there: null is kept")
    return made.schema, "keep", made.codec


def _declared(build: Builder, flat: Mapping[str, Any], required: Iterable[str], where: Where) -> dict[str, Any]:
    """The members with a name: declared, spoken of in conditions, or required."""
    declared = dict(flat.get("properties", {}))
    extra = _extra(flat)
    if extra is not False and not build.exact:  # exact carries them among the further members
        for name, inner in _mentioned(flat):
            if name not in declared:
                build.note(where, f"{name!r} is declared, because a condition speaks of it")
                declared[name] = inner
    patterns = flat.get("patternProperties", {})
    for name in required:
        if name not in declared:
            fitting = [(matches(pattern, name), inner) for pattern, inner in patterns.items()]
            asked = [inner if fits else True for fits, inner in fitting if fits is not False]
            declared[name] = {"allOf": asked} if asked else extra
    return declared


def _extra(flat: Mapping[str, Any]) -> Any:
    """The schema of members without a name; True when nothing is said."""
    return flat.get("additionalProperties", flat.get("unevaluatedProperties", True))


def _mentioned(flat: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Members that only the conditions of an object speak of. What `if` says of them is a question, no schema."""
    stack = [(flat.get("if"), False), (flat.get("then"), True), (flat.get("else"), True)]
    for word in ("dependentSchemas", "dependencies"):
        inner = flat.get(word)
        stack += [(one, True) for one in inner.values()] if isinstance(inner, dict) else []
    found: dict[str, list[Any]] = {}
    needs = flat.get("dependentRequired")
    for name, others in needs.items() if isinstance(needs, dict) else ():
        found.update({one: [] for one in (name, *names_required({"required": others}))})
    for _ in range(_MOST_MENTIONS):
        if not stack:
            break
        one, asks = stack.pop(0)
        if not isinstance(one, dict):
            continue
        named = one.get("properties")
        for name, inner in named.items() if isinstance(named, dict) else ():
            found.setdefault(name, []).append(inner if asks else True)
        for name in names_required(one):
            found.setdefault(name, [])
        stack += [(one.get("if"), False), (one.get("then"), asks), (one.get("else"), asks)]
        for word in ("allOf", "anyOf", "oneOf"):
            stack += [(way, asks) for way in one[word]] if isinstance(one.get(word), list) else []
    for name, inners in found.items():
        clear = len(inners) == 1 and isinstance(inners[0], dict) and _types_of(inners[0])
        yield name, inners[0] if clear else True


def _types_of(schema: Mapping[str, Any]) -> bool:
    """Whether a condition says what a member is, and not only what it must not be."""
    return "type" in schema or "$ref" in schema


def _others(build: Builder, flat: Mapping[str, Any], named: bool, where: Where) -> Any:
    """The schema of all members that are not declared; None when there are none."""
    patterns = [one for one in flat.get("patternProperties", {}).values() if one is not False]
    extra = _extra(flat)
    stated = "additionalProperties" in flat or isinstance(flat.get("unevaluatedProperties"), dict)
    if extra is not False:
        if stated or build.exact or not (named or patterns):
            patterns.append(extra)
        else:
            build.note(where, "members that are not declared cannot be said")
    if not patterns:
        return None
    return patterns[0] if len(patterns) == 1 else {"anyOf": patterns}


def _map(build: Builder, flat: Mapping[str, Any], others: Any, said: list[str], where: Where) -> Made:
    """An object without declared members: a map, or a free object."""
    if build.profile.maps:
        made = build.build(others, where.into("*", 1))
        if made is None:
            return Made(_closed({}, [], described("", said)))
        inside: Any = True if made.anything and not made.codec else made.schema
        schema = _with({"type": "object", "additionalProperties": inside}, "", said)
        return Made(schema, None if made.codec is None else ("object", (), ("rest", made.codec)), cyclic=made.cyclic)
    if others is True or others == {}:
        return Made(_with({"type": "string"}, "a JSON object, written as JSON text", said), ("json",))
    pairs, codec, cyclic = _pairs(build, flat, others, where)
    if pairs is None:
        return Made(_closed({}, [], described("", said)))
    return Made(_with(pairs, "an object, as a list of its keys and values", said), ("map", codec), cyclic=cyclic)


def _rest(build: Builder, schema: dict[str, Any], others: Any, where: Where) -> Codec:
    """What an object may have beside its declared members; goes into its schema."""
    if build.profile.maps:
        made = build.build(others, where.into("*", 1))
        if made is not None:
            schema["additionalProperties"] = True if made.anything and not made.codec else made.schema
        return None if made is None else ("rest", made.codec)
    pairs, codec, _ = _pairs(build, {}, others, where._replace(depth=where.depth + 1))
    if pairs is None:
        return None
    name = "_extra"
    while name in schema["properties"]:
        name += "_"
    schema["properties"][name] = _with(pairs, "further members, as a list of keys and values", [])
    schema["required"].append(name)
    return ("pairs", name, codec)


def _pairs(
    build: Builder, flat: Mapping[str, Any], others: Any, where: Where
) -> tuple[dict[str, Any] | None, Codec, bool]:
    """A list of {key, value}."""
    made = build.build(others, where.into("*", 1))
    if made is None:
        return None, None, False
    key: dict[str, Any] = {"type": "string"}
    names = flat.get("propertyNames")
    if isinstance(names, dict):
        named = build.build({"allOf": [names, {"type": "string"}]}, where.into("*", 1))
        if named is not None and named.codec is None and named.schema.get("type") == "string":
            key = named.schema
    patterns = flat.get("patternProperties", {})
    if patterns and _extra(flat) is False:
        key = {**key, "description": described(key.get("description"), [f"matches {' or '.join(patterns)}"])}
    pair = _closed({"key": key, "value": made.schema}, ["key", "value"])
    return {"type": "array", "items": pair}, made.codec, made.cyclic


def _with(schema: dict[str, Any], text: str, said: list[str]) -> dict[str, Any]:
    whole = described(text, said)
    return {**schema, "description": whole} if whole else schema


def array(build: Builder, flat: Mapping[str, Any], where: Where) -> Made | None:
    """An array, or a tuple."""
    head = flat.get("prefixItems", [])
    if head:
        return _tuple(build, flat, head, where)
    made = build.build(flat.get("items", True), where.into("*"))
    schema: dict[str, Any] = {"type": "array"}
    if made is None:
        if _length(flat, "minItems", 0) > 0:
            return None
        return _empty(build)
    schema["items"] = made.schema
    kept, lost = split_keywords(build.profile, "array", flat, ("minItems", "maxItems"))
    schema.update({word: flat[word] for word in kept})
    said = told(flat, (*lost, *_ARRAY_WORDS))
    if said:
        build.note(where, f"said in the description only: {'; '.join(said)}")
        schema["description"] = described("", said)
    return Made(schema, None if made.codec is None else ("array", made.codec), cyclic=made.cyclic)


def _empty(build: Builder) -> Made:
    schema: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
    return Made({**schema, **({"description": "always empty"} if build.profile.lost("maxItems") else {"maxItems": 0})})


def _tuple(build: Builder, flat: Mapping[str, Any], head: list[Any], where: Where) -> Made | None:
    """An array whose first items have schemas of their own: as it is, or as an object _0, _1, ..., _rest."""
    least, most = _length(flat, "minItems", 0), _length(flat, "maxItems", None)
    native = build.profile.tuples
    items: list[Made] = []
    for at, inner in enumerate(head if most is None else head[:most]):
        made = build.build(inner, where.into(str(at), 0 if native else 2))
        if made is None:
            if at < least:
                return None
            most = at
            break
        items.append(made)
    tail = flat.get("items", build.exact)
    if "items" not in flat and not build.exact and (most is None or most > len(items)) and len(items) == len(head):
        build.note(where, "items beyond the declared ones cannot be said")
    rest = None
    if len(items) == len(head) and (most is None or most > len(head)):
        rest = build.build(tail, where.into("*", 0 if native else 1))
    said = told(flat, _ARRAY_WORDS)
    if rest is None and least > len(items):
        return None
    if not items:
        return _empty(build)
    cyclic = any(one.cyclic for one in items) or (rest is not None and rest.cyclic)
    shape = _native_tuple if native else _object_tuple
    schema, codec = shape(build, head, items, rest, least, most)
    if said:
        build.note(where, f"said in the description only: {'; '.join(said)}")
        schema["description"] = described(schema.get("description"), said)
    return Made(schema, codec, cyclic=cyclic)


def _length(flat: Mapping[str, Any], word: str, otherwise: Any) -> Any:
    value = flat.get(word)
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else otherwise


def _native_tuple(
    build: Builder, head: list[Any], items: list[Made], rest: Made | None, least: int, most: int | None
) -> tuple[dict[str, Any], Codec]:
    schema: dict[str, Any] = {"type": "array", "prefixItems": [one.schema for one in items]}
    if rest is None:
        schema["items"] = False
    else:
        schema["items"] = rest.schema
    if least:
        schema["minItems"] = least
    if most is not None or rest is None:
        schema["maxItems"] = len(items) if rest is None else most
    codecs = tuple(one.codec for one in items)
    if not any(codecs) and (rest is None or rest.codec is None):
        return schema, None
    return schema, ("list", codecs, None if rest is None else rest.codec)


def _object_tuple(
    build: Builder, head: list[Any], items: list[Made], rest: Made | None, least: int, most: int | None
) -> tuple[dict[str, Any], Codec]:
    properties: dict[str, Any] = {}
    places: list[tuple[bool, Codec]] = []
    for at, one in enumerate(items):
        if at < least:
            properties[f"_{at}"] = one.schema
            places.append((True, one.codec))
        else:  # null means that the array ends here, so an item that may be null itself gets a wrapper
            wrapped = build.says_null(head[at])
            inner = Made(wrapper("value", one.schema)) if wrapped else one
            properties[f"_{at}"] = build.nullable(inner)
            places.append((False, ("wrap", "value", one.codec) if wrapped else one.codec))
    if rest is not None:
        properties["_rest"] = {"type": "array", "items": rest.schema}
    schema = _closed(properties, list(properties), "an array, by position")
    return schema, ("tuple", tuple(places), None if rest is None else (rest.codec,))
