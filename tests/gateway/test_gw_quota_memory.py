"""What only memory has: a bound on the keys that it keeps, days as numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from gw_quota import NOON, Bench, admitted, code_of, guess, spent

from franca.gateway.quota import memory
from franca.gateway.quota.account import nano
from franca.gateway.quota.admission import Quota
from franca.gateway.quota.calendar import day_of, month_of
from franca.gateway.quota.refusal import span
from franca.gateway.store.base import SoFar


def test_idle_keys_leave_and_their_budgets_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No more keys than the bound are kept, those under way always; a key that comes again has spent what it had."""
    monkeypatch.setattr(memory, "_MOST_KEYS", 20)
    bench = Bench("memory", tmp_path)
    busy, thrifty = bench.key(parallel=1), bench.key(day=0.1)

    async def scene(quota: Quota) -> None:
        await quota.admit(busy, guess(), NOON)
        (one,) = await admitted(quota, thrifty, 0.06, 1, NOON)
        quota.settle(one, spent(0.06))
        bench.ledger.keys[thrifty.id] = SoFar(0.06, 0.06, 0.06)
        for number in range(100):
            at = NOON + 200 * (number + 1)
            bench.clock.now = at
            quota.release(await quota.admit(bench.key(rpm=5), guess(), at))
            assert len(quota._seats) <= 20  # type: ignore[attr-defined]
        assert thrifty.id not in quota._seats  # type: ignore[attr-defined]
        assert await code_of(quota.admit(busy, guess(), at)) == "parallel_limit_exceeded"
        assert await code_of(quota.admit(thrifty, guess(cost=0.05), at)) == "insufficient_quota"
        assert await code_of(quota.admit(thrifty, guess(cost=0.04), at)) == "in"

    bench.run(scene)


def test_a_clock_that_is_set_back(tmp_path: Path) -> None:
    """By a second it counts on; by days the windows begin anew, and budgets with what the store knows."""
    bench = Bench("memory", tmp_path)
    key = bench.key(rpm=2, day=1.0)

    async def scene(quota: Quota) -> None:
        quota.release(await quota.admit(key, guess(), NOON))
        quota.release(await quota.admit(key, guess(), NOON - 1))
        assert await code_of(quota.admit(key, guess(), NOON)) == "rate_limit_exceeded"
        bench.ledger.keys[key.id] = SoFar(0.9, 0.9, 0.9)
        past = NOON - 10 * 86_400
        assert await code_of(quota.admit(key, guess(), past)) == "in"
        assert await code_of(quota.admit(key, guess(cost=0.2), past)) == "insufficient_quota"

    bench.run(scene)


def test_days_and_months_are_those_of_the_calendar() -> None:
    """For each day of eight centuries, leap years and their exceptions among them."""
    day = datetime(1970, 1, 1, tzinfo=UTC)
    for number in range(292_000):
        assert month_of(number) == (day.year - 1970) * 12 + day.month - 1
        day += timedelta(days=1)
    assert day_of(NOON) == (datetime(2026, 1, 15) - datetime(1970, 1, 1)).days


def test_money_and_durations() -> None:
    """Dollars as whole billionths, whatever they are; durations as OpenAI's headers have them."""
    assert [nano(amount) for amount in (0.07, 0.0, -1.0, float("nan"), 1e-9)] == [70_000_000, 0, 0, 0, 1]
    assert nano(float("inf")) == nano(1e300) == 4 * 10**18
    assert [span(s) for s in (0.0, 0.12, 1.0, 16.2, 60.0, 359.1)] == [b"0ms", b"120ms", b"1s", b"17s", b"1m0s", b"6m0s"]
