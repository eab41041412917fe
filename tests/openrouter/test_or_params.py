"""Requests to OpenRouter before they are sent: built, checked, and made fit for another server."""

from __future__ import annotations

import copy
from types import MappingProxyType
from typing import Any

import pytest

from franca.errors import BadUsage
from franca.wire.openrouter.build import (
    build_routed_chat,
    build_routed_completion,
    build_routed_embedding,
    flat_keys,
    without_routing,
)

from .published import problems


def chat(**params: Any) -> dict[str, Any]:
    """The body of a chat with these fields."""
    return build_routed_chat("openai/gpt-5", "Hi", params)


def refusal(**params: Any) -> BadUsage:
    """The error that these fields are."""
    with pytest.raises(BadUsage) as caught:
        chat(**params)
    return caught.value


SEARCH = {"type": "openrouter:web_search", "parameters": {"max_results": 3}}
FUNCTION = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}

EVERYTHING: dict[str, Any] = {
    "models": ["anthropic/claude-sonnet-5", "openai/gpt-5:nitro"],
    "provider": {
        "order": ["anthropic", "google-vertex/us-east5"],
        "only": ["anthropic"],
        "ignore": ["azure"],
        "allow_fallbacks": False,
        "require_parameters": True,
        "data_collection": "deny",
        "zdr": True,
        "enforce_distillable_text": False,
        "quantizations": ["fp8", "bf16"],
        "sort": {"by": "throughput", "partition": "none"},
        "max_price": {"prompt": 1, "completion": "2.5"},
        "preferred_min_throughput": {"p90": 50},
        "preferred_max_latency": 2.5,
        "options": {"anthropic": {"beta": ["x"]}},
    },
    "plugins": [
        {"id": "web", "engine": "exa", "max_results": 3, "user_location": {"type": "approximate", "city": "Bern"}},
        {"id": "web-fetch", "max_uses": 2},
        {"id": "file-parser", "pdf": {"engine": "mistral-ocr"}},
        {"id": "response-healing"},
        {"id": "context-compression", "enabled": False},
        {"id": "moderation"},
        {"id": "auto-router", "allowed_models": ["anthropic/*"], "cost_quality_tradeoff": 3},
        {"id": "pareto-router", "min_coding_score": 0.5},
        {"id": "fusion", "preset": "general-fast"},
        {"id": "alignment", "rules": [{"rule": "Be kind.", "watch": ["content"]}]},
        {"id": "armor", "mode": "audit", "classifier_context": {"v": 1, "auto_mode": {"allow": ["x"]}}},
    ],
    "reasoning": {"effort": "xhigh", "exclude": False, "summary": "concise"},
    "tools": [FUNCTION, SEARCH, {"type": "openrouter:datetime", "parameters": {"timezone": "Europe/Berlin"}}],
    "tool_choice": "auto",
    "stop_server_tools_when": [
        {"type": "step_count_is", "step_count": 4},
        {"type": "max_cost", "max_cost_in_dollars": 1},
    ],
    "deferred_tools": {"profile": "portable", "protocol": "v1", "search": {"type": "bm25"}, "validation": "runtime"},
    "cache_control": {"type": "ephemeral", "ttl": "1h"},
    "trace": {"trace_id": "t", "mine": {"a": 1}},
    "session_id": "s",
    "preset": "careful",
    "debug": {"echo_upstream_body": True},
    "image_config": {"aspect_ratio": "1:1"},
    "modalities": ["text", "image"],
    "metadata": {"a": "b"},
    "include_reasoning": True,
    "route": "fallback",
    "transforms": ["middle-out"],
    "usage": {"include": True},
    "verbosity": "low",
    "service_tier": "flex",
    "top_k": 40,
    "min_p": 0.1,
    "top_a": 0.2,
    "repetition_penalty": 1.1,
    "temperature": 0.5,
    "response_format": {"type": "grammar", "grammar": "root ::= x"},
}


def test_everything_goes_out_as_written() -> None:
    """With the model first and the messages last; and it is what OpenRouter published."""
    before = copy.deepcopy(EVERYTHING)
    body = chat(**EVERYTHING)
    assert next(iter(body)) == "model"
    assert list(body)[-1] == "messages"
    assert {name: body[name] for name in EVERYTHING} == EVERYTHING == before
    assert problems("ChatRequest", body) == []


