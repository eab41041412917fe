"""One request, one answer: how bodies are framed, cut, bounded and decompressed, sync and asyncio alike."""

from __future__ import annotations

import gzip
import threading
import time
import zlib

import pytest
from hostile import CHUNKED, END, OK, WAIT, chunk, keep_alive, ok

from franca.errors import BadUsage, ConnectionLost, ProtocolError, TimedOut
from franca.wire.http import AsyncTransport, Request


def test_request_is_written_in_one_piece_with_our_headers(door, serving):
    """Host, Accept-Encoding and Content-Length are added; the rest goes as given."""
    server = serving(lambda peer: (peer.request(), peer.send(OK)))
    reply = door.send(door.transport(), server.url + "/v1/chat?x=1", headers=(("X-Title", "Žluť"),), body=b"{}")
    assert (reply.status, reply.read()) == (200, b"ok")
    head, body = server.seen()[0]
    assert body == b"{}"
    lines = head.encode("latin-1").decode().split("\r\n")
    assert lines[0] == "POST /v1/chat?x=1 HTTP/1.1"
    expected = {
        f"Host: 127.0.0.1:{server.port}",
        "Accept-Encoding: gzip, deflate",
        "X-Title: Žluť",
        "Content-Length: 2",
    }
    assert set(lines[1:]) == expected


@pytest.mark.parametrize(
    ("method", "body", "has_length"),
    [("GET", b"", False), ("POST", b"", True), ("DELETE", b"", False), ("DELETE", b"x", True), ("PUT", b"", True)],
)
def test_content_length_where_it_belongs(door, serving, method, body, has_length):
    """A method that expects a body says that there is none; the others stay silent about it."""
    server = serving(lambda peer: (peer.request(), peer.send(OK)))
    door.send(door.transport(), server.url, method=method, body=body).read()
    head, _ = server.seen()[0]
    assert (f"Content-Length: {len(body)}" in head) is has_length


def test_stream_asks_for_no_compression(door, serving):
    """Compression of a stream would only delay its events."""
    server = serving(lambda peer: (peer.request(), peer.send(OK)))
    door.send(door.transport(), server.url, stream=True).rest()
    assert "Accept-Encoding: identity" in server.seen()[0][0]


def test_headers_that_the_caller_sets_replace_ours(door, serving):
    """Host and Accept-Encoding are sent once."""
    server = serving(lambda peer: (peer.request(), peer.send(OK)))
    door.send(door.transport(), server.url, headers=(("host", "example.org"), ("accept-encoding", "br"))).read()
    head = server.seen()[0][0].lower()
    assert head.count("host:") == 1
    assert head.count("accept-encoding:") == 1


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"body"),
        b"HTTP/1.1 200 OK\nContent-Length: 4\n\nbody",
        CHUNKED + chunk(b"bo") + chunk(b"dy") + END,
        CHUNKED + b"2;name=value\r\nbo\r\n002\r\ndy\r\n0\r\nTrailer: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nbody",
        b"HTTP/1.0 200 OK\r\n\r\nbody",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok(b"body"),
        b"\r\n" + ok(b"body"),
    ],
)
def test_every_framing_gives_the_same_body(door, serving, answer):
    """By length, by chunks, until the end; whole at once and byte by byte; `read` and `read_some`."""

    def serve(peer):
        peer.request()
        if peer.number % 2:
            for number in range(len(answer)):
                peer.send(answer[number : number + 1])
        else:
            peer.send(answer)

    server = serving(serve)
    transport = door.transport()
    for _ in range(2):
        reply = door.send(transport, server.url)
        assert reply.status == 200
        assert reply.read() == b"body"
        door.until(lambda: server.saw.qsize() > 0)
        server.seen()
        assert door.send(transport, server.url).rest() == b"body"
        server.seen()


