"""JSON Schema (draft 2020-12) from Python types: the kinds that `hints` reads, written down."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import BadUsage
from .hints import Reader
from .kinds import Anything, Choice, Field, Items, Kind, Leaf, Map, Model, Named, Noted, Record, Tuple, Union

__all__ = ["as_schema", "schema_of", "schemas_of"]

_REF = "#/$defs/"
_LISTS_OF_SCHEMAS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS_OF_SCHEMAS = ("properties", "$defs", "patternProperties")
_LIMITS_OF_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_SCHEMAS = ("items", "additionalProperties", "not")
# A date and time without a zone is none by the format "date-time", so it is the pattern that says how it is written.
_TIME = r"\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$"
_PATTERNS = {"datetime": r"^\d{4}-\d{2}-\d{2}[T ]" + _TIME, "time": "^" + _TIME}
_NUMBER = r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$"
# No validator knows the format "decimal"; and of "duration", months and years are of no certain length.
_FORMS = {"decimal": {"pattern": _NUMBER}, "duration": {"format": "duration", "pattern": r"^P(\d+D)?(T|$)"}}


def schema_of(type: Any) -> dict[str, Any]:
    """The JSON Schema of a Python type: dataclass, attrs class, TypedDict, NamedTuple, msgspec Struct, pydantic model
    (version 2), Enum, Literal, unions of anything, the standard containers, datetime, UUID, Decimal, `type` aliases ...

    `Annotated` with a text, `msgspec.Meta`, `annotated_types` or a pydantic `Field` says more of a field; so do
    docstrings (Google, NumPy, Sphinx style); functions there (validators, `Predicate`) are heeded in pydantic's own
    classes only. Objects with declared properties are closed
    (`additionalProperties: false`) unless the type says otherwise. Everything is in the order of the source.

    Raises BadUsage for a type that JSON cannot say, with the field where it stands.
    """
    reader = Reader()
    (schema,), defs = schemas_of([reader.read(type, "the type")], reader)
    return _with_defs(schema, defs)


def as_schema(given: Any) -> tuple[Any, str]:
    """A schema that was given as itself (a dict, True or False) or as a Python type; and its JSON text.

    Raises BadUsage for what is no JSON, and for a type that JSON cannot say.
    """
    import msgspec

    schema = given if isinstance(given, (Mapping, bool)) else schema_of(given)
    try:
        return schema, msgspec.json.encode(schema).decode()
    except (TypeError, ValueError, RecursionError) as error:
        raise BadUsage(f"the schema is no JSON: {error}") from None


def schemas_of(kinds: Sequence[Kind], reader: Reader) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The schema of each kind, and the definitions that they refer to."""
    writer = _Writer(reader, kinds)
    return [writer.schema(kind) for kind in kinds], writer.defs()


