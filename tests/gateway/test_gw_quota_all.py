"""Limits and budgets, the same over memory, a file and a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from gw_quota import NOON, Bench, admitted, code_of, guess, spent
from gw_redis import RedisServer, running_redis

from franca.gateway.keys.record import Bounds
from franca.gateway.problem import Problem
from franca.gateway.quota.admission import Admission, Estimate, Quota, Spent
from franca.gateway.store.base import SoFar

DAY = 86_400.0


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with running_redis() as running:
        yield running


@pytest.fixture(params=["memory", "file", "redis"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    redis = request.getfixturevalue("server") if request.param == "redis" else None
    return Bench(request.param, tmp_path, redis)


def test_a_hundred_at_once_with_a_budget_for_forty(bench: Bench) -> None:
    """Forty come in; when these are over, the budget is spent and nothing more comes in."""
    key = bench.key(day=0.4)

    async def scene(quota: Quota) -> None:
        inside = await admitted(quota, key, 0.01, 100, NOON)
        assert len(inside) == 40
        for one in inside:
            quota.settle(one, spent(0.01))
        assert await admitted(quota, key, 0.01, 100, NOON) == []
        assert await code_of(quota.admit(key, guess(cost=0.01), NOON)) == "insufficient_quota"

    bench.run(scene)


def test_estimates_that_are_too_low_do_not_overspend_once_that_is_known(bench: Bench) -> None:
    """A request that cost four times its estimate raises what is reserved for all of its kind, those under way too."""
    key = bench.key(month=0.4)

    async def scene(quota: Quota) -> None:
        first, second = await admitted(quota, key, 0.0025, 2, NOON)
        quota.settle(first, spent(0.01))
        inside = await admitted(quota, key, 0.0025, 100, NOON)
        assert len(inside) == 38
        paid = 0.01
        for one in (second, *inside):
            quota.settle(one, spent(0.01))
            paid += 0.01
        assert await admitted(quota, key, 0.0025, 100, NOON) == []
        assert paid == pytest.approx(0.4)

    bench.run(scene)


def test_nothing_known_and_no_limit_to_the_answer(bench: Bench) -> None:
    """The first burst reserves a quarter of the budget at most, so that it may cost four times what was thought."""
    key = bench.key(total=0.4)

    async def scene(quota: Quota) -> None:
        inside = await admitted(quota, key, 0.01, 100, NOON, capped=False)
        assert len(inside) == 10
        for one in inside:
            quota.settle(one, spent(0.04))
        assert await admitted(quota, key, 0.01, 100, NOON, capped=False) == []

    bench.run(scene)


def test_what_is_dear_is_known_for_minutes_and_then_forgotten(bench: Bench) -> None:
    """Of another model nothing is learnt, and ten minutes later one dear request counts no more."""
    key = bench.key(day=1.0)

    async def scene(quota: Quota) -> None:
        (one,) = await admitted(quota, key, 0.01, 1, NOON)
        quota.settle(one, spent(0.5))
        assert len(await admitted(quota, key, 0.01, 3, NOON + 299)) == 1
        assert len(await admitted(quota, key, 0.0, 3, NOON, kind="other")) == 3
        assert await code_of(quota.admit(key, guess(cost=0.001, kind="other"), NOON)) == "budget_reserved"

    bench.run(scene)
    later = bench.key(day=1.0)

    async def scene_later(quota: Quota) -> None:
        (one,) = await admitted(quota, later, 0.01, 1, NOON)
        quota.settle(one, spent(0.5))
        assert len(await admitted(quota, later, 0.01, 60, NOON + 601)) == 50

    bench.run(scene_later)


def test_a_budget_of_a_team_holds_for_its_keys_together(bench: Bench) -> None:
    """Two keys of a team share its budget; the problem names the team; the keys' own budgets hold besides."""
    team, bounds = bench.team(), Bounds(day=0.3)
    one = bench.key(team, bounds, day=0.2)
    two = bench.key(team, bounds)

    async def scene(quota: Quota) -> None:
        first, second = await asyncio.gather(admitted(quota, one, 0.01, 50, NOON), admitted(quota, two, 0.01, 50, NOON))
        assert len(first) + len(second) == 30
        assert len(first) <= 20
        with pytest.raises(Problem, match=f'team "{team}"') as caught:
            await quota.admit(two, guess(cost=0.01), NOON)
        assert (caught.value.status, caught.value.code) == (429, "budget_reserved")
        for admission in (*first, *second):
            quota.settle(admission, spent(0.01))
        with pytest.raises(Problem) as caught:
            await quota.admit(two, guess(cost=0.01), NOON)
        assert (caught.value.status, caught.value.code) == (402, "insufficient_quota")

    bench.run(scene)


