"""What replicas share goes away and comes back: requests go on as the configuration says, and the books are whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import ServedGateway, wait_until
from gw_postgres import Cluster, running_postgres
from gw_redis import RedisServer, running_redis
from gw_replicas import ADMIN, PRICE, settings

from franca.simulator import Simulator

FREE = "sk-first-0123456789"  # a key without limits
POOR = "sk-poor-0123456789"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """A server for this file."""
    with Simulator() as running:
        yield running


@pytest.fixture(scope="module")
def postgres() -> Iterator[Cluster]:
    """A Postgres for this file."""
    with running_postgres() as running:
        yield running


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    """A Redis for each test."""
    with running_redis() as running:
        yield running


def config(simulator: Simulator, **more: Any) -> dict[str, Any]:
    """With a key that has a budget beside the one that has none."""
    poor = {"key": POOR, "budget": {"total": 10 * PRICE}, "rpm": 1000}
    return settings(simulator, keys={"first": {"key": FREE}, "poor": poor}, **more)


def booked(gateway: ServedGateway) -> int:
    """How many requests the report knows; -1 while it cannot be asked."""
    report = gateway.ask("GET", "/admin/v1/usage", key=ADMIN)
    return int(report.json()["total"]["requests"]) if report.status == 200 else -1


def test_without_the_store_requests_go_on(tmp_path: Path, simulator: Simulator, postgres: Cluster) -> None:
    """Postgres goes away: callers notice nothing, budgets hold, and what they used is written when it is back."""
    with ServedGateway(tmp_path, config(simulator, store={"url": postgres.database()})) as gateway:
        made = gateway.ask("POST", "/admin/v1/keys", {"name": "stored"}, key=ADMIN).json()["key"]
        assert [gateway.chat("sim/echo", key=key).status for key in (FREE, POOR, made)] == [200] * 3
        wait_until(lambda: booked(gateway) == 3, "the first rows")
        postgres.stop()
        try:
            assert [gateway.chat("sim/echo", key=key).status for key in (FREE, POOR, made) * 4] == [200] * 12
            wait_until(lambda: "store" in gateway.log_text(), "the log to tell it", about=gateway.log_tail)
            assert gateway.ask("GET", "/admin/v1/keys", key=ADMIN).status == 503
            assert gateway.ask("GET", "/readyz").status == 200
            statuses = [gateway.chat("sim/echo", key=POOR).status for _ in range(10)]
            assert statuses == [200] * 5 + [402] * 5, "5 of 10 were spent before"
        finally:
            postgres.start()
        wait_until(lambda: booked(gateway) == 25, "the rows that waited", about=gateway.log_tail)
        assert gateway.chat("sim/echo", key=POOR).status == 402
        assert gateway.chat("sim/echo", key=made).status == 200


def test_without_the_store_requests_are_refused_if_wanted(
    tmp_path: Path, simulator: Simulator, postgres: Cluster
) -> None:
    """With `when_down = "refuse"` nothing is answered that cannot be written down, and the balancer is told."""
    store = {"url": postgres.database(), "when_down": "refuse"}
    with ServedGateway(tmp_path, config(simulator, store=store)) as gateway:
        assert gateway.chat("sim/echo", key=FREE).status == 200
        wait_until(lambda: booked(gateway) == 1, "the first row")
        postgres.stop()
        try:
            wait_until(lambda: gateway.chat("sim/echo", key=FREE).status == 503, "requests to be refused")
            assert gateway.ask("GET", "/readyz").status == 503
            assert gateway.ask("GET", "/healthz").status == 200
        finally:
            postgres.start()
        wait_until(lambda: gateway.chat("sim/echo", key=FREE).status == 200, "requests to be answered again")
        assert gateway.ask("GET", "/readyz").status == 200


def test_a_gateway_that_starts_without_its_store(tmp_path: Path, simulator: Simulator, postgres: Cluster) -> None:
    """It starts all the same and serves the keys of its configuration; the stored ones follow when Postgres is back."""
    url = postgres.database()
    with ServedGateway(tmp_path, config(simulator, store={"url": url})) as gateway:
        made = gateway.ask("POST", "/admin/v1/keys", {"name": "stored"}, key=ADMIN).json()["key"]
    postgres.stop()
    try:
        gateway = ServedGateway(tmp_path, config(simulator, store={"url": url}))
    except BaseException:
        postgres.start()
        raise
    with gateway:
        try:
            assert gateway.chat("sim/echo", key=FREE).status == 200
            assert gateway.chat("sim/echo", key=made).status == 401
        finally:
            postgres.start()
        wait_until(lambda: gateway.chat("sim/echo", key=made).status == 200, "the stored key", about=gateway.log_tail)
        wait_until(lambda: booked(gateway) >= 2, "the row that waited")


def test_without_redis_keys_with_limits_wait(tmp_path: Path, simulator: Simulator, redis: RedisServer) -> None:
    """Redis goes away: keys with limits are turned away, others notice nothing. It comes back empty: the budget that
    was spent is known again from the store."""
    with ServedGateway(tmp_path, config(simulator, limits={"url": redis.url})) as gateway:
        assert [gateway.chat("sim/echo", key=POOR).status for _ in range(6)] == [200] * 6
        wait_until(lambda: booked(gateway) == 6, "the rows")
        redis.stop()
        refused = gateway.chat("sim/echo", key=POOR)
        assert refused.status == 503
        assert redis.url.partition("@")[0].rpartition(":")[2] not in refused.body.decode() + gateway.log_text()
        assert gateway.chat("sim/echo", key=FREE).status == 200
        redis.start()
        answers = []

        def is_back() -> bool:
            answers.append(gateway.chat("sim/echo", key=POOR, max_tokens=1).status)
            return answers[-1] == 200

        wait_until(is_back, "the limits to be there again", about=gateway.log_tail)
        assert [gateway.chat("sim/echo", key=POOR, max_tokens=1).status for _ in range(5)] == [200] * 3 + [402] * 2


def test_without_redis_each_counts_for_itself_if_wanted(
    tmp_path: Path, simulator: Simulator, redis: RedisServer
) -> None:
    """With `when_down = "serve"` a replica goes on with what the store knows, so a budget still ends."""
    limits = {"url": redis.url, "when_down": "serve"}
    with ServedGateway(tmp_path, config(simulator, limits=limits)) as gateway:
        assert [gateway.chat("sim/echo", key=POOR).status for _ in range(6)] == [200] * 6
        wait_until(lambda: booked(gateway) == 6, "the rows")
        redis.stop()
        answers = [gateway.chat("sim/echo", key=POOR, max_tokens=1).status for _ in range(8)]
        assert answers == [200] * 4 + [402] * 4
