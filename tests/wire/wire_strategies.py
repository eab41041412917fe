"""Hypothesis strategies: JSON in general, and answers in which any value may be of any type."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = [
    "id",
    "object",
    "created",
    "model",
    "choices",
    "usage",
    "message",
    "delta",
    "content",
    "text",
    "index",
    "role",
    "finish_reason",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "custom",
    "input",
    "type",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "thinking",
    "summary",
    "refusal",
    "logprobs",
    "cost",
    "prompt_tokens",
    "prompt_tokens_details",
    "cached_tokens",
    "data",
    "embedding",
    "audio",
    "function_call",
    "annotations",
]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**400, max_value=10**401),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["text", "thinking", "{}", "data:image/png;base64,AAAA", "[1"]),
)
keys = st.one_of(st.sampled_from(WORDS), st.text(max_size=4))
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=6)),
    max_leaves=20,
)
json_objects = st.dictionaries(keys, json_values, max_size=8)


def _wrapped(inner):
    """Garbage where an answer has sense: in the message, in the calls, in the parts, in the usage."""
    call = st.fixed_dictionaries({}, optional={"id": inner, "function": inner, "custom": inner, "name": inner})
    message = st.fixed_dictionaries(
        {},
        optional={
            "content": inner | st.lists(inner, max_size=3),
            "tool_calls": inner | st.lists(call | inner, max_size=2),
            "reasoning": inner,
            "reasoning_details": inner,
        },
    )
    choice = st.fixed_dictionaries({}, optional={"message": message, "delta": message | inner, "finish_reason": inner})
    return st.fixed_dictionaries({}, optional={"choices": st.lists(choice | inner, max_size=2), "usage": inner})


answers = st.one_of(json_objects, _wrapped(json_values))
