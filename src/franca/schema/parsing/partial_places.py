"""The schema, asked about a value that is not complete: what belongs in a place, under which name, whether it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...errors import BadUsage
from ..validate import Validator
from .coerce import Coercion
from .nodes import Node, Number, number_of
from .shape import Shape, Shapes
from .tokens import clean_key

__all__ = ["NOTHING", "Place", "Places", "is_text"]

NOTHING: Any = object()
"""Says that a value does not fit; None is a value."""
_MOST_OPTIONS = 64
_MOST_WALKED = 20_000
# What the coercion does not look at, so that the validator must.
_BEYOND = frozenset(
    {"oneOf", "allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies"}
    | {"minItems", "maxItems", "uniqueItems", "contains", "minProperties", "maxProperties", "propertyNames"}
    | {"unevaluatedProperties", "unevaluatedItems", "$dynamicRef"}
)
_TEXT_LIMITS = frozenset({"pattern", "format", "maxLength"})


class Place:
    """Somewhere in a value."""

    __slots__ = ("check", "schemas", "shape", "simple", "text")

    def __init__(self, schemas: tuple[Any, ...], shape: Shape, check: Validator | None, text: bool) -> None:
        self.schemas = schemas
        self.shape = shape
        self.check = check
        """The validator, where the schema says more than the coercion looks at."""
        self.text = text
        """Whether a string may be shown here before it has ended."""
        self.simple = not (shape.unions or shape.leaves or shape.never or shape.enum is not None or check)


class Places:
    """The places of one schema."""

    def __init__(
        self, shapes: Shapes, scan_text: Callable[[str], Node], *, salvage: bool = False, strings: bool = True
    ) -> None:
        self.salvage = salvage
        self._shapes = shapes
        self._scan_text = scan_text
        self._strings = strings
        self._kept: dict[tuple[int, ...], Place] = {}
        self._fields: dict[tuple[int, str], Place] = {}
        self._items: dict[tuple[int, int], Place] = {}
        self._options: dict[tuple[int, str], list[Shape]] = {}
        self._pointers: dict[int, str] | None = None
        self.root = self._of((shapes.root,))

    def _of(self, schemas: tuple[Any, ...]) -> Place:
        key = tuple(map(id, schemas))
        found = self._kept.get(key)
        if found is None:
            shape = self._shapes.of(*schemas)
            check = self._check(schemas) if self._says_more(schemas) else None
            found = self._kept[key] = Place(schemas, shape, check, self._strings and self._free_text(shape))
        return found

    # --- ways through a value

    def field(self, shape: Shape, name: str) -> Place:
        """The place of a field."""
        key = (id(shape), name)
        place = self._fields.get(key)
        if place is not None:
            return place
        found = list(shape.properties.get(name, ()))
        found += [inner for pattern, inner in shape.patterns if pattern.valid(name)]
        place = self._of(tuple(found or shape.extras))
        if name in shape.properties:
            self._fields[key] = place
        return place

    def item(self, shape: Shape, index: int) -> Place:
        """The place of an item."""
        key = (id(shape), min(index, len(shape.prefix)))
        place = self._items.get(key)
        if place is None:
            found = shape.prefix[index] if index < len(shape.prefix) else shape.items
            place = self._items[key] = self._of(tuple(found))
        return place

    def name(self, shape: Shape, key: str, have: Mapping[str, Any]) -> str | None:
        """Under which name a member belongs into an object that has some already; None where it is left out."""
        if key in shape.properties or any(pattern.valid(key) for pattern, _ in shape.patterns):
            return key
        name = shape.folded.get(clean_key(key))
        if name is not None and name not in have and (shape.closed or name in shape.required):
            return name
        return None if shape.closed else key

    def touches(self, shape: Shape, key: str) -> bool:
        """Whether a key is one of the fields that an object is to have; any is, where none are named."""
        return (
            not shape.properties
            or clean_key(key) in shape.folded
            or any(pattern.valid(key) for pattern, _ in shape.patterns)
        )

    def options(self, shape: Shape, bracket: str) -> list[Shape]:
        """What a value that begins with this bracket may be, unions decided in every way."""
        key = (id(shape), bracket)
        found = self._options.get(key)
        if found is None:
            kind = "object" if bracket == "{" else "array"
            found = self._options[key] = [one for one in self._decided(shape) if one.allows(kind) and one.enum is None]
        return found

    def _decided(self, shape: Shape) -> list[Shape]:
        found = []
        pending = [shape]
        for _ in range(_MOST_OPTIONS):
            if not pending:
                break
            one = pending.pop()
            if one.never:
                continue
            if one.unions:
                pending.extend(self._shapes.branch(one, number) for number in range(len(one.unions[0]) - 1, -1, -1))
            else:
                found.append(one)
        return found

    def _free_text(self, shape: Shape) -> bool:
        return any(
            one.allows("string")
            and one.enum is None
            and not any(_TEXT_LIMITS & set(leaf.schema) for leaf in one.leaves)
            for one in self._decided(shape)
        )

    # --- what is complete

    def value(self, node: Node, place: Place, field: str = "") -> Any:
        """What a complete part is in its place; NOTHING where it does not fit."""
        shape = place.shape
        if place.simple:
            kind = type(node)
            if kind is str and "string" in shape.types:
                return node if is_text(node) else NOTHING
            if kind is Number and "number" in shape.types:
                try:
                    return number_of(node)
                except ValueError:
                    return NOTHING
        fit = self.fresh().fit(node, shape, field)
        if fit is None or not (place.check is None or place.check.valid(fit.value)):
            return NOTHING
        return fit.value if type(fit.value) is not str or is_text(fit.value) else NOTHING

    def fresh(self) -> Coercion:
        """A coercion that remembers nothing: nodes may change after it was asked."""
        return Coercion(self._shapes, self._scan_text, salvage=self.salvage)

    def possible(self, shape: Shape, key: str | None, node: Node, index: int) -> bool:
        """Whether an object or array of this shape can have this part."""
        if key is None:
            place = self.item(shape, index)
            return self.fresh().fit(node, place.shape) is not None
        name = self.name(shape, key, {})
        if name is None or node is None:
            return True
        return self.fresh().fit(node, self.field(shape, name).shape, name) is not None

    # --- validators of parts

    def _says_more(self, schemas: tuple[Any, ...]) -> bool:
        pending = list(schemas)
        for _ in range(_MOST_OPTIONS):
            if not pending:
                return False
            schema = pending.pop()
            if not isinstance(schema, Mapping):
                continue
            if not _BEYOND.isdisjoint(schema):
                return True
            pending.extend(schema.get("anyOf") or ())
            if "$ref" in schema:
                pending.append(self._shapes.resolve(schema["$ref"]))
        return True

    def _check(self, schemas: tuple[Any, ...]) -> Validator | None:
        """The validator of a part; None where it cannot be had, as for schemas with an `$id` inside."""
        if self._pointers is None:
            self._pointers = _pointers(self._shapes.root)
        parts = [self._pointers.get(id(schema)) for schema in schemas]
        if None in parts:
            return None
        try:
            return Validator(
                {
                    "$defs": {"root": _moved(self._shapes.root)},
                    "allOf": [{"$ref": f"#/$defs/root{part}"} for part in parts],
                }
            )
        except BadUsage:
            return None


def _pointers(root: Any) -> dict[int, str]:
    """Where each part of a schema stands, as a JSON Pointer in the form of a URI."""
    found: dict[int, str] = {id(root): ""}
    pending: list[tuple[Any, str]] = [(root, "")]
    while pending and len(found) < _MOST_WALKED:
        holder, at = pending.pop()
        for key, part in holder.items() if isinstance(holder, Mapping) else enumerate(holder):
            if isinstance(part, (Mapping, list)) and id(part) not in found:
                step = str(key).replace("~", "~0").replace("/", "~1").replace("%", "%25")
                found[id(part)] = f"{at}/{step}"
                pending.append((part, found[id(part)]))
    return found


def _moved(root: Any) -> Any:
    """A schema as it must be under /$defs/root: what refers to its root leads there."""
    made: list[Any] = [{key: part for key, part in root.items() if key not in ("$id", "$schema")}]
    pending: list[Any] = [made]
    while pending:
        holder = pending.pop()
        for key, part in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(part, Mapping):
                holder[key] = dict(part)
                pending.append(holder[key])
            elif isinstance(part, list):
                holder[key] = list(part)
                pending.append(holder[key])
            elif key == "$ref" and isinstance(part, str) and part.startswith("#"):
                holder[key] = f"#/$defs/root{part[1:]}"
    return made[0]


def is_text(text: str) -> bool:
    """Whether a string has no half of a surrogate pair, which JSON readers refuse."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
