"""One event of a streamed chat. Streams have thousands of them, so what is touched for each is written out flat."""

from __future__ import annotations

from typing import Any

from .base import Window
from .calls import ToolCall
from .fields import child, children, keyed, mapping, raw, text, whole
from .message import Utterance
from .texts import first_choice, inner, reasoning_of, text_of
from .usage import Usage

__all__ = ["ChatEvent", "Delta", "EventChoice"]


class Delta(Utterance):
    """What an event adds to a message. Its `tool_calls` are fragments."""

    __slots__ = ()


class EventChoice(Window):
    """The part of an event that belongs to one choice."""

    __slots__ = ()
    _shown = ("index", "finish_reason", "delta")

    index = whole("index", "The choice that it belongs to.")
    finish_reason = text("finish_reason", "Why the model stopped; None on all but the last event of a choice.")
    native_finish_reason = text("native_finish_reason", "Behind a router: why it stopped, in the provider's own word.")
    error = mapping("error", "OpenRouter: what went wrong with this choice, raw.")
    stop_reason = raw("stop_reason", "vLLM: the stop string or token id that ended the answer.")
    logprobs = raw("logprobs", "Log probabilities, raw.")

    @property
    @keyed("delta")
    def delta(self) -> Delta:
        """What is added; a window on an empty dict when the server sent none."""
        return Delta(inner(self._data, "delta"))


class ChatEvent(Window):
    """One event (chunk) of a streamed chat.

    `content`, `delta`, `tool_calls` ... are shortcuts to the first choice of the event's list, which with
    `n` > 1 is any of them: read `choices` then.
    """

    __slots__ = ()
    _shown = ("id", "finish_reason", "tool_calls", "reasoning", "content", "usage")

    id = text("id", "Identifier of the answer, the same in all its events.")
    object = text("object", '"chat.completion.chunk"; some servers say otherwise.')
    created = whole("created", "Unix time in seconds.")
    model = text("model", "The model that answers.")
    provider = text("provider", "Behind a router (OpenRouter): who runs the model.")
    choices = children("choices", EventChoice, "What is new, by choice; [] on usage events and Azure's first.")
    usage = child("usage", Usage, "Token counts so far, on the events that carry them.")
    system_fingerprint = text("system_fingerprint", "The server's configuration that answers.")
    service_tier = text("service_tier", "The tier that serves the request.")
    moderation = mapping("moderation", "Moderation results, raw, when they were asked for.")
    obfuscation = text("obfuscation", "Padding that hides the length of the text on the wire.")

    @property
    def content(self) -> str | None:
        """The text that this event adds; None when it adds none."""
        try:
            value = self._data["choices"][0]["delta"].get("content")
        except (KeyError, IndexError, TypeError, AttributeError):
            return text_of(self._delta().get("content"))
        return value if value is None or type(value) is str else text_of(value)

    def _delta(self) -> dict[str, Any]:
        """The first choice's delta. Nearly all events go the short way."""
        try:
            delta = self._data["choices"][0]["delta"]
        except (KeyError, IndexError, TypeError):
            delta = None
        return delta if type(delta) is dict else inner(first_choice(self._data), "delta")

    @property
    def delta(self) -> Delta:
        """The first choice's delta; a window on an empty dict when there is no choice."""
        return Delta(self._delta())

    @property
    def role(self) -> str | None:
        """The role, mostly on the first event."""
        return self.delta.role

    @property
    def reasoning(self) -> str | None:
        """The reasoning text that this event adds, whichever field it came in."""
        return reasoning_of(self._delta())

    @property
    def tool_calls(self) -> list[ToolCall]:
        """The fragments of tool calls that this event adds; [] when there are none."""
        delta = self._delta()
        return Delta(delta).tool_calls if "tool_calls" in delta else []

    @property
    def refusal(self) -> str | None:
        """The refusal text that this event adds."""
        return self.delta.refusal

    @property
    def finish_reason(self) -> str | None:
        """Why the first choice ended, on its last event."""
        value = first_choice(self._data).get("finish_reason")
        return value if isinstance(value, str) else None

    @property
    def native_finish_reason(self) -> str | None:
        """Behind a router: why the first choice ended, in the provider's own word, on its last event."""
        value = first_choice(self._data).get("native_finish_reason")
        return value if isinstance(value, str) else None

    @property
    def logprobs(self) -> Any:
        """The first choice's log probabilities, raw."""
        return first_choice(self._data).get("logprobs")
