"""Answers and events of OpenRouter: chats and prompt completions with what it adds to everybody's fields."""

from __future__ import annotations

from ..base import Answer
from ..chat import Chat, Choice
from ..chunk import ChatEvent, Delta, EventChoice
from ..completions import Completion, CompletionEvent
from ..fields import child, children, items, keyed, mapping, text
from ..message import Message
from ..texts import first_choice, inner
from .metadata import CacheState, RouterMetadata, cache_state
from .parts import Annotation, OutputAudio, OutputImage, ReasoningDetail

__all__ = [
    "CacheState",
    "FromOpenRouter",
    "RoutedChat",
    "RoutedChoice",
    "RoutedCompletion",
    "RoutedCompletionEvent",
    "RoutedDelta",
    "RoutedEvent",
    "RoutedEventChoice",
    "RoutedMessage",
    "RouterMetadata",
]

_ANNOTATIONS = "Citations of web pages and files that were read; [] for none."
_IMAGES = "Images that the model made; [] for none."
_DETAILS = "The reasoning in pieces, as it must go back; [] for none."
_AUDIO = "Audio that the model spoke."
_SAFEGUARDS = "What safeguards found, raw; [] when none ran."
_ALIGNMENT = "What the alignment plugin found, raw."


class RoutedMessage(Message):
    """A message of OpenRouter's, whose citations, images, audio and reasoning are typed."""

    __slots__ = ()

    annotations = children("annotations", Annotation, _ANNOTATIONS)
    images = children("images", OutputImage, _IMAGES)
    reasoning_details = children("reasoning_details", ReasoningDetail, _DETAILS)
    audio = child("audio", OutputAudio, _AUDIO)  # type: ignore[assignment]
    model = text("model", "The model that spoke, where several speak in one conversation.")


class RoutedChoice(Choice):
    """One of the n answers."""

    __slots__ = ()

    @property
    @keyed("message")
    def message(self) -> RoutedMessage:
        """The message; a window on an empty dict when the server sent none."""
        return RoutedMessage(inner(self._data, "message"))


class RoutedDelta(Delta):
    """What an event adds to a message."""

    __slots__ = ()

    annotations = children("annotations", Annotation, _ANNOTATIONS)
    images = children("images", OutputImage, _IMAGES)
    reasoning_details = children("reasoning_details", ReasoningDetail, "Pieces of reasoning; [] for none.")
    audio = child("audio", OutputAudio, _AUDIO)  # type: ignore[assignment]


class RoutedEventChoice(EventChoice):
    """The part of an event that belongs to one choice."""

    __slots__ = ()

    @property
    @keyed("delta")
    def delta(self) -> RoutedDelta:
        """What is added; a window on an empty dict when the server sent none."""
        return RoutedDelta(inner(self._data, "delta"))


class FromOpenRouter(Answer):
    """What OpenRouter tells of every answer."""

    __slots__ = ()

    openrouter_metadata = child(
        "openrouter_metadata", RouterMetadata, "How the request was routed; None unless it was asked for."
    )

    @property
    def generation_id(self) -> str | None:
        """What to ask `generation` for: the header X-Generation-Id, else the answer's id."""
        named = self.headers.get("x-generation-id") or self._data.get("id")
        return named if isinstance(named, str) and named else None

    @property
    def cache(self) -> CacheState | None:
        """What the headers tell of OpenRouter's response cache; None when they tell nothing."""
        return cache_state(self.headers)


class RoutedChat(FromOpenRouter, Chat):
    """A whole chat completion of OpenRouter. Everything of `Chat`, and what OpenRouter adds to it."""

    __slots__ = ()

    choices = children("choices", RoutedChoice, "The answers; one, unless `n` asked for more.")  # type: ignore[assignment]
    safeguard_results = items("safeguard_results", _SAFEGUARDS)
    alignment = mapping("alignment", _ALIGNMENT)
    debug = mapping("debug", "What was sent to the provider, raw: `debug` asked for it in a stream.")

    @property
    def message(self) -> RoutedMessage:
        """The first choice's message; a window on an empty dict when there is no choice."""
        return RoutedMessage(inner(first_choice(self._data), "message"))

    @property
    def annotations(self) -> list[Annotation]:
        """The first choice's citations and files that were read; [] for none."""
        return self.message.annotations

    @property
    def images(self) -> list[OutputImage]:
        """The first choice's images; [] for none."""
        return self.message.images

    @property
    def audio(self) -> OutputAudio | None:
        """The first choice's audio."""
        return self.message.audio

    @property
    def reasoning_details(self) -> list[ReasoningDetail]:
        """The first choice's reasoning in pieces; `reasoning` is its text. [] for none."""
        return self.message.reasoning_details


class RoutedEvent(ChatEvent):
    """One event of a streamed chat of OpenRouter. Everything of `ChatEvent`, and what OpenRouter adds to it."""

    __slots__ = ()

    choices = children("choices", RoutedEventChoice, "What is new, by choice; [] on usage and debug events.")  # type: ignore[assignment]
    openrouter_metadata = child(
        "openrouter_metadata", RouterMetadata, "How the request was routed, on the event that tells it."
    )
    safeguard_results = items("safeguard_results", _SAFEGUARDS)
    alignment = mapping("alignment", _ALIGNMENT)
    debug = mapping("debug", "What was sent to the provider, raw: on the first event, when `debug` asked for it.")

    @property
    def delta(self) -> RoutedDelta:
        """The first choice's delta; a window on an empty dict when there is no choice."""
        return RoutedDelta(self._delta())

    @property
    def annotations(self) -> list[Annotation]:
        """The citations that this event adds; [] for none."""
        return self.delta.annotations

    @property
    def images(self) -> list[OutputImage]:
        """The images that this event adds; [] for none."""
        return self.delta.images

    @property
    def reasoning_details(self) -> list[ReasoningDetail]:
        """The pieces of reasoning that this event adds; [] for none."""
        return self.delta.reasoning_details


class RoutedCompletion(FromOpenRouter, Completion):
    """A whole prompt completion of OpenRouter."""

    __slots__ = ()


class RoutedCompletionEvent(CompletionEvent):
    """One event of a streamed prompt completion of OpenRouter."""

    __slots__ = ()

    openrouter_metadata = child(
        "openrouter_metadata", RouterMetadata, "How the request was routed, on the event that tells it."
    )
