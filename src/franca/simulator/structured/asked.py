"""What `structured` is asked for: the form of the answer, the lines behind the mark, the attempts before this one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice
from typing import Any, Literal, NamedTuple

from ..ask import Ask
from ..calls import chosen
from ..parts import text_of

__all__ = ["Asked", "Turn", "asked_of", "states"]

_MARK = re.compile(r"(?:^|(?<=\s))answer:[ \t]*")
_MOST_MARKS = 32  # that are looked at in one message
_SYSTEM = ("system", "developer")
_GO_ON = re.compile(r"\bcontinu|\bgo(?:ing)? on\b|\bleft off\b|\bwhere (?:it|you) (?:stop|end)", re.IGNORECASE)


class Turn(NamedTuple):
    """An answer that was given before."""

    text: str
    """Its content, or the arguments of its first call."""
    goes_on: bool
    """Whether what follows asks to go on with it."""


class Asked(NamedTuple):
    """One request.

    form     where the value goes, and who says the schema: "schema" (response_format), "tool", "object" (json_object),
             "text" (nobody but the prompt)
    schema   as the request says it; None where only the prompt does
    tool     the function to be called
    ignored  whether a `response_format` was sent that this server ignores
    lines    behind the mark
    question the text that asks, without the lines
    prompt   the text of all system messages, and of what was said up to the question, without the lines
    system   the text of the first system message
    turns    the model's answers since; `blank`: whether it was asked again without one
    """

    form: Literal["schema", "tool", "object", "text"]
    schema: Any
    tool: Mapping[str, Any] | None
    ignored: bool
    lines: tuple[str, ...]
    question: str
    prompt: str
    system: str
    turns: tuple[Turn, ...]
    blank: bool


def asked_of(ask: Ask) -> Asked:
    """What a request asks for."""
    body = ask.body
    messages = body.get("messages") or [{"role": "user", "content": str(body.get("prompt"))}]
    texts = [text_of(message.get("content")) for message in messages]
    place, lines = _asking(messages, texts)
    roles = [message.get("role") for message in messages]
    bare = [_split(text)[0] if role == "user" else text for role, text in zip(roles, texts, strict=True)]
    tool = _tool(body)
    format_ = body.get("response_format") or {}
    type_ = format_.get("type")
    schema: Any = None
    form: Literal["schema", "tool", "object", "text"] = "text"
    if tool is not None and (type_ != "json_schema" or body.get("tool_choice") not in (None, "auto")):
        form, schema = "tool", tool.get("parameters") or {"type": "object"}
    elif type_ == "json_schema":
        form, schema, tool = "schema", format_["json_schema"]["schema"], None
    elif type_ == "json_object":
        form = "object"
    return Asked(
        form,
        schema,
        tool,
        "response_format" not in body and _sent_format(ask.raw),
        lines,
        bare[place],
        "\n".join(text for at, text in enumerate(bare) if at <= place or roles[at] in _SYSTEM),
        next((text for role, text in zip(roles, texts, strict=True) if role in _SYSTEM), ""),
        _turns(messages[place + 1 :]),
        bool(lines) and roles[place + 1 : place + 2] == ["user"],
    )


def states(prompt: str, names: set[str]) -> bool:
    """Whether a prompt says a schema with these fields: half of them at least, as `name:`, `name?:` or `"name":`."""
    said = sum(re.search(rf"(?<!\w){re.escape(name)}[\"'`]?\??\s*:", prompt) is not None for name in names)
    return 2 * said >= len(names) if names else "json" in prompt.lower()


# ---- the message that asks ------------------------------------------------------------------------


def _split(text: str) -> tuple[str, tuple[str, ...]]:
    """A text without the lines behind its mark, and these lines; a mark counts if one of them is JSON."""
    for mark in islice(_MARK.finditer(text), _MOST_MARKS):
        block = text[mark.end() :].lstrip("\n").partition("\n\n")
        lines = tuple(line.strip() for line in block[0].split("\n") if line.strip())
        if any(map(_is_json, lines)):
            return text[: mark.start()] + block[2], lines
    return text, ()


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _asking(messages: list[dict[str, Any]], texts: list[str]) -> tuple[int, tuple[str, ...]]:
    """The message that asks: the last user message with a mark; else that before the model's own JSON at the end."""
    for place in range(len(messages) - 1, -1, -1):
        if messages[place].get("role") == "user" and (lines := _split(texts[place])[1]):
            return place, lines
    users = [at for at, message in enumerate(messages) if message.get("role") == "user"] or [len(messages) - 1]
    first = len(messages)
    for place in range(len(messages) - 1, -1, -1):
        if messages[place].get("role") == "assistant":
            if not messages[place].get("tool_calls") and not re.search(r"[{\[]", texts[place]):
                break
            first = place
    return max((at for at in users if at < first), default=users[0]), ()


def _turns(messages: list[dict[str, Any]]) -> tuple[Turn, ...]:
    """The model's answers. It is to go on where nothing follows (a prefill), or a wish to."""
    turns = []
    for at, message in enumerate(messages):
        if message.get("role") != "assistant":
            continue
        calls = message.get("tool_calls") or ()
        text = (calls[0].get("function") or {}).get("arguments") if calls else text_of(message.get("content"))
        after = messages[at + 1 : at + 2]
        wish = text_of(after[0].get("content")) if after and after[0].get("role") == "user" else ""
        turns.append(Turn(str(text or ""), not after or _GO_ON.search(wish) is not None))
    return tuple(turns)


# ---- the form -------------------------------------------------------------------------------------


def _tool(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The function that is to be called."""
    tools, choice = body.get("tools") or [], body.get("tool_choice")
    if choice == "none":
        return None
    if isinstance(choice, dict):
        tools = chosen(tools, choice)
    return next((tool["function"] for tool in tools if tool["type"] == "function"), None)


def _sent_format(raw: bytes) -> bool:
    """Whether the request as it came asks for JSON; a dialect has left that away if its server does."""
    if b"response_format" not in raw:
        return False
    sent = json.loads(raw).get("response_format")
    return isinstance(sent, dict) and sent.get("type") in ("json_schema", "json_object")
