"""What is SQLite's own: the file, who may read it, several processes at it, and what it does when it cannot be used."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from gw_store import Books, row

from franca.errors import BadUsage
from franca.gateway.store.base import Store, StoreDown, UsageLine, UsageQuery, open_store
from franca.gateway.store.nowhere import Nowhere
from franca.gateway.store.postgres import PostgresStore
from franca.gateway.store.sqlite import SqliteStore


async def put(store: Store) -> None:
    """One row."""
    await store.add([row()])


async def count(store: Store) -> int:
    """How many rows there are."""
    return (await store.usage(UsageQuery()))[0].requests


def test_the_file_is_for_its_user_only(tmp_path: Path) -> None:
    """It and the files that SQLite puts beside it: keys' hashes and what people asked are in there."""
    seen: dict[str, int] = {}

    async def act(store: Store) -> None:
        await store.add([row()])
        seen.update({path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()})

    before = os.umask(0)
    try:
        Books("", tmp_path).run(act)
    finally:
        os.umask(before)
    assert seen.keys() == {"franca.db", "franca.db-wal", "franca.db-shm"}
    assert set(seen.values()) == {0o600}


def test_closing_leaves_one_file(tmp_path: Path) -> None:
    """What was written is in the file itself, so that it can be copied."""
    Books("", tmp_path).run(put)
    assert [path.name for path in tmp_path.iterdir()] == ["franca.db"]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("", "franca.db"), ("sqlite:usage.db", "usage.db"), ("sqlite:deep/usage.db", "deep/usage.db"),
        ("sqlite:/srv/x.db", "/srv/x.db"), ("sqlite:///srv/x.db", "/srv/x.db"), ("env:STORE", "from-env.db"),
    ],
)  # fmt: skip
def test_where_a_url_leads(url: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is relative to the configuration; with two slashes it is absolute; the URL may be in a variable."""
    monkeypatch.setenv("STORE", "sqlite:from-env.db")
    store = open_store(url, tmp_path)
    assert isinstance(store, SqliteStore)
    assert store.path == os.path.join(tmp_path, path)


def test_other_urls() -> None:
    """Postgres, none, memory, and what is no store, which is not repeated: it may hold a password."""
    assert isinstance(open_store("postgresql://me:secret@db/x"), PostgresStore)
    assert isinstance(open_store("postgres://me:secret@db/x"), PostgresStore)
    assert isinstance(open_store("none"), Nowhere)
    assert open_store("").shown == open_store("memory").shown == "memory"
    for url in ("mysql://me:secret@db/x", "secret", "sqlite:", "sqlite://"):
        with pytest.raises(BadUsage, match="sqlite:PATH") as caught:
            open_store(url)
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize("kind", ["no folder", "a folder", "no database"])
def test_what_cannot_be_a_store_is_told(kind: str, tmp_path: Path) -> None:
    """What is wrong, where, and what to do; no file is made or changed."""
    path = tmp_path / "x" / "store.db" if kind == "no folder" else tmp_path / "store.db"
    if kind == "a folder":
        path.mkdir()
    elif kind == "no database":
        path.write_text("these are my notes, " * 100)
    before = path.read_text() if path.is_file() else None
    with pytest.raises(BadUsage, match="name") as caught:
        Books(f"sqlite:{path}", tmp_path).run(put)
    assert str(path) in str(caught.value)
    assert (path.read_text() if path.is_file() else None) == before


def test_a_file_that_another_process_holds_is_down_for_so_long(tmp_path: Path) -> None:
    """A writer waits shortly, then says that the store is down; reports work all the time, also for who
    comes new; afterwards writing works again."""
    books = Books("", tmp_path)
    books.run(put)
    holder = sqlite3.connect(tmp_path / "franca.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    async def act(store: Store) -> list[int]:
        before = await count(store)
        with pytest.raises(StoreDown, match="locked"):
            await store.add([row()])
        during = await count(store)
        holder.execute("COMMIT")
        await store.add([row()])
        return [before, during, await count(store)]

    try:
        assert books.run(act) == [1, 1, 2]
    finally:
        holder.close()


def test_a_file_that_is_moved_away_is_made_anew(tmp_path: Path) -> None:
    """What is written after that is in the file of its name, and not lost in one that nobody sees."""

    async def act(store: Store) -> int:
        await store.add([row(), row()])
        os.rename(tmp_path / "franca.db", tmp_path / "old.db")
        for end in ("-wal", "-shm"):
            os.rename(tmp_path / f"franca.db{end}", tmp_path / f"old.db{end}")
        await store.add([row()])
        return await count(store)

    assert Books("", tmp_path).run(act) == 1
    assert Books("sqlite:old.db", tmp_path).run(count) == 2


WRITER = """
import asyncio, sys
sys.path[:0] = [sys.argv[2]]
from gw_store import row
from franca.gateway.store.base import open_store

async def main():
    store = open_store("", sys.argv[1])
    for number in range(40):
        await store.add([row(id=f"{sys.argv[3]}-{number}-{part}") for part in range(5)])
    await store.close()

asyncio.run(main())
"""


def test_several_processes_write_the_same_file(tmp_path: Path) -> None:
    """Workers of one machine: every row of each is there, and in the sums, once."""
    here = str(Path(__file__).parent)
    started = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), here, str(number)], stderr=subprocess.PIPE)
        for number in range(4)
    ]
    for process in started:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said.decode()
    with sqlite3.connect(tmp_path / "franca.db") as plain:
        found = plain.execute("SELECT COUNT(*), COUNT(DISTINCT id) FROM franca_usage").fetchone()
    plain.close()
    assert found == (800, 800)
    assert Books("", tmp_path).run(count) == 800


def test_memory_keeps_the_latest_rows_and_all_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a folder for a file the store is bounded, and ends with the process."""
    monkeypatch.setattr("franca.gateway.store.sqlite._MOST_IN_MEMORY", 10)

    async def act() -> list[Any]:
        store = open_store("")
        for number in range(4):
            await store.add([row(id=f"r{number}-{part}") for part in range(5)])
        found = [await count(store), await store.row("r1-4"), (await store.row("r2-0")) is not None]
        raw = await store.usage(UsageQuery(since=1.5))
        await store.close()
        return [*found, raw[0].requests, await count(store)]

    assert asyncio.run(act()) == [20, None, True, 10, 0]


def test_none_keeps_nothing_and_says_so() -> None:
    """It answers everything with nothing, but a key that it would lose is refused."""
    from franca.gateway.keys.record import VirtualKey

    async def act() -> list[Any]:
        store = open_store("none")
        await store.add([row()])
        with pytest.raises(BadUsage, match="write it into the configuration"):
            await store.put_key(VirtualKey(id="key_1", name="a", hash="b"))
        return [
            await store.usage(UsageQuery()), await store.usage(UsageQuery(by=("key",))), await store.row("req_1"),
            await store.keys(), (await store.spent(0.0)).keys, await store.requests(),
        ]  # fmt: skip

    assert asyncio.run(act()) == [[UsageLine()], [], None, [], {}, []]


def test_another_process_that_closes_takes_nothing_away(tmp_path: Path) -> None:
    """What a running gateway writes after `franca usage` looked at its file is seen by the next one who looks: no lock
    of ours is lost when a connection is made, so that nobody takes the log of changes away that we still write."""
    script = (
        "import asyncio, sys\n"
        "from franca.gateway.store.base import UsageQuery, open_store\n"
        "async def main():\n"
        "    store = open_store('sqlite:' + sys.argv[1])\n"
        "    print((await store.usage(UsageQuery()))[0].requests)\n"
        "    await store.close()\n"
        "asyncio.run(main())\n"
    )
    path = tmp_path / "franca.db"

    def seen() -> int:
        done = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
        return int(done.stdout)

    async def act() -> None:
        store = SqliteStore(path)
        await put(store)
        assert await count(store) == 1  # the reader's connection is made too
        assert seen() == 1
        await put(store)
        assert seen() == 2
        await store.close()

    asyncio.run(act())
