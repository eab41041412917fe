"""The adapters over httpx and httpx2, sync and async, against a real server that behaves and misbehaves.

Each test body is written once, for the async shape; the sync transport is driven through a thread.
"""

from __future__ import annotations

import asyncio
import gc
import gzip
import importlib
import json
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from franca.errors import BadUsage, ConnectFailed, ConnectionLost, ProtocolError, TimedOut
from franca.io.httpx import AsyncHttpxTransport, HttpxTransport
from franca.wire.http import Request

PATIENCE = 10.0  # seconds that a test waits for what should happen at once
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


class Peer(socketserver.ThreadingTCPServer):
    """One thread a connection; the path of a request names what happens."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.connections = 0
        self.asked = threading.Event()  # a request has arrived
        self.gone = threading.Event()  # a client ended a connection that was being answered
        self.go_on = threading.Event()  # lets a stalled answer continue
        super().__init__(("127.0.0.1", 0), Conversation)

    def url(self, path: str) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.server_address[1]}{path}"

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        return self.tls.wrap_socket(connection, server_side=True) if self.tls else connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away are what is tested here."""


class Conversation(socketserver.StreamRequestHandler):
    server: Peer

    def setup(self) -> None:
        self.server.connections += 1
        self.number = self.server.connections
        super().setup()

    def handle(self) -> None:
        while line := self.rfile.readline():
            method, path, _ = line.decode().split()
            head: list[tuple[str, str]] = []
            while (field := self.rfile.readline().strip()) != b"":
                name, _, value = field.decode("latin-1").partition(":")
                head.append((name.lower(), value.strip()))
            body = self.rfile.read(int(dict(head).get("content-length", 0)))
            self.server.asked.set()
            self.seen = {"method": method, "head": head, "body": body.decode("latin-1"), "connection": self.number}
            if not getattr(self, path.strip("/").replace("-", "_"))():
                return

    def say(self, *blocks: bytes) -> None:
        for block in blocks:
            self.wfile.write(block)

    def whole(self, body: bytes, status: str = "200 OK", *fields: str) -> bool:
        head = "".join(f"{field}\r\n" for field in (f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(body)}"))
        self.say(head.encode() + b"\r\n" + body)
        return True

    def await_end(self) -> bool:
        """Until the client ends the connection."""
        while self.connection.recv(1024):
            pass
        self.server.gone.set()
        return False

    def echo(self) -> bool:
        return self.whole(json.dumps(self.seen).encode(), "200 OK", "X-Repeated: one", "X-Repeated: two")

    def failing(self) -> bool:
        return self.whole(b'{"error": {"message": "slow down"}}', "429 Too Many Requests", "Retry-After: 7")

    def redirect(self) -> bool:
        return self.whole(b"", "307 Temporary Redirect", "Location: /echo")

    def zipped(self) -> bool:
        return self.whole(gzip.compress(b"a" * 100_000), "200 OK", "Content-Encoding: gzip")

    def badly_zipped(self) -> bool:
        return self.whole(b"not gzip at all", "200 OK", "Content-Encoding: gzip")

    def events(self) -> bool:
        self.say(CHUNKED, *(chunk(b"data: %d\n\n" % n) for n in range(3)), b"0\r\n\r\n")
        return True

    def nearly_ended(self) -> bool:
        """An event stream whose last chunk is there, while its end is still to come."""
        self.say(CHUNKED, chunk(b"data: [DONE]\n\n"))
        self.server.go_on.wait(PATIENCE)
        self.say(b"0\r\n\r\n")
        return True

    def stalled(self) -> bool:
        self.say(CHUNKED, chunk(b"data: 0\n\n"))
        return self.await_end()

    def stalled_without_length(self) -> bool:
        self.say(b"HTTP/1.1 200 OK\r\n\r\n", b"data: 0\n\n")
        return self.await_end()

    def slow_head(self) -> bool:
        return self.await_end()

    def drip(self) -> bool:
        self.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not self.server.gone.wait(0.02):
            try:
                self.say(b"x")
            except OSError:
                self.server.gone.set()
        return False

    def cut_chunks(self) -> bool:
        self.say(CHUNKED, chunk(b"data: 0\n\n"))
        return False

    def cut_length(self) -> bool:
        self.say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        return False

    def no_answer(self) -> bool:
        return False

    def garbage(self) -> bool:
        self.say(b"220 smtp.example ESMTP\r\n\r\n")
        return False


@pytest.fixture
def peer() -> Iterator[Peer]:
    yield from serve(Peer())


def serve(server: Peer) -> Iterator[Peer]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.go_on.set()
    server.shutdown()
    thread.join(PATIENCE)
    server.server_close()


class Shape:
    """Makes the library's client, and drives either transport with the words of the async one."""

    def __init__(self, library: str, asynchronous: bool) -> None:
        self.library = importlib.import_module(library)
        self.asynchronous = asynchronous

    def client(self, **options: Any) -> Any:
        return (self.library.AsyncClient if self.asynchronous else self.library.Client)(trust_env=False, **options)

    def run(self, scenario: Callable[[Any], Awaitable[None]], **options: Any) -> None:
        """`scenario(transport)` with a client that is closed afterwards."""

        async def main() -> None:
            client = self.client(**options)
            try:
                if self.asynchronous:
                    transport = AsyncHttpxTransport(client)
                    await asyncio.wait_for(scenario(transport), PATIENCE)
                    await transport.close()
                else:
                    await asyncio.wait_for(scenario(InThread(HttpxTransport(client))), PATIENCE)
            finally:
                await client.aclose() if self.asynchronous else client.close()

        asyncio.run(main())


class InThread:
    """A blocking transport or reply, its waiting methods awaited."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def send(self, request: Request) -> InThread:
        return InThread(await asyncio.to_thread(self.inner.send, request))

    async def read(self, until: float | None = None) -> bytes:
        return await asyncio.to_thread(self.inner.read, until)

    async def read_some(self, until: float | None = None) -> bytes:
        return await asyncio.to_thread(self.inner.read_some, until)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param, reason=f"{request.param} is not installed")
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def shape(library: str, request: pytest.FixtureRequest) -> Shape:
    return Shape(library, request.param)


def post(url: str, **fields: Any) -> Request:
    fields.setdefault("headers", (("Authorization", "Bearer k"), ("Content-Type", "application/json")))
    return Request("POST", url, body=b'{"model": "m"}', **fields)


async def until_gone(peer: Peer) -> None:
    assert await asyncio.to_thread(peer.gone.wait, PATIENCE), "the server still holds the connection"


async def failure(awaitable: Awaitable[Any], kind: type[Exception]) -> Any:
    with pytest.raises(kind) as caught:
        await awaitable
    assert type(caught.value) is kind
    return caught.value


def test_a_whole_answer_comes_and_its_connection_is_used_again(shape: Shape, peer: Peer) -> None:
    """Method, headers and body arrive as written; status, repeated headers and body come back."""

    async def scenario(transport: Any) -> None:
        for _ in range(2):
            reply = await transport.send(post(peer.url("/echo"), until=time.monotonic() + PATIENCE))
            assert reply.status == 200
            assert reply.headers.get_all("x-repeated") == ["one", "two"]
            seen = json.loads(await reply.read(time.monotonic() + PATIENCE))
            assert (seen["method"], seen["body"], seen["connection"]) == ("POST", '{"model": "m"}', 1)
            head = [name for name, _ in seen["head"]]
            assert ["authorization", "Bearer k"] in seen["head"]
            assert all(head.count(name) == 1 for name in ("host", "content-length", "content-type", "accept-encoding"))
            assert await reply.read_some() == b""
            reply.close()

    shape.run(scenario)
    assert peer.connections == 1


def test_an_error_status_is_an_answer_like_any_other(shape: Shape, peer: Peer) -> None:
    """Nothing is raised, and the body can be read."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/failing")))
        assert (reply.status, reply.headers["retry-after"]) == (429, "7")
        assert b"slow down" in await reply.read()

    shape.run(scenario)


