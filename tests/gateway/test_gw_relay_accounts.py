"""What is reserved is given back or settled exactly once, however a request ends, and each is booked once."""

from __future__ import annotations

import contextlib
import http.client
import random
import socket
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import wait_until
from gw_relay import DONE, USAGE, Call, Caller, Puppet, Relaying, answer_of, books, chunk_of, event_of, relaying

SECRET = "sk-franca-spender"
KEYS = {
    "k": {"key": SECRET, "parallel": 50, "rpm": 100_000, "tpm": 100_000_000, "budget": {"total": 1000.0}, "team": "t"}
}
TEAMS = {"t": {"parallel": 60, "budget": {"day": 1000.0}}}
PRICES = {"m": {"input": 1.0, "output": 2.0}}
AUTH = {"Authorization": f"Bearer {SECRET}"}


def accounts(gateway: Relaying) -> tuple[Any, Any]:
    """The accounts of the one key and of its team."""
    quota = gateway.gateway.quota
    seat = next(iter(quota._seats.values()))
    return seat, quota._teams["t"]


def at_rest(gateway: Relaying) -> None:
    """Nothing is held for anybody."""
    wait_until(lambda: gateway.gateway.metrics.in_flight == 0, "all requests to end")
    seat, team = accounts(gateway)
    assert seat.running == {}
    for account in (seat.own, team):
        assert (account.running, account.day_held, account.month_held, account.total_held) == (0, 0, 0, 0)


def fault(call: Call) -> None:
    """One of many ways in which a server may answer, by what the caller's message says."""
    what = call.json()["messages"][0]["content"]
    good = [chunk_of("Hi"), chunk_of(None, "stop"), USAGE, DONE]
    stream = bool(call.json().get("stream"))
    if what == "good":
        call.stream(good) if stream else call.reply(answer_of())
    elif what == "without-usage":
        call.stream([good[0], good[1], DONE]) if stream else call.reply({**answer_of(), "usage": None})
    elif what == "error":
        call.reply({"error": {"message": "x"}}, random.choice([400, 401, 429, 500, 503]))
    elif what == "error-in-200":
        call.stream([event_of({"error": {"message": "x"}})]) if stream else call.reply({"error": {"message": "x"}})
    elif what == "error-later":
        call.stream([good[0], event_of({"error": {"message": "x"}})]) if stream else call.reset()
    elif what == "cut":
        call.begin_stream()
        call.piece(good[0])
        random.choice([call.close, call.reset])()
    elif what == "no-answer":
        random.choice([call.close, call.reset])()
    elif what == "stall":
        call.begin_stream()
        call.piece(good[0])
        call.gone(5.0)
        call.close()
    elif what == "silent":
        call.gone(5.0)
        call.close()
    elif what == "rubbish":
        call.write(b"\x00\x01\x02 rubbish\r\n\r\n")
        call.close()
    else:
        raise AssertionError(what)


FAULTS = [
    "good",
    "good",
    "without-usage",
    "error",
    "error-in-200",
    "error-later",
    "cut",
    "no-answer",
    "stall",
    "silent",
    "rubbish",
]


