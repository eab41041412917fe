"""The dialects beside their answers: addresses, keys, names, lists, dials, and what a request may do wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from franca.simulator import Simulator
from franca.simulator.dialects import DIALECTS

from .conftest import Answer, Caller

HELLO = [{"role": "user", "content": "Hello, world"}]
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}
EVERY = pytest.mark.parametrize("name", sorted(DIALECTS))


def ask(call: Caller, name: str, path: str | None = None, /, **fields: Any) -> Answer:
    """A chat in a dialect."""
    base = call.simulator.dialect(name, path).removeprefix(call.simulator.root)
    target, question, query = base.partition("?")
    headers = fields.pop("headers", {})
    body = {"model": DIALECTS[name].named("echo"), "messages": HELLO, **fields}
    return call(f"{target}/chat/completions{question}{query}", body, **headers)


@EVERY
def test_a_record_makes_sense(name: str) -> None:
    """It says where its facts are from, and has a name for each model in its own style."""
    dialect = DIALECTS[name]
    assert dialect.name == name
    assert dialect.source
    assert dialect.bases[0] == dialect.base
    assert all(base == "" or base.startswith("/") for base in dialect.bases)
    assert dialect.named("echo").count("echo") == 1
    assert dialect.auth in ("bearer", "api-key", "either", "none")
    assert set(dialect.extra.values()) <= {"echo", "lorem", "json", "tools", "reason", "structured", "embed"}


@EVERY
def test_both_names_of_a_model_are_known(call: Caller, name: str) -> None:
    """The simulator's own, and the one in the server's style."""
    for model in ("echo", DIALECTS[name].named("echo")):
        assert ask(call, name, model=model).json["model"] == model


@EVERY
def test_every_base_url_answers(call: Caller, name: str) -> None:
    """Also the less usual ones."""
    for base in DIALECTS[name].bases:
        path = base.replace("{organization}", "acme")
        if "{deployment}" in path:
            path = path.replace("{deployment}", "echo") + "?api-version=2025-01-01"
        assert ask(call, name, path).status == 200


@EVERY
def test_the_same_question_has_the_same_answer(call: Caller, name: str) -> None:
    """But for the request's own id: the models are deterministic in every dialect."""
    first, second = (ask(call, name, model="reason") for _ in range(2))
    assert first.json["choices"] == second.json["choices"]


GARBAGE: list[dict[str, Any]] = [
    {"messages": [{"role": "assistant", "tool_calls": ["x"]}]},
    {"messages": [{"role": "assistant", "tool_calls": [{"id": 5, "function": "x"}]}, {"role": "tool"}]},
    {"messages": ["x", None]},
    {"messages": "x"},
    {"messages": [{"role": ["x"], "content": {"a": 1}}]},
    {"messages": [{"role": "user", "content": [5, {"type": "thinking"}]}]},
    {"tools": ["x"]},
    {"tools": [{"type": "function", "function": 5}], "response_format": 5},
    {"response_format": {"type": ["x"]}},
    {"stream_options": "x", "stream": True},
    {"reasoning_effort": ["x"], "thinking": 5},
    {"n": "x"},
    {"temperature": "x", "max_tokens": [], "stop": 5},
    {"model": 5},
    {"model": ""},
]


@EVERY
def test_garbage_is_no_fault_of_the_simulator(call: Caller, name: str) -> None:
    """Whatever a body holds, the answer is that server's refusal, or an answer."""
    for fields in GARBAGE:
        answer = ask(call, name, **fields)
        assert answer.status < 500, (fields, answer.data)


@EVERY
def test_a_path_that_is_not_there(call: Caller, name: str) -> None:
    """Is that server's own 404."""
    dialect = DIALECTS[name]
    answer = call(f"/dialect/{name}{dialect.base}/nope", {})
    assert answer.status == 404
    shaped = dialect.error(dialect.no_path)
    assert answer.data == shaped if isinstance(shaped, bytes) else answer.json == shaped


