"""Why a model stopped: the words of many servers, and the few kinds they mean."""

from __future__ import annotations

__all__ = ["finish_kind"]

# Kind: the words that mean it, in lower case. Collected from OpenAI, Azure, Anthropic, Gemini, Cohere, TGI,
# Together, Z.AI and Bedrock answers as gateways pass them on.
_WORDS = {
    "stop": ("stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete"),
    "length": ("length", "max_tokens", "model_context_window_exceeded"),
    "tool_calls": ("tool_calls", "tool_call", "tool_use", "function_call"),
    "content_filter": (
        "content_filter",
        "content_filtered",
        "refusal",
        "safety",
        "recitation",
        "blocklist",
        "prohibited_content",
        "spii",
        "image_safety",
        "image_prohibited_content",
        "image_recitation",
        "sensitive",
        "guardrail_intervened",
        "error_toxic",
    ),
    "error": (
        "error",
        "network_error",
        "malformed_function_call",
        "unexpected_tool_call",
        "missing_thought_signature",
    ),
}
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words}


def finish_kind(reason: str | None) -> str | None:
    """One of "stop", "length", "tool_calls", "content_filter", "error"; "other" for an unknown word.

    None for None and "". An error of the server is never told as a "stop".
    """
    if not reason:
        return None
    return _KINDS.get(reason.lower(), "other")
