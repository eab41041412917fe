"""What OpenRouter says of an answer, over real sockets: typed, and the same whether it was streamed or not."""

from __future__ import annotations

from typing import Any

import pytest

from franca import errors
from franca.wire.base import Window

WEB = [{"id": "web", "max_results": 2}]
TOLD = {"X-OpenRouter-Metadata": "enabled"}
DIFFERENT = ("id", "created", "debug", "openrouter_metadata")  # by request, by clock


def alike(chat: Any) -> dict[str, Any]:
    """What must be the same in two answers to one question; nulls of a message are left out by a stream."""
    data = {key: value for key, value in chat.to_dict().items() if key not in DIFFERENT}
    for choice in data["choices"]:
        if "message" in choice:
            choice["message"] = {key: value for key, value in choice["message"].items() if value is not None}
    return data


ASKED: dict[str, dict[str, Any]] = {
    "plain": {"model": "author/echo"},
    "web": {"model": "author/echo", "plugins": WEB},
    "server tool": {"model": "author/echo", "tools": [{"type": "openrouter:web_search"}]},
    "reasoning": {"model": "author/reason"},
    "signed": {"model": "author/reason-signed"},
    "encrypted": {"model": "author/reason-encrypted"},
    "summary": {"model": "author/reason-summary"},
    "images": {"model": "author/painter", "modalities": ["image", "text"]},
    "choices": {"model": "author/echo", "n": 2},
    "after a failure": {"model": "author/flaky"},
}


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_a_stream_says_what_a_whole_answer_says(router: Any, asked: dict[str, Any]) -> None:
    """Every field, to the last: provider, native finish reason, citations, images, reasoning, errors, cost."""
    whole = router.call("chat", "say this again", **asked)
    events, final = router.collect("chat_stream", "say this again", **asked)
    assert alike(final) == alike(whole)
    assert final.provider == whole.provider is not None
    assert {event.provider for event in events} == {final.provider}
    assert type(final) is type(whole)
    assert final.generation_id == final.id == final.headers["x-generation-id"]
    assert final.cost == whole.cost is not None


@pytest.mark.parametrize("method", ["chat", "completions"])
def test_what_came_of_a_failed_answer_is_typed_too(router: Any, method: str) -> None:
    """An error in a choice is raised with all that came; its `partial` is the same window with the same fields."""
    asked = {"model": "author/choice-502", "retries": 0}
    with pytest.raises(errors.ModelDown) as whole:
        router.call(method, "say this again please", **asked)
    with pytest.raises(errors.ModelDown) as streamed:
        router.collect(f"{method}_stream", "say this again please", **asked)
    parts = [caught.value.partial for caught in (whole, streamed)]
    assert parts[0].content == parts[1].content if method == "chat" else parts[0].text == parts[1].text
    for partial in parts:
        [choice] = partial.choices
        assert (choice.finish_reason, choice.error["code"]) == ("error", 502)
        assert choice.native_finish_reason is not None
        assert partial.provider is not None
        assert partial.generation_id == partial.id


def test_a_prompt_completion_says_the_same_streamed_and_whole(router: Any) -> None:
    whole = router.call("completions", "say this again", model="author/echo")
    _, final = router.collect("completions_stream", "say this again", model="author/echo")
    assert alike(final) == alike(whole)
    assert final.provider == whole.provider is not None
    assert (final.native_finish_reason, whole.native_finish_reason) == ("stop", "stop")
    assert final.generation_id == final.id


def test_what_went_on_behind_an_answer(router: Any) -> None:
    """The first provider failed, and the web was searched: told in the metadata, and paid for in the usage."""
    asked = {"model": "author/flaky", "plugins": WEB, "headers": TOLD}
    whole = router.call("chat", "hello", **asked)
    _, final = router.collect("chat_stream", "hello", **asked)
    for chat in (whole, final):
        found = chat.openrouter_metadata
        assert (found.attempt, [one.status for one in found.attempts]) == (2, [502, 200])
        assert found.selected.provider == chat.provider
        assert [(stage.type, stage.data["results"]) for stage in found.pipeline] == [("plugin", 2)]
        assert [one.url for one in chat.annotations] == [f"https://example.com/result-{n}" for n in (1, 2)]
        assert chat.usage.server_tool_use.web_search_requests == 1
        assert chat.usage.cost_details.server_tool_cost > 0
        assert chat.cost > chat.usage.cost_details.server_tool_cost
    assert router.call("chat", "hello", model="author/echo").openrouter_metadata is None


