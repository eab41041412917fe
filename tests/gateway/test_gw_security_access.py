"""Whom a key lets in, and to what: tries to reach more than it allows."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import ThreadGateway, wait_until
from gw_relay import MESSAGES, Call, Puppet, answer_of

from franca.gateway.config.read import read_mapping

SECRET = "sk-of-the-server-0123456789abcdef"
ADMIN = "the-admin-0123456789"


def good(call: Call) -> None:
    """A server that likes everything."""
    if call.target.endswith("/models"):
        call.reply({"object": "list", "data": [{"id": "m"}]})
    else:
        call.reply(answer_of())


@contextmanager
def serving(play: Callable[[Call], None] = good, **more: Any) -> Iterator[tuple[Puppet, ThreadGateway]]:
    """A server, and a gateway before it with an alias and keys of several kinds."""
    with_gateway = {"admin_key": ADMIN, "default_server": "sim", **more.pop("gateway", {})}
    with Puppet(play) as server:
        config = {
            "gateway": with_gateway,
            "servers": {"sim": server.table(api_key=SECRET, raw=True)},
            "models": {"fast": {"to": "sim/m"}},
            "keys": {
                "alias": {"key": "k-alias", "models": ["fast"]},
                "slow": {"key": "k-slow", "rpm": 1},
                "free": {"key": "k-free", "routes": ["chat", "files"]},
                "raw": {"key": "k-raw", "routes": ["raw", "files"], "models": ["fast"]},
            },
            "store": {"url": "memory"},
            "log": {"form": "off"},
            **more,
        }
        with ThreadGateway(config) as gateway:
            yield server, gateway


@pytest.mark.parametrize(
    "body",
    [
        b'{"messages":[]}',
        b'{"model":"","messages":[]}',
        b'{"model":null,"messages":[]}',
        b'{"model":"sim/m","messages":[]}',
        b'{"model":"Fast","messages":[]}',
        b'{"model":"fast ","messages":[]}',
        b'{"model":"fast/","messages":[]}',
        b'{"model":"fast\\u0000","messages":[]}',
        b'{"model":"fast","model":"sim/m","messages":[]}',
        b'{"model":"fast","mod\\u0065l":"sim/m","messages":[]}',
        b'{"model":"fast","Model":"big","messages":[]}',
        b'{"MODEL":"big","model":"fast","messages":[]}',
        b'{"model":"fast","models":["sim/big"],"messages":[]}',
        b'{"model":"\xef\xbd\x86ast","messages":[]}',
        b'{"model":["fast"],"messages":[]}',
    ],
)
def test_a_key_for_one_alias_reaches_nothing_else(body: bytes) -> None:
    """However the model is written, missing, twice or in other letters: no server is asked for another one."""
    with serving() as (server, gateway):
        before = len(server.calls)
        answer = gateway.ask("POST", "/v1/chat/completions", body, key="k-alias")
        assert answer.status in (400, 403, 404), answer
        assert len(server.calls) == before


def test_the_alias_itself_works() -> None:
    """The key above is a good one."""
    with serving() as (_, gateway):
        assert gateway.chat("fast", key="k-alias").status == 200


@pytest.mark.parametrize("name", ["Max_Tokens", "N", "STREAM", "ſtream", "max_to\u212aens"])
def test_a_name_that_some_servers_read_as_another_is_not_sent(name: str) -> None:
    """Servers in Go take `Max_Tokens` for `max_tokens`: what was checked here would not be what counts there."""
    with serving() as (server, gateway):
        body = {"model": "fast", "messages": MESSAGES, name: True}
        assert gateway.ask("POST", "/v1/chat/completions", body, key="k-free").status == 400
        assert not server.calls


@pytest.mark.parametrize(
    "path", ["/v1/responses/", "/v1/images/generations/", "/v1/audio/speech/", "/v1/chat/completions/", "/v1/files"]
)
def test_no_path_goes_past_the_limits(path: str) -> None:
    """A key with one request a minute makes one, whatever stands at the end of the path."""
    with serving() as (_, gateway):
        assert gateway.chat("fast", key="k-slow").status == 200
        method = "GET" if path == "/v1/files" else "POST"
        body = None if method == "GET" else {"model": "fast", "input": "x", "messages": MESSAGES}
        assert gateway.ask(method, path, body, key="k-slow").status in (403, 404, 405, 429)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/files/%2e%2e/admin", "/v1/files/../admin", "/v1/files//x", "/v1/files/http:%2f%2fevil.example/x",
        "/v1/files/a%5c..%5cb", "/v1/files/a%0d%0aHost:x", "/v1/providers/sim/../x", "/v1/providers/SIM/models",
        "/v1/providers/evil.example/models", "/v1/providers//models",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_a_server(path: str) -> None:
    """What would leave the base URL, or names no server, is refused, and nobody is asked."""
    with serving(keys={"all": {"key": "k-all", "routes": ["raw", "files"]}}) as (server, gateway):
        before = len(server.calls)
        assert gateway.ask("GET", path, key="k-all").status in (400, 404)
        assert len(server.calls) == before


def test_a_key_for_some_models_passes_nothing_raw() -> None:
    """Raw requests may name any model: they need the whole server."""
    with serving() as (server, gateway):
        for path in ("/v1/providers/sim/chat/completions", "/v1/files"):
            assert gateway.ask("GET", path, key="k-raw").status == 403
        assert not server.calls


@pytest.mark.parametrize("path", ["/v1/files/x", "/v1/chat/completions"])
def test_a_server_that_quotes_its_key_tells_it_to_nobody(path: str) -> None:
    """An error that holds the key that the gateway sent comes to the caller without it."""

    def quoting(call: Call) -> None:
        call.reply({"error": {"message": f"bad key: {call.headers['authorization']}"}}, 401)

    with serving(quoting) as (server, gateway):
        body = {"model": "fast", "messages": MESSAGES}
        answer = gateway.ask("POST", path, body, key="k-free")
        assert server.calls
        assert answer.status == 401
        assert SECRET.encode() not in answer.body
        assert SECRET not in gateway.ask("GET", "/admin/v1/status", key=ADMIN).body.decode()


def test_one_caller_is_not_told_what_another_one_asked() -> None:
    """A server's error may quote a prompt: whoever comes next is not shown it."""

    def failing(call: Call) -> None:
        call.reply({"error": {"message": "I cannot read ATTACK-AT-DAWN"}}, 500)

    with serving(failing, routing={"failures": 1}) as (_, gateway):
        gateway.chat("fast", "ATTACK-AT-DAWN", key="k-free")
        later = gateway.chat("fast", key="k-slow")
        assert later.status == 503
        assert b"DAWN" not in later.body


