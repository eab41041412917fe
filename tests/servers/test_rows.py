"""The table of servers: every row makes sense, names and hosts lead to one row, and rows can be added."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import pytest

from franca.errors import BadUsage
from franca.servers import NO_QUIRKS, SERVERS, Form, Quirks, Server, register_servers, server_for_host, server_named
from franca.servers import table as table_module
from franca.servers.record import AUTHS, FEATURES, REASONING_CARRIERS, REASONING_ECHOES
from franca.servers.words import VOCABULARY, quirk_words

ROWS = pytest.mark.parametrize("row", SERVERS.values(), ids=lambda row: row.name)
UNTYPED: Any = ["groq"]
MISSION = ["openai", "at", "ollama", "vllm", "litellm", "together", "groq", "github", "azure", "openrouter"]


@pytest.fixture
def table() -> Iterator[None]:
    """The table as it was, afterwards."""
    rows, hosts = dict(SERVERS), dict(table_module._BY_HOST)
    yield
    SERVERS.clear()
    SERVERS.update(rows)
    table_module._BY_HOST.clear()
    table_module._BY_HOST.update(hosts)


@ROWS
def test_a_row_makes_sense(row: Server) -> None:
    """Its address, its words and its source are such as the others rely on."""
    assert row.base_url.startswith(("http://", "https://")) or row.forms
    assert not row.base_url.endswith("/")
    assert row.auth in AUTHS
    assert row.label
    assert row.source
    assert row.key_vars or not row.needs_key
    quirks = row.quirks
    assert quirks.reasoning_echo in REASONING_ECHOES
    assert quirks.reasoning_field or quirks.reasoning_echo not in ("tools", "always")
    assert quirks.token_field in ("", "max_tokens", "max_completion_tokens")
    assert {*quirks.reasoning_also} <= {*REASONING_CARRIERS}
    assert {feature for pair in quirks.excludes for feature in pair} <= {*FEATURES}
    assert SERVERS[row.name] is row
    assert pickle.loads(pickle.dumps(row)) == row
    assert {name for form in row.forms for name in form.needs} <= {field for field, _ in row.fields}


@ROWS
def test_efforts_settle_at_once(row: Server) -> None:
    """What a level is sent as is sent as itself: else adapting twice would be adapting further."""
    levels = dict(row.quirks.effort)
    for settings in levels.values():
        sent = dict(settings).get("reasoning_effort")
        assert sent is None or sent not in levels


def test_the_servers_of_the_mission_are_there() -> None:
    """By the names that people would try."""
    assert set(MISSION) <= SERVERS.keys()
    assert server_named("Groq") is SERVERS["groq"]


def test_an_unknown_name_is_answered_with_a_guess() -> None:
    """And with all the names."""
    with pytest.raises(BadUsage, match=r"no server is called 'grok'; did you mean 'groq'\?.*vllm"):
        server_named("grok")
    with pytest.raises(BadUsage, match=r"no server is called 'zzzzzz'\. Give a URL"):
        server_named("zzzzzz")


def test_hosts_lead_to_their_row() -> None:
    """Also those of further addresses, all below a domain, and those of forms; local ones to none."""
    for host, name in {
        "api.openai.com": "openai",
        "api.together.ai": "together",
        "me.openai.azure.com": "azure",
        "dbc-1.cloud.databricks.com": "databricks",
        "models.github.ai": "github",
        "dashscope-intl.aliyuncs.com": "dashscope-intl",
    }.items():
        row = server_for_host(host)
        assert row is not None
        assert row.name == name
    for host in ("localhost", "127.0.0.1", "::1", "", "example.com", "openai.azure.com"):
        assert server_for_host(host) is None


@pytest.mark.parametrize(
    ("given", "base_url", "models"),
    [
        (
            {"endpoint": "https://me.openai.azure.com/", "deployment": "d", "api_version": "v"},
            "https://me.openai.azure.com/openai/deployments/d?api-version=v",
            "https://me.openai.azure.com/openai/models?api-version=v",
        ),
        ({"endpoint": "https://me.openai.azure.com"}, "https://me.openai.azure.com/openai/v1", "models"),
        (
            {"endpoint": "https://me.openai.azure.com", "deployment": "d", "api_version": ""},
            "https://me.openai.azure.com/openai/v1",
            "models",
        ),
    ],
)
def test_azure_is_at_an_address_of_ones_own(given: dict[str, str], base_url: str, models: str) -> None:
    """The first form that has all it needs."""
    row = SERVERS["azure"].placed(given)
    assert row is not None
    assert (row.base_url, row.models) == (base_url, models)


def test_without_its_fields_there_is_no_address() -> None:
    """And a form tells what it needs; defaults need not be given."""
    assert SERVERS["azure"].placed({"deployment": "d"}) is None
    assert Form("{a}/{b}?c={c}", models="{a}/m", defaults=(("c", "1"),)).needs == ("a", "b")
    row = Server("x", "", forms=(Form("{a}/v{c}", defaults=(("c", "1"),)),))
    assert row.placed({"a": "http://h"}) == row.at("http://h/v1")
    assert row.placed({"a": "http://h", "c": "2"}) == row.at("http://h/v2")


def test_the_catalogue_of_github_is_beside_the_base_url() -> None:
    """Also from an organisation's address."""
    row = SERVERS["github"]
    assert urljoin(row.base_url + "/", row.models) == "https://models.github.ai/catalog/models"
    placed = row.placed({"organization": "acme"})
    assert placed is not None
    assert placed.base_url == "https://models.github.ai/orgs/acme/inference"
    assert urljoin(placed.base_url + "/", placed.models) == "https://models.github.ai/catalog/models"
    assert row.headers == (("X-GitHub-Api-Version", "2022-11-28"),)


