"""The typed objects of requests to OpenRouter are those of its published document, and that document's facts as we
have them are those of its official package."""

from __future__ import annotations

import json
import subprocess
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NotRequired, Required, Union, get_args, get_origin, get_type_hints

import pytest

from franca.wire.openrouter import params, plugins, routing, tools
from franca.wire.openrouter.params import (
    FlatProviderParams,
    OpenRouterChatParams,
    OpenRouterCompletionParams,
    OpenRouterEmbeddingParams,
    OpenRouterLoopParams,
    RoutedChatParams,
)

from .published import GUIDES, PUBLISHED, fields_of, problems, split

ROOT = Path(__file__).resolve().parents[2]
OFFICIAL = ROOT / ".venv-conform-openrouter" / "bin" / "python"

OBJECTS: dict[str, Any] = {
    "ProviderPreferences": routing.ProviderPreferences,
    "ProviderSortConfig": routing.Sort,
    "MaxPrice": routing.MaxPrice,
    "PercentileLatencyCutoffs": routing.Percentiles,
    "PercentileThroughputCutoffs": routing.Percentiles,
    "ChatRequestReasoning": routing.Reasoning,
    "AnthropicCacheControlDirective": routing.CacheControl,
    "ChatContentCacheControl": routing.CacheControl,
    "TraceConfig": routing.Trace,
    "ChatDebugOptions": routing.DebugOptions,
    "Usage": routing.UsageOptions,
    "WebSearchPlugin": plugins.WebPlugin,
    "WebFetchPlugin": plugins.WebFetchPlugin,
    "FileParserPlugin": plugins.FileParserPlugin,
    "PDFParserOptions": plugins.PdfOptions,
    "ResponseHealingPlugin": plugins.ResponseHealingPlugin,
    "ContextCompressionPlugin": plugins.ContextCompressionPlugin,
    "ModerationPlugin": plugins.ModerationPlugin,
    "AutoRouterPlugin": plugins.AutoRouterPlugin,
    "AutoBetaRouterPlugin": plugins.AutoBetaRouterPlugin,
    "JevRouterPlugin": plugins.JevRouterPlugin,
    "ParetoRouterPlugin": plugins.ParetoRouterPlugin,
    "SwitchyardRouterPlugin": plugins.SwitchyardRouterPlugin,
    "FusionPlugin": plugins.FusionPlugin,
    "AlignmentPlugin": plugins.AlignmentPlugin,
    "AlignmentRule": plugins.AlignmentRule,
    "ArmorPlugin": plugins.ArmorPlugin,
    "OpenRouterWebSearchServerTool": tools.WebSearchTool,
    "WebSearchConfig": tools.WebSearchParameters,
    "WebSearchUserLocationServerTool": tools.UserLocation,
    "UserLocation": tools.UserLocation,
    "XSearchOptions": tools.XSearch,
    "WebFetchServerTool": tools.WebFetchTool,
    "WebFetchServerToolConfig": tools.WebFetchParameters,
    "DatetimeServerTool": tools.DatetimeTool,
    "DatetimeServerToolConfig": tools.DatetimeParameters,
    "ImageGenerationServerToolOpenRouter": tools.ImageGenerationTool,
    "BashServerTool": tools.BashTool,
    "BashServerToolConfig": tools.BashParameters,
    "FilesServerTool": tools.FilesTool,
    "FusionServerToolOpenRouter": tools.FusionTool,
    "FusionServerToolConfig": tools.FusionParameters,
    "FusionServerToolConfigReasoning": tools.ToolReasoning,
    "AdvisorServerToolOpenRouter": tools.AdvisorTool,
    "AdvisorServerToolConfig": tools.AdvisorParameters,
    "AdvisorReasoning": tools.ToolReasoning,
    "SubagentServerToolOpenRouter": tools.SubagentTool,
    "SubagentServerToolConfig": tools.SubagentParameters,
    "SubagentReasoning": tools.ToolReasoning,
    "ChatSearchModelsServerTool": tools.SearchModelsTool,
    "SearchModelsServerToolConfig": tools.SearchModelsParameters,
    "DeferredToolsControl": tools.DeferredTools,
    "StopServerToolsWhenStepCountIs": tools.StopAfterSteps,
    "StopServerToolsWhenHasToolCall": tools.StopAtTool,
    "StopServerToolsWhenMaxTokensUsed": tools.StopAtTokens,
    "StopServerToolsWhenMaxCost": tools.StopAtCost,
    "StopServerToolsWhenFinishReasonIs": tools.StopAtFinish,
}
"""The object of the document that each typed object is."""


