"""From what a server sent to the error it means: finds the message in every shape, and hides secrets.

`origin.py` knows whom an error concerns and what must not get into it, `problem.py` reads the error object; here the
error is made of both. What only an error needs is loaded by the first one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import StatusError
from ..retry import retry_after, seconds_until
from ..wire import codec
from ..wire.headers import Headers
from .origin import Origin, with_origin

if TYPE_CHECKING:
    from .problem import Problem

__all__ = ["Origin", "error_from_object", "error_from_reply", "find_error", "with_origin"]

_BODY_LIMIT = 16 * 1024
_MESSAGE_LIMIT = 2000


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
    from .problem import read_problem

    text = body[:_BODY_LIMIT].decode("utf-8", "replace")
    problem = read_problem(_decoded(body), text, f"the server answered HTTP {status}")
    if 300 <= status < 400:
        problem.message = _redirected(status, headers)
    return _make(problem, status, headers, text, origin, now)


def error_from_object(
    payload: Any, headers: Headers, origin: Origin, *, now: float, partial: Any = None
) -> StatusError:
    """The error for an `error` object found in a 200 answer, a chunk, a choice, or an `event: error`."""
    from .problem import read_problem

    text = payload if isinstance(payload, str) else codec.received_text(payload)
    problem = read_problem(payload, text, "the server sent an error")
    error = _make(problem, None, headers, text[:_BODY_LIMIT], origin, now)
    error.partial = partial
    return error


def _make(problem: Problem, status: int | None, headers: Headers, body: str, origin: Origin, now: float) -> StatusError:
    from ..error_table import class_for, is_retryable

    told = problem.status if status is None else status
    cls, meant = class_for(told, *problem.words, sentence=problem.sentence)
    retryable = is_retryable(cls, meant)
    if problem.retryable is False or headers.get("x-should-retry") == "false":
        retryable = False
    elif problem.retryable or headers.get("x-should-retry") == "true":
        retryable = True
    after = retry_after(headers, now)
    if after is None:
        after = problem.retry_after
    if after is None and meant == 429:
        from .problem import as_moment

        # OpenRouter's own 429 (a free model's requests per minute or day) tells no Retry-After: only when it ends.
        reset = as_moment(headers.get("x-ratelimit-reset")) or problem.reset
        after = None if reset is None else seconds_until(reset, headers, now)
    return cls(
        origin.scrub(problem.message)[:_MESSAGE_LIMIT],
        server=origin.server,
        model=origin.model,
        status=meant,
        type=origin.scrub(problem.type),
        code=origin.scrub(problem.code),
        param=origin.scrub(problem.param),
        request_id=headers.request_id,
        retry_after=after,
        body=origin.scrub(body),
        headers=origin.scrub_headers(headers),
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
