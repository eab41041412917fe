"""Streams: `Stream` and `AsyncStream` pump bytes through `franca.flow.stream` and hand out events.

A stream closes its connection at once when it is left early: at the end of its `with` block, when a `for`
over it is left without one, or when it is garbage-collected. A finished one gives its connection back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator
from time import monotonic
from typing import Any, Generic, NoReturn, TypeVar, overload

from .errors import BadUsage, FrancaError
from .flow.begin import Begun
from .flow.stream import StreamState
from .wire.chat import Chat
from .wire.chunk import ChatEvent
from .wire.headers import Headers
from .wire.told import Metrics

__all__ = ["AsyncStream", "Stream", "accumulate_stream"]

Event = TypeVar("Event", covariant=True)
Whole = TypeVar("Whole", covariant=True)


class _Facts(Generic[Event, Whole]):
    """What both streams know and may do without I/O."""

    _state: StreamState | None
    _reply: Any
    _left: bool
    _managed: bool

    @property
    def final(self) -> Whole:
        """The whole answer, once the stream was read to its end. Raises BadUsage before that, and the
        stream's error if it had one."""
        state = self._state
        if self._left:
            raise BadUsage("the stream was left before its end; `partial` holds what had arrived")
        if state is None or not state.over:
            raise BadUsage("the stream has not been read to its end yet: loop over it, or call finish()")
        if state.failure is not None:
            raise state.failure
        whole: Whole = state.final()
        return whole

    @property
    def partial(self) -> Whole:
        """What has arrived so far as a whole answer; without choices before the first of them."""
        whole: Whole = self._known().partial()
        return whole

    @property
    def status(self) -> int:
        """HTTP status of the answer."""
        return self._known().status

    @property
    def headers(self) -> Headers:
        """Response headers."""
        return self._known().headers

    @property
    def request_id(self) -> str | None:
        """The server's id of the request."""
        return self._known().headers.request_id

    @property
    def metrics(self) -> Metrics | None:
        """How long it took so far: until the first event, the first token, now; in seconds."""
        metrics: Metrics | None = self._known().partial().metrics
        return metrics

    def close(self) -> None:
        """Leave the stream; the connection of an unfinished one closes at once. Idempotent, never waits."""
        self._close()

    def _close(self, error: BaseException | None = None) -> None:
        state = self._state
        if state is None or not state.over:
            self._left = True
        self._let_go(error)

    def _let_go(self, error: BaseException | None = None) -> None:
        """Give the reply back: a finished one keeps its connection, any other closes it. `error`: what ended the
        reading from outside, such as a cancellation."""
        reply, self._reply = self._reply, None
        state = self._state
        if reply is not None:
            if state is not None and state.over and state.failure is None:
                reply.release()
            else:
                reply.close()
        if state is not None:
            state.leave(error)

    def _ended(self) -> bool:
        """Whether there is nothing more to read; raises the error of a stream that failed."""
        if self._left:
            return True
        state = self._known()
        if not state.over:
            return False
        self._let_go()
        if state.failure is not None:
            raise state.failure
        return True

    def _known(self) -> StreamState:
        if self._state is None:
            raise BadUsage("the stream is not open yet: `await` it, or use `async with`")
        return self._state

    def __del__(self) -> None:
        if getattr(self, "_state", None) is not None:  # also of one whose end has come and was not taken
            self.close()

    def __repr__(self) -> str:
        state = self._state
        if state is None:
            how = "not open yet"
        elif self._left:
            how = f"left after {state.count} events"
        elif state.over:
            how = f"{'over' if state.failure is None else 'failed'} after {state.count} events"
        else:
            how = f"{state.count} events so far"
        return f"<{type(self).__name__}: {how}>"


