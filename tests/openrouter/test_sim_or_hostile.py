"""Whatever is sent to the simulated OpenRouter, it answers, at once, and never with a fault of its own."""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from franca.simulator import Simulator

from .sim_or_account_caller import MANAGEMENT
from .sim_or_inference_asker import HELLO, TOOL, Asker

HUGE = 10**400
JUNK = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    HUGE,
    "",
    "x",
    "☃\0\r\n",
    [],
    {},
    [None],
    [[1], 2],
    [{}],
    {"a": []},
    "z" * 999,
)
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
PARTS = [
    {"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}},
    {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
    {"type": "file", "file": {"filename": "x", "file_data": "data:,x"}},
    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    {"type": "video_url", "video_url": {"url": "https://x.example/"}},
]
CALLS = [{"id": "1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]
TALK = [
    *HELLO,
    {"role": "assistant", "content": None, "tool_calls": CALLS, "reasoning_details": [{"type": "reasoning.text"}]},
    {"role": "tool", "tool_call_id": "1", "content": "warm"},
    {"role": "user", "content": PARTS},
]
ROUTE = {
    "order": ["down", "beta-cloud"],
    "only": ["alpha-works"],
    "ignore": ["x"],
    "quantizations": ["bf16"],
    "sort": {"by": "price", "partition": "none"},
    "max_price": {"prompt": 9, "image": "9"},
    "zdr": False,
    "preferred_min_throughput": {"p50": 1},
    "preferred_max_latency": 9,
    "data_collection": "deny",
}
WEB = {"id": "web", "max_results": 2, "include_domains": ["x.example"]}
CHAT = {
    "model": "acme/scholar-1",
    "models": ["author/flaky"],
    "messages": TALK,
    "provider": ROUTE,
    "n": 2,
    "plugins": [WEB, {"id": "file-parser", "pdf": {}}],
    "tools": [TOOL, {"type": "openrouter:web_search"}],
    "reasoning": {"effort": "high", "exclude": False},
    "response_format": SCHEMA,
    "top_k": 5,
    "max_tokens": 9,
    "debug": {"echo_upstream_body": True},
    "modalities": ["text"],
    "transforms": ["middle-out"],
    "stop": ["x"],
    "logprobs": True,
    "top_logprobs": 2,
    "preset": "brief",
    "session_id": "x",
    "user": "x",
    "stream": False,
    "tool_choice": {"type": "function", "function": {"name": "weather"}},
    "web_search_options": {},
}
PROMPT = {
    "model": "author/tools",
    "prompt": ["x", "y"],
    "n": 2,
    "max_tokens": 3,
    "logprobs": 2,
    "echo": True,
    "messages": TALK,
    "tools": [TOOL],
    "max_completion_tokens": 5,
    "reasoning_effort": "low",
    "stream": False,
}
BODIES: dict[str, Any] = {
    "/chat/completions": CHAT,
    "/completions": PROMPT,
    "/embeddings": {"model": "south/vectors", "input": ["x", "y"], "dimensions": 3, "provider": {"order": ["x"]}},
    "/rerank": {"model": "east/reranker", "query": "x", "documents": ["x", {"text": "y"}], "top_n": 1},
    "/images": {"model": "east/painter", "prompt": "x", "n": 2, "output_format": "svg", "stream": False},
    "/audio/speech": {"model": "east/voice", "input": "x", "voice": "alto", "response_format": "mp3"},
    "/audio/transcriptions": {
        "model": "east/scribe",
        "input_audio": {"data": "AAAA", "format": "wav"},
        "language": "en",
    },
    "/keys": {"name": "x", "limit": 1, "limit_reset": "daily", "expires_at": "2999-01-01T00:00:00Z", "external": {}},
    "/auth/keys/code": {"callback_url": "https://x.example/", "code_challenge": "x", "key_label": "x", "limit": 1},
    "/auth/keys": {"code": "x", "code_verifier": "x", "code_challenge_method": "S256"},
    "/generation/feedback": {"generation_id": "x", "category": "latency", "comment": "x"},
}


OTHERWISE = {"/auth/keys": (403,), "/generation/feedback": (404,)}


def spoiled(value: Any, chance: random.Random) -> Any:
    """The value with junk in one place of it, however deep."""
    if not value or not isinstance(value, (dict, list)) or chance.random() < 0.25:
        return chance.choice(JUNK)
    key: Any = chance.choice([*value]) if isinstance(value, dict) else chance.randrange(len(value))
    made = dict(value) if isinstance(value, dict) else list(value)
    made[key] = spoiled(value[key], chance)
    return made


@pytest.mark.parametrize("path", BODIES)
def test_junk_anywhere_in_a_good_request(or_: Asker, path: str) -> None:
    """Is a refusal in OpenRouter's shape, or an answer; also where it is streamed."""
    chance = random.Random(path)
    good = BODIES[path]
    key = MANAGEMENT if path == "/keys" else "sk-or-v1-test"
    assert or_(path, good, key=key).status in OTHERWISE.get(path, (200, 201))
    for number in range(150):
        key_name = chance.choice([*good])
        body = {**good, key_name: spoiled(good[key_name], chance)}
        if "stream" in good and number % 2:
            body["stream"] = True
        answer = or_(path, body, key=key)
        assert answer.status < 500, (path, key_name, body[key_name], answer.raw)
        if answer.status >= 400:
            assert isinstance(answer.body["error"]["message"], str)
            assert "error_type" in answer.body["error"] or isinstance(answer.body["error"]["code"], int)
        elif body.get("stream") is True and path in ("/chat/completions", "/completions"):
            assert answer.raw.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 5_000, b'{"limit": 1e999}', b'"\\ud800"'],
)
@pytest.mark.parametrize("path", BODIES)
def test_bodies_that_are_no_json_object(sim: Simulator, path: str, raw: bytes) -> None:
    """Are a 400 wherever they come, however deep they are nested."""
    with Asker(sim) as asker:
        told = {"authorization": f"Bearer {MANAGEMENT if path == '/keys' else 'x'}"}
        asker.connection.request("POST", asker.base + path, raw, told)
        answer = asker.connection.getresponse()
        assert (answer.status, b"error" in answer.read()) == (400, True)
        assert isinstance(sim.requests[-1].body, (bytes, list, dict, str)) or raw == b"null"


def test_the_query_of_every_list(or_: Asker) -> None:
    """Holds what it likes."""
    names = ("offset", "limit", "context", "min_price", "max_age_days", "sort", "region", "q", "id", "date", "category")
    names += ("supported_parameters", "output_modalities", "group_by", "workspace_id", "include_disabled", "zdr")
    values = ("", "x", "-1", "nan", "inf", "1e400", "0001-01-01", "9999-12-31", "☃", "\r\n", "1" * 4000, "a,b,,", "eu")
    paths = ("/models", "/models/count", "/keys", "/activity", "/generation")
    for path in paths:
        for name in names:
            for value in values:
                answer = or_.managed(f"{path}?{name}={quote(value)}&limit=1")
                assert answer.status < 500, (path, name, value, answer.raw)


@pytest.mark.parametrize(
    "name", [":" * 5_000, "a/" * 5_000, "x/" + "y" * 5_000, "author/echo" + ":free" * 900, "/", "~", ":"]
)
def test_names_of_models(or_: Asker, name: str) -> None:
    """That are too long, or nothing but colons, are names of no model; also behind one that is there for a fault."""
    assert or_.ask(name).status == 400
    assert or_.ask(f"{name}/{'y' * 300}/down").status == 400
    assert or_(f"/model/{quote(name, safe=':')}").status in (400, 404)
    assert or_(f"/models/x/{quote(name, safe=':')}/endpoints").status == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"provider": {"max_price": {"prompt": HUGE}}}, 400),
        ({"provider": {"preferred_min_throughput": HUGE, "preferred_max_latency": -HUGE}}, 200),
        ({"messages": [{"role": "tool", "tool_call_id": [1], "content": "x"}]}, 400),
    ],
)
def test_numbers_too_large_and_texts_that_are_none(or_: Asker, body: dict[str, Any], status: int) -> None:
    """Are not counted with."""
    assert or_.ask(**body).status == status


