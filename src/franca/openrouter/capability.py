"""The catalogue of a client: its knowledge of models, and the file that keeps it for the next process.

Many processes may share one file. It is read by whoever would fetch the list otherwise, and replaced as a whole by who
fetched it, without a lock: the last one wins, and a reader sees one list or the other. A file that is broken, or holds
something else, counts as empty and is written anew. Nothing about it can break a call: a place that cannot be read or
written is told once, as a warning of the logger `franca`.
"""

from __future__ import annotations

import math
import os
import weakref
from collections.abc import Mapping
from threading import RLock
from typing import Any

from ..errors import BadUsage
from ..flow.openrouter.capability import Table, Words, checked_name
from ..flow.openrouter.knowing import Knowledge
from ..kept_file import KeptFile
from ..wire import codec

__all__ = ["Catalogue", "FileStore"]

LIFETIME = 3600.0
_LARGEST = 16 * 1024 * 1024  # bytes of a file that is read; ours take half a kilobyte for a model
_MOST_LISTS = 8  # servers in one file
_FORMAT = "franca models of openrouter"
_VERSION = 1
_MOST_SECONDS = 1e15  # an integer of 400 digits is no float


class FileStore:
    """Lists of models in a file, by the base URL that they came from. It holds no keys."""

    def __init__(self, path: str | bytes | os.PathLike[Any]) -> None:
        self._file = KeptFile(path, "OpenRouter's list of models is kept in memory only.")

    @property
    def path(self) -> str:
        """Where the file is."""
        return self._file.path

    def load(self, base_url: str) -> Table | None:
        """The list of this server; None when there is none that can be used."""
        return self._read().get(base_url)

    def keep(self, base_url: str, table: Table) -> None:
        """Replace the file by one with this list in it, and the newest of those that it had."""
        lists = {url: kept for url, kept in self._read().items() if url != base_url}
        newest = sorted(lists, key=lambda url: lists[url].as_of, reverse=True)[: _MOST_LISTS - 1]
        content = {
            "format": _FORMAT,
            "version": _VERSION,
            "lists": [_written(base_url, table), *(_written(url, lists[url]) for url in newest)],
        }
        data = codec.encode_body(content)
        if len(data) > _LARGEST:
            data = codec.encode_body({**content, "lists": [_written(base_url, table)]})
        if len(data) <= _LARGEST:
            self._write(data)

    def _read(self) -> dict[str, Table]:
        try:
            data = self._file.read(_LARGEST)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the path
            self._file.warn("cannot be read", error)
            return {}
        return _lists(data) if data is not None and len(data) <= _LARGEST else {}

    def _write(self, data: bytes) -> None:
        try:
            self._file.replace(data)
        except (OSError, ValueError) as error:
            self._file.warn("cannot be written", error)


def _written(base_url: str, table: Table) -> dict[str, Any]:
    return {"base_url": base_url, "as_of": float(table.as_of), "models": list(table.rows.values())}


def _lists(data: bytes) -> dict[str, Table]:
    """The lists in a file's content; what is none of ours is left out."""
    try:
        content = codec.decode_json(data)
    except ValueError:
        return {}
    if not isinstance(content, dict) or (content.get("format"), content.get("version")) != (_FORMAT, _VERSION):
        return {}
    found: dict[str, Table] = {}
    lists = content.get("lists")
    for one in lists[:_MOST_LISTS] if isinstance(lists, list) else ():
        if not isinstance(one, dict):
            continue
        base_url, as_of, models = one.get("base_url"), one.get("as_of"), one.get("models")
        if isinstance(base_url, str) and isinstance(as_of, float) and isinstance(models, list):
            table = Table(models, as_of)
            if table.rows:
                found[base_url] = table
    return found


class Catalogue(Knowledge):
    """What a client of OpenRouter, and those made of it by `with_options`, know of models.

    models_lifetime  seconds for which the list is believed before it is fetched again; infinity: for ever
    models_cache     a file that keeps the list for the next process, and for times without network
    models_said      what the user said already: ids of models, and whether they answer in a given JSON schema

    It holds a lock, so it does not travel in a pickle; `settings()` do, and make one that says the same.
    Raises BadUsage for what cannot work.
    """

    def __init__(
        self,
        models_lifetime: float = LIFETIME,
        models_cache: str | bytes | os.PathLike[Any] | None = None,
        models_said: Mapping[str, bool] | None = None,
    ) -> None:
        lifetime: Any = models_lifetime
        if isinstance(lifetime, bool) or not isinstance(lifetime, (int, float)) or not lifetime >= 0:
            raise BadUsage(
                f"models_lifetime is a number of seconds from 0, not {lifetime!r} (math.inf: fetched once)",
                param="models_lifetime",
            )
        if models_cache is not None and (not isinstance(models_cache, (str, bytes, os.PathLike)) or not models_cache):
            raise BadUsage(f"models_cache is the path of a file, not {models_cache!r}", param="models_cache")
        self._cache = models_cache
        words = Words({checked_name(name): bool(can) for name, can in (models_said or {}).items()})
        store = None if models_cache is None else FileStore(models_cache)
        super().__init__(RLock(), math.inf if lifetime > _MOST_SECONDS else float(lifetime), store, words)
        _catalogues.add(self)

    def settings(self) -> dict[str, Any]:
        """The arguments that make a catalogue with the same settings, and with what the user said."""
        return {"models_lifetime": self.lifetime, "models_cache": self._cache, "models_said": self.words.to_dict()}

    def __reduce__(self) -> tuple[Any, ...]:
        return _made, (self.settings(),)

    def __repr__(self) -> str:
        known = len(self._table.rows) if self._table is not None else 0
        return f"<Catalogue of {known} models>"


def _made(settings: dict[str, Any]) -> Catalogue:
    return Catalogue(**settings)


_catalogues: weakref.WeakSet[Catalogue] = weakref.WeakSet()


def _after_fork() -> None:
    for catalogue in list(_catalogues):
        catalogue.restart(RLock())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
