"""Streams that a flow emits, by themselves: their ends, errors, threads and tasks."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

import franca
from franca.emitting import AsyncEmitting, Emitting
from franca.flow.core import Flow


class Io:
    """One verb that blocks until it is let go, and one that fails."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.waits = threading.Event()

    def hang(self) -> None:
        self.waits.set()
        assert self.gate.wait(10)

    def torn(self) -> None:
        self.hang()
        self.fail()

    def fail(self) -> None:
        raise franca.ConnectionLost("lost")


class AsyncIo:
    """The same, awaited."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.waits = asyncio.Event()

    async def hang(self) -> None:
        self.waits.set()
        await self.gate.wait()

    async def torn(self) -> None:
        await self.hang()
        await self.fail()

    async def fail(self) -> None:
        raise franca.ConnectionLost("lost")


def numbers(most: int, *verbs: str, closed: list[int] | None = None) -> Flow[str]:
    """Emits numbers, does the verbs, and says how it ended."""
    try:
        for number in range(most):
            yield ("emit", number)
        for verb in verbs:
            yield (verb,)
    finally:
        if closed is not None:
            closed.append(1)
    return "done"


def test_it_is_read_to_its_end() -> None:
    """Part after part, then the result; a second reading gives nothing more."""
    stream: Emitting[int, str] = Emitting(numbers(3), Io())
    assert list(stream) == [0, 1, 2]
    assert stream.final == "done" == stream.finish()
    assert repr(stream) == "<Emitting: over after 3 events>"
    stream.close()
    with pytest.raises(StopIteration):
        next(stream)
    assert list(stream) == []


def test_an_error_is_raised_once_and_kept() -> None:
    """`final` raises it again; the loop is over."""
    stream: Emitting[int, str] = Emitting(numbers(1, "fail"), Io())
    with pytest.raises(franca.ConnectionLost):
        list(stream)
    with pytest.raises(franca.ConnectionLost):
        _ = stream.final
    assert list(stream) == []
    assert repr(stream) == "<Emitting: failed after 1 events>"


def test_left_by_break_outside_of_a_block() -> None:
    """The flow is closed there and then; inside a block it may be gone on with."""
    closed: list[int] = []
    stream: Emitting[int, str] = Emitting(numbers(3, closed=closed), Io())
    for _ in stream:
        break
    assert closed == [1]
    assert repr(stream) == "<Emitting: left after 1 events>"
    with Emitting(numbers(3), Io()) as managed:
        for _ in managed:
            break
        assert list(managed) == [1, 2]


def test_dropped() -> None:
    """By garbage collection."""
    closed: list[int] = []
    stream: Any = Emitting(numbers(3, closed=closed), Io())
    next(stream)
    del stream
    gc.collect()
    assert closed == [1]
    Emitting.__new__(Emitting).__del__()  # one whose making failed


@pytest.mark.parametrize("verb", ["hang", "torn"])
def test_left_by_another_thread(verb: str) -> None:
    """While the reader waits: it ends without an error, as it was left."""
    io = Io()
    stream: Emitting[int, str] = Emitting(numbers(1, verb, "fail"), io)
    got: list[int] = []
    reader = threading.Thread(target=lambda: got.extend(stream))
    reader.start()
    assert io.waits.wait(10)
    stream.close()
    io.gate.set()
    reader.join(10)
    assert got == [0]
    assert "left after 1 events" in repr(stream)


def test_left_amid_a_step() -> None:
    """Whoever leaves cannot close a flow that runs just now; the reader does it at its next step."""
    closed: list[int] = []

    def flow() -> Flow[str]:
        try:
            stream.close()
            yield ("emit", 1)
        finally:
            closed.append(1)
        return "done"

    stream: Emitting[int, str] = Emitting(flow(), Io())
    assert next(stream) == 1
    assert closed == []
    with pytest.raises(StopIteration):
        next(stream)
    assert closed == [1]


def test_read_to_the_end_with_asyncio() -> None:
    """By `async for`, `anext`, `finish`; awaited it is itself."""

    async def main() -> None:
        stream: AsyncEmitting[int, str] = AsyncEmitting(numbers(3), AsyncIo())
        assert await stream is stream
        assert await anext(stream) == 0
        assert await stream.finish() == "done"
        assert [part async for part in stream] == []
        with pytest.raises(StopAsyncIteration):
            await anext(stream)
        assert aiter(aiter(stream)) is not None

    asyncio.run(main())


def test_errors_with_asyncio() -> None:
    """As without."""

    async def main() -> None:
        stream: AsyncEmitting[int, str] = AsyncEmitting(numbers(1, "fail"), AsyncIo())
        with pytest.raises(franca.ConnectionLost):
            await stream.finish()
        with pytest.raises(franca.ConnectionLost):
            _ = stream.final

    asyncio.run(main())


def test_left_with_asyncio() -> None:
    """By `break`, by the end of a block, by another task."""

    async def main() -> None:
        closed: list[int] = []
        stream: AsyncEmitting[int, str] = AsyncEmitting(numbers(3, closed=closed), AsyncIo())
        async for _ in stream:
            break
        gc.collect()
        assert closed == [1]
        async with AsyncEmitting(numbers(3, closed=closed), AsyncIo()) as managed:
            async for _ in managed:
                break
            gc.collect()
            assert closed == [1]
            assert await anext(managed) == 1
        assert closed == [1, 1]
        for verb in ("hang", "torn"):
            io = AsyncIo()
            stream = AsyncEmitting(numbers(1, verb, "fail"), io)
            assert await anext(stream) == 0
            task = asyncio.ensure_future(stream.finish())
            await io.waits.wait()
            stream.close()
            io.gate.set()
            with pytest.raises(franca.BadUsage, match="left before its end"):
                await task

    asyncio.run(main())
