"""What a type hint says: the Python types that JSON can say, as a graph of a few kinds of node.

`types` writes the graph as JSON Schema, `convert` makes values of it: both read a type in the same way, so that what
the one promises the other keeps. How a class tells its fields is in `records`.
"""

from __future__ import annotations

import collections.abc
import enum
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import BadUsage
from .kinds import Anything, Choice, Items, Kind, Leaf, Map, Model, Named, Noted, Tuple, Union
from .notes import LIMITS, notes_of

__all__ = ["Reader", "key_of"]

_NONE: Mapping[str, Any] = types.MappingProxyType({})
_COLLECTIONS: dict[Any, type] = {
    list: list,
    set: set,
    frozenset: frozenset,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Collection: list,
    collections.abc.Iterable: list,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
}
_MAPS = (dict, collections.abc.Mapping, collections.abc.MutableMapping)
_ABOUT = ("Required", "NotRequired", "ReadOnly", "Final")  # what stands around a hint and says nothing of its values
_NUMBER = frozenset({"gt", "ge", "lt", "le", "multiple_of"})
_MOST = 1000  # classes in a type
_LONGEST = 5000  # characters of a type, written out
_LENGTH = frozenset({"min_length", "max_length"})


class Reader:
    """Reads hints into kinds. What was read by one reader shares its classes, each of which is one node.

    `classes` are the nodes that have a name of their own, in the order in which they were met; they are filled when
    `read` returns. Raises BadUsage for what JSON cannot say, with the place where it stands.
    """

    def __init__(self) -> None:
        self.classes: list[Named] = []
        self._known: dict[Any, Named] = {}
        self._unread: list[Any] = []

    def read(self, hint: Any, place: str) -> Kind:
        """The kind of a hint. `place` names it in errors."""
        try:
            found = self._read(hint, place, _NONE)
            while self._unread:  # one after the other, so that a long chain of classes is no deep recursion
                self._unread.pop(0)()
        except RecursionError:
            raise BadUsage(f"{place}: its type is nested too deeply") from None
        return found

    def _read(self, hint: Any, place: str, limits: Mapping[str, Any]) -> Kind:
        made = self._special(hint, place, limits)
        if made is None:
            taken, made = self._of_class(hint, place, limits)
            _only(limits, taken, hint, place)
        return made

    def _special(self, hint: Any, place: str, limits: Mapping[str, Any]) -> Kind | None:
        """The forms of `typing`; None for a class."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if origin is typing.Annotated:
            notes = notes_of(hint.__metadata__)
            _plain_limits(notes.limits, place)
            inner = self._read(arguments[0], place, {**notes.limits, **limits})
            return Noted(inner, notes.text, notes.extra) if notes.text or notes.extra else inner
        if origin in (typing.Union, types.UnionType):
            return self._union(arguments, place, limits)
        if hint is Any:
            _only(limits, (), hint, place)
            return Anything()
        if origin is typing.Literal:
            _only(limits, (), hint, place)
            return Choice([(_scalar(value, place), value) for value in arguments])
        if getattr(origin, "_name", None) in _ABOUT:
            return self._read(arguments[0], place, limits)
        if isinstance(hint, typing.TypeVar):
            return self._read(_stands_for(hint), place, limits)
        if hasattr(hint, "__supertype__"):  # a NewType
            return self._read(hint.__supertype__, place, limits)
        if type(hint if origin is None else origin).__name__ == "TypeAliasType":
            return self._alias(hint, origin, arguments, place, limits)
        return None

    def _union(self, forms: tuple[Any, ...], place: str, limits: Mapping[str, Any]) -> Kind:
        """Each limit goes to the forms that can have it: `Annotated[int | None, Ge(0)]`."""
        kinds: list[Kind] = []
        used: set[str] = set()
        for form in forms:
            if form is _msgspec().UnsetType:  # "absent", which is said by leaving the field out
                continue
            fitting = {key: value for key, value in limits.items() if key in _limits_of(form)}
            used |= fitting.keys()
            kinds.append(self._read(form, place, fitting))
        _only(limits, used, "its forms", place)
        return kinds[0] if len(kinds) == 1 else Union(kinds)

    def _alias(self, hint: Any, origin: Any, arguments: tuple[Any, ...], place: str, limits: Mapping[str, Any]) -> Kind:
        """`type Tree = list[Tree]`: a node with a name, because it may hold itself."""
        target = origin.__value__[arguments] if arguments else hint.__value__
        if limits:  # which are of this place, and not of the alias
            return self._read(target, place, limits)
        known = self._known.get(key_of(hint))
        if known is not None:
            return known
        made = Named(getattr(hint, "__name__", str(hint)), "")
        self._keep(hint, made, place)
        made.inner = self._read(target, place, _NONE)
        if made.bare is made:
            raise BadUsage(f"{place}: {made.name} stands for itself")
        return made

    def _of_class(self, hint: Any, place: str, limits: Mapping[str, Any]) -> tuple[Iterable[str], Kind]:
        """Which limits the kind of a class takes, and the kind."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        cls = hint if origin is None else origin
        if hint is None or hint is type(None):
            return (), Leaf(type(None), type(None))
        if cls in _COLLECTIONS:
            item = self._read(arguments[0], place, _NONE) if arguments else Anything()
            return _LENGTH, Items(_COLLECTIONS[cls], item, _picked(limits, _LENGTH))
        if cls is tuple:
            return self._tuple(hint, arguments, place, limits)
        if cls in _MAPS:
            key, value = (self._read(one, place, _NONE) for one in arguments) if arguments else (_text(), Anything())
            if not isinstance(key.bare, (Leaf, Choice)) or getattr(key.bare, "type", str) in (bool, type(None)):
                raise BadUsage(f"{place}: the keys of {_shown(hint)} are no text, as those of a JSON object are")
            return _LENGTH, Map(key, value, _picked(limits, _LENGTH))
        if isinstance(cls, type):
            named = self._named(hint, cls, place)
            if named is not None:
                return (), named
        return self._leaf(hint, place, limits)

    def _tuple(
        self, hint: Any, arguments: tuple[Any, ...], place: str, limits: Mapping[str, Any]
    ) -> tuple[Iterable[str], Kind]:
        if hint in (tuple, typing.Tuple):  # noqa: UP006
            return _LENGTH, Items(tuple, Anything(), _picked(limits, _LENGTH))
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return _LENGTH, Items(tuple, self._read(arguments[0], place, _NONE), _picked(limits, _LENGTH))
        return (), Tuple([self._read(one, place, _NONE) for one in arguments])

    def _named(self, hint: Any, cls: type, place: str) -> Named | None:
        """An enum, a class with fields or a model; None for any other class."""
        from .records import is_model, model_of, record_of

        known = self._known.get(key_of(hint))
        if known is not None:
            return known
        made: Named
        if issubclass(cls, enum.Enum):
            members = [(_scalar(member, f"{place}: {cls.__name__}.{member.name}"), member) for member in cls]
            if not members:
                raise BadUsage(f"{place}: {cls.__name__} has no members, so that no value fits it")
            made = Choice(members, cls.__name__, cls.__dict__.get("__doc__") or "")
        elif is_model(cls, place):
            made = Model(model_of(hint, cls), hint)
        else:
            record = record_of(hint, cls, place)
            if record is None:
                return None
            made, fields = record
            self._unread.append(lambda: self._fill(made, fields, cls.__name__))
        self._keep(hint, made, place)
        return made

    def _fill(self, record: Any, fields: Iterable[tuple[Any, Any]], name: str) -> None:
        for field, hint in fields:
            field.kind = self._read(hint, f"{name}.{field.name}", _NONE)
            record.fields.append(field)

    def _keep(self, hint: Any, made: Named, place: str) -> None:
        if len(self.classes) >= _MOST:
            raise BadUsage(f"{place}: there are more than {_MOST} classes in it")
        if len(repr(hint)) > _LONGEST:  # a generic class that holds itself, of ever new types
            raise BadUsage(f"{place}: {made.name[:60]}... goes on without end")
        self._known[key_of(hint)] = made
        self.classes.append(made)

    def _leaf(self, hint: Any, place: str, limits: Mapping[str, Any]) -> tuple[Iterable[str], Kind]:
        msgspec = _msgspec()
        try:
            full = typing.Annotated[hint, msgspec.Meta(**limits)] if limits else hint
            msgspec.json.schema(full)
        except Exception as error:
            if isinstance(hint, (str, typing.ForwardRef)):
                raise BadUsage(f"{place}: the name {_shown(hint)} stands for nothing here; give the type") from None
            if limits and _is_leaf(hint):
                raise BadUsage(f"{place}: {str(error).partition(' - type')[0]}") from None
            fields = " (a class needs declared fields: make it a dataclass)" if _is_plain_class(hint) else ""
            raise BadUsage(f"{place}: {_shown(hint)} is not supported, for JSON cannot say it{fields}") from None
        return LIMITS, Leaf(hint, full)


