"""Servers that callers name by URL: which are allowed, what they are sent and never sent, and their bounds."""

from __future__ import annotations

import asyncio
import json
import logging
import socket

import pytest
from gw_relay import DONE, MESSAGES, USAGE, Puppet, answer_of, books, chunk_of, relaying
from gw_seen import exchange_of

from franca.errors import BadUsage, ConnectFailed
from franca.gateway import foreign as foreign_module
from franca.gateway.config.origins import Origins, is_public, origin_problem
from franca.gateway.config.read import read_mapping
from franca.gateway.config.shape import Config, PageTable
from franca.gateway.foreign import ForeignServers
from franca.gateway.problem import Problem
from franca.gateway.seen.metrics import Metrics
from franca.io.address import split_url
from franca.wire.http import Request

GATEWAY_KEY = "sk-gateway-0123456789abc"
SECRET = "sk-foreign-0123456789abc"
OWN = "http://127.0.0.1:1/v1"  # the configured server, which no test here may reach


def there(server, key=SECRET, **more):
    """The headers that name a server."""
    found = {"x-franca-base-url": server if isinstance(server, str) else server.url, **more}
    return found if key is None else {**found, "x-franca-api-key": key}


def allowing(folder, *servers, **tables):
    """A gateway that allows these servers, beside one of its own."""
    origins = [one if isinstance(one, str) else f"http://127.0.0.1:{one.port}" for one in servers]
    return relaying(folder, {"own": {"base_url": OWN, "retries": 0}}, page={"servers": origins}, **tables)


def chat(gateway, server, model="m", key=None, headers=None, **fields):
    body = {"model": model, "messages": MESSAGES, **fields}
    return gateway.ask("POST", "/v1/chat/completions", body, key=key, headers=headers or there(server))


def says(answer):
    return answer.status, answer.json()["error"]["code"]


# ---- what happens -----------------------------------------------------------------------------------


def test_the_named_server_answers(tmp_path):
    """By its own name of the model and with the caller's key for it; the books and the headers call it url:HOST."""
    with Puppet(lambda call: call.reply(answer_of("from there"))) as server, allowing(tmp_path, server) as gateway:
        answer = chat(gateway, server, "their/model:1")
        assert answer.json()["choices"][0]["message"]["content"] == "from there"
        name = f"url:127.0.0.1:{server.port}"
        assert answer.headers["x-franca-model"] == f"{name}/their/model:1"
        call = server.calls[0]
        assert (call.target, call.json()["model"]) == ("/v1/chat/completions", "their/model:1")
        assert call.headers["authorization"] == f"Bearer {SECRET}"
        row = books(gateway, 1)[0]
        assert (row.server, row.model, row.asked, row.completion_tokens) == (name, "their/model:1", "their/model:1", 4)


def test_it_streams(tmp_path):
    """Events come as they are sent."""
    pieces = [chunk_of("a"), chunk_of("b"), chunk_of(finish="stop"), USAGE, DONE]
    with Puppet(lambda call: call.stream(pieces)) as server, allowing(tmp_path, server) as gateway:
        answer = chat(gateway, server, stream=True)
        assert answer.events()[-1] == "[DONE]"
        assert books(gateway, 1)[0].outcome == "ok"


