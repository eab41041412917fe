"""The answer of a server on its way to the caller, byte for byte, and what it says of itself noted down."""

from __future__ import annotations

from time import monotonic, time
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ...errors import FrancaError, StreamBroken
from ...faults import error_from_object, with_origin
from ..answer import EVENT_STREAM, event_of, send_bytes, send_head, send_piece
from ..problem import problem_of
from ..tally import add_tokens
from .found import scan_tail

if TYPE_CHECKING:
    from ..exchange import Exchange
    from .attendance import Attendance
    from .reach import Opened
    from .upstream import Upstream

__all__ = ["Sink", "deliver", "note_answer"]

Headers = tuple[tuple[bytes, bytes], ...]

_TAIL = 64 * 1024
_AFTER_THE_END = 5.0
"""Seconds that a stream may go on after its last choice has ended: for the usage, and for [DONE]."""


class Sink(Protocol):
    """Takes a copy of what is sent to the caller, to keep it: the cache, the log of requests."""

    def take(self, data: bytes) -> None:
        """The next bytes of the body."""
        ...

    def finish(self, status: int, content_type: bytes, whole: bool) -> None:
        """There are no more; `whole` says that nothing is missing."""
        ...


async def deliver(
    exchange: Exchange, upstream: Upstream, opened: Opened, attendance: Attendance, told: Headers, sinks: list[Sink]
) -> None:
    """Send the answer on. What breaks from here on is told to the caller as an error event, never raised: an answer
    that has begun is nobody else's."""
    exchange.server = upstream.name
    exchange.model = opened.model
    exchange.first = monotonic()
    headers = (*told, *opened.passed) if opened.passed else told
    if attendance.saying:
        await attendance.quiet()
    try:
        if opened.scan is not None:
            await _stream(exchange, upstream, opened, attendance, headers, sinks)
        elif exchange.started:  # comments went out before: the answer goes into the stream that they began
            await _as_event(exchange, upstream, opened)
        else:
            await _whole(exchange, upstream, opened, headers, sinks)
    finally:
        if opened.scan is not None:
            exchange.events = opened.scan.events
            exchange.generation = exchange.generation or opened.scan.generation
        opened.reply.close()


# ---- an answer in one piece -------------------------------------------------------------------------


async def _whole(exchange: Exchange, upstream: Upstream, opened: Opened, headers: Headers, sinks: list[Sink]) -> None:
    content_type = opened.content_type or b"application/octet-stream"
    status = opened.reply.status
    if opened.ended:
        if opened.found is not None:
            note_answer(exchange, upstream, opened.model, opened.found)
        await send_bytes(exchange, opened.data, content_type, status, headers)
        for sink in sinks:
            sink.take(opened.data)
            sink.finish(status, content_type, True)
        return
    await send_head(exchange, status, content_type, headers)
    tail = await _rest(exchange, upstream, opened, sinks)
    if tail is None:
        for sink in sinks:
            sink.finish(status, content_type, False)
        return
    if content_type.startswith(b"application/json"):
        note_answer(exchange, upstream, opened.model, scan_tail(tail))
    for sink in sinks:
        sink.finish(status, content_type, True)


async def _rest(exchange: Exchange, upstream: Upstream, opened: Opened, sinks: list[Sink]) -> bytes | None:
    """Send what has come and what comes; its last bytes, or None when it was cut."""
    piece = tail = opened.data
    while piece:
        for sink in sinks:
            sink.take(piece)
        await send_piece(exchange, piece)
        try:
            piece = await opened.reply.read_some(monotonic() + upstream.table.idle_timeout)
        except FrancaError as error:
            _note_cut(exchange, error, opened)
            upstream.failed(error, None, opened.model)
            return None  # without its last chunk the answer ends as a broken one for the caller too
        tail = (tail + piece)[-_TAIL:]
    await send_piece(exchange, b"", more=False)
    return tail


async def _as_event(exchange: Exchange, upstream: Upstream, opened: Opened) -> None:
    """A whole answer in a stream: what a server makes of `"stream": true` that knows no streams."""
    if opened.found is not None:
        note_answer(exchange, upstream, opened.model, opened.found)
    try:
        line = msgspec.json.format(opened.data, indent=-1)
    except msgspec.DecodeError:
        line = msgspec.json.encode(opened.data.decode("utf-8", "replace"))
    await send_piece(exchange, b"data: " + line + b"\n\ndata: [DONE]\n\n", more=False)


# ---- a stream ---------------------------------------------------------------------------------------


