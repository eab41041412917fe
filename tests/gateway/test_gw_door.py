"""Who is let in: by key, by address, by host and origin; and no trick with a path leads around that."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gw_relay import Caller, Puppet, Relaying, answer_of, relaying

from franca.gateway import create_app

GOOD, NARROW, OLD, OTHER = "sk-franca-good", "sk-franca-narrow", "sk-franca-old", "sk-franca-schlüssel"
ADMIN = "adm-0123456789abcdef"
KEYS = {
    "good": {"key": GOOD, "routes": ["chat", "embeddings", "raw", "files"]},
    "narrow": {"key": NARROW, "models": ["sim/small", "sim/fast-*"], "routes": ["chat"]},
    "old": {"key": OLD, "expires": "2020-01-01"},
}
BODY = {"model": "sim/small", "messages": []}


@pytest.fixture(scope="module")
def server() -> Iterator[Puppet]:
    with Puppet(lambda call: call.reply(answer_of())) as found:
        yield found


@pytest.fixture(scope="module")
def locked(server: Puppet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relaying]:
    """A gateway with keys and an admin."""
    with relaying(
        tmp_path_factory.mktemp("locked"), {"sim": server.table(raw=True)}, keys=KEYS, gateway={"admin_key": ADMIN}
    ) as found:
        yield found


@pytest.fixture(scope="module")
def keyless(server: Puppet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relaying]:
    """A gateway without keys."""
    with relaying(tmp_path_factory.mktemp("keyless"), {"sim": server.table()}) as found:
        yield found


def ask(gateway: Relaying, headers: dict[str, str], path: str = "/v1/chat/completions", **body: Any) -> tuple[int, str]:
    got = gateway.ask("POST", path, {**BODY, **body}, headers=headers)
    return got.status, "" if got.status == 200 else got.json()["error"]["code"]


@pytest.mark.parametrize(
    "header",
    [
        {"Authorization": f"Bearer {GOOD}"},
        {"Authorization": f"bearer  {GOOD} "},
        {"X-Api-Key": GOOD},
        {"api-key": GOOD},
        {"AUTHORIZATION": f"BEARER {GOOD}"},
    ],
)
def test_a_key_is_taken_from_each_header(locked: Relaying, header: dict[str, str]) -> None:
    """Bearer tokens in any case, and the two headers of other APIs."""
    assert ask(locked, header) == (200, "")


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ({}, "missing_api_key"),
        ({"Authorization": "Bearer "}, "missing_api_key"),
        ({"Authorization": f"Basic {GOOD}"}, "missing_api_key"),
        ({"Authorization": "Bearer wrong"}, "invalid_api_key"),
        ({"Authorization": f"Bearer {GOOD}x"}, "invalid_api_key"),
        ({"Authorization": f"Bearer {GOOD.upper()}"}, "invalid_api_key"),
        ({"X-Api-Key": "x" * 5000}, "invalid_api_key"),
        ({"Authorization": "Bearer \xfc\xff"}, "invalid_api_key"),
        ({"Authorization": f"Bearer {ADMIN}"}, "invalid_api_key"),
        ({"Authorization": f"Bearer {OLD}"}, "key_expired"),
        ({"Authorization": "Basic x", "X-Api-Key": GOOD}, "missing_api_key"),
    ],
)
def test_without_a_good_key_nobody_is_let_in(
    locked: Relaying, server: Puppet, header: dict[str, str], code: str
) -> None:
    """Missing, wrong, expired, the admin's: 401, no request at a server and no row of usage."""
    before, rows = len(server.calls), len(locked.rows)
    assert ask(locked, header) == (401, code)
    assert (len(server.calls), len(locked.rows)) == (before, rows)


def test_a_key_in_the_query_or_body_is_none(locked: Relaying) -> None:
    """Keys stand in headers, where logs do not show them."""
    assert ask(locked, {}, f"/v1/chat/completions?key={GOOD}&api_key={GOOD}", api_key=GOOD)[0] == 401


@pytest.mark.parametrize(
    ("model", "status"),
    [
        ("sim/small", 200),
        ("sim/fast-1", 200),
        ("sim/big", 403),
        ("sim/smaller", 403),
        ("SIM/small", 403),
        ("", 403),
        ("nowhere/x", 403),
    ],
)
def test_a_key_may_use_its_models_only(locked: Relaying, model: str, status: int) -> None:
    """Names and patterns; anything else is refused before it is looked for."""
    assert ask(locked, {"X-Api-Key": NARROW}, model=model)[0] == status


