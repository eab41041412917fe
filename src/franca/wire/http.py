"""The border to HTTP: one request out, one reply in. Transports (`franca.io`) implement it.

A transport has two methods, `send` and `close`. A reply gives its head at once and its body on demand.
The sync and the async shapes have the same names; only `send`, `read`, `read_some` (and the transport's
`close`) are awaited in the async one. All times are seconds; `until` is a point on `time.monotonic()`.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from .headers import Headers, is_secret_header

__all__ = ["AsyncReply", "AsyncTransport", "Reply", "Request", "Transport"]

_64_MIB = 64 * 1024 * 1024


class Request:
    """One HTTP request, ready to be written.

    `url` is absolute and without user info; `headers` lacks Host, Content-Length, Accept-Encoding and
    Connection, which the transport adds. `until` limits sending and waiting for the head of the answer,
    `connect_timeout` the making of a connection. `max_body` bounds `Reply.read`, after decompression.
    """

    __slots__ = ("body", "connect_timeout", "extensions", "headers", "max_body", "method", "stream", "until", "url")

    def __init__(
        self,
        method: str,
        url: str,
        headers: tuple[tuple[str, str], ...] = (),
        body: bytes = b"",
        connect_timeout: float = 10.0,
        until: float | None = None,
        max_body: int = _64_MIB,
        stream: bool = False,
        extensions: dict[str, object] | None = None,
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connect_timeout = connect_timeout
        self.until = until
        self.max_body = max_body
        self.stream = stream
        """Whether the caller reads with `read_some`; a hint for transports that choose between the two."""
        self.extensions = extensions
        """Room for adapters; the built-in transports ignore it."""

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}: {'***' if is_secret_header(key) else value}" for key, value in self.headers)
        return f"<Request {self.method} {self.url} [{shown}] {len(self.body)} bytes>"


class Reply(Protocol):
    """The answer to a `Request`: head read, body still on its way."""

    status: int
    headers: Headers

    def read(self, until: float | None = None) -> bytes:
        """The whole remaining body, decompressed. After it the connection is free for reuse.

        Raises TimedOut(phase="body"), ConnectionLost(began=True) when the body was cut,
        ProtocolError beyond `Request.max_body`.
        """
        ...

    def read_some(self, until: float | None = None) -> bytes:
        """The next bytes of the body, decompressed, as soon as any are there; b"" once, at its clean end.

        Raises TimedOut(phase="idle") at `until`, ConnectionLost(began=True) when the body was cut (after
        all bytes that did arrive have been handed out).
        """
        ...

    def release(self) -> None:
        """The caller needs nothing more of the body, which should be about to end. Never waits: the
        connection is kept if the body ends cleanly by itself very soon, else closed. Idempotent."""
        ...

    def close(self) -> None:
        """Give the reply up: an unfinished one closes its connection at once. Never waits, may be called
        from any thread, from a finaliser and twice."""
        ...


class Transport(Protocol):
    """Sends requests with blocking I/O. Safe to share between threads and after fork."""

    def send(self, request: Request) -> Reply:
        """Write the request, wait for the head of the (final, not 1xx) answer. Follows no redirect.

        Raises ConnectFailed, TimedOut (phase "connect", "send" or "answer"), ConnectionLost, ProtocolError.
        """
        ...

    def close(self) -> None:
        """Close idle connections; ones in use close when their reply ends. The transport stays usable."""
        ...


class AsyncReply(Protocol):
    """As `Reply`; `read` and `read_some` are awaited. Cancelling either closes the connection at once."""

    status: int
    headers: Headers

    async def read(self, until: float | None = None) -> bytes: ...

    async def read_some(self, until: float | None = None) -> bytes: ...

    def release(self) -> None: ...

    def close(self) -> None: ...


@runtime_checkable
class AsyncTransport(Protocol):
    """As `Transport`, for asyncio. Usable from several event loops, one after another or at once."""

    async def send(self, request: Request) -> AsyncReply: ...

    async def close(self) -> None: ...
