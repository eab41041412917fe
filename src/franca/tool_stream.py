"""`ToolStream` and `AsyncToolStream`: a whole tool loop, event by event."""

from __future__ import annotations

from typing import Any

from .emitting import AsyncEmitting, Emitting
from .flow.tools import ToolLoop
from .wire.chat import Chat
from .wire.chunk import ChatEvent
from .wire.tools import ToolFinished, ToolStarted

__all__ = ["AsyncToolStream", "ToolEvent", "ToolStream"]

ToolEvent = ChatEvent | ToolStarted | ToolFinished


class ToolStream(Emitting[ToolEvent, Chat]):
    """A tool loop with blocking I/O. Nothing is sent before the first event is asked for.

        with client.run_tools_stream("How warm is it in Rome?", [weather]) as stream:
            for event in stream:
                if isinstance(event, ChatEvent):
                    print(event.content or "", end="")
            chat = stream.final

    Hands out the ChatEvents of every turn, and between them ToolStarted and ToolFinished. Its `final` is the model's
    answer, with `history` and `turns`. Raises as `run_tools`.
    """

    def __init__(self, loop: ToolLoop, io: Any) -> None:
        super().__init__(loop.flow(), io)
        self._loop = loop

    @property
    def partial(self) -> Chat | None:
        """What has come of the answer under way, else the last answer, with the `history` so far; None before the
        first event."""
        return self._loop.so_far()


class AsyncToolStream(AsyncEmitting[ToolEvent, Chat]):
    """As `ToolStream`, with asyncio: `async with client.run_tools_stream(...) as stream`, or directly
    `async for event in client.run_tools_stream(...)`. Cancelling the task that reads stops everything at once."""

    def __init__(self, loop: ToolLoop, io: Any) -> None:
        super().__init__(loop.flow(), io)
        self._loop = loop

    @property
    def partial(self) -> Chat | None:
        """As `ToolStream.partial`."""
        return self._loop.so_far()
