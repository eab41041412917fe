"""The list of models: those of all servers and the aliases, with what each can do, as far as the key may use them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from ..errors import FrancaError
from ..facts import NO_FACTS, facts_for
from ..wire.models import Model
from .config.shape import Config
from .keys.record import VirtualKey, matches
from .problem import Problem

if TYPE_CHECKING:
    from .relay.upstream import Upstream
    from .routing.table import RouteTable

__all__ = ["Fetch", "ModelList", "listed"]

Fetch = Callable[[str], Awaitable[list[dict[str, Any]]]]
"""The models of a server, by its name, as the server lists them. Raises FrancaError."""

_FRESH = 300.0
"""Seconds that a list is believed."""
_AGAIN = 30.0
"""Seconds after which a server is asked again that did not answer."""
_PATIENCE = 5.0
"""Seconds that one server may take."""
_MOST = 10_000  # models of a server
_LONGEST_ID = 512
_MOST_KEPT = 64  # encoded lists, one for each set of models that keys may use


class _Log(Protocol):
    def info(self, text: str) -> None: ...
    def warning(self, text: str) -> None: ...


class _Gateway(Protocol):
    """What is wanted of the gateway."""

    @property
    def config(self) -> Config: ...
    @property
    def servers(self) -> Mapping[str, Upstream]: ...
    @property
    def routes(self) -> RouteTable: ...
    @property
    def log(self) -> _Log: ...


class ModelList:
    """The models of one configuration. The servers are asked at the same time, by the first caller who wants to know;
    later ones are given what is known while it is asked anew in the background. A server that does not answer keeps
    the list it had.

    `fetch` is by default the server's own list, asked with its own key. `before` is the list of the configuration
    before this one: what it knows of servers that are still the same goes on.
    """

    def __init__(
        self,
        gateway: _Gateway,
        fetch: Fetch | None = None,
        *,
        patience: float = _PATIENCE,
        before: ModelList | None = None,
    ) -> None:
        self._config = gateway.config
        self._servers = gateway.servers
        self._routes = gateway.routes
        self._log = gateway.log
        self._fetch = self._get if fetch is None else fetch
        self._patience = patience
        self._told: dict[str, list[dict[str, Any]]] = {}
        self._due: dict[str, float] = {}
        self._down: set[str] = set()
        if before is not None:
            for name in [name for name, one in self._servers.items() if before._servers.get(name) is one]:
                if name in before._due:
                    self._due[name] = before._due[name]
                if name in before._told:
                    self._told[name] = before._told[name]
                if name in before._down:
                    self._down.add(name)
        self._asking: asyncio.Task[None] | None = None
        self._by_id: dict[str, dict[str, Any]] = {}
        self._bodies: dict[tuple[tuple[str, ...], ...], bytes] = {}
        self._merge()
        self._routes.listed = self.ids

    def ids(self) -> Iterable[str]:
        """The names that are known now, without asking anybody."""
        return self._by_id

    async def body(self, key: VirtualKey | None = None) -> bytes:
        """The answer to GET /v1/models: {"object": "list", "data": [...]}, of what this key may use."""
        await self._ready()
        patterns = () if key is None else (key.models, key.team_models)
        body = self._bodies.get(patterns)
        if body is None:
            data = [one for name, one in self._by_id.items() if key is None or key.may_use(name)]
            if len(self._bodies) >= _MOST_KEPT:
                self._bodies.clear()
            body = self._bodies[patterns] = _encoded({"object": "list", "data": data})
        return body

    async def one(self, name: str, key: VirtualKey | None = None) -> dict[str, Any]:
        """The answer to GET /v1/models/{id}. Raises Problem 404, also for a model that the key may not use."""
        await self._ready()
        found = self._by_id.get(name)
        if found is None or (key is not None and not key.may_use(name)):
            shown = name if len(name) <= 100 else name[:100] + "..."
            raise Problem(404, f"there is no model {shown!r}; see /v1/models", "model_not_found", param="model")
        return found

    async def close(self) -> None:
        """Stop asking."""
        asking, self._asking = self._asking, None
        if asking is not None:
            asking.cancel()
            await asyncio.wait([asking])

    # ---- asking ---------------------------------------------------------------------------------

    async def _ready(self) -> None:
        """Wait for servers that have never been asked; what is only old is asked anew without waiting."""
        now = monotonic()
        due = [name for name in self._servers if self._due.get(name, 0.0) <= now]
        asking = self._asking
        if asking is not None and (asking.done() or asking.get_loop() is not asyncio.get_running_loop()):
            asking = None
        if due and asking is None:
            asking = self._asking = asyncio.create_task(self._ask(due), name="franca: models")
        if asking is not None and any(name not in self._due for name in due):
            await asyncio.wait([asking])  # who leaves does not stop it: others wait too

    async def _ask(self, names: list[str]) -> None:
        await asyncio.gather(*(self._ask_one(name) for name in names))
        self._merge()

    async def _ask_one(self, name: str) -> None:
        try:
            async with asyncio.timeout(self._patience):
                told = await self._fetch(name)
        except Exception as error:  # of the answer of a server nothing is certain; the others' must not suffer
            why = error.message if isinstance(error, FrancaError) else type(error).__name__
            if isinstance(error, TimeoutError):
                why = f"no answer within {self._patience:g} seconds"
            self._due[name] = monotonic() + _AGAIN
            if name not in self._down:
                self._down.add(name)
                self._log.warning(f"the server {name} does not list its models: {why[:300]}")
            return
        self._due[name] = monotonic() + _FRESH
        self._told[name] = told[:_MOST]
        if name in self._down:
            self._down.discard(name)
            self._log.info(f"the server {name} lists its models again")

    async def _get(self, name: str) -> list[dict[str, Any]]:
        from ..flow.catalog import list_models
        from ..flow.core import arun
        from ..io.drive import Asynchronous

        upstream = self._servers[name]
        flow = list_models(upstream.sessions[0], {"deadline": self._patience, "retries": 0})
        models = await arun(flow, Asynchronous(upstream.transport))
        # Every shape of list has become one; its id is where a caller finds it, whatever the server calls it.
        return [{**model.to_dict(), "id": model.id} for model in models if model.id is not None]

    # ---- merging --------------------------------------------------------------------------------

    def _merge(self) -> None:
        """Put the list together from what the servers told last."""
        found: dict[str, dict[str, Any]] = {}
        for server in self._servers:
            for one in self._of(server):
                found.setdefault(one["id"], one)
        aliases: dict[str, dict[str, Any]] = {}
        for name, table in self._config.models.items():
            if not table.hidden:
                aliases[name] = self._alias(name, found)
        self._by_id = aliases | {name: one for name, one in found.items() if name not in self._config.models}
        self._bodies.clear()

    def _of(self, server: str) -> Iterable[dict[str, Any]]:
        """The models of one server: those that it is to offer, or all that it told."""
        table = self._config.servers.get(server)
        offered = () if table is None else table.models
        seen = set()
        for told in self._told.get(server, ()):
            name = _name_of(told)
            if name and matches(name, offered):
                seen.add(name)
                yield _entry(server, name, told)
        for name in offered:
            if name not in seen and name[-1:] != "*":
                yield _entry(server, name, {})

    def _alias(self, name: str, found: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """An alias can do what all its targets can."""
        about: dict[str, Any] = {"alias": True}
        targets = [found.get(f"{hop.server}/{hop.model}", {}).get("franca", {}) for hop in self._routes.targets(name)]
        lengths = [one.get("context_length") for one in targets]
        if lengths and None not in lengths:
            about["context_length"] = min(lengths)
        supports = [one.get("supports") for one in targets]
        if supports and None not in supports:
            about["supports"] = [word for word in supports[0] if all(word in one for one in supports)]
        return {"id": name, "object": "model", "created": 0, "owned_by": "franca", "franca": about}


def _encoded(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a character in what a server said
        import json

        return json.dumps(value).encode()


def listed(server: str, told: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The models that a server told, each by the server's own name of it."""
    return [{**_entry(server, name, one), "id": name} for one in told if (name := _name_of(one))]


