"""The options of `franca keys` and `franca usage` that say which store is meant, and the store that they mean."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ..errors import BadUsage

if TYPE_CHECKING:
    from ..gateway.config.shape import Config
    from ..gateway.store.base import Store

__all__ = ["add_books", "with_books"]

Result = TypeVar("Result")

_CONFIG, _FILE = "franca.toml", "franca.db"


def add_books(parser: Any) -> None:
    """The options."""
    group = parser.add_argument_group("store")
    group.add_argument(
        "--config", metavar="FILE", help=f"the gateway's configuration (default: {_CONFIG} in this folder)"
    )
    group.add_argument(
        "--store", metavar="URL", help='a store without a configuration: "sqlite:PATH", "postgresql://...", "env:NAME"'
    )


def with_books(
    args: argparse.Namespace,
    act: Callable[[Store, Config | None], Awaitable[Result]],
    missing: Literal["refused", "made", "empty"] = "refused",
) -> Result:
    """Open the store, do something with it (and with the configuration, where there is one), and close it. A `missing`
    file is refused, made, or taken for an empty one where there is a configuration. Raises BadUsage and StoreDown."""
    config, beside = _config(args)
    url = args.store if args.store is not None else config.store.url if config is not None else f"sqlite:{_FILE}"

    from ..gateway.store.base import open_store

    store = open_store(url, beside)
    path = getattr(store, "path", None)
    if path is None and store.shown in ("none", "memory"):
        raise BadUsage('there is no store to look into: [store] url is "none"')
    if missing != "made" and path is not None and not os.path.exists(path):
        if missing == "refused" or config is None:
            raise BadUsage(f"there is no store at {path} yet: `franca serve` or `franca keys create` make it")
        store = open_store("none")

    async def acted() -> Result:
        try:
            return await act(store, config)
        finally:
            await store.close()

    return asyncio.run(acted())


def _config(args: argparse.Namespace) -> tuple[Config | None, str]:
    """The configuration, and the folder that its store is beside."""
    path = args.config
    if path is None and args.store is None:
        if os.path.exists(_CONFIG):
            path = _CONFIG
        elif not os.path.exists(_FILE):
            raise BadUsage(f"there is no {_CONFIG} in this folder: name one with --config, or a store with --store")
    if path is None:
        return None, os.getcwd()
    from ..gateway.config.problem import ConfigError
    from ..gateway.config.read import examine

    config, problems = examine(path)
    # Secrets of servers need not be there for a look into the books.
    fatal = [one for one in problems if one.severity == "error" and (config is None or one.where.startswith("[store]"))]
    if config is None or fatal:
        raise ConfigError(path, fatal)
    return config, os.path.dirname(os.path.abspath(path))
