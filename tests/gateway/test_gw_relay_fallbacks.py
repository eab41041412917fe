"""When a server fails another one is asked, another key is taken, or it is tried again; and when nobody should."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import wait_until
from gw_relay import DONE, Call, Caller, Puppet, answer_of, books, chunk_of, event_of, free_port, only, relaying

Play = Callable[[Call], None]


def fails(status: int, code: str | None = None, headers: dict[str, str] | None = None) -> Play:
    return lambda call: call.reply({"error": {"message": "x", "code": code}}, status, headers)


def good(call: Call) -> None:
    if call.json().get("stream"):
        call.stream([chunk_of("Hi"), chunk_of(None, "stop"), DONE])
    else:
        call.reply(answer_of("Hi"))


def half_error(call: Call) -> None:
    call.stream([chunk_of(None), event_of({"error": {"message": "overloaded", "code": 503}}), DONE])


FAILURES: dict[str, Play] = {
    "500": fails(500), "502": fails(502), "503": fails(503), "529": fails(529), "429": fails(429), "401": fails(401),
    "402": fails(402, "insufficient_quota"), "408": fails(408),
    "closes": lambda call: call.close(), "resets": lambda call: call.reset(),
    "error-in-200": lambda call: call.reply({"error": {"message": "overloaded", "code": 503}}),
    "garbage": lambda call: call.write(b"HTTP/9 what\r\n\r\n") or call.close(),
    "slow": lambda call: call.gone(5.0),
}  # fmt: skip
IN_STREAMS: dict[str, Play] = {
    "error-first": lambda call: call.stream([event_of({"error": {"message": "overloaded", "code": 503}})]),
    "error-after-role": half_error,
    "empty-stream": lambda call: call.stream([]),
    "comments-only": lambda call: call.stream([b": hello\n\n"]),
    "ends-early": lambda call: call.stream([chunk_of(None)]),
    "cut-early": lambda call: call.stream([chunk_of(None)], end=False) or call.close(),
    "html": lambda call: call.reply(b"<html>sorry</html>", headers={"Content-Type": "text/html"}),
}


def two(one: Puppet, other: Puppet, **more: Any) -> dict[str, Any]:
    return {"one": one.table(timeout=1.0, **more), "other": other.table()}


ALIAS = {"a": {"to": "one/m1", "fallbacks": ["other/m2"]}}


@pytest.mark.parametrize(
    ("name", "stream"), [*((n, s) for n in FAILURES for s in (False, True)), *((n, True) for n in IN_STREAMS)]
)
def test_the_next_server_is_asked(tmp_path: Path, name: str, stream: bool) -> None:
    """The caller gets the other server's answer, as if it had been asked at once, and is told of both."""
    play = {**FAILURES, **IN_STREAMS}[name]
    with (
        Puppet(play) as one,
        Puppet(good) as other,
        relaying(tmp_path, two(one, other), models=ALIAS) as gateway,
    ):
        got = gateway.chat("a", **({"stream": True} if stream else {}))
        assert got.status == 200
        assert (
            got.body == b"".join([chunk_of("Hi"), chunk_of(None, "stop"), DONE])
            if stream
            else got.json() == answer_of("Hi")
        )
        assert got.headers["x-franca-model"] == "other/m2"
        assert got.headers["x-franca-tried"].startswith("one/m1 ")
        assert other.calls[0].json()["model"] == "m2"
        row = only(gateway)
        assert (row.server, row.model, row.outcome, row.tries, row.asked) == ("other", "m2", "ok", 2, "a")


def test_the_next_server_is_asked_when_nobody_is_there(tmp_path: Path) -> None:
    """A refused connection is a failure like any other."""
    off = {"base_url": f"http://127.0.0.1:{free_port()}/v1", "retries": 0}
    with Puppet(good) as other, relaying(tmp_path, {"one": off, "other": other.table()}, models=ALIAS) as gateway:
        assert gateway.chat("a").headers["x-franca-tried"] == "one/m1 ConnectFailed"


@pytest.mark.parametrize("status", [400, 413, 422])
@pytest.mark.parametrize("stream", [False, True])
def test_a_request_that_is_wrong_is_asked_once(tmp_path: Path, status: int, stream: bool) -> None:
    """What one server calls a bad request is told to the caller and to no other server."""
    with (
        Puppet(fails(status)) as one,
        Puppet(good) as other,
        relaying(tmp_path, two(one, other, retries=2), models=ALIAS) as gateway,
    ):
        assert gateway.chat("a", **({"stream": True} if stream else {})).status == status
        assert (len(one.calls), len(other.calls)) == (1, 0)


