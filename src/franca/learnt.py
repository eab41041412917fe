"""What was learnt about servers, kept in a small file between runs of a program: `FileMemory`.

The file is read at the first question, and written whenever something new was learnt: merged with what other programs
wrote meanwhile, to a file beside it that then takes its place, so that a reader never sees half of it. It is for its
owner only, and holds no keys and no messages (see `Memory.to_json`). Nothing about it can break a call: a place that
cannot be read or written is told once, as a warning of the logger `franca`, and the memory lives on without it. A file
that is not a memory, or a newer version's, is left alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from .heal import WEEK, Memory, Remedy
from .heal.memory import entries_of
from .kept_file import KeptFile, NotRegular

__all__ = ["FileMemory"]

_LARGEST = 1024 * 1024  # bytes of a file that is read; ours are a few kilobytes


class FileMemory(Memory):
    """A `Memory` with a file. It blocks for the moment that a small file takes, at the first call and when something
    new was learnt; an asyncio program does so, too."""

    def __init__(self, path: str | bytes | os.PathLike[Any], limit: int = 256, ttl: float = WEEK) -> None:
        super().__init__(limit, ttl)
        self._file = KeptFile(path, "What is learnt about servers is kept in memory only.")
        self._was_read = False
        self._is_ours = True

    def recall(self, base_url: str, model: str | None, now: float) -> tuple[Remedy, ...]:
        """What requests for this model of this server need; reads the file when it is asked for the first time."""
        if not self._was_read:
            self._was_read = True
            self._read_file(now)
        return super().recall(base_url, model, now)

    def remember(self, base_url: str, model: str | None, remedies: Iterable[Remedy], now: float) -> bool:
        """Keep remedies, and write the file if they are new."""
        new = super().remember(base_url, model, remedies, now)
        if new:
            self._write_file(now)
        return new

    def forget(self, base_url: str | None = None, model: str | None = None) -> None:
        """Forget, in the file too. It is written without a look at what others wrote: to forget means all."""
        # Their clocks do not matter here: an entry that has run out by this one is gone at the next write anyway.
        from time import time

        now = time()
        if not self._was_read:
            self._was_read = True
            self._read_file(now)
        super().forget(base_url, model)
        if os.path.exists(self.path):
            self._write_file(now, merge=False)

    # ---- the file --------------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        """Where the file is."""
        return self._file.path

    def _read_file(self, now: float) -> None:
        try:
            data = self._file.read(_LARGEST)
        except OSError as error:
            self._is_ours = False
            self._file.warn("is left alone" if isinstance(error, NotRegular) else "cannot be read", error)
            return
        if not data:
            return
        found = entries_of(data) if len(data) <= _LARGEST else f"it is longer than {_LARGEST} bytes"
        self._is_ours = not isinstance(found, str)
        reason = found if isinstance(found, str) else self.from_json(data, now)
        if reason is not None:
            self._file.warn("was left out", reason)

    def _write_file(self, now: float, *, merge: bool = True) -> None:
        if merge:
            self._read_file(now)
        if not self._is_ours:
            return
        try:
            self._file.replace(self.to_json(now))
        except OSError as error:
            self._file.warn("cannot be written", error)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.limit, self.ttl)