@pytest.mark.parametrize("status", [204, 304])
def test_status_without_a_body(door, serving, status):
    """204 and 304 have none, whatever their headers promise."""
    server = serving(keep_alive(f"HTTP/1.1 {status} X\r\nContent-Length: 10\r\n\r\n".encode(), OK))
    transport = door.transport()
    assert door.send(transport, server.url).read() == b""
    assert door.send(transport, server.url).read() == b"ok"
    assert server.connections == 1


def test_head_has_no_body(door, serving):
    """The Content-Length of an answer to HEAD is that of the GET."""
    server = serving(keep_alive(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"))
    reply = door.send(door.transport(), server.url, method="HEAD")
    assert (reply.headers["content-length"], reply.read()) == ("10", b"")


def test_headers_of_the_answer(door, serving):
    """Order, repeats and latin-1 bytes are kept; interim headers are not; padding is stripped."""
    early = b"HTTP/1.1 103 Early\r\nX: early\r\n\r\n"
    answer = b"HTTP/1.1 418 T\r\nX-A: 1\r\nSet-Cookie: a\r\nset-cookie: b \t\r\nX-E:\r\nX-L: \xe9\r\n"
    answer += b"Content-Length: 0\r\n\r\n"
    server = serving(lambda peer: (peer.request(), peer.send(early + answer)))
    reply = door.send(door.transport(), server.url)
    assert reply.status == 418
    assert reply.headers.get_all("set-cookie") == ["a", "b"]
    assert reply.headers["x-l"] == "é"
    assert [name for name, _ in reply.headers.pairs] == [
        "X-A",
        "Set-Cookie",
        "set-cookie",
        "X-E",
        "X-L",
        "Content-Length",
    ]


# ---- cut and damaged -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "began"),
    [
        (b"", False),
        (b"HTTP/1.1 200", True),
        (b"HTTP/1.1 200 OK\r\nContent-Le", True),
    ],
)
@pytest.mark.parametrize("how", ["fin", "rst"])
def test_connection_that_ends_before_the_head(door, serving, answer, began, how):
    """It is ConnectionLost on a fresh connection, never sent again; `began` tells whether a byte had come."""
    ready = threading.Event()

    def serve(peer):
        peer.request()
        peer.send(answer)
        if how == "rst":
            ready.wait(0.2)  # an RST at once would throw the bytes away on their way
            peer.reset()

    server = serving(serve)
    with pytest.raises(ConnectionLost) as caught:
        door.send(door.transport(), server.url)
    assert caught.value.began is began
    assert caught.value.retryable is not began
    assert caught.value.server == server.url
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"whole body")[:-3],
        CHUNKED + chunk(b"whole b"),
        CHUNKED + b"10\r\nwhole b",
        CHUNKED + b"7\r\nwhole b\r\n0\r\n",
    ],
)
def test_body_that_is_cut(door, serving, answer):
    """What arrived is handed out by `read_some`, then comes the error; `read` gives the error."""
    server = serving(lambda peer: (peer.request(), peer.send(answer)))
    transport = door.transport()
    reply = door.send(transport, server.url)
    data = b""
    while len(data) < 7:
        data += reply.read_some()
    with pytest.raises(ConnectionLost, match="cut after 7") as caught:
        reply.read_some()
    assert data == b"whole b"
    assert caught.value.began
    assert caught.value.server == server.url
    with pytest.raises(ConnectionLost, match="cut after 7"):
        door.send(transport, server.url).read()


def test_garbage_after_good_chunks(door, serving):
    """The good bytes come first, then ProtocolError."""
    server = serving(
        lambda peer: (peer.request(), peer.send(CHUNKED + chunk(b"good") + b"zz\r\n"), peer.wait_for_close())[2]
    )
    reply = door.send(door.transport(), server.url)
    assert reply.read_some() == b"good"
    with pytest.raises(ProtocolError) as caught:
        reply.read_some()
    assert caught.value.server == server.url
    assert server.seen() is True


