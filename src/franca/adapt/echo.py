"""Reasoning on its way back: an assistant message, received from whatever server, as this one wants to see it again.

A model that thought before it called a tool must often be shown its thoughts with the tool's result. Servers want them
in different fields, some refuse every field but their own, and DeepSeek refuses messages without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..servers.record import REASONING_CARRIERS
from ..wire.base import Window
from ..wire.texts import reasoning_of
from .content import as_text
from .draft import Draft, shown

if TYPE_CHECKING:
    from ..servers import Quirks

__all__ = ["Echo"]

_FIELDS = tuple(name for name in REASONING_CARRIERS if name not in ("thinking_parts", "extra_content"))
"""The carriers that are fields of the message and hold nothing but reasoning."""


class Echo:
    """What one server wants of reasoning in the assistant messages of one request."""

    __slots__ = ("_also", "_blank", "_convert", "_field", "_foreign", "_tags", "native")

    def __init__(self, quirks: Quirks, model: str) -> None:
        self._tags = bool(quirks.reasoning_tags) and model.startswith(quirks.reasoning_tags)
        self._field = "" if self._tags else quirks.reasoning_field
        self._convert = quirks.reasoning_echo if self._field and quirks.reasoning_echo in ("tools", "always") else ""
        self._blank = quirks.reasoning_blank if self._convert else None
        self._also = quirks.reasoning_also
        if quirks.reasoning_echo == "same" and not self._tags:
            self.native = frozenset(REASONING_CARRIERS)
        elif quirks.reasoning_echo == "never":
            self.native = frozenset(quirks.reasoning_also)
        else:
            self.native = frozenset((self._field, *quirks.reasoning_also))
        """The carriers that go back as they came."""
        self._foreign = tuple(name for name in _FIELDS if name not in self.native)

    def applied(self, draft: Draft, message: dict[str, Any]) -> dict[str, Any]:
        """The message to send; the same object when nothing changes."""
        foreign = [name for name in self._foreign if name in message]
        parts = "thinking_parts" not in self.native and _has_thinking(message.get("content"))
        signed = "extra_content" not in self.native and _is_signed(message)
        wanted = self._blank is not None and bool(message.get("tool_calls")) and not self._has(message)
        if not (foreign or parts or signed or wanted):
            return message
        text = _text(message, foreign, parts)
        made = {name: value for name, value in message.items() if name not in foreign}
        if parts:
            made["content"] = _without_thinking(made["content"], bool(made.get("tool_calls")))
        if signed:
            made = _unsigned(draft, made)
        into = self._put(made, text)
        for name in (*foreign, *(("content[].thinking",) if parts else ())):
            if into and text:
                draft.note(f"messages[].{name}", "rename", f"to {into}")
            else:
                draft.note(f"messages[].{name}", "drop")
        if into and not text:
            draft.note(f"messages[].{into}", "add", f"{shown(self._blank)}, as it is demanded beside tool calls")
        return made

    def _has(self, message: dict[str, Any]) -> bool:
        """Whether the field is there already; empty counts only where empty is taken."""
        value = message.get(self._field)
        return isinstance(value, str) and bool(value or not self._blank)

    def _put(self, made: dict[str, Any], text: str | None) -> str:
        """Put the reasoning where it belongs; the place, or "" when it goes nowhere."""
        calls = bool(made.get("tool_calls"))
        if self._tags:
            if not text:
                return ""
            made["content"] = _tagged(text, made.get("content"))
            return "<think> tags in content"
        if not self._convert or self._has(made):
            return ""
        if text and (calls or self._convert == "always") and not any(name in made for name in self._also):
            made[self._field] = text
            return self._field
        if self._blank is not None and calls:
            made[self._field] = self._blank
            return self._field
        return ""


def _text(message: dict[str, Any], foreign: list[str], parts: bool) -> str | None:
    found: dict[str, Any] = {name: message[name] for name in foreign}
    if parts:
        found["content"] = message["content"]
    return reasoning_of(found) if found else None


def _has_thinking(content: Any) -> bool:
    return type(content) is list and any(type(part) is dict and part.get("type") == "thinking" for part in content)


def _without_thinking(content: list[Any], calls: bool) -> Any:
    """The parts that are no thoughts: as text when they are all text, since such a list is a peculiarity of theirs."""
    kept = [part for part in content if type(part) is not dict or part.get("type") != "thinking"]
    if not kept:
        return None if calls else ""
    text = as_text(kept)
    return kept if text is None else text


def _tagged(text: str, content: Any) -> Any:
    block = f"<think>{text}</think>"
    if type(content) is list:
        return [{"type": "text", "text": block}, *content]
    return block + content if isinstance(content, str) else block


def _call(call: Any) -> Any:
    return call._data if isinstance(call, Window) else call


def _is_signed(message: dict[str, Any]) -> bool:
    if "extra_content" in message:
        return True
    calls = message.get("tool_calls")
    return type(calls) is list and any(_is_signed_call(_call(call)) for call in calls)


def _is_signed_call(data: Any) -> bool:
    return type(data) is dict and "extra_content" in data


def _unsigned(draft: Draft, made: dict[str, Any]) -> dict[str, Any]:
    """Without Gemini's thought signatures, which no other server knows."""
    if "extra_content" in made:
        del made["extra_content"]
        draft.note("messages[].extra_content", "drop")
    calls = made.get("tool_calls")
    if type(calls) is list:
        made["tool_calls"] = [_unsigned_call(draft, call) for call in calls]
    return made


def _unsigned_call(draft: Draft, call: Any) -> Any:
    data = _call(call)
    if not _is_signed_call(data):
        return call
    draft.note("messages[].tool_calls[].extra_content", "drop")
    return {name: value for name, value in data.items() if name != "extra_content"}
