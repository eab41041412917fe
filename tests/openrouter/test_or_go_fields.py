"""Every field that the Go package could send, by the same name, over a real socket from both clients: where it is on
the wire now."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from .conftest import KEY
from .published import problems

MODEL = "author/echo"
TOOL = {
    "type": "function",
    "function": {"name": "f", "description": "It does.", "parameters": {"type": "object", "properties": {}}},
}
# What goes out as it was written.
SAME: dict[str, Any] = {
    "response_format": {"type": "json_object"},
    "stop": ["END"],
    "max_tokens": 99,
    "tools": [TOOL],
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 40,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.2,
    "repetition_penalty": 1.1,
    "seed": 7,
    "logit_bias": {"50256": -100},
    "min_p": 0.05,
    "top_a": 0.2,
    "models": ["author/lorem"],
    "route": "fallback",
    "provider": {"sort": "price"},
}
# What goes with another field, or becomes another one.
OTHERWISE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"logprobs": True, "top_logprobs": 3}, {"logprobs": True, "top_logprobs": 3}),
    ({"tools": [TOOL], "tool_choice": "none"}, {"tools": [TOOL], "tool_choice": "none"}),
    ({"transforms": ["middle-out"]}, {"plugins": [{"id": "context-compression", "engine": "middle-out"}]}),
    ({"provider_order": ["simulated"]}, {"provider": {"order": ["simulated"]}}),
    ({"provider_allow_fallbacks": False}, {"provider": {"allow_fallbacks": False}}),
    ({"provider_require_parameters": True}, {"provider": {"require_parameters": True}}),
    ({"provider_data_collection": "deny"}, {"provider": {"data_collection": "deny"}}),
    ({"provider_ignore": ["other"]}, {"provider": {"ignore": ["other"]}}),
    ({"provider_quantizations": ["unknown", "bf16"]}, {"provider": {"quantizations": ["unknown", "bf16"]}}),
    ({"provider_sort": "throughput"}, {"provider": {"sort": "throughput"}}),
]
GO = """response_format stop max_tokens tools tool_choice temperature top_p top_k frequency_penalty presence_penalty
repetition_penalty seed logit_bias top_logprobs min_p top_a transforms models route provider provider_order
provider_allow_fallbacks provider_require_parameters provider_data_collection provider_ignore provider_quantizations
provider_sort"""


def test_no_field_is_forgotten() -> None:
    """`stream` is a method, `messages`, `prompt` and `model` have tests of their own."""
    tried = {*SAME, *(name for given, _ in OTHERWISE for name in given)}
    assert tried - {"logprobs"} == set(GO.split())


@pytest.mark.parametrize(
    ("given", "expected"), [*(({name: value}, {name: value}) for name, value in SAME.items()), *OTHERWISE]
)
def test_a_field_of_the_go_package_reaches_openrouter(sim, both, url, given, expected) -> None:
    """By name, at its place, in a body that OpenRouter published; and the answer comes."""
    client = both(base_url=url, api_key=KEY)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        chat = client.call("chat", "Hi", model=MODEL, **given)
    assert chat.choices
    body = sim.requests[-1].body
    wanted = dict(expected)
    if "response_format" in given:
        wanted["provider"] = {"require_parameters": True}
    assert body == {"model": MODEL, **wanted, "messages": [{"role": "user", "content": "Hi"}]}
    assert problems("ChatRequest", body) == []
