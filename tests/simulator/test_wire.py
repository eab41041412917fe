"""HTTP as it should be: every answer is fed to h11, every legal way of sending a request is understood."""

from __future__ import annotations

import json
import socket
from typing import Any

import h11
import pytest

BODY = json.dumps({"model": "echo", "messages": [{"role": "user", "content": "Hello, world"}]}).encode()
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n" % len(BODY)


class Reader:
    """h11 as a client on a socket: the heads and bodies of the answers, in order."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.parser = h11.Connection(h11.CLIENT)
        self.methods = 0

    def next(self) -> tuple[int, dict[str, str], bytes]:
        """The next whole answer."""
        if self.methods:
            self.parser.start_next_cycle()
        self.methods += 1
        self.parser.send(h11.Request(method="POST", target="/", headers=[("host", "x"), ("content-length", "0")]))
        self.parser.send(h11.EndOfMessage())
        status, headers, body = 0, {}, b""
        while True:
            event = self.parser.next_event()
            if event is h11.NEED_DATA:
                self.parser.receive_data(self.socket.recv(65536))
            elif isinstance(event, h11.Response):
                status = event.status_code
                headers = {name.decode(): value.decode() for name, value in event.headers}
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return status, headers, body
            else:
                raise AssertionError(event)


def _content(answer: tuple[int, dict[str, str], bytes]) -> str:
    status, _, body = answer
    assert status == 200, body
    return str(json.loads(body)["choices"][0]["message"]["content"])


def test_keep_alive(raw: Any, sim: Any) -> None:
    """One connection serves many requests, each with an id of its own."""
    reader = Reader(raw)
    ids = set()
    for _ in range(3):
        raw.sendall(HEAD + b"\r\n" + BODY)
        answer = reader.next()
        assert _content(answer) == "Hello, world"
        ids.add(answer[1]["x-request-id"])
    assert len(ids) == 3
    assert {seen.connection for seen in sim.requests} == {1}
    assert {seen.id for seen in sim.requests} == ids


def test_pipelined_requests_are_answered_in_order(raw: Any) -> None:
    """Several requests in one write, a slow stream first."""
    slow = json.dumps(
        {"model": "lorem", "max_tokens": 3, "stream": True, "messages": [{"role": "user", "content": "x"}]}
    )
    first = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nx-sim-latency: 0.05\r\ncontent-length: %d\r\n\r\n" % len(
        slow
    )
    raw.sendall(first + slow.encode() + (HEAD + b"\r\n" + BODY) * 100 + b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n")
    reader = Reader(raw)
    assert reader.next()[1]["content-type"].startswith("text/event-stream")
    for _ in range(100):
        assert _content(reader.next()) == "Hello, world"
    assert json.loads(reader.next()[2]) == {"status": "ok"}


def test_a_request_in_single_bytes(raw: Any) -> None:
    """Bytes may come one by one."""
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in HEAD + b"\r\n" + BODY:
        raw.sendall(bytes([byte]))
    assert _content(Reader(raw).next()) == "Hello, world"


def test_a_chunked_request(raw: Any, sim: Any) -> None:
    """A request body may come in chunks."""
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY[:7], BODY[7:30], BODY[30:]))
    raw.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
    raw.sendall(chunks + b"0\r\n\r\n")
    assert _content(Reader(raw).next()) == "Hello, world"
    assert sim.requests[0].raw == BODY


def test_expect_continue(raw: Any) -> None:
    """The client is told to go on before it sends the body."""
    raw.sendall(HEAD + b"expect: 100-continue\r\n\r\n")
    interim = b""
    while not interim.endswith(b"\r\n\r\n"):
        interim += raw.recv(1)
    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    raw.sendall(BODY)
    assert _content(Reader(raw).next()) == "Hello, world"


def test_connection_close(raw: Any) -> None:
    """The connection is closed after the answer when the client says so."""
    raw.sendall(HEAD + b"connection: close\r\n\r\n" + BODY)
    assert _content(Reader(raw).next()) == "Hello, world"
    assert raw.recv(1) == b""


def test_streams_are_chunked_and_reusable(raw: Any) -> None:
    """A stream ends with [DONE] and the last chunk, and the connection goes on."""
    body = json.loads(BODY)
    data = json.dumps({**body, "stream": True}).encode()
    reader = Reader(raw)
    for _ in range(2):
        raw.sendall(HEAD.replace(str(len(BODY)).encode(), str(len(data)).encode()) + b"\r\n" + data)
        status, headers, answer = reader.next()
        assert (status, headers["transfer-encoding"]) == (200, "chunked")
        assert answer.endswith(b"\n\ndata: [DONE]\n\n")


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: x\r\n" + b"x-filler: " + b"y" * 70_000, 431),
    ],
)
def test_what_is_no_request_is_refused(raw: Any, data: bytes, status: int) -> None:
    """An error object, and the connection is closed."""
    raw.sendall(data)
    answer = Reader(raw).next()
    assert answer[0] == status
    assert json.loads(answer[2])["error"]["type"] == "invalid_request_error"
    assert raw.recv(1) == b""


@pytest.mark.parametrize("chunked", [True, False])
def test_the_body_limit(dialled: Any, chunked: bool) -> None:
    """413, told by the length, or as soon as too much has come."""
    sim = dialled(max_body=100).simulator
    with socket.create_connection((sim.host, sim.port), timeout=10) as raw:
        if chunked:
            raw.sendall(
                b"POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n80\r\n" + b"x" * 128
            )
        else:
            raw.sendall(b"POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-length: 101\r\n\r\n")
        assert Reader(raw).next()[0] == 413


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/", "/v1/nope", "/chat/completions", "/openai/deployments/x/nope", "/scenario"]
)
def test_unknown_paths(call: Any, path: str) -> None:
    """404 with OpenAI's error object."""
    answer = call(path, {})
    assert (answer.status, answer.error["message"]) == (404, f"Invalid URL (POST {path})")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/chat/completions", "POST"), ("POST", "/v1/models", "GET"), ("DELETE", "/v1/models/echo", "GET")],
)
def test_wrong_methods(call: Any, method: str, path: str, allowed: str) -> None:
    """405 that says which one would do."""
    answer = call(path, None if method == "GET" else {}, method=method)
    assert (answer.status, answer.headers["allow"]) == (405, allowed)


