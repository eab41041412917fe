"""JSON values made into instances of types, and what is told of those that do not fit."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import decimal
import enum
import pickle
import typing
import uuid
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypedDict

import attrs
import msgspec
import pydantic
import pytest

from franca.errors import BadUsage, OutputInvalid
from franca.schema.convert import convert, default_of
from franca.schema.hints import Reader


class Genre(enum.Enum):
    DRAMA = "drama"
    COMEDY = "comedy"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclasses.dataclass
class Role:
    actor: str
    minutes: Annotated[int, msgspec.Meta(ge=0)] | None = None


@dataclasses.dataclass
class Film:
    title: str
    genre: Genre
    cast: list[Role] = dataclasses.field(default_factory=list)
    shown: datetime.date | None = None
    sequel: Film | None = None


@dataclasses.dataclass
class Sized:
    size: int
    double: int = dataclasses.field(init=False)
    scale: dataclasses.InitVar[int] = 2

    def __post_init__(self, scale: int) -> None:
        if self.size < 0:
            raise ValueError("the size is negative\nand so on")
        if self.size > 100:
            raise LookupError
        self.double = self.size * scale


@attrs.define
class Actor:
    name: str = attrs.field(converter=str.strip)
    _age: int = attrs.field(default=3, validator=attrs.validators.ge(0))


class Typed(TypedDict):
    a: int
    b: NotRequired[Genre]


class Place(NamedTuple):
    x: float
    y: float = 0.0


class Cat(msgspec.Struct, tag="cat"):
    name: str
    friend: Cat | Dog | None = None


class Dog(msgspec.Struct, tag="dog"):
    name: str
    age: int = 0


class Dot(msgspec.Struct, tag="dot", array_like=True):
    x: int
    y: int = 0


class Person(pydantic.BaseModel):
    name: str = pydantic.Field(alias="Name")
    born: datetime.date | None = None
    age: int = 0

    @pydantic.field_validator("age")
    @classmethod
    def not_negative(cls, value: int) -> int:
        if value < 0:
            raise ValueError("negative")
        return value


class AsText(pydantic.BaseModel):
    value: str


class AsNumber(pydantic.BaseModel):
    value: int


class Raising(pydantic.BaseModel):
    value: int

    @pydantic.model_validator(mode="after")
    def never(self) -> Raising:
        raise LookupError("never")


class Grove(pydantic.BaseModel):
    groves: list[Grove] = []
    weight: float | None = None


@pydantic.dataclasses.dataclass
class Checked:
    low: Annotated[int, pydantic.Field(ge=3)]
    high: int = pydantic.Field(default=5, le=5)


def problems_of(value: Any, type: Any) -> list[str]:
    with pytest.raises(OutputInvalid) as caught:
        convert(value, type)
    return caught.value.problems


@pytest.mark.parametrize(
    ("type", "value", "made"),
    [
        (
            Film,
            {
                "title": "Alien",
                "genre": "drama",
                "cast": [{"actor": "Weaver", "minutes": 90}, {"actor": "Hurt"}],
                "shown": "1979-05-25",
                "sequel": {"title": "Aliens", "genre": "comedy"},
            },
            Film(
                "Alien",
                Genre.DRAMA,
                [Role("Weaver", 90), Role("Hurt")],
                datetime.date(1979, 5, 25),
                Film("Aliens", Genre.COMEDY),
            ),
        ),
        (Actor, {"name": " Weaver ", "_age": 30}, Actor("Weaver", 30)),
        (Typed, {"a": 1, "b": "drama"}, {"a": 1, "b": Genre.DRAMA}),
        (Place, [1, 2.5], Place(1.0, 2.5)),
        (Place, [1], Place(1.0)),
        (Cat, {"type": "cat", "name": "Tom", "friend": {"type": "dog", "name": "Rex"}}, Cat("Tom", Dog("Rex"))),
        (Dot, ["dot", 1], Dot(1)),
        (Person, {"Name": "Ada", "born": "1815-12-10"}, Person(Name="Ada", born=datetime.date(1815, 12, 10))),
        (Checked, {"low": 3}, Checked(3)),
        (Literal["a", Genre.DRAMA, 1], "drama", Genre.DRAMA),
        (Level, 2.0, Level.HIGH),
        (int, 3.0, 3),
        (float, 3, 3.0),
        (Any, {"a": [1]}, {"a": [1]}),
        (None, None, None),
        (bytes, "aGk=", b"hi"),
        (uuid.UUID, "12345678123456781234567812345678", uuid.UUID("12345678123456781234567812345678")),
        (decimal.Decimal, "1.50", decimal.Decimal("1.50")),
        (datetime.timedelta, "PT90S", datetime.timedelta(seconds=90)),
        (list[Any], [1, "a"], [1, "a"]),
        (typing.Sequence[int], [1], [1]),
        (set[int], [1, 2], {1, 2}),
        (frozenset[str], ["a"], frozenset("a")),
        (tuple[int, str], [1, "a"], (1, "a")),
        (tuple[int, ...], [1, 2], (1, 2)),
        (dict[int, Level], {"1": 1}, {1: Level.LOW}),
        (dict[Genre, int], {"drama": 1}, {Genre.DRAMA: 1}),
        (dict[Literal[1, True, None], int], {"1": 1, "true": 2, "null": 3}, {1: 2, None: 3}),
        (dict[datetime.date, int], {"2026-01-31": 1}, {datetime.date(2026, 1, 31): 1}),
        (Annotated[Film, "a film"] | None, None, None),
        (Annotated[int, []], 1, 1),
    ],
    ids=str,
)
def test_values(type, value, made):
    """Each kind of type is made of its JSON, with the types of what is inside."""
    if made == {1: 2, None: 3}:  # in Python 1 and True are one key
        assert problems_of(value, type) == ['/true: expected each name once, got "true"']
        return
    given = copy.deepcopy(value)
    found = convert(value, type)
    assert found == made
    assert found.__class__ is made.__class__
    assert value == given


def test_own_code_runs():
    """A constructor does what it does, with what only it takes."""
    assert convert({"size": 2, "scale": 5}, Sized).double == 10


@pytest.mark.parametrize(
    ("forms", "value", "made"),
    [
        (int | float, 1, 1),
        (int | float, 1.0, 1.0),
        (float | int, 1, 1),
        (float | None, 1, 1.0),
        (float | Literal["a"] | decimal.Decimal, "1", decimal.Decimal(1)),
        (datetime.date | str, "2026-01-31", datetime.date(2026, 1, 31)),
        (datetime.date | str, "soon", "soon"),
        (str | datetime.date, "2026-01-31", "2026-01-31"),
        (bool | int, 1, 1),
        (int | bool, True, True),
        (Role | Actor, {"name": "x"}, Actor("x")),
        (Role | Film, {"actor": "x"}, Role("x")),
        (list[int] | list[str] | dict[str, int], ["a"], ["a"]),
        (list[float] | list[int], [1], [1]),
        (tuple[float, str] | tuple[int, str], [1, "a"], (1, "a")),
        (list[float] | tuple[float, ...], [1], [1.0]),
        (dict[str, float] | dict[str, int], {"a": 1}, {"a": 1}),
        (AsNumber | AsText, {"value": "3"}, AsText(value="3")),
        (AsNumber | None, {"value": "3"}, AsNumber(value=3)),
        (Cat | Dog, {"type": "dog", "name": "Rex"}, Dog("Rex")),
    ],
    ids=str,
)
def test_unions(forms, value, made):
    """The first form that the value fits as it stands; one that must bend it only where no other fits."""
    found = convert(value, forms)
    assert found == made
    assert found.__class__ is made.__class__
    if isinstance(found, (list, tuple)):
        assert [item.__class__ for item in found] == [item.__class__ for item in made]


@pytest.mark.parametrize(
    ("type", "value", "problems"),
    [
        (int, "3", ['the value: expected an integer, got the string "3"']),
        (int, True, ["the value: expected an integer, got true"]),
        (int, 1.5, ["the value: expected an integer, got the number 1.5"]),
        (bool, 1, ["the value: expected true or false, got the number 1"]),
        (None, 0, ["the value: expected null, got the number 0"]),
        (Annotated[int, msgspec.Meta(ge=3)], 1, ["the value: expected an integer >= 3, got 1"]),
        (Annotated[str, msgspec.Meta(min_length=2)], "a", ['the value: expected a string of length >= 2, got "a"']),
        (
            Annotated[datetime.datetime, msgspec.Meta(tz=True)],
            "2026-01-31T00:00:00",
            ['the value: expected a datetime with a timezone component, got "2026-01-31T00:00:00"'],
        ),
        (datetime.date, "soon", ['the value: expected a date such as 2026-01-31, got the string "soon"']),
        (memoryview, 3, ["the value: expected a memoryview, got the number 3"]),
        (Genre, "Drama", ['the value: expected one of ["drama","comedy"], got "Drama"']),
        (Level, True, ["the value: expected one of [1,2], got true"]),
        (list[int], {"a": 1}, ["the value: expected an array, got an object"]),
        (
            list[int],
            ["a", 2, None],
            ['/0: expected an integer, got the string "a"', "/2: expected an integer, got null"],
        ),
        (Annotated[list[int], msgspec.Meta(min_length=1)], [], ["the value: expected at least 1 items, got 0"]),
        (Annotated[list[int], msgspec.Meta(max_length=1)], [1, 2], ["the value: expected at most 1 items, got 2"]),
        (set[int], [1, 1], ["the value: expected each item once, got [1,1]"]),
        (tuple[int, str], [1], ["the value: expected an array of 2 items, got an array"]),
        (
            tuple[int, str],
            ["a", 1],
            ['/0: expected an integer, got the string "a"', "/1: expected a string, got the number 1"],
        ),
        (dict[str, int], [], ["the value: expected an object, got an array"]),
        (dict[int, int], {"a": 1}, ['/a: expected a name that is an integer, got "a"']),
        (dict[Level, int], {"LOW": 1}, ['/LOW: expected a name among [1,2], got "LOW"']),
        (dict[str, int], {"a/b~": "x"}, ['/a~1b~0: expected an integer, got the string "x"']),
        (Annotated[dict[str, int], msgspec.Meta(min_length=1)], {}, ["the value: expected at least 1 fields, got 0"]),
        (
            Annotated[dict[str, int], msgspec.Meta(max_length=0)],
            {"a": 1},
            ["the value: expected at most 0 fields, got 1"],
        ),
        (Film, [], ["the value: expected an object (Film), got an array"]),
        (
            Film,
            {"name": 1, "genre": "drama"},
            ["the value: expected the field 'title', which is missing", "the value: expected no field 'name'"],
        ),
        (
            Film,
            {"title": 1, "genre": "x", "cast": [{"actor": "a", "minutes": -1}]},
            [
                "/title: expected a string, got the number 1",
                '/genre: expected one of ["drama","comedy"], got "x"',
                "/cast/0/minutes: expected an integer >= 0, got -1",
            ],
        ),
        (Sized, {"size": -1}, ['the value: expected what Sized takes (the size is negative), got {"size":-1}']),
        (Sized, {"size": 101}, ['the value: expected what Sized takes (LookupError), got {"size":101}']),
        (Place, [], ["the value: expected an array of 1 to 2 items (x, y), got an array"]),
        (Place, {"x": 1}, ["the value: expected an array of 1 to 2 items (x, y), got an object"]),
        (Dot, ["dash", 1], ['/0: expected "dot", got "dash"']),
        (Dot, ["dot", "x"], ['/1: expected an integer, got the string "x"']),
        (Dog, {"name": "Rex"}, ["the value: expected the field 'type', which is missing"]),
        (Dog, {"type": "cat", "name": "Rex"}, ['/type: expected "dog", got "cat"']),
        (
            Person,
            {"name": "Ada"},
            ["the value: expected no field 'name'", "/Name: expected what Person takes (Field required)"],
        ),
        (Person, {}, ["/Name: expected what Person takes (Field required)"]),
        (
            list[Person],
            [{"Name": "Ada", "age": -1}],
            ["/0/age: expected what Person takes (Value error, negative), got -1"],
        ),
        (Raising, {"value": 1}, ['the value: expected what Raising takes (never), got {"value":1}']),
        (
            Checked,
            {"low": 1},
            ["/low: expected what Checked takes (Input should be greater than or equal to 3), got 1"],
        ),
        (
            Checked,
            {"low": 4, "high": 9},
            ["/high: expected what Checked takes (Input should be less than or equal to 5), got 9"],
        ),
        (int | None, "x", ['the value: expected an integer or null, got the string "x"']),
        (
            Literal["a", "b"] | list[int] | Film | None,
            3,
            ['the value: expected "a" or "b" or an array or Film or null, got the number 3'],
        ),
        (
            dict[str, int] | datetime.date | memoryview,
            3,
            ["the value: expected an object or a date such as 2026-01-31 or a memoryview, got the number 3"],
        ),
        (Role | None, {"actor": 1}, ["/actor: expected a string, got the number 1"]),
        (
            Cat | Dog,
            {"type": "dog", "name": 3, "age": "x"},
            [
                "the value: expected one of the forms Cat, Dog",
                "/name: expected a string, got the number 3",
                '/age: expected an integer, got the string "x"',
            ],
        ),
        (Role | Person, {"actor": 1}, None),
        (Literal["a"] | datetime.date, "b", None),
        (Literal["a"] | int, "b", ['the value: expected one of ["a"], got "b"']),
        (bool | Annotated[int, msgspec.Meta(ge=3)], 1, ["the value: expected an integer >= 3, got 1"]),
        (int | Literal[True], False, ["the value: expected one of [true], got false"]),
        (Place | list[str] | Dot, [None], None),
        (Any, None, None),
    ],
    ids=str,
)
def test_what_does_not_fit(type, value, problems):
    """Each problem is told with its path, what was expected and what came; of a union with the form that was meant."""
    if type is Any:
        assert convert(value, type) is None
        return
    told = problems_of(value, type)
    if problems is None:
        assert told[0].startswith("the value: expected one of the forms ")
        assert len(told) > 1
    else:
        assert told == problems


def test_the_error():
    """It says the first problem, carries all and the value as text, and pickles."""
    with pytest.raises(OutputInvalid) as caught:
        convert({"title": 1, "genre": 2}, Film)
    error = pickle.loads(pickle.dumps(caught.value))
    assert error.message == "the value does not fit its type: /title: expected a string, got the number 1 (and 1 more)"
    assert error.text == '{"title":1,"genre":2}'
    assert len(error.problems) == 2
    with pytest.raises(OutputInvalid) as caught:
        convert(object(), int)
    assert caught.value.text == ""
    assert len(problems_of([None] * 1000, list[int])) == 20
    assert len(problems_of(dict.fromkeys(map(str, range(1000))), dict[str, int])) == 20


def test_what_is_no_json_is_not_lost_on_a_model():
    """NaN would become null on the way to pydantic."""
    assert problems_of({"weight": float("nan")}, Grove) == [
        "the value: expected a value that JSON can say (NaN or infinity, which would become null)"
    ]
    assert convert({"weight": None}, Grove).weight is None
    assert "a value that JSON can say" in problems_of({"weight": object()}, Grove)[0]


def test_depth_is_a_limit_and_no_accident():
    """Whatever is nested deeper than the limit is told, also what holds itself; a few hundred levels are fine."""
    tree: Any = None
    for _ in range(200):
        tree = {"title": "x", "genre": "drama", "sequel": tree}
    convert(tree, Film)
    endless: dict[str, Any] = {"title": "x", "genre": "drama"}
    endless["sequel"] = endless
    assert problems_of(endless, Film)[0].endswith(": expected a value that is not nested so deeply")
    grove: dict[str, Any] = {}
    grove["groves"] = [grove]
    assert "a value that JSON can say" in problems_of(grove, Grove)[0]


@dataclasses.dataclass
class Left:
    next: Left | Right | None = None
    side: Literal["left"] = "left"


@dataclasses.dataclass
class Right:
    next: Left | Right | None = None
    side: Literal["right"] = "right"


def test_a_union_inside_a_union_is_looked_at_once():
    """Two forms with the same part would otherwise double the work at every level."""
    value: Any = {"side": "right"}
    for _ in range(100):
        value = {"next": value, "side": "right"}
    made = convert(value, Left | Right)
    for _ in range(100):
        assert made.__class__ is Right
        made = made.next


def test_equal_parts_are_not_one_object():
    """A part that the caller gave twice is made twice."""
    row = {"actor": "x"}
    one, other = convert([row, row], list[Role])
    assert one == other
    assert one is not other


def test_types_are_read_once_but_not_mixed_up():
    """`int | str` equals `str | int` in Python; what was read is kept, and forgotten when there is much of it."""
    assert convert("2026-01-31", datetime.date | str) == datetime.date(2026, 1, 31)
    assert convert("2026-01-31", str | datetime.date) == "2026-01-31"
    for number in range(200):
        assert convert(number, Literal[number]) == number
    assert convert("x", Role | str) == "x"


def test_what_cannot_be_in_a_set():
    """Is a mistake of the type, not of the value."""
    with pytest.raises(BadUsage, match="its items cannot be those of a set"):
        convert([[1]], set[list[int]])


@pytest.mark.parametrize(
    ("value", "type", "default"),
    [
        (Genre.DRAMA, Genre, {"default": "drama"}),
        (Role("x"), Role, {"default": {"actor": "x", "minutes": None}}),
        (None, int, {}),
        (object(), int, {}),
        ("soon", datetime.date, {}),
    ],
)
def test_defaults(value, type, default):
    """A default is told when JSON can say it and it is of its type."""
    assert default_of(value, Reader().read(type, "here")) == default
