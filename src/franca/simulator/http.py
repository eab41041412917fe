"""Bytes of HTTP answers: heads, whole answers, chunks of a chunked body, events of a stream."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec

__all__ = ["DONE", "LAST_CHUNK", "answer", "chunk", "chunks", "encode", "error_body", "event", "head"]

encode = msgspec.json.Encoder().encode

_REASONS = {status.value: status.phrase for status in HTTPStatus} | {
    529: "Site is overloaded",
    524: "A Timeout Occurred",
}
_FIRST_LINES = {
    status: f"HTTP/1.1 {status} {phrase}\r\nserver: franca-simulator\r\n".encode()
    for status, phrase in _REASONS.items()
}

LAST_CHUNK = b"0\r\n\r\n"
DONE = b"data: [DONE]\n\n"


def head(status: int, headers: Iterable[tuple[str, str]] = ()) -> bytes:
    """The head of an answer, with its closing blank line."""
    first = _FIRST_LINES.get(status) or f"HTTP/1.1 {status} Unknown\r\nserver: franca-simulator\r\n".encode()
    return first + "".join(f"{name}: {value}\r\n" for name, value in headers).encode("latin-1") + b"\r\n"


def answer(
    status: int, body: Any, headers: Iterable[tuple[str, str]] = (), content_type: str = "application/json"
) -> bytes:
    """A whole answer. `body` is bytes, or anything that JSON can hold."""
    data = body if isinstance(body, bytes) else encode(body)
    return head(status, [*headers, ("content-type", content_type), ("content-length", str(len(data)))]) + data


def chunk(data: bytes) -> bytes:
    """One chunk of a chunked body; nothing for no data, since an empty chunk would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


def chunks(blocks: Iterable[bytes]) -> bytes:
    """Several chunks in a row."""
    return b"".join(map(chunk, blocks))


def event(payload: Any, name: str = "") -> bytes:
    """A server-sent event: JSON of the payload, or the bytes themselves."""
    data = payload if isinstance(payload, bytes) else encode(payload)
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + data + b"\n\n"


def error_body(
    message: str, type: str = "invalid_request_error", param: str | None = None, code: str | int | None = None
) -> dict[str, Any]:
    """OpenAI's error object."""
    return {"error": {"message": message, "type": type, "param": param, "code": code}}
