"""Flows and their two drivers.

A flow is a generator that yields a verb and is sent its outcome:

    ("send", request)      -> reply          one HTTP exchange up to the head of the answer
    ("read", reply, until) -> bytes          the whole body; `until` on the monotonic clock, or None
    ("sleep", seconds)     -> None
    ("call", fn, args)     -> result         a function of the caller's, sync or (in async) a coroutine's
    ("gather", flows)      -> list           several flows, together where the driver can

The verbs are the method names of the object that does them (`franca.io.drive`); an outcome that is an
exception is thrown into the flow. Rules: a flow never yields inside `finally`; whoever got a reply from
"send" owns it, and `reply.close()` needs no verb because it never waits.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from ..wire.http import AsyncReply, Reply, Request

__all__ = ["Flow", "arun", "call", "gather", "read", "run", "send", "sleep"]

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
