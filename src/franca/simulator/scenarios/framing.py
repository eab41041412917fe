"""The HTTP around an answer: old versions, compression, interim heads, trailers, and what is no HTTP."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from ..ask import Ask
from ..steps import CLOSE, Step
from .blocks import (
    DONE,
    ID,
    LAST_CHUNK,
    PAUSE,
    STOP,
    USAGE_CHUNK,
    answer,
    broken,
    by_call,
    chunk,
    event,
    good,
    head,
    hello,
    ok,
    row,
    say,
    steps,
    stream,
    whole,
)
from .record import Outcome

__all__ = ["ROWS"]

_JSON = answer(200, whole()).partition(b"\r\n\r\n")[2]
_EVENTS = [*map(event, [*hello(), STOP, USAGE_CHUNK]), DONE]
_OLD = b"HTTP/1.0 200 OK\r\nServer: old\r\nContent-Type: %b\r\n\r\n"
_GZIP_SSE = head(
    200,
    [("content-type", "text/event-stream"), ("content-encoding", "gzip"), ("transfer-encoding", "chunked")],
)
_GZIP_JSON = [("content-encoding", "gzip"), ("x-request-id", ID)]
_EVERY_CASE = (
    b"HTTP/1.1 200 Fine, Thanks\r\nCONTENT-TYPE:application/json;charset=UTF-8\r\nX-Request-ID:\t%b \r\n"
    b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\nContent-Length: %d\r\n\r\n"
)


def _gzipped(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush()


def _gzip_stream(ask: Ask) -> Iterator[Step]:
    """A compressed stream, flushed after every event."""
    packer = zlib.compressobj(wbits=31)
    yield _GZIP_SSE
    for one in _EVENTS:
        yield chunk(packer.compress(one) + packer.flush(zlib.Z_SYNC_FLUSH))
    yield chunk(packer.flush()) + LAST_CHUNK


def _gzip_cut(ask: Ask) -> Iterator[Step]:
    """A compressed stream that ends, properly as HTTP goes, within its content and its gzip member."""
    packer = zlib.compressobj(wbits=31)
    yield _GZIP_SSE
    for one in _EVENTS[:3]:
        yield chunk(packer.compress(one) + packer.flush(zlib.Z_SYNC_FLUSH))
    yield LAST_CHUNK


_EXTENDED = b"".join(b"%x;name=value\r\n%b\r\n" % (len(one), one) for one in _EVENTS)
_GOOD_STREAM_HEAD = stream(done=False, last=b"")

ROWS = [
    row(
        "http-1.0",
        "An HTTP/1.0 answer that ends with its connection.",
        "old proxies, home-made servers",
        by_call(
            chat=steps(_OLD % b"application/json" + _JSON, CLOSE),
            stream=steps(_OLD % b"text/event-stream" + b"".join(_EVENTS), CLOSE),
        ),
        chat=ok(usage__total_tokens=12),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "http-interim-heads",
        "100 Continue and 103 Early Hints come before the answer.",
        "CDNs; RFC 9110, 15.2",
        lambda ask: iter(
            (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", good(ask))
        ),
        every=True,
        chat=ok(),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "http-trailers",
        "A chunked answer has chunk extensions and trailers.",
        "gRPC gateways; RFC 9112, 7.1",
        by_call(
            stream=_GOOD_STREAM_HEAD + _EXTENDED + b"0\r\nx-cost: 1\r\nx-end: yes\r\n\r\n",
            chat=head(200, [("content-type", "application/json"), ("transfer-encoding", "chunked")])
            + chunk(_JSON)
            + b"0\r\nx-end: yes\r\n\r\n",
        ),
        chat=ok(usage__total_tokens=12),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "http-odd-headers",
        "Header names in capitals, repeated, empty, without a space, and an unusual reason phrase.",
        "many servers",
        by_call(chat=_EVERY_CASE % (ID.encode(), len(_JSON)) + _JSON),
        chat=ok(request_id=ID),
    ),
    row(
        "http-gzip",
        "The answer is compressed.",
        "nginx with gzip on",
        by_call(chat=answer(200, _gzipped(_JSON), _GZIP_JSON), stream=_gzip_stream),
        chat=ok(usage__total_tokens=12),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "http-gzip-cut",
        "A compressed answer lacks its end, though HTTP's framing is whole.",
        "proxies whose upstream failed",
        by_call(chat=answer(200, _gzipped(_JSON)[:-20], _GZIP_JSON), stream=_gzip_cut),
        chat=Outcome("ConnectionLost", {"began": True}),
        stream=broken("Hello, "),
    ),
    row(
        "http-gzip-false",
        "The answer says it is compressed, and is not.",
        "misconfigured proxies",
        by_call(
            chat=answer(200, _JSON, _GZIP_JSON),
            stream=_GZIP_SSE + b"".join(map(chunk, _EVENTS)) + LAST_CHUNK,
        ),
        chat=Outcome("ProtocolError"),
        stream=broken(),
    ),
    row(
        "http-bad-chunk",
        "The size of a chunk is no number.",
        "home-made servers",
        by_call(
            chat=steps(head(200, [("transfer-encoding", "chunked")]) + b"zz\r\n" + _JSON, PAUSE, CLOSE),
            stream=steps(stream(*hello(2), done=False, last=b"") + b"zz\r\n" + event(say("wor")), PAUSE, CLOSE),
        ),
        options={"retries": 1},
        chat=Outcome("ProtocolError"),
        stream=broken("Hello, "),
    ),
    row(
        "http-not-at-all",
        "What answers is no HTTP server.",
        "a wrong port",
        steps(b"SSH-2.0-OpenSSH_9.9\r\n", PAUSE, CLOSE),
        options={"retries": 1},
        every=True,
        chat=Outcome("ProtocolError"),
        stream=Outcome("ProtocolError"),
        models=Outcome("ProtocolError"),
    ),
    row(
        "http-no-content-type",
        "Neither answer nor stream says what type it has.",
        "the Azure OpenAI simulator",
        by_call(
            chat=head(200, [("content-length", str(len(_JSON)))]) + _JSON,
            stream=head(200, [("transfer-encoding", "chunked")]) + b"".join(map(chunk, _EVENTS)) + LAST_CHUNK,
        ),
        chat=ok(),
        stream=ok(usage__total_tokens=12),
    ),
    row(
        "http-wrong-content-type",
        "The answer is called text/html, the stream text/plain.",
        "gateways, small servers",
        by_call(
            chat=answer(200, _JSON, content_type="text/html"),
            stream=head(200, [("content-type", "text/plain"), ("transfer-encoding", "chunked")])
            + b"".join(map(chunk, _EVENTS))
            + LAST_CHUNK,
        ),
        chat=ok(),
        stream=ok(usage__total_tokens=12),
    ),
]
