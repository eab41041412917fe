"""Kept answers and the ends of things: of a caller, a call, a configuration, an application, a process."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import ServedGateway, wait_until
from gw_kept import KEEP, PLACE, Stepped, back, begun, figures_of, name_of, read_whole
from gw_relay import DONE, MESSAGES, USAGE, Call, Caller, Puppet, Relaying, books, chunk_of, only, relaying, tables_of

from franca.gateway import create_app
from franca.gateway.config import read_mapping

BODY = json.dumps({"model": "sim/m", "messages": MESSAGES, "stream": True}).encode()


def tells(call: Call) -> None:
    call.stream([chunk_of("Hi"), chunk_of(None, "stop") + USAGE, DONE])


def tasks_of(gateway: Relaying) -> int:
    """How many tasks the gateway's loop has."""
    return len(asyncio.all_tasks(gateway.gateway.rounds._loop))


# ---- of a caller -----------------------------------------------------------------------------------------


def test_half_a_request_asks_nobody(tmp_path: Path) -> None:
    """A caller who goes away within the body reaches no server, and leaves nothing behind."""
    with Puppet(tells) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        begun(gateway)[0].close()
        wait_until(lambda: len(gateway.rows) == 1, "the first")
        before = tasks_of(gateway)
        with Caller(gateway) as caller:
            lines = "".join(f"{name}: {value}\r\n" for name, value in KEEP.items())
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Length: 500\r\n\r\n"
            caller.send(head.encode() + b'{"model":')
            wait_until(lambda: gateway.gateway.metrics.in_flight == 1, "the request to begin")
        row = books(gateway, 2)[1]
        assert (row.outcome, row.tries, len(server.calls)) == ("left", 0, 1)
        wait_until(lambda: tasks_of(gateway) <= before, "its tasks to end")


def test_a_body_that_does_not_come_is_refused(tmp_path: Path) -> None:
    """408, as without."""
    table = {"body_timeout": 0.3}
    with Puppet(tells) as server, relaying(tmp_path, {"sim": server.table()}, gateway=table) as gateway:
        with Caller(gateway) as caller:
            lines = "".join(f"{name}: {value}\r\n" for name, value in KEEP.items())
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n{lines}Content-Length: 500\r\n\r\n"
            caller.send(head.encode() + b'{"model":')
            assert b" 408 " in caller.until(b"\r\n\r\n")
        assert only(gateway).error == "body_timeout"


def test_who_leaves_before_the_head_leaves_for_good(tmp_path: Path) -> None:
    """Nobody knows a name by which to come back: the server's connection is closed at once."""
    play = Stepped(first=False)

    def silent(call: Call) -> None:
        play.asked.set()
        play.gone = call.gone(10)
        play.over.set()

    with Puppet(silent) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        with Caller(gateway).chat("sim/m", stream=True, headers=KEEP):
            assert play.asked.wait(10)
        assert play.over.wait(10)
        assert play.gone is not None
        assert only(gateway).outcome == "left"
        assert len(gateway.gateway.kept) == 0


def test_nothing_is_left_of_many(tmp_path: Path) -> None:
    """Whole, left, come back for, ended: no task, no byte and no place stays."""
    table = {"grace": 0.2, "lifetime": 0.2}

    def play(call: Call) -> None:
        call.begin_stream()
        for number in range(5):
            call.piece(chunk_of(f"piece {number}"))
            time.sleep(0.01)
        if call.number % 3:
            call.piece(chunk_of(None, "stop") + DONE)
            call.end()
        elif call.gone(10) is None:
            raise AssertionError("it went on for ever")

    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, replay=table) as gateway:
        with Caller(gateway).post(PLACE + "none", b"", KEEP, "GET") as caller:
            caller.until(b"answer_not_found")
        for number in range(24):
            caller, name = begun(gateway)
            if number % 2:
                caller.until(b"piece 2")
            caller.reset() if number % 4 < 2 else caller.close()
            if number % 5 == 0:
                back(gateway, name, method="DELETE")
            elif number % 5 == 1:
                with Caller(gateway).post(PLACE + name, b"", KEEP, "GET") as again:
                    again.until(b"piece 1")
        books(gateway, 24)
        kept = gateway.gateway.kept
        wait_until(lambda: (len(kept), kept.held, len(kept._ended), len(kept._owned)) == (0, 0, 0, 0), "all to go")
        wait_until(lambda: not kept._tasks, "their tasks to end")
        wait_until(lambda: gateway.gateway.metrics.in_flight == 0, "their ends")
        named = [task.get_name() for task in asyncio.all_tasks(kept._loop)]
        assert not [name for name in named if name.startswith("franca: req")]
        wait_until(lambda: tasks_of(gateway) < 12, "the tasks of the calls to end")


