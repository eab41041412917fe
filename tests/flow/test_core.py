"""The two drivers run the same flow to the same outcome."""

from __future__ import annotations

import asyncio

import pytest

from franca.flow import core
from franca.io.drive import Asynchronous, Blocking


class Wire:
    """A transport that answers with what it was asked."""

    def send(self, request):
        if request == "fail":
            raise LookupError("nobody")
        return f"reply to {request}"


class AsyncWire:
    async def send(self, request):
        await asyncio.sleep(0)
        return Wire().send(request)


class Reply:
    def read(self, until):
        return b"body"


class AsyncReply:
    async def read(self, until):
        return b"body"


def both(make, reply=(Reply, AsyncReply)):
    """Run a flow with both drivers; the outcomes must agree."""
    outcomes = []
    for kind in (0, 1):
        try:
            flow = make(reply[kind]())
            if kind:
                outcomes.append(asyncio.run(core.arun(flow, Asynchronous(AsyncWire()))))
            else:
                outcomes.append(core.run(flow, Blocking(Wire())))
        except Exception as error:
            outcomes.append(repr(error))
    assert outcomes[0] == outcomes[1]
    return outcomes[0]


def test_verbs():
    def flow(reply):
        sent = yield from core.send("hello")
        body = yield from core.read(reply, None)
        yield from core.sleep(0)
        called = yield from core.call(lambda a, b: a + b, 1, 2)
        gathered = yield from core.gather([core.call(str, n) for n in range(3)])
        return sent, body, called, gathered

    assert both(flow) == ("reply to hello", b"body", 3, ["0", "1", "2"])


def test_a_coroutine_function_may_be_called_asynchronously():
    async def slow(n):
        await asyncio.sleep(0)
        return n + 1

    assert asyncio.run(core.arun(core.call(slow, 1), Asynchronous(AsyncWire()))) == 2


def test_errors_are_thrown_into_the_flow():
    def flow(_):
        try:
            yield from core.send("fail")
        except LookupError as error:
            return f"caught {error}"

    assert both(flow) == "caught nobody"


def test_errors_that_the_flow_lets_pass_reach_the_caller():
    assert both(lambda _: core.send("fail")) == "LookupError('nobody')"


def test_a_flow_may_end_without_a_verb():
    def flow(_):
        return 7
        yield

    assert both(flow) == 7


def test_stop_iteration_from_a_callers_function_is_no_silent_end():
    def stop():
        raise StopIteration("mine")

    with pytest.raises(RuntimeError):
        core.run(core.call(stop), Blocking(Wire()))


def test_cancelling_closes_the_flow():
    """The flow's `finally` runs when the task that drives it is cancelled."""
    seen = []

    def flow():
        try:
            yield ("sleep", 60)
        finally:
            seen.append("closed")

    async def main():
        task = asyncio.create_task(core.arun(flow(), Asynchronous(AsyncWire())))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert seen == ["closed"]
