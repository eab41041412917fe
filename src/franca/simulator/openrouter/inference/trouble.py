"""OpenRouter's own errors: the typed codes with their statuses, and the body of each shape.

Sources: the error pages of openrouter.ai/docs (autumn 2026; the availability codes are of 19 August), bodies quoted in
public issues.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ... import http
from ...ask import Refused
from ..refusal import Refusal

__all__ = ["AVAILABILITY", "TYPES", "Trouble", "error_of", "type_of"]

TYPES: Mapping[str, int] = {
    "context_length_exceeded": 400,
    "max_tokens_exceeded": 400,
    "token_limit_exceeded": 400,
    "string_too_long": 400,
    "authentication": 401,
    "permission_denied": 403,
    "payment_required": 402,
    "rate_limit_exceeded": 429,
    "provider_overloaded": 503,
    "provider_unavailable": 502,
    "invalid_request": 400,
    "invalid_prompt": 400,
    "not_found": 404,
    "precondition_failed": 412,
    "payload_too_large": 413,
    "unprocessable": 422,
    "content_policy_violation": 400,
    "refusal": 400,
    "invalid_image": 400,
    "image_too_large": 400,
    "image_too_small": 400,
    "unsupported_image_format": 400,
    "image_not_found": 404,
    "image_download_failed": 400,
    "server": 500,
    "timeout": 504,
    "unmapped": 500,
}
"""Typed codes (`error.metadata.error_type`) and their statuses."""

_OF_STATUS = {
    400: "invalid_request",
    401: "authentication",
    402: "payment_required",
    403: "permission_denied",
    404: "not_found",
    408: "timeout",
    412: "precondition_failed",
    413: "payload_too_large",
    422: "unprocessable",
    429: "rate_limit_exceeded",
    500: "server",
    502: "provider_unavailable",
    503: "provider_overloaded",
    504: "timeout",
    524: "timeout",
    529: "provider_overloaded",
}
_MESSAGES = {
    400: "The request is invalid.",
    401: "User not found.",
    402: "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
    403: "The key may not do this.",
    404: "Not found.",
    408: "The request timed out.",
    413: "The request is too large.",
    422: "The request cannot be processed.",
    429: "Rate limit exceeded",
    500: "Internal Server Error",
    502: "Provider returned error",
    503: "Provider is temporarily overloaded",
    504: "The provider did not answer in time.",
    524: "The edge network timed out.",
    529: "Provider is temporarily overloaded",
}
AVAILABILITY: Mapping[str, tuple[int, bool]] = {
    "model_not_found": (400, False),
    "wrong_endpoint": (400, False),
    "no_endpoints": (404, False),
    "model_deprecated": (404, False),
    "model_unavailable_upstream": (404, False),
    "capacity_exhausted": (429, True),
    "temporarily_unavailable": (503, True),
    "region_restricted": (403, False),
    "privacy_restricted": (404, False),
    "constraint_filtered": (404, False),
    "free_variant_ended": (404, False),
}
"""Availability codes: status, and whether to try again helps."""


def type_of(status: int) -> str:
    """The typed code of a status."""
    return _OF_STATUS.get(status, "unmapped")


def error_of(status: int, message: str = "", metadata: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The `error` object. A 500 tells nothing of what is behind it but its typed code."""
    error: dict[str, Any] = {"code": status, "message": message or _MESSAGES.get(status, "Error")}
    if status == 500:
        return {**error, "message": _MESSAGES[500], "metadata": {"error_type": "server"}}
    if metadata:
        error["metadata"] = dict(metadata)
    return error


class Trouble(Refusal):
    """A call is answered with an error that says more than a refusal of the house.

    Where it comes with `availability`, the error object has `error_type` and `http_status` too; in that form its
    `code` may be absent (`bare`).
    """

    def __init__(
        self,
        status: int,
        message: str = "",
        metadata: Mapping[str, Any] | None = None,
        *,
        headers: tuple[tuple[str, str], ...] = (),
        availability: Mapping[str, Any] | None = None,
        bare: bool = False,
    ) -> None:
        super().__init__(status, message, availability=availability, headers=headers)
        self.error = error_of(status, message, metadata)
        if availability is not None:
            self.error |= {"error_type": type_of(status), "http_status": status, "availability": dict(availability)}
        if bare:
            del self.error["code"]
        self.final = False
        """Whether no other provider of the model helps."""
        self.is_hidden = False
        """Whether it comes as the body of a 200."""
        self.told: dict[str, Any] | None = None
        """`openrouter_metadata`, where the caller asked for it and the router had something to tell."""

    @classmethod
    def of(cls, refused: Refused) -> Trouble:
        """What the simulator refuses as OpenAI would, in OpenRouter's words."""
        return cls(refused.status, refused.body["error"]["message"], {"error_type": type_of(refused.status)})

    @property
    def body(self) -> dict[str, Any]:
        """The whole body. A 500 hides the route as well."""
        body = super().body
        return body if self.told is None or self.status == 500 else {**body, "openrouter_metadata": self.told}

    def answer(self, *headers: tuple[str, str]) -> bytes:
        """The error as bytes of HTTP."""
        return http.answer(200 if self.is_hidden else self.status, self.body, [*headers, *self.headers])
