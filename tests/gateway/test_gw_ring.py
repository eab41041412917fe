"""Keys found by their secrets: known, unknown, ended, rotated, replaced."""

from __future__ import annotations

import pytest

from franca.gateway.keys.record import VirtualKey, hashed
from franca.gateway.keys.ring import KeyRing
from franca.gateway.problem import Problem

SECRET = "sk-franca-" + "a" * 32
OTHER = "sk-franca-" + "b" * 32
NOW = 1_768_478_400.0


def _key(secret: str = SECRET, id: str = "key_1", **more: object) -> VirtualKey:
    return VirtualKey(id=id, name=id, hash=hashed(secret), **more)  # type: ignore[arg-type]


def _code(ring: KeyRing, secret: str, now: float = NOW) -> str:
    with pytest.raises(Problem) as caught:
        ring.find(secret, now)
    assert caught.value.status == 401
    assert dict(caught.value.headers) == {b"www-authenticate": b"Bearer"}
    assert secret == "" or secret not in caught.value.message
    return str(caught.value.code)


def test_a_key_is_found_by_its_secret_and_its_id() -> None:
    """And by nothing else: one text is told for all that is no key."""
    key = _key()
    ring = KeyRing([key, _key(OTHER, "key_2")])
    assert ring.find(SECRET, NOW) is key
    assert ring.by_id("key_1") is key
    assert ring.by_id("key_3") is None
    assert len(ring) == 2
    texts = set()
    for wrong in (
        "",
        "x",
        SECRET[:-1],
        SECRET + " ",
        key.hash,
        "key_1",
        "\ud800",
        "\udcff",
        "a" * 100_000,
        "schlüssel",
    ):
        assert _code(ring, wrong) == "invalid_api_key"
        with pytest.raises(Problem) as caught:
            ring.find(wrong, NOW)
        texts.add(caught.value.message)
    assert len(texts) == 1


def test_a_key_that_has_ended() -> None:
    """From the very moment on; revoked is told before expired."""
    ring = KeyRing([_key(expires=NOW + 10), _key(OTHER, "key_2", expires=NOW + 20, revoked=NOW + 10)])
    assert ring.find(SECRET, NOW + 9.9).id == "key_1"
    assert ring.find(OTHER, NOW + 9.9).id == "key_2"
    assert _code(ring, SECRET, NOW + 10) == "key_expired"
    assert _code(ring, OTHER, NOW + 10) == "key_revoked"
    assert _code(ring, OTHER, NOW + 30) == "key_revoked"


def test_a_rotated_key_is_found_by_both_secrets_for_a_while() -> None:
    """The previous one ends when it was said to, or with the key; without a moment it opens nothing."""
    ring = KeyRing([_key(OTHER, previous=hashed(SECRET), previous_until=NOW + 60)])
    assert ring.find(SECRET, NOW) is ring.find(OTHER, NOW)
    assert _code(ring, SECRET, NOW + 60) == "key_expired"
    assert ring.find(OTHER, NOW + 60).id == "key_1"
    ring.replace([_key(OTHER, previous=hashed(SECRET), previous_until=NOW + 60, revoked=NOW)])
    assert _code(ring, SECRET) == "key_revoked"
    ring.replace([_key(OTHER, previous=hashed(SECRET))])
    assert _code(ring, SECRET) == "invalid_api_key"


def test_a_secret_in_use_goes_before_a_previous_one() -> None:
    """In whatever order the keys come."""
    keys = [_key(SECRET, "new"), _key(OTHER, "old", previous=hashed(SECRET), previous_until=NOW + 60)]
    assert KeyRing(keys).find(SECRET, NOW).id == "new"
    assert KeyRing(keys[::-1]).find(SECRET, NOW).id == "new"


def test_replaced_keys() -> None:
    """What is not among the new ones is unknown; an iterator that fails changes nothing."""
    ring = KeyRing([_key()])

    def broken():  # type: ignore[no-untyped-def]
        yield _key(OTHER, "key_2")
        raise RuntimeError("the store is away")

    with pytest.raises(RuntimeError):
        ring.replace(broken())
    assert [key.id for key in ring] == ["key_1"]
    assert ring.find(SECRET, NOW).id == "key_1"
    ring.replace([_key(OTHER, "key_2")])
    assert _code(ring, SECRET) == "invalid_api_key"
    assert SECRET not in repr(ring)
