"""The log of requests: what was asked and answered, where that is wanted, without anybody's secrets."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..config.shape import RequestsTable
from .base import RequestEntry, Store
from .outbox import Outbox

if TYPE_CHECKING:
    from ..exchange import Exchange

__all__ = ["RequestLog", "redacted"]

_HELD = 32 * 1024 * 1024  # bytes of bodies that may wait to be written
_MOST_ENTRIES = 10_000
_HIDDEN = "***"

# A member whose name says that it holds a secret; its value may be cut off by the end of the text.
# In a text that is JSON itself (arguments of a tool) quotes are escaped. The bounds keep the work in proportion.
_MEMBER = re.compile(
    r'("(?:[\w-]{0,40}(?:api[_-]?key|authorization|password|passwd|secret|access[_-]?token|auth[_-]?token|bearer)'
    r'[\w-]{0,40}|x-[\w-]{0,40}token|token|cookie)\\{0,9}"\s*:\s*\\{0,9}")(?:[^"\\]|\\.)*',
    re.IGNORECASE | re.DOTALL,
)
_BEARER = re.compile(r"\b(Bearer)\s+[\w.~+/=-]{16,}", re.IGNORECASE)
# Keys as the known makers write them, ours among them.
_KEY = re.compile(r"\b(?:(?:sk|pk|rk|gsk|xai|hf|csk|pplx|nvapi|r8|fw|tvly|ghp|github_pat)[-_]|AIza)[\w-]{16,}")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.=+-]+)*),([\w+/=%.~-]{64,})")
_BASE64_MEMBER = re.compile(r'("(?:data|b64_json|file_data)"\s*:\s*")([\w+/=-]{256,})')


def redacted(text: str) -> str:
    """A body without what looks like a secret, and with inlined data told by its length."""
    text = _DATA_URL.sub(lambda found: f"data:{found[1] or ''}{found[2]},<{len(found[3])} characters>", text)
    text = _BASE64_MEMBER.sub(lambda found: f"{found[1]}<{len(found[2])} characters>", text)
    text = _MEMBER.sub(rf"\1{_HIDDEN}", text)
    text = _BEARER.sub(rf"\1 {_HIDDEN}", text)
    return _KEY.sub(_HIDDEN, text)


class RequestLog:
    """Requests on their way to the log in the store; as bounded and as patient as the rows of usage.

    An observer of the gateway: called once for each exchange that is over.
    """

    def __init__(self, store: Store, table: RequestsTable, flush: float = 0.25) -> None:
        self._store = store
        self._bodies = table.bodies
        self._most = table.most
        most = max(16, min(_MOST_ENTRIES, _HELD // max(1, 2 * table.most))) if table.bodies else _MOST_ENTRIES
        self._out: Outbox[RequestEntry] = Outbox(self._write, flush=flush, most=most, what="requests of the log")

    @property
    def dropped(self) -> int:
        """Requests that were lost, because the store was down for too long or they came too fast."""
        return self._out.dropped

    @property
    def waiting(self) -> int:
        """Requests that are not written yet."""
        return self._out.waiting

    def note(self, exchange: Exchange, ended: float) -> None:
        """Take a request along that is booked, no look at a page or a metric; `ended` on the monotonic clock. Never
        waits."""
        if not exchange.booked:
            return
        key = exchange.key
        self._out.put(
            RequestEntry(
                id=exchange.id,
                at=round(exchange.at, 6),  # as it is told, so that a list can go on from it
                key="" if key is None else key.id,
                route=exchange.route,
                asked=exchange.asked,
                server=exchange.server,
                model=exchange.model,
                status=exchange.status,
                outcome=exchange.outcome,
                error=exchange.error,
                seconds=ended - exchange.began,
                request=self._cut(exchange.request_body),
                response=self._cut(exchange.response_body),
            )
        )

    def _cut(self, body: bytes | bytearray | None) -> str | None:
        """The body as text, cut; redacted when it is written."""
        if body is None or not self._bodies:
            return None
        text = bytes(body[: self._most]).decode("utf-8", "replace")
        return text if len(body) <= self._most else f"{text}… ({len(body)} bytes)"

    async def _write(self, entries: list[RequestEntry], batch: str) -> None:
        # Beside the loop: looking through long bodies takes milliseconds.
        safe = await asyncio.to_thread(lambda: [_without_secrets(entry) for entry in entries])
        await self._store.log(safe, batch)

    async def flush(self, limit: float | None = None) -> bool:
        """Wait until all that was noted up to now is written; False when it is not within `limit` seconds."""
        return await self._out.flush(limit)

    async def close(self, limit: float = 5.0) -> None:
        """Write what is left, for so many seconds."""
        await self._out.close(limit)


def _without_secrets(entry: RequestEntry) -> RequestEntry:
    if entry.request is None and entry.response is None:
        return entry
    return replace(
        entry,
        request=None if entry.request is None else redacted(entry.request),
        response=None if entry.response is None else redacted(entry.response),
    )
