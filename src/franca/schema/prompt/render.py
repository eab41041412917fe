"""A JSON Schema as text that a model reads well: like a type in TypeScript, or as JSON.

The TypeScript-like form says the same in about half the tokens: `?` for what may be left out, literals for an enum,
descriptions and limits in comments. What a type cannot say is a comment with the JSON of its keyword. Nothing is lost
but titles, long examples and long defaults.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ...errors import BadUsage
from ..kept import keep
from .blocks import Block, Line, either, joined, joined_by, one_line
from .references import References
from .words import described, is_typed, limits, literal, others

__all__ = ["Style", "describe"]

Style = Literal["typescript", "json-schema"]

_DEEPEST = 32  # levels; what lies deeper becomes a type of its own, so that no schema overflows the stack
_WIDEST = 60  # characters of an object on one line
_KEPT = 64  # texts
_NAME = re.compile(r"[A-Za-z_$][\w$]*\Z", re.ASCII)
_OF_TYPE = {
    "object": ("properties", "patternProperties", "additionalProperties", "required", "propertyNames", "minProperties"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_WORDS = ("string", "number", "integer", "boolean", "null")


def describe(schema: Any, style: Style = "typescript") -> str:
    """The text for a schema (a dict, or a Python type that `schema_of` takes).

    "typescript": like a type declaration; types that are used more than once follow as `type Name = ...`.
    "json-schema": the schema itself, as short as JSON can be.

    Raises BadUsage for another style, and for what is no schema.
    """
    from ..types import as_schema

    whole, known_by = as_schema(schema)
    if style == "json-schema":
        return known_by
    if style != "typescript":
        raise BadUsage(f"no style {style!r}; there are 'typescript' and 'json-schema'")
    found = _kept.get(known_by)
    return keep(_kept, known_by, _Text(whole).whole(), _KEPT) if found is None else found


_kept: dict[str, str] = {}


class _Text:
    """Writes one schema. `depth` counts the levels above."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._references = References(root)
        self._named = [(name, self._references.target(place)) for place, name in self._references.names.items()]
        """The types that follow, and what they are."""

    def whole(self) -> str:
        whole = self._references.whole
        name = self._references.names.get(whole or "#")
        root = self._root if whole is None else self._references.target(whole)
        parts = [name or str(self._block(root, 0))]
        for name, target in self._named:  # which grows while it is gone through
            parts.append(str(joined(one_line(f"type {name} = "), self._block(target, 0))))
        return "\n\n".join(parts)

    def _block(self, schema: Any, depth: int) -> Block:
        """A schema where it is used; what is said of it stands on the first line."""
        if schema is False:
            return one_line("never")
        if not isinstance(schema, Mapping):
            return one_line("any")
        if depth > _DEEPEST:
            name = self._references.new_name("Part")
            self._named.append((name, schema))
            return one_line(name)
        parts = [*self._own(schema, depth), *self._borrowed(schema, depth)] or [one_line("any")]
        block = parts[0] if len(parts) == 1 else joined_by(" & ", [part.in_brackets() for part in parts])
        said = [text for text in (described(schema), *limits(schema, _sized(schema))) if text]
        also = [f"also {text}" for text in self._also(schema)]
        if block.single is None:
            first, *rest = block.lines
            block = block._replace(lines=(first, *(Line(f"  // {text}") for text in also), *rest))
            also = []
        return block.with_comments([*said, *also])

    def _own(self, schema: Mapping[str, Any], depth: int) -> list[Block]:
        """What a schema says itself of its type, if it does."""
        if "const" in schema:
            return [one_line(literal(schema["const"]))]
        if isinstance(among := schema.get("enum"), (list, tuple)):
            return [either([one_line(literal(value)) for value in among])] if among else [one_line("never")]
        names = schema.get("type")
        names = [names] if isinstance(names, str) else list(_listed(schema, "type"))
        if not names:
            names = [name for name, words in _OF_TYPE.items() if any(word in schema for word in words)][:1]
        elif len(names) == 1 and isinstance(names[0], str) and self._said_again(schema, names[0]):
            names = []
        return [either([self._of_type(name, schema, depth) for name in names])] if names else []

    def _said_again(self, schema: Mapping[str, Any], name: str) -> bool:
        """`{"type": "object", "anyOf": [...]}`: each of the forms says the type again, and more."""
        if any(word in schema for word in _OF_TYPE.get(name, ())):
            return False
        forms = [form for word in ("anyOf", "oneOf", "allOf") for form in _listed(schema, word)]
        typed = [isinstance(form, Mapping) and ("$ref" in form or form.get("type") == name) for form in forms]
        return (bool(typed) and all(typed)) or self._references.leads(schema) is not None

    def _borrowed(self, schema: Mapping[str, Any], depth: int) -> list[Block]:
        """What a schema takes from others: a reference, combinations."""
        parts = []
        reference = self._references.leads(schema)
        if reference is not None:
            name = self._references.names.get(reference)
            parts.append(one_line(name) if name else self._block(self._references.target(reference), depth + 1))
        parts += [self._block(part, depth + 1) for part in _listed(schema, "allOf") if is_typed(part)]
        for word in ("anyOf", "oneOf"):
            forms = _listed(schema, word)
            if forms and all(map(is_typed, forms)):
                once = word == "oneOf" and "discriminator" not in schema and not _distinct(forms)
                block = either([self._block(form, depth + 1) for form in forms])
                parts.append(block.with_comments(["exactly one of the forms"] if once else []))
        return parts

    def _also(self, schema: Mapping[str, Any]) -> list[str]:
        """The keywords that a type cannot say, as JSON."""
        leads = self._references.leads(schema) is not None
        said = others({word: value for word, value in schema.items() if word != "$ref" or not leads})
        said += [literal(part) for part in _listed(schema, "allOf") if not is_typed(part) and part != {}]
        for word in ("anyOf", "oneOf"):
            forms = _listed(schema, word)
            if not all(map(is_typed, forms)):
                said.append(literal({word: forms}))
        return said

    def _of_type(self, name: Any, schema: Mapping[str, Any], depth: int) -> Block:
        if name == "object":
            return self._object(schema, depth)
        return self._array(schema, depth) if name == "array" else one_line(name if name in _WORDS else "any")

    def _array(self, schema: Mapping[str, Any], depth: int) -> Block:
        items, first = schema.get("items", True), _listed(schema, "prefixItems")
        if first:
            return self._tuple(schema, first, items, depth)
        item = self._block(items, depth + 1)
        return joined(item.said_of("each").in_brackets(), one_line("[]"))

    def _tuple(self, schema: Mapping[str, Any], first: Sequence[Any], rest: Any, depth: int) -> Block:
        least = _count(schema, "minItems", 0)
        parts = []
        for position, part in enumerate(first):
            title = part.get("title") if isinstance(part, Mapping) else None
            optional = "?" if position >= least else ""
            label = title if isinstance(title, str) and _NAME.match(title) else f"item{position}" if optional else ""
            block = self._block(part, depth + 1).said_of(label or f"item {position}")
            parts.append(joined(one_line(f"{label}{optional}: "), block) if label else block)
        if rest is not False and _count(schema, "maxItems", len(first) + 1) > len(first):
            more = self._block(rest, depth + 1).said_of("each of the rest")
            parts.append(joined(one_line("..."), more.in_brackets(), one_line("[]")))
        return joined(one_line("["), joined_by(", ", parts), one_line("]"))

    def _object(self, schema: Mapping[str, Any], depth: int) -> Block:
        members = self._members(schema, depth)
        names, said = _of_names(schema.get("propertyNames"))
        others = schema.get("additionalProperties", True)
        if not members:
            if others is False:
                return one_line("{}")
            if others is True and not names:
                return one_line("object", *said)
            value = self._block(others, depth + 1).said_of("each value")
            return joined(one_line(f"Record<{names or 'string'}, ", *said), value, one_line(">"))
        if others is not False and "additionalProperties" in schema:
            value = self._block(others, depth + 1).with_comments(["any other name"])
            members.append(joined(one_line(f"[name: {names or 'string'}]: "), value))
        elif names:
            said = [f"names among {names}"]
        short = "; ".join(member.single or "" for member in members)
        plain = all(member.single and not member.comments for member in members)
        if plain and depth and len(short) <= _WIDEST:
            return one_line(f"{{ {short} }}", *said)
        inner = [line for member in members for line in member.indented().lines]
        return Block((Line("{", tuple(said)), *inner, Line("}")))

    def _members(self, schema: Mapping[str, Any], depth: int) -> list[Block]:
        """The declared fields; one that is required but not declared may be anything."""
        required = dict.fromkeys(name for name in _listed(schema, "required") if isinstance(name, str))
        declared = {**_mapped(schema, "properties")}
        declared.update((name, True) for name in required if name not in declared)
        members = []
        for name, part in declared.items():
            shown = name if _NAME.match(name) else literal(name)
            key = f"{shown}: " if name in required else f"{shown}?: "
            members.append(joined(one_line(key), self._block(part, depth + 1)))
        for pattern, part in _mapped(schema, "patternProperties").items():
            value = self._block(part, depth + 1).with_comments([f"any name that matches {literal(pattern)}"])
            members.append(joined(one_line("[name: string]: "), value))
        return members


