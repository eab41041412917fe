"""The way of a value to its caller: as one completion, or as the events of a stream."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from ...errors import Flagged, FrancaError, OutputInvalid
from ...flow.structured.result import Attempt
from ...wire.chat import Chat
from ..answer import EVENT_STREAM, JSON, event_of, send_bytes, send_head, send_piece
from ..problem import problem_of
from .shapes import DONE, Chunks, completion, header, usage_of

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..relay.attendance import Attendance
    from ..relay.deliver import Sink

__all__ = ["Sending"]


class Sending:
    """Sends one answer. `begun`: something of it was sent, so that nobody else can be asked any more."""

    def __init__(
        self,
        exchange: Exchange,
        model: str,
        attendance: Attendance | None,
        sinks: Sequence[Sink],
        tells_usage: bool,
    ) -> None:
        self._exchange = exchange
        self._model = model
        self._attendance = attendance
        self._sinks = sinks
        self._tells_usage = tells_usage
        self._chunks = Chunks()
        self._finished = False
        self.begun = False

    async def value(self, answer: Chat, text: str, mode: str, attempts: list[Attempt]) -> None:
        """The whole value."""
        await self._all(answer, {"content": text}, "stop", mode, attempts)

    async def calls(self, answer: Chat, mode: str, attempts: list[Attempt]) -> None:
        """Calls of the caller's own tools, as they came."""
        message = answer.message
        changes = {"content": message.get("content"), "tool_calls": message["tool_calls"]}
        await self._all(answer, changes, answer.finish_reason or "tool_calls", mode, attempts)

    async def refused(self, error: Flagged, attempts: list[Attempt]) -> None:
        """The model refuses, or a filter ended its answer: in OpenAI's words, without any content."""
        answer = error.partial
        mode = attempts[-1].mode if attempts else ""
        changes = {"refusal": answer.refusal} if answer.refusal else {}
        finish = answer.finish_reason or "stop"
        if self._exchange.stream and self.begun:
            await self._end(changes, finish, attempts)
        else:
            await self._all(answer, changes, finish, mode, attempts)

    async def piece(self, text: str, answer: Chat | None, mode: str, attempts: list[Attempt], more: int) -> None:
        """The next piece of the value's text. `answer`: what has come so far of what it is from; `more`: how many
        attempts are under way."""
        data = b"" if self.begun else await self._open(answer, header(mode, attempts, more=more))
        await self._send(data + self._chunks.delta({"content": text}))

    async def end(self, attempts: list[Attempt]) -> None:
        """The value is whole."""
        await self._end({}, "stop", attempts)

    async def broken(self, error: FrancaError) -> None:
        """What was begun is not going to be whole."""
        problem = problem_of(error)
        self._exchange.outcome = "error" if isinstance(error, OutputInvalid) else "cut"
        self._exchange.error = problem.code or problem.type
        await self._send(event_of(problem), last=True, whole=False)

    def leave(self) -> None:
        """Nothing more is sent."""
        if self.begun and not self._finished:
            self._finish(EVENT_STREAM if self._exchange.stream else JSON, whole=False)

    async def _all(
        self, answer: Chat, changes: dict[str, Any], finish: str, mode: str, attempts: list[Attempt]
    ) -> None:
        told = header(mode, attempts)
        if self._exchange.stream:
            data = await self._open(answer, told)
            delta = {**changes}
            if isinstance(delta.get("tool_calls"), list):
                delta["tool_calls"] = [{"index": at, **call} for at, call in enumerate(delta["tool_calls"])]
            await self._end(delta, finish, attempts, data)
            return
        body = completion(answer, self._model, usage_of(attempts), changes, finish)
        self.begun = True
        for sink in self._sinks:
            sink.take(body)
        self._finish(JSON, whole=True)
        await send_bytes(self._exchange, body, JSON, headers=told)

    async def _open(self, answer: Chat | None, told: tuple[tuple[bytes, bytes], ...]) -> bytes:
        """Begin the stream; its first event, which is still to be sent."""
        exchange = self._exchange
        self.begun = True
        if self._attendance is not None:
            await self._attendance.quiet()
        if exchange.first is None:
            exchange.first = monotonic()
        if not exchange.started:
            await send_head(exchange, 200, EVENT_STREAM, told)
        return self._chunks.begin(answer, self._model, exchange.id)

    async def _end(self, delta: dict[str, Any], finish: str, attempts: list[Attempt], data: bytes = b"") -> None:
        if any(delta.values()):
            data += self._chunks.delta(delta)
        data += self._chunks.delta({}, finish)
        if self._tells_usage:
            data += self._chunks.usage(usage_of(attempts))
        await self._send(data + DONE, last=True)

    async def _send(self, data: bytes, *, last: bool = False, whole: bool = True) -> None:
        for sink in self._sinks:
            sink.take(data)
        if last:
            self._finish(EVENT_STREAM, whole=whole)
        if self._attendance is not None:
            await self._attendance.quiet()
        await send_piece(self._exchange, data, more=not last)
        if self._attendance is not None:
            self._attendance.touch()

    def _finish(self, content_type: bytes, *, whole: bool) -> None:
        self._finished = True
        for sink in self._sinks:
            sink.finish(200, content_type, whole)