def test_a_reload_does_not_break_a_request_under_way() -> None:
    """A request whose fallback is no longer configured ends by the routes that it began with."""
    asked, go = threading.Event(), threading.Event()

    def waiting(call: Call) -> None:
        asked.set()
        go.wait(20)
        call.reply({"error": {"message": "no"}}, 500)

    with Puppet(waiting) as first, Puppet(good) as second:
        servers = {"one": first.table(), "two": second.table()}
        config: dict[str, Any] = {
            "servers": servers,
            "models": {"both": {"to": "one/m", "fallbacks": ["two/m"]}},
            "store": {"url": "memory"},
            "log": {"form": "off"},
        }
        with ThreadGateway(config) as gateway:
            found: list[Any] = []
            thread = threading.Thread(target=lambda: found.append(gateway.chat("both")))
            thread.start()
            assert asked.wait(20)
            less = read_mapping({**config, "servers": {"one": servers["one"]}, "models": {}})
            done = threading.Event()
            loop = gateway.app._starting.get_loop()
            loop.call_soon_threadsafe(lambda: (gateway.app.reload(less), done.set()))
            assert done.wait(20)
            go.set()
            thread.join(20)
            assert found[0].status == 200, found


# ---- keys in the store ----------------------------------------------------------------------------------


def test_a_revocation_holds_though_a_secret_of_the_file_is_away(tmp_path: Path) -> None:
    """While the file of a configured key is away for a moment, a key is revoked: it is of no use any more."""
    file = tmp_path / "secret"
    file.write_text("k-of-the-file")
    with serving(keys={"f": {"key": f"file:{file}"}}, store={"url": f"sqlite:{tmp_path}/x.db"}) as (_, gateway):
        made = gateway.ask("POST", "/admin/v1/keys", {"name": "a"}, key=ADMIN).json()
        assert gateway.chat("fast", key=made["key"]).status == 200
        file.unlink()
        gateway.ask("DELETE", f"/admin/v1/keys/{made['id']}", key=ADMIN)
        file.write_text("k-of-the-file")
        wait_until(lambda: gateway.chat("fast", key=made["key"]).status == 401, "the key to be of no use")


