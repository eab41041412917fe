"""Dialects of Mistral, Gemini, Anthropic, xAI and Perplexity."""

from __future__ import annotations

from typing import Any

from . import finishings, rules
from .openai import OPENAI_ERROR
from .record import ABSENT, Dialect, Problem, Speech
from .shapes import error_of, gemini_error, listing, mistral_error, page, xai_error

__all__ = ["ANTHROPIC", "GEMINI", "MISTRAL", "PERPLEXITY", "XAI"]

# ---- Mistral --------------------------------------------------------------------------------------

_MISTRAL_FIELDS = frozenset(
    [
        "model",
        "messages",
        "temperature",
        "top_p",
        "max_tokens",
        "stream",
        "stop",
        "random_seed",
        "metadata",
        "response_format",
        "tools",
        "tool_choice",
        "presence_penalty",
        "frequency_penalty",
        "n",
        "prediction",
        "parallel_tool_calls",
        "prompt_mode",
        "reasoning_effort",
        "guardrails",
        "safe_prompt",
        "prompt_cache_key",
    ]
)
_MISTRAL_MESSAGES = {
    "system": frozenset(("role", "content")),
    "user": frozenset(("role", "content")),
    "assistant": frozenset(("role", "content", "tool_calls", "prefix")),
    "tool": frozenset(("role", "content", "tool_call_id", "name")),
}


def _mistral_role(role: str, at: int) -> Problem:
    text = f"Input tag '{role}' found using 'role' does not match any of the expected tags: "
    text += "'assistant', 'system', 'tool', 'user'"
    detail = {"type": "union_tag_invalid", "loc": ["body", "messages", at], "msg": text, "input": {"role": role}}
    return Problem(422, text, details=(detail,))


MISTRAL = Dialect(
    name="mistral",
    bases=("/v1",),
    source="docs.mistral.ai/api; quoted errors: eca #231, crush #1590, zed #53034, anon-kode #53, mistral-go #2; "
    "recorded traffic of pydantic-ai",
    note='`tool_choice: "required"` and its object form are documented now, so they are taken.',
    error=mistral_error,
    no_key=Problem(401, "Unauthorized"),
    wrong_key=Problem(401, "Unauthorized"),
    unknown=Problem(400, "Invalid model: {model}", type="invalid_model", code="1500"),
    limited=Problem(429, "Rate limit exceeded", type="rate_limited", code="1300"),
    no_path=Problem(404, "no Route matched with those values"),
    listing=listing(owned_by="mistralai", max_context_length=131072, type="base"),
    rules=(
        rules.extra_forbidden(_MISTRAL_FIELDS, _MISTRAL_MESSAGES),
        rules.roles(_mistral_role, "system", "user", "assistant", "tool"),
        rules.tool_ids,
    ),
    speech=Speech(
        id="",
        message={"tool_calls": None},
        call={"index": "$at"},
        call_id=lambda hexadecimal, name, position: hexadecimal[:9],
        call_content="",
        reasoning="parts",
        finish_delta={"content": ""},
        calls="whole",
        usage_in="finish",
    ),
    headers=(("mistral-correlation-id", "{id}"), ("x-kong-request-id", "{id}")),
    limits=(
        ("x-ratelimit-limit-req-minute", "60"),
        ("x-ratelimit-remaining-req-minute", "59"),
        ("x-ratelimit-limit-tokens-minute", "500000"),
        ("x-ratelimit-remaining-tokens-minute", "499960"),
    ),
    over=(("retry-after", "7"), ("x-ratelimit-remaining-req-minute", "0")),
)

# ---- Gemini, Anthropic, xAI, Perplexity ---------------------------------------------------------------

_SIGNATURE = (
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
    "correctly, and missing thought_signature may lead to degraded model performance. Additional data, function "
    "call `default_api:{}` , position {}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures "
    "for more details."
)


def _unsigned(message: dict[str, Any]) -> bool:
    first = message["tool_calls"][0]
    google = (first.get("extra_content") or {}).get("google") or {}
    return not google.get("thought_signature")


def _ask_signature(at: int, message: dict[str, Any]) -> Problem:
    name = (message["tool_calls"][0].get("function") or {}).get("name")
    return Problem(400, _SIGNATURE.format(name, at + 1))


GEMINI = Dialect(
    name="gemini",
    bases=("/v1beta/openai",),
    source="ai.google.dev/gemini-api/docs/openai; captured streams: noho/dayu-agent #45, open-webui/computer #224; "
    "quoted errors: opensquilla #225",
    note="Where a stream has its usage is not known for certain: plain OpenAI.",
    error=gemini_error,
    no_key=Problem(400, "Missing or invalid Authorization header."),
    wrong_key=Problem(400, "API key not valid. Please pass a valid API key."),
    unknown=Problem(
        404, "models/{model} is not found for API version v1main, or is not supported for generateContent."
    ),
    limited=Problem(429, "You exceeded your current quota, please check your plan and billing details."),
    no_path=Problem(404, "Requested entity was not found."),
    listing=listing(created=False, owned_by="google"),
    style="models/{}",
    rules=(
        rules.banned(
            lambda name, value: Problem(
                400, f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.'
            ),
            *("store", "metadata", "logit_bias", "prompt_cache_key", "safety_identifier", "prediction"),
        ),
        rules.call_turns(_unsigned, _ask_signature),
    ),
    speech=Speech(
        id="",
        call_content=ABSENT,
        finish={"tool_calls": "stop"},
        reasoning="hidden",
        first=None,
        delta={"role": "assistant"},
        finish_delta={"role": "assistant"},
        finish_null=False,
        calls="whole-no-index",
        finishing=finishings.gemini,
    ),
    over=(),
)

