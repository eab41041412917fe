"""A stream read to its end inside a flow: its events are handed on, its whole answer is the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import FrancaError
from .begin import Begun
from .core import Flow

__all__ = ["played"]


def played(begun: Begun, clock: Callable[[], float], hand_on: Callable[[Any], Flow[None]]) -> Flow[Any]:
    """The whole answer of a stream; each of its events goes through `hand_on`. Whatever stops the flow stops the
    server too, at once. Raises the stream's error."""
    state, reply = begun.state, begun.reply
    try:
        for event in begun.events:
            if event is not None:
                yield from hand_on(event)
                continue
            try:
                block = yield ("read_some", reply, state.until(clock()))
            except FrancaError as error:
                state.fail(error, clock())
            else:
                state.take(block, clock())
    except BaseException as error:  # left, cancelled or interrupted
        if reply is not None:
            reply.close()
        state.leave(None if isinstance(error, GeneratorExit) else error)
        raise
    if reply is not None and state.failure is None:
        reply.release()
    elif reply is not None:
        reply.close()
    state.leave()
    if state.failure is not None:
        raise state.failure
    return state.final()
