"""How often one value may be checked by a schema of a stranger. Rules that refer to rules double with each step: three
kilobytes of them can ask for more checks than a computer makes in a year."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

__all__ = ["MOST_WORK", "work_of"]

MOST_WORK = 1_000_000
"""Checks of one value that take a moment only: some tens of milliseconds."""

_SAME = ("not", "if", "then", "else")
_SAME_LISTS = ("allOf", "anyOf", "oneOf")
_SAME_MAPS = ("dependentSchemas", "dependencies")
_EACH = ("additionalProperties", "unevaluatedProperties", "propertyNames", "items", "additionalItems", "contains",
         "unevaluatedItems")  # fmt: skip
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def work_of(schema: Any) -> int:
    """The most checks that one part of a value may need, by all the ways that lead to it; more than `MOST_WORK` is told
    as `MOST_WORK + 1`. Of rules that lead back to themselves one turn counts: a value is checked by them once."""
    return _Work(schema).of(schema)


class _Work:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._named: dict[str, Any] = {}
        self._known: dict[int, int] = {}
        self._above: set[int] = set()
        for one in _all(root):
            for word in ("$anchor", "$dynamicAnchor"):
                if isinstance(one.get(word), str):
                    self._named[f"#{one[word]}"] = one
            if isinstance(one.get("$id"), str):
                self._named[one["$id"]] = one

    def of(self, schema: Any) -> int:
        if not isinstance(schema, dict):
            return 1
        key = id(schema)
        known = self._known.get(key)
        if known is not None:
            return known
        if key in self._above:
            return 1
        self._above.add(key)
        try:
            work = min(1 + sum(map(self.of, self._same(schema))) + self._inside(schema), MOST_WORK + 1)
        except RecursionError:
            work = MOST_WORK + 1
        self._above.discard(key)
        self._known[key] = work
        return work

    def _same(self, schema: dict[str, Any]) -> Iterator[Any]:
        """The rules by which the same value is checked too."""
        for word in _REFERENCES:
            if isinstance(schema.get(word), str):
                yield self._target(schema[word])
        for word in _SAME:
            if word in schema:
                yield schema[word]
        for word in _SAME_LISTS:
            yield from _list(schema.get(word))
        for word in _SAME_MAPS:
            yield from _values(schema.get(word))

    def _inside(self, schema: dict[str, Any]) -> int:
        """Of the value's parts, the one with the most: a part has one name or place, but any pattern may fit it."""
        work = max(map(self.of, _values(schema.get("properties"))), default=0)
        work += max(map(self.of, _list(schema.get("prefixItems"))), default=0)
        work += max(map(self.of, _list(schema.get("items"))), default=0)
        work += sum(map(self.of, _values(schema.get("patternProperties"))))
        return work + sum(self.of(schema[word]) for word in _EACH if isinstance(schema.get(word), dict))

    def _target(self, reference: str) -> Any:
        found = self._named.get(reference)
        if found is not None or not reference.startswith("#"):
            return found
        from urllib.parse import unquote

        found = self._root
        for word in unquote(reference[1:]).split("/")[1:]:
            name = word.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict):
                found = found.get(name)
            elif isinstance(found, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(found):
                found = found[int(name[:9])]
            else:
                return None
        return found


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _values(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else []


def _all(root: Any) -> Iterator[dict[str, Any]]:
    """Every object in a document."""
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
