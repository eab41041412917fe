"""Servers that callers name by URL: their lists of models, and how many of all there may be."""

from __future__ import annotations

import asyncio

import pytest
from gw_foreign import OWN, SECRET, allowing, chat, says, there
from gw_relay import Puppet, answer_of
from gw_seen import exchange_of

from franca.gateway import foreign as foreign_module
from franca.gateway.config.read import read_mapping
from franca.gateway.config.shape import Config, PageTable
from franca.gateway.foreign import ForeignServers
from franca.gateway.seen.metrics import Metrics

# ---- the list of models -----------------------------------------------------------------------------


def test_its_models_are_listed_by_its_own_names(tmp_path):
    """With what it says of them and what is known; asked anew each time, and only of it."""
    told = {
        "data": [{"id": "a/b", "context_length": 100, "owned_by": "them"}, {"id": 3}, {}, "plain", {"id": "x" * 600}]
    }
    with Puppet(lambda call: call.reply(told)) as server, allowing(tmp_path, server) as gateway:
        answer = gateway.ask("GET", "/v1/models", headers=there(server))
        found = {one["id"]: one for one in answer.json()["data"]}
        assert list(found) == ["a/b", "plain"]
        assert found["a/b"]["owned_by"] == "them"
        assert found["a/b"]["franca"]["server"] == f"url:127.0.0.1:{server.port}"
        assert found["a/b"]["franca"]["context_length"] == 100
        assert server.calls[0].headers["authorization"] == f"Bearer {SECRET}"
        gateway.ask("GET", "/v1/models", headers=there(server))
        assert len(server.calls) == 2
        assert gateway.rows == []


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (lambda call: call.reply({"error": {"message": "no"}}, 401), 401),
        (lambda call: call.reply(b"<html>", 200, {"Content-Type": "text/html"}), 502),
        (lambda call: call.reply({"data": 3}), 502),
        (lambda call: call.reply(b"[" * 50_000 + b"]" * 50_000), 502),
        (lambda call: call.reply(b'{"data": ["' + b"a" * (5 * 1024 * 1024) + b'"]}'), 502),
        (lambda call: call.close(), 502),
    ],
    ids=["refused", "html", "no list", "deep", "huge", "cut"],
)
def test_lists_that_are_none(tmp_path, reply, status):
    """An error that says so; the gateway goes on."""
    with Puppet(reply) as server, allowing(tmp_path, server) as gateway:
        answer = gateway.ask("GET", "/v1/models", headers=there(server))
        assert answer.status == status, answer
        assert answer.json()["error"]["message"]
        assert gateway.ask("GET", "/healthz").status == 200


def test_a_list_that_does_not_come(tmp_path, monkeypatch):
    """It is waited for only so long."""
    monkeypatch.setattr(foreign_module, "_PATIENCE", 0.2)
    with Puppet(lambda call: call.gone(20)) as server, allowing(tmp_path, server) as gateway:
        assert gateway.ask("GET", "/v1/models", headers=there(server)).status == 504


def test_long_lists_are_cut(tmp_path, monkeypatch):
    """Of a stranger's list only so much is read."""
    monkeypatch.setattr(foreign_module, "_MOST_MODELS", 5)
    told = {"data": [{"id": f"m{number}"} for number in range(20)]}
    with Puppet(lambda call: call.reply(told)) as server, allowing(tmp_path, server) as gateway:
        assert len(gateway.ask("GET", "/v1/models", headers=there(server)).json()["data"]) == 5


# ---- bounds -----------------------------------------------------------------------------------------


def _named(servers, number, key="k"):
    url = f"http://h{number}.example.com/v1".encode()
    return servers.of(exchange_of(headers=[(b"x-franca-base-url", url), (b"x-franca-api-key", key.encode())]))


def _many():
    entries = tuple(f"http://h{number}.example.com" for number in range(200))
    return ForeignServers(Config(page=PageTable(servers=entries)), None)


def test_servers_are_kept_by_url_and_key():
    """The same caller's is found again; nobody is given another's connections."""

    async def main():
        servers = _many()
        one = _named(servers, 1)
        assert _named(servers, 1) is one
        assert _named(servers, 1, "other") is not one
        assert _named(servers, 2) is not one
        await servers.close()
        assert len(servers) == 0
        assert _named(servers, 1) is not one
        await servers.close()

    asyncio.run(main())


def test_so_many_are_kept_and_no_more():
    """The longest unused goes."""

    async def main():
        servers = _many()
        first, second = _named(servers, 0), _named(servers, 1)
        for number in range(2, 64):
            _named(servers, number)
        assert _named(servers, 0) is first
        _named(servers, 64)
        assert len(servers) == 64
        assert _named(servers, 0) is first
        assert _named(servers, 1) is not second
        await servers.close()

    asyncio.run(main())


def test_what_is_not_used_is_forgotten(monkeypatch):
    """With its key, though nobody asks again; what is in use stays."""

    async def main():
        monkeypatch.setattr(foreign_module, "_IDLE", 0.01)
        servers = _many()
        _named(servers, 0)
        busy = _named(servers, 1)
        busy.in_flight = 1
        async with asyncio.timeout(20):
            while len(servers) > 1:
                await asyncio.sleep(0.005)
        assert _named(servers, 1) is busy
        await servers.close()
        assert servers._timer is None

    asyncio.run(main())


def test_a_reload_begins_anew(tmp_path):
    """What is not allowed any more is refused at once."""
    with Puppet(lambda call: call.reply(answer_of())) as server, allowing(tmp_path, server) as gateway:
        assert chat(gateway, server).status == 200
        config = read_mapping({"servers": {"own": {"base_url": OWN}}, "log": {"form": "off"}})

        async def reload():
            gateway.app.reload(config)

        asyncio.run_coroutine_threadsafe(reload(), gateway.gateway._background._tasks["keys"].get_loop()).result(20)
        assert says(chat(gateway, server)) == (403, "server_not_allowed")


def test_invented_servers_make_no_labels():
    """Only such as answered have one, and only so many; all others are one."""
    metrics = Metrics()
    for number in range(300):
        metrics.finished(exchange_of(route="chat", server=f"url:h{number}", model="m", outcome="error"), 1.0)
    assert {kind[1:3] for kind in metrics.cells} == {("url:other", "other")}
    for number in range(300):
        metrics.finished(exchange_of(route="chat", server=f"url:h{number}", model="m", outcome="ok"), 1.0)
    assert len(metrics.cells) == 52
    metrics.finished(exchange_of(route="chat", server="own", model="m", outcome="ok"), 1.0)
    assert ("chat", "own", "m", "ok", 0) in metrics.cells