def test_a_redirect_is_not_followed(shape: Shape, peer: Peer) -> None:
    """Not even when the caller's client follows them by default: the key would go along."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/redirect")))
        assert (reply.status, reply.headers["location"]) == (307, "/echo")
        reply.release()

    shape.run(scenario, follow_redirects=True)


def test_a_stream_comes_in_pieces_and_its_connection_is_used_again(shape: Shape, peer: Peer) -> None:
    """`read_some` gives all bytes, then b"" for ever."""

    async def scenario(transport: Any) -> None:
        for _ in range(2):
            reply = await transport.send(post(peer.url("/events"), stream=True))
            blocks = []
            while block := await reply.read_some(time.monotonic() + PATIENCE):
                blocks.append(block)
            assert b"".join(blocks) == b"data: 0\n\ndata: 1\n\ndata: 2\n\n"
            assert await reply.read_some() == b""

    shape.run(scenario)
    assert peer.connections == 1


def test_read_gives_what_read_some_left(shape: Shape, peer: Peer) -> None:
    """Both read on where the other stopped."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/events")))
        first = await reply.read_some()
        assert first + await reply.read() == b"data: 0\n\ndata: 1\n\ndata: 2\n\n"
        assert await reply.read() == b""

    shape.run(scenario)


def test_compressed_bodies_are_decompressed_and_bounded(shape: Shape, peer: Peer) -> None:
    """`max_body` counts decompressed bytes; what is no gzip is a ProtocolError."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/zipped")))
        assert await reply.read() == b"a" * 100_000
        reply = await transport.send(post(peer.url("/zipped"), max_body=99_999))
        await failure(reply.read(), ProtocolError)
        reply = await transport.send(post(peer.url("/badly-zipped")))
        await failure(reply.read(), ProtocolError)

    shape.run(scenario)


@pytest.mark.parametrize("path", ["/cut-chunks", "/cut-length"])
def test_a_cut_body_is_a_lost_connection_after_all_that_came(shape: Shape, peer: Peer, path: str) -> None:
    """The bytes that arrived are handed out first."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url(path)))
        assert await reply.read_some() in (b"data: 0\n\n", b"only this")
        error = await failure(reply.read_some(), ConnectionLost)
        assert (error.began, error.retryable) == (True, False)
        error = await failure(reply.read_some(), ConnectionLost)

    shape.run(scenario)


