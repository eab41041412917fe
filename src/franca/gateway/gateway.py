"""What one gateway is made of: its servers, routes, keys, limits, store and observers, built from a configuration and
changed by another without dropping a request."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from .. import __version__
from ..errors import BadUsage
from ..prices import price_source
from .background import Background
from .config.secret import secret_of
from .config.sessions import session_options
from .config.shape import Config
from .cors import Cors
from .door import require_admin
from .foreign import ForeignServers
from .kept.shelf import Shelf
from .keys.made import config_keys, with_teams
from .keys.ring import KeyRing
from .models import ModelList
from .quota.opening import open_quota
from .relay.attendance import Rounds
from .relay.upstream import Upstream
from .routing.health import Health
from .routing.table import RouteTable
from .seen.log import Log
from .seen.metrics import Metrics
from .seen.spans import Spans
from .store.base import StoreDown, open_store
from .store.ledger import Ledger
from .store.requests import RequestLog

if TYPE_CHECKING:
    from .cache.base import AnswerCache
    from .exchange import Exchange
    from .keys.record import VirtualKey
    from .quota.admission import Quota
    from .seen.board import Board

__all__ = ["Gateway"]

Observer = Callable[["Exchange", float], None]

_PATIENCE = 3.0
"""Seconds that the store may take at the start; it is asked again later."""
_KEYS_EVERY = 1.0
"""Seconds between two looks whether another process changed a key."""


class Gateway:
    """The state behind one application. `path` is the file of the configuration, None for one that is in no file.

    `environ` is where secrets are read. Making it opens nothing; `start` does. Raises BadUsage for a configuration that
    cannot work.
    """

    def __init__(
        self,
        config: Config,
        path: str | None = None,
        environ: Mapping[str, str] | None = None,
        board: Board | None = None,
    ) -> None:
        self.path = path
        self.environ = os.environ if environ is None else environ
        self.log = Log(config.log)
        self.metrics = Metrics(board=board)
        self.draining = False
        self.ring = KeyRing()
        self.servers: dict[str, Upstream] = {}
        beside = None if path is None else os.path.dirname(os.path.abspath(path))
        self.store = open_store(config.store.url, beside, environ=self.environ)
        self.ledger = Ledger(self.store, config.store, config.requests)
        self.request_log = RequestLog(self.store, config.requests) if config.requests.enabled else None
        shared = beside if beside is not None or board is None else board.folder
        self.quota: Quota = open_quota(
            msgspec.structs.replace(config.limits, url=secret_of(config.limits.url, self.environ)),
            workers=config.gateway.workers,
            beside=shared,
            spent=self.store.spent,
        )
        self.cache: AnswerCache | None = None
        if config.cache.enabled:
            from .cache import open_cache

            self.cache = open_cache(
                msgspec.structs.replace(config.cache, url=secret_of(config.cache.url, self.environ))
            )
        self.spans = Spans(config) if config.otel.enabled else None
        self.observers: list[Observer] = [self.metrics.finished, self.log.finished]
        if self.spans is not None:
            self.observers.append(self.spans.finished)
        if self.request_log is not None:
            self.observers.append(self.request_log.note)
        self.rounds = Rounds()
        self.kept = Shelf(config)
        self._background = Background()
        self._stored_keys: list[VirtualKey] = []
        self._lost_teams: set[str] = set()
        self._keys_version: int | None = None
        self._store_seen = False
        self._started = False
        self._adopt(config, self._build(config))

    # ---- configuration --------------------------------------------------------------------------------

    def _build(self, config: Config) -> dict[str, Upstream]:
        """The servers of a configuration; those that did not change are the ones that are there, with all they know."""
        prices = _prices(config)
        servers = {}
        for name, one in config.servers.items():
            given = session_options(name, one, self.environ)
            known = self.servers.get(name)
            if known is not None and known.given == given and known.table == one and known.routing == config.routing:
                servers[name] = known
            else:
                servers[name] = Upstream(
                    name, one, given, config.routing,
                    version=__version__, prices=prices, max_connections=config.gateway.max_connections,
                )  # fmt: skip
        return servers

    def _adopt(self, config: Config, servers: dict[str, Upstream]) -> None:
        routes = RouteTable(config, servers)
        admin_key = config.gateway.admin_key
        admin_secret = None if admin_key is None else secret_of(admin_key, self.environ)
        if admin_secret is not None and not admin_secret.strip():
            raise BadUsage("gateway.admin_key is empty")
        keys = config_keys(config, self.environ)
        prices = _prices(config)
        foreign = ForeignServers(config, prices)
        # Nothing fails from here on.
        for upstream in servers.values():
            upstream.price_by(prices)
        self.admin_key = admin_secret
        self.config = config
        self.servers = servers
        self.routes = routes
        self.kept.configure(config)
        self.models = ModelList(self, before=getattr(self, "models", None))
        self.foreign = foreign
        self.cors = Cors(config.cors)
        self.base_path = "/" + config.gateway.base_path.strip("/") if config.gateway.base_path.strip("/") else ""
        self.forwards = {name.lower().encode(): name for name in config.gateway.forward_headers}
        self._config_keys = keys
        self._fill_ring()

    def reload(self, config: Config) -> None:
        """Take another configuration from the next request on. Requests under way end by the one they began with; what
        concerns the listening, the store and the limits' address needs a new start, which the log says.

        Raises BadUsage and changes nothing when it cannot work.
        """
        before, servers, foreign = self.config, self.servers, self.foreign
        self._adopt(config, self._build(config))
        for name, upstream in servers.items():
            if self.servers.get(name) is not upstream and self._started:  # what is in use ends first
                self._background.begin(f"close {name}", upstream.transport.close())
        if self._started:
            self._background.begin("close servers by URL", foreign.close())
        if self.spans is not None:
            self.spans.configure(config)
        for name in ("store", "limits", "cache", "otel", "requests", "log"):
            if getattr(before, name) != getattr(config, name):
                self.log.warning(f"[{name}] changed in the configuration: that needs a new start")
        if self._started:
            self._watch_health()

    def _fill_ring(self) -> None:
        """The keys of the store and those of the configuration, with what their teams may."""
        lost = {key.team for key in self._stored_keys if key.team is not None} - self.config.teams.keys()
        if lost - self._lost_teams:
            names = ", ".join(sorted(map(repr, lost)))
            self.log.warning(
                f"keys of the store belong to teams that are not configured, and have no team's limits: {names}"
            )
        self._lost_teams = lost
        self.ring.replace([*with_teams(self._stored_keys, self.config), *self._config_keys])

    # ---- beginning and end ----------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the store, read the keys, begin what runs beside the requests. A store that is down is told, and tried
        again; it holds nothing up but, where the configuration wants that, the requests."""
        if self._started:
            return
        self._started = True
        try:
            async with asyncio.timeout(_PATIENCE):
                await self.store.open()
                await self.refresh_keys()
        except StoreDown as error:
            self.log.error(f"the store {self.store.shown} is down: {error.message}")
        except TimeoutError:
            self.log.error(f"the store {self.store.shown} does not answer")
        self.ledger.start()
        self._background.begin("keys", self._follow_keys())
        if self.metrics.board is not None:
            self._background.begin("board", self.metrics.board.keep(self))
        self._watch_health()

    def _watch_health(self) -> None:
        health = Health(self.servers, self.log)
        self._background.begin("health", health.run())

    async def close(self) -> None:
        """Write down what is not written yet, and let go of everything. It may be started again."""
        self._started = False
        await self.kept.close()
        await self._background.end()
        await self.models.close()
        await self.ledger.close()
        if self.request_log is not None:
            await self.request_log.close()
        await self.quota.close()
        if self.cache is not None:
            await self.cache.close()
        await self.store.close()
        for upstream in self.servers.values():
            await upstream.transport.close()
        await self.foreign.close()
        self.log.close()

    async def refresh_keys(self) -> None:
        """Read the keys of the store, if any changed. Raises StoreDown."""
        version = await self.store.keys_version()
        if version != self._keys_version:
            self._stored_keys = await self.store.keys()
            self._fill_ring()
            self._keys_version = version
        self._store_seen = True

    async def _follow_keys(self) -> None:
        told = False
        while True:
            await asyncio.sleep(_KEYS_EVERY)
            try:
                await self.refresh_keys()
                told = False
            except (
                Exception
            ) as error:  # whatever a store raises: a key that is revoked must be noticed later all the same
                if not told:
                    self.log.warning(f"the keys of the store cannot be read: {type(error).__name__}")
                told = True

    @property
    def keys_known(self) -> bool:
        """Whether the keys of the store were read at least once. Until then nobody knows that there are none."""
        return self._store_seen

    @property
    def refuses(self) -> bool:
        """Whether requests are to be refused, because usage cannot be written and the configuration wants that."""
        return self.ledger.refuses or (self.config.store.when_down == "refuse" and not self._store_seen)

    def require_admin(self, exchange: Exchange) -> None:
        """Raises Problem unless the caller sent the admin key."""
        require_admin(exchange, self)


def _prices(config: Config) -> Any:
    source = None if config.prices is msgspec.UNSET else config.prices
    return price_source({name: _price(one) for name, one in source.items()} if isinstance(source, dict) else source)


def _price(table: Any) -> dict[str, Any]:
    return {name: value for name, value in msgspec.structs.asdict(table).items() if value is not None}