def test_a_stream_says_so_first() -> None:
    """A router reads the beginning only."""
    assert list(build_routed_chat("m", "Hi", {"top_k": 1}, stream=True))[:2] == ["model", "stream"]


@pytest.mark.parametrize("model", [None, ""])
def test_without_a_model_the_field_is_left_out(model: str | None) -> None:
    """Then `models`, a preset or the account says which."""
    body = build_routed_chat(model, "Hi", {"models": ["a/b", "c/d"]})
    assert body == {"models": ["a/b", "c/d"], "messages": [{"role": "user", "content": "Hi"}]}
    assert "model" not in build_routed_completion(model, "Hi", {})
    with pytest.raises(BadUsage, match="no default model for embeddings"):
        build_routed_embedding(model, "Hi", {})


@pytest.mark.parametrize(
    "model", ["openai/gpt-5:free", "openai/gpt-5:nitro", "~openai/gpt-latest", "@preset/careful", "openrouter/auto"]
)
def test_a_model_s_name_is_sent_as_it_is(model: str) -> None:
    """Suffixes, aliases, presets and routers are names like others."""
    assert build_routed_chat(model, "Hi", {})["model"] == model


def test_nothing_is_left_out_but_none() -> None:
    """False, 0 and empty lists are words."""
    body = chat(models=[], top_k=0, include_reasoning=False, provider=None, plugins=None, reasoning=None, trace=None)
    assert body == {
        "model": "openai/gpt-5", "models": [], "top_k": 0, "include_reasoning": False,
        "messages": [{"role": "user", "content": "Hi"}],
    }  # fmt: skip


def test_extra_is_not_looked_at() -> None:
    """A field that came after this version of franca goes through it, whatever it holds."""
    extra = {"provider": {"oder": "x"}, "plugins": "web", "new": 1, "provider_order": ["a"]}
    body = build_routed_chat("m", "Hi", {"top_k": 2}, {**extra, "top_k": 3})
    assert {name: body[name] for name in extra} == extra
    assert body["top_k"] == 2


