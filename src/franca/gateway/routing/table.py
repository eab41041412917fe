"""From the model that a caller names to the servers that are asked, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from ...errors import BadUsage
from ..config.shape import Config, ModelTable
from ..keys.record import matches
from ..problem import Problem
from .plan import Hop, Plan

if TYPE_CHECKING:
    from ..keys.record import VirtualKey

__all__ = ["Hop", "Route", "RouteTable", "Sticky"]

Sticky = Literal["", "session", "user", "key"]

_MOST_KNOWN = 4096  # names that are remembered with their routes
_LONGEST_NAME = 512
_MOST_NAMES = 10  # of models, in an error
_MOST_COMPARED = 2000
_MOST_WORK = 25_000  # of comparing, letters by letters
_DEEPEST = 50


class Route(Struct, frozen=True):
    """Where a request goes.

    hops        the servers to ask in order, with the model as each calls it
    deadline    seconds for all of them, until an answer begins; None: that of [routing]
    structured  whether a schema is seen to by the gateway
    """

    hops: tuple[Hop, ...]
    deadline: float | None = None
    structured: bool = True


class _Alias:
    """A name whose route is chosen for each request anew."""

    __slots__ = ("_made", "plan", "table")

    def __init__(self, table: ModelTable, plan: Plan) -> None:
        self.table = table
        self.plan = plan
        self._made: dict[tuple[Hop, ...], Route] = {}

    def route(self, hops: tuple[Hop, ...]) -> Route:
        made = self._made.get(hops)
        if made is None:
            if len(self._made) >= _MOST_KNOWN:
                self._made.clear()
            made = self._made[hops] = Route(hops, self.table.deadline, self.table.structured)
        return made


class RouteTable:
    """The names of one configuration. `servers` are the names of the servers that are there.

    A name is looked up as an alias of [models], as SERVER/MODEL, as a model that exactly one server lists in its
    `models`, and else goes to `default_server` as it is. Raises BadUsage for aliases that lead nowhere or in a circle.

    `listed` may be set to what gives further names (the live list of models), for "did you mean".
    """

    def __init__(self, config: Config, servers: Iterable[str]) -> None:
        self._config = config
        self._servers = frozenset(servers)
        self._default = config.gateway.default_server
        if self._default is not None and self._default not in self._servers:
            raise BadUsage(f"default_server: there is no server {self._default!r}", param="default_server")
        self._offers: dict[str, list[str]] = {}
        for server, one in config.servers.items():
            if server in self._servers:
                for offered in one.models:
                    self._offers.setdefault(offered, []).append(server)
        self.listed: Callable[[], Iterable[str]] = tuple
        self._known: dict[str, Route | _Alias] = {}
        self._aliases: dict[str, Route | _Alias] = {}
        plans: dict[str, Plan] = {}
        for name, model in config.models.items():
            plan = self._plan_of(name, plans, ())
            alias = _Alias(model, plan)
            fixed = plan.fixed
            self._aliases[name] = alias if fixed is None else alias.route(fixed)

    def route(
        self, model: str, *, sticky: str | None, chance: Callable[[], float], key: VirtualKey | None = None
    ) -> Route:
        """The route of a model by the name that the caller wrote.

        sticky  what keeps this caller at one server, where the alias wants it (see `sticky_by`)
        chance  a number from 0 up to 1, for the choice by weight
        key     of the caller: an error names only models that it may use

        Raises Problem: 404 `model_not_found`, 400 when no model is named and there is no default server.
        """
        found = self._known.get(model)
        if found is None:
            found = self._find(model, key)
        if type(found) is Route:
            return found
        assert isinstance(found, _Alias)
        by = sticky if found.table.sticky and sticky else None
        return found.route(found.plan.order(by, chance))

    def sticky_by(self, model: str) -> Sticky:
        """What keeps callers of this model at one server: "session", "user", "key", or "" for nothing."""
        table = self._config.models.get(model)
        return "" if table is None else table.sticky

    def targets(self, alias: str) -> tuple[Hop, ...]:
        """All servers and models that an alias may lead to; () for what is none."""
        found = self._aliases.get(alias)
        if found is None:
            return ()
        return found.hops if isinstance(found, Route) else found.plan.all()

    def names(self) -> Iterator[str]:
        """The names that the configuration itself tells: aliases that are not hidden, and the models of servers."""
        for name, table in self._config.models.items():
            if not table.hidden:
                yield name
        for server, one in self._config.servers.items():
            if server in self._servers:
                yield from (f"{server}/{model}" for model in one.models if model[-1:] != "*")

    # ---- names ----------------------------------------------------------------------------------

    def _find(self, model: str, key: VirtualKey | None) -> Route | _Alias:
        found = self._aliases.get(model)
        if found is None:
            if len(model) > _LONGEST_NAME:
                raise Problem(404, f"there is no model with a name of {len(model)} characters", "model_not_found")
            hop = self._hop_of(model, named_by_caller=True)
            if hop is None:
                raise self._unknown(model, key)
            found = Route((hop,))
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[model] = found
        return found

    def _hop_of(self, name: str, *, named_by_caller: bool) -> Hop | None:
        """Where a name leads that is no alias. What a server offers binds callers, not the configuration."""
        server, slash, model = name.partition("/")
        if slash and server in self._servers:
            offered = self._config.servers[server].models if server in self._config.servers else ()
            if not model or (named_by_caller and offered and not matches(model, offered)):
                return None
            return Hop(server, model)
        offering = self._offers.get(name, ())
        if len(offering) == 1:
            return Hop(offering[0], name)
        return None if self._default is None else Hop(self._default, name)

    def _plan_of(self, name: str, plans: dict[str, Plan], above: tuple[str, ...]) -> Plan:
        """The plan of an alias, made of those that it leads to."""
        made = plans.get(name)
        if made is not None:
            return made
        if name in above:
            raise BadUsage(f"[models] leads in a circle: {' -> '.join([*above[above.index(name) :], name])}")
        if len(above) > _DEEPEST:
            raise BadUsage(f"[models.{name}]: more than {_DEEPEST} aliases lead to each other")
        table = self._config.models[name]
        ways = []
        for way in (table.to,) if isinstance(table.to, str) else table.to:
            target, weight = (way, 1.0) if isinstance(way, str) else (way.model, way.weight)
            if not 0 < weight < float("inf"):
                raise BadUsage(f"[models.{name}]: the weight of {target!r} must be a number above 0")
            ways.append((self._step(name, target, plans, above), weight))
        if not ways:
            raise BadUsage(f"[models.{name}]: to names no model")
        rest = [self._step(name, target, plans, above) for target in table.fallbacks]
        made = plans[name] = Plan(tuple(ways), tuple(rest))
        return made

    def _step(self, name: str, target: str, plans: dict[str, Plan], above: tuple[str, ...]) -> Plan | Hop:
        if target in self._config.models:
            return self._plan_of(target, plans, (*above, name))
        hop = self._hop_of(target, named_by_caller=False)
        if hop is None:
            raise BadUsage(f"[models.{name}]: {target!r} is neither an alias nor a model of a server that is there")
        return hop

    # ---- errors ---------------------------------------------------------------------------------

    def _unknown(self, model: str, key: VirtualKey | None) -> Problem:
        if not model:
            return Problem(400, 'the request names no model: set the field "model"', "model_missing", param="model")
        shown = repr(model if len(model) <= 100 else model[:100] + "...")
        server, slash, rest = model.partition("/")
        names = [name for name in self._candidates() if key is None or key.may_use(name)]
        offering = [f"{one}/{model}" for one in self._offers.get(model, ())]
        allowed = [name for name in offering if name in names]
        if len(allowed) > 1:
            text = f"several servers have a model {shown}: write {' or '.join(allowed[:_MOST_NAMES])}"
        else:
            if slash and rest and server in self._servers:
                what = f"the server {server!r} does not offer the model {shown[1:-1][len(server) + 1 :]!r} here"
            else:
                what = f"there is no model {shown}"
            text = what + _guess(model, names)
        return Problem(404, text, "model_not_found", param="model")

    def _candidates(self) -> list[str]:
        found = dict.fromkeys(self.names())
        for name in self.listed():
            if len(found) >= _MOST_COMPARED:
                break
            found.setdefault(name)
        return list(found)


def _worth_comparing(wanted: str, names: list[str]) -> list[str]:
    """The names of about the same length, those that begin or end alike first; only so many that comparing them, beside
    which nobody else is served, takes some milliseconds."""
    size, start, end = len(wanted), wanted[:3], wanted[-3:]
    rated = [
        ((name[:3].lower() != start) + (name[-3:].lower() != end), abs(len(name) - size), name)
        for name in names
        if 2 * abs(len(name) - size) <= max(len(name), size)
    ]
    rated.sort()
    found: list[str] = []
    room = _MOST_WORK
    for _, _, name in rated:
        room -= len(name) * size
        if room < 0 and found:
            break
        found.append(name)
    return found


def _guess(model: str, names: list[str]) -> str:
    """What may have been meant, and at most ten names."""
    if not names:
        return "; models are named SERVER/MODEL, see /v1/models"
    wanted = model.lower()
    near = [name for name in names if name.lower().rpartition("/")[2] == wanted or name.lower() == wanted]
    if not near and len(model) <= 100:
        from difflib import get_close_matches

        near = get_close_matches(model, _worth_comparing(wanted, names), n=3, cutoff=0.7)
    if near:
        return f"; did you mean {' or '.join(repr(name) for name in near[:3])}?"
    more = f" and {len(names) - _MOST_NAMES} more (see /v1/models)" if len(names) > _MOST_NAMES else ""
    return f"; there are: {', '.join(names[:_MOST_NAMES])}{more}"
