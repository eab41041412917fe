"""`franca simulate`: a server that says where it is, and ends when it is told to."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess

import pytest

import franca
from franca.simulator.scenarios import SCENARIOS

from .console import LIMIT, Console


def _url(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    found = re.search(r"http://\S+/v1", process.stdout.readline().decode())
    assert found is not None
    return found[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(number: signal.Signals, console: Console) -> None:
    """The first line tells the URL, which answers; SIGTERM and Ctrl-C end it with exit code 0 and no noise."""
    process = console.start("simulate", "--port", "0", "--api-key", "env:MINE", "--seed", "3", MINE="sk-1")
    url = _url(process)
    with franca.Client(url, api_key="sk-1", model="echo") as client:
        assert client.chat("hi").content == "hi"
    with franca.Client(url, model="echo", retries=0) as stranger, pytest.raises(franca.Unauthorized):
        stranger.chat("hi")
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    assert err == b""
    assert b"sk-1" not in out
    assert b"franca chat -m echo" in out
    assert f"curl {url}/chat/completions".encode() in out


def test_a_stream_does_not_hold_it_up(console: Console) -> None:
    """It ends at once, even while an answer is on its way."""
    process = console.start("simulate", "--port", "0", "--tokens-per-second", "5")
    with franca.Client(_url(process), model="lorem", retries=0) as client, client.chat_stream("hi") as stream:
        next(iter(stream))
        process.terminate()
        process.communicate(timeout=LIMIT)
        assert process.returncode == 0
        with pytest.raises(franca.FrancaError):
            stream.finish()


def test_it_speaks_a_dialect(console: Console) -> None:
    """--dialect tells a base URL and a model's name in that server's style; the errors there are that server's."""
    process = console.start("simulate", "--port", "0", "--dialect", "github", "--api-key", "k-1")
    assert process.stdout is not None
    found = re.search(r"http://\S+/dialect/github/inference", process.stdout.readline().decode())
    assert found is not None
    with franca.Client(found[0], api_key="k-1", model="publisher/echo") as client:
        assert client.chat("hi").content == "hi"
    with (
        franca.Client(found[0], api_key="k-2", model="publisher/echo") as client,
        pytest.raises(franca.Unauthorized) as caught,
    ):
        client.chat("hi")
    assert caught.value.code == "unauthorized"
    process.terminate()
    out, _ = process.communicate(timeout=LIMIT)
    assert b'franca chat -m publisher/echo "Hello"' in out
    assert b"k-1" not in out


def test_a_dialect_that_is_none(console: Console) -> None:
    """Exit code 2, with what was perhaps meant."""
    done = console.run("simulate", "--dialect", "grok")
    assert done.code == 2
    assert "did you mean 'groq'?" in done.err


def test_a_port_that_is_taken(console: Console) -> None:
    """One line, no traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = console.run("simulate", "--port", str(port))
    assert done.code == 1
    assert done.err == f"franca: cannot listen at 127.0.0.1, port {port} (address already in use)\n"


def test_scenarios_are_listed(console: Console) -> None:
    """--list names every scenario with its calls, and starts nothing."""
    rows = [line.split("\t") for line in console.run("simulate", "--list").out.splitlines()]
    assert [row[0] for row in rows] == sorted(SCENARIOS)
    entries = json.loads(console.run("simulate", "--list", "--json").out)
    assert {entry["name"]: tuple(entry["calls"]) for entry in entries} == {
        name: scenario.calls for name, scenario in SCENARIOS.items()
    }


def test_what_scenarios_do_is_told_in_full_in_a_terminal(console: Console) -> None:
    """Below their names, where a further column would be cut."""
    terminal = console.terminal("simulate", "--list", columns=80, height=2000)
    assert terminal.end() == 0
    words = " ".join(terminal.screen.text().split())
    assert all(" ".join(scenario.about.split()) in words for scenario in SCENARIOS.values())


@pytest.mark.parametrize(
    "words",
    [["--error-rate", "2"], ["--latency", "-1"], ["--tokens-per-second", "0"], ["--json"], ["--api-key", "env:NOPE"]],
)
def test_dials_that_make_no_sense(words: list[str], console: Console) -> None:
    """Exit code 2, and nothing is started."""
    done = console.run("simulate", *words)
    assert done.code == 2
    assert done.err.startswith("franca: ")