def test_no_answer_at_all_is_worth_a_retry(shape: Shape, peer: Peer) -> None:
    """The server hung up before a byte of an answer."""

    async def scenario(transport: Any) -> None:
        error = await failure(transport.send(post(peer.url("/no-answer"))), ConnectionLost)
        assert (error.began, error.retryable) == (False, True)

    shape.run(scenario)


def test_what_is_no_http_is_a_protocol_error(shape: Shape, peer: Peer) -> None:
    """Some other service listens there."""
    shape.run(lambda transport: failure(transport.send(post(peer.url("/garbage"))), ProtocolError))


def test_nobody_listening_is_a_failed_connection(shape: Shape) -> None:
    """Nothing was sent, so a retry is safe."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"

    async def scenario(transport: Any) -> None:
        assert (await failure(transport.send(post(url)), ConnectFailed)).retryable

    shape.run(scenario)


def test_the_wait_for_the_head_is_limited(shape: Shape, peer: Peer) -> None:
    """`until` covers sending and the head; its phase is told, and the connection ends."""

    async def scenario(transport: Any) -> None:
        await (await transport.send(post(peer.url("/echo")))).read()  # connecting takes its time on a busy machine
        request = post(peer.url("/slow-head"), until=time.monotonic() + 0.1)
        assert (await failure(transport.send(request), TimedOut)).phase == "answer"
        await until_gone(peer)

    shape.run(scenario)


def test_the_wait_for_a_free_connection_is_limited(shape: Shape, peer: Peer) -> None:
    """A pool whose connections are all in use is a time-out while connecting."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/stalled")))
        request = post(peer.url("/echo"), connect_timeout=0.05)
        error = await failure(transport.send(request), TimedOut)
        assert (error.phase, error.retryable) == ("connect", True)
        reply.close()
        await until_gone(peer)

    shape.run(scenario, limits=shape.library.Limits(max_connections=1))


@pytest.mark.parametrize("path", ["/stalled", "/stalled-without-length"])
def test_each_read_has_its_own_limit(shape: Shape, peer: Peer, path: str) -> None:
    """A long limit for the first read does not hold for the second; being cut off is no clean end."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url(path), until=time.monotonic() + PATIENCE, stream=True))
        assert await reply.read_some(time.monotonic() + PATIENCE) == b"data: 0\n\n"
        assert (await failure(reply.read_some(time.monotonic() + 0.05), TimedOut)).phase == "idle"
        await until_gone(peer)

    shape.run(scenario)


def test_a_body_that_drips_in_is_limited_as_a_whole(shape: Shape, peer: Peer) -> None:
    """Each byte comes soon enough, the body does not."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/drip")))
        assert (await failure(reply.read(time.monotonic() + 0.1), TimedOut)).phase == "body"
        await until_gone(peer)

    shape.run(scenario)


