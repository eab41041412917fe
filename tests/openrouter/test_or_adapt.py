"""What the row of OpenRouter does to a body: flat keys into `provider`, transforms as a plugin, and a response format
only where it is honoured. So `Client("openrouter")` and `OpenRouter` send the same."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from franca.adapt import adapted
from franca.servers import SERVERS

from .published import problems

ROW = SERVERS["openrouter"]
JSON = {"type": "json_object"}


def sent(**fields: Any) -> tuple[dict[str, Any], list[str]]:
    """The fields as they are sent, and what is told of the changes. Nothing that was given is touched; what is sent
    stays as it is when it is adapted again, and is what OpenRouter published."""
    body = {"model": "openai/gpt-5", **fields, "messages": [{"role": "user", "content": "Hi"}]}
    before = copy.deepcopy(body)
    made, changes = adapted(body, ROW, "openai/gpt-5")
    assert body == before
    assert adapted(made, ROW, "openai/gpt-5") == (made, ())
    assert list(made)[-1] == "messages"
    return {name: value for name, value in made.items() if name not in ("model", "messages")}, [
        str(change).removesuffix(" (table)") for change in changes
    ]


def test_flat_keys_go_into_provider() -> None:
    """Those of the Go package, and the other fields that `provider` has."""
    flat = {
        "provider_order": ["a", "b"],
        "provider_allow_fallbacks": False,
        "provider_require_parameters": True,
        "provider_data_collection": "deny",
        "provider_ignore": ["c"],
        "provider_quantizations": ["int4"],
        "provider_sort": "price",
        "provider_zdr": True,
        "provider_max_price": {"prompt": "1"},
    }
    made, told = sent(**flat)
    assert made == {"provider": {name.removeprefix("provider_"): value for name, value in flat.items()}}
    assert sorted(told) == sorted(f"rename {name} to {name.replace('_', '.', 1)}" for name in flat)
    assert problems("ChatRequest", {"messages": [], **made}) == []


def test_what_provider_says_stands() -> None:
    """The flat key beside it is left out; other names are put beside what is there, in a copy."""
    provider = {"sort": "latency"}
    made, told = sent(provider=provider, provider_sort="price", provider_zdr=True)
    assert made == {"provider": {"sort": "latency", "zdr": True}}
    assert provider == {"sort": "latency"}
    assert told == ["rename provider_zdr to provider.zdr", "drop provider_sort the provider.sort that was given stands"]
    assert sent(provider="x", provider_sort="price")[0] == {"provider": "x"}


def test_other_fields_that_begin_so_are_nobody_s() -> None:
    """Only fields that `provider` has are moved."""
    assert sent(provider_name="x") == ({"provider_name": "x"}, [])


@pytest.mark.parametrize(
    ("fields", "made", "told"),
    [
        (
            {"transforms": ["middle-out"]},
            {"plugins": [{"id": "context-compression", "engine": "middle-out"}]},
            ["rewrite transforms as the plugin context-compression"],
        ),
        (
            {"transforms": []},
            {"plugins": [{"id": "context-compression", "enabled": False}]},
            ["rewrite transforms as the plugin context-compression, turned off"],
        ),
        (
            {"transforms": ("middle-out",), "plugins": [{"id": "web"}]},
            {"plugins": [{"id": "web"}, {"id": "context-compression", "engine": "middle-out"}]},
            ["rewrite transforms as the plugin context-compression"],
        ),
        (
            {"transforms": [], "plugins": [{"id": "context-compression"}]},
            {"plugins": [{"id": "context-compression"}]},
            ["drop transforms the plugin context-compression is there"],
        ),
        ({"transforms": ["inside-out"]}, {"transforms": ["inside-out"]}, []),
        ({"transforms": "middle-out"}, {"transforms": "middle-out"}, []),
        ({"transforms": None}, {"transforms": None}, []),
        ({"transforms": [], "plugins": "web"}, {"transforms": [], "plugins": "web"}, []),
    ],
)
def test_transforms_are_a_plugin_by_now(fields: dict[str, Any], made: dict[str, Any], told: list[str]) -> None:
    """Turned on, or off by an empty list; what nobody knows is sent as it is."""
    assert sent(**fields) == (made, told)


@pytest.mark.parametrize(
    "asked",
    [JSON, {"type": "json_schema", "json_schema": {"name": "x"}}, {"type": "grammar", "grammar": "x"}],
    ids=lambda asked: asked["type"],
)
def test_a_response_format_goes_only_where_it_is_honoured(asked: dict[str, Any]) -> None:
    """Without `require_parameters` a provider that does not know formats may be chosen, and would pass it over."""
    made, told = sent(response_format=asked)
    assert made == {"response_format": asked, "provider": {"require_parameters": True}}
    assert told == ["add provider.require_parameters true, as a response_format is asked for"]
    made, _ = sent(response_format=asked, provider={"sort": "price"})
    assert made["provider"] == {"sort": "price", "require_parameters": True}


@pytest.mark.parametrize("said", [False, True, None])
def test_the_caller_s_word_on_it_stands(said: bool | None) -> None:
    """Whatever it is, also as a flat key."""
    assert sent(response_format=JSON, provider={"require_parameters": said}) == (
        {"response_format": JSON, "provider": {"require_parameters": said}},
        [],
    )
    made, told = sent(response_format=JSON, provider_require_parameters=said)
    assert made["provider"] == {"require_parameters": said}
    assert told == ["rename provider_require_parameters to provider.require_parameters"]


@pytest.mark.parametrize("asked", [{"type": "text"}, None, "json_object", {}, {"type": 1}])
def test_without_a_format_nothing_is_required(asked: Any) -> None:
    """Text is what comes anyway."""
    assert sent(response_format=asked) == ({"response_format": asked}, [])


def test_prompt_completions_too() -> None:
    """They are routed by the same object."""
    body = {"model": "m", "provider_sort": "price", "response_format": JSON, "prompt": "x"}
    made, changes = adapted(body, ROW, "m")
    assert made["provider"] == {"sort": "price", "require_parameters": True}
    assert len(changes) == 2


def test_the_greatest_effort_is_said_like_the_others() -> None:
    """In `reasoning`, beside what the caller put there."""
    made, _ = sent(reasoning_effort="max", reasoning={"exclude": True})
    assert made == {"reasoning": {"exclude": True, "effort": "max"}}


def test_only_openrouter_s_row_does_so() -> None:
    """Another server is sent what was written."""
    body = {"model": "m", "transforms": [], "provider_order": ["a"], "messages": []}
    for row in SERVERS.values():
        if row.name != "openrouter":
            assert adapted(body, row, "m") == (body, ()), row.name
