"""Keys made, rotated and revoked; the keys of a configuration; and what their teams add to them."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping
from string import ascii_letters, digits

from msgspec.structs import replace

from ...errors import BadUsage
from ..config.shape import Config, KeyTable, TeamTable
from ..config.words import key_hash, moment
from .record import Bounds, VirtualKey, hashed
from .wish import KeyWish, wished

__all__ = [
    "PREFIX",
    "config_keys",
    "id_of_name",
    "made_key",
    "new_secret",
    "revoked_key",
    "rotated_key",
    "state_of",
    "with_teams",
]

PREFIX = "sk-franca-"
_ALPHABET = ascii_letters + digits
_LONGEST_GRACE = 90 * 86400.0


def new_secret() -> str:
    """A secret that nobody guesses: 32 characters out of 62, 190 bits."""
    return PREFIX + _random(32)


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def made_key(wish: KeyWish, teams: Collection[str] | None, now: float) -> tuple[str, VirtualKey]:
    """A new key, and its secret, which is kept nowhere: whoever gets it here must keep it. Raises BadUsage."""
    secret = new_secret()
    empty = VirtualKey(id=f"key_{_random(16)}", name="", hash=hashed(secret), shown=secret[-4:], created=now)
    key = wished(empty, wish, teams, now)
    if not key.name:
        raise BadUsage("a key needs a name: whose is it?", param="name")
    return secret, key


def rotated_key(key: VirtualKey, grace: float, now: float) -> tuple[str, VirtualKey]:
    """The key with a new secret, and that; the old one goes on for `grace` seconds. Of several old ones only the latest
    does. Raises BadUsage."""
    if key.revoked is not None:
        raise BadUsage(f"the key {key.id} was revoked: make a new one", code="key_revoked")
    if not 0 <= grace <= _LONGEST_GRACE:
        raise BadUsage(f"grace must be 0 to {_LONGEST_GRACE:.0f} seconds (90 days), not {grace:g}", param="grace")
    secret = new_secret()
    return secret, replace(
        key,
        hash=hashed(secret),
        shown=secret[-4:],
        previous=key.hash if grace else None,
        previous_until=now + grace if grace else None,
    )


def revoked_key(key: VirtualKey, now: float) -> VirtualKey:
    """The key, of no use from now on; one that was revoked before stays as it is."""
    return key if key.revoked is not None else replace(key, revoked=now, previous=None, previous_until=None)


def state_of(key: VirtualKey, now: float) -> str:
    """ "valid", "expired" or "revoked"."""
    if key.revoked is not None and key.revoked <= now:
        return "revoked"
    return "expired" if key.expires is not None and key.expires <= now else "valid"


def config_keys(config: Config, environ: Mapping[str, str] | None = None) -> list[VirtualKey]:
    """The keys that stand in the configuration, with the bounds of their teams. Raises BadUsage for a secret that is
    not there, and for a date that is none."""
    return with_teams([_of_table(name, table, environ) for name, table in config.keys.items()], config)


def id_of_name(name: str) -> str:
    """The id of the key [keys.NAME] of a configuration: the same after each start, so that its usage goes on."""
    return f"key_{name}"


def _of_table(name: str, table: KeyTable, environ: Mapping[str, str] | None) -> VirtualKey:
    try:
        digest = key_hash(table.key, environ)
        expires = None if table.expires is None else moment(table.expires)
    except (BadUsage, ValueError) as error:
        raise BadUsage(f"[keys.{name}]: {error}") from None
    return VirtualKey(
        id=id_of_name(name), name=name, hash=digest, models=table.models, routes=table.routes, bounds=_bounds(table),
        team=table.team, tags=table.tags, expires=expires, source="file",
    )  # fmt: skip


def _bounds(table: KeyTable | TeamTable) -> Bounds:
    budget = table.budget
    return Bounds(
        rpm=table.rpm, tpm=table.tpm, parallel=table.parallel, day=budget.day, month=budget.month, total=budget.total
    )


def with_teams(keys: Iterable[VirtualKey], config: Config) -> list[VirtualKey]:
    """The keys, each with what its team may do. The team of a key may be gone from the configuration: then it has its
    own bounds only."""
    teams = {name: (_bounds(table), table.models) for name, table in config.teams.items()}
    found = []
    for key in keys:
        team = teams.get(key.team) if key.team is not None else None
        found.append(key if team is None else replace(key, team_bounds=team[0], team_models=team[1]))
    return found
