"""A caller who goes away costs nothing more, and one who does not read holds up nobody and fills no memory."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import wait_until
from gw_relay import MESSAGES, Call, Caller, Puppet, Relaying, answer_of, books, chunk_of, relaying

SCHEMA = {
    "type": "json_schema",
    "json_schema": {"name": "p", "schema": {"type": "object", "properties": {"a": {"type": "integer"}}}},
}
TRIES = 4
SOON = 0.2


class Watched:
    """Plays the begin of an answer, then waits for the gateway to close, and notes when it did."""

    def __init__(self, begin: Callable[[Call], None]) -> None:
        self.begin = begin
        self.asked = threading.Event()
        self.over = threading.Event()
        self.gone: float | None = None

    def __call__(self, call: Call) -> None:
        self.begin(call)
        self.asked.set()
        self.gone = call.gone(8.0)
        self.over.set()
        call.close()


def nothing(_: Call) -> None:
    """No byte of an answer."""


def head_of_stream(call: Call) -> None:
    call.begin_stream()


def some_of_a_stream(call: Call) -> None:
    call.begin_stream()
    call.piece(chunk_of("Hello"))


def some_of_a_body(call: Call) -> None:
    call.write(call.start(200, {"Content-Length": "1000"}) + b'{"id":')


def much_of_a_body(call: Call) -> None:
    call.write(call.start(200, {"Content-Length": "9000000"}) + b" " * 5_000_000)


CHAT: dict[str, Any] = {"model": "sim/m", "messages": MESSAGES}
WAYS: dict[str, tuple[str, dict[str, Any], Callable[[Call], None], bytes]] = {
    "chat-silent": ("/v1/chat/completions", CHAT, nothing, b""),
    "chat-half": ("/v1/chat/completions", CHAT, some_of_a_body, b""),
    "chat-long": ("/v1/chat/completions", CHAT, much_of_a_body, b"\r\n\r\n"),
    "stream-silent": ("/v1/chat/completions", {**CHAT, "stream": True}, nothing, b""),
    "stream-head": ("/v1/chat/completions", {**CHAT, "stream": True}, head_of_stream, b""),
    "stream-begun": ("/v1/chat/completions", {**CHAT, "stream": True}, some_of_a_stream, b"Hello"),
    "embeddings": ("/v1/embeddings", {"model": "sim/m", "input": "x"}, nothing, b""),
    "ladder-silent": ("/v1/chat/completions", {**CHAT, "response_format": SCHEMA}, nothing, b""),
    "ladder-stream": (
        "/v1/chat/completions",
        {**CHAT, "stream": True, "response_format": SCHEMA},
        some_of_a_stream,
        b"",
    ),
    "raw-silent": ("/v1/providers/sim/chat/completions", CHAT, nothing, b""),
    "raw-stream": ("/v1/providers/sim/chat/completions", CHAT, some_of_a_stream, b"Hello"),
    "files": ("/v1/files", CHAT, nothing, b""),
}


@pytest.mark.parametrize("rude", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("way", WAYS)
def test_who_goes_away_is_not_worked_for(tmp_path: Path, way: str, rude: bool) -> None:
    """The connection to the server is closed at once when the caller goes, before and after the first byte, whatever
    was asked; the books say that the caller left. (The best of some tries counts, the machine may be busy.)"""
    path, body, begin, until = WAYS[way]
    took = []
    watched = Watched(begin)
    with (
        Puppet(lambda call: watched(call)) as server,
        relaying(tmp_path, {"sim": server.table(raw=True)}) as gateway,
    ):
        for number in range(TRIES):
            watched = Watched(begin)
            with Caller(gateway).post(path, body) as caller:
                assert watched.asked.wait(10), "it never came to the server"
                if until:
                    caller.until(until)
                left = caller.reset() if rude else caller.close()
            assert watched.over.wait(10)
            assert watched.gone is not None, "the gateway went on listening to the server"
            took.append(watched.gone - left)
            assert books(gateway, number + 1)[-1].outcome == "left"
            if took[-1] <= SOON:
                break
        assert min(took) <= SOON, took
        assert gateway.breaker("sim") == "closed"
    assert all(row.tries == 1 for row in gateway.rows)


def test_who_goes_away_between_two_tries_is_not_worked_for(tmp_path: Path) -> None:
    """No server is asked again for a caller who went away in the pause before the next try."""
    with (
        Puppet(lambda call: call.reply({"error": {"message": "busy"}}, 503, {"Retry-After": "1"})) as server,
        relaying(tmp_path, {"sim": server.table(retries=3)}) as gateway,
    ):
        with Caller(gateway).chat("sim/m"):
            wait_until(lambda: len(server.calls) == 1, "the first try")
        row = books(gateway, 1)[0]
        assert (row.outcome, row.tries, len(server.calls)) == ("left", 1, 1)


def test_who_goes_away_while_a_server_is_tried_gets_no_fallback(tmp_path: Path) -> None:
    """The next server is not asked for a caller who is not there any more."""
    watched = Watched(nothing)
    with (
        Puppet(watched) as one,
        Puppet(lambda call: call.reply(answer_of())) as two,
        relaying(
            tmp_path, {"one": one.table(), "two": two.table()}, models={"a": {"to": "one/m", "fallbacks": ["two/m"]}}
        ) as gateway,
    ):
        with Caller(gateway).chat("a"):
            assert watched.asked.wait(10)
        assert books(gateway, 1)[0].outcome == "left"
        assert watched.over.wait(10)
        assert two.calls == []


def test_half_a_request_asks_nobody(tmp_path: Path) -> None:
    """A caller who goes away within the body reaches no server."""
    with Puppet(lambda call: call.reply(answer_of())) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        with Caller(gateway) as caller:
            caller.send(
                b'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{"model":'
            )
            wait_until(lambda: gateway.gateway.metrics.in_flight == 1, "the request to begin")
        row = books(gateway, 1)[0]
        assert (row.outcome, row.tries) == ("left", 0)
        assert server.calls == []


# ---- who does not read ------------------------------------------------------------------------------


@contextmanager
def flooding(tmp_path: Path, path: str, body: Any, head: dict[str, str]) -> Iterator[tuple[Relaying, Call, list[bool]]]:
    """A server that writes as fast as it can, up to 200 MB, and a caller who has read the head and reads no more."""
    piece = chunk_of("x" * 8000)
    calls: list[Call] = []
    stop: list[bool] = []

    def play(call: Call) -> None:
        calls.append(call)
        call.begin_stream(head)
        while call.sent < 200_000_000 and not stop:
            call.piece(piece)

    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table(raw=True)}) as gateway,
        Caller(gateway, small=True).post(path, body) as caller,
    ):
        caller.until(b"\r\n\r\n")
        yield gateway, calls[0], stop
        stop.append(True)


@pytest.mark.parametrize(
    ("path", "more", "kind"),
    [
        ("/v1/chat/completions", {"stream": True}, "text/event-stream"),
        ("/v1/audio/speech", {}, "audio/mpeg"),
        ("/v1/providers/sim/x", {}, "text/event-stream"),
    ],
)
def test_who_does_not_read_stops_the_server(tmp_path: Path, path: str, more: dict[str, Any], kind: str) -> None:
    """The gateway takes from a server only what its caller takes: the server's writing stands still after a few
    megabytes, and others are served meanwhile."""
    with flooding(tmp_path, path, {**CHAT, **more}, {"Content-Type": kind}) as (gateway, call, _):
        seen, since = -1, time.monotonic()
        end = since + 15
        while time.monotonic() < end and (call.sent != seen or time.monotonic() - since < 0.5):
            if call.sent != seen:
                seen, since = call.sent, time.monotonic()
            time.sleep(0.02)
        assert call.sent < 30_000_000, "it went on reading from the server"
        assert gateway.ask("GET", "/healthz").status == 200
    assert gateway.rows[0].outcome == "left"


def test_a_slow_reader_gets_everything(tmp_path: Path) -> None:
    """After the stand-still a stream goes on, and nothing of it is missing."""
    pieces = [chunk_of(f"{number:06d}" + "x" * 4000) for number in range(1500)]

    def play(call: Call) -> None:
        call.begin_stream()
        for piece in pieces:
            call.piece(piece)
        call.piece(chunk_of(None, "stop") + b"data: [DONE]\n\n")
        call.end()

    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table()}, gateway={"keep_alive": 0.05}) as gateway,
        Caller(gateway, small=True).chat("sim/m", stream=True) as caller,
    ):
        caller.until(b"\r\n\r\n")
        call = server.calls[0]
        seen, since = -1, time.monotonic()
        while time.monotonic() - since < 0.5:  # until it stands still
            if call.sent != seen:
                seen, since = call.sent, time.monotonic()
            time.sleep(0.02)
        caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        got = bytearray(caller.got)
        while not got.endswith(b"0\r\n\r\n"):
            data = caller.socket.recv(1 << 20)
            assert data, bytes(got[-300:])
            got += data
        places = [got.find(b'"%06d' % number) for number in range(1500)]
        assert -1 not in places
        assert places == sorted(places)
        assert b"[DONE]" in got
