"""A JSON Schema (2020-12) from examples: what all of them have in common, and where they differ.

Every item of an array and every example counts, so the schema never refuses what it was made from. What the examples
do not tell stays open: the items of an array that is always empty, a field that is always null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import BadUsage

__all__ = ["infer_schema", "infer_schema_from_json"]

_DEEPEST = 200  # levels of an example
_MOST = 1_000_000  # values of all examples together
_SCALARS = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
_ORDER = ("object", "array", "string", "number", "integer", "boolean")


def infer_schema(*examples: Any, closed: bool = True) -> dict[str, Any]:
    """The schema of examples that are decoded JSON (or anything that msgspec can say as JSON: dataclasses ...).

    A field that every object has is required; one that is null in some is nullable; whole numbers are integers as long
    as all are (`1.0` is none). `closed`: objects may have no other fields (`additionalProperties: false`).

    Raises BadUsage without an example, and for one that JSON cannot say or that is nested deeper than 200 levels.
    """
    if not examples:
        raise BadUsage("a schema is made from at least one example")
    whole = _Shape()
    shapes: dict[_Shape, None] = {}  # each behind the one that it is in
    pending = [(whole, _plain(example, number), 1) for number, example in enumerate(examples, 1)]
    pending.reverse()  # so that fields come in the order of the first example
    seen = len(pending)
    while pending:
        shape, value, depth = pending.pop()
        shapes[shape] = None
        inside = shape.take(value)
        if not inside:
            continue
        seen += len(inside)
        if depth >= _DEEPEST or seen > _MOST:
            what = f"nested deeper than {_DEEPEST} levels" if depth >= _DEEPEST else f"of more than {_MOST:,} values"
            raise BadUsage(f"no schema is made from an example {what}")
        pending.extend((inner, item, depth + 1) for inner, item in reversed(inside))
    made: dict[_Shape, dict[str, Any]] = {}
    for shape in reversed(shapes):  # from the inside, so that depth is no recursion
        made[shape] = shape.schema(closed, made)
    return made[whole]


def infer_schema_from_json(*texts: str | bytes, closed: bool = True) -> dict[str, Any]:
    """As `infer_schema`, from examples that are JSON texts. Raises BadUsage for one that is none."""
    import msgspec

    decoded = []
    for number, text in enumerate(texts, 1):
        try:
            decoded.append(msgspec.json.decode(text))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadUsage(f"example {number} is no JSON: {error}") from None
    return infer_schema(*decoded, closed=closed)


def _plain(example: Any, number: int) -> Any:
    """The example as JSON has it: lists for tuples, dicts for dataclasses."""
    import msgspec

    try:
        return msgspec.to_builtins(example, str_keys=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadUsage(f"example {number} is nothing that JSON can say: {error}") from None


class _Shape:
    """What was seen in one place of the examples."""

    __slots__ = ("fields", "items", "names", "objects")

    def __init__(self) -> None:
        self.names: set[str] = set()
        """The types."""
        self.objects = 0
        """How many objects."""
        self.fields: dict[str, tuple[_Shape, list[int]]] = {}
        """Of the objects: each field, and how many have it (in a list of one, to be counted up)."""
        self.items: _Shape | None = None
        """Of the arrays: all their items."""

    def take(self, value: Any) -> Sequence[tuple[_Shape, Any]]:
        """Note a value; what is inside it is still to be taken."""
        if value is None:
            self.names.add("null")
        elif isinstance(value, dict):
            return self._object(value)
        elif isinstance(value, (list, tuple, set, frozenset)):
            self.names.add("array")
            if self.items is None:
                self.items = _Shape()
            inside = self.items
            return [(inside, item) for item in value]
        else:
            self.names.add(next(name for kind, name in _SCALARS if isinstance(value, kind)))
        return ()

    def _object(self, value: dict[str, Any]) -> list[tuple[_Shape, Any]]:
        self.names.add("object")
        self.objects += 1
        found = []
        for name, item in value.items():
            known = self.fields.get(name)
            if known is None:
                known = self.fields[name] = (_Shape(), [0])
            known[1][0] += 1
            found.append((known[0], item))
        return found

    def schema(self, closed: bool, made: Mapping[_Shape, Any]) -> dict[str, Any]:
        """The schema that all that was seen fits; `made` has those of the shapes inside it."""
        names = [name for name in _ORDER if name in self.names]
        if "number" in names and "integer" in names:
            names.remove("integer")
        parts = [self._part(name, closed, made) for name in names]
        if "null" in self.names and parts:  # null alone tells nothing of what else the field holds
            parts.append({"type": "null"})
        if len(parts) < 2:
            return parts[0] if parts else {}
        if sum(len(part) > 1 for part in parts) > 1:  # two of them say more than their type
            return {"anyOf": parts}
        merged = {key: value for part in parts for key, value in part.items()}
        return {**merged, "type": [part["type"] for part in parts]}

    def _part(self, name: str, closed: bool, made: Mapping[_Shape, Any]) -> dict[str, Any]:
        if name == "array":
            items = self.items and made.get(self.items)  # nothing of an array that is always empty
            return {"type": "array", "items": items} if items else {"type": "array"}
        if name != "object":
            return {"type": name}
        whole: dict[str, Any] = {
            "type": "object",
            "properties": {field: made[shape] for field, (shape, _) in self.fields.items()},
            "required": [field for field, (_, count) in self.fields.items() if count[0] == self.objects],
        }
        return {**whole, "additionalProperties": False} if closed else whole