@pytest.mark.parametrize(
    "answer",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 042 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA B\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 10_000 + OK,
        b"\r\n" * 100_000,
    ],
)
def test_what_is_no_answer(door, serving, answer):
    """It is a ProtocolError with one short line, and the connection is closed."""

    def serve(peer):
        peer.request()
        try:
            peer.send(answer)
        except OSError:
            return True
        return peer.wait_for_close()

    server = serving(serve)
    with pytest.raises(ProtocolError) as caught:
        door.send(door.transport(), server.url)
    assert len(str(caught.value)) < 130
    assert caught.value.server == server.url
    assert server.seen() is True
    assert server.connections == 1


@pytest.mark.parametrize(
    "body",
    [
        CHUNKED + b"fffffffffffffffff\r\n",
        CHUNKED + b"1;" + b"x" * 1_000_000,
        CHUNKED + b"0\r\n" + b"x" * 1_000_000,
        CHUNKED + b"0\r\n" + b"x: y\r\n" * 100_000,
    ],
)
def test_endless_framing_is_bounded(door, serving, body):
    """Chunk sizes, chunk extensions and trailers have an end."""

    def serve(peer):
        peer.request()
        try:
            peer.send(body)
        except OSError:
            return True
        return peer.wait_for_close()

    server = serving(serve)
    with pytest.raises(ProtocolError):
        door.send(door.transport(), server.url).read()
    assert server.seen() is True


def test_size_limit_of_read(door, serving):
    """`max_body` bounds `read`, told by the length or found on the way; `read_some` has no such bound."""
    huge = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\nx"
    streamed = CHUNKED + chunk(b"x" * 600) * 3 + END
    server = serving(lambda peer: keep_alive(huge if peer.number == 0 else streamed)(peer))
    transport = door.transport()
    for _ in range(2):
        with pytest.raises(ProtocolError, match="limit of 1000 bytes"):
            door.send(transport, server.url, max_body=1000).read()
    assert len(door.send(transport, server.url, max_body=1000).rest()) == 1800
    assert door.send(transport, server.url, max_body=1800).read() == b"x" * 1800


# ---- compression ---------------------------------------------------------------------------------

TEXT = b"All animals are equal. " * 5000


def gz(data):
    return gzip.compress(data, mtime=0)  # the same bytes in every process, or xdist takes the tests for others


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("gzip", gz(TEXT)),
        ("x-gzip", gz(TEXT)),
        ("GZIP", gz(TEXT[:100]) + gz(TEXT[100:]) + b"\0" * 20),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("identity", TEXT),
        ("gzip, identity", gz(TEXT)),
    ],
)
@pytest.mark.parametrize("size", [1, 1000, 10**9])
def test_compressed_body(door, serving, coding, data, size):
    """gzip of several members, deflate of both sorts, in any pieces."""
    if size == 1:
        data = data[:3000] if coding == "identity" else data
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: %b\r\nTransfer-Encoding: chunked\r\n\r\n" % coding.encode()
    server = serving(keep_alive(answer + b"".join(map(chunk, pieces)) + END))
    expected = data if coding == "identity" else TEXT
    transport = door.transport()
    assert door.send(transport, server.url).read() == expected
    assert door.send(transport, server.url).rest() == expected
    assert server.connections == 1


def test_bomb(door, serving):
    """Little that unpacks to much: `read` refuses at its limit, `read_some` gives it in bounded steps."""
    bomb = gz(b"\0" * 20_000_000)
    server = serving(keep_alive(ok(bomb, "Content-Encoding: gzip")))
    transport = door.transport()
    with pytest.raises(ProtocolError, match="limit"):
        door.send(transport, server.url, max_body=1_000_000).read()
    reply = door.send(transport, server.url)
    total = largest = 0
    while piece := reply.read_some():
        total += len(piece)
        largest = max(largest, len(piece))
    assert total == 20_000_000
    assert largest <= 256 * 1024


