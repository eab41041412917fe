"""Servers that are in no configuration: callers name one by its URL and send their own key for it, where `[page]
servers` allows that."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from hashlib import sha256
from time import monotonic
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..configure import transport_options
from ..errors import BadUsage, FrancaError, ProtocolError
from ..flow.session import checked_key
from ..io.address import Address, split_url
from ..io.aio import AsyncioReply, AsyncioTransport
from ..servers import Server, server_for_host
from .config.origins import Origins, is_public
from .config.secret import is_literal
from .config.shape import ServerTable
from .models import listed
from .problem import Problem, problem_of
from .relay.upstream import Upstream
from .routing.table import Hop, Route
from .seen.cell import BY_URL

if TYPE_CHECKING:
    from ssl import SSLContext

    from ..wire.http import Request
    from .config.shape import Config
    from .exchange import Exchange
    from .keys.record import VirtualKey
    from .relay.ask import Ask

__all__ = ["ForeignServers", "ForeignTransport", "models_of", "passed_there", "route_to"]

_URL = b"x-franca-base-url"
_KEY = b"x-franca-api-key"
_MOST = 64
_IDLE = 600.0
"""Seconds after which a server, and the key for it, are forgotten."""
_LONGEST_URL = 2048
_LONGEST_MODEL = 512
_MOST_CONNECTIONS = 100
_PATIENCE = 10.0
"""Seconds that a server has to list its models."""
_MOST_LIST = 4 * 1024 * 1024
_MOST_MODELS = 2000
_NOT_THERE = ("traceparent", "tracestate")


class ForeignServers:
    """Those of one configuration, each with the key that it is asked with: at most 64, the longest unused goes first.

    None is another's: a server is found again only by the same URL and the same key.
    """

    def __init__(self, config: Config, prices: Any) -> None:
        self._origins = Origins(config.page.servers)
        self._routing = config.routing
        self._prices = prices
        self._known: OrderedDict[bytes, tuple[Upstream, float]] = OrderedDict()
        self._context: SSLContext | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closing: set[asyncio.Task[None]] = set()

    def of(self, exchange: Exchange) -> Upstream | None:
        """The server that the caller names by its URL; None when it names none. Raises Problem 400 and 403."""
        headers = exchange.headers
        given = headers.get(_URL)
        if given is None:
            if _KEY in headers:
                raise _wrong("a key came without its server: send x-franca-base-url too", _KEY)
            return None
        if not self._origins.listed:
            raise _refused()
        url = _url_of(given)
        key = _key_of(headers.get(_KEY))
        place = sha256(url.encode() + b"\0" + (key or "").encode()).digest()
        found = self._known.get(place)
        upstream = self._made(url, key) if found is None else found[0]
        self._known[place] = upstream, monotonic()
        self._known.move_to_end(place)
        while len(self._known) > _MOST:
            self._drop(next(iter(self._known)))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_IDLE / 4, self._sweep)
        return upstream

    async def close(self) -> None:
        """Forget all of them. What is under way ends first."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        known, self._known = self._known, OrderedDict()
        for upstream, _ in known.values():
            await upstream.transport.close()
        if self._closing:
            await asyncio.wait(self._closing)

    def __len__(self) -> int:
        return len(self._known)

    def _made(self, url: str, key: str | None) -> Upstream:
        address = split_url(url)
        leave = self._origins.leave(address)
        if leave == "no":
            raise _refused(address.server)
        # Neither the environment nor a file says anything of it: all that it is sent is what this caller gave.
        options: dict[str, Any] = {"api_key": key}
        if address.scheme == "https":
            options["verify"] = self._shared_context()
        name = f"{BY_URL}{address.authority}"
        try:
            upstream = Upstream(
                name, ServerTable(base_url=url, retries=0), (_row(name, url, address), [options]), self._routing,
                version=__version__, prices=self._prices, max_connections=_MOST_CONNECTIONS,
            )  # fmt: skip
        except BadUsage as error:
            raise _wrong(error.message, _URL) from None
        home = f"{address.scheme}://{address.authority}"
        upstream.transport = ForeignTransport(home, leave == "any", **transport_options(options))
        return upstream

    def _shared_context(self) -> SSLContext:
        """Loading the certificates takes long, and whoever sends another key each time must not order that."""
        if self._context is None:
            from ..io.tls import make_context

            self._context = make_context(True, None)
        return self._context

    def _sweep(self) -> None:
        now = monotonic()
        for place in [place for place, (one, used) in self._known.items() if now - used > _IDLE and not one.in_flight]:
            self._drop(place)
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(_IDLE / 4, self._sweep) if self._known else None

    def _drop(self, place: bytes) -> None:
        upstream, _ = self._known.pop(place)
        task = asyncio.get_running_loop().create_task(upstream.transport.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class ForeignTransport(AsyncioTransport):
    """Sends to one server and to no other, wherever an answer of it points to.

    With `public` it connects to no address of this machine or its networks, whatever the name lookup says this time:
    asked for by strangers, a name may lead anywhere. Behind a proxy it is the proxy that looks names up.
    """

    def __init__(self, home: str, public: bool, **options: Any) -> None:
        super().__init__(**options, max_connections=_MOST_CONNECTIONS)
        self._home = f"{home}/"
        self._accepts = is_public if public else None

    async def send(self, request: Request) -> AsyncioReply:
        """As ever; a redirect to elsewhere is an error."""
        if not request.url.startswith(self._home):
            raise ProtocolError("the server leads elsewhere, which is not followed")
        return await super().send(request)


def route_to(upstream: Upstream, ask: Ask, model: str) -> Route:
    """The way to a server named by URL: there is one. Raises Problem 400."""
    if ask.endpoint.name != "chat":
        raise _wrong("a server is named by its URL for chat completions and for the list of models only", _URL)
    if not 0 < len(model) <= _LONGEST_MODEL:
        raise Problem(400, "name the model as that server calls it", "model_missing", param="model")
    return Route((Hop(upstream.name, model),))


async def models_of(upstream: Upstream, key: VirtualKey | None) -> dict[str, Any]:
    """What a server named by URL lists, by its own names, of which this key may use. Raises Problem."""
    from ..flow.catalog import list_models
    from ..flow.core import arun
    from ..io.drive import Asynchronous

    session = upstream.sessions[0].varied({})
    session.max_body = _MOST_LIST
    try:
        async with asyncio.timeout(_PATIENCE):
            flow = list_models(session, {"deadline": _PATIENCE, "retries": 0})
            found = await arun(flow, Asynchronous(upstream.transport))
    except TimeoutError:
        raise Problem(
            504, f"the server {upstream.name} did not list its models within {_PATIENCE:g} seconds", "server_timed_out"
        ) from None
    except FrancaError as error:
        raise problem_of(error) from None
    told = [{**one.to_dict(), "id": one.id} for one in found[:_MOST_MODELS] if one.id is not None]
    data = [
        one for one in listed(upstream.name, told) if key is None or key.may_use(f"{upstream.name}/{one['id']}")
    ]  # fmt: skip
    return {"object": "list", "data": data}


def passed_there(more: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Of the headers that servers of the configuration get of a caller, those for one that is none of ours."""
    return tuple(
        pair for pair in more if not pair[0].lower().startswith("x-franca-") and pair[0].lower() not in _NOT_THERE
    )


def _row(name: str, url: str, address: Address) -> Server:
    """What is known of a server at this host, without anything that the environment could say of it."""
    known = server_for_host(address.host)
    if known is None:
        return Server(name=name, base_url=url, needs_key=False, checked="")
    return known._replace(
        name=name, like=known.kind, base_url=url, needs_key=False,
        key_vars=(), token_vars=(), url_vars=(), host_vars=(), forms=(), fields=(),
    )  # fmt: skip


def _url_of(given: bytes) -> str:
    """The base URL, without a slash at its end. Raises Problem 400."""
    url = given.decode("latin-1").strip().rstrip("/")
    if len(url) > _LONGEST_URL:
        raise _wrong(f"it has more than {_LONGEST_URL} characters", _URL)
    if not url.isascii() or set(url) & set("?#\\"):
        raise _wrong("expected a base URL such as https://host/v1: plain ASCII, no query, no fragment", _URL)
    try:
        address = split_url(url)  # no scheme but http and https, no user, no line break
    except BadUsage as error:
        raise _wrong(error.message, _URL) from None
    return f"{address.scheme}://{address.authority}{address.target.rstrip('/')}"


def _key_of(given: bytes | None) -> str | None:
    """The key for it. Raises Problem 400, which does not say what was sent."""
    text = "" if given is None else given.decode("latin-1").strip()
    # "env:NAME" and "file:PATH" mean our own secrets where the configuration says them; here they are no keys.
    if text and not is_literal(text):
        raise _wrong("this is no key", _KEY)
    try:
        return checked_key(text)
    except BadUsage as error:
        raise _wrong(error.message, _KEY) from None


def _wrong(why: str, header: bytes) -> Problem:
    name = header.decode()
    return Problem(400, f"{name}: {why}", "bad_server_url" if header == _URL else "bad_server_key", param=name)


def _refused(server: str = "") -> Problem:
    return Problem(
        403,
        f"{server[:200] or 'a server by its URL'} may not be asked here: who runs this gateway allows it by [page] "
        "servers in its configuration",
        "server_not_allowed",
        param="x-franca-base-url",
    )
