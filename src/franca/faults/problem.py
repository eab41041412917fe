"""What an error body says: the error object's fields and message, wherever and however a server wrote them.

Where servers put the message (measured over those in `docs/conformance.md`), in the order it is looked for:
`error.message`, `error` as text, `message` (text, or an object as Mistral's), `detail` (text, or pydantic's
list), `errors[0]`, a list as the whole body (Gemini), `title`, and for a body that is no JSON the HTML title
or the text itself. It is never empty: an empty body gives a sentence that says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..retry import hint
from ..wire import codec

__all__ = ["Problem", "as_moment", "read_problem"]

_BODY_LIMIT = 16 * 1024
_DEEPEST = 30  # levels of an error object that are read; a server may nest deeper than Python's stack likes
_MOST_STAGES = 50


class Problem:
    """What an error body says: the fields of the error object, wherever and however it was written."""

    __slots__ = (
        "code",
        "message",
        "metadata",
        "param",
        "reset",
        "retry_after",
        "retryable",
        "sentence",
        "status",
        "type",
        "words",
    )

    def __init__(self, message: str) -> None:
        self.message = message
        self.type: str | None = None
        self.code: str | int | None = None
        self.param: str | None = None
        self.status: int | None = None
        self.metadata: dict[str, Any] = {}
        self.retryable: bool | None = None
        self.retry_after: float | None = None
        self.reset: float | None = None
        """Unix seconds: when the limit that was passed is whole again."""
        self.words: tuple[object, ...] = ()
        self.sentence = ""
        """The message, if it is the server's own and in one piece: only such a one may choose the class."""


def read_problem(payload: Any, text: str, event: str) -> Problem:
    """What `payload` (decoded JSON, None if it is none) or else the bare `text` says went wrong.

    `event` tells what happened; it begins the message where the server gave none.
    """
    if isinstance(payload, list) and payload:
        payload = payload[0]
    if not isinstance(payload, dict):
        no_json = payload is None and text.strip() != "null"
        said = payload if isinstance(payload, str) else _plain_text(text) if no_json else ""
        return Problem(said.strip() or _wordless(event, text))
    inner = payload.get("error")
    outer = {key: value for key, value in payload.items() if key not in _OF_THE_ANSWER}
    fields: dict[str, Any] = {**outer, **inner} if isinstance(inner, dict) else outer
    problem = Problem(_message(payload, inner) or _wordless(event, text))
    problem.sentence = _own_sentence(problem.message, payload, inner)
    metadata = fields.get("metadata")
    problem.metadata = dict(metadata) if isinstance(metadata, dict) else {}
    _read_labels(problem, fields)
    _read_hints(problem, fields)
    return problem


def _wordless(event: str, text: str) -> str:
    shown = " ".join(text[:300].split())
    return f"{event} without a message: {shown}" if shown else f"{event} with an empty body"


_LABELS = frozenset({"message", "type", "code", "param", "metadata", "error"})
# Fields of the chunk or answer around an error object: they describe the answer, not the error.
_OF_THE_ANSWER = frozenset({"id", "object", "created", "model", "provider", "choices", "usage", "system_fingerprint"})


def _read_labels(problem: Problem, fields: Mapping[str, Any]) -> None:
    """`type`, `code`, `param`, the status they imply, and the words that choose the class."""
    kind = fields.get("type") or problem.metadata.get("error_type") or fields.get("error_type")
    gemini = fields.get("status")  # Gemini: "RESOURCE_EXHAUSTED"; others: a number
    if kind is None and isinstance(gemini, str):
        kind = gemini
    problem.type = kind if isinstance(kind, str) else None
    code = fields.get("code")
    problem.code = code if isinstance(code, (str, int)) and not isinstance(code, bool) else None
    param = fields.get("param") or _pydantic_field(fields.get("detail"))
    problem.param = param if isinstance(param, str) else None
    for candidate in (problem.code, fields.get("http_status"), fields.get("status_code"), gemini):
        problem.status = problem.status or _as_status(candidate)
    inner = fields.get("innererror")  # Azure's content filter
    deeper = inner.get("code") if isinstance(inner, dict) else None
    moderated = "moderation" if _is_stopped(problem, fields) else None
    availability = fields.get("availability")
    unavailable = availability.get("code") if isinstance(availability, dict) else None
    details = fields.get("details")
    reasons = [one.get("reason") for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    # The more precise word first: OpenAI's generic type is invalid_request_error, its code content_filter.
    problem.words = (
        moderated,
        deeper,
        unavailable,
        *reasons[:5],
        problem.code,
        problem.metadata.get("error_type"),
        fields.get("error_type"),
        problem.type,
        gemini,
    )
    known = problem.metadata
    for key, value in fields.items():
        if key not in _LABELS and key not in known and (key != "detail" or not isinstance(value, str)):
            known[key] = value


def _is_stopped(problem: Problem, fields: Mapping[str, Any]) -> bool:
    """Whether OpenRouter's moderation, or a guardrail, stopped what was asked: `reasons`, the `patterns` beside a code
    of 403, or the stage of the pipeline that says that it blocked (with `X-OpenRouter-Metadata: enabled`)."""
    metadata = problem.metadata
    if "reasons" in metadata or "flagged_input" in metadata:
        return True
    if problem.status == 403 and isinstance(metadata.get("patterns"), list):
        return True
    routed = fields.get("openrouter_metadata")
    pipeline = routed.get("pipeline") if isinstance(routed, dict) else None
    for stage in pipeline[:_MOST_STAGES] if isinstance(pipeline, list) else ():
        if isinstance(stage, dict) and stage.get("type") == "guardrail":
            data = stage.get("data")
            if isinstance(data, dict) and data.get("action") == "blocked":
                return True
    return False


def _read_hints(problem: Problem, fields: Mapping[str, Any]) -> None:
    """What the body says about trying again: OpenRouter's `availability` and budget, Gemini's `retryDelay`."""
    if problem.metadata.get("limit_source") == "openrouter_in_flight_budget":
        # A 402, but of an account that has money: what is being answered just now may cost as much as it has
        # (openrouter.ai/docs/api_reference/limits, November 2026). It goes away as those requests end.
        problem.retryable = True
    availability = fields.get("availability")
    if isinstance(availability, dict):
        if isinstance(availability.get("retryable"), bool):
            problem.retryable = availability["retryable"]
        problem.retry_after = hint(availability.get("retry_after"))
    for key in ("retry_after", "retry_after_seconds"):
        for place in (problem.metadata, fields):
            if problem.retry_after is None:
                problem.retry_after = hint(place.get(key))
    details = fields.get("details")
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, dict) and problem.retry_after is None:
            problem.retry_after = hint(detail.get("retryDelay"))
    sent = problem.metadata.get("headers")  # OpenRouter repeats its own there
    for name, value in sent.items() if isinstance(sent, dict) else ():
        if name.lower() == "x-ratelimit-reset":
            problem.reset = as_moment(value)


