"""The references of a schema: where each leads, and which parts need a name because more than one place shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .words import is_typed

__all__ = ["References"]

_MAPS = ("properties", "patternProperties")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_FORMS = ("anyOf", "oneOf")
_ONES = ("items", "additionalProperties")
# Shown as JSON, reference and all, so that what it leads to needs its name.
_AS_JSON = frozenset(
    [
        *("not", "if", "then", "else", "dependentSchemas", "dependencies", "contains"),
        *("propertyNames", "unevaluatedProperties", "unevaluatedItems"),
    ]
)
_DEFINITION = re.compile(r"#/(?:\$defs|definitions)/[^/]+$")


class References:
    """The names of a schema's shared parts.

    A part has a name when it is used twice, holds itself, or is the whole schema; what is used once is shown in its
    place. References are followed inside this document only, nothing is fetched.
    """

    __slots__ = ("_root", "_taken", "names", "whole")

    def __init__(self, root: Any) -> None:
        self._root = root
        self.names: dict[str, str] = {}
        """By reference, in the order in which they were met: the name of what it leads to."""
        self._taken = {"string", "number", "integer", "boolean", "null", "any", "never", "object", "Record"}
        uses: dict[str, int] = {}
        self.whole = _written_out(root)
        """The reference that says the whole schema, where a definition does; else None."""
        pending = [root if self.whole is None else {"$ref": self.whole}]
        while pending:
            part = pending.pop()
            reference = self.leads(part)
            if reference is not None:
                uses[reference] = uses.get(reference, 0) + 1
                if uses[reference] == 1:
                    pending.append(self.target(reference))
            for mentioned in _mentioned(part):
                pending.extend([{"$ref": mentioned}] * 2)
            pending.extend(reversed(list(_parts(part))))
        for reference, count in uses.items():
            if count > 1 or not _DEFINITION.match(reference):  # any other place is shown where it stands, too
                self.names[reference] = self._name(reference)

    def leads(self, schema: Any) -> str | None:
        """The reference of a schema that leads to a part of this document, else None."""
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        return reference if isinstance(reference, str) and self.target(reference) is not None else None

    def target(self, reference: str) -> Any:
        """What a reference leads to; None when it leads nowhere."""
        first, *steps = reference.split("/")
        if first != "#":
            return None
        found = self._root
        for step in steps:
            step = _unquoted(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, Mapping):
                found = found.get(step)
            elif isinstance(found, (list, tuple)) and step.isdecimal() and int(step) < len(found):
                found = found[int(step)]
            else:
                return None
        return found if isinstance(found, (Mapping, bool)) else None

    def _name(self, reference: str) -> str:
        target = self.target(reference)
        title = target.get("title") if isinstance(target, Mapping) and reference == "#" else None
        last = _unquoted(reference.rpartition("/")[2]).replace("~1", "/").replace("~0", "~")
        wanted = re.sub(r"\W+", "_", str(title or last)).strip("_")
        return self.new_name(wanted if wanted and not wanted[0].isdigit() else f"Type{wanted}")

    def new_name(self, wanted: str) -> str:
        """One that no other part has."""
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}{number}", number + 1
        self._taken.add(name)
        return name


def _written_out(root: Any) -> str | None:
    """A type that holds itself is written twice: as the root, and as the definition that its inside refers to."""
    import msgspec

    keywords = ("$defs", "definitions")
    if not isinstance(root, Mapping) or not any(word in root for word in keywords):
        return None
    own = msgspec.json.encode({word: value for word, value in root.items() if word not in (*keywords, "$schema")})
    for word in keywords:
        defined = root.get(word)
        for name, schema in defined.items() if isinstance(defined, Mapping) else ():
            if msgspec.json.encode(schema) == own:
                return f"#/{word}/{name.replace('~', '~0').replace('/', '~1')}"
    return None


def _mentioned(schema: Any) -> list[str]:
    """The references inside what is shown as JSON."""
    if not isinstance(schema, Mapping):
        return []
    found = []
    pending = [part for word, part in schema.items() if word in _AS_JSON or (word in _FORMS and _is_mixed(part))]
    while pending:
        part = pending.pop()
        if isinstance(part, Mapping):
            found += [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            pending.extend(part.values())
        elif isinstance(part, (list, tuple)):
            pending.extend(part)
    return found


def _is_mixed(forms: Any) -> bool:
    """Whether there are forms that a type cannot say, so that all of them are shown as JSON."""
    return isinstance(forms, (list, tuple)) and not all(map(is_typed, forms))


def _unquoted(text: str) -> str:
    from urllib.parse import unquote

    return unquote(text)


def _parts(schema: Any) -> Iterator[Any]:
    """The schemas inside a schema that are shown where it is."""
    if not isinstance(schema, Mapping):
        return
    for keyword in _MAPS:
        if isinstance(inside := schema.get(keyword), Mapping):
            yield from inside.values()
    for keyword in _LISTS:
        if isinstance(listed := schema.get(keyword), (list, tuple)):
            yield from listed
    for keyword in _ONES:
        yield schema.get(keyword)
