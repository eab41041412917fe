"""What servers refuse: rules that look at a request and name the problem, in that server's words.

A rule takes what was asked and returns the problem, or None. The first one counts. The words are those that
the servers' users quote in public issues, because healing reads them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from ..validate import CHAT_FIELDS
from .record import Asked, Problem, Rule

__all__ = [
    "OPENAI_FIELDS",
    "alternating_roles",
    "banned",
    "call_turns",
    "extra_forbidden",
    "forms_and_tools",
    "json_schema",
    "message_fields",
    "old_api_version",
    "one_choice",
    "openai_unknown",
    "reasoning_models",
    "roles",
    "system_first",
    "tool_ids",
    "unsupported_properties",
]

OPENAI_FIELDS = CHAT_FIELDS


def _messages(asked: Asked) -> list[tuple[int, dict[str, Any]]]:
    found = asked.body.get("messages")
    return [(at, one) for at, one in enumerate(found if isinstance(found, list) else ()) if isinstance(one, dict)]


# ---- fields ---------------------------------------------------------------------------------------


def banned(make: Callable[[str, Any], Problem], *names: str, models: tuple[str, ...] = ()) -> Rule:
    """Fields that are refused when they say anything; with `models`, only for models whose names begin so."""

    def rule(asked: Asked) -> Problem | None:
        if models and not asked.model.rpartition("/")[2].startswith(models):
            return None
        return next((make(name, asked.body[name]) for name in names if asked.body.get(name) is not None), None)

    return rule


def unknown_fields(known: frozenset[str], make: Callable[[str, Any], Problem]) -> Rule:
    """Fields of the request that are not among the known ones."""

    def rule(asked: Asked) -> Problem | None:
        return next((make(name, value) for name, value in asked.body.items() if name not in known), None)

    return rule


openai_unknown = unknown_fields(
    OPENAI_FIELDS,
    lambda name, value: Problem(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name),
)


def _forbidden(asked: Asked, known: frozenset[str], message: Mapping[str, frozenset[str]]) -> Iterator[list[Any]]:
    """The places of everything that pydantic's `extra="forbid"` would not have: path and value."""
    for name, value in asked.body.items():
        if name not in known:
            inner = next(iter(value), None) if name == "stream_options" and isinstance(value, dict) else None
            if inner is None:
                yield [["body", name], value]
            else:  # Mistral knows the field and none of its options
                yield [["body", name, inner], value[inner]]
    for at, one in _messages(asked):
        role = str(one.get("role"))
        for name, value in one.items():
            if name not in message.get(role, OPENAI_FIELDS | {name}):
                yield [["body", "messages", at, role, name], value]


def extra_forbidden(known: frozenset[str], message: Mapping[str, frozenset[str]]) -> Rule:
    """422 with pydantic's list of everything that is not in the schema, messages' fields by role included."""

    def rule(asked: Asked) -> Problem | None:
        text = "Extra inputs are not permitted"
        found = list(_forbidden(asked, known, message))
        details = tuple({"type": "extra_forbidden", "loc": loc, "msg": text, "input": value} for loc, value in found)
        return Problem(422, text, details=details) if details else None

    return rule


def unsupported_properties(known: frozenset[str], message: frozenset[str]) -> Rule:
    """Groq's way: a property, of the request or of a message, is unsupported."""

    def rule(asked: Asked) -> Problem | None:
        for name in asked.body:
            if name not in known:
                return Problem(400, f"property '{name}' is unsupported")
        for at, one in _messages(asked):
            for name in one:
                if name not in message:
                    where, role = f"messages.{at}", one.get("role")
                    inner = f"('{where}' : property '{name}' is unsupported)"
                    text = f"'{where}' : for 'role:{role}' the following must be satisfied[{inner}]"
                    return Problem(400, text)
        return None

    return rule


def message_fields(make: Callable[[str, int, str], Problem], *names: str) -> Rule:
    """Fields of messages that are refused: `make` gets role, position and field."""

    def rule(asked: Asked) -> Problem | None:
        for at, one in _messages(asked):
            for name in names:
                if one.get(name) is not None:
                    return make(str(one.get("role")), at, name)
        return None

    return rule


# ---- OpenAI's reasoning models ----------------------------------------------------------------------

_REASONING = ("gpt-5", "o1", "o3", "o4")
_SAMPLING = ("top_p", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "logit_bias", "stop")