def test_a_dialect_that_is_not_there(call: Caller, sim: Simulator) -> None:
    """The error names those that are; `Simulator.dialect` tells it at once."""
    answer = call("/dialect/nope/v1/models")
    assert answer.status == 404
    assert "groq" in answer.error["message"]
    with pytest.raises(KeyError, match="groq"):
        sim.dialect("nope")


@pytest.mark.parametrize(("method", "path", "body"), [("GET", "chat/completions", None), ("POST", "models", {})])
def test_the_wrong_method(call: Caller, method: str, path: str, body: Any) -> None:
    """Is a 405."""
    assert call(f"/dialect/groq/openai/v1/{path}", body, method=method).status == 405


def test_a_body_that_is_none(call: Caller) -> None:
    """Is a 400 in the server's shape."""
    answer = call("/dialect/mistral/v1/chat/completions", b"{")
    assert answer.status == 400
    assert answer.json["object"] == "error"


@pytest.mark.parametrize(
    ("name", "path", "headers", "status"),
    [
        ("groq", None, {"authorization": "Bearer sk-right"}, 200),
        ("groq", None, {"api_key": "sk-right"}, 401),
        ("groq", None, {}, 401),
        ("azure", None, {"api_key": "sk-right"}, 200),
        ("azure", None, {"authorization": "Bearer sk-right"}, 200),
        ("azure", "/openai/deployments/echo?api-version=2025-01-01", {"api_key": "sk-right"}, 200),
        ("azure", "/openai/deployments/echo?api-version=2025-01-01", {"authorization": "Bearer eyJsk-right"}, 200),
        ("azure", "/openai/deployments/echo?api-version=2025-01-01", {"authorization": "Bearer sk-right"}, 401),
        ("ollama", None, {"authorization": "Bearer wrong"}, 200),
        ("ollama-cloud", None, {"authorization": "Bearer wrong"}, 401),
        ("databricks", None, {"authorization": "Bearer wrong"}, 403),
        ("perplexity", None, {"authorization": "Bearer wrong"}, 401),
    ],
)
def test_keys(
    dialled: Callable[..., Caller], name: str, path: str | None, headers: dict[str, str], status: int
) -> None:
    """Each server takes them its own way."""
    assert ask(dialled(api_key="sk-right"), name, path, headers=headers).status == status


def test_without_a_key_any_will_do(call: Caller) -> None:
    """As everywhere in the simulator."""
    assert ask(call, "openai").status == 200


def test_a_deployment_needs_an_api_version(call: Caller) -> None:
    """Azure has nothing at the path without one."""
    answer = ask(call, "azure", "/openai/deployments/echo")
    assert answer.status == 404
    assert answer.error == {"code": "404", "message": "Resource not found"}


def test_one_model_of_a_list(call: Caller) -> None:
    """`models/NAME`, where the list is below the base URL."""
    assert call("/dialect/openai/v1/models/echo").json["id"] == "echo"
    assert call("/dialect/gemini/v1beta/openai/models/models%2Fecho").json["id"] == "models/echo"
    assert call("/dialect/together/v1/models/org%2Fecho").json["id"] == "org/echo"
    assert call("/dialect/openai/v1/models/nope").status == 404
    assert call("/dialect/github/inference/models/echo").status == 404


def test_suffixes_of_names(call: Caller) -> None:
    """A tag, a variant or a provider behind a colon; anything else is no such model."""
    assert ask(call, "ollama", model="echo:latest").status == 200
    assert ask(call, "openrouter", model="author/echo:free").status == 200
    assert ask(call, "huggingface", model="author/echo:fastest").status == 200
    assert ask(call, "ollama", model="echo:nope").status == 404
    assert ask(call, "openai", model="echo:free").status == 404


