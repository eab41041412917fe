"""A cut answer is told as cut, a silent one as too slow; and a caller who waits hears that somebody is there."""

from __future__ import annotations

import http.client
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from gw_relay import (
    DONE,
    LIMIT,
    Call,
    Caller,
    Puppet,
    answer_of,
    body_of,
    chunk_of,
    event_of,
    free_port,
    only,
    relaying,
)

from franca.simulator import Simulator
from franca.simulator.scenarios import SCENARIOS

CUT = [
    "cut-reset-mid-content",
    "cut-close-mid-content",
    "cut-clean-mid-content",
    "cut-unbounded-mid-content",
    "cut-mid-line",
    "cut-mid-character",
    "cut-before-finish",
    "cut-usage-without-finish",
    "cut-in-tool-arguments",
    "time-stall-in-stream",
]


@pytest.mark.parametrize("name", CUT)
def test_a_cut_stream_ends_with_an_error_event(tmp_path: Path, name: str) -> None:
    """What came is passed on, then an error event in OpenAI's shape, and never [DONE]; the books say "cut"."""
    with (
        Simulator() as sim,
        relaying(tmp_path, {"sim": {"base_url": sim.url, "retries": 0, "idle_timeout": 0.5}}) as gateway,
    ):
        got = gateway.chat(f"sim/scenario:{name}", stream=True, **SCENARIOS[name].request)
        events = got.events()
        assert got.status == 200
        assert "[DONE]" not in events
        error = json.loads(events[-1])["error"]
        assert error["message"]
        assert error["code"] in ("stream_broken", "server_timed_out", "connection_lost")
        assert error["upstream"]["server"] == "sim"
        assert all("error" not in json.loads(event) for event in events[:-1])
        assert got.body.endswith(b"\n\n")
        row = only(gateway)
        assert (row.outcome, row.error, row.status) == ("cut", error["code"], 200)


@pytest.mark.parametrize("name", [name for name in SCENARIOS if name.startswith("end-") and name != "end-done-only"])
def test_an_answer_that_is_whole_is_not_called_cut(tmp_path: Path, name: str) -> None:
    """However the end of a whole answer looks, no error is added to it."""
    if "stream" not in SCENARIOS[name].expect or SCENARIOS[name].expect["stream"].error:
        pytest.skip("no scenario of a whole stream")
    with (
        Simulator() as sim,
        relaying(tmp_path, {"sim": {"base_url": sim.url, "retries": 0, "idle_timeout": 0.5}}) as gateway,
    ):
        got = gateway.chat(f"sim/scenario:{name}", stream=True, **SCENARIOS[name].request)
        assert all(event == "[DONE]" or not json.loads(event).get("error") for event in got.events())
        assert only(gateway).outcome == "ok"


@pytest.mark.parametrize("name", ["time-comments-in-stream", "time-dripping-event"])
def test_comments_and_crumbs_are_no_sign_of_life(tmp_path: Path, name: str) -> None:
    """A server that writes comments for ever, or an event that never ends, is silent: the idle time-out ends it."""
    with (
        Simulator() as sim,
        relaying(tmp_path, {"sim": {"base_url": sim.url, "retries": 0, "idle_timeout": 0.5}}) as gateway,
        Caller(gateway).chat(f"sim/scenario:{name}", stream=True) as caller,
    ):
        caller.socket.settimeout(1.0)
        end = time.monotonic() + 6.0
        while b"server_timed_out" not in caller.got:
            assert time.monotonic() < end, "it never ended"
            caller.got += caller.socket.recv(65536)
        assert b"[DONE]" not in caller.got
    assert gateway.rows[0].outcome == "cut"


def test_the_end_of_a_finished_answer_is_not_waited_for_long(tmp_path: Path) -> None:
    """Once every choice has its reason for the end, usage and [DONE] have five seconds to come, whatever the time that
    a silence may last."""

    def play(call: Call) -> None:
        call.stream([chunk_of("Hi"), chunk_of(None, "stop")], end=False)
        call.gone(30)
        call.close()

    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table(idle_timeout=60.0)}) as gateway,
        Caller(gateway).chat("sim/m", stream=True) as caller,
    ):
        caller.socket.settimeout(10.0)
        caller.until(b"0\r\n\r\n")
        assert b'"error"' not in caller.got
        assert only(gateway).outcome == "ok"


