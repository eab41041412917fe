"""Lists that come in pages: one request for each, until the server says, or shows, that there are no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ...errors import BadUsage, ProtocolError, TimedOut
from ...wire import codec
from ...wire.base import Window
from ...wire.openrouter.listing import Listing
from ..core import Flow
from ..options import Limits
from ..plain import address, plain
from ..session import Session
from .reading import reader_of_list

__all__ = ["Walk", "collected", "listed", "make_walk", "walked"]

MOST_PAGES = 10_000
"""More are not fetched in one walk: a server whose pages never end would never let go of the caller."""
_MOST_IN_A_PAGE = 1000


class Walk(NamedTuple):
    """What a list is asked for: where, what its objects are, and from where to where.

    `size`: objects asked for at a time, None where the server alone decides; `offset`: how many are skipped at the
    beginning; `most`: no more than these in all, None for no limit.
    """

    operation: str
    path: str
    kind: Any
    query: Mapping[str, Any]
    size: int | None
    offset: int = 0
    most: int | None = None


def make_walk(operation: str, path: str, kind: Any, query: Mapping[str, Any], *, size: int | None) -> Walk:
    """The walk over the pages of `path`, with `offset` and `limit` taken out of the query. Raises BadUsage."""
    rest = {name: value for name, value in query.items() if name not in ("offset", "limit")}
    offset = _count("offset", query.get("offset"), 0) or 0
    most = _count("limit", query.get("limit"), 1)
    if size is not None:
        size = _count("page_size", size, 1)
        if size is not None and size > _MOST_IN_A_PAGE:
            raise BadUsage(f"page_size is at most {_MOST_IN_A_PAGE}, not {size}", param="page_size")
    return Walk(operation, path, kind, rest, size, offset, most)


def _count(name: str, value: Any, least: int) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise BadUsage(f"{name} is a whole number from {least}, not {value!r}", param=name)
    return value


def walked(session: Session, walk: Walk, limits: Limits, found: list[Any] | None = None) -> Flow[None]:
    """Emits each page as a `Listing`, or gathers their objects in `found`. `deadline` limits each request; of those
    that gather, all together.

    Raises ProtocolError for a server that sends the same page twice, which would go on for ever.
    """
    offset, left = walk.offset, walk.most
    until = session.clock() + limits.deadline if found is not None and limits.deadline is not None else None
    seen: set[Any] = set()
    while True:
        asked = walk.size if left is None or walk.size is None else min(walk.size, left)
        query = {**walk.query, **({} if asked is None else {"limit": asked}), "offset": offset}
        here = limits if until is None else limits._replace(deadline=_remaining(until - session.clock()))
        page: Listing[Any] = yield from _page(session, walk, query, here)
        count = len(page)
        if count:
            _check_new(page, seen)
        shown = page if left is None or count <= left else page.first(left)
        if found is not None:
            found += shown
        elif count or not seen:
            yield ("emit", shown)
        offset += count
        left = None if left is None else left - count
        if (left is not None and left <= 0) or _is_last(page.raw, count, asked, offset):
            return


def collected(session: Session, walk: Walk, limits: Limits) -> Flow[list[Any]]:
    """The objects of all pages. `deadline` limits all requests together."""
    found: list[Any] = []
    yield from walked(session, walk, limits, found)
    return found


def listed(
    session: Session, operation: str, path: str, kind: Any, limits: Limits, query: Mapping[str, Any] | None = None
) -> Flow[Listing[Any]]:
    """A list that comes whole."""
    return plain(session, operation, "GET", address(session, path, query), limits, reader_of_list(kind))


def _page(session: Session, walk: Walk, query: Mapping[str, Any], limits: Limits) -> Flow[Listing[Any]]:
    return listed(session, walk.operation, walk.path, walk.kind, limits, query)


def _remaining(seconds: float) -> float:
    if seconds <= 0:
        raise TimedOut("the deadline of the call passed between two pages", phase="deadline")
    return seconds


def _check_new(page: Listing[Any], seen: set[Any]) -> None:
    """ProtocolError when the same page came before, or when there are too many."""
    mark = hash(tuple(_mark(entry) for entry in page))
    problem = ""
    if mark in seen:
        problem = "the server sent the same page of the list again: its pages would never end"
    elif len(seen) >= MOST_PAGES:
        problem = f"the list has more than {MOST_PAGES} pages"
    if problem:
        raise ProtocolError(
            problem, server=page.server, status=page.status, headers=page.headers, request_id=page.request_id
        )
    seen.add(mark)


def _mark(entry: Window) -> str:
    """What tells an object of a list from the others."""
    for name in ("id", "hash"):
        told = entry.get(name)
        if isinstance(told, str):
            return told
    return codec.received_text(entry)


def _is_last(raw: Mapping[str, Any], count: int, asked: int | None, reached: int) -> bool:
    """Whether no page follows this one of `count` objects, `asked` of which were asked for.

    The server's own word goes first: `links.next`, then `total_count`. Where it says neither, a page that is not as
    long as asked is the last (a longer one is of a server that knows no pages); and where the server alone decides
    how long pages are, only an empty one is.
    """
    if not count:
        return True
    links, total = raw.get("links"), raw.get("total_count")
    if isinstance(links, dict) and "next" in links:
        return not links["next"]
    if type(total) is int:
        return reached >= total
    return asked is not None and count != asked
