"""The streamed tool loop: what is handed out, in which order, and what happens when it is left."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

import franca
from franca import BadUsage, ChatEvent, ToolFinished, ToolStarted
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.wire.chunk import ChatEvent as Event

from .scripts import asks, call, says, streamed


def add(a: int, b: int = 1) -> int:
    """Add."""
    return a + b


def script(*items):
    return [streamed(item) if isinstance(item, dict) else item for item in items]


TWO_TURNS = (asks(call("add", {"a": 1})), says("two"))


def blocking(*items):
    return franca.Client("http://fake/v1", model="m", transport=FakeTransport(script(*items)))


def asynchronous(*items):
    return franca.AsyncClient("http://fake/v1", model="m", transport=AsyncFakeTransport(script(*items)))


def shape(events):
    return [type(event).__name__ for event in events]


SHAPE = ["ChatEvent"] * 3 + ["ToolStarted", "ToolFinished"] + ["ChatEvent"] * 3


def test_events_of_all_turns_in_order():
    """The same for both clients: chunks as they come, and the calls between them."""
    with blocking(*TWO_TURNS).run_tools_stream("Hello", [add]) as stream:
        events = list(stream)
        assert stream.final.content == "two"
    assert shape(events) == SHAPE
    assert [event.call.name for event in events if isinstance(event, ToolStarted)] == ["add"]
    (finished,) = [event for event in events if isinstance(event, ToolFinished)]
    assert (finished.result, finished.error, finished.text) == (2, None, "2")
    assert finished.seconds >= 0
    assert "".join(event.content or "" for event in events if isinstance(event, ChatEvent)) == "two"

    async def main():
        async with asynchronous(*TWO_TURNS).run_tools_stream("Hello", [add]) as stream:
            events = [event async for event in stream]
            return events, stream.final

    events, final = asyncio.run(main())
    assert shape(events) == SHAPE
    assert final.content == "two"
    assert len(final.turns) == 2


def test_calls_that_are_not_run_are_only_finished():
    """With their error; a refused one too."""
    item = asks(call("nope", {}, "x"), call("add", {"a": 1}, "y"))
    stream = blocking(item, says("ok")).run_tools_stream("Hello", [add], before_call=lambda one: "no")
    told = [event for event in stream if not isinstance(event, Event)]
    assert shape(told) == ["ToolFinished", "ToolFinished"]
    assert [event.error == event.text for event in told] == [True, True]
    assert [(event.result, event.seconds) for event in told] == [(None, 0.0)] * 2


def test_tools_are_told_as_they_finish():
    """The first that is done is the first that is told, while others still run."""
    release = threading.Event()

    def slow() -> str:
        """Slow."""
        release.wait(20)
        return "slow"

    def quick() -> str:
        """Quick."""
        return "quick"

    stream = blocking(asks(call("slow", {}, "x"), call("quick", {}, "y")), says("ok"))
    finished = []
    with stream.run_tools_stream("Hello", [slow, quick]) as events:
        for event in events:
            if isinstance(event, ToolFinished):
                finished.append(event.text)
                release.set()
    assert finished == ["quick", "slow"]
    texts = [message.content for message in events.final.history if message.role == "tool"]
    assert texts == ["slow", "quick"]


def test_nothing_is_sent_before_the_first_event():
    """And a stream that is never read asks nothing."""
    client = blocking(*TWO_TURNS)
    stream = client.run_tools_stream("Hello", [add])
    assert client.transport.sent == 0
    assert stream.partial is None
    assert repr(stream) == "<ToolStream: 0 events so far>"
    with pytest.raises(BadUsage, match="has not been read to its end"):
        _ = stream.final
    stream.close()
    assert list(stream) == []
    with pytest.raises(BadUsage, match="was left before its end"):
        _ = stream.final
    assert client.transport.sent == 0


def test_what_has_come_so_far():
    """`partial` is the answer under way, or the last one, with the history that goes with it."""
    stream = blocking(*TWO_TURNS).run_tools_stream("Hello", [add])
    next(stream)
    assert stream.partial.tool_calls[0].name == "add"
    assert len(stream.partial.history) == 1
    while not isinstance(next(stream), ToolFinished):
        pass
    assert len(stream.partial.turns) == 1
    next(stream)
    assert [message.role for message in stream.partial.history] == ["user", "assistant", "tool"]
    assert len(stream.partial.turns) == 2
    assert repr(stream) == "<ToolStream: 6 events so far>"
    assert stream.finish().content == "two"
    assert repr(stream) == "<ToolStream: over after 8 events>"
    with pytest.raises(StopIteration):
        next(stream)


@pytest.mark.parametrize("where", [1, 4, 6], ids=["first turn", "amid the tools", "second turn"])
@pytest.mark.parametrize("how", ["break", "close", "exception", "with", "dropped"])
def test_left_early_closes_at_once(where, how):
    """However it is left, no reply stays open, and nothing more is sent."""
    client = blocking(*TWO_TURNS)
    stream = client.run_tools_stream("Hello", [add])
    if how == "break":
        for place, _ in enumerate(stream, 1):
            if place == where:
                break
    elif how == "exception":
        with pytest.raises(LookupError):  # noqa: PT012
            for place, _ in enumerate(stream, 1):
                if place == where:
                    raise LookupError
    elif how == "with":
        with stream:
            for _ in range(where):
                next(stream)
    else:
        for _ in range(where):
            next(stream)
        if how == "close":
            stream.close()
            assert repr(stream) == f"<ToolStream: left after {where} events>"
            assert list(stream) == []
        else:
            del stream
            gc.collect()
    assert client.transport.open_replies == 0
    assert client.transport.sent == (2 if where == 6 else 1)


@pytest.mark.parametrize("where", [1, 4, 6])
@pytest.mark.parametrize("how", ["break", "close", "with"])
def test_left_early_closes_at_once_with_asyncio(where, how):
    """As above."""

    async def main():
        client = asynchronous(*TWO_TURNS)
        stream = await client.run_tools_stream("Hello", [add])
        if how == "break":
            place = 0
            async for _ in stream:
                place += 1
                if place == where:
                    break
        elif how == "with":
            async with stream:
                for _ in range(where):
                    await anext(stream)
        else:
            for _ in range(where):
                await anext(stream)
            stream.close()
            assert [event async for event in stream] == []
        assert client.transport.open_replies == 0
        assert client.transport.sent == (2 if where == 6 else 1)

    asyncio.run(main())


def test_leaving_cancels_the_tools_that_run():
    """Coroutines get their cleanup."""
    ended = []

    async def main():
        cleaned = asyncio.Event()

        async def hang() -> str:
            """Hang."""
            try:
                await asyncio.sleep(30)
            finally:
                ended.append(1)
                cleaned.set()
            return ""

        calls = [call("hang", {}, "x"), call("add", {"a": 1}, "y")]
        async with asynchronous(asks(*calls)).run_tools_stream("Hello", [hang, add]) as stream:
            async for event in stream:
                if isinstance(event, ToolFinished):
                    break
        await asyncio.wait_for(cleaned.wait(), 10)

    asyncio.run(main())
    assert ended == [1]


def test_cancelling_the_reader_stops_everything(sim):
    """Over a real socket: the connection closes at once, and the server notices."""

    async def main():
        async with franca.AsyncClient(sim.url, model="lorem") as client:
            begun = asyncio.Event()

            async def read():
                async for _ in client.run_tools_stream("Go", [add], headers={"x-sim-tokens-per-second": "5"}):
                    begun.set()

            before = sim.disconnects
            task = asyncio.create_task(read())
            await begun.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return before

    before = asyncio.run(main())
    sim.wait_for(lambda: sim.disconnects > before)


def test_closed_by_another_task_while_it_reads():
    """The reader's loop just ends."""

    async def main():
        started = asyncio.Event()

        async def hang() -> str:
            """Hang."""
            started.set()
            await asyncio.sleep(30)
            return ""

        stream = asynchronous(asks(call("hang"))).run_tools_stream("Hello", [hang])

        async def read():
            return [event async for event in stream]

        task = asyncio.create_task(read())
        await started.wait()
        stream.close()
        events = await asyncio.wait_for(task, 10)
        assert shape(events)[-1] == "ToolStarted"

    asyncio.run(main())


