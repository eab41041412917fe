"""The kinds of type that JSON can say: the nodes of the graph that `hints` reads from a Python type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["Anything", "Choice", "Field", "Items", "Kind", "Leaf", "Map", "Model", "Named", "Noted"]
__all__ += ["Record", "Tuple", "Union"]


class Kind:
    """A node; each place where a type is used may be one, a class is the same one everywhere."""

    __slots__ = ()

    @property
    def bare(self) -> Kind:
        """Without the notes around it."""
        return self


class Anything(Kind):
    """`Any`."""

    __slots__ = ()


class Leaf(Kind):
    """A type without parts: int, str, date, UUID ..."""

    __slots__ = ("full", "type")

    def __init__(self, type: Any, full: Any) -> None:
        self.type = type
        self.full = full
        """With its limits, as msgspec takes it."""


class Noted(Kind):
    """A type with something said of it: `Annotated[T, "text"]`."""

    __slots__ = ("extra", "inner", "text")

    def __init__(self, inner: Kind, text: str, extra: Mapping[str, Any]) -> None:
        self.inner = inner
        self.text = text
        self.extra = extra
        """Further keywords for the schema."""

    @property
    def bare(self) -> Kind:
        return self.inner.bare


class Union(Kind):
    """One of several, in the order of the source."""

    __slots__ = ("forms",)

    def __init__(self, forms: Sequence[Kind]) -> None:
        self.forms = forms


class Items(Kind):
    """As many of one kind as there are: list, set, frozenset, `tuple[T, ...]`."""

    __slots__ = ("item", "limits", "make")

    def __init__(self, make: Callable[[Any], Any], item: Kind, limits: Mapping[str, int]) -> None:
        self.make = make
        self.item = item
        self.limits = limits


class Tuple(Kind):
    """An array whose positions have types of their own."""

    __slots__ = ("items",)

    def __init__(self, items: Sequence[Kind]) -> None:
        self.items = items


class Map(Kind):
    """An object with any names."""

    __slots__ = ("key", "limits", "value")

    def __init__(self, key: Kind, value: Kind, limits: Mapping[str, int]) -> None:
        self.key = key
        self.value = value
        self.limits = limits


class Named(Kind):
    """What has a name, and so may be a definition of its own. As it is: a `type` alias for `inner`."""

    __slots__ = ("inner", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.inner: Kind = self

    @property
    def bare(self) -> Kind:
        """What an alias stands for."""
        found = self.inner
        while isinstance(found, (Named, Noted)) and found.inner is not found and found is not self:
            found = found.inner
        return found


class Choice(Named):
    """One of a few values: Literal, or (with a name) an Enum. `members`: the JSON value and the Python one."""

    __slots__ = ("members",)

    def __init__(self, members: Sequence[tuple[Any, Any]], name: str = "", text: str = "") -> None:
        super().__init__(name, text)
        self.members = members


class Field:
    """A field of a record."""

    __slots__ = ("default", "key", "kind", "name", "required", "text")

    def __init__(self, name: str, key: str, required: bool, default: Any = ..., text: str = "") -> None:
        self.name = name
        """As the class takes it."""
        self.key = key
        """In JSON."""
        self.required = required
        self.default = default
        """... where there is none, or it is made anew each time."""
        self.text = text
        self.kind: Kind = Anything()


class Record(Named):
    """A class with fields: dataclass, attrs, TypedDict, NamedTuple, msgspec.Struct."""

    __slots__ = ("array", "fields", "make", "tag")

    def __init__(
        self,
        name: str,
        text: str,
        make: Callable[[dict[str, Any]], Any],
        array: bool = False,
        tag: tuple[str, Any] | None = None,
    ) -> None:
        super().__init__(name, text)
        self.make = make
        """The instance, from values by the names of the fields."""
        self.array = array
        """Written as an array: NamedTuple, a Struct with array_like."""
        self.tag = tag
        """The name and value by which a Struct is told from others."""
        self.fields: list[Field] = []


class Model(Named):
    """A pydantic model, which has a schema and a validation of its own."""

    __slots__ = ("cls", "hint", "schema")

    def __init__(self, cls: Any, hint: Any) -> None:
        super().__init__(cls.__name__, "")
        self.cls = cls
        """The class, or what has its methods."""
        self.hint = hint
        self.schema: dict[str, Any] | None = None
        """Made when a value is checked by it."""
