"""From what a caller asks for to the request that the server takes: built, adapted by the server's row and by what it
refused before, and mended when it refuses a field now."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from ..errors import BadUsage, StatusError
from ..wire import codec
from ..wire.told import Change
from .call import Deals, Opened, Outgoing, Understand, exchange, open_stream
from .core import Flow
from .filtered import filtered
from .kinds import Home
from .options import CALL_OPTIONS, Limits, limits_with
from .session import Session
from .trip import Journey, Trip

__all__ = ["Ask", "Build", "asked", "opened", "split_options"]

T = TypeVar("T")

Send = Callable[[Session, Outgoing, Understand[Any]], Flow[T]]
Build = Callable[[str, Any, Mapping[str, Any], "Mapping[str, Any] | None"], dict[str, Any]]


class Ask:
    """What a caller asks for, whichever server answers it.

    `ours`: fields that franca adds by itself unless the caller gave them; they are dropped without a word where a
    server does not take them. `home`: the one server whose own fields may be among those given. `keeps`: kinds of
    change (`franca.heal.KINDS`) that are not made when a server refuses a field, because the caller deals with it.
    `deals`: whether the caller deals with an error, so that the same request is not tried again.
    """

    __slots__ = ("build", "deals", "extra", "given", "home", "keeps", "model", "operation", "ours", "path", "stream",
                 "what")  # fmt: skip

    def __init__(
        self,
        operation: str,
        path: str,
        build: Build,
        what: Any,
        model: str | None,
        extra: Mapping[str, Any] | None,
        given: Mapping[str, Any],
        *,
        stream: bool = False,
        ours: Mapping[str, Any] | None = None,
        home: Home | None = None,
        keeps: tuple[str, ...] = (),
        deals: Deals = None,
    ) -> None:
        self.operation = operation
        self.path = path
        self.build = build
        self.what = what
        self.model = model
        self.extra = extra
        self.given = given
        self.stream = stream
        self.ours = {} if ours is None else ours
        self.home = home
        self.keeps = keeps
        self.deals = deals


def asked(session: Session, ask: Ask, understand: Understand[T], journey: Journey | None = None) -> Flow[T]:
    """Ask one server, and read its whole answer, which carries the side notes of the trip."""
    trip, body, limits = _started(session, ask, journey)
    try:
        try:
            out = _out(session, ask, trip, body, limits)
            answer: Any = yield from exchange(session, out, understand)
        except StatusError as error:
            answer = yield from _mended(session, ask, trip, body, limits, error, exchange, understand)
        answer.told = trip.told()
        flagged = filtered(answer) if limits.raise_filtered else None
        if flagged is not None:
            raise flagged
    except BaseException as error:
        trip.failed(error)
        raise
    if trip.call is not None:
        trip.done(answer)
    found: T = answer
    return found


def opened(session: Session, ask: Ask, check: Understand[Any], journey: Journey | None = None) -> Flow[Opened]:
    """Ask one server, up to the head of its stream; the trip ends with the stream."""
    trip, body, limits = _started(session, ask, journey)
    try:
        try:
            head = yield from open_stream(session, _out(session, ask, trip, body, limits), check)
        except StatusError as error:
            head = yield from _mended(session, ask, trip, body, limits, error, open_stream, check)
    except BaseException as error:
        trip.failed(error)
        raise
    return head


def split_options(session: Session, given: Mapping[str, Any]) -> tuple[Limits, Mapping[str, Any]]:
    """The limits of this call, and the request fields that are left when the options are taken out."""
    if CALL_OPTIONS.isdisjoint(given):
        return session.limits, given
    options = {name: value for name, value in given.items() if name in CALL_OPTIONS}
    return limits_with(session.limits, options), {k: v for k, v in given.items() if k not in CALL_OPTIONS}


def _started(session: Session, ask: Ask, journey: Journey | None) -> tuple[Trip, dict[str, Any], Limits]:
    """The trip, the body as this server takes it, and the limits of the call."""
    limits, fields = split_options(session, ask.given)
    row = session.target.row
    own = ask.home is not None and ask.home.has(row)
    model = session.model_for(ask.model, optional=own)  # there the account may have a model of its own
    extra = ask.extra
    if extra is not None and not isinstance(extra, Mapping):
        raise BadUsage(f"extra is a dict of further fields, not {type(extra).__name__}", param="extra")
    if "stream" in fields or (extra and "stream" in extra):
        raise BadUsage("do not pass stream=...: call chat_stream (or completions_stream) for a stream")
    ours = ask.ours
    if ours:
        ours = {name: value for name, value in ours.items() if name not in fields and not (extra and name in extra)}
        fields = {**fields, **ours}
    changes: tuple[Change, ...] = ()
    if ask.home is not None and not own:
        fields, extra, changes = ask.home.without(fields, extra)
        limits = _without_headers(limits, ask.home)
    body = ask.build(model, ask.what, fields, extra)
    if row is not None or "reasoning_budget" in body:
        from ..adapt import adapted

        body, more = adapted(body, row, model)
        changes += more
    memory = session.shared.memory
    if memory is not None:
        from ..heal import recalled

        remembered = memory.recall(session.target.base_url, model, session.wall())
        body, learnt = recalled(body, remembered, keeps=ask.keeps)
        changes += learnt
    trip = Trip(session, limits, model, operation=ask.operation, stream=ask.stream, body=body, journey=journey)
    trip.ours = ours
    if changes:
        trip.adapted = _asked_for(changes, ours)
    return trip, body, limits


def _without_headers(limits: Limits, home: Home) -> Limits:
    """The limits without the headers that are for the home server alone."""
    kept = tuple(pair for pair in limits.headers if not home.owns(pair[0].lower()))
    return limits if len(kept) == len(limits.headers) else limits._replace(headers=kept)


def _asked_for(changes: tuple[Change, ...], ours: Mapping[str, Any]) -> tuple[Change, ...]:
    """The changes to what the caller wrote: a field that we had added is nothing that they asked for."""
    return tuple(change for change in changes if change.field not in ours)


def _out(
    session: Session, ask: Ask, trip: Trip, body: dict[str, Any], limits: Limits, used: Collection[Any] = ()
) -> Outgoing:
    return Outgoing(
        "POST", session.target.url(ask.path), limits,
        body=codec.encode_body(body), model=trip.model, trip=trip, fields=body, mended=used, deals=ask.deals,
    )  # fmt: skip


def _mended(
    session: Session,
    ask: Ask,
    trip: Trip,
    body: dict[str, Any],
    limits: Limits,
    error: StatusError,
    send: Send[T],
    understand: Understand[Any],
) -> Flow[T]:
    """After the refusal `error`: mend the field that it names and send again, each remedy once, until the server takes
    the request. What helped is remembered, so that the next call goes right at once.

    Raises the refusal when it names nothing that may be mended.
    """
    if not session.heals:
        raise error
    from ..heal import MOST, applied, remedy

    used: list[Any] = []
    while len(used) < MOST:
        found = remedy(error, body, keeps=ask.keeps, done=used)
        mended = None if found is None else applied(body, found)
        if found is None or mended is None:
            break
        body, change = mended
        used.append(found)
        trip.adapted += _asked_for((change,), trip.ours)
        try:
            answer = yield from send(session, _out(session, ask, trip, body, limits, used), understand)
        except StatusError as refused:
            error = refused
        else:
            session.learn(trip.model, used)
            return answer
    raise error
