"""Servers that callers name by URL: what they are sent and never sent, and who may."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from gw_foreign import GATEWAY_KEY, SECRET, allowing, chat, says, there
from gw_relay import DONE, USAGE, Puppet, answer_of, books, chunk_of
from gw_seen import exchange_of

from franca.gateway.config.shape import Config, PageTable
from franca.gateway.foreign import ForeignServers
from franca.gateway.problem import Problem

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
