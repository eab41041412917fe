"""From what a person gives a client (and the environment) to a checked session; and what of it may be pickled."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from .errors import BadUsage
from .flow.options import CALL_OPTIONS, CallOptions, Limits, limits_with, reject_unknown
from .flow.session import Key, Session, checked_key
from .flow.target import Target, resolve
from .servers import SERVERS, Server
from .wire.headers import is_secret_header

__all__ = ["ClientOptions", "make_session", "picklable", "transport_options"]

_MAX_BODY = 64 * 1024 * 1024
_TRANSPORT_OPTIONS = ("proxy", "trust_env", "verify", "cert")


class ClientOptions(CallOptions, total=False):
    """Options of `Client` and `AsyncClient`; those of `CallOptions` may also be given to a single call.

    api_key     the key, "env:VARIABLE", or a function that returns the key to use now
                (for AsyncClient also a coroutine function)
    model       the model of calls that name none
    user_agent  the User-Agent header
    proxy       "http://", "https://" or "socks5://" URL; "" for none. Without it the environment decides
    trust_env   whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are read
    verify      False (with a warning), a path of CA certificates, or an SSLContext
    cert        client certificate: a path, or (certificate, key), or (certificate, key, password)
    max_body    bytes of an answer, decompressed, that are read at most (64 MiB); of a stream four times as many
    transport   what sends the requests: an httpx or httpx2 client, a transport of `franca.io.fake` for tests, or
                anything with the methods of `franca.wire.http.Transport`
    """

    api_key: Key
    model: str | None
    user_agent: str
    proxy: str | None
    trust_env: bool
    verify: Any
    cert: Any
    max_body: int
    transport: Any


_KNOWN = frozenset(ClientOptions.__annotations__) | CALL_OPTIONS


def make_session(server: str | Server | None, options: Mapping[str, Any], version: str) -> Session:
    """The session for `Client(server, **options)`. Raises BadUsage for what cannot work."""
    reject_unknown(options, _KNOWN, "option")
    transport = options.get("transport")
    if transport is not None and not hasattr(transport, "send"):
        raise BadUsage(
            f"transport has a method send (see franca.wire.http), which a {type(transport).__name__} has not"
        )
    target, key = _target_and_key(server)
    if "api_key" in options:
        key = _given_key(options["api_key"])
    model = options.get("model") or os.environ.get("FRANCA_MODEL") or None
    return Session(
        target,
        key=key,
        model=model,
        limits=limits_with(Limits(), {name: value for name, value in options.items() if name in CALL_OPTIONS}),
        headers=(("User-Agent", options.get("user_agent") or f"franca/{version}"), *_organisation(target)),
        max_body=_max_body(options.get("max_body", _MAX_BODY)),
        clock=time.monotonic,
        wall=time.time,
        chance=_chance,
    )


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


def _target_and_key(server: str | Server | None) -> tuple[Target, Key]:
    """Where to, and the key that the environment holds for it."""
    environ = os.environ
    if server is None:
        chosen = environ.get("FRANCA_SERVER")
        if chosen:
            target, key = _target_and_key(chosen)
            return target, environ.get("FRANCA_API_KEY") or key
        url = environ.get("OPENAI_BASE_URL")
        if url:  # the variables belong together: whoever sets the address means the key for it
            return resolve(url), environ.get("OPENAI_API_KEY")
        server = "openai"
    target = resolve(_moved(server))
    row = target.row
    if row is None:
        return target, None
    return target, next((environ[name] for name in row.key_vars if environ.get(name)), None)


def _moved(server: str | Server) -> str | Server:
    """A row whose address a variable replaces (OLLAMA_BASE_URL ...), at that address."""
    row = server if isinstance(server, Server) else SERVERS.get(server.lower()) if isinstance(server, str) else None
    if row is None:
        return server
    url = next((os.environ[name] for name in row.url_vars if os.environ.get(name)), None)
    if url is None:
        return server
    return row._replace(base_url=url)


def _given_key(value: Any) -> Key:
    if value is None or callable(value):
        key: Key = value
        return key
    if not isinstance(value, str):
        raise BadUsage(f"api_key is text, 'env:VARIABLE' or a function, not {type(value).__name__}")
    if value.startswith("env:"):
        name = value.removeprefix("env:")
        value = os.environ.get(name)
        if not value:
            raise BadUsage(f"api_key says env:{name}, but the variable {name} is not set")
    return checked_key(value)


def _organisation(target: Target) -> tuple[tuple[str, str], ...]:
    if target.row is None or target.row.name != "openai":
        return ()
    named = (("OpenAI-Organization", "OPENAI_ORG_ID"), ("OpenAI-Project", "OPENAI_PROJECT_ID"))
    return tuple((header, os.environ[name]) for header, name in named if os.environ.get(name))


# ---- pickling: settings travel, secrets do not ---------------------------------------------------


class Withheld:
    """Stands for a key in a client that came out of a pickle without its secrets."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __call__(self) -> NoReturn:
        raise BadUsage(
            f"this client was pickled, and {self.what} is a secret that does not travel: "
            "give api_key as 'env:VARIABLE' or as a function, or make the client where it is used"
        )

    def __reduce__(self) -> tuple[Callable[[str], Withheld], tuple[str]]:
        return Withheld, (self.what,)


def picklable(server: Any, options: Mapping[str, Any], target: Target) -> tuple[Any, dict[str, Any]]:
    """(server, options) with every secret left out. A client that misses one says so at its first call."""
    kept = dict(options)
    missing = []
    key = kept.get("api_key")
    if isinstance(key, str) and key and not key.startswith("env:"):
        del kept["api_key"]
        missing.append("its api_key")
    headers = kept.get("headers") or {}
    secret = [name for name in headers if is_secret_header(name)]
    if secret:
        kept["headers"] = {name: value for name, value in headers.items() if name not in secret}
        missing.append(f"its header {secret[0]}")
    proxy = kept.get("proxy")
    if isinstance(proxy, str) and "@" in proxy:
        del kept["proxy"]
        missing.append("the password of its proxy")
    cert = kept.get("cert")
    if isinstance(cert, tuple) and len(cert) == 3:
        kept["cert"] = cert[:2]
        missing.append("the password of its certificate")
    if target.basic is not None and isinstance(server, str):
        server = target.base_url + (f"?{target.query}" if target.query else "")
        missing.append("the user info of its base URL")
    if missing:
        kept["api_key"] = Withheld(" and ".join(missing))
    return server, kept
