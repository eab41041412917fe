"""A JSON Schema seen by the coercion: what may stand in a place, `$ref` and `allOf` resolved, unions kept apart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..validate import Validator
from .tokens import clean_key

__all__ = ["Shape", "Shapes"]

_MOST_JOINED = 200  # schemas that come together in one place by $ref and allOf
_MOST_SEEN = 20_000  # schemas that are looked through for the names of fields
_MOST_BRANCHES = 64
_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_OF_STRINGS = ("pattern", "format", "minLength", "maxLength")
_OF_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


class Shape:
    """What may stand in a place."""

    __slots__ = (
        "closed",
        "enum",
        "extras",
        "folded",
        "items",
        "leaves",
        "never",
        "patterns",
        "prefix",
        "properties",
        "required",
        "types",
        "unions",
    )

    def __init__(self) -> None:
        self.types: frozenset[str] = _TYPES
        self.never = False
        self.properties: dict[str, list[Any]] = {}
        self.required: list[str] = []
        self.closed = False
        """Whether other fields are forbidden."""
        self.extras: list[Any] = []
        """The schemas of other fields."""
        self.patterns: list[tuple[Validator, Any]] = []
        self.items: list[Any] = []
        self.prefix: list[list[Any]] = []
        self.enum: list[Any] | None = None
        self.leaves: list[Validator] = []
        """The limits of strings and numbers."""
        self.unions: list[list[Any]] = []
        self.folded: dict[str, str | None] = {}
        """Clean key -> field; None where two fields have the same."""

    def copy(self) -> Shape:
        made = Shape()
        made.types, made.never, made.closed, made.enum = self.types, self.never, self.closed, self.enum
        made.properties = {name: list(schemas) for name, schemas in self.properties.items()}
        made.required, made.extras, made.patterns = list(self.required), list(self.extras), list(self.patterns)
        made.items, made.prefix, made.leaves = list(self.items), [list(one) for one in self.prefix], list(self.leaves)
        made.unions = list(self.unions)
        return made

    def allows(self, kind: str) -> bool:
        return kind in self.types or (kind == "integer" and "number" in self.types)

    @property
    def any_type(self) -> bool:
        return len(self.types) == len(_TYPES)

    def fits_leaf(self, value: Any) -> bool:
        return all(leaf.valid(value) for leaf in self.leaves)


class Shapes:
    """The shapes of one schema and its parts, made when they are first needed."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self._kept: dict[tuple[int, ...], Shape] = {}
        self._alive: list[Any] = []
        self._limits: dict[str, Validator] = {}

    def of(self, *schemas: Any) -> Shape:
        """The shape of a place where all of these hold."""
        key = tuple(map(id, schemas))
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = Shape()
            self._alive.append(schemas)
            self._absorb(found, list(schemas))
        return found

    def branch(self, shape: Shape, number: int) -> Shape:
        """The shape with the first of its unions decided."""
        key = (id(shape), -1, number)
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = shape.copy()
            union, *found.unions = shape.unions
            self._absorb(found, [union[number]])
        return found

    def _absorb(self, shape: Shape, pending: list[Any]) -> None:
        seen: set[int] = set()
        pending.reverse()
        while pending and len(seen) < _MOST_JOINED:
            schema = pending.pop()
            if schema is False:
                shape.never = True
            if not isinstance(schema, Mapping) or id(schema) in seen:
                continue
            seen.add(id(schema))
            self._own(shape, schema)
            for key in ("anyOf", "oneOf"):
                branches = schema.get(key)
                if isinstance(branches, list) and branches:
                    shape.unions.append(branches[:_MOST_BRANCHES])
            pending.extend(reversed(schema.get("allOf") or []))
            if "$ref" in schema:
                pending.append(self.resolve(schema["$ref"]))
        folded: dict[str, str | None] = {}
        for name in shape.properties:
            clean = clean_key(name)
            folded[clean] = None if clean in folded else name
        shape.folded = folded

    def resolve(self, ref: Any) -> Any:
        """What a local reference names; True (anything) for one that cannot be followed: the validator knows better."""
        if not isinstance(ref, str) or not ref.startswith("#"):
            return True
        found: Any = self.root
        for step in ref[1:].split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and step.isdigit() and int(step) < len(found):
                found = found[int(step)]
            elif isinstance(found, Mapping) and step in found:
                found = found[step]
            else:
                return True
        return found

    def _own(self, shape: Shape, schema: Mapping[str, Any]) -> None:
        kinds = schema.get("type")
        if kinds is not None:
            shape.types = _both(shape.types, frozenset([kinds] if isinstance(kinds, str) else kinds))
        if "const" in schema or "enum" in schema:
            values = [schema["const"]] if "const" in schema else list(schema["enum"])
            shape.enum = values if shape.enum is None else [one for one in shape.enum if one in values]
        for name, inner in (schema.get("properties") or {}).items():
            shape.properties.setdefault(name, []).append(inner)
        shape.required += [name for name in schema.get("required") or () if name not in shape.required]
        for pattern, inner in (schema.get("patternProperties") or {}).items():
            shape.patterns.append((self._limit({"pattern": pattern}), inner))
        extra = schema.get("additionalProperties", schema.get("unevaluatedProperties"))
        if extra is False:
            shape.closed = True
        elif isinstance(extra, Mapping):
            shape.extras.append(extra)
        self._of_arrays(shape, schema)
        limits = {key: schema[key] for key in (*_OF_STRINGS, *_OF_NUMBERS) if key in schema}
        if limits:
            shape.leaves.append(self._limit(limits))

    def _limit(self, limits: dict[str, Any]) -> Validator:
        known_by = repr(limits)
        if known_by not in self._limits:
            self._limits[known_by] = Validator(limits)
        return self._limits[known_by]

    def _of_arrays(self, shape: Shape, schema: Mapping[str, Any]) -> None:
        prefix = schema.get("prefixItems")
        for index, inner in enumerate(prefix or ()):
            while len(shape.prefix) <= index:
                shape.prefix.append([])
            shape.prefix[index].append(inner)
        if "items" in schema:
            shape.items.append(schema["items"])

    def names(self) -> frozenset[str]:
        """The clean names of all fields that the schema has anywhere."""
        found: set[str] = set()
        pending: list[Any] = [self.root]
        seen = 0
        while pending and seen < _MOST_SEEN:
            one = pending.pop()
            seen += 1
            if isinstance(one, Mapping):
                named = one.get("properties")
                if isinstance(named, Mapping):
                    found.update(clean_key(name) for name in named)
                pending.extend(value for value in one.values() if isinstance(value, (Mapping, list)))
            elif isinstance(one, list):
                pending.extend(value for value in one if isinstance(value, (Mapping, list)))
        return frozenset(found)


def _both(ours: frozenset[str], theirs: frozenset[str]) -> frozenset[str]:
    both = ours & theirs
    if ("integer" in ours and "number" in theirs) or ("number" in ours and "integer" in theirs):
        both |= {"integer"}
    return both
