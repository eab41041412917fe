"""What OpenRouter puts into a message beside its text: citations, images, audio, and reasoning in pieces."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from urllib.parse import unquote_to_bytes

from ...errors import OutputInvalid
from .. import fields
from ..base import Window
from ..fields import keyed, mapping, raw, text, whole
from ..texts import inner

__all__ = ["Annotation", "OutputAudio", "OutputImage", "ReasoningDetail", "decoded"]

_PIECES = re.compile(r"[^=]+=*|=+")
_HEAD_LIMIT = 256
"""Where the head of a data URL must have ended: nobody searches megabytes for a comma."""


def decoded(written: str, where: str) -> bytes:
    """Bytes of base64 text. Raises OutputInvalid, which says `where`."""
    try:
        return a2b_base64(written, strict_mode=True)
    except (Base64Error, ValueError):
        problem = f"{where} is no base64 text"
        raise OutputInvalid(problem, problems=[problem]) from None


class Annotation(Window):
    """One annotation of a message: a citation of a web page, or a file that was read.

    The fields of a citation stand in an object `url_citation` (chat) or beside `type`; both are read.
    """

    __slots__ = ()
    _shown = ("type", "title", "url", "start_index", "end_index")

    type = text("type", '"url_citation", "file" ...')
    url_citation = mapping("url_citation", "Of a citation in a chat: its fields, raw.")
    file = raw("file", "Of a file: what was read of it, raw: hash, name, content.")

    def _cited(self) -> Window:
        return Window(inner(self._data, "url_citation") or self._data)

    def _text(self, key: str) -> str | None:
        value = self._cited().get(key)
        return value if isinstance(value, str) else None

    def _position(self, key: str) -> int | None:
        value = self._cited().get(key)
        return value if type(value) is int else None

    @property
    @keyed("url")
    def url(self) -> str | None:
        """The page that is cited."""
        return self._text("url")

    @property
    @keyed("title")
    def title(self) -> str | None:
        """The page's title."""
        return self._text("title")

    @property
    @keyed("content")
    def content(self) -> str | None:
        """The page's text that was read, where it is told."""
        return self._text("content")

    @property
    @keyed("start_index")
    def start_index(self) -> int | None:
        """Where in the message's content the cited passage begins, in characters."""
        return self._position("start_index")

    @property
    @keyed("end_index")
    def end_index(self) -> int | None:
        """Where it ends."""
        return self._position("end_index")


class OutputImage(Window):
    """One image that the model made, of a message or of an event."""

    __slots__ = ()
    _shown = ("type", "media_type")

    type = text("type", '"image_url".')
    index = whole("index", "Which of the images it is, where it is told.")
    image_url = mapping("image_url", "Where it is, raw: an object with `url`.")

    @property
    def url(self) -> str | None:
        """A `data:` URL with the image itself, or where it is on the web."""
        value = inner(self._data, "image_url").get("url")
        return value if isinstance(value, str) else None

    @property
    def media_type(self) -> str | None:
        """ "image/png" ..., as the data URL says it; None for an address on the web."""
        head = self._head()
        return None if head is None else head.partition(";")[0] or None

    @property
    def content(self) -> bytes | None:
        """The image itself, decoded at each touch; None for an address on the web, which is not fetched.

        Raises OutputInvalid for data that is no base64 text.
        """
        url, head = self.url, self._head()
        if url is None or head is None:
            return None
        written = url[len("data:") + len(head) + 1 :]
        if head.rpartition(";")[2].strip().lower() == "base64":
            return decoded(written, "the image's data URL")
        return unquote_to_bytes(written)  # an SVG may stand there as it is

    def _head(self) -> str | None:
        """Of a data URL what stands between "data:" and the comma."""
        url = self.url
        if url is None or url[:5].lower() != "data:":
            return None
        end = url.find(",", 0, _HEAD_LIMIT)
        return url[5:end] if end > 0 else None


class OutputAudio(Window):
    """Audio that the model spoke. In a stream its data and its transcript come in pieces."""

    __slots__ = ()
    _shown = ("id", "transcript", "expires_at")

    id = text("id", "Identifier, to refer to it in the next request.")
    data = text("data", "The audio, as base64 text.")
    transcript = text("transcript", "What is spoken.")
    expires_at = whole("expires_at", "Until when it can be referred to, in Unix time.")

    @property
    def content(self) -> bytes | None:
        """The audio itself, decoded at each touch; None when there is none. Its format is the one that was asked for.

        Raises OutputInvalid for data that is no base64 text.
        """
        written = self.data
        if written is None:
            return None
        # Put together from a stream, a piece in the middle may carry its own padding.
        pieces = _PIECES.findall(written)
        return b"".join(decoded(piece, "the audio's data") for piece in pieces)


class ReasoningDetail(Window):
    """One piece of reasoning as its maker's model gave it. They go back unchanged and in order: put the message itself
    into the next request.

    Which fields are there depends on `type`: "reasoning.text" has text and signature, "reasoning.summary" has summary,
    "reasoning.encrypted" has data, "reasoning.server_tool_call" has tool_name, arguments, result, tool_call_id.
    """

    __slots__ = ()
    _shown = ("type", "id", "text", "summary", "tool_name")

    type = fields.text("type", '"reasoning.text", "reasoning.summary" ...; see above.')
    id = fields.text("id", "Identifier, of makers that give one.")
    index = fields.whole("index", "Which piece of the message it is.")
    format = fields.text("format", 'Whose it is: "openai-responses-v1", "anthropic-claude-v1", "google-gemini-v1" ...')
    text = fields.text("text", "The thought.")
    signature = fields.text("signature", "The maker's signature of the thought.")
    summary = fields.text("summary", "The thought in short.")
    data = fields.text("data", "The thought, encrypted.")
    tool_name = fields.text("tool_name", "The server tool that was called.")
    arguments = fields.text("arguments", "What it was called with, as JSON text.")
    result = fields.text("result", "What it gave.")
    tool_call_id = fields.text("tool_call_id", "Identifier of the call.")
