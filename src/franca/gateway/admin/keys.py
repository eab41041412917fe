"""Keys by the admin API: listed, made, changed, rotated, revoked. A secret is answered once, when it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from ..answer import send_json
from ..body import read_body
from ..keys.made import made_key, revoked_key, rotated_key, state_of
from ..keys.record import VirtualKey
from ..keys.wish import KeyWish, wished
from ..problem import Problem
from ..store.base import SoFar, Sums

if TYPE_CHECKING:
    from ..exchange import Exchange
    from ..gateway import Gateway

__all__ = ["UNSTORED", "change", "create", "described", "list_all", "moment_text", "revoke", "rotate", "show"]

Wanted = TypeVar("Wanted")

UNSTORED = ((b"cache-control", b"no-store"),)
_MOST_BODY = 64 * 1024
_PATIENCE = 10.0


class RotateWish(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`grace` is how many seconds the old secret goes on."""

    grace: float = 0.0


async def list_all(exchange: Exchange, gateway: Gateway, id: str) -> None:
    """GET /admin/v1/keys: those of the configuration and of the store."""
    keys = await _all(gateway)
    sums, now = await gateway.store.spent(time()), time()
    await send_json(exchange, {"data": [described(key, sums, now) for key in keys]}, headers=UNSTORED)


async def create(exchange: Exchange, gateway: Gateway, id: str) -> None:
    """POST /admin/v1/keys: `key` of the answer is the secret, which is told only here."""
    wish = await _read(exchange, KeyWish)
    secret, key = made_key(wish, gateway.config.teams, time())
    if any(one.name == key.name and state_of(one, time()) == "valid" for one in await _all(gateway)):
        raise Problem(409, f"there is a key called {key.name!r} already; choose another name, or rotate that one",
                      "key_exists", param="name")  # fmt: skip
    await gateway.store.put_key(key)
    await gateway.refresh_keys()
    await send_json(exchange, {"key": secret, **described(key, Sums(), time())}, 201, UNSTORED)


async def show(exchange: Exchange, gateway: Gateway, id: str) -> None:
    """GET /admin/v1/keys/{id}."""
    key = next((one for one in await _all(gateway) if one.id == id), None)
    if key is None:
        raise _unknown(id)
    await send_json(exchange, described(key, await gateway.store.spent(time()), time()), headers=UNSTORED)


async def change(exchange: Exchange, gateway: Gateway, id: str) -> None:
    """PATCH /admin/v1/keys/{id}: what the body says is set, null takes it away, the rest stays."""
    wish = await _read(exchange, KeyWish)
    teams, now = gateway.config.teams, time()
    key = await _changed(gateway, id, lambda key: wished(key, wish, teams, now))
    await send_json(exchange, described(key, await gateway.store.spent(now), now), headers=UNSTORED)


async def rotate(exchange: Exchange, gateway: Gateway, id: str) -> None:
    """POST /admin/v1/keys/{id}/rotate: a new secret, which is told only here; the old one ends after `grace`."""
    wish, now = await _read(exchange, RotateWish), time()
    secrets: list[str] = []

    def rotated(key: VirtualKey) -> VirtualKey:
        secret, changed = rotated_key(key, wish.grace, now)
        secrets.append(secret)  # the last one counts: a transaction may be tried again
        return changed

    key = await _changed(gateway, id, rotated)
    await send_json(exchange, {"key": secrets[-1], **described(key, Sums(), now)}, headers=UNSTORED)


async def revoke(exchange: Exchange, gateway: Gateway, id: str) -> None:
    """POST /admin/v1/keys/{id}/revoke, or DELETE: the key is of no use from now on; what it used stays in the books."""
    now = time()
    key = await _changed(gateway, id, lambda key: revoked_key(key, now))
    await send_json(exchange, described(key, await gateway.store.spent(now), now), headers=UNSTORED)


async def _changed(gateway: Gateway, id: str, act: Callable[[VirtualKey], VirtualKey]) -> VirtualKey:
    key = await gateway.store.change_key(id, act)
    if key is None:
        known = gateway.ring.by_id(id)
        if known is not None and known.source == "file":
            raise Problem(409, f"the key {id} stands in the configuration: change it there", "key_in_file")
        raise _unknown(id)
    await gateway.refresh_keys()
    return key


async def _all(gateway: Gateway) -> list[VirtualKey]:
    """The keys of the store as they are now, behind those of the configuration."""
    kept = await gateway.store.keys()
    return [*(key for key in gateway.ring if key.source == "file"), *kept]


def _unknown(id: str) -> Problem:
    return Problem(404, f"no key has the id {id[:80]!r}; GET /admin/v1/keys lists them", "key_not_found")


async def _read(exchange: Exchange, kind: type[Wanted]) -> Wanted:
    """The body as what is wanted; no body is an empty object. Raises Problem 400, 408, 413."""
    try:
        async with asyncio.timeout(_PATIENCE):
            body = await read_body(exchange, _MOST_BODY)
    except TimeoutError:
        raise Problem(408, f"the body did not come whole within {_PATIENCE:g} seconds", "body_timeout") from None
    try:
        return msgspec.json.decode(body or b"{}", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"the body cannot be used: {error}", "bad_body") from None


def described(key: VirtualKey, sums: Sums, now: float) -> dict[str, Any]:
    """What is told of a key: everything but its hashes."""
    bounds, spent = key.bounds, sums.keys.get(key.id, SoFar())
    return {
        "id": key.id,
        "name": key.name,
        "state": state_of(key, now),
        "shown": key.shown,
        "source": key.source,
        "models": key.models,
        "routes": key.routes,
        "rpm": bounds.rpm,
        "tpm": bounds.tpm,
        "parallel": bounds.parallel,
        "budget": {"day": bounds.day, "month": bounds.month, "total": bounds.total},
        "spent": {name: round(value, 9) for name, value in spent._asdict().items()},
        "team": key.team,
        "tags": key.tags,
        "created": moment_text(key.created or None),
        "expires": moment_text(key.expires),
        "revoked": moment_text(key.revoked),
        "previous_until": moment_text(key.previous_until),
    }


def moment_text(when: float | None, precision: str = "seconds") -> str | None:
    """A moment in ISO 8601, UTC."""
    if when is None:
        return None
    return datetime.fromtimestamp(when, UTC).isoformat(timespec=precision).replace("+00:00", "Z")