def test_after_the_first_token_nobody_else_is_asked(tmp_path: Path) -> None:
    """An answer that has begun is never begun anew."""
    with (
        Puppet(lambda call: call.stream([chunk_of("Hi")])) as one,
        Puppet(good) as other,
        relaying(tmp_path, two(one, other), models=ALIAS) as gateway,
    ):
        assert "stream_broken" in gateway.chat("a", stream=True).events()[-1]
        assert other.calls == []


def test_all_of_them_failing_gives_the_last_error_and_all_names(tmp_path: Path) -> None:
    """The last server's error is the answer; a header says who was asked."""
    with (
        Puppet(fails(500)) as one,
        Puppet(fails(429, headers={"Retry-After": "9"})) as other,
        relaying(tmp_path, two(one, other), models=ALIAS) as gateway,
    ):
        got = gateway.chat("a")
        assert (got.status, got.headers["retry-after"]) == (429, "9")
        assert got.headers["x-franca-tried"].startswith("one/m1 ")
        assert "; other/m2 RateLimited" in got.headers["x-franca-tried"]


def test_a_server_is_tried_again(tmp_path: Path) -> None:
    """`retries` further tries at the only server, then its answer."""
    with (
        Puppet(lambda call: good(call) if call.number == 2 else fails(503)(call)) as server,
        relaying(tmp_path, {"sim": server.table(retries=2)}) as gateway,
    ):
        assert gateway.chat("sim/m").status == 200
        assert (only(gateway).tries, len(server.calls)) == (3, 3)


def test_tries_end_with_the_deadline(tmp_path: Path) -> None:
    """No try begins that could not end in time: the error comes instead."""
    with (
        Puppet(fails(503, headers={"Retry-After": "5"})) as server,
        relaying(tmp_path, {"sim": server.table(retries=5)}, routing={"deadline": 1.0}) as gateway,
    ):
        assert gateway.chat("sim/m").status == 503
        assert len(server.calls) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_the_deadline_ends_a_try(tmp_path: Path, stream: bool) -> None:
    """A server that says nothing is given up when the deadline of the alias passes, and nobody is asked after it."""
    alias = {"a": {"to": "one/m", "fallbacks": ["other/m"], "deadline": 0.5}}
    with (
        Puppet(lambda call: call.gone(10.0)) as one,
        Puppet(good) as other,
        relaying(tmp_path, {"one": one.table(), "other": other.table()}, models=alias) as gateway,
    ):
        assert gateway.chat("a", **({"stream": True} if stream else {})).status == 504
        assert other.calls == []


# ---- keys of a server -----------------------------------------------------------------------------------


def by_key(answers: dict[str, Play]) -> Play:
    return lambda call: answers.get(call.headers["authorization"].removeprefix("Bearer "), good)(call)


def test_keys_take_turns(tmp_path: Path) -> None:
    """Several keys of a server are used one after the other."""
    with Puppet(good) as server, relaying(tmp_path, {"sim": server.table(api_keys=["k1", "k2", "k3"])}) as gateway:
        for _ in range(6):
            assert gateway.chat("sim/m").status == 200
        used = [call.headers["authorization"][-2:] for call in server.calls]
        assert used == ["k1", "k2", "k3"] * 2


@pytest.mark.parametrize(
    "failure", [fails(429, headers={"Retry-After": "60"}), fails(401), fails(402, "insufficient_quota")]
)
def test_a_key_that_is_limited_rests(tmp_path: Path, failure: Play) -> None:
    """A key that is limited or refused is left alone, the caller gets the next key's answer at once, and the server
    does not count as broken."""
    with (
        Puppet(by_key({"k1": failure})) as server,
        relaying(tmp_path, {"sim": server.table(api_keys=["k1", "k2"])}) as gateway,
    ):
        for _ in range(6):
            assert gateway.chat("sim/m").status == 200
        used = [call.headers["authorization"][-2:] for call in server.calls]
        assert used.count("k1") == 1
        assert gateway.breaker("sim") == "closed"


def test_a_key_rests_for_the_model_that_was_limited(tmp_path: Path) -> None:
    """A limit of one model leaves the key to the others."""

    def play(call: Call) -> None:
        (fails(429, headers={"Retry-After": "60"}) if call.json()["model"] == "big" else good)(call)

    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table(api_key="k1")}) as gateway:
        assert gateway.chat("sim/big").status == 429
        got = gateway.chat("sim/big")
        assert (got.status, got.json()["error"]["code"]) == (429, "keys_rest")
        assert 50 <= int(got.headers["retry-after"]) <= 60
        assert len(server.calls) == 1
        assert gateway.chat("sim/small").status == 200


