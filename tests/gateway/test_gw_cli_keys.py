"""`franca keys` and `franca usage`: the books by the command line."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from gw_store import DAY, NOON, Books, row

from franca.cli import main
from franca.gateway.keys.record import VirtualKey, hashed
from franca.gateway.store.base import Store

SECRET = re.compile(r"sk-franca-[0-9A-Za-z]{32}")
CONFIG = """
[servers.sim]
base_url = "http://127.0.0.1:1/v1"
api_key = "env:NO_SUCH_VARIABLE"

[teams.red]
rpm = 100

[keys.ci]
key = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
"""


class Done(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


Franca = Callable[..., Done]


@pytest.fixture
def franca(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Franca:
    """Commands in a folder with a configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "franca.toml").write_text(CONFIG)

    def run(*words: str) -> Done:
        code = main(words)
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return run


def kept(folder: Path) -> list[VirtualKey]:
    """The keys of the store."""

    async def act(store: Store) -> list[VirtualKey]:
        return await store.keys()

    return Books("", folder).run(act)


def test_a_key_is_made_and_its_secret_shown_once(franca: Franca, tmp_path: Path) -> None:
    """Alone on standard output, for scripts; the store has its hash and its last characters, and no file the secret."""
    done = franca("keys", "create", "alice")
    assert done.code == 0
    secret = done.out.removesuffix("\n")
    assert SECRET.fullmatch(secret)
    (key,) = kept(tmp_path)
    assert (key.name, key.hash, key.shown) == ("alice", hashed(secret), secret[-4:])
    assert done.err.strip() == key.id
    assert re.fullmatch(r"key_[0-9A-Za-z]{16}", key.id)
    for path in tmp_path.iterdir():
        assert secret.encode() not in path.read_bytes()
    assert secret not in franca("keys", "show", "alice").out + franca("keys", "list", "--json").out


def test_all_that_a_key_may_do_is_said_by_options(franca: Franca, tmp_path: Path) -> None:
    """Made with all of them, changed one by one, and taken away by "none"."""
    done = franca(
        *("keys", "create", "alice", "--models", "sim/*, other/x", "--routes", "chat,files", "--rpm", "60"),
        *("--tpm", "10_000", "--parallel", "4", "--budget-day", "1.5", "--budget-month", "$20"),
        *("--budget-total", "100", "--team", "red", "--tags", "a,b", "--expires", "2099-12-31"),
    )
    assert done.code == 0
    (key,) = kept(tmp_path)
    assert (key.models, key.routes, key.team, key.tags) == (("sim/*", "other/x"), ("chat", "files"), "red", ("a", "b"))
    bounds = key.bounds
    assert (bounds.rpm, bounds.tpm, bounds.parallel) == (60, 10_000, 4)
    assert (bounds.day, bounds.month, bounds.total) == (1.5, 20, 100)
    assert key.expires == 4102444800.0  # the end of that day
    done = franca(
        "keys", "update", "alice", "--rpm", "none", "--budget-day", "none", "--team", "none", "--models", "none"
    )
    assert done.code == 0
    done = franca("keys", "update", key.id, "--name", "bob", "--expires", "none", "--tpm", "5", "--tags", "none")
    assert done.code == 0
    (after,) = kept(tmp_path)
    assert (after.name, after.id, after.models, after.team, after.tags) == ("bob", key.id, (), None, ())
    assert (after.bounds.rpm, after.bounds.tpm, after.bounds.day, after.bounds.month) == (None, 5, None, 20)
    assert (after.expires, after.hash) == (None, key.hash)


