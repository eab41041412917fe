"""What is sent back to a caller: a head, a body, an error; nothing else of the gateway writes to a connection."""

from __future__ import annotations

from time import monotonic
from typing import Any

import msgspec

from .exchange import Exchange
from .problem import Problem

__all__ = [
    "EVENT_STREAM", "JSON", "body_headers", "event_of", "send_bytes", "send_head", "send_json", "send_piece",
    "send_problem",
]  # fmt: skip

Headers = tuple[tuple[bytes, bytes], ...]

JSON = b"application/json"
EVENT_STREAM = b"text/event-stream; charset=utf-8"
# Proxies such as nginx would else hold a stream back until their buffer is full.
_STREAM_HEADERS = [(b"cache-control", b"no-cache"), (b"x-accel-buffering", b"no")]


async def send_json(exchange: Exchange, data: Any, status: int = 200, headers: Headers = ()) -> None:
    """Answer with JSON: bytes as they are, anything else encoded."""
    body = data if isinstance(data, bytes) else msgspec.json.encode(data)
    await send_bytes(exchange, body, JSON, status, headers)


async def send_bytes(
    exchange: Exchange, body: bytes, content_type: bytes, status: int = 200, headers: Headers = ()
) -> None:
    """Answer with a whole body."""
    exchange.status = status
    exchange.started = True
    if exchange.first is None:
        exchange.first = monotonic()
    head = [
        *body_headers(status, body, content_type),
        (b"x-request-id", exchange.id.encode()),
        *exchange.answer_headers,
        *headers,
    ]
    await exchange.send({"type": "http.response.start", "status": status, "headers": head})
    await exchange.send(
        {"type": "http.response.body", "body": b"" if exchange.method == "HEAD" else body, "more_body": False}
    )


def body_headers(status: int, body: bytes, content_type: bytes) -> Headers:
    """What is said of the body. Of one that must not be there, nothing: a cache would take the length in a 304 for that
    of what it holds."""
    if status in (204, 304):
        return ()
    return (b"content-type", content_type), (b"content-length", b"%d" % len(body))


async def send_head(exchange: Exchange, status: int, content_type: bytes, headers: Headers = ()) -> None:
    """Begin an answer whose body follows in pieces."""
    exchange.status = status
    exchange.started = True
    head = [(b"content-type", content_type), (b"x-request-id", exchange.id.encode()), *exchange.answer_headers]
    if content_type.startswith(b"text/event-stream"):
        head += _STREAM_HEADERS
    head += headers
    await exchange.send({"type": "http.response.start", "status": status, "headers": head})


async def send_piece(exchange: Exchange, data: bytes, more: bool = True) -> None:
    """The next bytes of the body; the last ones with `more=False`."""
    await exchange.send({"type": "http.response.body", "body": data, "more_body": more})


async def send_problem(exchange: Exchange, problem: Problem) -> None:
    """Answer with an error: as a status while none was sent, else as the last event of the stream that has begun."""
    exchange.error = problem.code or problem.type
    if not exchange.started:
        await send_bytes(exchange, problem.body(), JSON, problem.status, problem.headers)
    elif exchange.stream:
        await send_piece(exchange, event_of(problem), more=False)


def event_of(problem: Problem) -> bytes:
    """The error as an event of a stream. No [DONE] follows it: what broke is not whole."""
    return b"data: " + problem.body() + b"\n\n"
