"""Waiting for leave to send: the flow on a scripted clock, and the verb in threads and in event loops."""

from __future__ import annotations

import asyncio
import threading

import pytest

from franca import errors
from franca.flow.core import arun, run
from franca.flow.pace import admitted
from franca.io.drive import Asynchronous, Blocking
from franca.limits import Limiter, RateLimits, Ticket

REFUSED = errors.RateLimited("x", status=429, model="m", retryable=True, retry_after=5.0)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def limiter(lock=None, **limits):
    return Limiter(RateLimits(**limits), lock or threading.Lock())


def test_with_room_nothing_is_waited_for():
    one = limiter(concurrency=1)
    flow = admitted(one, Clock(), "m", 5)
    with pytest.raises(StopIteration) as stop:
        next(flow)
    assert isinstance(stop.value.value, Ticket)


def test_it_pauses_until_its_turn():
    one, clock = limiter(requests_per_minute=60), Clock()
    held = [one.admit(0.0, "m", 0) for _ in range(6)]
    flow = admitted(one, clock, "m", 0)
    verb, _waiter, seconds = next(flow)
    assert (verb, round(seconds, 2)) == ("pause", round(60 / 55, 2))
    _, _, again = flow.send(None)  # woken before it is time: it asks, and pauses once more
    assert again == pytest.approx(seconds)
    clock.now = seconds
    with pytest.raises(StopIteration) as stop:
        flow.send(None)
    assert isinstance(stop.value.value, Ticket)
    assert len(held) == 6


@pytest.mark.parametrize(("until", "longest"), [(0.5, 60.0), (None, 0.5), (-1.0, 60.0)])
def test_no_wait_for_a_server_begins_that_cannot_end_in_time(until, longest):
    """The request goes, and the server says itself what it refuses."""
    one = limiter()
    one.leave(None, 0.0, error=REFUSED)
    flow = admitted(one, Clock(), "m", 0, until, longest=longest)
    with pytest.raises(StopIteration) as stop:
        next(flow)
    assert isinstance(stop.value.value, Ticket)
    assert one.snapshot(0.0)["m"]["waiting"] == 0


def test_a_users_cap_is_kept_however_long_it_takes():
    """But not past the deadline of the call, which is late then."""
    one, clock = limiter(requests_per_minute=1), Clock()
    held = one.admit(0.0, "m", 0)
    flow = admitted(one, clock, "m", 0, 25.0, longest=10.0)
    for clock.now in (0.0, 10.0):
        verb, _, seconds = next(flow)
        assert (verb, seconds) == ("pause", 10.0)
    clock.now = 25.0
    with pytest.raises(StopIteration) as stop:
        next(flow)
    assert isinstance(stop.value.value, Ticket)
    assert isinstance(held, Ticket)


def test_who_stands_behind_waits_for_the_line():
    """However long it is: patience begins when one is the first."""
    one, clock = limiter(), Clock()
    one.leave(None, 0.0, error=REFUSED)
    first, second = (admitted(one, clock, "m", 0, longest=10.0) for _ in range(2))
    next(first), next(second)
    clock.now = 4.0
    assert next(second)[2] == 10.0  # not the first: it asks again now and then
    first.close()
    verb, waiter, seconds = next(second)
    assert (verb, waiter.first, seconds) == ("pause", True, 1.0)
    second.close()


def test_who_waits_to_be_woken_waits_no_longer_than_until():
    one, clock = limiter(concurrency=1), Clock()
    held = one.admit(0.0, "m", 0)
    flow = admitted(one, clock, None, 0, 10.0)
    verb, waiter, seconds = next(flow)
    assert (verb, waiter.due, seconds) == ("pause", None, 10.0)
    clock.now = 10.0
    with pytest.raises(StopIteration) as stop:
        flow.send(None)
    assert isinstance(stop.value.value, Ticket)
    assert isinstance(held, Ticket)


