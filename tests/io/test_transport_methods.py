"""Requests that are neither GET nor POST: how they are framed, and that their answers leave the connection usable."""

from __future__ import annotations

from typing import Any

import pytest
from hostile import OK, Door, Peer, keep_alive

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
HEAD_ONLY = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "POST"])
def test_a_body_is_framed_for_every_method(door: Door, serving: Any, method: str) -> None:
    """The server gets it whole, and the connection serves the next request."""
    seen = []

    def serve(peer: Peer) -> None:
        while True:
            seen.append((*peer.request(), peer.number))
            peer.send(OK)

    with serving(serve) as server:
        transport = door.transport()
        for body in (b'{"a":1}', b""):
            assert door.send(transport, f"{server.url}/x", method=method, body=body).read() == b"ok"
    (first, sent, _), (second, nothing, number) = seen
    assert first.startswith(f"{method} /x HTTP/1.1\r\n")
    assert second.startswith(f"{method} /x HTTP/1.1\r\n")
    assert (sent, nothing, number) == (b'{"a":1}', b"", 0)
    assert "\r\nContent-Length: 7" in first


@pytest.mark.parametrize(("method", "told"), [("POST", True), ("PUT", True), ("PATCH", True), ("DELETE", False),
                                              ("OPTIONS", False), ("GET", False), ("HEAD", False)])  # fmt: skip
def test_without_a_body_its_length_is_told_where_one_is_usual(
    door: Door, serving: Any, method: str, told: bool
) -> None:
    """RFC 9110, 8.6: some servers refuse a POST, PUT or PATCH that does not say 0, and others a GET that does."""
    heads = []

    def serve(peer: Peer) -> None:
        heads.append(peer.request()[0])
        peer.send(NO_CONTENT)

    with serving(serve) as server:
        door.send(door.transport(), server.url, method=method).read()
    assert ("Content-Length: 0" in heads[0]) is told


@pytest.mark.parametrize(("method", "answer"), [("DELETE", NO_CONTENT), ("PATCH", NO_CONTENT), ("HEAD", HEAD_ONLY)])
def test_an_answer_without_a_body_ends_at_once(door: Door, serving: Any, method: str, answer: bytes) -> None:
    """204 has none whatever is said, and HEAD has none although a length is told; the connection goes on."""
    with serving(keep_alive(answer, OK)) as server:
        transport = door.transport()
        reply = door.send(transport, server.url, method=method)
        assert reply.read() == b""
        if method != "HEAD":  # a server may send a body by mistake, so after HEAD none is kept
            assert door.send(transport, server.url).read() == b"ok"


@pytest.mark.parametrize("method", ["DELETE", "PATCH"])
def test_on_a_dead_kept_connection_it_is_sent_again(door: Door, serving: Any, method: str) -> None:
    """Once: no byte of an answer came, and the connection had been idle."""
    seen = []

    def serve(peer: Peer) -> None:
        if peer.number == 0:
            peer.request()
            peer.send(OK)
            seen.append(peer.number)
            return  # closes the connection
        while True:
            seen.append(peer.request()[0].partition(" ")[0])
            peer.send(OK)

    with serving(serve) as server:
        transport = door.transport()
        assert door.send(transport, server.url).read() == b"ok"
        door.until(lambda: bool(seen))
        assert door.send(transport, server.url, method=method).read() == b"ok"
    assert seen[1:] == [method]
