"""Asking a server by the ladder, answering with what came of it, and noting what it took."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ...errors import BadUsage, Flagged, FrancaError
from ...flow.core import arun, async_advance
from ...flow.structured.ladder import Ladder, Settings
from ...flow.structured.modes import profile_for
from ...flow.structured.result import Attempt
from ...io.drive import Asynchronous
from ...wire import codec
from ...wire.chat import Chat
from ...wire.usage import Usage
from ..tally import add_tokens
from .sending import Sending
from .shapes import header
from .turn import Turn
from .wish import wish_of
from .written import Written

if TYPE_CHECKING:
    from ...flow.session import Session
    from ...wire.cost import Cost
    from ...wire.http import AsyncTransport
    from ..exchange import Exchange
    from ..relay.attendance import Attendance
    from ..relay.deliver import Sink

__all__ = ["Place", "answer"]


class Place(Protocol):
    """The server as the gateway knows it: its name, its connections, and its prices."""

    @property
    def name(self) -> str: ...
    @property
    def transport(self) -> AsyncTransport: ...
    def cost(self, model: str, usage: Usage) -> Cost | None:
        """What these tokens cost there; None when nobody knows."""
        ...


async def answer(
    exchange: Exchange,
    upstream: Place,
    session: Session,
    model: str,
    fields: Mapping[str, Any],
    *,
    attempts: int = 3,
    tells_usage: bool = False,
    options: Mapping[str, Any] | None = None,
    attendance: Attendance | None = None,
    sinks: Sequence[Sink] = (),
) -> None:
    """Answer a chat request that has a schema, by the ladder at one server.

    session      one key of the server; `model` as it knows it
    fields       of the request as they came (`msgspec.Raw`)
    attempts     answers that are asked for at most
    tells_usage  whether the caller wants the usage at the end of a stream
    options      call options for each request: headers, deadline, timeout, retries ...
    attendance   is told what is sent; `sinks` get a copy of it

    Raises Problem 400 for a request that cannot work, and FrancaError when no value came of it and nothing of an
    answer was sent yet (a head and comments may have been, see `exchange.started`): then another server may be asked.
    Later errors are told to the caller in the stream, and noted on the exchange. Cancelled, it closes the connection to
    the server at once. What all attempts took is added to what stands on the exchange, however it ends.
    """
    wish = await wish_of(fields, profile_for(session.target.row, model))
    exchange.server, exchange.model = upstream.name, model
    sending = Sending(exchange, model, attendance, sinks, tells_usage)
    io = Asynchronous(upstream.transport)
    if wish.tools:
        turn = Turn(session, wish, model, attempts, dict(options or {}))
        await _ended(_turned(sending, turn, io), exchange, upstream, sending, turn.attempts)
        return
    watch = Written(wish.goal) if exchange.stream and _can_stream(session) else None
    ladder = Ladder(
        session, wish.messages, wish.goal, model, wish.extra, {**wish.given, **(options or {})},
        Settings(attempts=attempts), watch=watch,
    )  # fmt: skip
    asking = _whole(sending, ladder, io) if watch is None else _growing(sending, ladder, watch, io)
    await _ended(asking, exchange, upstream, sending, ladder.attempts)


def _can_stream(session: Session) -> bool:
    """Whether the server streams in whatever mode is tried."""
    row = session.target.row
    return row is None or not any("stream" in pair for pair in row.quirks.excludes)


async def _whole(sending: Sending, ladder: Ladder, io: Asynchronous) -> None:
    found = await arun(ladder.flow(), io)
    await sending.value(found.chat, codec.json_text(found.data), found.mode, ladder.attempts)


async def _turned(sending: Sending, turn: Turn, io: Asynchronous) -> None:
    chat, data = await arun(turn.flow(), io)
    if chat.tool_calls:
        await sending.calls(chat, turn.mode, turn.attempts)
    else:
        await sending.value(chat, codec.json_text(data), turn.mode, turn.attempts)


async def _growing(sending: Sending, ladder: Ladder, watch: Written, io: Asynchronous) -> None:
    flow = ladder.flow()
    try:
        while True:
            try:
                piece = await async_advance(flow, io)
            except StopAsyncIteration:
                break
            under_way = ladder.under_way is not None
            partial = None if sending.begun else ladder.partial()
            await sending.piece(piece, partial, watch.mode, ladder.attempts, int(under_way))
    finally:
        flow.close()  # left while a piece was sent: the connection to the server closes now
    await sending.end(ladder.attempts)


async def _ended(
    asking: Awaitable[None], exchange: Exchange, upstream: Place, sending: Sending, attempts: list[Attempt]
) -> None:
    """Wait for the answer. What came too late to be raised is told, and what was taken is noted, however it ends."""
    try:
        await asking
    except Flagged as error:
        if error.status or not isinstance(error.partial, Chat):
            await _told(sending, error)
        else:
            await sending.refused(error, attempts)
    except FrancaError as error:
        await _told(sending, error)
    finally:
        sending.leave()
        _note(exchange, upstream, attempts)


async def _told(sending: Sending, error: FrancaError) -> None:
    if not sending.begun:
        raise error
    await sending.broken(error)


# ---- what it took -----------------------------------------------------------------------------------


def _note(exchange: Exchange, upstream: Place, attempts: list[Attempt]) -> None:
    """Add the attempts to what the exchange knows. A cost is only known where that of every answer is."""
    if not attempts:
        return
    exchange.structured = attempts[-1].mode
    exchange.ladder = header(exchange.structured, attempts)[0][1].decode()
    known = True
    exact = exchange.cost is None or exchange.exact
    cost = exchange.cost or 0.0
    for one in attempts:
        chat = one.chat
        if chat is None:
            exchange.tries += 0 if isinstance(one.error, BadUsage) else 1
            continue
        exchange.tries += chat.metrics.tries if chat.metrics is not None else 1
        exchange.generation = chat.id or exchange.generation
        usage = chat.usage
        if usage is not None:
            add_tokens(exchange, usage.to_dict())
        found = chat.cost
        if found is None and usage is not None:
            found = upstream.cost(exchange.model, usage)
        known = known and found is not None
        exact = exact and found is not None and found.exact
        cost += found or 0.0
    if any(one.chat is not None for one in attempts):
        exchange.cost, exchange.exact = (cost, exact) if known else (None, False)