@pytest.mark.parametrize("field", [{"limit": HUGE}, {"limit": 1e300}, {"expires_at": "9999-12-31T23:59:59-23:59"}])
def test_a_key_that_could_not_be_told(or_: Asker, field: dict[str, Any]) -> None:
    """Is not made: it would break the list of keys for everybody."""
    assert or_.managed("/keys", {"name": "x", **field}).status == 400
    assert or_.managed("/keys").status == 200


def test_a_prompt_completion_keeps_to_its_fields(or_: Asker) -> None:
    """What only a chat has does not reach the model, right or wrong; mixed prompts are a 400."""
    body = {"model": "author/tools", "prompt": "Hello", "messages": [{}], "max_completion_tokens": {}, "tools": 5}
    assert or_("/completions", body).body["choices"][0]["text"] == "Hello"
    for prompt in ([1, [2]], ["x", 1], [[1], "x"]):
        assert or_("/completions", {**body, "prompt": prompt}).status == 400
        assert or_("/embeddings", {"model": "south/vectors", "input": prompt}).status == 400


@pytest.mark.parametrize("header", ["x-sim-latency", "x-sim-tokens-per-second", "x-sim-error-rate"])
@pytest.mark.parametrize("value", ["nan", "inf", "-1", "x", ""])
def test_dials_that_are_no_numbers(or_: Asker, header: str, value: str) -> None:
    """Are a 400: an answer after an infinite time would never come."""
    answer = or_.ask(told={header: value})
    assert answer.status == 400
    assert header in answer.body["error"]["message"]


def test_a_form_of_very_many_parts(sim: Simulator) -> None:
    """Is refused without being taken apart."""
    with Asker(sim) as asker:
        told = {"content-type": "multipart/form-data; boundary=x", "authorization": "Bearer x"}
        asker.connection.request("POST", f"{asker.base}/audio/transcriptions", b"--x" * 100_000 + b"--x--", told)
        answer = asker.connection.getresponse()
        assert (answer.status, "too many parts" in json.load(answer)["error"]["message"]) == (400, True)


def test_failures_by_the_error_rate_are_in_the_shape_of_the_dialect(or_: Asker) -> None:
    """Also those that the simulator throws in by itself."""
    for path in ("/chat/completions", "/models"):
        answer = or_(
            path, None if path == "/models" else {"model": "author/echo", "messages": HELLO}, x_sim_error_rate="1"
        )
        assert answer.status in (429, 500)
        assert answer.body["error"]["code"] == answer.status
        assert "type" not in answer.body["error"]


def test_a_script_that_fails_ends_the_connection() -> None:
    """A fault in the middle of an answer is not taken for a slow one."""
    from franca.simulator.scenarios.record import Scenario

    def failing(ask: Any) -> Iterator[Any]:
        yield b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n"
        yield 0.001
        raise LookupError("a fault of the scenario")

    known = {"torn": Scenario("torn", "", "", failing, {}, every=True)}
    with Simulator(scenarios=known) as sim, Asker(sim) as asker:
        asker.connection.request("POST", f"{asker.base}/chat/completions", b'{"model": "scenario:torn"}', {})
        with pytest.raises((ConnectionError, http.client.IncompleteRead)):
            asker.connection.getresponse().read()
