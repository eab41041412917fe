"""Both clients against the simulator, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import threading

import pytest

import franca
from franca import errors
from franca.simulator import Simulator

MODEL = {"model": "echo"}


def test_chat(sim, kind):
    def work(client, drive):
        return drive.call(client, "chat", "Hello", model="echo", temperature=0.1, extra={"top_k": 3})

    chat = kind.run(work, sim.url)
    assert (chat.content, chat.finish_reason, chat.status) == ("Hello", "stop", 200)
    assert chat.usage.total_tokens == chat.usage.prompt_tokens + chat.usage.completion_tokens
    body = sim.requests[-1].body
    assert body["top_k"] == 3
    assert next(iter(body)) == "model"


def test_stream_and_whole_answer_agree(sim, kind):
    def work(client, drive):
        whole = drive.call(client, "chat", "one two three", **MODEL)
        events, final = drive.collect(client, "chat_stream", "one two three", **MODEL)
        return whole, events, final

    whole, events, final = kind.run(work, sim.url)
    assert final.content == whole.content == "".join(event.content or "" for event in events)
    assert final.usage == whole.usage
    assert final.finish_reason == whole.finish_reason


def test_many_streams_use_one_connection(sim, kind):
    """A finished stream gives its connection back, although it never waits for the end of the body."""

    def work(client, drive):
        connections = set()
        for _ in range(20):
            drive.collect(client, "chat_stream", "Hello", **MODEL)
            connections.add(sim.requests[-1].connection)
        return connections

    assert len(kind.run(work, sim.url)) <= 2


def test_tools_round_trip(sim, kind):
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    def work(client, drive):
        messages = ["Add."]
        asked = drive.call(client, "chat", messages, model="tools", tools=[add], tool_choice=add)
        messages.append(asked.message)
        messages += [franca.tool_message(call, add(**call.arguments_map())) for call in asked.tool_calls]
        return asked, drive.call(client, "chat", messages, model="tools", tools=[add])

    asked, told = kind.run(work, sim.url)
    assert [call.name for call in asked.tool_calls] == ["add"]
    assert told.content
    assert sim.requests[-1].body["messages"][1] == asked.message.to_dict()


def test_completions_and_their_stream(sim, kind):
    def work(client, drive):
        whole = drive.call(client, "completions", "Once upon", model="echo")
        _, final = drive.collect(client, "completions_stream", "Once upon", model="echo")
        return whole, final

    whole, final = kind.run(work, sim.url)
    assert whole.text == final.text != ""


def test_embeddings_base64_and_floats_are_the_same_numbers(sim, kind):
    def work(client, drive):
        texts = ["a", "b", "a"]
        return [
            drive.call(client, "embeddings", texts, model="embed", dimensions=16, **more)
            for more in ({}, {"encoding_format": "float"})
        ]

    packed, plain = kind.run(work, sim.url)
    assert [list(row) for row in packed.vectors] == [list(row) for row in plain.vectors]
    assert list(packed.vectors[0]) == list(packed.vectors[2])


def test_models_and_other_paths(sim, kind):
    def work(client, drive):
        return (
            drive.call(client, "list_models"),
            drive.call(client, "get", "models/echo"),
            drive.call(client, "post", "embeddings", {"model": "embed", "input": "x"}),
        )

    models, one, raw = kind.run(work, sim.url)
    assert {"echo", "lorem", "json", "tools", "embed", "reason", "structured"} <= set(models.ids)
    assert one.json()["id"] == "echo"
    assert raw.json()["object"] == "list"


def test_a_missing_and_a_wrong_key(kind):
    with Simulator(api_key="sk-right-0123456") as sim:
        for options in ({}, {"api_key": "sk-wrong-0123456"}):
            with pytest.raises(errors.Unauthorized) as caught:
                kind.run(lambda client, drive: drive.call(client, "chat", "x", **MODEL), sim.url, **options)
            assert "sk-wrong" not in f"{caught.value} {caught.value.body}"
        assert kind.run(
            lambda client, drive: drive.call(client, "chat", "x", **MODEL), sim.url, api_key="sk-right-0123456"
        )


def test_a_bad_parameter_is_named(sim, kind):
    with pytest.raises(errors.BadRequest) as caught:
        kind.run(lambda client, drive: drive.call(client, "chat", "x", temperature=9, **MODEL), sim.url)
    assert caught.value.param == "temperature"


def test_nobody_there(kind):
    with pytest.raises(errors.ConnectFailed) as caught:
        kind.run(lambda client, drive: drive.call(client, "chat", "x", retries=0, **MODEL), "http://127.0.0.1:9/v1")
    assert "127.0.0.1:9" in str(caught.value)


# ---- leaving early -------------------------------------------------------------------------------

LONG = {"model": "lorem", "max_tokens": 100_000}


@pytest.fixture
def slow():
    """A simulator whose streams take for ever, so that only the client can end them."""
    with Simulator(tokens_per_second=50) as simulator:
        yield simulator


def left(simulator, count=1):
    """Whether the server saw the client go, within a bound."""
    return simulator.wait_for(lambda: simulator.disconnects >= count, 5)


class Boom(Exception):
    pass


def fail_in_the_loop(client):
    for _ in client.chat_stream("x", **LONG):
        raise Boom


async def fail_in_the_async_loop(client):
    async for _ in client.chat_stream("x", **LONG):
        raise Boom


def leave_sync_by(how, client):
    if how == "close":
        stream = client.chat_stream("x", **LONG)
        next(stream)
        stream.close()
        with pytest.raises(errors.BadUsage, match="left before its end"):
            _ = stream.final
        assert list(stream) == []
        assert stream.partial.content is not None
    elif how == "with":
        with client.chat_stream("x", **LONG) as stream:
            next(stream)
    elif how == "break":
        for _ in client.chat_stream("x", **LONG):
            break
    elif how == "exception":
        with pytest.raises(Boom):
            fail_in_the_loop(client)
    elif how == "garbage":
        stream = client.chat_stream("x", **LONG)
        next(stream)
        del stream
        gc.collect()


async def leave_async_by(how, client):
    if how == "close":
        stream = await client.chat_stream("x", **LONG)
        await anext(stream)
        stream.close()
        with pytest.raises(errors.BadUsage, match="left before its end"):
            _ = stream.final
        assert [event async for event in stream] == []
    elif how == "with":
        async with client.chat_stream("x", **LONG) as stream:
            await anext(stream)
    elif how == "break":
        async for _ in client.chat_stream("x", **LONG):
            break
    elif how == "exception":
        with pytest.raises(Boom):
            await fail_in_the_async_loop(client)
    elif how == "garbage":
        stream = await client.chat_stream("x", **LONG)
        await anext(stream)
        del stream
        gc.collect()
    elif how == "cancel":
        begun = asyncio.Event()

        async def read():
            async for _ in client.chat_stream("x", **LONG):
                begun.set()

        task = asyncio.create_task(read())
        await asyncio.wait_for(begun.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("how", ["close", "with", "break", "exception", "garbage"])
def test_leaving_a_stream_stops_the_server(slow, how):
    with franca.Client(slow.url) as client:
        leave_sync_by(how, client)
        assert left(slow)


@pytest.mark.parametrize("how", ["close", "with", "break", "exception", "garbage", "cancel"])
def test_leaving_an_async_stream_stops_the_server(slow, how):
    async def main():
        async with franca.AsyncClient(slow.url) as client:
            await leave_async_by(how, client)
            assert await asyncio.to_thread(left, slow)

    asyncio.run(main())


def test_cancelling_a_chat_stops_the_server(kind):
    """Also one that does not stream: the server is told at once."""
    with Simulator(latency=60) as sim:

        async def main():
            async with franca.AsyncClient(sim.url) as client:
                task = asyncio.create_task(client.chat("x", **MODEL))
                assert await asyncio.to_thread(sim.wait_for, lambda: len(sim.requests) >= 1, 5)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                assert await asyncio.to_thread(left, sim)

        asyncio.run(main())


def test_a_stream_resumes_inside_its_with_block(sim):
    with franca.Client(sim.url) as client, client.chat_stream("one two three", **MODEL) as stream:
        for _ in stream:
            break
        rest = list(stream)
        assert rest
        assert stream.final.content == "one two three"


def test_final_before_the_end(sim):
    with franca.Client(sim.url) as client, client.chat_stream("one two", **MODEL) as stream:
        with pytest.raises(errors.BadUsage, match="not been read to its end"):
            _ = stream.final
        assert "0 events so far" in repr(stream)
        assert stream.finish().content == "one two"
        assert stream.finish().content == "one two"
        assert "over after" in repr(stream)
        assert (stream.status, stream.headers["content-type"][:17]) == (200, "text/event-stream")
        assert stream.request_id


def test_an_async_stream_that_is_not_open_yet(sim):
    async def main():
        async with franca.AsyncClient(sim.url) as client:
            stream = client.chat_stream("one two", **MODEL)
            assert "not open yet" in repr(stream)
            for name in ("status", "headers", "request_id", "partial"):
                with pytest.raises(errors.BadUsage, match="not open yet"):
                    getattr(stream, name)
            with pytest.raises(errors.BadUsage, match="not been read"):
                _ = stream.final
            assert (await stream.finish()).content == "one two"

    asyncio.run(main())


def test_a_stream_whose_opening_failed_says_so():
    async def main():
        async with franca.AsyncClient("http://127.0.0.1:9/v1", retries=0) as client:
            stream = client.chat_stream("x", **MODEL)
            with pytest.raises(errors.ConnectFailed):
                await stream
            with pytest.raises(errors.BadUsage, match="its opening failed"):
                await stream

    asyncio.run(main())


def test_the_error_of_a_stream_stays(sim):
    with franca.Client(sim.url) as client:
        stream = client.chat_stream("x", model="scenario:cut-clean-mid-content")
        for again in (lambda: list(stream), lambda: next(stream), lambda: stream.final, stream.finish):
            with pytest.raises(errors.StreamBroken):
                again()
        assert "failed after" in repr(stream)


def test_accumulate_stream(sim):
    seen = []
    with franca.Client(sim.url) as client:
        chat = franca.accumulate_stream(client.chat_stream("one two", **MODEL), seen.append)
        assert franca.accumulate_stream(client.chat_stream("one two", **MODEL)).content == chat.content
    assert "".join(event.content or "" for event in seen) == chat.content == "one two"
    with pytest.raises(errors.BadUsage, match="what chat_stream returns, not list"):
        franca.accumulate_stream([])


def test_accumulate_an_async_stream(sim):
    seen = []

    async def note(event):
        await asyncio.sleep(0)
        seen.append(event)

    async def main():
        async with franca.AsyncClient(sim.url) as client:
            await franca.accumulate_stream(client.chat_stream("one two", **MODEL))
            await franca.accumulate_stream(client.chat_stream("one two", **MODEL), lambda event: None)
            return await franca.accumulate_stream(client.chat_stream("one two", **MODEL), note)

    assert asyncio.run(main()).content == "".join(event.content or "" for event in seen)


# ---- threads, loops, processes -------------------------------------------------------------------


def test_one_client_in_many_threads(sim):
    answers = {}
    with franca.Client(sim.url, model="echo") as client:

        def work(n):
            for m in range(20):
                answers[n, m] = client.chat(f"{n}-{m}").content

        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {(n, m): f"{n}-{m}" for n in range(8) for m in range(20)}


def test_one_async_client_in_one_loop_after_another(sim):
    client = franca.AsyncClient(sim.url, model="echo")

    async def ask(n):
        return [chat.content for chat in await asyncio.gather(*(client.chat(f"{n}-{m}") for m in range(5)))]

    for n in range(3):
        assert asyncio.run(ask(n)) == [f"{n}-{m}" for m in range(5)]


def test_one_async_client_in_several_loops_at_once(sim):
    client = franca.AsyncClient(sim.url, model="echo")
    answers = {}

    def work(n):
        async def ask():
            return [(await client.chat(f"{n}-{m}")).content for m in range(10)]

        answers[n] = asyncio.run(ask())

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {n: [f"{n}-{m}" for m in range(10)] for n in range(4)}


def test_after_a_fork(sim):
    """The child makes connections of its own; the parent's stay the parent's."""
    with franca.Client(sim.url, model="echo") as client:
        assert client.chat("parent").content == "parent"
        read, write = os.pipe()
        child = os.fork()
        if not child:  # pragma: no cover (another process)
            try:
                os.write(write, pickle.dumps([client.chat(f"child {n}").content for n in range(3)]))
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            assert pickle.load(pipe) == ["child 0", "child 1", "child 2"]
        os.waitpid(child, 0)
        assert client.chat("parent again").content == "parent again"


def test_a_client_is_usable_after_close(sim, kind):
    def work(client, drive):
        for _ in range(2):
            assert drive.call(client, "chat", "x", **MODEL).content == "x"
            closing = client.close()
            if closing is not None:
                client._loop_of_test.run_until_complete(closing)

    kind.run(work, sim.url)


def test_a_client_of_httpx_is_taken_as_it_is(sim):
    import httpx

    with httpx.Client() as http, franca.Client(sim.url, transport=http) as client:
        assert client.chat("x", **MODEL).content == "x"

    async def main():
        async with httpx.AsyncClient() as http, franca.AsyncClient(sim.url, transport=http) as client:
            return (await client.chat_stream("x", **MODEL).finish()).content

    assert asyncio.run(main()) == "x"


def test_a_hundred_at_once(sim):
    async def main():
        async with franca.AsyncClient(sim.url, model="echo") as client:
            return [chat.content for chat in await asyncio.gather(*(client.chat(str(n)) for n in range(100)))]

    assert asyncio.run(main()) == [str(n) for n in range(100)]


def test_a_key_that_never_comes_ends_with_the_time_of_the_call(sim):
    """A token service that hangs is a time-out of the call, which is free to try again; an error of the function's own
    goes through as it is."""

    async def hanging():
        await asyncio.sleep(3600)

    async def failing():
        raise TimeoutError("the token service said so")

    async def fine():
        return "sk-0123456789"

    async def go():
        with pytest.raises(franca.TimedOut, match=r"deadline of the call passed .the function that gives the API key"):
            await franca.AsyncClient(sim.url, model="echo", api_key=hanging).chat("x", deadline=0.05)
        with pytest.raises(franca.TimedOut, match="the function that gives the API key took too long"):
            await franca.AsyncClient(sim.url, model="echo", api_key=hanging, retries=0).chat("x", timeout=0.05)
        with pytest.raises(TimeoutError, match="said so"):
            await franca.AsyncClient(sim.url, model="echo", api_key=failing).chat("x", timeout=60)
        for timeout in (60, None):
            async with franca.AsyncClient(sim.url, model="echo", api_key=fine, timeout=timeout) as client:
                assert (await client.chat("x")).content == "x"

    asyncio.run(go())
