"""What an answer, or a refusal, means for the mode that was tried."""

from __future__ import annotations

from typing import Any

from ...errors import BadRequest, Flagged, FrancaError, NotFound, ServerFault, StatusError
from ...wire import codec
from ...wire.chat import Chat
from ..filtered import filtered
from .form import Form

__all__ = ["Said", "failed_generation", "ignored", "of_this_schema", "refusal_of", "refuses_mode", "said"]

_ABOUT = {
    "strict": ("response_format", "json_schema", "json schema", "schema", "structured", "strict", "grammar", "guided"),
    "native": ("response_format", "json_schema", "json schema", "schema", "structured", "grammar", "guided"),
    "tool": ("tool", "function", "schema", "grammar"),  # llama.cpp: "failed to parse grammar"
    "json_object": ("response_format", "json_object", "json mode", "json_mode", "structured"),
}
_NOT_ABOUT = (
    "context length",
    "context window",
    "context size",
    "too many tokens",
    "prompt is too long",
    "quota",
    "billing",
    "content policy",
    "moderation",
)
_ABILITY = ("no endpoints found", "requested parameters", "not support", "n't support", "unsupported")
_STATUSES = frozenset({None, 400, 404, 405, 415, 422, 500, 501})
_OF_THIS_SCHEMA = (
    "invalid schema",
    "invalid json schema",
    "invalid_json_schema",
    "invalid_function_parameters",
    "in context=",
    "is not permitted",
    "not supported by xgrammar",
    "grammar is too large",
    "parse grammar",
    "json schema conversion",
    "too complex",
    "too large",
    "too many",
    "too deep",
)
"""Words of a refusal that is about one schema, and not about the mode (OpenAI, Anthropic, Gemini, vLLM, llama.cpp)."""
_SCHEMA = ("strict", "native")
_STRUCTURE = frozenset({"type", "required", "additionalProperties", "enum", "const"})
"""What every enforcing server enforces; limits of numbers and texts not all of them do."""


class Said:
    """The part of an answer that is to hold the value.

    text      what the model wrote
    kept      whether the mode was kept to: a call where one was forced
    """

    __slots__ = ("kept", "text")

    def __init__(self, text: str, kept: bool) -> None:
        self.text = text
        self.kept = kept


def said(chat: Chat, mode: str, name: str) -> Said:
    """What the model wrote: the arguments of its call in the mode "tool", else its text."""
    if mode == "tool":
        calls = chat.tool_calls
        named = [call for call in calls if call.name == name] or calls[:1]
        if named:
            return Said(named[-1].arguments or "", named[-1].name == name)
        legacy = chat.message.function_call
        if legacy is not None and legacy.arguments:
            return Said(legacy.arguments, legacy.name == name)
    return Said(chat.content or "", mode != "tool")


def refusal_of(chat: Chat) -> Flagged | None:
    """The error for an answer that the model or a filter refused to give; None for any other."""
    flagged = filtered(chat)
    if flagged is not None:
        return flagged
    refusal = chat.refusal
    if not refusal:
        return None
    return Flagged(
        f"the model refused: {refusal[:500]}",
        server=chat.server,
        model=chat.model,
        code="refusal",
        request_id=chat.request_id,
        headers=chat.headers,
        partial=chat,
    )


def refuses_mode(error: FrancaError, mode: str) -> bool:
    """Whether an error says that the server does not take this mode (or this schema in it)."""
    if mode not in _ABOUT or not isinstance(error, (BadRequest, NotFound, ServerFault)):
        return False
    if error.status not in _STATUSES:
        return False
    text = " ".join(str(part) for part in (error.param, error.code, error.message) if part).lower()
    if any(words in text for words in _NOT_ABOUT):
        return False
    if isinstance(error, NotFound):  # OpenRouter: nobody serves the model with these parameters
        return any(words in text for words in _ABILITY)
    return any(words in text for words in _ABOUT[mode])


def of_this_schema(error: FrancaError) -> bool:
    """Whether what is refused is this schema, and another one may be taken in the same mode."""
    text = f"{error.code} {error.message}".lower()
    return any(words in text for words in _OF_THIS_SCHEMA)


def ignored(form: Form, wrote: Said) -> tuple[str, ...]:
    """The modes that the server takes and does not keep to: one that does cannot have written this. An empty answer
    tells nothing, and the schema itself is enforced in the mode "strict" alone."""
    mode = form.mode
    if mode == "tool":
        return () if wrote.kept else (mode,)
    if mode == "prompt" or not wrote.text.strip():
        return ()
    try:
        value = codec.decode_json(wrote.text.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return _SCHEMA if mode == "strict" else (mode,)
    if mode != "strict":
        return () if isinstance(value, dict) else (mode,)
    from ...schema.validate import validator_for

    # Not every provider's form is an object at its root.
    problems = validator_for(form.schema).problems(value)
    if not any(problem.keyword in _STRUCTURE for problem in problems):
        return ()
    return (mode,) if isinstance(value, dict) else _SCHEMA


def failed_generation(error: StatusError) -> str | None:
    """What the model wrote, where the server refuses an answer that does not fit the schema (Groq's
    `json_validate_failed` with `failed_generation`); None for any other error."""
    if error.code not in ("json_validate_failed", "tool_use_failed"):
        return None
    found: Any = error.metadata.get("failed_generation")
    return found if isinstance(found, str) else ""
