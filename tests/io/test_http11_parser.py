"""The parser of answers, against h11 and against itself: any bytes, in any pieces."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import pairwise

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.errors import ConnectionLost, ProtocolError
from franca.io.http11 import HEAD_LIMIT, ResponseParser

Outcome = tuple[str, object]

OLD = re.compile(rb"HTTP/1\.0 \d")  # in a status line, and not by chance in a body


def parse(pieces: list[bytes]) -> Outcome:
    """What we make of it: ("answer", (status, headers, body, keep)) or (the error's name, what was said before it)."""
    parser = ResponseParser()
    try:
        for piece in pieces:
            parser.feed(piece)
        parser.end()
    except ProtocolError:
        return "refused", parser.take() if parser.head_done else None
    except ConnectionLost as error:
        began = error.began is (parser.seen > 0)
        return "cut" if began else "began is wrong", parser.take() if parser.head_done else None
    headers = [(name.lower(), value.strip(b" \t")) for name, value in parser.raw]
    return "answer", (parser.status, headers, parser.take(), parser.keep)


def parse_h11(data: bytes) -> Outcome:
    """What h11 makes of it."""
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=10 * HEAD_LIMIT)
    connection.send(h11.Request(method="POST", target="/", headers=[("Host", "x"), ("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    status, headers, body = 0, [], b""
    ended = not data
    try:
        connection.receive_data(data)
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                if ended:
                    return "cut", body if status else None
                ended = True
                connection.receive_data(b"")
            elif isinstance(event, h11.Response):
                status, headers = event.status_code, list(event.headers)
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                keep = (
                    connection.their_state is h11.DONE and not connection.trailing_data[0].strip(b"\r\n") and not ended
                )
                return "answer", (status, headers, body, keep)
            elif isinstance(event, h11.ConnectionClosed):
                return "cut", body if status else None
            elif event is h11.PAUSED:
                return "refused", body if status else None
    except h11.RemoteProtocolError:
        return "cut" if ended else "refused", body if status else None


TOKEN = st.text(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_!#$%&'*+.^`|~", min_size=1, max_size=12
)
VALUE = st.text([chr(n) for n in range(0x21, 0x7F)] + [" ", "\t", "é", "ÿ"], max_size=20).map(
    lambda text: text.strip(" \t")
)
RESERVED = {"content-length", "transfer-encoding", "connection", "proxy-connection", "upgrade", "keep-alive"}
HEADERS = st.lists(st.tuples(TOKEN.filter(lambda name: name.lower() not in RESERVED), VALUE), max_size=6)
BODY = st.lists(st.binary(min_size=1, max_size=60), max_size=5)


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """A valid answer, of any framing, perhaps after interim ones."""
    newline = draw(st.sampled_from(["\r\n", "\r\n", "\n"]))
    reason = draw(st.sampled_from(["OK", "", "Not Found", "I'm a teapot"]))
    version = draw(st.sampled_from(["1.1", "1.1", "1.0"]))
    status = draw(st.sampled_from([200, 200, 201, 204, 304, 400, 404, 429, 500, 599]))
    early = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * draw(st.integers(0, 2)) if version == "1.1" else b""
    headers = [f"{name}: {value}" for name, value in draw(HEADERS)]
    if draw(st.booleans()):
        headers.append("Connection: " + draw(st.sampled_from(["close", "keep-alive", "Close"])))
    pieces = draw(BODY)
    framing = draw(st.sampled_from(["length", "end", "chunks"] if version == "1.1" else ["length", "end"]))
    if framing == "chunks":
        headers.append("Transfer-Encoding: chunked")
        extension = draw(st.sampled_from([b"", b";a=b", b';a="b c"']))
        trailer = draw(st.sampled_from([b"", b"X-Sum: 1\r\n"]))
        body = b"".join(b"%x%b\r\n%b\r\n" % (len(piece), extension, piece) for piece in pieces)
        body += b"0\r\n" + trailer + b"\r\n"
    else:
        body = b"".join(pieces)
        if framing == "length":
            headers.append(f"Content-Length: {len(body)}")
    if status in (204, 304):
        body = b""
    head = newline.join([f"HTTP/{version} {status} {reason}", *headers, "", ""])
    return early + head.encode("latin-1") + body


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """An answer that was cut, or where bytes were changed, put in, taken out or doubled."""
    data = draw(answers())
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(data)))
        length = draw(st.integers(0, 5))
        new = draw(
            st.one_of(
                st.binary(max_size=4), st.sampled_from([b"\r", b"\n", b"\r\n", b":", b" ", b"\t", b";", b"\0", b"0"])
            )
        )
        kind = draw(st.sampled_from(["cut", "replace", "double"]))
        if kind == "cut":
            data = data[:place]
        elif kind == "double":
            data = data[:place] + data[max(0, place - 30) :]
        else:
            data = data[:place] + new + data[place + length :]
    return data


def in_pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places)]


