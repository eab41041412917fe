"""Asking for what models can do: the list of models, fetched once for all callers and again when it is too old.

`Knowledge` decides, under a lock that is handed in, and does no I/O; the flows below do what it decided. One caller
fetches while the others wait for it. When the list cannot be had, what is there is used: an older list, a kept one, or
none, and for a minute nobody tries again, so that a program without network is not held up at every question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from ...errors import BadUsage, FrancaError, NotFound, ProtocolError
from ...faults import Origin
from ...wire.openrouter.catalogue import PARAMETERS
from ...wire.response import Response, excerpt
from ..ask import split_options
from ..core import Flow
from ..options import Limits
from ..plain import address, keyless, plain, read_object
from ..session import Session
from .capability import (
    Capability,
    Table,
    Words,
    capability,
    checked_name,
    plain_name,
    structured_models,
)

__all__ = ["Knowledge", "Store", "ask_capability", "ask_models", "ask_support"]

PATIENCE = 30.0
"""Seconds for the list with all tries, unless the client has a shorter deadline, or the call one of its own."""
PAUSE = 60.0
"""Seconds without a further try after one that failed."""
MOST_ENDPOINTS = 256
"""Models of which the endpoints are remembered."""

_ALIKE = 0.86  # "tool" is 0.89 like "tools", "top_n" 0.8 like "top_p"

Lock = AbstractContextManager[Any]
Offers = tuple[tuple[str, ...] | None, ...]
"""The parameters that each endpoint of a model heeds; None for an endpoint that does not tell."""


class Store(Protocol):
    """Where a list outlives its process. Neither method raises."""

    def load(self, base_url: str) -> Table | None:
        """The list of this server that was kept last."""
        ...

    def keep(self, base_url: str, table: Table) -> None:
        """Keep this one."""
        ...


class Turn:
    """A caller that waits while another one fetches the list; a waiter of the verb "pause"."""

    __slots__ = ("wake", "woken")

    def __init__(self) -> None:
        self.wake: Callable[[], Any] | None = None
        self.woken = False


class Known(NamedTuple):
    """The list, None without one, and whether it is within its lifetime and was fetched by this process."""

    table: Table | None
    live: bool


class Knowledge:
    """What a client and those made of it know of models: the list, the endpoints that were asked for, the user's word.

    lock      held for moments only, never while anybody is asked. One that its holder may take again: a flow that is
              thrown away gives up its part wherever the garbage collector finds it
    lifetime  seconds for which a list is believed
    store     keeps lists between processes; None: in memory only
    """

    def __init__(self, lock: Lock, lifetime: float, store: Store | None = None, words: Words | None = None) -> None:
        self._lock = lock
        self.lifetime = lifetime
        self._store = store
        self._words = words or Words()
        self._table: Table | None = None
        self._fetched = False  # the table came from the server itself, not from the file
        self._until = 0.0  # monotonic: nobody tries before this time
        self._flight: tuple[float, dict[Turn, None]] | None = (
            None  # until when to believe in whoever fetches; who waits
        )
        self._offers: dict[str, tuple[float, Offers]] = {}

    @property
    def words(self) -> Words:
        """What the user said."""
        return self._words

    def say(self, name: str, can: bool) -> None:
        """Note the user's word about a model."""
        with self._lock:
            self._words = self._words.saying(name, can)

    def restart(self, lock: Lock) -> None:
        """In the child of a fork: whoever fetched is not there, and the lock may be held for ever."""
        self._lock = lock
        self._flight = None

    # ---- the list ----------------------------------------------------------------------------------------

    def known(self, wall: float) -> Known:
        """What is there now, however old."""
        return Known(self._table, self._fetched and self.is_fresh(self._table, wall))

    def enter(self, wall: float, clock: float, patience: float) -> Known | Turn | None:
        """What is known; or a turn to wait for; or None: the caller fetches, and then calls `leave`."""
        turn = Turn()
        with self._lock:
            if self.is_fresh(self._table, wall) or clock < self._until:
                return self.known(wall)
            flight = self._flight
            if flight is not None and clock < flight[0]:
                flight[1][turn] = None
                return turn
            self._flight = (clock + patience, {} if flight is None else flight[1])
            return None

    def forget(self, turn: Turn) -> None:
        """Nobody waits with this turn any more."""
        with self._lock:
            if self._flight is not None:
                self._flight[1].pop(turn, None)

    def leave(self, clock: float, table: Table | None = None, *, pause: float = 0.0, fetched: bool = True) -> None:
        """Whoever was to fetch is done: with this table, or with none; then nobody tries for `pause` seconds."""
        with self._lock:
            # Whoever was not believed in any more may be late, with a list out of the file that is older than ours now.
            if table is not None and (fetched or self._table is None or table.as_of > self._table.as_of):
                self._table = table
                self._fetched = fetched
            self._until = clock + pause
            turns = () if self._flight is None else tuple(self._flight[1])
            self._flight = None
        for turn in turns:
            turn.woken = True
            if (wake := turn.wake) is not None:
                with suppress(RuntimeError):  # its event loop is closed: nobody waits there any more
                    wake()

    def kept(self, base_url: str, wall: float) -> Table | None:
        """The list in the file, if it is newer than the one here. One from the future is only better than none."""
        table = None if self._store is None else self._store.load(base_url)
        if table is None or self._table is None or self._table.as_of < table.as_of <= wall:
            return table
        return None

    def keep(self, base_url: str, table: Table) -> None:
        """Keep the list for the next process."""
        if self._store is not None:
            self._store.keep(base_url, table)

    def is_fresh(self, table: Table | None, wall: float) -> bool:
        """Whether a list is within its lifetime. One from the future is not: a clock was set."""
        return table is not None and 0.0 <= wall - table.as_of < self.lifetime

    # ---- endpoints ---------------------------------------------------------------------------------------

    def offers(self, model: str, wall: float) -> Offers | None:
        """The endpoints of a model, when they were asked for within the lifetime."""
        with self._lock:
            as_of, offers = self._offers.get(model, (0.0, None))
        return offers if 0.0 <= wall - as_of < self.lifetime else None

    def remember(self, model: str, offers: Offers, wall: float) -> None:
        """Note the endpoints of a model, and forget those that were noted longest ago."""
        with self._lock:
            self._offers.pop(model, None)
            self._offers[model] = (wall, offers)
            while len(self._offers) > MOST_ENDPOINTS:
                del self._offers[next(iter(self._offers))]