@pytest.mark.parametrize(
    ("coding", "data", "error"),
    [
        ("gzip", gz(TEXT)[:-20], ConnectionLost),
        ("gzip", b"no gzip at all", ProtocolError),
        ("gzip", gz(TEXT) + b"more", ProtocolError),
        ("deflate", zlib.compress(TEXT) + b"more", ProtocolError),
        ("gzip", gz(TEXT)[:-8] + b"\0" * 8, ProtocolError),
        ("br", b"....", ProtocolError),
        ("gzip, gzip", gz(gz(TEXT)), ProtocolError),
    ],
)
def test_damaged_compression(door, serving, coding, data, error):
    """Cut, wrong and unasked encodings are errors, not text."""
    server = serving(keep_alive(ok(data, f"Content-Encoding: {coding}")))
    transport = door.transport()
    with pytest.raises(error) as caught:
        door.send(transport, server.url).read()
    assert caught.value.server == server.url
    with pytest.raises(error):
        door.send(transport, server.url).rest()


def test_encoding_of_an_empty_body_does_not_matter(door, serving):
    """Some servers name an encoding even where there is nothing."""
    server = serving(keep_alive(ok(b"", "Content-Encoding: br"), ok(b"", "Content-Encoding: gzip")))
    transport = door.transport()
    assert door.send(transport, server.url).read() == b""
    assert door.send(transport, server.url).rest() == b""


# ---- time ----------------------------------------------------------------------------------------


def test_time_limit_of_each_phase(door, serving):
    """TimedOut names the phase: answer, body, idle; the connection is closed at once."""
    starts = [b"", CHUNKED + chunk(b"a"), CHUNKED + chunk(b"a")]

    def serve(peer):
        peer.request()
        peer.send(starts[peer.number])
        return peer.wait_for_close()

    server = serving(serve)
    transport = door.transport()
    with pytest.raises(TimedOut) as caught:
        door.send(transport, server.url, until=0.0)
    assert caught.value.phase == "connect"
    with pytest.raises(TimedOut) as caught:
        door.send(transport, server.url, until=time.monotonic() + 0.2)
    assert (caught.value.phase, caught.value.server) == ("answer", server.url)
    with pytest.raises(TimedOut) as caught:
        door.send(transport, server.url).read(limit=0.1)
    assert caught.value.phase == "body"
    reply = door.send(transport, server.url)
    assert reply.read_some() == b"a"
    with pytest.raises(TimedOut) as caught:
        reply.read_some(limit=0.1)
    assert caught.value.phase == "idle"
    assert [server.seen() for _ in range(3)] == [True, True, True]


def test_time_limit_of_sending(door, serving):
    """A server that takes nothing of a large request."""
    stop = threading.Event()
    server = serving(lambda peer: stop.wait(10))
    try:
        with pytest.raises(TimedOut) as caught:
            door.send(door.transport(), server.url, body=b"x" * 50_000_000, until=time.monotonic() + 0.3)
        assert caught.value.phase == "send"
    finally:
        stop.set()


def test_limits_may_change_from_read_to_read(door, serving):
    """A short limit that was kept does not shorten the next one, nor a long one lengthen it."""
    go = threading.Event()

    def serve(peer):
        peer.request()
        peer.send(CHUNKED + chunk(b"a"))
        go.wait(10)
        threading.Event().wait(0.15)
        peer.send(chunk(b"b"))
        return peer.wait_for_close()

    server = serving(serve)
    reply = door.send(door.transport(), server.url)
    assert reply.read_some(limit=0.04) == b"a"
    go.set()
    assert reply.read_some(limit=10) == b"b"
    with pytest.raises(TimedOut):
        reply.read_some(limit=0.05)
    assert server.seen() is True


# ---- large requests ------------------------------------------------------------------------------


def test_large_request_and_answer(door, serving):
    """What does not fit the socket's buffer goes in pieces."""
    big = bytes(range(256)) * 40_000

    def serve(peer):
        while True:
            _, body = peer.request()
            peer.send(ok(body))

    server = serving(serve)
    transport = door.transport()
    for _ in range(2):
        assert door.send(transport, server.url, body=big).read() == big
    assert server.connections == 1