def test_the_cache_says_where_an_answer_is_from(router: Any) -> None:
    """The second of two equal requests is a hit: another generation, made by the first, and free."""
    text = f"ask once for {type(router).__name__}"
    asked = {"model": "author/echo", "headers": {**TOLD, "X-OpenRouter-Cache": "true", "X-OpenRouter-Cache-TTL": "60"}}
    first, second = (router.call("chat", text, **asked) for _ in range(2))
    assert (first.cache.status, first.cache.hit, first.cache.ttl, first.cache.source_id) == ("MISS", False, 60.0, None)
    assert (second.cache.status, second.cache.hit, second.cache.source_id) == ("HIT", True, first.generation_id)
    assert second.generation_id != first.generation_id
    assert (second.content, second.openrouter_metadata, second.cost) == (first.content, None, 0.0)
    assert router.call("chat", text, model="author/echo").cache is None


def test_an_image_is_bytes(router: Any) -> None:
    [image] = router.call("chat", "paint", model="author/painter", modalities=["image", "text"]).images
    assert image.media_type == "image/png"
    assert image.content.startswith(b"\x89PNG")


def test_the_body_that_the_provider_got_is_told_at_the_beginning(router: Any) -> None:
    debug = {"echo_upstream_body": True}
    events, final = router.collect("chat_stream", "hello", model="author/echo", debug=debug)
    assert events[0].choices == []
    assert events[0].debug["echo_upstream_body"]["messages"] == [{"role": "user", "content": "hello"}]
    assert final.debug == events[0].debug


@pytest.mark.parametrize("model", ["reason", "reason-signed", "reason-encrypted", "reason-summary"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_reasoning_goes_back_as_it_came(sim: Any, router: Any, model: str, streamed: bool) -> None:
    """The message itself goes into the next request, its signed and encrypted pieces unchanged and in order."""
    said = [{"role": "user", "content": "think about it"}]
    asked = {"model": f"author/{model}"}
    chat = router.collect("chat_stream", said, **asked)[1] if streamed else router.call("chat", said, **asked)
    assert chat.reasoning_details
    router.call("chat", [*said, chat.message, {"role": "user", "content": "go on"}], model="author/echo")
    back = sim.requests[-1].body["messages"][1]
    assert back["reasoning_details"] == [detail.to_dict() for detail in chat.reasoning_details]
    assert back["content"] == chat.content


def nameless(window: Any, path: str) -> list[str]:
    """Fields of a window, and of all windows below it, that have no name in them."""
    found = [f"{path}.{name}" for name in window.extra]
    for name in dir(type(window)):
        if isinstance(getattr(type(window), name), property) and not name.startswith("_"):
            value = getattr(window, name)
            for below in value if isinstance(value, list) else [value]:
                if isinstance(below, Window):
                    found += nameless(below, f"{path}.{name}")
    return found


def listed(router: Any, method: str, *args: Any) -> list[Any]:
    """All entries of a list, whether it comes in pages or at once."""
    found = router.call(method, *args)
    return list(router.do(lambda _: found.all()) if hasattr(found, "all") else found)


def test_everything_that_is_told_has_a_name(sim: Any, both: Any, url: str) -> None:
    """Of all that the simulated OpenRouter tells, nothing is left to `extra`."""
    router = both(base_url=url)
    manager = both(base_url=url, api_key="sk-or-v1-management")
    asked = {"plugins": WEB, "headers": TOLD}
    chats = [router.call("chat", "hello", model=f"author/{name}", **asked) for name in ("flaky", "reason", "painter")]
    events, final = router.collect("chat_stream", "hello", model="author/reason-signed", **asked)
    told: dict[str, list[Any]] = {
        "chat": [*chats, final],
        "event": events,
        "completion": [router.call("completions", "hello", model="author/echo")],
        "generation": [router.call("generation", chats[0].generation_id)],
        "model": listed(router, "models"),
        "endpoints": [router.call("model_endpoints", "author/echo")],
        "provider": listed(router, "providers"),
        "endpoint": listed(router, "zdr_endpoints"),
        "key": [router.call("key")],
        "credits": [manager.call("credits")],
        "activity": listed(manager, "activity"),
        "ranking": [router.call("rerank", "q", ["a", "b"], model="east/reranker")],
        "images": [router.call("images", "a harbour", model="east/painter")],
        "image model": listed(router, "image_models"),
    }
    for name, windows in told.items():
        assert windows, name
        for window in windows:
            assert nameless(window, name) == []
