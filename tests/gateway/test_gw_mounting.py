"""The gateway under a path of another application, with and without its prefix, and without anybody's lifespan."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from gw_relay import DONE, MESSAGES, Call, Caller, Puppet, answer_of, books, chunk_of, relaying, tables_of

from franca.gateway import create_app

PIECES = [chunk_of("Hi"), chunk_of(None, "stop"), DONE]
CHAT = {"model": "sim/m", "messages": MESSAGES}


def play(call: Call) -> None:
    if call.method == "GET":
        call.reply({"object": "list", "data": [{"id": "m", "object": "model"}]})
    elif call.json().get("stream"):
        call.stream(PIECES)
    else:
        call.reply(answer_of())


def starlette(app: Any) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return Starlette(routes=[Mount("/gw", app=app)])


def nested(app: Any) -> Any:
    from starlette.applications import Starlette
    from starlette.routing import Mount

    return Starlette(routes=[Mount("/a", routes=[Mount("/b", app=app)])])


def fastapi(app: Any) -> Any:
    from fastapi import FastAPI

    parent = FastAPI()
    parent.mount("/gw", app)
    return parent


def middled(app: Any) -> Any:
    """With a middleware that runs what is below it in a task of its own."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.base import BaseHTTPMiddleware
    from starlette.routing import Mount

    async def through(request: Any, call_next: Callable[[Any], Awaitable[Any]]) -> Any:
        answer = await call_next(request)
        answer.headers["x-through"] = "1"
        return answer

    return Starlette(routes=[Mount("/gw", app=app)], middleware=[Middleware(BaseHTTPMiddleware, dispatch=through)])


def bare(strips: bool, slash: str = "", root: bool = True) -> Callable[[Any], Any]:
    """A parent of three lines, which strips the prefix of the path or not, and tells of it or not."""

    def wrap(app: Any) -> Any:
        async def parent(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["path"].startswith("/gw"):
                path = scope["path"][len("/gw") :] if strips else scope["path"]
                scope = {**scope, "path": path, **({"root_path": f"/gw{slash}"} if root else {})}
            await app(scope, receive, send)

        return parent

    return wrap


PARENTS: dict[str, tuple[Callable[[Any], Any], str, dict[str, Any]]] = {
    "starlette": (starlette, "/gw", {}),
    "nested": (nested, "/a/b", {}),
    "fastapi": (fastapi, "/gw", {}),
    "starlette-base": (starlette, "/gw/api", {"gateway": {"base_path": "/api"}}),
    "middleware": (middled, "/gw", {}),
    "strips": (bare(True), "/gw", {}),
    "strips-and-tells-nothing": (bare(True, root=False), "/gw", {}),
    "whole-path": (bare(False), "/gw", {}),
    "slash": (bare(False, "/"), "/gw", {}),
    "base": (lambda app: app, "/gw", {"gateway": {"base_path": "/gw"}}),
    "alone": (lambda app: app, "", {}),
}


@pytest.mark.parametrize("name", PARENTS)
def test_every_way_of_mounting_serves_every_path(tmp_path: Path, name: str) -> None:
    """Answers, streams, lists, health, errors and the page, below whatever stands before them; started by its first
    request where nobody tells it of a beginning; and nothing beside its prefix."""
    wrap, prefix, tables = PARENTS[name]
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table(raw=True)}, wrap=wrap, **tables) as gateway:
        assert gateway.ask("POST", f"{prefix}/v1/chat/completions", CHAT).json() == answer_of()
        got = gateway.ask("POST", f"{prefix}/v1/chat/completions", {**CHAT, "stream": True})
        assert got.body == b"".join(PIECES)
        got = gateway.ask("POST", f"{prefix}/v1/providers/sim/chat/completions", CHAT)
        assert got.json() == answer_of()
        assert [one["id"] for one in gateway.ask("GET", f"{prefix}/v1/models").json()["data"]] == ["sim/m"]
        assert gateway.ask("GET", f"{prefix}/v1/models/sim/m").json()["id"] == "sim/m"
        assert gateway.ask("GET", f"{prefix}/healthz").status == 200
        assert gateway.ask("GET", f"{prefix}/readyz").status == 200
        assert gateway.ask("GET", f"{prefix}/").headers["content-type"].startswith("text/html")
        assert gateway.ask("POST", f"{prefix}/v1/nothing", CHAT).status == 404
        assert [(row.route, row.outcome) for row in books(gateway, 3)] == [
            ("chat", "ok"),
            ("chat", "ok"),
            ("raw", "ok"),
        ]
        if prefix and not name.startswith("strips"):
            before = len(server.calls)
            for path in (f"{prefix}x/v1/chat/completions", f"{prefix}{prefix}/v1/chat/completions"):
                assert gateway.ask("POST", path, CHAT).status == 404
            assert len(server.calls) == before
        if tables:
            assert gateway.ask("POST", "/v1/chat/completions", CHAT).status == 404