_WORDS = {str: "string", bool: "boolean", int: "integer", float: "number"}


def kinds(hint: Any) -> set[str]:
    """A Python type in the words of published.txt; null left out."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return {one for part in get_args(hint) for one in kinds(part)}
    if origin is Literal:
        return {"=" + "/".join(sorted(get_args(hint)))}
    if origin is Sequence:
        return {"[" + " | ".join(sorted(kinds(get_args(hint)[0]))) + "]"}
    if origin is Mapping:
        return {"{}"}
    if typing.is_typeddict(hint):
        return {f"@{hint.__name__}"}
    return set() if hint is type(None) else {_WORDS[hint]}


def required(kind: Any) -> set[str]:
    """The fields that must be there. (`__required_keys__` does not see through annotations that are text.)"""
    hints = get_type_hints(kind, include_extras=True)
    marks = {name: get_origin(hint) for name, hint in hints.items()}
    return {name for name, mark in marks.items() if mark is Required or (kind.__total__ and mark is not NotRequired)}


def named(kind: str) -> set[str]:
    """A type of published.txt with our names for the objects that are typed; other objects are any mapping."""
    found = set()
    for option in split(kind)[0]:
        if option.startswith("["):
            found.add("[" + " | ".join(sorted(named(option[1:-1]))) + "]")
        elif option.startswith("="):
            found.add("=" + "/".join(sorted(option[1:].split("/"))))
        elif option.startswith("@") and option[1:] in OBJECTS:
            found.add(f"@{OBJECTS[option[1:]].__name__}")
        else:
            found.add("{}" if option[0] in "@{" else option)
    return found


@pytest.mark.parametrize("name", OBJECTS)
def test_a_typed_object_is_the_published_one(name: str) -> None:
    """The same fields with the same types and words, the same that must be there, the same that may be null."""
    kind = OBJECTS[name]
    hints, fields = get_type_hints(kind), fields_of(name)
    assert hints.keys() == {field.rstrip("!") for field in fields} - {"*"}
    assert {field[:-1] for field in fields if field.endswith("!")} <= required(kind)
    for field, hint in hints.items():
        published = fields.get(field) or fields[f"{field}!"]
        assert kinds(hint) == named(published), field
        assert split(published)[1] or type(None) not in get_args(hint), field  # null only where it may be


def test_only_what_a_search_needs_is_demanded_beyond_the_document() -> None:
    """Of a location both the plugin and the tool take the form with its type, which only the plugin demands."""
    beyond = {
        name: required(kind) - {field[:-1] for field in fields_of(name) if field.endswith("!")}
        for name, kind in OBJECTS.items()
    }
    assert {name: extra for name, extra in beyond.items() if extra} == {
        "WebSearchUserLocationServerTool": {"type"},
    }


def test_every_plugin_and_tool_of_the_document_is_typed() -> None:
    """None is forgotten; of tools those that OpenRouter runs."""
    published = {f"@{kind.__name__}" for kind in get_args(plugins.Plugin)}
    assert {f"[{' | '.join(sorted(published))}]"} == named(PUBLISHED["ChatRequest"]["plugins"])
    typed = {f"@{kind.__name__}" for kind in get_args(tools.ServerTool)}
    assert typed <= {one for part in named(PUBLISHED["ChatRequest"]["tools"]) for one in part[1:-1].split(" | ")}
    words = {get_args(get_type_hints(kind)["type"])[0] for kind in get_args(tools.ServerTool)}
    of_document = {
        fields["type!"][1:] for fields in PUBLISHED.values() if fields.get("type!", "").startswith("=openrouter:")
    }
    assert words == of_document


def test_every_field_of_a_chat_has_its_name() -> None:
    """All of the document and of the guides; and what only OpenRouter has is of its type."""
    document = fields_of("ChatRequest")
    ours = OpenRouterChatParams.__annotations__.keys()
    assert {name.rstrip("!") for name in document} - {"model", "messages", "stream"} <= ours
    hints = get_type_hints(RoutedChatParams)
    for name in RoutedChatParams.__annotations__.keys() - FlatProviderParams.__annotations__.keys():
        expected = named(document[name])
        if name == "trace":
            expected.add("{}")  # further names of one's own
        if name == "transforms":
            expected = {"[string]"}
        if name == "stop_server_tools_when":
            assert kinds(hints[name]) == expected
        assert kinds(hints[name]) == expected, name


def test_flat_fields_are_fields_of_provider() -> None:
    """With the same types, but for the sort, which was a word only."""
    flat, nested = get_type_hints(FlatProviderParams), get_type_hints(routing.ProviderPreferences)
    for name, hint in flat.items():
        assert kinds(hint) <= kinds(nested[name.removeprefix("provider_")])


def test_a_loop_has_all_but_its_own() -> None:
    """What a tool loop cannot take is the same as at any server."""
    assert OpenRouterChatParams.__annotations__.keys() - OpenRouterLoopParams.__annotations__.keys() == {
        "n", "tools", "functions", "function_call",
    }  # fmt: skip


def test_prompt_completions_and_embeddings() -> None:
    """The fields of embeddings are the document's; prompt completions, which it does not have, route like chats."""
    document = {name.rstrip("!") for name in PUBLISHED["CreateEmbeddingsRequestBody"]}
    assert OpenRouterEmbeddingParams.__annotations__.keys() == document - {"model", "input"}
    routed = params.RoutedParams.__annotations__.keys()
    assert routed <= OpenRouterCompletionParams.__annotations__.keys()


