"""A gateway in front of the simulator, seen from outside: by Prometheus, by its admin, by a browser."""

from __future__ import annotations

import json

import pytest
from gw_gateway import ThreadGateway

from franca.gateway.page import page_files
from franca.simulator import Simulator

ADMIN = "admin-key-0123456789"
CALLER = "sk-franca-0123456789abcdef"
SECRETS = (ADMIN, CALLER, "sk-upstream-0123456789")


@pytest.fixture(scope="module")
def gateway():
    """One that was asked well, wrongly, and for what breaks off."""
    with Simulator() as sim:
        config = {
            "gateway": {"admin_key": ADMIN, "base_path": "/gw"},
            "servers": {
                "sim": {"base_url": sim.url, "api_key": SECRETS[2]},
                "down": {"base_url": "http://127.0.0.1:9/v1", "api_key": SECRETS[2], "retries": 0},
            },
            "keys": {"ann": {"key": CALLER}},
            "log": {"form": "off"},
        }
        with ThreadGateway(config) as served:
            for model, stream in (
                ("sim/echo", False),
                ("sim/echo", True),
                ("sim/scenario:cut-clean-mid-content", True),
                ("sim/scenario:error-key-echo", False),
                ("down/m", False),
                ("nobody/m", False),
            ):
                body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
                served.ask("POST", "/gw/v1/chat/completions", body, key=CALLER)
            yield served


def test_prometheus_reads_what_happened(gateway):
    """Every request is in one sample, and each try at a server in another."""
    parser = pytest.importorskip("prometheus_client.parser")
    assert gateway.ask("GET", "/gw/metrics").status == 401
    answer = gateway.ask("GET", "/gw/metrics", key=ADMIN)
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {one.name: one for one in parser.text_string_to_metric_families(answer.body.decode())}
    samples = [one for one in families["franca_requests"].samples if one.labels["route"] == "chat"]
    assert sum(one.value for one in samples) == 6
    outcomes = {(one.labels["server"], one.labels["model"], one.labels["outcome"]): one.value for one in samples}
    assert outcomes["sim", "echo", "ok"] == 2
    assert outcomes["sim", "other", "cut"] == 1
    tries = {one.labels["server"]: one.value for one in families["franca_server_requests"].samples}
    assert tries["sim"] >= 4
    assert tries["down"] == 1


def test_the_admin_is_told_what_happened(gateway):
    """Servers with their last error, keys, the latest errors first; and no secret."""
    answer = gateway.ask("GET", "/gw/admin/v1/status", key=ADMIN)
    found = answer.json()
    servers = {one["name"]: one for one in found["servers"]}
    assert servers["sim"]["latency"] > 0
    assert servers["down"]["failures"] == 1
    assert servers["down"]["last_error"].startswith("ConnectFailed")
    assert [one["name"] for one in found["keys"]] == ["ann"]
    asked = [one["asked"] for one in found["errors"] if one["route"] == "chat"]
    assert asked[0] == "nobody/m"
    assert asked[-1] == "sim/scenario:cut-clean-mid-content"
    assert found["requests"]["ok"] == 2
    assert not any(secret in answer.body.decode() for secret in SECRETS)


def test_the_pages_are_where_they_say(gateway):
    """Under any base path, with their policy; a browser finds the way to the slash."""
    answer = gateway.ask("GET", "/gw")
    assert (answer.status, answer.headers["location"]) == (307, "gw/")
    for path in ["/gw/", "/gw/status", *(f"/gw{path}" for path in page_files() if path.startswith("/page/"))]:
        answer = gateway.ask("GET", path)
        assert answer.status == 200
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert gateway.ask("GET", path, headers={"If-None-Match": answer.headers["etag"]}).status == 304
    models = gateway.ask("GET", "/gw/v1/models", key=CALLER)
    assert "sim/echo" in [one["id"] for one in json.loads(models.body)["data"]]
