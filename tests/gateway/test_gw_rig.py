"""What the tests of the gateway are started with: gw_gateway, both kinds of it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from gw_gateway import ServedGateway, ThreadGateway, as_toml, family

from franca.simulator import Simulator


def test_tables_are_written_as_toml() -> None:
    """What is read back is what was written, with dots, quotes and slashes in names."""
    tables = {
        "gateway": {"port": 0, "drain": 1.5, "page": False},
        "servers": {"a.b": {"base_url": 'http://x/"y"\\', "models": ["m", "n"], "headers": {"x-y": "z"}}},
        "prices": {"a/m": {"input": 0.1}},
        "models": {"smart": {"to": [{"model": "a.b/m", "weight": 2.0}, {"model": "a.b/n"}]}},
    }
    assert tomllib.loads(as_toml(tables)) == tables


def test_a_process(tmp_path: Path) -> None:
    """It answers, ends well by SIGTERM, and leaves no process behind; its log is kept."""
    with Simulator(api_key="sk-server-0123456789") as simulator:
        servers = {"sim": {"base_url": simulator.url, "api_key": "sk-server-0123456789"}}
        with ServedGateway(tmp_path, {"servers": servers}) as gateway:
            answer = gateway.chat("sim/echo", "Hello there")
            assert answer.status == 200, answer
            assert answer.json()["choices"][0]["message"]["content"] == "Hello there"
            streamed = gateway.chat("sim/echo", "Hello there", stream=True)
            assert streamed.events()[-1] == "[DONE]"
            numbers = family(gateway.process.pid)
            assert gateway.stop() == 0
        assert gateway.stop() == 0
        assert not [number for number in numbers if Path(f"/proc/{number}").exists()]
        assert "listens at" in gateway.log_text()


def test_a_process_that_cannot_start_says_why(tmp_path: Path) -> None:
    """And not only that it did not."""
    with pytest.raises(RuntimeError, match="no-such-table"):
        ServedGateway(tmp_path, "[no-such-table]\n")


def test_keys_of_the_machine_are_kept_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no test asks a real server with a developer's own key."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-not-to-be-used")
    with ServedGateway(tmp_path) as gateway:
        shown = Path(f"/proc/{gateway.process.pid}/environ")
        assert not shown.exists() or b"OPENROUTER" not in shown.read_bytes()
        assert {one["id"].partition("/")[0] for one in gateway.ask("GET", "/v1/models").json()["data"]} == {"simulator"}


def test_a_thread() -> None:
    """The application can be looked into, and wrapped."""
    with Simulator() as simulator:
        paths: list[str] = []

        def wrap(app: object) -> object:
            async def outer(scope: dict, receive: object, send: object) -> None:
                if scope["type"] == "http":
                    paths.append(scope["path"])
                await app(scope, receive, send)  # type: ignore[operator]

            return outer

        config = {"servers": {"sim": {"base_url": simulator.url}}, "store": {"url": "none"}}
        with ThreadGateway(config, wrap=wrap) as gateway:
            assert gateway.chat("sim/echo", "Hi").json()["choices"][0]["message"]["content"] == "Hi"
            assert paths == ["/v1/chat/completions"]
            assert gateway.app.draining is False
        gateway.stop()
