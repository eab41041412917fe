"""What the simulated OpenRouter's answers tell: costs, the cache, citations, thoughts, images, the route."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from franca.simulator.openrouter.cache import Cache, Policy, policy_of
from franca.simulator.openrouter.inference.ledger import unpaid
from franca.simulator.openrouter.repeats import Repeats

from .sim_or_inference_asker import HELLO, TOOL, Asker, said

CACHED = {"x-openrouter-cache": "true"}
WEB = {"plugins": [{"id": "web", "max_results": 2}]}


def deltas(events: list[Any], field: str) -> list[Any]:
    """What the deltas of a stream have in a field, in order."""
    choices = [one for event in events if event != "[DONE]" for one in event["choices"]]
    return [one["delta"][field] for one in choices if one["delta"].get(field)]


# ---- costs --------------------------------------------------------------------------------------------------


def test_what_it_costs(or_: Asker) -> None:
    """By the endpoint's own prices, in answer and stream; free models cost nothing."""
    usage = or_.ask("acme/scholar-1", provider={"only": ["alpha-works"]}).body["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (11, 4)
    assert usage["cost"] == pytest.approx(11 * 2e-6 + 4 * 8e-6)
    assert usage["cost_details"]["upstream_inference_prompt_cost"] == pytest.approx(22e-6)
    assert usage["is_byok"] is False
    events = or_.events("acme/scholar-1", provider={"only": ["alpha-works"]})
    assert events[-1] == "[DONE]"
    assert (events[-2]["choices"], events[-2]["usage"]) == ([], usage)
    assert or_.ask("acme/scholar-1:free").body["usage"]["cost"] == 0


def test_what_is_found_in_the_providers_cache(or_: Asker) -> None:
    """Half of a prompt that is marked for it, at its own price."""
    part = {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}
    for fields in ({"cache_control": {"type": "ephemeral"}}, {"messages": [{"role": "user", "content": [part]}]}):
        usage = or_.ask("acme/scholar-1", provider={"only": ["alpha-works"]}, **fields).body["usage"]
        cached = usage["prompt_tokens_details"]["cached_tokens"]
        assert cached == usage["prompt_tokens"] // 2
        read = (usage["prompt_tokens"] - cached) * 2e-6 + cached * 2e-7
        assert usage["cost_details"]["upstream_inference_prompt_cost"] == pytest.approx(read)


def test_the_generation(or_: Asker) -> None:
    """The id is that of the header; the statistics come after the first ask; the money is gone."""
    managed = or_.managed("/credits").data["total_usage"]
    answer = or_.ask(
        "author/flaky", {"http-referer": "https://app.example", "user-agent": "x/1"}, session_id="s", user="u"
    )
    id = answer.body["id"]
    assert answer.headers["x-generation-id"] == id
    assert or_(f"/generation?id={id}").status == 404
    found = or_(f"/generation?id={id}").data
    assert found["total_cost"] == answer.body["usage"]["cost"] == found["usage"]
    assert (found["tokens_prompt"], found["tokens_completion"]) == (11, 4)
    assert [one["status"] for one in found["provider_responses"]] == [502, 200]
    assert (found["provider_name"], found["model"], found["finish_reason"]) == ("Backup", "author/flaky", "stop")
    assert (found["session_id"], found["external_user"], found["streamed"]) == ("s", "u", False)
    assert (found["http_referer"], found["user_agent"]) == ("https://app.example", "x/1")
    content = or_(f"/generation/content?id={id}").data
    assert content["output"]["completion"] == "Hello there, world"
    assert content["input"]["messages"] == HELLO
    assert or_.managed("/credits").data["total_usage"] == pytest.approx(managed + found["total_cost"])
    long = or_.ask("author/lorem", max_tokens=20_000).body["id"]
    or_(f"/generation?id={long}")
    assert len(or_(f"/generation/content?id={long}").data["output"]["completion"]) == 16_384
    long = or_.ask(messages=[{"role": "user", "content": "x" * 20_000}]).body["id"]
    or_(f"/generation?id={long}")
    assert or_(f"/generation/content?id={long}").data["input"]["messages"] == []
    events = or_.events()
    assert len({event["id"] for event in events[:-1]}) == 1
    assert events[0]["id"] != id


# ---- the response cache -----------------------------------------------------------------------------------------


def test_the_response_cache(or_: Asker) -> None:
    """The same request again is free, with an id of its own; what the route was is not told of it."""
    told = {**CACHED, "x-openrouter-metadata": "enabled", "x-openrouter-cache-ttl": "60s"}
    first, second = (or_.ask("author/slow-0.01", told, user="cache") for _ in range(2))
    assert first.headers["x-openrouter-cache-status"] == "MISS"
    assert first.headers["x-openrouter-cache-ttl"] == "60"
    assert "x-openrouter-cache-age" not in first.headers
    assert second.headers["x-openrouter-cache-status"] == "HIT"
    assert second.headers["x-openrouter-cache-age"] in "01"
    assert second.headers["x-openrouter-cache-source-id"] == first.body["id"] != second.body["id"]
    assert second.body["choices"] == first.body["choices"]
    assert second.body["usage"]["total_tokens"] == second.body["usage"]["cost"] == 0
    assert "openrouter_metadata" in first.body
    assert "openrouter_metadata" not in second.body
    or_(f"/generation?id={second.body['id']}")
    assert or_(f"/generation?id={second.body['id']}").data["response_cache_source_id"] == first.body["id"]


def test_streams_and_vectors_are_cached_too(or_: Asker) -> None:
    """Each for itself: a stream is not an answer."""
    assert [or_.ask(told=CACHED, stream=True, user="x").headers["x-openrouter-cache-status"] for _ in "12"] == [
        "MISS",
        "HIT",
    ]
    events = or_.events(told=CACHED, user="x")
    assert said(events) == "Hello there, world"
    assert events[-2]["usage"]["total_tokens"] == 0
    assert or_.ask(told=CACHED, user="x").headers["x-openrouter-cache-status"] == "MISS"
    body = {"model": "author/embed", "input": "x"}
    answers = [or_("/embeddings", body, **CACHED) for _ in "12"]
    assert [one.headers["x-openrouter-cache-status"] for one in answers] == ["MISS", "HIT"]
    assert answers[0].body["data"] == answers[1].body["data"]
    assert answers[1].body["usage"]["total_tokens"] == 0


def test_what_is_not_cached(or_: Asker) -> None:
    """Errors, broken answers, what nobody asked to be cached; another key has its own; `Clear` asks again."""
    for model in ("author/midstream-502", "author/blank"):
        assert [or_.ask(model, CACHED).headers["x-openrouter-cache-status"] for _ in "12"] == ["MISS", "MISS"]
    assert "x-openrouter-cache-status" not in or_.ask("author/down", CACHED).headers
    assert "x-openrouter-cache-status" not in or_.ask(told={"x-openrouter-cache": "false"}).headers
    body = {"model": "author/echo", "messages": HELLO, "user": "keys"}
    for key, status in (("sk-or-v1-a", "MISS"), ("sk-or-v1-b", "MISS"), ("sk-or-v1-a", "HIT")):
        assert or_("/chat/completions", body, key=key, **CACHED).headers["x-openrouter-cache-status"] == status
    again = {**CACHED, "x-openrouter-cache-clear": "true"}
    assert or_("/chat/completions", body, key="sk-or-v1-a", **again).headers["x-openrouter-cache-status"] == "MISS"


def test_presets_decide_of_the_cache() -> None:
    """A preset that says no has the last word, then the header, then a preset that says yes."""
    on, off = {"cache_enabled": True, "cache_ttl_seconds": 600}, {"cache_enabled": False}

    def lifetime(headers: dict[str, str], preset: dict[str, Any]) -> int | None:
        policy = policy_of(headers, preset, "chat/completions", b"{}")
        return None if policy is None else policy.lifetime

    assert lifetime({}, {}) is None
    assert lifetime({}, on) == 600
    assert lifetime({"x-openrouter-cache": "false"}, on) is None
    assert lifetime(CACHED, off) is None
    assert lifetime(CACHED, {}) == 300
    for told, kept in (("5", 5), ("60abc", 60), ("1.5", 1), ("0", 1), ("-3", 1), ("999999", 86_400), ("abc", 600)):
        assert lifetime({"x-openrouter-cache-ttl": told}, on) == kept


def test_the_stores_are_bounded() -> None:
    """The oldest goes first, also when its time is over."""
    now = [0.0]
    cache, repeats = Cache(lambda: now[0]), Repeats()
    for number in range(600):
        cache.keep(Policy(300, False, b"%d" % number), None, "gen-1")
    assert cache.find(Policy(300, False, b"99")) is None
    assert cache.find(Policy(300, False, b"100")) is not None
    now[0] = 300.0
    assert cache.find(Policy(300, False, b"100")) is None
    for number in range(2_500):
        assert repeats.is_first(b"%d" % number)
    assert repeats.is_first(b"0")
    assert not repeats.is_first(b"2499")
    assert repeats.is_first(b"2499")


def test_unpaid_usage() -> None:
    """Numbers become 0; flags and nulls stay."""
    given = {"a": 1, "b": {"c": 0.5, "d": None}, "e": True}
    assert unpaid(given) == {"a": 0, "b": {"c": 0, "d": None}, "e": True}


# ---- beside the words -------------------------------------------------------------------------------------------


def test_citations(or_: Asker) -> None:
    """Of the plugin, of `:online`, of the server tool, of web_search_options; paid, counted, and told of the route."""
    body = or_.ask(told={"x-openrouter-metadata": "enabled"}, **WEB).body
    cited = body["choices"][0]["message"]["annotations"]
    assert [one["type"] for one in cited] == ["url_citation"] * 2
    assert cited[1]["url_citation"]["url"] == "https://example.com/result-2"
    assert body["usage"]["server_tool_use"] == {"web_search_requests": 1}
    assert body["usage"]["cost_details"]["server_tool_cost"] == 0.005
    assert body["openrouter_metadata"]["pipeline"][0]["data"] == {"engine": "exa", "results": 2}
    events = or_.events(**WEB)
    assert deltas(events, "annotations") == [cited]
    assert said(events) == "Hello there, world"
    for fields in ({"model": "author/echo:online"}, {"web_search_options": {}}):
        assert len(or_.ask(**fields).body["choices"][0]["message"]["annotations"]) == 5
    plugin = {"id": "web", "include_domains": ["a.example", "b.example"], "max_results": 3}
    cited = or_.ask(plugins=[plugin]).body["choices"][0]["message"]["annotations"]
    assert [one["url_citation"]["url"][8:17] for one in cited] == ["a.example", "b.example", "a.example"]
    assert "annotations" not in or_.ask(plugins=[{**plugin, "enabled": False}]).body["choices"][0]["message"]


def test_server_tools(or_: Asker) -> None:
    """Run on the other side, beside the caller's own: told as reasoning details, counted."""
    tools = [{"type": "openrouter:web_search", "parameters": {"max_results": 1}}, {"type": "openrouter:datetime"}, TOOL]
    body = or_.ask("author/tools", told={"x-openrouter-metadata": "enabled"}, tools=tools).body
    message = body["choices"][0]["message"]
    assert [call["function"]["name"] for call in message["tool_calls"]] == ["weather"]
    assert [one["tool_name"] for one in message["reasoning_details"]] == [
        "openrouter:web_search",
        "openrouter:datetime",
    ]
    assert len(message["annotations"]) == 1
    assert body["usage"]["server_tool_use_details"] == {
        "tool_calls_requested": 2,
        "tool_calls_executed": 2,
        "web_search_requests": 1,
    }
    assert body["openrouter_metadata"]["pipeline"][0]["type"] == "server_tools"
    assert len(deltas(or_.events("author/tools", tools=tools), "reasoning_details")[0]) == 2
    silent = or_.events("author/blank", tools=tools[1:2])
    assert len(deltas(silent, "reasoning_details")[0]) == 1
    only = or_.events(messages=HELLO, tools=tools[1:2], max_tokens=1)
    assert said(only) == "Hello"


def test_other_plugins(or_: Asker) -> None:
    """Files are parsed; healing is told of where it could have happened."""
    file = {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}}
    messages = [{"role": "user", "content": [{"type": "text", "text": "Read"}, file]}]
    message = or_.ask(messages=messages, plugins=[{"id": "file-parser"}]).body["choices"][0]["message"]
    assert message["annotations"][0]["file"]["name"] == "a.pdf"
    form = {"type": "json_object"}
    told = or_.told("author/json", plugins=[{"id": "response-healing"}], response_format=form)
    assert told["pipeline"][0]["data"] == {"mode": "json_object", "improved": False}
    assert "pipeline" not in or_.told("author/json", plugins=[{"id": "response-healing"}])


