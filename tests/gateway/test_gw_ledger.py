"""The ledger: every request is booked exactly once, whatever happens to the store or the process, and nobody waits."""

from __future__ import annotations

import asyncio
import logging
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from gw_postgres import Cluster, running_postgres
from gw_store import DAY, NOON, row

from franca.gateway.config.shape import RequestsTable, StoreTable
from franca.gateway.store.base import RequestEntry, Store, StoreDown, UsageQuery, open_store
from franca.gateway.store.ledger import Ledger
from franca.gateway.store.row import UsageRow
from franca.gateway.store.sqlite import SqliteStore

LIMIT = 30.0


@asynccontextmanager
async def ledger(store: Store, **table: Any) -> AsyncIterator[Ledger]:
    """A ledger over a store; both are closed in the end."""
    made = Ledger(store, StoreTable(**{"flush": 0.02, **table}))
    try:
        yield made
    finally:
        await made.close()
        await store.close()


async def until(what: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(LIMIT):
        while not what():
            await asyncio.sleep(0.005)


async def counted(store: Store) -> int:
    """The requests that the store knows of."""
    return (await store.usage(UsageQuery()))[0].requests


class Watched(SqliteStore):
    """A real store that can be told to fail: `fails` before it writes, `forgets` after it has written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.batches: list[int] = []
        self.fails = self.forgets = 0

    async def add(self, rows: Sequence[UsageRow], batch: str | None = None) -> None:
        self.batches.append(len(rows))
        if self.fails:
            self.fails -= 1
            raise StoreDown("it is down")
        await super().add(rows, batch)
        if self.forgets:
            self.forgets -= 1
            raise StoreDown("the answer was lost")


@pytest.fixture
def store(tmp_path: Path) -> Watched:
    """A store in a file."""
    return Watched(tmp_path / "franca.db")


def test_rows_are_written_in_batches(store: Watched) -> None:
    """What comes within the time of a flush is one batch; without any rows nothing is written."""

    async def act() -> None:
        async with ledger(store, flush=5.0) as books:
            for number in range(100):
                books.note(row(id=f"r{number}"))
            assert (books.waiting, books.written) == (100, 0)
            assert await books.flush(LIMIT)
            assert (books.waiting, books.written, books.dropped) == (0, 100, 0)
            assert await books.flush(LIMIT)
            assert await counted(store) == 100

    asyncio.run(act())
    assert store.batches == [100]


def test_the_time_of_a_flush_is_enough(store: Watched) -> None:
    """Nobody has to ask for it."""

    async def act() -> None:
        async with ledger(store) as books:
            books.note(row())
            await until(lambda: books.written == 1)
            books.note(row())
            await until(lambda: books.written == 2)

    asyncio.run(act())


def test_a_full_batch_does_not_wait(store: Watched) -> None:
    """Many requests at once are written as they come, in batches of bounded size."""

    async def act() -> None:
        async with ledger(store, flush=3600.0) as books:
            for number in range(1200):
                books.note(row(id=f"r{number}"))
            await until(lambda: books.written >= 1000)
            assert await books.flush(LIMIT)
            assert await counted(store) == 1200

    asyncio.run(act())
    assert max(store.batches) == 500


def test_closing_writes_what_is_left(store: Watched) -> None:
    """Also what was noted a moment before, and in a ledger whose flush is far away."""

    async def act() -> int:
        async with ledger(store, flush=3600.0) as books:
            books.note(row())
            await asyncio.sleep(0)
            books.note(row())
        return await counted(store)

    assert asyncio.run(act()) == 2


def test_a_store_that_is_down_gets_its_rows_later(store: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """They wait and are tried again, in order; it is told when it begins and when it is over, not in between."""
    store.fails = 3

    async def act() -> None:
        async with ledger(store, when_down="refuse") as books:
            assert not books.refuses
            books.note(row())
            await until(lambda: books.down != "")
            assert books.refuses
            assert books.down == "it is down"
            books.note(row())
            assert await books.flush(LIMIT)
            assert (books.down, books.refuses, books.written) == ("", False, 2)

    with caplog.at_level(logging.WARNING):
        asyncio.run(act())
    assert [record.getMessage() for record in caplog.records] == [
        "rows of usage wait, up to 20000: it is down",
        "rows of usage are written again",
    ]


def test_a_gateway_that_serves_on_does_not_refuse(store: Watched) -> None:
    """`when_down = "serve"`: nothing but the rows waits."""
    store.fails = 1

    async def act() -> None:
        async with ledger(store) as books:
            books.note(row())
            await until(lambda: books.down != "")
            assert not books.refuses

    asyncio.run(act())


def test_a_batch_whose_answer_was_lost_is_not_written_twice(store: Watched) -> None:
    """It is sent again under its name, and what comes behind it is not mixed into it."""
    store.forgets = 3

    async def act() -> None:
        async with ledger(store) as books:
            for number in range(5):
                books.note(row(id=f"r{number}"))
            await until(lambda: len(store.batches) > 1)
            for number in range(5):
                books.note(row(id=f"s{number}"))
            assert await books.flush(LIMIT)
            assert books.written == 10
            assert await counted(store) == 10

    asyncio.run(act())
    assert store.batches[:4] == [5, 5, 5, 5]


def test_rows_beyond_the_bound_are_dropped_and_counted(store: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """Memory is bounded; what is lost is told once in a while, not for each row; what waits is not lost."""
    store.fails = 1_000_000

    async def act() -> None:
        async with ledger(store, queue=50) as books:
            for number in range(30):
                books.note(row(id=f"r{number}"))
            await until(lambda: books.down != "")
            for number in range(60):
                books.note(row(id=f"s{number}"))
            assert (books.waiting, books.dropped) == (50, 40)
            assert not await books.flush(0.05)
            store.fails = 0
            assert await books.flush(LIMIT)
            assert (books.waiting, books.written, books.dropped) == (0, 50, 40)
            assert await counted(store) == 50

    with caplog.at_level(logging.ERROR):
        asyncio.run(act())
    assert [record.getMessage() for record in caplog.records] == ["1 rows of usage were dropped up to now: it is down"]


def test_closing_while_the_store_is_down_gives_up(store: Watched) -> None:
    """It ends within its time, and what could not be written is counted."""
    store.fails = 1_000_000

    async def act() -> int:
        books = Ledger(store, StoreTable(flush=0.02))
        for number in range(7):
            books.note(row(id=f"r{number}"))
        await until(lambda: books.down != "")
        books.note(row())
        await books.close(0.05)
        await store.close()
        assert books.waiting == 0
        return books.dropped

    assert asyncio.run(act()) == 8


def test_a_row_that_cannot_be_written_holds_up_no_other(store: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """It is found, dropped and counted, and the log does not repeat what was in it."""

    async def act() -> None:
        async with ledger(store, flush=3600.0) as books:
            for number in range(100):
                books.note(row(id=f"r{number}", route=b"sk-secret" if number in (7, 70) else "chat"))
            assert await books.flush(LIMIT)
            assert (books.written, books.dropped, books.waiting) == (98, 2, 0)
            assert await counted(store) == 98

    with caplog.at_level(logging.ERROR):
        asyncio.run(act())
    assert "cannot be written: TypeError" in caplog.text
    assert "secret" not in caplog.text


def test_a_ledger_goes_on_in_another_loop(store: Watched) -> None:
    """An application that is started twice in one process, as tests do."""
    books = Ledger(store, StoreTable(flush=0.02))

    async def act() -> bool:
        books.note(row())
        written = await books.flush(LIMIT)
        await books.close()
        await store.close()
        return written

    assert asyncio.run(act())
    assert asyncio.run(act())
    assert books.written == 2


def test_old_rows_are_removed(store: Watched) -> None:
    """After the days that the configuration says, of usage and of the log of requests; 0 keeps them."""

    async def act() -> list[Any]:
        await store.add([row(at=NOON - 10 * DAY), row(id="young")])
        await store.log([RequestEntry(id="old", at=NOON - 10 * DAY), RequestEntry(id="young", at=NOON)])
        kept = Ledger(store, StoreTable(), RequestsTable(days=0))
        short = Ledger(store, StoreTable(days=9), RequestsTable(days=9))
        removed = [await kept.tidy(NOON), await short.tidy(NOON), await short.tidy(NOON)]
        await store.close()
        return removed

    assert asyncio.run(act()) == [0, 2, 0]


def test_removing_begins_by_itself(store: Watched) -> None:
    """From `start` on, and ends with `close`."""

    async def act() -> None:
        await store.add([row(at=1000.0)])
        books = Ledger(store, StoreTable(days=9))
        books.start()
        async with asyncio.timeout(LIMIT):
            while await store.row("req_1") is not None:
                await asyncio.sleep(0.005)
        await books.close()
        await store.close()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(act())


# ---- a process that is killed -----------------------------------------------------------------------

BUSY = """
import asyncio, sys
sys.path[:0] = [sys.argv[2]]
from gw_store import row
from franca.gateway.config.shape import StoreTable
from franca.gateway.store.base import open_store
from franca.gateway.store.ledger import Ledger

async def main():
    store = open_store(sys.argv[3], sys.argv[1])
    books = Ledger(store, StoreTable(flush=0.02))
    number = told = 0
    while True:
        for _ in range(20):
            books.note(row(id=f"{sys.argv[4]}-{number}", seconds=float(number)))
            number += 1
        await asyncio.sleep(0.001)
        if books.written > told:
            told = books.written
            print(told, flush=True)

asyncio.run(main())
"""


def killed_while_writing(folder: Path, url: str, name: str, after: int) -> int:
    """Run a process that books without an end, kill it with SIGKILL once `after` rows are said to be written, and give
    how many it had said at last."""
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY, str(folder), str(Path(__file__).parent), url, name], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    said = 0
    while said < after:
        line = process.stdout.readline()
        assert line, "the process ended by itself"
        said = int(line)
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split()
    process.stdout.close()
    process.wait(LIMIT)
    whole = [int(word) for word in rest if word.isdigit()]
    return max([said, *whole[:-1]])  # the last number may be cut


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One Postgres for this file."""
    with running_postgres() as running:
        yield running


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_kill_9_loses_nothing_that_was_written(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Killed three times amid writing: what was said to be written is there, without a gap and not twice, the sums are
    those of the rows, and the store works on."""
    url = "" if kind == "sqlite" else request.getfixturevalue("cluster").database()
    said = [killed_while_writing(tmp_path, url, f"p{number}", 500 * (number + 1)) for number in range(3)]
    if kind == "sqlite":
        with closing(sqlite3.connect(tmp_path / "franca.db")) as plain:
            assert plain.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    async def act() -> None:
        store = open_store(url, tmp_path)
        await store.add([row(id="after", at=NOON)])
        whole = (await store.usage(UsageQuery()))[0]
        raw = (await store.usage(UsageQuery(since=1.5)))[0]
        assert raw.requests == whole.requests
        found = 1
        for number, least in enumerate(said):
            last = await highest(store, f"p{number}")
            assert last + 1 >= least
            found += last + 1  # no row before the last one is missing or there twice
        assert whole.requests == found
        await store.close()

    asyncio.run(act())


async def highest(store: Store, name: str) -> int:
    """The number of the last row of a process that is there."""
    low, high = 0, 1
    while await store.row(f"{name}-{high}") is not None:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if await store.row(f"{name}-{middle}") is not None:
            low = middle
        else:
            high = middle
    return low


def test_a_database_that_goes_and_comes_back(cluster: Cluster) -> None:
    """Postgres is stopped in the middle of it all: every row is there once when it is back."""

    async def act() -> None:
        store = open_store(cluster.database())
        async with ledger(store) as books:
            for number in range(300):
                books.note(row(id=f"r{number}"))
                await asyncio.sleep(0)
            await until(lambda: books.written > 0)
            cluster.stop()
            try:
                for number in range(300):
                    books.note(row(id=f"s{number}"))
                await until(lambda: books.down != "")
            finally:
                cluster.start()
            assert await books.flush(LIMIT)
            assert (books.written, books.dropped) == (600, 0)
            assert await counted(store) == 600

    asyncio.run(act())
