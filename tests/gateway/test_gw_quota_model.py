"""Limits and budgets against a model that keeps every request and adds up: any sequence of requests is decided alike by
the model, by memory, by a file and by a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from gw_quota import Bench, code_of, guess
from gw_redis import RedisServer, running_redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from franca.gateway.keys.record import Bounds, VirtualKey
from franca.gateway.problem import Problem
from franca.gateway.quota.admission import Admission, Quota, Spent

BEGIN = 1_769_903_900.0
"""100 seconds before February 2026."""
DAY = 86_400


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with running_redis() as running:
        yield running


@dataclass
class Request:
    key: int
    second: int
    day: int
    kind: str
    tokens: dict[int, int]
    asked: int
    held: int
    spent: int = 0
    is_running: bool = True


@dataclass
class Model:
    """Money is in thousandths of a dollar."""

    bounds: list[Bounds]
    team_bounds: Bounds
    requests: list[Request] = field(default_factory=list)
    learnt: list[tuple[int, str, int, int]] = field(default_factory=list)

    def admit(self, key: int, tokens: int, cost: int, kind: str, capped: bool, now: float) -> str:
        both = ((self.bounds[key], [one for one in self.requests if one.key == key]), (self.team_bounds, self.requests))
        need, wary = cost, False
        if self.bounds[key].has_budget or self.team_bounds.has_budget:
            period = int(now // 300)
            known = [over for who, what, when, over in self.learnt if (who, what) == (key, kind) and when >= period - 1]
            need, wary = max([cost, *known]), not known and not capped
        for bounds, requests in both:
            problem = self._problem(bounds, requests, tokens, need, wary, now)
            if problem is not None:
                return problem
        second = int(now)
        self.requests.append(Request(key, second, second // DAY, kind, {second: tokens}, cost, need))
        return "in"

    def _problem(self, bounds: Bounds, requests: list[Request], tokens: int, need: int, wary: bool, now: float) -> Any:
        second = int(now)
        day = [one for one in requests if one.day == second // DAY]
        month = [one for one in requests if (one.day >= int(BEGIN) // DAY + 1) == (second // DAY > int(BEGIN) // DAY)]
        if need:
            periods = [
                (round(limit * 1000), sum(one.spent for one in of), sum(one.held for one in of if one.is_running))
                for limit, of in ((bounds.day, day), (bounds.month, month), (bounds.total, requests))
                if limit is not None
            ]
            for limit, spent, _ in periods:
                if spent + need > limit:
                    return "insufficient_quota"
            for limit, spent, held in periods:
                if spent + held + need > limit or (wary and held and (held + need) * 4 > limit - spent):
                    return "budget_reserved"
        if bounds.parallel is not None and sum(one.is_running for one in requests) >= bounds.parallel:
            return "parallel_limit_exceeded"
        if bounds.rpm is not None and sum(one.second > second - 60 for one in requests) >= bounds.rpm:
            return "rate_limit_exceeded"
        used = sum(many for one in requests for when, many in one.tokens.items() if when > second - 60)
        if bounds.tpm is not None and used + tokens > bounds.tpm:
            return "rate_limit_exceeded"
        return None

    def end(self, one: Request, tokens: int, cost: int, now: float, learns: bool) -> None:
        second = int(now)
        more = tokens - sum(one.tokens.values())
        if one.second > second - 60:
            one.tokens[one.second] += more
        elif more > 0:
            one.tokens[second] = one.tokens.get(second, 0) + more
        one.is_running, one.spent = False, cost
        if learns and (self.bounds[one.key].has_budget or self.team_bounds.has_budget):
            over = cost if cost > one.asked else 0
            self.learnt.append((one.key, one.kind, int(now // 300), over))
            for other in self.requests:
                if other.is_running and (other.key, other.kind) == (one.key, one.kind):
                    other.held = max(other.held, over)


limit = st.none() | st.integers(0, 6)
money = st.none() | st.integers(0, 30).map(lambda cents: cents / 1000)
some_bounds = st.builds(
    Bounds, rpm=limit, tpm=st.none() | st.integers(0, 60), parallel=st.none() | st.integers(0, 4), day=money,
    month=money, total=money,
)  # fmt: skip
pauses = st.sampled_from([0.0, 0.0, 0.0, 0.25, 1.0, 7.0, 59.0, 60.0, 61.0, 290.0, 700.0, 90_000.0])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("admit"), pauses, st.integers(0, 1), st.integers(0, 30), st.integers(0, 8),
                  st.sampled_from("ab"), st.booleans()),
        st.tuples(st.just("settle"), pauses, st.integers(0, 9), st.integers(0, 60), st.integers(0, 12)),
        st.tuples(st.just("release"), pauses, st.integers(0, 9)),
    ),
    max_size=40,
)  # fmt: skip


@pytest.mark.parametrize("kind", ["memory", "file", "redis"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bounds=st.tuples(some_bounds, some_bounds), team_bounds=some_bounds, trace=steps)
def test_any_requests_are_decided_as_the_model_does(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, bounds: Any, team_bounds: Bounds, trace: list[Any]
) -> None:
    """Two keys of one team, over a minute, an end of a month, and estimates too low and too high."""
    bench = Bench(kind, tmp_path, request.getfixturevalue("server") if kind == "redis" else None)
    team = bench.team()
    keys = [bench.key(team, team_bounds, **{n: getattr(b, n) for n in b.__struct_fields__}) for b in bounds]
    bench.clock.now = BEGIN

    async def play() -> None:
        quota = bench.open()
        try:
            await _follow(quota, bench, keys, Model(list(bounds), team_bounds), trace)
        finally:
            await quota.close()

    asyncio.run(play())


async def _asked(admitting: Awaitable[Admission]) -> Admission | str:
    try:
        return await admitting
    except Problem as problem:
        return str(problem.code)


async def _follow(quota: Quota, bench: Bench, keys: list[VirtualKey], model: Model, trace: list[Any]) -> None:
    running: list[tuple[Admission, Request]] = []
    for what, pause, *more in trace:
        bench.clock.now += pause
        now = bench.clock.now
        if what == "admit":
            key, tokens, cost, kind, capped = more
            said = model.admit(key, tokens, cost, kind, capped, now)
            found = await _asked(quota.admit(keys[key], guess(tokens, cost / 1000, kind, capped), now))
            assert (found if isinstance(found, str) else "in") == said
            if not isinstance(found, str):
                running.append((found, model.requests[-1]))
        elif running:
            admission, request = running.pop(more[0] % len(running))
            if what == "settle":
                model.end(request, more[1], more[2], now, True)
                quota.settle(admission, Spent(more[1], more[2] / 1000))
            else:
                model.end(request, 0, 0, now, False)
                quota.release(admission)
    for admission, request in running:
        model.end(request, 0, 0, bench.clock.now, False)
        quota.release(admission)
    for number, key in enumerate(keys):
        said = model.admit(number, 1, 1, "c", True, bench.clock.now)
        assert await code_of(quota.admit(key, guess(1, 0.001, "c"), bench.clock.now)) == said
