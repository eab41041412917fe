"""A stream that is kept is found again by who asked for it, byte for byte, at any moment; it is booked once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import wait_until
from gw_kept import BROWSER, KEEP, PLACE, Stepped, back, begun, error_of, figures_of, name_of, read_whole, so_far
from gw_relay import (
    DONE,
    MESSAGES,
    USAGE,
    Call,
    Caller,
    Puppet,
    Relaying,
    answer_of,
    books,
    chunk_of,
    event_of,
    only,
    relaying,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

FORMAT = {
    "type": "json_schema",
    "json_schema": {
        "name": "p",
        "schema": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    },
}  # fmt: skip
WHOLE = [chunk_of("Hi"), chunk_of(" there"), chunk_of(None, "stop") + USAGE, DONE]


def tells(*pieces: bytes) -> Callable[[Call], None]:
    return lambda call: call.stream(pieces or WHOLE)


def writes(text: str) -> Callable[[Call], None]:
    """A model that knows no schemas and writes this."""

    def play(call: Call) -> None:
        body = call.json()
        if body.get("response_format", {}).get("type") == "json_schema" or "tools" in body:
            call.reply(
                {"error": {"message": "response_format and tools are not supported", "param": "response_format"}}, 400
            )
        else:
            usage = chunk_of(None, "stop", usage={"prompt_tokens": 5, "completion_tokens": 6})
            call.stream([chunk_of(text[:5]), chunk_of(text[5:]), usage, DONE])

    return play


def test_who_comes_back_gets_the_same_answer(tmp_path: Path) -> None:
    """The head and the bytes of the first, from the beginning on and live to the end, while it is made and after; the
    answer goes on while nobody reads it; one row, and none for who came back."""
    play = Stepped()
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        caller, name = begun(gateway)
        assert len(name) >= 22
        play.step()
        head, _, _ = caller.until(b"piece 1").partition(b"\r\n\r\n")
        caller.reset()
        play.step()
        with Caller(gateway).post(PLACE + name, b"", KEEP, "GET") as again:
            again.until(b"piece 2")
            play.step()
            again.until(b"piece 3")
            play.rest()
            whole = read_whole(again)
        later, _, _ = again.got.partition(b"\r\n\r\n")
        told = {line.lower() for line in head.split(b"\r\n") if not line.startswith(b"date")}
        assert told == {line.lower() for line in later.split(b"\r\n") if not line.startswith(b"date")}
        after = back(gateway, name)
        assert after.body == whole
        assert after.headers["x-franca-model"] == "sim/m"
        assert after.headers["x-franca-answer"] == name
        assert [json.loads(one)["choices"][0]["delta"].get("content") for one in after.events()[:6]] == [
            f"piece {number} " for number in range(6)
        ]
        assert after.events()[-1] == "[DONE]"
        assert figures_of(whole) == {
            "server": "sim", "model": "m", "cost": None, "exact": False, "prompt_tokens": 3, "completion_tokens": 2,
            "structured": "", "tried": "",
        }  # fmt: skip
        row = only(gateway)
        assert (row.outcome, row.completion_tokens, len(server.calls)) == ("ok", 2, 1)


def test_a_caller_who_stays_gets_what_everybody_gets_and_the_figures(tmp_path: Path) -> None:
    """What is kept differs from what is not by one comment behind the last event."""
    with Puppet(tells()) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        with Caller(gateway).chat("sim/m", stream=True) as plain:
            expected = read_whole(plain)
        caller, _ = begun(gateway)
        with caller:
            got = read_whole(caller)
        assert expected == b"".join(WHOLE).replace(USAGE, b"") or expected == b"".join(WHOLE)
        assert got.startswith(expected)
        assert got[len(expected) :].startswith(b": franca {")
        assert b"franca-answer" not in plain.got
        wait_until(lambda: gateway.gateway.kept.held == len(got), "the bytes to be counted")


def many(call: Call) -> None:
    call.begin_stream()
    for number in range(40):
        call.piece(chunk_of(f"{number:02d}" + "ö" * (number % 7)))
        threading.Event().wait(0.001)
    call.piece(chunk_of(None, "stop") + DONE)
    call.end()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relaying]:
    folder = tmp_path_factory.mktemp("kept")
    with Puppet(many) as server, relaying(folder, {"sim": server.table()}, replay={"per_caller": 1000}) as gateway:
        yield gateway


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=st.lists(st.integers(0, 9000), max_size=4), rude=st.booleans())
def test_cut_anywhere_it_is_whole_again(running: Relaying, cuts: list[int], rude: bool) -> None:
    """Whoever is cut off at any byte, and any number of times, has the beginning of what who comes back gets."""
    caller, name = begun(running)
    parts = []
    for cut in cuts:
        while len(so_far(caller.got)) < cut and b"\r\n0\r\n\r\n" not in caller.got:
            data = caller.socket.recv(min(4096, cut))
            assert data
            caller.got += data
        parts.append(so_far(caller.got))
        caller.reset() if rude else caller.close()
        caller = Caller(running).post(PLACE + name, b"", KEEP, "GET")
        caller.until(b"\r\n\r\n")
    with caller:
        whole = read_whole(caller)
    lines = [line[6:] for line in whole.decode().split("\n") if line.startswith("data: {")]
    texts = [json.loads(line)["choices"][0]["delta"].get("content", "")[:2] for line in lines]
    assert texts[:40] == [f"{number:02d}" for number in range(40)]
    assert DONE in whole
    assert figures_of(whole)["model"] == "m"
    assert back(running, name).body == whole
    for part in parts:
        assert whole.startswith(part[: len(whole)])


# ---- all ways of a stream ------------------------------------------------------------------------------


def test_the_ladder_s_stream_is_kept(tmp_path: Path) -> None:
    """With the tokens of all its attempts, and how the value came about, although that is known only at the end."""
    prices = {"m": {"input": 1.0, "output": 1.0}}
    with Puppet(writes('{"a": 5}')) as server, relaying(tmp_path, {"sim": server.table()}, prices=prices) as gateway:
        caller, name = begun(gateway, response_format=FORMAT)
        with caller:
            whole = read_whole(caller)
        assert b'"a' in whole.replace(b"\\", b"")
        told = figures_of(whole)
        assert told["structured"].startswith("json_object; repairs=0; attempts="), told
        row = only(gateway)
        assert (told["prompt_tokens"], told["completion_tokens"]) == (row.prompt_tokens, row.completion_tokens)
        assert told["cost"] == row.cost > 0
        assert told["exact"] is False
        assert back(gateway, name).body == whole


def test_a_hit_of_the_cache_is_kept(tmp_path: Path) -> None:
    """It costs nothing, and the comment is no part of what the cache has."""
    with Puppet(tells()) as server, relaying(tmp_path, {"sim": server.table()}, cache={"enabled": True}) as gateway:
        whole = []
        for number in range(2):
            caller, name = begun(gateway)
            with caller:
                whole.append(read_whole(caller))
            assert back(gateway, name).body == whole[-1]
            books(gateway, number + 1)
        assert len(server.calls) == 1
        assert [body.count(b": franca") for body in whole] == [1, 1]
        assert whole[0].partition(b": franca")[0] == whole[1].partition(b": franca")[0]
        assert (figures_of(whole[1])["cost"], figures_of(whole[1])["model"]) == (0.0, "m")


@pytest.mark.parametrize("way", ["cut", "error", "fallback"])
def test_figures_stand_behind_whatever_ends_it(tmp_path: Path, way: str) -> None:
    """Behind the error event of a stream that was cut, and of one that told an error itself; with who was tried."""

    def play(call: Call) -> None:
        call.begin_stream()
        call.piece(chunk_of("Hi"))
        if way == "cut":
            call.close()
        elif way == "error":
            call.piece(event_of({"error": {"message": "broke", "code": "overloaded"}}))
            call.end()
        else:
            call.piece(chunk_of(None, "stop") + USAGE + DONE)
            call.end()

    with (
        Puppet(lambda call: call.reply({"error": {"message": "x"}}, 500)) as bad,
        Puppet(play) as server,
        relaying(
            tmp_path, {"bad": bad.table(), "sim": server.table()}, models={"a": {"to": "bad/m", "fallbacks": ["sim/m"]}}
        ) as gateway,
    ):
        caller, name = begun(gateway, model="a" if way == "fallback" else "sim/m")
        with caller:
            whole = read_whole(caller)
        told = figures_of(whole)
        assert told["server"] == "sim"
        assert told["tried"].startswith("bad/m ") is (way == "fallback")
        assert (b'data: {"error"' in whole) is (way != "fallback")
        assert whole.rfind(b"data: ") < whole.find(b": franca")
        assert back(gateway, name).body == whole
        assert only(gateway).outcome == {"cut": "cut", "error": "error", "fallback": "ok"}[way]


def test_comments_are_kept_too(tmp_path: Path) -> None:
    """Who waits for a silent server hears comments, from before the first event on, and who comes back has them."""
    play = Stepped(first=False)
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, gateway={"keep_alive": 0.1}) as gateway:
        caller, name = begun(gateway)
        with caller:
            caller.until(b": keep-alive\n\n")
            assert b"x-franca-model" not in caller.got
            play.rest()
            whole = read_whole(caller)
        assert back(gateway, name).body == whole


@pytest.mark.parametrize(
    "headers",
    [
        {"x-franca-keep": "1"},
        {"x-franca-keep": "1", "x-franca-browser": "b" * 21},
        {"x-franca-keep": "1", "x-franca-browser": "b" * 300},
        {"x-franca-keep": "0", "x-franca-browser": BROWSER},
        {"x-franca-browser": BROWSER},
    ],
    ids=["no-browser", "short", "long", "keep-0", "no-keep"],
)
def test_what_is_not_kept_ends_with_its_caller(tmp_path: Path, headers: dict[str, str]) -> None:
    """Without both headers all is as ever."""
    play = Stepped()
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        with Caller(gateway).chat("sim/m", stream=True, headers=headers) as caller:
            head = caller.until(b"piece 0")
        assert b"x-franca-answer" not in head
        assert play.over.wait(10)
        assert play.gone is not None
        assert only(gateway).outcome == "left"
        assert len(gateway.gateway.kept) == 0


@pytest.mark.parametrize(
    "tables", [{"replay": {"enabled": False}}, {"gateway": {"workers": 2}}], ids=["off", "workers"]
)
def test_where_nothing_is_kept_nothing_is_promised(tmp_path: Path, tables: dict[str, Any]) -> None:
    """Switched off, and with several workers, of which another one would be asked."""
    if "gateway" in tables:
        tables = {**tables, "limits": {"url": f"sqlite:{tmp_path / 'limits.db'}"}}
    with Puppet(tells()) as server, relaying(tmp_path, {"sim": server.table()}, **tables) as gateway:
        with Caller(gateway).chat("sim/m", stream=True, headers=KEEP) as caller:
            assert DONE in read_whole(caller)
        assert b"x-franca-answer" not in caller.got
        assert b": franca" not in caller.got


def test_what_is_no_stream_is_not_kept(tmp_path: Path) -> None:
    """Whole answers, errors, and servers that answer a stream by a whole answer."""
    plays = {
        "whole": lambda call: call.reply(answer_of()),
        "error": lambda call: call.reply({"error": {"message": "no"}}, 400),
    }
    with Puppet(lambda call: plays[call.json()["model"]](call)) as server, relaying(
        tmp_path, {"sim": server.table()}
    ) as gateway:  # fmt: skip
        for model, stream, status in (("whole", False, 200), ("whole", True, 200), ("error", True, 400)):
            body = {"model": f"sim/{model}", "messages": MESSAGES, "stream": stream}
            got = gateway.ask("POST", "/v1/chat/completions", body, headers=KEEP)
            assert got.status == status
            assert "x-franca-answer" not in got.headers
            assert got.json()
        assert gateway.ask("POST", "/v1/chat/completions", b"{", headers=KEEP).status == 400
        assert len(gateway.gateway.kept) == 0
        books(gateway, 4)


def test_coming_back_asks_no_model(tmp_path: Path) -> None:
    """The status page counts what was asked of models: one request, however often its answer is read."""
    admin = {"authorization": "Bearer admin-0123456789"}
    tables = {"gateway": {"admin_key": "admin-0123456789"}}
    with Puppet(tells()) as server, relaying(tmp_path, {"sim": server.table()}, **tables) as gateway:
        caller, name = begun(gateway)
        with caller:
            read_whole(caller)
        for _ in range(3):
            assert back(gateway, name).status == 200
        assert back(gateway, "none").status == 404
        only(gateway)
        assert gateway.ask("GET", "/admin/v1/status", headers=admin).json()["requests"] == {"ok": 1}


def test_pages_of_other_origins_may_read_the_name(tmp_path: Path) -> None:
    """The header is exposed; who comes back from another origin gets the headers of that one."""
    origins = ["https://one.example", "https://two.example"]
    with Puppet(tells()) as server, relaying(tmp_path, {"sim": server.table()}, cors={"origins": origins}) as gateway:
        caller, name = begun(gateway, {**KEEP, "origin": origins[0]})
        with caller:
            read_whole(caller)
        assert b"access-control-allow-origin: https://one.example" in caller.got
        assert b"x-franca-answer, " in caller.got.partition(b"access-control-expose-headers: ")[2].partition(b"\r")[0]
        got = back(gateway, name, {**KEEP, "origin": origins[1]})
        assert got.headers.get_all("access-control-allow-origin") == [origins[1]]
        assert len(got.headers.get_all("vary") or ()) == 1
        wanted = {
            "origin": origins[0],
            "access-control-request-method": "DELETE",
            "access-control-request-headers": "authorization,x-franca-browser",
        }
        got = back(gateway, name, wanted, "OPTIONS")
        assert got.headers["access-control-allow-headers"] == "authorization,x-franca-browser"
        assert "DELETE" in got.headers["access-control-allow-methods"]


def test_no_server_hears_who_may_come_back(tmp_path: Path) -> None:
    """What is asked of the gateway alone reaches no server, also where requests are passed on as they are."""
    with Puppet(tells()) as server, relaying(tmp_path, {"sim": server.table(raw=True)}) as gateway:
        caller, _ = begun(gateway)
        with caller:
            read_whole(caller)
        gateway.ask("POST", "/v1/providers/sim/chat/completions", {"model": "m"}, headers=KEEP)
        gateway.ask("GET", "/v1/files", headers=KEEP)
        books(gateway, 3)
        for call in server.calls:
            assert b"franca-" not in call.head.lower()
            assert BROWSER.encode() not in call.head


def test_only_get_and_delete(tmp_path: Path) -> None:
    """Of an answer that is there and of one that is not."""
    with Puppet(tells()) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        caller, name = begun(gateway)
        with caller:
            read_whole(caller)
        for method in ("HEAD", "POST", "PUT", "PATCH"):
            for one in (name, "nothing", ""):
                got = back(gateway, one, method=method)
                assert (got.status, got.headers["allow"]) == (405, "GET, DELETE")
        assert back(gateway, "").status == 404
        assert error_of(back(gateway, name + "/")) == "answer_not_found"
        assert name_of(caller.got) == name
        assert back(gateway, name).status == 200