def test_closed_from_a_hook():
    """In the thread that reads: the loop just ends, and nothing has run."""
    ran = []

    def act() -> str:
        """Act."""
        ran.append(1)
        return ""

    holder = []
    client = blocking(asks(call("act")), says("ok"))
    holder.append(client.run_tools_stream("Hello", [act], before_call=lambda one: holder[0].close()))
    assert shape(holder[0]) == ["ChatEvent"] * 3
    assert ran == []
    assert client.transport.open_replies == 0


def test_closed_under_a_reader_that_waits_for_bytes(sim):
    """From another thread: the reader's loop just ends, instead of an error of the connection that was closed."""
    client = franca.Client(sim.url, model="lorem")
    stream = client.run_tools_stream("Go", [add], headers={"x-sim-tokens-per-second": "2"})
    next(stream)
    timer = threading.Timer(0.2, stream.close)
    timer.start()
    try:
        assert list(stream) is not None
    finally:
        timer.join()
        client.close()
    assert repr(stream).startswith("<ToolStream: left after ")


def test_errors_are_raised_by_final_too():
    """Each time it is asked for."""
    cut = FakeTransport.stream([{"id": "a", "choices": [{"index": 0, "delta": {"content": "ha"}}]}], cut=True)
    client = franca.Client("http://fake/v1", model="m", transport=FakeTransport([streamed(TWO_TURNS[0]), cut]))
    stream = client.run_tools_stream("Hello", [add])
    with pytest.raises(franca.StreamBroken) as caught:
        stream.finish()
    partial = caught.value.partial
    assert partial.content == "ha"
    assert [message.role for message in partial.history] == ["user", "assistant", "tool"]
    assert len(partial.turns) == 2
    assert stream.partial.content == "ha"
    with pytest.raises(franca.StreamBroken):
        _ = stream.final
    assert repr(stream).startswith("<ToolStream: failed after ")
    assert client.transport.open_replies == 0

    async def main():
        fake = AsyncFakeTransport([streamed(TWO_TURNS[0]), cut])
        stream = franca.AsyncClient("http://fake/v1", model="m", transport=fake).run_tools_stream("Hello", [add])
        with pytest.raises(franca.StreamBroken):
            await stream.finish()
        with pytest.raises(franca.StreamBroken):
            _ = stream.final
        with pytest.raises(StopAsyncIteration):
            await anext(stream)

    asyncio.run(main())


