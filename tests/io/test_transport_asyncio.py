"""What only asyncio has: cancellation, event loops that come and go, tasks that wait, back-pressure."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import time

import pytest
from hostile import CHUNKED, END, OK, WAIT, Peer, Server, chunk, keep_alive, ok

from franca.errors import BadUsage, ConnectFailed, ConnectionLost, TimedOut
from franca.io.aio import AsyncioTransport
from franca.wire.http import Request


def ask(url: str, **details) -> Request:
    details.setdefault("until", time.monotonic() + WAIT)
    return Request("POST", url, **details)


def tell_when_gone(answer: bytes):
    def serve(peer: Peer) -> bool:
        peer.request()
        peer.send(answer)
        return peer.wait_for_close()

    return serve


async def cancel_after(coroutine, ready: asyncio.Event | None = None) -> None:
    task = asyncio.ensure_future(coroutine)
    if ready is not None:
        await asyncio.wait_for(ready.wait(), WAIT)
    else:
        await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def in_thread(function, *arguments):
    return await asyncio.to_thread(function, *arguments)


@pytest.mark.parametrize("phase", ["answer", "read", "read_some"])
def test_cancelling_closes_the_connection_at_once(serving, phase):
    """While waiting for the head, for the whole body, or for the next bytes: the server sees it."""
    server = serving(tell_when_gone(b"" if phase == "answer" else CHUNKED + chunk(b"a")))

    async def work(transport: AsyncioTransport) -> None:
        reply = await transport.send(ask(server.url))
        if phase == "read":
            await reply.read()
        while await reply.read_some():
            pass

    async def main() -> None:
        transport = AsyncioTransport()
        await cancel_after(work(transport))
        assert await in_thread(server.seen) is True  # the loop is still running, and the reply's task is gone
        assert repr(transport) == "<AsyncioTransport no connections>"

    asyncio.run(main())


def test_cancelling_while_sending(serving):
    """A large request that the server does not take."""
    stop = threading.Event()

    def serve(peer: Peer) -> bool:
        stop.wait(WAIT)
        return peer.wait_for_close()

    server = serving(serve)

    async def main() -> None:
        transport = AsyncioTransport()
        await cancel_after(transport.send(ask(server.url, body=b"x" * 50_000_000)))
        stop.set()
        assert await in_thread(server.seen) is True

    asyncio.run(main())


def test_cancelling_while_connecting():
    """A listener whose queue is full answers no SYN: the attempt hangs until it is cancelled, or timed out."""
    with full_listener() as url:

        async def main() -> None:
            transport = AsyncioTransport()
            await cancel_after(transport.send(ask(url)))
            assert repr(transport) == "<AsyncioTransport no connections>"
            with pytest.raises(TimedOut) as caught:
                await transport.send(ask(url, connect_timeout=0.1))
            assert caught.value.phase == "connect"
            assert caught.value.server == url

        asyncio.run(main())


class full_listener:
    def __enter__(self) -> str:
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.others = []
        address = self.listener.getsockname()
        for _ in range(4):
            other = socket.socket()
            other.setblocking(False)
            other.connect_ex(address)
            self.others.append(other)
        return f"http://127.0.0.1:{address[1]}"

    def __exit__(self, *details: object) -> None:
        for sock in [self.listener, *self.others]:
            sock.close()


def test_cancelling_a_task_that_waits_for_its_turn(serving):
    """It leaves the queue; a connection given to it in that very moment goes to the next one."""
    server = serving(keep_alive(OK))

    async def main() -> None:
        transport = AsyncioTransport(max_connections=1)

        async def hold() -> None:
            reply = await transport.send(ask(server.url))
            await reply.read()

        for _ in range(20):
            tasks = [asyncio.ensure_future(hold()) for _ in range(6)]
            await asyncio.sleep(0)
            for number, task in enumerate(tasks):
                if number % 2:
                    task.cancel()
                    await asyncio.sleep(0)
            await asyncio.gather(*tasks, return_exceptions=True)
            assert "0 busy" in repr(transport) or "no connections" in repr(transport)
        await hold()
        await transport.close()

    asyncio.run(main())


def test_many_tasks_share_few_connections(serving):
    """Every one is served, in turn."""
    server = serving(keep_alive(OK))

    async def main() -> None:
        transport = AsyncioTransport(max_connections=3)

        async def one() -> bytes:
            return await (await transport.send(ask(server.url))).read()

        assert await asyncio.gather(*(one() for _ in range(50))) == [b"ok"] * 50
        await transport.close()

    asyncio.run(main())
    assert server.connections <= 3


def test_task_that_is_dropped_with_its_loop(serving, recwarn):
    """A loop that is closed while a reply is open: the reply's end closes the socket, without noise."""
    server = serving(tell_when_gone(CHUNKED + chunk(b"a")))
    transport = AsyncioTransport()
    kept = []

    async def main() -> None:
        kept.append(await transport.send(ask(server.url)))

    asyncio.run(main())
    kept.clear()
    gc.collect()
    assert server.seen() is True
    assert not recwarn.list


