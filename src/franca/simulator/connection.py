"""One client's connection: bytes in through llhttp, answers out, in order, one after the other.

Answers are played by call-backs, not tasks: a small plain answer is written within `data_received`, and a
scripted one is an iterator of steps (see `steps`) that goes on from timers and from `resume_writing`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import Any, Protocol

import httptools

from . import http
from .log import Seen
from .steps import HANG, RESET, Answer, End, Steps

__all__ = ["Connection", "Service"]

_HEAD_LIMIT = 64 * 1024
_MOST_QUEUED = 64
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Service(Protocol):
    """What a connection needs of the simulator."""

    max_body: int
    connections: set[Connection]

    def opened(self) -> int: ...

    def receive(
        self, method: str, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes, connection: int, secure: bool
    ) -> tuple[Seen, Answer]: ...

    def ended(self, seen: Seen, how: str) -> None: ...


class Connection(asyncio.Protocol):
    """One connection, from accept to its end."""

    def __init__(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        self.service = service
        self.loop = loop
        self.number = service.opened()
        self.parser: Any = httptools.HttpRequestParser(self)
        self.idle_since: float | None = loop.time()
        self._queue: deque[tuple[Seen, Answer, bool]] = deque()
        self._now: Seen | None = None  # the request whose answer is on its way
        self._keep = True
        self._script: Steps | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._paused = False
        self._held = False  # the script waits for the client to take what was written
        self._deaf = False  # nothing more is read: a broken request came, or the end is decided
        self._unfinished_head = 0
        self._begin()

    # ---- asyncio.Protocol -------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.secure = transport.get_extra_info("sslcontext") is not None
        transport.set_write_buffer_limits(high=1, low=0)  # so that "paused" means: not all is with the kernel yet
        self.service.connections.add(self)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        self.idle_since = None
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._deaf = True  # the answer to the request itself is written or queued; what follows is not HTTP
        except httptools.HttpParserError as error:
            self._refuse(400, f"This is no HTTP request: {error}")
        if self._in_head:
            self._unfinished_head += len(data)
            if self._unfinished_head > _HEAD_LIMIT:
                self._refuse(431, "The head of the request is too large.")
        if len(self._queue) > _MOST_QUEUED:
            self.transport.pause_reading()

    def eof_received(self) -> bool:
        return False  # a client that sends no more is taken to be gone: nobody half-closes on this wire

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._held:
            self._held = False
            self._step()

    def connection_lost(self, exc: Exception | None) -> None:
        self.service.connections.discard(self)
        self._deaf = True
        self._stop_script()
        if self._now is not None:
            self.service.ended(self._now, "left")
            self._now = None
        for seen, _, _ in self._queue:
            self.service.ended(seen, "left")
        self._queue.clear()

    # ---- the parser's call-backs ------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._begin()
        self._in_head = True

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._unfinished_head = 0
        expects = False
        for name, value in self._headers:
            if len(name) == 6 and name.lower() == b"expect":
                expects = value.lower() == b"100-continue"
            elif len(name) == 14 and name.lower() == b"content-length" and int(value) > self.service.max_body:
                self._refuse(413, f"The body is larger than {self.service.max_body} bytes.")
                return
        if expects and self._now is None:
            self.transport.write(_CONTINUE)

    def on_body(self, data: bytes) -> None:
        self._body.append(data)
        self._size += len(data)
        if self._size > self.service.max_body:
            self._refuse(413, f"The body is larger than {self.service.max_body} bytes.")

    def on_message_complete(self) -> None:
        if self._deaf:
            return
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        keep = self.parser.should_keep_alive() and not self.parser.should_upgrade()
        method = self.parser.get_method().decode()
        seen, answer = self.service.receive(method, self._target, self._headers, body, self.number, self.secure)
        if self._now is not None:
            self._queue.append((seen, answer, keep))
        else:
            self._play(seen, answer, keep)

    def _begin(self) -> None:
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []
        self._size = 0
        self._in_head = False

    # ---- playing answers --------------------------------------------------------------------

    def _play(self, seen: Seen, answer: Answer, keep: bool) -> None:
        self._now, self._keep = seen, keep
        self._script = iter((answer,)) if isinstance(answer, bytes) else answer
        self._step()

    def _step(self) -> None:
        """Go on with the script until it waits for something."""
        self._timer = None
        script = self._script
        while script is not None:
            if self._paused:
                self._held = True
                return
            try:
                step = next(script, None)
            except Exception:  # a fault of the simulator itself must not look like a hanging server
                self.reset()
                raise
            if step is None:
                self._script = None
                self._finish()
                return
            if isinstance(step, bytes):
                self.transport.write(step)
                if self.transport.is_closing():  # the client is gone: `connection_lost` comes next
                    return
            elif isinstance(step, End):
                self._break_off(step)
                return
            else:
                self._timer = self.loop.call_later(step, self._step)
                return

    def _finish(self) -> None:
        """The answer is whole: note it, then close, or take the next request."""
        assert self._now is not None
        seen, self._now = self._now, None
        self.service.ended(seen, "whole")
        if not self._keep or self._deaf:
            self._close()
        elif self._queue:
            waiting = self._queue.popleft()
            self.transport.resume_reading()
            self._play(*waiting)
        else:
            self.idle_since = self.loop.time()

    def _break_off(self, how: End) -> None:
        if how is HANG:
            return
        assert self._now is not None
        seen, self._now = self._now, None
        self.service.ended(seen, "cut")
        if how is RESET:
            self.reset()
        else:
            self._close()

    def _refuse(self, status: int, message: str) -> None:
        """Answer a request that cannot be read any further, and close."""
        if self._deaf:
            return
        self._deaf = True
        if self._now is None:
            self.transport.write(http.answer(status, http.error_body(message), [("connection", "close")]))
            self._close()

    def _close(self) -> None:
        self._deaf = True
        self._stop_script()
        self.transport.close()

    def _stop_script(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        script, self._script = self._script, None
        self._held = False
        close = getattr(script, "close", None)
        if close is not None:
            close()

    # ---- for the server ---------------------------------------------------------------------

    def reset(self) -> None:
        """End the connection at once; the client sees a reset."""
        self._deaf = True
        self._stop_script()
        raw = self.transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def close_if_idle(self, before: float) -> None:
        """Close a connection that has waited for a request since before that loop time."""
        if self.idle_since is not None and self.idle_since <= before:
            self._close()
