"""A gateway's listener and process with a tiny application in the place of the gateway, and raw connections to it."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from franca.errors import BadUsage
from franca.gateway.config import Config, glance, read_config
from franca.gateway.listening import Limits
from franca.gateway.running import Running
from franca.gateway.serve import Plan, bind, serve

LIMIT = 20.0


def wait_for(what: Callable[[], Any], told: str = "it did not happen in time") -> Any:
    """Wait until something is true, and return it."""
    until = time.monotonic() + LIMIT
    while not (found := what()):
        assert time.monotonic() < until, told
        time.sleep(0.01)
    return found


class TinyApp:
    """Answers with its configuration's port; /stream sends until it is let go, /readyz says whether it drains."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.draining = False
        self.seen: list[str] = []
        self.bodies: list[bytes] = []
        self.left = 0
        self.go = asyncio.Event()

    def reload(self, config: Config) -> None:
        """Take another configuration."""
        if config.gateway.max_body == 13:
            raise BadUsage("13 is refused")
        self.config = config

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        self.seen.append(scope["path"])
        if scope["path"] == "/stream":
            await self._stream(send)
        elif scope["path"] == "/unread":
            await self._send(send, b"early")
        elif scope["path"] == "/die":
            os._exit(7)
        else:
            await self._tell(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "lifespan.shutdown":
            self.seen.append("startup")
            await send({"type": "lifespan.startup.complete"})
        self.seen.append("shutdown")
        await send({"type": "lifespan.shutdown.complete"})

    async def _tell(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left += 1
                return
            body += message["body"]
            if not message["more_body"]:
                break
        self.bodies.append(body)
        status = 503 if scope["path"] == "/readyz" and self.draining else 200
        text = f"{scope['path']} {self.config.gateway.max_body} {os.getpid()}".encode()
        await self._send(send, text, status)

    async def _send(self, send: Any, body: bytes, status: int = 200) -> None:
        head = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _stream(self, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begin\n", "more_body": True})
        for _ in range(2000):
            if self.go.is_set() or Path("go").exists():
                break
            await asyncio.sleep(0.01)
        await send({"type": "http.response.body", "body": b"end\n"})


class Tiny:
    """The application, served in a thread of its own."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.app = TinyApp(Config())
        self.sockets = bind("127.0.0.1", 0)
        self.port: int = self.sockets[0].getsockname()[1]
        self.code: int | None = None
        self.server: Running
        self._loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Tiny:
        self._thread.start()
        assert self._ready.wait(LIMIT)
        return self

    def __exit__(self, *_: object) -> None:
        self.end(drain=0.0)

    def _run(self) -> None:
        async def work() -> None:
            self._loop = asyncio.get_running_loop()
            self.server = Running(self.app, self.limits, last=5.0, keep_alive=60)
            self.server.ready = self._ready.set
            self.code = await self.server.run_until_told(self.sockets)

        asyncio.run(work())

    def begin_to_end(self, drain: float) -> None:
        """What SIGTERM does."""
        self.server.drain = drain
        self._loop.call_soon_threadsafe(self.server.end)

    def end(self, drain: float) -> None:
        """End it and wait for that."""
        if self._thread.is_alive():
            self.begin_to_end(drain)
        self._thread.join(LIMIT)
        assert not self._thread.is_alive()

    def connect(self) -> Wire:
        """A raw connection."""
        return Wire(self.port)


class Wire:
    """A raw connection: what is sent and what comes, byte for byte."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        self.came = b""

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> Wire:
        """Send some bytes."""
        self.socket.sendall(data)
        return self

    def until(self, end: bytes) -> bytes:
        """Read until these bytes came; all that came so far."""
        while end not in self.came:
            data = self.socket.recv(65536)
            assert data, f"it ended before {end!r}: {self.came!r}"
            self.came += data
        return self.came

    def rest(self) -> bytes:
        """Read to the end; all that came."""
        while data := self.socket.recv(65536):
            self.came += data
        return self.came

    def ask(self, path: str) -> bytes:
        """A plain GET on this connection; its answer."""
        self.came = b""
        return self.send(b"GET %s HTTP/1.1\r\nhost: x\r\n\r\n" % path.encode()).until(b"%s " % path.encode())


def main(path: str) -> int:
    """Serve the application by a configuration file, as `franca serve` does."""
    import logging

    since = glance(path)
    config = read_config(path)

    logging.basicConfig(format="%(message)s")
    logging.getLogger("franca.gateway").setLevel(logging.INFO)
    plan = Plan(config=config, path=path, since=since, create=TinyApp)
    plan.ready = lambda url, _: print(url, flush=True)
    return serve(plan)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
