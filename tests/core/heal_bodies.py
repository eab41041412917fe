"""Requests to be healed: one with everything in it that may be changed."""

from __future__ import annotations

from franca.heal import Remedy

HI = [{"role": "user", "content": "Hi"}]
AS_JSON = [{"role": "user", "content": "Say hi, as JSON."}]
TOOL = {"type": "function", "function": {"name": "f", "strict": True, "parameters": {"type": "object"}}}
SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
SAID = {"role": "assistant", "content": "Hello.", "name": "bot", "tool_calls": [], "function_call": None}
SAID |= dict.fromkeys(
    ["reasoning_content", "reasoning", "reasoning_details", "thinking", "refusal", "annotations", "audio"], "Hm."
)
FULL = {
    "model": "m",
    "stream": True,
    "stream_options": {"include_usage": True},
    "store": True,
    "metadata": {"a": "b"},
    "user": "u",
    "safety_identifier": "s",
    "service_tier": "flex",
    "prompt_cache_key": "k",
    "prompt_cache_retention": "24h",
    "prediction": {"type": "content", "content": "x"},
    "temperature": 1.7,
    "top_p": 0.9,
    "top_k": 40,
    "min_p": 0.1,
    "frequency_penalty": 0.1,
    "presence_penalty": 0.1,
    "repetition_penalty": 1.1,
    "seed": 7,
    "reasoning_effort": "minimal",
    "reasoning": {"effort": "low"},
    "thinking": {"type": "enabled"},
    "enable_thinking": True,
    "thinking_budget": 100,
    "verbosity": "low",
    "max_tokens": 100,
    "response_format": SCHEMA,
    "tools": [TOOL],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
    "messages": [
        {"role": "developer", "content": "Be brief, in JSON."},
        {"role": "system", "content": "Use metric units."},
        *HI,
        {**SAID, "provider_specific_fields": {}},
        {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
        *HI,
    ],
}

THERE = Remedy("rename", "max_tokens", "max_completion_tokens")
ONE = Remedy("rewrite", "messages[].role:system", ["several", "one"])