def test_a_schema_is_seen_to_there_too(tmp_path):
    """The ladder climbs at any server."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    with Puppet(lambda call: call.reply(answer_of('{"n": 3}'))) as server, allowing(tmp_path, server) as gateway:
        answer = chat(gateway, server, response_format=wanted)
        assert json.loads(answer.json()["choices"][0]["message"]["content"]) == {"n": 3}
        assert answer.headers["x-franca-structured"]


def test_what_never_reaches_it(tmp_path):
    """Neither the key for the gateway, nor cookies, nor our own headers, nor those that trace our own servers."""
    more = {
        "cookie": "session=1", "x-franca-keep": "1", "x-franca-browser": "b" * 22, "x-franca-server": "own",
        "traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01", "x-forwarded-for": "10.1.2.3", "api-key": "sk-other",
    }  # fmt: skip
    tables = {"keys": {"ann": {"key": GATEWAY_KEY}}, "gateway": {"forward_headers": ["x-title", "x-franca-browser"]}}
    with (
        Puppet(lambda call: call.reply(answer_of())) as server,
        allowing(tmp_path, server, **tables) as gateway,
    ):
        assert chat(gateway, server, key=GATEWAY_KEY, headers=there(server, **more, **{"x-title": "T"})).status == 200
        call = server.calls[0]
        assert GATEWAY_KEY not in call.head.decode("latin-1")
        assert call.headers["x-title"] == "T"
        assert not {name for name in call.headers if name in more or name.startswith("x-franca")}


def test_without_a_key_none_is_sent(tmp_path, monkeypatch):
    """Whatever the environment holds: those are the operator's."""
    for name in ("OPENAI_API_KEY", "FRANCA_API_KEY", "OPENROUTER_API_KEY"):
        monkeypatch.setenv(name, "sk-ours-0123456789")
    with Puppet(lambda call: call.reply(answer_of())) as server, allowing(tmp_path, server) as gateway:
        assert chat(gateway, server, headers=there(server, key=None)).status == 200
        assert "authorization" not in server.calls[0].headers
        assert b"sk-ours" not in server.calls[0].head


@pytest.mark.parametrize(
    "url", ["https://openrouter.ai/api/v1", "https://api.openai.com/v1", "https://api.anthropic.com/v1",
            "https://x.openai.azure.com/openai/v1"],
)  # fmt: skip
def test_known_hosts_get_no_key_of_ours(url, monkeypatch):
    """What is known of a server by its host holds for it, but for its variables: keys, organisations, addresses."""
    from franca.servers import SERVERS

    for row in SERVERS.values():
        for name in (*row.key_vars, *row.token_vars):
            monkeypatch.setenv(name, "sk-ours-0123456789")
        for name in row.url_vars:
            monkeypatch.setenv(name, "https://elsewhere.example/v1")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-ours")

    async def made():
        servers = ForeignServers(Config(page=PageTable(servers=("*",))), None)
        upstream = servers.of(exchange_of(headers=[(b"x-franca-base-url", url.encode())]))
        head, base = str(upstream.lanes[0].head), upstream.target.base_url
        await servers.close()
        return head, base, upstream.kind

    head, base, kind = asyncio.run(made())
    assert "ours" not in head
    assert base == url
    assert kind in SERVERS


@pytest.mark.parametrize("key", ["env:OPENAI_API_KEY", "file:/etc/hostname", " env:HOME", "sha256:00"])
def test_a_key_that_points_to_a_secret_of_ours_is_none(tmp_path, monkeypatch, key):
    """In a configuration such words are read; from a caller they are refused, and nothing is sent."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ours-0123456789")
    with Puppet(lambda call: call.reply(answer_of())) as server, allowing(tmp_path, server) as gateway:
        answer = chat(gateway, server, headers=there(server, key))
        assert says(answer) == (400, "bad_server_key")
        assert server.calls == []
        assert key.strip() not in answer.body.decode()


def test_a_redirect_is_not_followed(tmp_path):
    """Or an allowed server could have another one asked, with the key."""
    with (
        Puppet(lambda call: call.reply(answer_of())) as other,
        Puppet(lambda call: call.reply(b"", 307, {"Location": f"{other.url}/chat/completions"})) as server,
        allowing(tmp_path, server) as gateway,
    ):
        assert chat(gateway, server).status == 502
        assert gateway.ask("GET", "/v1/models", headers=there(server)).status == 502
        assert other.calls == []


def test_a_redirect_at_home_is_followed(tmp_path):
    """To list the models, as for any server; no further than that."""

    def play(call):
        if call.target == "/v1/models":
            call.reply(b"", 307, {"Location": "/v1/all-models"})
        else:
            call.reply({"data": [{"id": "m"}]})

    with Puppet(play) as server, allowing(tmp_path, server) as gateway:
        assert gateway.ask("GET", "/v1/models", headers=there(server)).json()["data"][0]["id"] == "m"


def test_the_cache_keeps_nothing_of_it(tmp_path):
    """Two servers may call different models by one name, and keys there are the callers' own."""
    with (
        Puppet(lambda call: call.reply(answer_of(f"answer {call.number}"))) as server,
        allowing(tmp_path, server, cache={"enabled": True, "shared": True}) as gateway,
    ):
        said = [chat(gateway, server).json()["choices"][0]["message"]["content"] for _ in range(2)]
        assert said == ["answer 0", "answer 1"]


