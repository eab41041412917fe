"""A stream without I/O: bytes in, events out, and at its end the whole answer or the error that it is.

`StreamState` is the one place that decides when a stream is complete (a finish reason for every started
choice, or `[DONE]`), broken, or too slow. The public streams only pump bytes through it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import FrancaError, NoChoices, ProtocolError, TimedOut
from ..faults import Origin, error_from_object, find_error, with_origin
from ..sse import Decoder
from ..wire import codec
from ..wire.halves import Halves
from ..wire.headers import Headers
from ..wire.response import Response, excerpt
from ..wire.thoughts import ThinkingReader
from .broken import broken, eventless, events_counted, too_slow
from .call import Opened
from .filtered import filtered
from .kinds import CHAT, COMPLETION, StreamKind, as_chunk, says_something

__all__ = ["CHAT", "COMPLETION", "StreamKind", "StreamState"]

_LINGER = 5.0  # seconds to wait for a usage chunk or [DONE] once every choice has its finish reason
_MAX_BYTES = 256 * 1024 * 1024
_GRACE = 1.0  # seconds that a first read has at least
_SNIFF = 16 * 1024  # bytes kept of a body in which no event was found, to say what it was
_SILENT = frozenset({"ping", "keep-alive", "keepalive", "heartbeat"})


class StreamState:
    """One stream's state. The driver hands out `events`; when that wants bytes, it asks `until`, reads, and tells
    `take` or `fail`; when that is over, it raises `failure`, if there is one."""

    __slots__ = (
        "_accumulator",
        "_adopted",
        "_broke",
        "_deadline",
        "_decoder",
        "_due",
        "_ended",
        "_halves",
        "_head",
        "_idle",
        "_kind",
        "_last",
        "_listened",
        "_max",
        "_now",
        "_origin",
        "_payloads",
        "_room",
        "_strict",
        "_thinking",
        "_trip",
        "_wall",
        "_wanted",
        "_whole",
        "_window",
        "count",
        "done",
        "failure",
        "headers",
        "over",
        "status",
        "told_something",
    )

    def __init__(
        self,
        opened: Opened,
        kind: StreamKind,
        *,
        idle_timeout: float | None,
        wall: Callable[[], float],
        max_bytes: int = _MAX_BYTES,
        raise_filtered: bool = False,
    ) -> None:
        self._kind = kind
        self._decoder = Decoder()
        self._accumulator = kind.accumulator()
        self._origin: Origin = opened.origin
        self._due = opened.until
        self._deadline = opened.deadline
        self._trip = opened.trip
        self._wanted = 1 if opened.trip is None else opened.trip.choices
        self._idle = idle_timeout
        self._strict = raise_filtered
        self._wall = wall
        self._last = self._now = 0.0
        self._listened = -1  # how many events there were when we last began to listen; -1: never yet
        self._head = b""
        self._max = self._room = max_bytes
        self._halves = Halves()
        self._thinking = ThinkingReader() if kind.talks else None
        self._window: Any = kind.event  # another one while a text may begin with think tags
        self._whole: Any = None
        source = opened.whole if opened.whole is not None else opened.reply
        self.status: int = source.status
        self.headers: Headers = source.headers
        self._payloads: deque[tuple[str, bytes]] = deque()  # of one block: the next is read when these are gone
        self._adopted: Any = None
        self._ended = False
        self._broke: FrancaError | None = None
        self.failure: FrancaError | None = None
        self.over = False
        """Nothing more will come: the stream is complete, or it failed."""
        self.done = False
        """`[DONE]` was seen."""
        self.count = 0
        """Events that came."""
        self.told_something = False
        """A piece of text, reasoning or a tool call came, or the end."""
        if opened.whole is not None:
            self._adopt(opened.whole)

    # ---- what the driver tells ------------------------------------------------------------------

    def until(self, now: float) -> float | None:
        """The time by which the next bytes are due, for a read that begins `now`.

        The silence is counted from when we begin to listen after an event: a caller may take its time over one.
        """
        if self._listened < 0 and self._due is not None:
            # A caller who opened the stream long ago still finds what has come since.
            self._due = max(self._due, now + _GRACE)
        if self._listened < self.count:
            self._listened = self.count
            self._last = now
        if not self.count:
            due = self._due
        else:
            idle = self._idle
            if self._complete():
                idle = _LINGER if idle is None else min(idle, _LINGER)
            due = None if idle is None else self._last + idle
        deadline = self._deadline
        return due if deadline is None else deadline if due is None else min(due, deadline)

    def take(self, block: bytes, now: float) -> None:
        """Bytes came at `now`; none mean that the body ended cleanly."""
        if self.over:
            return
        self._now = now
        if not block:
            self._end()
            return
        if not self.count and len(self._head) < _SNIFF:
            self._head += block[:_SNIFF]
        self._room -= len(block)
        try:
            if self._room < 0:  # the answer is put together on the way: a stream without end would fill the memory
                raise ProtocolError(f"the stream passes {self._max} bytes; see the option max_body")
            self._payloads.extend(self._decoder.feed(block))
        except ProtocolError as error:
            self._broke = error

    def _end(self) -> None:
        trailing = self._decoder.end()
        if self._accumulator.finished:
            # The answer is complete: what is torn off behind it (a usage chunk) is lost, the answer is not.
            trailing = [payload for payload in trailing if payload[1][-1:] in b"}]"]
        self._payloads.extend(trailing)
        self._ended = True

    def fail(self, error: FrancaError, now: float) -> None:
        """Reading failed: the connection was lost, or a time limit ran out."""
        if self.over:
            return
        if isinstance(error, TimedOut):
            late = self._deadline is not None and now >= self._deadline
            error.phase = "deadline" if late else "idle" if self.count else "answer"
            error.message = too_slow(error.phase, self.count, self._idle)
        self._finish(error)

    # ---- what came ------------------------------------------------------------------------------

    def partial(self) -> Any:
        """What has arrived so far, as a whole answer; without choices before the first of them."""
        if self.failure is not None:
            return self.failure.partial
        return self._assembled() if self._whole is None else self._whole

    def final(self) -> Any:
        """The whole answer. Only for a stream that is over without failure."""
        if self._whole is None:
            self._whole = self._assembled()
        return self._whole

    def _assembled(self, payload: dict[str, Any] | None = None) -> Any:
        made = self._kind.assemble(self._accumulator) if payload is None else payload
        told = None if self._trip is None else self._trip.told()
        return self._kind.whole(made, self.status, self.headers, self._origin.server, told)

    def leave(self, error: BaseException | None = None) -> None:
        """The stream is over for the caller: read to its end, failed, or left. Only the first time counts."""
        trip = self._trip
        if trip is None or trip.over:
            return
        failure = self.failure or error
        if failure is not None:
            if isinstance(failure, FrancaError):
                trip.leave(failure.partial, failure)
            else:
                trip.leave()
            trip.failed(failure)
        elif self.over:
            trip.leave(self.final())
            trip.done(self.final())
        else:
            trip.leave()
            trip.left(self.partial())

    def events(self) -> Iterator[Any]:
        """Each event, decoded only when it is its turn, and None whenever bytes are wanted; ends with the stream.

        The short way is for the chunk that is like the one before but for one more piece of text: the accumulator
        compares them whole, so nothing in it needs a second look. A choice begins the long way.
        """
        thinking = self._thinking
        plain = window = self._kind.event
        if self._adopted is not None:
            yield (plain if thinking is None else thinking.event)(self._adopted)
        decode = codec.strict_decode
        take_like = self._accumulator.take_like
        payloads = self._payloads
        while not self.over:
            while payloads:
                kind, data = payloads.popleft()
                try:
                    payload = decode(data)
                    if kind or not take_like(payload):
                        payload = self._look(kind, payload, data)
                        window = self._window
                    elif not self.told_something:  # like the one before, which was empty
                        self._clock_in(payload["choices"])
                except (ValueError, RecursionError):
                    payload = self._undecoded(kind, data)
                    window = self._window
                if payload is not None:
                    self.count += 1
                    yield window(payload)
                    if window is not plain and thinking is not None and thinking.settled:
                        window = plain
                elif self.over:
                    break
            if self.over:
                break
            if self._broke is not None:
                self._fail(self._broke)
            elif self._ended:
                self._finish(None)
            else:
                yield None
        if thinking is not None and (rest := thinking.rest()) is not None:
            yield rest

    def _undecoded(self, kind: str, data: bytes) -> Any:
        """What the strict decoder refused: the end of the stream, almost JSON, or garbage."""
        if data[:6] == b"[DONE]":
            self.done = True
            self._finish(None)
            return None
        if kind in _SILENT:
            return None
        try:
            payload = codec.decode_json(data, self._halves)
        except ValueError:
            if kind == "error":
                self._raise_later({"error": data.decode("utf-8", "replace")})
            else:
                self._fail(broken(self._head, f"event {self.count + 1} of the stream is no JSON: {excerpt(data)}"))
            return None
        return self._look(kind, payload, data)

    def _look(self, kind: str, payload: Any, data: bytes) -> Any:
        """The payload, added to the answer; None when it is no event, or an error (then it is the failure)."""
        if kind in _SILENT:
            return None
        if (
            type(payload) is not dict or "error" in payload or "choices" not in payload or kind == "error"
        ) and self._refused(kind, payload, data):
            return None
        self._accumulator.add(payload)
        choices = payload.get("choices")
        if not self.told_something:
            self._clock_in(choices)
        for choice in choices if type(choices) is list else ():
            if type(choice) is dict and choice.get("error"):
                self.count += 1
                self._raise_later(choice)
                return None
        if self._thinking is not None:
            self._window = self._thinking.event if self._thinking.wants(payload) else self._kind.event
        return payload

    def _clock_in(self, choices: Any) -> None:
        """Note when the first event came, and the first token."""
        trip = self._trip
        if trip is not None and trip.first_event is None:
            trip.first_event = self._now - trip.began
        listed = choices if type(choices) is list else ()
        if any(type(choice) is dict and says_something(choice) for choice in listed):
            self.told_something = True
            if trip is not None:
                trip.first_token = self._now - trip.began

    def _refused(self, kind: str, payload: Any, data: bytes) -> bool:
        """Whether an unusual payload is an error (then it is the failure), or no object at all."""
        found = payload if kind == "error" else find_error(payload)
        if found is None and type(payload) is dict:
            return False
        if found is None:
            self._fail(broken(self._head, f"event {self.count + 1} of the stream is no JSON object: {excerpt(data)}"))
            return True
        if type(payload) is dict and type(payload.get("choices")) is list:
            # OpenRouter sends the last delta and the finish reason along with the error.
            self._accumulator.add({key: value for key, value in payload.items() if key != "error"})
        self._raise_later(found)
        return True

    def _raise_later(self, found: Any) -> None:
        self._fail(error_from_object(found, self.headers, self._origin, now=self._wall()))

    # ---- how it ends ----------------------------------------------------------------------------

    def _complete(self) -> bool:
        """Whether all choices that were asked for have ended: some servers send one after another."""
        accumulator = self._accumulator
        return bool(accumulator.finished and accumulator.width >= self._wanted)

    def _finish(self, error: FrancaError | None) -> None:
        """No more events: decide between a complete answer and the failure it is."""
        self.over = True
        accumulator = self._accumulator
        if self._complete() or (accumulator.finished and error is None) or (self.done and accumulator.started):
            self._judge()
            return
        if self.done:
            self._fail(NoChoices("the stream ended without a single choice"))
        elif isinstance(error, TimedOut):
            self._fail(error)
        elif self.count:
            how = "ended before the answer did" if error is None else f"broke off ({error.message})"
            self._fail(broken(self._head, f"the stream {how}, after {events_counted(self.count)}"), error)
        else:
            self._fail(eventless(self._head, self.headers, self._origin, self._wall(), error), error)

    def _judge(self) -> None:
        """A complete answer that was filtered is an error for who said so."""
        flagged = filtered(self.final()) if self._strict else None
        if flagged is not None:
            self._fail(flagged)

    def _fail(self, error: FrancaError, cause: BaseException | None = None) -> None:
        error.request_id = error.request_id or self.headers.request_id
        error.headers = error.headers or self.headers
        error.retryable = False  # the caller may have seen events: nothing after a stream's head is tried again
        error.partial = self.partial()
        with_origin(error, self._origin)
        if cause is not None and error is not cause:
            error.__cause__ = cause
        self.failure = error
        self.over = True

    def _adopt(self, whole: Response) -> None:
        """A server that does not stream answered at once (`chat.reading` has judged it): one event, then the end."""
        if not whole.content:
            self._fail(broken(self._head, "the stream is empty"))
            return
        payload = whole.json()
        self.count = 1
        self._adopted = as_chunk(payload) if self._kind.talks else payload
        self._whole = self._assembled(payload)
        self.over = True
        self._judge()
