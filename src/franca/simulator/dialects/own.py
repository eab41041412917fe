"""Dialects of the servers that one runs oneself: Ollama, vLLM, LiteLLM, llama.cpp, LM Studio, TGI, transformers."""

from __future__ import annotations

from dataclasses import replace

from . import finishings, rules
from .openai import OPENAI_ERROR
from .record import Asked, Dialect, Problem, Speech
from .shapes import detail_error, listing, litellm_error, tgi_error, vllm_error

__all__ = ["OLLAMA", "OWN"]

_NOWHERE = Problem(404, "Not Found", type="path")
_CLOSED = Problem(401, "Unauthorized")

OLLAMA = Dialect(
    name="ollama",
    bases=("/v1",),
    source="docs.ollama.com/api/openai-compatibility, its source (openai/openai.go); quoted error: QAnything #555",
    note="Newer versions end a streamed tool call with tool_calls, not stop.",
    auth="none",
    error=OPENAI_ERROR,
    no_key=_CLOSED,
    wrong_key=_CLOSED,
    unknown=Problem(404, 'model "{model}" not found, try pulling it first', type="api_error"),
    limited=Problem(429, "too many concurrent requests", type="api_error"),
    no_path=Problem(404, "404 page not found", type="api_error"),
    listing=listing(owned_by="library"),
    style="{}:latest",
    suffixes=frozenset(("latest",)),
    ignores=frozenset(("tool_choice", "parallel_tool_calls", "n", "user", "logit_bias", "service_tier", "store")),
    speech=Speech(
        top={"system_fingerprint": "fp_ollama"},
        call={"index": "$at"},
        call_id=lambda hexadecimal, name, position: f"call_{hexadecimal[:8]}",
        call_content="",
        finish={"tool_calls": "stop"},
        reasoning="reasoning",
        chunk={"system_fingerprint": "fp_ollama"},
        first=None,
        delta={"role": "assistant", "content": ""},
        finish_delta={"role": "assistant", "content": ""},
        calls="whole-index-0",
    ),
)

VLLM = Dialect(
    name="vllm",
    bases=("/v1",),
    source="recorded: vLLM 0.32.0 on CPU, November 2026 (tests/wire_samples/vllm)",
    note="A second system message is refused by some models' chat templates (Qwen's), not by the server.",
    error=vllm_error,
    no_key=_CLOSED,
    wrong_key=_CLOSED,
    unknown=Problem(404, "The model `{model}` does not exist. Valid aliases: echo.", param="model"),
    limited=Problem(429, "Too many requests"),
    no_path=_NOWHERE,
    listing=listing(
        owned_by="vllm",
        root="simulated",
        parent=None,
        max_model_len=2048,
        permission=[
            {
                "id": "modelperm-simulated",
                "object": "model_permission",
                "created": 1_790_000_000,
                "allow_create_engine": False,
                "allow_sampling": True,
                "allow_logprobs": True,
                "allow_search_indices": False,
                "allow_view": True,
                "allow_fine_tuning": False,
                "organization": "*",
                "group": None,
                "is_blocking": False,
            }
        ],
    ),
    rules=(rules.system_first,),
    speech=Speech(
        top={
            "service_tier": None,
            "system_fingerprint": "vllm-0.32.0-simulated",
            "prompt_logprobs": None,
            "prompt_token_ids": None,
            "prompt_text": None,
            "kv_transfer_params": None,
            "ec_transfer_params": None,
            "metrics": None,
        },
        choice={"logprobs": None, "stop_reason": None, "token_ids": None, "routed_experts": None},
        message={"refusal": None, "annotations": None, "audio": None, "function_call": None},
        call_id=lambda hexadecimal, name, position: f"chatcmpl-tool-{hexadecimal[:16]}",
        call_content="",
        empty_reasoning=True,
        reasoning="reasoning",
        chunk_choice={"logprobs": None, "token_ids": None},
        delta_call={"content": None},
        last_choice={"stop_reason": None},
        calls="name-first",
        finishing=finishings.vllm,
    ),
)