def test_prompt_completions_and_embeddings_have_their_fields() -> None:
    """And no others: each is told what was meant."""
    body = build_routed_completion("m", "Once", {"top_k": 2, "provider": {"zdr": True}, "max_tokens": 5}, stream=True)
    assert body == {
        "model": "m", "stream": True, "top_k": 2, "provider": {"zdr": True}, "max_tokens": 5, "prompt": "Once",
    }  # fmt: skip
    made = build_routed_embedding("m", ["a"], {"input_type": "search_query", "provider": {"order": ["x"]}, "trace": {}})
    assert problems("CreateEmbeddingsRequestBody", made) == []
    for build, name, meant in [
        (build_routed_chat, "plugin", "plugins"),
        (build_routed_completion, "transform", "transforms"),
        (build_routed_embedding, "input_typ", "input_type"),
    ]:
        with pytest.raises(BadUsage, match=rf"unknown parameter '{name}'; did you mean '{meant}'\?"):
            build("m", "Hi", {name: 1})


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"models": "a/b"}, "models: expected a list; did you mean ['a/b']?"),
        ({"models": {"a/b": 1}}, "models: expected a list, got dict"),
        ({"transforms": "middle-out"}, "transforms: expected a list; did you mean ['middle-out']?"),
        ({"provider_order": "openai"}, "provider_order: expected a list; did you mean ['openai']?"),
        ({"stop_server_tools_when": {"type": "max_cost"}}, "stop_server_tools_when: expected a list, got dict"),
        ({"provider": "openai"}, "provider: expected an object (a dict), got str"),
        ({"provider": {"order": "openai"}}, "provider.order: expected a list; did you mean ['openai']?"),
        ({"provider": {"quantizations": {"fp8"}}}, "provider.quantizations: expected a list, got set"),
        ({"provider": {"max_price": 1.5}}, "provider.max_price: expected an object (a dict), got float"),
        (
            {"provider": {"max_price": {"promt": 1}}},
            "provider.max_price: unknown field 'promt'; did you mean 'prompt'?",
        ),
        ({"provider": {"options": ["x"]}}, "provider.options: expected an object (a dict), got list"),
        ({"provider": {"sort": ["price"]}}, "provider.sort: expected a word or an object, got list"),
        ({"provider": {"sort": {"partitions": "none"}}}, "provider.sort: unknown field 'partitions'"),
        ({"provider": {"preferred_max_latency": "fast"}}, "provider.preferred_max_latency: expected a number, or"),
        ({"provider": {"preferred_min_throughput": True}}, "provider.preferred_min_throughput: expected a number, or"),
        ({"provider": {"allowFallbacks": False}}, "provider: unknown field 'allowFallbacks'; did you mean 'allow_fall"),
        ({"provider": {"onyl": ["x"]}}, "provider: unknown field 'onyl'; did you mean 'only'?"),
        ({"provider": {1: 2}}, "provider: a field's name: expected text, got int"),
        ({"reasoning": "high"}, "reasoning: expected an object; did you mean reasoning_effort='high'?"),
        ({"reasoning": True}, "reasoning: expected an object (a dict), got bool"),
        ({"reasoning": {"max_token": 5}}, "reasoning: unknown field 'max_token'; did you mean 'max_tokens'?"),
        ({"plugins": {"id": "web"}}, "plugins: expected a list, got dict"),
        ({"plugins": ["web"]}, "plugins[0]: a plugin is an object: {\"id\": 'web'}"),
        ({"plugins": [{"id": "web"}, None]}, "plugins[1]: expected an object (a dict), got NoneType"),
        ({"plugins": [{"max_results": 3}]}, 'plugins[0]: a plugin has an "id"'),
        ({"plugins": [{"id": "web", "max_result": 3}]}, "plugins[0]: unknown field 'max_result'; did you mean 'max_r"),
        ({"plugins": [{"id": "Web_Fetch"}]}, "plugins[0]: unknown plugin 'Web_Fetch'; did you mean 'web-fetch'?"),
        ({"trace": "t"}, "trace: expected an object (a dict), got str"),
        ({"usage": True}, "usage: expected an object (a dict), got bool"),
        ({"cache_control": "ephemeral"}, "cache_control: expected an object (a dict), got str"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_it_is_sent(params: dict[str, Any], said: str) -> None:
    """With the place, and what was meant."""
    error = refusal(**params)
    assert said in str(error)
    assert error.param == next(iter(params))


def test_a_misspelt_name_tells_the_way_around_the_check() -> None:
    """Should OpenRouter have a field by that name after all."""
    assert "pass all of provider through extra={'provider': ...}" in str(refusal(provider={"sorts": "price"}))


@pytest.mark.parametrize(
    "params",
    [
        {"provider": {"region": "eu", "sort": "carbon", "order": ("a", "b"), "quantizations": ["int2"]}},
        {"provider": {"order": None, "sort": None, "preferred_max_latency": None, "max_price": None}},
        {"reasoning": {"effort": "extreme", "depth": 3}},
        {"plugins": [{"id": "web-fetch-2", "anything": 1}, {"id": "web", "freshness": "day"}]},
        {"plugins": ()},
        {"provider": MappingProxyType({"zdr": True})},
    ],
)
def test_what_openrouter_may_have_by_now_passes(params: dict[str, Any]) -> None:
    """New names that are no misspelling, new words, any kind of list."""
    assert params.items() <= chat(**params).items()


def test_the_flat_keys_of_a_call() -> None:
    """Those given, by name or in `extra`; None is not given, and another field of that kind is no flat key. By name
    there are those of old only."""
    params = {"provider_sort": "price", "provider_order": None, "top_k": 1, "provider": {}, "provider_only": ["a"]}
    assert flat_keys(params) == ["provider_sort"]
    assert flat_keys(params, {"provider_zdr": True, "provider_sort": "x", "provider_name": "y"}) == [
        "provider_sort", "provider_zdr",
    ]  # fmt: skip
    assert flat_keys({}, "no mapping") == []  # type: ignore[arg-type]  # which the call itself will refuse


@pytest.mark.parametrize("build", [build_routed_chat, build_routed_completion, build_routed_embedding])
def test_a_flat_key_that_never_was_says_where_it_belongs(build: Any) -> None:
    """Not "did you mean 'provider_sort'": nothing but the object has it."""
    with pytest.raises(
        BadUsage, match=r"unknown parameter 'provider_only'; did you mean provider=\{'only': \.\.\.\}\?"
    ):
        build("a/b", "Hi", {"provider_only": ["openai"]})


# ---- the same call for another server -----------------------------------------------------------------------


def test_elsewhere_nothing_of_openrouter_is_left() -> None:
    """What everybody has stays, as do samplers that servers of open models have; each loss is told once."""
    fields = {**EVERYTHING, "reasoning": None, "provider_sort": "price", "input_type": "x", "transforms": None}
    before = copy.deepcopy(fields)
    kept, extra, changes = without_routing(fields, {"models": ["x"], "provider_zdr": True, "mine": 1})
    assert fields == before
    assert extra == {"mine": 1}
    assert kept == {
        "tools": [FUNCTION], "tool_choice": "auto", "modalities": ["text", "image"], "metadata": {"a": "b"},
        "verbosity": "low", "service_tier": "flex", "top_k": 40, "min_p": 0.1, "top_a": 0.2, "repetition_penalty": 1.1,
        "temperature": 0.5, "response_format": {"type": "grammar", "grammar": "root ::= x"},
    }  # fmt: skip
    told = [change.field for change in changes]
    assert len(told) == len(set(told))
    assert set(told) == {
        "models", "provider", "plugins", "stop_server_tools_when", "deferred_tools", "cache_control", "trace",
        "session_id", "preset", "debug", "image_config", "include_reasoning", "route", "usage", "provider_sort",
        "provider_zdr", "input_type", "tools",
    }  # fmt: skip
    assert {change.action for change in changes} == {"drop"}


def test_elsewhere_a_plain_call_is_as_it_was() -> None:
    """Equal, and nothing is told."""
    fields, extra = {"temperature": 1, "tools": [FUNCTION], "tool_choice": "f"}, {"mine": 1}
    assert without_routing(fields, extra) == (fields, extra, ())
    assert without_routing({}, None) == ({}, None, ())


BARE = "drop reasoning only OpenRouter has it"
EFFORT_LOW = 'rewrite reasoning as reasoning_effort="low"'


@pytest.mark.parametrize(
    ("reasoning", "kept", "told"),
    [
        ({"effort": "low"}, {"reasoning_effort": "low"}, EFFORT_LOW),
        ({"max_tokens": 9, "effort": "low"}, {"reasoning_budget": 9}, "rewrite reasoning as reasoning_budget=9"),
        ({"max_tokens": 0}, {"reasoning_budget": 0}, "rewrite reasoning as reasoning_budget=0"),
        ({"enabled": False}, {"reasoning_effort": "none"}, EFFORT_LOW.replace("low", "none")),
        ({"max_tokens": -1, "effort": "low"}, {"reasoning_effort": "low"}, EFFORT_LOW),
        ({"enabled": True}, {}, BARE),
        ({"exclude": True, "max_tokens": True}, {}, BARE),
        ("high", {}, BARE),
    ],
)
def test_elsewhere_how_much_to_think_is_said_in_everybodys_words(
    reasoning: Any, kept: dict[str, Any], told: str
) -> None:
    """Wherever it was given."""
    for fields, extra in (({"reasoning": reasoning}, None), ({}, {"reasoning": reasoning})):
        made, _, changes = without_routing(fields, extra)
        assert made == kept
        assert [str(change) for change in changes] == [f"{told} (table)"]


@pytest.mark.parametrize("place", ["fields", "extra"])
def test_elsewhere_what_the_caller_said_in_those_words_stands(place: str) -> None:
    """And is the only word on the matter."""
    for name, value in (("reasoning_effort", "high"), ("reasoning_budget", 9)):
        given = {"fields": {"reasoning": {"effort": "low"}}, "extra": {}}
        given[place][name] = value
        made, extra, changes = without_routing(given["fields"], given["extra"])
        assert {**made, **(extra or {})} == {name: value}
        assert [change.detail for change in changes] == [f"{name} is there"]


def test_elsewhere_the_tools_of_openrouter_are_gone() -> None:
    """And, when there are no others, what was said about tools, which is refused without any."""
    only = {"tools": [SEARCH], "tool_choice": "auto", "parallel_tool_calls": False}
    kept, _, changes = without_routing(only, None)
    assert kept == {}
    assert [change.field for change in changes] == ["tools", "tool_choice", "parallel_tool_calls"]
    assert changes[0].detail == "openrouter:web_search: only OpenRouter has it"

    forced = {
        "tools": [SEARCH, FUNCTION],
        "tool_choice": {"type": "openrouter:web_search"},
        "parallel_tool_calls": True,
    }
    kept, _, changes = without_routing(forced, None)
    assert kept == {"tools": [FUNCTION], "parallel_tool_calls": True}

    kept, _, changes = without_routing({"tools": [], "tool_choice": "none"}, {"tools": "x"})
    assert kept == {"tools": [], "tool_choice": "none"}
    assert changes == ()
