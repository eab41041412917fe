"""What is passed on as it is: files and stored answers, and /v1/providers/NAME/... for servers that allow it."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import quote

from ..errors import FrancaError
from ..faults import with_origin
from ..wire.headers import is_secret_header
from ..wire.http import Request
from .accounts import admit_passing
from .answer import send_bytes, send_head, send_piece
from .body import read_body
from .door import let_in
from .problem import Problem
from .relay.attendance import Attendance
from .relay.deliver import note_answer
from .relay.found import scan_tail
from .relay.reach import error_body, origin_of

if TYPE_CHECKING:
    from .endpoints import Endpoint
    from .exchange import Exchange
    from .gateway import Gateway
    from .relay.upstream import Lane, Upstream

__all__ = ["pass_any", "pass_raw"]

# Of one connection, not of the message (RFC 9110, 7.6.1), or the transport's own business.
_HOP = frozenset({
    "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-authenticate",
    "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip
_BACK = _HOP | {"set-cookie", "content-encoding", "server", "date", "x-request-id"}
_OURS = frozenset({
    "content-encoding", "forwarded", "openai-organization", "openai-project", "via", "x-franca-api-key",
    "x-franca-base-url", "x-franca-browser", "x-franca-keep", "x-franca-server",
})  # fmt: skip
"""Headers of the caller that say nothing to the server: it would believe them to be ours."""
_OF_PROXIES = ("x-forwarded-", "x-http-method", "x-real-ip", "cf-connecting")
_TAIL = 64 * 1024
_SOON = ((b"retry-after", b"1"),)
_IN_QUERY = "%/:@!$&'()*+,;=~-._?"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


async def pass_any(exchange: Exchange, gateway: Gateway, endpoint: Endpoint) -> None:
    """A request that names no model, to the server that the header x-franca-server names, else the default one, else
    the only one. Raises Problem."""
    exchange.route = endpoint.name
    _enter(exchange, gateway, endpoint.name)
    name = (
        exchange.headers.get(b"x-franca-server", b"").decode("latin-1") or gateway.config.gateway.default_server or ""
    )
    if not name and len(gateway.servers) == 1:
        name = next(iter(gateway.servers))
    if not name:
        raise Problem(
            400, "several servers could answer this: name one in the header x-franca-server", "server_not_named"
        )
    if endpoint.name == "responses":
        await _require_own(exchange, gateway, endpoint.path)
    await _passed(exchange, gateway, _server(gateway, name), endpoint.path)


async def _require_own(exchange: Exchange, gateway: Gateway, path: str) -> None:
    """To the server all callers are one: a stored answer is for the key that asked for it. Raises Problem 404."""
    key = exchange.key
    if key is None:
        return
    name, _, below = path.partition("/")[2].partition("/")
    if exchange.method == "POST" and not below:  # /responses/compact and its like name no answer
        return
    await gateway.ledger.flush(1.0)
    if await gateway.store.row(name, key.id) is None:
        raise Problem(404, f"no answer {name[:100]!r} is in the books of this key", "response_not_found")


async def pass_raw(exchange: Exchange, gateway: Gateway, rest: str) -> None:
    """/v1/providers/NAME/PATH: to that path below the server's base URL. Raises Problem."""
    exchange.route = "raw"
    _enter(exchange, gateway, "raw")
    name, _, path = rest.partition("/")
    upstream = _server(gateway, name)
    if not upstream.table.raw:
        raise Problem(403, f"{name} takes no raw requests here: set raw = true in [servers.{name}]", "raw_not_allowed")
    await _passed(exchange, gateway, upstream, path)


def _enter(exchange: Exchange, gateway: Gateway, route: str) -> None:
    let_in(exchange, gateway)
    key = exchange.key
    if key is not None and not key.may_call(route):
        raise Problem(403, f"this key may not use {route}", "route_not_allowed")
    if exchange.method not in _METHODS:
        raise Problem(405, f"{exchange.method} is not passed on", "method")
    exchange.booked = True


def _server(gateway: Gateway, name: str) -> Upstream:
    found = gateway.servers.get(name)
    if found is None:
        raise Problem(404, f"no server is called {name[:100]!r} here", "server_not_found")
    return found


