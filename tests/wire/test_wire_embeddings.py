"""Embeddings: the same numbers from lists and base64, with numpy and without, in the order of the inputs."""

from __future__ import annotations

import base64
import copy
import pickle
import struct
import sys
from array import array

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire_strategies import json_values

from franca.errors import OutputInvalid
from franca.wire import embeddings as module
from franca.wire.embeddings import Embeddings

floats32 = st.floats(width=32, allow_nan=False)


def b64(numbers):
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


def answer(*vectors, indexes=None):
    indexes = range(len(vectors)) if indexes is None else indexes
    return Embeddings({"data": [{"index": i, "embedding": v} for i, v in zip(indexes, vectors, strict=True)]})


def plain(vectors):
    return [list(map(float, vector)) for vector in vectors]


@pytest.fixture(params=["numpy", "array"])
def numpy_or_not(request, monkeypatch):
    """Run with numpy, and as if it were not installed."""
    if request.param == "array":
        monkeypatch.setitem(sys.modules, "numpy", None)
    return request.param


def test_both_encodings(numpy_or_not):
    """Floats and base64 give the same float32 numbers: an ndarray with numpy, arrays without."""
    numbers = [[0.1, -2.5, 1e-3], [3, 0.2, -0.0]]
    floats, texts = answer(*numbers), answer(*map(b64, numbers))
    assert plain(floats.vectors) == plain(texts.vectors) == plain(answer(numbers[0], b64(numbers[1])).vectors)
    assert plain(floats.vectors)[0][0] == struct.unpack("<f", struct.pack("<f", 0.1))[0] != 0.1
    if numpy_or_not == "numpy":
        assert floats.vectors.shape == (2, 3)
        assert floats.vectors.dtype == "float32"
        floats.vectors[0, 0] = 7  # writable
        assert floats[0][0] == 7
    else:
        assert all(isinstance(vector, array) and vector.typecode == "f" for vector in floats.vectors)


@given(st.lists(st.lists(floats32, min_size=3, max_size=3), min_size=1, max_size=4))
def test_any_numbers(numbers):
    """Any float32 numbers, infinities too, survive both forms exactly, through JSON."""
    assert plain(answer(*map(b64, numbers)).vectors) == numbers
    assert plain(answer(*numbers).vectors) == numbers


def test_real_answers(embeddings_sample, numpy_or_not):
    """Recorded answers decode: as many vectors as entries, of one length, equal to the raw numbers."""
    data = msgspec.json.decode(embeddings_sample)
    made = Embeddings(data)
    made.check(len(data["data"]))
    assert len({len(vector) for vector in made}) == 1
    for entry, vector in zip(data["data"], made, strict=True):
        if isinstance(entry["embedding"], list):
            assert list(vector) == pytest.approx(entry["embedding"], rel=1e-6)


def test_base64_and_float_of_one_server_agree():
    """llama.cpp was asked for the same texts in both forms: the vectors are the same."""
    from pathlib import Path

    folder = Path(__file__).parent / "samples" / "llama.cpp"
    texts, floats = (
        Embeddings(msgspec.json.decode((folder / f"embeddings_{form}.json").read_bytes()))
        for form in ("base64", "float")
    )
    assert isinstance(texts.data[0]["embedding"], str)
    for one, other in zip(texts, floats, strict=False):
        assert list(one) == pytest.approx(list(other), rel=1e-6)


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        ([0, 1, 2], [1, 2, 3]),
        ([2, 0, 1], [2, 3, 1]),
        ([0.0, 2.0, 1.0], [1, 3, 2]),
        ([0, 0, 0], [1, 2, 3]),
        ([None, None, None], [1, 2, 3]),
        (["0", "1", "2"], [1, 2, 3]),
    ],
)
def test_order(indexes, expected):
    """Vectors stand in the order of `index`; without one, or with one and the same, in the order of arrival."""
    assert [vector[0] for vector in answer([1], [2], [3], indexes=indexes)] == expected