@pytest.mark.parametrize("name", ["starlette", "fastapi", "middleware", "base"])
def test_who_leaves_a_mounted_gateway_is_seen(tmp_path: Path, name: str) -> None:
    """A parent between the server and the gateway hides nobody's leaving."""
    wrap, prefix, tables = PARENTS[name]
    gone: list[float | None] = []

    def silent(call: Call) -> None:
        call.begin_stream()
        call.piece(chunk_of("Hi"))
        gone.append(call.gone(5.0))
        call.close()

    with Puppet(silent) as server, relaying(tmp_path, {"sim": server.table()}, wrap=wrap, **tables) as gateway:
        with Caller(gateway).post(f"{prefix}/v1/chat/completions", {**CHAT, "stream": True}) as caller:
            caller.until(b"Hi")
        assert books(gateway, 1)[0].outcome == "left"
    assert gone
    assert gone[0] is not None


@pytest.mark.parametrize("name", ["starlette", "middleware", "base", "strips"])
def test_the_admin_stays_locked_when_mounted(tmp_path: Path, name: str) -> None:
    """No prefix written twice, half or with dots leads around the admin key."""
    wrap, prefix, tables = PARENTS[name]
    settings = {**tables.get("gateway", {}), "admin_key": "adm-0123456789abcdef"}
    with Puppet(play) as server, relaying(tmp_path, {"sim": server.table()}, wrap=wrap, gateway=settings) as gateway:
        for path in (
            "/admin/v1/keys", f"{prefix}/admin/v1/keys", f"{prefix}//admin/v1/keys", f"{prefix}/v1/../admin/v1/keys",
            f"{prefix}{prefix}/admin/v1/keys", f"/{prefix}/admin/v1/keys", f"{prefix}/./admin/v1/keys",
        ):  # fmt: skip
            with Caller(gateway) as caller:
                got = caller.send(
                    f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
                ).rest()
            assert int(got.split(b" ")[1]) in (401, 404, 307), (path, got)
        assert gateway.ask("GET", f"{prefix}/admin/v1/keys", key="adm-0123456789abcdef").status == 200


def test_without_a_lifespan_it_starts_once_and_ends_by_close(tmp_path: Path) -> None:
    """Many first requests at once start it once; `close` writes down what is in the books, and it may begin again."""

    async def ask(app: Any) -> int:
        body, status = json.dumps(CHAT).encode(), []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])

        await app(
            {"type": "http", "method": "POST", "path": "/v1/chat/completions", "headers": [], "query_string": b""},
            receive, send,
        )  # fmt: skip
        return int(status[0])

    async def run(url: str) -> int:
        tables = tables_of(tmp_path, {"sim": {"base_url": url}})
        app = create_app(tables)
        assert await asyncio.gather(*(ask(app) for _ in range(10))) == [200] * 10
        await app.gateway.close()
        assert await ask(app) == 200
        await app.gateway.close()
        other = create_app(tables)
        await other.gateway.store.open()
        found = await other.gateway.store.spent(0)
        rows = await other.gateway.store.usage(_query())
        await other.gateway.store.close()
        assert found is not None
        return sum(line.requests for line in rows)

    with Puppet(play) as server:
        assert asyncio.run(run(server.url)) == 11


def _query() -> Any:
    from franca.gateway.store.base import UsageQuery

    return UsageQuery()


def test_a_lifespan_that_cannot_begin_says_so(tmp_path: Path) -> None:
    """A store that cannot be opened at all fails the start of the server that asked for it, or is told and tried
    again; it never hangs."""
    sent: list[Any] = []

    async def run() -> None:
        app = create_app({"store": {"url": f"sqlite:{tmp_path}"}, "log": {"form": "off"}})
        messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await asyncio.wait_for(app({"type": "lifespan"}, receive, send), 20)
        await app.gateway.close()

    asyncio.run(run())
    assert sent[0] in ("lifespan.startup.complete", "lifespan.startup.failed")


def test_a_websocket_is_turned_away() -> None:
    """There is none here, and the caller is told."""
    sent: list[Any] = []

    async def run() -> None:
        app = create_app({"store": {"url": "none"}, "log": {"form": "off"}})

        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        await app({"type": "websocket", "path": "/v1/realtime"}, receive, send)
        await app.gateway.close()

    asyncio.run(run())
    assert sent == ["websocket.close"]
