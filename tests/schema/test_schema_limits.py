"""Limits and forms that real types have: kept in the schema, or refused, and never passed over."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import json
import math
import uuid
from typing import Annotated, Any, Generic, Never, TypeVar

import annotated_types as at
import msgspec
import pydantic
import pytest
from typing_extensions import TypedDict

from franca.errors import BadUsage, OutputInvalid
from franca.schema.convert import convert
from franca.schema.prompt.render import describe
from franca.schema.types import schema_of
from franca.schema.validate import validator_for

T = TypeVar("T")


class Open(TypedDict, extra_items=int):
    name: str


class Closed(TypedDict, extra_items=Never):
    name: str


class Nothing(enum.Enum):
    """Without members."""


@pydantic.dataclasses.dataclass
class Sized(Generic[T]):
    """With what only pydantic keeps."""

    width: int = pydantic.Field(ge=1, description="in pixels", alias="Width")
    value: T | None = None
    inner: list[Sized[int]] = pydantic.Field(default_factory=list)


@pydantic.dataclasses.dataclass
class Unfinished:
    other: NowhereToBeFound  # noqa: F821


@dataclasses.dataclass
class Defaults:
    ratio: float | None = math.nan
    nothing: int | None = None


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (Annotated[datetime.date, at.Ge(datetime.date(2020, 1, 1))], "the limit ge=datetime.date.* is not supported"),
        (Annotated[decimal.Decimal, at.Ge(decimal.Decimal("0.5"))], "Can only set `ge` on a numeric type"),
        (Annotated[float, at.Ge(decimal.Decimal("nan"))], "the limit ge=Decimal.* is not supported"),
        (Annotated[decimal.Decimal, pydantic.Field(max_digits=3)], "the limit max_digits=3 is not supported"),
        (Annotated[decimal.Decimal, pydantic.Field(decimal_places=3)], "the limit decimal_places=3 is not"),
        (Annotated[datetime.datetime, at.Timezone("UTC")], "the limit tz='UTC' is not supported"),
        (Annotated[float, at.Gt(math.inf)], "must be finite"),
        (Annotated[int, at.Ge(1), at.Gt(2)], "`gt` and `ge`"),
        (Annotated[str, pydantic.Field(pattern="(")], "missing"),
        (dict[bool, int], "are no text"),
        (dict[None, int], "are no text"),
        (Nothing, "Nothing has no members"),
        (Open, "Open: extra_items is not supported"),
        (Unfinished, "Unfinished: pydantic makes no JSON Schema of it"),
    ],
)
def test_what_is_refused(hint, said):
    """A limit that no schema can say, and what no value could fit, with its place."""
    with pytest.raises(BadUsage, match=said) as caught:
        schema_of(dataclasses.make_dataclass("Film", [("year", hint)]))
    assert "Film.year" in str(caught.value) or hint in (Unfinished, Open)


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (Annotated[float, at.Lt(math.inf), at.Gt(-math.inf)], {"type": "number"}),
        (Annotated[float, at.Ge(decimal.Decimal("0.5"))], {"type": "number", "minimum": 0.5}),
        (Annotated[int, at.Ge(decimal.Decimal(2))], {"type": "integer", "minimum": 2}),
        (Annotated[datetime.datetime, at.Timezone(...)], {"type": "string", "format": "date-time"}),
        (Annotated[datetime.time, at.Timezone(None)], schema_of(Annotated[datetime.time, msgspec.Meta(tz=False)])),
        (
            Annotated[datetime.date, pydantic.Field(examples=[datetime.date(2020, 1, 1), 1j])],
            {"type": "string", "format": "date", "examples": ["2020-01-01", "1j"]},
        ),
        (Annotated[int, at.Predicate(lambda value: value > 1)], {"type": "integer"}),
    ],
)
def test_what_is_kept(hint, schema):
    """As JSON has it: every number of JSON is finite, and examples are values of JSON."""
    assert schema_of(hint) == schema
    validator_for(schema)


def test_other_names_of_a_typed_dict():
    """Those that say that there are none say what is true of all."""
    assert schema_of(Closed)["additionalProperties"] is False


def test_nothing_of_the_callers_is_handed_out():
    """The keywords in a note are copied: a schema may be changed without changing the type."""
    more = {"x-rows": [{"properties": {}}]}
    hint = Annotated[int, pydantic.Field(json_schema_extra=more)]
    schema_of(hint)["x-rows"][0]["properties"]["a"] = 1
    assert more == {"x-rows": [{"properties": {}}]}


def test_names_that_are_numbers():
    """Their limits are told in words, because the names of an object are texts; the prompt has them."""
    names = schema_of(dict[Annotated[int, at.Ge(1)], str])["propertyNames"]
    assert names == {"pattern": r"^-?(0|[1-9]\d*)$", "description": "minimum 1"}
    assert "names: minimum 1, matches" in describe(dict[Annotated[int, at.Ge(1)], str])
    schema = validator_for(schema_of(dict[float, int]))
    assert schema.valid({"1.5": 1, "-2": 1})
    assert not schema.valid({"x": 1})
    assert convert({"1.5": 1}, dict[float, int]) == {1.5: 1}


@pytest.mark.parametrize(
    ("hint", "good", "bad"),
    [
        (decimal.Decimal, ["1.50", "-0", "1e5"], ["abc", 1.5, 2, "NaN", "-Infinity", " 1", ""]),
        (datetime.timedelta, ["PT90S", "P1D", "P1DT2H"], ["P1M", "P1W", "P1Y", "P"]),
        (dict[decimal.Decimal, int], [{"1.5": 1}], [{"x": 1}]),
        (uuid.UUID, [str(uuid.UUID(int=1))], ["x"]),
    ],
)
def test_schema_and_conversion_agree_on_texts(hint, good, bad):
    """What is a number, a duration ... in a text."""
    validator = validator_for(schema_of(hint))
    for value in good:
        assert validator.valid(value)
        convert(value, hint)
    for value in bad:
        assert not validator.valid(value)
        with pytest.raises(OutputInvalid):
            convert(value, hint)


def test_a_dataclass_of_pydantics():
    """It is a model: its aliases, limits and descriptions are in the schema, and it validates itself."""
    schema = schema_of(Sized[str])
    assert schema["properties"]["Width"] == {
        "description": "in pixels",
        "minimum": 1,
        "title": "Width",
        "type": "integer",
    }
    made: Any = convert({"Width": 2, "value": "x", "inner": [{"Width": 1, "value": 3}]}, Sized[str])
    assert (made.width, made.value, made.inner[0].value) == (2, "x", 3)
    with pytest.raises(OutputInvalid, match="greater than or equal to 1"):
        convert({"Width": 0}, Sized[int])
    holder = dataclasses.make_dataclass("Holder", [("one", Sized[int]), ("all", list[Sized[int]])])
    assert validator_for(schema_of(holder)).valid({"one": {"Width": 1}, "all": [{"Width": 2}]})
    assert len(convert({"one": {"Width": 1}, "all": [{"Width": 2}]}, holder).all) == 1


def test_a_default_that_json_cannot_say():
    """NaN is not told as null; a real null is."""
    properties = schema_of(Defaults)["properties"]
    assert "default" not in properties["ratio"]
    assert json.dumps(properties["nothing"]["default"]) == "null"
