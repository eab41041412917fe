"""What may be changed about a request that a server refused, as a closed list.

A field is on the list when losing it does not change what the caller gets in kind: the answer is still an answer to
the same messages, of the same shape, with the same tools. So these are *not* on it, whatever a server says: `tools`
with tools in it, `n`, `stop`, `logprobs`, `logit_bias` (used to force or forbid words), `dimensions`, `modalities`,
`web_search_options`, a forced `tool_choice`, and the content of messages.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

__all__ = [
    "BESIDE_TEMPERATURE",
    "EFFORTS",
    "KINDS",
    "MESSAGE_FIELDS",
    "NOTED",
    "POLICIES",
    "Policy",
    "Remedy",
    "is_known",
    "undoes",
]

KINDS: Final = ("bookkeeping", "sampling", "reasoning", "limit", "format", "tools", "messages")
"""The kinds of change, for `keeps`."""

EFFORTS: Final = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Values of `reasoning_effort`, least first."""


BESIDE_TEMPERATURE: Final = "beside temperature"
"""The value of a remedy that drops `top_p` only where a temperature is given too."""


class Remedy(NamedTuple):
    """One change to a request; JSON can say it."""

    action: str
    """"drop", "rename", "clamp" or "rewrite"."""
    field: str
    """A key of `POLICIES`: "stream_options", "messages[].name", "tools[].function.strict" ..."""
    value: Any = None
    """rename: the new name; clamp: the highest value, or [refused, instead]; rewrite: [from, to]; drop: the one value
    that is dropped, None for any (`top_p`: also `BESIDE_TEMPERATURE`)."""


class Policy(NamedTuple):
    """What may be done with one field."""

    kind: str
    actions: tuple[str, ...]
    note: str
    """Why it may be changed, for the documentation."""


_DROP: Final = ("drop",)

POLICIES: Final[dict[str, Policy]] = {
    "stream_options": Policy("bookkeeping", _DROP, "only the usage at the end of a stream is missing"),
    "encoding_format": Policy("bookkeeping", _DROP, "the vectors come as numbers instead of base64; the same vectors"),
    "store": Policy("bookkeeping", _DROP, "a server that does not know it stores nothing for it"),
    "metadata": Policy("bookkeeping", _DROP, "labels for the server's own records"),
    "user": Policy("bookkeeping", _DROP, "a label for abuse reports"),
    "safety_identifier": Policy("bookkeeping", _DROP, "a label for abuse reports"),
    "service_tier": Policy("bookkeeping", _DROP, "the server's default speed and price apply"),
    "prompt_cache_key": Policy("bookkeeping", _DROP, "a hint for the server's cache"),
    "prompt_cache_retention": Policy("bookkeeping", _DROP, "a hint for the server's cache"),
    "prediction": Policy("bookkeeping", _DROP, "a hint that makes the same answer faster"),
    "temperature": Policy("sampling", ("drop", "clamp"), "the model's default, or its highest value, applies"),
    "top_p": Policy("sampling", _DROP, "the model's default applies"),
    "top_k": Policy("sampling", _DROP, "the model's default applies"),
    "min_p": Policy("sampling", _DROP, "the model's default applies"),
    "frequency_penalty": Policy("sampling", _DROP, "the model's default applies"),
    "presence_penalty": Policy("sampling", _DROP, "the model's default applies"),
    "repetition_penalty": Policy("sampling", _DROP, "the model's default applies"),
    "seed": Policy("sampling", _DROP, "answers vary from call to call"),
    "reasoning_effort": Policy("reasoning", ("drop", "clamp"), "the nearest effort that the server names, or its own"),
    "reasoning": Policy("reasoning", _DROP, "the model thinks as much as it does by default"),
    "thinking": Policy("reasoning", _DROP, "the model thinks as much as it does by default"),
    "enable_thinking": Policy("reasoning", _DROP, "the model thinks as much as it does by default"),
    "thinking_budget": Policy("reasoning", _DROP, "the model thinks as much as it does by default"),
    "verbosity": Policy("reasoning", _DROP, "the model's default length of answer applies"),
    "max_tokens": Policy("limit", ("rename",), "the same limit under its other name; never dropped"),
    "max_completion_tokens": Policy("limit", ("rename",), "the same limit under its other name; never dropped"),
    "response_format": Policy(
        "format", ("rewrite",), "json_schema to json_object: still JSON; the schema is not enforced"
    ),
    "parallel_tool_calls": Policy("tools", _DROP, "the model may make several calls, or one, as it does by default"),
    "tool_choice": Policy("tools", ("drop", "rewrite"), "only `auto` is dropped; `required` and `any` mean the same"),
    "tools": Policy("tools", _DROP, "only an empty list is dropped"),
    "tools[].function.strict": Policy("tools", _DROP, "arguments are not forced into the schema; franca checks them"),
    "messages[].role:developer": Policy("messages", ("rewrite",), "the role `system` means the same there"),
    "messages[].role:system": Policy("messages", ("rewrite",), "several system messages become one, at the beginning"),
    "messages[].name": Policy("messages", _DROP, "who speaks, within a role"),
    "messages[].reasoning_content": Policy("messages", _DROP, "the reasoning of earlier answers"),
    "messages[].reasoning": Policy("messages", _DROP, "the reasoning of earlier answers"),
    "messages[].reasoning_details": Policy("messages", _DROP, "the reasoning of earlier answers"),
    "messages[].thinking": Policy("messages", _DROP, "the reasoning of earlier answers"),
    "messages[].refusal": Policy("messages", _DROP, "a field of answers, not of requests, elsewhere"),
    "messages[].annotations": Policy("messages", _DROP, "a field of answers, not of requests, elsewhere"),
    "messages[].audio": Policy("messages", _DROP, "a field of answers, not of requests, elsewhere"),
    "messages[].provider_specific_fields": Policy("messages", _DROP, "a field of LiteLLM's answers"),
    "messages[].function_call": Policy("messages", _DROP, "only null is dropped"),
    "messages[].tool_calls": Policy("messages", _DROP, "only an empty list is dropped"),
}
"""Every field that may be changed. `tests/core/test_heal.py` holds the table of docs/healing.md against it."""