LITELLM = Dialect(
    name="litellm",
    bases=("", "/v1"),
    source="recorded: LiteLLM proxy 1.106.2, November 2026 (tests/wire_samples/litellm); wrong keys: docs.litellm.ai",
    note="Without a database a missing key is a 500 and a wrong one a 400 there; here both are the 401 of one with a "
    "database. Answers carry what the upstream sent; here nothing more.",
    error=litellm_error,
    no_key=Problem(401, "Authentication Error, No api key passed in.", type="auth_error"),
    wrong_key=Problem(
        401, "Authentication Error, Invalid proxy server token passed.", type="token_not_found_in_db", param="key"
    ),
    unknown=Problem(
        400,
        "/chat/completions: Invalid model name passed in model={model}. Call `/v1/models` to view available models "
        "for your key.",
    ),
    limited=Problem(429, "litellm.RateLimitError: rate limit of model group '{model}'", type="throttling_error"),
    no_path=_NOWHERE,
    listing=listing(owned_by="openai"),
    speech=Speech(
        top={"system_fingerprint": "b0-unknown"},
        choice={"provider_specific_fields": {}},
        message={"provider_specific_fields": {"refusal": None}},
        call_content="",
        usage=finishings.cached_usage,
        chunk={"system_fingerprint": "b0-unknown"},
        first={"role": "assistant"},
        finish_null=False,
        call_piece={"type": "function"},
        usage_in="asked-delta",
        finishing=finishings.litellm,
    ),
    headers=(
        ("x-litellm-call-id", "{id}"),
        ("x-litellm-model-group", "simulated"),
        ("x-litellm-version", "1.106.2"),
        ("x-litellm-response-cost-original", "0.0"),
        ("x-litellm-attempted-retries", "0"),
        ("x-litellm-attempted-fallbacks", "0"),
    ),
)

_LLAMACPP_WORDS = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error", 500: "server_error"}

LLAMACPP = Dialect(
    name="llamacpp",
    bases=("/v1", ""),
    source="recorded: llama.cpp's server, November 2026 (tests/wire_samples/llama.cpp)",
    note="It has one model and answers with it, whatever the name.",
    error=lambda problem: {
        "error": {
            "code": problem.status,
            "message": problem.message,
            "type": _LLAMACPP_WORDS.get(problem.status, "invalid_request_error"),
        }
    },
    no_key=Problem(401, "Invalid API Key"),
    wrong_key=Problem(401, "Invalid API Key"),
    unknown=None,
    limited=Problem(429, "too many requests"),
    no_path=Problem(404, "File Not Found"),
    listing=lambda names: {
        "models": [
            {
                "name": name,
                "model": name,
                "modified_at": "",
                "size": "",
                "digest": "",
                "type": "model",
                "description": "",
                "tags": [""],
                "capabilities": ["completion"],
                "parameters": "",
                "details": {
                    "parent_model": "",
                    "format": "gguf",
                    "family": "",
                    "families": [""],
                    "parameter_size": "",
                    "quantization_level": "",
                },
            }
            for name in names
        ],
        "object": "list",
        "data": [
            {
                "id": name,
                "aliases": [name],
                "tags": [],
                "object": "model",
                "architecture": {"input_modalities": ["text"], "output_modalities": ["text"]},
                "created": 1_790_000_000,
                "owned_by": "llamacpp",
                "meta": {
                    "vocab_type": 2,
                    "n_vocab": 361,
                    "n_ctx": 2048,
                    "n_ctx_train": 8192,
                    "n_embd": 64,
                    "n_params": 120256,
                    "size": 481024,
                    "ftype": "all F32",
                },
            }
            for name in names
        ],
    },
    speech=Speech(
        top={"system_fingerprint": "b0-unknown"},
        call_id=lambda hexadecimal, name, position: hexadecimal,
        call_content="",
        usage=finishings.cached_usage,
        chunk={"system_fingerprint": "b0-unknown"},
        first={"role": "assistant", "content": None},
        finishing=finishings.llamacpp,
    ),
    over=(),
)