def reasoning_models(asked: Asked) -> Problem | None:
    """GPT-5 and the o-series: `max_completion_tokens` only, and no sampling parameters while they reason."""
    name, body = asked.model.rpartition("/")[2], asked.body
    if not name.startswith(_REASONING):
        return None
    if body.get("max_tokens") is not None:
        text = "Unsupported parameter: 'max_tokens' is not supported with this model. "
        text += "Use 'max_completion_tokens' instead."
        return Problem(400, text, code="unsupported_parameter", param="max_tokens")
    if body.get("reasoning_effort") == "none":
        return None
    heat = body.get("temperature")
    if heat is not None and heat != 1:
        text = f"Unsupported value: 'temperature' does not support {heat} with this model. "
        text += "Only the default (1) value is supported."
        return Problem(400, text, code="unsupported_value", param="temperature")
    for field in _SAMPLING:
        if body.get(field) is not None and body[field] is not False:
            text = f"Unsupported parameter: '{field}' is not supported with this model."
            return Problem(400, text, code="unsupported_parameter", param=field)
    return None


# ---- messages -------------------------------------------------------------------------------------


def system_first(asked: Asked) -> Problem | None:
    """Many chat templates raise when a system message is not the first message (Qwen's, behind vLLM)."""
    if any(one.get("role") in ("system", "developer") for at, one in _messages(asked) if at):
        return Problem(400, "System message must be at the beginning.")
    return None


def alternating_roles(asked: Asked) -> Problem | None:
    """Perplexity: after the system messages, user and assistant take turns."""
    said = [one.get("role") for _, one in _messages(asked) if one.get("role") not in ("system", "developer")]
    if any(left == right for left, right in pairwise(said)):
        text = "After the (optional) system message(s), user or tool message(s) should alternate with assistant "
        return Problem(400, text + "message(s).", type="invalid_message", code=400)
    return None


def roles(make: Callable[[str, int], Problem], *known: str) -> Rule:
    """Roles beyond the known ones."""

    def rule(asked: Asked) -> Problem | None:
        return next(
            (make(str(one.get("role")), at) for at, one in _messages(asked) if one.get("role") not in known), None
        )

    return rule


def call_turns(missing: Callable[[dict[str, Any]], bool], make: Callable[[int, dict[str, Any]], Problem]) -> Rule:
    """Assistant messages that called tools, and lack what the server wants back with them."""

    def rule(asked: Asked) -> Problem | None:
        for at, one in _messages(asked):
            if one.get("role") == "assistant" and one.get("tool_calls") and missing(one):
                return make(at, one)
        return None

    return rule


def tool_ids(asked: Asked) -> Problem | None:
    """Mistral: ids of nine letters and digits."""
    for _, one in _messages(asked):
        ids = [call.get("id") for call in one.get("tool_calls") or ()]
        ids += [one["tool_call_id"]] if "tool_call_id" in one else []
        for id_ in ids:
            if not (isinstance(id_, str) and len(id_) == 9 and id_.isascii() and id_.isalnum()):
                text = f"Tool call id was {id_} but must be a-z, A-Z, 0-9, with a length of 9."
                return Problem(400, text, type="invalid_function_call", code="3280")
    return None


# ---- combinations ---------------------------------------------------------------------------------


def json_schema(make: Callable[[], Problem], *types: str) -> Rule:
    """Types of `response_format` that are refused."""

    def rule(asked: Asked) -> Problem | None:
        format_ = asked.body.get("response_format")
        return make() if isinstance(format_, dict) and format_.get("type") in types else None

    return rule


def forms_and_tools(make: Callable[[str], Problem], *, stream: bool = False) -> Rule:
    """A `response_format` together with tools (and with `stream`, where that too is refused)."""

    def rule(asked: Asked) -> Problem | None:
        format_ = asked.body.get("response_format")
        if not isinstance(format_, dict) or format_.get("type") not in ("json_object", "json_schema"):
            return None
        if asked.body.get("tools"):
            return make("tools")
        streamed = stream and asked.body.get("stream") and format_["type"] == "json_schema"
        return make("stream") if streamed else None

    return rule


def one_choice(make: Callable[[Any], Problem]) -> Rule:
    """`n` must be 1."""
    return lambda asked: make(asked.body["n"]) if asked.body.get("n") not in (None, 1) else None


def old_api_version(asked: Asked) -> Problem | None:
    """Azure before 2024-09-01 knows no `stream_options`."""
    version = asked.query.get("api-version", "")
    if asked.body.get("stream_options") is not None and version and version < "2024-09-01":
        text = "Unknown parameter: 'stream_options'."
        return Problem(400, text, code="unknown_parameter", param="stream_options")
    return None
