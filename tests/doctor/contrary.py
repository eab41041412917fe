"""A relay in front of the simulator that refuses fields, forgets them, or changes answers: one departure at a time."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

Change = Callable[[Any], Any]
LIMIT = 20.0


class Contrary:
    """A context manager; `url` is the base URL of the contrary server.

    refuse   words: a request whose JSON holds one (a field's name, a role, a type) is answered `status`
    forget   fields of the request that do not reach the simulator
    reply    as `answer`, given the decoded request as well
    answer   changes the decoded body of a plain answer of chat or embeddings
    stream   changes the bytes of a streamed answer
    listing  changes the decoded list of models
    typed    the content type of streams
    hangs_up whether the connection is closed after a stream, unannounced
    keyed    (status, message or whole body) for requests without the right key, which is "sk-right-key-0123"
    """

    def __init__(
        self,
        upstream: str,
        *,
        refuse: tuple[str, ...] = (),
        status: int = 400,
        forget: tuple[str, ...] = (),
        answer: Change | None = None,
        reply: Callable[[Any, Any], Any] | None = None,
        stream: Change | None = None,
        listing: Change | None = None,
        typed: str = "text/event-stream",
        hangs_up: bool = False,
        keyed: tuple[int, Any] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.upstream = urlsplit(upstream)
        self.refuse, self.status, self.forget = refuse, status, forget
        self.answer, self.reply, self.stream, self.listing = answer, reply, stream, listing
        self.typed, self.hangs_up, self.keyed, self.headers = typed, hangs_up, keyed, headers
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"owner": self}))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Contrary:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(LIMIT)


class _Handler(BaseHTTPRequestHandler):
    owner: Contrary
    protocol_version = "HTTP/1.1"
    timeout = LIMIT

    def do_GET(self) -> None:
        self._do(None)

    def do_POST(self) -> None:
        self._do(self.rfile.read(int(self.headers["Content-Length"] or 0)))

    def _do(self, body: bytes | None) -> None:
        owner = self.owner
        if owner.keyed and self.headers["Authorization"] != "Bearer sk-right-key-0123":
            status, said = owner.keyed
            self._send(status, {"error": {"message": said}} if isinstance(said, str) else said)
            return
        for word in owner.refuse:
            if body is not None and f'"{word}"'.encode() in body:
                self._send(owner.status, {"error": {"message": f"{word} is not supported"}})
                return
        status, kind, content = self._ask(self._without(body))
        if kind.startswith("text/event-stream"):
            self._send(status, owner.stream(content) if owner.stream else content, owner.typed)
            self.close_connection = self.close_connection or owner.hangs_up
            return
        change = owner.listing if body is None else owner.answer
        payload = json.loads(content)
        if owner.reply and body is not None and status == 200:
            payload = owner.reply(json.loads(body), payload)
        self._send(status, change(payload) if change and status == 200 else payload)

    def _without(self, body: bytes | None) -> bytes | None:
        if not body or not self.owner.forget:
            return body
        try:
            fields = json.loads(body)
        except ValueError:
            return body
        return json.dumps({name: value for name, value in fields.items() if name not in self.owner.forget}).encode()

    def _ask(self, body: bytes | None) -> tuple[int, str, bytes]:
        upstream = self.owner.upstream
        connection = http.client.HTTPConnection(upstream.hostname or "", upstream.port, timeout=LIMIT)
        try:
            connection.request(self.command, self.path, body, {"Content-Type": "application/json"})
            reply = connection.getresponse()
            return reply.status, reply.headers["Content-Type"], reply.read()
        finally:
            connection.close()

    def _send(self, status: int, content: Any, kind: str = "application/json") -> None:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(data))), *self.owner.headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""
