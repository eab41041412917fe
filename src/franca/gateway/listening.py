"""The listener: uvicorn's protocol for one connection, with the limits that it lacks. Imported only to serve.

A connection must send the whole head of a request within a time, and within a size; there are only so many of them.
What breaks these rules is answered in OpenAI's shape, once, and then only read past until it is closed: closing at
once would reset the connection, and the answer would be lost.
"""

from __future__ import annotations

import asyncio
from typing import Any

import httptools
from msgspec import Struct
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from .problem import Problem

__all__ = ["Limits", "protocol_for"]

_LINGER = 2.0
"""Seconds for which a refused connection may still send."""

_PHRASES = {400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large",
            503: "Service Unavailable"}  # fmt: skip

_MOST_QUEUED = 64
"""Requests that may wait on one connection for the answer to the one before them."""


class Limits(Struct):
    """What a connection may do. It may be changed while there are connections."""

    header_timeout: float = 10.0
    send_timeout: float = 60.0
    max_header: int = 64 * 1024
    max_connections: int = 2000


def protocol_for(limits: Limits) -> type[asyncio.Protocol]:
    """The class that uvicorn makes a connection of."""
    return type("Listening", (_Listening,), {"limits": limits})


class _Listening(HttpToolsProtocol):
    limits: Limits

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = False
        """Whether a head has begun and is not whole yet."""
        self._read = 0
        """Bytes of the request so far; what came along with the end of the one before is not counted."""
        self._timer: asyncio.TimerHandle | None = None
        """Runs while a head is awaited that has begun, or is the first."""
        self._refused = False
        self._trailers = 0
        """Bytes of what came behind a body in chunks."""
        self._unread = 0
        """Bytes that waited for the caller when it was looked at last."""
        self._reading: asyncio.TimerHandle | None = None
        """Runs while an answer waits for its caller to read."""

    # ---- a connection ---------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.max_connections:
            self._refuse(503, "Too many connections; try again in a moment.", "too_many_connections")
            self.connections.discard(self)
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timer()
        self._cancel_reading()
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._read += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._pass_over(data[offer.args[0] :])
            return
        except httptools.HttpParserError:
            if not self._refused:
                self._refuse(400, "This is no HTTP/1.1 request.", "bad_http")
            return
        if self._in_head:
            if self._read > self.limits.max_header:
                self._refuse_head()
            elif self._timer is None:
                self._await_head()
        elif self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._await_head()  # line breaks between requests, or the rest of a body that nobody wants

    def _pass_over(self, rest: bytes) -> None:
        """An offer to speak another protocol (Java's client makes it with each request) is answered in HTTP/1.1. The
        parser took it for the end of the request: another one goes on with the body."""
        framing = [
            name + b": " + value + b"\r\n"
            for name, value in self.headers
            if name in (b"content-length", b"transfer-encoding")
        ]
        self.cycle.more_body = True
        self.parser = httptools.HttpRequestParser(_Resumed(self))
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + b"".join(framing) + b"\r\n")
        if rest:
            self.data_received(rest)

    def shutdown(self) -> None:
        """The server is about to end: an idle connection is closed, another one after its answer."""
        if self._timer is not None and (self.cycle is None or self.cycle.response_complete):
            self._cancel_timer()
        super().shutdown()

    # ---- a caller who does not read -------------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_reading()

    def resume_writing(self) -> None:
        self._cancel_reading()
        super().resume_writing()

    def _await_reading(self) -> None:
        self._unread = self.transport.get_write_buffer_size()
        self._reading = self.loop.call_later(self.limits.send_timeout, self._not_read)

    def _cancel_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None

    def _not_read(self) -> None:
        """Whoever takes nothing at all is gone; the server's connection ends with theirs."""
        if self.transport.get_write_buffer_size() < self._unread:
            self._await_reading()
        else:
            self._reading = None
            self.transport.abort()

    # ---- the parser -----------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._in_head = True
        self._trailers = 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            super().on_header(name, value)
            return
        # A trailer: nobody reads them, and there may be no end of them.
        self._trailers += len(name) + len(value) + 4
        if self._trailers > self.limits.max_header:
            self._refuse_head()
            raise ValueError("too large")

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._cancel_timer()
        if self._read > self.limits.max_header and self._head_size() > self.limits.max_header:
            self._refuse_head()
            raise ValueError("too large")  # so that the parser stops here; told by `_refused`
        if len(self.pipeline) >= _MOST_QUEUED:  # one read may hold thousands of them
            self._refused = True
            self.transport.close()
            raise ValueError("too many")
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.pipeline:
            self.flow.pause_reading()  # what waits is answered first

    def on_message_complete(self) -> None:
        self._read = 0
        super().on_message_complete()

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing: anybody could fill the log with it."""

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    # ---- limits ---------------------------------------------------------------------------------------

    def _await_head(self) -> None:
        self._timer = self.loop.call_later(self.limits.header_timeout, self._too_slow)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self.cycle is not None and not self.cycle.response_complete:
            self._await_head()  # the answer before it is still on its way: that one is let go on
        elif self._in_head:
            self._refuse(408, f"The head of the request did not come within {self.limits.header_timeout:g} s.", "slow")
        else:
            self.transport.close()  # a connection that was opened and not used

    def _refuse_head(self) -> None:
        self._refuse(431, f"The head of the request is larger than {self.limits.max_header} bytes.", "header_too_large")

    def _refuse(self, status: int, message: str, code: str) -> None:
        """Answer with an error where no answer is on its way, and let the connection end."""
        self._refused = True
        self._cancel_timer()
        self._unset_keepalive_if_required()
        cycle = self.cycle
        answering = cycle is not None and not cycle.response_complete
        if answering and cycle.response_started:
            self.transport.close()
            return
        if answering:  # the request that is wrong is the one that is being read: nobody answers it any more
            cycle.disconnected = True
            cycle.message_event.set()
        body = Problem(status, message, code).body()
        head = f"HTTP/1.1 {status} {_PHRASES[status]}\r\ncontent-type: application/json\r\n"
        head += f"content-length: {len(body)}\r\nconnection: close\r\n"
        if status == 503:
            head += "retry-after: 1\r\n"
        self.transport.write(head.encode() + b"\r\n" + body)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self._timer = self.loop.call_later(_LINGER, self.transport.close)


class _Resumed:
    """What a parser calls that goes on in the middle of a request: its first head has been told already."""

    def __init__(self, connection: _Listening) -> None:
        self._connection = connection
        self._told = True

    def on_message_begin(self) -> None:
        if not self._told:
            self._connection.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._told:
            self._connection.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._told:
            self._connection.on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self._told:
            self._connection.on_headers_complete()
        self._told = False

    def on_body(self, body: bytes) -> None:
        self._connection.on_body(body)

    def on_message_complete(self) -> None:
        self._connection.on_message_complete()
