"""The listener's limits: slow and large heads, too many connections, and what must go on working beside them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
from gw_tiny import Tiny, wait_for

from franca.gateway.listening import Limits

HEAD = b"GET /a HTTP/1.1\r\nhost: x\r\n"


@pytest.fixture
def limits() -> Limits:
    """Small ones; tests change them."""
    return Limits(header_timeout=0.4, max_header=2000, max_connections=50)


@pytest.fixture
def tiny(limits: Limits) -> Iterator[Tiny]:
    """A served application."""
    with Tiny(limits) as served:
        yield served


def error_of(answer: bytes) -> dict[str, object]:
    """The error object of an answer that closes its connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    assert f"content-length: {len(body)}".encode() in head
    found: dict[str, object] = json.loads(body)["error"]
    return found


def test_a_head_that_does_not_come_is_told_so(tiny: Tiny) -> None:
    """Half a head is answered 408 in OpenAI's shape and closed; the application never hears of it."""
    with tiny.connect() as wire:
        answer = wire.send(HEAD).rest()
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert error_of(answer)["code"] == "slow"
    assert tiny.app.seen == ["startup"]


def test_a_head_in_drops_has_no_more_time(tiny: Tiny) -> None:
    """Each byte of a head does not begin the time anew."""
    with tiny.connect() as wire:
        wire.socket.settimeout(0.05)
        until = time.monotonic() + 20
        wire.send(b"GET /a HTTP/1.1\r\nx: ")
        while not wire.came:
            assert time.monotonic() < until
            try:
                wire.send(b"y")
                wire.came += wire.socket.recv(65536)
            except TimeoutError:
                continue
    assert wire.came.startswith(b"HTTP/1.1 408 ")


def test_a_connection_that_is_not_used_is_closed(tiny: Tiny) -> None:
    """Without a byte there is nothing to answer: browsers open such connections ahead."""
    with tiny.connect() as wire:
        assert wire.rest() == b""


def test_an_idle_connection_is_kept(tiny: Tiny) -> None:
    """Between two requests the time for heads does not run."""
    with tiny.connect() as wire, tiny.connect() as other:
        assert b" 200 OK" in wire.ask("/a")
        other.send(b"G").rest()  # by now the time for a head is over
        assert b" 200 OK" in wire.ask("/b")
    assert tiny.app.seen == ["startup", "/a", "/b"]


def test_line_breaks_do_not_keep_a_connection(tiny: Tiny) -> None:
    """What is no request after an answer ends the connection in time."""
    with tiny.connect() as wire:
        wire.ask("/a")
        wire.came = b""
        assert wire.send(b"\r\n").rest() == b""


def test_half_a_head_after_an_answer(tiny: Tiny) -> None:
    """The time runs for each request's head, not only for the first."""
    with tiny.connect() as wire:
        wire.ask("/a")
        wire.came = b""
        assert wire.send(b"GET /b HTT").rest().startswith(b"HTTP/1.1 408 ")


def test_a_slow_body_is_not_a_slow_head(tiny: Tiny) -> None:
    """How long a body may take is for the application to say."""
    with tiny.connect() as wire, tiny.connect() as other:
        wire.send(b"POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nab")
        other.send(b"G").rest()
        assert b" 200 OK" in wire.send(b"cd").until(b"/a ")
    assert tiny.app.bodies == [b"abcd"]


