"""JSON Schema from classes and hints of every kind, with their descriptions; and what is refused."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import re
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    Required,
    TypedDict,
    TypeVar,
)

import attr
import attrs
import msgspec
import pydantic
import pytest
from typing_extensions import ReadOnly, TypeAliasType

from franca.errors import BadUsage
from franca.schema.convert import convert
from franca.schema.types import as_schema, schema_of
from franca.schema.validate import validator_for

T = TypeVar("T")
Bound = TypeVar("Bound", bound=int)
Either = TypeVar("Either", int, str)
UserId = NewType("UserId", int)
NUMBER = r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$"


def properties(type: Any) -> dict[str, Any]:
    return schema_of(type)["properties"]


def text_of(type: Any, field: str) -> str | None:
    return properties(type)[field].get("description")


class Genre(enum.Enum):
    """What kind of film."""

    DRAMA = "drama"
    COMEDY = "comedy"
    OTHER = None


@dataclasses.dataclass
class Base:
    """A base.

    Attributes:
        first: from the base
    """

    first: int


@dataclasses.dataclass
class Film(Base):
    """A film.

    It was shown.

    Attributes:
        title: from the docstring
        year: not this
        first_shown: with a

            long text

    Examples:
        Film("Alien")
    """

    title: str = ""
    year: Annotated[int, "from the hint"] = 0
    length: int = dataclasses.field(default=1, metadata={"description": "from the metadata"})
    first_shown: datetime.date | None = None
    tags: list[str] = dataclasses.field(default_factory=list)
    made: dict[str, int] = dataclasses.field(default_factory=lambda: {"a": 1})
    wrong: int = typing.cast(int, None)
    odd: int = dataclasses.field(default=2, metadata={"description": 3})
    kind: ClassVar[int] = 3
    hidden: int = dataclasses.field(default=4, init=False)


@attrs.define
class Actor:
    """An actor.

    :ivar name: the name
    :var _age: the age
    """

    name: str
    _age: int = 3
    films: list[Film] = attrs.field(factory=list)
    note: str = attrs.field(default="", metadata={"description": "a note"})
    made: int = attrs.field(default=attrs.Factory(lambda self: 1, takes_self=True))
    hidden: int = attrs.field(default=4, init=False)


@attr.s
class Old:
    typed = attr.ib(type=int)
    bare = attr.ib()


class Typed(TypedDict, total=False):
    """Typed.

    Parameters
    ----------
    must
        has to be there
    """

    must: Required[Annotated[int, msgspec.Meta(ge=1)]]
    may: NotRequired[str]
    fixed: ReadOnly[Required[int]]
    noted: Annotated[Required[int], "a note"]
    other: list[int]
    literal: Literal["a"]


@dataclasses.dataclass
class Counted:
    count: int
    start: dataclasses.InitVar[int] = 0

    def __post_init__(self, start: int) -> None:
        self.count += start


class Place(NamedTuple):
    """A place.

    Attributes:
        x: to the right
    """

    x: float
    y: float
    name: str = "here"


class Cat(msgspec.Struct, tag=True, rename={"sound": "Sound"}):
    """A cat."""

    sound: str
    lives: int = 9
    friends: list[Cat] = []
    absent: int | msgspec.UnsetType = msgspec.UNSET


class Dot(msgspec.Struct, tag="dot", array_like=True):
    x: int
    y: int = 0


class Person(pydantic.BaseModel):
    """A person."""

    name: str = pydantic.Field(description="how we call them", alias="Name")


class Twig(pydantic.BaseModel):
    twigs: list[Twig] = []


def test_fields_of_a_dataclass():
    """Texts from hint, metadata and docstring (in this order), also of bases; defaults where JSON can say them."""
    schema = schema_of(Film)
    assert (schema["title"], schema["description"]) == ("Film", "A film.\n\nIt was shown.")
    assert schema["required"] == ["first"]
    assert list(schema["properties"]) == [
        *("first", "title", "year", "length", "first_shown", "tags", "made", "wrong", "odd"),
    ]
    assert schema["properties"]["first"] == {"type": "integer", "description": "from the base"}
    assert schema["properties"]["title"] == {"type": "string", "description": "from the docstring", "default": ""}
    assert text_of(Film, "year") == "from the hint"
    assert text_of(Film, "length") == "from the metadata"
    assert text_of(Film, "first_shown") == "with a long text"
    assert schema["properties"]["tags"]["default"] == []
    assert schema["properties"]["made"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert schema["properties"]["wrong"] == {"type": "integer"}
    assert schema["properties"]["odd"] == {"type": "integer", "default": 2}


def test_what_only_the_constructor_takes():
    """An InitVar is a field for whoever writes; a class whose signature cannot be read is taken at its fields."""
    assert properties(Counted) == {"count": {"type": "integer"}, "start": {"type": "integer", "default": 0}}
    unreadable = type("Unreadable", (Film,), {"__signature__": 3})
    assert schema_of(unreadable)["required"] == ["first"]
    assert convert({"a": 1}, TakesAll).a == 1


def test_fields_of_attrs_classes():
    """By their own names in JSON; defaults and texts as of a dataclass; classes of the old kind too."""
    found = properties(Actor)
    assert list(found) == ["name", "_age", "films", "note", "made"]
    assert (found["name"]["description"], found["_age"]) == (
        "the name",
        {"type": "integer", "description": "the age", "default": 3},
    )
    assert found["films"]["default"] == []
    assert found["note"]["description"] == "a note"
    assert "default" not in found["made"]
    assert schema_of(Actor)["required"] == ["name"]
    assert properties(Old) == {"typed": {"type": "integer"}, "bare": {}}


def test_fields_of_a_typed_dict():
    """Required and NotRequired count, wherever they stand and also in annotations that are texts."""
    schema = schema_of(Typed)
    assert schema["required"] == ["must", "fixed", "noted"]
    assert schema["properties"]["must"] == {"type": "integer", "minimum": 1, "description": "has to be there"}
    assert schema["properties"]["noted"] == {"type": "integer", "description": "a note"}
    assert schema["description"] == "Typed."


def test_a_class_that_needs_nothing():
    """Has no `required`."""
    assert "required" not in schema_of(Nothing)


def test_positions_of_a_named_tuple():
    """An array; a reader learns the names by the titles."""
    schema = schema_of(Place)
    assert schema["prefixItems"][0] == {"title": "x", "type": "number", "description": "to the right"}
    assert (schema["minItems"], schema["maxItems"], schema["items"]) == (2, 3, False)


def test_structs():
    """Names on the wire, tags, arrays; UNSET is no value."""
    schema = schema_of(Cat)
    assert schema["properties"]["type"] == {"enum": ["Cat"]}
    assert schema["required"] == ["type", "Sound"]
    assert schema["properties"]["absent"] == {"type": "integer"}
    assert schema["properties"]["friends"] == {"type": "array", "items": {"$ref": "#/$defs/Cat"}, "default": []}
    dot = schema_of(Dot)
    assert dot["prefixItems"] == [
        {"enum": ["dot"]},
        {"title": "x", "type": "integer"},
        {"title": "y", "type": "integer", "default": 0},
    ]
    assert (dot["minItems"], dot["maxItems"]) == (2, 3)


def test_enums_and_literals_in_the_order_of_the_source():
    """Their values need not be of one type; an enum has a name and its docstring."""
    assert schema_of(Genre) == {
        "title": "Genre",
        "description": "What kind of film.",
        "enum": ["drama", "comedy", None],
    }
    assert schema_of(Literal["b", 1, True, None, Genre.DRAMA]) == {"enum": ["b", 1, True, None, "drama"]}


def test_unions_of_anything():
    """Also of several classes, which msgspec alone refuses."""
    schema = schema_of(Film | Actor | Typed | list[int] | list[str] | None)
    assert [form.get("$ref", form.get("type")) for form in schema["anyOf"]] == [
        "#/$defs/Film",
        "#/$defs/Actor",
        "#/$defs/Typed",
        "array",
        "array",
        "null",
    ]
    assert list(schema["$defs"]) == ["Film", "Actor", "Typed"]


@pytest.mark.parametrize(
    ("type", "schema"),
    [
        (
            Annotated[int, pydantic.Field(ge=3, description="d", examples=[4])],
            '{"type":"integer","minimum":3,"description":"d","examples":[4]}',
        ),
        (
            Annotated[str, pydantic.Field(pattern=re.compile("^a"), title="T")],
            '{"type":"string","pattern":"^a","title":"T"}',
        ),
        (Annotated[int, msgspec.Meta(extra_json_schema={"x": 1})], '{"type":"integer","x":1}'),
        (
            Annotated[int | str | None, pydantic.Field(gt=1), pydantic.Field(min_length=2)],
            '{"anyOf":[{"type":"integer","exclusiveMinimum":1},{"type":"string","minLength":2},{"type":"null"}]}',
        ),
        (
            Annotated[list[int] | bytes, msgspec.Meta(max_length=4)],
            '{"anyOf":[{"type":"array","maxItems":4,"items":{"type":"integer"}},{"type":"string","contentEncoding":"base64","maxLength":8}]}',
        ),
        (
            Annotated[datetime.datetime | UserId | list[int] | Annotated[float, "x"] | None, msgspec.Meta(tz=True)],
            '{"anyOf":[{"type":"string","format":"date-time"},{"type":"integer"},{"type":"array","items":{"type":"integer"}},{"type":"number","description":"x"},{"type":"null"}]}',
        ),
        (
            Annotated[dict[str, Any], msgspec.Meta(min_length=1, max_length=2)],
            '{"type":"object","minProperties":1,"maxProperties":2}',
        ),
        (Annotated[Annotated[int, "inner"], "outer"], '{"type":"integer","description":"outer"}'),
        (Annotated[Film, "which"], None),
        (list, '{"type":"array"}'),
        (typing.List, '{"type":"array"}'),  # noqa: UP006
        (tuple, '{"type":"array"}'),
        (typing.Tuple, '{"type":"array"}'),  # noqa: UP006
        (tuple[()], '{"type":"array","minItems":0,"maxItems":0,"items":false}'),
        (tuple[int, ...], '{"type":"array","items":{"type":"integer"}}'),
        (Sequence[int], '{"type":"array","items":{"type":"integer"}}'),
        (frozenset[int], '{"type":"array","items":{"type":"integer"},"uniqueItems":true}'),
        (Mapping[str, int], '{"type":"object","additionalProperties":{"type":"integer"}}'),
        (dict, '{"type":"object"}'),
        (dict[Genre, Any], '{"type":"object","propertyNames":{"enum":["drama","comedy","null"]}}'),
        (dict[int, Any], '{"type":"object","propertyNames":{"pattern":"^-?(0|[1-9]\\\\d*)$"}}'),
        (dict[bool | int, Any], None),
        (dict[datetime.date, Any], '{"type":"object","propertyNames":{"format":"date"}}'),
        (dict[float, Any], json.dumps({"type": "object", "propertyNames": {"pattern": NUMBER}}, separators=(",", ":"))),
        (dict[Annotated[str, "a name"], Any], '{"type":"object","propertyNames":{"description":"a name"}}'),
        (UserId, '{"type":"integer"}'),
        (T, "{}"),
        (Bound, '{"type":"integer"}'),
        (Either, '{"anyOf":[{"type":"integer"},{"type":"string"}]}'),
        (Final[int], '{"type":"integer"}'),
        (int | msgspec.UnsetType, '{"type":"integer"}'),
        (msgspec.Raw, "{}"),
        (decimal.Decimal, json.dumps({"type": "string", "pattern": NUMBER}, separators=(",", ":"))),
    ],
    ids=str,
)
def test_hints(type, schema):
    """Each form of hint; what has no schema here is refused or a definition."""
    if schema is not None:
        assert msgspec.json.encode(schema_of(type)).decode() == schema
    elif type == Annotated[Film, "which"]:
        assert {key: value for key, value in schema_of(type).items() if key != "$defs"} == {
            "$ref": "#/$defs/Film",
            "description": "which",
        }
    else:
        with pytest.raises(BadUsage, match=r"the keys of .* are no text"):
            schema_of(type)


@pytest.mark.parametrize(
    ("type", "fits", "not_fits"),
    [
        (datetime.datetime, ["2026-01-31T09:30:00", "2026-01-31 09:30:00.5+01:00"], ["31 January", "2026-01-31"]),
        (datetime.time, ["09:30:00", "09:30:00.25Z"], ["9:30", "noon"]),
    ],
)
def test_times_without_a_zone(type, fits, not_fits):
    """The format date-time asks for a zone, so a pattern says how they are written; what fits it is one."""
    validator = validator_for(schema_of(type))
    assert [validator.valid(text) for text in [*fits, *not_fits]] == [True] * len(fits) + [False] * len(not_fits)
    assert all(isinstance(convert(text, type), type) for text in fits)


@dataclasses.dataclass
class Page(Generic[T]):
    items: list[T]
    next: Page[T] | None = None
    bound: Bound | None = None


@dataclasses.dataclass
class Pages(Page[list[T]], Generic[T]):
    own: T | None = None


class GenericStruct(msgspec.Struct, Generic[T]):
    x: T


class GenericTuple(NamedTuple, Generic[T]):
    x: T


class GenericDict(TypedDict, Generic[T]):
    x: T


def test_generic_classes():
    """Type variables are what the class was given, also through bases; each use with other arguments is a type."""
    schema = schema_of(Page[int])
    assert schema["title"] == "Page[int]"
    assert schema["properties"]["items"]["items"] == {"type": "integer"}
    assert list(schema["$defs"]) == ["Page_int_"]
    inherited = properties(Pages[str])
    assert inherited["items"]["items"] == {"type": "array", "items": {"type": "string"}}
    assert inherited["own"]["anyOf"][0] == {"type": "string"}
    assert properties(Page)["items"] == {"type": "array"}
    assert properties(GenericStruct[Annotated[int, []]]) == {"x": {"type": "integer"}}  # a note that does not hash
    assert schema_of(Page[Page[int | str]])["title"] == "Page[Page[int | str]]"
    for generic in (GenericStruct, GenericDict):
        assert properties(generic[int]) == {"x": {"type": "integer"}}
    assert schema_of(GenericTuple[int])["prefixItems"][0]["type"] == "integer"
    assert set(schema_of(tuple[Page[int], Page[str]])["$defs"]) == {"Page_int_", "Page_str_"}


@dataclasses.dataclass
class Endless(Generic[T]):
    more: Endless[dict[str, tuple[list[T], str]]] | None = None


def test_a_class_of_ever_new_types():
    """It has no schema, and asking for one ends."""
    with pytest.raises(BadUsage, match="goes on without end"):
        schema_of(Endless[int])


def test_a_long_chain_of_classes_is_no_deep_recursion():
    """A thousand classes would be; a type nested that deep is refused."""
    made: Any = int
    for number in range(900):
        made = dataclasses.make_dataclass(f"C{number}", [("next", made)])
    assert len(schema_of(made)["$defs"]) == 899
    many = made
    for number in range(900, 1100):
        many = dataclasses.make_dataclass(f"C{number}", [("next", many)])
    with pytest.raises(BadUsage, match="more than 1000 classes"):
        schema_of(many)
    for _ in range(5000):
        made = list[made]
    with pytest.raises(BadUsage, match="nested too deeply"):
        schema_of(made)


class Alias:
    """A `type X = ...` of Python 3.12, whose value is read when it is asked for."""

    def __init__(self, name: str, value: Callable[[], Any]) -> None:
        self.__name__ = name
        self._value = value

    @property
    def __value__(self) -> Any:
        return self._value()


Alias.__name__ = "TypeAliasType"


def test_aliases():
    """A `type` alias has a name, and may hold itself; limits around it are of the place, not of the alias."""
    tree: Any = Alias("Tree", lambda: list[tree])
    schema = schema_of(tree)
    assert schema == {
        "type": "array",
        "items": {"$ref": "#/$defs/Tree"},
        "$defs": {"Tree": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
    }
    assert convert([[], [[]]], tree) == [[], [[]]]
    number = TypeAliasType("number", int)
    assert schema_of(tuple[number, number])["$defs"] == {"number": {"type": "integer"}}
    assert schema_of(Annotated[number, msgspec.Meta(ge=1)]) == {"type": "integer", "minimum": 1}
    pair = TypeAliasType("pair", tuple[T, T], type_params=(T,))
    assert schema_of(pair[int])["prefixItems"] == [{"type": "integer"}] * 2
    other: Any = Alias("Other", lambda: loop)
    loop: Any = Alias("Loop", lambda: other)
    with pytest.raises(BadUsage, match=r"(Loop|Other) stands for itself"):
        schema_of(loop)


def test_pydantic_models():
    """A model that is used twice is a definition; one that holds itself is as pydantic says."""
    assert properties(Person)["Name"]["description"] == "how we call them"
    twice = schema_of(dict[str, tuple[Person, Person]])
    assert twice["additionalProperties"]["prefixItems"] == [{"$ref": "#/$defs/Person"}] * 2
    assert twice["$defs"]["Person"]["additionalProperties"] is False
    assert schema_of(list[Twig])["items"] == {"$ref": "#/$defs/Twig"}
    assert schema_of(Twig)["properties"]["twigs"]["items"] == {"$ref": "#/$defs/Twig"}
    holder = pydantic.create_model("Holder", one=(Person, ...), two=(Person, ...))
    assert set(schema_of(tuple[holder, Person, Person])["$defs"]) == {"Person"}
    namesake = dataclasses.make_dataclass("Person", [("x", int)])
    assert set(schema_of(tuple[holder, namesake])["$defs"]) == {"Person", "Person_2"}


def test_local_classes():
    """A class inside a function may name itself; another local name cannot be found."""

    @dataclasses.dataclass
    class Node:
        nodes: list[Node]

    @dataclasses.dataclass
    class Lost:
        other: Elsewhere  # noqa: F821

    assert properties(Node)["nodes"]["items"] == {"$ref": "#/$defs/Node"}
    with pytest.raises(BadUsage, match=r"^the type: a type hint of Lost cannot be resolved: .*Elsewhere.*module level"):
        schema_of(Lost)


class Odd(enum.Enum):
    PAIR = (1, 2)


class Infinite(enum.Enum):
    BIG = float("inf")


class Plain:
    pass


class Nothing(TypedDict, total=False):
    may: int


class OneModel:
    """As pydantic 1 makes them."""

    __fields__: ClassVar[dict[str, Any]] = {}
    parse_raw = None


class NoSchema(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=True)
    plain: Plain


@dataclasses.dataclass
class Deep:
    inner: list[dict[str, complex | None]]


@dataclasses.dataclass(init=False)
class TakesLess:
    a: int
    b: int

    def __init__(self, a: int) -> None:
        self.a = self.b = a


@attr.s(init=False)
class TakesMore:
    a = attr.ib(default=1)

    def __init__(self, a: int, c: int, *rest: int) -> None:
        self.a = a + c


@dataclasses.dataclass(init=False)
class TakesAll:
    a: int

    def __init__(self, **fields: Any) -> None:
        self.a = fields["a"]


@dataclasses.dataclass
class BadHint:
    x: "1 +"  # noqa: F722


@pytest.mark.parametrize(
    ("type", "problem"),
    [
        (Deep, r"^Deep\.inner: complex is not supported, for JSON cannot say it$"),
        (list[Film | Deep], r"^Deep\.inner: complex"),
        (Plain, r"Plain is not supported.* \(a class needs declared fields: make it a dataclass\)"),
        (Odd, r"^the type: Odd\.PAIR: its value \(1, 2\) is not supported"),
        (Infinite, r"Infinite\.BIG: its value inf is not supported"),
        (Literal[b"x"], r"its value b'x' is not supported"),
        (list["Nowhere"], r"the name 'Nowhere' stands for nothing here"),  # noqa: F821
        (typing.List["Nowhere"], r"the name 'Nowhere' stands for nothing here"),  # noqa: F821, UP006
        ("Nowhere", r"the name 'Nowhere' stands for nothing here"),
        ("list[Nowhere, int]", r"the name list\[Nowhere, int\] stands for nothing here"),
        (Annotated[Any, msgspec.Meta(ge=1)], "'ge' is no limit of Any"),
        (Annotated[Literal["a"], msgspec.Meta(min_length=1)], "'min_length' is no limit of"),
        (Annotated[Film, msgspec.Meta(ge=1)], "'ge' is no limit of Film"),
        (Annotated[None, msgspec.Meta(ge=1)], "'ge' is no limit of None"),
        (Annotated[list[int], pydantic.Field(pattern="a")], r"'pattern' is no limit of list\[int\]"),
        (Annotated[tuple[int, str], msgspec.Meta(min_length=1)], "'min_length' is no limit of"),
        (Annotated[bool | None, msgspec.Meta(ge=1)], "'ge' is no limit of its forms"),
        (Annotated[str, msgspec.Meta(ge=1)], "Can only set `ge` on a numeric type$"),
        (Annotated[complex, msgspec.Meta(ge=1)], "complex is not supported"),
        (Callable[[int], int], "not supported"),
        (OneModel, "OneModel is a model of pydantic 1"),
        (NoSchema, "NoSchema: pydantic makes no JSON Schema of it"),
        (TakesLess, r"TakesLess's own __init__ does not go with its fields \(b\)"),
        (TakesMore, r"TakesMore's own __init__ does not go with its fields \(c\)"),
        (BadHint, "the type hints of BadHint cannot be read"),
    ],
    ids=str,
)
def test_what_is_refused(type, problem):
    """With the field where it stands, and what would do."""
    with pytest.raises(BadUsage, match=problem):
        schema_of(type)


def test_a_schema_or_a_type():
    """Where either may be given; what is no JSON is refused."""
    assert as_schema(int) == ({"type": "integer"}, '{"type":"integer"}')
    assert as_schema(True) == (True, "true")
    assert as_schema({"a": 1}) == ({"a": 1}, '{"a":1}')
    endless: dict[str, Any] = {}
    endless["not"] = endless
    for wrong in ({"a": object()}, endless):
        with pytest.raises(BadUsage, match="the schema is no JSON"):
            as_schema(wrong)