def _message(payload: Mapping[str, Any], inner: Any) -> str:
    """The server's own words, by the order that the top of this file tells."""
    if isinstance(inner, dict):
        found = _words(inner.get("message")) or _words(inner.get("detail")) or _words(inner.get("error"))
        raw = inner.get("metadata")
        raw = _words_upstream(raw.get("raw")) if isinstance(raw, dict) else ""
        if raw and raw not in found:  # OpenRouter: "Provider returned error", and what the provider said
            found = f"{found}: {raw}" if found else raw
        if found:
            return found
        label = inner.get("code") or inner.get("type")
        if isinstance(label, str):
            return label
    elif isinstance(inner, str) and inner.strip():
        return _words(payload.get("message")) or _words(payload.get("error_description")) or inner.strip()
    errors = payload.get("errors")
    if isinstance(errors, list) and errors:
        errors = errors[0]
    for candidate in (payload.get("message"), payload.get("detail"), errors, payload.get("msg"), payload.get("title")):
        found = _words(candidate)
        if found:
            return found
    return ""


def _own_sentence(message: str, payload: Mapping[str, Any], inner: Any) -> str:
    """The message, if it stands in the body as one text; "" where it was put together of several: those hold pieces
    of the request (pydantic's places and inputs), or what another server said (`metadata.raw`)."""
    for holder in (payload, inner if isinstance(inner, dict) else {}):
        for key in ("message", "error", "detail"):
            said = holder.get(key)
            if isinstance(said, str) and said.strip() == message:
                return message
    return ""


def _words(value: Any, depth: int = _DEEPEST) -> str:
    """Text out of a message that may be text, pydantic's list of errors, or an object with the text inside."""
    if isinstance(value, str):
        return value.strip()
    if not depth:
        return ""
    if isinstance(value, list):
        return "; ".join(filter(None, (_words(item, depth - 1) for item in value[:5])))
    if isinstance(value, dict):
        said = value.get("msg") or value.get("message") or value.get("detail") or value.get("error")
        field = _loc(value.get("loc"))
        words = _words(said, depth - 1)
        return f"{field}: {words}" if field and words else words
    return ""


def _words_upstream(raw: Any) -> str:
    """What a provider behind a router said: text, an error object, or one as JSON in a text."""
    if isinstance(raw, str) and raw.lstrip()[:1] in ("{", "["):
        try:
            return _words(codec.decode_json(raw.encode("utf-8", "replace"))) or raw.strip()
        except ValueError:
            return raw.strip()  # it was cut, or only looks like JSON
    return _words(raw)


def _loc(value: Any) -> str:
    if not isinstance(value, list):
        return ""
    return ".".join(str(step) for step in value if step != "body")


def _pydantic_field(detail: Any) -> str | None:
    first = detail[0] if isinstance(detail, list) and detail else None
    return _loc(first.get("loc")) or None if isinstance(first, dict) else None


def _as_status(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599 else None


def as_moment(value: Any) -> float | None:
    """Unix seconds of a reset that is told as Unix milliseconds, as OpenRouter does; other numbers mean too much."""
    digits = value if isinstance(value, str) else str(value) if type(value) is int and 0 < value < 10**14 else ""
    return int(digits) / 1000 if len(digits) == 13 and digits.isascii() and digits.isdigit() else None


def _plain_text(text: str) -> str:
    """The readable part of a body that is no JSON: the title or first heading of a page, else its text."""
    lower = text[:_BODY_LIMIT].lower()
    for tag in ("title", "h1", "body"):
        start = lower.find(f"<{tag}")
        if start >= 0:
            start = lower.find(">", start) + 1
            end = lower.find(f"</{tag}", start)
            found = _without_tags(text[start : end if end >= 0 else len(lower)])
            if start and found:
                return found[:300]
    return " ".join(text[:1000].split())[:500]


def _without_tags(text: str) -> str:
    kept = [piece.rpartition(">")[2] for piece in text.split("<")]
    return " ".join(" ".join(kept).split())