def test_images(or_: Asker) -> None:
    """Of models that make them, when they are asked to; real ones."""
    asked = {"modalities": ["image", "text"]}
    body = or_.ask("east/sketcher", **asked).body
    (image,) = body["choices"][0]["message"]["images"]
    head, _, data = image["image_url"]["url"].partition(",")
    assert head == "data:image/png;base64"
    assert b64decode(data).startswith(b"\x89PNG\r\n\x1a\n")
    assert body["usage"]["completion_tokens_details"]["image_tokens"] == 1290
    assert deltas(or_.events("east/sketcher", **asked), "images") == [[image]]
    assert "images" not in or_.ask("east/sketcher").body["choices"][0]["message"]
    assert or_.ask("author/painter").body["choices"][0]["message"]["images"]
    refused = or_.ask("author/echo", **asked).body["error"]
    assert refused["availability"]["constraint"]["field"] == "modalities"
    assert (
        "images"
        not in or_.ask("author/painter", models=["author/echo"], provider={"only": ["blank"]}).body["choices"][0][
            "message"
        ]
    )


# ---- thoughts -----------------------------------------------------------------------------------------------------


def test_thoughts(or_: Asker) -> None:
    """As text and as details; as many as asked for; hidden when asked, but counted."""
    for fields, number in (
        ({"reasoning": {"effort": "low"}}, 8),
        ({"reasoning": {"max_tokens": 3}}, 3),
        ({"reasoning": {"enabled": True}}, 16),
        ({"reasoning_effort": "minimal"}, 4),
        ({"reasoning": {"enabled": False}}, 0),
        ({"reasoning": {"effort": "none"}}, 0),
    ):
        body = or_.ask("author/reason", **fields).body
        message = body["choices"][0]["message"]
        assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == number
        assert bool(message["reasoning"]) is bool(number)
        if number:
            (detail,) = message["reasoning_details"]
            assert (detail["type"], detail["text"]) == ("reasoning.text", message["reasoning"])
            assert said(or_.events("author/reason", **fields), "reasoning") == message["reasoning"]
    for fields in ({"reasoning": {"exclude": True}}, {"include_reasoning": False}):
        body = or_.ask("author/reason", **fields).body
        assert "reasoning" not in body["choices"][0]["message"]
        assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 16
    called = or_.ask("author/tools", tools=[TOOL], reasoning={"effort": "low"}).body["choices"][0]["message"]
    assert called["reasoning"]
    assert called["tool_calls"]


