"""The simulator's dialects against the wire samples: the same members in the same places, the same headers.

So a dialect cannot drift away from what the server was seen, or is documented, to send. No client of ours is used.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from franca.simulator import Simulator
from franca.simulator.dialects import DIALECTS

from .samples import EXPECTED, FOLDER, FOLDER_OF, Sample, paths, sample

KEY = "sk-the-right-key"
_TOOL = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
_TURN = [
    {"role": "user", "content": "Hello there"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "a1B2c3D4e", "type": "function", "function": {"name": "weather", "arguments": "{}"}}],
    },
    {"role": "tool", "tool_call_id": "a1B2c3D4e", "content": "sunny"},
]
_FOREIGN_IDS = json.loads(json.dumps(_TURN).replace("a1B2c3D4e", "toolu_1"))

REFUSED: dict[tuple[str, str], dict[str, Any]] = {
    ("openai", "error_field"): {"model": "gpt-5-mini", "max_tokens": 5},
    ("azure", "error_field"): {"stream": True, "stream_options": {"include_usage": True}},
    ("deepseek", "error_reasoning"): {"messages": _TURN},
    ("deepseek", "error_schema"): {
        "response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    },
    ("mistral", "error_field"): {"max_completion_tokens": 32000},
    ("mistral", "error_id"): {"messages": _FOREIGN_IDS},
    ("gemini", "error_signature"): {"messages": _TURN},
    ("moonshot", "error_reasoning"): {"messages": _TURN},
    ("perplexity", "error_roles"): {"messages": [_TURN[0], _TURN[0]]},
    ("fireworks", "error_strict"): {
        "tools": [{"type": "function", "function": {"name": "weather", "strict": True, "parameters": _TOOL}}]
    },
    ("databricks", "error_usage"): {
        "model": "databricks-claude",
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    ("lmstudio", "error_format"): {"response_format": {"type": "json_object"}},
    ("transformers", "chat_unknown_param"): {"no_such_param": 1},
    ("vllm", "err_type_temperature"): {"temperature": "hot"},
    ("llamacpp", "err_type_temperature"): {"temperature": "hot"},
}
"""What must be asked to get an error of these samples."""

RECORDED = {
    ("vllm", "tools_auto_stream"): "chat_stream",  # those that end by length have text on their last chunk
    ("vllm", "tools_required_stream"): "tools_stream",
    ("llamacpp", "chat_stream_usage"): "chat_stream",
    ("llamacpp", "tools_required_stream"): "tools_stream",
    ("litellm", "chat_stream_usage"): "chat_stream",
    ("litellm", "tools_required_stream"): "tools_stream",
    ("transformers", "chat_stream_usage"): "chat_stream",
}
"""Recorded streams, and what is asked for them."""

UNLIKE = {
    ("openrouter", "models"): "a whole catalogue; see tests/openrouter/test_sim_or_account_models.py",
    ("azure-simulator", "*"): "a package that imitates Azure; the dialect is Azure's own",
    ("llama.cpp-think", "*"): "llama.cpp with another model",
    ("litellm", "err_wrong_auth"): "without a database it is a 400; the dialect has one (its note says so)",
    ("litellm", "mock_tiny-badkey_false"): "the error of the server behind it",
    ("litellm", "mock_tiny-think_false"): "the same as chat, with thoughts",
    ("transformers", "models"): "an empty list",
    ("transformers", "err_type_temperature"): "a crash of the server",
    ("vllm", "tools_named"): "the same as chat, with calls",
    ("litellm", "tools_required"): "the same as chat, with calls",
    ("llamacpp", "tools_required"): "the same as chat, with calls",
    ("llamacpp", "err_too_long"): "the simulator has no limit of context",
    ("vllm", "err_too_long"): "the simulator has no limit of context",
}
"""Samples that no dialect is held against, and why."""

_UPSTREAM = (".timings", ".usage.completion_tokens_details")  # what LiteLLM passed on, or added, as the upstream let it
_TELLING = ("ratelimit", "tokenlimit", "retry-after", "request-id", "generation-id", "correlation-id", "call-id")


def _samples() -> Iterator[tuple[str, str]]:
    for row, samples in EXPECTED.items():
        for name in samples:
            if (row, "*") not in UNLIKE and (row, name) not in UNLIKE:
                yield row, name
    yield from RECORDED


CASES = list(_samples())


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(api_key=KEY) as simulator:
        yield simulator


def _ask(sim: Simulator, row: str, path: str, body: Any = None, key: str = KEY) -> Sample:
    connection = http.client.HTTPConnection(sim.host, sim.port, timeout=10)
    headers = {"authorization": f"Bearer {key}"} if row != "azure" else {"api-key": key}
    headers["content-type"] = "application/json"
    data = None if body is None else json.dumps(body)
    connection.request("GET" if body is None else "POST", f"/dialect/{row}{path}", data, headers)
    answer = connection.getresponse()
    told = {name.lower(): value for name, value in answer.getheaders()}
    body = answer.read()
    connection.close()
    return Sample("", answer.status, told, body)


def _like(sim: Simulator, row: str, name: str) -> Sample:
    """The simulator's answer to what brought the sample."""
    dialect = DIALECTS[row]
    expected = EXPECTED[row].get(name, {})
    chat = dialect.base + "/chat/completions"
    body: dict[str, Any] = {"model": dialect.named("echo"), "messages": _TURN[:1]}
    kind = RECORDED.get((row, name), name)
    if (row, name) in REFUSED:
        if row == "azure":
            chat = "/openai/deployments/echo/chat/completions?api-version=2024-06-01"
        return _ask(sim, row, chat, {**body, **REFUSED[row, name]})
    if kind == "models":
        return _ask(sim, row, dialect.models[0] if dialect.models else dialect.base + "/models")
    if kind.endswith(("_key", "wrong_auth")):
        return _ask(sim, row, chat, body, key="sk-wrong-key")
    if kind.endswith(("_model", "limit", "ratelimited_false")):
        return _ask(sim, row, chat, {**body, "model": "nope" if kind.endswith("_model") else dialect.named("limited")})
    if kind == "err_404_path":
        return _ask(sim, row, dialect.base + "/nope")
    if expected.get("reasoning"):
        body["model"] = dialect.named("reason")
    if kind == "tools_stream":
        calls = len(expected.get("calls", [0]))
        tool = {"type": "function", "function": {"name": "weather", "parameters": _TOOL}}
        body |= {"model": dialect.named("tools"), "tools": [tool] * calls}
    if kind.endswith("_stream"):
        body |= {"stream": True}
        if row != "mistral" and any(event.get("usage") for event in sample(row, name).events):
            body["stream_options"] = {"include_usage": True}
    return _ask(sim, row, chat, body)


