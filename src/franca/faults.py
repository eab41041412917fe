"""From what a server sent to the error it means: finds the message in every shape, and hides secrets.

Where servers put the message (measured over those in `docs/conformance.md`), in the order it is looked for:
`error.message`, `error` as text, `message` (text, or an object as Mistral's), `detail` (text, or pydantic's
list), `errors[0]`, a list as the whole body (Gemini), `title`, and for a body that is no JSON the HTML title
or the text itself. It is never empty: an empty body gives a sentence that says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .error_table import class_for, is_retryable
from .errors import FrancaError, StatusError
from .retry import hint, retry_after
from .wire import codec
from .wire.headers import Headers

__all__ = ["Origin", "Problem", "error_from_object", "error_from_reply", "find_error", "read_problem", "with_origin"]

_BODY_LIMIT = 16 * 1024
_MESSAGE_LIMIT = 2000
_SHORTEST_SECRET = 8  # shorter keys are placeholders ("ollama", "x"); hiding them would garble every text
_DEEPEST = 30  # levels of an error object that are read; a server may nest deeper than Python's stack likes
_HIDDEN = "***"


class Origin:
    """Who was asked, for error texts: server name, model, and the secrets that no text may hold."""

    __slots__ = ("model", "secrets", "server")

    def __init__(self, server: str | None = None, model: str | None = None, secrets: Iterable[str] = ()) -> None:
        self.server = server
        self.model = model
        self.secrets = tuple(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)

    def scrub(self, value: Any, depth: int = _DEEPEST) -> Any:
        """`value` (text, or any JSON) with the caller's own secrets replaced by `***`."""
        if not self.secrets:
            return value
        if isinstance(value, str):
            for secret in self.secrets:
                value = value.replace(secret, _HIDDEN)
            return value
        if isinstance(value, (dict, list)) and not depth:
            return _HIDDEN
        if isinstance(value, dict):
            return {self.scrub(key): self.scrub(item, depth - 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.scrub(item, depth - 1) for item in value]
        return value


class Problem:
    """What an error body says: the fields of the error object, wherever and however it was written."""

    __slots__ = (
        "code",
        "message",
        "metadata",
        "param",
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
        self.words: tuple[object, ...] = ()
        self.sentence = ""
        """The message, if it is the server's own and in one piece: only such a one may choose the class."""


def find_error(payload: Any) -> Any:
    """The error in an answer, a chunk or a choice, or None: a non-empty `error` member, or a Gemini-like list
    of one, or an object that calls itself an error."""
    if isinstance(payload, list):
        return payload[0] if payload and isinstance(payload[0], dict) and payload[0].get("error") else None
    if isinstance(payload, dict):
        if payload.get("error"):
            return payload
        if payload.get("object") == "error" or (payload.get("type") == "error" and "choices" not in payload):
            return payload
    return None


def error_from_reply(status: int, headers: Headers, body: bytes, origin: Origin, *, now: float) -> StatusError:
    """The error for an answer whose HTTP status says it is one. `now`: Unix seconds, for Retry-After dates."""
    text = body[:_BODY_LIMIT].decode("utf-8", "replace")
    problem = read_problem(_decoded(body), text, f"the server answered HTTP {status}")
    if 300 <= status < 400:
        problem.message = _redirected(status, headers)
    return _make(problem, status, headers, text, origin, now)


def error_from_object(
    payload: Any, headers: Headers, origin: Origin, *, now: float, partial: Any = None
) -> StatusError:
    """The error for an `error` object found in a 200 answer, a chunk, a choice, or an `event: error`."""
    text = payload if isinstance(payload, str) else codec.received_text(payload)
    problem = read_problem(payload, text, "the server sent an error")
    error = _make(problem, None, headers, text[:_BODY_LIMIT], origin, now)
    error.partial = partial
    return error


def _make(problem: Problem, status: int | None, headers: Headers, body: str, origin: Origin, now: float) -> StatusError:
    told = problem.status if status is None else status
    cls, meant = class_for(told, *problem.words, sentence=problem.sentence)
    retryable = is_retryable(cls, meant)
    if problem.retryable is False or headers.get("x-should-retry") == "false":
        retryable = False
    elif headers.get("x-should-retry") == "true":
        retryable = True
    after = retry_after(headers, now)
    return cls(
        origin.scrub(problem.message)[:_MESSAGE_LIMIT],
        server=origin.server,
        model=origin.model,
        status=meant,
        type=origin.scrub(problem.type),
        code=origin.scrub(problem.code),
        param=origin.scrub(problem.param),
        request_id=headers.request_id,
        retry_after=problem.retry_after if after is None else after,
        body=origin.scrub(body),
        headers=Headers([(name, origin.scrub(value)) for name, value in headers.pairs]),
        retryable=retryable,
        metadata=origin.scrub(problem.metadata),
    )


def _redirected(status: int, headers: Headers) -> str:
    where = headers.get("location") or "nowhere (no Location header)"
    return f"the server redirects this request ({status}) to {where}; use that address as the base URL"


def _decoded(body: bytes) -> Any:
    """The JSON of a body; None when it is none (or says `null`)."""
    try:
        return codec.decode_json(body)
    except ValueError:
        return None


# ---- reading the error object --------------------------------------------------------------------


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
    moderated = "moderation" if "reasons" in problem.metadata or "flagged_input" in problem.metadata else None
    details = fields.get("details")
    reasons = [one.get("reason") for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    # The more precise word first: OpenAI's generic type is invalid_request_error, its code content_filter.
    problem.words = (
        moderated,
        deeper,
        *reasons[:5],
        problem.code,
        problem.metadata.get("error_type"),
        problem.type,
        gemini,
    )
    known = problem.metadata
    for key, value in fields.items():
        if key not in _LABELS and key not in known and (key != "detail" or not isinstance(value, str)):
            known[key] = value


def _read_hints(problem: Problem, fields: Mapping[str, Any]) -> None:
    """What the body says about trying again (OpenRouter's `availability`, Gemini's `retryDelay`)."""
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


def _message(payload: Mapping[str, Any], inner: Any) -> str:
    """The server's own words, by the order that the top of this file tells."""
    if isinstance(inner, dict):
        found = _words(inner.get("message")) or _words(inner.get("detail")) or _words(inner.get("error"))
        raw = inner.get("metadata")
        raw = _words(raw.get("raw")) if isinstance(raw, dict) else ""
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


def with_origin(error: FrancaError, origin: Origin) -> None:
    """Tell an error from below (a transport's, a reader's) whom it concerns, and hide secrets in what it quotes."""
    error.server = origin.server or error.server
    error.model = origin.model
    error.message = origin.scrub(error.message)
    error.body = origin.scrub(error.body)
