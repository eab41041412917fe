"""What the tests of the relay share: a server whose every byte is the test's own, callers on bare sockets, the books.

with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
    gateway.chat("sim/m")
    books(gateway, 1)
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from gw_gateway import ThreadGateway, wait_until

LIMIT = 20.0
MESSAGES = [{"role": "user", "content": "Hello"}]


def answer_of(text: str = "Hi", model: str = "m", **more: Any) -> dict[str, Any]:
    """A whole chat answer."""
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}, **more,
    }  # fmt: skip


def chunk_of(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    """One event of a stream."""
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    return event_of({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m", "choices": [choice], **more})


def event_of(data: Any) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


USAGE = event_of({"id": "chatcmpl-1", "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}})
DONE = b"data: [DONE]\n\n"


class Call:
    """One request as the server got it, and the ways to answer it."""

    def __init__(self, connection: socket.socket, number: int, head: bytes, body: bytes) -> None:
        self.connection = connection
        self.number = number
        """Of the server's requests, from 0."""
        self.head = head
        self.body = body
        first, *lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = first.split(" ")
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.sent = 0

    def json(self) -> Any:
        return json.loads(self.body)

    def write(self, data: bytes) -> None:
        """These bytes and no others."""
        self.connection.sendall(data)
        self.sent += len(data)

    def reply(self, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """A whole answer with its length; what is no bytes is sent as JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.write(self.start(status, {"Content-Length": str(len(data)), **(headers or {})}) + data)

    @staticmethod
    def start(status: int, headers: Mapping[str, str]) -> bytes:
        """The bytes of a head."""
        lines = {"Content-Type": "application/json", **headers}
        return b"".join(
            (b"HTTP/1.1 %d X\r\n" % status, *(f"{k}: {v}\r\n".encode("latin-1") for k, v in lines.items()), b"\r\n")
        )

    def begin_stream(self, headers: Mapping[str, str] | None = None) -> None:
        """The head of an event stream in chunks."""
        more = {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", **(headers or {})}
        self.write(self.start(200, more))

    def piece(self, data: bytes) -> None:
        """One chunk."""
        self.write(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self) -> None:
        """The last chunk."""
        self.write(b"0\r\n\r\n")

    def stream(self, pieces: Iterable[bytes], end: bool = True) -> None:
        """A whole event stream, a chunk for each piece."""
        self.begin_stream()
        for piece in pieces:
            self.piece(piece)
        if end:
            self.end()

    def close(self) -> None:
        """End the connection in good order, whatever was promised."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def reset(self) -> None:
        """Reset the connection."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def gone(self, limit: float = 5.0) -> float | None:
        """The moment (monotonic) at which the other side closed; None if it did not within the limit."""
        end = time.monotonic() + limit
        while (left := end - time.monotonic()) > 0:
            if select.select([self.connection], [], [], left)[0]:
                try:
                    if not self.connection.recv(65536):
                        return time.monotonic()
                except OSError:
                    return time.monotonic()
        return None


Play = Callable[[Call], None]


class Puppet:
    """A server that plays `play(call)` for each request, in a thread for each connection."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.calls: list[Call] = []
        self.failures: list[BaseException] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.connections = 0
        """That were made so far."""
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = int(self._listener.getsockname()[1])
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def table(self, **more: Any) -> dict[str, Any]:
        """A table of [servers] for it."""
        return {"base_url": self.url, "retries": 0, **more}

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        data = b""
        try:
            while True:
                while b"\r\n\r\n" not in data:
                    if not (more := connection.recv(65536)):
                        return
                    data += more
                head, _, data = data.partition(b"\r\n\r\n")
                length = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
                )
                while len(data) < length:
                    if not (more := connection.recv(65536)):
                        return
                    data += more
                with self._lock:
                    call = Call(connection, len(self.calls), head, data[:length])
                    self.calls.append(call)
                data = data[length:]
                self.play(call)
                if connection.fileno() < 0:
                    return
        except OSError:
            return
        except BaseException as error:
            self.failures.append(error)
        finally:
            connection.close()
            self._open.discard(connection)

    def stop(self) -> None:
        """End everything. Idempotent."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(LIMIT)
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(LIMIT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()
        if raised[0] is None:
            assert not self.failures, self.failures


class Caller:
    """A caller on a bare socket: what it got is in `got`, as it came."""

    def __init__(self, gateway: Any, small: bool = False) -> None:
        self.socket = socket.socket()
        if small:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(LIMIT)
        self.socket.connect((gateway.host, gateway.port))
        self.got = b""

    def send(self, data: bytes) -> Self:
        self.socket.sendall(data)
        return self

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None, method: str = "POST") -> Self:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = {"Host": "localhost", "Content-Type": "application/json", "Content-Length": str(len(data))}
        text = "".join(f"{name}: {value}\r\n" for name, value in {**lines, **(headers or {})}.items())
        return self.send(f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode("latin-1") + data)

    def chat(self, model: str, stream: bool = False, headers: Mapping[str, str] | None = None, **more: Any) -> Self:
        body = {"model": model, "messages": MESSAGES, **({"stream": True} if stream else {}), **more}
        return self.post("/v1/chat/completions", body, headers)

    def until(self, text: bytes) -> bytes:
        """Read until this came; everything so far."""
        while text not in self.got:
            data = self.socket.recv(65536)
            assert data, f"it ended before {text!r}: {self.got!r}"
            self.got += data
        return self.got

    def rest(self) -> bytes:
        """Read until the connection ends; everything."""
        with suppress(ConnectionResetError):
            while data := self.socket.recv(65536):
                self.got += data
        return self.got

    def close(self) -> float:
        """Go away, and say when."""
        now = time.monotonic()
        self.socket.close()
        return now

    def reset(self) -> float:
        """Go away rudely, and say when."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


