"""A server that does exactly what a test says, and tells what it saw. And one front for both transports."""

from __future__ import annotations

import asyncio
import queue
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from franca.io.aio import AsyncioReply, AsyncioTransport
from franca.io.sync import SyncReply, SyncTransport
from franca.wire.http import Request

WAIT = 10.0  # no test waits longer than this for anything

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def ok(body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 200 OK\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Peer:
    """The server's end of one connection."""

    def __init__(self, sock: Any, number: int) -> None:
        self.sock = sock
        self.number = number
        """How many connections came before this one."""
        self._rest = b""

    def request(self) -> tuple[str, bytes]:
        """The next whole request: (head, body). EOFError when the client closed."""
        while b"\r\n\r\n" not in self._rest:
            self._more()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        text = head.decode("latin-1")
        size = 0
        for line in text.split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                size = int(value)
        while len(self._rest) < size:
            self._more()
        body, self._rest = self._rest[:size], self._rest[size:]
        return text, body

    def _more(self) -> None:
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self._rest += data

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def reset(self) -> None:
        """End the connection by RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def wait_for_close(self) -> bool:
        """Whether the client closes the connection (in time)."""
        self.sock.settimeout(WAIT)
        try:
            while self.sock.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True


class Server:
    """Runs `serve(peer)` in a thread for each connection; what it returns or raises goes to `saw`."""

    def __init__(self, serve: Callable[[Peer], Any], tls: Any = None) -> None:
        self._serve = serve
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.saw: queue.Queue[Any] = queue.Queue()
        self.connections = 0
        self._socks: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def _start(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._socks.append(sock)
            number, self.connections = self.connections, self.connections + 1
            self._start(self._run, sock, number)

    def _run(self, sock: Any, number: int) -> None:
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                sock = self._tls.wrap_socket(sock, server_side=True)
                self._socks.append(sock)
            self.saw.put(self._serve(Peer(sock, number)))
        except (OSError, EOFError) as error:
            self.saw.put(error)
        finally:
            sock.close()

    def seen(self) -> Any:
        """The next thing that a connection returned."""
        return self.saw.get(timeout=WAIT)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in self._socks:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(WAIT)
        for sock in self._socks:
            sock.close()


def keep_alive(*answers: bytes) -> Callable[[Peer], None]:
    """Answer each request with the next of these (the last one again and again), and keep the connection."""

    def serve(peer: Peer) -> None:
        number = 0
        while True:
            peer.request()
            peer.send(answers[min(number, len(answers) - 1)])
            number += 1

    return serve


class Door:
    """Both transports behind one blocking front, so that one test holds for both."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._runner = asyncio.Runner() if kind == "aio" else None
        if self._runner is not None:
            self._runner.get_loop()  # made now, before a test takes away what it is made of
        self._transports: list[Any] = []

    def transport(self, **options: Any) -> Any:
        made = SyncTransport(**options) if self._runner is None else AsyncioTransport(**options)
        self._transports.append(made)
        return made

    def send(self, transport: Any, url: str, **details: Any) -> DoorReply:
        details.setdefault("until", time.monotonic() + WAIT)
        request = Request(details.pop("method", "POST"), url, **details)
        return DoorReply(self, self.wait(transport.send(request)))

    def wait(self, outcome: Any) -> Any:
        """The result: at once, or (asyncio) after running the loop."""
        return outcome if self._runner is None else self._runner.run(_awaited(outcome))

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so, letting the loop run."""
        limit = time.monotonic() + WAIT
        while not condition():
            assert time.monotonic() < limit, "it did not come true in time"
            if self._runner is None:
                time.sleep(0.005)
            else:
                self._runner.run(asyncio.sleep(0.005))

    def close(self) -> None:
        for transport in self._transports:
            self.wait(transport.close())
        if self._runner is not None:
            self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


async def _awaited(outcome: Coroutine[Any, Any, Any]) -> Any:
    return await outcome


class DoorReply:
    def __init__(self, door: Door, reply: SyncReply | AsyncioReply) -> None:
        self.door = door
        self.reply = reply
        self.status = reply.status
        self.headers = reply.headers
        self.release = reply.release
        self.close = reply.close

    def read(self, limit: float = WAIT) -> bytes:
        data: bytes = self.door.wait(self.reply.read(time.monotonic() + limit))
        return data

    def read_some(self, limit: float = WAIT) -> bytes:
        data: bytes = self.door.wait(self.reply.read_some(time.monotonic() + limit))
        return data

    def rest(self) -> bytes:
        """All that `read_some` gives, to the end."""
        data = b""
        while piece := self.read_some():
            data += piece
        return data