@pytest.mark.parametrize("indexes", [[0, 0, 1], [0, 1, 3], [1, 2, 3], [0, None, 1], [-1, 0, 1], [0, 1, 1.5]])
def test_indexes_that_do_not_say(indexes):
    """Indexes that are no order of the inputs are an error, never a guess."""
    with pytest.raises(OutputInvalid, match="indexes"):
        len(answer([1], [2], [3], indexes=indexes).vectors)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({}, "no list"),
        ({"data": None}, "no list"),
        ({"data": {}}, "no list"),
        ({"data": [3]}, r"data\[0\] is no object"),
        ({"data": [{}]}, "neither a list of numbers nor base64"),
        ({"data": [{"embedding": {}}]}, "neither"),
        ({"data": [{"embedding": []}]}, "empty"),
        ({"data": [{"embedding": ""}]}, "empty"),
        ({"data": [{"embedding": "not base64!"}]}, "no base64"),
        ({"data": [{"embedding": "é"}]}, "no base64"),
        ({"data": [{"embedding": "AAAA"}]}, "no base64"),
        ({"data": [{"embedding": [1, "2"]}]}, "no number"),
        ({"data": [{"embedding": [1, None]}]}, "no number"),
        ({"data": [{"embedding": [10**400]}]}, "no number"),
        ({"data": [{"embedding": [1.0]}, {"embedding": [1.0, 2.0]}]}, r"different lengths: \[1, 2\]"),
        ({"data": [{"embedding": [[1.0], [2.0]]}]}, "2 lists, one vector for each token: .*--pooling"),
    ],
)
def test_no_vectors(data, problem):
    """What is not one vector for each entry says what it is; the raw answer stays reachable."""
    made = Embeddings(data)
    with pytest.raises(OutputInvalid, match=problem) as caught:
        len(made.vectors)
    assert caught.value.problems == [caught.value.message]
    assert made.to_dict() == data


@given(st.lists(st.fixed_dictionaries({}, optional={"index": json_values, "embedding": json_values}), max_size=3))
def test_garbage(data):
    """Garbage is vectors or OutputInvalid."""
    try:
        vectors = Embeddings({"data": data}).vectors
    except OutputInvalid:
        return
    assert len(vectors) == len(data)


def test_count():
    """One vector for each input, else an error."""
    answer([1], [2]).check(2)
    Embeddings({"data": []}).check(0)
    for made in (answer([1]), Embeddings({})):
        with pytest.raises(OutputInvalid, match="vectors for 2 inputs"):
            made.check(2)
    with pytest.raises(OutputInvalid, match="one vector for each token"):
        answer([[1, 2], [3, 4]]).check(1)


def test_checked_vectors_are_the_vectors():
    """What was decoded for the check is not decoded again, and is the same."""
    made = answer([1, 2], [3, 4])
    made.check(2)
    made["data"].clear()
    assert [list(row) for row in made.vectors] == [[1, 2], [3, 4]]
    assert made.vectors is made.vectors


def test_sequence_and_fields(numpy_or_not):
    """Length, iteration and positions go by vectors; keys by fields; decoding happens once."""
    made = Embeddings({"object": "list", "model": "m", "data": [{"embedding": [1]}], "usage": {"total_tokens": 1}})
    assert (made.object, made.model, made.usage, made.extra) == ("list", "m", {"total_tokens": 1}, {})
    assert len(made) == 1
    assert made[0][0] == made[-1][0] == next(iter(made))[0] == 1
    assert made["model"] == "m"
    assert "data" in made
    assert made.vectors is made.vectors
    assert repr(made) == "Embeddings(model='m', data=<1 item>, usage=Usage(total_tokens=1))"
    assert Embeddings({"data": []})
    assert len(Embeddings({"data": []}).vectors) == 0


def test_pickle_and_copy():
    """The raw answer is what pickles; vectors are decoded again."""
    made = answer([1.5])
    made.status = 200
    assert made.vectors is not None
    for again in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
        assert (again, again.status, plain(again.vectors)) == (made, 200, [[1.5]])


def test_big_endian_hosts(monkeypatch):
    """On a big-endian host the bytes are swapped: base64 is little-endian everywhere."""
    monkeypatch.setattr(module, "_BIG_ENDIAN", True)
    swapped = base64.b64encode(struct.pack(">2f", 1.5, -2)).decode()
    assert plain(answer(swapped).vectors) == [[1.5, -2]]
