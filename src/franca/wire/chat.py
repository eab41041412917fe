"""The answer of a chat completion."""

from __future__ import annotations

from typing import Any

from .base import Window
from .calls import FunctionCall, ToolCall
from .cost import Priced
from .fields import child, children, keyed, mapping, raw, text, whole
from .finish import finish_kind
from .message import Message
from .texts import first_choice, inner, spoken_text, thought_text
from .usage import Usage, total_usage

__all__ = ["Chat", "Choice", "FunctionCall", "Message", "ToolCall"]


class Choice(Window):
    """One of the n answers that a chat holds."""

    __slots__ = ()
    _shown = ("index", "finish_reason", "message")

    index = whole("index", "Position among the choices.")
    finish_reason = text("finish_reason", "Why the model stopped, in the server's own word; None when it said none.")
    native_finish_reason = text("native_finish_reason", "Behind a router: why it stopped, in the provider's own word.")
    error = mapping("error", "OpenRouter: what went wrong with this choice, raw.")
    stop_reason = raw("stop_reason", "vLLM: the stop string or token id that ended the answer.")
    logprobs = raw("logprobs", "Log probabilities, raw: servers differ.")

    @property
    @keyed("message")
    def message(self) -> Message:
        """The message; a window on an empty dict when the server sent none (`"message" in choice` tells)."""
        return Message(inner(self._data, "message"))

    @property
    def finish_kind(self) -> str | None:
        """`finish_reason` as "stop", "length", "tool_calls", "content_filter", "error" or "other"."""
        return finish_kind(self.finish_reason)


class Chat(Priced):
    """A whole chat completion.

    `message`, `content`, `tool_calls`, `finish_reason` ... are shortcuts to the first choice of the list.
    See `Answer` for `status`, `headers`, `request_id` and `server`.
    """

    __slots__ = ()
    _shown = ("id", "model", "provider", "finish_reason", "tool_calls", "content")

    id = text("id", "Identifier of the answer.")
    object = text("object", '"chat.completion"; some servers say otherwise.')
    created = whole("created", "Unix time in seconds.")
    model = text("model", "The model that answered, as the server names it.")
    provider = text("provider", "Behind a router (OpenRouter): who ran the model.")
    choices = children("choices", Choice, "The answers; one, unless `n` asked for more.")
    usage = child("usage", Usage, "Token counts; None when the server told none.")
    system_fingerprint = text("system_fingerprint", "The server's configuration that answered.")
    service_tier = text("service_tier", "The tier that served the request.")
    metadata = mapping("metadata", "The metadata stored with the answer.")
    moderation = mapping("moderation", "Moderation results, raw, when they were asked for.")

    @property
    def message(self) -> Message:
        """The first choice's message; a window on an empty dict when there is no choice."""
        return Message(inner(first_choice(self._data), "message"))

    @property
    def content(self) -> str | None:
        """The first choice's text; parts of a list are joined, and a block of reasoning in think tags (`<think>`) at
        its beginning is left out. None when there is no text."""
        return spoken_text(inner(first_choice(self._data), "message"))

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The first choice's tool calls; [] when there are none."""
        return self.message.tool_calls

    @property
    def reasoning(self) -> str | None:
        """The first choice's reasoning text, whichever field it came in, or think tags at the beginning of the content;
        None when there is none."""
        return thought_text(inner(first_choice(self._data), "message"))

    @property
    def refusal(self) -> str | None:
        """The first choice's refusal."""
        return self.message.refusal

    @property
    def finish_reason(self) -> str | None:
        """Why the first choice ended, in the server's own word; None when the server did not say."""
        return Choice(first_choice(self._data)).finish_reason

    @property
    def finish_kind(self) -> str | None:
        """`finish_reason` as "stop", "length", "tool_calls", "content_filter", "error" or "other"."""
        return finish_kind(self.finish_reason)

    @property
    def native_finish_reason(self) -> str | None:
        """Behind a router: why the first choice ended, in the provider's own word; None when it is not told."""
        return Choice(first_choice(self._data)).native_finish_reason

    @property
    def logprobs(self) -> Any:
        """The first choice's log probabilities, raw."""
        return first_choice(self._data).get("logprobs")

    @property
    def history(self) -> tuple[Message, ...]:
        """Of a tool loop (`run_tools`): the whole conversation, to go on from: the caller's messages, the assistant's
        as they came, the tools' results, this answer. () for any other answer."""
        return () if self.told is None else self.told.history

    @property
    def turns(self) -> tuple[Chat, ...]:
        """Of a tool loop: the answer of each turn, this one last. () for any other answer."""
        return (*self.told.turns, self) if self.told is not None and self.told.history else ()

    @property
    def total_usage(self) -> Usage | None:
        """The usage of all turns together (`usage` is this answer's alone); None when one of them told none."""
        return total_usage([turn.usage for turn in self.turns or (self,)])