ANTHROPIC = Dialect(
    name="anthropic",
    bases=("/v1",),
    source="docs.claude.com/en/api/openai-sdk",
    note="Whether response_format is still ignored is uncertain: its newer pages point to structured outputs.",
    error=OPENAI_ERROR,
    no_key=Problem(401, "x-api-key header is required", type="authentication_error"),
    wrong_key=Problem(401, "invalid x-api-key", type="authentication_error"),
    unknown=Problem(404, "model: {model}", type="not_found_error"),
    limited=Problem(
        429, "This request would exceed your account's rate limit. Please try again later.", type="rate_limit_error"
    ),
    no_path=Problem(404, "Not Found", type="not_found_error"),
    listing=lambda names: {
        "data": [
            {"type": "model", "id": name, "display_name": name.title(), "created_at": "2026-01-01T00:00:00Z"}
            for name in names
        ],
        "has_more": False,
        "first_id": names[0],
        "last_id": names[-1],
    },
    embeds=False,
    ignores=frozenset(
        [
            "response_format",
            "seed",
            "presence_penalty",
            "frequency_penalty",
            "logprobs",
            "top_logprobs",
            "logit_bias",
            "user",
            "store",
            "metadata",
            "service_tier",
            "audio",
            "modalities",
            "prediction",
            "reasoning_effort",
        ]
    ),
    rules=(rules.one_choice(lambda n: Problem(400, "n: Input should be 1")),),
    speech=Speech(id="msg_", top={"system_fingerprint": None}, reasoning="hidden", call_content=""),
    headers=(("request-id", "{id}"), ("openai-version", "2020-10-01")),
    limits=(
        ("x-ratelimit-limit-requests", "50"),
        ("x-ratelimit-remaining-requests", "49"),
        ("x-ratelimit-reset-requests", "2026-11-21T03:00:00Z"),
        ("x-ratelimit-limit-tokens", "40000"),
        ("x-ratelimit-remaining-tokens", "39960"),
        ("x-ratelimit-reset-tokens", "2026-11-21T03:00:00Z"),
    ),
)

XAI = Dialect(
    name="xai",
    bases=("/v1",),
    source="docs.x.ai; recorded traffic of charmbracelet/fantasy; quoted errors: continue #10778, definable.ai #112",
    error=xai_error,
    no_key=Problem(401, "Unauthorized", code="The request does not have valid authentication credentials"),
    wrong_key=Problem(400, "Incorrect API key provided: sk***ng. You can obtain an API key from https://console.x.ai."),
    unknown=Problem(
        404,
        "The model {model} does not exist or your team does not have access to it.",
        code="Some requested entity was not found",
    ),
    limited=Problem(
        429,
        "Too many requests for team: simulated, model: {model}",
        code="Some resource has been exhausted",
    ),
    no_path=Problem(404, "Not Found", code="The requested resource was not found"),
    listing=listing(owned_by="xai"),
    embeds=False,
    extra={"grok-4": "reason"},
    rules=(
        rules.banned(
            lambda name, value: Problem(400, f"Model grok-4 does not support parameter {_camel(name)}."),
            *("presence_penalty", "frequency_penalty", "stop", "reasoning_effort"),
            models=("grok-4",),
        ),
    ),
    speech=Speech(
        id="",
        top={"system_fingerprint": "fp_simulated"},
        message={"refusal": None},
        call_content="",
        usage=finishings.xai_usage,
        chunk={"system_fingerprint": "fp_simulated"},
        first=None,
        finish_null=False,
        calls="whole",
    ),
    headers=(("x-request-id", "{id}"),),
    limits=(
        ("x-ratelimit-limit-requests", "480"),
        ("x-ratelimit-limit-tokens", "2000000"),
        ("x-ratelimit-remaining-requests", "479"),
        ("x-ratelimit-remaining-tokens", "1999960"),
    ),
    over=(("x-ratelimit-remaining-requests", "0"),),
)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(map(str.title, tail))


PERPLEXITY = Dialect(
    name="perplexity",
    bases=("", "/v1"),
    source="docs.perplexity.ai/docs/sonar/pro-search/stream-mode (full mode), docs.perplexity.ai/api-reference",
    note="The words of the refusal of tools are not known for certain; there is no list of models.",
    error=lambda problem: (
        page(401, "Authorization Required") if problem.status == 401 else error_of("message", "type", "code")(problem)
    ),
    no_key=Problem(401, ""),
    wrong_key=Problem(401, ""),
    unknown=Problem(
        400,
        "Invalid model '{model}'. Permitted models can be found in the documentation at "
        "https://docs.perplexity.ai/getting-started/models.",
        type="invalid_model",
        code=400,
    ),
    limited=Problem(429, "Request rate limit exceeded, please try again later.", type="rate_limit", code=429),
    no_path=Problem(404, "Not Found", type="not_found", code=404),
    listing=listing(owned_by="perplexity"),
    lists=False,
    embeds=False,
    calls_tools=False,
    rules=(
        rules.banned(
            lambda name, value: Problem(
                400, "Tool calling is not supported for this model", type="invalid_parameter", code=400
            ),
            "tools",
        ),
        rules.alternating_roles,
    ),
    speech=Speech(
        id="",
        usage=finishings.perplexity_usage,
        reasoning="think",
        finish_delta={"content": ""},
        usage_in="every",
        finishing=finishings.perplexity,
    ),
    over=(),
)