def test_a_key_may_use_its_routes_only(locked: Relaying) -> None:
    """Endpoints that are not its own are refused, raw ones unless they are named."""
    assert ask(locked, {"X-Api-Key": NARROW}, "/v1/embeddings") == (403, "route_not_allowed")
    assert ask(locked, {"X-Api-Key": NARROW}, "/v1/files") == (403, "route_not_allowed")
    assert ask(locked, {"X-Api-Key": NARROW}, "/v1/providers/sim/chat/completions") == (403, "route_not_allowed")
    assert ask(locked, {"X-Api-Key": GOOD}, "/v1/responses") == (403, "route_not_allowed")
    assert ask(locked, {"X-Api-Key": GOOD}, "/v1/providers/sim/chat/completions")[0] == 200


def test_a_key_for_some_models_gets_no_raw_way(server: Puppet, tmp_path: Path) -> None:
    """What cannot be looked into is not for a key that may use some models only."""
    keys = {"n": {"key": NARROW, "models": ["sim/small"], "routes": ["raw", "files", "chat"]}}
    with relaying(tmp_path, {"sim": server.table(raw=True)}, keys=keys) as gateway:
        for path in ("/v1/providers/sim/chat/completions", "/v1/files"):
            assert ask(gateway, {"X-Api-Key": NARROW}, path) == (403, "model_not_allowed")


def test_a_revoked_key_is_out_at_once(locked: Relaying) -> None:
    """A key that the admin makes works, and works no more once it is revoked."""
    made = locked.ask("POST", "/admin/v1/keys", {"name": "new"}, key=ADMIN).json()
    secret = next(value for value in made.values() if isinstance(value, str) and value.startswith("sk-franca-"))
    name = made["id"] if "id" in made else made["key"]["id"]
    assert ask(locked, {"X-Api-Key": secret}) == (200, "")
    assert locked.ask("POST", f"/admin/v1/keys/{name}/revoke", {}, key=ADMIN).status < 300 or (
        locked.ask("DELETE", f"/admin/v1/keys/{name}", key=ADMIN).status < 300
    )
    assert ask(locked, {"X-Api-Key": secret}) == (401, "key_revoked")


# ---- the admin ----------------------------------------------------------------------------------------

ADMIN_PATHS = [
    "/admin/v1/keys",
    "/admin/v1/usage",
    "/admin/v1/status",
    "/admin//v1/keys",
    "//admin/v1/keys",
    "/admin/v1/../v1/keys",
    "/%61dmin/v1/keys",
    "/admin%2Fv1/keys",
    "/admin/v1/keys/",
    "/admin/v1/keys?x=/v1/models",
    "/v1/models/../../admin/v1/keys",
    "/v1/models/%2e%2e/%2e%2e/admin/v1/keys",
    "/ADMIN/v1/keys",
    "/healthz/../admin/v1/keys",
    "/v1/providers/../../admin/v1/keys",
    "/admin/v1/keys;x",
    "/admin/v1/keys%00",
    "/admin/v1/keys#/v1/models",
]


@pytest.mark.parametrize("key", [None, GOOD, "wrong", "", OTHER])
@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_nobody_but_the_admin_sees_the_keys(locked: Relaying, path: str, key: str | None) -> None:
    """No way of writing a path, with any other key or none, leads to the admin's API."""
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    head += "" if key is None else f"Authorization: Bearer {key}\r\n"
    with Caller(locked) as caller:
        got = caller.send(head.encode("latin-1") + b"\r\n").rest()
    assert int(got.split(b" ")[1]) in (400, 401, 403, 404, 405), got
    assert b"narrow" not in got


