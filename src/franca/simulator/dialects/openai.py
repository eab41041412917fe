"""The dialects of OpenAI and of Azure, and what others share with them."""

from __future__ import annotations

from . import finishings, rules
from .record import Dialect, Problem, Speech, detailed_usage
from .shapes import azure_error, error_of, listing

__all__ = ["AZURE", "OPENAI", "OPENAI_ERROR", "OPENAI_SPEECH"]

_NO_URL = Problem(404, "Invalid URL")
_LIMIT_BODY = "Rate limit reached for {model} in organization org-simulated on requests per min (RPM): Limit 500, "
_LIMIT_BODY += "Used 500, Requested 1. Please try again in 7s."

# ---- OpenAI and Azure -----------------------------------------------------------------------------

OPENAI_ERROR = error_of("message", "type", "param", "code")
_FINGERPRINT = {"service_tier": "default", "system_fingerprint": "fp_simulated"}
OPENAI_SPEECH = Speech(
    top=_FINGERPRINT,
    choice={"logprobs": None},
    message={"refusal": None, "annotations": []},
    usage=detailed_usage,
    reasoning="hidden",
    chunk={**_FINGERPRINT, "obfuscation": "Kq3fT"},
    chunk_choice={"logprobs": None},
    first={"role": "assistant", "content": "", "refusal": None},
    usage_null=True,
)
_REASONING_NAMES = {"gpt-4o-mini": "echo", "gpt-5-mini": "reason", "gpt-5": "tools", "o4-mini": "echo"}
_ALLOWANCE = (
    ("x-ratelimit-limit-requests", "500"),
    ("x-ratelimit-limit-tokens", "200000"),
    ("x-ratelimit-remaining-requests", "499"),
    ("x-ratelimit-remaining-tokens", "199960"),
    ("x-ratelimit-reset-requests", "120ms"),
    ("x-ratelimit-reset-tokens", "6m0s"),
)

OPENAI = Dialect(
    name="openai",
    bases=("/v1",),
    source="platform.openai.com/docs/api-reference; quoted errors: MetaGPT #1709, goclaw #211",
    note="Chat Completions shows no thoughts: they are counted only.",
    error=OPENAI_ERROR,
    no_key=Problem(401, "You didn't provide an API key."),
    wrong_key=Problem(401, "Incorrect API key provided.", code="invalid_api_key"),
    unknown=Problem(404, "The model `{model}` does not exist or you do not have access to it.", code="model_not_found"),
    limited=Problem(429, _LIMIT_BODY, type="requests", code="rate_limit_exceeded"),
    no_path=_NO_URL,
    listing=listing(owned_by="system"),
    extra=_REASONING_NAMES,
    strict=True,
    rules=(rules.openai_unknown, rules.reasoning_models),
    speech=OPENAI_SPEECH,
    headers=(
        ("x-request-id", "{id}"),
        ("openai-organization", "org-simulated"),
        ("openai-processing-ms", "12"),
        ("openai-version", "2020-10-01"),
    ),
    limits=_ALLOWANCE,
    over=(
        ("retry-after", "7"),
        ("retry-after-ms", "7000"),
        ("x-ratelimit-limit-requests", "500"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-reset-requests", "7s"),
    ),
)

AZURE = Dialect(
    name="azure",
    bases=("/openai/v1", "/openai/deployments/{deployment}"),
    models=("/openai/v1/models", "/openai/models"),
    source="learn.microsoft.com/azure/ai-foundry/openai/reference; recorded traffic of charmbracelet/fantasy; "
    "quoted errors: SwiftOpenAI #67, paperless-gpt #814; headers: copilot-camp #551",
    note="A deployment's path takes a key by `api-key` only; a token of Entra ID is here 'eyJ' + the simulator's key.",
    auth="either",
    error=azure_error,
    no_key=Problem(
        401,
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for "
        "an active subscription and use a correct regional API endpoint for your resource.",
        code="401",
    ),
    wrong_key=Problem(
        401,
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for "
        "an active subscription and use a correct regional API endpoint for your resource.",
        code="401",
    ),
    unknown=Problem(
        404,
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 "
        "minutes, please wait a moment and try again.",
        code="DeploymentNotFound",
    ),
    limited=Problem(
        429,
        "Your requests to {model} have exceeded the call rate limit for your current AIServices S0 pricing tier. "
        "Please retry after 7 seconds.",
        code="RateLimitReached",
    ),
    no_path=Problem(404, "Resource not found", code="404"),
    listing=listing(
        created=False, created_at=1_700_000_000, status="succeeded", lifecycle_status="generally-available"
    ),
    extra=_REASONING_NAMES,
    strict=True,
    rules=(rules.old_api_version, rules.openai_unknown, rules.reasoning_models),
    speech=Speech(
        top={"system_fingerprint": None},
        choice={"logprobs": None},
        message={"refusal": None, "annotations": []},
        usage=detailed_usage,
        reasoning="hidden",
        chunk={"system_fingerprint": None, "obfuscation": "Kq3fT"},
        chunk_choice={"logprobs": None},
        first={"role": "assistant", "content": "", "refusal": None},
        usage_null=True,
        lead=finishings.AZURE_LEAD,
        finishing=finishings.azure,
    ),
    headers=(("apim-request-id", "{id}"), ("x-ms-region", "Simulated"), ("x-request-id", "{id}")),
    limits=(
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-limit-tokens", "60000"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-remaining-tokens", "59980"),
    ),
    over=(("retry-after", "7"), ("retry-after-ms", "7000"), ("x-ratelimit-reset-requests", "7")),
)
