"""The parameters of a tool from a typed Python function, as JSON Schema (draft 2020-12).

The schema of a type alone is made by `types`; its `schema_of` is found here too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import BadUsage
from .types import schema_of, schemas_of

__all__ = ["described", "name_of", "parameters_of", "schema_of", "typed_parameters"]


def parameters_of(function: Callable[..., Any]) -> tuple[str, str, dict[str, Any]]:
    """Name, description and parameter schema of a tool, from a function's signature, type hints and docstring.

    A parameter's description comes from `Annotated[int, "text"]` or the docstring (Google, NumPy or Sphinx
    style). A parameter with a default is optional, and the default is told when it is of the parameter's type.
    Bound methods, `functools.partial` (by keyword), async functions and callable objects work; a class (dataclass,
    pydantic model ...) stands for its own schema.

    Raises BadUsage for a parameter without a type, of a type that JSON cannot say, or that cannot be given by
    name (`*args`, `**kwargs`, positional-only), and for a function without a name.
    """
    from .convert import default_of
    from .docstring import parse_docstring
    from .hints import Reader
    from .kinds import Noted

    name = name_of(function)
    if isinstance(function, type):
        schema = schema_of(function)
        if schema.get("type") != "object":
            raise BadUsage(f"{name} is no class with fields, so it cannot be a tool")
        return name, schema.pop("description", ""), schema
    parameters = typed_parameters(function, name)
    description, said = parse_docstring(_docstring(function), [parameter.name for parameter, _ in parameters])
    reader = Reader()
    kinds = [reader.read(hint, f"{name}: parameter {parameter.name!r}") for parameter, hint in parameters]
    schemas, defs = schemas_of(kinds, reader)
    properties: dict[str, Any] = {}
    required = []
    for (parameter, _), kind, schema in zip(parameters, kinds, schemas, strict=True):
        properties[parameter.name] = property_schema = dict(schema)
        if parameter.name in said and not (isinstance(kind, Noted) and kind.text):
            property_schema["description"] = said[parameter.name]
        if parameter.default is parameter.empty:
            required.append(parameter.name)
        else:
            property_schema.update(default_of(parameter.default, kind))
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
