"""What is told of a value that does not fit: the right form, the right place, and never more than a few lines."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import pydantic
import pytest

from franca.errors import OutputInvalid
from franca.schema.convert import convert


class Cat(pydantic.BaseModel):
    kind: Literal["cat"]
    name: str


class Dog(pydantic.BaseModel):
    kind: Literal["dog"]
    name: str
    bark: str


@dataclasses.dataclass
class Plane:
    kind: Literal["plane"]
    name: str


@dataclasses.dataclass
class Ship:
    kind: Literal["ship"]
    name: str
    mast: str


class Home(pydantic.BaseModel):
    pets: list[Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]]
    size: int | list[int] = 1


class Talking(pydantic.BaseModel):
    value: int

    @pydantic.field_validator("value")
    def refuse(cls, value: int) -> int:
        raise ValueError("no " * 10_000)


class Several(Exception):
    errors = ("not", "callable")


@dataclasses.dataclass
class Odd:
    value: int

    def __post_init__(self) -> None:
        raise Several("never")


class Deep(pydantic.BaseModel):
    deep: list[Deep] = []


def told(value: Any, type: Any) -> list[str]:
    with pytest.raises(OutputInvalid) as caught:
        convert(value, type)
    return caught.value.problems


def test_the_form_that_was_meant():
    """By the field that says which form it is, also where another field is one too many for the others."""
    meant = told({"kind": "dog", "name": 5, "bark": "w"}, Cat | Dog)
    assert meant[1:] == ["/name: expected what Dog takes (Input should be a valid string), got 5"]
    meant = told({"kind": "ship", "name": 5, "mast": "w"}, Plane | Ship)
    assert meant[1:] == ["/name: expected a string, got the number 5"]


def test_places_are_places_of_the_value():
    """What pydantic calls the forms of a union is no part of the path; a missing field is."""
    pets = [{"kind": "dog", "name": 5, "bark": "w"}, {"kind": "cat"}]
    lines = told({"pets": pets, "size": ["x"]}, Home)
    assert [line.partition(":")[0] for line in lines] == ["/pets/0/name", "/pets/1/name", "/size", "/size/0"]


def test_texts_are_short():
    """However long a name, or what a validator says."""
    assert len(told({"value": 1}, Talking)[0]) < 400
    assert len(told({"k" * 100_000: 1}, Plane)[-1]) < 200
    assert len(told({"k" * 100_000: 1}, Cat)[0]) < 200
    assert len(told({"k" * 100_000: "x"}, dict[str, int])[0]) < 400
    assert told({"value": 1}, Odd) == ['the value: expected what Odd takes (never), got {"value":1}']


def test_a_model_nested_too_deeply():
    """It is told so, and not as a field that there is not."""
    value: dict[str, Any] = {}
    for _ in range(300):
        value = {"deep": [value]}
    assert told(value, Deep) == ["the value: expected a value that is not nested so deeply"]