def test_a_limited_key_is_settled_once(tmp_path: Path) -> None:
    """Its place is taken until the answer is over, not only until its caller leaves; then what was spent is booked."""
    keys = {"k": {"key": "sk-franca-0123456789", "parallel": 1, "budget": {"total": 1.0}}}
    headers = {**KEEP, "authorization": "Bearer sk-franca-0123456789"}
    play = Stepped()
    with (
        Puppet(play) as server,
        relaying(tmp_path, {"sim": server.table()}, keys=keys, prices={"m": {"input": 1.0, "output": 1.0}}) as gateway,
    ):
        caller, name = begun(gateway, headers)
        caller.close()
        account = next(iter(gateway.gateway.quota._seats.values())).own
        assert account.running == 1
        with Caller(gateway).chat("sim/m", stream=True, headers=headers) as second:
            assert b" 429 " in second.until(b"\r\n\r\n")
        play.rest()
        got = back(gateway, name, headers)
        back(gateway, name, headers)
        assert DONE in got.body
        rows = books(gateway, 2)
        assert (account.running, account.total_held) == (0, 0)
        assert account.total_spent > 0
        spent = account.total_spent
        assert figures_of(got.body)["cost"] == rows[-1].cost > 0
        assert back(gateway, name, headers).status == 200
        assert (account.total_spent, len(gateway.rows)) == (spent, 2)


# ---- of a configuration, and of who mounts it ------------------------------------------------------------


def test_a_reload_leaves_them(tmp_path: Path) -> None:
    """What is under way goes on, and what has ended is there, although nothing new is kept."""
    play = Stepped()
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        caller, name = begun(gateway)
        caller.close()
        other = read_mapping(tables_of(tmp_path, {"sim": server.table(retries=2)}, replay={"enabled": False}))
        gateway.gateway.kept._loop.call_soon_threadsafe(gateway.app.reload, other)
        wait_until(lambda: not gateway.gateway.kept.offered, "the reload")
        play.rest()
        assert DONE in back(gateway, name).body
        play.rest()
        with Caller(gateway).chat("sim/m", stream=True, headers=KEEP) as plain:
            read_whole(plain)
        assert b"x-franca-answer" not in plain.got
        assert back(gateway, name).status == 200