def test_requests_a_minute(bench: Bench) -> None:
    """No more than the limit in any minute; headers count down; a refusal says when to come again, and that holds."""
    key = bench.key(rpm=3)

    async def scene(quota: Quota) -> None:
        for number, at in enumerate((0.0, 10.5, 59.0)):
            admission = await quota.admit(key, guess(), NOON + at)
            assert admission.headers == (
                (b"x-ratelimit-limit-requests", b"3"),
                (b"x-ratelimit-remaining-requests", b"%d" % (2 - number)),
                (b"x-ratelimit-reset-requests", b"1m0s"),
            )
            quota.release(admission)
        with pytest.raises(Problem) as caught:
            await quota.admit(key, guess(), NOON + 59.5)
        headers = dict(caught.value.headers)
        assert (caught.value.status, caught.value.code) == (429, "rate_limit_exceeded")
        assert headers[b"retry-after"] == b"1"
        assert headers[b"retry-after-ms"] == b"500"
        assert headers[b"x-ratelimit-remaining-requests"] == b"0"
        await quota.admit(key, guess(), NOON + 60)
        assert await code_of(quota.admit(key, guess(), NOON + 60.9)) == "rate_limit_exceeded"
        await quota.admit(key, guess(), NOON + 70)

    bench.run(scene)


def test_tokens_a_minute_are_reserved_and_then_set_right(bench: Bench) -> None:
    """What was reserved too much is free again, what was too little counts; a request beyond the limit is told so."""
    key = bench.key(tpm=1000)

    async def scene(quota: Quota) -> None:
        one = await quota.admit(key, guess(800), NOON)
        assert dict(one.headers)[b"x-ratelimit-remaining-tokens"] == b"200"
        assert await code_of(quota.admit(key, guess(300), NOON)) == "rate_limit_exceeded"
        quota.settle(one, Spent(100, 0.0))
        two = await quota.admit(key, guess(300), NOON + 1)
        assert dict(two.headers)[b"x-ratelimit-remaining-tokens"] == b"600"
        quota.settle(two, Spent(900, 0.0))
        with pytest.raises(Problem) as caught:
            await quota.admit(key, guess(10), NOON + 2)
        assert dict(caught.value.headers)[b"retry-after"] == b"58"
        with pytest.raises(Problem) as caught:
            await quota.admit(key, guess(1001), NOON + 2)
        assert dict(caught.value.headers)[b"x-should-retry"] == b"false"
        await quota.admit(key, guess(10), NOON + 61)

    bench.run(scene)


def test_tokens_of_a_long_stream_count_when_it_ends(bench: Bench) -> None:
    """A request that ends in another minute, with more tokens than were thought, takes the rest of that minute."""
    key = bench.key(tpm=1000)

    async def scene(quota: Quota) -> None:
        one = await quota.admit(key, guess(100), NOON)
        bench.clock.now = NOON + 100
        quota.settle(one, Spent(1000, 0.0))
        assert await code_of(quota.admit(key, guess(200), NOON + 100)) == "rate_limit_exceeded"
        assert await code_of(quota.admit(key, guess(100), NOON + 100)) == "in"

    bench.run(scene)