def key_of(hint: Any) -> Any:
    """What is the same type: `int | str` equals `str | int`, but the order counts here; notes may not hash."""
    try:
        return hash(hint), hint, repr(hint)
    except TypeError:
        return repr(hint)


def _msgspec() -> Any:
    import msgspec.json

    return msgspec


def _text() -> Kind:
    return Leaf(str, str)


def _picked(limits: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: limits[name] for name in names if name in limits}


def _plain_limits(limits: Mapping[str, Any], place: str) -> None:
    """JSON Schema has limits for numbers and lengths, and none for dates or digits."""
    for name, value in limits.items():
        if (
            name not in LIMITS
            or not isinstance(value, (int, float, str))
            or (name == "tz" and not isinstance(value, bool))
        ):
            raise BadUsage(f"{place}: the limit {name}={value!r} is not supported, for JSON Schema cannot say it")


def _only(limits: Mapping[str, Any], taken: Iterable[str], hint: Any, place: str) -> None:
    """A limit that nothing will check must not be passed over."""
    for name in limits:
        if name not in taken:
            raise BadUsage(f"{place}: {name!r} is no limit of {_shown(hint)}")


def _limits_of(hint: Any) -> frozenset[str]:
    """Which limits a form of a union can have."""
    import datetime
    import decimal

    while True:
        origin = typing.get_origin(hint)
        if origin is typing.Annotated:
            hint = typing.get_args(hint)[0]
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        else:
            break
    cls = hint if origin is None else origin
    if cls in (int, float, decimal.Decimal):
        return _NUMBER
    if cls in (datetime.datetime, datetime.time):
        return frozenset({"tz"})
    if cls is str:
        return _LENGTH | {"pattern"}
    return _LENGTH if cls in (bytes, bytearray, tuple, *_COLLECTIONS, *_MAPS) else frozenset()


def _scalar(value: Any, place: str) -> Any:
    """The JSON of a literal or an enum's member."""
    inner = value.value if isinstance(value, enum.Enum) else value
    if inner is None or type(inner) in (bool, int, str) or (type(inner) is float and inner - inner == 0):
        return inner
    raise BadUsage(f"{place}: its value {inner!r} is not supported: JSON can say texts, numbers, true, false and null")


def _stands_for(variable: Any) -> Any:
    """What a type variable that nobody bound may be."""
    if variable.__bound__ is not None:
        return variable.__bound__
    return typing.Union[variable.__constraints__] if variable.__constraints__ else Any  # noqa: UP007


def _is_leaf(hint: Any) -> bool:
    try:
        _msgspec().json.schema(hint)
    except Exception:
        return False
    return True


def _is_plain_class(hint: Any) -> bool:
    return isinstance(hint, type) and hint.__module__ != "builtins"


def _shown(hint: Any) -> str:
    """A hint as its reader wrote it, about."""
    if isinstance(hint, str):
        return hint if " " in hint else repr(hint)
    if isinstance(hint, typing.ForwardRef):
        return repr(hint.__forward_arg__)
    return hint.__qualname__ if isinstance(hint, type) and not typing.get_args(hint) else str(hint)
