"""The body of a request: read within a limit of size, and taken apart only at its top."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from .exchange import Exchange
from .problem import Problem

__all__ = ["Fields", "encoded", "json_fields", "read_body", "text_of", "value_of"]

Fields = dict[str, Any]
"""The members of a JSON object in their order, each value as the bytes it came as (`msgspec.Raw`)."""

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


async def read_body(exchange: Exchange, limit: int) -> bytes:
    """The whole body, decompressed, of at most `limit` bytes. How long it may take is seen to by `Attendance`.

    Raises Problem: 400, 413, 415 (a content encoding that is not known), 499.
    """
    length = exchange.headers.get(b"content-length")
    if length is not None and (not length.isdigit() or int(length) > limit):
        raise _too_large(limit)
    message = await exchange.receive()
    if message["type"] == "http.disconnect":
        raise _gone()
    body: bytes = message.get("body", b"")
    if message.get("more_body"):
        body = await _rest(exchange, body, limit)
    if len(body) > limit:
        raise _too_large(limit)
    encoding = exchange.headers.get(b"content-encoding")
    return body if encoding is None or encoding == b"identity" else _decompressed(body, encoding, limit)


_LONG = 1024 * 1024
_MOST_MEMBERS = 500_000
"""Members of objects in a long body: more of them would hold up everybody while they are read."""
_CLOSE = ((b"connection", b"close"),)


async def _rest(exchange: Exchange, first: bytes, limit: int) -> bytes:
    pieces = [first]
    size = len(first)
    more = True
    while more:
        message = await exchange.receive()
        if message["type"] == "http.disconnect":
            raise _gone()
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
        more = message.get("more_body", False)
    return b"".join(pieces)


def _gone() -> Problem:
    return Problem(499, "the caller went away before the request was whole", "client_closed_request")


def _too_large(limit: int) -> Problem:
    return Problem(
        413, f"the body of a request may be at most {limit} bytes here (max_body)", "body_too_large", headers=_CLOSE
    )


def _decompressed(body: bytes, encoding: bytes, limit: int) -> bytes:
    name = encoding.strip().lower()
    if name == b"identity":
        return body
    if name not in (b"gzip", b"x-gzip", b"deflate"):
        shown = name[:40].decode("latin-1")
        raise Problem(415, f"the content encoding {shown!r} is not known here: send gzip, deflate or none", "encoding")
    found = b""
    while True:  # a gzip may have several members
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 32 if name != b"deflate" else zlib.MAX_WBITS)
        try:
            found += unpack.decompress(body, limit + 1 - len(found))
        except zlib.error:
            raise Problem(400, f"the body is no {name.decode()}", "bad_encoding") from None
        if len(found) > limit:
            raise _too_large(limit)
        if not unpack.eof:
            raise Problem(400, f"the {name.decode()} of the body ends too early", "bad_encoding")
        body = unpack.unused_data
        if not body or name == b"deflate":
            return found


def json_fields(body: bytes) -> Fields:
    """The members of the JSON object in `body`. Of a name that comes twice the last one counts, as for most servers:
    what is sent on has it once, so that no two readers can disagree. Raises Problem 400."""
    if len(body) > _LONG and body.count(b'":') > _MOST_MEMBERS:
        raise Problem(413, f"the body has more than {_MOST_MEMBERS} members of objects", "body_too_large")
    try:
        return _decode_fields(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if not body.strip():
            raise Problem(400, "the request has no body: a JSON object is wanted", "empty_body") from None
        raise Problem(400, f"the body is no JSON object: {error}", "bad_json") from None


def value_of(fields: Mapping[str, Any], name: str) -> Any:
    """The decoded value of a member; None when it is not there. Raises Problem 400."""
    raw = fields.get(name)
    if raw is None:
        return None
    try:
        return msgspec.json.decode(raw) if isinstance(raw, msgspec.Raw) else raw
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"{name} is no JSON: {error}", "bad_json", param=name) from None


def text_of(fields: Mapping[str, Any], name: str) -> str:
    """A member that is a text; "" when it is not there. Raises Problem 400."""
    value = value_of(fields, name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Problem(400, f"{name} must be a text, not {type(value).__name__}", "bad_type", param=name)
    return value


def encoded(fields: Mapping[str, Any]) -> bytes:
    """The object as JSON, each value as it came."""
    return _encode(fields)
