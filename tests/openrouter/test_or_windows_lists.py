"""Windows on OpenRouter's catalogue, account, generations and media: every field, and what else stands there."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from franca.errors import OutputInvalid, ProtocolError
from franca.wire.base import Window
from franca.wire.headers import Headers
from franca.wire.openrouter.account import ActivityRow, ApiKey, Credits, KeyInfo
from franca.wire.openrouter.catalogue import (
    PARAMETERS,
    Architecture,
    Endpoint,
    ModelEndpoints,
    Provider,
    RoutedModel,
)
from franca.wire.openrouter.generation import Generation, GenerationContent
from franca.wire.openrouter.media import Image, Images, Ranking, Speech, Transcription
from franca.wire.openrouter.pricing import Pricing
from franca.wire.openrouter.read import read_list, read_object, read_one

SECRET = "sk-or-v1-0123456789abcdef"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


# ---- reading -------------------------------------------------------------------------------------


def test_lists_and_objects_stand_under_data() -> None:
    models = read_list({"data": [{"id": "a/m"}, {"id": "b/n"}], "total_count": 2}, RoutedModel)
    assert [model.id for model in models] == ["a/m", "b/n"]
    assert read_list({"data": None}, Provider) == []
    answer = read_one({"data": {"total_credits": 3}}, Credits, 200, Headers([("x-request-id", "r")]), "openrouter")
    assert (answer.total_credits, answer.status, answer.request_id, answer.server) == (3.0, 200, "r", "openrouter")
    assert read_object({"data": {"count": 4}}, "count") == {"count": 4}


@pytest.mark.parametrize("answer", [None, [], [{}], "x", {}, {"models": []}, {"data": {}}, {"data": [5]}], ids=repr)
def test_what_is_no_list_is_an_error_that_says_so(answer: Any) -> None:
    with pytest.raises(ProtocolError, match=r"no list of Endpoint"):
        read_list(answer, Endpoint)


@pytest.mark.parametrize("answer", [None, [], {}, {"data": []}, {"data": None}], ids=repr)
def test_what_is_no_object_is_an_error_that_says_so(answer: Any) -> None:
    with pytest.raises(ProtocolError, match="no Generation: expected an object"):
        read_one(answer, Generation)


# ---- catalogue -----------------------------------------------------------------------------------

MODEL: dict[str, Any] = {
    "id": "a/m",
    "canonical_slug": "a/m-2026",
    "name": "A: M",
    "created": 5,
    "description": "good",
    "context_length": 1000,
    "architecture": {
        "input_modalities": ["text", "image", 5],
        "output_modalities": ["text"],
        "modality": "text+image->text",
        "tokenizer": "GPT",
        "instruct_type": None,
    },
    "pricing": {
        "prompt": "0.0000025",
        "completion": 0.00001,
        "request": "0",
        "image": "-1",
        "web_search": "odd",
        "audio": True,
        "internal_reasoning": "nan",
        "image_token": "1e999",
        "discount": 0.25,
        "overrides": [
            {"min_prompt_tokens": 200000, "prompt": "0.000005"},
            {"utc_start": 1630, "utc_end": 30, "utc_days": ["monday"], "completion": "0.1"},
        ],
    },
    "top_provider": {"context_length": 900, "max_completion_tokens": 50, "is_moderated": True},
    "supported_parameters": ["tools", "structured_outputs"],
    "default_parameters": {"temperature": 0.5},
    "reasoning": {"mandatory": False, "default_effort": "high", "supported_efforts": ["high", None]},
    "alias_target": {"slug": "a/m-2", "name": "M 2"},
    "expiration_date": "2026-12-31",
    "knowledge_cutoff": "2026-01-31",
    "new_field": 1,
}


def test_a_model_is_typed() -> None:
    model = RoutedModel(MODEL)
    assert (model.id, model.name, model.canonical_slug, model.created) == ("a/m", "A: M", "a/m-2026", 5)
    assert (model.context_length, model.context_field) == (1000, "context_length")
    assert model.architecture == Architecture(MODEL["architecture"])
    assert model.architecture is not None
    assert model.architecture.input_modalities == ["text", "image"]
    assert (model.max_completion_tokens, RoutedModel({}).max_completion_tokens) == (50, None)
    assert model.reasoning is not None
    assert (model.reasoning.mandatory, model.reasoning.supported_efforts) == (False, ["high"])
    assert model.alias_target is not None
    assert (model.alias_target.slug, model.alias_target.name) == ("a/m-2", "M 2")
    assert (model.expiration_date, model.knowledge_cutoff) == ("2026-12-31", "2026-01-31")
    assert model.extra == {"new_field": 1}


def test_what_a_model_supports_is_yes_no_or_not_told() -> None:
    assert RoutedModel(MODEL).supports("structured_outputs") is True
    assert RoutedModel(MODEL).supports("top_k") is False
    assert RoutedModel({"id": "a/m"}).supports("tools") is None
    pictures = RoutedModel({"id": "a/p", "supported_parameters": {"seed": {"type": "range"}}})
    assert (pictures.supports("seed"), pictures.supports("n"), pictures.supported_parameters) == (True, False, ["seed"])
    assert len(PARAMETERS) == 26


def test_prices_are_numbers_and_never_below_zero() -> None:
    """ "-1" is OpenRouter's word for a price that depends on where the request goes: no number at all."""
    pricing = RoutedModel(MODEL).pricing
    assert pricing is not None
    assert (pricing.prompt, pricing.completion, pricing.request) == (0.0000025, 0.00001, 0.0)
    assert (pricing.image, pricing.web_search, pricing.audio) == (None, None, None)
    assert (pricing.internal_reasoning, pricing.image_token, pricing.input_cache_read) == (None, None, None)
    assert Pricing({"prompt": 10**400}).prompt is None
    assert (pricing["image"], pricing.discount) == ("-1", 0.25)
    long, night = pricing.overrides
    assert (long.min_prompt_tokens, long.prompt, long.utc_days) == (200000.0, 0.000005, [])
    assert (night.utc_start, night.utc_end, night.utc_days, night.completion) == (1630, 30, ["monday"], 0.1)


