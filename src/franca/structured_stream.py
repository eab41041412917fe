"""`StructuredStream` and `AsyncStructuredStream`: a value while it is written, and then the validated one."""

from __future__ import annotations

from typing import Any, TypeVar

from .emitting import AsyncEmitting, Emitting
from .flow.structured.ladder import Ladder
from .flow.structured.result import Attempt, Structured
from .wire.chat import Chat

__all__ = ["AsyncStructuredStream", "StructuredStream"]

Part = TypeVar("Part", covariant=True)
T = TypeVar("T", covariant=True)


class StructuredStream(Emitting[Part, Structured[T]]):
    """A value while it is written, with blocking I/O.

        with client.structured_stream("Which films did he make?", list[Film]) as stream:
            for film in stream:
                print(film)
            result = stream.final

    Of a list it hands out each item as soon as it is whole, made an instance of its type: all of them, each once. Of
    any other value it hands out the JSON so far, whenever it has grown, in the end the whole. Before anything was
    handed out a mode may be changed and a model asked again, as `structured` does; afterwards what does not fit raises
    OutputInvalid, with the answer in `.partial`. `final` is the validated value. Nothing is sent before the first part
    is asked for.
    """

    def __init__(self, ladder: Ladder, io: Any) -> None:
        super().__init__(ladder.flow(), io)
        self._ladder = ladder

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The requests that were answered or refused so far."""
        return tuple(self._ladder.attempts)

    @property
    def partial(self) -> Chat | None:
        """What has come of the answer under way, else the last answer; None before the first."""
        return self._ladder.partial()


class AsyncStructuredStream(AsyncEmitting[Part, Structured[T]]):
    """As `StructuredStream`, with asyncio."""

    def __init__(self, ladder: Ladder, io: Any) -> None:
        super().__init__(ladder.flow(), io)
        self._ladder = ladder

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """As `StructuredStream.attempts`."""
        return tuple(self._ladder.attempts)

    @property
    def partial(self) -> Chat | None:
        """As `StructuredStream.partial`."""
        return self._ladder.partial()