# ---- who may ----------------------------------------------------------------------------------------


def test_nothing_is_allowed_unless_it_is_said(tmp_path):
    """403 that names the operator's setting, and not the key."""
    with Puppet(lambda call: call.reply(answer_of())) as server, allowing(tmp_path) as gateway:
        for answer in (chat(gateway, server), gateway.ask("GET", "/v1/models", headers=there(server))):
            assert says(answer) == (403, "server_not_allowed")
            assert "[page] servers" in answer.json()["error"]["message"]
            assert SECRET not in answer.body.decode()
        assert server.calls == []


def test_another_server_than_the_allowed_is_refused(tmp_path):
    """By host, by port and by scheme."""
    with Puppet(lambda call: call.reply(answer_of())) as server, allowing(tmp_path, server) as gateway:
        for url in ("http://127.0.0.1:1/v1", f"https://127.0.0.1:{server.port}/v1", f"http://localhost:{server.port}"):
            assert says(chat(gateway, url)) == (403, "server_not_allowed")
        assert server.calls == []


def test_a_caller_needs_a_key_for_the_gateway_all_the_same(tmp_path):
    """The key for the other server opens nothing here."""
    with (
        Puppet(lambda call: call.reply(answer_of())) as server,
        allowing(tmp_path, server, keys={"ann": {"key": GATEWAY_KEY}}) as gateway,
    ):
        assert chat(gateway, server).status == 401
        assert gateway.ask("GET", "/v1/models", headers=there(server)).status == 401
        assert chat(gateway, server, key=GATEWAY_KEY).status == 200
        assert len(server.calls) == 1


def test_keys_with_models_need_a_pattern_for_it(tmp_path):
    """A key for some models may ask no other server, unless one of its patterns says url:HOST/MODEL."""
    with Puppet(lambda call: call.reply(_listing if call.method == "GET" else answer_of())) as server:
        name = f"url:127.0.0.1:{server.port}"
        _listing = {"data": [{"id": "good"}, {"id": "bad"}]}
        keys = {
            "ann": {"key": "sk-ann-0123456789", "models": ["own/*", "good"]},
            "bob": {"key": "sk-bob-0123456789", "models": ["own/*", f"{name}/good"]},
            "eve": {"key": "sk-eve-0123456789", "team": "red"},
        }
        with allowing(tmp_path, server, keys=keys, teams={"red": {"models": ["own/*"]}}) as gateway:

            def status(key, model):
                return chat(gateway, server, model, key=f"sk-{key}-0123456789").status

            def listed(key):
                found = gateway.ask("GET", "/v1/models", key=f"sk-{key}-0123456789", headers=there(server)).json()
                return [one["id"] for one in found["data"]]

            assert (status("ann", "good"), status("eve", "good")) == (403, 403)
            assert (status("bob", "good"), status("bob", "bad")) == (200, 403)
            assert (listed("ann"), listed("bob"), listed("eve")) == ([], ["good"], [])


