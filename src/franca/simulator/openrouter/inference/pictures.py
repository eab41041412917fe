"""Small images that are real ones: a square of one colour, made from a hash of the words, as PNG or SVG."""

from __future__ import annotations

from base64 import b64encode
from hashlib import blake2b
from struct import pack
from zlib import compress, crc32

__all__ = ["data_url", "png", "svg"]

_SIDE = 8


def _chunk(kind: bytes, data: bytes) -> bytes:
    return pack(">I", len(data)) + kind + data + pack(">I", crc32(kind + data))


def _colour(words: str) -> bytes:
    return blake2b(words.encode("utf-8", "surrogatepass"), digest_size=3).digest()


def png(words: str) -> bytes:
    """A PNG of 8 by 8 pixels."""
    rows = (b"\0" + _colour(words) * _SIDE) * _SIDE
    header = _chunk(b"IHDR", pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + _chunk(b"IDAT", compress(rows)) + _chunk(b"IEND", b"")


def svg(words: str) -> bytes:
    """The same as SVG."""
    fill = _colour(words).hex()
    square = f'<rect width="8" height="8" fill="#{fill}"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">{square}</svg>'.encode()


def data_url(words: str) -> str:
    """The PNG as a data URL."""
    return "data:image/png;base64," + b64encode(png(words)).decode()
