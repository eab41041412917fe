"""Our windows against the official package (generated from OpenRouter's published document): no field is missing, and
none has another type. The package is read, not run: it needs to be there, not to be importable.

Set up with `python -m venv .venv-conform-openrouter` and its pip: `pip install openrouter`.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from franca.wire import usage
from franca.wire.base import Window
from franca.wire.openrouter import account, catalogue, chat, generation, media, metadata, parts, pricing

ROOT = Path(__file__).parent.parent.parent
PACKAGE = next(iter(ROOT.glob(".venv-conform-openrouter/lib/python*/site-packages/openrouter")), None)

NOT_OURS = {
    ("chatstreamchunk.ChatStreamChunk", "error"): "raised as an error, with what arrived as its partial",
    ("imagegenerationusage.ImageGenerationUsage", "cache_creation"): "Anthropic's, in `usage.extra`",
    ("imagegenerationusage.ImageGenerationUsage", "iterations"): "Anthropic's, in `usage.extra`",
    ("imagegenerationusage.ImageGenerationUsage", "service_tier"): "Anthropic's, in `usage.extra`",
    ("imagegenerationusage.ImageGenerationUsage", "speed"): "Anthropic's, in `usage.extra`",
}

WINDOWS: dict[str, type[Window]] = {
    "components/chatresult.ChatResult": chat.RoutedChat,
    "components/chatchoice.ChatChoice": chat.RoutedChoice,
    "components/chatassistantmessage.ChatAssistantMessage": chat.RoutedMessage,
    "components/chatstreamchunk.ChatStreamChunk": chat.RoutedEvent,
    "components/chatstreamchoice.ChatStreamChoice": chat.RoutedEventChoice,
    "components/chatstreamdelta.ChatStreamDelta": chat.RoutedDelta,
    "components/chatusage.ChatUsage": usage.Usage,
    "components/chatusage.ChatUsagePromptTokensDetails": usage.PromptTokensDetails,
    "components/chatusage.ChatUsageCompletionTokensDetails": usage.CompletionTokensDetails,
    "components/costdetails.CostDetails": usage.CostDetails,
    "components/servertoolusedetails.ServerToolUseDetails": usage.ServerToolUse,
    "components/openroutermetadata.OpenRouterMetadata": metadata.RouterMetadata,
    "components/routerattempt.RouterAttempt": metadata.RouterAttempt,
    "components/endpointsmetadata.EndpointsMetadata": metadata.RouterEndpoints,
    "components/endpointinfo.EndpointInfo": metadata.RouterEndpoint,
    "components/pipelinestage.PipelineStage": metadata.PipelineStage,
    "components/reasoningdetailtext.ReasoningDetailText": parts.ReasoningDetail,
    "components/reasoningdetailsummary.ReasoningDetailSummary": parts.ReasoningDetail,
    "components/reasoningdetailencrypted.ReasoningDetailEncrypted": parts.ReasoningDetail,
    "components/reasoningdetailservertoolcall.ReasoningDetailServerToolCall": parts.ReasoningDetail,
    "components/urlcitation.URLCitation": parts.Annotation,
    "components/chataudiooutput.ChatAudioOutput": parts.OutputAudio,
    "components/chatassistantimages.ChatAssistantImages": parts.OutputImage,
    "components/generationresponse.GenerationResponseData": generation.Generation,
    "components/providerresponse.ProviderResponse": generation.ProviderResponse,
    "components/generationcontentdata.GenerationContentData": generation.GenerationContent,
    "components/generationcontenterror.GenerationContentError": generation.GenerationFailure,
    "components/generationcontenterrorattempt.GenerationContentErrorAttempt": generation.AttemptFailure,
    "components/model.Model": catalogue.RoutedModel,
    "components/imagemodellistitem.ImageModelListItem": catalogue.RoutedModel,
    "components/modelarchitecture.ModelArchitecture": catalogue.Architecture,
    "components/modelreasoning.ModelReasoning": catalogue.ModelReasoning,
    "components/modelaliastarget.ModelAliasTarget": catalogue.AliasTarget,
    "components/topproviderinfo.TopProviderInfo": catalogue.TopProvider,
    "components/publicpricing.PublicPricing": pricing.Pricing,
    "components/pricingoverride.PricingOverride": pricing.PricingOverride,
    "components/publicendpoint.PublicEndpoint": catalogue.Endpoint,
    "components/listendpointsresponse.ListEndpointsResponse": catalogue.ModelEndpoints,
    "components/percentilestats.PercentileStats": catalogue.Percentiles,
    "operations/listproviders.ListProvidersData": catalogue.Provider,
    "operations/getcredits.GetCreditsData": account.Credits,
    "operations/getcurrentkey.GetCurrentKeyData": account.KeyInfo,
    "components/keybudget.KeyBudget": account.KeyBudget,
    "components/freemodeldailyrequests.FreeModelDailyRequests": account.FreeRequests,
    "operations/list.ListData": account.ApiKey,
    "operations/getkey.GetKeyData": account.ApiKey,
    "operations/createkeys.CreateKeysData": account.ApiKey,
    "operations/updatekeys.UpdateKeysData": account.ApiKey,
    "components/activityitem.ActivityItem": account.ActivityRow,
    "components/imagegenerationresponse.ImageGenerationResponse": media.Images,
    "components/imagegenerationresponse.ImageGenerationResponseData": media.Image,
    "components/imagegenerationusage.ImageGenerationUsage": usage.Usage,
    "components/sttresponse.STTResponse": media.Transcription,
    "components/sttsegment.STTSegment": media.Segment,
    "components/sttword.STTWord": media.Word,
    "components/sttusage.STTUsage": media.MediaUsage,
    "operations/creatererank.CreateRerankResponseBody": media.Ranking,
    "operations/creatererank.Result": media.Ranked,
    "operations/creatererank.CreateRerankUsage": media.MediaUsage,
}
SAMPLES: dict[str, Any] = {"str": "1", "int": 3, "float": 1.5, "bool": True, "datetime": "2026-11-21T00:00:00Z"}


def published() -> list[tuple[str, str, str]]:
    """(schema, field on the wire, its type as it is written there) of every schema above."""
    found = []
    for place in WINDOWS if PACKAGE is not None else ():
        file, _, name = place.partition(".")
        tree = ast.parse((PACKAGE / f"{file}.py").read_text("utf-8"))  # type: ignore[operator]
        [made] = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
        for line in made.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                kind = ast.unparse(line.annotation)
                alias = kind.partition("alias='")[2].partition("'")[0]
                found.append((place, alias or line.target.id, kind))
    return [one for one in found if not one[1].startswith("__")]


def samples(kind: str) -> list[Any]:
    """Values of a type as it is written there; several where it does not say whether it is a word or an object."""
    for wrapper in ("Annotated[", "OptionalNullable[", "Optional[", "Nullable["):
        kind = kind.removeprefix(wrapper)
    if kind.startswith("List["):
        return [["1"], [{}]]
    word = kind.partition(",")[0].rstrip("]")
    if word.startswith("Dict["):
        return [{"x": 1}]
    return [SAMPLES[word]] if word in SAMPLES else ["1", 3, {}]


def reads(window: type[Window], field: str, value: Any) -> bool:
    """Whether a property of the window gives the value of the field, in some form."""
    made = window({field: value})
    for name in dir(window):
        get = getattr(getattr(window, name), "fget", None)
        if getattr(get, "wire_key", None) == field:
            seen = getattr(made, name)
            return seen is not None and seen != []
    return False


@pytest.mark.skipif(PACKAGE is None, reason="no .venv-conform-openrouter with the package openrouter in it")
def test_no_published_field_is_missing_or_of_another_type() -> None:
    fields = published()
    assert len(fields) > 300
    assert {place for place, _, _ in fields} == set(WINDOWS)
    assert set(NOT_OURS) <= {(place.partition("/")[2], field) for place, field, _ in fields}
    missing = [
        (place, field, kind)
        for place, field, kind in fields
        if (place.partition("/")[2], field) not in NOT_OURS
        and not any(reads(WINDOWS[place], field, value) for value in samples(kind))
    ]
    assert missing == []


@pytest.mark.skipif(PACKAGE is None, reason="no .venv-conform-openrouter with the package openrouter in it")
def test_the_words_of_supported_parameters_are_the_published_ones() -> None:
    assert PACKAGE is not None
    tree = ast.parse((PACKAGE / "components" / "parameter.py").read_text("utf-8"))
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert set(catalogue.PARAMETERS) == {word for word in words if word.replace("_", "").isalpha() and word.islower()}
