"""What is no text: ranked documents, images, transcribed and spoken audio."""

from __future__ import annotations

from typing import Any

from ...errors import OutputInvalid
from ..base import Window
from ..cost import Priced
from ..fields import child, children, items, keyed, number, text, whole
from ..headers import Headers
from ..parts import image_type
from ..told import Told
from ..usage import Usage
from . import parts
from .chat import FromOpenRouter

__all__ = ["Image", "Images", "MediaUsage", "Ranked", "Ranking", "Segment", "Speech", "Transcription", "Word"]

_HEAD = 64


class MediaUsage(Usage):
    """The usage of what is not counted in prompt and completion tokens."""

    __slots__ = ()
    _shown = ("search_units", "seconds", "input_tokens", "output_tokens", "total_tokens", "cost")

    search_units = whole("search_units", "Of a ranking: units that are billed.")
    seconds = number("seconds", "Of a transcription: seconds of audio.")
    input_tokens = whole("input_tokens", "Tokens of the input.")
    output_tokens = whole("output_tokens", "Tokens of the output.")


class Ranked(Window):
    """One document of a ranking."""

    __slots__ = ()
    _shown = ("index", "relevance_score", "text")

    index = whole("index", "Its position among the documents that were given.")
    relevance_score = number("relevance_score", "How well it fits; more is better.")

    @property
    @keyed("document")
    def document(self) -> Any:
        """The document, as the server gives it back: an object with `text` or `image`, or a text; None for none."""
        return self._data.get("document")

    @property
    def text(self) -> str | None:
        """The document's text; None when there is none."""
        document = self.document
        value = document.get("text") if isinstance(document, dict) else document
        return value if isinstance(value, str) else None


class Ranking(FromOpenRouter, Priced):
    """Documents in the order in which they fit a query, the best first."""

    __slots__ = ()
    _shown = ("id", "model", "provider", "results")

    id = text("id", "Identifier of the answer.")
    model = text("model", "The model that ranked.")
    provider = text("provider", "Who ran it.")
    results = children("results", Ranked, "The documents, the best first.")
    usage = child("usage", MediaUsage, "What it used.")

    @property
    def indexes(self) -> list[int]:
        """The positions of the documents that were given, the best first."""
        return [one.index for one in self.results if one.index is not None]


class Image(Window):
    """One image."""

    __slots__ = ()
    _shown = ("media_type", "url")

    b64_json = text("b64_json", "The image, as base64 text.")
    url = text("url", "Where it is, of servers that give an address.")

    @property
    @keyed("media_type")
    def media_type(self) -> str | None:
        """ "image/png" ...: what the server says, else what the first bytes say; None for what is no known image."""
        told = self._data.get("media_type")
        if isinstance(told, str) and told:
            return told
        written = self.b64_json
        if written is None:
            return None
        try:
            return image_type(parts.decoded(written[:_HEAD], "data"))
        except OutputInvalid:
            return None

    @property
    def content(self) -> bytes | None:
        """The image itself, decoded at each touch; None when there is only an address, which is not fetched.

        Raises OutputInvalid for data that is no base64 text.
        """
        return None if self.b64_json is None else parts.decoded(self.b64_json, "the image's b64_json")


class Images(FromOpenRouter, Priced):
    """Images that a model made."""

    __slots__ = ()
    _shown = ("created", "model", "images")

    created = whole("created", "Unix time in seconds.")
    model = text("model", "The model that made them, where it is told.")
    images = children("data", Image, "The images.")
    usage = child("usage", Usage, "Token counts.")

    @property
    def image(self) -> Image | None:
        """The first image; None when there is none."""
        return next(iter(self.images), None)


class Segment(Window):
    """A passage of a transcription. Times in seconds from the beginning."""

    __slots__ = ()
    _shown = ("start", "end", "speaker", "text")

    id = whole("id", "Its number.")
    start = number("start", "Where it begins.")
    end = number("end", "Where it ends.")
    speaker = whole("speaker", "Who speaks, as a number, where speakers are told apart.")
    speaker_label = text("speaker_label", "Who speaks, as a word.")
    channel = whole("channel", "The channel of the recording.")
    avg_logprob = number("avg_logprob", "Mean log probability of its tokens.")
    no_speech_prob = number("no_speech_prob", "The probability that nobody speaks.")
    compression_ratio = number("compression_ratio", "How well the text can be compressed: much, and it repeats itself.")
    temperature = number("temperature", "The temperature that it was made with.")
    seek = whole("seek", "Where the model began to listen.")
    tokens = items("tokens", "Its tokens, as numbers.")
    text = text("text", "What is spoken.")


class Word(Window):
    """A word of a transcription. Times in seconds from the beginning."""

    __slots__ = ()
    _shown = ("start", "end", "word")

    type = text("type", '"word" or "audio_event".')
    word = text("word", "The word.")
    start = number("start", "Where it begins.")
    end = number("end", "Where it ends.")
    confidence = number("confidence", "How sure the model is, from 0 to 1.")
    speaker = whole("speaker", "Who speaks, as a number, where speakers are told apart.")
    speaker_label = text("speaker_label", "Who speaks, as a word.")
    channel = whole("channel", "The channel of the recording.")


class Transcription(FromOpenRouter, Priced):
    """What is spoken in a recording."""

    __slots__ = ()
    _shown = ("language", "duration", "text")

    task = text("task", '"transcribe".')
    language = text("language", "The language.")
    language_confidence = number("language_confidence", "How sure the model is of the language, from 0 to 1.")
    confidence = number("confidence", "How sure the model is of the text, from 0 to 1.")
    duration = number("duration", "How long the recording is, in seconds.")
    segments = children("segments", Segment, "The text in passages; [] unless they were asked for.")
    words = children("words", Word, "The text in words; [] unless they were asked for.")
    entities = items("entities", "Names and the like, raw: text, type, start_char, end_char.")
    usage = child("usage", MediaUsage, "What it used.")
    text = text("text", "What is spoken.")


class Speech:
    """Spoken audio: `content` is bytes, already decompressed; `media_type` is "audio/mpeg", "audio/pcm" ...

    See `Answer` for status, headers, server and told. What it cost is told by `client.generation(generation_id)`.
    """

    __slots__ = ("content", "headers", "server", "status", "told")

    def __init__(
        self,
        content: bytes,
        status: int | None = None,
        headers: Headers | None = None,
        server: str | None = None,
        told: Told | None = None,
    ) -> None:
        self.content = content
        self.status = status
        self.headers = Headers() if headers is None else headers
        self.server = server
        self.told = told

    @property
    def media_type(self) -> str | None:
        """The Content-Type without its parameters; None when the server told none."""
        written = (self.headers.get("content-type") or "").partition(";")[0].strip().lower()
        return written or None

    @property
    def generation_id(self) -> str | None:
        """What to ask `generation` for: the header X-Generation-Id."""
        return self.headers.get("x-generation-id") or None

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, from the response headers; None when it tells none."""
        return self.headers.request_id

    def __len__(self) -> int:
        return len(self.content)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"Speech({self.media_type or 'audio'}, {len(self.content)} bytes)"
