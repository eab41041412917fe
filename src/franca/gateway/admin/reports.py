"""What the admin API tells: usage, the log of requests, how the gateway stands."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from msgspec import to_builtins

from ..answer import send_bytes, send_json
from ..problem import Problem
from ..store.base import UsageQuery
from ..store.report import moment_of, names_of_keys, report_of, words_of
from .keys import UNSTORED, moment_text

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..gateway import Gateway
    from ..store.base import RequestEntry

__all__ = ["list_requests", "show_request", "tell_status", "tell_usage"]

_NARROW = ("key", "team", "tag", "route", "server", "model")
_MOST = 1000


async def tell_usage(exchange: Exchange, gateway: Gateway, id: str) -> None:
    """GET /admin/v1/usage?by=day,model&from=2026-11-01&to=2026-11-30&key=...&format=csv."""
    query = _query(exchange, ("by", "from", "to", "format", *_NARROW))
    form = query.pop("format", "json")
    if form not in ("json", "csv"):
        raise Problem(400, "format is json or csv", "bad_query", param="format")
    now = time()
    await gateway.ledger.flush(2.0)
    wanted = UsageQuery(
        by=words_of(query.pop("by", "")),
        since=moment_of(query.pop("from", None), now),
        until=moment_of(query.pop("to", None), now, end=True),
        **query,
    )
    names = {key.id: key.name for key in gateway.ring} | await names_of_keys(gateway.store)
    report = await report_of(gateway.store, wanted, names)
    if form == "csv":
        await send_bytes(exchange, report.to_csv().encode(), b"text/csv; charset=utf-8", headers=UNSTORED)
    else:
        await send_json(exchange, report.to_dict(), headers=UNSTORED)


async def list_requests(exchange: Exchange, gateway: Gateway, id: str) -> None:
    """GET /admin/v1/requests?key=...&outcome=error&before=...&limit=100: the log, newest first, without bodies."""
    query = _query(exchange, ("key", "outcome", "before", "limit"))
    limit = query.get("limit", "100")
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= _MOST):
        raise Problem(400, f"limit is a number from 1 to {_MOST}", "bad_query", param="limit")
    entries = await gateway.store.requests(
        key=query.get("key"), outcome=query.get("outcome"), before=moment_of(query.get("before"), time()),
        most=int(limit),
    )  # fmt: skip
    found = {"enabled": gateway.config.requests.enabled, "data": [_described(entry) for entry in entries]}
    await send_json(exchange, found, headers=UNSTORED)


async def show_request(exchange: Exchange, gateway: Gateway, id: str) -> None:
    """GET /admin/v1/requests/{id}: one of the log, with its bodies where they are kept."""
    entry = await gateway.store.request(id)
    if entry is None:
        why = "" if gateway.config.requests.enabled else "; the log is off ([requests] enabled)"
        raise Problem(404, f"no request {id[:80]!r} is in the log{why}", "request_not_found")
    await send_json(exchange, _described(entry, bodies=True), headers=UNSTORED)


def _described(entry: RequestEntry, *, bodies: bool = False) -> dict[str, object]:
    found: dict[str, object] = to_builtins(entry)
    found["at"] = moment_text(entry.at, "microseconds")  # told so that `before` can go on from it
    if not bodies:
        del found["request"], found["response"]
    return found


async def tell_status(exchange: Exchange, gateway: Gateway, id: str) -> None:
    """GET /admin/v1/status: servers, spending, recent errors."""
    from ..seen.status import serve_status

    await serve_status(exchange, gateway)


def _query(exchange: Exchange, known: tuple[str, ...]) -> dict[str, str]:
    """The fields of the query. Raises Problem 400 for one that is not known."""
    given = exchange.scope.get("query_string", b"").decode("latin-1")
    try:
        pairs = dict(parse_qsl(given, keep_blank_values=True, max_num_fields=50, errors="strict"))
    except (ValueError, UnicodeError):
        raise Problem(400, "the query cannot be read", "bad_query") from None
    wrong = next((name for name in pairs if name not in known), None)
    if wrong is not None:
        raise Problem(400, f"{wrong[:60]!r} is not asked here; there are {', '.join(known)}", "bad_query", param=wrong)
    return pairs
