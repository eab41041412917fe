"""Windows on OpenRouter's answers: typed where they are well, None where they are not, and nothing lost."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from franca.errors import OutputInvalid
from franca.wire.chat import Chat
from franca.wire.headers import Headers
from franca.wire.message import Message
from franca.wire.openrouter.chat import (
    CacheState,
    RoutedChat,
    RoutedCompletion,
    RoutedCompletionEvent,
    RoutedEvent,
)
from franca.wire.openrouter.parts import Annotation, OutputAudio, OutputImage, ReasoningDetail

SAMPLE = Path(__file__).parent.parent / "wire_samples" / "openrouter" / "chat.txt"

METADATA = {
    "requested": "a/m:nitro",
    "strategy": "fallback",
    "attempt": 2,
    "attempts": [
        {"provider": "One", "model": "a/m-1", "status": 502},
        {"provider": "Two", "model": "a/m-1", "status": 200},
    ],
    "endpoints": {
        "total": 3,
        "available": [
            {"provider": "One", "model": "a/m-1", "selected": False},
            {"provider": "Two", "model": "a/m-1", "selected": True},
        ],
    },
    "is_byok": False,
    "region": None,
    "summary": "the second of three",
    "generation_time": 812,
    "params": {"version_group": "x"},
    "pipeline": [{"type": "plugin", "name": "web", "cost_usd": 0.02, "data": {"results": 5}, "new_field": 1}],
}

MESSAGE = {
    "role": "assistant",
    "content": "See [1].",
    "reasoning": "hm",
    "reasoning_details": [
        {"type": "reasoning.text", "text": "hm", "signature": "S", "format": "anthropic-claude-v1", "index": 0},
        {"type": "reasoning.server_tool_call", "tool_name": "t", "arguments": "{}", "result": "r", "tool_call_id": "c"},
    ],
    "annotations": [
        {
            "type": "url_citation",
            "url_citation": {"url": "https://e.org", "title": "E", "content": "…", "start_index": 4, "end_index": 7},
        },
        {"type": "url_citation", "url": "https://f.org", "title": "F", "start_index": 0, "end_index": 1},
        {"type": "file", "file": {"hash": "h", "name": "n.pdf", "content": []}},
    ],
    "images": [
        {"type": "image_url", "index": 0, "image_url": {"url": "data:image/png;base64,QUJD"}},
        {"type": "image_url", "image_url": {"url": "https://e.org/a.png"}},
    ],
    "audio": {"id": "a1", "data": "QUJD", "transcript": "hi", "expires_at": 9},
}

BODY: dict[str, Any] = {
    "id": "gen-body",
    "object": "chat.completion",
    "created": 5,
    "model": "a/m-1",
    "provider": "Two",
    "choices": [
        {
            "index": 0,
            "finish_reason": "error",
            "native_finish_reason": "failed",
            "error": {"code": 502, "message": "x"},
            "message": MESSAGE,
        }
    ],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "total_tokens": 12,
        "cost": 0.5,
        "is_byok": True,
        "cost_details": {
            "upstream_inference_cost": 0.25,
            "upstream_inference_prompt_cost": 0.125,
            "upstream_inference_completions_cost": 0.125,
            "server_tool_cost": 0.01,
        },
        "server_tool_use_details": {"tool_calls_requested": 3, "tool_calls_executed": 2, "web_search_requests": 1},
        "prompt_tokens_details": {"cached_tokens": 1, "cache_write_tokens": 2, "video_tokens": 3, "file_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 1, "image_tokens": 2, "video_tokens": 5},
    },
    "openrouter_metadata": METADATA,
    "safeguard_results": [{"type": "dangerous_tool_use"}],
    "alignment": {"calls": []},
    "something_new": [1],
}


def chat(headers: dict[str, str] | None = None, **changed: Any) -> RoutedChat:
    return RoutedChat({**BODY, **changed}, 200, Headers((headers or {}).items()), "openrouter")


def test_what_openrouter_says_of_an_answer_is_typed() -> None:
    got = chat()
    assert (got.provider, got.finish_reason, got.native_finish_reason) == ("Two", "error", "failed")
    assert got.choices[0].native_finish_reason == "failed"
    assert got.choices[0].error == {"code": 502, "message": "x"}
    assert got.safeguard_results == [{"type": "dangerous_tool_use"}]
    assert got.alignment == {"calls": []}
    assert got.extra == {"something_new": [1]}
    assert "provider='Two'" in repr(got)


def test_routing_is_typed() -> None:
    found = chat().openrouter_metadata
    assert found is not None
    assert (found.requested, found.strategy, found.attempt, found.summary) == (
        "a/m:nitro", "fallback", 2, "the second of three",
    )  # fmt: skip
    assert (found.is_byok, found.region, found.generation_time) == (False, None, 812)
    assert found.params == {"version_group": "x"}
    assert [(one.provider, one.status) for one in found.attempts] == [("One", 502), ("Two", 200)]
    assert found.endpoints is not None
    assert (found.endpoints.total, len(found.endpoints.available)) == (3, 2)
    assert found.selected is not None
    assert (found.selected.provider, found.selected.model) == ("Two", "a/m-1")
    [stage] = found.pipeline
    assert (stage.type, stage.name, stage.cost_usd, stage.data) == ("plugin", "web", 0.02, {"results": 5})
    assert stage.extra == {"new_field": 1}
    bare = chat(openrouter_metadata={"endpoints": None}).openrouter_metadata
    assert bare is not None
    assert (bare.selected, bare.attempts, bare.pipeline) == (None, [], [])
    none_chosen = chat(openrouter_metadata={"endpoints": {"available": [{"selected": None}]}}).openrouter_metadata
    assert none_chosen is not None
    assert none_chosen.selected is None
    assert chat(openrouter_metadata=None).openrouter_metadata is None


def test_usage_and_cost_are_typed() -> None:
    usage = chat().usage
    assert usage is not None
    assert (usage.cost, usage.is_byok) == (0.5, True)
    assert usage.cost_details is not None
    assert usage.cost_details.upstream_inference_cost == 0.25
    assert usage.cost_details.upstream_inference_prompt_cost == 0.125
    assert usage.cost_details.upstream_inference_completions_cost == 0.125
    assert usage.cost_details.server_tool_cost == 0.01
    tools = usage.server_tool_use
    assert tools is not None
    assert (tools.tool_calls_requested, tools.tool_calls_executed, tools.web_search_requests) == (3, 2, 1)
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens_details.video_tokens, usage.prompt_tokens_details.file_tokens) == (3, 4)
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.video_tokens == 5
    assert usage.extra == {}
    other = chat(usage={"server_tool_use": {"web_search_requests": 7}}).usage
    assert other is not None
    assert other.server_tool_use is not None
    assert other.server_tool_use.web_search_requests == 7
    assert other.extra == {}


def test_the_generation_is_that_of_the_header_else_of_the_body() -> None:
    """A server tool or a plugin may make several; the header names the one to ask for."""
    assert chat({"X-Generation-Id": "gen-head"}).generation_id == "gen-head"
    assert chat().generation_id == "gen-body"
    assert chat(id=None).generation_id is None
    assert chat(id=7).generation_id is None
    assert chat(id="").generation_id is None


def test_the_state_of_the_cache() -> None:
    headers = {
        "X-OpenRouter-Cache-Status": "HIT",
        "X-OpenRouter-Cache-Age": "12",
        "X-OpenRouter-Cache-TTL": "300",
        "X-OpenRouter-Cache-Source-Id": "gen-old",
    }
    found = chat(headers).cache
    assert found == CacheState("HIT", 12.0, 300.0, "gen-old")
    assert found is not None
    assert found.hit
    missed = chat({"x-openrouter-cache-status": "MISS", "x-openrouter-cache-ttl": "nan"}).cache
    assert missed == CacheState("MISS")
    assert missed is not None
    assert not missed.hit
    assert chat().cache is None


def test_citations_of_both_shapes_and_files() -> None:
    nested, flat, file = chat().annotations
    assert isinstance(nested, Annotation)
    assert (nested.type, nested.url, nested.title, nested.content) == ("url_citation", "https://e.org", "E", "…")
    assert (nested.start_index, nested.end_index) == (4, 7)
    assert (flat.url, flat.title, flat.start_index, flat.content) == ("https://f.org", "F", 0, None)
    assert (nested.extra, flat.extra, file.extra) == ({}, {}, {})
    assert (file.type, file.url) == ("file", None)
    assert file.file["name"] == "n.pdf"
    assert Annotation({"url_citation": {"start_index": "4", "url": 5}}).start_index is None


def test_images_and_audio_are_decoded_on_demand() -> None:
    inline, linked = chat().images
    assert (inline.content, inline.media_type, inline.index) == (b"ABC", "image/png", 0)
    assert (linked.content, linked.media_type, linked.url) == (None, None, "https://e.org/a.png")
    audio = chat().audio
    assert audio is not None
    assert (audio.content, audio.transcript, audio.id, audio.expires_at) == (b"ABC", "hi", "a1", 9)
    assert OutputAudio({}).content is None
    assert OutputImage({}).content is None
    drawn = OutputImage({"image_url": {"url": "data:image/svg+xml;utf8,%3Csvg%3E"}})
    assert (drawn.content, drawn.media_type) == (b"<svg>", "image/svg+xml")
    assert OutputImage({"image_url": {"url": "DATA:;BASE64,QUJD"}}).content == b"ABC"
    assert OutputImage({"image_url": {"url": "data:,QUJD"}}).media_type is None
    assert OutputImage({"image_url": {"url": "data:" + "x" * 999 + ",QUJD"}}).content is None
    for broken in (OutputImage({"image_url": {"url": "data:image/png;base64,*"}}), OutputAudio({"data": "QQ==*"})):
        with pytest.raises(OutputInvalid, match="no base64"):
            _ = broken.content
    assert "QUJD" not in repr(inline) + repr(audio)


def test_reasoning_is_typed_and_goes_back_as_it_came() -> None:
    thought, call = chat().reasoning_details
    assert isinstance(thought, ReasoningDetail)
    assert (thought.type, thought.text, thought.signature, thought.index) == ("reasoning.text", "hm", "S", 0)
    assert (thought.format, thought.id, thought.summary, thought.data) == ("anthropic-claude-v1", None, None, None)
    assert (call.tool_name, call.arguments, call.result, call.tool_call_id) == ("t", "{}", "r", "c")
    assert chat().reasoning == "hm"
    assert chat().message.to_dict() == MESSAGE


def test_an_event_is_typed() -> None:
    data = {**BODY, "choices": [{"index": 0, "native_finish_reason": "x", "delta": MESSAGE, "error": {"code": 1}}]}
    event = RoutedEvent({**data, "debug": {"echo_upstream_body": {"model": "m"}}})
    assert (event.provider, event.native_finish_reason) == ("Two", "x")
    assert (event.choices[0].error, event.choices[0].native_finish_reason) == ({"code": 1}, "x")
    assert event.choices[0].delta.annotations == event.annotations == chat().annotations
    assert event.images == chat().images
    assert event.reasoning_details == chat().reasoning_details
    assert event.delta.audio == chat().audio
    assert event.openrouter_metadata == chat().openrouter_metadata
    assert event.debug == {"echo_upstream_body": {"model": "m"}}
    assert event.content == "See [1]."
    empty = RoutedEvent({"choices": []})
    assert (empty.native_finish_reason, empty.images, empty.annotations, empty.debug) == (None, [], [], None)


def test_a_prompt_completion_is_typed() -> None:
    choice = {"index": 0, "text": "hi", "native_finish_reason": "x", "reasoning": "hm", "error": {"code": 2}}
    data = {**BODY, "choices": [choice]}
    whole = RoutedCompletion(data, 200, Headers([("x-generation-id", "g")]))
    event = RoutedCompletionEvent(data)
    for one in (whole, event):
        assert (one.provider, one.native_finish_reason, one.reasoning, one.text) == ("Two", "x", "hm", "hi")
        assert one.choices[0].error == {"code": 2}
        assert one.openrouter_metadata == chat().openrouter_metadata
        assert one.choices[0].extra == {}
    assert (whole.generation_id, whole.cache, whole.cost) == ("g", None, 0.5)
    assert RoutedCompletion({"choices": []}).reasoning is None


def test_every_client_sees_the_provider() -> None:
    """`Client("openrouter")` and proxies in front of it send the same fields."""
    data = json.loads(SAMPLE.read_bytes().partition(b"\r\n\r\n")[2] or SAMPLE.read_bytes().partition(b"\n\n")[2])
    plain = Chat(data)
    assert (plain.provider, plain.native_finish_reason) == ("Someone", "stop")
    assert plain.extra == {}
    assert Chat({"choices": []}).native_finish_reason is None


ODD = [None, 0, 1.5, True, "", "x", [], [1], [None], ["x"], {}, {"url": 1}, [{}], [{"type": 5}], {"content": {}}, 1e400]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_no_shape_makes_a_window_raise(odd: Any) -> None:
    """Whatever stands in a field, touching anything gives a value or None; the field itself stays reachable."""
    message = dict.fromkeys(MESSAGE, odd)
    names = [*BODY, *message]
    data = {**dict.fromkeys(BODY, odd), "choices": [{"message": message, "delta": message, "text": odd, "error": odd}]}
    for one in (RoutedChat(data), RoutedEvent(data), RoutedCompletion(data), RoutedCompletionEvent(data)):
        _touch(one)
        assert all(one[name] == data[name] for name in names if name in data)
        repr(one)


def _touch(window: Any) -> None:
    """Every property of a window, and of the windows below it."""
    for name in dir(type(window)):
        if not name.startswith("_") and isinstance(getattr(type(window), name), property):
            try:
                value = getattr(window, name)
            except OutputInvalid:
                assert name == "content"
                continue
            for below in value if isinstance(value, list) else [value]:
                if hasattr(type(below), "_named"):
                    _touch(below)


def test_the_same_data_is_equal_to_what_every_client_sees() -> None:
    """So a message is found in a history that another client, or another kind of answer, put together."""
    assert chat() == Chat(BODY)
    assert Chat(BODY) == chat()
    assert chat().message == Message(MESSAGE)
    assert chat() != Chat({**BODY, "id": "other"})
    assert RoutedEvent(BODY) != chat()


def test_answers_pickle_and_copy() -> None:
    got = chat({"X-Generation-Id": "gen-head"})
    for again in (pickle.loads(pickle.dumps(got)), copy.copy(got), copy.deepcopy(got)):
        assert type(again) is RoutedChat
        assert again == got
        assert (again.generation_id, again.status, again.server) == ("gen-head", 200, "openrouter")
    deep = copy.deepcopy(got)
    deep["choices"][0]["message"]["images"].clear()
    assert len(got.images) == 2
