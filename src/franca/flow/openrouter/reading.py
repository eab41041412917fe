"""Answers that hold what they say under `data`, read as windows, or as the error that they are."""

from __future__ import annotations

from typing import Any

from ...errors import ProtocolError
from ...faults import Origin
from ...wire.base import Answer
from ...wire.openrouter.listing import Listing
from ...wire.openrouter.read import read_object as read_data
from ...wire.response import Response, excerpt
from ..call import Understand
from ..plain import read_object
from ..session import Session

__all__ = ["reader_of_answer", "reader_of_list", "reader_of_one"]


def reader_of_one(kind: Any) -> Understand[Any]:
    """Reads `{"data": {...}}`: the inner object seen through `kind`."""

    def understand(response: Response, origin: Origin, session: Session) -> Any:
        payload = read_object(response, origin, session)
        try:
            data = read_data(payload, kind.__name__)
        except ProtocolError as error:
            raise _told(error, response) from None
        return window_on(kind, data, response, origin)

    return understand


def reader_of_list(kind: Any) -> Understand[Listing[Any]]:
    """Reads `{"data": [...]}`."""

    def understand(response: Response, origin: Origin, session: Session) -> Listing[Any]:
        payload = read_object(response, origin, session)
        try:
            return Listing(payload, kind, response.status, response.headers, origin.server)
        except ProtocolError as error:
            raise _told(error, response) from None

    return understand


def reader_of_answer(kind: Any, field: str, shape: type) -> Understand[Any]:
    """Reads an answer that is itself the object, with a `field` of this shape: without it, it is no such answer."""

    def understand(response: Response, origin: Origin, session: Session) -> Any:
        payload = read_object(response, origin, session)
        if not isinstance(payload.get(field), shape):
            raise response.fault(ProtocolError, f"the answer holds no `{field}`: {excerpt(response.content)}")
        return window_on(kind, payload, response, origin)

    return understand


def window_on(kind: Any, data: dict[str, Any], response: Response, origin: Origin) -> Any:
    """`data` seen through `kind`, with the facts of the answer where it has room for them."""
    if issubclass(kind, Answer):
        return kind(data, response.status, response.headers, origin.server)
    return kind(data)


def _told(error: ProtocolError, response: Response) -> ProtocolError:
    return response.fault(ProtocolError, f"{error.message}: {excerpt(response.content)}")
