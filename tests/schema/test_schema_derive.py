"""JSON Schema from Python types, and tools from functions."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import uuid
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypedDict

import msgspec
import pydantic
import pytest

from franca.errors import BadUsage
from franca.schema import parameters_of, schema_of
from franca.schema.derive import described, name_of


class Colour(enum.Enum):
    RED = "red"


class Pair(NamedTuple):
    a: int
    b: str = "x"


class Typed(TypedDict):
    a: int
    b: NotRequired[str]


class Struct(msgspec.Struct):
    a: Annotated[int, msgspec.Meta(ge=0, description="count")]


class OpenModel(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow")
    a: int


class Leaf(pydantic.BaseModel):
    x: int = 1


class Tree(pydantic.BaseModel):
    leaves: list[Leaf]


@dataclasses.dataclass
class Movie:
    """A film."""

    title: str
    colour: Colour
    sequel: Movie | None = None


@dataclasses.dataclass
class Forest:
    trees: list[Tree]
    properties: dict[str, int]


CLOSED = {"additionalProperties": False}


@pytest.mark.parametrize(
    ("type", "schema"),
    [
        (int, {"type": "integer"}),
        (float | None, {"anyOf": [{"type": "number"}, {"type": "null"}]}),
        (list[str], {"type": "array", "items": {"type": "string"}}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
        (Literal["a", "b"], {"enum": ["a", "b"]}),
        (uuid.UUID, {"type": "string", "format": "uuid"}),
        (decimal.Decimal, {"type": "string", "pattern": r"^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$"}),
        (
            Annotated[int, msgspec.Meta(gt=3, description="d")],
            {"type": "integer", "exclusiveMinimum": 3, "description": "d"},
        ),
        (Annotated[datetime.datetime, msgspec.Meta(tz=True)], {"type": "string", "format": "date-time"}),
        (Any, {}),
        (Colour, {"title": "Colour", "enum": ["red"]}),
        (
            Typed,
            {
                "title": "Typed",
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "string"}},
                "required": ["a"],
                **CLOSED,
            },
        ),
        (
            Struct,
            {
                "title": "Struct",
                "type": "object",
                "properties": {"a": {"type": "integer", "minimum": 0, "description": "count"}},
                "required": ["a"],
                **CLOSED,
            },
        ),
        (
            Leaf,
            {
                "title": "Leaf",
                "type": "object",
                "properties": {"x": {"default": 1, "title": "X", "type": "integer"}},
                **CLOSED,
            },
        ),
    ],
    ids=str,
)
def test_types(type, schema):
    """Each kind of type has its schema; objects with declared properties are closed."""
    assert schema_of(type) == schema


def test_recursive_root():
    """A type that holds itself is written out at the root, and kept as a definition."""
    schema = schema_of(Movie)
    assert schema["type"] == "object"
    assert schema["description"] == "A film."
    assert schema["properties"]["sequel"]["anyOf"][0] == {"$ref": "#/$defs/Movie"}
    assert set(schema["$defs"]) == {"Movie", "Colour"}
    assert schema["$defs"]["Movie"]["additionalProperties"] is False


def test_references_only_where_needed():
    """A root that nobody refers to is no definition; what is inside stays one."""
    assert set(schema_of(list[Movie])["$defs"]) == {"Movie", "Colour"}
    assert "$defs" not in schema_of(Pair)
    first, second = schema_of(Pair)["prefixItems"]
    assert first == {"title": "a", "type": "integer"}
    assert second == {"title": "b", "type": "string", "default": "x"}


def test_models_inside():
    """Pydantic models work inside other types, their definitions moved up; `extra="allow"` stays open."""
    schema = schema_of(Forest)
    assert schema["properties"]["trees"]["items"]["properties"]["leaves"]["items"] == {"$ref": "#/$defs/Leaf"}
    assert set(schema["$defs"]) == {"Leaf"}
    assert schema["$defs"]["Leaf"]["additionalProperties"] is False
    assert schema["properties"]["properties"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert schema_of(OpenModel)["additionalProperties"] is True


def test_two_types_of_one_name():
    """Two different definitions of one name are refused rather than mixed up."""

    def make(kind):
        inner = pydantic.create_model("Inner", a=(kind, ...))
        return pydantic.create_model("Outer", b=(inner, ...), c=(inner, ...))

    with pytest.raises(BadUsage, match="two different types are called 'Inner'"):
        schema_of(tuple[make(int), make(str)])


@pytest.mark.parametrize("type", [complex, object, 3, list[complex]])
def test_no_schema(type):
    """A type that JSON cannot say is refused."""
    with pytest.raises(BadUsage, match=r"^the type: .*not supported"):
        schema_of(type)


NOTHING: Any = None
ODD: Any = object()


def weather(
    city: Annotated[str, "the city"],
    days: int = 3,
    colour: Colour = Colour.RED,
    *,
    movie: Movie | None = None,
    wrong: int = NOTHING,
    odd: list[int] = ODD,
) -> str:
    """Weather for a city.

    Args:
        city: not this
        days: how many
        movie: a film
    """
    return city


def test_parameters():
    """Name, description and schema of a function: hints, defaults, texts of both kinds."""
    name, description, schema = parameters_of(weather)
    assert (name, description) == ("weather", "Weather for a city.")
    assert schema["properties"] == {
        "city": {"type": "string", "description": "the city"},
        "days": {"type": "integer", "description": "how many", "default": 3},
        "colour": {"$ref": "#/$defs/Colour", "default": "red"},
        "movie": {"anyOf": [{"$ref": "#/$defs/Movie"}, {"type": "null"}], "description": "a film", "default": None},
        "wrong": {"type": "integer"},
        "odd": {"type": "array", "items": {"type": "integer"}},
    }
    assert schema["required"] == ["city"]
    assert schema["additionalProperties"] is False
    assert set(schema["$defs"]) == {"Movie", "Colour"}


class Texts:
    def __init__(self, documentation=None, description=None):
        self.documentation = documentation
        self.description = description


def test_annotated_texts():
    """A parameter's text may be a str, a Doc, a pydantic Field or a msgspec Meta."""

    def f(
        a: Annotated[int, Texts(documentation="doc")],
        b: Annotated[int, pydantic.Field(description="field")],
        c: Annotated[int, msgspec.Meta(ge=1, description="meta")],
        d: Annotated[int, 7],
    ): ...

    properties = parameters_of(f)[2]["properties"]
    assert [properties[name].get("description") for name in "abcd"] == ["doc", "field", "meta", None]
    assert properties["c"]["minimum"] == 1


