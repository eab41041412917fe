"""Many callers of one client against a server that has limits: few refusals, and every call succeeds."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor

import pytest

import franca
from franca.io.fake import FakeTransport
from franca.observe import Hooks
from franca.simulator import Simulator
from franca.simulator.limit import RateLimit

CALLERS, EACH = 50, 4


def by_threads(url, **options):
    client = franca.Client(url, model="echo", retries=20, **options)

    def work(_):
        try:
            return [client.chat("hi").content for _ in range(EACH)]
        except franca.RateLimited:
            return []

    with ThreadPoolExecutor(CALLERS) as pool, client:
        return sum(len(answers) for answers in pool.map(work, range(CALLERS)))


def by_tasks(url, **options):
    async def work(client):
        try:
            return [(await client.chat("hi")).content for _ in range(EACH)]
        except franca.RateLimited:
            return []

    async def main():
        async with franca.AsyncClient(url, model="echo", retries=20, **options) as client:
            return sum(len(answers) for answers in await asyncio.gather(*(work(client) for _ in range(CALLERS))))

    return asyncio.run(main())


def refusals(drive, limit, **options):
    with Simulator(rate_limit=limit, latency=0.01) as server:
        return drive(server.url, **options), server._service.gate.refused


@pytest.mark.parametrize("drive", [by_threads, by_tasks])
def test_a_limit_that_is_told_is_kept(drive):
    """100 a second, told in headers: with the limiter all succeed, and nearly none is refused."""
    limit = RateLimit(requests_per_second=100)
    _, without = refusals(drive, limit, limits=False)
    done, with_it = refusals(drive, limit)
    assert done == CALLERS * EACH
    assert with_it <= without / 3


@pytest.mark.parametrize("drive", [by_threads, by_tasks])
def test_a_limit_that_is_not_told_is_found(drive):
    """Five at once, and a bare 429 for one more."""
    done, _ = refusals(drive, RateLimit(at_once=5))
    assert done == CALLERS * EACH


@pytest.mark.parametrize("drive", [by_threads, by_tasks])
def test_a_users_own_cap_needs_no_refusal(drive):
    done, refused = refusals(drive, RateLimit(at_once=5), limits=franca.RateLimits(concurrency=5))
    assert (done, refused) == (CALLERS * EACH, 0)


def test_streams_hold_their_place_until_they_end():
    """Whole or left: one place is enough for one after another, and none of them is refused."""
    with (
        Simulator(rate_limit=RateLimit(at_once=1)) as server,
        franca.Client(server.url, model="echo", limits=franca.RateLimits(concurrency=1)) as client,
    ):
        for _ in range(3):
            with client.chat_stream("one two three") as stream:
                assert "".join(event.content or "" for event in stream) == "one two three"
        with client.chat_stream("one two three") as stream:
            next(iter(stream))
        assert client.chat("after a stream that was left").content


def test_a_stream_that_the_garbage_collector_closes_in_the_middle_of_a_decision():
    """The lock of the limits is held, in the very thread: the stream gives its place back without waiting for it."""
    with (
        Simulator(rate_limit=RateLimit(at_once=1)) as server,
        franca.Client(server.url, model="echo", limits=franca.RateLimits(concurrency=1)) as client,
    ):
        for events in (0, 4):
            stream = client.chat_stream("one two three")
            for _ in range(events):
                next(stream)
            circle = [stream]
            circle.append(circle)
            with client._session.limiter._lock:
                del stream, circle
                gc.collect()
            assert client.chat("hi", deadline=5).content == "hi"


@pytest.mark.parametrize("how", ["left", "cancelled"])
def test_who_leaves_tells_nothing_of_what_the_server_takes(how):
    """A bound that a refusal set is widened by answers, not by calls that were given up."""

    def refuse_once(request):
        if len(transport.requests) == 1:
            return FakeTransport.answer({"error": {"message": "slow down"}}, status=429, headers={"retry-after": "0"})
        if how == "cancelled":
            raise KeyboardInterrupt
        return FakeTransport.stream([{"choices": [{"delta": {"content": "a"}}]}])

    transport = FakeTransport(refuse_once)
    client = franca.Client("http://one/v1", model="m", transport=transport, retries=0)
    with pytest.raises(franca.RateLimited):
        client.chat("x")
    for _ in range(40):
        if how == "cancelled":
            with pytest.raises(KeyboardInterrupt):
                client.chat("x")
        else:
            client.chat_stream("x").close()
    lane = client._session.limiter.snapshot(0.0)["m"]
    assert (lane["at_once"], lane["running"]) == (1, 0)


def test_a_stream_whose_end_was_not_taken_is_told_all_the_same():
    """A server that answers at once gives a stream without a connection; dropped unread, its call ends for the hooks
    too, and its place is free."""
    ended = []
    hooks = Hooks(done=lambda call, answer, metrics: ended.append(answer.content))
    whole = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
    client = franca.Client(
        "http://one/v1", model="m", transport=FakeTransport([whole] * 2), hooks=hooks,
        limits=franca.RateLimits(concurrency=1),
    )  # fmt: skip
    for _ in range(2):
        stream = client.chat_stream("x", deadline=5)
        del stream
        gc.collect()
    assert ended == ["Hi", "Hi"]
