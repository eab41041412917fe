"""How a gateway stands at a moment: what was counted, how its servers are, what went wrong lately. Of several workers
each has its own; added together they are the whole."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic, time
from typing import TYPE_CHECKING

from msgspec import Struct, field

from ...faults import Origin
from .cell import Cell, Cells, Kind, add_cells
from .process import cpu_seconds, resident_bytes
from .recent import ErrorSeen

if TYPE_CHECKING:
    from ..gateway import Gateway
    from ..relay.upstream import Upstream

__all__ = ["ServerSeen", "Snapshot", "added", "snapshot_of"]

_STATES = {"closed": "up", "open": "resting", "half-open": "probing", "half_open": "probing"}
_WORST = ("up", "probing", "resting")
_MOST_ERRORS = 250


class ServerSeen(Struct, kw_only=True):
    """How a server is and has fared, since the gateway began.

    `state` is "up", "resting" (it failed and is left alone) or "probing" (one request tries it again); of several
    workers the worst. `latency` is seconds until the first byte, a moving average.
    """

    name: str
    states: dict[str, int] = field(default_factory=dict)
    """How many workers see it so."""
    requests: int = 0
    failures: int = 0
    in_flight: int = 0
    latency: float | None = None
    keys: int = 0
    resting_keys: int = 0
    last_error: str = ""

    @property
    def state(self) -> str:
        """The worst that any worker sees."""
        return max(self.states, key=lambda state: _WORST.index(state) if state in _WORST else 0, default="up")


class Snapshot(Struct, kw_only=True):
    """One worker, or several together. `counters` only grow, `gauges` are of now; both can be added."""

    at: float
    began: float
    workers: int = 1
    draining: bool = False
    cells: list[tuple[Kind, Cell]] = field(default_factory=list)
    counters: dict[str, float] = field(default_factory=dict)
    gauges: dict[str, float] = field(default_factory=dict)
    servers: list[ServerSeen] = field(default_factory=list)
    errors: list[ErrorSeen] = field(default_factory=list)
    """The latest ones, oldest first."""


def snapshot_of(gateway: Gateway) -> Snapshot:
    """How this process stands now."""
    metrics = gateway.metrics
    return Snapshot(
        at=time(),
        began=metrics.started,
        draining=gateway.draining,
        cells=list(metrics.cells.items()),
        counters={
            "usage_dropped": float(gateway.ledger.dropped),
            "log_dropped": float(gateway.log.dropped),
            "cpu_seconds": cpu_seconds(),
        },
        gauges={
            "in_flight": float(max(0, metrics.in_flight)),
            "usage_waiting": float(gateway.ledger.waiting),
            "log_waiting": float(gateway.log.waiting),
            "resident_bytes": resident_bytes(),
        },
        servers=[_server(upstream) for upstream in gateway.servers.values()],
        errors=metrics.errors.latest(),
    )


def _server(upstream: Upstream) -> ServerSeen:
    now = monotonic()
    word = str(upstream.breaker.state(now))
    secrets = [session.key for session in upstream.sessions if isinstance(session.key, str)]
    return ServerSeen(
        name=upstream.name,
        states={_STATES.get(word, word): 1},
        requests=upstream.requests,
        failures=upstream.failures,
        in_flight=upstream.in_flight,
        latency=upstream.latency,
        keys=len(secrets),
        resting_keys=sum(lane.free_at("") > now for lane in upstream.lanes),
        last_error=str(Origin(secrets=secrets).scrub(upstream.last_error)),
    )


def added(snapshots: Iterable[Snapshot]) -> Snapshot:
    """Several workers as one; it shares nothing with them."""
    whole = Snapshot(at=0.0, began=float("inf"), workers=0)
    cells: Cells = {}
    servers: dict[str, ServerSeen] = {}
    for one in snapshots:
        whole.at = max(whole.at, one.at)
        whole.began = min(whole.began, one.began)
        whole.workers += one.workers
        whole.draining = whole.draining or one.draining
        add_cells(cells, dict(one.cells))
        for numbers, more in ((whole.counters, one.counters), (whole.gauges, one.gauges)):
            for name, value in more.items():
                numbers[name] = numbers.get(name, 0.0) + value
        for server in one.servers:
            _add_server(servers, server)
        whole.errors += one.errors
    whole.cells = list(cells.items())
    whole.servers = list(servers.values())
    whole.errors = sorted(whole.errors, key=lambda error: error.at)[-_MOST_ERRORS:]
    return whole


def _add_server(servers: dict[str, ServerSeen], more: ServerSeen) -> None:
    own = servers.setdefault(more.name, ServerSeen(name=more.name))
    if more.latency is not None:
        weight = more.requests / ((own.requests + more.requests) or 1) if own.latency is not None else 1.0
        own.latency = more.latency * weight + (own.latency or 0.0) * (1 - weight)
    for state, count in more.states.items():
        own.states[state] = own.states.get(state, 0) + count
    own.requests += more.requests
    own.failures += more.failures
    own.in_flight += more.in_flight
    own.keys = max(own.keys, more.keys)
    own.resting_keys = max(own.resting_keys, more.resting_keys)
    own.last_error = more.last_error or own.last_error