def caller(gateway: Relaying, seed: int, count: int, sent: list[int]) -> None:
    """Asks, and sometimes goes away in the middle, or sends half, or nonsense."""
    chance = random.Random(seed)
    for _ in range(count):
        stream = chance.random() < 0.5
        content = chance.choice(FAULTS)
        body: dict[str, Any] = {"model": "sim/m", "messages": [{"role": "user", "content": content}], "stream": stream}
        if chance.random() < 0.1:
            body["messages"] = 5 if chance.random() < 0.5 else body["messages"]
            body["model"] = chance.choice(["sim/m", "nowhere/m", 7])
        if body["messages"] == 5:
            body["model"] = "nowhere/m"
        how = chance.random()
        with contextlib.suppress(OSError, http.client.HTTPException, AssertionError), Caller(gateway) as one:
            if how < 0.1:  # half a request
                head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                one.send(head % SECRET.encode() + b"Content-Length: 999\r\n\r\n{")
                sent.append(1)
                chance.choice([one.close, one.reset])()
                continue
            one.post("/v1/chat/completions", body, {**AUTH, "Connection": "close"})
            sent.append(1)
            if how < 0.35:
                one.socket.settimeout(chance.choice([0.001, 0.05, 0.2]))
                with contextlib.suppress(TimeoutError, socket.timeout):
                    one.rest()
                chance.choice([one.close, one.reset])()
            else:
                one.rest()


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_nothing_stays_reserved(tmp_path: Path, seed: int) -> None:
    """Hundreds of requests of one key, whose servers fail and whose callers leave in every way: at the end nothing is
    held and nobody counts as under way, and each request that came is in the books once."""
    random.seed(seed)
    sent: list[int] = []
    with (
        Puppet(fault) as server,
        relaying(
            tmp_path,
            {"sim": server.table(timeout=0.4, idle_timeout=0.3, retries=1)},
            keys=KEYS,
            teams=TEAMS,
            prices=PRICES,
            routing={"failures": 10_000},
            gateway={"keep_alive": 0.05},
        ) as gateway,
    ):
        threads = [
            threading.Thread(target=caller, args=(gateway, 100 * seed + number, 25, sent)) for number in range(12)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
            assert not thread.is_alive()
        at_rest(gateway)
        count = len(gateway.rows)
        # Who goes away before the head of the request was read was never there.
        assert 0.85 * len(sent) <= count <= len(sent)
        assert len({id(row) for row in gateway.rows}) == count
        outcomes = {row.outcome for row in gateway.rows}
        assert {"ok", "error", "left", "cut"} <= outcomes
        seat, _ = accounts(gateway)
        known = sum(row.cost for row in gateway.rows if row.cost is not None)
        assert known > 0
        assert seat is not None
    with contextlib.closing(sqlite3.connect(tmp_path / "franca.db")) as store:
        assert store.execute("SELECT count(*) FROM franca_usage").fetchone() == (count,)
        total = store.execute("SELECT sum(requests), sum(cost) FROM franca_daily").fetchone()
        assert total[0] == count
        assert total[1] == pytest.approx(known)


ENDINGS = [name for name in dict.fromkeys(FAULTS) if name not in ("silent", "stall")]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("what", ENDINGS)
def test_each_ending_gives_back_its_place(tmp_path: Path, what: str, stream: bool) -> None:
    """A key for one request at a time: after each ending the next one is let in."""
    keys = {"k": {**KEYS["k"], "parallel": 1}}
    with (
        Puppet(fault) as server,
        relaying(
            tmp_path,
            {"sim": server.table(timeout=1.0)},
            keys=keys,
            teams=TEAMS,
            prices=PRICES,
            routing={"failures": 1000},
        ) as gateway,
    ):
        for number in range(3):
            body = {"model": "sim/m", "messages": [{"role": "user", "content": what}], "stream": stream}
            with contextlib.suppress(http.client.HTTPException):
                got = gateway.ask("POST", "/v1/chat/completions", body, key=SECRET)
                code = (
                    got.json()["error"]["code"]
                    if got.headers["content-type"] == "application/json" and got.status != 200
                    else ""
                )
                assert code not in ("parallel_limit", "too_many_parallel")
            books(gateway, number + 1)
            at_rest(gateway)
        assert len(server.calls) >= 3


def test_a_refused_request_reserves_nothing(tmp_path: Path) -> None:
    """What never leaves, for its model, its body or its budget, holds nothing and costs nothing."""
    keys = {"k": {**KEYS["k"], "models": ["sim/*"]}}
    with (
        Puppet(fault) as server,
        relaying(tmp_path, {"sim": server.table()}, keys=keys, teams=TEAMS, prices=PRICES) as gateway,
    ):
        assert (
            gateway.ask(
                "POST", "/v1/chat/completions", {"model": "sim/m", "messages": [{"content": "good"}]}, key=SECRET
            ).status
            == 200
        )
        for body in (
            {"model": "other/m"},
            {"model": "sim/m", "stream": 5},
            {"model": "sim/m", "max_tokens": 10**12, "messages": []},
        ):
            assert gateway.ask("POST", "/v1/chat/completions", body, key=SECRET).status >= 400
        at_rest(gateway)
        assert [row.outcome for row in books(gateway, 4)] == ["ok", "refused", "refused", "refused"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_hundred_at_once_spend_no_more_than_the_budget(tmp_path: Path, stream: bool) -> None:
    """A hundred requests at once on a key with a budget for forty: at most forty are answered, the others refused, and
    after that nothing is held."""
    cost = (3 * 1.0 + 4 * 2.0) / 1e6 if not stream else (3 * 1.0 + 2 * 2.0) / 1e6
    keys = {"k": {"key": SECRET, "budget": {"total": cost * 40}, "team": "t"}}
    statuses: list[int] = []
    with (
        Puppet(fault) as server,
        relaying(
            tmp_path, {"sim": server.table()}, keys=keys, teams={"t": {"parallel": 1000}}, prices=PRICES
        ) as gateway,
    ):

        def one() -> None:
            body = {
                "model": "sim/m",
                "messages": [{"role": "user", "content": "good"}],
                "stream": stream,
                "max_tokens": 1,
            }
            statuses.append(gateway.ask("POST", "/v1/chat/completions", body, key=SECRET).status)

        threads = [threading.Thread(target=one) for _ in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        rows = books(gateway, 100)
        assert sum(row.cost or 0.0 for row in rows) <= cost * 40 * 1.0000001
        assert 0 < statuses.count(200) <= 40
        assert len(server.calls) == statuses.count(200)
        seat, _ = accounts(gateway)
        assert seat.running == {}


def test_who_left_pays_for_what_was_reserved(tmp_path: Path) -> None:
    """The server worked for a caller who went away and nobody counted it: what was reserved counts. One for whom no
    server was asked pays nothing."""
    with (
        Puppet(fault) as server,
        relaying(tmp_path, {"sim": server.table()}, keys=KEYS, teams=TEAMS, prices=PRICES) as gateway,
    ):
        body = {"model": "sim/m", "messages": [{"role": "user", "content": "silent"}], "max_tokens": 100}
        with Caller(gateway).post("/v1/chat/completions", body, AUTH):
            wait_until(lambda: len(server.calls) == 1, "the request at the server")
        assert books(gateway, 1)[0].outcome == "left"
        at_rest(gateway)
        seat, _ = accounts(gateway)
        spent = seat.own.total_spent
        assert spent >= 100 * 2.0 / 1e6 * 1e9
