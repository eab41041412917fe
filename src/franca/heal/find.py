"""From an error to the one change that may mend the request: `remedy`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from ..errors import StatusError
from .apply import applied
from .policy import BESIDE_TEMPERATURE, EFFORTS, MESSAGE_FIELDS, POLICIES, Remedy, undoes
from .reading import Clause, Named, about_tools, clauses, is_readable, named_by_param, names, refuses

__all__ = ["remedy"]


def remedy(
    error: StatusError,
    body: Mapping[str, Any],
    *,
    keeps: Collection[str] = (),
    done: Collection[Remedy] = (),
) -> Remedy | None:
    """The change that an error asks for, or None.

    None unless the error is about the request itself (400 or 422, and a few more: see `reading`), names a field that
    `body` really holds, and the policy of that field allows a change. `keeps`: the kinds of change (of `KINDS`) that
    are not made. `done`: remedies that this call has applied already, which are not proposed again, nor undone.
    """
    if not is_readable(error):
        return None
    for found in _proposals(error, body):
        if POLICIES[found.field].kind in keeps or _was_done(found, done) or applied(body, found) is None:
            continue
        return found
    return None


def _was_done(found: Remedy, done: Collection[Remedy]) -> bool:
    """Whether it was applied before, or undoes what was."""
    if found in done:
        return True
    return any(undoes(found, old) for old in done)


def _proposals(error: StatusError, body: Mapping[str, Any]) -> Iterator[Remedy]:
    """What the error may mean, likeliest first. Whether the body has it is looked at later."""
    text = error.message[:4000]
    lower = text.lower()
    yield from _about_values(lower, body)
    parts = clauses(text)
    first = named_by_param(error.param)
    if first is not None and (parts or refuses(str(error.code).lower())):
        yield from _drops(Clause(lower, ""), first, lower, body)
    for clause in parts:
        for named in names(clause.text):
            yield from _drops(clause, named, lower, body)
        if "structured output" in clause.text.lower() and not about_tools(lower):
            yield _DOWNGRADE


# ---- a value that is not wanted -----------------------------------------------------------------------


_DOWNGRADE = Remedy("rewrite", "response_format", ["json_schema", "json_object"])
_BAD_ROLE = ("role", "'system'", "`system`", '"system"')
_BAD_VALUE = (
    "invalid value",
    "unsupported value",
    "not one of",
    "must be one of",
    "should be",
    "unknown variant",
    "not support",
    "unexpected",
    "unsupported",
    "invalid",
    "not supported",
)
_ONE_SYSTEM = (
    "system message must be at the beginning",
    "system messages must be at the beginning",
    "system message must be the first",
    "only one system message",
    "multiple system messages",
    "system message at the beginning",
    "system message must come first",
)


def _about_values(lower: str, body: Mapping[str, Any]) -> Iterator[Remedy]:
    if any(words in lower for words in _ONE_SYSTEM):
        yield Remedy("rewrite", "messages[].role:system", ["several", "one"])
    bad = any(words in lower for words in _BAD_VALUE)
    tagged = "input tag 'developer' found using 'role' does not match" in lower  # pydantic: Mistral, Cerebras
    if tagged or (bad and ("unexpected message role" in lower or ("developer" in lower and _any(lower, _BAD_ROLE)))):
        yield Remedy("rewrite", "messages[].role:developer", ["developer", "system"])
    if "temperature" in lower:
        yield from _lower_temperature(lower)
    if bad and "reasoning_effort" in lower and not about_tools(lower):
        yield from _nearest_effort(lower, body.get("reasoning_effort"))
    if bad and ("tool_choice" in lower or "tool choice" in lower):
        for old, new in (("required", "any"), ("any", "required")):
            if _quoted(lower, new) and (not _quoted(lower, old) or _refused_value(lower, old)):
                yield Remedy("rewrite", "tool_choice", [old, new])
    if bad and "response_format" in lower and _quoted(lower, "json_object") and not _listed(lower, "json_schema"):
        yield _DOWNGRADE
    if "empty array" in lower or "empty list" in lower or "[] is too short" in lower:
        yield Remedy("drop", "messages[].tool_calls")
        if "'tools'" in lower or "tools: " in lower or "'tools." in lower:
            yield Remedy("drop", "tools")
    if "can have a name" in lower:  # xAI: "Only message of role user can have a name."
        yield Remedy("drop", "messages[].name")
    if "penalty is not enabled" in lower:  # Gemini
        yield Remedy("drop", "presence_penalty")
        yield Remedy("drop", "frequency_penalty")
    if "base64" in lower and "input" in body and bad:
        yield Remedy("drop", "encoding_format", "base64")


def _any(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)


def _quoted(text: str, word: str) -> bool:
    return any(f"{mark}{word}{mark}" in text for mark in "'\"`")


def _refused_value(text: str, word: str) -> bool:
    """Whether a value is named as the wrong one, not as a possible one."""
    from re import search

    return bool(search(rf"(?:value:?|variant|support|input) *['\"`]{word}['\"`]|['\"`]{word}['\"`] is not", text))


def _listed(text: str, word: str) -> bool:
    """Whether a value is among those that the server says it takes."""
    from re import split

    tail = split(r"supported values|must be|should be|expected|one of", text, maxsplit=1)
    return len(tail) > 1 and _quoted(tail[1], word)


def _lower_temperature(lower: str) -> Iterator[Remedy]:
    """A temperature above the highest that the server takes: its highest instead."""
    from re import search

    found = search(
        r"temperature\b[^.]{0,60}?(?:"
        r"between 0(?:\.0)? and |less than or equal to |at most |<= ?|0(?:\.0)? ?\.\. ?|"
        r"in (?:the )?(?:range|interval) ?(?:of )?[\[(] ?0(?:\.0)? ?, ?|cannot exceed |must not exceed |"
        r"maximum (?:value )?(?:is|of) "
        r")(\d(?:\.\d+)?)",
        lower,
    )
    if found and 0 < float(found[1]) <= 2:
        yield Remedy("clamp", "temperature", float(found[1]))


def _nearest_effort(lower: str, value: Any) -> Iterator[Remedy]:
    """The effort nearest to the refused one, of those that the server names."""
    from re import split

    tail = split(r"supported values|must be|should be|expected|one of", lower, maxsplit=1)
    offered = [effort for effort in EFFORTS if len(tail) > 1 and _quoted(tail[1], effort) and effort != value]
    if value in EFFORTS and offered:
        place = EFFORTS.index(value)
        nearest = min(offered, key=lambda effort: (abs(EFFORTS.index(effort) - place), EFFORTS.index(effort)))
        yield Remedy("clamp", "reasoning_effort", [value, nearest])


# ---- a field that is not wanted -----------------------------------------------------------------------


def _drops(clause: Clause, named: Named, lower: str, body: Mapping[str, Any]) -> Iterator[Remedy]:
    """What to do about a field that a refusing clause names."""
    path, sure = named
    head, last = path[0] if path else "", path[-1] if path else ""
    if not head or not (sure or head == "temperature"):
        return
    if head == "messages" or (clause.place == "messages" and len(path) == 1):
        field = path[1] if head == "messages" and len(path) > 1 else last
        if field in MESSAGE_FIELDS and (field != "name" or last == "name"):
            yield Remedy("drop", f"messages[].{field}")
        return
    if head == "tools" or clause.place == "tools" or (path == ("strict",) and "response_format" not in lower):
        if last == "strict":
            yield Remedy("drop", "tools[].function.strict")
        elif path == ("tools",):
            yield Remedy("drop", "tools")
        return
    if about_tools(lower) and head not in ("parallel_tool_calls", "tool_choice"):
        return
    yield from _at_the_top(path, lower, body)
    if len(path) == 1 and head not in body and head in ("reasoning", "reasoning_content", "reasoning_details"):
        yield Remedy("drop", f"messages[].{head}")


def _at_the_top(path: tuple[str, ...], lower: str, body: Mapping[str, Any]) -> Iterator[Remedy]:
    head = path[0]
    if head in ("max_tokens", "max_completion_tokens"):
        other = "max_completion_tokens" if head == "max_tokens" else "max_tokens"
        yield Remedy("rename", head, other)
    elif head in ("response_format", "json_schema"):
        if len(path) == 1 or path[1:] in (("type",), ("json_schema",)):
            yield _DOWNGRADE
    elif head == "tool_choice":
        yield Remedy("drop", "tool_choice", "auto")
    elif head == "encoding_format":
        yield Remedy("drop", head, "base64")
    elif head == "temperature" and "top_p" in body and "top_p" in lower and _both(lower):
        yield Remedy("drop", "top_p", BESIDE_TEMPERATURE)
    elif head in POLICIES and head not in ("tools", "response_format"):
        yield Remedy("drop", head, _one_value(head, lower, body.get(head)))


def _both(lower: str) -> bool:
    return "both" in lower or "at the same time" in lower or "only one" in lower


def _one_value(field: str, lower: str, value: Any) -> Any:
    """The one value that was refused, where another of the same field may be fine; None for the field as such."""
    if field not in ("service_tier", "verbosity", "parallel_tool_calls", "reasoning_effort"):
        return None
    of_value = "unsupported value" in lower or "invalid value" in lower or "should be" in lower
    return value if of_value and (isinstance(value, bool) or (isinstance(value, str) and len(value) <= 32)) else None
