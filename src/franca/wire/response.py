"""A whole HTTP answer, as `client.get` and `client.post` give it for paths that have no method of their own."""

from __future__ import annotations

from typing import Any, TypeVar

from ..errors import FrancaError, ProtocolError
from . import codec
from .headers import Headers

__all__ = ["Response"]

_EXCERPT = 160
_BODY_LIMIT = 16 * 1024

Error = TypeVar("Error", bound=FrancaError)


class Response:
    """Status, headers and body of a successful answer. `content` is bytes, already decompressed."""

    __slots__ = ("content", "headers", "status")

    def __init__(self, status: int, headers: Headers, content: bytes) -> None:
        self.status = status
        self.headers = headers
        self.content = content

    @property
    def request_id(self) -> str | None:
        """The server's id of the request."""
        return self.headers.request_id

    @property
    def text(self) -> str:
        """The body as text; undecodable bytes become U+FFFD."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body decoded as JSON. Raises ProtocolError, with an excerpt, when it is none."""
        try:
            return codec.decode_json(self.content)
        except ValueError as error:
            kind = (self.headers.get("content-type") or "no content type").partition(";")[0]
            said = excerpt(self.content) or "an empty body"
            text = f"the server answered {self.status} with {kind}, which is not JSON: {said}"
            raise self.fault(ProtocolError, text) from error

    def fault(self, cls: type[Error], message: str) -> Error:
        """An error about this answer, with all that is known of how it came."""
        return cls(
            message,
            status=self.status,
            headers=self.headers,
            body=self.text[:_BODY_LIMIT],
            request_id=self.request_id,
        )

    def __repr__(self) -> str:
        return f"<Response {self.status}, {len(self.content)} bytes>"


def excerpt(content: bytes) -> str:
    """The beginning of a body on one line, for error texts."""
    text = " ".join(content[: 4 * _EXCERPT].decode("utf-8", "replace").split())
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1] + "…"
