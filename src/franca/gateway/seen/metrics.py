"""What is counted of every request, and the metrics that Prometheus reads of it at /metrics.

The writer is our own: counting must cost a microsecond, and the client library costs twenty.
"""

from __future__ import annotations

from bisect import bisect_left
from time import time
from typing import TYPE_CHECKING

from .cell import BOUNDS, BY_URL, OTHER, Cell, Cells, Kind
from .exposition import CONTENT_TYPE, render
from .recent import RecentErrors

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..gateway import Gateway
    from .board import Board
    from .snapshot import Snapshot

__all__ = ["Metrics", "serve_metrics", "whole_snapshot"]

_MOST_CELLS = 4000
_MOST_BY_URL = 50
"""Servers that callers named by URL, each with a model, that have labels of their own."""


class Metrics:
    """The counts of this process.

    A model has a label of its own from its first good answer on, so that invented names make none; at most `models` of
    them do, all others are "other". With a `board`, /metrics and the status page tell of all workers together.
    """

    def __init__(self, models: int = 200, board: Board | None = None) -> None:
        self.started = time()
        self.cells: Cells = {}
        self.errors = RecentErrors()
        self.in_flight = 0
        """Requests under way; counted by the application, up at their begin and down at their end."""
        self.board = board
        self._models: set[tuple[str, str]] = set()
        self._most_models = models
        self._by_url: set[tuple[str, str]] = set()

    def finished(self, exchange: Exchange, ended: float) -> None:
        """Count a request that is over; `ended` on the monotonic clock."""
        kind = (exchange.route, exchange.server, exchange.model, exchange.outcome, exchange.status)
        cell = self.cells.get(kind)
        if cell is None:
            cell = self._cell(kind)
        began = exchange.began
        seconds = ended - began
        cell.requests += 1
        cell.seconds += seconds
        cell.buckets[bisect_left(BOUNDS, seconds)] += 1
        if exchange.stream and exchange.first is not None:
            first = exchange.first - began
            cell.streams += 1
            cell.first += first
            cell.first_buckets[bisect_left(BOUNDS, first)] += 1
        cell.tries += exchange.tries
        if exchange.cached:
            cell.hits += 1
        elif exchange.prompt_tokens is not None or exchange.cost is not None:
            self._spend(cell, exchange)
        if exchange.outcome != "ok":
            self.errors.add(exchange, ended)

    @staticmethod
    def _spend(cell: Cell, exchange: Exchange) -> None:
        cell.prompt += exchange.prompt_tokens or 0
        cell.completion += exchange.completion_tokens or 0
        cell.cached += exchange.cached_tokens or 0
        cell.reasoning += exchange.reasoning_tokens or 0
        if exchange.cost is None:
            cell.unpriced += 1
        else:
            cell.cost += exchange.cost

    def _cell(self, kind: Kind) -> Cell:
        """The cell of a kind that has none under its own name yet."""
        route, server, model, outcome, status = kind
        place = (server, model)
        if server.startswith(BY_URL):  # callers may name as many as they like
            if place not in self._by_url:
                if outcome == "ok" and len(self._by_url) < _MOST_BY_URL:
                    self._by_url.add(place)
                else:
                    kind = (route, BY_URL + OTHER, OTHER, outcome, status)
        elif model and place not in self._models:
            if outcome == "ok" and len(self._models) < self._most_models:
                self._models.add(place)
            else:
                kind = (route, server, OTHER, outcome, status)
        if kind not in self.cells and len(self.cells) >= _MOST_CELLS:
            kind = (OTHER, OTHER, OTHER, outcome, 0)
        return self.cells.setdefault(kind, Cell())


def whole_snapshot(gateway: Gateway) -> Snapshot:
    """How the gateway stands, with all its workers on this machine."""
    from .snapshot import snapshot_of

    own = snapshot_of(gateway)
    board = gateway.metrics.board
    return own if board is None else board.whole(own)


async def serve_metrics(exchange: Exchange, gateway: Gateway) -> None:
    """GET /metrics. Where callers need keys, so does this: the admin's."""
    from ..answer import send_bytes
    from .families import families_of

    config = gateway.config
    if config.gateway.admin_key is not None or (len(gateway.ring) and not config.gateway.open):
        gateway.require_admin(exchange)
    elif not config.gateway.open:
        from ..door import require_this_machine

        require_this_machine(exchange, gateway)
    await send_bytes(exchange, render(families_of(whole_snapshot(gateway))), CONTENT_TYPE)
