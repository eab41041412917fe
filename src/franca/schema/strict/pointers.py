"""Where a `$ref` leads inside its own schema, and which places lead back to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from ...errors import BadUsage

__all__ = ["Pointers", "groups", "step", "subschemas", "walk"]

# Where a schema holds others: one, a list of them, or names with one each.
_ONE = (
    "items",
    "additionalItems",
    "additionalProperties",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_LISTS = ("prefixItems", "anyOf", "oneOf", "allOf", "items")
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")
_DEEPEST = 500
_MOST_PLACES = 50_000  # subschemas that are looked at; a schema with more is no schema for a model


def step(*words: Any) -> str:
    """Words as a piece of a JSON pointer."""
    return "".join("/" + str(word).replace("~", "~0").replace("/", "~1") for word in words)


def subschemas(schema: Any) -> Iterator[tuple[str, Any]]:
    """What a schema directly holds: (pointer from it, schema). What has the wrong shape is passed over."""
    if not isinstance(schema, dict):
        return
    for word in _ONE:
        inner = schema.get(word)
        if isinstance(inner, (dict, bool)):
            yield step(word), inner
    for word in _LISTS:
        inner = schema.get(word)
        if isinstance(inner, list):
            yield from ((step(word, place), one) for place, one in enumerate(inner) if isinstance(one, (dict, bool)))
    for word in _NAMED:
        inner = schema.get(word)
        if isinstance(inner, dict):
            yield from ((step(word, name), one) for name, one in inner.items() if isinstance(one, (dict, bool)))


def walk(schema: Any) -> Iterator[tuple[str, Any]]:
    """A schema and all within it, refs not followed: (pointer, schema), each before what it holds."""
    stack: list[tuple[str, Any, int]] = [("", schema, 0)]
    for _ in range(_MOST_PLACES):
        if not stack:
            return
        place, one, level = stack.pop()
        if level > _DEEPEST:
            raise BadUsage(f"the schema is nested deeper than {_DEEPEST} levels")
        yield place, one
        stack.extend((place + way, inner, level + 1) for way, inner in reversed(list(subschemas(one))))
    raise BadUsage(f"the schema has more than {_MOST_PLACES:,} parts")


class Pointers:
    """The refs of one schema. `steps` and `opened` are what `combine.spread` counts: schemas it looked at, refs that it
    had to open because something stands beside them."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.steps = 0
        self.opened: set[str] = set()
        self._anchors: dict[str, str] | None = None
        self._circles: frozenset[str] | None = None

    def place(self, ref: Any) -> str:
        """The pointer ("" is the root) that a `$ref` means. Raises BadUsage for one that leads out, or nowhere."""
        if not isinstance(ref, str):
            raise BadUsage(f"a $ref is a string, got {ref!r}"[:200])
        base, _, fragment = ref.partition("#")
        if base and (not isinstance(self.root, dict) or base != str(self.root.get("$id", "")).rstrip("#")):
            raise BadUsage(f"$ref {ref!r} leads to another document, which is not fetched; put it into $defs")
        fragment = unquote(fragment)
        if fragment and not fragment.startswith("/"):
            if self._anchors is None:
                self._anchors = _anchors(self.root)
            if fragment not in self._anchors:
                raise BadUsage(f"$ref {ref!r} names an anchor that the schema does not have")
            return self._anchors[fragment]
        self.at(fragment)
        return fragment

    def at(self, place: str) -> Any:
        """The schema at a pointer."""
        found: Any = self.root
        for word in place.split("/")[1:]:
            name = word.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and name.isdigit() and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, dict) and name in found:
                found = found[name]
            else:
                raise BadUsage(f"$ref '#{place}' leads nowhere: there is no {name!r}")
        if not isinstance(found, (dict, bool)):
            raise BadUsage(f"$ref '#{place}' leads to something that is no schema")
        return found

    def circular(self, place: str) -> bool:
        """Whether a schema holds itself, directly or over others."""
        if self._circles is None:
            self._circles = _circles(self)
        return place in self._circles

    def targets(self, schema: Any) -> list[str]:
        """Where the refs of a schema and of all within it lead."""
        return [self.place(one["$ref"]) for _, one in walk(schema) if isinstance(one, dict) and "$ref" in one]


def _anchors(root: Any) -> dict[str, str]:
    return {
        one[word]: place
        for place, one in walk(root)
        if isinstance(one, dict)
        for word in ("$dynamicAnchor", "$anchor")
        if isinstance(one.get(word), str)
    }


def _circles(pointers: Pointers) -> frozenset[str]:
    """The places that can be reached from themselves."""
    leads: dict[str, list[str]] = {}
    stack = list(dict.fromkeys(pointers.targets(pointers.root)))
    while stack:
        place = stack.pop()
        if place not in leads:
            leads[place] = list(dict.fromkeys(pointers.targets(pointers.at(place))))
            stack.extend(leads[place])
    return frozenset(group for part in groups(leads) for group in part if len(part) > 1 or group in leads[group])


def groups(leads: dict[str, list[str]]) -> Iterator[list[str]]:
    """The strongly connected parts of a graph (Tarjan 1972), with a stack of its own."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: list[str] = []
    inside: set[str] = set()
    for start in leads:
        if start in number:
            continue
        work = [(start, iter(leads[start]))]
        number[start] = low[start] = len(number)
        open_.append(start)
        inside.add(start)
        while work:
            place, rest = work[-1]
            for after in rest:
                if after not in number:
                    number[after] = low[after] = len(number)
                    open_.append(after)
                    inside.add(after)
                    work.append((after, iter(leads[after])))
                    break
                if after in inside:
                    low[place] = min(low[place], number[after])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[place])
                if low[place] == number[place]:
                    part: list[str] = []
                    while not part or part[-1] != place:
                        part.append(open_.pop())
                        inside.discard(part[-1])
                    yield part