def test_a_record_that_cannot_be_read_hides_no_revocation(tmp_path: Path) -> None:
    """A broken key in the store opens nothing, and changes of other keys are still noticed."""
    import sqlite3

    with serving(store={"url": f"sqlite:{tmp_path}/x.db"}) as (_, gateway):
        made = gateway.ask("POST", "/admin/v1/keys", {"name": "a"}, key=ADMIN).json()
        with sqlite3.connect(tmp_path / "x.db") as database:
            database.execute(
                "INSERT INTO franca_keys (id, hash, created, record) VALUES ('bad', 'z', 1, '{\"id\": 5}')"
            )
            database.execute("UPDATE franca_meta SET value = value + 1 WHERE name = 'keys'")
        with sqlite3.connect(tmp_path / "x.db") as database:
            database.execute("UPDATE franca_keys SET record = json_set(record, '$.revoked', 1.0) WHERE id <> 'bad'")
            database.execute("UPDATE franca_meta SET value = value + 1 WHERE name = 'keys'")
        database.close()
        wait_until(lambda: gateway.chat("fast", key=made["key"]).status == 401, "the revocation to be noticed")
        assert gateway.ask("GET", "/admin/v1/keys", key=ADMIN).status == 200


def test_a_store_that_is_away_opens_no_door() -> None:
    """Where the keys could not be read yet nobody knows that there are none: nobody is let in without one."""
    import socket

    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"postgresql://me:secret-word@127.0.0.1:{nobody.getsockname()[1]}/innards"
        with serving(keys={}, store={"url": url}) as (server, gateway):
            before = len(server.calls)
            assert gateway.chat("fast").status in (401, 503)
            assert len(server.calls) == before
        with serving(keys={"a": {"key": "k-a"}}, store={"url": url}) as (_, gateway):
            told = gateway.ask("GET", "/v1/generation?id=x", key="k-a")
            assert b"innards" not in told.body
            assert b"secret-word" not in told.body


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"}, {"Host": "127.0.0.1.evil.example"}, {"Host": "localhost@evil.example"},
        {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"}, {"X-Forwarded-For": "8.8.8.8"}, {"Forwarded": "for=8.8.8.8"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/models", "/metrics", "/v1/chat/completions"])
def test_without_keys_only_this_machine_is_served(headers: dict[str, str], path: str) -> None:
    """Names that point here, pages of others and what a proxy passed on are turned away."""
    with serving(keys={}, gateway={"admin_key": None}) as (server, gateway):
        before = len(server.calls)
        method = "POST" if path.endswith("completions") else "GET"
        body = json.dumps({"model": "fast", "messages": MESSAGES}).encode() if method == "POST" else None
        answer = gateway.ask(method, path, body, headers={"Content-Type": "text/plain", **headers})
        assert answer.status == 403
        assert len(server.calls) == before


@pytest.mark.parametrize("header", [(b"authorization", b"Bearer "), (b"x-api-key", b" "), (b"api-key", b"")])
def test_an_empty_admin_key_opens_nothing(header: tuple[bytes, bytes]) -> None:
    """A program that reads its admin key from a variable that is not set has no admin API, or does not start."""
    import asyncio

    from franca.errors import BadUsage
    from franca.gateway import create_app
    from franca.gateway.config.shape import Config, GatewayTable, LogTable, StoreTable

    table = GatewayTable(admin_key="")
    try:
        app = create_app(Config(gateway=table, store=StoreTable(url="none"), log=LogTable(form="off")))
    except BadUsage:
        return
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    async def play() -> None:
        scope = {"type": "http", "method": "GET", "path": "/admin/v1/status", "headers": [header], "query_string": b"",
                 "client": ("127.0.0.1", 1), "root_path": ""}  # fmt: skip
        await app(scope, receive, send)
        await app.gateway.close()

    asyncio.run(play())
    assert sent[0]["status"] in (401, 404)
