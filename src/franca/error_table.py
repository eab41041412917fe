"""Which error an answer is: a table of the words that servers use, one of statuses, and one of the sentences of those
servers that call an unknown model or a wrong key a 400.

The tables are closed: each entry is there because a server was seen to say it, and a new one comes with its source.
"""

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
    # OpenAI's Responses API and OpenRouter after it (the `openrouter` package 1.3.84).
    "image_content_policy_violation": (Flagged, 400),
    "bio_policy": (Flagged, 400),
    "cyber_policy": (Flagged, 400),
    "misalignment_policy_violation": (Flagged, 400),
    "rate_limit_error": (RateLimited, 429),
    "rate_limit_exceeded": (RateLimited, 429),
    "ratelimiterror": (RateLimited, 429),
    "too_many_requests": (RateLimited, 429),
    "resource_exhausted": (RateLimited, 429),
    "throttling": (RateLimited, 429),
    "capacity_exhausted": (RateLimited, 429),  # this and what is marked so below: OpenRouter's `availability.code`
    "authentication": (Unauthorized, 401),
    "authentication_error": (Unauthorized, 401),
    "invalid_api_key": (Unauthorized, 401),
    "api_key_invalid": (Unauthorized, 401),  # Gemini's `details[].reason`, with a 400
    "invalid_authentication_error": (Unauthorized, 401),  # Moonshot
    "missing_api_key": (Unauthorized, 401),  # SambaNova, Together
    "wrong_api_key": (Unauthorized, 401),  # Cerebras
    "unauthenticated": (Unauthorized, 401),
    "permission_denied": (Forbidden, 403),
    "permission_error": (Forbidden, 403),
    "region_restricted": (Forbidden, 403),  # availability
    "1211": (NotFound, 400),  # Z.AI: no such model; its sentence is English or Chinese
    "invalid_model": (NotFound, 400),  # Mistral, Perplexity
    "model_not_available": (NotFound, 404),  # Together
    "model_not_found": (NotFound, 404),  # OpenAI and many; of the Hugging Face router with a 400
    "model_not_supported": (NotFound, 400),  # Hugging Face router: by no provider that is enabled
    "resource_not_found_error": (NotFound, 404),  # Moonshot
    "unknown_model": (NotFound, 404),  # GitHub Models
    "not_found": (NotFound, 404),
    "not_found_error": (NotFound, 404),
    "notfounderror": (NotFound, 404),
    "image_not_found": (NotFound, 404),  # OpenRouter
    "no_endpoints": (NotFound, 404),  # availability, as the next five
    "model_deprecated": (NotFound, 404),
    "model_unavailable_upstream": (NotFound, 404),
    "privacy_restricted": (NotFound, 404),
    "constraint_filtered": (NotFound, 404),
    "free_variant_ended": (NotFound, 404),
    "deploymentnotfound": (NotFound, 404),
    "context_length_exceeded": (BadRequest, 400),
    "exceed_context_size_error": (BadRequest, 400),
    "max_tokens_exceeded": (BadRequest, 400),
    "token_limit_exceeded": (BadRequest, 400),
    "string_too_long": (BadRequest, 400),
    "wrong_endpoint": (BadRequest, 400),  # availability
    "invalid_image": (BadRequest, 400),  # OpenRouter, as the next four
    "image_too_large": (BadRequest, 400),
    "image_too_small": (BadRequest, 400),
    "unsupported_image_format": (BadRequest, 400),
    "image_download_failed": (BadRequest, 400),
    "invalid_argument": (BadRequest, 400),
    "invalid_prompt": (BadRequest, 400),
    "invalid_request": (BadRequest, 400),
    "invalid_request_error": (BadRequest, 400),
    "badrequesterror": (BadRequest, 400),
    "precondition_failed": (BadRequest, 412),
    "unprocessable": (BadRequest, 422),
    "payload_too_large": (BadRequest, 413),
    "timeout": (UpstreamTimedOut, 504),
    "deadline_exceeded": (UpstreamTimedOut, 504),
    "provider_unavailable": (ModelDown, 502),
    "upstream_error": (ModelDown, 502),
    "provider_overloaded": (NoProvider, 503),
    "temporarily_unavailable": (NoProvider, 503),  # availability
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
    "unmapped": (ServerFault, 500),  # OpenRouter: of a provider, and like nothing else in this list
    "server_error": (ServerFault, 500),
}
# A told status wins over these words' classes, except over the ones that sharpen it: a 429 that means
# "no money", a 400 or 403 that means "flagged".
_SHARPER = (OutOfCredits, Flagged)
# "The request is wrong" is also what some servers say of an unknown model and of a wrong key.
_VAGUE = frozenset({400, 422})
_SHARPER_THAN_VAGUE = (*_SHARPER, NotFound, Unauthorized)