class _Writer:
    """Writes kinds; classes are definitions, and so are pydantic models that are used more than once."""

    def __init__(self, reader: Reader, roots: Sequence[Kind]) -> None:
        self._models: dict[Model, dict[str, Any]] = {}
        self._hoisted: dict[str, Any] = {}
        uses = [kind for kind in _uses(roots, reader.classes) if isinstance(kind, Model)]
        for model in dict.fromkeys(uses):
            self._models[model] = self._schema_of_model(model.cls)
        self._names: dict[Named, str] = {}
        self._used: set[Named] = set()
        taken = dict(self._hoisted)
        for named in reader.classes:
            if isinstance(named, Model):
                own = self._models[named]
                if uses.count(named) < 2 or set(own) == {"$ref"}:
                    continue
                if taken.get(named.name) == own:  # another model holds it, and brought its definition
                    self._names[named] = named.name
                    continue
            self._names[named] = name = _free(named, taken)
            taken[name] = None

    def defs(self) -> dict[str, Any]:
        """The definitions: the classes, and what pydantic models brought with them."""
        written: dict[Named, dict[str, Any]] = {}
        while missing := [named for named in self._names if named in self._used and named not in written]:
            written.update((named, self._definition(named)) for named in missing)
        own = {name: written[named] for named, name in self._names.items() if named in written}
        return own | {name: schema for name, schema in self._hoisted.items() if name not in own}

    def schema(self, kind: Kind) -> dict[str, Any]:
        """Of a kind where it is used."""
        if isinstance(kind, Named) and kind in self._names:
            self._used.add(kind)
            return {"$ref": _REF + self._names[kind]}
        if isinstance(kind, Noted):
            text = {"description": kind.text} if kind.text else {}
            return {**self.schema(kind.inner), **text, **kind.extra}
        return self._definition(kind) if isinstance(kind, Named) else self._plain(kind)

    def _plain(self, kind: Kind) -> dict[str, Any]:
        if isinstance(kind, Leaf):
            return _leaf(kind)
        if isinstance(kind, Union):
            return {"anyOf": [self.schema(form) for form in kind.forms]}
        if isinstance(kind, Items):
            return self._items(kind)
        if isinstance(kind, Tuple):
            return _positions([self.schema(item) for item in kind.items], len(kind.items))
        return self._map(kind) if isinstance(kind, Map) else {}

    def _items(self, kind: Items) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "array"}
        for limit, keyword in (("min_length", "minItems"), ("max_length", "maxItems")):
            if limit in kind.limits:
                made[keyword] = kind.limits[limit]
        if not isinstance(kind.item, Anything):
            made["items"] = self.schema(kind.item)
        return {**made, "uniqueItems": True} if kind.make in (set, frozenset) else made

    def _map(self, kind: Map) -> dict[str, Any]:
        made: dict[str, Any] = {"type": "object"}
        for limit, keyword in (("min_length", "minProperties"), ("max_length", "maxProperties")):
            if limit in kind.limits:
                made[keyword] = kind.limits[limit]
        key = kind.key.bare
        names = _names_schema({} if isinstance(key, Choice) else self.schema(kind.key), key)
        if names:
            made["propertyNames"] = names
        if not isinstance(kind.value, Anything):
            made["additionalProperties"] = self.schema(kind.value)
        return made

    def _definition(self, named: Named) -> dict[str, Any]:
        if isinstance(named, Model):
            return self._models[named]
        if isinstance(named, Choice):
            return _about(named) | {"enum": [value for value, _ in named.members]}
        return self._record(named) if isinstance(named, Record) else self.schema(named.inner)

    def _record(self, record: Record) -> dict[str, Any]:
        fields = [(field, self._field(field)) for field in record.fields]
        if record.array:
            # A position has no name in JSON; as a title a reader learns it.
            items = [{"title": field.key, **schema} for field, schema in fields]
            tags = [{"enum": [record.tag[1]]}] if record.tag else []
            required = len(tags) + max((n for n, field in enumerate(record.fields, 1) if field.required), default=0)
            return _about(record) | _positions(tags + items, required)
        tag = {record.tag[0]: {"enum": [record.tag[1]]}} if record.tag else {}
        properties = tag | {field.key: schema for field, schema in fields}
        required_names = [*tag, *(field.key for field, _ in fields if field.required)]
        made = {"type": "object", "properties": properties}
        if required_names:
            made["required"] = required_names
        return _about(record) | made | {"additionalProperties": False}

    def _field(self, field: Field) -> dict[str, Any]:
        from .convert import default_of

        schema = self.schema(field.kind)
        if field.text and not (isinstance(field.kind, Noted) and field.kind.text):
            schema = {**schema, "description": field.text}
        return schema if field.default is ... or field.required else {**schema, **default_of(field.default, field.kind)}

    def _schema_of_model(self, model: Any) -> dict[str, Any]:
        """A pydantic model says its own schema; its definitions move up to ours."""
        try:
            schema: dict[str, Any] = model.model_json_schema(ref_template=_REF + "{model}")
        except Exception as error:
            said = str(error).partition("\n")[0]
            raise BadUsage(f"{model.__name__}: pydantic makes no JSON Schema of it: {said}") from None
        brought = schema.pop("$defs", {})
        for part in (schema, *brought.values()):
            _close(part)
        for name, definition in brought.items():
            if self._hoisted.setdefault(name, definition) != definition:
                raise BadUsage(f"two different types are called {name!r}; rename one")
        return schema