def test_endpoints_are_typed() -> None:
    one = {
        "name": "P | a/m",
        "provider_name": "P",
        "tag": "p/fp8",
        "model_id": "a/m",
        "quantization": "fp8",
        "context_length": 900,
        "max_prompt_tokens": None,
        "pricing": {"prompt": "0.1"},
        "supported_parameters": ["tools"],
        "status": -2,
        "uptime_last_30m": 99.5,
        "latency_last_30m": {"p50": 300, "p99": 2000.5},
        "throughput_last_30m": None,
        "supports_implicit_caching": False,
    }
    found = ModelEndpoints({"id": "a/m", "name": "M", "endpoints": [one, {"supported_parameters": ["tools", "top_k"]}]})
    first = found.endpoints[0]
    assert (first.tag, first.provider_name, first.quantization, first.status) == ("p/fp8", "P", "fp8", -2)
    assert first.pricing == {"prompt": "0.1"}
    assert first.latency_last_30m is not None
    assert (first.latency_last_30m.p50, first.latency_last_30m.p99, first.throughput_last_30m) == (300.0, 2000.5, None)
    assert first.extra == {}
    assert (first.supports("tools"), first.supports("top_k"), Endpoint({}).supports("tools")) == (True, False, None)
    assert (found.supports("tools"), found.supports("top_k")) == (True, False)
    assert ModelEndpoints({"endpoints": []}).supports("tools") is None
    assert ModelEndpoints({"endpoints": [one, {}]}).supports("tools") is None


def test_providers_are_typed() -> None:
    provider = Provider({"name": "P", "slug": "p", "headquarters": "NZ", "datacenters": ["US", "NZ"]})
    assert (provider.slug, provider.headquarters, provider.datacenters) == ("p", "NZ", ["US", "NZ"])
    assert (provider.privacy_policy_url, Provider({}).datacenters) == (None, [])


# ---- account -------------------------------------------------------------------------------------


def test_credits_say_what_is_left() -> None:
    assert Credits({"total_credits": 10, "total_usage": 12.5}).remaining == -2.5
    assert Credits({"total_credits": 10}).remaining is None
    assert "remaining=-2.5" in repr(Credits({"total_credits": 10, "total_usage": 12.5}))


def test_the_key_that_asks_is_typed() -> None:
    budget = {"scope": "key_limit", "limit_usd": 5, "remaining_usd": 1, "spend_usd": 4, "reset_interval": "daily"}
    info = KeyInfo(
        {
            "label": "sk-or-v1-012...def",
            "limit": 5,
            "limit_remaining": 1.5,
            "usage": 3.5,
            "byok_usage_daily": 1,
            "is_free_tier": False,
            "is_management_key": True,
            "free_model_daily_requests": {"limit": 50, "used": 7, "remaining": 43},
            "budgets": [budget],
            "effective_budget": budget,
            "allowed_data_regions": ["global"],
            "rate_limit": {"requests": -1},
        }
    )
    assert (info.limit, info.limit_remaining, info.usage, info.byok_usage_daily) == (5.0, 1.5, 3.5, 1.0)
    assert (info.is_free_tier, info.is_management_key, info.allowed_data_regions) == (False, True, ["global"])
    assert info.free_model_daily_requests is not None
    assert info.free_model_daily_requests.remaining == 43
    assert info.effective_budget == info.budgets[0]
    assert (info.budgets[0].scope, info.budgets[0].remaining_usd) == ("key_limit", 1.0)
    assert info.extra == {}


