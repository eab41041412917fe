"""A call over several servers: the next one is asked when one fails, and the answer tells who was tried."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import BadUsage, FrancaError
from ..wire.headers import without_secrets
from ..wire.told import Tried
from .ask import Ask, asked, split_options
from .call import Understand
from .core import Flow
from .session import Session
from .trip import Journey

__all__ = ["answered", "over_servers"]

T = TypeVar("T")
Asking = Callable[[Session, Ask, "Journey | None"], Flow[Any]]


_HERE_ALONE = frozenset({"missing_api_key", "not_at_this_server"})
"""Codes of a BadUsage that is a matter of this server alone: it has no key, or excludes what others take."""


def answered(session: Session, ask: Ask, understand: Understand[T]) -> Flow[T]:
    """The whole answer of the session's own server, or of a fallback; see `over_servers`."""
    if not session.fallbacks:
        return asked(session, ask, understand)

    def asking(place: Session, here: Ask, journey: Journey | None) -> Flow[T]:
        return asked(place, here, understand, journey)

    return over_servers(session, ask, asking)


def over_servers(session: Session, ask: Ask, asking: Asking) -> Flow[Any]:
    """The first answer that comes: `asking` the session's own server and then its fallbacks, in order.

    `model` of the call is for the first server; a fallback has its own, or takes the same. The deadline is one over
    all of them. When all fail, the error of the last is raised, and its `tried` tells of those before it.
    """
    if not session.fallbacks:
        return asking(session, ask, None)
    return _one_by_one(session, ask, asking)


def _one_by_one(session: Session, ask: Ask, asking: Asking) -> Flow[Any]:
    limits, _ = split_options(session, ask.given)
    began = session.clock()
    journey = Journey(began, None if limits.deadline is None else began + limits.deadline)
    for number, place in enumerate((session, *session.fallbacks)):
        here = _for_place(ask, place, session) if number else ask
        since = session.clock()
        try:
            return (yield from asking(place, here, journey))
        except FrancaError as error:
            error.tried = journey.tried
            if number == len(session.fallbacks) or not _goes_on(session, error, journey):
                raise
            passed = session.clock() - since
            model = here.model or place.model
            name = place.target.name
            journey.tried += (Tried(name, model, type(error).__name__, error.message, error.status, passed),)
    raise AssertionError("the last server's answer or error ends the loop")  # pragma: no cover


def _for_place(ask: Ask, place: Session, first: Session) -> Ask:
    """The call as a fallback gets it: with its own model, and without the secrets meant for another server."""
    given = ask.given
    headers = given.get("headers")
    if headers and place.target.base_url != first.target.base_url:
        given = {**given, "headers": without_secrets(headers)}
    model = place.model or ask.model or first.model
    return Ask(
        ask.operation, ask.path, ask.build, ask.what, model, ask.extra, given, stream=ask.stream, ours=ask.ours,
        home=ask.home, keeps=ask.keeps, deals=ask.deals,
    )  # fmt: skip


def _goes_on(session: Session, error: FrancaError, journey: Journey) -> bool:
    """Whether the next server is to be asked after this error."""
    if isinstance(error, BadUsage):
        return error.code in _HERE_ALONE  # a wrong parameter is wrong everywhere
    late = journey.deadline is not None and session.clock() >= journey.deadline
    return not late and session.falls(error)
