"""What the admin's status page tells: how the servers are, what keys spent, what went wrong lately. No secrets, no
bodies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import time
from typing import TYPE_CHECKING

from msgspec import Struct

from ... import __version__
from ..store.base import SoFar
from .cell import DESK
from .metrics import whole_snapshot
from .recent import ErrorSeen
from .snapshot import Snapshot

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..gateway import Gateway
    from ..keys.record import VirtualKey
    from ..store.base import Sums

__all__ = ["KeyNow", "ServerNow", "Status", "serve_status", "status_of"]

_MOST_KEYS = 500
_PATIENCE = 3.0
"""Seconds that the store has to say what was spent; without it the rest is told."""


class ServerNow(Struct, kw_only=True):
    """A server: `state` is "up", "resting" or "probing"; `latency` seconds until the first byte, on average."""

    name: str
    state: str
    requests: int
    failures: int
    in_flight: int
    latency: float | None
    keys: int
    resting_keys: int
    last_error: str


class KeyNow(Struct, kw_only=True):
    """A key (or a team), the dollars it spent today, this month and ever, where somebody knows, and those that it may
    spend, where they are limited."""

    id: str
    name: str
    team: str = ""
    shown: str = ""
    state: str = "valid"
    """"valid", "expired" or "revoked"."""
    day: float | None = None
    month: float | None = None
    total: float | None = None
    budget_day: float | None = None
    budget_month: float | None = None
    budget_total: float | None = None


class Status(Struct, kw_only=True):
    """Everything, at one moment. Counts are since `began`."""

    version: str
    now: float
    began: float
    workers: int
    draining: bool
    in_flight: int
    requests: dict[str, int]
    """To models, by outcome."""
    tokens: int
    cost: float
    unpriced: int
    usage_waiting: int
    usage_dropped: int
    log_dropped: int
    memory: int
    """Bytes."""
    store: str
    """"ok", or what is wrong with it."""
    spent_today: float | None
    spent_month: float | None
    servers: list[ServerNow]
    keys: list[KeyNow]
    teams: list[KeyNow]
    errors: list[ErrorSeen]
    """Newest first."""


async def serve_status(exchange: Exchange, gateway: Gateway) -> None:
    """GET /admin/v1/status."""
    from ..answer import send_json

    gateway.require_admin(exchange)
    await send_json(exchange, await status_of(gateway), headers=((b"cache-control", b"no-store"),))


async def status_of(gateway: Gateway) -> Status:
    """How the gateway stands, with all its workers on this machine."""
    whole = whole_snapshot(gateway)
    now = time()
    keys, teams, store = await _spending(gateway, now)
    outcomes: dict[str, int] = {}
    for (route, _, _, outcome, _), cell in whole.cells:
        if route not in DESK:
            outcomes[outcome] = outcomes.get(outcome, 0) + cell.requests
    return Status(
        version=__version__,
        now=now,
        began=whole.began,
        workers=whole.workers,
        draining=whole.draining,
        in_flight=max(0, int(whole.gauges.get("in_flight", 0)) - 1),  # the one that asks for this
        requests=outcomes,
        tokens=sum(cell.prompt + cell.completion for _, cell in whole.cells),
        cost=sum(cell.cost for _, cell in whole.cells),
        unpriced=sum(cell.unpriced for _, cell in whole.cells),
        usage_waiting=int(whole.gauges.get("usage_waiting", 0)),
        usage_dropped=int(whole.counters.get("usage_dropped", 0)),
        log_dropped=int(whole.counters.get("log_dropped", 0)),
        memory=int(whole.gauges.get("resident_bytes", 0)),
        store=store,
        spent_today=_together([key.day for key in keys]) if keys or store != "ok" else 0.0,
        spent_month=_together([key.month for key in keys]) if keys or store != "ok" else 0.0,
        servers=_servers(whole),
        keys=_dearest(keys),
        teams=_dearest(teams),
        errors=whole.errors[::-1],
    )


def _servers(whole: Snapshot) -> list[ServerNow]:
    return [
        ServerNow(
            name=one.name, state=one.state, requests=one.requests, failures=one.failures, in_flight=one.in_flight,
            latency=one.latency, keys=one.keys, resting_keys=one.resting_keys, last_error=one.last_error,
        )
        for one in whole.servers
        if one.states  # those that only a worker knew that ended are no more
    ]  # fmt: skip


def _dearest(keys: list[KeyNow]) -> list[KeyNow]:
    return sorted(keys, key=lambda key: (-(key.day or 0.0), -(key.month or 0.0), key.name))[:_MOST_KEYS]


def _together(spent: list[float | None]) -> float | None:
    """What all keys spent; None when nobody knows."""
    known = [value for value in spent if value is not None]
    return sum(known) if known else None


async def _spending(gateway: Gateway, now: float) -> tuple[list[KeyNow], list[KeyNow], str]:
    """Keys and teams with what they spent, and how the store is; without numbers while nobody knows them."""
    sums: Sums | None = None
    records = {key.id: key for key in gateway.ring}
    word = "none" if gateway.config.store.url == "none" else "ok"
    if word == "ok":
        try:
            async with asyncio.timeout(_PATIENCE):
                sums = await gateway.store.spent(now)
                records = {key.id: key for key in await gateway.store.keys()} | records
            if gateway.ledger.down:
                word = f"cannot be written: {gateway.ledger.down}"
        except TimeoutError:
            word = f"it did not answer within {_PATIENCE:g} seconds"
        except Exception as error:  # whatever it is, the rest of the page is wanted all the more
            word = f"down ({type(error).__name__})"
    keys = [_key(key, now) for key in records.values()]
    teams = [_team(gateway, name) for name in gateway.config.teams]
    if sums is not None:
        keys += [KeyNow(id=id, name=id or "(without a key)", state="") for id in sums.keys if id not in records]
        teams += [_team(gateway, name) for name in sums.teams if name and name not in gateway.config.teams]
        _tell(keys, sums.keys)
        _tell(teams, sums.teams)
    return keys, teams, word


def _tell(rows: list[KeyNow], sums: Mapping[str, SoFar]) -> None:
    for one in rows:
        one.day, one.month, one.total = sums.get(one.id, SoFar())


def _key(key: VirtualKey, now: float) -> KeyNow:
    gone = "revoked" if key.revoked is not None and key.revoked <= now else ""
    late = "expired" if key.expires is not None and key.expires <= now else ""
    bounds = key.bounds
    return KeyNow(
        id=key.id, name=key.name, team=key.team or "", shown=key.shown, state=gone or late or "valid",
        budget_day=bounds.day, budget_month=bounds.month, budget_total=bounds.total,
    )  # fmt: skip


def _team(gateway: Gateway, name: str) -> KeyNow:
    table = gateway.config.teams.get(name)
    if table is None:
        return KeyNow(id=name, name=name, state="")
    budget = table.budget
    return KeyNow(
        id=name, name=name, state="", budget_day=budget.day, budget_month=budget.month, budget_total=budget.total
    )
