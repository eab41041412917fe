"""What type checkers answer about the fields of OpenRouter's answers; see `public.py`."""

from __future__ import annotations

from typing import assert_type

from franca.openrouter.answers import OpenRouterChat
from franca.wire.openrouter.account import ApiKey, KeyInfo
from franca.wire.openrouter.catalogue import Endpoint, ModelEndpoints, RoutedModel
from franca.wire.openrouter.chat import RoutedChoice, RoutedEvent, RoutedMessage
from franca.wire.openrouter.generation import Generation, ProviderResponse
from franca.wire.openrouter.media import Images, Ranking
from franca.wire.openrouter.metadata import CacheState, RouterMetadata
from franca.wire.openrouter.parts import Annotation, OutputAudio, OutputImage, ReasoningDetail
from franca.wire.usage import CostDetails, ServerToolUse, Usage


def of_a_chat(chat: OpenRouterChat, event: RoutedEvent) -> None:
    assert_type(chat.choices, list[RoutedChoice])
    assert_type(chat.message, RoutedMessage)
    assert_type(chat.native_finish_reason, str | None)
    assert_type(chat.annotations, list[Annotation])
    assert_type(chat.annotations[0].start_index, int | None)
    assert_type(chat.images, list[OutputImage])
    assert_type(chat.images[0].content, bytes | None)
    assert_type(chat.audio, OutputAudio | None)
    assert_type(chat.reasoning_details, list[ReasoningDetail])
    assert_type(chat.message.reasoning_details, list[ReasoningDetail])
    assert_type(chat.openrouter_metadata, RouterMetadata | None)
    assert_type(chat.cache, CacheState | None)
    assert_type(chat.generation_id, str | None)
    assert_type(event.annotations, list[Annotation])
    assert_type(event.provider, str | None)


def of_usage(usage: Usage) -> None:
    assert_type(usage.cost_details, CostDetails | None)
    assert_type(usage.server_tool_use, ServerToolUse | None)
    assert_type(usage.is_byok, bool | None)


def of_lists(model: RoutedModel, endpoints: ModelEndpoints, endpoint: Endpoint, info: KeyInfo, key: ApiKey) -> None:
    assert_type(model.supported_parameters, list[str])
    assert_type(model.supports("tools"), bool | None)
    assert_type(endpoints.endpoints, list[Endpoint])
    assert_type(endpoint.status, int | None)
    if model.pricing is not None:
        assert_type(model.pricing.prompt, float | None)
    assert_type(info.limit_remaining, float | None)
    assert_type(key.key, str | None)


def of_others(generation: Generation, ranking: Ranking, images: Images) -> None:
    assert_type(generation.total_cost, float | None)
    assert_type(generation.provider_responses, list[ProviderResponse])
    assert_type(ranking.indexes, list[int])
    if images.image is not None:
        assert_type(images.image.content, bytes | None)