def test_a_server_that_does_not_stream():
    """Its plain answers are events all the same."""
    client = franca.Client("http://fake/v1", model="m", transport=FakeTransport(list(TWO_TURNS)))
    with client.run_tools_stream("Hello", [add]) as stream:
        assert shape(stream) == ["ChatEvent", "ToolStarted", "ToolFinished", "ChatEvent"]
    assert stream.final.content == "two"


def test_a_plain_answer_left_early():
    """There is no connection to close, and nothing more is asked."""
    client = franca.Client("http://fake/v1", model="m", transport=FakeTransport(list(TWO_TURNS)))
    stream = client.run_tools_stream("Hello", [add])
    next(stream)
    stream.close()
    assert list(stream) == []
    assert client.transport.sent == 1


def test_closed_under_an_async_reader_that_waits_for_bytes(sim):
    """The reader's loop just ends there too."""

    async def main():
        async with franca.AsyncClient(sim.url, model="lorem") as client:
            stream = client.run_tools_stream("Go", [add], headers={"x-sim-tokens-per-second": "2"})
            assert aiter(aiter(stream)) is not None
            stream = client.run_tools_stream("Go", [add], headers={"x-sim-tokens-per-second": "2"})
            await anext(stream)

            async def read():
                return [event async for event in stream]

            task = asyncio.create_task(read())
            await asyncio.sleep(0.1)
            stream.close()
            await asyncio.wait_for(task, 10)
            assert repr(stream).startswith("<AsyncToolStream: left after ")

    asyncio.run(main())
