"""/page/api/answers/ID: a kept answer once more from its beginning, or its end."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from ..answer import send_bytes
from ..door import let_in
from ..problem import Problem
from ..relay.attendance import Attendance
from .shelf import bound_of

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..gateway import Gateway
    from .answer import KeptAnswer

__all__ = ["PLACE", "serve_answer"]

PLACE = "/page/api/answers/"
_ALLOW = ((b"allow", b"GET, DELETE"),)


async def serve_answer(exchange: Exchange, gateway: Gateway) -> None:
    """GET: the head and the bytes as the first caller got them, live until the end. DELETE: who reads it gets no more,
    and its server's connection is closed. Makes no row of usage. Raises Problem; who may not have an answer is told
    what is told of one that is not there."""
    name, exchange.path = exchange.path[len(PLACE) :], PLACE + "..."  # no log is to hold it
    exchange.route = "answers"
    if exchange.method not in ("GET", "DELETE"):
        raise Problem(405, f"{exchange.path} takes GET or DELETE, not {exchange.method}", "method", headers=_ALLOW)
    let_in(exchange, gateway)
    bound = bound_of(exchange)
    kept = None if bound is None else gateway.kept.find(name, bound)
    if kept is None:
        raise Problem(404, "there is no such answer, or not any more", "answer_not_found")
    if exchange.method == "DELETE":
        kept.stop()
        await send_bytes(exchange, b"", b"text/plain", 204)
    else:
        await _read(exchange, gateway, kept)


async def _read(exchange: Exchange, gateway: Gateway, kept: KeptAnswer) -> None:
    if not kept.whole:
        raise Problem(410, "this answer is longer than is kept: its beginning is gone", "answer_too_long")
    reader = kept.join()
    if reader is None:
        raise Problem(
            429, "this answer is read as often at once as is allowed", "too_many_readers",
            headers=((b"retry-after", b"1"),),
        )  # fmt: skip
    with reader, Attendance(exchange, gateway.rounds, 0.0, gateway.config.gateway.body_timeout) as attendance:
        attendance.ready()
        exchange.started = exchange.stream = True
        exchange.status, exchange.first = 200, monotonic()
        headers = list(kept.head_for(exchange.answer_headers))
        await exchange.send({"type": "http.response.start", "status": 200, "headers": headers})
        await reader.pour(exchange.send)