class Station:
    """A station."""

    def report(self, city: str):
        """Report."""

    @classmethod
    def find(cls, city: str):
        """Find."""

    @staticmethod
    def unbound(city: str):
        """Unbound."""

    def __call__(self, city: str):
        """Call."""


class Quiet:
    """Quiet."""

    def __call__(self, city: str): ...


async def later(city: str):
    """Later."""


@functools.wraps(later)
def wrapped(*args: Any, **kwargs: Any): ...


@pytest.mark.parametrize(
    ("function", "name", "description"),
    [
        (Station().report, "report", "Report."),
        (Station.find, "find", "Find."),
        (Station.unbound, "unbound", "Unbound."),
        (Station(), "Station", "Call."),
        (Quiet(), "Quiet", "Quiet."),
        (later, "later", "Later."),
        (wrapped, "later", "Later."),
        (
            functools.partial(weather, days=1, colour=Colour.RED, movie=None, wrong=1, odd=[]),
            "weather",
            "Weather for a city.",
        ),
    ],
)
def test_callables(function, name, description):
    """Methods, callable objects, async and wrapped functions and partials, without what is already given."""
    told = parameters_of(function)
    assert told[:2] == (name, description)
    assert list(told[2]["properties"]) == ["city"]
    assert told[2]["properties"]["city"]["type"] == "string"
    assert name_of(function) == name


def test_classes():
    """A class stands for its own schema, its docstring for the description."""
    name, description, schema = parameters_of(Movie)
    assert (name, description, schema["required"]) == ("Movie", "A film.", ["title", "colour"])
    assert "description" not in schema
    assert parameters_of(Leaf)[:2] == ("Leaf", "")
    with pytest.raises(BadUsage, match="int is no class with fields"):
        parameters_of(int)


def test_what_is_said_of_a_function():
    """Its docstring without the sections."""
    assert described(weather) == "Weather for a city."
    assert described(lambda: 1) == ""


def test_no_parameters():
    """A function without parameters has an empty object."""

    def f(): ...

    assert parameters_of(f) == ("f", "", {"type": "object", "properties": {}, "required": [], **CLOSED})


def variadic(*values: int): ...


def keywords(**values: int): ...


def positional(a: int, /): ...


@dataclasses.dataclass
class Walk:
    """To walk.

    Attributes:
        steps: how many
    """

    steps: int


@dataclasses.dataclass
class Drive:
    km: float


def move(how: Walk | Drive, again: Walk | None = None):
    """Move.

    Args:
        again: once more
    """


def test_a_parameter_of_several_classes():
    """Each is a definition with what its class says; what the function says of a parameter stands beside it."""
    schema = parameters_of(move)[2]
    assert schema["properties"]["how"] == {"anyOf": [{"$ref": "#/$defs/Walk"}, {"$ref": "#/$defs/Drive"}]}
    assert schema["properties"]["again"]["description"] == "once more"
    assert schema["$defs"]["Walk"]["properties"]["steps"]["description"] == "how many"


def untyped(a: int, b): ...


def unresolved(a: Nowhere): ...  # noqa: F821


def impossible(a: int, b: complex): ...


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (variadic, r"variadic: parameter '\*values' cannot be given by name"),
        (keywords, r"keywords: parameter '\*\*values' cannot be given by name"),
        (positional, "positional: parameter 'a' cannot be given by name"),
        (untyped, "untyped: parameter 'b' has no type hint$"),
        (Station.report, "report: parameter 'self' has no type hint; pass a bound method"),
        (unresolved, "unresolved: a type hint cannot be resolved: .*Nowhere"),
        (impossible, "impossible: parameter 'b': .*complex.* not supported"),
        (lambda: 1, "a tool needs a named function"),
        (3, "a tool needs a named function"),
        ("weather", "a tool needs a named function"),
        (functools.partial(lambda: 1), "a tool needs a named function"),
        (dict.fromkeys, "fromkeys: "),
        (type("Odd", (), {"__call__": 3})(), "Odd: its signature cannot be read"),
    ],
)
def test_no_tool(function, problem):
    """What cannot be a tool says why, and names the parameter."""
    with pytest.raises(BadUsage, match=problem):
        parameters_of(function)
