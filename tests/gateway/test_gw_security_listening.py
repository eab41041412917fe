"""A stranger on a bare socket: what he sends without an end must not take memory without an end."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gw_gateway import ServedGateway

MOST = 150 * 1024 * 1024  # bytes of memory; idle it takes a third
SENT = 60 * 1024 * 1024


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedGateway]:
    """A gateway with a key that the stranger does not have."""
    config = {"keys": {"a": {"key": "nobody-knows-it"}}, "servers": {"sim": {"base_url": "http://127.0.0.1:9/v1"}}}
    with ServedGateway(tmp_path, config, arguments=("--log", "off")) as gateway:
        yield gateway


def memory(gateway: ServedGateway) -> int:
    """Its largest size in bytes up to now."""
    lines = Path(f"/proc/{gateway.process.pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def pour(gateway: ServedGateway, first: bytes, more: bytes, most: int = SENT, seconds: float = 8.0) -> None:
    """Send without reading, until so much was sent, it takes no more, or it closes."""
    end = time.monotonic() + seconds
    with socket.create_connection((gateway.host, gateway.port), timeout=2) as connection:
        try:
            connection.sendall(first)
            sent = 0
            while sent < most and time.monotonic() < end:
                connection.sendall(more)
                sent += len(more)
        except OSError:
            return


POST = b"POST %s HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
TRAILERS = b"".join(b"a%d: b\r\n" % number for number in range(4000))


@pytest.mark.parametrize("path", [b"/v1/chat/completions", b"/healthz"])
def test_trailers_are_bounded(served: ServedGateway, path: bytes) -> None:
    """Headers behind a body in chunks are not kept, however many come."""
    pour(served, POST % path + b"2\r\n{}\r\n0\r\n", TRAILERS)
    assert memory(served) < MOST
    assert served.ask("GET", "/healthz").status == 200


@pytest.mark.parametrize(
    "one", [b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"]
)
def test_pipelined_requests_are_bounded(served: ServedGateway, one: bytes) -> None:
    """Requests sent one behind the other, without reading an answer, wait in the network and not in our memory."""
    pour(served, one, one * 1000, seconds=5.0)
    assert memory(served) < MOST
    assert served.ask("GET", "/healthz").status == 200


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (POST % b"/v1/chat/completions" + b"2;", b"x" * 65536),
        (POST % b"/v1/chat/completions" + b"fffffffffff\r\n", b"x" * 65536),
        (b"GET /healthz HTTP/1.1\r\nX: ", b"x" * 65536),
        (b"GET /", b"x" * 65536),
        (b"", b"\r\n" * 32768),
        (b"", b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n" * 900),
    ],
    ids=["chunk extension", "chunk", "header", "target", "blank lines", "upgrades"],
)
def test_nothing_else_without_an_end_is_kept(served: ServedGateway, first: bytes, more: bytes) -> None:
    """Extensions of chunks, bodies, headers, targets, blank lines, offers of other protocols."""
    pour(served, first, more)
    assert memory(served) < MOST
    assert served.ask("GET", "/healthz").status == 200
    assert "Traceback" not in served.log_text()


# What two readers could understand in two ways.
SMUGGLED = {
    "both lengths": b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    "unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "CR in a value": b"X-A: a\rX-B: b\r\n\r\n",
    "NUL in a value": b"X-A: a\x00b\r\n\r\n",
    "folded": b"X-A: a\r\n b\r\n\r\n",
    "space before the colon": b"Content-Length : 2\r\n\r\n{}",
    "LF alone": b"X-A: a\nX-B: b\r\n\r\n",
    "minus": b"Content-Length: -1\r\n\r\n",
    "plus": b"Content-Length: +2\r\n\r\n{}",
    "large": b"Content-Length: 99999999999999999999999\r\n\r\n",
}


@pytest.mark.parametrize("rest", SMUGGLED.values(), ids=SMUGGLED)
def test_what_two_readers_may_read_differently_is_refused(served: ServedGateway, rest: bytes) -> None:
    """It is answered 400 and the connection ends; nothing behind it is taken for another request."""
    with socket.create_connection((served.host, served.port), timeout=20) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + rest)
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        found = b""
        try:
            while piece := connection.recv(65536):
                found += piece
        except ConnectionResetError:
            pass
    assert found.startswith(b"HTTP/1.1 400 "), found
    assert b"HTTP/1.1 2" not in found
