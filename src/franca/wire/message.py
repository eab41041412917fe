"""One message of a conversation, sent or received."""

from __future__ import annotations

from typing import Any

from .base import Window
from .calls import FunctionCall, ToolCall
from .fields import child, children, items, keyed, mapping, text
from .texts import reasoning_of, spoken_text, text_of, thought_text

__all__ = ["Message", "Utterance"]


class Utterance(Window):
    """The fields that a whole message and the delta of a stream have in common."""

    __slots__ = ()
    _shown = ("role", "content", "tool_calls", "refusal")

    role = text("role", 'Who speaks: "system", "developer", "user", "assistant", "tool" or a server\'s own word.')
    tool_calls = children("tool_calls", ToolCall, "The tool calls that the model asks for; [] when it asks for none.")
    function_call = child("function_call", FunctionCall, "The legacy form of one call.")
    refusal = text("refusal", "The model's refusal, where the server tells it apart from content.")
    reasoning_content = text("reasoning_content", "The field of this name (DeepSeek, llama.cpp); see `reasoning`.")
    reasoning_details = items(
        "reasoning_details", "OpenRouter's structured reasoning, raw; must go back with tool calls."
    )
    annotations = items("annotations", "Citations and the like, raw.")
    audio = mapping("audio", "Audio answer, raw: id, data (base64), transcript, expires_at.")
    images = items("images", "Generated images, raw (OpenRouter: parts of type image_url).")

    @property
    @keyed("content")
    def content(self) -> str | list[Any] | None:
        """The content as it came: a string, a list of parts, or None."""
        value = self._data.get("content")
        return value if isinstance(value, (str, list)) else None

    @property
    def text(self) -> str | None:
        """The content as text: a list of parts is joined over its text parts. None without any text."""
        return text_of(self._data.get("content"))

    @property
    @keyed("reasoning")
    def reasoning(self) -> str | None:
        """The reasoning text, whichever field the server uses for it; None when there is none.

        The raw field of this name is `message["reasoning"]`.
        """
        return reasoning_of(self._data)


class Message(Utterance):
    """One message. Make them with `system_message`, `user_message` ...; received ones go back unchanged:
    put the window itself into the next request's messages."""

    __slots__ = ()

    name = text("name", "Name of the participant or, in old servers, of the function.")
    tool_call_id = text("tool_call_id", "In a tool message: the id of the call that it answers.")

    @property
    def text(self) -> str | None:
        """The content as text: a list of parts is joined over its text parts, and of an assistant's message a block of
        reasoning in think tags (`<think>`) at the beginning is left out. None without any text."""
        return spoken_text(self._data)

    @property
    @keyed("reasoning")
    def reasoning(self) -> str | None:
        """The reasoning text, whichever field the server uses for it, or think tags at the beginning of the content;
        None when there is none.

        The raw field of this name is `message["reasoning"]`.
        """
        return thought_text(self._data)
