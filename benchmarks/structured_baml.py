"""BAML's schema-aligned parser without a model: a JSON Schema told in BAML's own language, and a text read by it.

Its run time is made from source text (`BamlRuntime.from_files`) and parses a given answer of a function
(`parse_llm_response`), which is what the code that BAML generates calls as `b.parse.NAME(text)`. Constraints (lengths,
patterns, ranges) and closed objects cannot be said as types and are left to the validator behind it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import ModuleType
from typing import Any

__all__ = ["Unsayable", "reader"]

_SCALARS = {"string": "string", "integer": "int", "number": "float", "boolean": "bool", "null": "null"}
_CLIENT = """
client<llm> Nobody {
  provider openai
  options {
    model "none"
    api_key "none"
    base_url "http://127.0.0.1:9"
  }
}
type Anything = string | int | float | bool | null | Anything[] | map<string, Anything>
"""
_WORDS = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED = {
    "class",
    "enum",
    "function",
    "client",
    "generator",
    "type",
    "test",
    "map",
    "string",
    "int",
    "float",
    "bool",
}
_RESERVED |= {"null", "true", "false", "image", "audio", "pdf", "video"}


class Unsayable(Exception):
    """The schema has no type in BAML."""


class _Source:
    """The types of one schema."""

    def __init__(self, schema: Any) -> None:
        self.root = schema
        self.classes: dict[str, str] = {}
        self.names: dict[str, dict[str, str]] = {}
        """Of each class: field -> key in the schema."""
        self.optional: dict[str, set[str]] = {}
        self._of_refs: dict[str, str] = {}

    def text(self) -> str:
        wanted = self.type_of(self.root)
        body = f'function Read() -> {wanted} {{\n  client Nobody\n  prompt #"Answer."#\n}}\n'
        return _CLIENT + "\n".join(self.classes.values()) + "\n" + body

    def type_of(self, schema: Any) -> str:
        """The type of a schema, in brackets where needed. Raises Unsayable."""
        if schema is True or schema == {}:
            return "Anything"
        if not isinstance(schema, dict):
            raise Unsayable(repr(schema))
        if "$ref" in schema:
            return self._of_ref(schema["$ref"])
        if "enum" in schema or "const" in schema:
            return _union([_literal(value) for value in schema.get("enum", [schema.get("const")])])
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return _union([self.type_of(branch) for branch in schema[word]])
        if "allOf" in schema:
            raise Unsayable("allOf")
        kinds = schema.get("type", "object" if "properties" in schema else None)
        if kinds is None:
            return "Anything"
        return _union([self._of_kind(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds)])

    def _of_ref(self, ref: str) -> str:
        if ref not in self._of_refs:
            target: Any = self.root
            for step in ref.removeprefix("#").strip("/").split("/"):
                target = target[step] if step else target
            if not isinstance(target, dict) or "properties" not in target:
                return self.type_of(target)
            self._of_refs[ref] = self._class(target, ref)
        return self._of_refs[ref]

    def _of_kind(self, kind: str, schema: dict[str, Any]) -> str:
        if kind in _SCALARS:
            return _SCALARS[kind]
        if kind == "array":
            return f"{self.type_of(schema.get('items', True))}[]"
        if schema.get("properties"):
            return self._class(schema, "#" if schema is self.root else None)
        inner = schema.get("additionalProperties", True)
        if inner is False:
            raise Unsayable("an object without fields")
        return f"map<string, {self.type_of(inner)}>"

    def _class(self, schema: dict[str, Any], ref: str | None) -> str:
        name = f"Class{len(self.names)}"
        self.names[name], self.optional[name] = {}, set()
        if ref is not None:
            self._of_refs[ref] = name
        lines = []
        for number, (key, inner) in enumerate(schema["properties"].items()):
            plain = _WORDS.fullmatch(key) is not None and key not in _RESERVED
            field = key if plain else f"field_{number}"
            self.names[name][field] = key
            optional = "" if key in schema.get("required", ()) else "?"
            if optional:
                self.optional[name].add(field)
            alias = "" if plain else f" @alias({json.dumps(key)})"
            lines.append(f"  {field} {self.type_of(inner)}{optional}{alias}")
        self.classes[name] = f"class {name} {{\n" + "\n".join(lines) + "\n}"
        return name


def _union(kinds: list[str]) -> str:
    return kinds[0] if len(kinds) == 1 else f"({' | '.join(kinds)})"


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, (str, bool)) or type(value) is int:
        return json.dumps(value, ensure_ascii=False)
    raise Unsayable(f"the literal {value!r}")


def reader(schema: Any) -> Callable[[str], Any]:
    """A function that reads a text by the schema. Raises Unsayable, or what BAML raises for its source."""
    import baml_py

    source = _Source(schema)
    runtime = baml_py.BamlRuntime.from_files("/", {"main.baml": source.text()}, {})
    context = runtime.create_context_manager()
    classes, enums = ModuleType("classes"), ModuleType("enums")
    for name, keys in source.names.items():
        setattr(classes, name, _recorder(keys, source.optional[name]))

    def read(text: str) -> Any:
        return runtime.parse_llm_response("Read", text, enums, classes, classes, False, context, None, None, {})

    return read


def _recorder(keys: dict[str, str], optional: set[str]) -> type:
    """Stands for a generated pydantic model: makes the dict that the schema is about. An optional field that is None
    was absent, or null: it is left out."""

    class Record(dict[str, Any]):
        def __init__(self, **fields: Any) -> None:
            super().__init__(
                (keys[field], value) for field, value in fields.items() if value is not None or field not in optional
            )

        @classmethod
        def model_validate(cls, fields: Any) -> Any:
            return cls(**fields)

        @classmethod
        def model_construct(cls, _fields_set: Any = None, **fields: Any) -> Any:
            return cls(**fields)

    return Record
