"""What an error from OpenRouter is: moderated, a provider's, a guardrail's, one of several choices'.

The errors themselves are those of every server (`franca.errors`). These functions read what OpenRouter tells beside
the message, and answer None (or an empty list) for an error, or anything else, that is not of that kind.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from copy import copy
from types import MappingProxyType
from typing import Any

from ..errors import (
    BadRequest,
    Flagged,
    FrancaError,
    ModelDown,
    NoChoices,
    NoProvider,
    NotFound,
    OutOfCredits,
    RateLimited,
    ServerFault,
    StatusError,
    Unauthorized,
    UpstreamTimedOut,
)
from ..faults import Origin, error_from_object
from ..wire.base import Answer
from ..wire.openrouter.trouble import Availability, Guardrail, Moderation, ProviderFailure

__all__ = [
    "ERROR_CLASSES",
    "availability",
    "choice_errors",
    "guardrail",
    "has_choice_errors",
    "is_no_choices",
    "moderation",
    "provider_failure",
]

ERROR_CLASSES: Mapping[int, type[StatusError]] = MappingProxyType(
    {
        400: BadRequest,
        401: Unauthorized,
        402: OutOfCredits,
        403: Flagged,
        408: UpstreamTimedOut,
        429: RateLimited,
        502: ModelDown,
        503: NoProvider,
        # These are younger.
        404: NotFound,
        413: BadRequest,
        422: BadRequest,
        500: ServerFault,
        504: UpstreamTimedOut,
        524: UpstreamTimedOut,
        529: NoProvider,
    }
)
"""The class of error for each status of OpenRouter's; the first eight are all that it once had.

What an error says beside its status goes first, so a 403 that is about the key and not about the input is a
`Forbidden`, and a 400 about an unknown model a `NotFound`.
"""

_OF_PROVIDERS = ("provider_overloaded", "provider_unavailable", "timeout", "unmapped")
"""Typed codes that only a provider's failure has."""
_SIGNS = ("provider_name", "provider_code", "previous_errors", "raw")


def moderation(error: object) -> Moderation | None:
    """Why moderation stopped the input, or None for an error that tells no such thing.

    An error may be a `Flagged` without this: a provider's own content policy gives no reasons.
    """
    told = _told(error)
    return Moderation(told) if "reasons" in told or "flagged_input" in told else None


def provider_failure(error: object) -> ProviderFailure | None:
    """What a provider's failure was, or None for an error that is OpenRouter's own (a wrong key, an empty purse ...).

    Where only the answer around it names the provider (an error in mid-stream, or in a choice), that one is told.
    """
    told = _told(error)
    if moderation(error) is not None:
        return None
    if told.get("error_type") not in _OF_PROVIDERS and all(told.get(key) is None for key in _SIGNS):
        return None
    failure = ProviderFailure(told)
    partial = getattr(error, "partial", None)
    answering = partial.get("provider") if isinstance(partial, Answer) else None
    if failure.provider_name is None and isinstance(answering, str):
        return ProviderFailure({**told, "provider": answering})
    return failure


def guardrail(error: object) -> Guardrail | None:
    """How a guardrail stopped the request, or None for an error that tells no such thing.

    With `router_metadata=True` it also tells which guardrail, in `stage`.
    """
    told = _told(error)
    found = Guardrail(told)
    return found if isinstance(told.get("patterns"), list) or found.stage is not None else None


def availability(error: object) -> Availability | None:
    """Why no endpoint could serve the model, or None for an error that does not tell."""
    told = _told(error).get("availability")
    return Availability(told) if isinstance(told, dict) else None


def has_choice_errors(answer: object) -> bool:
    """Whether a choice of an answer ended in an error; `answer` as for `choice_errors`."""
    return next(_failed(answer), None) is not None


def choice_errors(answer: object) -> list[StatusError]:
    """The errors in the choices of an answer, in order; `metadata["index"]` of each says which choice.

    answer  a `Chat` or `Completion`, or the error that a call raised because of such a choice: then those of its
            `partial`. A choice that has only the finish reason `error` gives a copy of the raised error, unless that
            one is another choice's.

    The client raises at the first of them, so this is for telling the others, and what the good choices hold.
    """
    return [
        _raised_for(index, choice, answer) or _error_of(index, choice, whole)
        for whole, index, choice in _failed(answer)
    ]


def is_no_choices(answer: object) -> bool:
    """Whether an answer, or the error raised because of it, is that there was not a single choice."""
    if isinstance(answer, Answer):
        return not answer.get("choices")
    return isinstance(answer, NoChoices)


def _told(error: object) -> dict[str, Any]:
    """What an error says beside its message; an error raised from another one is not looked behind."""
    return dict(error.metadata) if isinstance(error, FrancaError) else {}


def _failed(answer: object) -> Iterator[tuple[Answer, int, dict[str, Any]]]:
    """The choices that ended in an error, each with the answer that it is in and its index."""
    whole = answer.partial if isinstance(answer, FrancaError) else answer
    if not isinstance(whole, Answer):
        return
    choices = whole.get("choices")
    for position, choice in enumerate(choices if isinstance(choices, list) else ()):
        if isinstance(choice, dict) and (choice.get("error") or choice.get("finish_reason") == "error"):
            index = choice.get("index")
            yield whole, index if type(index) is int else position, choice


def _raised_for(index: int, choice: Mapping[str, Any], raised: object) -> StatusError | None:
    """The error that was raised, as that of a choice which tells none of its own: of an error in mid-stream only the
    event around it says which choices it ended."""
    if not isinstance(raised, StatusError) or choice.get("error") or raised.metadata.get("index", index) != index:
        return None
    made = copy(raised)
    made.metadata = {**raised.metadata, "index": index}
    return made


def _error_of(index: int, choice: Mapping[str, Any], answer: Answer) -> StatusError:
    """The error that a choice tells, or that it tells none."""
    model = answer.get("model")
    origin = Origin(answer.server, model if isinstance(model, str) else None)
    payload = {**choice, "index": index}
    if not choice.get("error"):
        payload["error"] = {"message": "the choice ended with the finish reason 'error', and tells no more"}
    return error_from_object(payload, answer.headers, origin, now=time.time(), partial=answer)