def test_limits_and_budgets_hold(tmp_path):
    """A request there counts as any other; with a budget, a model whose price nobody knows is refused as ever."""
    keys = {
        "ann": {"key": "sk-ann-0123456789", "rpm": 2},
        "bob": {"key": "sk-bob-0123456789", "budget": {"day": 1.0}},
    }
    with Puppet(lambda call: call.reply(answer_of())) as server, allowing(tmp_path, server, keys=keys) as gateway:
        statuses = [chat(gateway, server, key="sk-ann-0123456789").status for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert chat(gateway, server, key="sk-bob-0123456789").status == 403


def test_prices_of_the_configuration_count_for_it(tmp_path):
    """By the name url:HOST/MODEL."""
    with Puppet(lambda call: call.reply(answer_of())) as server:
        prices = {f"url:127.0.0.1:{server.port}/m": {"input": 1.0, "output": 2.0}}
        keys = {"bob": {"key": "sk-bob-0123456789", "budget": {"day": 1.0}}}
        with allowing(tmp_path, server, keys=keys, prices=prices) as gateway:
            assert chat(gateway, server, key="sk-bob-0123456789").status == 200
            assert books(gateway, 1)[0].cost == pytest.approx((3 * 1.0 + 4 * 2.0) / 1e6)


# ---- what is no server ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "/v1", "ftp://127.0.0.1/v1", "file:///etc/passwd", "javascript:alert(1)", "http://", "https:///v1",
     "http://me:secret@127.0.0.1/v1", "http://@127.0.0.1/v1", "http://127.0.0.1/v1#x", "http://127.0.0.1/v1?key=secret",
     "http://127.0.0.1:99999/v1", "http://127.0.0.1:0/v1", "http://a b/v1", "http://127.0.0.1\\@evil.example/v1",
     "http://[::1/v1", "http://ex\u00e4mple.com/v1", "http://127.0.0.1\t/v1", "http://" + "a" * 3000],
)  # fmt: skip
def test_what_is_no_base_url(url):
    """400, without what may be a password."""
    servers = ForeignServers(Config(page=PageTable(servers=("http://127.0.0.1", "*"))), None)
    with pytest.raises(Problem) as caught:
        servers.of(exchange_of(headers=[(b"x-franca-base-url", url.encode("latin-1"))]))
    assert caught.value.status == 400
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("given", [b"http://127.0.0.1/v1\r\nx-evil: 1", b"http://127.0.0.1/\x00"])
def test_line_breaks_lead_nowhere(given):
    """Should a server let them through to us."""
    servers = ForeignServers(Config(page=PageTable(servers=("http://127.0.0.1",))), None)
    with pytest.raises(Problem) as caught:
        servers.of(exchange_of(headers=[(b"x-franca-base-url", given)]))
    assert caught.value.status == 400
    with pytest.raises(Problem) as caught:
        servers.of(exchange_of(headers=[(b"x-franca-base-url", b"http://127.0.0.1"), (b"x-franca-api-key", b"a\r\nb")]))
    assert caught.value.status == 400


def test_a_key_without_its_server_is_a_mistake(tmp_path):
    """It would else go nowhere, and the request to a server that the caller did not mean."""
    with allowing(tmp_path) as gateway:
        answer = chat(gateway, None, "own/m", headers={"x-franca-api-key": SECRET})
        assert says(answer) == (400, "bad_server_key")


@pytest.mark.parametrize(
    ("path", "body"),
    [("embeddings", {"input": "x"}), ("completions", {"prompt": "x"}), ("responses", {"input": "x"})],
)
def test_it_is_for_chats_only(tmp_path, path, body):
    """Elsewhere the header is refused, and not overlooked."""
    with Puppet(lambda call: call.reply(answer_of())) as server, allowing(tmp_path, server) as gateway:
        answer = gateway.ask("POST", f"/v1/{path}", {"model": "m", **body}, headers=there(server))
        assert answer.status == 400
        assert server.calls == []


def test_a_model_must_be_named(tmp_path):
    """As that server calls it; a name without end is none."""
    with Puppet(lambda call: call.reply(answer_of())) as server, allowing(tmp_path, server) as gateway:
        for model in ("", "m" * 513):
            assert says(chat(gateway, server, model)) == (400, "model_missing")


