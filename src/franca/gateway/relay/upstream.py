"""A server as the gateway asks it: its connections, its keys in turn, and how it has fared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from logging import getLogger
from time import monotonic
from typing import TYPE_CHECKING, Any

from ...configure import make_session, transport_options
from ...errors import FrancaError, OutOfCredits, RateLimited, ServerFault, StreamBroken, TransportError, Unauthorized
from ...io.aio import AsyncioTransport
from ...prices import Cost
from ...servers import NO_QUIRKS
from ...wire.usage import Usage
from ..config.shape import RoutingTable, ServerTable
from ..routing.breaker import Breaker
from .pricing import Pricing

if TYPE_CHECKING:
    from ...flow.session import Session
    from ...servers import Server

__all__ = ["Lane", "Upstream"]

_log = getLogger("franca.gateway")
_FAULTS = (TransportError, ServerFault, StreamBroken, RateLimited, Unauthorized, OutOfCredits)
"""What is no fault of the request."""
_KEY_RESTS = 60.0
"""Seconds that a key rests which was refused, or has no credit, and nobody said for how long."""
_MOST_RESTS = 256
_WEIGHT = 0.1  # of the newest measurement in the moving average of latencies


class Lane:
    """One key of a server. It rests for a model (or, with "", for all) that was limited."""

    __slots__ = ("head", "rests", "session")

    def __init__(self, session: Session) -> None:
        self.session = session
        self.head = session.envelope(_text(session.key), session.limits, None).json
        self.rests: dict[str, float] = {}

    def free_at(self, model: str) -> float:
        """When it may be used for this model; 0.0 for at once."""
        rests = self.rests
        return max(rests.get("", 0.0), rests.get(model, 0.0)) if rests else 0.0

    def rest(self, model: str, until: float) -> None:
        """Leave it alone for a while."""
        if len(self.rests) >= _MOST_RESTS:
            self.rests.pop(next(iter(self.rests)))
        self.rests[model] = until


class Upstream:
    """One `[servers.NAME]`. `given` are the server and, for each key, the options of its session; `prices` is what
    `franca.prices.price_source` gives."""

    def __init__(
        self,
        name: str,
        table: ServerTable,
        given: tuple[str | Server, Iterable[Mapping[str, Any]]],
        routing: RoutingTable,
        *,
        version: str,
        prices: Any,
        max_connections: int,
    ) -> None:
        server, keys = given
        options = list(keys) or [{}]
        self.name = name
        self.table = table
        self.given = given
        self.routing = routing
        self.breaker = Breaker(routing)
        self.lanes = [Lane(_session(server, one, version)) for one in options]
        for lane in self.lanes[1:]:
            lane.session.shared = self.lanes[0].session.shared  # what one key taught of the server goes for all
        self.target = self.lanes[0].session.target
        self.row = self.target.row
        self.kind = name if self.row is None else self.row.kind
        """The row of franca's table that it is, if it is one: "groq"."""
        self.price_by(prices)
        self.plain = self.row is None or self.row.quirks == NO_QUIRKS
        """Whether requests need nothing of the row's vocabulary."""
        self.transport = AsyncioTransport(**transport_options(options[0]), max_connections=max_connections)
        self.in_flight = 0
        self.requests = 0
        self.failures = 0
        self.latency: float | None = None
        """Seconds until the first byte, a moving average; None before the first answer."""
        self.last_error = ""
        self._models: dict[str, Breaker] = {}
        """Of models that failed while the server itself was there."""
        self._turn = 0

    @property
    def sessions(self) -> list[Session]:
        """One for each key."""
        return [lane.session for lane in self.lanes]

    @property
    def last_kind(self) -> str:
        """The class of the last error. Its text is for the admin alone: it may quote another caller."""
        return self.last_error.partition(":")[0]

    def has_room(self) -> bool:
        """Whether another request may be sent now."""
        return self.table.parallel is None or self.in_flight < self.table.parallel

    def lane(self, model: str, now: float) -> Lane | None:
        """The next key that does not rest; None when all do."""
        lanes = self.lanes
        if len(lanes) == 1 and not lanes[0].rests:
            return lanes[0]
        for _ in range(len(lanes)):
            lane = lanes[self._turn % len(lanes)]
            self._turn += 1
            if lane.free_at(model) <= now:
                return lane
        return None

    def rests_for(self, model: str, now: float) -> float:
        """Seconds until a key may be used again."""
        return max(0.0, min(lane.free_at(model) for lane in self.lanes) - now)

    def price_by(self, prices: Any) -> None:
        """Take other prices."""
        self.pricing = Pricing(prices, (self.name, self.kind), self.table.free)

    def cost(self, model: str, usage: Usage) -> Cost | None:
        """What an answer with this usage costs here, as an estimate; None when nobody knows."""
        return self.pricing.cost(model, usage)

    # ---- how it fares -----------------------------------------------------------------------------------

    def allows(self, model: str, now: float) -> bool:
        """Whether neither the server nor this model of it rests."""
        if not self.breaker.allows(now):
            return False
        own = self._models.get(model)
        return own is None or own.allows(now)

    def reopens_in(self, model: str, now: float) -> float:
        """Seconds until it may be asked again."""
        own = self._models.get(model)
        return max(self.breaker.reopens_in(now), 0.0 if own is None else own.reopens_in(now))

    def began(self, model: str, now: float) -> None:
        """A request is sent."""
        self.requests += 1
        self.breaker.began(now)
        own = self._models.get(model)
        if own is not None:
            own.began(now)

    def gave_up(self, model: str) -> None:
        """A request ended that tells nothing of the server: its caller left, or asked for something wrong."""
        self.breaker.gave_up()
        own = self._models.get(model)
        if own is not None:
            own.gave_up()

    def answered(self, model: str, seconds: float | None = None) -> None:
        """An answer came, or began after so many seconds."""
        now = monotonic()
        self.breaker.succeeded(now)
        own = self._models.get(model)
        if own is not None:
            own.succeeded(now)
        if seconds is not None:
            self.latency = seconds if self.latency is None else self.latency + _WEIGHT * (seconds - self.latency)

    def failed(self, error: FrancaError, lane: Lane | None, model: str) -> None:
        """A request failed. Only what is no fault of the request counts: a limit lets the key rest, an error of the
        server the model, because behind a router one of many is down; and what broke on the way the server."""
        now = monotonic()
        if isinstance(error, _FAULTS):
            self.failures += 1
            self.last_error = f"{type(error).__name__}: {error.message}"[:300]
        if isinstance(error, (Unauthorized, OutOfCredits)) and lane is not None:
            lane.rest("", now + (error.retry_after or _KEY_RESTS) if len(self.lanes) > 1 else 0.0)
        elif isinstance(error, RateLimited) and lane is not None and error.retry_after:
            lane.rest(model, now + min(error.retry_after, 3600.0))
        if isinstance(error, ServerFault):
            self.breaker.succeeded(now)  # it is there
            self._count(self._models_breaker(model), f"{self.name}/{model}", now)
        elif isinstance(error, (TransportError, StreamBroken)):
            self._count(self.breaker, self.name, now)
        else:
            self.gave_up(model)

    def _models_breaker(self, model: str) -> Breaker:
        found = self._models.get(model)
        if found is None:
            if len(self._models) >= _MOST_RESTS:
                self._models.pop(next(iter(self._models)))
            found = self._models[model] = Breaker(self.routing)
        return found

    def _count(self, breaker: Breaker, what: str, now: float) -> None:
        rested = not breaker.allows(now)
        breaker.failed(now)
        if not rested and not breaker.allows(now):
            _log.warning("%s rests for %.0f s after failures: %s", what, breaker.reopens_in(now), self.last_error)


def _session(server: str | Server, options: Mapping[str, Any], version: str) -> Session:
    return make_session(server, {"limits": False, **options}, version)


def _text(key: Any) -> str | None:
    return key if isinstance(key, str) else None
