"""JSON as servers really send it."""

from __future__ import annotations

import itertools
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca.wire.decode import decode_json
from franca.wire.halves import Halves


def test_json():
    assert decode_json(b'{"a": [1, 2.5, "\\u00e9", null]}') == {"a": [1, 2.5, "é", None]}


def test_numbers_that_are_no_json():
    """Python's json writes them, for log probabilities."""
    value = decode_json(b'{"logprob": -Infinity, "n": NaN}')
    assert value["logprob"] == -math.inf
    assert math.isnan(value["n"])


def test_a_byte_order_mark():
    assert decode_json(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


@pytest.mark.parametrize("data", [b"", b"{", b"<p>", b"[" * 100_000, b"\xff", b'{"a": 1} x', b"[NaN," + b"[" * 100_000])
def test_what_is_no_json(data):
    with pytest.raises(ValueError):
        decode_json(data)


def test_half_characters_become_one_over_two_events():
    halves = Halves()
    first = decode_json(b'{"choices":[{"delta":{"content":"hi \\ud83d"}}]}', halves)
    second = decode_json(b'{"choices":[{"delta":{"content":"\\ude00!"}}]}', halves)
    assert first["choices"][0]["delta"]["content"] == "hi "
    assert second["choices"][0]["delta"]["content"] == "😀!"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'["\\ud83d"]', "\ufffd"),
        (b'["\\ude00x"]', "\ufffdx"),
        (b'["a\\ud83db"]', "a\ufffdb"),
        (b'["\\ud83d", NaN]', "\ufffd"),
    ],
)
def test_halves_that_stay_alone(data, text):
    assert decode_json(data)[0] == text


def test_halves_at_different_places_do_not_meet():
    halves = Halves()
    decode_json(b'{"a": "\\ud83d"}', halves)
    assert decode_json(b'{"b": "\\ude00"}', halves) == {"b": "\ufffd"}


def test_a_bare_text():
    assert decode_json(b'"\\ud83dx"') == "\ufffdx"


@given(st.text(), st.lists(st.integers(0, 60)))
def test_a_text_cut_anywhere_by_utf_16_units_comes_back(text, cuts):
    units = text.encode("utf-16-le", "surrogatepass")
    edges = sorted({0, len(units), *(2 * cut for cut in cuts if 2 * cut <= len(units))})
    halves = Halves()
    joined = ""
    for start, end in itertools.pairwise(edges):
        piece = units[start:end].decode("utf-16-le", "surrogatepass")
        joined += decode_json(json.dumps({"x": piece}).encode(), halves)["x"]
    assert joined == text


def test_what_waits_is_bounded():
    halves = Halves()
    for n in range(10_000):
        halves.join({f"key {n}": "\ud83d"})
    assert len(halves._pending) <= 256


def test_the_lazy_names_are_the_real_ones():
    """`codec` loads each name at its first use, and has no others."""
    from franca.wire import codec, decode, encode

    for name in codec.__all__:
        vars(codec).pop(name, None)
        assert getattr(codec, name) is getattr(
            decode if name.endswith("decode") or name == "decode_json" else encode, name
        )
        assert name in vars(codec)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = codec.nothing
