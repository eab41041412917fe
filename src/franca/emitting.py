"""A flow that emits, event by event: what the streams of tool loops and of structured output have in common.

Left early, at the end of a `with` block, by `break`, an exception or garbage collection, the flow stops at once: the
connection closes, so the server stops, and coroutines that run inside are cancelled.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import suppress
from typing import Any, Generic, Self, TypeVar

from .errors import BadUsage, FrancaError
from .flow.core import Flow, advance, async_advance

__all__ = ["AsyncEmitting", "Emitting"]

Event = TypeVar("Event", covariant=True)
Final = TypeVar("Final", covariant=True)


class _Emitted(Generic[Event, Final]):
    """What both streams know and may do without I/O."""

    def __init__(self, flow: Flow[Final], io: Any) -> None:
        self._io = io
        self._flow = self._keeping(flow)
        self._result: Any = None
        self._done = False
        self._failure: BaseException | None = None
        self._over = False
        self._left = False
        self._managed = False
        self._count = 0

    def _keeping(self, flow: Flow[Final]) -> Flow[None]:
        self._result = yield from flow
        self._done = True

    @property
    def final(self) -> Final:
        """The result, once the stream was read to its end. Raises BadUsage before that, and the stream's error if it
        had one."""
        if self._failure is not None:
            raise self._failure
        if not self._done:
            how = "was left before its end" if self._left else "has not been read to its end yet: call finish()"
            raise BadUsage(f"the stream {how}; `partial` holds what came")
        found: Final = self._result
        return found

    def close(self) -> None:
        """Leave the stream: nothing more is asked, run or read. Idempotent, never waits."""
        if not self._over:
            self._left = True
        with suppress(ValueError):  # another thread is in it just now; it sees that the stream was left
            self._flow.close()

    def _ended(self, error: BaseException | None) -> bool:
        """Note the end; whether it is an error to raise."""
        self._over = True
        if self._left and isinstance(error, (FrancaError, ValueError)):
            return False  # another thread closed the connection under the reader, and may be in the flow just now
        self._failure = error
        return error is not None

    def __del__(self) -> None:
        if not getattr(self, "_over", True):
            self.close()

    def __repr__(self) -> str:
        if self._left:
            how = f"left after {self._count} events"
        elif self._over:
            how = f"{'over' if self._failure is None else 'failed'} after {self._count} events"
        else:
            how = f"{self._count} events so far"
        return f"<{type(self).__name__}: {how}>"


class Emitting(_Emitted[Event, Final]):
    """With blocking I/O. Nothing is sent before the first event is asked for."""

    def __iter__(self) -> Iterator[Event]:
        try:
            while True:
                try:
                    event = next(self)
                except StopIteration:
                    return
                yield event
        finally:
            # Left by `break` or an exception outside a `with` block: nobody may come back.
            if not self._over and not self._managed:
                self.close()

    def __next__(self) -> Event:
        if self._over or self._left:
            self.close()  # whoever left it may not have been able to, while we were in it
            raise StopIteration
        try:
            event: Event = advance(self._flow, self._io)
        except StopIteration:
            self._ended(None)
            raise
        except BaseException as error:
            if self._ended(error):
                raise
            raise StopIteration from None
        self._count += 1
        return event

    def finish(self) -> Final:
        """Read to the end; the result."""
        for _ in self:
            pass
        return self.final

    def __enter__(self) -> Self:
        self._managed = True
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncEmitting(_Emitted[Event, Final]):
    """With asyncio: `async with ... as stream`, or directly `async for event in ...`. Cancelling the task that reads
    stops everything at once."""

    def __await__(self) -> Generator[Any, None, Self]:
        return self._itself().__await__()

    async def _itself(self) -> Self:
        return self

    def __aiter__(self) -> AsyncIterator[Event]:
        return _Reading(self)

    async def __anext__(self) -> Event:
        if self._over or self._left:
            self.close()  # as above
            raise StopAsyncIteration
        try:
            event: Event = await async_advance(self._flow, self._io)
        except StopAsyncIteration:
            self._ended(None)
            raise
        except BaseException as error:
            if self._ended(error):
                raise
            raise StopAsyncIteration from None
        self._count += 1
        return event

    async def finish(self) -> Final:
        """Read to the end; the result."""
        async for _ in self:
            pass
        return self.final

    async def __aenter__(self) -> Self:
        self._managed = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class _Reading(Generic[Event]):
    """One `async for` over a stream. When it is left outside an `async with` block, it is dropped, and closes the
    stream there and then; an async generator would wait for the loop to come round."""

    __slots__ = ("_stream",)

    def __init__(self, stream: AsyncEmitting[Event, Any]) -> None:
        self._stream = stream

    def __aiter__(self) -> _Reading[Event]:
        return self

    async def __anext__(self) -> Event:
        return await self._stream.__anext__()

    def __del__(self) -> None:
        if not self._stream._over and not self._stream._managed:
            self._stream.close()