def test_half_a_head_behind_a_stream(tiny: Tiny) -> None:
    """A pipelined half request does not cut the answer that is on its way."""
    with tiny.connect() as wire, tiny.connect() as other:
        wire.send(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\nGET /b HTT").until(b"begin")
        other.send(b"G").rest()
        assert b"408" not in wire.came
        tiny.app.go.set()
        assert wire.rest().count(b"HTTP/1.1 ") == 2
        first, _, second = wire.came.rpartition(b"HTTP/1.1 ")
    assert first.endswith(b"end\n\r\n0\r\n\r\n")
    assert second.startswith(b"408 ")


@pytest.mark.parametrize("size", [3000, 100_000, 2_000_000])
def test_a_large_head_is_refused(tiny: Tiny, size: int) -> None:
    """More bytes of headers than allowed are answered 431, and the caller can read that although it still sends."""
    with tiny.connect() as wire:
        wire.send(HEAD + b"x: " + b"y" * size + b"\r\n\r\n")
        answer = wire.rest()
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert error_of(answer)["code"] == "header_too_large"
    assert tiny.app.seen == ["startup"]


def test_a_large_head_in_many_pieces(tiny: Tiny) -> None:
    """Neither many headers nor a head that comes bit by bit gets past the limit; a long address is a head too."""
    with tiny.connect() as wire:
        wire.send(HEAD)
        for number in range(300):
            wire.send(b"x-%d: abcdefgh\r\n" % number)
        assert wire.rest().startswith(b"HTTP/1.1 431 ")
    with tiny.connect() as wire:
        assert wire.send(b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nhost: x\r\n\r\n").rest().startswith(b"HTTP/1.1 431 ")


def test_a_large_body_is_no_large_head(tiny: Tiny, limits: Limits) -> None:
    """What comes in one piece with its body, or behind one, is measured by its head alone."""
    body = b"z" * 50_000
    head = b"POST /%s HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n"
    with tiny.connect() as wire:
        wire.send(head % (b"a", len(body)) + body + head % (b"b", len(body)) + body + b"GET /c HTTP/1.1\r\n")
        wire.send(b"host: x\r\n\r\n").until(b"/c ")
        assert wire.came.count(b" 200 OK") == 3
    assert tiny.app.bodies == [body, body, b""]
    limits.max_header = 15
    with tiny.connect() as wire:
        assert wire.send(HEAD + b"abc: def\r\n\r\n").rest().startswith(b"HTTP/1.1 431 ")


def test_too_many_connections(tiny: Tiny, limits: Limits) -> None:
    """One more than allowed is told to come back; a place that is free again is taken."""
    limits.max_connections = 2
    with tiny.connect() as first, tiny.connect() as second:
        first.ask("/a")
        second.ask("/a")
        with tiny.connect() as third:
            answer = third.rest()
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"retry-after: 1" in answer
            assert error_of(answer)["code"] == "too_many_connections"
        first.socket.close()
        wait_for(lambda: len(tiny.server.server_state.connections) == 1)
        with tiny.connect() as fourth:
            assert b" 200 OK" in fourth.ask("/a")


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9\r\n\r\n", b"GET /\x00 HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_http(tiny: Tiny, nonsense: bytes) -> None:
    """TLS at the wrong door and broken heads are answered 400, in OpenAI's shape."""
    with tiny.connect() as wire:
        answer = wire.send(nonsense).rest()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert error_of(answer)["type"] == "invalid_request_error"


def test_a_broken_body_ends_the_request(tiny: Tiny) -> None:
    """The application sees that its caller is gone; the caller is told 400 and nothing of the application."""
    with tiny.connect() as wire:
        wire.send(b"POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
        wait_for(lambda: "/a" in tiny.app.seen)
        assert wire.send(b"xyz\r\n").rest().startswith(b"HTTP/1.1 400 ")
    wait_for(lambda: tiny.app.left == 1)


def test_a_request_for_an_upgrade_is_served(tiny: Tiny) -> None:
    """HTTP/2 and websockets are offered by some clients with every request: they get HTTP/1.1, body and all."""
    with tiny.connect() as wire:
        wire.send(b"POST /a HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\ncontent-length: 3\r\n\r\nab")
        wait_for(lambda: "/a" in tiny.app.seen)
        wire.send(b"cGET /c HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n").until(b"/c ")
        assert wire.came.count(b" 200 OK") == 2
        assert b" 200 OK" in wire.ask("/b")
    assert tiny.app.bodies == [b"abc", b"", b""]
    assert tiny.app.seen == ["startup", "/a", "/c", "/b"]


def test_an_answer_before_the_body_is_read(tiny: Tiny) -> None:
    """Who goes on sending a body that nobody wants is cut off in time, after the answer."""
    with tiny.connect() as wire:
        wire.send(b"POST /unread HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nab").until(b"early")
        assert wire.send(b"cd").rest().endswith(b"early")


def test_a_drain_lets_streams_end(tiny: Tiny) -> None:
    """Idle connections are closed and no new ones taken, but what is on its way is finished; then it ends."""
    with tiny.connect() as stream, tiny.connect() as idle:
        stream.send(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").until(b"begin")
        idle.ask("/a")
        tiny.begin_to_end(20.0)
        idle.rest()
        assert tiny.app.draining
        with pytest.raises(OSError):
            tiny.connect()
        tiny.app.go.set()
        assert stream.rest().endswith(b"end\n\r\n0\r\n\r\n")
    tiny.end(20.0)
    assert tiny.code == 0
    assert tiny.app.seen[-1] == "shutdown"


def test_a_drain_has_an_end(tiny: Tiny) -> None:
    """A stream that goes on longer is cut, and looks cut: its last chunk is missing."""
    with tiny.connect() as stream:
        stream.send(b"GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").until(b"begin")
        tiny.begin_to_end(0.1)
        assert not stream.rest().endswith(b"0\r\n\r\n")
    tiny.end(0.1)
    assert tiny.app.seen[-1] == "shutdown"
