"""The type that the tasks with a schema ask for: the same for every client with pydantic."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Person(BaseModel):
    """Somebody."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=12)
    age: int = Field(ge=0, le=150)
    tags: list[Literal["a", "b"]] = Field(min_length=1, max_length=2)
