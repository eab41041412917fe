"""One request and its answer: what is known of it from its first byte to its row of usage."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from itertools import count
from time import monotonic, time, time_ns
from typing import TYPE_CHECKING, Any

from .store.row import UsageRow

if TYPE_CHECKING:
    from .keys.record import VirtualKey
    from .quota.admission import Admission

__all__ = ["Exchange", "Receive", "Scope", "Send"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_MOST_ID = 128
_began = ""
_counted = count()


def _begin() -> None:
    """Ids grow with time, so that the index of a database grows at its end; no two processes have the same beginning,
    also not those that were forked from one which had read this."""
    global _began, _counted
    _began = f"{time_ns() // 1_000_000:x}{os.urandom(4).hex()}"
    _counted = count()


_begin()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin)


class Exchange:
    """A request on its way through the gateway. Whoever learns something of it writes it down here; when it is over,
    each observer (usage, metrics, log, spans) reads it once.

    Its moments are on the monotonic clock, but for `at`. What is not known is None or "".
    """

    __slots__ = (
        "admission", "answer_headers", "asked", "at", "began", "booked", "cached", "cached_tokens", "completion_tokens",
        "cost", "error", "events", "exact", "first", "generation", "headers", "id", "kept", "key", "ladder", "method",
        "model", "outcome", "path", "prompt_tokens", "reasoning_tokens", "receive", "request_body", "response_body",
        "route", "scope", "send", "server", "started", "status", "stream", "structured", "tags", "tried", "tries",
    )  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive, send: Send, path: str) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.method: str = scope["method"]
        self.path = path
        """Below mount point and base path: "/v1/chat/completions"."""
        self.headers: Mapping[bytes, bytes] = dict(scope["headers"])
        self.began = monotonic()
        self.at = time()
        self.id = _request_id(self.headers.get(b"x-request-id"))
        self.key: VirtualKey | None = None
        self.booked = False
        """Whether it makes a row of usage: a request that asks servers, of a caller who may."""
        self.route = ""
        """The name of the endpoint: "chat"."""
        self.asked = ""
        """The model as the caller wrote it."""
        self.server = ""
        self.model = ""
        """Of the server that answered."""
        self.stream = False
        self.status = 0
        self.started = False
        """Whether the head of the answer was sent."""
        self.outcome = "ok"
        self.error = ""
        self.generation = ""
        self.first: float | None = None
        self.kept = False
        """Whether its answer may be kept for a caller who loses the connection."""
        self.tries = 0
        self.events = 0
        """Of a stream, that came: each holds a token or more."""
        self.cached = False
        self.structured = ""
        self.ladder = ""
        """How the value of a schema came about in the end, as the header x-franca-structured says it at the begin."""
        self.tried = ""
        """Who was asked in vain, as the header x-franca-tried has it."""
        self.tags: tuple[str, ...] = ()
        self.prompt_tokens: int | None = None
        self.completion_tokens: int | None = None
        self.cached_tokens: int | None = None
        self.reasoning_tokens: int | None = None
        self.cost: float | None = None
        self.exact = False
        self.admission: Admission | None = None
        """What was reserved for it; settled when it is over."""
        self.answer_headers: tuple[tuple[bytes, bytes], ...] = ()
        """Further headers for its answer, whatever that is: limits, CORS. Names in lower case."""
        self.request_body: bytes | None = None
        self.response_body: bytearray | None = None
        """Kept for the log of requests, when that wants bodies; bounded by it."""

    def row(self, ended: float) -> UsageRow:
        """Its row of usage; `ended` on the monotonic clock."""
        key = self.key
        return UsageRow(
            id=self.id, at=self.at, seconds=ended - self.began,
            first=None if self.first is None else self.first - self.began,
            key="" if key is None else key.id, team=(key.team or "") if key is not None else "",
            tags=self.tags if key is None else (*key.tags, *self.tags),
            route=self.route, asked=self.asked, server=self.server, model=self.model, generation=self.generation,
            status=self.status, outcome=self.outcome, error=self.error, stream=self.stream, cached=self.cached,
            structured=self.structured, tries=self.tries, prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens, cached_tokens=self.cached_tokens,
            reasoning_tokens=self.reasoning_tokens, cost=self.cost, exact=self.exact,
        )  # fmt: skip


def _request_id(given: bytes | None) -> str:
    """The caller's own id where it is a plain word, else a new one."""
    if given is not None and 0 < len(given) <= _MOST_ID:
        text = given.decode("latin-1")
        if text.isascii() and text.replace("-", "").replace("_", "").replace(".", "").isalnum():
            return text
    return f"req_{_began}{next(_counted):08x}"
