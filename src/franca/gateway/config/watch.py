"""Seeing that a configuration was changed: its file is looked at each second, and a signal may ask for it as well."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from os import PathLike, fspath
from typing import NoReturn

from ...errors import BadUsage
from .problem import ConfigError
from .read import read_config
from .secret import secret_files
from .shape import Config

__all__ = ["Glance", "glance", "reread", "watch"]

_log = logging.getLogger("franca.gateway")
_SETTLED = 0.1

Glance = tuple[int, int, int, int] | None
"""What tells that a file is another one than before; None for a file that is not there."""


def glance(path: str | PathLike[str]) -> Glance:
    """How a file looks now. Also by its inode: one that took another's place may have the same time and size."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev


async def watch(
    path: str | PathLike[str],
    on_change: Callable[[Config], object],
    *,
    config: Config | None = None,
    since: Glance = None,
    wake: asyncio.Event | None = None,
    every: float = 1.0,
) -> NoReturn:
    """Call `on_change` with each new configuration, for ever; cancel it to end.

    The file may be written in place, replaced (also behind a symbolic link, as Kubernetes does it), or vanish for a
    while. The files of its secrets are looked at too, beginning with those of `config`, which is the one in use.
    `since` is how the file looked before that was read, so that no change in between is missed. `wake` makes it read
    the file at once, changed or not. A new configuration that is wrong, or that `on_change` refuses with BadUsage, is
    told on the log, and nothing changes.
    """
    path = fspath(path)
    files = [path, *(secret_files(config) if config is not None else ())]
    known = _glances(files)
    if since is not None:
        known[0] = since
    while True:
        asked = await _pause(wake, every)
        seen = _glances(files)
        if seen == known and not asked:
            continue
        if not asked:
            # An editor may be half way through: it is read when it did not change for a moment.
            while (later := await _after(_SETTLED, files)) != seen:
                seen = later
        known = seen
        made = reread(path, on_change)
        if made is not None:
            files = [path, *secret_files(made)]
            known = [seen[0], *_glances(files[1:])]


def reread(path: str | PathLike[str], on_change: Callable[[Config], object]) -> Config | None:
    """Read the file and hand it on; None, told on the log, when it is wrong."""
    try:
        config = read_config(path)
        on_change(config)
    except ConfigError as error:
        _log.error("%s is wrong and not used; the configuration before it stays:\n%s", fspath(path), error.message)
    except BadUsage as error:
        _log.error("%s is not used; the configuration before it stays: %s", fspath(path), error.message)
    except Exception:
        _log.exception("%s could not be used; the configuration before it stays", fspath(path))
    else:
        _log.info("%s was read again and is in use", fspath(path))
        return config
    return None


async def _pause(wake: asyncio.Event | None, seconds: float) -> bool:
    """Wait; whether it was woken."""
    if wake is None:
        await asyncio.sleep(seconds)
        return False
    with suppress(TimeoutError):
        await asyncio.wait_for(wake.wait(), seconds)
    asked = wake.is_set()
    wake.clear()
    return asked


async def _after(seconds: float, files: Iterable[str]) -> list[Glance]:
    await asyncio.sleep(seconds)
    return _glances(files)


def _glances(files: Iterable[str]) -> list[Glance]:
    return [glance(path) for path in files]