def ask_capability(session: Session, knowledge: Knowledge, model: str, given: Mapping[str, Any]) -> Flow[Capability]:
    """What is known of a model, after a look whether the list is fresh enough."""
    name = checked_name(model)
    known = yield from _latest(session, knowledge, given)
    return capability(name, known.table, knowledge.words, fresh=known.live)


def ask_models(session: Session, knowledge: Knowledge, given: Mapping[str, Any]) -> Flow[list[str]]:
    """The models that answer in a given JSON schema."""
    known = yield from _latest(session, knowledge, given)
    return structured_models(known.table, knowledge.words)


def ask_support(
    session: Session,
    knowledge: Knowledge,
    model: str,
    parameter: str,
    given: Mapping[str, Any],
    *,
    every_endpoint: bool = False,
) -> Flow[bool]:
    """Whether a model is known to heed a field of the request: at one of its endpoints, or at every one."""
    if not isinstance(parameter, str) or not parameter:
        raise BadUsage(f"a parameter is named by a text such as 'tools', not {parameter!r}", param="parameter")
    found = yield from ask_capability(session, knowledge, model, given)
    can = found.supports(parameter)
    if can is not True:
        _check_parameter(parameter, knowledge.known(session.wall()).table)
    if not every_endpoint or can is False or (found.source == "user" and parameter == "structured_outputs"):
        return can is True
    offers = yield from _offers(session, knowledge, found.id or plain_name(found.model), given)
    return bool(offers) and all(offer is not None and parameter in offer for offer in offers)


def _check_parameter(parameter: str, table: Table | None) -> None:
    """BadUsage for a name that is a known one misspelt: a plain no would look like an answer."""
    if parameter in PARAMETERS:
        return
    if table is not None and any(parameter in row.get("supported_parameters", ()) for row in table.rows.values()):
        return
    from difflib import get_close_matches

    near = get_close_matches(parameter, PARAMETERS, n=1, cutoff=_ALIKE)
    if near:
        raise BadUsage(f"no model has a parameter {parameter!r}; did you mean {near[0]!r}?", param="parameter")


