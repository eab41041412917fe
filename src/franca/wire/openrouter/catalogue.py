"""OpenRouter's catalogue: its models, who runs them at what price, and the providers."""

from __future__ import annotations

from ..base import Answer, Window
from ..fields import child, children, flag, mapping, number, text, whole
from ..models import Model
from .fields import words
from .pricing import Pricing, PricingOverride

__all__ = [
    "PARAMETERS",
    "AliasTarget",
    "Architecture",
    "Endpoint",
    "ModelEndpoints",
    "ModelReasoning",
    "Percentiles",
    "Pricing",
    "PricingOverride",
    "Provider",
    "RoutedModel",
    "TopProvider",
]

PARAMETERS = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "top_a",
    "frequency_penalty",
    "presence_penalty",
    "repetition_penalty",
    "max_tokens",
    "max_completion_tokens",
    "logit_bias",
    "logprobs",
    "top_logprobs",
    "prediction",
    "seed",
    "response_format",
    "structured_outputs",
    "stop",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "include_reasoning",
    "reasoning",
    "reasoning_effort",
    "web_search_options",
    "verbosity",
)
"""The words of `supported_parameters`, by the OpenAPI document of November 2026. A new one may come any day."""


class Architecture(Window):
    """What goes into a model and what comes out of it."""

    __slots__ = ()
    _shown = ("modality", "tokenizer")

    input_modalities = words("input_modalities", '"text", "image", "file", "audio", "video"; [] when it is not told.')
    output_modalities = words("output_modalities", '"text", "image", "audio", "embeddings", "rerank", "speech" ...')
    modality = text("modality", 'Both in one word: "text+image->text".')
    tokenizer = text("tokenizer", 'The tokenizer\'s family: "GPT", "Claude", "Qwen3" ...')
    instruct_type = text("instruct_type", "The chat template, of models that have a known one.")


class TopProvider(Window):
    """What OpenRouter's first choice of provider allows."""

    __slots__ = ()
    _shown = ("context_length", "max_completion_tokens", "is_moderated")

    context_length = whole("context_length", "Tokens of prompt and answer together.")
    max_completion_tokens = whole("max_completion_tokens", "Tokens of the answer at most; None for no own limit.")
    is_moderated = flag("is_moderated", "Whether requests are moderated.")


class ModelReasoning(Window):
    """How a model can be asked to reason."""

    __slots__ = ()
    _shown = ("mandatory", "default_enabled", "default_effort", "supported_efforts")

    mandatory = flag("mandatory", "Whether it cannot be turned off.")
    default_enabled = flag("default_enabled", "Whether it reasons when nothing is said.")
    default_effort = text("default_effort", "The effort when none is said.")
    supported_efforts = words("supported_efforts", '"max", "xhigh", "high", "medium", "low", "minimal", "none".')
    supports_max_tokens = flag("supports_max_tokens", "Whether `reasoning.max_tokens` is heeded.")


class AliasTarget(Window):
    """What an alias (`~author/x-latest`) stands for now."""

    __slots__ = ()
    _shown = ("slug", "name")

    slug = text("slug", "The model's id.")
    name = text("name", "The model's name.")


class RoutedModel(Model):
    """One model of OpenRouter's lists (/models, /model, /embeddings/models, /images/models).

    What a model can do is told over all its endpoints together: one endpoint may do less, see `Endpoint`.
    """

    __slots__ = ()
    _shown = ("id", "context_length", "pricing")

    name = text("name", "The name to show.")
    canonical_slug = text("canonical_slug", "The id with its version, which stays the same.")
    description = text("description", "What it is, in words.")
    architecture = child("architecture", Architecture, "What goes in and comes out.")
    pricing = child("pricing", Pricing, "What it costs at the least expensive ordinary endpoint.")
    supported_parameters = words(
        "supported_parameters", "The request's fields that at least one endpoint heeds; [] when it is not told."
    )
    supported_voices = words("supported_voices", "Of a model that speaks: its voices.")
    supports_streaming = flag("supports_streaming", "Of a model that makes images: whether it can stream them.")
    endpoints = text("endpoints", "Of a model that makes images: where its endpoints are listed.")
    top_provider = child("top_provider", TopProvider, "What the first choice of provider allows.")
    per_request_limits = mapping("per_request_limits", "Tokens per request for you, raw; None for no limit.")
    default_parameters = mapping("default_parameters", "Sampling fields that it has when nothing is said, raw.")
    reasoning = child("reasoning", ModelReasoning, "How it can be asked to reason; None when it cannot.")
    alias_target = child("alias_target", AliasTarget, "Of an alias: what it stands for now.")
    expiration_date = text("expiration_date", "When it will be gone, as a date; None for no such plan.")
    knowledge_cutoff = text("knowledge_cutoff", "Until when it was told of the world, as a date.")
    hugging_face_id = text("hugging_face_id", "Its open weights, where it has some.")
    benchmarks = mapping("benchmarks", "What it reached in benchmarks, raw.")
    links = mapping("links", "Where more is told of it, raw.")

    @property
    def max_completion_tokens(self) -> int | None:
        """Tokens of an answer at most, at the first choice of provider; None when it is not told."""
        return None if self.top_provider is None else self.top_provider.max_completion_tokens

    def supports(self, parameter: str) -> bool | None:
        """Whether at least one endpoint heeds a field of the request ("tools", "structured_outputs", "reasoning" ...);
        None when the list does not tell what the model supports."""
        return _supports(self, parameter)


