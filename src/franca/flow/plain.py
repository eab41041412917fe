"""A request that is sent as it is: not adapted, not mended, to no other server."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from ..errors import BadUsage, ProtocolError
from ..faults import Origin, error_from_object, find_error
from ..wire.response import Response, excerpt
from .ask import split_options
from .call import Outgoing, Understand, exchange
from .core import Flow
from .options import Limits
from .session import Session
from .trip import Trip

__all__ = ["address", "keyless", "only_options", "plain", "raise_error", "read_object", "without_key"]

T = TypeVar("T")


def address(session: Session, path: str, query: Mapping[str, Any] | None = None) -> str:
    """The address of a path of the session's server, with a query."""
    if query is not None and not isinstance(query, Mapping):
        raise BadUsage(f"query is a mapping of names to values, not {type(query).__name__}")
    if query and isinstance(path, str):
        from ..wire.urls import query_text  # most clients never ask with a query

        asked = query_text(query)
        path = f"{path}{'&' if '?' in path else '?'}{asked}" if asked else path
    return session.target.url(path)


def only_options(session: Session, what: str, given: Mapping[str, Any]) -> Limits:
    """The limits of a call that takes options and nothing else by name. Raises BadUsage."""
    limits, rest = split_options(session, given)
    if rest:
        raise BadUsage(f"{what} takes no {', '.join(rest)}", param=next(iter(rest)))
    return limits


def without_key(session: Session, limits: Limits) -> Limits:
    """The limits of a call that sends no key. The user info of an address is that of whoever stands before the server,
    and goes along where there is no key."""
    if session.key is None and session.target.basic is not None:
        return limits
    return limits._replace(headers=(*limits.headers, ("Authorization", None)))


def keyless(session: Session, limits: Limits) -> Limits:
    """The limits of a call that anybody may make: without a key none is sent, and none is missed."""
    if session.key is not None or {name.lower() for name, _ in limits.headers} & {"authorization", "api-key"}:
        return limits
    return without_key(session, limits)


def plain(
    session: Session,
    operation: str,
    method: str,
    url: str,
    limits: Limits,
    understand: Understand[T],
    *,
    body: bytes = b"",
    model: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    shown: Callable[[T], Any] | None = None,
    secrets: Collection[str] = (),
) -> Flow[T]:
    """Send it, and read the answer. `parameters` is what hooks may see of the body, and `shown` makes of the answer
    what they may see of it; `secrets` stand in the body, and in no error."""
    trip = Trip(session, limits, model, operation=operation, body=parameters)
    try:
        out = Outgoing(method, url, limits, body=body, model=model, trip=trip, secrets=secrets)
        answer = yield from exchange(session, out, understand)
    except BaseException as error:
        trip.failed(error)
        raise
    if hasattr(answer, "told"):
        answer.told = trip.told()
    trip.done(answer if shown is None else shown(answer))
    return answer


def read_object(response: Response, origin: Origin, session: Session) -> dict[str, Any]:
    """The JSON object of an answer, or the error that it is."""
    payload = response.json()
    raise_error(payload, response, origin, session)
    if not isinstance(payload, dict):
        raise response.fault(ProtocolError, f"the answer is no JSON object: {excerpt(response.content)}")
    return payload


def raise_error(payload: Any, response: Response, origin: Origin, session: Session) -> None:
    """Raise the error that a decoded 2xx answer really is, if it is one."""
    found = find_error(payload)
    if found is not None:
        raise error_from_object(found, response.headers, origin, now=session.wall())