def test_requests_at_once(bench: Bench) -> None:
    """A place is free again when its request is settled or released, and ending it twice frees no other."""
    team = bench.team()
    key = bench.key(team, Bounds(parallel=2), parallel=5)

    async def scene(quota: Quota) -> None:
        one = await quota.admit(key, guess(), NOON)
        two = await quota.admit(key, guess(), NOON)
        assert await code_of(quota.admit(key, guess(), NOON)) == "parallel_limit_exceeded"
        for _ in range(3):
            quota.settle(one, spent(0.0))
            quota.release(one)
        three = await quota.admit(key, guess(), NOON)
        assert await code_of(quota.admit(key, guess(), NOON)) == "parallel_limit_exceeded"
        quota.release(two)
        quota.release(three)
        inside = [await quota.admit(key, guess(), NOON) for _ in range(2)]
        assert await code_of(quota.admit(key, guess(), NOON)) == "parallel_limit_exceeded"
        for one in inside:
            quota.release(one)

    bench.run(scene)


def test_a_request_counts_on_the_day_it_began(bench: Bench) -> None:
    """What began before midnight and ends after it is yesterday's; at the end of a month also last month's."""
    midnight = 1_769_904_000.0  # 1 February 2026, 00:00 UTC
    key = bench.key(day=0.1, month=0.15, total=0.3)

    async def scene(quota: Quota) -> None:
        bench.clock.now = midnight - 1
        (late,) = await admitted(quota, key, 0.1, 5, midnight - 1)
        bench.clock.now = midnight
        (early,) = await admitted(quota, key, 0.1, 5, midnight)
        quota.settle(late, spent(0.1))
        quota.settle(early, spent(0.08))
        with pytest.raises(Problem, match=r"of \$0.1 a day"):
            await quota.admit(key, guess(cost=0.05), midnight)
        with pytest.raises(Problem, match=r"of \$0.15 a month"):
            await quota.admit(key, guess(cost=0.08), midnight + DAY)
        (one,) = await admitted(quota, key, 0.07, 1, midnight + DAY)
        quota.settle(one, spent(0.07))
        with pytest.raises(Problem, match=r"budget of \$0.3,"):
            await quota.admit(key, guess(cost=0.06), midnight + 40 * DAY)
        assert await code_of(quota.admit(key, guess(cost=0.05), midnight + 40 * DAY)) == "in"

    bench.run(scene)


def test_a_price_that_nobody_knows(bench: Bench) -> None:
    """A key with a budget may not use such a model, unless the configuration says that it is free."""
    key, without = bench.key(day=1.0), bench.key(rpm=10)

    async def scene(quota: Quota) -> None:
        with pytest.raises(Problem) as caught:
            await quota.admit(key, guess(cost=None), NOON)
        assert (caught.value.status, caught.value.code) == (403, "model_unpriced")
        await quota.admit(without, guess(cost=None), NOON)

    async def generous(quota: Quota) -> None:
        quota.settle(await quota.admit(key, guess(cost=None), NOON), spent(None))

    bench.run(scene)
    bench.run(generous, unpriced="free")


def test_a_cost_that_nobody_tells_is_what_was_reserved(bench: Bench) -> None:
    """For a budget; and what costs nothing may be asked for when a budget is used up."""
    key = bench.key(day=0.1)

    async def scene(quota: Quota) -> None:
        for _ in range(2):
            (one,) = await admitted(quota, key, 0.05, 1, NOON)
            quota.settle(one, spent(None))
        assert await code_of(quota.admit(key, guess(cost=0.01), NOON)) == "insufficient_quota"
        assert await code_of(quota.admit(key, guess(cost=0.0), NOON)) == "in"

    bench.run(scene)


def test_budgets_begin_with_what_the_store_knows(bench: Bench) -> None:
    """Key and team; a hundred that ask at once ask the store once."""
    team = bench.team()
    key = bench.key(team, Bounds(month=1.0), day=1.0)
    bench.ledger.keys[key.id] = SoFar(0.7, 0.7, 0.7)
    bench.ledger.teams[team] = SoFar(0.0, 0.8, 5.0)

    async def scene(quota: Quota) -> None:
        assert len(await admitted(quota, key, 0.01, 100, NOON)) == 20
        assert bench.ledger.asked == 1

    bench.run(scene)