def test_a_new_key_is_shown_by_nothing_but_its_attribute() -> None:
    """The text of a key is in no repr, dict or pickle; a copy in the same process keeps it."""
    made = ApiKey({"hash": "h", "name": "n", "label": "sk-or-v1-012...def", "disabled": False}, 201, key=SECRET)
    assert made.key == SECRET
    assert (made.hash, made.name, made.disabled, made.status) == ("h", "n", False, 201)
    again = pickle.loads(pickle.dumps(made))
    assert (again.key, again, again.status) == (None, made, 201)
    for shown in (repr(made), str(made.to_dict()), str(made.extra), pickle.dumps(made).decode("latin-1")):
        assert SECRET not in shown
    for copied in (copy.copy(made), copy.deepcopy(made)):
        assert (copied.key, copied) == (SECRET, made)
    assert ApiKey({"hash": "h"}).key is None


def test_activity_is_typed() -> None:
    row = ActivityRow({"date": "2026-11-20", "model": "a/m", "requests": 3, "usage": 0.5, "cached_tokens": 2})
    assert (row.date, row.model, row.requests, row.usage, row.cached_tokens) == ("2026-11-20", "a/m", 3, 0.5, 2)


# ---- generations ---------------------------------------------------------------------------------

OLD = (
    "id total_cost created_at model origin usage is_byok upstream_id cache_discount app_id streamed cancelled"
    " provider_name latency moderation_latency generation_time finish_reason native_finish_reason tokens_prompt"
    " tokens_completion native_tokens_prompt native_tokens_completion native_tokens_reasoning num_media_prompt"
    " num_media_completion num_search_results"
)
"""The fields of the Go package's GenerationStats."""
WORDS = ["id", "created_at", "model", "origin", "upstream_id", "provider_name", "finish_reason", "native_finish_reason"]
FLAGS = ["is_byok", "streamed", "cancelled"]


@pytest.mark.parametrize("name", OLD.split())
def test_every_field_of_the_go_struct_is_there(name: str) -> None:
    """With its type, and None when OpenRouter sends null."""
    value: Any = "x" if name in WORDS else True if name in FLAGS else 3
    assert getattr(Generation({name: value}), name) == value
    assert getattr(Generation({name: None}), name) is None
    assert Generation({name: value}).extra == {}


def test_a_generation_is_typed() -> None:
    answers = [{"provider_name": "One", "status": 502, "latency": 80}, {"provider_name": "Two", "status": 200}]
    got = read_one(
        {
            "data": {
                "id": "gen-1",
                "total_cost": 0.25,
                "cache_discount": -0.01,
                "latency": 812,
                "provider_responses": answers,
                "request_id": "req-body",
                "session_id": "s",
                "response_cache_source_id": "gen-0",
                "data_region": "europe",
            }
        },
        Generation,
        200,
        Headers([("x-request-id", "req-head")]),
    )
    assert (got.total_cost, got.cache_discount, got.latency) == (0.25, -0.01, 812.0)
    assert [(one.provider_name, one.status, one.latency) for one in got.provider_responses] == [
        ("One", 502, 80.0),
        ("Two", 200, None),
    ]
    assert (got.session_id, got.response_cache_source_id, got.data_region) == ("s", "gen-0", "europe")
    assert (got.request_id, got.headers.request_id) == ("req-body", "req-head")
    assert pickle.loads(pickle.dumps(got)).id == "gen-1"


def test_the_content_of_a_generation_is_typed() -> None:
    failed = {"status": 502, "message": "no", "previous_errors": [{"code": 429, "provider_name": "One"}]}
    got = GenerationContent(
        {"input": {"messages": [{"role": "user"}]}, "output": {"completion": "c", "reasoning": None}, "error": failed}
    )
    assert (got.messages, got.prompt, got.completion, got.reasoning) == ([{"role": "user"}], None, "c", None)
    assert got.error is not None
    assert (got.error.status, got.error.message) == (502, "no")
    assert (got.error.previous_errors[0].code, got.error.previous_errors[0].provider_name) == (429, "One")
    old = GenerationContent({"input": {"prompt": "p"}, "output": None})
    assert (old.messages, old.prompt, old.completion, old.reasoning, old.error) == ([], "p", None, None, None)
    assert GenerationContent({"output": {"reasoning": "r"}}).reasoning == "r"


# ---- media ---------------------------------------------------------------------------------------


