"""A valid instance of any JSON schema that has one in reach: always the same for the same schema and key.

Optional properties come and go, choices and lengths vary with the key; beyond a certain depth everything
is made as small as it may be, so that recursive schemas end.
"""

from __future__ import annotations

import re
from random import Random
from typing import Any

from .fits import fits
from .merge import flattened, merged
from .numbers_and_texts import make_number, make_text

__all__ = ["NoInstance", "instance"]

_TRIES = 60
_MOST_WORK = 4_000  # attempts in all, so that a hopeless schema is given up soon
_ROOMY = 4  # levels on which optional things are made at all
_DEEPEST = 24
_SHAPES = {
    "object": ("properties", "required", "additionalProperties", "patternProperties", "minProperties", "propertyNames"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
_SIMPLEST = ("null", "boolean", "integer", "number", "string", "array", "object")


class NoInstance(Exception):
    """No instance was found: the schema contradicts itself, recurs for ever, or is no schema."""


def instance(schema: Any, key: bytes) -> Any:
    """A valid instance of the schema. Raises NoInstance."""
    dice = Random(key)
    maker = _Maker(schema, dice)
    try:
        return maker.made(schema, 0)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, re.error, RecursionError) as error:
        raise NoInstance(f"it is not understood ({type(error).__name__}: {error})") from None


class _Maker:
    def __init__(self, root: Any, dice: Random) -> None:
        self.root = root
        self.dice = dice
        self.work = 0

    def made(self, schema: Any, depth: int) -> Any:
        """An instance that is known to fit."""
        if depth > _DEEPEST:
            raise NoInstance("it recurs without an end")
        if self.work > _MOST_WORK:
            raise NoInstance("it is too hard")
        schema = flattened(schema, self.root)
        if schema is False:
            raise NoInstance("it forbids everything")
        if not isinstance(schema, dict) or not schema:
            return self.dice.choice(["lorem", 7, True])
        reason = NoInstance("its demands contradict each other")
        for attempt in range(_TRIES):
            self.work += 1
            try:
                value = self.tried(schema, depth, attempt)
            except NoInstance as error:
                if depth > _ROOMY or self.work > _MOST_WORK:
                    raise
                reason = error
                continue
            if fits(value, schema, self.root):
                return value
        raise reason

    def tried(self, schema: dict[str, Any], depth: int, attempt: int) -> Any:
        """One attempt; what is not certain is checked by the caller."""
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return schema["enum"][(self.dice.randrange(len(schema["enum"])) + attempt) % len(schema["enum"])]
        for word in ("oneOf", "anyOf"):
            if schema.get(word):
                return self.branch(schema, word, depth, attempt)
        if "if" in schema:
            rest = {key: value for key, value in schema.items() if key not in ("if", "then", "else")}
            side = schema.get("then", {}) if attempt % 2 == 0 else schema.get("else", {})
            condition = flattened(schema["if"], self.root) if attempt % 2 == 0 else {}
            return self.made(merged(merged(rest, condition, self.root), flattened(side, self.root), self.root), depth)
        return self.of_type(schema, self.type_of(schema, depth, attempt), depth, attempt)

    def branch(self, schema: dict[str, Any], word: str, depth: int, attempt: int) -> Any:
        """One of the alternatives, along with what is demanded beside them."""
        rest = {key: value for key, value in schema.items() if key != word}
        branches = schema[word]
        if depth >= _ROOMY:
            branches = sorted(branches, key=lambda one: self.weight(one, 0))
            chosen = branches[attempt % len(branches)]
        else:
            chosen = branches[(self.dice.randrange(len(branches)) + attempt) % len(branches)]
        return self.made(merged(rest, flattened(chosen, self.root), self.root), depth + 1)

    def weight(self, schema: Any, level: int) -> int:
        """How large the smallest instance is, roughly; used to get out of recursion."""
        schema = flattened(schema, self.root)
        if not isinstance(schema, dict) or "const" in schema or "enum" in schema:
            return 0
        if level > 6:
            return 1_000
        for word in ("anyOf", "oneOf"):
            if schema.get(word):
                return 1 + min(self.weight(one, level + 1) for one in schema[word])
        name = self.type_of(schema, _ROOMY, 0)
        if name == "object":
            properties = schema.get("properties", {})
            return 2 + sum(self.weight(properties.get(key, {}), level + 1) for key in schema.get("required", ()))
        if name == "array":
            least = schema.get("minItems", 0)
            items = schema.get("items", {})
            return 1 + (least * self.weight(items, level + 1) if least and isinstance(items, dict) else 0)
        return 0 if name == "null" else 1

    def type_of(self, schema: dict[str, Any], depth: int, attempt: int) -> str:
        names = schema.get("type")
        if isinstance(names, str):
            return names
        if names:
            if depth >= _ROOMY:
                return str(sorted(names, key=_SIMPLEST.index)[attempt % len(names)])
            real = [name for name in names if name != "null"] or list(names)
            return str(real[(self.dice.randrange(len(real)) + attempt) % len(real)])
        for name, words in _SHAPES.items():
            if any(word in schema for word in words):
                return name
        return "string"

    def of_type(self, schema: dict[str, Any], name: str, depth: int, attempt: int) -> Any:
        if name == "object":
            return self.an_object(schema, depth)
        if name == "array":
            return self.an_array(schema, depth, attempt)
        if name == "string":
            return make_text(schema, self.dice, attempt)
        if name in ("integer", "number"):
            return make_number(schema, name == "integer", self.dice)
        if name == "boolean":
            return self.dice.random() < 0.5
        if name == "null":
            return None
        raise NoInstance(f"there is no type '{name}'")

    def an_object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        wanted = list(schema.get("required", ()))
        for name, part in properties.items():
            if name not in wanted and part is not False and depth < _ROOMY and self.dice.random() < 0.7:
                wanted.append(name)
        for name, others in schema.get("dependentRequired", {}).items():
            wanted += [other for other in others if name in wanted and other not in wanted]
        wanted += [name for name in properties if name not in wanted][: schema.get("minProperties", 0) - len(wanted)]
        wanted = wanted[: schema.get("maxProperties", len(wanted))]  # the required ones stand first
        names = [name for name in properties if name in wanted] + [name for name in wanted if name not in properties]
        made = {name: self.a_property(schema, name, depth) for name in names}
        self.fill_up(schema, made, depth)
        return made

    def a_property(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        parts = [schema["properties"][name]] if name in schema.get("properties", {}) else []
        parts += [part for pattern, part in schema.get("patternProperties", {}).items() if re.search(pattern, name)]
        part = parts[0] if parts else schema.get("additionalProperties", True)
        for more in parts[1:]:
            part = merged(flattened(part, self.root), flattened(more, self.root), self.root)
        return self.made(part, depth + 1)

    def fill_up(self, schema: dict[str, Any], made: dict[str, Any], depth: int) -> None:
        """Further properties: as many as are needed, and one where the schema describes them."""
        described = isinstance(schema.get("additionalProperties"), dict) or schema.get("patternProperties")
        least = schema.get("minProperties", 0)
        if described and depth < _ROOMY:
            least = max(least, min(len(made) + 1, schema.get("maxProperties", len(made) + 1)))
        patterns = list(schema.get("patternProperties", {}))
        closed = schema.get("additionalProperties") is False
        for number in range(_TRIES):
            if len(made) >= least or (closed and not patterns):
                return
            if patterns and (closed or number < len(patterns)):
                naming: dict[str, Any] = {"pattern": patterns[number % len(patterns)]}
            else:
                naming = schema.get("propertyNames") or {"enum": [f"key_{number}"]}
            name = self.made({"type": "string", **flattened(naming, self.root)}, depth + 1)
            if name not in made:
                made[name] = self.a_property(schema, name, depth)

    def an_array(self, schema: dict[str, Any], depth: int, attempt: int) -> list[Any]:
        items = schema.get("items", True)
        first = schema.get("prefixItems", items if isinstance(items, list) else [])
        rest = schema.get("additionalItems", True) if isinstance(items, list) else items
        least = max(schema.get("minItems", 0), schema.get("minContains", 1) if "contains" in schema else 0)
        most = schema.get("maxItems", max(least, len(first), 3))
        if rest is False:
            most = min(most, len(first))
        plenty = min(most, max(least, len(first), 1)) if depth < _ROOMY and attempt < _TRIES // 2 else least
        size = self.dice.randint(plenty, max(plenty, min(most, plenty + 2))) if depth < _ROOMY else plenty
        made: list[Any] = []
        for number in range(size):
            part = first[number] if number < len(first) else rest
            if "contains" in schema and number < schema.get("minContains", 1):
                part = merged(flattened(part, self.root), flattened(schema["contains"], self.root), self.root)
            made.append(self.an_item(part, made if schema.get("uniqueItems") else [], depth))
        return made

    def an_item(self, part: Any, taken: list[Any], depth: int) -> Any:
        for _ in range(_TRIES):
            value = self.made(part, depth + 1)
            if value not in taken:
                return value
        raise NoInstance("there are not enough different items")
