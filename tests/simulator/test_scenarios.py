"""The scenarios: every one can be played, breaks HTTP only where it means to, and demands what can be demanded."""

from __future__ import annotations

import json
import pickle
import re
import socket
import subprocess
import sys
from typing import Any

import h11
import pytest

from franca import error_table, errors
from franca.simulator import Outcome, Scenario, Simulator
from franca.simulator.scenarios import KINDS, SCENARIOS
from franca.simulator.scenarios.blocks import good, row

PATHS = {
    "chat": "/v1/chat/completions",
    "stream": "/v1/chat/completions",
    "completions": "/v1/completions",
    "embeddings": "/v1/embeddings",
    "models": "/v1/models",
    "model": "/v1/models/echo",
}
BROKEN_HTTP = {  # (scenario, call) whose answer h11 must refuse
    *(
        (name, call)
        for name in ("cut-reset-before-answer", "cut-close-before-answer", "cut-half-head")
        for call in PATHS
    ),
    *((name, call) for name in ("http-not-at-all",) for call in PATHS),
    *(
        (name, call)
        for name in ("cut-head-only", "cut-length-too-long", "http-bad-chunk")
        for call in ("chat", "stream")
    ),
    *((name, "chat") for name in ("cut-in-plain-body", "cut-reset-in-plain-body", "cut-in-chunked-body")),
    *(
        (name, "stream")
        for name in (
            "cut-reset-mid-content",
            "cut-close-mid-content",
            "cut-mid-character",
            "end-close-without-done",
            "end-reset-without-done",
            "end-done-then-close",
            "inside-error-then-close",
        )
    ),
    *((name, call) for name in ("limit-reset-then-good", "limit-close-then-good") for call in PATHS),
}
ALL = [
    (name, call)
    for name, scenario in SCENARIOS.items()
    for call in PATHS
    if scenario.answers(call) and not name.startswith("time-")
]
SLOW = [(name, call) for name, scenario in SCENARIOS.items() for call in scenario.calls if name.startswith("time-")]


@pytest.fixture(scope="module")
def server() -> Any:
    """One simulator for all plays."""
    with Simulator() as simulator:
        yield simulator


def _request(name: str, call: str) -> bytes:
    scenario = SCENARIOS[name]
    if call in ("models", "model"):
        return f"GET /scenario/{name}{PATHS[call]} HTTP/1.1\r\nhost: x\r\n\r\n".encode()
    body: dict[str, Any] = {"model": f"scenario:{name}", **scenario.request}
    if call in ("chat", "stream"):
        body |= {"messages": [{"role": "user", "content": "Hello"}], "stream": call == "stream"}
    elif call == "completions":
        body |= {"prompt": "Hello"}
    else:
        body.setdefault("input", ["alpha", "beta", "gamma"])
    data = json.dumps(body).encode()
    head = f"POST {PATHS[call]} HTTP/1.1\r\nhost: x\r\napi-key: sk-01234567\r\ncontent-length: {len(data)}\r\n\r\n"
    return head.encode() + data


