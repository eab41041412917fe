"""Dialects of hosts of open models: Groq, Together, Fireworks, Cerebras, SambaNova, NVIDIA, Ollama Cloud."""

from __future__ import annotations

from dataclasses import replace

from . import finishings, rules
from .openai import OPENAI_ERROR
from .own import OLLAMA
from .record import ABSENT, Asked, Dialect, Problem, Speech
from .shapes import CREATED, bare_array, cerebras_error, error_of, fireworks_error, listing, nvidia_error

__all__ = ["HOSTS"]

# ---- Groq -----------------------------------------------------------------------------------------

_GROQ_FIELDS = (
    rules.OPENAI_FIELDS
    - {"store", "logit_bias", "logprobs", "top_logprobs", "prediction", "verbosity", "modalities", "audio"}
) | {
    "reasoning_format",
    "include_reasoning",
    "citation_options",
    "documents",
    "search_settings",
    "disable_tool_validation",
}
_GROQ_MESSAGE = frozenset(
    ["role", "content", "tool_calls", "tool_call_id", "function_call", "reasoning", "channel", "documents"]
)
_GROQ_EFFORTS = ("none", "default", "low", "medium", "high")

GROQ = Dialect(
    name="groq",
    bases=("/openai/v1",),
    source="console.groq.com/docs; recorded traffic of charmbracelet/fantasy; quoted errors: agno #1065, "
    "vercel/ai #16540",
    note="`name` and unknown properties of messages are refused, as its page on OpenAI compatibility says.",
    error=error_of("message", "type", code=lambda problem: problem.code),
    no_key=Problem(401, "Invalid API Key", code="invalid_api_key"),
    wrong_key=Problem(401, "Invalid API Key", code="invalid_api_key"),
    unknown=Problem(404, "The model `{model}` does not exist or you do not have access to it.", code="model_not_found"),
    limited=Problem(
        429,
        "Rate limit reached for model `{model}` in organization `org_simulated` service tier `on_demand` on requests "
        "per minute (RPM): Limit 30, Used 30, Requested 1. Please try again in 7s.",
        type="requests",
        code="rate_limit_exceeded",
    ),
    no_path=Problem(404, "Unknown request URL. Please check the URL for typos.", code="unknown_url"),
    listing=listing(owned_by="Groq", active=True, context_window=131072, public_apps=None),
    embeds=False,
    rules=(
        rules.unsupported_properties(_GROQ_FIELDS, _GROQ_MESSAGE),
        rules.one_choice(lambda n: Problem(400, "'n' : number must be at most 1", param="n")),
        rules.forms_and_tools(
            lambda what: Problem(
                400,
                "json mode cannot be combined with tool/function calling"
                if what == "tools"
                else "response_format json_schema is not supported with streaming",
            ),
            stream=True,
        ),
        lambda asked: (
            Problem(400, "`reasoning_effort` must be one of " + ", ".join(f"`{word}`" for word in _GROQ_EFFORTS))
            if asked.body.get("reasoning_effort") not in (None, *_GROQ_EFFORTS)
            else None
        ),
    ),
    speech=Speech(
        top={"system_fingerprint": "fp_simulated", "usage_breakdown": None, "service_tier": "on_demand"},
        choice={"logprobs": None},
        call_content=ABSENT,
        usage=finishings.groq_usage,
        reasoning="reasoning",
        chunk={"system_fingerprint": "fp_simulated"},
        chunk_choice={"logprobs": None},
        calls="whole",
        usage_in="finish+asked",
        finishing=finishings.groq,
    ),
    headers=(("x-request-id", "{id}"), ("x-groq-region", "simulated")),
    limits=(
        ("x-ratelimit-limit-requests", "14400"),
        ("x-ratelimit-limit-tokens", "18000"),
        ("x-ratelimit-remaining-requests", "14370"),
        ("x-ratelimit-remaining-tokens", "17997"),
        ("x-ratelimit-reset-requests", "2m59.56s"),
        ("x-ratelimit-reset-tokens", "7.66s"),
    ),
    over=(
        ("retry-after", "7"),
        ("x-ratelimit-limit-requests", "14400"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "7s"),
    ),
)

# ---- Together, Fireworks --------------------------------------------------------------------------