def _latest(session: Session, knowledge: Knowledge, given: Mapping[str, Any]) -> Flow[Known]:
    """The list as fresh as it can be had."""
    limits = _limits(session, given)
    patience = limits.deadline or PATIENCE
    end = session.clock() + patience
    while True:
        now = session.clock()
        entered = knowledge.enter(session.wall(), now, min(patience, PATIENCE))
        if isinstance(entered, Known):
            return entered
        if entered is None:
            known = yield from _refresh(session, knowledge, limits)
            return known
        try:
            if now >= end:
                return knowledge.known(session.wall())
            yield ("pause", entered, min(end - now, PATIENCE))
        finally:
            knowledge.forget(entered)  # woken, tired of it, or cancelled


def _refresh(session: Session, knowledge: Knowledge, limits: Limits) -> Flow[Known]:
    """Take the list out of the file when another process put a fresh one there, else fetch it."""
    base_url = session.target.base_url
    try:
        kept = knowledge.kept(base_url, session.wall())
        if knowledge.is_fresh(kept, session.wall()):
            knowledge.leave(session.clock(), kept, fetched=False)
            return knowledge.known(session.wall())
        table: Table = yield from plain(
            session, "models", "GET", address(session, "models", {"output_modalities": "all"}), limits, _read_table,
            shown=lambda _: None,
        )  # fmt: skip
    except BadUsage:
        knowledge.leave(session.clock())
        raise
    except FrancaError as error:
        pause = max(PAUSE, min(error.retry_after or 0.0, 60 * PAUSE))
        knowledge.leave(session.clock(), kept, pause=pause, fetched=False)
        return knowledge.known(session.wall())
    except BaseException:
        knowledge.leave(session.clock())  # given up, perhaps by the garbage collector: the next in line fetches
        raise
    knowledge.leave(session.clock(), table)
    knowledge.keep(base_url, table)
    return Known(table, True)


def _read_table(response: Response, origin: Origin, session: Session) -> Table:
    rows = read_object(response, origin, session).get("data")
    table = Table(rows if isinstance(rows, list) else (), session.wall())
    if not table.rows:  # an empty list would make every model unknown, also those of an older list
        raise response.fault(ProtocolError, f"the answer holds no models: {excerpt(response.content)}")
    return table


def _offers(session: Session, knowledge: Knowledge, id: str, given: Mapping[str, Any]) -> Flow[Offers]:
    """What each endpoint of a model heeds; () for a model that OpenRouter does not have. Raises as any call."""
    author, _, slug = id.partition("/")
    if {author, slug} & {"", ".", ".."}:
        return ()
    known = knowledge.offers(id, session.wall())
    if known is not None:
        return known

    def understand(response: Response, origin: Origin, session: Session) -> Offers:
        data = read_object(response, origin, session).get("data")
        rows = data.get("endpoints") if isinstance(data, dict) else None
        if not isinstance(rows, list):
            raise response.fault(ProtocolError, f"the answer holds no endpoints: {excerpt(response.content)}")
        return tuple(_heeded(row) for row in rows)

    url = address(session, f"models/{quote(author, safe='~@')}/{quote(slug, safe=':')}/endpoints")
    try:
        made: Offers = yield from plain(
            session, "model_endpoints", "GET", url, _limits(session, given), understand, shown=lambda _: None
        )
    except NotFound:
        made = ()
    knowledge.remember(id, made, session.wall())
    return made


def _heeded(row: Any) -> tuple[str, ...] | None:
    names = row.get("supported_parameters") if isinstance(row, dict) else None
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else None


def _limits(session: Session, given: Mapping[str, Any]) -> Limits:
    """The limits of the call, with a deadline in any case. Without a key none is sent: the lists are public."""
    limits, rest = split_options(session, given)
    if rest:
        raise BadUsage(f"what a model can do is asked for without {', '.join(rest)}")
    limits = keyless(session, limits)
    if "deadline" not in given:  # the client's own is meant for answers of models, which take longer than a list
        limits = limits._replace(deadline=min(limits.deadline or PATIENCE, PATIENCE))
    return limits
