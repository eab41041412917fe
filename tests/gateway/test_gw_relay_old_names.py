"""The old router's routes, what one answer took, and another configuration while requests are under way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import wait_until
from gw_relay import (
    DONE,
    MESSAGES,
    Call,
    Caller,
    Puppet,
    Relaying,
    answer_of,
    body_of,
    chunk_of,
    only,
    relaying,
    tables_of,
)

from franca.errors import BadUsage
from franca.gateway.config import read_mapping


def play(call: Call) -> None:
    if call.method == "GET":
        call.reply({"data": {"id": "chatcmpl-1", "total_cost": 0.5}})
    elif "prompt" in call.json():
        call.reply({"id": "cmpl-1", "choices": [{"text": "x", "finish_reason": "stop", "index": 0}]})
    elif call.json().get("stream"):
        call.stream([chunk_of("Hi"), chunk_of(None, "stop"), DONE])
    else:
        call.reply(answer_of())


def test_chat_takes_messages_or_a_prompt(tmp_path: Path) -> None:
    """POST /chat is a chat, or a completion where there is only a prompt; with both it is a chat."""
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        assert gateway.ask("POST", "/chat", {"model": "sim/m", "messages": MESSAGES}).json() == answer_of()
        assert gateway.ask("POST", "/chat", {"model": "sim/m", "messages": MESSAGES, "prompt": None}).status == 200
        assert gateway.ask("POST", "/chat", {"model": "sim/m", "prompt": "x"}).json()["id"] == "cmpl-1"
        assert gateway.ask("POST", "/chat", {"model": "sim/m", "messages": [], "stream": True}).body.endswith(DONE)
        assert [call.target for call in server.calls] == [
            "/v1/chat/completions", "/v1/chat/completions", "/v1/completions", "/v1/chat/completions",
        ]  # fmt: skip


def test_a_key_without_completions_gets_none_by_chat(tmp_path: Path) -> None:
    """A prompt sent to /chat is a completion, also for the routes that a key may use and for its row."""
    keys = {"k": {"key": "sk-franca-k", "routes": ["chat"]}}
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, keys=keys) as gateway:
        got = gateway.ask("POST", "/chat", {"model": "sim/m", "prompt": "x"}, key="sk-franca-k")
        assert (got.status, got.json()["error"]["code"]) == (403, "route_not_allowed")
        assert server.calls == []


@pytest.mark.parametrize("path", ["/v1/generation", "/generation-stats"])
def test_what_an_answer_took_is_told_to_its_caller_only(tmp_path: Path, path: str) -> None:
    """By the id of the answer, from the books at once; another key's answers are not there."""
    keys = {name: {"key": f"sk-franca-{name}"} for name in ("one", "two")}
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, keys=keys) as gateway:
        body = {"model": "sim/m", "messages": MESSAGES}
        asked = gateway.ask("POST", "/v1/chat/completions", body, key="sk-franca-one")
        for name in ("chatcmpl-1", asked.headers["x-request-id"]):
            got = gateway.ask("GET", f"{path}?id={name}", key="sk-franca-one")
            assert got.status == 200, got
            data = got.json()["data"]
            assert (data["tokens_prompt"], data["tokens_completion"], data["streamed"]) == (3, 4, False)
            assert gateway.ask("GET", f"{path}?id={name}", key="sk-franca-two").status == 404
        assert gateway.ask("GET", f"{path}?id=chatcmpl-1").status == 401
        assert gateway.ask("GET", path, key="sk-franca-one").status == 400
        assert gateway.ask("GET", f"{path}?id='%20OR%201=1%20--", key="sk-franca-two").status in (400, 404)


# ---- another configuration ----------------------------------------------------------------------------


class Gated:
    """Plays the begin of a stream, and its end when the gate opens."""

    def __init__(self, then: Callable[[Call], None] | None = None) -> None:
        self.gate, self.asked, self.then = threading.Event(), threading.Event(), then

    def __call__(self, call: Call) -> None:
        if self.then is None:
            call.begin_stream()
            call.piece(chunk_of("Hi"))
        self.asked.set()
        assert self.gate.wait(15)
        if self.then is not None:
            self.then(call)
            return
        call.piece(chunk_of(None, "stop") + DONE)
        call.end()


