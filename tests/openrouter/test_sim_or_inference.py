"""The simulated OpenRouter's router: who answers which request, and what it refuses before anybody is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from franca.simulator import Simulator

from .sim_or_inference_asker import HELLO, TOOL, Asker

SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}


@pytest.fixture(scope="module")
def sim() -> Iterator[Simulator]:
    with Simulator(aliases={"mine": "author/lorem"}) as simulator:
        yield simulator


# ---- names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "shown", "strategy"),
    [
        ("author/echo", "author/echo", "direct"),
        ("echo", "echo", "direct"),
        ("author/echo:nitro", "author/echo", "direct"),
        ("author/echo:free", "author/echo:free", "direct"),
        ("acme/scholar-1:free", "acme/scholar-1:free", "direct"),
        ("~acme/scholar-latest", "acme/scholar-1", "latest"),
        ("openrouter/auto", "author/echo", "auto"),
        ("openrouter/free", "author/echo:free", "free"),
        ("mine", "mine", "alias"),
        ("author/echo@preset/brief", "author/echo", "direct"),
        ("author/reason:details", "author/reason:details", "direct"),
    ],
)
def test_names(or_: Asker, asked: str, shown: str, strategy: str) -> None:
    """Variants steer or are models of their own, aliases and routers are shown as what they became."""
    answer = or_.ask(asked, {"x-openrouter-metadata": "enabled"}).body
    assert answer["model"] == shown
    assert answer["openrouter_metadata"]["strategy"] == strategy
    assert answer["openrouter_metadata"]["requested"] == asked.partition("@")[0]


@pytest.mark.parametrize("name", ["nobody/nothing", "author/nope", "author/echo:nope", "author/error-999"])
def test_names_of_no_model(or_: Asker, name: str) -> None:
    """Are refused in the plain dialect's words; among several in the router's."""
    assert or_.ask(name).message == f"{name} is not a valid model ID"
    assert or_.ask("author/echo", models=[name]).message == f"{name} is not a valid model ID"


def test_scenarios_and_other_paths_stay_with_the_plain_dialect(or_: Asker) -> None:
    """Also beside a fallback list."""
    assert or_.ask("scenario:limit-date").status == 429
    assert or_.ask("author/echo", {"x-sim-scenario": "limit-date"}).status == 429
    assert or_.ask("scenario:limit-date", models=["author/echo"]).status == 429
    assert or_("/nope", {}).status == 404
    assert or_("/chat/completions", [1]).status == 400  # type: ignore[arg-type]
    assert or_("/chat/completions", method="GET").status == 405


def test_presets(or_: Asker) -> None:
    """Fill in what the request does not say; in any of the three places."""
    for fields in (
        {"model": "@preset/brief"},
        {"model": "author/echo@preset/brief"},
        {"preset": "brief", "model": None},
    ):
        answer = or_("/chat/completions", {"messages": HELLO, **fields}).body
        assert answer["choices"][0]["message"]["content"] == "Hello there"
        assert answer["choices"][0]["finish_reason"] == "length"
    assert or_.ask(preset="brief", max_tokens=1).body["choices"][0]["message"]["content"] == "Hello"
    assert or_.ask(preset="nope").status == 404
    assert or_.ask(preset=5).status == 400


# ---- providers ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provider", "answers"),
    [
        ({}, "Beta Cloud"),  # the cheapest whose status is good
        ({"order": ["delta-labs", "alpha-works"]}, "Delta Labs"),
        ({"order": ["delta-labs/priority"]}, "Delta Labs"),
        ({"order": ["nobody"]}, "Beta Cloud"),
        ({"order": ["Alpha Works"]}, "Alpha Works"),
        ({"only": ["gamma-edge"]}, "Gamma Edge"),
        ({"ignore": ["beta-cloud"]}, "Alpha Works"),
        ({"sort": "throughput"}, "Alpha Works"),
        ({"sort": {"by": "latency"}}, "Alpha Works"),
        ({"sort": "price"}, "Beta Cloud"),
        ({"preferred_min_throughput": 90}, "Alpha Works"),
        ({"preferred_max_latency": {"p50": 0.4, "p99": None}}, "Alpha Works"),
        ({"preferred_min_throughput": 90, "preferred_max_latency": 0.1}, "Beta Cloud"),
        ({"quantizations": ["bf16", "int4"]}, "Alpha Works"),
        ({"zdr": True}, "Alpha Works"),
        ({"data_collection": "deny", "ignore": ["beta-cloud", "alpha-works"], "order": ["delta-labs"]}, "Delta Labs"),
        ({"max_price": {"prompt": 1, "completion": "3"}}, "Gamma Edge"),
        ({"allow_fallbacks": False}, "Beta Cloud"),
        ({"order": ["gamma-edge"], "allow_fallbacks": False}, "Gamma Edge"),
    ],
)
def test_who_answers(or_: Asker, provider: dict[str, Any], answers: str) -> None:
    """Every preference counts, and none by luck."""
    assert or_.provider("acme/scholar-1", provider=provider) == answers


def test_variants_and_tiers_steer(or_: Asker) -> None:
    """`:nitro` by throughput, `:floor` by price, `:exacto` by tools; a tier is for who asks for it."""
    assert or_.provider("acme/scholar-1:nitro") == "Alpha Works"
    assert or_.provider("acme/scholar-1:floor") == "Beta Cloud"
    assert or_.provider("acme/scholar-1:exacto") == "Beta Cloud"
    answer = or_.ask("acme/scholar-1", service_tier="priority", provider={"sort": "throughput"}).body
    assert (answer["provider"], answer["service_tier"]) == ("Delta Labs", "priority")
    assert or_.ask(service_tier="auto").body["service_tier"] == "default"


def test_what_is_asked_must_be_served(or_: Asker) -> None:
    """Tools always; the rest with `require_parameters`."""
    assert or_.provider("acme/scholar-1", tools=[TOOL]) == "Beta Cloud"
    assert or_.provider("acme/scholar-1", response_format=SCHEMA) == "Beta Cloud"
    assert (
        or_.provider("acme/scholar-1", response_format=SCHEMA, provider={"require_parameters": True}) == "Alpha Works"
    )
    assert or_.provider("acme/scholar-1", top_a=0.5, provider={"require_parameters": True}) == "Alpha Works"
    for fields in ({"reasoning": {"effort": "low"}}, {"reasoning_effort": "low"}):
        refused = or_.ask("acme/scholar-1", **fields, provider={"require_parameters": True})
        assert (refused.status, refused.body["error"]["availability"]["excluded_by"]) == (
            404,
            ["provider.require_parameters"],
        )
    assert or_.provider("north/thinker-70b", reasoning={"effort": "low"}, provider={"require_parameters": True})
    assert "tool use" in or_.ask("acme/poet", tools=[TOOL]).message
    assert or_.ask("acme/scholar-1", provider={"enforce_distillable_text": True}).status == 404
    assert or_.ask(provider={"enforce_distillable_text": True}).status == 200


@pytest.mark.parametrize(
    ("provider", "code", "constraint"),
    [
        ({"only": ["nobody"]}, "constraint_filtered", "provider.only"),
        ({"ignore": ["simulated"]}, "constraint_filtered", "provider.ignore"),
        ({"order": ["nobody"], "allow_fallbacks": False}, "constraint_filtered", "provider.order"),
        ({"quantizations": ["fp32"]}, "constraint_filtered", "provider.quantizations"),
        ({"max_price": {"prompt": 0.5}}, "constraint_filtered", "provider.max_price"),
    ],
)
def test_nobody_is_left(or_: Asker, provider: dict[str, Any], code: str, constraint: str) -> None:
    """A 404 that says which wish nobody could fulfil."""
    answer = or_.ask(provider=provider)
    error = answer.body["error"]
    assert (answer.status, error["code"], error["http_status"]) == (404, 404, 404)
    assert error["error_type"] == error["metadata"]["error_type"] == "not_found"
    assert (error["availability"]["code"], error["availability"]["constraint"]["field"]) == (code, constraint)
    assert error["availability"]["excluded_by"] == [constraint]
    asked = provider.get("only") or provider.get("ignore") or provider.get("order")
    assert error["metadata"].get("requested_providers") == asked
    assert error["availability"]["retryable"] is False
    assert error["availability"]["affected_providers"] == ["Simulated"]


def test_nobody_keeps_to_the_data_policy(or_: Asker) -> None:
    """Is told as a matter of privacy."""
    for wish in ({"zdr": True}, {"data_collection": "deny"}):
        error = or_.ask("acme/poet", provider=wish).body["error"]
        assert error["availability"]["code"] == "privacy_restricted"
    error = or_.ask("south/unserved").body["error"]
    assert error["availability"]["code"] == "no_endpoints"
    assert error["message"] == "No endpoints found for south/unserved."


def test_fallback_models(or_: Asker) -> None:
    """The next model answers where the first cannot be served; `partition: none` sorts over all of them."""
    assert or_.ask("south/unserved", models=["author/echo"]).body["model"] == "author/echo"
    told = or_.told("acme/poet", models=["acme/scholar-1"], tools=[TOOL])
    assert told["strategy"] == "fallback"
    asked = {"sort": {"by": "price", "partition": "none"}}
    assert or_.ask("acme/poet", models=["south/small-8b"], provider=asked).body["model"] == "south/small-8b"
    assert or_.ask("acme/poet", models=["south/small-8b"]).body["model"] == "acme/poet"
    assert or_("/chat/completions", {"models": ["author/echo"], "messages": HELLO}).status == 200
    assert or_.ask("acme/poet", models=["south/unserved"], provider={"zdr": True}).status == 404


# ---- requests -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"models": "author/echo"}, "models"),
        ({"models": [5]}, "models"),
        ({"models": ["a/b", "c/d", "e/f", "g/h"]}, "3 items"),
        ({"provider": []}, "provider must be"),
        ({"provider": "x"}, "provider must be"),
        ({"provider": {"order": "openai"}}, "provider.order"),
        ({"provider": {"only": [1]}}, "provider.only"),
        ({"provider": {"allow_fallbacks": "no"}}, "provider.allow_fallbacks"),
        ({"provider": {"data_collection": "no"}}, "provider.data_collection"),
        ({"provider": {"quantizations": ["int3"]}}, "provider.quantizations"),
        ({"provider": {"sort": "best"}}, "provider.sort"),
        ({"provider": {"preferred_max_latency": "x"}}, "provider.preferred_max_latency"),
        ({"provider": {"preferred_min_throughput": {"p50": "x"}}}, "provider.preferred_min_throughput"),
        ({"provider": {"max_price": {"prompt": "cheap"}}}, "provider.max_price.prompt"),
        ({"provider": {"max_price": {"prompt": {}}}}, "provider.max_price.prompt"),
        ({"plugins": {"id": "web"}}, "plugins"),
        ({"plugins": [{}]}, "plugins"),
        ({"reasoning": "high"}, "reasoning must be"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort"),
        ({"reasoning": {"effort": "low", "max_tokens": 5}}, "Only one of"),
        ({"reasoning": {"max_tokens": "x"}}, "reasoning.max_tokens"),
        ({"top_k": "x"}, "top_k"),
        ({"min_p": 2}, "min_p"),
        ({"messages": []}, "messages"),
        ({"temperature": 3}, "temperature"),
        ({"stop": ["a"] * 5}, "stop"),
    ],
)
def test_refused_fields(or_: Asker, fields: dict[str, Any], word: str) -> None:
    """A 400 that names them, of the type that says so."""
    answer = or_.ask(**fields)
    assert answer.status == 400
    assert word in answer.message
    if not fields.get("models"):
        assert answer.body["error"]["metadata"]["error_type"] == "invalid_request"


def test_everything_that_is_taken() -> None:
    """Each field of the API, also by a simulator that refuses unknown ones."""
    fields: dict[str, Any] = {
        "top_k": 5, "min_p": 0.1, "top_a": 0.2, "repetition_penalty": 1.1, "verbosity": "max", "route": "fallback",
        "transforms": ["middle-out"], "usage": {"include": True}, "session_id": "s", "trace": {"trace_id": "t"},
        "user": "u", "include_reasoning": True, "cache_control": {"type": "ephemeral"}, "image_config": {},
        "stream_options": {"include_usage": True}, "max_tokens": 50, "max_completion_tokens": 50,
        "service_tier": "fast", "response_format": {"type": "grammar", "grammar": "x"}, "modalities": ["text"],
        "tools": [{"type": "openrouter:datetime"}], "tool_choice": {"type": "openrouter:datetime"},
        "stop_server_tools_when": [{"type": "step_count_is", "step_count": 2}], "web_search_options": {},
        "plugins": [{"id": "response-healing"}, {"id": "web", "enabled": False}], "debug": {"echo_upstream_body": True},
        "messages": [{"role": "user", "content": [
            {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}},
            {"type": "input_video", "input_video": {"url": "https://example.org/v"}},
        ]}],
    }  # fmt: skip
    with Simulator(strict=True) as strict, Asker(strict) as asker:
        for name, value in fields.items():
            answer = asker.ask(**{name: value})
            assert answer.status == 200, (name, answer.raw)
        assert asker.ask(**fields).status == 200
        assert asker.events(**fields)[-1] == "[DONE]"
        assert asker("/embeddings", {"model": "author/embed", "input": "x", "input_type": "query"}).status == 200


GARBAGE: list[Any] = [None, 0, -1, "x", [], [None], [[]], {}, {"id": {}}, {"max_tokens": []}, [{"type": []}], True]


def test_garbage_is_no_fault_of_the_simulator(or_: Asker) -> None:
    """Whatever a field holds, the answer is a refusal or an answer."""
    names = (
        *("models", "provider", "plugins", "transforms", "preset", "reasoning", "include_reasoning", "modalities"),
        *("tools", "tool_choice", "response_format", "messages", "debug", "service_tier", "session_id", "n"),
        *("max_tokens", "cache_control", "web_search_options", "top_k", "model", "stream", "user", "stop"),
    )
    nested = [("provider", name) for name in ("order", "only", "ignore", "sort", "max_price", "quantizations", "zdr")]
    nested += [("provider", "preferred_max_latency"), ("provider", "preferred_min_throughput")]
    for value in GARBAGE:
        for name in names:
            answer = or_.ask(**{name: value})
            assert answer.status < 500, (name, value, answer.raw)
        for name, inner in nested:
            assert or_.ask(**{name: {inner: value}}).status < 500, (inner, value)
        for fields in ({"include_domains": value}, {"max_results": value}, {"engine": value}):
            assert or_.ask(plugins=[{"id": "web", **fields}]).status == 200
            assert or_.ask(tools=[{"type": "openrouter:web_search", "parameters": fields}]).status == 200
        assert or_.ask(tools=[{"type": "openrouter:web_search", "parameters": value}]).status == 200
        for path in ("completions", "embeddings", "rerank", "images", "audio/speech", "audio/transcriptions"):
            for name in ("model", "prompt", "input", "query", "documents", "input_audio", "n", "voice", "stream"):
                body = {"model": "author/flaky", "prompt": "x", "input": "x", "query": "x", "documents": ["x"]}
                assert or_(f"/{path}", {**body, name: value}).status < 500, (path, name, value)


# ---- keys -------------------------------------------------------------------------------------------------------


def test_keys() -> None:
    """The house's: a wrong one is a 401, one without credits a 402 (free models answer), the management key a 403."""
    with Simulator(api_key="sk-or-v1-right") as simulator, Asker(simulator) as asker:
        body = {"model": "author/echo", "messages": HELLO}
        for path in ("/chat/completions", "/completions", "/embeddings", "/rerank", "/images", "/audio/speech"):
            assert asker(path, body, key=None).status == 401
            assert asker(path, body, key="sk-or-v1-wrong").status == 401
        assert asker("/chat/completions", body, key="sk-or-v1-right").status == 200
        assert asker("/chat/completions", body, key="sk-or-v1-broke").status == 402
        simulator.openrouter.credits = 0.0
        assert asker("/chat/completions", body, key="sk-or-v1-right").status == 402
        assert asker("/chat/completions", {**body, "model": "author/echo:free"}, key="sk-or-v1-right").status == 200
        assert asker("/chat/completions", body, key="sk-or-v1-management").status == 403
        assert asker("/chat/completions", {**body, "provider": 5}, key="sk-or-v1-wrong").status == 401
