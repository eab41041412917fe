"""Asking one server: with its keys in turn, its retries and its mendings, until an answer has begun that is none of its
errors."""

from __future__ import annotations

import asyncio
from time import monotonic, time
from typing import TYPE_CHECKING

from ...errors import (
    FrancaError,
    OutOfCredits,
    ProtocolError,
    RateLimited,
    StatusError,
    StreamBroken,
    TransportError,
    Unauthorized,
)
from ...faults import Origin, error_from_object, error_from_reply, with_origin
from ...io.aio import AsyncioReply
from ...retry import RetryPolicy, wait_before_retry
from ...wire.http import Request
from .ask import Ask, Draft
from .found import Found, scan_whole
from .scan import StreamScan

if TYPE_CHECKING:
    from ...wire.headers import Headers
    from ..exchange import Exchange
    from .upstream import Lane, Upstream

__all__ = ["KEY_ERRORS", "Opened", "all_rest", "error_body", "origin_of", "reach"]

Pairs = tuple[tuple[str, str], ...]

_PASSED = frozenset({
    b"content-disposition", b"openai-model", b"openai-organization", b"openai-processing-ms", b"openai-version",
    b"x-generation-id", b"x-litellm-response-cost", b"x-ms-region", b"x-openrouter-cache-status",
    b"x-openrouter-provider",
})  # fmt: skip
"""Anything else in the head of an answer stays between the server and the gateway."""
_MOST_HELD = 64 * 1024
"""Bytes of a stream that are held back until it says something: then nobody else can be asked any more."""
_WHOLE = 4 * 1024 * 1024
"""Bytes of an answer that are read before they are sent on; of a longer one the rest follows as it comes."""
_MOST_ERROR = 1024 * 1024
KEY_ERRORS = (RateLimited, Unauthorized, OutOfCredits)
"""What concerns one key of a server: another one may be taken."""


class Opened:
    """An answer that has begun. `data` came of it so far; for a stream, with `scan`, as it is to be sent on. `ended`:
    nothing more comes; `found`: what a whole answer says of itself."""

    __slots__ = (
        "content_type",
        "data",
        "ended",
        "found",
        "is_json",
        "lane",
        "model",
        "open_ended",
        "passed",
        "reply",
        "scan",
    )

    def __init__(self, reply: AsyncioReply, lane: Lane, model: str) -> None:
        self.reply = reply
        self.content_type = b""
        self.passed: list[tuple[bytes, bytes]] = []
        """What it tells in headers that callers' programs read."""
        for name, value in reply.headers.raw:
            lower = name.lower()
            if lower == b"content-type":
                self.content_type = value.strip()
            elif lower in _PASSED:
                self.passed.append((lower, value.strip()))
        self.is_json = self.content_type.startswith(b"application/json")
        self.lane = lane
        self.model = model
        self.data = b""
        self.ended = False
        self.open_ended = False
        """Whether nothing but its end tells that a stream is whole: nobody knows its events."""
        self.scan: StreamScan | None = None
        self.found: Found | None = None

    @property
    def headers(self) -> Headers:
        """Of the server's answer."""
        return self.reply.headers

    @property
    def origin(self) -> Origin:
        """Whom an error of it concerns, and what that must not show."""
        return origin_of(self.lane, self.model)


def origin_of(lane: Lane, model: str) -> Origin:
    """Whom an error concerns that came with this key."""
    session = lane.session
    key = session.key
    return session.envelope(key if isinstance(key, str) else None, session.limits, model).origin


async def reach(
    exchange: Exchange,
    upstream: Upstream,
    model: str,
    draft: Draft,
    ask: Ask,
    more: Pairs,
    until: float | None,
    hurry: bool,
) -> Opened:
    """Ask the server. `more`: further headers; `until`: the deadline of all tries; `hurry`: somebody else can be asked,
    so nothing is waited for. Raises FrancaError; then nothing of an answer is left open."""
    table = upstream.table
    policy = RetryPolicy(table.retries, 0.2, 2.0, 1.0 if hurry else 20.0)
    retries = 0
    refused: set[Lane] = set()
    while True:
        now = monotonic()
        lane = upstream.lane(model, now)
        if lane is None:
            raise all_rest(upstream, model, now)
        limit = now + table.timeout
        if until is not None and until < limit:
            limit = until
        exchange.tries += 1
        upstream.began(model, now)
        try:
            opened = await _attempt(upstream, lane, model, draft, ask, more, limit)
        except FrancaError as error:
            with_origin(error, origin_of(lane, model))
            if isinstance(error, StatusError) and draft.mend(error):
                upstream.answered(model)  # it is there, and said what it wants
                continue
            upstream.failed(error, lane, model)
            refused.add(lane)
            if isinstance(error, KEY_ERRORS) and any(
                one not in refused and one.free_at(model) <= now for one in upstream.lanes
            ):
                continue
            delay = _pause(upstream, lane, model, policy, error, retries, until)
            if delay is None:
                raise
            retries += 1
            await asyncio.sleep(delay)
        except BaseException:  # the caller left
            upstream.gave_up(model)
            raise
        else:
            upstream.answered(model, monotonic() - now)
            lane.session.budget.earn()
            draft.helped()
            return opened


