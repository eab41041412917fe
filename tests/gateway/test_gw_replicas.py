"""Several of it: two replicas behind nginx over one Redis and one Postgres, and two workers of one machine.

Everything is real: `franca serve` as processes, nginx with the configuration of deploy/.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import Answer, ServedGateway, family, wait_until
from gw_nginx import running_nginx
from gw_replicas import ADMIN, LEASE, PRICE, Held, Replicas, all_at_once, running_replicas, settings

from franca.simulator import Simulator


@pytest.fixture(scope="module")
def replicas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replicas]:
    """Two replicas for this file."""
    with running_replicas(tmp_path_factory.mktemp("replicas")) as running:
        yield running


# ---- what they share ---------------------------------------------------------------------------------


def test_one_budget_across_both(replicas: Replicas) -> None:
    """100 parallel requests for a budget of 40: 40 are answered, and the ledger of both says that no more was spent."""
    id, secret = replicas.key("poor", budget={"total": 40 * PRICE})
    ask = lambda: replicas.nginx.chat("sim/echo", key=secret, max_tokens=5)  # noqa: E731
    answers = all_at_once([ask] * 100)
    statuses = Counter(answer.status for answer in answers)
    assert statuses[200] == 40, statuses
    assert set(statuses) <= {200, 402, 429}, statuses
    wait_until(
        lambda: replicas.usage(id)["requests"] == 100, "all rows to be written", about=lambda: str(replicas.usage(id))
    )
    used = replicas.usage(id)
    assert used["refused"] == 60
    assert used["cost"] == pytest.approx(40 * PRICE)
    assert replicas.nginx.chat("sim/echo", key=secret).status == 402
    both = Counter(line["replica"] for line in map(json.loads, replicas.nginx.access().splitlines()))
    assert len([name for name, number in both.items() if number > 10]) == 2, "both replicas took part"


def test_requests_a_minute_across_both(replicas: Replicas) -> None:
    """Ten a minute are ten, whichever replica is asked; the answers of both count down one number."""
    _, secret = replicas.key("limited", rpm=10)
    answers = [(replicas.one, replicas.other)[turn % 2].chat("sim/echo", key=secret) for turn in range(14)]
    assert [answer.status for answer in answers] == [200] * 10 + [429] * 4
    left = [int(answer.headers["x-ratelimit-remaining-requests"]) for answer in answers[:10]]
    assert left == list(range(9, -1, -1))
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers[10:])


def test_requests_at_once_across_both(replicas: Replicas) -> None:
    """Three places are three at both together; a place is free again at once when its stream is left."""
    _, secret = replicas.key("narrow", parallel=3)
    held = [Held(gateway, secret) for gateway in (replicas.one, replicas.other, replicas.one)]
    try:
        assert [stream.status for stream in held] == [200] * 3
        assert replicas.one.chat("sim/echo", key=secret, stream=True).status == 429
        assert replicas.other.chat("sim/echo", key=secret, stream=True).status == 429
        held[0].close()
        wait_until(lambda: replicas.other.chat("sim/echo", "x", key=secret).status == 200, "a place to be free")
    finally:
        for stream in held:
            stream.close()


def test_keys_made_at_one_work_at_the_other(replicas: Replicas) -> None:
    """Within two seconds a key of one replica's admin API is good at the other, changed, and no good when revoked."""
    made = replicas.one.ask("POST", "/admin/v1/keys", {"name": "wanderer", "models": ["sim/*"]}, key=ADMIN).json()
    secret, place = made["key"], f"/admin/v1/keys/{made['id']}"
    assert replicas.one.chat("sim/echo", key=secret).status == 200, (
        "at the one that made it there is nothing to wait for"
    )
    within = 2.0
    wait_until(lambda: replicas.other.chat("sim/echo", key=secret).status == 200, "the other to know it", within)
    assert replicas.other.ask("PATCH", place, {"models": ["nothing/*"]}, key=ADMIN).status == 200
    wait_until(lambda: replicas.one.chat("sim/echo", key=secret).status == 403, "the change to be known", within)
    assert replicas.other.ask("DELETE", place, key=ADMIN).status == 200
    assert replicas.other.chat("sim/echo", key=secret).status == 401
    wait_until(lambda: replicas.one.chat("sim/echo", key=secret).status == 401, "the end to be known", within)


def test_one_report_of_both(replicas: Replicas) -> None:
    """What was asked of both is in the report of each."""
    id, secret = replicas.key("writer")
    for gateway in (replicas.one, replicas.one, replicas.other, replicas.other, replicas.other):
        assert gateway.chat("sim/echo", key=secret).status == 200
    wait_until(lambda: replicas.usage(id)["requests"] == 5, "the rows of both")
    told = replicas.other.ask("GET", f"/admin/v1/usage?by=key&key={id}", key=ADMIN).json()["lines"][0]
    assert told["requests"] == 5
    assert told["cost"] == pytest.approx(5 * PRICE)