def test_closing_a_reply_after_its_loop(serving):
    """`close` works there as well."""
    server = serving(tell_when_gone(CHUNKED + chunk(b"a")))
    transport = AsyncioTransport()

    async def main():
        return await transport.send(ask(server.url))

    reply = asyncio.run(main())
    reply.close()
    assert server.seen() is True


def test_loops_one_after_another(serving, recwarn, capfd):
    """Each asyncio.run has connections of its own; those of the loop before are dropped without noise."""
    server = serving(lambda peer: keep_alive_until_gone(peer))
    transport = AsyncioTransport()

    async def main() -> bytes:
        await (await transport.send(ask(server.url))).read()
        return await (await transport.send(ask(server.url))).read()

    for number in range(3):
        assert asyncio.run(main()) == b"ok"
        assert server.connections == number + 1
        if number:
            assert server.seen() is True
    assert len(transport._pools) == 1
    transport.__del__()  # what the garbage collector does
    assert server.seen() is True
    assert not recwarn.list
    assert capfd.readouterr() == ("", "")


def keep_alive_until_gone(peer: Peer) -> bool:
    try:
        while True:
            peer.request()
            peer.send(OK)
    except (EOFError, OSError):
        return True


def test_loops_at_once_in_threads(serving):
    """One transport, a loop in each of several threads."""
    server = serving(keep_alive(OK))
    transport = AsyncioTransport()
    failures = []

    async def main() -> None:
        async def one() -> None:
            assert await (await transport.send(ask(server.url))).read() == b"ok"

        for _ in range(20):
            await asyncio.gather(*(one() for _ in range(3)))

    def work() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT * 2)
    assert not failures
    asyncio.run(transport.close())


def test_close_reaches_the_connections_of_other_loops(serving):
    """`close` in one loop closes what lies idle in another one that is running."""
    server = serving(lambda peer: keep_alive_until_gone(peer))
    transport = AsyncioTransport()
    ready, stop = threading.Event(), threading.Event()

    async def elsewhere() -> None:
        await (await transport.send(ask(server.url))).read()
        ready.set()
        while not stop.is_set():
            await asyncio.sleep(0.01)

    thread = threading.Thread(target=lambda: asyncio.run(elsewhere()))
    thread.start()
    try:
        assert ready.wait(WAIT)
        asyncio.run(transport.close())
        assert server.seen() is True
    finally:
        stop.set()
        thread.join(WAIT)


def test_server_that_closes_an_idle_connection_is_noticed_at_once(serving):
    """The connection leaves the pool when the end comes, not only when it is wanted."""
    go = threading.Event()
    server = serving(lambda peer: (peer.request(), peer.send(OK), go.wait(WAIT)))

    async def main() -> None:
        transport = AsyncioTransport()
        await (await transport.send(ask(server.url))).read()
        assert "1 idle" in repr(transport)
        go.set()
        limit = time.monotonic() + WAIT
        while "idle" in repr(transport):
            assert time.monotonic() < limit
            await asyncio.sleep(0.005)

    asyncio.run(main())


def test_released_stream_without_an_end_is_closed_soon(serving):
    """In the background, after about a second, without anybody asking."""
    server = serving(tell_when_gone(CHUNKED + chunk(b"data: [DONE]\n\n")))

    async def main() -> None:
        transport = AsyncioTransport()
        reply = await transport.send(ask(server.url))
        await reply.read_some()
        reply.release()
        assert await in_thread(server.seen) is True
        assert repr(transport) == "<AsyncioTransport no connections>"

    asyncio.run(main())


