"""Who may come in: the caller's key, and, where no key is needed, that the caller is this machine itself.

Everything is decided by the path of the scope, never by what a Host header makes of it.
"""

from __future__ import annotations

from hmac import compare_digest
from ipaddress import ip_address
from time import time
from typing import TYPE_CHECKING

from .cors import is_foreign, is_local_host
from .problem import Problem

if TYPE_CHECKING:
    from .exchange import Exchange
    from .gateway import Gateway

__all__ = ["is_loopback", "let_in", "require_admin", "require_this_machine", "secret_of_caller"]

_PASSED_ON = frozenset({
    b"cf-connecting-ip", b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip",
})  # fmt: skip
"""What a proxy adds to a request that it passes on."""
_CHALLENGE = ((b"www-authenticate", b"Bearer"),)


def secret_of_caller(exchange: Exchange) -> str | None:
    """The key that the caller sent, in whichever header; None without one."""
    headers = exchange.headers
    value = headers.get(b"authorization")
    if value is not None:
        if value[:7].lower() == b"bearer ":
            return value[7:].strip().decode("latin-1")
        return None
    value = headers.get(b"x-api-key") or headers.get(b"api-key")
    return None if value is None else value.strip().decode("latin-1")


def let_in(exchange: Exchange, gateway: Gateway) -> None:
    """Find the caller's key and write it on the exchange. Raises Problem 401 or 403.

    Without a single key in configuration and store the gateway is for this machine only, unless it was said to be
    `open`; a page of another origin that this machine's browser shows is a stranger too.
    """
    ring = gateway.ring
    secret = secret_of_caller(exchange)
    if len(ring):
        if not secret:
            raise Problem(
                401, "no key was sent: send it as Authorization: Bearer KEY", "missing_api_key", headers=_CHALLENGE
            )
        exchange.key = ring.find(secret, time())
        return
    if not gateway.keys_known:
        raise Problem(
            503,
            "the keys cannot be read at the moment: try again soon",
            "store_down",
            headers=((b"retry-after", b"5"),),
        )
    if not gateway.config.gateway.open:
        require_this_machine(exchange, gateway)


def require_this_machine(exchange: Exchange, gateway: Gateway) -> None:
    """Raises Problem 403 for whoever is not this machine itself, as far as can be told."""
    client = exchange.scope.get("client")
    if client is not None and client[0] and not is_loopback(client[0]):
        raise Problem(
            403, "no key is configured here, so only this machine may ask: make one with `franca keys create`",
            "no_keys_configured",
        )  # fmt: skip
    headers = exchange.headers
    if not _PASSED_ON.isdisjoint(headers):
        raise Problem(
            403, "no key is configured here, so only this machine itself may ask, not a proxy for others",
            "no_keys_configured",
        )  # fmt: skip
    if b"host" in headers and not is_local_host(headers) and not _is_own_host(headers[b"host"], gateway):
        shown = headers[b"host"][:100].decode("latin-1")
        raise Problem(403, f"no key is configured here, so the host must be localhost, not {shown!r}", "foreign_host")
    if is_foreign(headers) and not gateway.cors.allows(headers.get(b"origin")):
        raise Problem(403, "no key is configured here, so pages of other origins may not ask", "foreign_origin")


def _is_own_host(host: bytes, gateway: Gateway) -> bool:
    name = host.decode("latin-1").rpartition(":")[0] or host.decode("latin-1")
    return name.strip("[]").lower() == gateway.config.gateway.host.lower()


def is_loopback(host: str) -> bool:
    """Whether an address or a name means this machine itself."""
    name = host.lower().strip("[]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)


def require_admin(exchange: Exchange, gateway: Gateway) -> None:
    """Raises Problem unless the caller sent the admin key. Without one in the configuration there is no admin API."""
    wanted = gateway.admin_key
    if wanted is None:
        raise Problem(404, "there is no admin API here: set gateway.admin_key", "no_admin")
    given = secret_of_caller(exchange)
    if given is None:
        raise Problem(401, "the admin key is missing: send it as Authorization: Bearer KEY", "missing_admin_key")
    if not compare_digest(given.encode("latin-1"), wanted.encode("utf-8", "surrogateescape")):
        raise Problem(401, "this is not the admin key", "invalid_admin_key")