MESSAGE_FIELDS: Final = tuple(field[11:] for field in POLICIES if field[:11] == "messages[]." and ":" not in field)

_ONE_VALUE: Final = frozenset(
    {"service_tier", "verbosity", "parallel_tool_calls", "encoding_format", "reasoning_effort"}
)
"""Fields of which one value can be refused and another be fine."""
_OTHER_LIMIT: Final = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_SAME_CHOICE: Final = (["required", "any"], ["any", "required"])


def undoes(one: Remedy, other: Remedy) -> bool:
    """Whether two remedies contradict each other: each turns back what the other did."""
    if one.action != other.action:
        return False
    if one.action == "rename":
        return bool(one.field == other.value)
    return one.field == other.field == "tool_choice" and one.action == "rewrite" and one.value != other.value


NOTED: Final = "structured"
"""The field of an entry that changes no request: `Remedy("note", NOTED, [mode, "refused" or "ignored"])`."""
_NOTED_MODES: Final = ("strict", "native", "tool", "json_object")


def is_known(remedy: Remedy) -> bool:
    """Whether a remedy is one that this file allows, whoever made it: a cache file may have been written by another
    version, or by hand."""
    action, field, value = remedy
    if action == "note" and field == NOTED:
        return (
            isinstance(value, list)
            and len(value) == 2
            and value[0] in _NOTED_MODES
            and value[1] in ("refused", "ignored")
        )
    if not isinstance(field, str) or field not in POLICIES or action not in POLICIES[field].actions:
        return False
    if action == "rename":
        return isinstance(value, str) and value == _OTHER_LIMIT[field]
    if action == "clamp" and field == "temperature":
        return type(value) in (int, float) and 0 < value <= 2
    if action == "clamp":
        return isinstance(value, list) and len(value) == 2 and value[0] != value[1] and all(e in EFFORTS for e in value)
    if action == "rewrite":
        return value in (_SAME_CHOICE if field == "tool_choice" else (_REWRITES[field],))
    if field == "tool_choice":
        return isinstance(value, str) and value == "auto"
    if field == "top_p":
        return value is None or (isinstance(value, str) and value == BESIDE_TEMPERATURE)
    return value is None or (field in _ONE_VALUE and (type(value) is bool or (type(value) is str and len(value) <= 32)))


_REWRITES: Final[dict[str, list[str]]] = {
    "response_format": ["json_schema", "json_object"],
    "messages[].role:developer": ["developer", "system"],
    "messages[].role:system": ["several", "one"],
}
