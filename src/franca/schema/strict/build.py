"""The walk that makes a strict schema: from each schema to what the provider takes, with the codec that leads back.

Recursion is bounded: what is nested deep becomes a definition of its own (or JSON text, where there are no refs), and
definitions are made one after the other from a queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ...errors import BadUsage
from .combine import TooWide, bare, kinds_of, same_key, spread
from .pieces import Codec, Made, Note, Where
from .pointers import Pointers
from .profiles import Profile
from .scalars import SCALARS, enumeration, scalar
from .shapes import array, object_, wrapper
from .words import described, told

__all__ = ["Builder"]

_MOST_PARTS = 20_000  # parts of a strict schema
_DEEPEST = 12  # levels within one definition, where there are refs
_DEEPEST_WITHOUT = 40  # levels, where everything has to stand in its place
_MARGIN = 2  # levels of objects that one schema may add to those around it: its own, and a pair or a tag within
_LOOSE = ("not", "if", "then", "else", "unevaluatedItems")
_OBJECTS = frozenset(
    [
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "unevaluatedProperties",
    ]
)
_ARRAYS = frozenset(["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "unevaluatedItems"])
_STRINGS = frozenset(["minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType"])
_NUMBERS = frozenset(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"])
_IMPLIED = (("object", _OBJECTS), ("array", _ARRAYS), ("string", _STRINGS), ("number", _NUMBERS))


class Builder:
    """One walk over one schema for one provider."""

    def __init__(
        self,
        root: Any,
        profile: Profile,
        *,
        exact: bool = False,
        nullable: int = 0,
        never: frozenset[str] = frozenset(),
    ) -> None:
        self.refs = Pointers(root)
        self.profile = profile
        self.exact = exact
        self.nullable_left = nullable  # optional properties that are to become nullable although they need not
        self.never = never  # keys of definitions that nothing fits, as an earlier walk found
        self.names: dict[str, str] = {}  # key of a definition: its name
        self.definitions: dict[str, Made] = {}
        self.unions: list[list[Made]] = []
        self.sources: list[list[Any]] = []  # of each union, the originals of its branches
        self.enum_values = 0
        self.notes: dict[Note, None] = {}
        self.in_circle = False  # whether the definition that is being made may lead back to itself
        self._queue: list[tuple[str, Any, bool]] = []
        self._parts = 0
        limit = profile.limits.depth
        self._hoist_at = None if limit is None else max(1, limit - _MARGIN)

    def note(self, where: Where, text: str) -> None:
        self.notes[Note(where.path, text)] = None

    def finish(self) -> frozenset[str]:
        """Make all definitions that were asked for; the keys of those that nothing fits."""
        empty = set()
        while self._queue:
            name, schema, self.in_circle = self._queue.pop()
            made = self.build(schema, Where(f"#{name}"), body=True)
            if made is None:
                empty.add(name)
            else:
                self.definitions[name] = made
        return frozenset(key for key, name in self.names.items() if name in empty)

    def alternatives(self, schema: Any) -> list[dict[str, Any]]:
        self.refs.steps = 0
        self.refs.opened = set()
        return spread(schema, self.refs)

    def build(self, schema: Any, where: Where, *, body: bool = False) -> Made | None:
        """The strict form of a schema; None when nothing fits it. `body`: it is that of a definition, or the root, and
        must not be hoisted itself."""
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise BadUsage(f"the schema becomes too large for {self.profile.title}: more than {_MOST_PARTS:,} parts")
        try:
            ways = self.alternatives(schema)
        except TooWide:
            self.note(where, "too many combinations: any value, as JSON text")
            return self.anything({}, where)
        circles = {place for place in self.refs.opened if self.refs.circular(place)}
        if not body and (circles or self._deep(ways, where)):
            return self.define(same_key(schema), schema, where, bool(circles))
        if len(ways) == 1:
            made = self._way(ways[0], where)
            return self.union(made, [ways[0]] * len(made), where)
        found: list[Made] = []
        sources: list[Any] = []
        inner = where._replace(depth=where.depth + 1)  # a branch may get a tag
        for way in ways:
            made = self._way(way, inner)
            found += made
            sources += [way] * len(made)
        joined = self.union(found, sources, where)
        return None if joined is None else self._called(joined, schema, where)

    def _deep(self, ways: list[dict[str, Any]], where: Where) -> bool:
        if not any(_composite(way) for way in ways):
            return False
        if where.open or self.profile.refs == "none":
            return where.level >= _DEEPEST_WITHOUT
        return where.level >= _DEEPEST or (self._hoist_at is not None and where.depth >= self._hoist_at)

    def define(self, key: str, schema: Any, where: Where, circular: bool, hint: str = "part") -> Made | None:
        """A ref to a definition that is made later; in place where the provider has no refs, or none of this kind."""
        if self.profile.refs == "none" or where.open or (circular and self.profile.recursion == "no"):
            if key in where.open or where.level >= _DEEPEST_WITHOUT:
                self.note(where, "nested without end, or too deep: as JSON text from here on")
                made = self.anything({}, where)
                again = {"type": "string", "description": f"one more {hint}, written as JSON text"}
                return made if made.codec is None else made._replace(schema=again)
            return self.build(schema, where._replace(open=(*where.open, key), level=where.level + 1), body=True)
        if key in self.never:
            return None
        name = self.names.get(key)
        if name is None:
            name = _free(hint, self.names.values())
            self.names[key] = name
            self._queue.append((name, schema, circular or self.in_circle))
        made = Made({"$ref": f"#/$defs/{name}"}, ("ref", name), cyclic=circular)
        if circular and self.in_circle and not where.member and self.profile.recursion == "optional":
            # The way round has to lead through a member that may be left out.
            schema = {**wrapper("value", made.schema), "required": []}
            return Made(schema, ("wrap", "value", made.codec), cyclic=True)
        return made

    def _way(self, flat: dict[str, Any], where: Where) -> list[Made]:
        """The strict forms of one alternative: one for each type."""
        if "$ref" in flat:
            return self._ref(flat, where)
        if "enum" in flat:
            found = enumeration(self, flat, kinds_of(flat), where)
        else:
            found = []
            kinds = self.kinds(flat)
            if kinds_of(flat) is None and len(kinds) == 1 and kinds != ["any"]:
                self.note(where, f"no type is named: taken as {kinds[0]}, by its keywords")
            for kind in kinds:
                found += self._kind(kind, flat, where)
        if not found:
            return []
        found[0] = self._called(found[0], flat, where)
        return found

    def _kind(self, kind: str, flat: dict[str, Any], where: Where) -> list[Made]:
        made: Made | None
        if kind in SCALARS:
            made = scalar(self, kind, flat, where)
        elif kind == "any":
            made = self.anything(flat, where)
        else:
            made = (object_ if kind == "object" else array)(self, flat, where)
        return [] if made is None else [made]

    def kinds(self, flat: Mapping[str, Any]) -> list[str]:
        """The types of a flat schema; where none is named, the one that its keywords speak of (all of them, if nothing
        may be lost); ["any"] where they speak of none."""
        named = kinds_of(flat)
        if named is not None:
            return named
        found = [kind for kind, words in _IMPLIED if not words.isdisjoint(flat)]
        if found and self.exact:
            return ["object", "array", "string", "number", "boolean", "null"]
        return found if len(found) == 1 else ["any"]

    def _ref(self, flat: dict[str, Any], where: Where) -> list[Made]:
        place, target = self.final(flat["$ref"])
        try:
            if not self.alternatives(target):
                return []
        except TooWide:
            pass
        hint = place.rpartition("/")[2] or "root"
        made = self.define(f"#{place}", target, where, self.refs.circular(place), hint)
        return [] if made is None else [self._called(made, flat, where)]

    def root(self) -> Any:
        """The schema of the whole; what its ref leads to, where it is nothing but one."""
        try:
            ways = self.alternatives(self.refs.root)
        except TooWide:
            return self.refs.root
        alone = len(ways) == 1 and "$ref" in ways[0]
        return self.final(ways[0]["$ref"])[1] if alone else self.refs.root

    def final(self, place: str) -> tuple[str, Any]:
        """Where a ref leads in the end, over schemas that are nothing but refs."""
        seen = [place]
        while True:
            target = self.refs.at(place)
            try:
                ways = self.alternatives(target)
            except TooWide:
                return place, target
            if len(ways) != 1 or "$ref" not in ways[0]:
                return place, target
            place = ways[0]["$ref"]
            if place in seen:
                raise BadUsage(f"$ref '#{place}' leads back to itself and says nothing")
            seen.append(place)

    def anything(self, flat: Mapping[str, Any], where: Where) -> Made:
        """Any value at all: as it is, or as JSON text."""
        said = told(flat, _LOOSE)
        if self.profile.untyped:
            return Made(_with({}, "", said), None, anything=True)
        return Made(_with({"type": "string"}, "any JSON value, written as JSON text", said), ("json",), anything=True)

    def _called(self, made: Made, schema: Mapping[str, Any], where: Where) -> Made:
        """With the description (or the title) and the default of the original."""
        text = schema.get("description")
        if not isinstance(text, str) or not text.strip():
            title = schema.get("title")
            named = where.path.rpartition("/")[2]
            text = title if isinstance(title, str) and _letters(title) != _letters(named) else ""
        if "default" in schema:
            text = described(text, told(schema, ("default",)))
        if not text:
            return made
        inner = made.schema
        if "$ref" in inner and not self.profile.ref_siblings:
            if self.profile.limits.unions is not None:
                self.note(where, f"the description is left out beside a ref: {text[:80]}")
                return made
            return made._replace(schema={"anyOf": [inner], "description": text})
        more = inner.get("description")
        whole = text if not more or more == text else f"{text} {more if more.startswith('(') else f'({more})'}"
        return made._replace(schema={**inner, "description": whole})

    def union(self, found: list[Made], sources: list[Any], where: Where) -> Made | None:
        """One schema for all of them."""
        for one in found:
            if one.anything:
                if len(found) > 1:
                    self.note(where, "one of the alternatives is any value, which holds the others")
                return one
        kept: list[Made] = []
        origins: list[dict[str, Any]] = []
        for one, source in zip(found, sources, strict=True):
            plain = _plain_type(one)
            at = next((at for at, other in enumerate(kept) if one == other or (plain and _plain_type(other))), None)
            if at is None:
                kept.append(one)
                origins.append({"anyOf": [source]})
            else:
                origins[at]["anyOf"].append(source)
                if plain:
                    kinds = dict.fromkeys([*_plain_type(kept[at]), *plain])
                    kept[at] = Made({"type": _one_or_list(kinds)})
        if len(kept) <= 1:
            return kept[0] if kept else None
        codec: Codec = None
        if self.profile.first_keys or any(one.codec is not None for one in kept):
            codec = ("union", len(self.unions))
            self.unions.append(kept)
            self.sources.append(origins)
        branches = [one.schema for one in kept]
        return Made({"anyOf": branches}, codec, cyclic=any(one.cyclic for one in kept))

    def nullable(self, made: Made) -> dict[str, Any]:
        """The schema, and null."""
        schema = made.schema
        kind = schema.get("type")
        if kind in SCALARS and ("enum" not in schema or self.profile.enums != "text"):
            both = {**schema, "type": [kind, "null"]}
            if "enum" in schema:
                both["enum"] = [*schema["enum"], None]
            return both
        if isinstance(kind, list) and "enum" not in schema:
            return {**schema, "type": [*kind, "null"]}
        if "anyOf" in schema:
            return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
        outer = {"anyOf": [{word: schema[word] for word in schema if word != "description"}, {"type": "null"}]}
        return {**outer, "description": schema["description"]} if "description" in schema else outer

    def says_null(self, schema: Any) -> bool:
        """Whether the strict form of a schema takes null (not as JSON text)."""
        stack, seen = [schema], set()
        while stack:
            try:
                ways = self.alternatives(stack.pop())
            except TooWide:
                continue
            found = False
            for way in ways:
                if "$ref" in way:
                    if way["$ref"] not in seen:
                        seen.add(way["$ref"])
                        stack.append(self.refs.at(way["$ref"]))
                elif "enum" in way:
                    found = found or (None in way["enum"] and "null" in (kinds_of(way) or ["null"]))
                elif self.kinds(way) == ["any"]:
                    found = self.profile.untyped  # otherwise JSON text, in which null is a text too
                    break
                else:
                    found = found or "null" in self.kinds(way)
            if found:
                return True
        return False


def _composite(flat: Mapping[str, Any]) -> bool:
    if "$ref" in flat or "enum" in flat:
        return False
    kinds = kinds_of(flat)
    return not bare(flat) if kinds is None else "object" in kinds or "array" in kinds


def _plain_type(made: Made) -> list[str]:
    """The types of a schema that says nothing else."""
    if made.codec is not None or set(made.schema) != {"type"}:
        return []
    kind = made.schema["type"]
    return [kind] if isinstance(kind, str) and kind in SCALARS else kind if isinstance(kind, list) else []


def _one_or_list(kinds: Iterable[str]) -> Any:
    listed = list(kinds)
    return listed[0] if len(listed) == 1 else listed


def _with(schema: dict[str, Any], text: str, said: list[str]) -> dict[str, Any]:
    whole = described(text, said)
    return {**schema, "description": whole} if whole else schema


def _letters(text: str) -> str:
    return "".join(one for one in text.casefold() if one.isalnum())


def _free(hint: str, taken: Iterable[str]) -> str:
    """A name for a definition, in characters that every provider takes."""
    name = "".join(one if one.isascii() and (one.isalnum() or one in "_-") else "_" for one in hint)[:48] or "part"
    used, number, free = set(taken), 1, name
    while free in used:
        number += 1
        free = f"{name}_{number}"
    return free
