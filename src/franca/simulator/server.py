"""The simulator's life: a server in a thread of its own, in the caller's loop, or in the foreground."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from .ask import Dials
from .connection import Connection
from .limit import RateLimit
from .log import Log
from .scenarios import SCENARIOS
from .service import Service

if TYPE_CHECKING:
    import ssl

    from .openrouter.house import House
    from .scenarios.record import Scenario

__all__ = ["Simulator"]

T = TypeVar("T")

_START_LIMIT = 10.0
_SWEEP = 1.0


class Simulator:
    """A local server that speaks the OpenAI wire format, with models that need no hardware and every fault.

        with Simulator() as sim:
            client = Client(sim.url, model="echo")

    Models: `echo`, `lorem`, `json`, `tools`, `reason`, `structured`, `embed`, and `scenario:NAME` for every awkward
    behaviour of `franca.simulator.scenarios.SCENARIOS`. The same seed and request give the same answer.

    port, host         where to listen; port 0 takes a free one
    api_key            the key that callers must send, as a bearer token or in the header `api-key`
    latency            seconds before an answer begins
    tokens_per_second  pace of streams (None: all at once); plain answers take as long as their tokens would
    error_rate         share of requests (0 to 1) that fail with 500 or 429, chosen by seed and order
    seed               changes every made-up text, vector, id
    strict             refuse unknown request fields, JSON mode without the word, and strict schemas that
                       are outside OpenAI's subset
    tls                (certificate file, key file), or an SSLContext: serve https
    aliases            further model names: {"gpt-4o-mini": "echo"}
    scenarios          further scenarios by name, over the built-in ones
    dimensions         length of embedding vectors when the request names none
    record             how many requests `requests` holds
    max_body           bytes of a request body, above which 413
    keep_alive         seconds after which an idle connection is closed
    rate_limit         a `franca.simulator.RateLimit`: requests a second and at once, told in headers

    At `dialect("groq")` and its like the same models answer as that server writes: see docs/testing.md. At
    `dialect("openrouter")` there is a catalogue, an account and a router too: see docs/openrouter.md.

    A request may turn dials for itself by the headers `x-sim-latency`, `x-sim-tokens-per-second`,
    `x-sim-error-rate`, and name a scenario by `x-sim-scenario`.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        *,
        api_key: str | None = None,
        latency: float = 0.0,
        tokens_per_second: float | None = None,
        error_rate: float = 0.0,
        seed: int = 0,
        strict: bool = False,
        tls: tuple[str, str] | ssl.SSLContext | None = None,
        aliases: Mapping[str, str] | None = None,
        scenarios: Mapping[str, Scenario] | None = None,
        dimensions: int = 1536,
        record: int = 1000,
        max_body: int = 64 * 1024 * 1024,
        keep_alive: float = 75.0,
        rate_limit: RateLimit | None = None,
    ) -> None:
        if rate_limit is not None and not isinstance(rate_limit, RateLimit):
            raise TypeError(f"rate_limit is a franca.simulator.RateLimit, not {type(rate_limit).__name__}")
        self.host = host
        self.port = port
        self.requests = Log(record)
        self._tls = tls
        self._keep_alive = keep_alive
        dials = Dials(api_key, latency, tokens_per_second, error_rate, seed, strict, dimensions, dict(aliases or {}))
        self._service = Service(dials, {**SCENARIOS, **(scenarios or {})}, self.requests, max_body, rate_limit)
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self._wanted_port = port

    # ---- where it is ------------------------------------------------------------------------

    @property
    def root(self) -> str:
        """The server's address without a path: "http://127.0.0.1:PORT"."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}"

    @property
    def url(self) -> str:
        """The base URL for clients: "http://127.0.0.1:PORT/v1"."""
        return f"{self.root}/v1"

    def base(self, scenario: str) -> str:
        """A base URL below which every call plays the scenario; for calls that name no model."""
        if scenario not in self._service.scenarios:
            raise KeyError(f"there is no scenario {scenario!r}")
        return f"{self.root}/scenario/{scenario}/v1"

    def dialect(self, name: str, path: str | None = None) -> str:
        """The base URL at which the simulator speaks the dialect of a server: its answers, errors, refusals, headers.

        `name` is the server's, as in `franca.simulator.dialects.DIALECTS`; `path` another one of its addresses
        than the usual ("" for its root, "/orgs/acme/inference" at GitHub, "/openai/deployments/echo" at Azure).
        KeyError when there is no such dialect.
        """
        from .dialects import DIALECTS

        if name not in DIALECTS:
            raise KeyError(f"there is no dialect {name!r}; there are {', '.join(sorted(DIALECTS))}")
        return f"{self.root}/dialect/{name}{DIALECTS[name].base if path is None else path}"

    def __repr__(self) -> str:
        return f"<Simulator {self.root}{'' if self._server else ', not running'}>"

    # ---- what it saw ------------------------------------------------------------------------

    @property
    def disconnects(self) -> int:
        """How many clients left before their answer ended; which ones: `ended == "left"` in `requests`."""
        return self._service.disconnects

    @property
    def connections(self) -> int:
        """How many connections are open now."""
        return len(self._service.connections)

    @property
    def openrouter(self) -> House:
        """The state of the OpenRouter behind `dialect("openrouter")`: its credits, keys, generations, catalogue."""
        return self._service.house()

    def wait_for(self, predicate: Callable[[], T], timeout: float = 5.0) -> T:
        """Wait until the predicate is true, and return its value; TimeoutError after `timeout` seconds."""
        return self.requests.wait_for(predicate, timeout)

    # ---- its life ---------------------------------------------------------------------------

    def start(self) -> Self:
        """Serve in a daemon thread; returns once connections are taken. OSError when the port is not free."""
        if self._thread is not None:
            raise RuntimeError("this simulator runs already")
        ready = threading.Event()
        self._failure = None
        self._thread = threading.Thread(target=self._run, args=(ready,), name="franca-simulator", daemon=True)
        self._thread.start()
        if not ready.wait(_START_LIMIT):
            raise RuntimeError("the simulator did not start")
        if self._failure is not None:
            self._thread.join()
            self._thread = None
            raise self._failure
        return self

    def stop(self) -> None:
        """End every connection and the thread. Idempotent."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        loop, stopping = self._loop, self._stopping
        if loop is not None and stopping is not None:
            with suppress(RuntimeError):  # its loop is closed already
                loop.call_soon_threadsafe(stopping.set)
        thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def serve_forever(self, ready: Callable[[], object] | None = None) -> None:
        """Serve in the foreground until KeyboardInterrupt, which is left to the caller; `ready` is called
        once connections are taken."""
        asyncio.run(self.serve(ready))

    async def serve(self, ready: Callable[[], object] | None = None) -> None:
        """Serve in the running loop until cancelled, or until `stop` is called from another thread."""
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        make = partial(Connection, self._service, self._loop)
        self._server = await self._loop.create_server(
            make, self.host, self._wanted_port, ssl=self._context(), backlog=1024
        )
        self.port = self._server.sockets[0].getsockname()[1]
        sweep = self._loop.call_later(_SWEEP, self._sweep)
        try:
            if ready is not None:
                ready()
            await self._stopping.wait()
        finally:
            self._sweeping.cancel() if self._sweeping is not None else sweep.cancel()
            await self._shut()

    _sweeping: asyncio.TimerHandle | None = None

    def _sweep(self) -> None:
        """Close connections that have been idle for too long."""
        assert self._loop is not None
        before = self._loop.time() - self._keep_alive
        for connection in list(self._service.connections):
            connection.close_if_idle(before)
        self._sweeping = self._loop.call_later(min(_SWEEP, max(self._keep_alive, 0.05)), self._sweep)

    async def _shut(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for connection in list(self._service.connections):
            connection.transport.abort()
        while self._service.connections:  # `connection_lost` comes by the loop, soon
            await asyncio.sleep(0)

    def _run(self, ready: threading.Event) -> None:
        try:
            asyncio.run(self.serve(ready.set))
        except BaseException as error:
            self._failure = error
        finally:
            ready.set()

    def _context(self) -> Any:
        if not isinstance(self._tls, tuple):
            return self._tls
        import ssl

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self._tls)
        return context
