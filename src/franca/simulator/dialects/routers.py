"""Dialects of routers, gateways and marketplaces, and of what was never seen and is taken to be plain."""

from __future__ import annotations

from . import finishings, rules
from .openai import OPENAI_ERROR, OPENAI_SPEECH
from .record import ABSENT, Asked, Dialect, Problem, Speech
from .shapes import CREATED, databricks_error, error_of, github_error, listing, openrouter_error

__all__ = ["ROUTERS"]

AT = Dialect(
    name="at",
    bases=("/gateway/v1",),
    source="the project's own description of the AT gateway, November 2026",
    note="Its errors and lists were not seen: plain OpenAI.",
    error=OPENAI_ERROR,
    no_key=Problem(401, "missing API token", type="authentication_error"),
    wrong_key=Problem(401, "invalid API token", type="authentication_error"),
    unknown=Problem(404, "model {model} not found", code="model_not_found"),
    limited=Problem(429, "rate limit exceeded", type="rate_limit_error", code="rate_limit_exceeded"),
    no_path=Problem(404, "not found", type="not_found_error"),
    listing=listing(owned_by="provider"),
    style="provider/{}",
    speech=OPENAI_SPEECH,
    headers=(("x-request-id", "{id}"),),
)


OPENROUTER = Dialect(
    name="openrouter",
    bases=("/api/v1",),
    source="openrouter.ai/docs; recorded traffic of charmbracelet/fantasy and pydantic-ai; quoted errors: "
    "addi #15, claude-code-router #227, opik #2323",
    error=openrouter_error,
    no_key=Problem(401, "No auth credentials found"),
    wrong_key=Problem(401, "User not found."),
    unknown=Problem(400, "{model} is not a valid model ID"),
    limited=Problem(429, "Rate limit exceeded: free-models-per-min. "),
    no_path=Problem(404, "Not Found"),
    listing=lambda names: {
        "data": [
            {
                "id": name,
                "canonical_slug": name,
                "name": name.title(),
                "created": CREATED,
                "context_length": 131072,
                "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
                "pricing": {"prompt": "0.000001", "completion": "0.000002"},
                "supported_parameters": ["max_tokens", "tools", "response_format", "structured_outputs"],
            }
            for name in names
        ]
    },
    style="author/{}",
    suffixes=frozenset(("free", "nitro", "floor", "thinking", "online", "extended", "exacto")),
    speech=Speech(
        id="gen-",
        top={"provider": "Simulated"},
        choice={"logprobs": None},
        message={"refusal": None},
        call={"index": "$at"},
        empty_reasoning=True,
        usage=finishings.openrouter_usage,
        reasoning="details",
        chunk={"provider": "Simulated"},
        chunk_choice={"logprobs": None},
        first={"role": "assistant", "content": ""},
        delta={"role": "assistant"},
        delta_thinking={"content": ""},
        finish_delta={"role": "assistant", "content": ""},
        usage_in="always",
        before=b": OPENROUTER PROCESSING\n\n",
        finishing=finishings.openrouter,
    ),
    headers=(("x-generation-id", "gen-{id}"),),
    over=(
        ("x-ratelimit-limit", "20"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "1795215060000"),
        ("retry-after", "7"),
    ),
)

_UNAUTHORIZED = Problem(401, "Bad credentials", code="unauthorized")
GITHUB = Dialect(
    name="github",
    bases=("/inference", "/orgs/{organization}/inference"),
    models=("/catalog/models",),
    source="docs.github.com/en/rest/models (API version 2022-11-28), docs.github.com/en/github-models",
    note="Error codes as of its Azure AI Inference origin.",
    error=github_error,
    no_key=_UNAUTHORIZED,
    wrong_key=_UNAUTHORIZED,
    unknown=Problem(404, "Unknown model: {model}", code="unknown_model"),
    limited=Problem(
        429,
        "Rate limit of 15 per 60s exceeded for UserByModelByMinute. Please wait 7 seconds before retrying.",
        code="RateLimitReached",
    ),
    no_path=Problem(404, "Not Found", code="not_found"),
    listing=lambda names: [
        {
            "id": name,
            "name": name.rpartition("/")[2].title(),
            "publisher": "Publisher",
            "registry": "azureml",
            "version": "1",
            "summary": "A model of the simulator.",
            "html_url": f"https://github.com/marketplace/models/{name}",
            "rate_limit_tier": "low",
            "supported_input_modalities": ["text"],
            "supported_output_modalities": ["text"],
            "tags": ["simulated"],
            "capabilities": ["streaming", "tool-calling"],
            "limits": {"max_input_tokens": 131072, "max_output_tokens": 16384},
        }
        for name in names
    ],
    style="publisher/{}",
    extra={"openai/gpt-5-mini": "reason", "openai/o4-mini": "echo"},
    rules=(rules.reasoning_models,),
    speech=Speech(
        top={"system_fingerprint": "fp_simulated"},
        choice={"logprobs": None},
        message={"refusal": None, "annotations": []},
        chunk={"system_fingerprint": "fp_simulated"},
        chunk_choice={"logprobs": None},
        first={"role": "assistant", "content": "", "refusal": None},
        lead=finishings.AZURE_LEAD,
        reasoning="hidden",
        finishing=finishings.azure,
    ),
    headers=(("x-github-request-id", "{id}"), ("x-ms-request-id", "{id}")),
    limits=(
        ("x-ratelimit-limit-requests", "20000"),
        ("x-ratelimit-remaining-requests", "19999"),
        ("x-ratelimit-limit-tokens", "2000000"),
        ("x-ratelimit-remaining-tokens", "1999960"),
    ),
    over=(
        ("retry-after", "7"),
        ("x-ratelimit-timeremaining", "7"),
        ("x-ratelimit-type", "UserByModelByMinute"),
    ),
)

