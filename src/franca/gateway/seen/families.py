"""The metrics by name: what each is made of. docs/gateway.md lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from ... import __version__
from .cell import BOUNDS, Cell
from .exposition import Family, Histogram
from .snapshot import Snapshot

__all__ = ["families_of"]

_PLACE = ("route", "server", "model")
_MODEL = ("server", "model")
_STATES = ("up", "resting", "probing")


def families_of(snapshot: Snapshot) -> Iterator[Family]:
    """Every metric, in the order of the page."""
    yield from _of_requests(snapshot)
    yield from _of_usage(snapshot)
    yield from _of_servers(snapshot)
    yield from _of_gateway(snapshot)


def _of_requests(snapshot: Snapshot) -> Iterator[Family]:
    requests = Family(
        "franca_requests_total", "counter", "Requests that are over, by how they ended and the status of the answer.",
        (*_PLACE, "outcome", "status"), {},
    )  # fmt: skip
    for (route, server, model, outcome, status), cell in snapshot.cells:
        requests.samples[route, server, model, outcome, str(status)] = float(cell.requests)
    yield requests
    durations: dict[tuple[str, ...], float | Histogram] = {}
    firsts: dict[tuple[str, ...], float | Histogram] = {}
    for (route, server, model, _, _), cell in snapshot.cells:
        _gather(durations, (route, server, model), cell.buckets, cell.seconds)
        if cell.streams:
            _gather(firsts, (route, server, model), cell.first_buckets, cell.first)
    yield Family(
        "franca_request_duration_seconds", "histogram", "From the head of the request to the end of its answer.",
        _PLACE, durations, BOUNDS,
    )  # fmt: skip
    yield Family(
        "franca_first_byte_seconds", "histogram", "Of streams: from the head of the request to the first event.",
        _PLACE, firsts, BOUNDS,
    )  # fmt: skip
    yield _summed(
        snapshot, "franca_cache_hits_total", "Requests answered out of the cache.", _PLACE, lambda cell: cell.hits
    )


def _gather(
    target: dict[tuple[str, ...], float | Histogram], place: tuple[str, ...], counts: list[int], total: float
) -> None:
    own = target.get(place)
    if isinstance(own, Histogram):
        own.counts = [one + two for one, two in zip(own.counts, counts, strict=True)]
        own.sum += total
    else:
        target[place] = Histogram(list(counts), total)


def _of_usage(snapshot: Snapshot) -> Iterator[Family]:
    tokens = Family(
        "franca_tokens_total", "counter", "Tokens by the word of the servers; cached ones are prompt tokens too, and"
        " reasoning ones completion tokens.", (*_MODEL, "kind"), {},
    )  # fmt: skip
    for (_, server, model, _, _), cell in snapshot.cells:
        for kind in ("prompt", "completion", "cached", "reasoning"):
            count = getattr(cell, kind)
            if count:
                place = (server, model, kind)
                tokens.samples[place] = _as_number(tokens.samples.get(place)) + count
    yield tokens
    yield _summed(
        snapshot, "franca_cost_dollars_total", "US dollars that answers cost, where that is known.", _MODEL,
        lambda cell: cell.cost,
    )  # fmt: skip
    yield _summed(
        snapshot, "franca_unpriced_total", "Answers whose cost nobody knows: what they cost is missing above.", _MODEL,
        lambda cell: cell.unpriced,
    )  # fmt: skip


def _summed(
    snapshot: Snapshot, name: str, text: str, labels: tuple[str, ...], number: Callable[[Cell], float]
) -> Family:
    """A counter of one number of the cells; the labels are the last ones of endpoint, server and model."""
    family = Family(name, "counter", text, labels, {})
    for kind, cell in snapshot.cells:
        value = number(cell)
        if value:
            place: tuple[str, ...] = (kind[0], kind[1], kind[2])[3 - len(labels) :]
            family.samples[place] = _as_number(family.samples.get(place)) + value
    return family


def _as_number(sample: float | Histogram | None) -> float:
    return 0.0 if sample is None or isinstance(sample, Histogram) else sample


def _of_servers(snapshot: Snapshot) -> Iterator[Family]:
    servers = snapshot.servers
    yield Family(
        "franca_server_requests_total", "counter", "Requests sent to servers, each try counted.", ("server",),
        {(one.name,): float(one.requests) for one in servers},
    )  # fmt: skip
    yield Family(
        "franca_server_failures_total", "counter", "Tries that failed.", ("server",),
        {(one.name,): float(one.failures) for one in servers},
    )  # fmt: skip
    yield Family(
        "franca_server_in_flight", "gauge", "Requests under way at servers.", ("server",),
        {(one.name,): float(one.in_flight) for one in servers},
    )  # fmt: skip
    yield Family(
        "franca_server_state", "gauge", "How many workers see the server so: up, resting after failures, or probing.",
        ("server", "state"),
        {(one.name, state): float(one.states.get(state, 0)) for one in servers for state in _STATES},
    )  # fmt: skip
    yield Family(
        "franca_server_keys_resting", "gauge", "Keys of the server that are left alone for a while.", ("server",),
        {(one.name,): float(one.resting_keys) for one in servers},
    )  # fmt: skip


# What a snapshot counts, the metric that it is, and what it says.
_PLAIN: tuple[tuple[Literal["counter", "gauge"], str, str, str], ...] = (
    ("gauge", "in_flight", "franca_requests_in_flight", "Requests under way, the scrape among them."),
    ("gauge", "usage_waiting", "franca_usage_rows_waiting", "Rows of usage that wait to be written to the store."),
    (
        "counter",
        "usage_dropped",
        "franca_usage_rows_dropped_total",
        "Rows of usage that were lost: the store was down.",
    ),
    ("gauge", "log_waiting", "franca_log_lines_waiting", "Lines of the log that wait to be written."),
    ("counter", "log_dropped", "franca_log_lines_dropped_total", "Lines of the log that were lost: nobody read them."),
    ("gauge", "resident_bytes", "franca_resident_memory_bytes", "Memory that all workers hold together."),
    ("counter", "cpu_seconds", "franca_cpu_seconds_total", "CPU time that all workers took together."),
)


def _of_gateway(snapshot: Snapshot) -> Iterator[Family]:
    for kind, key, name, text in _PLAIN:
        numbers = snapshot.counters if kind == "counter" else snapshot.gauges
        yield Family(name, kind, text, (), {(): numbers.get(key, 0.0)})
    yield Family("franca_workers", "gauge", "Processes that serve.", (), {(): float(snapshot.workers)})
    yield Family(
        "franca_draining", "gauge", "1 while it ends and takes nothing new.", (), {(): float(snapshot.draining)}
    )
    yield Family(
        "franca_start_time_seconds", "gauge", "Unix time at which it began.", (), {(): round(snapshot.began, 3)}
    )
    yield Family("franca_info", "gauge", "The version that runs.", ("version",), {(__version__,): 1.0})
