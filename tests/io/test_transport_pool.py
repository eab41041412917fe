"""Which connections are kept, which are not, and when they close: sync and asyncio alike."""

from __future__ import annotations

import copy
import gc
import os
import pickle
import threading
import time

import pytest
from hostile import CHUNKED, END, OK, WAIT, chunk, keep_alive, ok

from franca.errors import BadUsage, ConnectionLost, TimedOut
from franca.wire.http import Request


def test_connection_is_used_again(door, serving):
    """One connection carries one request after another, read whole or in pieces."""
    server = serving(keep_alive(OK, CHUNKED + chunk(b"ok") + END))
    transport = door.transport()
    for _ in range(5):
        assert door.send(transport, server.url).read() == b"ok"
        assert door.send(transport, server.url, stream=True).rest() == b"ok"
    assert server.connections == 1


def test_answer_that_came_whole_frees_its_connection_before_it_is_read(door, serving):
    """An unread small answer keeps nobody waiting, and reads well later."""
    server = serving(keep_alive(ok(b"first"), ok(b"second")))
    transport = door.transport(max_connections=1)
    first = door.send(transport, server.url)
    second = door.send(transport, server.url)
    assert (second.read(), first.read()) == (b"second", b"first")
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!",
        CHUNKED + chunk(b"ok") + END + b"!",
    ],
)
def test_connection_that_is_not_used_again(door, serving, answer):
    """Connection: close, HTTP/1.0, and bytes after the end: the next request opens another one."""
    server = serving(lambda peer: (peer.request(), peer.send(answer), peer.wait_for_close())[2])
    transport = door.transport()
    for _ in range(2):
        assert door.send(transport, server.url).read() == b"ok"
        assert server.seen() is True
    assert server.connections == 2


