"""What a generation was: asked for just after the answer came, when OpenRouter may not know it yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import BadUsage, NotFound, ProtocolError
from ...faults import Origin
from ...wire import codec
from ...wire.openrouter.generation import Generation, GenerationContent
from ...wire.response import Response, excerpt
from ..call import Outgoing, Understand, exchange
from ..core import Flow
from ..options import Limits
from ..plain import address, only_options, plain, read_object
from ..session import Session
from ..trip import Trip
from .reading import reader_of_one

__all__ = ["generation", "generation_content", "generation_feedback"]

_FIRST_WAIT = 0.25
_LONGEST_WAIT = 2.0


def generation(session: Session, id: str, wait: float, given: Mapping[str, Any]) -> Flow[Generation]:
    """Facts and cost of a generation. While it is not found it is asked for again, for `wait` seconds."""
    return _awaited(session, "generation", "generation", id, wait, given, reader_of_one(Generation))


def generation_content(session: Session, id: str, wait: float, given: Mapping[str, Any]) -> Flow[GenerationContent]:
    """What was asked and answered, where it was stored."""
    read = reader_of_one(GenerationContent)
    return _awaited(session, "generation_content", "generation/content", id, wait, given, read)


def generation_feedback(
    session: Session, id: str, category: str, comment: str | None, given: Mapping[str, Any]
) -> Flow[bool]:
    """Tell OpenRouter what was wrong with a generation; whether it was recorded."""
    limits = only_options(session, "generation_feedback", given)
    if not isinstance(category, str) or not category:
        raise BadUsage(f"category is a word such as 'incorrect_response', not {category!r}", param="category")
    body = {"generation_id": _checked(id), "category": category}
    if comment is not None:
        body["comment"] = comment
    url = address(session, "generation/feedback")
    return plain(
        session, "generation_feedback", "POST", url, limits, _recorded, body=codec.encode_body(body), parameters=body
    )


def _recorded(response: Response, origin: Origin, session: Session) -> bool:
    payload = read_object(response, origin, session)
    data = payload.get("data")
    told = data.get("success") if isinstance(data, dict) else None
    if not isinstance(told, bool):
        raise response.fault(ProtocolError, f"the answer does not say `data.success`: {excerpt(response.content)}")
    return told


def _awaited(
    session: Session,
    operation: str,
    path: str,
    id: str,
    wait: float,
    given: Mapping[str, Any],
    understand: Understand[Any],
) -> Flow[Any]:
    limits = only_options(session, operation, given)
    if isinstance(wait, bool) or not isinstance(wait, (int, float)) or not 0 <= wait < 1e9:
        raise BadUsage(f"wait is a number of seconds from 0, not {wait!r}", param="wait")
    url = address(session, path, {"id": _checked(id)})
    return _found(session, operation, url, float(wait), limits, understand)


def _found(
    session: Session, operation: str, url: str, wait: float, limits: Limits, understand: Understand[Any]
) -> Flow[Any]:
    """One call for who watches, however often it asks. Neither `wait` nor the deadline is passed by waiting."""
    trip = Trip(session, limits, operation=operation)
    pause, asked = _FIRST_WAIT, 0
    try:
        while True:
            try:
                answer = yield from exchange(session, Outgoing("GET", url, limits, trip=trip), understand)
                break
            except NotFound as error:
                asked += 1
                passed = session.clock() - trip.began
                told = error.retry_after or 0.0
                delay = min(max(pause, told), wait - passed)
                if delay < told or delay <= 0 or (limits.deadline is not None and delay >= limits.deadline - passed):
                    if asked > 1:
                        error.message = f"{error.message} (asked {asked} times in {passed:.1f} s)"
                    raise
                trip.waits(error, delay)
            yield ("sleep", delay)
            pause = min(2 * pause, _LONGEST_WAIT)
    except BaseException as error:
        trip.failed(error)
        raise
    answer.told = trip.told()
    trip.done(answer)
    return answer


def _checked(id: Any) -> str:
    if not isinstance(id, str) or not id:
        raise BadUsage(f"a generation is asked for by its id, such as 'gen-...'; not {id!r}", param="id")
    return id
