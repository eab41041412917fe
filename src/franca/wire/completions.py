"""The answer of a legacy prompt completion, whole and streamed."""

from __future__ import annotations

from . import fields
from .base import Window
from .cost import Priced
from .finish import finish_kind
from .texts import first_choice, reasoning_of
from .usage import Usage

__all__ = ["Completion", "CompletionChoice", "CompletionEvent"]


class CompletionChoice(Window):
    """One of the n texts, or what an event adds to it."""

    __slots__ = ()
    _shown = ("index", "finish_reason", "text")

    index = fields.whole("index", "Position among the choices.")
    text = fields.text("text", "The text.")
    finish_reason = fields.text(
        "finish_reason", "Why the model stopped, in the server's own word; None if it said none."
    )
    native_finish_reason = fields.text(
        "native_finish_reason", "Behind a router: why it stopped, in the provider's own word."
    )
    error = fields.mapping("error", "OpenRouter: what went wrong with this choice, raw.")
    stop_reason = fields.raw("stop_reason", "vLLM: the stop string or token id that ended the text.")
    logprobs = fields.mapping("logprobs", "Raw: tokens, token_logprobs, top_logprobs, text_offset.")

    @property
    @fields.keyed("reasoning")
    def reasoning(self) -> str | None:
        """The reasoning text, of the few servers that tell it here (OpenRouter); None when there is none."""
        return reasoning_of(self._data)

    @property
    def finish_kind(self) -> str | None:
        """`finish_reason` as "stop", "length", "content_filter", "error" or "other"."""
        return finish_kind(self.finish_reason)


class Completion(Priced):
    """A whole text completion; `text` and `finish_reason` are those of the first choice."""

    __slots__ = ()
    _shown = ("id", "model", "provider", "finish_reason", "text")

    id = fields.text("id", "Identifier of the answer.")
    object = fields.text("object", '"text_completion".')
    created = fields.whole("created", "Unix time in seconds.")
    model = fields.text("model", "The model that answered.")
    provider = fields.text("provider", "Behind a router (OpenRouter): who ran the model.")
    choices = fields.children(
        "choices", CompletionChoice, "The texts; one, unless `n` or several prompts ask for more."
    )
    usage = fields.child("usage", Usage, "Token counts; None when the server told none.")
    system_fingerprint = fields.text("system_fingerprint", "The server's configuration that answered.")

    @property
    def text(self) -> str | None:
        """The first choice's text; None when there is none."""
        return CompletionChoice(first_choice(self._data)).text

    @property
    def finish_reason(self) -> str | None:
        """Why the first choice ended, in the server's own word; None when the server did not say."""
        return CompletionChoice(first_choice(self._data)).finish_reason

    @property
    def finish_kind(self) -> str | None:
        """`finish_reason` as "stop", "length", "content_filter", "error" or "other"."""
        return finish_kind(self.finish_reason)

    @property
    def native_finish_reason(self) -> str | None:
        """Behind a router: why the first choice ended, in the provider's own word; None when it is not told."""
        return CompletionChoice(first_choice(self._data)).native_finish_reason

    @property
    def reasoning(self) -> str | None:
        """The first choice's reasoning text; None when there is none."""
        return CompletionChoice(first_choice(self._data)).reasoning


class CompletionEvent(Window):
    """One event of a streamed text completion; `text` is what it adds to the first choice of its list."""

    __slots__ = ()
    _shown = ("id", "finish_reason", "text", "usage")

    id = fields.text("id", "Identifier of the answer, the same in all its events.")
    object = fields.text("object", '"text_completion".')
    created = fields.whole("created", "Unix time in seconds.")
    model = fields.text("model", "The model that answers.")
    provider = fields.text("provider", "Behind a router (OpenRouter): who runs the model.")
    choices = fields.children("choices", CompletionChoice, "What is new, by choice.")
    usage = fields.child("usage", Usage, "Token counts so far, on the events that carry them.")
    system_fingerprint = fields.text("system_fingerprint", "The server's configuration that answers.")

    @property
    def text(self) -> str | None:
        """The text that this event adds; None when it adds none."""
        return CompletionChoice(first_choice(self._data)).text

    @property
    def finish_reason(self) -> str | None:
        """Why the first choice ended, on its last event."""
        return CompletionChoice(first_choice(self._data)).finish_reason

    @property
    def native_finish_reason(self) -> str | None:
        """Behind a router: why the first choice ended, in the provider's own word, on its last event."""
        return CompletionChoice(first_choice(self._data)).native_finish_reason

    @property
    def reasoning(self) -> str | None:
        """The reasoning text that this event adds to the first choice."""
        return CompletionChoice(first_choice(self._data)).reasoning