@pytest.mark.parametrize(
    "host", ["localhost/v1/models?", "localhost/healthz#", "evil@localhost", "localhost\\@x", "a b"]
)
def test_a_host_header_changes_no_path(locked: Relaying, host: str) -> None:
    """Whatever the Host header makes of the URL, it is the path that is authorised."""
    with Caller(locked) as caller:
        got = caller.send(f"GET /admin/v1/keys HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()).rest()
    assert int(got.split(b" ")[1]) in (400, 401), got


def test_without_an_admin_key_there_is_no_admin(keyless: Relaying) -> None:
    """No default key, and nothing that an empty one would open."""
    for key in (None, "", "admin", "None"):
        assert keyless.ask("GET", "/admin/v1/keys", key=key).status == 404


# ---- without keys ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, ""),
        ({"Host": "localhost:1"}, ""),
        ({"Host": "127.9.9.9"}, ""),
        ({"Host": "[::1]:80"}, ""),
        ({"Host": "app.localhost"}, ""),
        ({"Host": "evil.example"}, "foreign_host"),
        ({"Host": "localhost.evil.example"}, "foreign_host"),
        ({"Host": "127.0.0.1.evil.example"}, "foreign_host"),
        ({"Host": "127.1.2.3.nip.io"}, "foreign_host"),
        ({"Host": ""}, "foreign_host"),
        ({"Origin": "https://evil.example"}, "foreign_origin"),
        ({"Origin": "null"}, "foreign_origin"),
        ({"Origin": "http://localhost:1"}, "foreign_origin"),
        ({"Sec-Fetch-Site": "cross-site"}, "foreign_origin"),
        ({"Sec-Fetch-Site": "same-site"}, "foreign_origin"),
        ({"Sec-Fetch-Site": "same-origin"}, ""),
        ({"Authorization": "Bearer anything"}, ""),
    ],
)
def test_without_keys_only_this_machine_s_own_programs_may_ask(
    keyless: Relaying, headers: dict[str, str], code: str
) -> None:
    """Pages of other origins and names that others point here are strangers."""
    assert ask(keyless, headers) == (403 if code else 200, code)


async def _asked(app: Any, client: Any, path: str = "/v1/models") -> int:
    status = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            status.append(message["status"])

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    headers = [(b"host", b"localhost")]
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "query_string": b"", "headers": headers}
    await app({**scope, "client": client}, receive, send)
    await app.gateway.close()
    return int(status[0])


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.8.8.8", 200),
        ("::1", 200),
        ("::ffff:127.0.0.1", 200),
        ("10.0.0.1", 403),
        ("::ffff:10.0.0.1", 403),
        ("0.0.0.0", 403),
        ("8.8.8.8", 403),
        ("fe80::1%eth0", 403),
        ("127.0.0.1.evil", 403),
    ],
)
def test_without_keys_only_loopback_may_ask(host: str, status: int) -> None:
    """Every address of this machine's own, and none else; `open` lets all in."""
    quiet = {"store": {"url": "none"}, "log": {"form": "off"}}
    assert asyncio.run(_asked(create_app(quiet), (host, 5))) == status
    assert asyncio.run(_asked(create_app({**quiet, "gateway": {"open": True}}), (host, 5))) == 200


# ---- methods and places ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/chat/completions", "POST"),
        ("PUT", "/v1/embeddings", "POST"),
        ("DELETE", "/v1/models", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
        ("GET", "/chat", "POST"),
        ("OPTIONS", "/v1/chat/completions", "POST"),
    ],
)
def test_a_wrong_method_is_told_the_right_one(keyless: Relaying, method: str, path: str, allow: str) -> None:
    """405 with `Allow`."""
    got = keyless.ask(method, path)
    assert (got.status, got.headers["allow"]) == (405, allow)


@pytest.mark.parametrize(
    "path",
    [
        "/v1",
        "/v1/",
        "/v2/chat/completions",
        "/v1/chat/completions/",
        "/v1//chat/completions",
        "//v1/chat/completions",
        "/v1/./chat/completions",
        "/v1/chat%2fcompletions/",
        "/V1/chat/completions",
        "/v1/completions/../chat/completions",
    ],
)
def test_a_path_that_is_not_ours_is_404(keyless: Relaying, server: Puppet, path: str) -> None:
    """Only the paths of the table answer, in one way of writing them, and the error is JSON."""
    before = len(server.calls)
    got = keyless.ask("POST", path, BODY)
    assert got.status in (404, 405)
    assert got.json()["error"]["message"]
    assert len(server.calls) == before


def test_health_needs_no_key_and_drains(locked: Relaying) -> None:
    """Whoever watches the gateway needs no key; /readyz says when it is about to end."""
    assert json.loads(locked.ask("GET", "/healthz").body) == {"status": "ok"}
    assert locked.ask("GET", "/readyz").status == 200
    locked.app.draining = True
    try:
        assert locked.ask("GET", "/readyz").status == 503
        assert locked.ask("GET", "/healthz").status == 200
    finally:
        locked.app.draining = False