def reload(gateway: Relaying, tables: dict[str, Any]) -> None:
    """In the gateway's own loop, as the watcher of the file does."""
    done: list[Any] = []

    async def run() -> None:
        try:
            gateway.app.reload(read_mapping(tables))
            done.append(None)
        except Exception as error:
            done.append(error)

    import asyncio

    loop = gateway.gateway._background._tasks["keys"].get_loop()
    asyncio.run_coroutine_threadsafe(run(), loop).result(10)
    if done[0] is not None:
        raise done[0]


def test_streams_outlive_their_configuration(tmp_path: Path) -> None:
    """A stream of a server that the new configuration does not have goes on to its end; new requests go by the new
    one, and the keys of the new one are asked for at once."""
    gated = Gated()
    with (
        Puppet(gated) as old,
        Puppet(play) as new,
        relaying(tmp_path, {"old": old.table()}) as gateway,
        Caller(gateway).chat("old/m", stream=True) as caller,
    ):
        caller.until(b"Hi")
        tables = tables_of(tmp_path, {"new": new.table()}, keys={"k": {"key": "sk-franca-k"}})
        reload(gateway, tables)
        assert gateway.chat("old/m").status == 401
        assert gateway.chat("old/m", key="sk-franca-k").status == 404
        assert gateway.chat("new/m", key="sk-franca-k").status == 200
        gated.gate.set()
        caller.until(b"0\r\n\r\n")
        assert body_of(caller.got).endswith(DONE)
        wait_until(
            lambda: any(row.stream and row.outcome == "ok" and row.server == "old" for row in gateway.rows), "its row"
        )


def test_a_request_on_its_way_knows_its_servers_still(tmp_path: Path) -> None:
    """A request that has to fall back after a reload asks the servers of the configuration it began with."""
    gated = Gated(lambda call: call.reply({"error": {"message": "x"}}, 500))
    with (
        Puppet(gated) as one,
        Puppet(play) as two,
        relaying(
            tmp_path, {"one": one.table(), "two": two.table()}, models={"a": {"to": "one/m", "fallbacks": ["two/m"]}}
        ) as gateway,
        Caller(gateway).chat("a") as caller,
    ):
        assert gated.asked.wait(10)
        reload(gateway, tables_of(tmp_path, {"one": one.table()}))
        gated.gate.set()
        assert caller.until(b"}}").startswith(b"HTTP/1.1 200")
        assert only(gateway).server == "two"


def test_a_configuration_that_cannot_work_changes_nothing(tmp_path: Path) -> None:
    """The old one goes on, whole."""
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        for tables in (
            {"servers": {"x": {"type": "no-such-thing"}}},
            {"servers": {"x": {"base_url": "http://127.0.0.1:1/v1", "api_key": "env:NOT_THERE_AT_ALL"}}},
            {"servers": {"sim": server.table()}, "keys": {"k": {"key": "env:NOT_THERE_AT_ALL"}}},
            {"servers": {"sim": server.table()}, "gateway": {"admin_key": "env:NOT_THERE_AT_ALL"}},
            {"servers": {"sim": server.table()}, "models": {"a": {"to": "nobody/x"}}},
        ):  # fmt: skip
            before = gateway.gateway.config
            with pytest.raises(BadUsage):
                reload(gateway, tables_of(tmp_path, **tables))
            assert gateway.gateway.config is before
            assert gateway.chat("sim/m").status == 200


def test_what_did_not_change_keeps_what_it_knows(tmp_path: Path) -> None:
    """A server whose table is the same keeps its connections, its rests and its failures."""
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        assert gateway.chat("sim/m").status == 200
        before = gateway.gateway.servers["sim"]
        reload(gateway, tables_of(tmp_path, {"sim": server.table(), "more": server.table()}))
        assert gateway.gateway.servers["sim"] is before
        assert gateway.chat("sim/m").status == 200
        assert len({call.connection for call in server.calls}) == 1
