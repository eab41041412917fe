"""How classes tell their fields: dataclass, attrs, TypedDict, NamedTuple, msgspec.Struct; and what a pydantic model is.

attrs and pydantic are known by what their classes have, and not imported.
"""

from __future__ import annotations

import re
import sys
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..errors import BadUsage
from .kinds import Field, Record

__all__ = ["is_model", "model_of", "record_of"]

_Read = tuple[Record, list[tuple[Field, Any]]]


def is_model(cls: type, place: str) -> bool:
    """Whether it is a pydantic model or dataclass (version 2). Raises BadUsage for one of version 1."""
    if hasattr(cls, "model_json_schema") and hasattr(cls, "model_validate_json"):
        return True
    if "__pydantic_validator__" in cls.__dict__ and hasattr(cls, "__dataclass_fields__"):
        return True
    if hasattr(cls, "__fields__") and hasattr(cls, "parse_raw"):
        raise BadUsage(f"{place}: {cls.__qualname__} is a model of pydantic 1; pydantic 2 or a dataclass is needed")
    return False


def model_of(hint: Any, cls: Any) -> Any:
    """What has the methods of a pydantic model: the class itself, or a stand-in for a dataclass of pydantic's."""
    return cls if hasattr(cls, "model_json_schema") else _DataclassModel(hint, cls)


class _DataclassModel:
    """A dataclass of pydantic's, whose fields know limits, aliases and validators that only pydantic keeps."""

    def __init__(self, hint: Any, cls: Any) -> None:
        self.__name__ = cls.__name__
        self._hint = hint
        self._made: Any = None

    @property
    def _adapter(self) -> Any:
        if self._made is None:
            self._made = sys.modules["pydantic"].TypeAdapter(self._hint)  # which is loaded: it made the class
        return self._made

    def model_json_schema(self, **how: Any) -> Any:
        return self._adapter.json_schema(**how)

    def model_validate_json(self, source: bytes, **how: Any) -> Any:
        return self._adapter.validate_json(source, **how)


def record_of(hint: Any, cls: type, place: str) -> _Read | None:
    """The record that a class with fields is, still without them, and the fields with their hints."""
    for read, has in (
        (_struct, "__struct_fields__"),
        (_attrs, "__attrs_attrs__"),
        (_dataclass, "__dataclass_fields__"),
        (_typed_dict, "__required_keys__"),
        (_named_tuple, "_field_defaults"),
    ):
        if hasattr(cls, has):
            record, fields = read(cls, _Hints(hint, cls, place))
            if read in (_dataclass, _attrs):
                _constructible(cls, [field for field, _ in fields], place)
            record.text = _described(cls, [field for field, _ in fields])
            record.name = cls.__name__ if hint is cls else _spelled(hint)
            return record, fields
    return None


class _Hints(dict[str, Any]):
    """The type hints of a class by field, those of its bases included; type variables replaced by what they stand for.
    A field without a hint may be anything."""

    def __init__(self, hint: Any, cls: type, place: str) -> None:
        super().__init__()
        try:
            for base, bound in _bases(cls, typing.get_args(hint)):
                self.update((name, _with(bound, one)) for name, one in _own_hints(base).items())
        except NameError as error:
            raise BadUsage(
                f"{place}: a type hint of {cls.__name__} cannot be resolved: {error}; define that type at module level"
            ) from None
        except (TypeError, SyntaxError, AttributeError) as error:
            raise BadUsage(f"{place}: the type hints of {cls.__name__} cannot be read: {error}") from None

    def __missing__(self, name: str) -> Any:
        return Any


def _own_hints(cls: type) -> dict[str, Any]:
    """Of the class without its bases."""
    import inspect

    own = inspect.get_annotations(cls)
    if not own:
        return {}
    try:
        hints = typing.get_type_hints(cls, include_extras=True)
    except NameError:  # a class inside a function may name itself
        hints = typing.get_type_hints(cls, localns={cls.__name__: cls}, include_extras=True)
    return {name: hints[name] for name in own}


def _bases(cls: Any, arguments: tuple[Any, ...]) -> Iterator[tuple[type, dict[Any, Any]]]:
    """The class and its bases, the outermost base first, each with what its type variables stand for."""
    bound: dict[Any, dict[Any, Any]] = {cls: dict(zip(getattr(cls, "__parameters__", ()), arguments, strict=False))}
    for one in cls.__mro__:
        for base in getattr(one, "__orig_bases__", ()):
            origin = typing.get_origin(base)
            given = [_with(bound.get(one, {}), argument) for argument in typing.get_args(base)]
            bound.setdefault(origin, dict(zip(getattr(origin, "__parameters__", ()), given, strict=False)))
    for one in reversed(cls.__mro__):
        yield one, bound.get(one, {})


def _with(bound: Mapping[Any, Any], hint: Any) -> Any:
    """The hint with its type variables replaced."""
    if isinstance(hint, typing.TypeVar):
        return bound.get(hint, hint)
    variables = getattr(hint, "__parameters__", ())
    if not bound or not variables or (isinstance(hint, type) and not typing.get_args(hint)):
        return hint
    return hint[tuple(bound.get(one, one) for one in variables)]


def _spelled(hint: Any) -> str:
    """A generic class with its arguments: "Page[Film]"."""
    plain = (isinstance(one, type) and not typing.get_args(one) for one in typing.get_args(hint))
    names = [
        one.__name__ if is_plain else re.sub(r"[\w.<>]+\.", "", str(one))
        for one, is_plain in zip(typing.get_args(hint), plain, strict=True)
    ]
    return f"{typing.get_origin(hint).__name__}[{', '.join(names)}]"


