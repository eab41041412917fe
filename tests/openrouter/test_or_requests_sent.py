"""What really goes over the wire to OpenRouter: each body, caught at the other end, is one that it published."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

import franca
from franca.errors import NotFound
from franca.simulator import Simulator
from franca.wire.openrouter.params import StopCondition, WebSearchTool

from .conftest import KEY
from .published import problems

MODEL = "author/echo"
WEB: WebSearchTool = {"type": "openrouter:web_search", "parameters": {"max_results": 2}}
STOP: StopCondition = {"type": "step_count_is", "step_count": 2}
ROUTED: dict[str, Any] = {
    "provider": {"sort": "price", "data_collection": "deny", "max_price": {"prompt": 1000, "completion": "1000"}},
    "plugins": [{"id": "response-healing"}],
    "reasoning": {"effort": "low"},
    "models": ["author/lorem"],
    "session_id": "s",
    "trace": {"trace_id": "t", "mine": 1},
    "top_k": 40,
    "min_p": 0.1,
    "top_a": 0.1,
    "repetition_penalty": 1.1,
    "usage": {"include": True},
    "cache_control": {"type": "ephemeral"},
}
JSON = {"type": "json_object"}


def last(sim: Simulator, path: str = "/chat/completions") -> dict[str, Any]:
    """The body of the last request to this path."""
    body: dict[str, Any] = next(seen.body for seen in reversed(list(sim.requests)) if seen.path.endswith(path))
    return body


def test_a_chat(router, sim) -> None:
    """Whole and streamed: as written, and as published."""
    chat = router.call("chat", "Hi", model=MODEL, **ROUTED)
    assert chat.content
    assert chat.adapted == ()
    body = last(sim)
    assert {name: body[name] for name in ROUTED} == ROUTED
    assert problems("ChatRequest", body) == []
    events, whole = router.collect("chat_stream", "Hi", model=MODEL, debug={"echo_upstream_body": True}, **ROUTED)
    assert events
    assert whole.content == chat.content
    assert last(sim)["stream"] is True
    assert problems("ChatRequest", last(sim)) == []


def test_flat_keys_are_moved_with_a_warning(router, sim) -> None:
    """By name and in `extra`; each is told as a change too."""
    with pytest.warns(FutureWarning, match=r"provider_sort, provider_zdr: OpenRouter takes these in"):
        chat = router.call("chat", "Hi", model=MODEL, provider_sort="price", extra={"provider_zdr": False})
    assert last(sim)["provider"] == {"sort": "price", "zdr": False}
    assert [change.field for change in chat.adapted] == ["provider_zdr", "provider_sort"]
    assert problems("ChatRequest", last(sim)) == []


def test_transforms_are_sent_as_the_plugin(router, sim) -> None:
    """And the answer comes."""
    chat = router.call("chat", "Hi", model=MODEL, transforms=["middle-out"])
    assert chat.content
    assert problems("ChatRequest", last(sim)) == []
    assert last(sim)["plugins"] == [{"id": "context-compression", "engine": "middle-out"}]


def test_a_response_format_requires_parameters(router, sim) -> None:
    """By itself, unless the caller says otherwise."""
    chat = router.call("chat", "Hi", model=MODEL, response_format=JSON)
    assert last(sim)["provider"] == {"require_parameters": True}
    assert [str(change) for change in chat.adapted] == [
        "add provider.require_parameters true, as a response_format is asked for (table)"
    ]
    router.call("chat", "Hi", model=MODEL, response_format=JSON, provider={"require_parameters": False})
    assert last(sim)["provider"] == {"require_parameters": False}


def test_the_plain_client_sends_the_same(router, sim, url) -> None:
    """`Client("openrouter")` has no names for these fields, but the same row."""
    fields = {"provider_sort": "price", "transforms": [], "response_format": JSON}
    with pytest.warns(FutureWarning):
        router.call("chat", "Hi", model=MODEL, **fields)
    routed = last(sim)
    row = franca.SERVERS["openrouter"].at(url)
    with franca.Client(row, api_key=KEY, model=MODEL) as client:
        client.chat("Hi", response_format=JSON, extra={"provider_sort": "price", "transforms": []})
    assert last(sim) == routed


def test_a_list_of_models_is_model_enough(router, sim) -> None:
    """The field `model` is left out then."""
    assert router.call("chat", "Hi", models=[MODEL]).content
    assert "model" not in last(sim)
    assert last(sim)["models"] == [MODEL]


def test_without_any_model_the_account_says_which(router, sim) -> None:
    """No model of franca's own making is sent, whole or streamed; names with a suffix are sent as they are."""
    assert router.call("chat", "Hi").content
    assert last(sim).keys() == {"messages"}
    assert router.collect("chat_stream", "Hi")[1].content
    assert "model" not in last(sim)
    assert router.call("chat", "Hi", model=f"{MODEL}:nitro").content
    assert last(sim)["model"] == f"{MODEL}:nitro"


def test_a_tool_loop_with_tools_of_openrouter(router, sim) -> None:
    """Both kinds of tools travel, on every turn."""

    def weather(city: str) -> str:
        """The weather in a city."""
        return f"rain in {city}"

    router.call("run_tools", "How is it?", [weather, WEB], model="author/tools", stop_server_tools_when=[STOP])
    body = last(sim)
    assert [tool["type"] for tool in body["tools"]] == ["function", "openrouter:web_search"]
    assert body["messages"][-1]["role"] == "tool"
    # The answer goes back as it came, with fields that are the server's own.
    assert [one for one in problems("ChatRequest", body) if not one.startswith("messages[1].")] == []