# ---- secrets ----------------------------------------------------------------------------------------


def test_its_key_stands_nowhere(tmp_path, caplog):
    """A server that quotes it in errors, in the middle of a stream too, gets it into no answer, log, row or metric."""

    def play(call):
        if call.json().get("stream"):
            call.stream([chunk_of("a"), b'data: {"error": {"message": "no, %s", "code": 500}}\n\n' % SECRET.encode()])
        else:
            error = {"error": {"message": f"wrong key {SECRET}", "code": "bad"}}
            call.reply(error, 401, {"www-authenticate": f"Bearer {SECRET}"})

    admin = "admin-key-0123456789"
    tables = {"gateway": {"admin_key": admin}, "requests": {"enabled": True, "bodies": True}}
    with (
        caplog.at_level(logging.DEBUG),
        Puppet(play) as server,
        allowing(tmp_path, server, **tables) as gateway,
    ):
        answers = [chat(gateway, server), chat(gateway, server, stream=True)]
        answers.append(gateway.ask("GET", "/v1/models", headers=there("http://127.0.0.1:1/v1")))
        assert answers[0].status == 401
        rows = books(gateway, 2)
        answers += [gateway.ask("GET", path, key=admin) for path in ("/admin/v1/status", "/metrics")]
        assert answers[-1].status == 200
        said = b"".join(answer.body + str(answer.headers).encode() for answer in answers).decode() + repr(rows)
        upstream = next(iter(gateway.gateway.foreign._known.values()))[0]
        said += repr(upstream.table) + upstream.last_error + caplog.text
        assert SECRET not in said
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert SECRET.encode() not in kept


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


# ---- which are allowed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "url", "leave"),
    [
        ("https://a.com", "https://a.com/v1", "named"),
        ("https://A.com:443", "https://a.COM./v1", "named"),
        ("https://a.com", "http://a.com/v1", "no"),
        ("https://a.com", "https://a.com:8443/v1", "no"),
        ("https://a.com", "https://b.a.com", "no"),
        ("https://a.com", "https://a.com.evil.example", "no"),
        ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1", "named"),
        ("http://[::1]:8080", "http://[::1]:8080/v1", "named"),
        ("https://*.a.com", "https://x.a.com/v1", "named"),
        ("https://*.a.com", "https://x.y.a.com", "named"),
        ("https://*.a.com", "https://a.com", "no"),
        ("https://*.a.com", "https://evila.com", "no"),
        ("https://*.a.com", "https://x.a.com:444", "no"),
        ("*", "https://anything.example/v1", "any"),
        ("*", "https://8.8.8.8/v1", "any"),
        ("*", "http://anything.example/v1", "no"),
        ("*", "https://localhost/v1", "no"),
        ("*", "https://x.localhost/v1", "no"),
        ("*", "https://localhost.", "no"),
        ("*", "https://router.local", "no"),
        ("*", "https://metadata.google.internal", "no"),
        ("*", "https://intranet/v1", "no"),
        ("*", "https://127.0.0.1/v1", "no"),
        ("*", "https://127.1/v1", "no"),
        ("*", "https://0x7f000001/v1", "no"),
        ("*", "https://2130706433/v1", "no"),
        ("*", "https://0177.0.0.1", "no"),
        ("*", "https://169.254.169.254/latest", "no"),
        ("*", "https://[::ffff:127.0.0.1]", "no"),
        ("*", "https://[fe80::1]", "no"),
    ],
)
def test_which_servers_are_allowed(entry, url, leave):
    """By scheme, host and port; a domain's entry is for the names below it; any is any of the internet."""
    assert Origins([entry]).leave(split_url(url)) == leave