def test_a_key_is_rotated_and_revoked(franca: Franca, tmp_path: Path) -> None:
    """A new secret of the same key, the old one for as long as was said; a revoked one stays in the books."""
    first = franca("keys", "create", "alice").out.strip()
    second = franca("keys", "rotate", "alice", "--grace", "2h")
    assert second.code == 0
    (key,) = kept(tmp_path)
    assert (key.hash, key.previous) == (hashed(second.out.strip()), hashed(first))
    assert key.previous_until is not None
    third = franca("keys", "rotate", "alice", "--json")
    (key,) = kept(tmp_path)
    assert (key.hash, key.previous) == (hashed(json.loads(third.out)["key"]), None)
    assert franca("keys", "revoke", "alice").code == 0
    (key,) = kept(tmp_path)
    assert key.revoked is not None
    assert franca("keys", "rotate", "alice").code == 2
    assert [line.split("\t")[0] for line in franca("keys", "list").out.splitlines()] == ["ci"]
    assert [line.split("\t")[:3:2] for line in franca("keys", "list", "--all").out.splitlines()] == [
        ["ci", "valid"],
        ["alice", "revoked"],
    ]
    assert franca("keys", "create", "alice").code == 0  # the name is free again
    assert franca("keys", "show", "alice", "--json").out.count('"state":"valid"') == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("show nobody", "no key has the name or id 'nobody'"),
        ("create alice", "a key called 'alice' already"),
        ("create bob --team blue", "no team 'blue' is in the configuration; there are red"),
        ("create bob --rpm many", "--rpm takes a number"),
        ("create bob --rpm 0", "rpm must be at least 1"),
        ("create bob --budget-day -3", "budget.day must be an amount"),
        ("create bob --budget-day nan", "budget.day must be an amount"),
        ("create bob --models a*b", "* stands only at the end"),
        ("create bob --routes chatt", "no endpoint is called 'chatt'; there are audio, chat"),
        ("create bob --expires soon", "a date or a moment is wanted"),
        ("create bob --expires 2001-01-01", "over already"),
        ("rotate alice --grace soon", "takes a length of time"),
        ("rotate alice --grace 400d", "90 days"),
        ("revoke ci", "stands in the configuration"),
        ("update ci --rpm 5", "stands in the configuration"),
        ("list --store mysql://me:hunter2@db", "is no store"),
        ("list --store none", "no store to look into"),
        ("list --config missing.toml", "missing.toml"),
    ],
)
def test_what_cannot_work_is_told(words: str, said: str, franca: Franca, tmp_path: Path) -> None:
    """One line, exit code 2, and nothing changed."""
    franca("keys", "create", "alice")
    before = kept(tmp_path)
    done = franca("keys", *words.split())
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "hunter2" not in done.err
    assert kept(tmp_path) == before


def test_two_keys_of_one_name_are_told_apart_by_id(franca: Franca, tmp_path: Path) -> None:
    """A name that two keys got is refused with both ids; an id is enough."""

    async def act(store: Store) -> None:
        await store.put_key(VirtualKey(id="key_1", name="twin", hash="1", created=1.0))
        await store.put_key(VirtualKey(id="key_2", name="twin", hash="2", created=2.0))

    Books("", tmp_path).run(act)
    done = franca("keys", "revoke", "twin")
    assert done.code == 2
    assert "key_1, key_2" in done.err
    assert franca("keys", "revoke", "key_2").code == 0
    assert franca("keys", "revoke", "twin").code == 0  # only one is left


