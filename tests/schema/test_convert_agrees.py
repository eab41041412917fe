"""What fits the schema of a type becomes one of it, and nothing else does: both read types alike."""

from __future__ import annotations

import dataclasses
import enum
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, Required, TypedDict

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from franca.errors import OutputInvalid
from franca.schema.convert import convert
from franca.schema.types import schema_of
from franca.schema.validate import validator_for


class Choice(enum.Enum):
    A = "a"
    ONE = 1
    NONE = None


@dataclasses.dataclass
class Data:
    a: int
    b: float | None = None
    c: list[Data] = dataclasses.field(default_factory=list)


@attrs.define
class Attrs:
    a: str
    _b: int | Data = 3


class Typed(TypedDict, total=False):
    a: Required[int]
    b: NotRequired[Attrs | Data | None]


class Position(NamedTuple):
    a: int
    b: Choice | str = "x"


class Struct(msgspec.Struct, tag="s", rename={"a": "b"}):
    a: Struct | Array | None = None


class Array(msgspec.Struct, tag="s2", array_like=True):
    a: int
    c: bool = True


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(strict=True)
    a: bool
    b: Model | None = None


TYPES = [
    *(int, float, str, bool, None, Any, Choice, Data, Attrs, Typed, Position, Struct, Array, Model),
    list[Data | Attrs],
    dict[str, int],
    dict[int, Data],
    dict[Choice, bool],
    set[int],
    frozenset[str] | str,
    tuple[int, str],
    tuple[int, ...],
    Literal["a", 1, None, True],
    Data | Attrs | Typed | None,
    Struct | Array | Model,
    list[int] | list[str] | dict[str, bool],
    int | bool,
    float | int,
    Annotated[list[int], msgspec.Meta(min_length=1, max_length=2)],
    Annotated[int | str | None, msgspec.Meta(ge=2), msgspec.Meta(min_length=1)],
    Annotated[dict[Annotated[str, msgspec.Meta(max_length=1)], int], msgspec.Meta(max_length=1)],
]
VALIDATORS = [(type, validator_for(schema_of(type))) for type in TYPES]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 5)
    | st.sampled_from([1.0, 2.5, 0.0])
    | st.sampled_from(["a", "b", "s", "s2", "", "xy", "1", "-2"])
)
NAMES = st.sampled_from(["a", "b", "c", "_b", "type", "1", "01", "null"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(VALUES)
def test_schema_and_conversion_agree(value):
    """On any value, for each kind of type."""
    for type, validator in VALIDATORS:
        problems = []
        try:
            convert(value, type)
        except OutputInvalid as error:
            problems = error.problems or ["nothing is told"]
        assert (problems == []) == validator.valid(value), (type, problems, validator.schema)


@pytest.mark.parametrize(
    ("type", "value"),
    [
        (Data, {"a": 1, "b": 2, "c": [{"a": 2.0}]}),
        (Attrs, {"a": "x", "_b": {"a": 1}}),
        (Typed, {"a": 1, "b": {"a": "x"}}),
        (Position, [1, None]),
        (Struct, {"type": "s", "b": ["s2", 1, False]}),
        (Model, {"a": True, "b": {"a": False}}),
        (Data | Attrs | Typed | None, {"a": 1, "b": {"a": 1}}),
        (dict[int, Data], {"1": {"a": 1}}),
    ],
    ids=str,
)
def test_what_is_made_says_the_same_again(type, value):
    """Converted and written as JSON again, it still fits; so chance is not needed to see each type succeed."""
    validator = validator_for(schema_of(type))
    assert validator.valid(value)
    made = convert(value, type)
    dump = getattr(made, "model_dump", None)
    again = msgspec.to_builtins(made, str_keys=True) if dump is None else dump()
    assert validator.valid(again)