def test_slow_reader_makes_the_server_wait(serving):
    """Not more than a bounded part of a fast stream is taken in ahead of the reader; nothing is lost."""
    total = 64 * 1024 * 1024
    sent = [0]

    def serve(peer: Peer) -> None:
        peer.request()
        peer.send(CHUNKED)
        piece = chunk(b"x" * 65536)
        for _ in range(total // 65536):
            peer.send(piece)
            sent[0] += 65536
        peer.send(END)

    server = serving(serve)

    async def main() -> None:
        transport = AsyncioTransport()
        reply = await transport.send(ask(server.url))
        before = -1
        while sent[0] != before:  # until it stands still
            before = sent[0]
            await asyncio.sleep(0.2)
        assert sent[0] < total
        assert reply._answer.buffered <= 512 * 1024
        received = 0
        while data := await reply.read_some():
            received += len(data)
        assert received == total

    asyncio.run(main())


def test_paused_answer_is_read_whole(serving):
    """Back-pressure does not stop a `read` that comes late."""
    body = b"y" * 3_000_000
    server = serving(keep_alive(ok(body)))

    async def main() -> None:
        transport = AsyncioTransport()
        reply = await transport.send(ask(server.url))
        await asyncio.sleep(0.1)
        assert await reply.read() == body
        assert await (await transport.send(ask(server.url))).read() == body
        await transport.close()

    asyncio.run(main())
    assert server.connections == 1


def test_two_tasks_that_read_one_reply(serving):
    """It is a mistake that is told."""
    server = serving(tell_when_gone(CHUNKED + chunk(b"a")))

    async def main() -> None:
        transport = AsyncioTransport()
        reply = await transport.send(ask(server.url))
        assert await reply.read_some() == b"a"
        first = asyncio.ensure_future(reply.read_some())
        await asyncio.sleep(0)
        with pytest.raises(BadUsage):
            await reply.read_some()
        with pytest.raises(ConnectionLost):
            await first

    asyncio.run(main())


def test_exchange_on_a_connection_does_not_disturb_the_one_before(serving):
    """A reply that was complete may be closed or collected while another task uses its connection."""
    server = serving(keep_alive(ok(b"one"), CHUNKED + chunk(b"two") + END))

    async def main() -> None:
        transport = AsyncioTransport()
        first = await transport.send(ask(server.url))
        second = await transport.send(ask(server.url))
        first.close()
        del first
        gc.collect()
        assert await second.read() == b"two"
        await transport.close()

    asyncio.run(main())
    assert server.connections == 1


# ---- Happy Eyeballs ------------------------------------------------------------------------------


def resolves_to(*places):
    async def getaddrinfo(host, port, **details):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]

    return getaddrinfo


def test_dead_address_delays_the_next_one_only_a_little(serving, monkeypatch):
    """The second address is tried before the first one has failed, and the first is given up."""
    server: Server = serving(keep_alive(OK))
    with full_listener() as dead:
        dead_port = int(dead.rpartition(":")[2])

        async def main() -> None:
            loop = asyncio.get_running_loop()
            places = [("127.0.0.1", dead_port), ("127.0.0.1", server.port)]
            monkeypatch.setattr(loop, "getaddrinfo", resolves_to(*places))
            transport = AsyncioTransport()
            reply = await transport.send(ask("http://two-addresses.test/", connect_timeout=WAIT))
            assert await reply.read() == b"ok"
            await transport.close()
            await asyncio.sleep(0)
            assert len(asyncio.all_tasks()) == 1

        asyncio.run(main())


def test_refused_address_moves_on_at_once_and_all_refused_fails(serving, monkeypatch):
    """The error is that of the first one."""
    server: Server = serving(keep_alive(OK))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "getaddrinfo", resolves_to(("127.0.0.1", 1), ("127.0.0.1", server.port)))
        transport = AsyncioTransport()
        assert await (await transport.send(ask("http://two-addresses.test/"))).read() == b"ok"
        monkeypatch.setattr(loop, "getaddrinfo", resolves_to(("127.0.0.1", 1), ("127.0.0.1", 2)))
        with pytest.raises(ConnectFailed, match="connection refused"):
            await transport.send(ask("http://none.test/"))
        await transport.close()

    asyncio.run(main())
