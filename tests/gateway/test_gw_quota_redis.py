"""Limits and budgets in a real Redis: several replicas, killed ones, lost data, a Redis that is away or hangs."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from gw_quota import NOON, Bench, admitted, code_of, guess, spent, until
from gw_redis import PASSWORD, RedisServer, running_redis

from franca.errors import BadUsage
from franca.gateway.config.shape import LimitsTable
from franca.gateway.keys.record import Bounds
from franca.gateway.quota.admission import Quota
from franca.gateway.quota.opening import open_quota
from franca.gateway.store.base import SoFar

REPLICA = textwrap.dedent("""
    import asyncio, sys
    from franca.gateway.config.shape import LimitsTable
    from franca.gateway.keys.record import Bounds, VirtualKey
    from franca.gateway.quota.admission import Estimate
    from franca.gateway.quota.redis import RedisQuota
    from franca.gateway.store.base import Sums

    async def spent(now):
        return Sums()

    async def main(id, url):
        quota = RedisQuota(LimitsTable(), url, spent, clock=lambda: 1768478400.0, lease=2.0)
        key = VirtualKey(id=id, name="k", hash="", bounds=Bounds(day=0.4, parallel=4))
        for _ in range(4):
            await quota.admit(key, Estimate(10, 0.1), 1768478400.0)
        print("in", flush=True)
        await asyncio.sleep(600)

    asyncio.run(main(sys.argv[1], sys.stdin.readline().strip()))
