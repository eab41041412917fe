"""Flows and their two drivers.

A flow is a generator that yields a verb and is sent its outcome:

    ("send", request)      -> reply          one HTTP exchange up to the head of the answer
    ("read", reply, until) -> bytes          the whole body; `until` on the monotonic clock, or None
    ("read_some", reply, until) -> bytes     the next block of the body, b"" at its end
    ("sleep", seconds)     -> None
    ("call", fn, args)     -> result         a function of the caller's, sync or (in async) a coroutine's; with a
                                             fourth item `until` a coroutine that takes longer is TimedOut
    ("gather", flows)      -> list           several flows, together where the driver can
    ("begin", fn, args, how) -> Job          a function of the caller's, beside the flow: see `Job`
    ("wait", jobs, until)  -> None           until one of the jobs is done, or the time has come
    ("emit", event)        -> None           hand an event out; without `advance` nobody takes it

The verbs are the method names of the object that does them (`franca.io.drive`); an outcome that is an
exception is thrown into the flow. Rules: a flow never yields inside `finally`; whoever got a reply from
"send" owns it, and `reply.close()` needs no verb because it never waits.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol, TypeVar

from ..wire.http import AsyncReply, Reply, Request

__all__ = ["Flow", "Job", "advance", "arun", "async_advance", "call", "gather", "read", "run", "send", "sleep"]

T = TypeVar("T")
Flow = Generator[tuple[Any, ...], Any, T]


def run(flow: Flow[T], io: Any) -> T:
    """Drive a flow with blocking I/O."""
    try:
        step = next(flow)
        while True:
            try:
                outcome = getattr(io, step[0])(*step[1:])
            except BaseException as error:
                step = flow.throw(error)
            else:
                step = flow.send(outcome)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        flow.close()


async def arun(flow: Flow[T], io: Any) -> T:
    """Drive a flow with asynchronous I/O."""
    try:
        step = next(flow)
        while True:
            try:
                outcome = await getattr(io, step[0])(*step[1:])
            except BaseException as error:
                step = flow.throw(error)
            else:
                step = flow.send(outcome)
    except StopIteration as stop:
        value: T = stop.value
        return value
    finally:
        flow.close()


def advance(flow: Flow[Any], io: Any) -> Any:
    """Drive a flow with blocking I/O to the next event that it emits. StopIteration at its end."""
    step = flow.send(None)  # at its start, and after an event
    while step[0] != "emit":
        try:
            outcome = getattr(io, step[0])(*step[1:])
        except BaseException as error:
            step = flow.throw(error)
        else:
            step = flow.send(outcome)
    return step[1]


async def async_advance(flow: Flow[Any], io: Any) -> Any:
    """Drive a flow with asynchronous I/O to the next event that it emits. StopAsyncIteration at its end."""
    try:
        step = flow.send(None)
        while step[0] != "emit":
            try:
                outcome = await getattr(io, step[0])(*step[1:])
            except BaseException as error:
                step = flow.throw(error)
            else:
                step = flow.send(outcome)
    except StopIteration:
        raise StopAsyncIteration from None
    return step[1]


class Job(Protocol):
    """A function of the caller's on its way, begun with `how`: "await" (a coroutine function), "thread" (one that may
    block, in a thread of its own), or "here" (one that may block, in the calling thread where there is one to block:
    it is done at once)."""

    @property
    def done(self) -> bool: ...
    @property
    def value(self) -> Any:
        """What it returned."""
        ...

    @property
    def error(self) -> BaseException | None:
        """What it raised."""
        ...

    @property
    def ended(self) -> float:
        """When it was done, on the clock of time limits."""
        ...

    def drop(self) -> bool:
        """Nobody waits for it any more. Whether that stops it: a coroutine is cancelled, a thread goes on."""
        ...


# The verbs with their types, for flows that compose with `yield from`.


def send(request: Request) -> Flow[Reply | AsyncReply]:
    """Send a request; the outcome is the reply with its head read."""
    reply: Reply | AsyncReply = yield ("send", request)
    return reply


def read(reply: Reply | AsyncReply, until: float | None) -> Flow[bytes]:
    """Read the whole body of a reply."""
    body: bytes = yield ("read", reply, until)
    return body


def sleep(seconds: float) -> Flow[None]:
    """Wait."""
    yield ("sleep", seconds)


def call(function: Callable[..., Any], *args: Any) -> Flow[Any]:
    """Call a function of the user's; with the async driver it may be a coroutine function."""
    result = yield ("call", function, args)
    return result


def gather(flows: Sequence[Flow[T]]) -> Flow[list[T]]:
    """Run several flows; together with the async driver, one after another with the blocking one."""
    results: list[T] = yield ("gather", flows)
    return results