@pytest.mark.parametrize("how", ["close", "reset", "silent"])
@pytest.mark.parametrize("size", [100, 6_000_000])
def test_a_cut_whole_answer_is_a_broken_one(tmp_path: Path, how: str, size: int) -> None:
    """Half a body is an error for the caller: a status where nothing was sent yet, else an answer without its end."""
    whole = json.dumps(answer_of("x" * size)).encode()

    def play(call: Call) -> None:
        call.write(call.start(200, {"Content-Length": str(len(whole))}) + whole[:-20])
        if how == "silent":
            call.gone(LIMIT)
        getattr(call, "reset" if how == "reset" else "close")()

    table = {"timeout": 1.0, "idle_timeout": 0.5} if how == "silent" else {"timeout": 8.0, "idle_timeout": 8.0}
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table(**table)}) as gateway:
        if size > 1000:
            try:
                got = gateway.chat("sim/m")
            except http.client.IncompleteRead:
                assert only(gateway).outcome == "cut"
                return
            assert how == "reset", "half an answer looked whole"  # it takes what was not read yet with it
        else:
            got = gateway.chat("sim/m")
        assert got.status == (504 if how == "silent" else 502)
        assert got.json()["error"]["code"] in ("connection_lost", "server_timed_out")
        assert only(gateway).outcome == "error"


def test_an_error_event_within_a_stream_stays_what_it_is(tmp_path: Path) -> None:
    """The server's own error event goes through as it came, nothing follows it, and the books call it an error."""
    pieces = [chunk_of("Hi"), event_of({"error": {"message": "overloaded", "code": 529, "type": "x"}})]
    with (
        Puppet(lambda call: call.stream([*pieces, DONE])) as server,
        relaying(tmp_path, {"sim": server.table()}) as gateway,
    ):
        got = gateway.chat("sim/m", stream=True)
        assert got.body in (b"".join(pieces), b"".join(pieces) + DONE)
        assert only(gateway).outcome == "error"


def test_a_cut_answer_is_the_server_s_failure(tmp_path: Path) -> None:
    """A server that cuts its streams is one that fails: after so many of them it rests."""
    with (
        Puppet(lambda call: call.stream([chunk_of("Hi")])) as server,
        relaying(tmp_path, {"sim": server.table()}, routing={"failures": 3}) as gateway,
    ):
        for _ in range(3):
            assert "stream_broken" in gateway.chat("sim/m", stream=True).events()[-1]
        assert gateway.breaker("sim") == "open"


# ---- while the server thinks --------------------------------------------------------------------------

COMMENT = b": keep-alive\n\n"


def thinking(gate: threading.Event, then: Any, head_first: bool = False) -> Any:
    """Plays silence until the gate opens."""

    def play(call: Call) -> None:
        if head_first:
            call.begin_stream()
        assert gate.wait(LIMIT)
        then(call)

    return play


@pytest.mark.parametrize("head_first", [False, True])
def test_comments_come_while_the_server_thinks(tmp_path: Path, head_first: bool) -> None:
    """A streaming caller hears comments, also before the server's head; then the answer as it came, and no comment
    stands within an event."""
    gate = threading.Event()
    pieces = [chunk_of("Hi"), chunk_of(None, "stop"), DONE]

    def answer(call: Call) -> None:
        if not head_first:
            call.begin_stream()
        for piece in pieces:
            call.piece(piece[:9])
            time.sleep(0.15)  # a silence within an event
            call.piece(piece[9:])
        call.end()

    with (
        Puppet(thinking(gate, answer, head_first)) as server,
        relaying(tmp_path, {"sim": server.table()}, gateway={"keep_alive": 0.1}) as gateway,
        Caller(gateway).chat("sim/m", stream=True) as caller,
    ):
        caller.until(COMMENT)
        caller.until(COMMENT)
        gate.set()
        caller.until(b"0\r\n\r\n")
        body = body_of(caller.got)
        assert body.replace(COMMENT, b"") == b"".join(pieces)
        assert b"200 OK" in caller.got.split(b"\r\n")[0]
        assert b"x-accel-buffering: no" in caller.got
        assert body.count(COMMENT) >= 2
        assert only(gateway).outcome == "ok"


def test_no_comment_for_who_wants_no_stream(tmp_path: Path) -> None:
    """A caller who asked for a whole answer gets nothing before it."""
    gate = threading.Event()
    with (
        Puppet(thinking(gate, lambda call: call.reply(answer_of()))) as server,
        relaying(tmp_path, {"sim": server.table()}, gateway={"keep_alive": 0.05}) as gateway,
        Caller(gateway).chat("sim/m") as caller,
    ):
        caller.socket.settimeout(0.6)
        with pytest.raises(TimeoutError):
            caller.until(b"H")
        caller.socket.settimeout(LIMIT)
        gate.set()
        assert caller.until(b"}}").startswith(b"HTTP/1.1 200")


def test_an_error_after_comments_is_an_event(tmp_path: Path) -> None:
    """When the head is out, the server's error is the last event of the stream, with the original in it."""
    gate = threading.Event()

    def answer(call: Call) -> None:
        call.reply({"error": {"message": "no such thing", "code": "odd"}}, 400)

    with (
        Puppet(thinking(gate, answer)) as server,
        relaying(tmp_path, {"sim": server.table()}, gateway={"keep_alive": 0.1}) as gateway,
        Caller(gateway).chat("sim/m", stream=True) as caller,
    ):
        caller.until(COMMENT)
        gate.set()
        caller.until(b"0\r\n\r\n")
        last = body_of(caller.got).replace(COMMENT, b"")
        error = json.loads(last.removeprefix(b"data: "))["error"]
        assert error["code"] == "odd"
        assert error["upstream"] == {
            "server": "sim",
            "status": 400,
            "error": {"message": "no such thing", "code": "odd"},
        }
        assert b"[DONE]" not in last
        assert only(gateway).outcome == "error"