def parent_of(app: Any, *, middleware: bool) -> Any:
    """A parent that tells of no beginning, and closes the gateway at its own end."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.routing import Mount

    async def through(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        await app.gateway.close()

    between = [Middleware(BaseHTTPMiddleware, dispatch=through)] if middleware else []
    return Starlette(routes=[Mount("/gw", app=app)], middleware=between, lifespan=lifespan)


@pytest.mark.parametrize("middleware", [False, True], ids=["mounted", "middleware"])
def test_under_another_application(tmp_path: Path, middleware: bool) -> None:
    """Come back for below its prefix, also where a middleware runs what is below it in a task of its own."""

    def wrap(app: Any) -> Any:
        return parent_of(app, middleware=middleware)

    play = Stepped()
    body = {"model": "sim/m", "messages": MESSAGES, "stream": True}
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, wrap=wrap) as gateway:
        with Caller(gateway).post("/gw/v1/chat/completions", body, KEEP) as caller:
            name = name_of(caller.until(b"piece 0"))
            caller.reset()
        play.step()
        with Caller(gateway).post(f"/gw{PLACE}{name}", b"", KEEP, "GET") as again:
            again.until(b"piece 1")
            play.rest()
            whole = read_whole(again)
        assert DONE in whole
        assert figures_of(whole)["model"] == "m"
        assert only(gateway).outcome == "ok"


# ---- of an application, and of a process -----------------------------------------------------------------


class Host:
    """Calls the application as a server does, in this loop, and has what it sent."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.sent: list[MutableMapping[str, Any]] = []
        self.came = asyncio.Event()
        self.leaves = asyncio.Event()
        self.fails = False
        self._asked = False

    async def receive(self) -> Any:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": BODY, "more_body": False}
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        if self.fails:
            raise OSError("gone")
        self.sent.append(message)
        if b"piece 0" in message.get("body", b""):
            self.came.set()

    def call(self) -> asyncio.Task[None]:
        headers = [(name.encode(), value.encode()) for name, value in KEEP.items()]
        scope = {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": headers, "client": None}
        return asyncio.get_running_loop().create_task(self.app(scope, self.receive, self.send))

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


def hosted(tmp_path: Path, play: Stepped, test: Callable[[Any, Host, list[Any]], Any]) -> list[Any]:
    """The rows of usage of a test with an application in this loop; nothing runs on after it."""
    rows: list[Any] = []

    async def run(url: str) -> None:
        app = create_app(tables_of(tmp_path, {"sim": {"base_url": url, "retries": 0}}))
        app.gateway.ledger.note = rows.append  # type: ignore[method-assign]
        await test(app, Host(app), rows)
        await app.gateway.close()
        assert len(asyncio.all_tasks()) == 1, asyncio.all_tasks()

    with Puppet(play) as server:
        asyncio.run(run(server.url))
    assert play.over.wait(10)
    return rows


def test_a_call_that_is_ended_from_outside_ends_it(tmp_path: Path) -> None:
    """The caller is told in a last event, as without; the row is there when the call is over."""

    async def test(app: Any, host: Host, rows: list[Any]) -> None:
        task = host.call()
        await host.came.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert b"gateway_ended" in host.body
        assert figures_of(host.body)["server"] == "sim"
        assert host.sent[-1]["more_body"] is False
        assert [row.outcome for row in rows] == ["cut"]

    play = Stepped()
    assert [row.error for row in hosted(tmp_path, play, test)] == ["gateway_ended"]
    assert play.gone is not None


def test_a_call_whose_sending_fails_has_left(tmp_path: Path) -> None:
    """OSError is how some servers tell it: the call ends in good order, the answer goes on."""
    play = Stepped()

    async def test(app: Any, host: Host, rows: list[Any]) -> None:
        task = host.call()
        await host.came.wait()
        host.fails = True
        play.step()
        await asyncio.wait_for(task, 10)
        assert rows == []
        play.rest()
        await until(lambda: rows)

    assert [row.outcome for row in hosted(tmp_path, play, test)] == ["ok"]


@pytest.mark.parametrize("when", ["before its head", "with its head", "by an error"])
def test_who_leaves_without_a_name_leaves_for_good(tmp_path: Path, when: str) -> None:
    """The server has begun, but the head does not reach the caller any more: there is no name to come back by."""
    play = Stepped()

    async def test(app: Any, host: Host, rows: list[Any]) -> None:
        begin, send = app.gateway.kept.begin, host.send

        def kept(*given: Any) -> Any:
            if when == "before its head":
                host.leaves.set()
            return begin(*given)

        async def sent(message: Any) -> None:
            if when == "with its head":  # as uvicorn does, which passes over what is for nobody
                host.leaves.set()
            host.fails = when == "by an error"
            await send(message)

        app.gateway.kept.begin, host.send = kept, sent  # type: ignore[method-assign]
        await asyncio.wait_for(host.call(), 10)
        assert len(app.gateway.kept) == 0
        await until(lambda: rows)

    assert [row.outcome for row in hosted(tmp_path, play, test)] == ["left"]
    assert play.gone is not None


def test_closing_ends_all(tmp_path: Path) -> None:
    """With and without a reader: the row is written, the server's connection closed; a reader is told."""

    async def test(app: Any, host: Host, rows: list[Any]) -> None:
        task = host.call()
        await host.came.wait()
        await app.gateway.close()
        await asyncio.wait_for(task, 10)
        assert b"gateway_ended" in host.body
        assert len(rows) == 1
        await until(play.over.is_set)
        left = Host(app)
        play.step()
        task = left.call()
        await left.came.wait()
        left.leaves.set()
        await asyncio.wait_for(task, 10)
        assert len(rows) == 1
        await app.gateway.close()
        assert len(rows) == 2
        assert (len(app.gateway.kept), app.gateway.kept.held) == (0, 0)

    play = Stepped()
    rows = hosted(tmp_path, play, test)
    assert [(row.outcome, row.error) for row in rows] == [("cut", "gateway_ended")] * 2


def test_an_ending_process_does_not_wait_for_nobody(tmp_path: Path) -> None:
    """An answer without a reader does not hold up the end, although streams may go on for long; its row is in the
    books. One with a reader may go on."""
    play = Stepped()
    with Puppet(play) as server:
        tables = {
            "servers": {"sim": server.table()},
            "gateway": {"drain": 40.0},
            "store": {"url": f"sqlite:{tmp_path / 'franca.db'}"},
        }
        with ServedGateway(tmp_path, tables) as gateway:
            with Caller(gateway).chat("sim/m", stream=True, headers=KEEP) as caller:
                caller.until(b"piece 0")
            began = time.monotonic()
            assert gateway.stop() == 0, gateway.log_tail()
            assert time.monotonic() - began < 30
            assert "never retrieved" not in gateway.log_text()
            assert "Traceback" not in gateway.log_text()
        assert play.over.wait(10)
        assert play.gone is not None
        with sqlite3.connect(tmp_path / "franca.db") as books_of:
            found = books_of.execute("SELECT outcome, error FROM franca_usage").fetchall()
        books_of.close()
        assert found == [("cut", "gateway_ended")]
