"""`ToolStream` and `AsyncToolStream`: a whole tool loop, event by event.

Left early, at the end of a `with` block, by `break`, an exception or garbage collection, the loop stops at once: the
connection closes, so the server stops, and coroutines that run as tools are cancelled.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import suppress
from typing import Any

from .errors import BadUsage, FrancaError
from .flow.core import Flow, advance, async_advance
from .flow.tools import ToolLoop
from .wire.chat import Chat
from .wire.chunk import ChatEvent
from .wire.tools import ToolFinished, ToolStarted

__all__ = ["AsyncToolStream", "ToolEvent", "ToolStream"]

ToolEvent = ChatEvent | ToolStarted | ToolFinished


class _Loop:
    """What both streams know and may do without I/O."""

    def __init__(self, loop: ToolLoop, io: Any) -> None:
        self._loop = loop
        self._io = io
        self._flow = self._keeping()
        self._chat: Chat | None = None
        self._failure: BaseException | None = None
        self._over = False
        self._left = False
        self._managed = False
        self._count = 0

    def _keeping(self) -> Flow[None]:
        self._chat = yield from self._loop.flow()

    @property
    def final(self) -> Chat:
        """The model's answer, with `history` and `turns`, once the stream was read to its end. Raises BadUsage before
        that, and the loop's error if it had one."""
        if self._failure is not None:
            raise self._failure
        if self._chat is None:
            how = "was left before its end" if self._left else "has not been read to its end yet: call finish()"
            raise BadUsage(f"the stream {how}; `partial` holds what came")
        return self._chat

    @property
    def partial(self) -> Chat | None:
        """What has come of the answer under way, else the last answer, with the `history` so far; None before the
        first event."""
        return self._loop.so_far()

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


class ToolStream(_Loop):
    """A tool loop with blocking I/O. Nothing is sent before the first event is asked for.

        with client.run_tools_stream("How warm is it in Rome?", [weather]) as stream:
            for event in stream:
                if isinstance(event, ChatEvent):
                    print(event.content or "", end="")
            chat = stream.final

    Hands out the ChatEvents of every turn, and between them ToolStarted and ToolFinished. Raises as `run_tools`.
    """

    def __iter__(self) -> Iterator[ToolEvent]:
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

    def __next__(self) -> ToolEvent:
        if self._over or self._left:
            raise StopIteration
        try:
            event: ToolEvent = advance(self._flow, self._io)
        except StopIteration:
            self._ended(None)
            raise
        except BaseException as error:
            if self._ended(error):
                raise
            raise StopIteration from None
        self._count += 1
        return event

    def finish(self) -> Chat:
        """Read to the end; the model's answer."""
        for _ in self:
            pass
        return self.final

    def __enter__(self) -> ToolStream:
        self._managed = True
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncToolStream(_Loop):
    """As `ToolStream`, with asyncio: `async with client.run_tools_stream(...) as stream`, or directly
    `async for event in client.run_tools_stream(...)`. Cancelling the task that reads stops everything at once."""

    def __await__(self) -> Generator[Any, None, AsyncToolStream]:
        return self._itself().__await__()

    async def _itself(self) -> AsyncToolStream:
        return self

    def __aiter__(self) -> AsyncIterator[ToolEvent]:
        return _Reading(self)

    async def __anext__(self) -> ToolEvent:
        if self._over or self._left:
            raise StopAsyncIteration
        try:
            event: ToolEvent = await async_advance(self._flow, self._io)
        except StopAsyncIteration:
            self._ended(None)
            raise
        except BaseException as error:
            if self._ended(error):
                raise
            raise StopAsyncIteration from None
        self._count += 1
        return event

    async def finish(self) -> Chat:
        """Read to the end; the model's answer."""
        async for _ in self:
            pass
        return self.final

    async def __aenter__(self) -> AsyncToolStream:
        self._managed = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()


class _Reading:
    """One `async for` over a stream. When it is left outside an `async with` block, it is dropped, and closes the
    stream there and then; an async generator would wait for the loop to come round."""

    __slots__ = ("_stream",)

    def __init__(self, stream: AsyncToolStream) -> None:
        self._stream = stream

    def __aiter__(self) -> _Reading:
        return self

    async def __anext__(self) -> ToolEvent:
        return await self._stream.__anext__()

    def __del__(self) -> None:
        if not self._stream._over and not self._stream._managed:
            self._stream.close()