_BY_BEGINNING: tuple[tuple[frozenset[int], str, type[StatusError]], ...] = (
    # (statuses, how the server's sentence begins, in lower case; `{}` is one word of any kind, class)
    # Only the beginning counts: what servers quote of a request, and so whatever stands in a prompt, comes later.
    (_VAGUE, "invalid model name passed in model=", NotFound),  # LiteLLM proxy
    (_VAGUE, "{}: invalid model name passed in model=", NotFound),  # LiteLLM proxy, the path before it (wire samples)
    (_VAGUE, "{} is not a valid model id", NotFound),  # OpenRouter
    (_VAGUE, "model not exist", NotFound),  # DeepSeek
    (_VAGUE, "model does not exist", NotFound),  # SiliconFlow (666ghj/BettaFish#313)
    (_VAGUE, "invalid model '{}'", NotFound),  # Perplexity
    (_VAGUE, "unknown model, please check the model code", NotFound),  # Z.AI
    (_VAGUE, "the requested model '{}' does not exist", NotFound),  # Hugging Face router
    (_VAGUE, "the requested model '{}' is not supported by any provider", NotFound),  # Hugging Face (cline/cline#5098)
    (_VAGUE, "server is pinned to '{}'; requested '{}'", NotFound),  # transformers serve (wire samples)
    (_VAGUE, "invalid model id", NotFound),  # OpenAI (danielmiessler/Fabric#1299)
    (_VAGUE, "the provided model identifier is invalid", NotFound),  # Bedrock (iOfficeAI/AionCore#377)
    (_VAGUE, "api key not valid", Unauthorized),  # Gemini
    (_VAGUE, "incorrect api key provided", Unauthorized),  # xAI
    (frozenset({403}), "invalid access token", Unauthorized),  # Databricks (databricks/databricks-sdk-go#873)
    (frozenset({403}), "key limit exceeded", OutOfCredits),  # OpenRouter before it was a 402 (gptme/gptme#1449)
)
_LONGEST_BEGINNING = 300

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


def class_for(status: int | None, *words: object, sentence: str = "") -> tuple[type[StatusError], int | None]:
    """The error class, and its status, for an error answer.

    `status` is the HTTP status when it is an error one, or the status that the error object names; it stays as it is.
    `words` are the `type` and `code` of the error object. `sentence` is its message, if it is the server's own and in
    one piece; it is read last, by its beginning, and only where the status leaves open what is wrong. Unknown words
    without a status are a `ServerFault` whose status stays None.
    """
    known = [_BY_WORD[word.lower()] for word in words if isinstance(word, str) and word.lower() in _BY_WORD]
    sharper = _SHARPER_THAN_VAGUE if status in _VAGUE else _SHARPER
    for cls, meant in known:
        if status is None or issubclass(cls, sharper):
            return cls, meant if status is None else status
    if status is None:
        return ServerFault, None
    lower = sentence[:_LONGEST_BEGINNING].lower()
    for statuses, beginning, cls in _BY_BEGINNING:
        if status in statuses and _begins(lower, beginning):
            return cls, status
    if status in _BY_STATUS:
        return _BY_STATUS[status], status
    if 400 <= status < 500:
        return BadRequest, status
    return (ServerFault if status >= 500 else StatusError), status


def _begins(text: str, beginning: str) -> bool:
    """Whether a text begins so. Each `{}` stands for one word, without white space in it."""
    first, *others = beginning.split("{}")
    if not text.startswith(first):
        return False
    place = len(first)
    for piece in others:
        found = text.find(piece, place + 1)
        if found < 0 or any(letter.isspace() for letter in text[place:found]):
            return False
        place = found + len(piece)
    # "invalid model id" must not be found in "invalid model identity".
    return not (beginning[-1].isalnum() and text[place : place + 1].isalnum())


def is_retryable(cls: type[StatusError], status: int | None) -> bool:
    """Whether an error of this class and status may go away by itself."""
    return status in _RETRYABLE_STATUS and not issubclass(cls, _SHARPER)
