"""The attributes of a call, of its request and of its answer, named as OpenTelemetry's conventions name them."""

from __future__ import annotations

from typing import Any

from ..wire.usage import Usage
from .call import Call

__all__ = ["of_answer", "of_call", "of_request", "provider"]

# Well-known values of gen_ai.provider.name that differ from the names of our rows (conventions 1.41.1, and for
# moonshot_ai their unreleased successor, November 2026). Any other row keeps its own name.
_PROVIDERS = {
    "azure": "azure.ai.openai",
    "gemini": "gcp.gemini",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "xai": "x_ai",
}
_NUMBERS = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
_OUTPUT_TYPES = {"text": "text", "json_object": "json", "json_schema": "json"}
_API_TYPES = {"chat": "chat_completions"}

Attributes = dict[str, Any]


def provider(server: str) -> str:
    """The value of gen_ai.provider.name for a server. One that is known by its URL alone speaks OpenAI's format, and
    nobody knows more of it."""
    return "openai_compatible" if "://" in server else _PROVIDERS.get(server, server)


def of_call(call: Call) -> Attributes:
    """What spans and metrics have in common: the operation, the provider, the model, the address."""
    found: Attributes = {"gen_ai.operation.name": call.operation, "gen_ai.provider.name": provider(call.server)}
    if call.model:
        found["gen_ai.request.model"] = call.model
    host, port = _address(call.base_url)
    if host:
        found["server.address"] = host
        found["server.port"] = port
    return found


def _address(url: str) -> tuple[str, int]:
    """Host and port of a base URL."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0]
    port = "443" if scheme == "https" else "80"
    name, colon, tail = host.rpartition(":")
    if colon and tail.isdecimal():
        host, port = name, tail
    return host.strip("[]"), int(port)


def of_request(call: Call) -> Attributes:
    """The settings of the request, those that it has and that are of the right type."""
    body = call.parameters
    found: Attributes = {}
    for name in _NUMBERS:
        _take_number(found, f"gen_ai.request.{name}", body.get(name))
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    _take_whole(found, "gen_ai.request.max_tokens", limit)
    _take_whole(found, "gen_ai.request.seed", body.get("seed"))
    _take_whole(found, "gen_ai.request.top_k", body.get("top_k"))
    _take_whole(found, "gen_ai.embeddings.dimension.count", body.get("dimensions"))
    count = body.get("n")
    if count != 1:
        _take_whole(found, "gen_ai.request.choice.count", count)
    stop = body.get("stop")
    stops = [stop] if isinstance(stop, str) else stop if isinstance(stop, (list, tuple)) else []
    if stops and all(isinstance(one, str) for one in stops):
        found["gen_ai.request.stop_sequences"] = [str(call.scrub(one)) for one in stops]
    if call.stream:
        found["gen_ai.request.stream"] = True
    encoding = body.get("encoding_format")
    if isinstance(encoding, str):
        found["gen_ai.request.encoding_formats"] = [encoding]
    asked = body.get("response_format")
    kind = asked.get("type") if isinstance(asked, dict) else None
    if isinstance(kind, str) and kind in _OUTPUT_TYPES:
        found["gen_ai.output.type"] = _OUTPUT_TYPES[kind]
    if call.server == "openai":
        if call.operation in _API_TYPES:
            found["openai.api.type"] = _API_TYPES[call.operation]
        if isinstance(body.get("service_tier"), str):
            found["openai.request.service_tier"] = body["service_tier"]
    return found


def of_answer(call: Call, answer: Any) -> Attributes:
    """What the answer (or the part of one that came) says of itself; {} for None."""
    if answer is None:
        return {}
    found: Attributes = {}
    for name in ("id", "model"):
        _take_text(found, f"gen_ai.response.{name}", call.scrub(getattr(answer, name, None)))
    if hasattr(answer, "choices"):
        reasons = [choice.finish_reason for choice in answer.choices]
        told = [call.scrub(reason) for reason in reasons if reason is not None]
        if told:
            found["gen_ai.response.finish_reasons"] = told
    usage = getattr(answer, "usage", None)
    if isinstance(usage, Usage):  # what a generation calls so is an amount of money
        _take_usage(found, usage)
    if call.server == "openai":
        _take_text(found, "openai.response.service_tier", getattr(answer, "service_tier", None))
        _take_text(found, "openai.response.system_fingerprint", getattr(answer, "system_fingerprint", None))
    return found


def _take_usage(found: Attributes, usage: Usage) -> None:
    _take_whole(found, "gen_ai.usage.input_tokens", usage.prompt_tokens)
    _take_whole(found, "gen_ai.usage.output_tokens", usage.completion_tokens)
    prompt = usage.prompt_tokens_details
    if prompt is not None:
        _take_whole(found, "gen_ai.usage.cache_read.input_tokens", prompt.cached_tokens)
        _take_whole(found, "gen_ai.usage.cache_creation.input_tokens", prompt.cache_write_tokens)
    details = usage.completion_tokens_details
    if details is not None:
        _take_whole(found, "gen_ai.usage.reasoning.output_tokens", details.reasoning_tokens)


def _take_text(found: Attributes, name: str, value: Any) -> None:
    if isinstance(value, str) and value:
        found[name] = value


def _take_whole(found: Attributes, name: str, value: Any) -> None:
    # Attributes are 64-bit; a longer number would be lost on its way with an error in the log.
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        found[name] = value


def _take_number(found: Attributes, name: str, value: Any) -> None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        found[name] = float(value)
