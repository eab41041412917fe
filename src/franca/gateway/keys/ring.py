"""The keys that callers may use, found by their secret in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from ..problem import Problem
from .record import VirtualKey

__all__ = ["KeyRing"]

_LONGEST = 512
"""Characters of a secret; what is longer is nobody's key, and hashing it would be work that anybody can order."""
_NEVER = float("inf")
_WWW = ((b"www-authenticate", b"Bearer"),)


class KeyRing:
    """Keys by the SHA-256 of their secrets. To find one costs a hash and a look into a dict: under a microsecond.

    The secret itself is neither kept nor compared: whoever measures the time that a look takes learns something of the
    hash of a guess, which says nothing of any key.
    """

    __slots__ = ("_by_hash", "_by_id")

    def __init__(self, keys: Iterable[VirtualKey] = ()) -> None:
        self._by_hash: dict[str, tuple[VirtualKey, float]] = {}
        self._by_id: dict[str, VirtualKey] = {}
        self.replace(keys)

    def find(self, secret: str, now: float) -> VirtualKey:
        """The key of this secret at this moment (Unix seconds).

        A key that was rotated is found by its previous secret too, until that ends. Raises Problem 401:
        `invalid_api_key` for what is no key, `key_expired` and `key_revoked` for what was one.
        """
        if len(secret) <= _LONGEST:
            try:
                found = self._by_hash.get(sha256(secret.encode("utf-8", "surrogateescape")).hexdigest())
            except UnicodeEncodeError:  # half a surrogate pair, which no header can hold
                found = None
            if found is not None:
                if now < found[1]:
                    return found[0]
                raise _ended(found[0], now)
        raise Problem(
            401, "this API key is not known here; check it, or ask whoever runs this gateway for one",
            "invalid_api_key", headers=_WWW,
        )  # fmt: skip

    def by_id(self, id: str) -> VirtualKey | None:
        """The key with this public id, whether it may still be used or not."""
        return self._by_id.get(id)

    def replace(self, keys: Iterable[VirtualKey]) -> None:
        """Hold these keys and no others. A request sees the old ones or the new ones, never a mixture.

        Of two keys with one id the last is held. The hash of a secret in use goes before the previous one of another.
        """
        by_id = {key.id: key for key in keys}
        by_hash: dict[str, tuple[VirtualKey, float]] = {}
        for key in by_id.values():
            if key.previous is not None and key.previous_until is not None:
                by_hash[key.previous] = (key, min(_end(key), key.previous_until))
        for key in by_id.values():
            by_hash[key.hash] = (key, _end(key))
        self._by_id, self._by_hash = by_id, by_hash

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[VirtualKey]:
        return iter(self._by_id.values())

    def __repr__(self) -> str:
        return f"<KeyRing of {len(self._by_id)} keys>"


def _end(key: VirtualKey) -> float:
    """The moment from which its secret opens nothing any more."""
    return min(
        _NEVER if key.expires is None else key.expires,
        _NEVER if key.revoked is None else key.revoked,
    )


def _ended(key: VirtualKey, now: float) -> Problem:
    if key.revoked is not None and key.revoked <= now:
        return Problem(401, "this API key was revoked; ask for a new one", "key_revoked", headers=_WWW)
    if key.expires is not None and key.expires <= now:
        return Problem(401, "this API key has expired; ask for a new one", "key_expired", headers=_WWW)
    return Problem(401, "this API key was replaced by a new one; use that", "key_expired", headers=_WWW)
