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
from .body import Answer
from .failures import closed_here, timed_out
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
        "answer",
        "lingering",
    )

    def __init__(self, sock: socket.socket, pipe: TlsPipe | None, plan: Plan, pool: LoopPool) -> None:
        super().__init__(sock, pipe, plan)
        self._pool = pool
        self._loop = pool.loop
        self._fd = sock.fileno()
        self.answer: Answer | None = None
        """The answer that is on its way; None while the connection is idle."""
        self._unsent: memoryview | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._wake_at: float = 0  # bytes of body beyond which the waiter is woken; inf: the head is waited for
        self._paused = False
        self.lingering = False
        # One timer serves all limits: it is moved only when a limit comes before it.
        self._until: float | None = None
        self._phase = ""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf
        self._loop.add_reader(self._fd, self._on_readable)

    # ---- called by the transport and its replies --------------------------------------------------

    def start(self, answer: Answer, data: bytes) -> None:
        """Send a request; its answer goes to the answer."""
        self.answer = answer
        self.lingering = False
        self._send(data if self.pipe is None else self.sealed(data))

    def wait(self, answer: Answer, until: float | None, phase: str, beyond: float) -> asyncio.Future[None]:
        """A future that is done when there are more than `beyond` bytes of the body (inf: when there is the head),
        or the end, or a failure. The caller closes the connection when waiting is cancelled."""
        if self.answer is not answer:  # closed by another thread, just now
            raise closed_here(self.server)
        if self._waiter is not None:
            raise BadUsage("two tasks read from one reply at the same time")
        waiter = self._waiter = self._loop.create_future()
        if self._paused:
            self.resume(answer)
        self._wake_at = beyond
        self._phase = phase
        if until is not None:
            self._until = until
            if until < self._timer_at:
                self._arm(until)
        return waiter

    def resume(self, answer: Answer) -> None:
        """The reader has caught up."""
        if self._paused and self.answer is answer:
            self._paused = False
            self._loop.add_reader(self._fd, self._on_readable)

    def linger(self, answer: Answer) -> None:
        """The answer should be about to end: wait for that in the background, a second at most."""
        if self.answer is answer:
            self.lingering = True
            answer.take()
            self.resume(answer)
            self._arm(monotonic() + _LINGER)

    def give_up(self, answer: Answer) -> None:
        """Close the connection if this answer is still on it. From any thread, and from finalisers."""
        if self.answer is not answer:
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
            self._loop.call_soon_threadsafe(self.give_up, answer)
        except RuntimeError:  # the loop is over
            self.abandon()

    # ---- waiting ----------------------------------------------------------------------------------

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
        elif self.lingering:
            self.close()
        else:
            phase = "send" if self._unsent is not None else self._phase
            waiter, self._waiter = self._waiter, None
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
        answer = self.answer
        failure: TransportError | None = None
        try:
            data = self.sock.recv(RECEIVE)
            if answer is None:
                self._hear_idle(data)
                return
            if data and self.pipe is None:
                answer.feed(data)
            else:
                self.digest(answer, data)
        except (BlockingIOError, InterruptedError):
            return
        except TransportError as error:
            error.server = self.server
            failure = error
        except OSError as error:
            if answer is not None:
                failure = self.broken(answer, error)
        if answer is None or failure is not None:
            self._fail(failure)
        elif answer.done:
            self._finish(answer)
        else:
            self._progress(answer)

    def look(self) -> None:
        """Whether something came that the loop did not tell, while somebody waits: libuv gives up watching at an error
        of the socket, and uvloop then calls no reader."""
        if self._waiter is not None and not self.closed and self._poll(0):
            self._on_readable()

    def _hear_idle(self, data: bytes) -> None:
        """Something came while nothing was asked: the end, bytes that must not be taken for the next answer, or
        a word of TLS's own."""
        if not data or self.pipe is None or self.pipe.decrypt(data) or self.pipe.ended:
            self.close()

    def _progress(self, answer: Answer) -> None:
        if self._unsent is not None and answer.head_done:
            self._stop_sending()  # it answers before it has heard all: it will not listen to the rest
        if self.lingering:
            answer.take()
            if answer.received > RECEIVE:
                self.close()
            return
        if answer.buffered > self._wake_at or (self._wake_at == inf and answer.head_done):
            self._wake()
        if answer.buffered > _HIGH and self._waiter is None:
            self._paused = True
            self._loop.remove_reader(self._fd)
        if self.pipe is not None and self._unsent is None:
            self._send(self.pipe.encrypt(b""))  # a key update wants its answer

    def _finish(self, answer: Answer) -> None:
        """The answer is complete: the connection is free, though its bytes may still wait for the reader."""
        if self._unsent is not None:
            self._stop_sending()
        self.answer = self._until = None
        self.lingering = False
        pool = self._pool
        if answer.keep and self.generation == pool.generation:
            self.rest(pool.idle_expiry, answer)
            pool.put(self)
        else:
            self.close()
        self._wake()

    def _fail(self, failure: TransportError | None) -> None:
        answer = self.answer
        if answer is not None:
            answer.failure = failure
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
        answer, self.answer = self.answer, None
        if answer is not None:
            answer.drop()
            if answer.failure is None:
                answer.failure = closed_here(self.server)
