"""What is no chat: ranking, images, speech, transcription. Asked of OpenRouter alone: no other server knows them so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...errors import ProtocolError
from ...faults import Origin
from ...wire import codec
from ...wire.openrouter.media import Images, Ranking, Speech, Transcription
from ...wire.openrouter.media_requests import (
    build_image_body,
    build_rerank_body,
    build_speech_body,
    build_transcription_body,
)
from ...wire.response import Response, excerpt
from ..ask import split_options
from ..call import Understand
from ..core import Flow
from ..options import Limits
from ..plain import address, plain, raise_error
from ..session import Session
from .reading import reader_of_answer

__all__ = ["images", "rerank", "speech", "transcriptions"]

Given = Mapping[str, Any]


def rerank(
    session: Session, query: str, documents: Sequence[Any], model: str | None, extra: Given | None, given: Given
) -> Flow[Ranking]:
    """Which documents fit a query best."""
    limits, fields = split_options(session, given)
    body = build_rerank_body(session.model_for(model), query, documents, fields, extra)
    return _posted(session, "rerank", "rerank", body, limits, reader_of_answer(Ranking, "results", list), shown=body)


def images(session: Session, prompt: str, model: str | None, extra: Given | None, given: Given) -> Flow[Images]:
    """Images made after a text."""
    limits, fields = split_options(session, given)
    body = build_image_body(session.model_for(model), prompt, fields, extra)
    shown = {name: value for name, value in body.items() if name != "input_references"}
    return _posted(session, "images", "images", body, limits, reader_of_answer(Images, "data", list), shown=shown)


def speech(session: Session, text: Any, model: str | None, extra: Given | None, given: Given) -> Flow[Speech]:
    """A text, spoken."""
    limits, fields = split_options(session, given)
    body = build_speech_body(session.model_for(model), text, fields, extra)
    if not any(name.lower() == "accept" for name, _ in limits.headers):
        limits = limits._replace(headers=(*limits.headers, ("Accept", "audio/*, application/json")))
    shown = {name: value for name, value in body.items() if name != "input_references"}
    return _posted(session, "speech", "audio/speech", body, limits, _read_speech, shown=shown)


def transcriptions(
    session: Session, audio: Any, format: str | None, model: str | None, extra: Given | None, given: Given
) -> Flow[Transcription]:
    """What is said in a recording."""
    limits, fields = split_options(session, given)
    body = build_transcription_body(session.model_for(model), audio, format, fields, extra)
    shown = {name: value for name, value in body.items() if name != "input_audio"}
    read = reader_of_answer(Transcription, "text", str)
    return _posted(session, "transcriptions", "audio/transcriptions", body, limits, read, shown=shown)


def _posted(
    session: Session,
    operation: str,
    path: str,
    body: dict[str, Any],
    limits: Limits,
    understand: Understand[Any],
    *,
    shown: Given,
) -> Flow[Any]:
    """`shown` is what hooks may see of the body: not what would fill a log with base64."""
    url, content = address(session, path), codec.encode_body(body)
    model: str = body["model"]
    return plain(session, operation, "POST", url, limits, understand, body=content, model=model, parameters=shown)


def _read_speech(response: Response, origin: Origin, session: Session) -> Speech:
    """The audio, or the error that came in its place: JSON is no sound."""
    kind = (response.headers.get("content-type") or "").partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json"):
        raise_error(response.json(), response, origin, session)
    if not response.content or kind.startswith("text/") or kind.endswith("json"):
        said = excerpt(response.content) or "an empty body"
        raise response.fault(ProtocolError, f"the answer is no audio but {kind or 'of no content type'}: {said}")
    return Speech(response.content, response.status, response.headers, origin.server)
