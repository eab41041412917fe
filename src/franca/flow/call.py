"""One call: send, understand the answer, and try again by the policy. The loop every method goes through."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from ..errors import FrancaError, ProtocolError, StatusError, TimedOut, TransportError
from ..faults import Origin, error_from_reply, with_origin
from ..retry import wait_before_retry
from ..wire.headers import is_secret_header
from ..wire.http import Request
from ..wire.response import Response
from .core import Flow
from .options import Limits
from .session import Envelope, Session
from .trip import Trip

__all__ = ["Deals", "Opened", "Outgoing", "exchange", "open_stream"]

T = TypeVar("T")
Deals = Callable[[FrancaError], bool] | None
"""Whether whoever asks deals with an error, so that it is final here."""
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Outgoing:
    """A request to be: what stays the same over all tries. `trip` is the call that it is sent for.

    `fields` is the body as a dict where it may be mended, and `mended` what was mended of it before (`franca.heal`).
    `secrets` stand in the body: whatever quotes it, for the caller or for hooks, is without them.
    """

    __slots__ = ("body", "deals", "fields", "limits", "mended", "method", "model", "secrets", "trip", "url")

    def __init__(
        self,
        method: str,
        url: str,
        limits: Limits,
        *,
        body: bytes = b"",
        model: str | None = None,
        trip: Trip | None = None,
        fields: Mapping[str, Any] | None = None,
        mended: Collection[Any] = (),
        secrets: Collection[str] = (),
        deals: Deals = None,
    ) -> None:
        self.method = method
        self.url = url
        self.limits = limits
        self.body = body
        self.model = model
        self.trip = trip
        self.fields = fields
        self.mended = mended
        self.secrets = secrets
        self.deals = deals


class Opened:
    """A stream whose head has come: its reply, or the whole answer of a server that does not stream.

    `until`: the time by which the first event is due. `trip`: the call that it answers.
    """

    __slots__ = ("deadline", "origin", "reply", "trip", "until", "whole")

    def __init__(
        self,
        reply: Any,
        whole: Response | None,
        origin: Origin,
        until: float | None,
        deadline: float | None,
        trip: Trip | None = None,
    ) -> None:
        self.reply = reply
        self.whole = whole
        self.origin = origin
        self.until = until
        self.deadline = deadline
        self.trip = trip


Understand = Callable[[Response, Origin, Session], T]
"""Makes the result out of a 2xx answer, or raises the error that the answer really is."""


def exchange(session: Session, out: Outgoing, understand: Understand[T]) -> Flow[T]:
    """Send `out` until it is answered for good; the result is what `understand` makes of the answer."""
    return _tried(session, out, _attempt, understand)


def open_stream(session: Session, out: Outgoing, check: Understand[Any]) -> Flow[Opened]:
    """Send `out` until the head of a stream came. After that nothing is tried again.

    A server that answers with plain JSON instead of a stream gives an `Opened` with the `whole` answer,
    which `check` may refuse (an error in a 200 answer), so that it is tried again like any other.
    """
    return _tried(session, out, _attempt_stream, check)


Attempt = Callable[[Session, Request, Origin, Understand[Any], Trip], Flow[T]]


def _tried(session: Session, out: Outgoing, attempt: Attempt[T], understand: Understand[Any]) -> Flow[T]:
    limits = out.limits
    trip = out.trip or Trip(session, limits, out.model)
    deadline = trip.deadline
    now = session.clock()
    retries = 0
    while True:
        origin: Origin | None = None
        try:
            limiter = session.shared.limiter
            if limiter is not None and not limiter.quiet:
                yield from trip.enter(limiter)
                now = session.clock()
            until = _earliest(None if limits.timeout is None else now + limits.timeout, deadline)
            key = session.key
            if key is not None and not isinstance(key, str):
                key = yield from session.asked_key(key, until)
            envelope = session.envelope(key, limits, out.model)
            origin = envelope.origin.hiding(out.secrets) if out.secrets else envelope.origin
            request = _request(session, out, envelope, until)
            trip.tries += 1
            if trip.call is not None:
                trip.sends(request, origin)
            result = yield from attempt(session, request, origin, understand, trip)
        except FrancaError as error:
            if origin is not None:
                with_origin(error, origin)
            now = session.clock()
            trip.leave(error=error)
            _tell_deadline(error, now, deadline)
            if error.retryable and _names_a_field(error, session, out):
                raise  # as it is, it would be refused again
            if out.deals is not None and out.deals(error):
                raise
            delay = wait_before_retry(
                limits.policy,
                session.budget,
                error,
                retries,
                chance=session.chance(),
                remaining=None if deadline is None else deadline - now,
            )
            if delay is None:
                raise
            trip.waits(error, delay)
        except BaseException:
            trip.leave()
            raise
        else:
            session.shared.budget.earn()
            if trip.ticket is not None and not trip.stream:  # a stream keeps its place until it ends
                trip.leave(result)
            return result
        yield ("sleep", delay)
        now = session.clock()
        retries += 1


def _names_a_field(error: FrancaError, session: Session, out: Outgoing) -> bool:
    """Whether the request can be mended: a 500 may be a refusal like a 400 (llama.cpp's templates)."""
    if out.fields is None or not session.heals or not isinstance(error, StatusError):
        return False
    from ..heal import remedy

    return remedy(error, out.fields, done=out.mended) is not None


def _attempt(session: Session, request: Request, origin: Origin, understand: Understand[T], trip: Trip) -> Flow[T]:
    """One try: (following redirects of a GET) send, read, judge."""
    for _ in range(_MOST_REDIRECTS + 1):
        reply = yield ("send", request)
        trip.hears(reply.status, reply.headers)
        if 200 <= reply.status < 300:
            body: bytes = yield ("read", reply, request.until)
            return understand(Response(reply.status, reply.headers, body), origin, session)
        body = yield from _error_body(reply, request.until)
        onward = _redirect(request, reply.status, reply.headers.get("location"))
        if onward is None:
            raise error_from_reply(reply.status, reply.headers, body, origin, now=session.wall())
        request = onward
    raise ProtocolError(f"more than {_MOST_REDIRECTS} redirects, the last to {request.url}")


def _attempt_stream(
    session: Session, request: Request, origin: Origin, check: Understand[Any], trip: Trip
) -> Flow[Opened]:
    request.stream = True
    until = request.until
    reply = yield ("send", request)
    trip.hears(reply.status, reply.headers)
    if not 200 <= reply.status < 300:
        body: bytes = yield from _error_body(reply, until)
        raise error_from_reply(reply.status, reply.headers, body, origin, now=session.wall())
    if not (reply.headers.get("content-type") or "").lower().startswith("application/json"):
        return Opened(reply, None, origin, until, trip.deadline, trip)
    body = yield ("read", reply, until)
    whole = Response(reply.status, reply.headers, body)
    if body:
        check(whole, origin, session)
    return Opened(None, whole, origin, until, trip.deadline, trip)


def _error_body(reply: Any, until: float | None) -> Flow[bytes]:
    """The body of an error answer. It may be missing: the status says what happened all the same."""
    try:
        body: bytes = yield ("read", reply, until)
    except TransportError:
        return b""
    return body


def _request(session: Session, out: Outgoing, envelope: Envelope, until: float | None) -> Request:
    head = envelope.json if out.body else envelope.bare
    return Request(out.method, out.url, head, out.body, out.limits.connect_timeout, until, session.max_body)


def _redirect(request: Request, status: int, location: str | None) -> Request | None:
    """The request to follow a redirect with, or None. Only a GET is followed, and the key stays at home."""
    if request.method != "GET" or status not in _REDIRECTS or not location:
        return None
    from urllib.parse import urljoin, urlsplit

    try:
        url = urljoin(request.url, location)
        before, after = urlsplit(request.url), urlsplit(url)
    except ValueError:  # no address, such as http://[
        return None
    if after.scheme not in ("http", "https") or (before.scheme, after.scheme) == ("https", "http"):
        return None
    headers = request.headers
    if (before.scheme, before.netloc) != (after.scheme, after.netloc):
        headers = tuple((name, value) for name, value in headers if not is_secret_header(name))
    return Request("GET", url, headers, b"", request.connect_timeout, request.until, request.max_body)


def _earliest(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)


def _tell_deadline(error: FrancaError, now: float, deadline: float | None) -> None:
    """A time-out that came from the deadline over all tries says so, and is final."""
    if deadline is not None and now >= deadline and isinstance(error, TimedOut) and error.phase != "server":
        error.message = f"the deadline of the call passed ({error.message})"
        error.phase = "deadline"
        error.retryable = False
