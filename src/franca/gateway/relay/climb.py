"""Asking one server for a value by a schema: the ladder of structured output instead of a relay of bytes."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from ...errors import BadUsage, FrancaError, StreamBroken
from ..problem import Problem
from ..structured import answer, needs_ladder
from .reach import KEY_ERRORS, all_rest

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..gateway import Gateway
    from ..routing.table import Route
    from .ask import Ask
    from .attendance import Attendance
    from .deliver import Sink
    from .upstream import Lane, Upstream

__all__ = ["climb", "climbs"]


def climbs(gateway: Gateway, route: Route, ask: Ask, upstream: Upstream, model: str) -> bool:
    """Whether the ladder answers this request at this server, and not the server by itself."""
    wanted = ask.fields.get("response_format")
    if wanted is None or ask.endpoint.kind != "chat" or not route.structured:
        return False
    session, name = upstream.lanes[0].session, f"{upstream.name}/{model}"
    return needs_ladder(session, model, wanted, gateway.config.structured, upstream.table, name)


async def climb(
    exchange: Exchange,
    upstream: Upstream,
    model: str,
    ask: Ask,
    attendance: Attendance,
    more: tuple[tuple[str, str], ...],
    until: float | None,
    sinks: list[Sink],
    attempts: int,
) -> None:
    """Answer the caller with what the ladder gives, by one key of the server after another while they are refused or
    limited. Raises FrancaError as long as nothing of an answer was sent; see `franca.gateway.structured`."""
    refused: set[Lane] = set()
    while True:
        now = monotonic()
        lane = upstream.lane(model, now)
        if lane is None:
            raise all_rest(upstream, model, now)
        options: dict[str, Any] = {"headers": dict(more)} if more else {}
        if until is not None:
            options["deadline"] = max(0.001, until - now)
        tries = exchange.tries
        upstream.began(model, now)
        try:
            await answer(
                exchange, upstream, lane.session, model, ask.fields, attempts=attempts,
                tells_usage=not ask.hides_usage, options=options, attendance=attendance, sinks=sinks,
            )  # fmt: skip
        except (Problem, BadUsage):  # nothing was sent
            upstream.gave_up(model)
            raise
        except FrancaError as error:
            exchange.tries = max(exchange.tries, tries + 1)
            upstream.failed(error, lane, model)
            refused.add(lane)
            if isinstance(error, KEY_ERRORS) and not refused.issuperset(upstream.lanes):
                continue
            raise
        except BaseException:  # the caller left, while the server was at work
            exchange.tries = max(exchange.tries, tries + 1)
            upstream.gave_up(model)
            raise
        if exchange.outcome == "cut":
            upstream.failed(StreamBroken("the stream was cut"), lane, model)
        else:
            upstream.answered(model, monotonic() - now)
        return
