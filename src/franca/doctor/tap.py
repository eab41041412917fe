"""A transport that writes down what travels through it, so that probes see the wire and not a reading of it."""

from __future__ import annotations

from collections import deque
from time import monotonic
from typing import Any

from ..errors import ProtocolError
from ..wire.headers import Headers
from ..wire.http import Reply, Request, Transport

__all__ = ["Recorded", "Tap"]

_KEPT = 8  # exchanges; a probe looks at its own last one only
_MOST = 16 * 1024 * 1024  # bytes of one answer: OpenRouter's list of models has two million


class Recorded:
    """One exchange. `pieces` are the blocks of the body with their times (seconds since the request was sent)."""

    __slots__ = ("head_after", "headers", "pieces", "request", "start", "status", "took")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.start = monotonic()
        self.status: int | None = None
        self.headers = Headers()
        self.head_after: float | None = None
        self.pieces: list[tuple[float, bytes]] = []
        self.took = 0.0

    @property
    def body(self) -> bytes:
        """What of the body has come."""
        return b"".join(block for _, block in self.pieces)

    def __repr__(self) -> str:
        return f"<Recorded {self.request.method} {self.request.url} {self.status}>"


class Tap:
    """Wraps a transport with blocking I/O; `last` is the newest exchange."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._exchanges: deque[Recorded] = deque(maxlen=_KEPT)

    @property
    def last(self) -> Recorded | None:
        """The newest exchange, complete or not; None before the first and after `forget`."""
        return self._exchanges[-1] if self._exchanges else None

    def forget(self) -> None:
        """Forget what was recorded."""
        self._exchanges.clear()

    def send(self, request: Request) -> Any:
        """As `Transport.send`."""
        recorded = Recorded(request)
        self._exchanges.append(recorded)
        reply = self._transport.send(request)
        recorded.head_after = monotonic() - recorded.start
        recorded.status, recorded.headers = reply.status, reply.headers
        return _Tapped(reply, recorded)

    def close(self) -> None:
        """As `Transport.close`."""
        self._transport.close()


class _Tapped:
    """A reply that is read block by block, so that every block has its time."""

    __slots__ = ("_recorded", "_reply", "headers", "status")

    def __init__(self, reply: Reply, recorded: Recorded) -> None:
        self._reply = reply
        self._recorded = recorded
        self.status = reply.status
        self.headers = reply.headers

    def read(self, until: float | None = None) -> bytes:
        size = 0
        while block := self.read_some(until):
            size += len(block)
            if size > _MOST:
                self.close()
                raise ProtocolError(f"the answer is longer than {_MOST:,} bytes")
        return self._recorded.body

    def read_some(self, until: float | None = None) -> bytes:
        block = self._reply.read_some(until)
        self._recorded.took = monotonic() - self._recorded.start
        if block:
            self._recorded.pieces.append((self._recorded.took, block))
        return block

    def release(self) -> None:
        self._reply.release()

    def close(self) -> None:
        self._reply.close()