def _name_of(told: dict[str, Any]) -> str:
    """A model's name as its server tells it; "" for what is none."""
    name = told.get("id")
    return name if type(name) is str and len(name) <= _LONGEST_ID else ""


def _entry(server: str, name: str, told: dict[str, Any]) -> dict[str, Any]:
    """One model as it is listed: all that its server said, in the shape that every client reads, and what we know."""
    created, owner = told.get("created"), told.get("owned_by")
    about: dict[str, Any] = {"server": server, "model": name}
    length = Model(told).context_length
    if length is not None:
        about["context_length"] = length
    modalities = _modalities(told)
    if modalities:
        about["modalities"] = modalities
    supports = _supports(name, told)
    if supports:
        about["supports"] = supports
    return {
        **told,
        "id": f"{server}/{name}",
        "object": "model",
        "created": created if type(created) is int else 0,
        "owned_by": owner if type(owner) is str else server,
        "franca": about,
    }


def _modalities(told: dict[str, Any]) -> dict[str, list[str]]:
    """What goes in and what comes out, where a server tells it."""
    found = {}
    architecture = told.get("architecture")
    if type(architecture) is dict:
        for side in ("input", "output"):
            named = architecture.get(f"{side}_modalities")
            if type(named) is list and named:
                found[side] = [word for word in named if type(word) is str]
    return found


_PARAMETERS = {
    "tools": "tools",
    "response_format": "json_object",
    "structured_outputs": "json_schema",
    "reasoning": "reasoning",
}


def _supports(name: str, told: dict[str, Any]) -> list[str]:
    """What a model can do, by its server's list of parameters and by what is known of its family: "tools",
    "json_object", "json_schema", "reasoning". What nobody tells is left out."""
    named = told.get("supported_parameters")
    words = [word for field, word in _PARAMETERS.items() if field in named] if type(named) is list else []
    facts = facts_for(name)
    if facts is not NO_FACTS:
        if facts.reasons and "reasoning" not in words:
            words.append("reasoning")
        if type(named) is not list:
            words += [word for word in facts.response_formats or () if word not in words]
    return words
