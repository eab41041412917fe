"""The admin API: keys, usage and the log of requests over HTTP, for whoever has the admin key and for nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gw_gateway import Answer, ThreadGateway, wait_until

from franca.gateway.admin import ADMIN_ROUTES
from franca.simulator import Simulator

ADMIN = "admin-of-the-tests-0123456789"
FILE_KEY = "sk-file-0123456789abcdef"
SECRET = re.compile(r"sk-franca-[0-9A-Za-z]{32}")


class Desk:
    """A gateway with an admin key, in front of the simulator."""

    def __init__(self, gateway: ThreadGateway) -> None:
        self.gateway = gateway

    def ask(self, method: str, path: str, body: Any = None, key: str | None = ADMIN, **options: Any) -> Answer:
        return self.gateway.ask(method, f"/admin/v1/{path}", body, key=key, **options)

    def made(self, **wish: Any) -> dict[str, Any]:
        """A new key."""
        answer = self.ask("POST", "keys", {"name": "alice", **wish})
        assert answer.status == 201, answer
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def sim() -> Iterator[Simulator]:
    """A server with every model."""
    with Simulator() as running:
        yield running


@pytest.fixture
def desk(sim: Simulator, tmp_path: Path) -> Iterator[Desk]:
    """A gateway with its store in a folder of its own."""
    path = tmp_path / "franca.toml"
    path.write_text(
        f"""
[gateway]
admin_key = "{ADMIN}"
[servers.sim]
base_url = "{sim.url}"
[keys.ci]
key = "{FILE_KEY}"
[teams.red]
models = ["sim/*"]
[requests]
enabled = true
bodies = true
[prices.echo]
input = 1.0
output = 2.0
"""
    )
    with ThreadGateway(path) as gateway:
        yield Desk(gateway)


# ---- who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ADMIN_ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_path_needs_the_admin_key(route: Any, desk: Desk) -> None:
    """Without one, with a wrong one and with a caller's key nothing is told and nothing done."""
    path = route.path.removeprefix("/admin/v1/").replace("{id}", "key_ci")
    for key in (None, "wrong", ADMIN[:-1], FILE_KEY, f"{ADMIN} "[1:]):
        answer = desk.ask(route.method, path, {"name": "x"}, key=key)
        assert answer.status == 401, answer
        assert answer.json()["error"]["code"] in ("missing_admin_key", "invalid_admin_key")
    assert len(desk.ask("GET", "keys").json()["data"]) == 1


def test_paths_are_not_told_to_strangers(desk: Desk) -> None:
    """A path that is not there is 401 too; with the key it is 404, and a wrong method 405 with those that fit."""
    assert desk.ask("GET", "nothing", key=None).status == 401
    assert desk.ask("GET", "nothing").json()["error"]["code"] == "not_found"
    assert desk.ask("GET", "keys/").status == 200
    answer = desk.ask("PUT", "keys/key_ci")
    assert (answer.status, answer.headers["allow"]) == (405, "GET, PATCH, DELETE")


def test_without_an_admin_key_there_is_no_admin_api(sim: Simulator) -> None:
    """Not even for this machine."""
    with ThreadGateway({"servers": {"sim": {"base_url": sim.url}}}) as gateway:
        answer = gateway.ask("GET", "/admin/v1/keys", key="anything")
        assert (answer.status, answer.json()["error"]["code"]) == (404, "no_admin")


# ---- keys -------------------------------------------------------------------------------------------


