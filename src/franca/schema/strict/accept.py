"""Whether a provider's native mode takes a schema as it is, and if not, which rule fails where. Nothing is sent."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from ...errors import BadUsage
from .measure import Size, measure, names_required
from .patterns import pattern_fits
from .pointers import Pointers, groups, step, walk
from .profiles import Profile, profile_for

__all__ = ["Refusal", "ignored", "refusals"]

_MOST = 100
_TYPED = ("type", "enum", "const", "anyOf", "$ref", "oneOf", "allOf")
_DEFINITIONS = ("$defs", "definitions")


class Refusal(NamedTuple):
    """One rule that a schema breaks.

    path    where, as a JSON pointer into the schema; "" is the root
    rule    what is not taken, in words
    limit   the limit that is passed, and by how much; "" where the rule has none
    advice  what to do
    """

    path: str
    rule: str
    limit: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path or 'the root'}: {self.rule}{f' ({self.limit})' if self.limit else ''}"


def refusals(schema: Any, profile: str | Profile) -> list[Refusal]:
    """The rules of a provider that a schema breaks, at most 100; [] when it is taken."""
    row = profile_for(profile)
    if not isinstance(schema, dict):
        return [Refusal("", "a schema is an object", "", "write {} instead of true")]
    found: list[Refusal] = []
    try:
        for one in _all(schema, row):
            found.append(one)
            if len(found) >= _MOST:
                break
    except BadUsage as error:  # too large to be looked at
        found.append(Refusal("", error.message, "", "split the schema into smaller ones"))
    return found


def ignored(schema: Any, profile: str | Profile) -> list[Refusal]:
    """What a provider takes but does not hold an answer to, at most 100: keywords that only a validator checks."""
    row = profile_for(profile)
    found: list[Refusal] = []
    for place, one in walk(schema):
        for word in one if isinstance(one, dict) else ():
            if len(found) < _MOST and _unenforced(row, one, word):
                found.append(Refusal(place + step(word), f"{word} is not enforced", "", "validate the answer"))
    return found


def _unenforced(row: Profile, one: dict[str, Any], word: str) -> bool:
    if word in row.ignored:
        return one[word] is not False
    if word == "format":
        return row.formats is not None and not _known(one[word], row.formats) and not row.formats_refused
    bounds = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
    return row.integer_bounds and word in bounds and one.get("type") != "integer"


def _all(schema: dict[str, Any], row: Profile) -> Iterator[Refusal]:
    if row.root_object and (schema.get("type") != "object" or "anyOf" in schema):
        yield Refusal("", "the root has to be an object, and no anyOf", "", "wrap it: {value: ...}")
    refs = Pointers(schema)
    sound = True
    for place, one in walk(schema):
        last = place.rpartition("/")[2]
        if isinstance(one, bool):
            if one and not row.untyped and last not in ("additionalProperties", "unevaluatedProperties"):
                yield Refusal(place, "a schema without a type", "", "name a type")
            continue
        yield from _node(place, one, row)
        if "$ref" in one:
            wrong = _ref(place, one, row, refs)
            sound = sound and not any(refusal.rule.startswith("$ref leads") for refusal in wrong)
            yield from wrong
    if sound and row.recursion != "yes":
        yield from _recursion(schema, row, refs)
    yield from _sizes(measure(schema), row)


def _node(place: str, one: dict[str, Any], row: Profile) -> Iterator[Refusal]:
    """The rules for one schema by itself."""
    for word in one:
        if word in row.refused and one[word] is not False:
            yield Refusal(place + step(word), f"{word} is not taken", "", "say it in the description")
    if not row.untyped and not any(word in one for word in _TYPED):
        yield Refusal(place, "a schema without a type", "", "name a type")
    kinds = one.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "object" in kinds or "properties" in one:
        yield from _object(place, one, row)
    if "array" in kinds and not row.untyped and "items" not in one and "prefixItems" not in one:
        yield Refusal(place, "an array without items", "", "say what its items are")
    yield from _enum(place, one, row)
    yield from _text(place, one, row)
    least = one.get("minItems")
    if row.min_items is not None and least is not None and least not in row.min_items:
        taken = " or ".join(map(str, row.min_items))
        yield Refusal(
            place + "/minItems", "minItems of this size", f"{taken}, here {least}", "say it in the description"
        )
    if row.first_keys and isinstance(one.get("anyOf"), list):
        ways = [way for way in one["anyOf"] if isinstance(way, dict)]
        first = [next(iter(way["properties"])) for way in ways if way.get("properties")]
        if len(set(first)) < len(first):
            rule = "objects of one anyOf begin with the same property"
            yield Refusal(place + "/anyOf", rule, "", "let each begin with a property of its own")


def _object(place: str, one: dict[str, Any], row: Profile) -> Iterator[Refusal]:
    if row.closed and one.get("additionalProperties") is not False:
        yield Refusal(place, "an object without additionalProperties: false", "", "add it")
    named = one.get("properties")
    named = named if isinstance(named, dict) else {}
    required = names_required(one)
    if row.all_required:
        for name in (name for name in named if name not in required):
            where = place + step("properties", name)
            yield Refusal(where, "a property that is not required", "", "require it, and let it be null")
    if row.closed:
        for name in sorted(required - named.keys()):
            yield Refusal(place + "/required", f"{name!r} is required but not declared", "", "declare it")


def _enum(place: str, one: dict[str, Any], row: Profile) -> Iterator[Refusal]:
    values = one["enum"] if isinstance(one.get("enum"), list) else [one["const"]] if "const" in one else []
    if row.enums != "any" and any(isinstance(value, (dict, list)) for value in values):
        yield Refusal(place, "an object or array among the values of an enum", "", "choose by its text")
    if row.enums == "text" and any(value is None or isinstance(value, bool) for value in values):
        yield Refusal(place, "null, true or false among the values of an enum", "", "name the type")


_PATTERNS = {
    "simple": "a pattern with look-around",
    "plain": "a pattern with look-around, a back-reference or \\b",
    "anchored": "a pattern that does not go from ^ to $, or has look-around",
}


def _text(place: str, one: dict[str, Any], row: Profile) -> Iterator[Refusal]:
    """Patterns, formats and lengths."""
    pattern = one.get("pattern")
    if isinstance(pattern, str) and "pattern" not in row.refused and not pattern_fits(row.pattern, pattern):
        yield Refusal(place + "/pattern", _PATTERNS[row.pattern], "", "say it in the description, validate the answer")
    strict = row.formats is not None and row.formats_refused and "format" not in row.refused
    if strict and "format" in one and not _known(one["format"], row.formats or ()):
        taken = f"taken are {', '.join(sorted(row.formats or ()))}"
        yield Refusal(place + "/format", f"format {one['format']!r} is not taken", taken, "say it in the description")
    if row.pattern_alone and not one.keys().isdisjoint(_SHAPED) and not one.keys().isdisjoint(_SIZED):
        rule = "a pattern or format and a length together"
        yield Refusal(place, rule, "", "say the length in the description, validate the answer")


_SHAPED, _SIZED = ("pattern", "format"), ("minLength", "maxLength")


def _known(value: Any, among: Container[str]) -> bool:
    return isinstance(value, str) and value in among


def _ref(place: str, one: dict[str, Any], row: Profile, refs: Pointers) -> list[Refusal]:
    found: list[Refusal] = []
    if row.refs == "none":
        found.append(Refusal(place, "$ref is not taken", "", "put what it means in its place"))
    try:
        target = refs.place(one["$ref"])
    except BadUsage as error:
        return [*found, Refusal(place, f"$ref leads nowhere: {error}", "", "mend the schema")]
    words = target.split("/")
    if row.refs == "definitions" and target and (len(words) != 3 or words[1] not in _DEFINITIONS):
        rule = "a $ref to a place that is no definition"
        found.append(Refusal(place, rule, "only # and #/$defs/NAME", "move it into $defs"))
    beside = [word for word in one if not word.startswith("$") and word not in _DEFINITIONS]
    if not row.ref_siblings and beside:
        found.append(Refusal(place, f"{beside[0]} beside a $ref", "", "wrap the ref: {anyOf: [{$ref: ...}], ...}"))
    return found


def _recursion(schema: dict[str, Any], row: Profile, refs: Pointers) -> Iterator[Refusal]:
    """The definitions that hold themselves; where only optional members may, those that do so in another way."""
    leads: dict[str, list[str]] = {}
    stack = [""]
    while stack:
        place = stack.pop()
        if place not in leads:
            leads[place] = list(dict.fromkeys(_firm(refs.at(place), row, refs)))
            stack += refs.targets(refs.at(place))
    for part in groups(leads):
        if len(part) > 1 or part[0] in leads[part[0]]:
            where = sorted(part)[-1]
            if row.recursion == "no":
                yield Refusal(where, "a schema that holds itself", "", "unfold it as deep as it is needed")
            else:
                rule = "a schema that holds itself in a required member"
                yield Refusal(where, rule, "", "make a member on the way optional")


def _firm(schema: Any, row: Profile, refs: Pointers) -> Iterator[str]:
    """Where the refs of a schema lead, those in optional members left out if these may be circular."""
    loose: set[str] = set()
    for place, one in walk(schema):
        if not isinstance(one, dict) or _under(place, loose):
            continue
        if place.startswith(("/$defs/", "/definitions/")):
            continue
        if "$ref" in one:
            yield refs.place(one["$ref"])
        named = one.get("properties")
        if row.recursion == "optional" and isinstance(named, dict):
            required = names_required(one)
            loose |= {place + step("properties", name) for name in named if name not in required}


def _under(place: str, places: Container[str]) -> bool:
    while place:
        if place in places:
            return True
        place = place.rpartition("/")[0]
    return False


def _sizes(size: Size, row: Profile) -> Iterator[Refusal]:
    limits = row.limits
    counted = (
        ("properties", limits.properties, size.properties, "too many properties"),
        ("objects in objects", limits.depth, size.depth, "nested too deeply"),
        ("enum values", limits.enum_values, size.enum_values, "too many enum values"),
        ("characters of names and enum values", limits.characters, size.characters, "too much text"),
        ("optional properties", limits.optional, size.optional, "too many optional properties"),
        ("unions", limits.unions, size.unions, "too many unions (anyOf, or several types)"),
    )
    for what, limit, count, rule in counted:
        if limit is not None and count > limit:
            yield Refusal("", rule, f"at most {limit:,} {what}, here {count:,}", "split the schema into smaller ones")
    if limits.big_enum is not None:
        most, length = limits.big_enum
        for place, values, characters in size.enums:
            if values > most and characters > length:
                told = f"with more than {most} values at most {length:,} characters, here {characters:,}"
                yield Refusal(place + "/enum", "an enum with too much text", told, "say the values in the description")