@pytest.mark.parametrize(
    "entry",
    ["", "a.com", "https://", "https://a.com/", "https://a.com/v1", "https://me@a.com", "https://a.com?x", "ws://a.com",
     "https://*", "https://*.com", "https://a.*.com", "http://*.a.com", "https://a.com:x", "https://a b.com", "**"],
)  # fmt: skip
def test_entries_that_are_none(entry):
    """Each is told, and none is taken."""
    assert origin_problem(entry)
    with pytest.raises(BadUsage):
        Origins([entry])


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True), ("2606:4700::1111", True), ("64:ff9b::808:808", True), ("::ffff:8.8.8.8", True),
        ("127.0.0.1", False), ("10.0.0.1", False), ("172.16.0.1", False), ("192.168.1.1", False), ("0.0.0.0", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("100.100.100.200", False), ("224.0.0.1", False),
        ("240.0.0.1", False), ("255.255.255.255", False), ("::", False), ("::1", False), ("fe80::1%eth0", False),
        ("fc00::1", False), ("fec0::1", False), ("fd00:ec2::254", False), ("ff02::1", False),
        ("::ffff:10.0.0.1", False), ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("name", False), ("", False),
    ],
)  # fmt: skip
def test_which_addresses_are_of_the_internet(address, public):
    """Nothing of this machine and its networks, in whatever form."""
    assert is_public(address) == public


def test_a_name_that_leads_inside_is_sent_nothing(monkeypatch):
    """Where any server is allowed, what the name lookup said this very time decides. Not even a connection is made: how
    that ends would tell strangers what listens inside."""
    real = socket.getaddrinfo

    def looked_up(host, port, *rest, **more):
        return real("127.0.0.1" if host == "public.example.com" else host, port, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)

    async def main(server):
        home = f"http://public.example.com:{server.port}"
        transport, url = foreign_module.ForeignTransport(home, True, trust_env=False), f"{home}/v1/models"
        try:
            await transport.send(Request("GET", url, (), b"", 5.0, None, 1000, False))
        finally:
            await transport.close()

    with Puppet(lambda call: call.reply({})) as server:
        with pytest.raises(ConnectFailed, match="none that may be asked"):
            asyncio.run(main(server))
        monkeypatch.undo()
        with socket.create_connection(("127.0.0.1", server.port)) as ours:
            ours.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert ours.recv(1)
        assert (len(server.calls), server.connections) == (1, 1)


def test_an_entry_of_its_own_is_leave_to_ask_inside():
    """What the operator named may be anywhere; only by "any server" nothing inside is meant."""

    async def main():
        servers = ForeignServers(Config(page=PageTable(servers=("*", "https://named.example.com"))), None)
        found = [
            servers.of(exchange_of(headers=[(b"x-franca-base-url", url)])).transport._accepts
            for url in (b"https://any.example.com/v1", b"https://named.example.com/v1")
        ]
        await servers.close()
        return found

    assert asyncio.run(main()) == [is_public, None]


def test_the_configuration_is_checked(tmp_path):
    """A wrong entry is an error with its place; any server, where others can reach the gateway, is a doubt."""
    from franca.gateway.config import ConfigError, examine

    with pytest.raises(ConfigError, match="servers"):
        read_mapping({"page": {"servers": ["https://a.com/v1"]}})
    path = tmp_path / "franca.toml"
    path.write_text('[gateway]\nhost = "0.0.0.0"\nopen = true\n[page]\nservers = ["*"]\n')
    _, problems = examine(path, {})
    assert [(one.severity, one.line) for one in problems if "internet" in one.message] == [("warning", 5)]


def test_pages_of_other_origins_may_send_its_headers(tmp_path):
    """Where CORS lets an origin in, the preflight allows them."""
    with allowing(tmp_path, cors={"origins": ["https://app.example"]}) as gateway:
        headers = {
            "Origin": "https://app.example", "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,x-franca-api-key,x-franca-base-url",
        }  # fmt: skip
        answer = gateway.ask("OPTIONS", "/v1/chat/completions", headers=headers)
        allowed = answer.headers["access-control-allow-headers"]
        assert {"x-franca-api-key", "x-franca-base-url"} <= set(allowed.split(","))
