"""Raw pass-through and files: as it came, below the server's base URL, by its key, within the caller's limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gw_relay import Call, Caller, Puppet, Relaying, answer_of, books, chunk_of, relaying

KEY, SECRET = "sk-server-key-0123456789", "sk-franca-caller"


def play(call: Call) -> None:
    if "stream" in call.target:
        call.stream([chunk_of("Hi"), b": x\n\n", b"data: [DONE]\n\n"])
    elif "empty" in call.target:
        call.write(b"HTTP/1.1 204 No Content\r\nX-Kept: 1\r\n\r\n")
    elif "moved" in call.target:
        call.reply(b"", 307, {"Location": "https://elsewhere.example/x"})
    elif "cut" in call.target:
        call.write(call.start(200, {"Content-Length": "500"}) + b"{" * 100)
        call.close()
    elif "odd" in call.target:
        call.reply({"error": {"message": "bad"}}, 418, {"X-Kept": "1", "Set-Cookie": "a=b"})
    else:
        call.reply(answer_of(), headers={"X-Kept": "1"})


@pytest.fixture(scope="module")
def server() -> Iterator[Puppet]:
    with Puppet(play) as found:
        yield found


@pytest.fixture(scope="module")
def gateway(server: Puppet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relaying]:
    servers = {"sim": server.table(raw=True, api_key=KEY), "shut": server.table()}
    with relaying(tmp_path_factory.mktemp("passing"), servers) as found:
        yield found


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_raw_request_reaches_the_server_as_it_came(gateway: Relaying, server: Puppet, method: str) -> None:
    """Method, path, query and body unchanged; the key is the server's, and of the caller's headers what is about the
    message goes along."""
    body = b"\x00any bytes\xff"
    headers = {
        "Content-Type": "application/x-odd",
        "Authorization": "Bearer caller",
        "X-Thing": "é",
        "Cookie": "c=1",
        "X-Api-Key": "caller",
        "Accept": "text/x",
    }
    headers["X-Thing"] = "1"
    got = gateway.ask(method, "/v1/providers/sim/some/path%20x/b?a=1&b=%2F%20c&d", body, headers=headers)
    call = server.calls[-1]
    assert (got.status, got.json(), got.headers["x-kept"]) == (200, answer_of(), "1")
    assert (call.method, call.target, call.body) == (method, "/v1/some/path%20x/b?a=1&b=%2F%20c&d", body)
    assert call.headers["authorization"] == f"Bearer {KEY}"
    assert (call.headers["content-type"], call.headers["x-thing"], call.headers["accept"]) == (
        "application/x-odd",
        "1",
        "text/x",
    )
    assert "caller" not in str(call.headers)
    assert "cookie" not in call.headers


def test_answers_of_every_kind_come_back(gateway: Relaying) -> None:
    """Streams, no content, redirects that are nobody's to follow here, and errors with their bodies."""
    assert gateway.ask("GET", "/v1/providers/sim/stream").body == chunk_of("Hi") + b": x\n\n" + b"data: [DONE]\n\n"
    got = gateway.ask("GET", "/v1/providers/sim/empty")
    assert (got.status, got.body, got.headers["x-kept"]) == (204, b"", "1")
    got = gateway.ask("GET", "/v1/providers/sim/moved")
    assert (got.status, got.headers["location"]) == (307, "https://elsewhere.example/x")
    got = gateway.ask("GET", "/v1/providers/sim/odd")
    assert (got.status, got.json()["error"]["message"], got.headers["set-cookie"]) == (418, "bad", None)
    got = gateway.ask("HEAD", "/v1/providers/sim/x")
    assert (got.status, got.body) == (200, b"")


def test_a_cut_raw_answer_is_a_broken_one(gateway: Relaying) -> None:
    """Its end is missing for the caller as well."""
    with Caller(gateway) as caller:
        caller.send(b"GET /v1/providers/sim/cut HTTP/1.1\r\nHost: localhost\r\n\r\n")
        got = caller.rest()
    assert not got.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "%2e%2e/x",
        "a/%2E%2E/b",
        "./x",
        "a//b",
        "/x",
        "a\\..\\b",
        "a%5c..%5cb",
        "%2f%2fevil.example/x",
        "a%00b",
        "a%0d%0ab",
        "..%2f..%2fx",
        "%2e/x",
    ],
)
def test_no_path_leads_out_of_the_base_url(gateway: Relaying, server: Puppet, path: str) -> None:
    """Dots, double and encoded slashes, control characters: refused, and never sent."""
    before = len(server.calls)
    with Caller(gateway) as caller:
        got = caller.send(
            f"GET /v1/providers/sim/{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
        ).rest()
    assert int(got.split(b" ")[1]) in (400, 404), got
    assert len(server.calls) == before


