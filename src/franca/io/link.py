"""One open connection as both drivers see it: the socket, TLS over it, and whether it may be used again."""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING

from ..errors import TransportError
from .body import Answer
from .failures import lost
from .plan import Plan

if TYPE_CHECKING:
    from ssl import SSLError

    from .tls import TlsPipe

__all__ = ["RECEIVE", "Link", "options"]

RECEIVE = 64 * 1024
"""Bytes that one read of a socket asks for. Above 128 KiB malloc turns to mmap, at four times the price."""


def options(sock: socket.socket) -> None:
    """What every connection wants: small writes at once, and notice of a peer that vanished without a word."""
    with suppress(OSError):  # a connection that is dead already will tell so when it is used
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):  # Linux; a model may think for minutes, and a NAT forget meanwhile
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 20)


class Link:
    """Socket, TLS and the times of a connection. Drivers add how to wait."""

    __slots__ = ("_poll", "closed", "expires", "generation", "key", "pipe", "server", "sock", "used")

    def __init__(self, sock: socket.socket, pipe: TlsPipe | None, plan: Plan) -> None:
        self.sock = sock
        self.pipe = pipe
        self.key = plan.key
        self.server = plan.server
        self.expires = 0.0
        self.used = False
        """Whether it carried an exchange before: only then may a request be sent again on another one."""
        self.generation = 0
        self.closed = False
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        self._poll = poll.poll

    def rest(self, idle_expiry: float, answer: Answer) -> None:
        """Set how long it may lie idle; a second before the server will close it, when it told so."""
        self.used = True
        hint = answer.idle_hint
        if hint is not None:
            idle_expiry = min(idle_expiry, hint - 1 if hint > 1 else hint / 2)
        self.expires = monotonic() + idle_expiry

    def is_quiet(self) -> bool:
        """Whether the idle connection stands and nothing has come on it. One system call, which never waits."""
        return not self._poll(0) or self._is_only_tls()

    def _is_only_tls(self) -> bool:
        if self.pipe is None:
            return False  # its end, or bytes that nobody asked for
        try:  # TLS may have said something of its own, like a session ticket
            data = self.sock.recv(RECEIVE, socket.MSG_DONTWAIT)
            return bool(data) and not self.pipe.decrypt(data) and not self.pipe.ended
        except OSError:
            return False

    def sealed(self, data: bytes) -> bytes:
        """The bytes as they go onto the wire. Raises ConnectionLost when TLS is broken."""
        if self.pipe is None:
            return data
        try:
            return self.pipe.encrypt(data)
        except OSError as error:  # ssl.SSLError is one
            raise lost(self.server, error, began=False) from error

    def digest(self, answer: Answer, data: bytes) -> None:
        """Give the answer what the socket gave, b"" at its end. Raises ProtocolError, ConnectionLost, ConnectFailed."""
        try:
            pipe = self.pipe
            if pipe is None:
                if data:
                    answer.feed(data)
                else:
                    answer.end()
                return
            if data:
                data = self._decrypt(answer, data)
                if data:
                    answer.feed(data)
                if pipe.failure is not None:
                    answer.keep = False
                    if not answer.done:
                        raise self._explained(pipe.failure, answer) from pipe.failure
                elif pipe.ended:
                    answer.end()
                    answer.keep = False
            else:
                answer.end(clean=False)
        except TransportError as error:
            error.server = self.server
            raise

    def _decrypt(self, answer: Answer, data: bytes) -> bytes:
        from ssl import SSLError

        assert self.pipe is not None
        try:
            return self.pipe.decrypt(data)
        except SSLError as error:
            raise self._explained(error, answer) from error

    def _explained(self, error: SSLError, answer: Answer) -> TransportError:
        from .tls import explain

        # With TLS 1.3 a refused client certificate is first told here.
        return explain(error, self.server, connecting=False, began=answer.seen > 0)

    def broken(self, answer: Answer, error: OSError) -> TransportError:
        """The error to raise when the socket failed."""
        return lost(self.server, error, began=answer.seen > 0)