LMSTUDIO = Dialect(
    name="lmstudio",
    bases=("/v1",),
    source="lmstudio.ai/docs/app/api/endpoints/openai; lmstudio-bug-tracker (json_object, tool_choice)",
    note="That these two are still refused depends on the version; without just-in-time loading a name may be wrong.",
    auth="none",
    error=lambda problem: (
        {"error": problem.message}
        if problem.code is None
        else {"error": {"message": problem.message, "type": problem.type, "param": problem.param, "code": problem.code}}
    ),
    no_key=_CLOSED,
    wrong_key=_CLOSED,
    unknown=Problem(404, "Model {model} not found", param="model", code="model_not_found"),
    limited=Problem(429, "Too many requests"),
    no_path=Problem(404, "Unexpected endpoint or method."),
    listing=listing(created=False, owned_by="organization_owner"),
    rules=(
        rules.json_schema(
            lambda: Problem(400, "'response_format.type' must be 'json_schema' or 'text'"), "json_object"
        ),
        lambda asked: (
            Problem(400, "Invalid tool_choice type: 'object'. Supported string values: none, auto, required")
            if isinstance(asked.body.get("tool_choice"), dict)
            else None
        ),
    ),
    speech=Speech(
        top={"stats": {}, "system_fingerprint": "simulated"},
        choice={"logprobs": None},
        message={"tool_calls": []},
        call_id=lambda hexadecimal, name, position: str(int(hexadecimal[:7], 16)),
        call_content="",
        chunk={"system_fingerprint": "simulated"},
        chunk_choice={"logprobs": None},
        first=None,
        delta={"role": "assistant"},
    ),
    over=(),
)

TGI = Dialect(
    name="tgi",
    bases=("/v1",),
    source="huggingface.co/docs/text-generation-inference/reference/api_reference, its router's source",
    note="It serves one model, under any name.",
    auth="none",
    error=tgi_error,
    no_key=_CLOSED,
    wrong_key=_CLOSED,
    unknown=None,
    limited=Problem(429, "Model is overloaded", type="overloaded"),
    no_path=Problem(404, "Not Found", type="not_found"),
    listing=listing(owned_by="author"),
    embeds=False,
    speech=Speech(
        id="",
        top={"system_fingerprint": "3.3.6-simulated"},
        choice={"logprobs": None},
        call_id=lambda hexadecimal, name, position: str(position),
        finish={"stop": "eos_token"},
        chunk={"system_fingerprint": "3.3.6-simulated"},
        chunk_choice={"logprobs": None},
        first=None,
        delta={"role": "assistant"},
        finish_delta={"role": "assistant", "content": ""},
    ),
    over=(),
)

_TRANSFORMERS_FIELDS = rules.OPENAI_FIELDS | {"generation_config", "chat_template_kwargs"}


def _unexpected(asked: Asked) -> Problem | None:
    names = sorted(set(asked.body) - _TRANSFORMERS_FIELDS)
    shown = ", ".join(map(repr, names))
    return Problem(422, f"Unexpected fields in the request: {{{shown}}}") if names else None


TRANSFORMERS = Dialect(
    name="transformers",
    bases=("/v1",),
    source="recorded: transformers serve 5, November 2026 (tests/wire_samples/transformers)",
    note="Its list of models holds those in the cache.",
    auth="none",
    error=detail_error,
    no_key=_CLOSED,
    wrong_key=_CLOSED,
    unknown=Problem(400, "Server is pinned to 'echo'; requested '{model}'."),
    limited=Problem(429, "Too many requests"),
    no_path=_NOWHERE,
    listing=listing(owned_by="author"),
    embeds=False,
    ignores=frozenset(("response_format", "n", "logprobs", "top_logprobs", "stop")),
    rules=(_unexpected,),
    speech=Speech(
        id="",
        call_content="",
        chunk={"system_fingerprint": ""},
        first={"role": "assistant"},
        finish_null=False,
        usage_in="finish",
        done=False,
    ),
    headers=(("x-request-id", "{id}"),),
    over=(),
)

SGLANG = replace(
    VLLM,
    name="sglang",
    source="docs.sglang.ai/basic_usage/openai_api_completions.html, its source (protocol.py)",
    note="Not run: what of it is vLLM's is a guess.",
    error=lambda problem: {
        "object": "error",
        "message": problem.message,
        "type": "BadRequestError" if problem.status == 400 else "NotFound",
        "param": problem.param,
        "code": problem.status,
    },
    rules=(),
    listing=listing(owned_by="sglang", root="simulated", parent=None, max_model_len=2048),
    speech=Speech(
        id="",
        top={"metadata": {"weight_version": "default"}},
        choice={"logprobs": None, "matched_stop": None},
        message={"tool_calls": None},
        call={"index": "$at"},
        empty_reasoning=True,
        chunk_choice={"logprobs": None, "matched_stop": None},
        usage_null=True,
    ),
)

OWN = (OLLAMA, VLLM, SGLANG, LITELLM, LLAMACPP, LMSTUDIO, TGI, TRANSFORMERS)
