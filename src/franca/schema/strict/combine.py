"""From combinations to alternatives: a schema with $ref, allOf, anyOf, oneOf as a list of flat schemas without them.

allOf is merged, what stands beside anyOf or oneOf is distributed into the branches, a `$ref` that stands alone stays
one. Merging may loosen what cannot be merged (two patterns, two `not`): answers are checked against the original.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from .pointers import Pointers

__all__ = ["ANNOTATIONS", "TooWide", "kinds_of", "same_key", "spread"]

Flat = dict[str, Any]

ANNOTATIONS = frozenset(
    [
        "title",
        "description",
        "default",
        "examples",
        "example",
        "deprecated",
        "readOnly",
        "writeOnly",
        "$comment",
        "$schema",
        "$id",
        "$anchor",
        "$dynamicAnchor",
        "$vocabulary",
        "$defs",
        "definitions",
        "discriminator",
        "xml",
        "externalDocs",
        "nullable",
    ]
)
_COMBINERS = frozenset(("$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf"))
_MOST_BRANCHES = 64
_LONGEST_NAME, _LONGEST_PATTERN, _MOST_REPEATED = 64, 500, 2
_MOST_NESTED = 24  # combinations inside combinations
_MOST_STEPS = 5000  # schemas that are looked at for the alternatives of one
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_SHAPES = {"properties": dict, "patternProperties": dict, "required": list, "enum": list, "prefixItems": list}
_HIGHER = frozenset(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"])
_LOWER = frozenset(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"])


class TooWide(Exception):
    """More alternatives than anybody should send."""


def kinds_of(flat: Mapping[str, Any]) -> list[str] | None:
    """The types a flat schema names, in order; None when it names none."""
    named = flat.get("type")
    listed = [named] if isinstance(named, str) else named
    if not isinstance(listed, list):
        return None
    kinds = [one for one in _TYPES if one in listed]
    return [one for one in kinds if one != "integer" or "number" not in kinds]


def same_key(value: Any) -> str:
    """A text that two values share exactly when JSON Schema takes them for equal (1 and 1.0, but not 1 and true)."""
    return json.dumps(_plain(value), sort_keys=True)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return value


def spread(schema: Any, refs: Pointers, seen: tuple[str, ...] = ()) -> list[Flat]:
    """The alternatives of a schema; [] when nothing fits it. Raises TooWide."""
    if schema is False:
        return []
    if schema is True or not isinstance(schema, dict):
        return [{}]
    refs.steps += 1
    if len(seen) > _MOST_NESTED or refs.steps > _MOST_STEPS:
        raise TooWide
    own = _own(schema)
    ref = schema.get("$ref", schema.get("$dynamicRef", schema.get("$recursiveRef")))
    groups: list[list[Any]] = [[one] for one in _listed(schema, "allOf")]
    unions = [_listed(schema, word) for word in ("anyOf", "oneOf") if isinstance(schema.get(word), list)]
    groups += unions
    # What a union is called is said once, above its branches, which have names of their own.
    found = [{word: own[word] for word in own if word not in ANNOTATIONS} if unions else own]
    if ref is not None:
        place = refs.place(ref)
        if place not in seen:
            found = _cross(found, [{"$ref": place}], refs, seen)
    for group in groups:
        branches: list[Flat] = []
        for one in group:
            branches += spread(one, refs, (*seen, ""))
            if len(branches) > _MOST_BRANCHES:
                raise TooWide
        found = _cross(found, branches, refs, seen)
    return found


def _own(schema: Mapping[str, Any]) -> Flat:
    """The keywords of the schema itself, in one form: const as enum, a list of items as prefixItems."""
    own: Flat = {
        word: value
        for word, value in schema.items()
        if word not in _COMBINERS and isinstance(value, _SHAPES.get(word, object))
    }
    for word in ("$defs", "definitions"):
        own.pop(word, None)
    if isinstance(own.get("items"), list):
        own["prefixItems"] = own.pop("items")
        if "additionalItems" in own:
            own["items"] = own.pop("additionalItems")
    if "const" in own:
        only = [own.pop("const")]
        own["enum"] = _shared(own["enum"], only) if "enum" in own else only
    return own


def _listed(schema: Mapping[str, Any], word: str) -> list[Any]:
    value = schema.get(word)
    return value if isinstance(value, list) else []


def _cross(some: list[Flat], others: list[Flat], refs: Pointers, seen: tuple[str, ...]) -> list[Flat]:
    found: list[Flat] = []
    for one in some:
        for other in others:
            found += _meet(one, other, refs, seen)
            if len(found) > _MOST_BRANCHES:
                raise TooWide
    return found


def bare(flat: Mapping[str, Any]) -> bool:
    """Whether a flat schema asks for nothing."""
    return all(word in ANNOTATIONS for word in flat)


def _meet(one: Flat, other: Flat, refs: Pointers, seen: tuple[str, ...]) -> list[Flat]:
    """What fits both. A ref stays a ref beside annotations, and is opened beside anything else."""
    if "$ref" not in one and "$ref" not in other:
        both = _merged(one, other)
        return [] if both is None else [both]
    if bare(one) or bare(other):
        return [{**other, **one}]
    for first, second in ((one, other), (other, one)):
        if "$ref" in first:
            place = first["$ref"]
            rest = {word: value for word, value in first.items() if word != "$ref"}
            refs.opened.add(place)
            opened = [{}] if place in seen else spread(refs.at(place), refs, (*seen, place))
            opened = [flat for way in opened for flat in _meet(rest, way, refs, (*seen, place))]
            return _cross(opened, [second], refs, (*seen, place))
    raise AssertionError("one of them is a ref")  # pragma: no cover


def _merged(one: Flat, other: Flat) -> Flat | None:
    """Both flat schemas as one; None when nothing can fit both."""
    if bare(one) and bare(other):
        return {**other, **one}
    both = {**other, **one}
    kinds, others = kinds_of(one), kinds_of(other)
    if kinds is not None and others is not None:
        both["type"] = _common(kinds, others)
        if not both["type"]:
            return None
    if "enum" in one and "enum" in other:
        both["enum"] = _shared(one["enum"], other["enum"])
        if not both["enum"]:
            return None
    for word in one.keys() & other.keys():
        if word in _HIGHER or word in _LOWER:
            both[word] = _stricter(word, one[word], other[word])
    _merge_objects(both, one, other)
    _merge_arrays(both, one, other)
    both.update(
        {f"{word}\0": other[word] for word in _LOOSE if word in one and other.get(word, one[word]) != one[word]}
    )
    return both


# What cannot be merged: the second is kept aside under a name that no keyword has, for the description.
_LOOSE = ("pattern", "format", "multipleOf", "not", "if", "contains", "propertyNames")


def _common(kinds: list[str], others: list[str]) -> list[str]:
    common = [one for one in kinds if one in others]
    if "integer" not in common and any(
        "integer" in some and "number" in rest for some, rest in ((kinds, others), (others, kinds))
    ):
        common.append("integer")
    return common


def _shared(values: Iterable[Any], others: Iterable[Any]) -> list[Any]:
    known = {same_key(one) for one in others}
    return [one for one in values if same_key(one) in known]


def _stricter(word: str, one: Any, other: Any) -> Any:
    numbers = [limit for limit in (one, other) if isinstance(limit, (int, float)) and not isinstance(limit, bool)]
    if not numbers:
        return one
    return max(numbers) if word in _HIGHER else min(numbers)


def _merge_objects(both: Flat, one: Flat, other: Flat) -> None:
    names = dict.fromkeys([*_named(one, "properties"), *_named(other, "properties")])
    if names:
        both["properties"] = {
            name: _all([part for flat in (one, other) for part in _for_name(flat, name)]) for name in names
        }
    patterns = dict.fromkeys([*_named(one, "patternProperties"), *_named(other, "patternProperties")])
    if patterns:
        both["patternProperties"] = {
            pattern: _all(
                [
                    flat["patternProperties"][pattern]
                    for flat in (one, other)
                    if pattern in _named(flat, "patternProperties")
                ]
            )
            for pattern in patterns
        }
    extras = [flat["additionalProperties"] for flat in (one, other) if "additionalProperties" in flat]
    if extras:
        both["additionalProperties"] = _all(extras)
    required = [*_listed(one, "required"), *_listed(other, "required")]
    if required:
        both["required"] = list(dict.fromkeys(name for name in required if isinstance(name, str)))


def _named(flat: Mapping[str, Any], word: str) -> Mapping[str, Any]:
    value = flat.get(word)
    return value if isinstance(value, dict) else {}


def _for_name(flat: Flat, name: str) -> list[Any]:
    """The schemas that a member of this name has to fit."""
    found = [flat["properties"][name]] if name in _named(flat, "properties") else []
    for pattern, inner in _named(flat, "patternProperties").items():
        fits = matches(pattern, name)
        if fits is not False:
            found.append(inner if fits else True)
    if not found and "additionalProperties" in flat:
        found.append(flat["additionalProperties"])
    return found


def matches(pattern: Any, name: str) -> bool | None:
    """Whether a name fits a pattern; None where that is not found out: Python cannot read the pattern, or might search
    for ever (Python's engine has no limit, and a schema may be anybody's)."""
    if not isinstance(pattern, str) or len(name) > _LONGEST_NAME or not _harmless(pattern):
        return None
    try:
        return re.search(pattern, name) is not None
    except (re.error, RecursionError, OverflowError):
        return None


def _harmless(pattern: str) -> bool:
    """No repeated groups, no back-references, two repetitions at most: cubic time on a short name at the worst."""
    if len(pattern) > _LONGEST_PATTERN or any(part in pattern for part in (")*", ")+", "){", "(?P=", "(?(")):
        return False
    repeated = sum(map(pattern.count, "*+{"))
    return repeated <= _MOST_REPEATED and not re.search(r"\\[1-9]", pattern)


def _all(parts: list[Any]) -> Any:
    """One schema for all of them."""
    if any(part is False for part in parts):
        return False
    asking = [part for part in parts if part is not True and part != {}]
    if len(asking) <= 1:
        return asking[0] if asking else True
    return {"allOf": asking}


def _merge_arrays(both: Flat, one: Flat, other: Flat) -> None:
    heads = [_listed(flat, "prefixItems") for flat in (one, other)]
    tails = [[flat["items"]] if "items" in flat else [] for flat in (one, other)]
    if any(heads):
        both["prefixItems"] = [
            _all([part for head, tail in zip(heads, tails, strict=True) for part in (head[at : at + 1] or tail)])
            for at in range(max(map(len, heads)))
        ]
    if any(tails):
        both["items"] = _all([part for tail in tails for part in tail])