@pytest.mark.parametrize(
    ("manner", "whole", "streamed"),
    [
        ("encrypted", ["encrypted"], ["encrypted"]),
        ("summary", ["summary", "encrypted"], ["summary", "summary", "encrypted"]),
        ("signed", ["text"], ["text", "text", "text"]),
    ],
)
def test_manners_of_thoughts(or_: Asker, manner: str, whole: list[str], streamed: list[str]) -> None:
    """Sealed, summed up, signed; in a stream the seal comes after the thoughts and before the words."""
    asked: dict[str, Any] = {"model": f"author/reason-{manner}", "reasoning": {"max_tokens": 2}}
    details = or_.ask(**asked).body["choices"][0]["message"]["reasoning_details"]
    assert [one["type"] for one in details] == [f"reasoning.{one}" for one in whole]
    assert details[-1].get("signature" if manner == "signed" else "data")
    events = or_.events(**asked)
    pieces = [one for item in deltas(events, "reasoning_details") for one in item]
    assert [one["type"] for one in pieces] == [f"reasoning.{one}" for one in streamed]
    assert pieces[-1].get("signature") == details[-1].get("signature")
    assert pieces[-1].get("data") == details[-1].get("data")
    order = [
        "words" if one["delta"].get("content") else "seal"
        for event in events[:-1]
        for one in event["choices"]
        if one["delta"].get("content") or one["delta"].get("reasoning_details") == pieces[-1:]
    ]
    assert order[0] == "seal"
    assert order.count("seal") == 1
    blank = or_.ask(f"author/reason-{manner}", reasoning={"effort": "none"}).body["choices"][0]["message"]
    assert not blank.get("reasoning_details")


