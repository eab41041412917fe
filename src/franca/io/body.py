"""The body of an answer on its way from the parser to the caller: decompressed, bounded, errors in their order."""

from __future__ import annotations

from ..errors import ConnectionLost, ProtocolError
from .decode import Inflater, inflater_for
from .http11 import ResponseParser

__all__ = ["Answer"]

_STEP = 256 * 1024  # bytes that one `some` gives at most of compressed data


class Answer(ResponseParser):
    """A parser whose body can be read. It reads no connection: a connection feeds it, a reply asks it."""

    __slots__ = ("_inflater", "limit", "server")

    def __init__(self, head_only: bool, limit: int, server: str) -> None:
        ResponseParser.__init__(self, head_only)
        self.limit = limit
        """The most bytes that `whole` gives."""
        self.server = server
        self._inflater: Inflater | None = None

    def open(self) -> None:
        """The head is there: see how the body is encoded. ProtocolError when it is in a way that we cannot undo."""
        if self.content_encoding and not (self.done and not self.received):
            self._inflater = inflater_for(self.content_encoding, self.server)

    def check(self) -> None:
        """Raise why no whole will come: a failure, or (before decompression, as a first guard) its size."""
        if self.failure is not None:
            raise self.failure
        length = self.content_length
        if self.buffered > self.limit or (length is not None and length > self.limit and self._inflater is None):
            raise self._too_large()

    def whole(self) -> bytes:
        """The rest of the body, once all of it has come."""
        if self.buffered > self.limit:
            raise self._too_large()
        data = self.take()
        if self._inflater is None:
            return data
        self._inflater.feed(data)
        data = self._inflater.take(self.limit + 1)
        if len(data) > self.limit:
            raise self._too_large()
        self._check_end()
        return data

    def some(self) -> bytes | None:
        """The next bytes; b"" at the clean end, None when the connection must be read first."""
        if self._inflater is None:
            return self.take() if self.buffered else self._nothing()
        if self.buffered:
            self._inflater.feed(self.take())
        return self._inflater.take(_STEP) or self._nothing()

    def _nothing(self) -> bytes | None:
        """Nothing is left here: the end, a failure (after all that came before it), or wait for more."""
        if self.done:
            self._check_end()
            return b""
        if self.failure is not None:
            raise self.failure
        return None

    def _check_end(self) -> None:
        if self._inflater is not None and not self._inflater.ended and self.received:
            raise ConnectionLost("the compressed answer ends too early", began=True, server=self.server)

    def _too_large(self) -> ProtocolError:
        return ProtocolError(f"the body of the answer passes the limit of {self.limit} bytes", server=self.server)
