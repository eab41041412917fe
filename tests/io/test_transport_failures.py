"""Connections that cannot be made or that die in odd moments: the class, the words, and no second guess."""

from __future__ import annotations

import errno
import socket
import threading

import pytest
from hostile import CHUNKED, OK, WAIT, chunk, keep_alive

import franca.io.aio_connection
import franca.io.sync_connection
from franca.errors import ConnectFailed, ConnectionLost, FrancaError
from franca.io import failures


def test_nobody_listens(door):
    """The text fits a line of a terminal, and says what to look at."""
    with pytest.raises(ConnectFailed) as caught:
        door.send(door.transport(), "http://127.0.0.1:9/v1")
    error = caught.value
    assert error.message == "could not connect to http://127.0.0.1:9 (connection refused); is the server running?"
    assert (error.server, error.retryable) == ("http://127.0.0.1:9", True)


def test_name_that_does_not_exist(door, monkeypatch):
    """Name lookup fails: it is said to be the name."""

    def lookup(*arguments, **details):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    with pytest.raises(ConnectFailed, match=r"could not find http://nowhere.invalid:80 .*is the name right"):
        door.send(door.transport(), "http://nowhere.invalid/")
    with pytest.raises(ConnectFailed, match=r"could not find proxy http://nowhere.invalid:80"):
        door.send(door.transport(proxy="http://nowhere.invalid"), "http://x/")


def test_no_more_files(door, monkeypatch):
    """Not even a socket: still one of our errors."""

    def refuse(*arguments, **details):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(ConnectFailed, match="too many open files"):
        door.send(door.transport(), "http://127.0.0.1:9/v1")


@pytest.mark.parametrize("big", [False, True])
def test_answer_that_waits_behind_a_reset(door, serving, monkeypatch, big):
    """A server that says 408 on an idle connection and resets it: were the check at checkout too early, writing
    fails, but what it said is read."""
    go, gone = threading.Event(), threading.Event()

    def serve(peer):
        peer.request()
        peer.send(OK)
        if peer.number == 0:
            go.wait(WAIT)
            peer.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 4\r\n\r\nslow")
            threading.Event().wait(0.1)
            peer.reset()
            gone.set()

    server = serving(serve)
    transport = door.transport()
    door.send(transport, server.url).read()
    for module in (franca.io.sync_connection, franca.io.aio_connection):
        monkeypatch.setattr(module.Connection, "is_quiet", lambda self: True)
        monkeypatch.setattr(module.Connection, "is_ready", lambda self: True, raising=False)
    go.set()
    assert gone.wait(WAIT)
    reply = door.send(transport, server.url, body=b"x" * (5_000_000 if big else 2))
    assert reply.status in (408, 200)  # asyncio hears of it before it sends
    if door.kind == "sync":
        assert (reply.status, reply.read()) == (408, b"slow")


def test_reset_in_the_middle_of_a_large_request(door, serving):
    """No answer, a reset: ConnectionLost that may be tried again, by the caller."""

    def serve(peer):
        peer.sock.recv(1000)
        peer.reset()

    server = serving(serve)
    with pytest.raises(ConnectionLost) as caught:
        door.send(door.transport(), server.url, body=b"x" * 30_000_000)
    assert not caught.value.began
    assert server.connections == 1


def test_reset_in_the_middle_of_a_body(door, serving):
    """What came first is handed out first."""
    read = threading.Event()

    def serve(peer):
        peer.request()
        peer.send(CHUNKED + chunk(b"first"))
        read.wait(WAIT)
        peer.reset()

    server = serving(serve)
    reply = door.send(door.transport(), server.url)
    assert reply.read_some() == b"first"
    read.set()
    with pytest.raises(ConnectionLost, match="connection reset") as caught:
        reply.read_some()
    assert caught.value.began
    assert caught.value.server == server.url


def test_tls_that_breaks_while_idle(door, serving, server_tls, authority_file, monkeypatch):
    """An error of TLS in writing is a lost connection like any other: sent again once on a fresh one."""
    import ssl

    server = serving(keep_alive(OK), server_tls)
    transport = door.transport(verify=authority_file)
    door.send(transport, server.url).read()
    from franca.io.tls import TlsPipe

    encrypt, broken = TlsPipe.encrypt, []

    def breaks_once(self, data):
        if data and not broken:
            broken.append(True)
            raise ssl.SSLError(1, "bad write retry")
        return encrypt(self, data)

    monkeypatch.setattr(TlsPipe, "encrypt", breaks_once)
    assert door.send(transport, server.url).read() == b"ok"
    assert server.connections == 2


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EHOSTUNREACH, "No route to host"), "no route to host"),
        (OSError(errno.EDOM, "Strange thing"), "Strange thing"),
        (OSError("text only"), "text only"),
        (OSError(), "OSError"),
    ],
)
def test_words_for_what_the_system_says(error, words):
    """Known numbers in our words, others in the system's, never empty."""
    assert failures.reason(error) == words
    made = failures.connect_failed("http://x:1", error)
    assert isinstance(made, FrancaError)
    assert words in str(made)
