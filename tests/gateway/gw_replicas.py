"""Two replicas of the gateway as real processes over one Redis and one Postgres, for tests."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from gw_gateway import Answer, ServedGateway, wait_until
from gw_nginx import Balancer, running_nginx
from gw_postgres import Cluster, running_postgres
from gw_redis import RedisServer, running_redis

from franca.simulator import Simulator

__all__ = ["ADMIN", "LEASE", "PRICE", "Held", "Replicas", "all_at_once", "known", "running_replicas", "settings", "two"]

ADMIN = "sk-admin-of-the-replicas"
PRICE = 0.001  # dollars for each request, so that what a budget is for is a whole number of them
ENDLESS = "sim/scenario:time-deadline-in-stream"
LEASE = 30.0  # seconds after which the places of a killed replica are free


class Replicas(NamedTuple):
    """Two replicas, what is in front of them, and what they share."""

    one: ServedGateway
    other: ServedGateway
    nginx: Balancer
    simulator: Simulator
    postgres: Cluster
    redis: RedisServer

    def key(self, name: str, **limits: Any) -> tuple[str, str]:
        """A new key, made at one replica and known at the other: its id and its secret."""
        made = self.one.ask("POST", "/admin/v1/keys", {"name": name, **limits}, key=ADMIN)
        assert made.status == 201, made
        id, secret = made.json()["id"], made.json()["key"]
        wait_until(lambda: known(self.other, secret), f"the other replica to know {name}")
        return id, secret

    def usage(self, key: str) -> dict[str, Any]:
        """What the report says of a key, asked at one replica."""
        report = self.one.ask("GET", f"/admin/v1/usage?by=key&key={key}", key=ADMIN)
        assert report.status == 200, report
        lines = report.json()["lines"]
        return lines[0] if lines else {"requests": 0, "refused": 0, "cost": 0.0}


def known(gateway: Any, secret: str) -> bool:
    """Whether a gateway lets this key in."""
    return bool(gateway.ask("GET", "/v1/models", key=secret).status == 200)


def settings(simulator: Simulator, **more: Any) -> dict[str, Any]:
    """A configuration with the simulator as the only server, and a key, so that nobody comes in without one."""
    return {
        "keys": {"first": {"key": "sk-first-0123456789"}},
        "gateway": {"admin_key": ADMIN},
        "servers": {"sim": {"base_url": simulator.url, "trust_env": False}},
        "prices": {"echo": {"input": 0.0, "request": PRICE}, "lorem": {"input": 0.0, "request": PRICE}},
        **more,
    }


@contextmanager
def running_replicas(folder: Path) -> Iterator[Replicas]:
    """Two of them, nginx in front. Skips the test where a program is missing."""
    with (
        running_redis() as redis,
        running_postgres() as postgres,
        Simulator(record=5000) as simulator,
        two(folder, simulator, postgres, redis) as (one, other),
        running_nginx([one.port, other.port]) as nginx,
    ):
        yield Replicas(one, other, nginx, simulator, postgres, redis)


@contextmanager
def two(
    folder: Path, simulator: Simulator, postgres: Cluster, redis: RedisServer
) -> Iterator[tuple[ServedGateway, ServedGateway]]:
    """Two replicas with one configuration; they start at the same time, so that both want to make the tables."""
    config = settings(simulator, store={"url": "env:STORE"}, limits={"url": "env:LIMITS"})
    env = {"STORE": postgres.database(), "LIMITS": redis.url}
    (folder / "one").mkdir(), (folder / "other").mkdir()
    with ThreadPoolExecutor(2) as pool:
        started = [pool.submit(ServedGateway, folder / name, config, env=env) for name in ("one", "other")]
        one, other = (future.result() for future in started)
    with one, other:
        yield one, other


def all_at_once(asks: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """The answers to requests that are made together."""
    gate = threading.Barrier(len(asks))

    def ask(one: Callable[[], Answer]) -> Answer:
        gate.wait(20)
        return one()

    with ThreadPoolExecutor(len(asks)) as pool:
        return list(pool.map(ask, asks))


class Held:
    """A stream that goes on until it is closed."""

    def __init__(self, gateway: Any, secret: str) -> None:
        self._connection: http.client.HTTPConnection = gateway.connect(60.0)
        words = {"model": ENDLESS, "stream": True, "messages": [{"role": "user", "content": "Go"}]}
        self._connection.request(
            "POST", "/v1/chat/completions", json.dumps(words),
            {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"},
        )  # fmt: skip
        self._reply = self._connection.getresponse()
        self.status = self._reply.status
        self._reply.readline()

    def close(self) -> None:
        self._reply.close()
        self._connection.close()