def _supports(window: RoutedModel | Endpoint, parameter: str) -> bool | None:
    told = window._data.get("supported_parameters")
    return parameter in told if isinstance(told, (list, dict)) else None


class Percentiles(Window):
    """What half, three quarters, 90 % and 99 % of the requests had."""

    __slots__ = ()
    _shown = ("p50", "p75", "p90", "p99")

    p50 = number("p50", "The median.")
    p75 = number("p75", "Of 75 %.")
    p90 = number("p90", "Of 90 %.")
    p99 = number("p99", "Of 99 %.")


class Endpoint(Window):
    """One provider's offer of one model."""

    __slots__ = ()
    _shown = ("tag", "model_id", "quantization", "context_length", "pricing")

    name = text("name", "The name to show.")
    model_id = text("model_id", "The model's id.")
    model_name = text("model_name", "The model's name to show.")
    provider_name = text("provider_name", "The provider's name to show.")
    tag = text("tag", 'What `provider.order` and `provider.only` take: "deepinfra/fp8".')
    context_length = whole("context_length", "Tokens of prompt and answer together.")
    max_completion_tokens = whole("max_completion_tokens", "Tokens of the answer at most; None for no own limit.")
    max_prompt_tokens = whole("max_prompt_tokens", "Tokens of the prompt at most; None for no limit of its own.")
    pricing = child("pricing", Pricing, "What it costs.")
    quantization = text("quantization", '"int4", "fp8", "bf16" ...; "unknown" where the provider does not tell.')
    service_tier = text("service_tier", '"flex", "priority" ...; None for the ordinary one.')
    supported_parameters = words("supported_parameters", "The request's fields that it heeds; [] when it is not told.")
    supports_tool_choice = mapping("supports_tool_choice", "Which of auto, none, required, function it takes, raw.")
    supports_implicit_caching = flag("supports_implicit_caching", "Whether it caches prompts without being asked.")
    supports_diarization = flag("supports_diarization", "Of transcription: whether it tells speakers apart.")
    supports_voice_cloning = flag("supports_voice_cloning", "Of speech: whether it can speak with a given voice.")
    supports_image_reference = flag("supports_image_reference", "Of speech: whether it takes an image to go by.")
    supports_multiple_audio_references = flag(
        "supports_multiple_audio_references", "Of speech: whether it takes more than one recording to go by."
    )
    native_tools = mapping("native_tools", "Tools that the provider runs itself, raw.")
    status = whole("status", "0 for an ordinary one; below that the more it is avoided.")
    uptime_last_5m = number("uptime_last_5m", "Answered requests, in percent.")
    uptime_last_30m = number("uptime_last_30m", "Answered requests, in percent.")
    uptime_last_1d = number("uptime_last_1d", "Answered requests, in percent.")
    latency_last_30m = child("latency_last_30m", Percentiles, "Until the first token, in milliseconds.")
    throughput_last_30m = child("throughput_last_30m", Percentiles, "Tokens per second.")
    perf_last_30m_by_workload = mapping("perf_last_30m_by_workload", "Latency and throughput by kind of work, raw.")

    def supports(self, parameter: str) -> bool | None:
        """Whether it heeds a field of the request; None when it is not told."""
        return _supports(self, parameter)


class ModelEndpoints(Answer):
    """One model with all who run it."""

    __slots__ = ()
    _shown = ("id", "endpoints")

    id = text("id", "The model's id.")
    name = text("name", "The name to show.")
    created = whole("created", "Unix time in seconds.")
    description = text("description", "What it is, in words.")
    architecture = child("architecture", Architecture, "What goes in and comes out.")
    endpoints = children("endpoints", Endpoint, "The offers; [] when nobody runs it now.")

    def supports(self, parameter: str) -> bool | None:
        """Whether every endpoint heeds a field of the request; None when there is no endpoint, or one does not tell."""
        told = [endpoint.supports(parameter) for endpoint in self.endpoints]
        if False in told:
            return False
        return None if not told or None in told else True


class Provider(Window):
    """One provider."""

    __slots__ = ()
    _shown = ("slug", "name", "headquarters")

    name = text("name", "The name to show.")
    slug = text("slug", "What `provider.order`, `only` and `ignore` take.")
    headquarters = text("headquarters", "Country (ISO 3166-1 alpha-2).")
    datacenters = words("datacenters", "Countries (ISO 3166-1 alpha-2); [] when it is not told.")
    privacy_policy_url = text("privacy_policy_url", "Its privacy policy.")
    terms_of_service_url = text("terms_of_service_url", "Its terms of service.")
    status_page_url = text("status_page_url", "Where it tells of its outages.")
