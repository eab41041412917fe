"""The decompressor alone: any pieces, any steps, bounded output."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.errors import ProtocolError
from franca.io.decode import Inflater, inflater_for


def packed(data: bytes, kind: str) -> bytes:
    if kind == "gzip":
        half = len(data) // 2
        return gzip.compress(data[:half], mtime=0) + gzip.compress(data[half:], mtime=0) + b"\0\0"
    packer = zlib.compressobj(wbits=15 if kind == "zlib" else -15)
    return packer.compress(data) + packer.flush()


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=300).map(lambda data: data * 5),
    st.sampled_from(["gzip", "zlib", "raw"]),
    st.integers(1, 50),
    st.integers(1, 400),
)
def test_pieces_and_steps_do_not_matter(data, kind, size, step):
    """In pieces of any size, taken in steps of any size: the same bytes, never more than asked for."""
    source = packed(data, kind)
    inflater = Inflater("gzip" if kind == "gzip" else "deflate")
    out = b""
    for start in range(0, len(source), size):
        inflater.feed(source[start : start + size])
        while piece := inflater.take(step):
            assert len(piece) <= step
            out += piece
    assert out == data
    assert inflater.ended
    assert inflater.take(step) == b""


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=100), st.sampled_from(["gzip", "deflate"]))
def test_garbage_is_refused_or_taken_for_something(data, kind):
    """Nothing but ProtocolError is raised, and no more than the limit comes out."""
    inflater = Inflater(kind)
    inflater.feed(data)
    try:
        out = inflater.take(1000)
    except ProtocolError:
        return
    assert len(out) <= 1000


@pytest.mark.parametrize("encoding", ["", "identity", " identity , "])
def test_no_encoding(encoding):
    """Nothing to undo."""
    assert inflater_for(encoding, "http://x:1") is None
