"""Properties of the decoder: a slow reading of the standard agrees, and how the stream is cut changes nothing."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from franca.errors import ProtocolError
from franca.sse import Decoder

PIECES = [
    *(b"data", b"data: ", b"data:", b"event: e", b"event", b"id: 1", b"id:2\0", b"retry: 10", b"retry:x", b":", b" "),
    *(b"\n", b"\n", b"\n\n", b"\r", b"\r\n", b"\r\n\r\n", b"\xef\xbb\xbf", b"\xef\xbb", b"\xff", b"{}", b"abc", b"\0"),
    *(b"data: {}\n\n", b"data: [DONE]\n\n", b": ping\n\n"),
]
soup = st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=3)), max_size=40).map(b"".join)
usual = st.lists(st.sampled_from([b"data: {}\n\n", b"data: \n\n", b": c\n\n"]), max_size=20).map(b"".join)
streams = st.one_of(soup, usual, st.binary(max_size=60))

State = tuple[list[tuple[str, bytes]], str, int | None, int, str]


def by_the_standard(stream: bytes) -> State:
    """The standard, read off line by line over the whole stream, with the two departures of `franca.sse`."""
    events: list[tuple[str, bytes]] = []
    kind, buffer, new_id, last_id, retry, comments = "", [], "", "", None, 0
    for line in [*re.split(rb"\r\n|\r|\n", stream.removeprefix(b"\xef\xbb\xbf")), b""]:
        if not line:
            last_id = new_id
            if b"\n".join(buffer):
                events.append((kind, b"\n".join(buffer)))
            kind, buffer = "", []
            continue
        match = re.fullmatch(rb"([^:]*)(?:: ?(.*))?", line, re.DOTALL)
        assert match is not None
        name, value = match[1], match[2] or b""
        if not name:
            comments += 1
        elif name == b"data":
            buffer.append(value)
        elif name == b"event":
            kind = value.decode(errors="replace")
        elif name == b"id" and b"\0" not in value:
            new_id = value.decode(errors="replace")
        elif name == b"retry" and re.fullmatch(rb"[0-9]{1,18}", value):
            retry = int(value)
    return events, last_id, retry, comments, ""


def decoded(blocks: list[bytes], limit: int = 1 << 20) -> State:
    decoder = Decoder(limit)
    events: list[tuple[str, bytes]] = []
    text = ""
    try:
        for block in blocks:
            events += decoder.feed(block)
        events += decoder.end()
    except ProtocolError as error:
        text = error.message
    return events, decoder.last_id, decoder.retry, decoder.comments, text


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[start:stop] for start, stop in pairwise(edges)] or [b""]


def singly(stream: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in stream]


@settings(max_examples=150, deadline=None)
@given(streams, st.lists(st.integers(0, 1 << 16), max_size=12))
def test_any_cut_gives_what_the_standard_says(stream: bytes, places: list[int]) -> None:
    """Whole, cut anywhere and byte by byte: the same events, id, retry and count of comments."""
    expected = by_the_standard(stream)
    assert decoded([stream]) == expected
    assert decoded(cut(stream, places)) == expected
    assert decoded(singly(stream)) == expected
    assert decoded([b": warm\n\n", *cut(stream, places)])[0] == decoded([b": warm\n\n" + stream])[0]


@settings(max_examples=150, deadline=None)
@given(streams, st.lists(st.integers(0, 1 << 16), max_size=12), st.integers(1, 24))
def test_limits_do_not_depend_on_the_cut(stream: bytes, places: list[int], limit: int) -> None:
    """Events and error are the same whatever the cut, for any limit."""
    whole = decoded([stream], limit)
    in_blocks = decoded(cut(stream, places), limit)
    in_bytes = decoded(singly(stream), limit)
    assert (whole[0], whole[4]) == (in_blocks[0], in_blocks[4]) == (in_bytes[0], in_bytes[4])
    assert all(len(data) <= limit for _, data in whole[0])