def test_no_time_left_is_a_time_out_without_a_read(shape: Shape, peer: Peer) -> None:
    """Also when a byte would have been there."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/stalled")))
        assert (await failure(reply.read_some(time.monotonic() - 1), TimedOut)).phase == "idle"
        await until_gone(peer)

    shape.run(scenario)


def test_closing_an_unfinished_reply_ends_its_connection(shape: Shape, peer: Peer) -> None:
    """At once, twice is harmless, and the client goes on with a new connection."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/stalled")))
        assert await reply.read_some()
        reply.close()
        reply.close()
        await until_gone(peer)
        assert "closed" in repr(reply) or isinstance(reply, InThread)
        await failure(reply.read_some(), ConnectionLost)
        assert (await transport.send(post(peer.url("/echo")))).status == 200

    shape.run(scenario)
    assert peer.connections == 2


def test_closing_wakes_a_read_elsewhere(shape: Shape, peer: Peer) -> None:
    """A reader in another thread or task gets ConnectionLost."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/stalled")))
        assert await reply.read_some()
        reading = asyncio.create_task(failure(reply.read_some(), ConnectionLost))
        while not (reading.done() or peer.gone.is_set()):
            reply.close()
            await asyncio.sleep(0.01)
        await reading

    shape.run(scenario)


def test_a_dropped_reply_ends_its_connection(shape: Shape, peer: Peer) -> None:
    """Garbage collection is a way to give up, too."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/stalled")))
        assert await reply.read_some()
        del reply
        gc.collect()
        await until_gone(peer)

    shape.run(scenario)


def test_cancelling_a_read_ends_its_connection(library: str, peer: Peer) -> None:
    """A cancelled task must not leave a model writing, and billing, for nobody."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/stalled")))
        assert await reply.read_some()
        reading = asyncio.create_task(reply.read_some())
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await until_gone(peer)

    Shape(library, asynchronous=True).run(scenario)


def test_cancelling_a_send_ends_its_connection(library: str, peer: Peer) -> None:
    """Also before the head of the answer came."""

    async def scenario(transport: Any) -> None:
        sending = asyncio.create_task(transport.send(post(peer.url("/slow-head"))))
        assert await asyncio.to_thread(peer.asked.wait, PATIENCE)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await until_gone(peer)

    Shape(library, asynchronous=True).run(scenario)


def test_release_keeps_a_connection_whose_body_then_ends(
    shape: Shape, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller has seen `[DONE]`; the end of the body is on its way."""
    monkeypatch.setattr("franca.io.httpx._DRAIN_SECONDS", PATIENCE)  # this machine may be busy

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/nearly-ended")))
        assert await reply.read_some() == b"data: [DONE]\n\n"
        reply.release()
        reply.release()
        peer.go_on.set()
        while "ended" not in repr(getattr(reply, "inner", reply)):
            await asyncio.sleep(0.01)
        seen = json.loads(await (await transport.send(post(peer.url("/echo")))).read())
        assert seen["connection"] == 1

    shape.run(scenario)


def test_release_closes_a_connection_whose_body_goes_on(shape: Shape, peer: Peer) -> None:
    """After a moment, without anybody waiting for it."""

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/stalled")))
        assert await reply.read_some()
        reply.release()
        await until_gone(peer)

    shape.run(scenario)