def test_a_history_that_openrouter_wrote_goes_back(router, sim) -> None:
    """With reasoning and its details as they came: as published."""
    first = router.call("chat", "Hi", model="author/reason", reasoning={"effort": "low"})
    router.call("chat", [{"role": "user", "content": "Hi"}, first.message, "And now?"], model="author/reason")
    body = last(sim)
    assert body["messages"][1]["reasoning"] == first.reasoning
    assert body["messages"][1]["reasoning_details"] == first["choices"][0]["message"]["reasoning_details"]
    assert problems("ChatRequest", body) == []


def test_completions_and_embeddings(router, sim) -> None:
    """Prompt completions are not in the document; their routing is that of chats."""
    router.call("completions", "Once", model=MODEL, top_k=3, provider={"sort": "price"}, max_tokens=5)
    body = last(sim, "/completions")
    assert body.pop("prompt") == "Once"
    assert problems("ChatRequest", {**body, "messages": []}) == []
    named = router.do(lambda client: client.embedding_models().all())[0].id
    router.call("embeddings", ["a", "b"], model=named, provider={"sort": "price"}, session_id="s")
    body = last(sim, "/embeddings")
    assert problems("CreateEmbeddingsRequestBody", body) == []


BESIDE: list[tuple[str, str, str, tuple[Any, ...], dict[str, Any]]] = [
    (
        "rerank", "/rerank", "CreateRerankRequestBody", ("q", ["a", {"text": "b"}]),
        {"model": "author/rerank", "top_n": 1, "provider": {"sort": "price"}, "session_id": "s", "trace": {"mine": 1}},
    ),
    (
        "images", "/images", "ImageGenerationRequest", ("a cat",),
        {"model": "author/sketcher", "n": 1, "aspect_ratio": "16:9", "input_references": ["https://example.com/a.png"]},
    ),
    (
        "speech", "/audio/speech", "SpeechRequest", ("Hello",),
        {"model": "author/speaker", "voice": "alloy", "response_format": "pcm", "speed": 1.5},
    ),
    (
        "transcriptions", "/audio/transcriptions", "STTRequest", (b"RIFF\x00\x00\x00\x00WAVEfmt ",),
        {"model": "author/listener", "response_format": "verbose_json", "timestamp_granularities": ["word"]},
    ),
    ("generation_feedback", "/generation/feedback", "SubmitGenerationFeedbackRequest", ("gen-1", "latency"), {}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "name", "args", "params"), BESIDE, ids=lambda value: str(value)[:12])
def test_what_is_no_chat(
    router, sim, method: str, path: str, name: str, args: tuple[Any, ...], params: dict[str, Any]
) -> None:
    """Whatever the answer: the body is as published."""
    with suppress(franca.StatusError):  # no such model or generation here: what counts is what was sent
        router.call(method, *args, **params)
    assert problems(name, last(sim, path)) == []


def test_keys_are_made_and_changed_as_published(both, url, sim) -> None:
    """Limits, and the dates on which they end."""
    client = both(api_key="sk-or-v1-management", base_url=url)
    made = client.do(lambda one: one.keys.create("mine", limit=5, limit_reset="daily", include_byok_in_limit=True))
    assert problems("CreateKeysRequestBody", last(sim, "/keys")) == []
    client.do(lambda one: one.keys.update(made.hash, disabled=True, limit=None, name="yours"))
    assert problems("UpdateKeysRequestBody", last(sim, made.hash)) == []


def test_a_fallback_to_another_server_is_sent_nothing_of_it(both, sim) -> None:
    """What it cannot know is left out, and told; how much to think is said in its words."""
    client = both(base_url=sim.dialect("openrouter"), fallbacks=[(sim.url, "echo")], retries=0)
    chat = client.call(
        "chat", "Hi", model="author/no-such-model", provider={"sort": "price"}, reasoning={"effort": "low"}, top_k=3
    )
    assert chat.content
    assert sim.requests[-1].path == "/v1/chat/completions"
    assert sim.requests[-1].body.keys() == {"model", "messages", "top_k", "reasoning_effort"}
    assert [str(change) for change in chat.adapted] == [
        "drop provider only OpenRouter has it (table)",
        'rewrite reasoning as reasoning_effort="low" (table)',
    ]


def test_what_cannot_be_meant_is_not_sent(router, sim) -> None:
    """A wrong kind, or a name misspelt: before any socket."""
    before = len(sim.requests)
    for wrong in ({"provider": {"order": "openai"}}, {"plugins": ["web"]}, {"reasoning": "high"}, {"plugin": []}):
        with pytest.raises(franca.BadUsage):
            router.call("chat", "Hi", model=MODEL, **wrong)
    assert len(sim.requests) == before


def test_a_demand_that_nobody_asked_for_is_in_the_error(router) -> None:
    """Nobody serves a format for this model: the 404 alone would speak of parameters that the caller never required."""
    with pytest.raises(NotFound, match=r"provider\.require_parameters added by franca\)$") as caught:
        router.call("chat", "Hi", model="acme/poet", response_format=JSON)
    assert [change.field for change in caught.value.adapted] == ["provider.require_parameters"]
    with pytest.raises(NotFound) as asked_for:
        router.call("chat", "Hi", model="acme/poet", seed=1, provider={"require_parameters": True})
    assert "by franca" not in str(asked_for.value)