TOGETHER = Dialect(
    name="together",
    bases=("/v1",),
    source="docs.together.ai; recorded traffic of llama-stack; odysseus #2202 (list), MoA #27 (429)",
    note="That a tool call's index may be null is from its users; the finish reason eos is of its older models.",
    error=OPENAI_ERROR,
    no_key=Problem(401, "Missing API key, please see https://docs.together.ai/docs", code="missing_api_key"),
    wrong_key=Problem(401, "Invalid API key provided.", code="invalid_api_key"),
    unknown=Problem(
        404,
        "Unable to access model {model}. Please visit https://api.together.ai/models to view the list of supported "
        "models.",
        code="model_not_available",
    ),
    limited=Problem(
        429, "You have been rate limited. Your rate limit is 60 queries per minute.", type="model_rate_limit"
    ),
    no_path=Problem(404, "Not found", code="not_found"),
    listing=bare_array(
        object="model",
        created=CREATED,
        type="chat",
        running=False,
        display_name="Simulated",
        organization="org",
        context_length=131072,
        pricing={"hourly": 0, "input": 0.2, "output": 0.2, "base": 0, "finetune": 0},
    ),
    style="org/{}",
    speech=Speech(
        id="oBUtQrM-",
        top={"prompt": []},
        choice={"seed": 7, "logprobs": None},
        message={"tool_calls": []},
        call={"index": "$at"},
        call_content="",
        finish={"stop": "eos"},
        usage=finishings.together_usage,
        reasoning="reasoning",
        chunk_choice={"seed": None, "logprobs": None},
        first=None,
        calls="whole-null-index",
        usage_in="finish",
        usage_null=True,
        finish_delta={"role": "assistant", "content": ""},
        finishing=finishings.together,
    ),
    headers=(("x-request-id", "{id}"),),
    limits=(
        ("x-ratelimit-limit", "10"),
        ("x-ratelimit-remaining", "9"),
        ("x-ratelimit-reset", "1"),
        ("x-tokenlimit-limit", "3000"),
        ("x-tokenlimit-remaining", "2960"),
    ),
    over=(
        ("x-ratelimit-limit", "10"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "7"),
        ("retry-after", "7"),
    ),
)


def _strict_tools(asked: Asked) -> Problem | None:
    for at, tool in enumerate(asked.body.get("tools") or ()):
        if isinstance(tool, dict) and (tool.get("function") or {}).get("strict") is not None:
            return Problem(400, f"Extra inputs are not permitted, field: 'tools[{at}].function.strict', value: True")
    return None


FIREWORKS = Dialect(
    name="fireworks",
    bases=("/inference/v1",),
    source="docs.fireworks.ai/api-reference/post-chatcompletions; LiteLLM's table (strict is removed)",
    note="The words of its refusals are not known for certain.",
    error=fireworks_error,
    no_key=Problem(401, "The API key you provided is invalid.", code="UNAUTHORIZED", type="error"),
    wrong_key=Problem(401, "The API key you provided is invalid.", code="UNAUTHORIZED", type="error"),
    unknown=Problem(404, "Model not found, inaccessible, and/or not deployed", code="NOT_FOUND", type="error"),
    limited=Problem(429, "Rate limit exceeded, please try again later", code="RATE_LIMIT_EXCEEDED", type="error"),
    no_path=Problem(404, "Path not found", code="NOT_FOUND", type="error"),
    listing=listing(owned_by="fireworks", kind="HF_BASE_MODEL", supports_chat=True, supports_tools=True),
    style="accounts/fireworks/models/{}",
    rules=(
        _strict_tools,
        rules.forms_and_tools(
            lambda what: Problem(400, "You cannot specify response format and function call at the same time")
        ),
    ),
    speech=Speech(
        id="",
        call={"index": "$at"},
        usage=finishings.cached_usage,
        first={"role": "assistant"},
        usage_in="finish",
        usage_null=True,
    ),
    headers=(("x-request-id", "{id}"),),
    limits=(
        ("x-ratelimit-limit-requests", "600"),
        ("x-ratelimit-remaining-requests", "599"),
        ("x-ratelimit-limit-tokens-prompt", "60000"),
        ("x-ratelimit-remaining-tokens-prompt", "59960"),
        ("x-ratelimit-limit-tokens-generated", "6000"),
        ("x-ratelimit-remaining-tokens-generated", "5990"),
        ("x-ratelimit-over-limit", "no"),
    ),
    over=(("x-ratelimit-over-limit", "yes"),),
)

# ---- Cerebras, SambaNova, NVIDIA, Ollama Cloud -----------------------------------------------------------