def test_the_life_of_a_key(desk: Desk) -> None:
    """Made, used at once, changed, rotated with grace, revoked; the secret is told twice in all: when it is made."""
    gateway = desk.gateway
    made = desk.made(rpm=50, models=["sim/echo"], team="red", tags=["x"], budget={"month": 5})
    secret, id = made["key"], made["id"]
    assert SECRET.fullmatch(secret)
    assert (made["shown"], made["state"], made["budget"]["month"]) == (secret[-4:], "valid", 5)
    assert gateway.chat("sim/echo", key=secret).status == 200
    refused = gateway.chat("sim/reasoner", key=secret)
    assert refused.status in (403, 404), refused

    changed = desk.ask("PATCH", f"keys/{id}", {"models": None, "rpm": None, "name": "bob", "budget": {"day": 1}})
    assert changed.status == 200, changed
    told = changed.json()
    assert (told["models"], told["rpm"], told["name"]) == ([], None, "bob")
    assert told["budget"] == {"day": 1, "month": 5, "total": None}

    rotated = desk.ask("POST", f"keys/{id}/rotate", {"grace": 600})
    assert rotated.status == 200, rotated
    second = rotated.json()["key"]
    assert gateway.chat("sim/echo", key=secret).status == 200
    assert gateway.chat("sim/echo", key=second).status == 200
    assert desk.ask("POST", f"keys/{id}/rotate").status == 200  # no body: no grace
    assert gateway.chat("sim/echo", key=second).status == 401

    assert desk.ask("DELETE", f"keys/{id}").json()["state"] == "revoked"
    answer = gateway.chat("sim/echo", key=secret)
    assert answer.status == 401
    for path in ("keys", f"keys/{id}"):
        text = desk.ask("GET", path).body.decode()
        assert not SECRET.search(text)
        assert "hash" not in text
    assert desk.ask("POST", f"keys/{id}/rotate").json()["error"]["code"] == "key_revoked"


def test_keys_are_listed_with_what_they_spent(desk: Desk) -> None:
    """Those of the configuration and of the store."""
    made = desk.made()
    assert desk.gateway.chat("sim/echo", key=made["key"]).status == 200
    desk.ask("GET", "usage")  # waits for what is on its way
    listed = {key["name"]: key for key in desk.ask("GET", "keys").json()["data"]}
    assert {name: key["source"] for name, key in listed.items()} == {"ci": "file", "alice": "store"}
    assert listed["alice"]["spent"]["day"] > 0
    assert listed["alice"] == desk.ask("GET", f"keys/{made['id']}").json()
    assert desk.ask("GET", "keys").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({}, "a key needs a name"),
        ({"name": " "}, "name: a text of 1 to 100"),
        ({"name": "x" * 101}, "name: a text of 1 to 100"),
        ({"name": "a\nb"}, "printable"),
        ({"name": "ci"}, "a key called 'ci' already"),
        ({"name": "x", "colour": "red"}, "unknown field `colour`"),
        ({"name": "x", "rpm": "5"}, "Expected `int | null`, got `str` - at `$.rpm`"),
        ({"name": "x", "rpm": True}, "$.rpm"),
        ({"name": "x", "rpm": 0}, "rpm must be at least 1"),
        ({"name": "x", "budget": {"week": 5}}, "unknown field `week`"),
        ({"name": "x", "budget": {"day": -1}}, "budget.day must be an amount"),
        ({"name": "x", "models": ["*x"]}, "* stands only at the end"),
        ({"name": "x", "routes": ["chat", "chats"]}, "no endpoint is called 'chats'"),
        ({"name": "x", "team": "blue"}, "no team 'blue' is in the configuration; there are red"),
        ({"name": "x", "expires": "2001-01-01"}, "over already"),
        ({"name": "x", "expires": "soon"}, "a date or a moment"),
        ({"name": "x", "expires": 1e300}, "too large"),
        ({"name": "x", "tags": ["t"] * 1000}, "at most 200"),
        (b"[", "the body cannot be used"),
        (b"\xff", "the body cannot be used"),
        (b"[" * 100_000, "at most 65536 bytes"),
    ],
)
def test_wishes_that_cannot_be_are_told(wish: Any, said: str, desk: Desk) -> None:
    """What is wrong and where, in OpenAI's shape of an error; nothing is made."""
    answer = desk.ask("POST", "keys", wish)
    assert answer.status in (400, 409, 413), answer
    assert said in answer.json()["error"]["message"]
    assert len(desk.ask("GET", "keys").json()["data"]) == 1