def _of_names(names: Any) -> tuple[str, list[str]]:
    """What is said of the names of a map: as a union of literals, and as comments."""
    if not isinstance(names, Mapping):
        return "", []
    among = names.get("enum")
    if isinstance(among, (list, tuple)) and among:
        return " | ".join(map(literal, among)), []
    said = [text for text in (described(names), *limits(names), *others(names)) if text]
    return "", [f"names: {', '.join(said)}"] if said else [f"names: {literal(names)}"]


def _sized(schema: Mapping[str, Any]) -> bool:
    """Whether the number of items has to be told: a tuple without more items shows it."""
    first = _listed(schema, "prefixItems")
    told = max(_count(schema, "minItems", 0), _count(schema, "maxItems", 0)) <= len(first)
    return not first or not (told or schema.get("items", True) is False)


def _distinct(forms: Sequence[Any]) -> bool:
    """Whether a value cannot fit two of the forms, as far as their types or constants tell."""
    types = [form.get("type") for form in forms if isinstance(form, Mapping) and isinstance(form.get("type"), str)]
    apart = len(set(types)) == len(types) and not {"number", "integer"} <= set(types)
    constants = [isinstance(form, Mapping) and "const" in form for form in forms]
    return (len(types) == len(forms) and apart) or all(constants) or _tagged(forms)


def _tagged(forms: Sequence[Any]) -> bool:
    """Whether the forms are objects with a required field that is another constant in each."""
    objects = [form for form in forms if isinstance(form, Mapping)]
    tags = [
        {
            name: literal(part["const"])
            for name, part in _mapped(form, "properties").items()
            if isinstance(part, Mapping) and "const" in part and name in _listed(form, "required")
        }
        for form in objects
    ]
    shared = set.intersection(*(set(tag) for tag in tags)) if len(objects) == len(forms) else set()
    return any(len({tag[name] for tag in tags}) == len(tags) for name in shared)


def _count(schema: Mapping[str, Any], word: str, otherwise: int) -> int:
    value = schema.get(word)
    return value if isinstance(value, int) else otherwise


def _listed(schema: Mapping[str, Any], word: str) -> Sequence[Any]:
    value = schema.get(word)
    return value if isinstance(value, (list, tuple)) else ()


def _mapped(schema: Mapping[str, Any], word: str) -> Mapping[str, Any]:
    value = schema.get(word)
    return value if isinstance(value, Mapping) else {}
