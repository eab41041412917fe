"""Which requests may be answered from the cache, and what makes two of them the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from ..config.shape import CacheTable
    from ..exchange import Exchange

__all__ = ["MISS", "Wanted", "wanted_of"]

MISS = ((b"x-franca-cache", b"miss"),)
"""For the answer to a request that was looked for and not found."""
_ENDPOINTS = frozenset({"chat", "completions", "embeddings"})
_BESIDE = frozenset({"model", "stream", "stream_options", "user"})
"""Fields that say nothing of the answer, or are in the key apart."""

_ABOUT = frozenset({b"http-referer", b"idempotency-key", b"x-session-id", b"x-title"})
"""Headers that say who asks, and not what."""


class Wanted(NamedTuple):
    """How a request is to be treated: looked up (`reads`) under this key, no older than `max_age`, its answer kept
    (`keeps`)."""

    key: bytes
    reads: bool
    keeps: bool
    max_age: float | None


def wanted_of(
    exchange: Exchange,
    table: CacheTable,
    endpoint: str,
    fields: Mapping[str, Any],
    *,
    usage: bool = False,
    forwards: Iterable[bytes] = (),
) -> Wanted | None:
    """What the cache is to do for a request; None: nothing.

    endpoint  its name: only chats, completions and embeddings are kept
    fields    of the body as they came (`msgspec.Raw`). Written otherwise, even by a space, it is another request
    usage     whether the caller wants the usage at the end of a stream: that is another answer
    forwards  headers that reach the server: with others of them it may answer something else

    Two callers' requests are never the same, unless `shared` says so. The model counts as it was asked for, whichever
    server answers; the answer as a whole and as a stream are two.
    """
    if endpoint not in _ENDPOINTS:
        return None
    said = exchange.headers.get(b"cache-control")
    reads, keeps, max_age = (True, True, None) if said is None else _directives(said)
    if not (reads or keeps):
        return None
    caller = "" if table.shared or exchange.key is None else exchange.key.id
    form = "stream+usage" if exchange.stream and usage else "stream" if exchange.stream else "whole"
    parts: list[Any] = [caller.encode(), endpoint.encode(), form.encode(), exchange.asked.encode()]
    for name in sorted(fields):
        if name not in _BESIDE:
            value = fields[name]
            parts.append(name.encode())
            parts.append(value if type(value) is msgspec.Raw else msgspec.json.encode(value, order="sorted"))
    for header in sorted(forwards):
        given = exchange.headers.get(header)
        if given is not None and header not in _ABOUT:
            parts += (header, given)
    digest = sha256()
    for part in parts:
        digest.update(b"%d:" % len(part))  # so that no two lists of parts are one text
        digest.update(part)
    return Wanted(digest.digest(), reads, keeps, max_age)


def _directives(said: bytes) -> tuple[bool, bool, float | None]:
    """Whether an answer may be looked up, whether kept, and how old it may be, by a Cache-Control header."""
    reads = keeps = True
    max_age: float | None = None
    for word in said.lower().split(b","):
        name, _, value = word.strip().partition(b"=")
        if name == b"no-store":
            reads = keeps = False
        elif name == b"no-cache":
            reads = False
        elif name == b"max-age":
            digits = value.strip(b'" ')
            max_age = float(digits) if digits.isdigit() and len(digits) < 16 else 0.0
    return reads, keeps, max_age