HUGGINGFACE = Dialect(
    name="huggingface",
    bases=("/v1",),
    source="huggingface.co/docs/inference-providers; recorded traffic of charmbracelet/fantasy",
    note="Its answers are those of the provider behind it; here one that is near OpenAI.",
    error=lambda problem: (
        {"error": problem.message} if problem.status == 401 else error_of("message", "type", "param", "code")(problem)
    ),
    no_key=Problem(401, "Invalid username or password."),
    wrong_key=Problem(401, "Invalid username or password."),
    unknown=Problem(400, "The requested model '{model}' does not exist", code="model_not_found", param="model"),
    limited=Problem(429, "Too many requests", type="rate_limit", code="rate_limit_exceeded"),
    no_path=Problem(404, "Not Found"),
    listing=listing(owned_by="author", providers=[{"provider": "simulated", "status": "live"}]),
    style="author/{}",
    suffixes=frozenset(("simulated", "fastest", "cheapest", "preferred")),
    embeds=False,
    speech=Speech(
        id="",
        top={"system_fingerprint": "fp_simulated"},
        choice={"logprobs": None},
        call_content=ABSENT,
        finish={"stop": "eos_token"},
        chunk={"system_fingerprint": "fp_simulated"},
        chunk_choice={"logprobs": None},
        usage_null=True,
    ),
    headers=(("x-request-id", "{id}"), ("x-inference-provider", "simulated")),
)


def _bedrock(asked: Asked) -> Problem | None:
    """Models of Bedrock behind Databricks take no `include_usage` (opencode #4698)."""
    if "claude" in asked.model and asked.body.get("stream_options") is not None:
        return Problem(400, "stream_options.include_usage: Extra inputs are not permitted")
    return None


DATABRICKS = Dialect(
    name="databricks",
    bases=("/serving-endpoints",),
    models=("/api/2.0/serving-endpoints",),
    source="docs.databricks.com/api/workspace/servingendpoints; quoted: opencode #4698",
    note="The words of its errors are not known for certain.",
    error=databricks_error,
    no_key=Problem(401, "Credential was not sent or was of an unsupported type for this API."),
    wrong_key=Problem(403, "Invalid access token. [ReqId: simulated]"),
    unknown=Problem(404, "The given endpoint does not exist, please retry after checking the specified model."),
    limited=Problem(429, "REQUEST_LIMIT_EXCEEDED: Exceeded workspace rate limit. Please retry after 7 seconds."),
    no_path=Problem(404, "No API found", code="ENDPOINT_NOT_FOUND"),
    listing=lambda names: {
        "endpoints": [
            {"name": name, "id": f"{at:032x}", "state": {"ready": "READY"}, "task": "llm/v1/chat"}
            for at, name in enumerate(names, 1)
        ]
    },
    extra={"databricks-claude": "echo"},
    rules=(_bedrock,),
    speech=Speech(call_content="", calls="whole"),
    headers=(("x-request-id", "{id}"),),
)

DEEPINFRA = Dialect(
    name="deepinfra",
    bases=("/v1/openai",),
    source="deepinfra.com/docs/openai_api",
    note="Its answers and errors were not seen: plain OpenAI.",
    error=lambda problem: (
        {"detail": {"error": problem.message}} if problem.status == 404 else error_of("message")(problem)
    ),
    no_key=Problem(401, "Unauthorized"),
    wrong_key=Problem(401, "Unauthorized"),
    unknown=Problem(404, "Model is not available: {model}"),
    limited=Problem(429, "Model busy, retry later"),
    no_path=Problem(404, "Not Found"),
    listing=listing(owned_by="deepinfra", root="simulated", parent=None, metadata=None),
    style="author/{}",
    speech=Speech(call_content=ABSENT),
    over=(),
)

COHERE = Dialect(
    name="cohere",
    bases=("/compatibility/v1",),
    source="docs.cohere.com/docs/compatibility-api, docs.cohere.com/reference/errors",
    note="The compatible endpoint's answers were not seen: plain OpenAI.",
    error=lambda problem: {"id": "simulated", "message": problem.message},
    no_key=Problem(401, "no api key supplied"),
    wrong_key=Problem(401, "invalid api token"),
    unknown=Problem(404, "model '{model}' not found, make sure the correct model ID was used"),
    limited=Problem(429, "You are using a Trial key, which is limited to 20 API calls / minute."),
    no_path=Problem(404, "page not found"),
    listing=listing(created=False, owned_by="cohere"),
    speech=Speech(id="", call_content=""),
    over=(),
)

ROUTERS = (AT, OPENROUTER, GITHUB, HUGGINGFACE, DATABRICKS, DEEPINFRA, COHERE)