class Stream(_Facts[Event, Whole]):
    """The answer to a chat, event by event, with blocking I/O.

        with client.chat_stream("Hello") as stream:
            for event in stream:
                print(event.content or "", end="")
            chat = stream.final

    Raises, while it is read: StreamBroken (cut, undecodable), TimedOut, NoChoices, or the StatusError that the
    server sent in the middle; each with `.partial`, the answer so far. One thread at a time may read.
    """

    def __init__(self, begun: Begun) -> None:
        self._state: StreamState = begun.state
        self._events = begun.events
        self._reply = begun.reply
        self._managed = False
        self._left = False

    def __iter__(self) -> Iterator[Event]:
        events = self._events
        finished = False
        try:
            while not self._left:
                event = next(events, None)
                if event is not None:
                    yield event
                elif not self._more():
                    break
            finished = True
        finally:
            # Left by `break` or an exception outside a `with` block: nobody may come back, so stop the server.
            if not finished and not self._managed:
                self.close()

    def __next__(self) -> Event:
        while not self._left:
            event: Event | None = next(self._events, None)
            if event is not None:
                return event
            if not self._more():
                break
        raise StopIteration

    def _more(self) -> bool:
        """Read a block; False at the end."""
        if self._ended():
            return False
        state = self._state
        try:
            block = self._reply.read_some(state.until(monotonic()))
        except FrancaError as error:
            state.fail(error, monotonic())
        except BaseException as error:
            self._close(error)
            raise
        else:
            state.take(block, monotonic())
        return True

    def finish(self) -> Whole:
        """Read to the end; the whole answer."""
        for _ in self:
            pass
        return self.final

    def __enter__(self) -> Stream[Event, Whole]:
        self._managed = True
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


Open = Callable[[], Awaitable[Begun]]


class AsyncStream(_Facts[Event, Whole]):
    """The answer to a chat, event by event, with asyncio. Three ways to open it, all the same:

        async with client.chat_stream("Hello") as stream: ...
        stream = await client.chat_stream("Hello")
        async for event in client.chat_stream("Hello"): ...

    Errors as in `Stream`. Cancelling the task that reads closes the connection at once.
    """

    def __init__(self, open: Open) -> None:
        self._open: Open | None = open
        self._state = None
        self._events: Iterator[Any] = iter(())
        self._reply = None
        self._managed = False
        self._left = False

    def __await__(self) -> Generator[Any, None, AsyncStream[Event, Whole]]:
        return self._opened().__await__()

    async def _opened(self) -> AsyncStream[Event, Whole]:
        if self._state is None:
            opening, self._open = self._open, None
            if opening is None:
                raise BadUsage("the stream is being opened already, or its opening failed; make a new one")
            begun = await opening()
            self._state, self._events, self._reply = begun.state, begun.events, begun.reply
        return self

    async def __aiter__(self) -> AsyncIterator[Event]:
        await self._opened()
        events = self._events
        finished = False
        try:
            while not self._left:
                event = next(events, None)
                if event is not None:
                    yield event
                elif not await self._more():
                    break
            finished = True
        finally:
            if not finished and not self._managed:
                self.close()

    async def __anext__(self) -> Event:
        await self._opened()
        while not self._left:
            event: Event | None = next(self._events, None)
            if event is not None:
                return event
            if not await self._more():
                break
        raise StopAsyncIteration

    async def _more(self) -> bool:
        if self._ended():
            return False
        state = self._known()
        try:
            block = await self._reply.read_some(state.until(monotonic()))
        except FrancaError as error:
            state.fail(error, monotonic())
        except BaseException as error:
            self._close(error)
            raise
        else:
            state.take(block, monotonic())
        return True

    async def finish(self) -> Whole:
        """Read to the end; the whole answer."""
        async for _ in self:
            pass
        return self.final

    async def __aenter__(self) -> AsyncStream[Event, Whole]:
        self._managed = True
        return await self._opened()

    async def __aexit__(self, *_: object) -> None:
        self.close()


@overload
def accumulate_stream(
    stream: Stream[ChatEvent, Chat], on_event: Callable[[ChatEvent], object] | None = None
) -> Chat: ...


@overload
def accumulate_stream(
    stream: AsyncStream[ChatEvent, Chat], on_event: Callable[[ChatEvent], object] | None = None
) -> Awaitable[Chat]: ...


def accumulate_stream(stream: Any, on_event: Callable[[ChatEvent], object] | None = None) -> Any:
    """Read a stream to its end, hand each event to `on_event`, and return the whole `Chat`.

    For an `AsyncStream` the result is to be awaited, and `on_event` may be a coroutine function.
    """
    if isinstance(stream, AsyncStream):
        return _accumulate_async(stream, on_event)
    if not isinstance(stream, Stream):
        _not_a_stream(stream)
    with stream:
        for event in stream:
            if on_event is not None:
                on_event(event)
    return stream.final


async def _accumulate_async(stream: AsyncStream[Any, Any], on_event: Callable[[Any], object] | None) -> Any:
    async with stream:
        async for event in stream:
            if on_event is not None:
                result = on_event(event)
                if isinstance(result, Awaitable):
                    await result
    return stream.final


def _not_a_stream(given: object) -> NoReturn:
    raise BadUsage(f"accumulate_stream takes what chat_stream returns, not {type(given).__name__}")