def test_without_a_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Told what to name; a store can be named alone, also by a variable, and found where its file lies."""
    monkeypatch.chdir(tmp_path)
    assert main(["keys", "list"]) == 2
    assert "--config, or a store with --store" in capsys.readouterr().err
    monkeypatch.setenv("BOOKS", f"sqlite:{tmp_path}/franca.db")
    assert main(["usage", "--store", "env:BOOKS"]) == 2
    assert "no store at" in capsys.readouterr().err
    assert not (tmp_path / "franca.db").exists()
    assert main(["keys", "create", "alice", "--team", "unknown to nobody", "--store", "env:BOOKS"]) == 0
    capsys.readouterr()
    assert main(["keys", "list"]) == 0
    assert capsys.readouterr().out.startswith("alice\t")


def test_a_broken_configuration_is_told_with_its_place(franca: Franca, tmp_path: Path) -> None:
    """What concerns the store or the whole file; secrets of servers that are not set are no matter here."""
    (tmp_path / "franca.toml").write_text('[store]\nurl = "mysql://db"\n')
    done = franca("keys", "list")
    assert done.code == 2
    assert "franca.toml:2" in done.err
    (tmp_path / "franca.toml").write_text("[store\n")
    assert franca("usage").code == 2


# ---- usage ------------------------------------------------------------------------------------------


@pytest.fixture
def used(franca: Franca, tmp_path: Path) -> Franca:
    """Commands over books with some usage of a key alice."""
    franca("keys", "create", "alice")
    (key,) = kept(tmp_path)

    async def act(store: Store) -> None:
        await store.add(
            [
                row(key=key.id, at=NOON - DAY, cost=1.0, tags=("x",)),
                row(key=key.id, cost=0.5, model="big"),
                row(key="key_ci", cost=None, model="big", outcome="cut"),
                row(key="", server="", model="", outcome="refused", status=401, cost=None),
            ]
        )

    Books("", tmp_path).run(act)
    return franca


def test_usage_in_a_pipe(used: Franca) -> None:
    """One line for each, tab-separated, exact, without a sum that would count twice."""
    done = used("usage", "--from", "all")
    assert (done.code, done.err) == (0, "")
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert [(cells[0], cells[1], cells[9]) for cells in rows] == [
        ("sim/echo", "1", "1"),
        ("sim/big", "2", "0.5"),
        ("", "1", "0"),
    ]


def test_usage_by_several_and_of_a_part(used: Franca, tmp_path: Path) -> None:
    """By day and key, from and to whole days, of one key by its name, as JSON and CSV."""
    (key,) = kept(tmp_path)
    found = json.loads(used("usage", "--by", "day,key", "--from", "2026-11-20", "--to", "2026-11-20", "--json").out)
    assert (found["from"], found["to"]) == ("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z")
    (line,) = found["lines"]
    assert (line["day"], line["key"], line["key_name"], line["cost"]) == ("2026-11-20", key.id, "alice", 1.0)
    assert found["total"]["requests"] == 1
    for name, requests in (("alice", 2), ("ci", 1), (key.id, 2), ("nobody", 0)):
        found = json.loads(used("usage", "--key", name, "--from", "all", "--json").out)
        assert found["total"]["requests"] == requests
    lines = used("usage", "--by", "key", "--csv", "--from", "all").out.splitlines()
    assert lines[0].startswith("key,key_name,requests,failed,refused,left,cached,prompt_tokens,")
    assert lines[1].startswith(f"{key.id},alice,2,0,0,0,0,20,10,")
    assert {line.split(",")[1] for line in lines[1:]} == {"alice", "ci", ""}


@pytest.mark.parametrize(
    ("words", "said"), [("--by dya", "summed by 'dya'"), ("--from yesteryear", "is no time"), ("--to 9x", "is no time")]
)
def test_questions_that_cannot_be_answered(words: str, said: str, used: Franca) -> None:
    """Told in one line with exit code 2."""
    done = used("usage", *words.split())
    assert done.code == 2
    assert said in done.err


def in_terminal(folder: Path, *words: str) -> str:
    """What a command shows on a terminal."""
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": "120", "TERM": "dumb"}
    process = subprocess.Popen(
        [sys.executable, "-m", "franca.cli", *words], stdout=slave, stderr=slave, cwd=folder, env=environment
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            block = os.read(master, 65536)
        except OSError:  # so Linux tells that the other side is closed
            break
        if not block:
            break
        shown += block
    os.close(master)
    assert process.wait(30) == 0, shown
    return shown.decode().replace("\r\n", "\n")


def test_usage_in_a_terminal(used: Franca, tmp_path: Path) -> None:
    """A heading, the names of keys, and the sum below; columns that say nothing are left out."""
    lines = in_terminal(tmp_path, "usage", "--by", "key", "--from", "all").splitlines()
    assert lines[0].split() == ["KEY", "REQUESTS", "FAILED", "REFUSED", "IN", "OUT", "COST", "UNPRICED"]
    assert lines[1].split() == ["alice", "2", "20", "10", "$1.50"]
    assert lines[-1].split() == ["total", "4", "1", "1", "40", "20", "$1.50", "1"]
    lines = in_terminal(tmp_path, "usage", "--by", "tag", "--from", "all").splitlines()
    assert lines[-1].split()[:2] == ["total", "4"]


def test_keys_in_a_terminal(used: Franca, tmp_path: Path) -> None:
    """What was spent and what may be, in a table; a new secret with a word on what it is."""
    franca = used
    franca("keys", "update", "alice", "--budget-month", "20", "--rpm", "5")
    lines = in_terminal(tmp_path, "keys", "list").splitlines()
    assert lines[0].split()[:2] == ["NAME", "ID"]
    assert any("alice" in line and "$20.00 a month" in line and "$1.50" in line for line in lines)
    shown = in_terminal(tmp_path, "keys", "create", "bob")
    assert SECRET.search(shown)
    assert "it is not shown again" in shown


def test_what_is_written_can_be_read_by_a_gateway(franca: Franca, tmp_path: Path) -> None:
    """The key that the command made opens the ring of keys, with what its team may."""
    from franca.gateway.config.shape import Config, TeamTable
    from franca.gateway.keys.made import with_teams
    from franca.gateway.keys.ring import KeyRing

    secret = franca("keys", "create", "alice", "--team", "red").out.strip()
    ring = KeyRing(with_teams(kept(tmp_path), Config(teams={"red": TeamTable(rpm=100, models=("sim/*",))})))
    found = ring.find(secret, NOON)
    assert (found.name, found.team_bounds.rpm, found.team_models) == ("alice", 100, ("sim/*",))
    assert asyncio.run(_version(tmp_path)) > 0


async def _version(folder: Path) -> Any:
    store = Books("", folder).store()
    try:
        return await store.keys_version()
    finally:
        await store.close()