def test_a_store_that_is_away_when_a_budget_is_first_asked_for(bench: Bench) -> None:
    """Refused with 503 until it is back, or served, as the configuration wants it; other limits need no store."""
    key, other = bench.key(day=1.0), bench.key(rpm=5)
    bench.ledger.down = True

    async def scene(quota: Quota) -> None:
        assert await code_of(quota.admit(key, guess(cost=0.01), NOON)) == "limits_unavailable"
        assert await code_of(quota.admit(other, guess(cost=0.01), NOON)) == "in"
        bench.ledger.down = False
        assert await code_of(quota.admit(key, guess(cost=0.01), NOON + 2)) == "in"

    bench.run(scene)
    served = bench.key(day=1.0)
    bench.ledger.down = True

    async def generous(quota: Quota) -> None:
        assert await code_of(quota.admit(served, guess(cost=0.01), NOON)) == "in"

    bench.run(generous, when_down="serve")


def test_cancelled_while_it_waits(bench: Bench) -> None:
    """Callers that leave before they were let in keep no place and no money, at whatever moment they leave."""
    key = bench.key(parallel=3, day=0.03)

    async def scene(quota: Quota) -> None:
        for turns in range(30):
            tasks = [asyncio.ensure_future(quota.admit(key, guess(cost=0.01), NOON)) for _ in range(3)]
            for _ in range(turns % 6):
                await asyncio.sleep(0)
            if turns % 3 == 2:
                await asyncio.sleep(0.0005 * turns)
            for task in tasks:
                task.cancel()
            for found in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(found, Admission):
                    quota.release(found)
                elif isinstance(found, Problem):  # those before it are on their way out
                    assert found.code in ("parallel_limit_exceeded", "budget_reserved")
        inside: list[Admission] = []
        async with asyncio.timeout(10):
            while len(inside) < 3:
                inside += await _try(quota, key)
        assert await code_of(quota.admit(key, guess(cost=0.01), NOON)) == "budget_reserved"

    async def _try(quota: Quota, key) -> list[Admission]:  # type: ignore[no-untyped-def]
        try:
            return [await quota.admit(key, guess(cost=0.01), NOON)]
        except Problem:
            await asyncio.sleep(0.01)
            return []

    bench.run(scene)


def test_a_key_without_limits_costs_nothing_and_has_no_headers(bench: Bench) -> None:
    """It is let in with whatever it asks for, also by a plain estimate without a price."""
    key = bench.key()

    async def scene(quota: Quota) -> None:
        admission = await quota.admit(key, Estimate(10**9, None), NOON)
        assert admission.headers == ()
        quota.settle(admission, Spent(5, 1e6))
        quota.release(await quota.admit(key, Estimate(1, 1e9), NOON))
        assert bench.ledger.asked == 0

    bench.run(scene)


def test_bounds_that_change_hold_at_once(bench: Bench) -> None:
    """A key that is changed keeps what it has used; one that gets a budget later begins with what the store knows."""
    key = bench.key(rpm=10)
    less = type(key)(**{**{name: getattr(key, name) for name in key.__struct_fields__}, "bounds": Bounds(rpm=2)})
    money = type(key)(**{**{name: getattr(key, name) for name in key.__struct_fields__}, "bounds": Bounds(total=1.0)})

    async def scene(quota: Quota) -> None:
        for _ in range(2):
            quota.release(await quota.admit(key, guess(), NOON))
        assert await code_of(quota.admit(less, guess(), NOON)) == "rate_limit_exceeded"
        bench.ledger.keys[key.id] = SoFar(0.0, 0.0, 0.95)
        assert len(await admitted(quota, money, 0.01, 10, NOON + 2)) == 5

    bench.run(scene)
