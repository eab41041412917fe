"""One blocking connection: written to, read from, given back or closed.

The socket blocks, and the kernel itself keeps the time limit (SO_RCVTIMEO). `settimeout` would cost one more
system call for every read. The kernel's limit is set a little too short, and set again only when it proves so.
"""

from __future__ import annotations

import select
import socket
import struct
from math import inf
from time import monotonic
from typing import TYPE_CHECKING

from ..errors import TransportError
from .body import Answer
from .failures import closed_here, timed_out
from .link import RECEIVE, Link
from .plan import Plan

if TYPE_CHECKING:
    from .sync_pool import SyncPool
    from .tls import TlsPipe

__all__ = ["Connection"]

_BOTH = select.POLLIN | select.POLLOUT


class Connection(Link):
    """See the module. One thread at a time uses it; `close` may come from any."""

    __slots__ = ("_busy", "_patience", "_pool", "_tail")

    def __init__(self, sock: socket.socket, pipe: TlsPipe | None, plan: Plan, pool: SyncPool) -> None:
        super().__init__(sock, pipe, plan)
        self._pool = pool
        self._patience = inf  # seconds that the kernel waits for bytes
        self._busy = False
        self._tail: Answer | None = None  # of an answer that should be about to end

    # ---- an exchange ------------------------------------------------------------------------------

    def write(self, data: bytes, answer: Answer, until: float | None) -> None:
        """Send a request. What the server says meanwhile goes to the answer; if it is a whole head, the rest
        of the request is not sent: the server has seen enough (413, and it may have closed)."""
        if self.pipe is not None:
            data = self.sealed(data)
        try:
            sent = self.sock.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._hear(answer, error)
            return
        if sent < len(data):
            self._write_on(memoryview(data)[sent:], answer, until)

    def _write_on(self, data: memoryview, answer: Answer, until: float | None) -> None:
        both = select.poll()
        both.register(self.sock, _BOTH)
        while data:
            left = None if until is None else until - monotonic()
            events = both.poll(None if left is None else max(left, 0) * 1000)
            if not events:
                raise timed_out(self.server, "send")
            try:
                if events[0][1] & ~select.POLLOUT:  # bytes, the end, or an error: read what it is
                    self.digest(answer, self.sock.recv(RECEIVE, socket.MSG_DONTWAIT))
                    if answer.head_done:
                        self._spoil()
                        return
                if events[0][1] & select.POLLOUT:
                    data = data[self.sock.send(data, socket.MSG_DONTWAIT) :]
            except BlockingIOError:
                continue
            except OSError as error:
                self._hear(answer, error)
                return

    def _hear(self, answer: Answer, error: OSError) -> None:
        """Writing failed. The server may have answered before it closed: read what there is."""
        self._spoil()
        try:
            while not answer.head_done:
                self.digest(answer, self.sock.recv(RECEIVE, socket.MSG_DONTWAIT))
        except OSError:
            raise self.broken(answer, error) from error

    def _spoil(self) -> None:
        self.generation = -1  # half a request is on the wire: never again

    def read(self, answer: Answer, until: float | None, phase: str) -> None:
        """Wait for bytes and feed them. A failure closes the connection and is left in `answer.failure`, because
        what came before it is to be had first. Raises TimedOut(phase)."""
        self._busy = True
        try:
            if until is None:
                if self._patience != inf:
                    self._be_patient(inf)
            else:
                left = until - monotonic()
                if self._patience > left:
                    self._be_patient(left)
            data = self.sock.recv(RECEIVE)
        except BlockingIOError:
            data = self._wait_on(answer, until, phase)
        except OSError as error:
            data = self._break(answer, error)
        finally:
            self._busy = False
        if self.closed:
            answer.failure = closed_here(self.server)
        if answer.failure is None:
            try:
                if data and self.pipe is None:
                    answer.feed(data)
                    return
                self.digest(answer, data)
                if self.pipe is not None:
                    self._answer_tls()
            except TransportError as error:
                error.server = self.server
                answer.failure = error
        if answer.failure is not None:
            self.close()

    def _wait_on(self, answer: Answer, until: float | None, phase: str) -> bytes:
        """The kernel's patience ended: raise TimedOut, or go on until there are bytes."""
        while True:
            left = inf if until is None else until - monotonic()
            if left <= 0:
                raise timed_out(self.server, phase)
            try:
                self._be_patient(left)
                return self.sock.recv(RECEIVE)
            except BlockingIOError:
                continue
            except OSError as error:
                return self._break(answer, error)

    def _break(self, answer: Answer, error: OSError) -> bytes:
        answer.failure = self.broken(answer, error)
        return b""

    def _be_patient(self, left: float) -> None:
        """Set how long the kernel waits: nine tenths of what is left, so that the next limits need no change."""
        if left == inf:
            self._patience, seconds = inf, 0.0  # 0 is for ever
        else:
            self._patience = left if left < 0.05 else min(left * 0.9, 1e6)
            seconds = max(self._patience, 1e-4)
        whole = int(seconds)
        value = struct.pack("ll", whole, int((seconds - whole) * 1e6))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, value)

    def _answer_tls(self) -> None:
        """Send what TLS itself has to say (a key update); rare, and small enough for the socket's buffer."""
        assert self.pipe is not None
        data = self.pipe.encrypt(b"")
        if data:
            try:
                whole = self.sock.send(data, socket.MSG_DONTWAIT) == len(data)
            except OSError:
                whole = False
            if not whole:
                self._spoil()

    # ---- afterwards -------------------------------------------------------------------------------

    def finish(self, answer: Answer) -> None:
        """The answer is complete: back to the pool, if it may carry another one."""
        pool = self._pool
        if answer.keep and self.generation == pool.generation and not self.closed:
            self.rest(pool.idle_expiry, answer)
            pool.put(self)
        else:
            self.close()

    def linger(self, answer: Answer) -> None:
        """The answer should be about to end. It is looked at when the connection is wanted next."""
        if self.closed:
            return
        if self.generation != self._pool.generation:
            self.close()
            return
        self._tail = answer
        self.rest(self._pool.idle_expiry, answer)
        self._pool.put(self)

    def is_ready(self) -> bool:
        """Whether an idle connection may be used: nothing came but, perhaps, the end of the answer before."""
        if self._tail is None:
            return not self._poll(0) or self._is_only_tls()
        return self._has_ended() and self.is_quiet()

    def _has_ended(self) -> bool:
        answer, self._tail = self._tail, None
        assert answer is not None
        try:
            while not answer.done and answer.buffered < RECEIVE:
                self.digest(answer, self.sock.recv(RECEIVE, socket.MSG_DONTWAIT))
        except (OSError, TransportError):
            answer.drop()
        return answer.done and answer.keep

    def close(self) -> None:
        """Close at once. From any thread: one that is reading wakes up and finishes the closing."""
        first, self.closed = not self.closed, True
        try:
            if self._busy:
                self.sock.shutdown(socket.SHUT_RDWR)  # close alone would not wake the reader
            else:
                self.sock.close()
        except OSError:
            pass
        if first:
            self._pool.forget(self)
