"""Which fields of a request an error names: read out of the many ways in which servers say "not this field".

Only clauses that refuse something are read, and in them only names that cannot be taken for ordinary words: quoted, a
path (`messages.1.user.name`), with an underscore or an inner capital (`presencePenalty`), or behind "parameter:" and
the like.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..errors import BadRequest, NotFound, ServerFault, StatusError

__all__ = ["Clause", "Named", "about_tools", "clauses", "is_readable", "named_by_param", "names", "refuses"]

_LONGEST = 4000

# Beside 400 and 422: gateways before vLLM turn "System message must be at the beginning." into a 404
# (tailcallhq/forgecode#3128); llama.cpp answers 500 to what a chat template refuses, llama-cpp-python to whatever
# pydantic refuses, and 501 to what it was not started for. The message has to name a field all the same.
_STATUSES = frozenset({400, 404, 422, 500, 501})

# Errors that are about something else, whatever fields they mention in passing.
_NEVER_CODES = frozenset(
    {
        "context_length_exceeded",
        "exceed_context_size_error",
        "insufficient_quota",
        "invalid_api_key",
        "json_validate_failed",
        "max_tokens_exceeded",
        "model_not_found",
        "string_above_max_length",
        "token_limit_exceeded",
        "tool_use_failed",
    }
)
_NEVER_WORDS = (
    "context length",
    "context window",
    "context size",
    "too many tokens",
    "prompt is too long",
    "reduce the length",
    "must be passed back",
    "content policy",
    "content filter",
    "content management policy",
    "safety system",
    "moderation",
    "quota",
    "billing",
    "credit balance",
    "does not exist",
    "not a valid model",
    "model not found",
    "invalid model",
    "unknown model",
    "no such model",
    "invalid schema",
    "in context=",
    "failed to generate json",
    "has moved to",
    "only allowed when",
    "unexpected role",
)
_REFUSING = (
    "unsupported",
    "not supported",
    "not support ",
    "n't support",
    "no longer support",
    "unknown",
    "unrecognized",
    "unrecognised",
    "unexpected",
    "extra inputs",
    "extra_forbidden",
    "extra fields",
    "not permitted",
    "not allowed",
    "unavailable",
    "not available",
    "cannot find field",
    "enabled only for",
    "deprecated",
    "not implemented",
    "cannot both be",
    "at the same time",
    "is allowed for this model",
)
_TOOLS_TOO = (
    "function tools",
    "with tool",
    "using tools",
    "tools are ",
    "tool/function",
    "function call",
    "tools and",
)


class Named(NamedTuple):
    """A field that an error names: the steps of its path, without positions; `sure` when no ordinary word looks so."""

    path: tuple[str, ...]
    sure: bool


class Clause(NamedTuple):
    """A part of an error's text that refuses something: its words, and where it says that the field is."""

    text: str
    place: str
    """"messages", "tools" or ""."""


def is_readable(error: StatusError) -> bool:
    """Whether an error may be about a field at all: not about money, keys, models, length, moderation or contents."""
    if type(error) not in (StatusError, BadRequest, NotFound, ServerFault) or error.status not in _STATUSES:
        return False
    if isinstance(error.code, str) and error.code.lower() in _NEVER_CODES:
        return False
    if isinstance(error.type, str) and error.type.lower() in _NEVER_CODES:
        return False
    text = error.message[:_LONGEST].lower()
    return not any(words in text for words in _NEVER_WORDS)


def refuses(text: str) -> bool:
    """Whether a text (in lower case) says that something is not wanted or not known."""
    return any(words in text for words in _REFUSING)


def about_tools(text: str) -> bool:
    """Whether a clause speaks of tools as well: then two things that were asked for do not go together, and which of
    them gives way is the caller's choice."""
    return any(words in text for words in _TOOLS_TOO)


_ASIDE = r"""(?i)['"]input['"]:|, value: |did you mean|expected one of|[,.:] (?:please )?use |, try """
"""Where a clause turns to what it quotes of the request, or proposes instead."""


def clauses(message: str) -> list[Clause]:
    """The refusing parts of an error message, without what they propose instead and what they quote of the input."""
    from re import search, split, sub

    text = message[:_LONGEST].replace('\\"', '"').replace("\\n", "\n")  # as it stands in JSON within JSON
    text = sub(r"""['"]loc['"]: *[(\[]([^)\]]*)[)\]]""", lambda found: " " + _path_of(found[1]) + " ", text)
    made = []
    for part in split(r"\n|; |\. |\}, *\{", text):
        part = split(_ASIDE, part)[0]
        if refuses(part.lower()):
            place = search(r"\b(messages|tools)(?=[\[.])", part)
            made.append(Clause(part, place[1] if place else ""))
    return made


def _path_of(loc: str) -> str:
    """A pydantic location, `'body', 'messages', 0, 'user', 'name'`, as a dotted path."""
    return ".".join(step.strip(" '\"") for step in loc.split(","))


_SPEAKERS = frozenset({"assistant", "system", "user", "tool", "developer", "function"})
_BEFORE = r"(?:arguments?|fields?|keys?|model|names?|params?|parameters?|property|supplied)(?: supplied)?: ?$"


def names(clause: str) -> Iterator[Named]:
    """The names in a clause that look like fields, in order."""
    from re import finditer, search

    for found in finditer(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+|\[[^\]]{0,3}\])*", clause):
        word, start, end = found[0], found.start(), found.end()
        before, after = clause[max(0, start - 1) : start], clause[end : end + 1]
        quoted = before in ("'", '"', "`", "‘", "“") and after in ("'", '"', "`", "’", "”", "\\")
        path = _steps(word)
        camel = word[:1].islower() and any(letter.isupper() for letter in word)
        listed = not clause[:start].strip() and after == ":"
        if quoted or camel or listed or "_" in word or len(path) > 1 or before == "/":
            yield Named(path, True)
        else:
            yield Named(path, bool(search(_BEFORE, clause[max(0, start - 40) : start])))


def _steps(word: str) -> tuple[str, ...]:
    steps = [step for step in word.replace("[", ".").replace("]", ".").split(".") if step and not step.isdigit()]
    if steps and steps[0] == "body":
        steps = steps[1:]
    if len(steps) > 2 and steps[0] == "messages" and steps[1] in _SPEAKERS:
        del steps[1]
    return tuple(_snake(step) for step in steps)


def _snake(word: str) -> str:
    """presencePenalty -> presence_penalty (xAI names its own fields, not those of the request)."""
    if not (word[:1].islower() and word.isalnum()):
        return word
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in word)


def named_by_param(param: Any) -> Named | None:
    """The field in an error object's `param`."""
    if not isinstance(param, str) or not param or len(param) > 100:
        return None
    return Named(_steps(param), True)
