"""The requests of what is no chat: ranking, images, speech, transcription. Fields as in OpenRouter's published document
(November 2026)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypedDict

from ...errors import BadUsage
from ..params import unknown_parameter
from ..parts import audio_part, image_part

if TYPE_CHECKING:
    from .params import ProviderPreferences, Trace

__all__ = [
    "ImageParams",
    "RerankParams",
    "SpeechParams",
    "TranscriptionParams",
    "build_image_body",
    "build_rerank_body",
    "build_speech_body",
    "build_transcription_body",
]


class _Tagged(TypedDict, total=False):
    """What says whose request it is: it is never sent to the provider."""

    session_id: str | None
    trace: Trace | None
    user: str | None


class RerankParams(_Tagged, total=False):
    """The fields of a rerank request. `top_n`: how many of the best documents are wanted. None means: leave it out."""

    provider: ProviderPreferences | None
    top_n: int | None


class ImageParams(_Tagged, total=False):
    """The fields of an image request. None means: leave it out.

    aspect_ratio        "1:1", "16:9", "9:16" ... or "auto"
    background          auto, transparent, opaque
    input_references    images to start from: URLs, data: URLs, bytes, pathlib.Paths, or parts of `image_part`
    n                   how many at most, 1 to 10
    output_compression  0 to 100, of webp and jpeg
    output_format       png, jpeg, webp, svg
    provider            which providers may serve it, and `options` for each of them
    quality             auto, low, medium, high, xhigh, max
    resolution          512, 768, 1K, 1.5K, 2K, 4K
    seed                the same seed should give the same image
    size                "2K", or pixels: "2048x2048"
    """

    aspect_ratio: str | None
    background: str | None
    input_references: Sequence[Any] | None
    n: int | None
    output_compression: int | None
    output_format: str | None
    provider: Mapping[str, Any] | None
    quality: str | None
    resolution: str | None
    seed: int | None
    size: str | None


class SpeechParams(_Tagged, total=False):
    """The fields of a speech request. None means: leave it out.

    input_references  parts with a voice to imitate, or an image
    instructions      tone, pace, emotion
    provider          `zdr`, `data_collection`, `options`
    response_format   mp3 or pcm
    speed             1.0 is as the voice speaks by itself
    voice             one of the provider's names
    """

    input_references: Sequence[Mapping[str, Any]] | None
    instructions: str | None
    provider: Mapping[str, Any] | None
    response_format: str | None
    speed: float | None
    voice: str | None


class TranscriptionParams(_Tagged, total=False):
    """The fields of a transcription request. None means: leave it out.

    diarize                  whether each word says who spoke it (with response_format="verbose_json")
    keyterms                 names and terms to be expected
    language                 ISO 639-1: "en"
    provider                 `zdr`, `data_collection`, `options`
    response_format          json or verbose_json (with timestamps)
    temperature
    timestamp_granularities  "segment", "word"
    """

    diarize: bool | None
    keyterms: Sequence[str] | None
    language: str | None
    provider: Mapping[str, Any] | None
    response_format: str | None
    temperature: float | None
    timestamp_granularities: Sequence[str] | None


_RERANK = frozenset(RerankParams.__annotations__)
_IMAGE = frozenset(ImageParams.__annotations__)
_SPEECH = frozenset(SpeechParams.__annotations__)
_TRANSCRIPTION = frozenset(TranscriptionParams.__annotations__)

Given = Mapping[str, Any]


def build_rerank_body(
    model: str, query: str, documents: Sequence[Any], params: Given, extra: Given | None
) -> dict[str, Any]:
    """The body of a rerank request. Raises BadUsage for unknown fields, and for documents that are none."""
    if not isinstance(query, str) or not query:
        raise BadUsage("rerank takes a query: text that says what is looked for", param="query")
    if not isinstance(documents, (list, tuple)) or not documents:
        raise BadUsage("documents is a list of texts, and of at least one", param="documents")
    for position, document in enumerate(documents):
        if not isinstance(document, (str, Mapping)):
            kind = type(document).__name__
            raise BadUsage(f"documents[{position}] is a text or a dict with text or image, not {kind}")
    return _body(model, params, _RERANK, extra, query=query, documents=list(documents))


def build_image_body(model: str, prompt: str, params: Given, extra: Given | None) -> dict[str, Any]:
    """The body of an image request. Raises BadUsage for unknown fields, and for references that are no images."""
    if not isinstance(prompt, str) or not prompt:
        raise BadUsage("images takes a prompt: text that says what is to be seen", param="prompt")
    references = params.get("input_references")
    if references is not None:
        if not isinstance(references, (list, tuple)):
            raise BadUsage("input_references is a list of images", param="input_references")
        parts = [part if isinstance(part, Mapping) else image_part(part) for part in references]
        params = {**params, "input_references": parts}
    return _body(model, params, _IMAGE, extra, prompt=prompt)


def build_speech_body(model: str, text: Any, params: Given, extra: Given | None) -> dict[str, Any]:
    """The body of a speech request: `text`, or a list of turns (dicts with text, voice, instructions)."""
    turns = isinstance(text, (list, tuple)) and all(isinstance(turn, Mapping) for turn in text)
    if not text or not (isinstance(text, str) or turns):
        raise BadUsage("speech takes a text, or a list of turns ({'text': ..., 'voice': ...})", param="text")
    return _body(model, params, _SPEECH, extra, input=text)


def build_transcription_body(
    model: str, audio: Any, format: str | None, params: Given, extra: Given | None
) -> dict[str, Any]:
    """The body of a transcription request.

    `audio`: its bytes, a file (pathlib.Path), an http(s) URL that the provider fetches, or the dict of `input_audio`.
    A str is never taken for a file name. `format` is found out from the data where it is not given.
    """
    if isinstance(audio, Mapping):
        source: Mapping[str, Any] = audio if format is None else {**audio, "format": format}
    elif isinstance(audio, str):
        if not audio.startswith(("http://", "https://")):
            raise BadUsage("audio as text is an http(s) URL; for a file pass pathlib.Path(...)", param="audio")
        source = {"url": audio} if format is None else {"url": audio, "format": format}
    elif isinstance(audio, (bytes, bytearray, memoryview, os.PathLike)):
        source = audio_part(audio, format)["input_audio"]  # type: ignore[arg-type]
    else:
        raise BadUsage(f"audio is bytes, a pathlib.Path or a URL, not {type(audio).__name__}", param="audio")
    return _body(model, params, _TRANSCRIPTION, extra, input_audio=source)


def _body(model: str, params: Given, known: frozenset[str], extra: Given | None, **payload: Any) -> dict[str, Any]:
    """`model` first, so that a router can read only the beginning; then what was named, and last what was not."""
    if extra is not None and not isinstance(extra, Mapping):
        raise BadUsage(f"extra is a dict of further fields, not {type(extra).__name__}", param="extra")
    body: dict[str, Any] = {"model": model}
    for name, value in params.items():
        if name not in known:
            raise unknown_parameter(name, known)
        if value is not None:
            body[name] = value
    body |= payload
    for name, value in (extra or {}).items():
        if name == "stream":
            raise BadUsage("the answer is read whole here: stream is not for this call", param="stream")
        body.setdefault(name, value)
    return body