@pytest.mark.parametrize(
    "path", ["a%3Fb=1", "a%23b", "http:%2f%2fevil.example", "@evil.example", "a;b=c", "%252e%252e/x"]
)
def test_an_odd_path_stays_a_path(gateway: Relaying, server: Puppet, path: str) -> None:
    """What is encoded stays encoded: it becomes no query, no fragment, no host."""
    got = gateway.ask("GET", f"/v1/providers/sim/{path}")
    if got.status == 200:
        target = server.calls[-1].target
        assert target.startswith("/v1/")
        assert "?" not in target
        assert "#" not in target
    else:
        assert got.status == 400


def test_only_servers_that_allow_it(gateway: Relaying) -> None:
    """`raw` must be set for a server, and the server must be there."""
    assert gateway.ask("GET", "/v1/providers/shut/models").json()["error"]["code"] == "raw_not_allowed"
    assert gateway.ask("GET", "/v1/providers/nobody/models").json()["error"]["code"] == "server_not_found"
    assert gateway.ask("GET", "/v1/providers/").status == 404
    assert gateway.ask("TRACE", "/v1/providers/sim/x").status == 405


def test_files_go_to_the_server_that_is_named(gateway: Relaying, server: Puppet) -> None:
    """With several servers the header says which one; one that is not there is 404."""
    assert gateway.ask("GET", "/v1/files").json()["error"]["code"] == "server_not_named"
    assert gateway.ask("GET", "/v1/files/f_1/content?x=1", headers={"X-Franca-Server": "sim"}).status == 200
    assert server.calls[-1].target == "/v1/files/f_1/content?x=1"
    assert "x-franca-server" not in server.calls[-1].headers
    assert gateway.ask("GET", "/v1/files", headers={"X-Franca-Server": "no"}).status == 404
    assert gateway.ask("GET", "/v1/responses/../files", headers={"X-Franca-Server": "sim"}).status == 400


def test_a_connection_header_names_what_stays(gateway: Relaying, server: Puppet) -> None:
    """What the caller's Connection header names is of his connection and goes no further (RFC 9110, 7.6.1)."""
    headers = {"Connection": "keep-alive, X-Hop", "X-Hop": "1", "Proxy-Authorization": "Basic x", "TE": "trailers"}
    gateway.ask("GET", "/v1/providers/sim/x", headers=headers)
    assert not {"x-hop", "proxy-authorization", "te"} & set(server.calls[-1].headers)


LIMITS: list[tuple[dict[str, Any], int]] = [
    ({"rpm": 2}, 429),
    ({"budget": {"total": 0.00002}}, 402),
    ({"parallel": 1}, 200),
]


@pytest.mark.parametrize("path", ["/v1/providers/sim/chat/completions", "/v1/responses/compact"])
@pytest.mark.parametrize(("limit", "refusal"), LIMITS)
def test_the_limits_of_a_key_hold_here_too(
    server: Puppet, tmp_path: Path, path: str, limit: dict[str, Any], refusal: int
) -> None:
    """A key's requests a minute and budgets cannot be passed by asking the raw way; what was used is counted."""
    keys = {"k": {"key": SECRET, "routes": ["raw", "responses"], **limit}}
    prices = {"sim/m": {"input": 1.0, "output": 1.0}, "m": {"input": 1.0, "output": 1.0}}
    with relaying(tmp_path, {"sim": server.table(raw=True)}, keys=keys, prices=prices) as gateway:
        statuses = [gateway.ask("POST", path, {"model": "m"}, key=SECRET).status for _ in range(6)]
        if refusal == 200:
            assert statuses == [200] * 6
        else:
            assert refusal in statuses or (refusal == 402 and {403, 429} & set(statuses)), statuses
        row = books(gateway, 6)[0]
        if statuses[0] == 200:
            assert (row.prompt_tokens, row.completion_tokens, row.outcome) == (3, 4, "ok")


def test_a_full_server_takes_no_raw_request(tmp_path: Path) -> None:
    """`parallel` of a server counts these too."""
    import threading

    gate, asked = threading.Event(), threading.Event()

    def slowly(call: Call) -> None:
        asked.set()
        assert gate.wait(10)
        call.reply(answer_of())

    with (
        Puppet(slowly) as server,
        relaying(tmp_path, {"sim": server.table(raw=True, parallel=1)}) as gateway,
        Caller(gateway).post("/v1/providers/sim/x", {}) as first,
    ):
        assert asked.wait(10)
        try:
            with Caller(gateway).post("/v1/providers/sim/x", {}) as second:
                second.socket.settimeout(2.0)
                assert second.until(b"\r\n").startswith(b"HTTP/1.1 429")
        finally:
            gate.set()
        assert b"200 OK" in first.until(b"}}")