def test_another_server_is_asked_after_comments(tmp_path: Path) -> None:
    """Comments are no answer: when the first server fails after them, the next one's stream follows."""
    gate = threading.Event()
    pieces = [chunk_of("Hi"), chunk_of(None, "stop"), DONE]
    with (
        Puppet(thinking(gate, lambda call: call.reset())) as one,
        Puppet(lambda call: call.stream(pieces)) as two,
        relaying(
            tmp_path,
            {"one": one.table(), "two": two.table()},
            gateway={"keep_alive": 0.1},
            models={"a": {"to": "one/m", "fallbacks": ["two/m"]}},
        ) as gateway,
        Caller(gateway).chat("a", stream=True) as caller,
    ):
        caller.until(COMMENT)
        gate.set()
        caller.until(b"0\r\n\r\n")
        assert body_of(caller.got).replace(COMMENT, b"") == b"".join(pieces)
        assert (only(gateway).server, only(gateway).outcome) == ("two", "ok")


def test_json_after_comments_becomes_an_event(tmp_path: Path) -> None:
    """A server that does not stream answers into the stream that the comments began."""
    gate = threading.Event()
    pretty = json.dumps(answer_of("a\nb"), indent=2).encode()
    with (
        Puppet(thinking(gate, lambda call: call.reply(pretty))) as server,
        relaying(tmp_path, {"sim": server.table()}, gateway={"keep_alive": 0.1}) as gateway,
        Caller(gateway).chat("sim/m", stream=True) as caller,
    ):
        caller.until(COMMENT)
        gate.set()
        caller.until(b"0\r\n\r\n")
        first, second, rest = body_of(caller.got).replace(COMMENT, b"").split(b"\n\n")
        assert json.loads(first.removeprefix(b"data: ")) == answer_of("a\nb")
        assert (second, rest) == (b"data: [DONE]", b"")


def test_nobody_there_after_comments_is_an_event(tmp_path: Path) -> None:
    """When every server failed after comments, the caller hears of it in the stream."""
    gate = threading.Event()
    with (
        Puppet(thinking(gate, lambda call: call.close())) as one,
        relaying(
            tmp_path,
            {"one": one.table(), "two": {"base_url": f"http://127.0.0.1:{free_port()}/v1", "retries": 0}},
            gateway={"keep_alive": 0.1},
            models={"a": {"to": "one/m", "fallbacks": ["two/m"]}},
        ) as gateway,
        Caller(gateway).chat("a", stream=True) as caller,
    ):
        caller.until(COMMENT)
        gate.set()
        caller.until(b"0\r\n\r\n")
        assert json.loads(body_of(caller.got).split(b"data: ")[1])["error"]["code"] == "server_unreachable"


LONG = b'data: {"choices":[{"index":0,"delta":{"content":"' + b"x" * 1_500_000


def test_a_long_event_that_is_cut_does_not_swallow_the_error(tmp_path: Path) -> None:
    """Of an event that is passed on in pieces half may be out: the error is an event of its own all the same."""

    def play(call: Call) -> None:
        call.begin_stream()
        call.piece(chunk_of("Hi"))
        call.piece(LONG)
        call.close()

    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        events = gateway.chat("sim/m", stream=True).events()
        assert json.loads(events[-1])["error"]["code"] == "connection_lost"


def test_a_long_event_that_pauses_stays_whole(tmp_path: Path) -> None:
    """No comment is put into an event of which half is out."""
    pieces = [chunk_of("Hi"), LONG, b'"}}]}\n\n' + chunk_of(None, "stop") + DONE]

    def play(call: Call) -> None:
        call.begin_stream()
        call.piece(pieces[0])
        call.piece(pieces[1])
        time.sleep(0.4)
        call.piece(pieces[2])
        call.end()

    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table()}, gateway={"keep_alive": 0.1}) as gateway,
    ):
        assert b"".join(pieces[1:]) in gateway.chat("sim/m", stream=True).body


def test_a_reset_right_behind_data_is_heard(tmp_path: Path) -> None:
    """However close to its last bytes a server resets the connection, the gateway hears it and does not wait for more,
    whatever event loop it runs on."""
    whole = json.dumps(answer_of()).encode()

    def play(call: Call) -> None:
        call.write(call.start(200, {"Content-Length": str(len(whole))}) + whole[:-20])
        call.reset()

    table = {"timeout": 8.0}
    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table(**table)}, routing={"failures": 1000}) as gateway,
    ):
        codes = [gateway.chat("sim/m").json()["error"]["code"] for _ in range(20)]
        assert set(codes) == {"connection_lost"}, codes.count("server_timed_out")