class Relaying(ThreadGateway):
    """A gateway in a thread whose rows of usage are also kept, as they go into the ledger."""

    def __init__(self, config: Any, wrap: Callable[[Any], Any] | None = None) -> None:
        self.rows: list[Any] = []

        def watching(app: Any) -> Any:
            note = app.gateway.ledger.note

            def noted(row: Any) -> None:
                self.rows.append(row)
                note(row)

            app.gateway.ledger.note = noted
            return app if wrap is None else wrap(app)

        super().__init__(config, wrap=watching)

    @property
    def gateway(self) -> Any:
        return self.app.gateway

    def breaker(self, name: str) -> str:
        return str(self.gateway.servers[name].breaker.state(time.monotonic()))


def tables_of(folder: Path, servers: Mapping[str, Any], **tables: Any) -> dict[str, Any]:
    """A configuration with these servers."""
    quiet = {"store": {"url": f"sqlite:{folder / 'franca.db'}", "flush": 0.01}, "log": {"form": "off"}}
    return {"servers": dict(servers), **quiet, **tables}


@contextmanager
def relaying(
    folder: Path, servers: Mapping[str, Any], wrap: Callable[[Any], Any] | None = None, **tables: Any
) -> Iterator[Relaying]:
    """A gateway over these servers, until the end of the block; then nothing may be left behind."""
    with Relaying(tables_of(folder, servers, **tables), wrap=wrap) as gateway:
        yield gateway
        wait_until(lambda: gateway.gateway.metrics.in_flight == 0, "all requests to end")
        for upstream in gateway.gateway.servers.values():
            assert upstream.in_flight == 0, f"{upstream.name}: {upstream.in_flight} requests are never over"


def books(gateway: Relaying, count: int) -> list[Any]:
    """The rows of usage, once there are so many; there must not be more."""
    wait_until(lambda: len(gateway.rows) >= count, f"{count} rows of usage", about=lambda: repr(gateway.rows))
    assert len(gateway.rows) == count
    return gateway.rows


def only(gateway: Relaying) -> Any:
    """The one row of usage."""
    return books(gateway, 1)[0]


def free_port() -> int:
    """A port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def body_of(raw: bytes) -> bytes:
    """The body of an answer that came in chunks (as far as it came) or with a length."""
    head, _, rest = raw.partition(b"\r\n\r\n")
    if b"transfer-encoding: chunked" not in head.lower():
        return rest
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body
