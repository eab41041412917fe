"""What every store can do, whatever keeps it: rows of usage, keys, the log of requests."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct

from ...errors import BadUsage, FrancaError
from ..config.secret import secret_of
from ..keys.record import VirtualKey
from .row import UsageRow

__all__ = [
    "BY",
    "RequestEntry",
    "SoFar",
    "Store",
    "StoreDown",
    "Sums",
    "UsageLine",
    "UsageQuery",
    "open_store",
]

BY = ("day", "key", "team", "tag", "route", "server", "model")
"""What usage can be summed by."""


class StoreDown(FrancaError):
    """The store cannot be reached or written at the moment; the same may work later. Nothing was written, or the
    answer was lost on its way."""

    retryable = True


class UsageQuery(Struct, frozen=True, kw_only=True):
    """Which usage is asked for, and by what it is summed; `by` () gives one line for all of it.

    `since` and `until` are Unix seconds, the latter no longer in it. Where both fall on a midnight (UTC) the sums of
    days answer, which outlive the rows; else the rows themselves are read. `model` is "server/model", or a model of any
    server. "" asks for what has none.
    """

    by: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None
    key: str | None = None
    team: str | None = None
    tag: str | None = None
    route: str | None = None
    server: str | None = None
    model: str | None = None

    def __post_init__(self) -> None:
        wrong = next((one for one in self.by if one not in BY), None)
        if wrong is not None:
            raise BadUsage(f"usage cannot be summed by {wrong!r}; there are {', '.join(BY)}")


class UsageLine(Struct, frozen=True, kw_only=True):
    """Sums over requests. `group` are the values of what it was asked by: a day as "2026-11-21", a model as
    "server/model", "" where a request had none. A request with two tags counts in both lines."""

    group: tuple[str, ...] = ()
    requests: int = 0
    failed: int = 0
    """Told an error by a server, or cut off."""
    refused: int = 0
    """By the gateway: key, limit, budget, a wrong request."""
    left: int = 0
    """The caller went away."""
    cached: int = 0
    """Answered out of the cache."""
    unpriced: int = 0
    """Answered by a server at a cost that nobody knows."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cost: float = 0.0
    """US dollars."""
    seconds: float = 0.0
    """How long the requests took together."""


class SoFar(NamedTuple):
    """Dollars spent on this day and in this month (UTC), and ever."""

    day: float = 0.0
    month: float = 0.0
    total: float = 0.0


class Sums(NamedTuple):
    """What was spent by each key (its id) and each team, as far as the store knows."""

    keys: Mapping[str, SoFar] = {}
    teams: Mapping[str, SoFar] = {}


class RequestEntry(Struct, frozen=True, kw_only=True):
    """A request in the log of requests; `request` and `response` are its bodies as text, redacted and cut, where they
    are kept and asked for."""

    id: str
    at: float
    key: str = ""
    route: str = ""
    asked: str = ""
    server: str = ""
    model: str = ""
    status: int = 0
    outcome: str = "ok"
    error: str = ""
    seconds: float = 0.0
    request: str | None = None
    response: str | None = None


class Store(Protocol):
    """Where usage, keys and requests are kept. Each method opens the store when that is still to be done, and raises
    `StoreDown` when it cannot be reached."""

    shown: str
    """Where it is, in words without a password."""

    async def open(self) -> None:
        """Connect, and bring its tables up to date. Raises BadUsage for what no waiting mends."""
        ...

    async def close(self) -> None:
        """Let go of connections and files. It may be opened again."""
        ...

    async def add(self, rows: Sequence[UsageRow], batch: str | None = None) -> None:
        """Keep rows: all or none. A batch of the same name is kept only once, so that one whose answer was lost can be
        sent again; None makes a new name."""
        ...

    async def usage(self, query: UsageQuery) -> list[UsageLine]:
        """The sums that were asked for: by day in order of days, else the dearest first."""
        ...

    async def row(self, name: str, key: str | None = None) -> UsageRow | None:
        """The latest row whose `generation` or `id` is `name`; with `key` only among the rows of that key."""
        ...

    async def spent(self, now: float) -> Sums:
        """What was spent up to now."""
        ...

    async def keys(self) -> list[VirtualKey]:
        """All keys, the revoked ones too, in order of their making; without the bounds of their teams."""
        ...

    async def keys_version(self) -> int:
        """A number that changes with each change of a key: cheap to ask."""
        ...

    async def put_key(self, key: VirtualKey) -> None:
        """Keep a key, in the place of the one with its id. Raises BadUsage when another key has its hash."""
        ...

    async def change_key(self, id: str, change: Callable[[VirtualKey], VirtualKey]) -> VirtualKey | None:
        """Change a key as one step that no other change comes between; the changed key, None when there is none."""
        ...

    async def log(self, entries: Sequence[RequestEntry], batch: str | None = None) -> None:
        """Keep requests, as `add` keeps rows."""
        ...

    async def requests(
        self, *, key: str | None = None, outcome: str | None = None, before: float | None = None, most: int = 100
    ) -> list[RequestEntry]:
        """The latest requests of the log, newest first, without their bodies; `before` a moment."""
        ...

    async def request(self, id: str) -> RequestEntry | None:
        """The latest request of that id, with its bodies."""
        ...

    async def prune(self, *, usage_before: float | None = None, requests_before: float | None = None) -> int:
        """Remove what began before these moments; how much was removed. Sums of days stay."""
        ...


def open_store(
    url: str,
    beside: str | os.PathLike[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    sure: bool = False,
) -> Store:
    """The store of a configuration's `[store] url`; nothing is opened yet.

    "" is the file franca.db in the folder `beside`; in memory, for as long as the process lives, without a folder.
    "sqlite:PATH" is a file (relative to `beside`), "postgresql://..." a database, "none" keeps nothing. `sure` waits
    for the disk at each step of SQLite, so that a loss of power loses nothing. "env:NAME" and "file:PATH" name where
    the URL is. Raises BadUsage.
    """
    url = secret_of(url, environ)  # with a password in it, it is better kept in a variable
    if url == "none":
        from .nowhere import Nowhere

        return Nowhere()
    scheme, colon, rest = url.partition(":")
    if colon and scheme in ("postgres", "postgresql"):
        from .postgres import PostgresStore

        return PostgresStore(url)
    from .sqlite import SqliteStore

    folder = os.getcwd() if beside is None else os.fspath(beside)
    if url in ("", "memory"):
        kept = url == "" and beside is not None
        return SqliteStore(os.path.join(folder, "franca.db") if kept else None, sure=sure)
    if colon and scheme == "sqlite" and rest.strip("/"):
        # sqlite:///srv/franca.db is written for /srv/franca.db in many places.
        path = os.path.expanduser("/" + rest.lstrip("/") if rest.startswith("//") else rest)
        return SqliteStore(os.path.join(folder, path), sure=sure)
    said = f"a URL that begins with {scheme!r}" if colon else "that"
    raise BadUsage(f'[store] url: {said} is no store; write "sqlite:PATH", "postgresql://USER@HOST/NAME" or "none"')