def test_the_simulators_own_aliases(dialled: Callable[..., Caller]) -> None:
    """Hold in dialects too, and are listed."""
    caller = dialled(aliases={"mine": "lorem"})
    assert ask(caller, "groq", model="mine", max_completion_tokens=2).json["choices"][0]["finish_reason"] == "length"
    assert "mine" in [one["id"] for one in caller("/dialect/groq/openai/v1/models").json["data"]]


def test_scenarios_can_be_played(call: Caller) -> None:
    """By name of the model or by header, as below /v1."""
    played = ask(call, "groq", model="scenario:tool-plain", tools=[TOOL])
    assert played.json["choices"][0]["message"]["tool_calls"][0]["id"] == "call_1"
    assert ask(call, "groq", headers={"x_sim_scenario": "limit-date"}).status == 429
    assert ask(call, "groq", model="scenario:models-plain").json["choices"][0]["message"]["content"] == "Hello, world"


def test_dials_turn_dialects_too(dialled: Callable[..., Caller]) -> None:
    """The share of errors, and the pace of a stream."""
    assert ask(dialled(error_rate=1.0), "groq").status in (429, 500)
    paced = ask(dialled(tokens_per_second=1000.0, latency=0.01), "groq", stream=True)
    assert paced.data.endswith(b"data: [DONE]\n\n")


def test_log_probabilities(call: Caller) -> None:
    """Where the server takes them: whole and streamed."""
    whole = ask(call, "openai", logprobs=True, top_logprobs=2).json["choices"][0]["logprobs"]["content"]
    events = ask(call, "openai", logprobs=True, top_logprobs=2, stream=True).events
    streamed = [
        entry
        for event in events
        for choice in event["choices"]
        for entry in (choice["logprobs"] or {"content": []})["content"]
    ]
    assert [entry["token"] for entry in whole] == [entry["token"] for entry in streamed] == ["Hello", ",", " world"]
    assert ask(call, "anthropic", logprobs=True).json["choices"][0].get("logprobs") is None


def test_variants_of_reason_keep_their_form(call: Caller) -> None:
    """`reason:think` puts thoughts into the content of any dialect."""
    content = ask(call, "groq", model="reason:think").json["choices"][0]["message"]["content"]
    assert content.startswith("<think>")


def test_what_is_ignored_does_nothing(call: Caller) -> None:
    """Anthropic's endpoint says yes to a schema, and does not hold it."""
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}}
    message = ask(call, "anthropic", model="json", response_format=schema).json["choices"][0]["message"]
    assert '"answer"' in message["content"]
    assert ask(call, "ollama", n=3).json["choices"][1:] == []


def test_several_choices(call: Caller) -> None:
    """Where `n` is taken each has its own stream of chunks."""
    events = ask(call, "openai", model="lorem", n=2, stream=True, max_completion_tokens=2).events
    assert {choice["index"] for event in events for choice in event["choices"]} == {0, 1}


def test_prompt_completions_and_wrong_models(call: Caller) -> None:
    """The other endpoint is there; a model of the wrong kind is a 400."""
    base = "/dialect/openai/v1"
    assert call(f"{base}/completions", {"model": "echo", "prompt": "Hi"}).json["choices"][0]["text"] == "Hi"
    assert ask(call, "openai", model="embed").status == 400
    assert call(f"{base}/embeddings", {"model": "echo", "input": "Hi"}).status == 400
    assert call(f"{base}/embeddings", {"model": "embed", "input": ""}).status == 400


def test_openai_minds_what_makes_no_sense(call: Caller) -> None:
    """It refuses a tool choice without tools; most others take it."""
    assert ask(call, "openai", tool_choice="auto").status == 400
    assert ask(call, "deepseek", tool_choice="auto").status == 200


def test_the_plain_paths_are_as_they_were(call: Caller) -> None:
    """Nothing of a dialect shows below /v1."""
    answer = call.chat(model="echo")
    assert answer.json["system_fingerprint"].startswith("fp_")
    assert not [name for name in answer.headers if "ratelimit" in name]
    assert call("/v1/dialect/groq/openai/v1/models").status == 404
