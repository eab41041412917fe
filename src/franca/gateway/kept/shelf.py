"""All answers that one process keeps, within their bounds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from .answer import KeptAnswer

if TYPE_CHECKING:
    from ..config.shape import Config
    from ..exchange import Exchange

__all__ = ["Shelf", "bound_of"]

Headers = tuple[tuple[bytes, bytes], ...]

_NAME_BYTES = 18  # 144 bits: nobody guesses one
_LEAST_BROWSER, _MOST_BROWSER = 22, 256
_NOBODY = os.urandom(32)
_PATIENCE = 5.0


class Shelf:
    """Where answers are kept. It is full by count, by bytes or by owner when nothing that has ended and is not read can
    go; the oldest of those goes first."""

    def __init__(self, config: Config) -> None:
        # Whoever comes back may reach another process, which would look in vain while this one goes on for nobody. How
        # many there are, only a new start changes.
        self._alone = config.gateway.workers == 1
        self.configure(config)
        self.held = 0
        """Bytes of all answers, with those that are only read to their end."""
        self._answers: dict[str, KeptAnswer] = {}
        self._ended: dict[str, KeptAnswer] = {}
        self._owned: dict[bytes, int] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._answers)

    def configure(self, config: Config) -> None:
        """Keep by this configuration from now on; what is kept already stays as it is."""
        self.table = config.replay
        self.offered = config.replay.enabled and self._alone

    def takes(self, exchange: Exchange) -> bool:
        """Whether a request that asks for it (by its header) may have its answer kept, if that turns out to be a
        stream."""
        headers = exchange.headers
        return (
            self.offered
            and headers.get(b"x-franca-keep") == b"1"
            and exchange.method == "POST"
            and exchange.path == "/v1/chat/completions"
            and _browser_of(exchange) is not None
        )

    def begin(
        self, exchange: Exchange, headers: Headers, stop: Callable[[], None], task: asyncio.Task[Any]
    ) -> KeptAnswer | None:
        """Keep the answer of this exchange, which `task` runs, from its head on; None where there is no room."""
        self._follow(asyncio.get_running_loop())
        bound = bound_of(exchange)
        if bound is None or not self.offered:
            return None
        key = exchange.key
        owner = bound if key is None else key.id.encode()
        if self._owned.get(owner, 0) >= self.table.per_caller and not self._make_room(owner):
            return None
        if len(self._answers) >= self.table.answers and not self._make_room():
            return None
        if not self.has_room():
            return None
        name = token_urlsafe(_NAME_BYTES)
        head = (*headers, (b"x-franca-answer", name.encode()))
        kept = KeptAnswer(name, bound, owner, head, self.table, self, stop)
        self._answers[name] = kept
        self._owned[owner] = self._owned.get(owner, 0) + 1
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return kept

    def find(self, name: str, bound: bytes) -> KeptAnswer | None:
        """The answer of this name, for who may have it. For who may not it is as if there were none."""
        found = self._answers.get(name)
        mine = compare_digest(_NOBODY if found is None else found.bound, bound)
        return found if mine else None

    def has_room(self) -> bool:
        """Whether the bytes of all are within their bound, after what may go went."""
        while self.held >= self.table.max_bytes:
            if not self._make_room():
                return False
        return True

    def ended(self, kept: KeptAnswer) -> None:
        """No more of this one comes: it may go when there is no room."""
        self._ended[kept.name] = kept

    def forget(self, kept: KeptAnswer) -> None:
        """Find this one no more."""
        if self._answers.pop(kept.name, None) is None:
            return
        self._ended.pop(kept.name, None)
        left = self._owned[kept.owner] - 1
        if left:
            self._owned[kept.owner] = left
        else:
            del self._owned[kept.owner]

    async def close(self) -> None:
        """End all, as who runs the gateway does: what they took is settled and noted when this is over."""
        for kept in self._answers.values():
            kept.hurry()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=_PATIENCE)
        for kept in list(self._answers.values()):
            kept.stop()

    def _make_room(self, owner: bytes | None = None) -> bool:
        """Let the oldest answer go (of this owner) that has ended and is not read; whether there was one."""
        for kept in self._ended.values():
            if not kept.is_read and owner in (None, kept.owner):
                kept.stop()
                return True
        return False

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._loop is loop:
            return
        for kept in list(self._answers.values()):  # of a loop that is over: nobody can end them any more
            self.forget(kept)
        self._tasks.clear()
        self._loop, self.held = loop, 0


def bound_of(exchange: Exchange) -> bytes | None:
    """What an answer is bound to: the caller's key, which must be known by now, and their browser. None for a caller
    who does not say which browser it is."""
    browser = _browser_of(exchange)
    if browser is None:
        return None
    key = None if exchange.key is None else exchange.key.id.encode()
    return sha256(b"-:" + browser if key is None else b"%d:%s:%s" % (len(key), key, browser)).digest()


def _browser_of(exchange: Exchange) -> bytes | None:
    browser = exchange.headers.get(b"x-franca-browser", b"")
    return browser if _LEAST_BROWSER <= len(browser) <= _MOST_BROWSER else None