@pytest.mark.parametrize(("method", "end"), [("PATCH", ""), ("DELETE", ""), ("POST", "/rotate"), ("POST", "/revoke")])
def test_keys_that_cannot_be_changed(method: str, end: str, desk: Desk) -> None:
    """Those of the configuration are changed there, and what is no key is 404."""
    assert desk.ask(method, f"keys/key_ci{end}", {}).json()["error"]["code"] == "key_in_file"
    answer = desk.ask(method, f"keys/key_%27%20OR%201{end}", {})
    assert (answer.status, answer.json()["error"]["code"]) == (404, "key_not_found")
    assert desk.gateway.chat("sim/echo", key=FILE_KEY).status == 200


# ---- usage and requests -----------------------------------------------------------------------------


def test_usage_is_told(desk: Desk) -> None:
    """By whatever it is asked, with names of keys, as JSON and CSV, with the latest request in it."""
    made = desk.made()
    for key in (made["key"], made["key"], FILE_KEY):
        assert desk.gateway.chat("sim/echo", key=key).status == 200
    found = desk.ask("GET", "usage?by=key,model&from=2d").json()
    assert found["by"] == ["key", "model"]
    assert {(one["key_name"], one["model"], one["requests"]) for one in found["lines"]} == {
        ("alice", "sim/echo", 2),
        ("ci", "sim/echo", 1),
    }
    assert found["total"]["requests"] == 3
    assert found["total"]["cost"] == pytest.approx(sum(one["cost"] for one in found["lines"]))
    part = desk.ask("GET", f"usage?key={made['id']}&from=1h").json()
    assert (part["lines"][0]["requests"], part["total"]["requests"]) == (2, 2)
    answer = desk.ask("GET", "usage?by=day&format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, line = answer.body.decode().splitlines()
    assert dict(zip(head.split(","), line.split(","), strict=True))["requests"] == "3"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("usage?by=dya", "summed by 'dya'"),
        ("usage?since=5", "'since' is not asked here; there are by, from, to"),
        ("usage?from=soon", "is no time"),
        ("usage?format=xml", "json or csv"),
        ("requests?limit=0", "from 1 to 1000"),
        ("requests?limit=99999999999999999999", "from 1 to 1000"),
        ("requests?before=yesterday", "is no time"),
        ("requests/req_nobody", "is in the log"),
    ],
)
def test_questions_that_cannot_be_answered(path: str, said: str, desk: Desk) -> None:
    """Told what is asked here."""
    answer = desk.ask("GET", path)
    assert answer.status in (400, 404)
    assert said in answer.json()["error"]["message"]


def test_the_log_of_requests_is_told(desk: Desk) -> None:
    """Newest first and in pages, without bodies; one by its id with them, and no secret in it."""
    for number in range(3):
        answer = desk.gateway.ask(
            "POST", "/v1/chat/completions",
            {"model": "sim/echo", "messages": [{"role": "user", "content": f"{number}: my key is {FILE_KEY}"}]},
            key=FILE_KEY, headers={"x-request-id": f"mine-{number}"},
        )  # fmt: skip
        assert answer.status == 200

    def listed(query: str = "") -> list[Any]:
        found: list[Any] = desk.ask("GET", f"requests{query}").json()["data"]
        return found

    wait_until(lambda: len(listed()) == 3, "the log to be written")
    assert [one["id"] for one in listed()] == ["mine-2", "mine-1", "mine-0"]
    assert "request" not in listed()[0]
    page = listed("?limit=2")
    assert [one["id"] for one in listed(f"?before={page[-1]['at']}")] == ["mine-0"]
    assert listed("?outcome=error") == []
    assert [one["key"] for one in listed("?key=key_ci&limit=1")] == ["key_ci"]
    one = desk.ask("GET", "requests/mine-1").json()
    assert "1: my key is ***" in one["request"]
    assert json.loads(one["response"])["choices"]
    assert FILE_KEY not in json.dumps(one)


def test_the_status_is_told(desk: Desk) -> None:
    """By the same table of paths."""
    assert desk.ask("GET", "status").json()["servers"][0]["name"] == "sim"