def test_rows_can_be_added(table: None) -> None:
    """By name and by host, from a list or a dict."""
    mine = Server("mine", "https://ai.example.com:8443/v1")
    register_servers([mine])
    register_servers({"other": mine.at("http://localhost:1/v1")._replace(name="other")})
    assert server_named("mine") is mine
    assert server_for_host("ai.example.com") is mine
    assert server_for_host("localhost") is None
    register_servers([mine._replace(name="resource", base_url="https://x.openai.azure.com/openai/v1")])
    found = server_for_host("x.openai.azure.com")
    assert found is not None
    assert found.name == "resource"
    moved = mine.at("https://[2001:db8::1]/v1")
    register_servers([moved])  # a row of one's own may be replaced
    assert server_named("mine") is moved
    assert server_for_host("2001:db8::1") is moved
    assert server_for_host("ai.example.com") is None


def test_built_in_rows_are_not_taken_over(table: None) -> None:
    """Neither by name nor by host, unless asked: a key would travel elsewhere. And then none is added."""
    evil = Server("mine", "https://evil.example/v1", hosts=("api.openai.com",))
    for rows, problem in (
        ([Server("fine", "https://a.example"), SERVERS["groq"].at("https://evil.example")], "built-in server"),
        ([evil], "belongs to the built-in server 'openai'"),
        ([Server("mine", "", hosts=(".openai.azure.com",))], "'azure'"),
        ([Server("twice", "https://a.example")] * 2, "two rows"),
        ([Server("Not a name", "https://a.example")], "lower-case"),
        ([Server("", "https://a.example")], "lower-case"),
        (UNTYPED, "expected Server rows, got str"),
        ([Server(f"n{number}", "http://localhost") for number in range(1000)], "no more than 1000"),
    ):
        before = dict(SERVERS)
        with pytest.raises(BadUsage, match=problem):
            register_servers(rows)
        assert before == SERVERS
    register_servers([SERVERS["groq"].at("https://groq.example/v1"), evil], replace=True)
    assert server_named("groq").base_url == "https://groq.example/v1"
    assert server_for_host("api.openai.com") is evil


def test_every_quirk_is_explained() -> None:
    """In the vocabulary; and each that a row can have is told in words."""
    assert tuple(VOCABULARY) == Quirks._fields
    assert quirk_words(NO_QUIRKS) == []
    special = Quirks(
        drops=("a",),
        renames=(("b", "c"),),
        clamps=(("temperature", 0.0, 1.0),),
        defaults=(("d", 1),),
        token_field="max_tokens",
        stream_options=False,
        excludes=(("tools", "stream"),),
        response_formats=(),
        moves=(("m", "o.m"),),
        transforms_plugin="p",
        format_switch="o.s",
        ignores=("e",),
        tool_drops=("strict",),
        tool_choices=(("required", "any"),),
        named_tool_choice=False,
        message_fields=("role",),
        message_drops=("f",),
        name_roles=("tool",),
        roles=(("developer", "system"),),
        flat_content=True,
        single_system=True,
        empty_tool_calls=False,
        null_function_call=False,
        audio_data_uri=True,
        image_urls=False,
        reasoning_field="reasoning",
        reasoning_also=("reasoning_details",),
        reasoning_echo="always",
        reasoning_tags=("glm",),
        reasoning_blank="",
        effort=(("none", ()), ("low", (("x", True),))),
        budget=(("y", "$budget"),),
        budget_range=(1, 2000),
        base64_embeddings=False,
        family_facts=True,
        oddities=("Odd.",),
    )
    everything = quirk_words(special)
    for name in Quirks._fields:
        less = quirk_words(special._replace(**{name: getattr(NO_QUIRKS, name)}))
        assert less != everything, name


def test_the_words_of_further_forms() -> None:
    """No roles at all, reasoning never sent but for a part of it, a budget without a range, base64 that works."""
    words = " ".join(
        quirk_words(
            Quirks(
                name_roles=(),
                reasoning_echo="never",
                reasoning_also=("extra_content",),
                budget=(("y", "$budget"),),
                base64_embeddings=True,
                response_formats=("json_object",),
            )
        )
    )
    assert "`name` is left out of messages." in words
    assert "left out of the messages, but for `extra_content`" in words
    assert 'sent as `y: "$budget"`.' in words
    assert "Embeddings are sent as base64." in words
    assert "`json_object` is honoured" in words
