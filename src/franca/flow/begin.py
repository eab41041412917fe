"""The beginning of a stream: its head, and with fallbacks also its first token, before the caller sees anything."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from ..errors import FrancaError
from .ask import Ask, opened, split_options
from .call import Understand
from .core import Flow
from .fallback import over_servers
from .session import Session
from .stream import StreamKind, StreamState
from .trip import Journey

__all__ = ["Begun", "begin"]

_MOST_HELD = 64  # events without a token (a role, a usage so far) that are held back at most


class Begun:
    """A stream that has begun: its state, its events from the first on, and the reply to read from (None when all
    came at once)."""

    __slots__ = ("events", "reply", "state")

    def __init__(self, state: StreamState, events: Iterator[Any], reply: Any) -> None:
        self.state = state
        self.events = events
        self.reply = reply


def begin(session: Session, ask: Ask, kind: StreamKind, check: Understand[Any]) -> Flow[Begun]:
    """Open a stream at the session's server, or at a fallback.

    With fallbacks the first token is waited for, because many servers answer 200 and tell in the first event that
    the model is down; once a token was handed out, nobody else is asked.
    """

    def asking(place: Session, here: Ask, journey: Journey | None) -> Flow[Begun]:
        head = yield from opened(place, here, check, journey)
        limits, _ = split_options(place, here.given)
        state = StreamState(
            head,
            kind,
            idle_timeout=limits.idle_timeout,
            wall=place.wall,
            max_bytes=4 * place.max_body,
            raise_filtered=limits.raise_filtered,
        )
        events = head.trip.watched(state.events()) if head.trip is not None else state.events()
        if journey is not None:
            events = yield from _awaited(session, state, events, head.reply)
        return Begun(state, events, head.reply)

    return over_servers(session, ask, asking)


def _awaited(session: Session, state: StreamState, events: Iterator[Any], reply: Any) -> Flow[Iterator[Any]]:
    """Read until a token came or the stream is over; the events that came until then stand before the rest."""
    held: list[Any] = []
    try:
        while not state.over and not state.told_something and len(held) < _MOST_HELD:
            event = next(events, None)
            if event is not None:
                held.append(event)
            elif not state.over:
                yield from _read_on(session, state, reply)
        if state.failure is not None and not state.told_something:
            raise state.failure
    except BaseException as error:
        if reply is not None:
            reply.close()
        state.leave(error)
        raise
    return chain(held, events)


def _read_on(session: Session, state: StreamState, reply: Any) -> Flow[None]:
    try:
        block = yield ("read_some", reply, state.until(session.clock()))
    except FrancaError as error:
        state.fail(error, session.clock())
    else:
        state.take(block, session.clock())
