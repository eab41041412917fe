"""The verbs of flows (`franca.flow.core`), done with blocking or with asynchronous I/O."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import TimedOut
from ..flow.core import Flow, arun, run
from ..wire.http import AsyncReply, AsyncTransport, Reply, Transport

if TYPE_CHECKING:
    from ..limits import Waiter

__all__ = ["Asynchronous", "Blocking"]


class Blocking:
    """Does the verbs one after another in the calling thread."""

    __slots__ = ("send", "sleep", "transport")

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.send = transport.send
        self.sleep = time.sleep

    @staticmethod
    def read(reply: Reply, until: float | None) -> bytes:
        return reply.read(until)

    @staticmethod
    def read_some(reply: Reply, until: float | None) -> bytes:
        return reply.read_some(until)

    @staticmethod
    def call(function: Callable[..., Any], arguments: tuple[Any, ...], until: float | None = None) -> Any:
        return function(*arguments)

    @staticmethod
    def pause(waiter: Waiter, seconds: float) -> None:
        """Until `waiter` is woken, from whichever thread, and no longer than `seconds`."""
        from _thread import allocate_lock

        gate = allocate_lock()  # not an Event: its own lock could be held where the garbage collector wakes us
        gate.acquire()

        def wake() -> None:
            try:
                gate.release()
            except RuntimeError:  # it is open already
                return

        waiter.wake = wake
        try:
            if not waiter.woken:
                gate.acquire(timeout=seconds)
        finally:
            waiter.wake = None

    def gather(self, flows: Sequence[Flow[Any]]) -> list[Any]:
        return [run(flow, self) for flow in flows]

    @staticmethod
    def begin(function: Callable[..., Any], arguments: dict[str, Any], how: str) -> Any:
        from .jobs import ThreadJob

        job = ThreadJob(function, arguments)
        if how == "here":
            job.work()
        else:
            job.start()
        return job

    @staticmethod
    def wait(jobs: Sequence[Any], until: float | None) -> None:
        from .jobs import wait_for_any

        wait_for_any(jobs, until)

    @staticmethod
    def emit(event: Any) -> None:
        """Nobody listens: the flow is run for its result."""


class Asynchronous:
    """Does the verbs in the running event loop."""

    __slots__ = ("send", "transport")

    def __init__(self, transport: AsyncTransport) -> None:
        self.transport = transport
        self.send = transport.send

    @staticmethod
    async def read(reply: AsyncReply, until: float | None) -> bytes:
        return await reply.read(until)

    @staticmethod
    async def read_some(reply: AsyncReply, until: float | None) -> bytes:
        return await reply.read_some(until)

    @staticmethod
    async def sleep(seconds: float) -> None:
        from asyncio import sleep

        await sleep(seconds)

    @staticmethod
    async def call(function: Callable[..., Any], arguments: tuple[Any, ...], until: float | None = None) -> Any:
        result = function(*arguments)
        if not hasattr(result, "__await__"):
            return result
        if until is None:
            return await result
        from asyncio import timeout

        try:
            async with timeout(until - time.monotonic()) as limit:
                return await result
        except TimeoutError:
            if not limit.expired():  # it is the function's own
                raise
            raise TimedOut("the function that gives the API key took too long", phase="connect") from None

    @staticmethod
    async def pause(waiter: Waiter, seconds: float) -> None:
        from asyncio import get_running_loop

        loop = get_running_loop()
        done = loop.create_future()

        def finish() -> None:
            if not done.done():
                done.set_result(None)

        timer = loop.call_later(seconds, finish)
        waiter.wake = lambda: loop.call_soon_threadsafe(finish)
        try:
            if not waiter.woken:
                await done
        finally:
            waiter.wake = None
            timer.cancel()

    async def gather(self, flows: Sequence[Flow[Any]]) -> list[Any]:
        from asyncio import TaskGroup

        async with TaskGroup() as group:
            tasks = [group.create_task(arun(flow, self)) for flow in flows]
        return [task.result() for task in tasks]

    @staticmethod
    async def begin(function: Callable[..., Any], arguments: dict[str, Any], how: str) -> Any:
        from .aio_jobs import TaskJob

        return TaskJob(function, arguments, coroutine=how == "await")

    @staticmethod
    async def wait(jobs: Sequence[Any], until: float | None) -> None:
        from .aio_jobs import wait_for_any

        await wait_for_any(jobs, until)

    @staticmethod
    async def emit(event: Any) -> None:
        """Nobody listens: the flow is run for its result."""
