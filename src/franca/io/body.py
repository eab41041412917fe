"""The body of an answer on its way from the parser to the caller: decompressed, bounded, errors in their order."""

from __future__ import annotations

from ..errors import ConnectionLost, ProtocolError
from .decode import Inflater, inflater_for
from .http11 import ResponseParser

__all__ = ["Body"]

_STEP = 256 * 1024  # bytes that one `some` gives at most of compressed data


class Body:
    """What both replies share. It reads no connection: the reply feeds the parser, and asks here."""

    __slots__ = ("_inflater", "_parser", "_server", "limit")

    def __init__(self, parser: ResponseParser, limit: int, server: str) -> None:
        self._server = server
        self._parser = parser
        self.limit = limit
        self._inflater: Inflater | None = None
        if parser.content_encoding and not (parser.done and not parser.received):
            self._inflater = inflater_for(parser.content_encoding, server)

    def check(self) -> None:
        """Raise why no whole will come: a failure, or (before decompression, as a first guard) its size."""
        parser = self._parser
        if parser.failure is not None:
            raise parser.failure
        length = parser.content_length
        if parser.buffered > self.limit or (length is not None and length > self.limit and not self._inflater):
            raise self._too_large()

    def whole(self) -> bytes:
        """The rest of the body, once all of it has come."""
        self.check()
        data = self._parser.take()
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
        parser = self._parser
        if self._inflater is None:
            if parser.buffered:
                return parser.take()
            return self._nothing()
        if parser.buffered:
            self._inflater.feed(parser.take())
        data = self._inflater.take(_STEP)
        return data or self._nothing()

    def _nothing(self) -> bytes | None:
        """Nothing is left here: the end, a failure (after all that came before it), or wait for more."""
        if self._parser.done:
            self._check_end()
            return b""
        if self._parser.failure is not None:
            raise self._parser.failure
        return None

    def _check_end(self) -> None:
        inflater = self._inflater
        if inflater is not None and not inflater.ended and self._parser.received:
            raise ConnectionLost("the compressed answer ends too early", began=True, server=self._server)

    def _too_large(self) -> ProtocolError:
        return ProtocolError(f"the body of the answer passes the limit of {self.limit} bytes", server=self._server)