# ---- the route ------------------------------------------------------------------------------------------------------


def test_native_finish_reasons(or_: Asker) -> None:
    """Are the provider's own words; those of the simulator's own provider are OpenAI's."""
    choice = or_.ask("acme/poet", max_tokens=1).body["choices"][0]
    assert (choice["finish_reason"], choice["native_finish_reason"]) == ("length", "LENGTH")
    assert or_.ask().body["choices"][0]["native_finish_reason"] == "stop"
    assert or_.events("acme/scholar-1")[-3]["choices"][0]["native_finish_reason"] == "STOP"


def test_metadata(or_: Asker) -> None:
    """Only when asked for, under either name of the header; in a stream on the last chunk."""
    assert "openrouter_metadata" not in or_.ask().body
    assert "openrouter_metadata" not in or_.ask(told={"x-openrouter-metadata": "yes"}).body
    assert or_.ask(told={"x-openrouter-experimental-metadata": "Enabled"}).body["openrouter_metadata"]["attempt"] == 1
    events = or_.events(told={"x-openrouter-metadata": "enabled"})
    assert ["openrouter_metadata" in event for event in events[-4:-1]] == [False, False, True]
    told = or_.told("acme/poet", provider={"only": ["nobody"]}, models=["acme/scholar-mini"])
    assert (told["attempt"], told["endpoints"]["total"]) == (1, 3)
    assert not any(one["selected"] for one in told["endpoints"]["available"])


def test_debug(or_: Asker) -> None:
    """The first chunks of a stream: what each provider was sent."""
    asked = {"debug": {"echo_upstream_body": True}, "top_k": 7}
    first, second, third = or_.events("author/flaky", **asked)[:3]
    assert (first["choices"], first["provider"], second["provider"]) == ([], "Simulated", "Backup")
    assert first["debug"]["echo_upstream_body"]["top_k"] == 7
    assert first["debug"]["echo_upstream_body"]["messages"] == HELLO
    assert "debug" not in third
    assert "debug" not in or_.ask(**asked).body
    assert all("debug" not in event for event in or_.events(debug={"echo_upstream_body": "x"}))
