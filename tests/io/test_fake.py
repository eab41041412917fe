"""The scripted transports do what their script says, in both shapes."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest

from franca.errors import BadUsage, ConnectFailed, ConnectionLost, ProtocolError, TimedOut
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.wire.http import AsyncTransport, Request


class Sync:
    """The sync transport with the words of the async one."""

    def __init__(self, script: Any) -> None:
        self.transport = FakeTransport(script)

    async def send(self, request: Request) -> Any:
        reply = self.transport.send(request)
        return _Reply(reply)


class _Reply:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def read(self) -> bytes:
        return self.inner.read()

    async def read_some(self) -> bytes:
        return self.inner.read_some()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Async:
    def __init__(self, script: Any) -> None:
        self.transport = AsyncFakeTransport(script)
        self.send = self.transport.send


@pytest.fixture(params=[Sync, Async], ids=["sync", "async"])
def make(request: pytest.FixtureRequest) -> Any:
    return request.param


def post(body: Any = None, **fields: Any) -> Request:
    return Request("POST", "http://fake/v1/x", body=b"" if body is None else json.dumps(body).encode(), **fields)


async def whole(fake: Any, request: Request | None = None) -> tuple[int, str | None, bytes]:
    reply = await fake.send(request or post())
    return reply.status, reply.headers.get("content-type"), await reply.read()


def test_each_request_gets_the_next_item(make: Any) -> None:
    """Every kind of item, with the content type that fits it."""
    fake = make(
        [
            {"a": 1},
            [1, 2],
            "text",
            b"\x00",
            FakeTransport.answer({"error": "no"}, status=429, headers={"Retry-After": "0", "Content-Type": "x/y"}),
            lambda request: {"asked": json.loads(request.body)},
        ]
    )

    async def main() -> None:
        assert await whole(fake) == (200, "application/json", b'{"a":1}')
        assert await whole(fake) == (200, "application/json", b"[1,2]")
        assert await whole(fake) == (200, "text/plain; charset=utf-8", b"text")
        assert await whole(fake) == (200, "application/octet-stream", b"\x00")
        reply = await fake.send(post())
        assert (reply.status, reply.headers["retry-after"], reply.headers.get_all("content-type")) == (
            429,
            "0",
            ["x/y"],
        )
        assert await whole(fake, post({"q": 1})) == (200, "application/json", b'{"asked":{"q":1}}')

    asyncio.run(main())


def test_an_exception_is_raised_in_its_turn(make: Any) -> None:
    """With or without `error`, from a function too."""
    fake = make([FakeTransport.error(ConnectFailed("refused")), TimedOut("slow"), lambda _: OSError("odd"), "then"])

    async def main() -> None:
        for kind in (ConnectFailed, TimedOut, OSError):
            with pytest.raises(kind):
                await fake.send(post())
        assert (await whole(fake))[2] == b"then"

    asyncio.run(main())


def test_a_used_up_script_says_so(make: Any) -> None:
    """The error names the request that had no answer and how many had one."""
    fake = make(["one"])

    async def main() -> None:
        await whole(fake)
        with pytest.raises(BadUsage, match=r"used up: POST http://fake/v1/x is request number 2, and 1 were scripted"):
            await fake.send(post())
        assert (fake.transport.sent, fake.transport.remaining) == (2, 0)

    asyncio.run(main())


def test_one_function_answers_every_request(make: Any) -> None:
    """It is never used up, and may answer with anything an item can be."""
    fake = make(lambda request: FakeTransport.answer(request.body, status=201))

    async def main() -> None:
        for number in range(3):
            assert (await whole(fake, post(number)))[::2] == (201, str(number).encode())

    asyncio.run(main())
    assert fake.transport.bodies == [0, 1, 2]


def test_a_stream_comes_event_by_event(make: Any) -> None:
    """JSON, text of several lines and raw bytes; `[DONE]` ends it; the end is told for ever."""
    fake = make([FakeTransport.stream([{"n": 1}, "two\nlines", b": raw\n\n"])])

    async def main() -> None:
        reply = await fake.send(post())
        assert reply.headers["content-type"] == "text/event-stream"
        blocks = [await reply.read_some() for _ in range(6)]
        assert blocks == [
            b'data: {"n":1}\n\n',
            b"data: two\ndata: lines\n\n",
            b": raw\n\n",
            b"data: [DONE]\n\n",
            b"",
            b"",
        ]

    asyncio.run(main())


def test_a_stream_can_be_cut_up_differently(make: Any) -> None:
    """`block_size` changes the blocks, not the bytes; `blocks` sets them one by one."""
    fake = make(
        [
            FakeTransport.stream([{"n": 1}], block_size=3),
            FakeTransport.answer(blocks=[b"ab", b"", b"c"]),
            FakeTransport.stream([{"n": 1}], done=False),
        ]
    )

    async def main() -> None:
        reply, blocks = await fake.send(post()), []
        while block := await reply.read_some():
            blocks.append(block)
        assert {len(block) for block in blocks[:-1]} == {3}
        assert b"".join(blocks) == b'data: {"n":1}\n\ndata: [DONE]\n\n'
        reply = await fake.send(post())
        assert [await reply.read_some(), await reply.read()] == [b"ab", b"c"]
        assert (await whole(fake))[2] == b'data: {"n":1}\n\n'

    asyncio.run(main())


@pytest.mark.parametrize(("cut", "kind"), [(True, ConnectionLost), (TimedOut("still", phase="idle"), TimedOut)])
def test_a_cut_stream_gives_what_came_and_then_fails(make: Any, cut: Any, kind: type[Exception]) -> None:
    """No `[DONE]`, the failure after the last event, and nothing to read afterwards."""
    fake = make([FakeTransport.stream([{"n": 1}], cut=cut)])

    async def main() -> None:
        reply = await fake.send(post())
        assert await reply.read_some() == b'data: {"n":1}\n\n'
        with pytest.raises(kind):
            await reply.read_some()
        with pytest.raises(ConnectionLost):
            await reply.read_some()

    asyncio.run(main())
    assert fake.transport.open_replies == 0


def test_max_body_bounds_a_whole_read(make: Any) -> None:
    """As a real transport does."""
    fake = make(["12345", "12345"])

    async def main() -> None:
        assert (await whole(fake, post(max_body=5)))[2] == b"12345"
        with pytest.raises(ProtocolError, match="larger than 4 bytes"):
            await whole(fake, post(max_body=4))

    asyncio.run(main())


def test_open_replies_are_counted(make: Any) -> None:
    """Read to the end, closed or released: each counts once. What is closed cannot be read."""
    fake = make(["one", "two", "three"])

    async def main() -> None:
        one, two, three = [await fake.send(post()) for _ in range(3)]
        assert fake.transport.open_replies == 3
        assert await one.read() == b"one"
        one.close()
        two.close()
        two.close()
        three.release()
        assert fake.transport.open_replies == 0
        assert await one.read() == b""
        with pytest.raises(ConnectionLost):
            await two.read()

    asyncio.run(main())


def test_requests_are_kept_and_bounded(make: Any) -> None:
    """The last ones stay; a request without a body has the body None."""
    fake = make(lambda request: "x")

    async def main() -> None:
        for number in range(10_001):
            await fake.send(post(number or None))

    asyncio.run(main())
    assert fake.transport.sent == 10_001
    assert len(fake.transport.requests) == 10_000
    assert fake.transport.requests[0].body == b"1"
    assert make([]).transport.bodies == []


def test_threads_share_a_script() -> None:
    """Each item goes out once, and an item may itself send."""
    transport = FakeTransport([str(number) for number in range(200)])
    seen: list[bytes] = []

    def work() -> None:
        seen.extend([transport.send(post()).read() for _ in range(50)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(map(int, seen)) == list(range(200))
    nested = FakeTransport([lambda request: nested.send(request).read(), "inner"])
    assert nested.send(post()).read() == b"inner"


@pytest.mark.parametrize("script", ["text", b"bytes", {"a": 1}, 3, iter(())])
def test_what_is_no_script_is_refused(script: Any) -> None:
    """A forgotten pair of brackets is told at once."""
    with pytest.raises(BadUsage, match="a script is a list"):
        FakeTransport(script)


def test_what_is_no_item_is_refused_when_it_is_due() -> None:
    """None, numbers and classes are no answers."""
    for item in (None, 3, ConnectFailed):
        with pytest.raises(BadUsage, match="no item"):
            FakeTransport([item]).send(post())
    with pytest.raises(BadUsage, match="block_size"):
        FakeTransport.stream([], block_size=0)


def test_they_print_and_close() -> None:
    """What a failing test shows of them is short."""
    transport = FakeTransport(["one", FakeTransport.stream([{}], cut=True)])
    transport.send(post())
    transport.close()
    assert repr(transport) == "<FakeTransport 1 sent, 1 left>"
    assert repr(FakeTransport(lambda request: "x")) == "<FakeTransport 0 sent, a function>"
    assert repr(FakeTransport.stream([{}], cut=True)) == "<Answer 200 10 bytes in 1 blocks, then ConnectionLost>"
    shaped = AsyncFakeTransport([])
    assert isinstance(shaped, AsyncTransport)
    asyncio.run(shaped.close())
