"""JSON Schema (2020-12) from Python types, and the parameters of a tool from a typed Python function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ..errors import BadUsage

__all__ = ["described", "name_of", "parameters_of", "schema_of", "typed_parameters"]

_REF = "#/$defs/"
_LISTS_OF_SCHEMAS = ("anyOf", "oneOf", "allOf", "prefixItems")
_MAPS_OF_SCHEMAS = ("properties", "$defs", "patternProperties")
_SCHEMAS = ("items", "additionalProperties", "not")


def schema_of(type: Any) -> dict[str, Any]:
    """The JSON Schema of a Python type: dataclass, TypedDict, NamedTuple, msgspec Struct, Enum, Literal, union,
    `Annotated` with msgspec.Meta, the standard containers, datetime, UUID, Decimal ...; or a pydantic model.

    Objects with declared properties are closed (`additionalProperties: false`) unless the type says otherwise.
    Raises BadUsage for a type that JSON cannot say.
    """
    (schema,), defs = _schemas([type], ["the type"])
    return _with_defs(schema, defs)


def parameters_of(function: Callable[..., Any]) -> tuple[str, str, dict[str, Any]]:
    """Name, description and parameter schema of a tool, from a function's signature, type hints and docstring.

    A parameter's description comes from `Annotated[int, "text"]` or the docstring (Google, NumPy or Sphinx
    style). A parameter with a default is optional, and the default is told when it is of the parameter's type.
    Bound methods, `functools.partial` (by keyword), async functions and callable objects work; a class (dataclass,
    pydantic model ...) stands for its own schema.

    Raises BadUsage for a parameter without a type, of a type that JSON cannot say, or that cannot be given by
    name (`*args`, `**kwargs`, positional-only), and for a function without a name.
    """
    from .docstring import parse_docstring

    name = name_of(function)
    if isinstance(function, type):
        schema = schema_of(function)
        if schema.get("type") != "object":
            raise BadUsage(f"{name} is no class with fields, so it cannot be a tool")
        return name, schema.pop("description", ""), schema
    parameters = typed_parameters(function, name)
    description, said = parse_docstring(_docstring(function), [parameter.name for parameter, _ in parameters])
    hints = [hint for _, hint in parameters]
    schemas, defs = _schemas(hints, [f"{name}: parameter {parameter.name!r}" for parameter, _ in parameters])
    properties: dict[str, Any] = {}
    required = []
    for (parameter, hint), schema in zip(parameters, schemas, strict=True):
        properties[parameter.name] = property_schema = dict(schema)
        text = _annotated_text(hint) or said.get(parameter.name)
        if text:
            property_schema["description"] = text
        if parameter.default is parameter.empty:
            required.append(parameter.name)
        else:
            property_schema.update(_default(parameter.default, hint))
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return name, description, schema | ({"$defs": defs} if defs else {})


def name_of(function: Any) -> str:
    """The name that a tool made of this function has. Raises BadUsage when it has none (a lambda)."""
    target = _inside_partial(function)[0]
    name = getattr(target, "__name__", None) or type(target).__name__
    if not callable(target) or not name.isidentifier():
        raise BadUsage(f"a tool needs a named function or a class, got {function!r}")
    return name


def described(function: Any) -> str:
    """What a function's docstring says of it, without its sections; "" when it says nothing."""
    from .docstring import parse_docstring

    return parse_docstring(_docstring(function), [])[0]


def _inside_partial(function: Any) -> tuple[Any, set[str]]:
    """The function inside `functools.partial`, and the parameters that are already given by name."""
    from functools import partial

    given: set[str] = set()
    while isinstance(function, partial):
        given.update(function.keywords)
        function = function.func
    return function, given


def _docstring(function: Any) -> str | None:
    target = _inside_partial(function)[0]
    text = target.__doc__ if hasattr(target, "__name__") else target.__call__.__doc__ or type(target).__doc__
    return text if isinstance(text, str) else None


def typed_parameters(function: Any, name: str) -> list[tuple[Any, Any]]:
    """Each `inspect.Parameter` of the function with its type hint. Raises BadUsage as `parameters_of`."""
    import inspect
    import typing

    target, given = _inside_partial(function)
    try:
        signature = inspect.signature(function)
        hints = typing.get_type_hints(target if hasattr(target, "__name__") else target.__call__, include_extras=True)
    except (TypeError, ValueError) as error:
        raise BadUsage(f"{name}: its signature cannot be read: {error}") from None
    except NameError as error:
        raise BadUsage(f"{name}: a type hint cannot be resolved: {error}; define that type at module level") from None
    found = []
    for parameter in signature.parameters.values():
        if parameter.name in given:
            continue
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            shown = str(parameter).partition(":")[0]  # with its stars
            raise BadUsage(f"{name}: parameter {shown!r} cannot be given by name, as a model gives them")
        if parameter.name not in hints:
            hint = "; pass a bound method" if parameter.name in ("self", "cls") else ""
            raise BadUsage(f"{name}: parameter {parameter.name!r} has no type hint{hint}")
        found.append((parameter, hints[parameter.name]))
    return found


def _annotated_text(hint: Any) -> str | None:
    """The text in `Annotated[T, "text"]`, `Annotated[T, Doc("text")]` or one with a pydantic Field."""
    for note in getattr(hint, "__metadata__", ()):
        for text in (note, getattr(note, "documentation", None), getattr(note, "description", None)):
            if isinstance(text, str):
                return text
    return None


def _default(value: Any, hint: Any) -> dict[str, Any]:
    """`{"default": ...}` when JSON can say the value and it is of its own type, else {}."""
    try:
        encoded = msgspec.json.encode(value)
        msgspec.json.decode(encoded, type=hint)
    except (TypeError, ValueError, RecursionError):
        return {}
    return {"default": msgspec.json.decode(encoded)}


def _schemas(types: list[Any], places: list[str]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The schema of each type, and the definitions that they refer to."""
    hoisted: dict[str, Any] = {}

    def from_model(kind: Any) -> dict[str, Any]:
        """A pydantic model, known by its method; its definitions move up to ours."""
        if not hasattr(kind, "model_json_schema"):
            raise NotImplementedError
        schema: dict[str, Any] = kind.model_json_schema(ref_template=_REF + "{model}")
        _merge(hoisted, schema.pop("$defs", {}))
        return schema

    try:
        found, defs = msgspec.json.schema_components(types, schema_hook=from_model, ref_template=_REF + "{name}")
    except (TypeError, ValueError, RecursionError) as error:
        blamed = (place for one, place in zip(types, places, strict=True) if _has_no_schema(one, from_model))
        raise BadUsage(f"{next(blamed, places[0])}: {str(error).splitlines()[-1]}") from None
    schemas = list(found)
    _merge(hoisted, defs)
    for schema in [*schemas, *hoisted.values()]:
        _close(schema)
    return schemas, hoisted


def _has_no_schema(type: Any, hook: Callable[[Any], dict[str, Any]]) -> bool:
    try:
        msgspec.json.schema_components([type], schema_hook=hook)
    except (TypeError, ValueError, RecursionError):
        return True
    return False


def _merge(defs: dict[str, Any], more: dict[str, Any]) -> None:
    for name, schema in more.items():
        if defs.setdefault(name, schema) != schema:
            raise BadUsage(f"two different types are called {name!r}; rename one")


def _with_defs(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """One schema with its definitions; a root that is only a reference is written out."""
    if set(schema) == {"$ref"}:
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