def test_a_ranking_is_typed() -> None:
    got = Ranking(
        {
            "id": "gen-1",
            "model": "c/rerank",
            "provider": "C",
            "results": [
                {"index": 2, "relevance_score": 0.9, "document": {"text": "two"}},
                {"index": 0, "relevance_score": 0.1, "document": "zero"},
                {"index": None, "relevance_score": None, "document": {"image": "x"}},
            ],
            "usage": {"cost": 0.002, "search_units": 1, "total_tokens": 40},
        },
        200,
        Headers([("x-generation-id", "gen-2")]),
    )
    assert (got.indexes, [one.text for one in got.results]) == ([2, 0], ["two", "zero", None])
    assert (got.results[0].relevance_score, got.results[0].document) == (0.9, {"text": "two"})
    assert got.usage is not None
    assert (got.usage.search_units, got.usage.total_tokens, got.cost) == (1, 40, 0.002)
    assert (got.provider, got.generation_id) == ("C", "gen-2")


def test_images_know_what_they_are_by_their_first_bytes() -> None:
    """OpenRouter names the media type of an SVG only, and JPEG comes where PNG was asked for."""
    got = Images({"created": 5, "data": [{"b64_json": PNG}, {"b64_json": "PHN2Zz4=", "media_type": "image/svg+xml"}]})
    assert got.image is not None
    assert (got.image.media_type, got.image.content is not None) == ("image/png", True)
    assert got.image.content is not None
    assert got.image.content.startswith(b"\x89PNG")
    assert (got.images[1].media_type, got.images[1].content) == ("image/svg+xml", b"<svg>")
    assert Images({"data": []}).image is None
    assert PNG[:20] not in repr(got) + repr(got.image)
    linked = Image({"url": "https://e.org/a.png"})
    assert (linked.content, linked.media_type, linked.url) == (None, None, "https://e.org/a.png")
    assert Image({"b64_json": "QUJD"}).media_type is None
    broken = Image({"b64_json": "*"})
    assert broken.media_type is None
    with pytest.raises(OutputInvalid, match="b64_json is no base64"):
        _ = broken.content


def test_a_transcription_is_typed() -> None:
    got = Transcription(
        {
            "text": "good day",
            "language": "en",
            "duration": 1.5,
            "segments": [{"id": 0, "start": 0, "end": 1.5, "text": "good day", "speaker": 1}],
            "words": [{"word": "good", "start": 0, "end": 0.5, "type": "word"}],
            "usage": {"seconds": 1.5, "cost": 0.0001, "input_tokens": 10},
        }
    )
    assert (got.text, got.language, got.duration, got.cost) == ("good day", "en", 1.5, 0.0001)
    assert (got.segments[0].end, got.segments[0].text, got.segments[0].speaker) == (1.5, "good day", 1)
    assert (got.words[0].word, got.words[0].type) == ("good", "word")
    assert got.usage is not None
    assert (got.usage.seconds, got.usage.input_tokens) == (1.5, 10)
    assert (got.extra, got.usage.extra) == ({}, {})


def test_speech_is_bytes_with_their_type() -> None:
    headers = Headers([("Content-Type", "Audio/MPEG; rate=24000"), ("X-Generation-Id", "gen-1")])
    got = Speech(b"abc", 200, headers, "openrouter")
    assert (got.content, got.media_type, got.generation_id, got.request_id) == (b"abc", "audio/mpeg", "gen-1", "gen-1")
    assert (len(got), bool(Speech(b"")), Speech(b"").media_type, Speech(b"").generation_id) == (3, True, None, None)
    assert repr(got) == "Speech(audio/mpeg, 3 bytes)"
    assert repr(Speech(b"")) == "Speech(audio, 0 bytes)"
    again = pickle.loads(pickle.dumps(got))
    assert (again.content, again.headers, again.status, again.server) == (b"abc", headers, 200, "openrouter")


# ---- all -----------------------------------------------------------------------------------------

KINDS = (
    RoutedModel, Architecture, Pricing, Endpoint, ModelEndpoints, Provider, Credits, KeyInfo, ApiKey, ActivityRow,
    Generation, GenerationContent, Ranking, Images, Image, Transcription,
)  # fmt: skip
ODD = [None, 0, 1.5, True, "", "x", [], [1], [None], ["x"], {}, {"data": 1}, [{}], [{"pricing": 5}], 1e400, 10**400]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:12])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_nothing_odd_makes_a_window_raise(kind: type[Window], odd: Any) -> None:
    """Whatever stands in a field: a value of the property's type or None; the field itself stays reachable."""
    window = kind(dict.fromkeys(kind._named, odd))
    for name in dir(kind):
        if not name.startswith("_") and isinstance(getattr(kind, name), property):
            try:
                repr(getattr(window, name))
            except OutputInvalid:
                assert name == "content"
    repr(window)
    assert window.extra == {}
    assert pickle.loads(pickle.dumps(window)) == window
