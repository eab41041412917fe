"""Keys made, and keys of a configuration: secrets that nobody guesses, and teams that count for their keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from gw_store import NOON

from franca.errors import BadUsage
from franca.gateway.config.shape import BudgetTable, Config, KeyTable, TeamTable
from franca.gateway.keys.made import config_keys, made_key, new_secret, revoked_key, rotated_key, state_of, with_teams
from franca.gateway.keys.record import Bounds, VirtualKey, hashed
from franca.gateway.keys.wish import KeyWish


def test_secrets_are_never_the_same_and_use_the_whole_alphabet() -> None:
    """32 characters of 62: a generator that left some out, or repeated itself, would be seen."""
    made = {new_secret() for _ in range(2000)}
    assert len(made) == 2000
    assert {len(one) for one in made} == {len("sk-franca-") + 32}
    assert len(set("".join(one[10:] for one in made))) == 62


def test_a_made_key_knows_its_secret_only_by_its_hash() -> None:
    """Neither its fields nor its text hold it."""
    secret, key = made_key(KeyWish(name="alice"), None, NOON)
    assert key.hash == hashed(secret)
    assert secret not in repr(key)
    assert secret[10:-4] not in repr(key)
    assert (key.source, key.created, state_of(key, NOON)) == ("store", NOON, "valid")


def test_the_keys_of_a_configuration(tmp_path: Path) -> None:
    """Literal, hashed, from a variable and from a file; with limits, teams and an end; ids that stay the same."""
    (tmp_path / "secret").write_text("from-a-file\n")
    config = Config(
        keys={
            "plain": KeyTable(key="a secret", rpm=5, budget=BudgetTable(day=1.0), models=("a",), tags=("t",)),
            "hash": KeyTable(key="sha256:" + hashed("hashed").upper(), team="red", expires="2026-11-21"),
            "env": KeyTable(key="env:KEY_OF_ENV", routes=("chat",), expires="2026-11-21T12:00:00+01:00"),
            "file": KeyTable(key=f"file:{tmp_path}/secret", team="gone"),
        },
        teams={"red": TeamTable(tpm=7, budget=BudgetTable(month=9.0), models=("sim/*",))},
    )
    plain, digest, env, file = config_keys(config, {"KEY_OF_ENV": "in-a-variable"})
    assert [key.id for key in (plain, digest, env, file)] == ["key_plain", "key_hash", "key_env", "key_file"]
    assert [key.hash for key in (plain, digest, env, file)] == [
        hashed(secret) for secret in ("a secret", "hashed", "in-a-variable", "from-a-file")
    ]
    assert (plain.bounds, plain.models, plain.tags) == (Bounds(rpm=5, day=1.0), ("a",), ("t",))
    assert (digest.team_bounds, digest.team_models) == (Bounds(tpm=7, month=9.0), ("sim/*",))
    assert digest.expires == NOON + 43200  # the end of the day
    assert env.expires == NOON - 3600
    assert (file.team, file.team_bounds) == ("gone", Bounds())
    assert {key.source for key in config_keys(config, {"KEY_OF_ENV": "x" * 20})} == {"file"}


@pytest.mark.parametrize(
    "table", [KeyTable(key="env:NO"), KeyTable(key="sha256:12"), KeyTable(key="k", expires="soon")]
)
def test_a_key_of_a_configuration_that_cannot_be(table: KeyTable) -> None:
    """Told with its name."""
    with pytest.raises(BadUsage, match=r"\[keys\.broken\]"):
        config_keys(Config(keys={"broken": table}), {})


def test_a_team_is_filled_in_from_the_configuration_of_the_moment() -> None:
    """A key of the store gets the bounds that its team has now, and nothing of another team."""
    keys = [VirtualKey(id=f"key_{n}", name="n", hash="h", team=team) for n, team in enumerate(["red", "blue", None])]
    found = with_teams(keys, Config(teams={"red": TeamTable(rpm=3)}))
    assert [key.team_bounds.rpm for key in found] == [3, None, None]


def test_a_rotation_with_grace_and_without() -> None:
    """Two secrets for a time, then one; a second rotation within the time ends the first secret."""
    first, key = made_key(KeyWish(name="a"), None, NOON)
    second, key = rotated_key(key, 60.0, NOON)
    assert (key.hash, key.previous, key.previous_until) == (hashed(second), hashed(first), NOON + 60)
    third, key = rotated_key(key, 60.0, NOON)
    assert (key.hash, key.previous) == (hashed(third), hashed(second))
    _, key = rotated_key(key, 0.0, NOON)
    assert (key.previous, key.previous_until) == (None, None)


def test_a_revoked_key_stays_revoked_since_when_it_was() -> None:
    """Revoking again changes nothing; it cannot be rotated; its old secrets end with it."""
    _, key = made_key(KeyWish(name="a"), None, NOON)
    _, key = rotated_key(key, 600.0, NOON)
    gone = revoked_key(key, NOON + 5)
    assert (gone.revoked, gone.previous, state_of(gone, NOON + 5)) == (NOON + 5, None, "revoked")
    assert revoked_key(gone, NOON + 50) == gone
    with pytest.raises(BadUsage, match="was revoked"):
        rotated_key(gone, 0.0, NOON + 6)