@settings(max_examples=200, deadline=None)
@given(answers())
def test_valid_answers_are_read_as_h11_reads_them(data):
    """Status, headers, body, and whether the connection may be used again (which h11 never allows in HTTP/1.0)."""
    kind, ours = parse([data])
    assert kind == "answer"
    assert parse_h11(data) == (kind, ours if not OLD.search(data) else (*ours[:3], False))


@settings(max_examples=200, deadline=None)
@given(answers(), st.data())
def test_cut_answers_are_cut_for_both(data, draw):
    """Wherever the connection ends: never a success that h11 does not see, nor another body."""
    data = data[: draw.draw(st.integers(0, len(data)))]
    ours, theirs = parse([data]), parse_h11(data)
    assert ours[0] == theirs[0]
    assert ours[1] == theirs[1] or (ours[0] == "answer" and ours[1][:3] == theirs[1][:3])


@settings(max_examples=400, deadline=None)
@given(mangled())
def test_mangled_answers(data):
    """Whatever we take for an answer, h11 takes for the same one, or refuses.

    Allowed: we refuse or see a cut where h11 is lenient (folded headers, Content-Length twice or beside chunks,
    several things in a chunk's size line), and h11 refuses where llhttp is lenient; then nothing is compared.
    """
    kind, ours = parse([data])
    other, theirs = parse_h11(data)
    if kind == "answer" == other:
        assert ours[0] == theirs[0]
        assert ours[2] == theirs[2]
        assert ours[1] == theirs[1]
        assert theirs[3] or not ours[3] or OLD.search(data)


@settings(max_examples=200, deadline=None)
@given(st.one_of(answers(), mangled()), st.lists(st.integers(0, 10_000), max_size=10))
def test_pieces_do_not_matter(data, cuts):
    """Whole, in any pieces, and byte by byte: the same outcome, with the same bytes before an error."""
    whole = parse([data])
    assert parse(in_pieces(data, cuts)) == whole
    assert parse([data[place : place + 1] for place in range(len(data))]) == whole


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=50), max_size=6), st.booleans(), st.booleans())
def test_garbage_gives_an_answer_or_an_error_of_ours(pieces, head_only, clean):
    """Nothing else is ever raised, not even by going on after an error."""
    parser = ResponseParser(head_only)
    for piece in pieces:
        with suppress(ProtocolError):
            parser.feed(piece)
    try:
        parser.end(clean)
    except ConnectionLost:
        assert not parser.done


@pytest.mark.parametrize("size", [1, 1000, HEAD_LIMIT, 10 * HEAD_LIMIT])
@pytest.mark.parametrize("over", [0, 1])
def test_limit_of_the_head_does_not_depend_on_pieces(size, over):
    """A head of exactly the limit is taken, one byte more is refused."""
    start, end = b"HTTP/1.1 200 OK\r\nX: ", b"\r\n\r\n"
    head = start + b"y" * (HEAD_LIMIT - len(start) - len(end) + over) + end
    data = head + b"body"
    if size == 1:  # byte by byte, but for the part in the middle, which would take long
        pieces = [data[:100], data[100:-200], *(data[-200 + n : (-199 + n) or None] for n in range(200))]
    else:
        pieces = [data[place : place + size] for place in range(0, len(data), size)]
    assert parse(pieces)[0] == ("refused" if over else "answer")


def test_an_answer_to_connect_or_head_ends_with_its_head():
    """Whatever the head promises; the connection is not kept."""
    for data in (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ):
        parser = ResponseParser(head_only=True)
        parser.feed(data)
        assert (parser.done, parser.keep, parser.take()) == (True, False, b"")


@pytest.mark.parametrize(
    ("value", "hint"),
    [("timeout=5", 5.0), ("max=3, Timeout = 5", None), ("timeout=x", None), ("max=1,timeout=60,x", 60.0)],
)
def test_hint_of_the_server(value, hint):
    """Keep-Alive is read leniently, and nonsense ignored."""
    parser = ResponseParser()
    parser.feed(f"HTTP/1.1 204 No\r\nKeep-Alive: {value}\r\n\r\n".encode())
    assert parser.idle_hint == hint
