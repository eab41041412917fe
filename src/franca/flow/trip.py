"""One call on its way, from the moment it was made to its answer or error: its clock, its deadline, what was changed
about it, and who is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..errors import FrancaError
from ..wire.base import Window
from ..wire.told import Change, Told, Tried
from .core import Flow

if TYPE_CHECKING:
    from ..faults import Origin
    from ..limits import Limiter, Ticket
    from ..observe import Call, Watch
    from ..wire.headers import Headers
    from ..wire.http import Request
    from ..wire.told import Metrics
    from .options import Limits
    from .session import Session

__all__ = ["Journey", "Trip"]


class Journey:
    """What the trips of one call over several servers have in common: one clock, one deadline, and who was tried."""

    __slots__ = ("began", "deadline", "tried", "tries")

    def __init__(self, began: float, deadline: float | None) -> None:
        self.began = began
        self.deadline = deadline
        self.tried: tuple[Tried, ...] = ()
        self.tries = 0


class Trip:
    """What is remembered of one call to one server; a call with fallbacks makes one for each server it asks.

    `began` and `deadline` are on the session's clock, and of the whole call. Most of it is never set for a plain call,
    so it has its defaults from the class.
    """

    adapted: tuple[Change, ...] = ()
    call: Call | None = None
    first_event: float | None = None
    first_token: float | None = None
    ours: Mapping[str, Any] = MappingProxyType({})
    """Fields of the request that franca added by itself."""
    over = False
    ticket: Ticket | None = None
    tries = 0
    _sent = 0.0
    _tokens: float | None = None
    _watch: Watch | None = None

    def __init__(
        self,
        session: Session,
        limits: Limits,
        model: str | None = None,
        *,
        operation: str = "request",
        stream: bool = False,
        body: Any = None,
        journey: Journey | None = None,
    ) -> None:
        self._session = session
        self._journey = journey
        self.model = model
        self.stream = stream
        self._body = body
        if journey is None:
            self.began = began = session.clock()
            self.deadline = None if limits.deadline is None else began + limits.deadline
        else:
            self.began = journey.began
            self.deadline = journey.deadline
        if session.watch is not None:
            self._begin(session, session.watch, operation)

    def _begin(self, session: Session, watch: Watch, operation: str) -> None:
        self._watch = watch
        self.call = watch.begin(
            operation,
            server=session.target.name,
            base_url=session.target.base_url,
            model=self.model,
            stream=self.stream,
            parameters=self._body if isinstance(self._body, dict) else {},
        )

    # ---- what happens on the way ------------------------------------------------------------------

    def sends(self, request: Request, origin: Origin) -> None:
        """A request is about to be sent, and somebody wants to know."""
        if self.call is not None and self._watch is not None:
            self.call.scrub = origin.scrub
            self._sent = self._session.clock()
            self._watch.request(self.call, request)

    def hears(self, status: int, headers: Headers) -> None:
        """The head of an answer came."""
        session = self._session
        shared = session.shared
        limiter = shared.limiter or shared.hear()
        if limiter is not None:
            if limiter.skips > 0 and self.ticket is None:  # a server that never told a limit is heard only now and then
                limiter.skips -= 1
            else:
                limiter.heard(self.model, headers, session.clock(), session.wall(), self.ticket)
        if self.call is not None and self._watch is not None:
            self._watch.response(self.call, status, headers, session.clock() - self._sent)

    @property
    def choices(self) -> int:
        """How many choices the answer is to have: `n` of each prompt."""
        body = self._body if isinstance(self._body, dict) else {}
        number, prompts = body.get("n"), body.get("prompt")
        asked = number if type(number) is int and number > 0 else 1
        if isinstance(prompts, (list, tuple)) and prompts and not isinstance(prompts[0], int):
            return asked * len(prompts)
        return asked

    def waits(self, error: FrancaError, delay: float) -> None:
        """A try failed, and another one follows after `delay` seconds."""
        if self.call is not None and self._watch is not None:
            self._watch.retry(self.call, error, delay)

    def watched(self, events: Iterator[Any]) -> Iterator[Any]:
        """The events, each told to who wants to hear of it before it is handed out."""
        call, watch = self.call, self._watch
        if call is None or watch is None or not watch.wants_events:
            return events
        return _told_of(events, call, watch)

    # ---- its place among the calls that run at once -----------------------------------------------

    def enter(self, limiter: Limiter) -> Flow[None]:
        """Wait until a request may go. Nothing waits past the deadline."""
        from .pace import admitted

        session = self._session
        self.ticket = yield from admitted(limiter, session.clock, self.model, self._size(), until=self.deadline)

    def _size(self) -> float:
        """Tokens that the request may take: the prompt's estimate, and the longest answer allowed."""
        if self._tokens is None:
            from ..tokens import tokens_to_reserve

            self._tokens = tokens_to_reserve(self._body) if isinstance(self._body, dict) else 0
        return self._tokens

    def leave(self, answer: Any = None, error: FrancaError | None = None) -> None:
        """A request is over: its place is free again, and how it ended is learnt from. One that was cancelled or left
        tells nothing: its ticket is thrown away, which gives it back."""
        limiter = self._session.limiter
        ticket, self.ticket = self.ticket, None
        if limiter is not None and (answer is not None or error is not None):
            limiter.leave(ticket, self._session.clock(), usage_tokens=_tokens_of(answer), error=error)

    # ---- how it ends ------------------------------------------------------------------------------

    def told(self) -> Told:
        """The side notes for the answer."""
        told = Told()
        session, journey = self._session, self._journey
        tries = self.tries
        if self.adapted:
            told.adapted = self.adapted
        if session.prices is not None:
            told.prices = session.prices
        if journey is not None:
            told.tried = journey.tried
            tries += journey.tries
        told.times = (session.clock() - self.began, self.first_event, self.first_token, tries)
        return told

    def done(self, answer: Any) -> None:
        """The call ended with `answer`."""
        if not self.over:
            self.over = True
            if self.call is not None and self._watch is not None:
                self._watch.done(self.call, answer, _metrics_of(answer))

    def left(self, partial: Any) -> None:
        """The caller left the stream when `partial` had come."""
        if not self.over:
            self.over = True
            if self.call is not None and self._watch is not None:
                self._watch.left(self.call, partial, _metrics_of(partial))

    def failed(self, error: BaseException) -> None:
        """The call ended with an error, or was cancelled."""
        if not self.over:
            self.over = True
            journey = self._journey
            if journey is not None:
                journey.tries += self.tries
            if isinstance(error, FrancaError):
                error.adapted = self.adapted or error.adapted
                error.tried = error.tried if journey is None else journey.tried
            if self.call is not None and self._watch is not None:
                self._watch.error(self.call, error)


def _tokens_of(answer: Any) -> float | None:
    """What the answer took, by the server's usage."""
    usage = answer.get("usage") if isinstance(answer, Window) else None
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if type(total) is int else None


def _metrics_of(answer: Any) -> Metrics | None:
    metrics: Metrics | None = getattr(answer, "metrics", None)
    return metrics


def _told_of(events: Iterator[Any], call: Call, watch: Watch) -> Iterator[Any]:
    for event in events:
        if event is not None:
            watch.event(call, event)
        yield event