def _read(raw: socket.socket) -> bytes | None:
    """The body of an answer as h11 reads it; None when it is no whole HTTP answer."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method="GET", target="/", headers=[("host", "x")]))
    parser.send(h11.EndOfMessage())
    body = b""
    while True:
        try:
            event = parser.next_event()
            if event is h11.NEED_DATA:
                parser.receive_data(raw.recv(1 << 20))
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                return body
            elif isinstance(event, h11.ConnectionClosed):
                return None
        except (h11.RemoteProtocolError, ConnectionError):
            return None


@pytest.mark.parametrize(("name", "call"), ALL)
def test_a_scenario_plays(server: Simulator, name: str, call: str) -> None:
    """Its answer comes to an end, and is good HTTP but where it is meant not to be."""
    with socket.create_connection((server.host, server.port), timeout=20) as raw:
        raw.sendall(_request(name, call))
        whole = _read(raw) is not None
        assert whole == ((name, call) not in BROKEN_HTTP)


@pytest.mark.parametrize(("name", "call"), SLOW)
def test_a_slow_scenario_plays(server: Simulator, name: str, call: str) -> None:
    """It takes its request, and notices when the client leaves."""
    server.requests.clear()
    with socket.create_connection((server.host, server.port), timeout=20) as raw:
        raw.sendall(_request(name, call))
        if name in ("time-slow-head", "time-slow-events"):
            assert _read(raw) is not None
            return
        server.wait_for(lambda: len(server.requests) == 1)
        if name != "time-no-answer":
            assert raw.recv(5) == b"HTTP/"
        assert server.requests[0].ended is None
    server.wait_for(lambda: server.requests[0].ended == "left")


def test_a_scenario_that_recovers_starts_anew(call: Any) -> None:
    """So many failures, then an answer, for every body of its own; and again."""
    statuses = [call.chat(model="scenario:limit-500-twice-then-good").status for _ in range(6)]
    assert statuses == [500, 500, 200] * 2
    assert call.chat("one", model="scenario:limit-503-then-good").status == 503
    assert call.chat("two", model="scenario:limit-503-then-good").status == 503
    assert call.chat("one", model="scenario:limit-503-then-good").status == 200


def test_a_path_plays_a_scenario(sim: Simulator, call: Any) -> None:
    """Every call below the base URL, whatever model it names; what it has no answer to is answered well."""
    assert call("/scenario/error-402/v1/models").status == 402
    body = {"model": "gpt-9", "messages": [{"role": "user", "content": "Hi"}]}
    assert call("/scenario/error-402/v1/chat/completions", body).status == 402
    assert call("/scenario/models-null/v1/chat/completions", body).text == "Hi"
    assert call("/scenario/models-null/v1/embeddings", {"model": "e", "input": "x"}).status == 200
    assert call("/scenario/nope/v1/models").error["code"] == "scenario_not_found"


def test_own_scenarios(dialled: Any) -> None:
    """Users may bring scenarios of their own."""
    mine = row("mine", "Mine.", "me", lambda ask: good(ask).replace(b"Hello", b"Howdy"), chat=Outcome())
    call = dialled(scenarios={"mine": mine})
    assert call.chat(model="scenario:mine").text == "Howdy, world"
    assert call.chat(model="scenario:mine", stream=True).status == 200


def test_the_table_is_complete() -> None:
    """At least 75 rows, unique names, every text there, every outcome one that can be."""
    assert len(SCENARIOS) == sum(map(len, KINDS.values())) >= 75
    for name, scenario in SCENARIOS.items():
        assert re.fullmatch(r"[a-z0-9.-]+", name)
        assert scenario.name == name
        assert scenario.about.endswith((".", "!"))
        assert scenario.source
        assert scenario.expect
        assert set(scenario.calls) <= {"chat", "stream", "completions", "embeddings", "models"}
        assert set(scenario.options) <= {"retries", "timeout", "deadline", "idle_timeout", "connect_timeout", "api_key"}
        for outcome in scenario.expect.values():
            assert outcome.error is None or issubclass(getattr(errors, outcome.error), errors.FrancaError)
            assert outcome.requests >= 1
            assert outcome.check or outcome.error


@pytest.mark.parametrize("name", [scenario.name for scenario in KINDS["Error answers"]])
def test_demanded_classes_are_those_of_the_table(call: Any, name: str) -> None:
    """For every error answer with OpenAI's object, the class demanded is the one that franca.errors chooses."""
    answer = call.chat(model=f"scenario:{name}")
    outcome = SCENARIOS[name].expect["chat"]
    assert answer.status == outcome.check["status"]
    try:
        error = answer.json["error"]
        words = (error.get("type"), error.get("code"))
    except (ValueError, TypeError, KeyError, AttributeError):
        words = (None, None)
    chosen, status = error_table.class_for(answer.status, *words)
    if name == "error-moderation":  # told by its reasons, which the table of words does not see
        assert (chosen, outcome.error) == (errors.Forbidden, "Flagged")
        return
    if name == "error-list":  # told by its sentence
        chosen, status = error_table.class_for(answer.status, sentence=answer.json[0]["error"]["message"])
    assert chosen.__name__ == outcome.error
    assert status == answer.status
    if "retryable" in outcome.check and name != "error-not-available":
        assert error_table.is_retryable(chosen, status) is outcome.check["retryable"]


def test_scenarios_are_cheap_and_pure_data() -> None:
    """Importing them loads neither sockets, loops, TLS nor the client."""
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "from franca.simulator.scenarios import SCENARIOS\n"
        "heavy = {'asyncio', 'ssl', 'socket', 'httptools', 'random', 'franca.client', 'franca.simulator.server'}\n"
        "print(len(SCENARIOS), heavy & (set(sys.modules) - before))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == [str(len(SCENARIOS)), "set()"], done.stderr


def test_records_are_plain() -> None:
    """A scenario's facts can be copied and pickled, its play aside."""
    outcome = Outcome("StreamBroken", {"partial.content": "x"})
    assert pickle.loads(pickle.dumps(outcome)) == outcome
    scenario = SCENARIOS["cut-mid-line"]
    assert isinstance(scenario, Scenario)
    assert scenario.calls == ("stream",)
    assert not scenario.answers("chat")