@pytest.mark.parametrize("how", ["close", "reset", "stay"])
def test_answer_before_the_whole_request_was_sent(door, serving, how):
    """413 and the end: the answer is read, not a broken pipe; the connection is not used again."""
    answer = b"HTTP/1.1 413 Too Large\r\nContent-Length: 9\r\n\r\ntoo large"
    over = threading.Event()

    def serve(peer):
        if peer.number:
            peer.request()
            peer.send(OK)
            return
        peer.sock.recv(1000)
        peer.send(answer)
        if how == "stay":
            # Without reading on: a client that could send all of its body would rightly keep the connection.
            over.wait(WAIT)
        if how == "reset":
            threading.Event().wait(0.1)  # let the answer arrive before the RST
            peer.reset()

    server = serving(serve)
    transport = door.transport()
    reply = door.send(transport, server.url, body=b"x" * 30_000_000)
    assert (reply.status, reply.read()) == (413, b"too large")
    assert door.send(transport, server.url).read() == b"ok"
    assert server.connections == 2
    over.set()


def test_interim_answer_while_sending_does_not_stop_it(door, serving):
    """100 Continue in the middle of a large request is no reason to stop."""
    big = b"x" * 10_000_000

    def serve(peer):
        peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        _, body = peer.request()
        peer.send(ok(str(len(body)).encode()))

    server = serving(serve)
    assert door.send(door.transport(), server.url, body=big).read() == b"10000000"


# ---- misuse --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        (("X", "a\r\nEvil: 1"),),
        (("X", "a\nb"),),
        (("X", "a\0b"),),
        (("X\r\nEvil", "a"),),
        (("X Y", "a"),),
        (("", "a"),),
        (("Content-Length", "5"),),
        (("transfer-encoding", "chunked"),),
    ],
)
def test_headers_that_would_break_out(door, headers):
    """They are refused before anything is sent, and the text does not show the value."""
    with pytest.raises(BadUsage) as caught:
        door.send(door.transport(), "http://127.0.0.1:1/", headers=headers)
    assert "Evil: 1" not in str(caught.value)


def test_method_that_would_break_out(door):
    """So is a method."""
    with pytest.raises(BadUsage):
        door.send(door.transport(), "http://127.0.0.1:1/", method="GET / HTTP/1.1\r\nX: y\r\n\r\nGET")


def test_closed_reply_gives_no_more(door, serving):
    """Reading after `close` or `release` is an error, not an empty body."""
    server = serving(keep_alive(CHUNKED + chunk(b"a"), OK))
    transport = door.transport()
    reply = door.send(transport, server.url)
    reply.close()
    reply.close()
    with pytest.raises(ConnectionLost, match="closed"):
        reply.read()
    with pytest.raises(ConnectionLost, match="closed"):
        reply.read_some()
    reply.release()


def test_protocols(door):
    """The asyncio one is an AsyncTransport; Request prints no secrets."""
    if door.kind == "aio":
        assert isinstance(door.transport(), AsyncTransport)
    assert "sk-1" not in repr(Request("POST", "http://x", (("Authorization", "Bearer sk-1"),)))


def test_no_limit_after_a_limit(door, serving):
    """`until=None` waits as long as it takes, also after a read that had a limit."""
    go = threading.Event()

    def serve(peer):
        peer.request()
        peer.send(CHUNKED + chunk(b"a"))
        go.wait(10)
        peer.send(chunk(b"b") + END)

    server = serving(serve)
    reply = door.send(door.transport(), server.url, until=None)
    assert reply.read_some(limit=0.5) == b"a"
    timer = threading.Timer(0.6, go.set)
    timer.start()
    assert door.wait(reply.reply.read(None)) == b"b"
    timer.join()


def test_reading_past_the_end(door, serving):
    """A complete reply gives nothing more, as often as it is asked."""
    server = serving(keep_alive(OK, CHUNKED + chunk(b"ok") + END))
    transport = door.transport()
    for _ in range(2):
        reply = door.send(transport, server.url)
        assert (reply.read(), reply.read(), reply.read_some()) == (b"ok", b"", b"")