# ---- as many at once as it takes, and resting --------------------------------------------------------------


@pytest.mark.parametrize("spare", [False, True])
def test_no_more_at_once_than_parallel(tmp_path: Path, spare: bool) -> None:
    """A full server is not sent more: the next one is asked, or the caller told to come back."""
    gate = threading.Event()

    def slowly(call: Call) -> None:
        assert gate.wait(10)
        good(call)

    with (
        Puppet(slowly) as one,
        Puppet(good) as other,
        relaying(tmp_path, two(one, other, parallel=2) | {"one": one.table(parallel=2)}, models=ALIAS) as gateway,
        Caller(gateway).chat("one/m") as first,
        Caller(gateway).chat("one/m") as second,
    ):
        wait_until(lambda: len(one.calls) == 2, "two requests at the server")
        got = gateway.chat("a" if spare else "one/m")
        if spare:
            assert got.headers["x-franca-model"] == "other/m2"
        else:
            assert (got.status, got.json()["error"]["code"], got.headers["retry-after"]) == (429, "server_busy", "1")
        gate.set()
        assert b"200 OK" in first.until(b"}}")
        assert b"200 OK" in second.until(b"}}")
        assert gateway.chat("one/m").status == 200
        assert len(books(gateway, 4)) == 4


def test_a_broken_server_rests_and_is_tried_by_one(tmp_path: Path) -> None:
    """After its failures it is asked no more; when its rest is over one request tries it, and opens it for all."""
    state = {"good": False}
    with (
        Puppet(lambda call: good(call) if state["good"] else call.reset()) as server,
        relaying(tmp_path, {"sim": server.table(retries=0)}, routing={"failures": 3, "rest": 0.4}) as gateway,
    ):
        for _ in range(3):
            assert gateway.chat("sim/m").status == 502
        assert gateway.breaker("sim") == "open"
        got = gateway.chat("sim/m")
        assert (got.status, got.json()["error"]["code"]) == (503, "server_resting")
        assert int(got.headers["retry-after"]) >= 1
        assert len(server.calls) == 3
        wait_until(lambda: gateway.breaker("sim") == "half-open", "the rest to be over")
        assert gateway.chat("sim/m").status == 502
        assert gateway.breaker("sim") == "open"
        assert len(server.calls) == 4
        state["good"] = True
        wait_until(lambda: gateway.breaker("sim") == "half-open", "the longer rest to be over")
        assert gateway.chat("sim/m").status == 200
        assert gateway.breaker("sim") == "closed"


def test_one_try_at_a_time(tmp_path: Path) -> None:
    """While one request tries a server that rested, others are not sent there."""
    gate = threading.Event()

    def play(call: Call) -> None:
        if call.number == 0:
            call.reset()
        else:
            assert gate.wait(10)
            good(call)

    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table(retries=0)}, routing={"failures": 1, "rest": 5.0}) as gateway,
    ):
        assert gateway.chat("sim/m").status == 502
        import time

        gateway.gateway.servers["sim"].breaker.woke(time.monotonic())
        with Caller(gateway).chat("sim/m") as first:
            wait_until(lambda: len(server.calls) == 2, "the try")
            assert gateway.chat("sim/m").status == 503
            gate.set()
            assert b"200 OK" in first.until(b"}}")
        assert gateway.breaker("sim") == "closed"


def test_a_model_that_is_down_takes_no_other_with_it(tmp_path: Path) -> None:
    """Behind a router one model of many fails: it rests, and the others go on being asked."""

    def play(call: Call) -> None:
        (fails(502) if call.json()["model"] == "dead" else good)(call)

    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table(retries=0)}, routing={"failures": 2, "rest": 30.0}) as gateway,
    ):
        assert [gateway.chat("sim/dead").status for _ in range(3)] == [502, 502, 503]
        assert gateway.chat("sim/m").status == 200
        assert gateway.breaker("sim") == "closed"
        assert len(server.calls) == 3


def test_a_bad_request_is_no_failure_of_the_server(tmp_path: Path) -> None:
    """However many callers ask nonsense, the server goes on being asked."""
    with (
        Puppet(fails(400)) as server,
        relaying(tmp_path, {"sim": server.table()}, routing={"failures": 2}) as gateway,
    ):
        for _ in range(5):
            assert gateway.chat("sim/m").status == 400
        assert (gateway.breaker("sim"), len(server.calls)) == ("closed", 5)