def test_what_one_answered_the_other_can_tell(replicas: Replicas) -> None:
    """/v1/generation?id= knows the answers of both, and only the caller's own."""
    _, secret = replicas.key("asker")
    _, foreign = replicas.key("foreigner")
    answer = replicas.one.chat("sim/echo", key=secret)
    place = f"/v1/generation?id={answer.json()['id']}"
    wait_until(lambda: replicas.other.ask("GET", place, key=secret).status == 200, "the row to be written")
    assert replicas.other.ask("GET", place, key=foreign).status == 404


# ---- nginx -------------------------------------------------------------------------------------------


def test_the_id_of_a_request_goes_through_nginx(replicas: Replicas) -> None:
    """The caller's own id comes back and stands in both logs; without one the answer has nginx' id."""
    _, secret = replicas.key("named")
    body = {"model": "sim/echo", "messages": [{"role": "user", "content": "Hi"}]}
    answer = replicas.nginx.ask(
        "POST", "/v1/chat/completions", body, key=secret, headers={"x-request-id": "my-own-id-7"}
    )
    assert answer.headers["x-request-id"] == "my-own-id-7"
    # nginx writes its line when the answer is out.
    wait_until(lambda: '"id":"my-own-id-7"' in replicas.nginx.access(), "nginx to write it down")
    other = replicas.nginx.ask("POST", "/v1/chat/completions", body, key=secret).headers["x-request-id"]
    assert len(other) == 32
    wait_until(lambda: f'"id":"{other}"' in replicas.nginx.access(), "nginx to write it down")
    assert secret not in replicas.nginx.access()
    assert replicas.nginx.ask("GET", "/metrics", key=ADMIN).status == 404


def test_nginx_holds_nothing_back(replicas: Replicas) -> None:
    """The first event of a stream is there while the server still writes, and leaving reaches the server."""
    _, secret = replicas.key("reader")
    replicas.simulator.requests.clear()
    stream = Held(replicas.nginx, secret)
    try:
        assert stream.status == 200
        assert [seen.ended for seen in replicas.simulator.requests] == [None], "the server is still at work"
    finally:
        stream.close()
    replicas.simulator.requests.wait_for(lambda: replicas.simulator.requests[-1].ended == "left", 20)


def test_without_keys_nobody_comes_through_nginx(replicas: Replicas, tmp_path: Path) -> None:
    """A gateway without keys serves this machine only: a stranger cannot come through a proxy on it, whatever host they
    claim to ask for."""
    config = {name: table for name, table in settings(replicas.simulator).items() if name != "keys"}
    with ServedGateway(tmp_path, config) as gateway, running_nginx([gateway.port, gateway.port]) as nginx:
        assert gateway.chat("sim/echo").status == 200
        words = {"model": "sim/echo", "messages": [{"role": "user", "content": "Hello"}]}
        for host in ("gateway.example.com", "localhost", "127.0.0.1"):
            answer = nginx.ask("POST", "/v1/chat/completions", words, headers={"Host": host})
            assert answer.status == 403, host


# ---- one of them dies --------------------------------------------------------------------------------


def test_a_killed_replica(replicas: Replicas, tmp_path: Path) -> None:
    """Killed with streams under way, a replica is gone for nginx at once, loses nobody's key or budget, and the places
    of its streams are free again when its lease is over."""
    id, secret = replicas.key("survivor", parallel=3)
    config = settings(replicas.simulator, store={"url": "env:STORE"}, limits={"url": "env:LIMITS"})
    environ = Path(f"/proc/{replicas.one.process.pid}/environ").read_bytes().split(b"\0")
    env = dict(one.decode().split("=", 1) for one in environ if one.startswith((b"STORE=", b"LIMITS=")))
    with (
        ServedGateway(tmp_path, config, env=env) as doomed,
        running_nginx([doomed.port, replicas.other.port]) as nginx,
    ):
        held = [Held(doomed, secret) for _ in range(3)]
        assert [stream.status for stream in held] == [200] * 3
        assert replicas.other.chat("sim/echo", key=secret).status == 429, "all places are taken"
        doomed.kill()
        # Nobody notices: nginx goes on with the other one.
        assert {nginx.ask("GET", "/v1/models", key=secret).status for _ in range(10)} == {200}
        assert replicas.other.chat("sim/echo", key=secret).status == 429, "a place is not free before the lease is over"
        wait_until(lambda: nginx.chat("sim/echo", "x", key=secret).status == 200, "the places to come back", 2 * LEASE)
        again = [Held(replicas.other, secret) for _ in range(3)]
        assert [stream.status for stream in again] == [200] * 3, "all three of them"
        for stream in (*held, *again):
            stream.close()
    wait_until(lambda: replicas.usage(id)["requests"] >= 6, "the rows of the one that lives")


