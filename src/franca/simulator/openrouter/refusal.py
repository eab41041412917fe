"""The refusals of a simulated OpenRouter, in its own shape: `{"error": {"code", "message"}, "user_id"}` and more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import http

__all__ = ["USER", "Refusal"]

USER = "user_simulated"


class Refusal(Exception):
    """The request is answered with an error.

    `status` is the answer's and, unless `code` is given, the error's code; `metadata` and `availability` are told
    where they are given; `headers` go beside the common ones.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        metadata: Mapping[str, Any] | None = None,
        availability: Mapping[str, Any] | None = None,
        code: int | str | None = None,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.error: dict[str, Any] = {"message": message, "code": status if code is None else code}
        if metadata is not None:
            self.error["metadata"] = dict(metadata)
        if availability is not None:
            self.error["availability"] = dict(availability)

    @property
    def body(self) -> dict[str, Any]:
        """The whole body; the user's id is there where a user is known, so not in a 401."""
        return {"error": self.error} if self.status == 401 else {"error": self.error, "user_id": USER}

    def answer(self, *headers: tuple[str, str]) -> bytes:
        """The refusal as bytes of HTTP."""
        return http.answer(self.status, self.body, [*headers, *self.headers])
