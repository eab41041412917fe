"""From what a person gives a client (and the environment) to a checked session."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from ..flow.options import CALL_OPTIONS, CallOptions, Limits, limits_with, reject_unknown
from ..flow.session import Key, Session, checked_key
from ..servers import Server
from .address import deployed, given_key, organisation, target_and_key
from .companions import falls_for, healing, limiter_for, prices_for, watch_for
from .pickling import picklable

if TYPE_CHECKING:
    from ..heal import Memory
    from ..limits import RateLimits
    from ..observe import Hooks, Watch

__all__ = ["ClientOptions", "make_session", "picklable", "session_with", "transport_options"]

_MAX_BODY = 64 * 1024 * 1024
_TRANSPORT_OPTIONS = ("proxy", "trust_env", "verify", "cert")


class ClientOptions(CallOptions, total=False):
    """Options of `Client` and `AsyncClient`; those of `CallOptions` may also be given to a single call.

    api_key     the key, "env:VARIABLE", or a function that returns the key to use now
                (for AsyncClient also a coroutine function)
    token       a bearer token in place of the key, in the same forms (Azure's Entra ID)
    model       the model of calls that name none
    endpoint, deployment, api_version, organization
                what the address is made of at servers where everybody has their own (Azure, Databricks, GitHub)
    user_agent  the User-Agent header
    proxy       "http://", "https://" or "socks5://" URL; "" for none. Without it the environment decides
    trust_env   whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are read
    verify      False (with a warning), a path of CA certificates, or an SSLContext
    cert        client certificate: a path, or (certificate, key), or (certificate, key, password)
    max_body    bytes of an answer, decompressed, that are read at most (64 MiB); of a stream four times as many
    heal        whether a request is mended when the server refuses a field of it by name (True); `chat.adapted` tells
    heal_cache  a file that keeps what was learnt so for the next process
    limits      `RateLimits` of your own; False: requests are never paced. Without it the client learns from the server
    prices      what tokens cost, to estimate `chat.cost`: a `PriceTable`, a mapping, a TOML file or "genai-prices"
    hooks       `Hooks`, or several, that are told of every request, event, retry and error
    fallbacks   where a call goes when the server fails it, in order: a model's name (the same server), a (server,
                model) pair, or a dict of options with `server`
    fallback_on which errors do so: classes, or a function of the error (default: all but those of a wrong request)
    transport   what sends the requests: an httpx or httpx2 client, a cassette of `franca.testing` or a transport of
                `franca.io.fake` for tests, or anything with the methods of `franca.wire.http.Transport`
    """

    api_key: Key
    token: Key
    model: str | None
    endpoint: str
    deployment: str
    api_version: str
    organization: str
    user_agent: str
    proxy: str | None
    trust_env: bool
    verify: Any
    cert: Any
    max_body: int
    heal: bool
    heal_cache: Any
    limits: RateLimits | bool | None
    prices: Any
    hooks: Hooks | Iterable[Hooks] | None
    fallbacks: Sequence[Any]
    fallback_on: Any
    transport: Any


_KNOWN = frozenset(ClientOptions.__annotations__) | CALL_OPTIONS
_FIELDS = ("endpoint", "deployment", "api_version", "organization")


def make_session(server: str | Server | None, options: Mapping[str, Any], version: str) -> Session:
    """The session for `Client(server, **options)`. Raises BadUsage for what cannot work."""
    reject_unknown(options, _KNOWN, "option")
    transport = options.get("transport")
    if transport is not None and not hasattr(transport, "send"):
        raise BadUsage(
            f"transport has a method send (see franca.wire.http), which a {type(transport).__name__} has not"
        )
    watch = None if options.get("hooks") is None else watch_for(options["hooks"])
    prices = None if options.get("prices") is None else prices_for(options["prices"])
    heals, memory = healing(options)
    session = _session(server, options, version, heals=heals, memory=memory, watch=watch, prices=prices)
    if options.get("fallbacks"):
        from .fallbacks import places

        found = []
        for (where, given), entry in zip(places(server, options), options["fallbacks"], strict=True):
            place = _session(where, given, version, heals=heals, memory=memory, watch=watch, prices=prices)
            if not given.get("model") and not given.get("deployment"):
                place.model = None  # not the one of FRANCA_MODEL: the call's own goes before it
            same = place.target.base_url == session.target.base_url and place.key == session.key
            if same and not (isinstance(entry, Mapping) and "limits" in entry):
                place.shared = session.shared  # one server has one limit, however many of its models are asked
            found.append(place)
        session.fallbacks = tuple(found)
    if options.get("fallback_on") is not None:
        session.falls = falls_for(options["fallback_on"])
    return session


def _session(
    server: str | Server | None,
    options: Mapping[str, Any],
    version: str,
    *,
    heals: bool,
    memory: Memory | None,
    watch: Watch | None,
    prices: Any,
) -> Session:
    fields = {name: options[name] for name in _FIELDS if options.get(name)}
    target, key, bearer = target_and_key(server, fields)
    if isinstance(key, str):  # from the environment: files and shells leave line breaks at its end
        key = checked_key(key)
    if "api_key" in options:
        key, bearer = given_key("api_key", options["api_key"]), False
    if options.get("token") is not None:
        key, bearer = given_key("token", options["token"]), True
    row = target.row
    make_limiter, capped = limiter_for(options.get("limits"))
    session = Session(
        target,
        key=key,
        model=options.get("model") or options.get("deployment") or os.environ.get("FRANCA_MODEL") or deployed(row),
        limits=limits_with(Limits(), {name: value for name, value in options.items() if name in CALL_OPTIONS}),
        headers=(
            ("User-Agent", options.get("user_agent") or f"franca/{version}"),
            *organisation(target),
            *(() if row is None else row.headers),
        ),
        max_body=_max_body(options.get("max_body", _MAX_BODY)),
        clock=time.monotonic,
        wall=time.time,
        chance=_chance,
        heals=heals,
        memory=memory,
        make_limiter=make_limiter,
        watch=watch,
        prices=prices,
        bearer=bearer,
    )
    if capped:
        session.shared.hear()
    return session


def session_with(session: Session, options: Mapping[str, Any], entries: Sequence[Any]) -> Session:
    """The session with other call options or another model; `entries` are its fallbacks as they were given. Neither the
    environment nor a file is read again: they may have changed, and it is the same client."""
    made = session.varied(options)
    if entries:
        from .fallbacks import passed_on

        places = zip(session.fallbacks, entries, strict=True)
        made.fallbacks = tuple(place.varied(passed_on(options, entry)) for place, entry in places)
    return made


def transport_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that the built-in transports take."""
    return {name: options[name] for name in _TRANSPORT_OPTIONS if name in options}


def _chance() -> float:
    # `random` would add its import to every start, for the sake of a retry.
    return int.from_bytes(os.urandom(4)) / 2**32


def _max_body(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        raise BadUsage(f"max_body is a number of bytes above 0, not {value!r}")
    return value
