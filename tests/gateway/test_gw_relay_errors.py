"""Errors: in OpenAI's shape, with the original inside, and with no secret of ours in any place."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gw_relay import MESSAGES, Call, Puppet, answer_of, chunk_of, event_of, free_port, only, relaying

KEY = "sk-server-0123456789abcdefSECRET"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (
            400,
            {"error": {"message": "too long", "type": "invalid_request_error", "code": "context_length_exceeded"}},
            "context_length_exceeded",
        ),
        (401, {"error": {"message": "bad key", "code": "invalid_api_key"}}, "invalid_api_key"),
        (403, {"detail": "region"}, None),
        (404, {"error": "no such model"}, None),
        (422, {"detail": [{"loc": ["body", "x"], "msg": "bad"}]}, None),
        (429, {"error": {"message": "slow down", "code": "rate_limit_exceeded"}}, "rate_limit_exceeded"),
        (500, {"error": {"message": "oops"}}, None),
        (503, {"message": "busy"}, None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_keeps_status_and_original(
    tmp_path: Path, status: int, body: dict[str, Any], code: str | None, stream: bool
) -> None:
    """Whatever a server's error looks like, the caller gets its status and OpenAI's object with what was sent in it."""
    with (
        Puppet(lambda call: call.reply(body, status)) as server,
        relaying(tmp_path, {"sim": server.table()}) as gateway,
    ):
        got = gateway.chat("sim/m", **({"stream": True} if stream else {}))
        assert got.status == status
        error = got.json()["error"]
        assert {"message", "type", "param", "code"} <= set(error)
        assert isinstance(error["message"], str)
        assert isinstance(error["type"], str)
        assert error["upstream"] == {"server": "sim", "status": status, "error": body.get("error", body)}
        if code:
            assert error["code"] == code
        row = only(gateway)
        assert (row.outcome, row.status, row.tries) == ("error", status, 1)


@pytest.mark.parametrize("body", [b"", b"<html>bad gateway</html>", b"\xff\xfe\x00", b"[" * 5000, b'{"error":'])
def test_a_body_that_is_no_json_is_an_error_all_the_same(tmp_path: Path, body: bytes) -> None:
    """An error page, rubbish or nothing: an object of OpenAI's shape comes of it."""
    with Puppet(lambda call: call.reply(body, 502)) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        got = gateway.chat("sim/m")
        assert got.status == 502
        assert got.json()["error"]["message"]


@pytest.mark.parametrize(("given", "told"), [("7", "7"), ("0.4", "1"), ("2.2", "3")])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_kept(tmp_path: Path, given: str, told: str, status: int) -> None:
    """When the server says how long to wait, so does the gateway, in whole seconds."""
    with (
        Puppet(lambda call: call.reply({"error": {"message": "x"}}, status, {"Retry-After": given})) as server,
        relaying(tmp_path, {"sim": server.table()}) as gateway,
    ):
        assert gateway.chat("sim/m").headers["retry-after"] == told


def test_nobody_there_is_502_and_silence_504(tmp_path: Path) -> None:
    """A server that cannot be reached, and one that says nothing in time."""
    servers = {"off": {"base_url": f"http://127.0.0.1:{free_port()}/v1", "retries": 0}}
    with (
        Puppet(lambda call: call.gone(5.0)) as server,
        relaying(tmp_path, {**servers, "slow": server.table(timeout=0.3)}) as gateway,
    ):
        got = gateway.chat("off/m")
        assert (got.status, got.json()["error"]["code"]) == (502, "server_unreachable")
        got = gateway.chat("slow/m")
        assert (got.status, got.json()["error"]["code"]) == (504, "server_timed_out")


Play = Callable[[Call], None]
TOLD = f"Incorrect API key provided: {KEY}. Header was Bearer {KEY}"


def says(status: int) -> Play:
    return lambda call: call.reply(
        {"error": {"message": TOLD, "code": KEY}}, status, {"X-Echo": KEY, "X-Request-Id": KEY}
    )


def says_first(call: Call) -> None:
    call.stream([event_of({"error": {"message": TOLD}})])


def says_later(call: Call) -> None:
    call.stream([chunk_of("Hi"), event_of({"error": {"message": TOLD}})])


def says_in_200(call: Call) -> None:
    call.reply({"error": {"message": TOLD}}, headers={"OpenAI-Organization": KEY})


LEAKS: dict[str, tuple[str, bool, Play]] = {
    **{f"status-{status}": ("/v1/chat/completions", False, says(status)) for status in (400, 401, 429, 500)},
    "stream-401": ("/v1/chat/completions", True, says(401)),
    "first-event": ("/v1/chat/completions", True, says_first),
    "later-event": ("/v1/chat/completions", True, says_later),
    "in-200": ("/v1/chat/completions", False, says_in_200),
    "html": ("/v1/chat/completions", False, lambda call: call.reply(f"<html>{TOLD}</html>".encode(), 401)),
    "raw-401": ("/v1/providers/sim/chat/completions", False, says(401)),
    "files-401": ("/v1/files", False, says(401)),
    "ladder-401": ("/v1/chat/completions", False, says(401)),
}