def test_over_tls_the_same_holds(library: str) -> None:
    """A read is interrupted, a reply given up, and a certificate that nobody vouches for is refused for good."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post(peer.url("/stalled")))
        assert await reply.read_some(time.monotonic() + PATIENCE) == b"data: 0\n\n"
        assert (await failure(reply.read_some(time.monotonic() + 0.05), TimedOut)).phase == "idle"
        await until_gone(peer)
        peer.gone.clear()
        reply = await transport.send(post(peer.url("/stalled")))
        assert await reply.read_some()
        reply.close()
        await until_gone(peer)

    async def refused(transport: Any) -> None:
        assert not (await failure(transport.send(post(peer.url("/echo"))), ConnectFailed)).retryable

    for peer in serve(Peer(context)):
        for asynchronous in (False, True):
            peer.gone.clear()
            Shape(library, asynchronous).run(scenario, verify=trusting)
            Shape(library, asynchronous).run(refused)


def test_a_mock_transport_of_the_library_works(shape: Shape) -> None:
    """What users' tests already have: no sockets at all. The limits of the request are there to be seen."""
    seen: list[Any] = []

    def answer(request: Any) -> Any:
        seen.append(request)
        return shape.library.Response(200, json={"ok": True})

    async def scenario(transport: Any) -> None:
        reply = await transport.send(post("http://mock/v1/x", connect_timeout=3.0, until=time.monotonic() + 9))
        assert json.loads(await reply.read(time.monotonic() + PATIENCE)) == {"ok": True}
        reply = await transport.send(post("http://mock/v1/x"))
        reply.close()

    shape.run(scenario, transport=shape.library.MockTransport(answer))
    limits = seen[0].extensions["timeout"]
    assert limits["connect"] == 3.0
    assert 3.0 < limits["read"] <= 9.0
    assert str(seen[0].url) == "http://mock/v1/x"


def test_an_exception_of_the_callers_own_code_comes_through_as_it_is(shape: Shape) -> None:
    """A mock that fails is no network failure."""

    def answer(request: Any) -> Any:
        raise LookupError("mine")

    async def scenario(transport: Any) -> None:
        await failure(transport.send(post("http://mock/")), LookupError)

    shape.run(scenario, transport=shape.library.MockTransport(answer))


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("ConnectTimeout", TimedOut, {"phase": "connect"}),
        ("WriteTimeout", TimedOut, {"phase": "send"}),
        ("ReadTimeout", TimedOut, {"phase": "answer"}),
        ("ProxyError", ConnectFailed, {"retryable": True}),
        ("ReadError", ConnectionLost, {"began": False}),
        ("UnsupportedProtocol", BadUsage, {}),
    ],
)
def test_the_librarys_errors_become_ours(shape: Shape, name: str, kind: type[Exception], told: dict[str, Any]) -> None:
    """By name, with the library's own as the cause."""

    def answer(request: Any) -> Any:
        raise getattr(shape.library, name)("why", request=request)

    async def scenario(transport: Any) -> None:
        error = await failure(transport.send(post("http://mock/")), kind)
        assert {key: getattr(error, key) for key in told} == told

    shape.run(scenario, transport=shape.library.MockTransport(answer))


def test_a_key_that_http_cannot_carry_is_not_quoted(shape: Shape, peer: Peer) -> None:
    """Neither in the error nor in a traceback: a pasted newline or dash must not publish the key."""

    async def scenario(transport: Any) -> None:
        for key in ("sk-secret\nX: y", "sk-secret\u2014"):
            request = post(peer.url("/echo"), headers=(("Authorization", f"Bearer {key}"),))
            error = await failure(transport.send(request), BadUsage)
            assert "secret" not in str(error)
            assert error.__cause__ is None
            assert error.__suppress_context__

    shape.run(scenario)


def test_a_closed_client_is_a_wrong_usage(shape: Shape) -> None:
    """The client belongs to the caller, who closed it too early."""

    async def scenario(transport: Any) -> None:
        client = transport._client
        await client.aclose() if shape.asynchronous else client.close()
        await failure(transport.send(post("http://127.0.0.1:9/")), BadUsage)

    shape.run(scenario)


def test_the_transport_does_not_close_the_callers_client(shape: Shape, peer: Peer) -> None:
    """Whoever made it closes it."""

    async def scenario(transport: Any) -> None:
        closing = transport.close()
        if closing is not None:
            await closing
        assert (await transport.send(post(peer.url("/echo")))).status == 200

    shape.run(scenario)


def test_the_wrong_kind_of_client_is_told_at_once(library: str) -> None:
    """The two shapes are not mixed up, and other things are no clients."""
    module = importlib.import_module(library)
    with pytest.raises(BadUsage, match="AsyncHttpxTransport"):
        HttpxTransport(module.AsyncClient())
    with module.Client() as client, pytest.raises(BadUsage, match="use HttpxTransport"):
        AsyncHttpxTransport(client)
    with pytest.raises(BadUsage, match="SimpleNamespace"):
        HttpxTransport(SimpleNamespace())
    assert library in repr(AsyncHttpxTransport(module.AsyncClient()))
