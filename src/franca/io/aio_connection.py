"""One connection of an event loop: the loop says when there are bytes, whoever waits for them is woken.

It watches its socket itself (`add_reader`) instead of being an `asyncio.Protocol`. That spares a layer per read,
asyncio's reads of 256 KiB (four times the cost of 64 KiB), and its TLS; and a socket of our own can be closed at
once from anywhere: in a finaliser, after the loop is over, in the child of a fork.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from ..errors import BadUsage, TransportError
from .failures import closed_here, timed_out
from .http11 import ResponseParser
from .link import RECEIVE, Link
from .plan import Plan

if TYPE_CHECKING:
    from .aio_pool import LoopPool
    from .tls import TlsPipe

__all__ = ["Connection"]

_HIGH = 256 * 1024  # bytes that wait for a slow reader before we stop reading
_LINGER = 1.0  # seconds that a released answer has to end


class Connection(Link):
    """See the module. All but `give_up` belongs to the thread of the loop."""

    __slots__ = (
        "_fd",
        "_lingering",
        "_loop",
        "_paused",
        "_phase",
        "_pool",
        "_timer",
        "_timer_at",
        "_unsent",
        "_until",
        "_waiter",
        "_wake_at",
        "parser",
    )

    def __init__(self, sock: socket.socket, pipe: TlsPipe | None, plan: Plan, pool: LoopPool) -> None:
        super().__init__(sock, pipe, plan)
        self._pool = pool
        self._loop = pool.loop
        self._fd = sock.fileno()
        self.parser: ResponseParser | None = None
        """The answer that is on its way; None while the connection is idle."""
        self._unsent: memoryview | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._wake_at: float = 0  # bytes of body beyond which the waiter is woken; inf: the head is waited for
        self._paused = False
        self._lingering = False
        # One timer serves all limits: it is moved only when a limit comes before it.
        self._until: float | None = None
        self._phase = ""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf
        self._loop.add_reader(self._fd, self._on_readable)

    # ---- called by the transport and its replies --------------------------------------------------

    def start(self, parser: ResponseParser, data: bytes) -> None:
        """Send a request; its answer goes to the parser."""
        self.parser = parser
        self._lingering = False
        if self.pipe is not None:
            data = self.pipe.encrypt(data)
        self._send(data)

    async def head(self, parser: ResponseParser, until: float | None) -> None:
        """Wait for the head of the answer."""
        while not parser.head_done:
            if parser.failure is not None:
                raise parser.failure
            await self._wait(parser, until, "answer", inf)

    async def more(self, parser: ResponseParser, until: float | None, phase: str, beyond: int = 0) -> None:
        """Wait until more than `beyond` bytes of the body are there, or its end, or a failure."""
        if self.parser is parser:
            self.resume(parser)
            await self._wait(parser, until, phase, beyond)

    def resume(self, parser: ResponseParser) -> None:
        """The reader has caught up."""
        if self._paused and self.parser is parser:
            self._paused = False
            self._loop.add_reader(self._fd, self._on_readable)

    def linger(self, parser: ResponseParser) -> None:
        """The answer should be about to end: wait for that in the background, a second at most."""
        if self.parser is parser:
            self._lingering = True
            parser.take()
            self.resume(parser)
            self._arm(monotonic() + _LINGER)

    def give_up(self, parser: ResponseParser) -> None:
        """Close the connection if this answer is still on it. From any thread, and from finalisers."""
        if self.parser is not parser:
            return
        try:
            here = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            here = False
        if here:
            self.close()
            return
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)  # at once; the loop may be busy, or stand still
        try:
            self._loop.call_soon_threadsafe(self.give_up, parser)
        except RuntimeError:  # the loop is over
            self.abandon()

    # ---- waiting ----------------------------------------------------------------------------------

    async def _wait(self, parser: ResponseParser, until: float | None, phase: str, beyond: float) -> None:
        if self._waiter is not None:
            raise BadUsage("two tasks read from one reply at the same time")
        waiter = self._waiter = self._loop.create_future()
        self._wake_at = beyond
        self._phase = phase
        if until is not None:
            self._arm(until)
        try:
            await waiter
        except BaseException:
            self.give_up(parser)
            raise
        finally:
            if self._waiter is waiter:  # else the connection may carry somebody else's exchange already
                self._waiter = self._until = None

    def _arm(self, until: float) -> None:
        self._until = until
        if until < self._timer_at:
            if self._timer is not None:
                self._timer.cancel()
            self._timer_at = until
            self._timer = self._loop.call_later(min(max(until - monotonic(), 0), 86400), self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._timer_at = inf
        until = self._until
        if until is None:
            return
        if monotonic() < until:
            self._arm(until)
        elif self._lingering:
            self.close()
        else:
            phase = "send" if self._unsent is not None else self._phase
            waiter = self._waiter
            if waiter is not None and not waiter.done():
                waiter.set_exception(timed_out(self.server, phase))

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None:
            self._until = None
            if not waiter.done():
                waiter.set_result(None)

    # ---- called by the loop -----------------------------------------------------------------------

    def _on_readable(self) -> None:
        parser = self.parser
        failure: TransportError | None = None
        try:
            data = self.sock.recv(RECEIVE)
            if parser is None:
                self._hear_idle(data)
                return
            self.digest(parser, data)
        except (BlockingIOError, InterruptedError):
            return
        except TransportError as error:
            failure = error
        except OSError as error:
            if parser is not None:
                failure = self.broken(parser, error)
        if parser is None or failure is not None:
            self._fail(failure)
        elif parser.done:
            self._finish(parser)
        else:
            self._progress(parser)

    def _hear_idle(self, data: bytes) -> None:
        """Something came while nothing was asked: the end, bytes that must not be taken for the next answer, or
        a word of TLS's own."""
        if not data or self.pipe is None or self.pipe.decrypt(data) or self.pipe.ended:
            self.close()

    def _progress(self, parser: ResponseParser) -> None:
        if self._unsent is not None and parser.head_done:
            self._stop_sending()  # it answers before it has heard all: it will not listen to the rest
        if self._lingering:
            parser.take()
            if parser.received > RECEIVE:
                self.close()
            return
        if parser.buffered > self._wake_at or (self._wake_at == inf and parser.head_done):
            self._wake()
        if parser.buffered > _HIGH and self._waiter is None:
            self._paused = True
            self._loop.remove_reader(self._fd)
        if self.pipe is not None and self._unsent is None:
            self._send(self.pipe.encrypt(b""))  # a key update wants its answer

    def _finish(self, parser: ResponseParser) -> None:
        """The answer is complete: the connection is free, though its bytes may still wait for the reader."""
        if self._unsent is not None:
            self._stop_sending()
        self.parser = None
        self._lingering = False
        self._until = None
        self._wake()
        if parser.keep and self.generation == self._pool.generation:
            self.rest(self._pool.idle_expiry, parser)
            self._pool.put(self)
        else:
            self.close()

    def _fail(self, failure: TransportError | None) -> None:
        parser = self.parser
        if parser is not None:
            parser.failure = failure
        self.close()

    def _send(self, data: bytes | memoryview) -> None:
        try:
            sent = self.sock.send(data) if data else 0
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            # The server may have answered before it closed: reading will tell, as it will tell of the end.
            self._stop_sending()
            return
        if sent < len(data):
            if self._unsent is None:
                self._loop.add_writer(self._fd, self._on_writable)
            self._unsent = memoryview(data)[sent:]
        elif self._unsent is not None:
            self._unsent = None
            self._loop.remove_writer(self._fd)

    def _on_writable(self) -> None:
        if self._unsent is not None:
            self._send(self._unsent)

    def _stop_sending(self) -> None:
        if self._unsent is not None:
            self._unsent = None
            self._loop.remove_writer(self._fd)
        self.generation = -1  # half a request is on the wire: never again

    # ---- the end ----------------------------------------------------------------------------------

    def close(self) -> None:
        """Close at once. In the thread of the loop."""
        if not self.closed:
            self.detach()
            self._wake()
            self._pool.forget(self)

    def detach(self) -> None:
        """As `close`, but the pool knows."""
        if not self._loop.is_closed():
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
        self.abandon()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def abandon(self) -> None:
        """Close the socket and nothing else: the loop is over, or belongs to the parent process."""
        self.closed = True
        self.sock.close()
        parser, self.parser = self.parser, None
        if parser is not None:
            parser.drop()
            if parser.failure is None:
                parser.failure = closed_here(self.server)