def _uses(roots: Sequence[Kind], classes: Sequence[Named]) -> Iterator[Kind]:
    """Each place where a kind is used."""
    pending: list[Kind] = [*roots]
    for named in classes:
        if isinstance(named, Record):
            pending += [field.kind for field in named.fields]
        elif not isinstance(named, (Choice, Model)):
            pending.append(named.inner)
    while pending:
        kind = pending.pop()
        yield kind
        if isinstance(kind, Noted):
            pending.append(kind.inner)
        elif isinstance(kind, Union):
            pending += kind.forms
        elif isinstance(kind, Items):
            pending.append(kind.item)
        elif isinstance(kind, Tuple):
            pending += kind.items
        elif isinstance(kind, Map):
            pending.append(kind.value)


def _free(named: Named, taken: dict[str, Any]) -> str:
    """A name that no other definition has, of characters that a reference may hold."""
    wanted = name = re.sub(r"[^A-Za-z0-9_.-]+", "_", named.name)
    number = 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def _about(named: Named) -> dict[str, Any]:
    about = {"title": named.name, "description": named.text}
    return {key: text for key, text in about.items() if text}


def _leaf(kind: Leaf) -> dict[str, Any]:
    import msgspec

    made: dict[str, Any] = msgspec.json.schema(kind.full)
    name = getattr(kind.type, "__name__", "")
    if made.get("format") in _FORMS:
        return {"type": "string", **_FORMS[made["format"]]}
    return {**made, "pattern": _PATTERNS[name]} if name in _PATTERNS and made == {"type": "string"} else made


def _names_schema(schema: dict[str, Any], key: Kind) -> dict[str, Any]:
    """What is said of the names of a map: they are texts, so numbers are told by a pattern."""
    if isinstance(key, Choice):
        return {"enum": [value if isinstance(value, str) else _as_name(value) for value, _ in key.members]}
    if schema.get("type") in ("integer", "number"):
        limits = [f"{word} {value}" for word, value in schema.items() if word in _LIMITS_OF_NUMBERS]
        pattern = r"^-?(0|[1-9]\d*)$" if schema["type"] == "integer" else _NUMBER
        return {"pattern": pattern, **({"description": ", ".join(limits)} if limits else {})}
    return {} if schema.get("type") != "string" else {word: value for word, value in schema.items() if word != "type"}


def _as_name(value: Any) -> str:
    import msgspec

    return msgspec.json.encode(value).decode()


def _positions(items: list[dict[str, Any]], required: int) -> dict[str, Any]:
    bounds = {"minItems": required, "maxItems": len(items)}
    return {"type": "array", **({"prefixItems": items} if items else {}), **bounds, "items": False}


def _with_defs(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """One schema with its definitions; a root that is only a reference is written out."""
    while set(schema) == {"$ref"}:
        name = schema["$ref"].removeprefix(_REF)
        schema = defs[name]
        if not any(part.get("$ref") == _REF + name for root in defs.values() for part in _walk(root)):
            defs = {key: value for key, value in defs.items() if key != name}
    return {**schema, "$defs": defs} if defs else dict(schema)


def _close(schema: dict[str, Any]) -> None:
    """Forbid undeclared properties wherever properties are declared and nothing is said of others."""
    for part in _walk(schema):
        if "properties" in part:
            part.setdefault("additionalProperties", False)


def _walk(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all schemas inside it; a property that is called "properties" is none."""
    pending = [schema]
    while pending:
        part = pending.pop()
        if not isinstance(part, dict):
            continue
        yield part
        pending.extend(part[key] for key in _SCHEMAS if key in part)
        for key in _LISTS_OF_SCHEMAS:
            pending.extend(part.get(key, ()))
        for key in _MAPS_OF_SCHEMAS:
            pending.extend(part.get(key, {}).values())
