"""The way of a request with a schema that its model cannot keep: the same fallbacks, limits, comments and books."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gw_relay import DONE, MESSAGES, Call, Caller, Puppet, answer_of, body_of, chunk_of, only, relaying

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
FORMAT = {"type": "json_schema", "json_schema": {"name": "p", "schema": SCHEMA}}
ASK: dict[str, Any] = {"messages": MESSAGES, "response_format": FORMAT}
COMMENT = b": keep-alive\n\n"


def writes(text: str) -> Callable[[Call], None]:
    """A model that knows no schemas and writes this."""

    def play(call: Call) -> None:
        body = call.json()
        if body.get("response_format", {}).get("type") == "json_schema" or "tools" in body:
            call.reply(
                {"error": {"message": "response_format and tools are not supported", "param": "response_format"}}, 400
            )
        elif body.get("stream"):
            usage = chunk_of(None, "stop", usage={"prompt_tokens": 5, "completion_tokens": 6})
            call.stream([chunk_of(text[:5]), chunk_of(text[5:]), usage, DONE])
        else:
            call.reply(answer_of(text))

    return play


def fails(status: int) -> Callable[[Call], None]:
    return lambda call: call.reply({"error": {"message": "x"}}, status)


def content(body: bytes) -> str:
    """The text of a stream."""
    events = [line[6:] for line in body.decode().split("\n") if line.startswith("data: {")]
    choices = [json.loads(event)["choices"] for event in events]
    return "".join(one[0]["delta"].get("content") or "" for one in choices if one)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("failure", [fails(500), fails(429), lambda call: call.reset(), writes("no json at all")])
def test_the_next_server_is_asked_when_no_value_comes(
    tmp_path: Path, failure: Callable[[Call], None], stream: bool
) -> None:
    """A server that fails, or whose model writes nothing that fits, leaves the request to the next one; the caller is
    told who answered, and the books have one row with all tries."""
    with (
        Puppet(failure) as one,
        Puppet(writes('Sure: {"a": 5}')) as two,
        relaying(
            tmp_path, {"one": one.table(), "two": two.table()}, models={"a": {"to": "one/m", "fallbacks": ["two/m"]}}
        ) as gateway,
    ):
        got = gateway.ask("POST", "/v1/chat/completions", {"model": "a", **ASK, "stream": stream})
        assert got.status == 200, got
        text = content(got.body) if stream else got.json()["choices"][0]["message"]["content"]
        assert json.loads(text) == {"a": 5}
        assert got.headers["x-franca-model"] == "two/m"
        assert got.headers["x-franca-tried"].startswith("one/m ")
        assert "attempts=" in got.headers["x-franca-structured"]
        row = only(gateway)
        assert (row.server, row.outcome, row.status) == ("two", "ok", 200)
        assert row.completion_tokens
        assert row.tries >= 2


@pytest.mark.parametrize("stream", [False, True])
def test_a_value_that_does_not_fit_is_no_answer(tmp_path: Path, stream: bool) -> None:
    """When no server's model writes what fits: an error that names the problems, and never the text."""
    with (
        Puppet(writes("no json at all")) as server,
        relaying(tmp_path, {"sim": server.table()}, structured={"attempts": 2}) as gateway,
    ):
        got = gateway.ask("POST", "/v1/chat/completions", {"model": "sim/m", **ASK, "stream": stream})
        if got.status == 200:
            assert "[DONE]" not in got.events()
            error = json.loads(got.events()[-1])["error"]
        else:
            assert got.status == 502
            error = got.json()["error"]
        assert error["code"] == "output_invalid"
        row = only(gateway)
        assert row.outcome == "error"
        assert row.tries >= 2
        assert row.completion_tokens


def test_a_key_s_place_is_given_back_by_the_ladder_too(tmp_path: Path) -> None:
    """Good, failed and left: after each the one place of the key is free, and tokens of all attempts are spent."""
    keys = {"k": {"key": "sk-franca-k", "parallel": 1, "budget": {"total": 1.0}}}
    state: dict[str, Callable[[Call], None]] = {}
    asked = threading.Event()

    def hangs(call: Call) -> None:
        asked.set()
        call.gone(5.0)
        call.close()

    with (
        Puppet(lambda call: state["play"](call)) as server,
        relaying(tmp_path, {"sim": server.table()}, keys=keys, prices={"m": {"input": 1.0, "output": 1.0}}) as gateway,
    ):
        from gw_gateway import wait_until

        quota = gateway.gateway.quota
        spent = 0
        for number, play in enumerate([writes('{"a": 1}'), writes("no"), fails(500), hangs, writes('{"a": 2}')]):
            state["play"] = play
            with Caller(gateway) as caller:
                caller.post("/v1/chat/completions", {"model": "sim/m", **ASK}, {"Authorization": "Bearer sk-franca-k"})
                if play is hangs:
                    assert asked.wait(10)
                else:
                    caller.until(b"\r\n\r\n")
            wait_until(lambda count=number + 1: len(gateway.rows) == count, "its row")
            wait_until(lambda: gateway.gateway.metrics.in_flight == 0, "its end")
            account = next(iter(quota._seats.values())).own
            assert (account.running, account.total_held) == (0, 0)
            assert gateway.rows[-1].status != 429
            if play is not fails and number != 2:
                assert account.total_spent > spent, number
            spent = account.total_spent
        assert [row.outcome for row in gateway.rows] == ["ok", "error", "error", "left", "ok"]


def test_comments_come_while_the_ladder_is_climbed(tmp_path: Path) -> None:
    """A streaming caller hears comments while attempts go on; then events that are whole."""
    gate = threading.Event()
    plain = writes('{"a": 5}')

    def play(call: Call) -> None:
        assert gate.wait(10)
        plain(call)

    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table()}, gateway={"keep_alive": 0.1}) as gateway,
        Caller(gateway).post("/v1/chat/completions", {"model": "sim/m", **ASK, "stream": True}) as caller,
    ):
        caller.until(COMMENT)
        gate.set()
        caller.until(b"0\r\n\r\n")
        body = body_of(caller.got).replace(COMMENT, b"")
        assert json.loads(content(body)) == {"a": 5}
        assert body.endswith(DONE)


def test_a_schema_is_left_to_the_server_where_that_is_wanted(tmp_path: Path) -> None:
    """`structured = "off"` of a server, or of an alias: the request goes as it is, and the answer as it came."""
    with (
        Puppet(lambda call: call.reply(answer_of("not json"))) as server,
        relaying(
            tmp_path, {"off": server.table(structured="off"), "sim": server.table()},
            models={"plain": {"to": "sim/m", "structured": False}},
        ) as gateway,
    ):  # fmt: skip
        for model in ("off/m", "plain"):
            got = gateway.ask("POST", "/v1/chat/completions", {"model": model, **ASK})
            assert got.json() == answer_of("not json")
            assert server.calls[-1].json()["response_format"] == FORMAT


def test_the_deadline_ends_the_ladder(tmp_path: Path) -> None:
    """All attempts together have the time of the deadline."""
    with (
        Puppet(lambda call: call.gone(10.0)) as server,
        relaying(tmp_path, {"sim": server.table()}, routing={"deadline": 0.5}) as gateway,
    ):
        got = gateway.ask("POST", "/v1/chat/completions", {"model": "sim/m", **ASK})
        assert got.status == 504
        assert only(gateway).outcome == "error"