def test_azure_paths(call: Any) -> None:
    """The deployment in the path is the model; query parameters do not matter; the v1 form works too."""
    messages = [{"role": "user", "content": "Hi"}]
    path = "/openai/deployments/echo/chat/completions?api-version=2024-10-21"
    answer = call(path, {"messages": messages})
    assert (answer.text, answer.json["model"]) == ("Hi", "echo")
    assert call("/openai/v1/chat/completions", {"model": "echo", "messages": messages}).text == "Hi"
    assert call("/openai/deployments/embed/embeddings?api-version=x", {"input": "a"}).status == 200
    assert call("/openai/deployments/nope/chat/completions", {"messages": messages}).status == 404


def test_an_absolute_target(raw: Any) -> None:
    """A request as a proxy gets it, with the whole URL."""
    raw.sendall(HEAD.replace(b"POST /v1", b"POST http://127.0.0.1:1/v1") + b"\r\n" + BODY)
    assert _content(Reader(raw).next()) == "Hello, world"


def test_an_upgrade_is_not_taken(raw: Any) -> None:
    """A request that offers an upgrade is answered as it is."""
    raw.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n")
    assert Reader(raw).next()[0] == 200


def test_idle_connections_are_closed(dialled: Any) -> None:
    """After `keep_alive` seconds without a request."""
    sim = dialled(keep_alive=0.01).simulator
    with socket.create_connection((sim.host, sim.port), timeout=10) as raw:
        assert raw.recv(1) == b""
