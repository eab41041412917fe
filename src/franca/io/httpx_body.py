"""What the sync and the async `httpx` adapter share: the request, its limits, and the state of a body."""

from __future__ import annotations

import socket
from contextlib import suppress
from time import monotonic
from typing import Any

from ..errors import BadUsage, ConnectionLost, FrancaError, ProtocolError, TimedOut
from ..wire.headers import Headers
from ..wire.http import Request
from . import guard
from .address import split_url
from .httpx_errors import translate

__all__ = ["Body", "Limits", "build", "check"]


class Limits(dict[str, float | None]):
    """The library's four time limits. It asks for each when a phase begins, and is told what is left then."""

    def __init__(self, request: Request) -> None:
        self.connect = request.connect_timeout
        self.until = request.until
        super().__init__({name: self.get(name) for name in ("connect", "pool", "write", "read")})

    def get(self, name: str, default: object = None) -> float | None:
        left = None if self.until is None else max(self.until - monotonic(), 0.001)
        if name not in ("connect", "pool"):
            return left
        return self.connect if left is None else min(self.connect, left)


def build(client: Any, request: Request, limits: Limits) -> Any:
    """The library's own request. BadUsage where tests forbid it."""
    if guard.active is not None:
        guard.check_httpx(client, request.url, split_url(request.url).host)
    try:
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
    except UnicodeEncodeError:  # its text would quote the header, which may be a key
        raise BadUsage("a header has characters that HTTP cannot carry") from None
    extensions = {**(request.extensions or {}), "timeout": limits}
    return client.build_request(
        request.method, request.url, headers=headers, content=request.body or None, extensions=extensions
    )


def check(client: Any, *, asynchronous: bool) -> None:
    """BadUsage unless this is a client of the right shape."""
    if not hasattr(client, "build_request") or not hasattr(client, "send"):
        raise BadUsage(f"an httpx or httpx2 client is needed, not {type(client).__name__}")
    if hasattr(client, "aclose") is not asynchronous:
        right = "AsyncHttpxTransport" if not asynchronous else "HttpxTransport"
        raise BadUsage(f"for {type(client).__module__}.{type(client).__name__} use {right}")


class Body:
    """What both reply shapes share: the head, and how a body that is given up leaves its connection."""

    done = True  # until there is something to close

    def __init__(self, response: Any, request: Request, limits: Limits) -> None:
        self.status: int = response.status_code
        self.headers = Headers(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
        )
        self.limit: float | None = None
        self.guarded = False
        self._late = False
        self._ended = False
        self._released = False
        self._response = response
        self._limits = limits
        self._max_body = request.max_body
        self._socket: Any = None
        # Other streams share an HTTP/2 connection, so there only the library may end ours; and it asks
        # for the time limit again with every read. Over HTTP/1 it asks once, when the body begins.
        if response.extensions.get("http_version") != b"HTTP/2" and "network_stream" in response.extensions:
            self._socket = response.extensions["network_stream"].get_extra_info("socket")
        self.done = False

    def interrupt(self) -> None:
        """Make a blocked read return: its time is over."""
        self._late = True
        self._cut()

    def _cut(self) -> None:
        """End the connection at once, without waiting for any lock of the library."""
        if self._socket is not None:
            with suppress(Exception):  # gone already, or a loop's stand-in that cannot
                if isinstance(self._socket, socket.socket):
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)  # SSLSocket's own would free its state
                else:
                    self._socket.shutdown(socket.SHUT_RDWR)

    def _prepare(self, until: float | None, phase: str) -> bool:
        """Before a read: whether there is anything to read. Sets the limits."""
        if self._ended:
            return False
        if self.done:
            raise ConnectionLost("the reply was closed", began=True)
        if until is not None and until <= monotonic():
            raise TimedOut(f"no time left to read the {phase}", phase=phase)
        self._limits.until = until
        return True

    def _finish(self, phase: str) -> None:
        """After the last block. A connection that was cut can look like a clean end."""
        if self._late or self.done:
            raise self._why_cut(phase)
        self._ended = self.done = True

    def _explain(self, error: Exception, phase: str) -> FrancaError | None:
        """The error to raise for what went wrong in a read; None to raise it as it is."""
        if isinstance(error, FrancaError):
            return error
        if self._late or self.done:
            return self._why_cut(phase)
        return translate(error, phase, began=True)

    def _why_cut(self, phase: str) -> FrancaError:
        if self._late:
            return TimedOut(f"no more of the answer came in time ({phase})", phase=phase)
        return ConnectionLost("the reply was closed while it was read", began=True)

    def _too_big(self) -> ProtocolError:
        return ProtocolError(f"the answer is larger than {self._max_body} bytes")

    def __repr__(self) -> str:
        state = "ended" if self._ended else "closed" if self.done else "open"
        return f"<{type(self).__name__} {self.status} {state}>"