def test_a_replica_that_ends_in_good_order(replicas: Replicas, tmp_path: Path) -> None:
    """While requests come without a pause, one replica is told to end: its stream goes on to its end, and nobody else
    notices, because nginx asks the other one."""
    config = settings(replicas.simulator)
    stop = threading.Event()
    statuses: Counter[int] = Counter()
    (tmp_path / "ending").mkdir(), (tmp_path / "staying").mkdir()
    with (
        ServedGateway(tmp_path / "ending", config) as ending,
        ServedGateway(tmp_path / "staying", config) as staying,
        running_nginx([ending.port, staying.port]) as nginx,
        ThreadPoolExecutor(5) as pool,
    ):

        def ask() -> None:
            while not stop.is_set():
                statuses[nginx.chat("sim/echo", key="sk-first-0123456789").status] += 1

        asking = [pool.submit(ask) for _ in range(4)]
        try:
            wait_until(lambda: statuses[200] > 40, "requests to be on their way")
            said = [{"role": "user", "content": "Hello"}]
            slow = {"model": "sim/scenario:time-slow-events", "stream": True, "messages": said}
            stream = pool.submit(ending.ask, "POST", "/v1/chat/completions", slow, key="sk-first-0123456789")
            wait_until(lambda: in_flight(replicas.simulator, b"time-slow-events"), "the stream to be on its way")
            ending.process.send_signal(signal.SIGTERM)
            assert stream.result(20).events()[-1] == "[DONE]"
            assert ending.process.wait(20) == 0
            before = statuses[200]
            wait_until(lambda: statuses[200] > before + 40, "requests to go on")
        finally:
            stop.set()
        for one in asking:
            one.result(20)
    # What nginx sends along a kept connection in the very moment of its end is lost; it must not be sent again.
    assert statuses.total() - statuses[200] <= 2, statuses


def in_flight(simulator: Simulator, word: bytes) -> bool:
    """Whether the simulator is at work on a request with this in its body."""
    return any(seen.ended is None and word in seen.raw for seen in simulator.requests)


# ---- workers -----------------------------------------------------------------------------------------


def sockets_of(pid: int) -> int:
    """How many connections a process holds."""
    found = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            found += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
        except OSError:
            continue
    return found


def test_workers_share_limits_through_a_file(tmp_path: Path) -> None:
    """Without Redis two workers count together: a budget of 40 for 100 parallel requests, and ten requests a minute."""
    with Simulator(latency=0.05) as simulator:
        config = settings(
            simulator,
            keys={
                "poor": {"key": "sk-poor-0123456789", "budget": {"total": 40 * PRICE}},
                "limited": {"key": "sk-limited-0123456789", "rpm": 10},
            },
        )
        with ServedGateway(tmp_path, config, arguments=["--workers", "2"]) as gateway:
            workers = family(gateway.process.pid)[1:]
            assert len(workers) == 2
            idle = [sockets_of(pid) for pid in workers]
            with ExitStack() as stack:

                def both_serve() -> bool:
                    stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
                    return all(sockets_of(pid) > before for pid, before in zip(workers, idle, strict=True))

                wait_until(both_serve, "both to take connections")
            ask = lambda: gateway.chat("sim/echo", key="sk-poor-0123456789", max_tokens=5)  # noqa: E731
            statuses = Counter(answer.status for answer in all_at_once([ask] * 100))
            assert statuses[200] == 40, statuses
            answers = [gateway.chat("sim/echo", key="sk-limited-0123456789").status for _ in range(20)]
            assert answers == [200] * 10 + [429] * 10


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    """A worker that is killed is started again; requests go on, the budget stays one, and the books are whole."""
    with Simulator() as simulator:
        config = settings(simulator, keys={"poor": {"key": "sk-poor-0123456789", "budget": {"total": 30 * PRICE}}})
        with ServedGateway(tmp_path, config, arguments=["--workers", "2"]) as gateway:
            ask = lambda: gateway.chat("sim/echo", key="sk-poor-0123456789", max_tokens=5)  # noqa: E731
            assert [ask().status for _ in range(10)] == [200] * 10
            wait_until(lambda: rows_of(gateway)["requests"] == 10, "the rows to be written")
            before = family(gateway.process.pid)[1:]
            os.kill(before[0], signal.SIGKILL)
            wait_until(
                lambda: len(now := family(gateway.process.pid)[1:]) == 2 and before[0] not in now, "another worker"
            )
            statuses = Counter(answer_or_none(ask) for _ in range(60))
            assert statuses[200] == 20, statuses
            assert set(statuses) <= {200, 402, 429, None}
            wait_until(lambda: rows_of(gateway)["cost"] == pytest.approx(30 * PRICE), "the rows to be written")


def answer_or_none(ask: Callable[[], Answer]) -> int | None:
    """The status, None where a connection ended before it came."""
    try:
        return ask().status
    except (OSError, http.client.HTTPException):
        return None


def rows_of(gateway: ServedGateway) -> dict[str, Any]:
    """The sum of all usage."""
    report = gateway.ask("GET", "/admin/v1/usage", key=ADMIN)
    assert report.status == 200, report
    total: dict[str, Any] = report.json()["total"]
    return total