""")


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with running_redis() as running:
        yield running


@pytest.fixture
def bench(server: RedisServer, tmp_path: Path) -> Bench:
    return Bench("redis", tmp_path, server)


def test_one_budget_over_two_replicas(bench: Bench, server: RedisServer) -> None:
    """Two that ask at the same time share it; when all is over nothing is under way, and every key ends by itself."""
    team = bench.team()
    key = bench.key(team, Bounds(month=10.0, rpm=1000), day=0.4, parallel=100)

    async def scene(one: Quota) -> None:
        two = bench.open()
        mine, others = await asyncio.gather(admitted(one, key, 0.01, 100, NOON), admitted(two, key, 0.01, 100, NOON))
        assert len(mine) + len(others) == 40
        for admission in mine:
            one.settle(admission, spent(0.01))
        for admission in others:
            two.release(admission)
        await two.close()
        assert len(await admitted(one, key, 0.01, 100, NOON)) == len(others)

    bench.run(scene)
    names = server.ask("KEYS", "*")
    assert names
    assert all(name.startswith("{franca}:") for name in names)
    assert [name for name in names if server.ask("TTL", name) < 0 and not name.endswith(":alive")] == []


def test_a_killed_replica_gives_its_places_back(bench: Bench) -> None:
    """Places and money are free again when its lease ends, and not before: it shows life while it lives."""
    key = bench.key(day=0.4, parallel=4)
    replica = subprocess.Popen(
        [sys.executable, "-c", REPLICA, key.id], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert replica.stdin is not None
        assert replica.stdout is not None
        replica.stdin.write(bench._server.url + "\n")  # type: ignore[union-attr]
        replica.stdin.flush()
        assert replica.stdout.readline() == "in\n"

        async def scene(quota: Quota) -> None:
            loop = asyncio.get_running_loop()
            end = loop.time() + 3
            while loop.time() < end:  # longer than its lease
                assert await code_of(quota.admit(key, guess(cost=0.1), NOON)) == "budget_reserved"
                await asyncio.sleep(0.1)
            os.kill(replica.pid, signal.SIGKILL)

            async def is_in() -> bool:
                return await code_of(quota.admit(key, guess(cost=0.1), NOON)) == "in"

            await until(is_in)
            assert len(await admitted(quota, key, 0.1, 10, NOON)) == 3

        bench.run(scene)
    finally:
        replica.kill()
        replica.communicate()


def test_a_redis_that_lost_everything_is_told_by_the_store(bench: Bench, server: RedisServer) -> None:
    """Also when that happens between two requests, and what was under way then does no harm."""
    key = bench.key(total=1.0)

    async def scene(quota: Quota) -> None:
        (one,) = await admitted(quota, key, 0.1, 1, NOON)
        server.ask("FLUSHALL")
        server.ask("SCRIPT", "FLUSH")
        bench.ledger.keys[key.id] = SoFar(0.8, 0.8, 0.8)
        assert len(await admitted(quota, key, 0.1, 10, NOON + 1)) == 2
        quota.settle(one, spent(0.1))

    bench.run(scene)


def test_a_redis_that_is_away(bench: Bench, server: RedisServer) -> None:
    """Requests of keys with limits are refused, others are not; what ended meanwhile is counted when it is back."""
    key, free = bench.key(total=1.0, parallel=2), bench.key()

    async def scene(quota: Quota) -> None:
        one, _two = await admitted(quota, key, 0.1, 2, NOON)
        server.stop()
        assert await code_of(quota.admit(key, guess(cost=0.1), NOON)) == "limits_unavailable"
        assert await code_of(quota.admit(free, guess(cost=0.1), NOON)) == "in"
        quota.settle(one, spent(0.1))
        bench.ledger.keys[key.id] = SoFar(0.0, 0.0, 0.9)
        server.start()

        async def is_in() -> bool:
            return await code_of(quota.admit(key, guess(cost=0.1), NOON + 10)) == "in"

        await until(is_in)
        assert await code_of(quota.admit(key, guess(cost=0.01), NOON + 10)) == "budget_reserved"

    bench.run(scene)


def test_served_while_redis_is_away(bench: Bench, server: RedisServer) -> None:
    """Each replica then counts for itself, from what the store knows; afterwards the common counts catch up with it."""
    key = bench.key(total=1.0)

    async def scene(quota: Quota) -> None:
        (one,) = await admitted(quota, key, 0.1, 1, NOON)
        quota.settle(one, spent(0.1))
        server.stop()
        bench.ledger.keys[key.id] = SoFar(0.1, 0.1, 0.1)
        inside = await admitted(quota, key, 0.1, 20, NOON + 1)
        assert len(inside) == 9
        for admission in inside[:7]:
            quota.settle(admission, spent(0.1))
        for admission in inside[7:]:
            quota.release(admission)
        bench.ledger.keys[key.id] = SoFar(0.8, 0.8, 0.8)
        server.start()

        async def counts_there() -> bool:
            assert await code_of(quota.admit(key, guess(cost=0.3), NOON + 2)) == "insufficient_quota"
            return bool(server.ask("KEYS", "*:key:*"))

        await until(counts_there)
        assert len(await admitted(quota, key, 0.1, 5, NOON + 3)) == 2

    bench.run(scene, when_down="serve")


def test_a_redis_that_hangs_does_nothing_twice(bench: Bench, server: RedisServer) -> None:
    """What it was sent before it hung it does when it goes on, though it was sent again since: a request that was told
    it cannot be let in holds no place, and one that ended is booked once."""
    key = bench.key(total=1.0, parallel=3)

    async def scene(quota: Quota) -> None:
        one, two = await admitted(quota, key, 0.2, 2, NOON)
        server.pause()
        quota.settle(one, spent(0.2))
        assert await code_of(quota.admit(key, guess(cost=0.2), NOON)) == "limits_unavailable"
        server.resume()

        async def is_in() -> bool:
            return await code_of(quota.admit(key, guess(cost=0.6), NOON)) == "in"

        await until(is_in)  # 0.2 spent, 0.2 held by two, and 0.6
        account = f"{{franca}}:key:{key.id}"
        assert server.ask("HGET", account, "os") == str(200_000_000)
        assert server.ask("HLEN", account + ":running") == 2
        quota.release(two)
        assert len(await admitted(quota, key, 0.1, 5, NOON)) == 2

    bench.run(scene)


def test_no_password_in_any_word(bench: Bench, server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    """Of a wrong password, a server that is not there, an address that is none."""

    async def scene() -> None:
        for url in (server.url.replace(PASSWORD, "hush"), "redis://:hush@127.0.0.1:1/0"):
            quota = open_quota(LimitsTable(url=url), workers=1, beside=None, spent=bench.ledger.spent)
            assert await code_of(quota.admit(bench.key(rpm=1), guess(), NOON)) == "limits_unavailable"
            assert "hush" not in repr(quota)
            await quota.close()
        with pytest.raises(BadUsage, match="cannot be read") as caught:
            open_quota(LimitsTable(url="redis://:hush@h:port/0"), workers=1, beside=None, spent=bench.ledger.spent)
        assert "hush" not in str(caught.value)

    asyncio.run(scene())
    assert "shared counts are down" in caplog.text
    assert "hush" not in caplog.text