def _pause(
    upstream: Upstream,
    lane: Lane,
    model: str,
    policy: RetryPolicy,
    error: FrancaError,
    retries: int,
    until: float | None,
) -> float | None:
    """Seconds before the next try at this server; None when there is none."""
    now = monotonic()
    if not upstream.allows(model, now):
        return None
    session, remaining = lane.session, None if until is None else until - now
    return wait_before_retry(policy, session.budget, error, retries, chance=session.chance(), remaining=remaining)


def all_rest(upstream: Upstream, model: str, now: float) -> RateLimited:
    """The error when no key of a server may be used for a model now."""
    seconds = upstream.rests_for(model, now)
    return RateLimited(
        f"every key of {upstream.name} rests for {seconds:.0f} s more ({upstream.last_kind})",
        server=upstream.name, model=model, status=429, code="keys_rest", retry_after=seconds, retryable=False,
    )  # fmt: skip


async def _attempt(
    upstream: Upstream, lane: Lane, model: str, draft: Draft, ask: Ask, more: Pairs, until: float
) -> Opened:
    url = upstream.target.url(ask.endpoint.path)
    head = lane.head + more if more else lane.head
    if ask.form is not None:
        head = (*(pair for pair in head if pair[0] != "Content-Type"), ("Content-Type", ask.form_type))
    request = Request(
        "POST", url, head, draft.data,
        upstream.table.connect_timeout, until, lane.session.max_body, ask.stream,
    )  # fmt: skip
    reply = await upstream.transport.send(request)
    try:
        if not 200 <= reply.status < 300:
            raise error_from_reply(
                reply.status, reply.headers, await error_body(reply, until), origin_of(lane, model), now=time()
            )
        opened = Opened(reply, lane, model)
        if ask.stream and not opened.is_json:
            await _begin_stream(opened, ask, until)
        else:
            await _read_whole(opened, until, ask.endpoint.adapts or ask.endpoint.writes)
        return opened
    except BaseException:
        reply.close()
        raise


async def error_body(reply: AsyncioReply, until: float) -> bytes:
    """The body of an error, as far as it came: its status says what happened all the same."""
    pieces: list[bytes] = []
    size = 0
    try:
        while size < _MOST_ERROR:
            piece = await reply.read_some(until)
            if not piece:
                break
            pieces.append(piece)
            size += len(piece)
    except TransportError:
        pass
    return b"".join(pieces)


async def _read_whole(opened: Opened, until: float, judged: bool) -> None:
    """Read the answer, or as much of it as is kept. `judged`: it must be JSON."""
    reply = opened.reply
    pieces: list[bytes] = []
    size = 0
    while size < _WHOLE:
        piece = await reply.read_some(until)
        if not piece:
            opened.ended = True
            break
        pieces.append(piece)
        size += len(piece)
    opened.data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if not opened.ended or not (opened.is_json or judged):
        return
    found = opened.found = scan_whole(opened.data)
    if found.error is not None:
        raise error_from_object({"error": found.error}, reply.headers, opened.origin, now=time())
    if judged and not found.json:
        shown = opened.data[:100].decode("utf-8", "replace")
        raise ProtocolError(f"the answer is no JSON, it begins with {shown!r}" if shown else "the answer is empty")


async def _begin_stream(opened: Opened, ask: Ask, until: float) -> None:
    """Read until the answer says something: what fails before that may be asked of somebody else."""
    scan = opened.scan = StreamScan(ask.endpoint.kind, hide_usage=ask.hides_usage)
    opened.open_ended = ask.endpoint.kind == "other"
    held = b""
    while not scan.began and not scan.complete and len(held) < _MOST_HELD and not (held and opened.open_ended):
        piece = await opened.reply.read_some(until)
        if not piece:
            held += scan.end()
            opened.ended = True
            break
        held += scan.feed(piece)
        if scan.error is not None and not scan.began:
            raise error_from_object({"error": scan.error}, opened.reply.headers, opened.origin, now=time())
    opened.data = held
    if opened.ended and not (scan.began or scan.complete or (held and opened.open_ended)):
        raise StreamBroken("the stream ended before it said anything", retryable=True)