def test_http10_keep_alive(door, serving):
    """HTTP/1.0 keeps a connection when it says so."""
    server = serving(keep_alive(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"))
    transport = door.transport()
    for _ in range(2):
        assert door.send(transport, server.url).read() == b"ok"
    assert server.connections == 1


def test_server_that_closes_after_each_stream_without_saying_so(door, serving):
    """As llama.cpp does: the next request finds out before it is sent."""
    server = serving(lambda peer: (peer.request(), peer.send(CHUNKED + chunk(b"ok") + END)))
    transport = door.transport()
    for number in range(4):
        assert door.send(transport, server.url).rest() == b"ok"
        server.seen()
        assert server.connections == number + 1


def test_bytes_that_nobody_asked_for(door, serving):
    """An answer that comes unasked on an idle connection is not taken for the next one's."""
    go, sent = threading.Event(), threading.Event()

    def serve(peer):
        peer.request()
        peer.send(ok(b"good"))
        if peer.number == 0:
            go.wait(WAIT)
            peer.send(ok(b"evil"))
            sent.set()
            return peer.wait_for_close()
        return None

    server = serving(serve)
    transport = door.transport()
    assert door.send(transport, server.url).read() == b"good"
    go.set()
    assert sent.wait(WAIT)
    assert door.send(transport, server.url).read() == b"good"
    assert server.connections == 2


def closes_on_second_request(how, began=b""):
    """The first connection answers once, then ends when it gets another request; the others work."""

    def serve(peer):
        peer.request()
        peer.send(OK)
        peer.request()
        if peer.number == 0:
            if began:
                peer.send(began)
            if how == "rst":
                threading.Event().wait(0.1)
                peer.reset()
            return
        peer.send(ok(b"second"))

    return serve


@pytest.mark.parametrize("how", ["fin", "rst"])
def test_request_on_a_dead_kept_connection_is_sent_again_once(door, serving, how):
    """The connection had been idle and gave no byte: the request goes out again on a fresh one."""
    server = serving(closes_on_second_request(how))
    transport = door.transport()
    assert door.send(transport, server.url).read() == b"ok"
    assert door.send(transport, server.url).read() == b"ok"
    assert server.connections == 2


def test_it_is_sent_again_only_once(door, serving):
    """When the fresh connection dies as well, it is the caller's to decide."""

    def serve(peer):
        peer.request()
        if peer.number == 0:
            peer.send(OK)
            peer.request()

    server = serving(serve)
    transport = door.transport()
    door.send(transport, server.url).read()
    with pytest.raises(ConnectionLost) as caught:
        door.send(transport, server.url)
    assert not caught.value.began
    assert server.connections == 2


def test_it_is_never_sent_again_once_a_byte_came(door, serving):
    """Not even one byte of the head."""
    server = serving(closes_on_second_request("fin", began=b"H"))
    transport = door.transport()
    door.send(transport, server.url).read()
    with pytest.raises(ConnectionLost) as caught:
        door.send(transport, server.url)
    assert caught.value.began
    assert server.connections == 1


def test_time_out_on_a_kept_connection_is_not_sent_again(door, serving):
    """The server may be working on it."""
    server = serving(lambda peer: (peer.request(), peer.send(OK), peer.request(), peer.wait_for_close()))
    transport = door.transport()
    door.send(transport, server.url).read()
    with pytest.raises(TimedOut):
        door.send(transport, server.url, until=time.monotonic() + 0.1)
    server.seen()
    assert server.connections == 1


# ---- leaving early -------------------------------------------------------------------------------


def endless(peer):
    """Begins a stream and tells when the client has gone."""
    peer.request()
    peer.send(CHUNKED + chunk(b"first"))
    return peer.wait_for_close()


def test_closing_a_reply_closes_the_connection_at_once(door, serving):
    """The server sees it, and stops generating."""
    server = serving(endless)
    reply = door.send(door.transport(), server.url)
    assert reply.read_some() == b"first"
    reply.close()
    assert server.seen() is True


def test_forgotten_reply_closes_the_connection(door, serving):
    """So does the garbage collector."""
    server = serving(endless)
    transport = door.transport()
    reply = door.send(transport, server.url)
    assert reply.read_some() == b"first"
    del reply
    gc.collect()
    assert server.seen() is True
    door.until(lambda: "busy" not in repr(transport))


def test_reply_may_be_closed_from_another_thread(door, serving):
    """`close` in any thread, also while another one reads."""
    server = serving(endless)
    reply = door.send(door.transport(), server.url)
    assert reply.read_some() == b"first"
    timer = threading.Timer(0.1, reply.close)
    timer.start()
    with pytest.raises(ConnectionLost):
        reply.read_some()
    timer.join(WAIT)
    assert server.seen() is True


def test_unread_reply_is_closed_too(door, serving):
    """Closing without having read anything."""
    server = serving(endless)
    door.send(door.transport(), server.url).close()
    assert server.seen() is True


def test_damaged_reply_closes_the_connection(door, serving):
    """An error while reading closes, even while the caller keeps the reply."""
    server = serving(lambda peer: (peer.request(), peer.send(CHUNKED + b"nonsense"), peer.wait_for_close())[2])
    reply = door.send(door.transport(), server.url)
    with pytest.raises(Exception, match="no valid HTTP"):
        reply.read()
    assert server.seen() is True


# ---- release -------------------------------------------------------------------------------------


def test_released_connection_is_used_again_when_the_end_came(door, serving):
    """The caller saw [DONE]; the last chunk comes a moment later."""
    go, sent = threading.Event(), threading.Event()

    def serve(peer):
        peer.request()
        peer.send(CHUNKED + chunk(b"data: [DONE]\n\n"))
        go.wait(WAIT)
        peer.send(END)
        sent.set()
        peer.request()
        peer.send(OK)

    server = serving(serve)
    transport = door.transport()
    reply = door.send(transport, server.url)
    assert reply.read_some() == b"data: [DONE]\n\n"
    reply.release()
    reply.release()
    reply.close()
    go.set()
    assert sent.wait(WAIT)
    door.until(lambda: "1 idle" in repr(transport))
    assert door.send(transport, server.url).read() == b"ok"
    assert server.connections == 1


@pytest.mark.parametrize("tail", [b"", chunk(b"more"), b"nonsense\r\n", END + b"!", chunk(b"x" * 5_000_000) + END])
def test_released_connection_is_closed_when_no_clean_end_came(door, serving, tail):
    """Nothing, more, or nonsense: the next request gets another connection."""
    sent = threading.Event()

    def serve(peer):
        peer.request()
        if peer.number:
            peer.send(OK)
            peer.request()
        peer.send(CHUNKED + chunk(b"data: [DONE]\n\n"))
        sent.set()
        try:
            peer.send(tail)
        except OSError:
            return True
        return peer.wait_for_close()

    server = serving(serve)
    transport = door.transport()
    reply = door.send(transport, server.url)
    assert sent.wait(WAIT)
    reply.release()
    assert door.send(transport, server.url).read() == b"ok"
    assert server.connections == 2
    door.until(lambda: server.saw.qsize() > 0)
    assert server.seen() is True


def test_released_stream_that_the_server_cuts(door, serving):
    """As llama.cpp: [DONE], the end, close."""
    server = serving(lambda peer: (peer.request(), peer.send(CHUNKED + chunk(b"data: [DONE]\n\n") + END)))
    transport = door.transport()
    for number in range(3):
        reply = door.send(transport, server.url)
        reply.read_some()
        reply.release()
        server.seen()
        assert server.connections == number + 1


# ---- bounds --------------------------------------------------------------------------------------


def test_idle_connections_are_bounded(door, serving):
    """Of those that come back, the one that lay longest is closed."""
    gate = threading.Barrier(4, timeout=WAIT)

    def serve(peer):
        peer.request()
        peer.send(CHUNKED + chunk(b"ok"))
        gate.wait()
        peer.send(END)
        return peer.wait_for_close()

    server = serving(serve)
    transport = door.transport(max_idle=1)
    replies = [door.send(transport, server.url) for _ in range(3)]
    gate.wait()
    assert [reply.rest() for reply in replies] == [b"ok"] * 3
    assert (server.seen(), server.seen()) == (True, True)
    assert "1 idle 0 busy" in repr(transport)


def test_no_idle_connections_at_all(door, serving):
    """max_idle=0: a connection for each request."""
    server = serving(lambda peer: (peer.request(), peer.send(OK), peer.wait_for_close())[2])
    transport = door.transport(max_idle=0)
    for _ in range(2):
        door.send(transport, server.url).read()
        assert server.seen() is True
    assert server.connections == 2


def test_idle_connection_expires(door, serving):
    """It is not used again after idle_expiry; with asyncio it is closed then."""
    server = serving(lambda peer: (peer.request(), peer.send(OK), peer.wait_for_close())[2])
    transport = door.transport(idle_expiry=0.05)
    door.send(transport, server.url).read()
    if door.kind == "aio":
        door.until(lambda: server.saw.qsize() == 1)
    else:
        time.sleep(0.06)
    door.send(transport, server.url).read()
    assert server.seen() is True
    assert server.connections == 2


def test_hint_of_the_server_shortens_the_expiry(door, serving):
    """Keep-Alive: timeout=1 is believed, with a margin."""
    answer = b"HTTP/1.1 200 OK\r\nKeep-Alive: max=5, Timeout=1\r\nContent-Length: 2\r\n\r\nok"
    server = serving(lambda peer: (peer.request(), peer.send(answer), peer.wait_for_close())[2])
    transport = door.transport()
    door.send(transport, server.url).read()
    time.sleep(0.55)
    door.send(transport, server.url).read()
    assert server.connections == 2


def test_bound_on_open_connections_waits(door, serving):
    """Who comes too late waits for a connection, until its limit."""
    server = serving(endless)
    transport = door.transport(max_connections=2)
    first = door.send(transport, server.url)
    second = door.send(transport, server.url)
    with pytest.raises(TimedOut) as caught:
        door.send(transport, server.url, until=time.monotonic() + 0.1)
    assert (caught.value.phase, caught.value.server) == ("connect", server.url)
    first.close()
    third = door.send(transport, server.url)
    assert third.read_some() == b"first"
    second.close()
    third.close()
    assert server.connections == 3


def test_close_keeps_the_transport_usable(door, serving):
    """Idle connections close at once, one in use when its answer is complete."""
    go = threading.Event()

    def serve(peer):
        peer.request()
        if peer.number == 1:
            peer.send(CHUNKED + chunk(b"o"))
            go.wait(WAIT)
            peer.send(chunk(b"k") + END)
        else:
            peer.send(OK)
        return peer.wait_for_close()

    server = serving(serve)
    transport = door.transport()
    door.send(transport, server.url).read()
    assert "1 idle 0 busy" in repr(transport)
    door.wait(transport.close())
    assert server.seen() is True
    busy = door.send(transport, server.url)
    door.wait(transport.close())
    go.set()
    assert busy.rest() == b"ok"
    assert server.seen() is True
    assert door.send(transport, server.url).read() == b"ok"


# ---- representation, pickle, copy ----------------------------------------------------------------


def test_repr_tells_the_state_without_secrets(door, serving):
    """Idle and busy per server; a proxy without its password."""
    server = serving(endless)
    transport = door.transport()
    assert repr(transport) == f"<{type(transport).__name__} no connections>"
    reply = door.send(transport, server.url)
    assert repr(transport) == f"<{type(transport).__name__} {server.url} 0 idle 1 busy>"
    reply.close()
    assert "200" in repr(reply.reply)
    hidden = door.transport(proxy="http://user:secret@proxy:3128")
    assert "secret" not in repr(hidden)
    assert "user" not in repr(hidden)
    assert "http://proxy:3128" in repr(hidden)


def test_pickle_and_copy_carry_the_options(door, serving, authority_file):
    """Not the connections."""
    server = serving(keep_alive(OK))
    transport = door.transport(idle_expiry=7.0, max_idle=3, verify=authority_file, proxy="")
    door.send(transport, server.url).read()
    for other in (pickle.loads(pickle.dumps(transport)), copy.copy(transport), copy.deepcopy(transport)):
        assert type(other) is type(transport)
        assert other._settings.options == transport._settings.options
        assert "no connections" in repr(other)


def test_what_is_secret_is_not_pickled(door, server_tls):
    """A clear refusal; copying within the process is fine."""
    for options in (
        {"proxy": "http://user:secret@proxy:3128"},
        {"verify": server_tls},
        {"cert": ("cert.pem", "key.pem", "secret")},
    ):
        transport = door.transport(**options)
        with pytest.raises(BadUsage) as caught:
            pickle.dumps(transport)
        assert "secret" not in str(caught.value)
        assert copy.copy(transport)._settings.options == transport._settings.options
        assert copy.deepcopy(transport)._settings.options == transport._settings.options


@pytest.mark.parametrize(
    "options", [{"max_idle": -1}, {"max_connections": 0}, {"idle_expiry": -1.0}, {"max_idle": 1.5}]
)
def test_options_that_make_no_sense(door, options):
    """They are refused when the transport is made."""
    with pytest.raises(BadUsage):
        door.transport(**options)


# ---- fork ----------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_child_of_a_fork_opens_its_own_connections(door, serving):
    """And its end does not disturb the parent's, idle and in use."""

    def serve(peer):
        while True:
            head, _ = peer.request()
            if "stream" in head:
                peer.send(CHUNKED + chunk(b"a"))
                peer.request()
            else:
                peer.send(ok(str(peer.number).encode()))

    server = serving(serve)
    transport = door.transport()
    stream = door.send(transport, server.url + "/stream")
    assert door.send(transport, server.url).read() == b"1"
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            status = _in_the_child(door.kind, transport, server.url, stream.reply)
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert door.send(transport, server.url).read() == b"1"
    assert stream.read_some() == b"a"
    with pytest.raises(TimedOut):  # it stands: neither bytes nor an end
        stream.read_some(limit=0.05)


def _in_the_child(kind, transport, url, stream):
    import asyncio

    async def asynchronous():
        reply = await transport.send(Request("GET", url, until=time.monotonic() + WAIT))
        return await reply.read()

    if kind == "sync":
        body = transport.send(Request("GET", url, until=time.monotonic() + WAIT)).read()
        try:
            stream.read()
        except ConnectionLost:
            pass
        else:
            return 3
    else:
        asyncio.set_event_loop(None)
        body = asyncio.run(asynchronous())
    stream.close()
    del stream
    gc.collect()
    return 0 if body == b"2" else 2