async def _passed(exchange: Exchange, gateway: Gateway, upstream: Upstream, path: str) -> None:
    settings = gateway.config.gateway
    key = exchange.key
    if key is not None and (key.models or key.team_models) and not key.may_use(f"{upstream.name}/*"):
        raise Problem(403, f"this key may not use all of {upstream.name}", "model_not_allowed")
    exchange.server = upstream.name
    with Attendance(exchange, gateway.rounds, 0.0, settings.body_timeout) as attendance:
        body = await read_body(exchange, settings.max_body)
        attendance.ready()
        await admit_passing(exchange, gateway)
        lane = _free_lane(upstream)
        request = Request(
            exchange.method, _address(exchange, upstream, path), _headers(exchange, lane), body,
            upstream.table.connect_timeout, monotonic() + upstream.table.timeout, lane.session.max_body, True,
        )  # fmt: skip
        upstream.in_flight += 1
        exchange.tries += 1
        upstream.began("", monotonic())
        try:
            await _relayed(exchange, upstream, lane, request)
        except FrancaError as error:
            with_origin(error, origin_of(lane, path))
            upstream.failed(error, lane, "")
            raise
        except BaseException:
            upstream.gave_up("")
            raise
        finally:
            upstream.in_flight -= 1


def _free_lane(upstream: Upstream) -> Lane:
    """A key to ask with now. Raises Problem 429, 503."""
    if not upstream.has_room():
        raise Problem(429, f"{upstream.name} is asked as often at once as is allowed", "server_busy", headers=_SOON)
    lane = upstream.lane("", monotonic())
    if lane is None or not upstream.allows("", monotonic()):
        raise Problem(503, f"{upstream.name} rests after failures", "server_resting", headers=_SOON)
    return lane


async def _relayed(exchange: Exchange, upstream: Upstream, lane: Lane, request: Request) -> None:
    began = monotonic()
    reply = await upstream.transport.send(request)
    try:
        upstream.answered("", monotonic() - began)
        exchange.first = monotonic()
        headers = tuple((name.encode(), value.encode("latin-1")) for name, value in _kept(reply.headers.pairs, _BACK))
        content_type = next((value for name, value in headers if name == b"content-type"), b"application/octet-stream")
        headers = tuple(pair for pair in headers if pair[0] != b"content-type")
        status = reply.status if 200 <= reply.status < 600 else 502
        if status >= 400:
            exchange.outcome, exchange.error = "error", f"status_{reply.status}"
            # Some servers quote the key that they were sent.
            text = (await error_body(reply, monotonic() + upstream.table.idle_timeout)).decode("utf-8", "replace")
            origin = origin_of(lane, "")
            after = tuple(pair for pair in headers if pair[0] in (b"retry-after", b"www-authenticate"))
            told = tuple((name, origin.scrub(value.decode("latin-1")).encode("latin-1")) for name, value in after)
            await send_bytes(exchange, origin.scrub(text).encode(), content_type, status, told)
            return
        await send_head(exchange, status, content_type, headers)
        tail = b""
        while True:
            try:
                piece = await reply.read_some(monotonic() + upstream.table.idle_timeout)
            except FrancaError as error:
                with_origin(error, origin_of(lane, ""))
                exchange.outcome, exchange.error = "cut", type(error).__name__
                return  # without its last chunk the answer is a broken one for the caller too
            if not piece:
                break
            tail = (tail + piece)[-_TAIL:]
            await send_piece(exchange, piece)
        if content_type.startswith(b"application/json"):
            found = scan_tail(tail)
            exchange.model = found.model
            note_answer(exchange, upstream, found.model, found)
        await send_piece(exchange, b"", more=False)
    finally:
        reply.close()


def _address(exchange: Exchange, upstream: Upstream, path: str) -> str:
    """The URL below the server's base URL. A path that could lead out of there is refused."""
    parts = path.split("/")
    if any(part in (".", "..") for part in parts) or "" in parts[:-1] or not path.isprintable() or "\\" in path:
        raise Problem(400, "this path could lead out of the server's base URL", "bad_path")
    url = upstream.target.url(quote(path, safe="/:@!$&'()*+,;=~-._"))
    query = exchange.scope.get("query_string", b"").decode("latin-1")
    return f"{url}{'&' if '?' in url else '?'}{quote(query, safe=_IN_QUERY)}" if query else url


def _headers(exchange: Exchange, lane: Lane) -> tuple[tuple[str, str], ...]:
    """The server's own headers with its key, and those of the caller that are about the message."""
    found = {name.lower(): (name, value) for name, value in lane.head}
    del found["content-type"]
    pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.headers.items())
    hop = exchange.headers.get(b"connection", b"").decode("latin-1").lower()
    for name, value in _kept(pairs, _HOP | {word.strip() for word in hop.split(",")}):
        if (name not in found or name == "accept") and _may_pass(name):
            found[name] = (name, value)
    return tuple(found.values())


def _may_pass(name: str) -> bool:
    return not (is_secret_header(name) or name in _OURS or name.startswith(_OF_PROXIES))


def _kept(pairs: Iterable[tuple[str, str]], without: frozenset[str]) -> list[tuple[str, str]]:
    return [(lower, value) for name, value in pairs if (lower := name.lower()) not in without]
