"""The last touch on answers and chunks, where a server does more than add fields; and its own counts of usage."""

from __future__ import annotations

from typing import Any

from .record import plain_usage

__all__ = [
    "azure",
    "cached_usage",
    "cerebras",
    "deepseek_usage",
    "gemini",
    "groq",
    "groq_usage",
    "litellm_usage",
    "llamacpp",
    "moonshot",
    "openrouter",
    "openrouter_usage",
    "perplexity",
    "perplexity_usage",
    "sambanova_usage",
    "together",
    "together_usage",
    "vllm",
    "xai_usage",
    "zai",
]

_SAFE = {"filtered": False, "severity": "safe"}
_FILTERS = {"hate": _SAFE, "self_harm": _SAFE, "sexual": _SAFE, "violence": _SAFE}
_UNSEEN = {"filtered": False, "detected": False}
PROMPT_FILTERS = [{"prompt_index": 0, "content_filter_results": {**_FILTERS, "jailbreak": _UNSEEN}}]
AZURE_LEAD = (
    {"choices": [], "created": 0, "id": "", "model": "", "object": "", "prompt_filter_results": PROMPT_FILTERS},
)
_TIMES = {"queue_time": 0.035, "prompt_time": 0.0164, "completion_time": 0.0682, "total_time": 0.0846}
_TIMINGS = {
    "cache_n": 0,
    "prompt_n": 29,
    "prompt_ms": 1.727,
    "prompt_per_token_ms": 0.06,
    "prompt_per_second": 16792.1,
    "predicted_n": 24,
    "predicted_ms": 7.797,
    "predicted_per_token_ms": 0.339,
    "predicted_per_second": 2949.9,
}
_TIME_INFO = {"queue_time": 0.0002, "prompt_time": 0.0128, "completion_time": 0.0174, "total_time": 0.0325}

# ---- usage ----------------------------------------------------------------------------------------


def cached_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """With the number of cached tokens."""
    return {**plain_usage(prompt, completion, reasoning), "prompt_tokens_details": {"cached_tokens": 0}}


def litellm_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """LiteLLM's, in streams."""
    details = {"reasoning_tokens": reasoning, "text_tokens": completion - reasoning}
    return {**cached_usage(prompt, completion, reasoning), "completion_tokens_details": details}


def groq_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """With times."""
    return {**plain_usage(prompt, completion, reasoning), **_TIMES}


def together_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """With cached tokens at the top."""
    return {**plain_usage(prompt, completion, reasoning), "cached_tokens": 0}


def deepseek_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """With hits and misses of the prompt cache."""
    details = {"completion_tokens_details": {"reasoning_tokens": reasoning}}
    cache = {"prompt_cache_hit_tokens": 0, "prompt_cache_miss_tokens": prompt}
    return {**cached_usage(prompt, completion, reasoning), **details, **cache}


def xai_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """Reasoning stands outside of the completion tokens, and inside the total."""
    details = {"reasoning_tokens": reasoning, "audio_tokens": 0}
    details |= {"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
    read = {"text_tokens": prompt, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 0}
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion - reasoning,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": read,
        "completion_tokens_details": details,
        "num_sources_used": 0,
    }


def openrouter_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """With what it cost."""
    costs = {"upstream_inference_cost": None, "upstream_inference_prompt_cost": 0.000001}
    return {
        **plain_usage(prompt, completion, reasoning),
        "cost": 0.000003,
        "is_byok": False,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "cost_details": {**costs, "upstream_inference_completions_cost": 0.000002},
        "completion_tokens_details": {"reasoning_tokens": reasoning, "image_tokens": 0},
    }


def perplexity_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """With searches and their price."""
    cost = {"input_tokens_cost": 0.0, "output_tokens_cost": 0.0, "request_cost": 0.005, "total_cost": 0.005}
    return {**plain_usage(prompt, completion, reasoning), "search_context_size": "low", "cost": cost}


def sambanova_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """With how fast it was."""
    speed = {"time_to_first_token": 0.05, "total_latency": 0.2, "total_tokens_per_sec": 400.0}
    return {**plain_usage(prompt, completion, reasoning), **speed}


# ---- answers --------------------------------------------------------------------------------------


def azure(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """Content filter results on every choice, and of the prompt."""
    if kind == "whole":
        answer["prompt_filter_results"] = PROMPT_FILTERS
    for choice in answer["choices"]:
        shown = choice.get("message", choice.get("delta", {})).get("content")
        choice["content_filter_results"] = _FILTERS if shown else {}


def gemini(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """The thought signature, on the first call of an answer only."""
    for choice in answer["choices"]:
        for call in choice.get("message", choice.get("delta", {})).get("tool_calls") or ():
            if not context.get("signed"):
                context["signed"] = True
                call["extra_content"] = {"google": {"thought_signature": "EjQKMgEMOdbHSIMULATED=="}}


def groq(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """`x_groq`: the request's id on the first chunk and the last, usage on the last."""
    if kind in ("whole", "first"):
        answer["x_groq"] = {"id": context["id"]}
    elif kind == "finish":
        answer["x_groq"] = {"id": context["id"], "usage": context["usage"]}
    elif kind == "usage":
        answer["service_tier"] = "on_demand"


def together(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """Old names beside the new: `text` of a chunk's choice, a number for its token."""
    for choice in answer["choices"]:
        delta = choice.get("delta")
        if delta is not None:
            choice["text"] = delta.get("content") or ""
            delta.setdefault("role", "assistant")
            delta["token_id"] = None


def openrouter(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """The finish reason of the server behind."""
    for choice in answer["choices"]:
        choice["native_finish_reason"] = choice["finish_reason"]


def perplexity(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """What was searched; and on every chunk the whole message so far."""
    answer["citations"] = ["https://example.org/"]
    answer["search_results"] = [{"title": "Example", "url": "https://example.org/", "date": None}]
    for choice in answer["choices"]:
        if "delta" in choice:
            context["said"] = context.get("said", "") + (choice["delta"].get("content") or "")
            choice["message"] = {"role": "assistant", "content": context["said"]}


def moonshot(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """Usage inside the choice that ends."""
    if kind == "finish":
        answer["choices"][0]["usage"] = context["usage"]


def zai(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """No `object` in whole answers; the request's id is the answer's."""
    if kind == "whole":
        del answer["object"]
        answer["request_id"] = answer["id"]


def cerebras(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """Times, on whole answers and on the last chunk."""
    if kind in ("whole", "finish"):
        answer["time_info"] = {**_TIME_INFO, "created": float(answer["created"])}


def llamacpp(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """`timings` on the very last chunk."""
    asked = (context["body"].get("stream_options") or {}).get("include_usage")
    if kind in ("whole", "usage") or (kind == "finish" and not asked):
        answer["timings"] = _TIMINGS


def vllm(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """Every optional field, as null; the fingerprint on the last chunks only."""
    if kind == "whole":
        answer["usage"] = {**answer["usage"], "prompt_tokens_details": None, "completion_tokens_details": None}
        return
    if kind == "first":
        answer |= {"prompt_token_ids": None, "prompt_text": None}
        del answer["choices"][0]["token_ids"]
    if kind in ("finish", "usage"):
        answer["system_fingerprint"] = "vllm-0.32.0-simulated"


def litellm(answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
    """Reasoning tokens are counted in streams only."""
    if kind == "usage":
        usage = context["usage"]
        answer["usage"] = litellm_usage(usage["prompt_tokens"], usage["completion_tokens"], 0)
