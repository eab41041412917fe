"""What OpenRouter tells of one generation afterwards: GET /generation, /generation/content."""

from __future__ import annotations

from ..base import Answer, Window
from ..fields import child, children, flag, items, mapping, number, text, whole
from .fields import dollars

__all__ = ["AttemptFailure", "Generation", "GenerationContent", "GenerationFailure", "ProviderResponse"]


class ProviderResponse(Window):
    """How one provider answered: the one that served the generation, or one that was asked before it in vain."""

    __slots__ = ()
    _shown = ("provider_name", "status", "latency", "model_permaslug")

    status = whole("status", "HTTP status; None when there was no answer.")
    provider_name = text("provider_name", "The provider.")
    id = text("id", "The provider's own id of its answer.")
    endpoint_id = text("endpoint_id", "Which of its endpoints.")
    model_permaslug = text("model_permaslug", "The model with its version.")
    latency = number("latency", "How long it took to answer, in milliseconds.")
    is_byok = flag("is_byok", "Whether your own key of the provider was used.")
    routed_service_tier = text("routed_service_tier", '"flex", "priority" ...; None for the ordinary one.')


class Generation(Answer):
    """One generation: what was asked of whom, how long it took, and what it cost.

    Fields as of the OpenAPI document of November 2026; amounts in US dollars, durations in milliseconds, as they come.
    `tokens_*` are counted with one tokenizer for all models, `native_tokens_*` by the model's own: these are billed.
    """

    __slots__ = ()
    _shown = ("id", "model", "provider_name", "finish_reason", "total_cost")

    id = text("id", "Identifier: what X-Generation-Id said.")
    upstream_id = text("upstream_id", "The provider's own id of its answer.")
    request_id = text("request_id", "What all generations of one request have in common.")
    session_id = text("session_id", "The session that the request named.")
    response_cache_source_id = text("response_cache_source_id", "Of an answer from the cache: what it was made by.")
    created_at = text("created_at", "When, ISO 8601.")
    model = text("model", "The model that answered.")
    provider_name = text("provider_name", "Who ran it.")
    router = text("router", 'The router that chose the model ("openrouter/auto"); None without one.')
    provider_responses = children("provider_responses", ProviderResponse, "Every provider that was asked, in order.")
    api_type = text("api_type", '"completions", "embeddings", "rerank", "image", "tts", "stt" ...')
    service_tier = text("service_tier", "The tier that the provider reported.")
    data_region = text("data_region", '"global", "europe" or "us".')

    total_cost = dollars("total_cost", "What it cost in all.")
    usage = dollars("usage", "What was taken from the credits.")
    upstream_inference_cost = dollars("upstream_inference_cost", "What the provider charged.")
    cache_discount = number("cache_discount", "What the prompt cache saved; below zero where writing it cost more.")
    is_byok = flag("is_byok", "Whether your own key of the provider was used.")

    latency = number("latency", "Until the first token.")
    generation_time = number("generation_time", "From the first token to the last.")
    moderation_latency = number("moderation_latency", "How long moderation took.")

    finish_reason = text("finish_reason", "Why it ended, in OpenRouter's word.")
    native_finish_reason = text("native_finish_reason", "Why it ended, in the provider's own word.")
    streamed = flag("streamed", "Whether it was streamed.")
    cancelled = flag("cancelled", "Whether the caller left before the end.")

    tokens_prompt = whole("tokens_prompt", "Tokens of the prompt.")
    tokens_completion = whole("tokens_completion", "Tokens of the answer.")
    native_tokens_prompt = whole("native_tokens_prompt", "Tokens of the prompt.")
    native_tokens_completion = whole("native_tokens_completion", "Tokens of the answer.")
    native_tokens_completion_images = whole("native_tokens_completion_images", "Tokens of images in the answer.")
    native_tokens_reasoning = whole("native_tokens_reasoning", "Tokens of reasoning.")
    native_tokens_cached = whole("native_tokens_cached", "Tokens of the prompt that were read from its cache.")
    num_media_prompt = whole("num_media_prompt", "Images and the like in the prompt.")
    num_input_audio_prompt = whole("num_input_audio_prompt", "Pieces of audio in the prompt.")
    num_media_completion = whole("num_media_completion", "Images and the like in the answer.")
    num_search_results = whole("num_search_results", "Search results that were put into the prompt.")
    num_fetches = whole("num_fetches", "Web pages that were fetched.")
    web_search_engine = text("web_search_engine", "The engine that searched the web.")

    app_id = whole("app_id", "Your app.")
    origin = text("origin", "The address that your app names as its own.")
    http_referer = text("http_referer", "The request's HTTP-Referer.")
    user_agent = text("user_agent", "The request's User-Agent.")
    external_user = text("external_user", "Your own user, where the request named one.")
    preset_id = text("preset_id", "The preset that was used.")
    workspace_id = text("workspace_id", "The workspace that it belongs to.")


class AttemptFailure(Window):
    """One provider's failure before the last."""

    __slots__ = ()
    _shown = ("provider_name", "code", "message")

    code = whole("code", "HTTP status.")
    message = text("message", "What it said.")
    provider_name = text("provider_name", "The provider.")
    raw = text("raw", "Its answer as it came.")


class GenerationFailure(Window):
    """Why a generation failed."""

    __slots__ = ()
    _shown = ("provider_name", "status", "message")

    status = whole("status", "HTTP status.")
    message = text("message", "What was said.")
    provider_name = text("provider_name", "Who said it.")
    raw = text("raw", "The provider's answer as it came.")
    previous_errors = children("previous_errors", AttemptFailure, "The failures before it; [] for none.")


class GenerationContent(Answer):
    """What was asked and answered, where the account keeps it."""

    __slots__ = ()
    _shown = ("messages", "prompt", "completion")

    input = mapping("input", "What was asked, raw: `messages` or `prompt`.")
    output = mapping("output", "What was answered, raw: `completion`, `reasoning`.")
    error = child("error", GenerationFailure, "Why it failed; None when it did not.")

    @property
    def messages(self) -> list[object]:
        """The messages that were sent, raw; [] for a prompt."""
        return _Input(self.input or {}).messages

    @property
    def prompt(self) -> str | None:
        """The prompt that was sent; None for messages."""
        return _Input(self.input or {}).prompt

    @property
    def completion(self) -> str | None:
        """The text that was answered."""
        return _Output(self.output or {}).completion

    @property
    def reasoning(self) -> str | None:
        """The reasoning that was answered."""
        return _Output(self.output or {}).reasoning


class _Input(Window):
    __slots__ = ()
    messages = items("messages", "")
    prompt = text("prompt", "")


class _Output(Window):
    __slots__ = ()
    completion = text("completion", "")
    reasoning = text("reasoning", "")
