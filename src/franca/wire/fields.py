"""How windows get their typed fields: each function here makes one read-only property.

A property looks its key up in the server's dict when it is touched, checks the type of that one value
and answers None (or an empty list) for what is absent, null or of another type. It never raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing import Generic, Self, overload

    from .base import Window

    T_co = TypeVar("T_co", covariant=True)

    class Field(Generic[T_co]):
        """What type checkers see of such a property. At run time it is a plain `property`."""

        @overload
        def __get__(self, window: None, owner: type) -> Self: ...
        @overload
        def __get__(self, window: Window, owner: type) -> T_co: ...
        def __get__(self, window: Window | None, owner: type) -> Self | T_co: ...


__all__ = ["child", "children", "flag", "items", "keyed", "mapping", "number", "raw", "text", "whole", "whole_number"]

T = TypeVar("T")
W = TypeVar("W", bound="Window")
Getter = TypeVar("Getter", bound=Callable[..., Any])


def keyed(key: str) -> Callable[[Getter], Getter]:
    """Mark the getter of a property as the one for the field `key`; `Window.extra` learns of it from this."""

    def mark(get: Getter) -> Getter:
        get.wire_key = key  # type: ignore[attr-defined]
        return get

    return mark


def _field(key: str, get: Callable[[Window], T], doc: str) -> Field[T]:
    return property(keyed(key)(get), doc=doc)  # type: ignore[return-value]


def whole_number(value: object) -> int | None:
    """A JSON number that is an integer (`1e9` and `3.0` are: some servers write counts so), else None."""
    if type(value) is int:
        return value
    return int(value) if isinstance(value, float) and value.is_integer() else None


def text(key: str, doc: str) -> Field[str | None]:
    """A string."""

    def get(window: Window) -> str | None:
        value = window._data.get(key)
        return value if isinstance(value, str) else None

    return _field(key, get, doc)


def whole(key: str, doc: str) -> Field[int | None]:
    """An integer."""

    def get(window: Window) -> int | None:
        value = window._data.get(key)
        return value if type(value) is int else whole_number(value)

    return _field(key, get, doc)


def number(key: str, doc: str) -> Field[float | None]:
    """A number, as float."""

    def get(window: Window) -> float | None:
        value = window._data.get(key)
        if type(value) is int:
            try:
                return float(value)
            except OverflowError:  # an integer of 400 digits is JSON too
                return None
        return value if isinstance(value, float) else None

    return _field(key, get, doc)


def flag(key: str, doc: str) -> Field[bool | None]:
    """True or false."""

    def get(window: Window) -> bool | None:
        value = window._data.get(key)
        return value if isinstance(value, bool) else None

    return _field(key, get, doc)


def raw(key: str, doc: str) -> Field[Any]:
    """Whatever the server put there, None when absent."""

    def get(window: Window) -> Any:
        return window._data.get(key)

    return _field(key, get, doc)


def mapping(key: str, doc: str) -> Field[dict[str, Any] | None]:
    """An object, as the server's own dict."""

    def get(window: Window) -> dict[str, Any] | None:
        value = window._data.get(key)
        return value if isinstance(value, dict) else None

    return _field(key, get, doc)


def items(key: str, doc: str) -> Field[list[Any]]:
    """A list, as the server's own list; an empty one when there is none."""

    def get(window: Window) -> list[Any]:
        value = window._data.get(key)
        return value if isinstance(value, list) else []

    return _field(key, get, doc)


def child(key: str, kind: type[W], doc: str) -> Field[W | None]:
    """An object, seen through a window of its own."""

    def get(window: Window) -> W | None:
        value = window._data.get(key)
        if isinstance(value, dict):
            return kind(value)
        return value if isinstance(value, kind) else None

    return _field(key, get, doc)


def children(key: str, kind: type[W], doc: str) -> Field[list[W]]:
    """A list of objects, each seen through a window; what is no object is left out."""

    def get(window: Window) -> list[W]:
        value = window._data.get(key)
        if not isinstance(value, list):
            return []
        return [kind(item) if isinstance(item, dict) else item for item in value if isinstance(item, (dict, kind))]

    return _field(key, get, doc)
