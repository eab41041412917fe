"""What the gateway itself answers when a request goes wrong: an HTTP status and an error object in OpenAI's shape."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import msgspec

from ..errors import (
    BadUsage,
    FrancaError,
    OutputInvalid,
    StatusError,
    TimedOut,
)

__all__ = ["Problem", "problem_of"]

Headers = tuple[tuple[bytes, bytes], ...]

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "invalid_request_error",
    405: "invalid_request_error",
    408: "invalid_request_error",
    413: "invalid_request_error",
    415: "invalid_request_error",
    422: "invalid_request_error",
    429: "rate_limit_error",
}


class Problem(Exception):
    """A request that is answered with an error.

    status   the HTTP status
    message  what is wrong, where, and what to do; no secret may be in it
    code     a word for programs: "model_not_found"
    headers  further headers of the answer, names in lower case
    upstream what the server said, when the error is a server's: {"server", "status", "error"}
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str | None = None,
        *,
        type: str | None = None,
        param: str | None = None,
        headers: Headers = (),
        upstream: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.type = type or _TYPES.get(status, "server_error" if status >= 500 else "invalid_request_error")
        self.param = param
        self.headers = headers
        self.upstream = upstream

    def body(self) -> bytes:
        """The error as JSON: {"error": {...}}."""
        error: dict[str, Any] = {
            "message": self.message,
            "type": self.type,
            "param": self.param,
            "code": self.code,
        }
        if self.upstream is not None:
            error["upstream"] = dict(self.upstream)
        return msgspec.json.encode({"error": error})


def problem_of(error: FrancaError) -> Problem:
    """The answer for an error of franca's own tree: of a server, of the way to it, or of a structured answer."""
    if isinstance(error, BadUsage):
        return Problem(400, error.message, _code(error) or "bad_request", param=error.param)
    if isinstance(error, OutputInvalid):
        return Problem(
            502, error.message, "output_invalid", type="output_invalid", headers=((b"x-should-retry", b"false"),),
            upstream={"server": error.server, "problems": list(error.problems)},
        )  # fmt: skip
    status = (
        error.status if isinstance(error, StatusError) and error.status else 504 if isinstance(error, TimedOut) else 502
    )
    if not 400 <= status < 600:
        status = 502
    headers: Headers = ()
    if error.retry_after is not None:
        headers = ((b"retry-after", b"%d" % min(86400, max(1, ceil(error.retry_after)))),)
    if not error.retryable and status in (408, 409, 429, 500, 502, 503, 504):
        headers = (*headers, (b"x-should-retry", b"false"))
    upstream: dict[str, Any] = {"server": error.server, "status": error.status}
    if error.body:
        upstream["error"] = _original(error.body)
    code = _code(error) or _WORDS.get(type(error).__name__)
    return Problem(status, error.message, code, type=error.type, param=error.param, headers=headers, upstream=upstream)


_WORDS = {
    "ConnectFailed": "server_unreachable",
    "TimedOut": "server_timed_out",
    "UpstreamTimedOut": "server_timed_out",
    "ConnectionLost": "connection_lost",
    "ProtocolError": "bad_answer",
    "StreamBroken": "stream_broken",
    "NoChoices": "no_choices",
}


def _code(error: FrancaError) -> str | None:
    return None if error.code is None else str(error.code)


def _original(text: str) -> Any:
    """What the server sent: its error object where there is one, else its text."""
    try:
        found = msgspec.json.decode(text.encode())
        original = found["error"] if isinstance(found, dict) and found.get("error") else found
        msgspec.json.encode(original)  # it may nest deeper than can be told
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return text[:2000]
    return original
