"""What only the blocking transport has: threads, addresses in turn, signals."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from hostile import CHUNKED, OK, WAIT, chunk, keep_alive

from franca.errors import TimedOut
from franca.io.sync import SyncTransport
from franca.wire.http import Request


def ask(url: str, **details) -> Request:
    details.setdefault("until", time.monotonic() + WAIT)
    return Request("POST", url, **details)


def test_threads_share_a_transport(serving):
    """Each request gets its own answer, over no more connections than there are threads."""

    def serve(peer):
        while True:
            _, body = peer.request()
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    server = serving(serve)
    transport = SyncTransport()
    failures = []

    def work(name: int) -> None:
        try:
            for number in range(100):
                body = f"{name}/{number}".encode()
                assert transport.send(ask(server.url, body=body)).read() == body
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT * 3)
    assert not failures
    assert server.connections <= 8
    transport.close()


def test_threads_wait_for_few_connections(serving):
    """With a bound below the number of threads every request is served in turn."""
    server = serving(keep_alive(OK))
    transport = SyncTransport(max_connections=2)
    failures = []

    def work() -> None:
        try:
            for _ in range(50):
                assert transport.send(ask(server.url)).read() == b"ok"
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT * 3)
    assert not failures
    assert server.connections <= 2
    transport.close()


def test_reply_collected_inside_the_pool_does_not_block(serving):
    """A finaliser may run while its own thread holds the pool's lock: it must not wait for it."""
    server = serving(lambda peer: (peer.request(), peer.send(CHUNKED + chunk(b"a")), peer.wait_for_close())[2])
    transport = SyncTransport()
    reply = transport.send(ask(server.url))
    with transport._pool._lock:
        del reply
    assert server.seen() is True
    transport.send(ask(server.url)).close()
    assert repr(transport) == "<SyncTransport no connections>"


def test_transport_collected_inside_the_pool_does_not_block(serving):
    """The same for the transport itself."""
    server = serving(lambda peer: (peer.request(), peer.send(OK), peer.wait_for_close())[2])
    transport = SyncTransport()
    transport.send(ask(server.url)).read()
    pool = transport._pool
    with pool._lock:
        del transport
    pool._settle([])
    assert server.seen() is True


def test_addresses_are_tried_in_turn(serving, monkeypatch):
    """A refused one, one that does not answer, and one that works, within the limit."""
    server = serving(keep_alive(OK))
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        others = [socket.socket() for _ in range(4)]
        for other in others:
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        places = [("127.0.0.1", 1), full.getsockname(), ("127.0.0.1", server.port)]
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **details: found)
        transport = SyncTransport()
        assert transport.send(ask("http://three.test/", connect_timeout=1.0)).read() == b"ok"
        found[:] = found[1:2]
        with pytest.raises(TimedOut) as caught:
            transport.send(ask("http://dead.test/", connect_timeout=0.2))
        assert caught.value.phase == "connect"
        transport.close()
        for other in others:
            other.close()


def test_keyboard_interrupt_closes_the_connection(serving):
    """Ctrl-C in the middle of a read: the server sees the end."""
    server = serving(lambda peer: (peer.request(), peer.send(CHUNKED + chunk(b"a")), peer.wait_for_close())[2])
    transport = SyncTransport()
    reply = transport.send(ask(server.url))
    assert reply.read_some() == b"a"
    timer = threading.Timer(0.2, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        reply.read_some(time.monotonic() + WAIT)
    timer.join()
    assert server.seen() is True


def test_import_is_light():
    """The blocking transport needs neither asyncio nor ssl until an https URL comes."""
    code = (
        "import sys; before = set(sys.modules); import franca.io.sync as s; s.SyncTransport();"
        "print(sorted({'asyncio', 'ssl', 'zlib', 'ipaddress', 'urllib.parse'} & set(sys.modules) - before))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout
    assert out.strip() == "[]"
    code = "import sys, franca.io.aio as s; s.AsyncioTransport(); print('ok')"
    subprocess.run([sys.executable, "-W", "error", "-c", code], timeout=60, check=True, capture_output=True)
