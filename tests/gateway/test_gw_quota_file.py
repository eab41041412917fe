"""Limits and budgets in a file: several processes, killed ones, and what the file is."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from gw_quota import NOON, Bench, admitted, code_of, guess, spent, until

from franca.errors import BadUsage
from franca.gateway.config.shape import LimitsTable
from franca.gateway.quota.admission import Quota
from franca.gateway.quota.file import FileQuota
from franca.gateway.quota.memory import MemoryQuota
from franca.gateway.quota.opening import open_quota

WORKER = textwrap.dedent("""
    import asyncio, sys
    from franca.gateway.config.shape import LimitsTable
    from franca.gateway.keys.record import Bounds, VirtualKey
    from franca.gateway.problem import Problem
    from franca.gateway.quota.admission import Estimate, Spent
    from franca.gateway.quota.file import FileQuota
    from franca.gateway.store.base import Sums

    async def spent(now):
        return Sums()

    async def main(path, id, mode):
        quota = FileQuota(LimitsTable(), path, spent, clock=lambda: 1768478400.0, lease=2.0)
        key = VirtualKey(id=id, name="k", hash="", bounds=Bounds(day=0.4, parallel=1000))
        async def one():
            try:
                return await quota.admit(key, Estimate(10, 0.01), 1768478400.0)
            except Problem:
                return None
        found = [a for a in await asyncio.gather(*(one() for _ in range(100))) if a is not None]
        print(len(found), flush=True)
        if mode == "hang":
            await asyncio.sleep(600)
        for admission in found:
            quota.settle(admission, Spent(10, 0.01))
        await quota.close()

    asyncio.run(main(*sys.argv[1:]))
""")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench("file", tmp_path)


def _worker(bench: Bench, tmp_path: Path, id: str, mode: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tmp_path / "limits.db"), id, mode], stdout=subprocess.PIPE, text=True
    )


def test_one_budget_over_several_processes(bench: Bench, tmp_path: Path) -> None:
    """Four processes that ask a hundred times each get forty in between them, and it is spent for a fifth."""
    key = bench.key(day=0.4)
    workers = [_worker(bench, tmp_path, key.id, "settle") for _ in range(4)]
    found = [int(worker.communicate(timeout=60)[0]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0] * 4
    assert sum(found) == 40

    async def scene(quota: Quota) -> None:
        assert await code_of(quota.admit(key, guess(cost=0.01), NOON)) == "insufficient_quota"

    bench.run(scene)


def test_a_killed_process_gives_its_places_back(bench: Bench, tmp_path: Path) -> None:
    """Its money is reserved until its lease ends, and then free again for the others."""
    key = bench.key(day=0.4)
    worker = _worker(bench, tmp_path, key.id, "hang")
    assert worker.stdout is not None
    assert worker.stdout.readline() == "40\n"

    async def scene(quota: Quota) -> None:
        assert await code_of(quota.admit(key, guess(cost=0.01), NOON)) == "budget_reserved"
        os.kill(worker.pid, signal.SIGKILL)

        async def is_in() -> bool:
            return await code_of(quota.admit(key, guess(cost=0.01), NOON)) == "in"

        await until(is_in)
        assert len(await admitted(quota, key, 0.01, 100, NOON)) == 39

    try:
        bench.run(scene, lease=2.0)
    finally:
        worker.kill()
        worker.communicate()


def test_what_was_spent_outlives_the_process(bench: Bench) -> None:
    """Also when the store knows less; and a process that ends in good order leaves no place taken."""
    key = bench.key(total=0.1, parallel=1)

    async def scene(quota: Quota) -> None:
        (one,) = await admitted(quota, key, 0.06, 1, NOON)
        quota.settle(one, spent(0.06))
        await quota.admit(key, guess(cost=0.01), NOON)

    async def again(quota: Quota) -> None:
        assert await code_of(quota.admit(key, guess(cost=0.05), NOON)) == "insufficient_quota"
        assert await code_of(quota.admit(key, guess(cost=0.04), NOON)) == "in"

    bench.run(scene)
    bench.run(again)


def test_a_file_that_cannot_be_used(bench: Bench, tmp_path: Path) -> None:
    """Requests are refused or served by the configuration, and a file that is there again is used again."""
    (tmp_path / "limits.db").mkdir()
    key = bench.key(rpm=5)

    async def scene(quota: Quota) -> None:
        assert await code_of(quota.admit(key, guess(), NOON)) == "limits_unavailable"
        (tmp_path / "limits.db").rmdir()

        async def is_in() -> bool:
            return await code_of(quota.admit(key, guess(), NOON)) == "in"

        await until(is_in)

    bench.run(scene)
    other = Bench("file", tmp_path / "nowhere")

    async def served(quota: Quota) -> None:
        for _ in range(5):
            quota.settle(await quota.admit(key, guess(), NOON), spent(0.0))
        assert await code_of(quota.admit(key, guess(), NOON)) == "rate_limit_exceeded"

    other.run(served, when_down="serve")


def test_the_file_is_for_its_owner_only_and_says_its_version(bench: Bench, tmp_path: Path) -> None:
    """Whatever the umask; one of a later version is left alone."""
    key = bench.key(rpm=5)
    before = os.umask(0)
    try:
        bench.run(lambda quota: _once(quota, key))
    finally:
        os.umask(before)
    path = tmp_path / "limits.db"
    assert path.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM running").fetchone() == (0,)
        db.execute("PRAGMA user_version=99")
    db.close()

    async def scene(quota: Quota) -> None:
        assert await code_of(quota.admit(key, guess(), NOON)) == "limits_unavailable"

    bench.run(scene)


async def _once(quota: Quota, key: Any) -> None:
    quota.settle(await quota.admit(key, guess(), NOON), spent(0.0))


def test_what_the_configuration_chooses(tmp_path: Path) -> None:
    """Memory for one process, a file beside the configuration for several, and a clear word for what is none."""

    async def nothing(now: float) -> Any:
        raise AssertionError("nobody asked")

    def opened(url: str, workers: int, beside: str | None) -> Quota:
        return open_quota(LimitsTable(url=url), workers=workers, beside=beside, spent=nothing)

    assert isinstance(opened("", 1, None), MemoryQuota)
    quota = opened("", 2, str(tmp_path))
    assert isinstance(quota, FileQuota)
    asyncio.run(_once_and_close(quota))
    assert (tmp_path / "franca-limits.db").exists()
    with pytest.raises(BadUsage, match="several workers"):
        opened("", 2, None)
    with pytest.raises(BadUsage, match="limits") as caught:
        opened("mysql://root:hush@host", 1, None)
    assert "hush" not in str(caught.value)


async def _once_and_close(quota: Quota) -> None:
    key = Bench("file", Path()).key(rpm=5)
    await _once(quota, key)
    await quota.close()