def _described(cls: type, fields: list[Field]) -> str:
    """What the docstring says of the class; what it, or a base's, says of a field is put there."""
    import inspect

    from .docstring import parse_docstring

    names = [name for field in fields for name in (field.name, field.key)]
    description, said = "", {}
    for base in reversed(cls.__mro__):
        if base is not cls and not inspect.get_annotations(base):
            continue  # it has no fields to speak of
        text = base.__dict__.get("__doc__")
        # dataclass and NamedTuple make a docstring of the signature, which says nothing
        text = text if isinstance(text, str) and not text.startswith(f"{base.__name__}(") else None
        description, more = parse_docstring(text, names)
        said.update(more)
    for field in fields:
        field.text = field.text or said.get(field.name) or said.get(field.key, "")
    return description


def _default(default: Any, factory: Any = None) -> Any:
    """What can be told of a default: a container that is made empty is, what another function makes is not."""
    return factory() if factory in (list, dict, set, frozenset, tuple) else ... if _is_sentinel(default) else default


def _is_sentinel(value: Any) -> bool:
    return type(value).__name__ in ("_MISSING_TYPE", "NoDefaultType", "UnsetType", "_Nothing", "Factory", "FieldInfo")


def _parameters(cls: Any) -> Mapping[str, Any]:
    import inspect

    try:
        return inspect.signature(cls).parameters
    except (TypeError, ValueError):
        return {}


def _constructible(cls: Any, fields: list[Field], place: str) -> None:
    """A class whose own `__init__` takes other names than its fields would refuse whatever a model writes."""
    parameters = _parameters(cls)
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()) or not parameters:
        return
    names = {field.name for field in fields}
    needed = {
        name for name, one in parameters.items() if one.default is one.empty and one.kind is not one.VAR_POSITIONAL
    }
    if odd := sorted(names - parameters.keys()) or sorted(needed - names):
        raise BadUsage(f"{place}: {cls.__name__}'s own __init__ does not go with its fields ({', '.join(odd)})")


def _maker(cls: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda values: cls(**values)


def _dataclass(cls: Any, hints: _Hints) -> _Read:
    import dataclasses

    parameters = _parameters(cls)
    fields = []
    for name, one in cls.__dataclass_fields__.items():
        hint = hints[name]
        if isinstance(hint, dataclasses.InitVar):
            hint = hint.type
        if hint is typing.ClassVar or typing.get_origin(hint) is typing.ClassVar or not one.init:
            continue
        given = one.default is not dataclasses.MISSING or one.default_factory is not dataclasses.MISSING
        required = parameters[name].default is parameters[name].empty if name in parameters else not given
        text = getattr(one, "doc", None) or one.metadata.get("description")  # `doc` since Python 3.14
        default = _default(one.default, one.default_factory)
        fields.append((Field(name, name, required, default, text if isinstance(text, str) else ""), hint))
    return Record(cls.__name__, "", _maker(cls)), fields


def _attrs(cls: Any, hints: _Hints) -> _Read:
    fields = []
    for one in cls.__attrs_attrs__:
        if not one.init:
            continue
        factory = getattr(one.default, "factory", None)
        required = type(one.default).__name__ == "_Nothing"
        text = one.metadata.get("description")
        hint = hints[one.name] if one.name in hints or one.type is None else one.type
        name = getattr(one, "alias", None) or one.name.lstrip("_")
        default = _default(one.default, factory)
        fields.append((Field(name, one.name, required, default, text if isinstance(text, str) else ""), hint))
    return Record(cls.__name__, "", _maker(cls)), fields


def _typed_dict(cls: Any, hints: _Hints) -> _Read:
    extra = getattr(cls, "__extra_items__", typing.Never)
    if extra is not typing.Never and "NoExtraItems" not in type(extra).__name__:
        raise BadUsage(f"{cls.__name__}: extra_items is not supported; give the other names a field of type dict")
    fields = []
    for name in cls.__annotations__:
        hint, required = hints[name], name in cls.__required_keys__
        inner = hint
        while (form := getattr(typing.get_origin(inner), "_name", None)) or hasattr(inner, "__metadata__"):
            if form in ("Required", "NotRequired"):  # Python's own word is wrong where annotations are texts
                required = form == "Required"
            elif form != "ReadOnly" and not hasattr(inner, "__metadata__"):
                break
            inner = typing.get_args(inner)[0]
        fields.append((Field(name, name, required), hint))
    return Record(cls.__name__, "", lambda values: values), fields


def _named_tuple(cls: Any, hints: _Hints) -> _Read:
    defaults = cls._field_defaults
    fields = [(Field(name, name, name not in defaults, defaults.get(name, ...)), hints[name]) for name in cls._fields]
    return Record(cls.__name__, "", _maker(cls), array=True), fields


def _struct(cls: Any, hints: _Hints) -> _Read:
    import msgspec

    config = cls.__struct_config__
    fields = []
    for one in msgspec.structs.fields(cls):
        default = _default(one.default, one.default_factory)
        fields.append((Field(one.name, one.encode_name, one.required, default), hints[one.name]))
    tag = None if config.tag is None else (config.tag_field, config.tag)
    return Record(cls.__name__, "", _maker(cls), array=config.array_like, tag=tag), fields