def _shapes(given: Sample, row: str) -> set[frozenset[str]]:
    """The shapes of a body: of a stream one for each kind of chunk."""
    if given.headers["content-type"].startswith("text/event-stream"):
        found = [paths(event) for event in given.events]
    elif "json" in given.headers["content-type"]:
        found = [paths(json.loads(given.body))]
    else:
        return {frozenset([given.headers["content-type"].partition(";")[0]])}
    skipped = _UPSTREAM if row == "litellm" else ()
    return {frozenset(path for path in shape if not path.startswith(skipped or "\0")) for shape in found}


@pytest.mark.parametrize(("row", "name"), CASES, ids=[f"{row}-{name}" for row, name in CASES])
def test_the_same_shape(sim: Simulator, row: str, name: str) -> None:
    """Status, every member's place and kind, chunk by chunk; the end of a stream, and what stands before it."""
    real, ours = sample(row, name), _like(sim, row, name)
    assert ours.status == real.status
    assert _shapes(ours, row) == _shapes(real, row)
    if real.headers["content-type"].startswith("text/event-stream"):
        assert (b"data: [DONE]" in ours.body) is (b"data: [DONE]" in real.body)
        assert ours.body.startswith(b": ") is real.body.startswith(b": ")


@pytest.mark.parametrize(("row", "name"), CASES, ids=[f"{row}-{name}" for row, name in CASES])
def test_the_same_headers(sim: Simulator, row: str, name: str) -> None:
    """The headers that tell something: limits, when to come back, the request's id. Recorded ones at least."""

    def telling(given: Sample) -> set[str]:
        return {name for name in given.headers if any(word in name for word in _TELLING)}

    real, ours = sample(row, name), _like(sim, row, name)
    if real.documented:
        assert telling(ours) == telling(real)
    else:
        assert telling(ours) >= {name for name in telling(real) if name != "x-litellm-key-spend"}


def test_what_is_left_out_is_there() -> None:
    """The tables above name samples that exist."""
    for row, name in (*REFUSED, *RECORDED, *UNLIKE):
        folder = FOLDER / FOLDER_OF.get(row, row)
        assert folder.is_dir() if name == "*" else (folder / f"{name}.txt").is_file()
