"""Health checks: who is asked, what an answer means, and what the breaker is told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from types import SimpleNamespace
from typing import Any

from franca.configure import make_session, transport_options
from franca.errors import ConnectFailed
from franca.gateway.config.shape import RoutingTable, ServerTable
from franca.gateway.routing.breaker import Breaker
from franca.gateway.routing.health import Health
from franca.io.aio import AsyncioTransport
from franca.simulator import Simulator

ROUTING = RoutingTable(failures=2, rest=3600.0, longest_rest=3600.0)


class Log:
    """Keeps what is told."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, text: str) -> None:
        self.lines.append(text)

    warning = info


def server(every: float, **more: Any) -> Any:
    """What a check knows of a server."""
    return SimpleNamespace(
        table=ServerTable(health_every=every, health_path="models"), breaker=Breaker(ROUTING), **more
    )


async def until(health: Health, ready: Callable[[], bool]) -> None:
    """Let it run until something holds."""
    task = asyncio.create_task(health.run())
    try:
        async with asyncio.timeout(20):
            while not ready():
                assert not task.done()
                await asyncio.sleep(0.001)
    finally:
        task.cancel()
        await asyncio.wait([task])


def answers(*told: int | Exception) -> Callable[[str], Awaitable[int]]:
    """Answers one after the other, the last one for ever."""
    rest = list(told)

    async def ask(name: str) -> int:
        found = rest.pop(0) if len(rest) > 1 else rest[0]
        if isinstance(found, Exception):
            raise found
        return found

    return ask


def test_a_server_that_is_down_is_left_alone() -> None:
    """Failed checks open the breaker, as failed requests do, and are told once."""
    for failure in (503, ConnectFailed("refused")):
        upstream, log = server(0.01), Log()
        health = Health({"a": upstream}, log, answers(failure))
        asyncio.run(until(health, lambda up=upstream: not up.breaker.allows(monotonic())))  # type: ignore[misc]
        assert health.up == {"a": False}
        assert len(log.lines) == 1
        assert "a is down" in log.lines[0]


def test_a_server_that_is_there_again_is_tried() -> None:
    """The first good answer ends the rest; the next request is the try. It is told."""
    upstream, log = server(0.01), Log()
    health = Health({"a": upstream}, log, answers(500, 500, 500, 401))
    asyncio.run(until(health, lambda: health.up.get("a") is True))
    assert upstream.breaker.state(monotonic()) == "half-open"
    assert upstream.breaker.allows(monotonic())
    assert log.lines[1:] == ["the server a is there again"]


def test_a_good_answer_does_not_hide_failing_requests() -> None:
    """Checks that go well between requests that fail do not keep the breaker closed."""
    upstream = server(0.01)
    health = Health({"a": upstream}, Log(), answers(200))
    upstream.breaker.failed(monotonic())
    asyncio.run(until(health, lambda: "a" in health.up))
    upstream.breaker.failed(monotonic())
    assert not upstream.breaker.allows(monotonic())


def test_who_does_not_answer_in_time_is_down() -> None:
    """An answer must come before the next question."""

    async def hang(name: str) -> int:
        await asyncio.Event().wait()
        return 200

    health = Health({"a": server(0.02)}, Log(), hang)
    asyncio.run(until(health, lambda: health.up.get("a") is False))


def test_only_those_are_asked_that_want_it() -> None:
    """Without `health_every` a server is not asked, and where nobody is, it is over at once."""
    asked = []

    async def ask(name: str) -> int:
        asked.append(name)
        return 200

    asyncio.run(until(Health({"a": server(0.01), "b": server(0.0)}, Log(), ask), lambda: len(asked) > 3))
    assert set(asked) == {"a"}
    asyncio.run(asyncio.wait_for(Health({"b": server(0.0)}, Log(), ask).run(), 20))


def test_a_real_server() -> None:
    """The simulator is asked over HTTP with the server's key; a port where nobody listens is down."""

    async def run() -> None:
        with Simulator() as simulator:
            options = {"api_key": "sk-test", "limits": False}
            transport = AsyncioTransport(**transport_options(options))
            there = server(9.0, sessions=[make_session(simulator.url, options, "0")], transport=transport)
            gone = server(9.0, sessions=[make_session("http://127.0.0.1:9/v1", options, "0")], transport=transport)
            health = Health({"there": there, "gone": gone}, Log())
            await until(health, lambda: len(health.up) == 2)
            assert health.up == {"there": True, "gone": False}
            seen = [one for one in simulator.requests if one.path.endswith("/models")]
            assert seen
            await transport.close()

    asyncio.run(run())
