"""A connection of one's own, to see what a client hides: HTTP and TLS versions, and when the server hangs up."""

from __future__ import annotations

import http.client
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from .finding import Undecided

__all__ = ["Greeting", "Line", "greeting"]

_MOST = 4 * 1024 * 1024


class Greeting(NamedTuple):
    """What the head of the first answer tells."""

    address: str
    version: str
    tls: str
    server: str
    status: int


class Line:
    """One connection to the server of `url`; `exchange` asks on it, `hung_up` tells whether the server closed it."""

    def __init__(self, url: str, seconds: float, verify: Any = True) -> None:
        parts = urlsplit(url)
        self.path = parts.path + (f"?{parts.query}" if parts.query else "")
        self.secure = parts.scheme == "https"
        host = parts.hostname or ""
        if self.secure:
            from ..io.tls import make_context

            context = make_context(verify, None)
            self.http: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, parts.port, timeout=seconds, context=context
            )
        else:
            self.http = http.client.HTTPConnection(host, parts.port, timeout=seconds)
        try:
            self.http.connect()
        except (OSError, UnicodeError) as error:
            raise Undecided(f"no connection to {host}: {error}") from error

    @property
    def tls(self) -> str:
        """The TLS version, "" without TLS."""
        return str(getattr(self.http.sock, "version", str)()) if self.secure else ""

    @property
    def address(self) -> str:
        """The address that was connected to."""
        return str(self.http.sock.getpeername()[0])

    def exchange(
        self, method: str, headers: dict[str, str], body: bytes | None = None
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """One request, and its whole answer."""
        # The socket is kept hold of: http.client lets go of it when the server says that it will close.
        try:
            self.http.request(method, self.path, body, headers)
            response = self.http.getresponse()
            return response, response.read(_MOST)
        except (OSError, http.client.HTTPException) as error:
            raise Undecided(f"no whole answer on a connection of its own: {error or type(error).__name__}") from error

    def hung_up(self, seconds: float) -> bool:
        """Whether the server closes the idle connection within so many seconds."""
        sock = self.http.sock
        if sock is None:
            return True
        sock.settimeout(seconds)
        try:
            # On TLS a readable socket may hold a session ticket only: reading tells more than waiting.
            return not sock.recv(1)
        except TimeoutError:
            return False
        except OSError:
            return True

    def close(self) -> None:
        """Hang up."""
        self.http.close()


def greeting(url: str, seconds: float, verify: Any) -> Greeting:
    """Ask for `url` without any key, and look at the head of the answer."""
    line = Line(url, seconds, verify)
    try:
        tls, address = line.tls, line.address
        response, _ = line.exchange("GET", {"Accept": "application/json", "User-Agent": "franca-doctor"})
        version = {10: "HTTP/1.0", 11: "HTTP/1.1"}.get(response.version, f"HTTP version {response.version}")
        return Greeting(address, version, tls, response.getheader("Server") or "", response.status)
    finally:
        line.close()
