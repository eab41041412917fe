"""One request through all servers that may answer it, in order, until one of them begins an answer."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from ...errors import FrancaError, OutputInvalid, TransportError
from ...flow.session import falls_back
from ..problem import Problem, problem_of
from .ask import Ask, Draft
from .climb import climb, climbs
from .deliver import Headers, Sink, deliver
from .reach import reach

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..gateway import Gateway
    from ..routing.table import Hop, Route
    from .attendance import Attendance
    from .upstream import Upstream

__all__ = ["Travel", "forwarded"]

_MOST_TOLD = 8
# Where callers have keys they are not who runs it, and addresses of servers are none of their business.
_UNREACHED = {
    "ConnectFailed": "the server {} cannot be reached",
    "TimedOut": "the server {} did not answer in time",
    "ConnectionLost": "the connection to the server {} broke off",
    "ProtocolError": "the server {} answered with what cannot be read",
}


class Travel:
    """The way of one request. `servers` are those of the configuration that the route is of; `more`: headers of the
    caller that reach the server; `sinks` take the answer's bytes."""

    __slots__ = ("_ask", "_attendance", "_exchange", "_gateway", "_more", "_route",
                 "_servers", "_sinks", "_tried", "_until")  # fmt: skip

    def __init__(
        self,
        exchange: Exchange,
        gateway: Gateway,
        ask: Ask,
        route: Route,
        servers: dict[str, Upstream],
        attendance: Attendance,
        more: tuple[tuple[str, str], ...],
        sinks: list[Sink],
    ) -> None:
        self._exchange = exchange
        self._gateway = gateway
        self._ask = ask
        self._route = route
        self._servers = servers
        self._attendance = attendance
        self._more = more
        self._sinks = sinks
        deadline = route.deadline or gateway.config.routing.deadline
        self._until = None if deadline is None else exchange.began + deadline
        self._tried: list[str] = []

    async def go(self) -> None:
        """Answer the caller. Raises Problem when no server did."""
        last: FrancaError | None = None
        hops = self._route.hops
        skipped: dict[Hop, Upstream] = {}
        for number, hop in enumerate(hops):
            upstream = self._servers[hop.server]
            now = monotonic()
            if self._until is not None and now >= self._until:
                break
            if not upstream.allows(hop.model, now) or not upstream.has_room():
                skipped[hop] = upstream
                continue
            upstream.in_flight += 1
            try:
                await self._ask_one(upstream, hop, number + 1 < len(hops))
                return
            except FrancaError as error:
                last = error
                self._exchange.server, self._exchange.model = hop.server, hop.model
                self._tried.append(f"{hop.server}/{hop.model} {type(error).__name__}")
                self._exchange.tried = _plain("; ".join(self._tried[-_MOST_TOLD:])).decode()
                if not falls_back(error) and not isinstance(error, OutputInvalid):  # another model may manage
                    break
            finally:
                upstream.in_flight -= 1
        raise self._gave_up(last, skipped)

    async def _ask_one(self, upstream: Upstream, hop: Hop, hurry: bool) -> None:
        if climbs(self._gateway, self._route, self._ask, upstream, hop.model):
            exchange, before = self._exchange, self._exchange.answer_headers
            exchange.answer_headers += self._told(hop, None)
            try:
                await climb(
                    exchange, upstream, hop.model, self._ask, self._attendance, self._more, self._until, self._sinks,
                    self._gateway.config.structured.attempts,
                )  # fmt: skip
            except FrancaError:
                exchange.answer_headers = before
                raise
            return
        draft = Draft(self._ask, upstream, hop.model)
        opened = await reach(self._exchange, upstream, hop.model, draft, self._ask, self._more, self._until, hurry)
        await deliver(self._exchange, upstream, opened, self._attendance, self._told(hop, draft), self._sinks)

    def _told(self, hop: Hop, draft: Draft | None) -> Headers:
        """Headers that say who answers, who was asked in vain, and what was changed of the request."""
        told = [(b"x-franca-model", _plain(f"{hop.server}/{hop.model}"))]
        if self._tried:
            told.append((b"x-franca-tried", self._exchange.tried.encode()))
        if draft is not None and draft.changes:
            told.append((b"x-franca-adapted", _plain("; ".join(map(str, draft.changes[:_MOST_TOLD])))))
        return tuple(told)

    def _gave_up(self, last: FrancaError | None, skipped: dict[Hop, Upstream]) -> Problem:
        if last is not None:
            problem = problem_of(last)
            if isinstance(last, TransportError) and len(self._gateway.ring):
                problem.message = _UNREACHED.get(type(last).__name__, "{} did not answer").format(last.server)
            if self._tried[1:]:
                problem.headers = (*problem.headers, (b"x-franca-tried", self._exchange.tried.encode()))
            return problem
        if not skipped:
            return Problem(504, f"the deadline of {self._exchange.asked} passed before it was sent", "deadline")
        if not any(upstream.has_room() for upstream in skipped.values()):
            names = ", ".join(dict.fromkeys(upstream.name for upstream in skipped.values()))
            return Problem(
                429, f"{names}: as many requests as are allowed at once (parallel) are under way", "server_busy",
                headers=((b"retry-after", b"1"),),
            )  # fmt: skip
        now = monotonic()
        wait = max(1, round(min(upstream.reopens_in(hop.model, now) for hop, upstream in skipped.items())))
        shown = "; ".join(
            f"{hop.server}/{hop.model} rests after failures ({upstream.last_kind or 'none of its own'})"
            for hop, upstream in skipped.items()
        )
        return Problem(503, shown, "server_resting", headers=((b"retry-after", b"%d" % wait),))


def _plain(text: str) -> bytes:
    """A text as a header can carry it."""
    if text.isascii() and text.isprintable() and len(text) <= 1000:
        return text.encode()
    return "".join(char if " " <= char <= "~" else "?" for char in text[:1000]).encode()


def forwarded(exchange: Exchange, gateway: Gateway) -> tuple[tuple[str, str], ...]:
    """The headers of the caller's that reach the server, and those of its span."""
    headers, names = exchange.headers, gateway.forwards
    found: tuple[tuple[str, str], ...] = ()
    if not names.keys().isdisjoint(headers):
        found = tuple((names[key], value.decode("latin-1")) for key, value in headers.items() if key in names)
    return found if gateway.spans is None else found + gateway.spans.headers(exchange)
