"""Embeddings: unit vectors, stable, the same as floats and as base64."""

from __future__ import annotations

from array import array
from base64 import b64decode
from math import isclose
from typing import Any

import pytest


def _embed(call: Any, inputs: Any, **fields: Any) -> list[Any]:
    answer = call("/v1/embeddings", {"model": "embed", "input": inputs, **fields})
    assert answer.status == 200
    items = answer.json["data"]
    assert [item["index"] for item in items] == list(range(len(items)))
    return [item["embedding"] for item in items]


def test_vectors_have_length_one_and_stand_for_their_text(call: Any) -> None:
    """1536 numbers by default, of norm 1; equal texts have equal vectors, others do not."""
    first, second, again = _embed(call, ["a", "b", "a"])
    assert len(first) == 1536
    assert isclose(sum(number * number for number in first), 1, abs_tol=1e-5)
    assert first == again != second
    assert _embed(call, "a") == [first]


def test_base64_is_the_same_float32_numbers(call: Any) -> None:
    """Every float is one that float32 can hold, and base64 holds exactly these."""
    floats = _embed(call, ["a", "b"], dimensions=8)
    packed = _embed(call, ["a", "b"], dimensions=8, encoding_format="base64")
    for vector, text in zip(floats, packed, strict=True):
        numbers = array("f")
        numbers.frombytes(b64decode(text))
        assert numbers.tolist() == vector == array("f", vector).tolist()


@pytest.mark.parametrize(("inputs", "number"), [("a", 1), ([1, 2, 3], 1), ([[1, 2], [3]], 2), (["a", "b"], 2)])
def test_every_form_of_input(call: Any, inputs: Any, number: int) -> None:
    """A text, texts, tokens, lists of tokens."""
    assert len(_embed(call, inputs, dimensions=3)) == number


def test_dials(dialled: Any) -> None:
    """The default length is a dial; the seed changes the vectors; usage counts tokens."""
    call, other = dialled(dimensions=5), dialled(dimensions=5, seed=1)
    assert len(_embed(call, "a")[0]) == 5
    assert _embed(call, "a") != _embed(other, "a")
    answer = call("/v1/embeddings", {"model": "embed", "input": ["one two", "three"]}).json
    assert answer["usage"] == {"prompt_tokens": 3, "total_tokens": 3}
    assert answer["model"] == "embed"
