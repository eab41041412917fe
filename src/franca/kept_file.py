"""A small file of franca's own between runs of a program: read bounded, replaced as a whole, complained of once.

Many processes may share it: a new content is written to a file beside it, which then takes its place, so that a reader
sees one content or the other. It is for its owner only.
"""

from __future__ import annotations

import os
from typing import Any

__all__ = ["KeptFile", "NotRegular"]


class NotRegular(OSError):
    """Something else is at the path: to read a pipe would wait for ever, to replace /dev/null would end badly."""

    def __init__(self) -> None:
        super().__init__(None, "it is no regular file")


class KeptFile:
    """The file at `path`. `without` says, for the warnings, what it means to do without it."""

    def __init__(self, path: str | bytes | os.PathLike[Any], without: str) -> None:
        self.path = os.path.abspath(os.path.expanduser(os.fsdecode(path)))
        self._without = without
        self._has_warned = False

    def read(self, largest: int) -> bytes | None:
        """The content, None when there is no file; one byte more than `largest` when it is longer. Raises OSError."""
        self._require_regular()
        try:
            with open(self.path, "rb") as file:
                return file.read(largest + 1)
        except FileNotFoundError:
            return None

    def replace(self, data: bytes) -> None:
        """Put this content in the place of the old one. Raises OSError."""
        self._require_regular()
        beside = f"{self.path}.{os.urandom(6).hex()}.new"
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        # O_EXCL: never through a link that someone else put there.
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.replace(beside, self.path)
        except BaseException:
            os.unlink(beside)
            raise

    def warn(self, what: str, why: object) -> None:
        """Tell the logger `franca` what is wrong with the file, the first time only: nothing about it breaks a call."""
        if self._has_warned:
            return
        self._has_warned = True
        from logging import getLogger

        if isinstance(why, OSError):
            why = why.strerror or why
        getLogger("franca").warning("%s %s: %s. %s", self.path, what, why, self._without)

    def _require_regular(self) -> None:
        if os.path.exists(self.path) and not os.path.isfile(self.path):
            raise NotRegular
