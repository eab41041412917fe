"""What is Postgres' own: a server that goes and comes back, wrong addresses, replicas that write at once."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from gw_postgres import PASSWORD, Cluster, running_postgres
from gw_store import row

from franca.errors import BadUsage
from franca.gateway.store.base import Store, StoreDown, UsageQuery, open_store


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """One Postgres for this file."""
    with running_postgres() as running:
        yield running


async def count(store: Store) -> int:
    """How many rows there are."""
    return (await store.usage(UsageQuery()))[0].requests


def test_a_server_that_goes_and_comes_back(cluster: Cluster) -> None:
    """While it is away everything is StoreDown; the same store works when it is back, without being made anew."""

    async def act() -> int:
        store = open_store(cluster.database())
        await store.add([row()])
        cluster.stop()
        try:
            for _ in range(3):
                with pytest.raises(StoreDown) as caught:
                    await store.add([row()])
                assert PASSWORD not in str(caught.value)
            with pytest.raises(StoreDown):
                await store.keys_version()
        finally:
            cluster.start()
        deadline = asyncio.get_running_loop().time() + 30
        while True:
            try:
                await store.add([row()], "after")
                break
            except StoreDown:  # connections of before are found to be dead one by one
                assert asyncio.get_running_loop().time() < deadline
        found = await count(store)
        await store.close()
        return found

    assert asyncio.run(act()) == 2


def test_a_store_that_is_not_there_yet(cluster: Cluster) -> None:
    """A gateway may start before its database: the first thing that works makes the tables."""

    async def act() -> int:
        store = open_store(cluster.database())
        cluster.stop()
        try:
            with pytest.raises(StoreDown):
                await store.open()
        finally:
            cluster.start()
        await store.add([row()])
        found = await count(store)
        await store.close()
        return found

    assert asyncio.run(act()) == 1


def test_what_no_waiting_mends_is_told(cluster: Cluster) -> None:
    """A wrong password, a database that is not there, an address that is none: what to do, and no password."""
    good = cluster.database()
    for url, said in (
        (good.replace(PASSWORD, "wrong-one"), "refuses user or password"),
        (cluster.url("nowhere"), "no such database"),
        (good.replace("127.0.0.1", "[oops"), "cannot be read"),
        (good + "?sslmode=perhaps", "cannot be read"),
    ):

        async def act(url: str = url) -> None:
            store = open_store(url)
            assert PASSWORD not in repr(store)
            await store.open()

        with pytest.raises(BadUsage, match=said) as caught:
            asyncio.run(act())
        assert PASSWORD not in str(caught.value)
        assert "wrong-one" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_a_user_who_may_not_make_tables(cluster: Cluster) -> None:
    """It is told so, instead of being tried for ever."""
    url = cluster.database()
    name = url.rpartition("/")[2]
    cluster.ask(f"CREATE USER guest_{name} PASSWORD '{PASSWORD}'")

    async def act() -> None:
        store = open_store(url.replace("tester:", f"guest_{name}:"))
        await store.open()

    with pytest.raises(BadUsage, match="may not make tables"):
        asyncio.run(act())


def test_without_asyncpg_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install."""
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    with pytest.raises(BadUsage, match=r"pip install 'franca\[gateway\]'"):
        asyncio.run(open_store("postgresql://db/x").open())


def test_replicas_write_the_same_sums_at_once(cluster: Cluster) -> None:
    """Ten writers on the same days, keys and models in different orders: no deadlock, nothing lost, nothing twice."""

    async def act() -> list[Any]:
        url = cluster.database()
        stores = [open_store(url) for _ in range(5)]

        async def write(number: int) -> None:
            rows = [row(key=f"key_{n}", model=f"m{n % 3}") for n in range(12)]
            await stores[number % 5].add(rows if number % 2 else rows[::-1], f"batch {number}")

        await asyncio.gather(*(write(number) for number in range(40)))
        # The same batch by two at once, as when an answer was lost: one of them finds it written.
        await asyncio.gather(*(store.add([row(key="once")], "once") for store in stores))
        lines = await stores[0].usage(UsageQuery(by=("key",)))
        for store in stores:
            await store.close()
        return sorted((line.group[0], line.requests) for line in lines)

    assert asyncio.run(act()) == sorted([("once", 1), *((f"key_{n}", 40) for n in range(12))])
