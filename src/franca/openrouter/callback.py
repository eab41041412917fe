"""A server on this machine for one request: the browser that comes back from OpenRouter's page with a code.

It listens on 127.0.0.1 alone, at a path that nobody can guess, and keeps the first answer that comes there. Each
connection has a thread, because browsers open some in advance and send nothing over them.
"""

from __future__ import annotations

import hmac
import os
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from threading import Event, Thread
from typing import Any, Self
from urllib.parse import parse_qs

from ..errors import BadUsage, Forbidden, TimedOut

__all__ = ["Callback"]

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<body style="font-family: sans-serif; margin: 4em"><h1>{title}</h1><p>{text}</p></body></html>"""
_DONE = ("Logged in", "You may close this page and go back to the program.")
_REFUSED = ("Not logged in", "The program was told that you did not agree. You may close this page.")
_NOTHING = ("Nothing here", "This address is not the one that the program waits for.")
_LONGEST = 200  # characters of a refusal that are repeated


class Callback:
    """Waits for the code. `url` is the `callback_url` of the login; use it with `with`.

    Raises BadUsage when the port cannot be had.
    """

    def __init__(self, port: int = 0) -> None:
        self._path = f"/{os.urandom(16).hex()}"
        self._came = Event()
        self._query: dict[str, list[str]] = {}
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            raise BadUsage(f"port {port} of this machine cannot be used: {error}") from None
        self._server.callback = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{self._path}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def wait(self, seconds: float) -> str:
        """The code. Raises TimedOut when nobody came, and Forbidden when the user did not agree."""
        if not self._came.wait(seconds):
            raise TimedOut(f"nobody came back from the login page within {seconds:g} s")
        if "code" in self._query:
            return self._query["code"][0]
        reason = " ".join("".join(char for char in self._query["error"][0] if char.isprintable()).split())
        raise Forbidden(f"the login was refused: {reason[:_LONGEST]}")

    def take(self, path: str, query: str) -> tuple[int, tuple[str, str]]:
        """What a request asks for is noted; the status and the page that answer it."""
        if not hmac.compare_digest(path.encode(), self._path.encode()):
            return 404, _NOTHING
        try:
            found = parse_qs(query, max_num_fields=20)
        except ValueError:
            found = {}
        if not found.keys() & {"code", "error"}:
            return 400, _NOTHING
        if not self._came.is_set():
            self._query = found
            self._came.set()
        return 200, _DONE if "code" in found else _REFUSED


class _Server(ThreadingMixIn, TCPServer):  # not HTTPServer, which looks up this machine's name first
    allow_reuse_address = True
    daemon_threads = True
    callback: Callback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away in the middle is nothing to tell."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 10.0
    server: _Server

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        status, (title, text) = self.server.callback.take(path, query)
        body = _PAGE.format(title=title, text=text).encode()
        self.send_response(status)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the line would hold the code."""