def test_the_check_finds_what_is_wrong() -> None:
    """Or it would find everything right."""
    right: dict[str, Any] = {"messages": [{"role": "user", "content": "Hi"}]}
    assert problems("ChatRequest", right) == []
    for wrong, said in [
        ({"provider": {"order": "openai"}}, "provider.order: 'openai' is no list"),
        ({"provider": {"sort": "cheap"}}, "provider.sort: 'cheap' is none of"),
        ({"provider": {"sorted": "price"}}, "provider.sorted: no field of ProviderPreferences"),
        ({"plugins": [{"enabled": True}]}, "id is missing"),
        ({"plugins": [{"id": "web", "max_results": True}]}, "plugins[0].max_results: True is no integer"),
        ({"top_k": 1.5}, "top_k: 1.5 is no integer"),
        ({"trace": 1}, "trace: no object"),
        ({"metadata": {"a": 1}}, "metadata.a: 1 is no string"),
        ({"metadata": "a"}, "metadata: 'a' is no object"),
        ({"session_id": None}, "session_id: null"),
        ({"provider_order": ["a"]}, "provider_order: no field of ChatRequest"),
    ]:
        assert any(said in one for one in problems("ChatRequest", {**right, **wrong})), wrong
    assert problems("ChatRequest", {}) == ["ChatRequest: messages is missing"]
    assert problems("ChatRequest", {**right, "provider": None, "trace": {"mine": [1]}}) == []


def test_the_guides_say_what_the_document_does_not() -> None:
    """A field that the document has by now is no longer the guides'."""
    for name, fields in GUIDES.items():
        if name != "MaxPrice":
            assert not fields.keys() & {field.rstrip("!") for field in PUBLISHED.get(name, {})}, name


@pytest.mark.skipif(not OFFICIAL.exists(), reason=f"{OFFICIAL.parent.parent.name} is not made: make conformance")
def test_our_facts_are_those_of_the_official_package() -> None:
    """published.txt is what the package, made from the document, says today. Else:
    official_schema.py --text, and see what changed."""
    script = Path(__file__).with_name("official_schema.py")
    done = subprocess.run([OFFICIAL, script], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == PUBLISHED
