"""Put all servers behind one OpenAI-compatible endpoint: NAME/model, with keys, limits, budgets and usage.

franca serve                            # servers whose keys are in the environment; the simulator without any
franca serve --config franca.toml --check
franca serve --host 0.0.0.0 --port 8080 --workers 2
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from .exits import OK, USAGE
from .terminal import safe, styled

if TYPE_CHECKING:
    from ..gateway.config import Config
    from ..gateway.serve import Plan

__all__ = ["configure", "run"]

_FILE = "franca.toml"
_SIMULATOR = "simulator"
_MODELS = ("echo", "lorem", "json", "tools", "reason", "structured", "embed")
_SHOWN = 8


def configure(parser: argparse.ArgumentParser) -> None:
    """Say what the command takes."""
    parser.epilog = (__doc__ or "").partition("\n\n")[2]
    add = parser.add_argument
    add("--config", metavar="FILE", help=f"the configuration, TOML (default: {_FILE} here, else the environment)")
    add("--host", metavar="ADDRESS", help="the address to listen at (default: 127.0.0.1)")
    add("--port", type=int, metavar="P", help="where to listen; 0 takes a free port (default: 8080)")
    add("--workers", type=int, metavar="N", help="processes (default: 1)")
    add("--base-path", metavar="PATH", help="what stands before every path, such as /gateway")
    add("--log", choices=("text", "json", "off"), help="a line for each request on standard error (default: text)")
    add("--simulator", action="store_true", help="serve the simulator's models as simulator/..., beside all others")
    add("--check", action="store_true", help="say what is wrong with the configuration, and start nothing")


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    path = _path(args.config)
    if args.check:
        return _check(path)
    from ..gateway.config import ConfigError
    from ..gateway.serve import serve

    try:
        plan = _plan(args, path)
        _log_to_stderr(plan.config.log.form == "json")
        if plan.config.gateway.workers == 1:
            return serve(plan)
        from tempfile import TemporaryDirectory

        with TemporaryDirectory(prefix="franca-") as board:  # where the workers tell each other their metrics
            plan.create = partial(plan.create, board=board)
            return serve(plan)
    except ConfigError as error:
        _print_problems(error.message)
        return USAGE


def _path(given: str | None) -> str | None:
    if given is not None:
        return given
    return _FILE if os.path.exists(_FILE) else None


# ---- --check -----------------------------------------------------------------------------------------


def _check(path: str | None) -> int:
    """Print all that is wrong or doubtful; exit code 2 where it would not start."""
    from ..gateway import create_app
    from ..gateway.config import ambient_config, examine

    if path is None:
        config = ambient_config()
        print(f"no {_FILE} here; from the environment: {_listed(list(config.servers)) or 'no servers'}")
        return OK
    found, problems = examine(path)
    for problem in problems:
        print(safe(problem.text(path)))
    if found is None or any(problem.severity == "error" for problem in problems):
        return USAGE
    try:
        create_app(found, path=path)  # opens nothing, and knows what only the parts themselves can tell
    except BadUsage as error:
        print(safe(f"{path}: error: {error.message}"))
        return USAGE
    print(f"{safe(path)}: fine (servers: {len(found.servers)}, aliases: {len(found.models)}, keys: {len(found.keys)})")
    return OK


def _print_problems(text: str) -> None:
    for line in text.splitlines():
        print(styled(safe(f"franca: {line}"), "red", sys.stderr), file=sys.stderr)


# ---- what is served ----------------------------------------------------------------------------------


def _plan(args: argparse.Namespace, path: str | None) -> Plan:
    from ..gateway.config import ambient_config, glance, read_config
    from ..gateway.serve import Plan

    since = None if path is None else glance(path)
    config = ambient_config() if path is None else read_config(path)
    simulated = args.simulator or (path is None and not config.servers)
    config = _adapted(config, args)
    newcomer = simulated and not args.simulator

    def create(made: Config, board: str | None = None) -> Any:
        from ..gateway import create_app  # not sooner: workers are forked before

        app = create_app(made, path=path, board=board)
        _log_along(app.gateway.log)
        return app

    def stored(app: Any) -> bool:
        return any(key.source == "store" for key in app.gateway.ring)

    def ready(url: str, made: Config) -> None:
        print(_welcome(url, made, path, simulated, newcomer), flush=True)

    plan = Plan(config=config, path=path, since=since, create=create, ready=ready, stored=stored)
    plan.words = lambda made: _adapted(made, args)
    if simulated:
        beside = _Simulated()
        plan.beside = beside.run
        plan.joined = beside.joined
    return plan


def _adapted(config: Config, args: argparse.Namespace) -> Config:
    """The configuration with what the command line says. Raises BadUsage."""
    from msgspec.structs import replace

    from ..gateway.config.words import path_problem

    words = {"host": args.host, "port": args.port, "workers": args.workers, "base_path": args.base_path}
    given = {name: value for name, value in words.items() if value is not None}
    if not 0 <= given.get("port", 0) <= 65535:
        raise BadUsage("--port is 0 to 65535")
    if not 1 <= given.get("workers", 1) <= 256:
        raise BadUsage("--workers is 1 to 256")
    if problem := path_problem(given.get("base_path", "")):
        raise BadUsage(f"--base-path: {problem}")
    config = replace(config, gateway=replace(config.gateway, **given))
    return config if args.log is None else replace(config, log=replace(config.log, form=args.log))


class _Simulated:
    """The simulator in a thread of the gateway, at a port of its own, as one more server."""

    def __init__(self) -> None:
        self._url = ""

    @asynccontextmanager
    async def run(self, config: Config) -> AsyncIterator[Config]:
        """Run it; gives the configuration with it."""
        from ..simulator import Simulator

        with Simulator() as simulator:
            self._url = simulator.url
            yield self.joined(config)

    def joined(self, config: Config) -> Config:
        """The configuration with the simulator as a server. Raises BadUsage for one that has another of that name."""
        from msgspec.structs import replace

        from ..gateway.config.shape import ServerTable

        if _SIMULATOR in config.servers:
            raise BadUsage(f"--simulator: the configuration has a server called {_SIMULATOR} already")
        table = ServerTable(base_url=self._url, trust_env=False, models=_MODELS, free=True)
        gateway = config.gateway
        if not config.servers:
            gateway = replace(gateway, default_server=_SIMULATOR)
        return replace(config, gateway=gateway, servers={**config.servers, _SIMULATOR: table})


# ---- what is said ------------------------------------------------------------------------------------


def _welcome(url: str, config: Config, path: str | None, simulated: bool, newcomer: bool) -> str:
    names = [*config.servers, *([_SIMULATOR] if simulated and _SIMULATOR not in config.servers else [])]
    lines = [f"The gateway listens at {styled(url, 'bold', sys.stdout)} (Ctrl-C ends it)", ""]
    if newcomer:
        lines += [
            "There is no configuration and no server's key in the environment: these are the simulator's models,",
            f"which need no hardware and know nothing. Set OPENROUTER_API_KEY or another one, or write {_FILE}.",
            "",
        ]
    else:
        lines += [f"servers:    {_listed(names) or 'none: every request will be refused'}"]
    model = _example(config, names)
    if simulated:
        lines += [f"models:     {'  '.join(f'{_SIMULATOR}/{name}' for name in _MODELS)}"]
    elif config.models:
        lines += [f"models:     {_listed([name for name, table in config.models.items() if not table.hidden])}"]
    lines += [f"settings:   {path}, read again when it changes"] if path else []
    shown = [f"page:       {url.removesuffix('/v1')}/"] if config.gateway.page else []
    key = '  -H "authorization: Bearer $FRANCA_API_KEY" \\\n' if config.keys else ""
    return "\n".join([
        *lines, *shown, "",
        f"  curl {url}/chat/completions -H 'content-type: application/json' \\\n{key}"
        f"  -d '{{\"model\": \"{model}\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'",
    ])  # fmt: skip


def _example(config: Config, names: list[str]) -> str:
    """A model that can be asked; where none is known, the place of its name."""
    visible = [name for name, table in config.models.items() if not table.hidden]
    if visible:
        return visible[0]
    listed = next((f"{name}/{table.models[0]}" for name, table in config.servers.items() if table.models), None)
    if listed is not None:
        return listed
    return f"{_SIMULATOR}/echo" if _SIMULATOR in names else f"{names[0] if names else 'SERVER'}/MODEL"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return "  ".join(names[:_SHOWN]) + more


def _log_to_stderr(as_json: bool) -> None:
    """Where the gateway says what it has to say beside its lines for requests."""
    import logging

    class TextLine(logging.Formatter):
        """Some of it is what servers said: none of that may move a terminal, or pass for another line."""

        def format(self, record: logging.LogRecord) -> str:
            first, *more = super().format(record).splitlines() or [""]
            return "\n".join([safe(f"franca: {first}"), *(safe(f"    {line}") for line in more)])

    class JsonLine(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            from datetime import UTC, datetime

            import msgspec

            at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
            told = {"at": at, "level": record.levelname.lower(), "message": super().format(record)}
            # Half a surrogate pair, out of what a server said, is no text; and JSON lets some control characters stand.
            clean = {name: safe(text.encode("utf-8", "replace").decode()) for name, text in told.items()}
            return msgspec.json.encode(clean).decode()

    handler = logging.StreamHandler()
    handler.setFormatter(JsonLine("%(message)s") if as_json else TextLine("%(message)s"))
    for name in ("franca", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.propagate = False
    logging.getLogger("franca.gateway").setLevel(logging.INFO)


def _log_along(log: Any) -> None:
    """From now on with the lines for requests, in their form and order: written by a thread of its own, so that a
    standard error that nobody reads holds nobody up."""
    import logging

    from ..gateway.seen.log import Records

    for name in ("franca", "uvicorn.error"):
        logging.getLogger(name).handlers[:] = [Records(log)]
    logging.getLogger("franca.gateway").setLevel(logging.INFO)