async def _stream(
    exchange: Exchange,
    upstream: Upstream,
    opened: Opened,
    attendance: Attendance,
    headers: Headers,
    sinks: list[Sink],
) -> None:
    scan, reply = opened.scan, opened.reply
    assert scan is not None
    content_type = opened.content_type or EVENT_STREAM
    if not exchange.started:
        await send_head(exchange, reply.status, content_type, headers)
    idle = upstream.table.idle_timeout
    data, ended = opened.data, opened.ended
    error: FrancaError | None = None
    until, events = monotonic() + (min(idle, _AFTER_THE_END) if scan.finished else idle), scan.events
    if scan.error is not None:
        data = _scrubbed(data, opened)
    while True:
        if data:
            for sink in sinks:
                sink.take(data)
            await send_piece(exchange, data)
            attendance.touch()
        if ended or scan.done:
            break
        try:
            piece = await reply.read_some(until)
        except FrancaError as broken:
            error = broken
            data, ended = scan.end(), True
            continue
        data, ended = (scan.feed(piece), False) if piece else (scan.end(), True)
        if scan.events != events:  # comments, and events that never end, are no sign of life
            until, events = monotonic() + (min(idle, _AFTER_THE_END) if scan.finished else idle), scan.events
        if scan.error is not None and data:
            data = _scrubbed(data, opened)
        attendance.muted = scan.unscanned and scan.torn
        if attendance.saying:
            await attendance.quiet()
    note_answer(exchange, upstream, opened.model, scan)
    last, whole = _how_it_ended(exchange, upstream, opened, error)
    for sink in sinks:
        sink.finish(reply.status, content_type, whole)
    if scan.done:
        reply.release()
    await send_piece(exchange, last, more=False)


def _scrubbed(data: bytes, opened: Opened) -> bytes:
    """An error may quote the key that its server was sent."""
    for secret in opened.origin.secrets:
        data = data.replace(secret.encode("utf-8", "surrogateescape"), b"***")
    return data


def _how_it_ended(
    exchange: Exchange, upstream: Upstream, opened: Opened, error: FrancaError | None
) -> tuple[bytes, bool]:
    """The last bytes for the caller, and whether the answer is whole."""
    scan = opened.scan
    assert scan is not None
    if scan.error is not None:  # the caller has it already, in the server's own words
        told = error_from_object({"error": scan.error}, opened.headers, opened.origin, now=time())
        exchange.outcome, exchange.error = "error", str(told.code or type(told).__name__)
        upstream.failed(told, opened.lane, opened.model)
        return b"", False
    if scan.complete or (error is None and (scan.unscanned or opened.open_ended)):
        return b"", True
    if error is None:
        error = StreamBroken("the server ended the stream before the answer was whole")
    _note_cut(exchange, error, opened)
    upstream.failed(error, None, opened.model)
    # After half an event that was too long to be held back, the blank line makes this one stand alone.
    return (b"\n\n" if scan.torn else b"") + event_of(problem_of(error)), False


def _note_cut(exchange: Exchange, error: FrancaError, opened: Opened) -> None:
    with_origin(error, opened.origin)
    exchange.outcome = "cut"
    exchange.error = problem_of(error).code or type(error).__name__


# ---- what it says of itself -------------------------------------------------------------------------


def note_answer(exchange: Exchange, upstream: Upstream, model: str, said: Any) -> None:
    """Write down the id, the tokens and the cost that an answer told, beside what earlier answers to the same request
    took. `said` has `usage`, `generation` and `cost`."""
    exchange.generation = said.generation or exchange.generation
    usage: dict[str, Any] | None = said.usage
    if usage is not None:
        add_tokens(exchange, usage)
    if said.cost is not None:
        exchange.exact = exchange.cost is None or exchange.exact
        exchange.cost = said.cost + (exchange.cost or 0.0)
        return
    cost = upstream.pricing.dollars(model, _as_chat(usage)) if usage is not None else None
    if cost is not None:
        exchange.cost, exchange.exact = cost + (exchange.cost or 0.0), False
    elif upstream.table.free and exchange.cost is None:
        exchange.cost = 0.0


def _as_chat(usage: dict[str, Any]) -> dict[str, Any]:
    """The usage of /responses by the names that chats have."""
    if "input_tokens" not in usage or "prompt_tokens" in usage:
        return usage
    return {
        "prompt_tokens": usage.get("input_tokens"),
        "completion_tokens": usage.get("output_tokens"),
        "total_tokens": usage.get("total_tokens"),
        "prompt_tokens_details": usage.get("input_tokens_details"),
        "completion_tokens_details": usage.get("output_tokens_details"),
    }
