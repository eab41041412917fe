"""Undo `Content-Encoding: gzip` or `deflate`, step by step and never more at once than asked for.

The bound is what makes a compression bomb harmless: 1 MB of gzip can hold 1 GB, so the output of a step
is limited, not its input.
"""

from __future__ import annotations

from typing import Any

from ..errors import ProtocolError

__all__ = ["Inflater", "inflater_for"]

_GZIP, _ZLIB, _RAW = 31, 15, -15  # zlib's wbits


def inflater_for(encoding: str, server: str) -> Inflater | None:
    """The decompressor for a Content-Encoding value; None for none. ProtocolError for one we cannot undo."""
    names = [name for name in encoding.lower().replace(" ", "").split(",") if name not in ("", "identity")]
    if not names:
        return None
    if len(names) == 1 and names[0] in ("gzip", "x-gzip", "deflate"):
        return Inflater(names[0].removeprefix("x-"), server)
    raise ProtocolError(f"the answer is encoded as {encoding[:60]!r}, which was not asked for", server=server)


class Inflater:
    """Bytes in by `feed`, bytes out by `take`, which gives at most what it is asked for."""

    __slots__ = ("_full", "_input", "_kind", "_server", "_zlib", "ended")

    def __init__(self, kind: str, server: str = "") -> None:
        self._server = server or None
        self._kind = kind
        self._zlib: Any = None
        self._input = b""
        self._full = False  # stopped by the limit: zlib may hold output back, though it has taken all input
        self.ended = False
        """Whether the compressed data came to its own end."""

    def feed(self, data: bytes) -> None:
        self._input = self._input + data if self._input else data

    def take(self, limit: int) -> bytes:
        """At most `limit` bytes; b"" when more input is needed. ProtocolError when the data is damaged."""
        if limit <= 0 or not (self._input or self._full):
            return b""
        import zlib

        try:
            return self._take(limit)
        except zlib.error as error:
            raise ProtocolError(
                f"the {self._kind} data of the answer is damaged ({error})", server=self._server
            ) from None

    def _take(self, limit: int) -> bytes:
        pieces = []
        while limit > 0 and (self._input or self._full):
            if self.ended and not self._next_member():
                break
            if self._zlib is None and not self._start():
                break
            piece = self._zlib.decompress(self._input, limit)
            self.ended = self._zlib.eof
            self._full = len(piece) == limit and not self.ended
            self._input = self._zlib.unused_data if self.ended else self._zlib.unconsumed_tail
            if not piece and not self.ended:
                break  # all input is taken in, and more is needed
            pieces.append(piece)
            limit -= len(piece)
        return b"".join(pieces)

    def _start(self) -> bool:
        """Choose the format. "deflate" is zlib's by the standard, and bare by the habit of some servers."""
        import zlib

        if self._kind == "gzip":
            self._zlib = zlib.decompressobj(_GZIP)
            return True
        if len(self._input) < 2:
            return False
        first, second = self._input[0], self._input[1]
        is_zlib = first & 15 == 8 and (first * 256 + second) % 31 == 0
        self._zlib = zlib.decompressobj(_ZLIB if is_zlib else _RAW)
        return True

    def _next_member(self) -> bool:
        """After a gzip member: another one (RFC 1952, 2.2), padding by NULs, or what should not be there."""
        if self._kind == "gzip":
            self._input = self._input.lstrip(b"\0")
            if not self._input:
                return False
            if self._input[0] == 0x1F:
                self._zlib = None
                self.ended = False
                return True
        raise ProtocolError(f"bytes follow the end of the {self._kind} data of the answer", server=self._server)