@pytest.mark.parametrize("how", ["close", "throw"])
def test_who_leaves_gives_up_its_place(how):
    one = limiter(concurrency=1)
    held = one.admit(0.0, "m", 0)
    flow = admitted(one, Clock(), "m", 0)
    next(flow)
    assert one.snapshot(0.0)["m"]["waiting"] == 1
    if how == "close":
        flow.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            flow.throw(KeyboardInterrupt())
    assert one.snapshot(0.0)["m"]["waiting"] == 0
    assert isinstance(held, Ticket)


# ---- the verb ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("early", [True, False])
def test_a_thread_is_woken_by_another(early):
    """Also when the call comes between asking and waiting."""
    one, clock = limiter(threading.Lock(), concurrency=1), Clock()
    held = one.admit(0.0, "m", 0)
    timer = None if early else threading.Timer(0.01, one.leave, (held, 0.0))

    class Driver(Blocking):
        def pause(self, waiter, seconds):
            one.leave(held, 0.0) if timer is None else timer.start()
            Blocking.pause(waiter, 30)

    got = run(admitted(one, clock, "m", 0), Driver(_NoTransport()))
    assert isinstance(got, Ticket)


@pytest.mark.parametrize("early", [True, False])
def test_a_task_is_woken_by_a_thread(early):
    one, clock = limiter(threading.Lock(), concurrency=1), Clock()
    held = one.admit(0.0, "m", 0)

    class Driver(Asynchronous):
        async def pause(self, waiter, seconds):
            worker = threading.Thread(target=one.leave, args=(held, 0.0))
            if early:
                worker.start(), worker.join()
            else:
                asyncio.get_running_loop().call_later(0.01, worker.start)
            await Asynchronous.pause(waiter, 30)
            if not early:
                worker.join()

    got = asyncio.run(arun(admitted(one, clock, "m", 0), Driver(_NoTransport())))
    assert isinstance(got, Ticket)


def test_time_wakes_too():
    one = limiter(threading.Lock(), concurrency=1)
    held = one.admit(0.0, "m", 0)
    waiter = one.admit(0.0, "m", 0)
    Blocking.pause(waiter, 0.001)
    asyncio.run(Asynchronous.pause(waiter, 0.001))
    assert waiter.wake is None
    assert isinstance(held, Ticket)


def test_a_cancelled_task_gives_up_its_place():
    one, clock = limiter(threading.Lock(), concurrency=1), Clock()
    held = one.admit(0.0, "m", 0)

    async def main():
        task = asyncio.create_task(arun(admitted(one, clock, "m", 0), Asynchronous(_NoTransport())))
        following = asyncio.create_task(arun(admitted(one, clock, "m", 0), Asynchronous(_NoTransport())))
        while one.snapshot(0.0)["m"]["waiting"] < 2:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert one.snapshot(0.0)["m"]["waiting"] == 1
        one.leave(held, 0.0)
        return await following

    assert isinstance(asyncio.run(main()), Ticket)


class _NoTransport:
    send = None


def test_a_stuck_call_holds_nobody_up_for_ever_because_there_are_caps_too():
    """With room under the user's caps it is the server that is waited for, and that has its end; while a cap holds the
    call up, it has none."""
    one, clock = limiter(requests_per_minute=20), Clock()
    one.leave(one.admit(0.0, "m", 0), 0.0, error=errors.RateLimited("x", status=429, model="m", retryable=True))
    stuck = one.admit(0.0, "m", 0)  # the bound is one at once now, and this one never ends
    flow = admitted(one, clock, "m", 0, longest=10.0)
    assert next(flow)[2] == 10.0  # both of the cap's tokens are taken: no patience yet
    clock.now = 9.0
    assert next(flow)[2] == 10.0  # there is room: from now on it is the server's turn
    clock.now = 19.0
    with pytest.raises(StopIteration) as stop:
        next(flow)
    assert isinstance(stop.value.value, Ticket)
    assert isinstance(stuck, Ticket)