@pytest.mark.parametrize("name", LEAKS)
def test_no_key_of_a_server_is_told(tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """A server that quotes the key it was sent is not quoted: neither in body nor header, nor in log, ledger, metrics,
    status or the log of requests."""
    path, stream, play = LEAKS[name]
    body: dict[str, Any] = {"model": "sim/m", "messages": MESSAGES, "stream": stream}
    if name.startswith("ladder"):
        body["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": {"type": "object", "properties": {"a": {"type": "integer"}}}},
        }
    admin = "adm-0123456789abcdef0123456789"
    with (
        Puppet(play) as server,
        relaying(
            tmp_path,
            {"sim": server.table(raw=True, api_key=KEY)},
            log={"form": "json"},
            gateway={"admin_key": admin},
            requests={"enabled": True, "bodies": True},
        ) as gateway,
    ):
        got = gateway.ask("POST", path, body)
        assert server.calls[0].headers["authorization"] == f"Bearer {KEY}"
        assert KEY not in str(got.headers)
        assert KEY.encode() not in got.body
        row = only(gateway)
        assert KEY not in repr(row)
        for path in ("/metrics", "/admin/v1/status", "/admin/v1/requests"):
            told = gateway.ask("GET", path, key=admin)
            assert KEY.encode() not in told.body, path
        assert KEY not in repr(gateway.gateway.servers["sim"].last_error)
    out, err = capfd.readouterr()
    assert KEY not in out + err
    with sqlite3.connect(tmp_path / "franca.db") as store:
        assert KEY not in "\n".join(store.iterdump())
    store.close()


def test_headers_of_the_server_stay_behind(tmp_path: Path) -> None:
    """Cookies and marks of a server are no business of callers; what programs read is passed on."""
    odd = {"Set-Cookie": "a=b", "X-Internal": "1", "Server": "x", "OpenAI-Processing-Ms": "12", "Connection": "close"}
    with (
        Puppet(lambda call: call.reply(answer_of(), headers=odd)) as server,
        relaying(tmp_path, {"sim": server.table()}) as gateway,
    ):
        got = gateway.chat("sim/m")
        assert got.headers["set-cookie"] is None
        assert got.headers["x-internal"] is None
        assert got.headers["openai-processing-ms"] == "12"


def test_headers_of_the_caller_stay_behind(tmp_path: Path) -> None:
    """The caller's key, cookies and marks do not reach the server; only the headers that are meant for it do."""
    own = {
        "Authorization": "Bearer theirs",
        "Cookie": "c=1",
        "X-Api-Key": "theirs",
        "X-Mark": "1.2.3.4",
        "X-Title": "Tests",
        "X-Stainless-Lang": "py",
    }
    with (
        Puppet(lambda call: call.reply(answer_of())) as server,
        relaying(tmp_path, {"sim": server.table(api_key=KEY)}) as gateway,
    ):
        assert gateway.ask("POST", "/v1/chat/completions", {"model": "sim/m"}, headers=own).status == 200
        sent = server.calls[0].headers
        assert sent["authorization"] == f"Bearer {KEY}"
        assert sent["x-title"] == "Tests"
        assert not {"cookie", "x-api-key", "x-mark", "x-stainless-lang"} & set(sent)
        assert "theirs" not in str(sent)


def test_the_request_id_goes_in_and_out(tmp_path: Path) -> None:
    """A caller's own plain id is its answer's and its row's; an odd one is replaced."""
    with Puppet(lambda call: call.reply(answer_of())) as server, relaying(tmp_path, {"sim": server.table()}) as gateway:
        body = {"model": "sim/m", "messages": []}
        got = gateway.ask("POST", "/v1/chat/completions", body, headers={"X-Request-Id": "my-id.1"})
        assert got.headers["x-request-id"] == "my-id.1"
        got = gateway.ask("POST", "/v1/chat/completions", body, headers={"X-Request-Id": "a b<script>"})
        assert got.headers["x-request-id"].startswith("req_")
        assert [row.id for row in gateway.rows] == ["my-id.1", got.headers["x-request-id"]]
        assert json.loads(server.calls[0].body)["model"] == "m"


@pytest.mark.parametrize("body", [b"", b"not json", b'{"choices":', b"<html>login</html>"])
def test_a_good_status_without_an_answer_is_an_error(tmp_path: Path, body: bytes) -> None:
    """A 200 that holds no JSON is no answer of a chat: an error, and the next server is asked."""
    kind = {"Content-Type": "text/html" if body.startswith(b"<") else "application/json"}
    with (
        Puppet(lambda call: call.reply(body, headers=kind)) as one,
        Puppet(lambda call: call.reply(answer_of())) as two,
        relaying(
            tmp_path, {"one": one.table(), "two": two.table()}, models={"a": {"to": "one/m", "fallbacks": ["two/m"]}}
        ) as gateway,
    ):
        assert gateway.chat("one/m").status == 502
        assert gateway.chat("a").json() == answer_of()
