"""Whose behaviour a scenario is: what one server does is no fault of a client that is not for that server.

Groups are the names of servers, and four more: "openai" (what OpenAI documents), "http" (what RFC 9110, RFC 9112 and
the WHATWG's definition of event streams say), "failures" (what networks, proxies and dying servers do to any client)
and "compatible" (what unnamed servers and gateways do that call themselves compatible).
"""

from __future__ import annotations

__all__ = ["EVERYBODY", "GROUPS", "claims_of"]

GROUPS: dict[str, str] = {
    "openai": "documented by OpenAI",
    "http": "HTTP and event streams, by their standards",
    "failures": "what networks, proxies and dying servers do",
    "azure": "Azure OpenAI's own",
    "openrouter": "OpenRouter's own",
    "anthropic": "Anthropic's compatible endpoint",
    "dashscope": "DashScope's own",
    "databricks": "Databricks's own",
    "deepseek": "DeepSeek's own",
    "gemini": "Gemini's compatible endpoint",
    "github": "GitHub Models's own",
    "groq": "Groq's own",
    "huggingface": "transformers serve's and TGI's own",
    "litellm": "the LiteLLM proxy's own",
    "llamacpp": "llama.cpp's own",
    "lmstudio": "LM Studio's own",
    "mistral": "Mistral's own",
    "ollama": "Ollama's own",
    "perplexity": "Perplexity's own",
    "together": "Together's own",
    "vllm": "vLLM's own",
    "xai": "xAI's own",
    "zai": "Z.AI's own",
    "compatible": "unnamed compatible servers and gateways",
}
EVERYBODY = frozenset({"http", "failures"})
"""What every client claims, as it uses HTTP and networks."""

_KINDS = {"cut-": "failures", "time-": "failures", "limit-": "failures", "http-": "http", "sse-": "http"}
_OF = {
    "openai": """tool-plain tool-parallel-interleaved tool-arguments-invalid content-refusal content-logprobs
        content-audio content-null choices-three finish-content-filter usage-after-finish usage-none error-openai
        error-key-echo error-403 error-404-model error-409 error-429 error-500 error-429-quota error-context-length
        limit-milliseconds limit-milliseconds-first limit-headers limit-should-not-retry limit-should-retry-then-good
        limit-408-then-good limit-409-then-good embed-plain models-plain""",
    "failures": """http-gzip-cut http-gzip-false http-bad-chunk http-not-at-all sse-garbage-json sse-garbage-first
        sse-json-string sse-json-array sse-json-number sse-not-a-stream error-errors error-html error-text error-empty
        error-not-utf-8 error-huge error-405 error-413 error-502 error-504 error-524 error-redirect-307
        error-redirect-301 inside-body-not-json""",
    "azure": """choices-empty-first stream-model-changes finish-content-filter error-content-filter
        inside-content-filter no-choices limit-seconds""",
    "openrouter": """reasoning-reasoning reasoning-reasoning-details stream-model-changes error-402 error-moderation
        error-not-available inside-body inside-choice inside-first-event inside-chunk inside-after-finish
        inside-rate-limit inside-content-filter no-choices no-choices-null time-comments-before-first-event
        time-comments-in-stream""",
    "anthropic": "tool-with-content error-529 limit-529-then-good",
    "dashscope": "tool-id-name-empty",
    "databricks": "usage-without-choices",
    "deepseek": "reasoning-reasoning-content time-comments-before-first-event time-comments-in-stream",
    "gemini": "end-without-done tool-index-missing tool-finish-stop tool-extra-content error-list",
    "github": "models-bare-array",
    "groq": "reasoning-reasoning fields-unknown inside-rate-limit limit-fraction",
    "huggingface": "end-without-done finish-eos-token usage-with-finish models-empty",
    "litellm": """tool-id-name-null tool-calls-null reasoning-null fields-unknown error-code-number error-408
        inside-chunk-without-choices""",
    "llamacpp": "end-closes-every-stream reasoning-reasoning-content error-503-loading models-both-keys",
    "lmstudio": "inside-chunk-lm-studio",
    "mistral": "reasoning-content-list usage-with-finish error-message-detail",
    "ollama": """end-close-without-done end-done-without-finish tool-index-repeated tool-index-repeated-one-chunk
        reasoning-reasoning finish-null-plain error-empty-message""",
    "perplexity": "fields-unknown usage-cumulative usage-cumulative-cut",
    "together": "tool-index-null finish-eos models-bare-array",
    "vllm": """tool-id-name-repeated tool-pieces-in-one-chunk tool-name-without-arguments tool-arguments-not-object
        tool-finish-stop tool-calls-null reasoning-reasoning reasoning-reasoning-content reasoning-null
        error-string error-object error-422 inside-first-event inside-error-then-close""",
    "xai": "usage-reasoning-outside",
    "zai": "finish-sensitive finish-network-error",
    # Of kinds that are everybody's else: no standard and no failure of a network.
    "compatible": """http-no-content-type http-wrong-content-type sse-event-names sse-ping sse-ping-with-type
        sse-empty-data sse-done-without-space sse-done-with-spaces sse-done-without-blank-line
        sse-last-event-unfinished sse-after-done sse-bare-done time-stall-after-finish time-stall-after-done""",
}


def _inverted() -> dict[str, frozenset[str]]:
    names = {name for text in _OF.values() for name in text.split()}
    return {name: frozenset(group for group, text in _OF.items() if name in text.split()) for name in names}


_CLAIMS = _inverted()


def claims_of(scenario: str) -> frozenset[str]:
    """The groups that a scenario belongs to. It counts for a client that claims one of them."""
    told = _CLAIMS.get(scenario)
    if told is not None:
        return told
    return frozenset({next((group for start, group in _KINDS.items() if scenario.startswith(start)), "compatible")})
