"""Which error an answer is: a table of the words that servers use, and one of statuses."""

from __future__ import annotations

from .errors import (
    BadRequest,
    Flagged,
    Forbidden,
    ModelDown,
    NoProvider,
    NotFound,
    OutOfCredits,
    RateLimited,
    ServerFault,
    StatusError,
    Unauthorized,
    UpstreamTimedOut,
)

__all__ = ["class_for", "is_retryable"]

_BY_WORD: dict[str, tuple[type[StatusError], int]] = {
    # word (type or code on the wire, lower case): (class, the status it stands for when none is told)
    "insufficient_quota": (OutOfCredits, 429),
    "billing_hard_limit_reached": (OutOfCredits, 402),
    "billing_not_active": (OutOfCredits, 402),
    "insufficient_balance": (OutOfCredits, 402),
    "payment_required": (OutOfCredits, 402),
    "budget_exceeded": (OutOfCredits, 402),
    "content_filter": (Flagged, 400),
    "content_policy_violation": (Flagged, 400),
    "responsibleaipolicyviolation": (Flagged, 400),
    "moderation": (Flagged, 403),
    "refusal": (Flagged, 400),
    "rate_limit_error": (RateLimited, 429),
    "rate_limit_exceeded": (RateLimited, 429),
    "ratelimiterror": (RateLimited, 429),
    "too_many_requests": (RateLimited, 429),
    "resource_exhausted": (RateLimited, 429),
    "throttling": (RateLimited, 429),
    "authentication": (Unauthorized, 401),
    "authentication_error": (Unauthorized, 401),
    "invalid_api_key": (Unauthorized, 401),
    "unauthenticated": (Unauthorized, 401),
    "permission_denied": (Forbidden, 403),
    "permission_error": (Forbidden, 403),
    "model_not_found": (NotFound, 404),
    "not_found": (NotFound, 404),
    "not_found_error": (NotFound, 404),
    "notfounderror": (NotFound, 404),
    "deploymentnotfound": (NotFound, 404),
    "context_length_exceeded": (BadRequest, 400),
    "exceed_context_size_error": (BadRequest, 400),
    "max_tokens_exceeded": (BadRequest, 400),
    "token_limit_exceeded": (BadRequest, 400),
    "string_too_long": (BadRequest, 400),
    "invalid_argument": (BadRequest, 400),
    "invalid_prompt": (BadRequest, 400),
    "invalid_request": (BadRequest, 400),
    "invalid_request_error": (BadRequest, 400),
    "badrequesterror": (BadRequest, 400),
    "unprocessable": (BadRequest, 422),
    "payload_too_large": (BadRequest, 413),
    "timeout": (UpstreamTimedOut, 504),
    "deadline_exceeded": (UpstreamTimedOut, 504),
    "provider_unavailable": (ModelDown, 502),
    "upstream_error": (ModelDown, 502),
    "provider_overloaded": (NoProvider, 503),
    "overloaded": (NoProvider, 503),
    "overloaded_error": (NoProvider, 529),
    "unavailable": (NoProvider, 503),
    "unavailable_error": (NoProvider, 503),
    "service_unavailable": (NoProvider, 503),
    "api_error": (ServerFault, 500),
    "internal": (ServerFault, 500),
    "internal_error": (ServerFault, 500),
    "internal_server_error": (ServerFault, 500),
    "internalservererror": (ServerFault, 500),
    "server": (ServerFault, 500),
    "server_error": (ServerFault, 500),
}
# A told status wins over these words' classes, except over the ones that sharpen it: a 429 that means
# "no money", a 400 or 403 that means "flagged".
_SHARPER = (OutOfCredits, Flagged)

_BY_STATUS: dict[int, type[StatusError]] = {
    401: Unauthorized,
    402: OutOfCredits,
    403: Forbidden,
    404: NotFound,
    407: Unauthorized,
    408: UpstreamTimedOut,
    410: NotFound,
    429: RateLimited,
    502: ModelDown,
    503: NoProvider,
    504: UpstreamTimedOut,
    524: UpstreamTimedOut,
    529: NoProvider,
}
_RETRYABLE_STATUS = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529})


def class_for(status: int | None, *words: object) -> tuple[type[StatusError], int | None]:
    """The error class, and its status, for an error answer.

    `status` is the HTTP status when it is an error one, or the status that the error object names;
    `words` are the `type` and `code` of the error object. Unknown words without a status are a
    `ServerFault` whose status stays None.
    """
    known = [_BY_WORD[word.lower()] for word in words if isinstance(word, str) and word.lower() in _BY_WORD]
    for cls, meant in known:
        if status is None or issubclass(cls, _SHARPER):
            return cls, meant if status is None else status
    if status is None:
        return ServerFault, None
    if status in _BY_STATUS:
        return _BY_STATUS[status], status
    if 400 <= status < 500:
        return BadRequest, status
    return (ServerFault if status >= 500 else StatusError), status


def is_retryable(cls: type[StatusError], status: int | None) -> bool:
    """Whether an error of this class and status may go away by itself."""
    return status in _RETRYABLE_STATUS and not issubclass(cls, _SHARPER)