CEREBRAS = Dialect(
    name="cerebras",
    bases=("/v1",),
    source="inference-docs.cerebras.ai; recorded traffic of charmbracelet/fantasy",
    note="That thoughts are refused in messages is from users of gateways, not from its documents.",
    error=cerebras_error,
    no_key=Problem(401, "Wrong API Key", param="api_key", code="wrong_api_key"),
    wrong_key=Problem(401, "Wrong API Key", param="api_key", code="wrong_api_key"),
    unknown=Problem(
        404,
        "Model {model} does not exist or you do not have access to it.",
        type="not_found_error",
        param="model",
        code="model_not_found",
    ),
    limited=Problem(
        429,
        "Requests per minute limit exceeded - too many requests sent.",
        type="too_many_requests_error",
        param="quota",
        code="request_quota_exceeded",
    ),
    no_path=Problem(404, "Not found", type="not_found_error", code="not_found"),
    listing=listing(owned_by="Cerebras"),
    embeds=False,
    rules=(
        rules.message_fields(
            lambda role, at, name: Problem(
                400,
                f"messages.{at}.{role}.{name}: property 'messages.{at}.{role}.{name}' is unsupported",
                param="validation_error",
                code="wrong_api_format",
            ),
            *("reasoning_content", "reasoning_details", "annotations", "refusal"),
        ),
    ),
    speech=Speech(
        top={"system_fingerprint": "fp_simulated"},
        call_id=lambda hexadecimal, name, position: hexadecimal[:9],
        call_content=ABSENT,
        usage=finishings.cached_usage,
        reasoning="reasoning",
        chunk={"system_fingerprint": "fp_simulated"},
        first={"role": "assistant"},
        finish_null=False,
        calls="whole",
        usage_in="finish",
        done=False,
        finishing=finishings.cerebras,
    ),
    headers=(("x-request-id", "{id}"),),
    limits=(
        ("x-ratelimit-limit-requests-day", "14400"),
        ("x-ratelimit-limit-tokens-minute", "60000"),
        ("x-ratelimit-remaining-requests-day", "14399"),
        ("x-ratelimit-remaining-tokens-minute", "59960"),
        ("x-ratelimit-reset-requests-day", "33011.382867"),
        ("x-ratelimit-reset-tokens-minute", "11.382867"),
    ),
)

SAMBANOVA = Dialect(
    name="sambanova",
    bases=("/v1",),
    source="docs.sambanova.ai/docs/en/api-reference",
    note="The words of its errors are not known for certain.",
    error=OPENAI_ERROR,
    no_key=Problem(401, "Missing API key", type="authentication_error", code="missing_api_key"),
    wrong_key=Problem(401, "Invalid API key", type="authentication_error", code="invalid_api_key"),
    unknown=Problem(404, "Model not found", code="model_not_found"),
    limited=Problem(429, "Rate limit exceeded", type="rate_limit_exceeded", code="rate_limit_exceeded"),
    no_path=Problem(404, "Not Found"),
    listing=listing(owned_by="no-reply@sambanova.ai", context_length=131072, max_completion_tokens=4096),
    speech=Speech(
        id="",
        top={"system_fingerprint": "fastcoe"},
        choice={"logprobs": None},
        usage=finishings.sambanova_usage,
        chunk={"system_fingerprint": "fastcoe"},
        chunk_choice={"logprobs": None},
        usage_in="always",
    ),
    headers=(("x-request-id", "{id}"),),
    limits=(
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-reset-requests", "1795215060"),
        ("x-ratelimit-limit-requests-day", "12000"),
    ),
)

NVIDIA = Dialect(
    name="nvidia",
    bases=("/v1",),
    source="docs.api.nvidia.com/nim/reference/llm-apis",
    note="Parameters differ per model there; here none is refused. An unknown model is a page that is not found.",
    error=nvidia_error,
    no_key=Problem(401, "Unauthorized"),
    wrong_key=Problem(401, "Authentication failed"),
    unknown=Problem(404, "404 page not found"),
    limited=Problem(429, "Too Many Requests"),
    no_path=Problem(404, "404 page not found"),
    listing=listing(owned_by="vendor"),
    style="vendor/{}",
    speech=Speech(
        choice={"logprobs": None, "stop_reason": None},
        message={"reasoning_content": None, "tool_calls": []},
        call_id=lambda hexadecimal, name, position: f"chatcmpl-tool-{hexadecimal}",
        chunk_choice={"logprobs": None},
        last_choice={"stop_reason": None},
        calls="name-first",
    ),
    headers=(("nvcf-reqid", "{id}"),),
    over=(),
)

OLLAMA_CLOUD = replace(
    OLLAMA,
    name="ollama-cloud",
    source="docs.ollama.com/cloud, docs.ollama.com/api/openai-compatibility",
    note="Not seen: that of Ollama, with a key.",
    auth="bearer",
    error=error_of("message", "type", "param", "code"),
    no_key=Problem(401, "unauthorized", type="authentication_error"),
    wrong_key=Problem(401, "unauthorized", type="authentication_error"),
    embeds=False,
)

HOSTS = (GROQ, TOGETHER, FIREWORKS, CEREBRAS, SAMBANOVA, NVIDIA, OLLAMA_CLOUD)
