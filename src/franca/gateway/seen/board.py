"""Where the workers of one machine tell each other how they stand: a folder with one file for each of them.

A scrape reaches any worker, and it must answer for all. So each writes its snapshot once a second, and who is asked
adds up the files. What a worker that ended had counted is kept in one more file, so that no counter ever falls.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from .snapshot import Snapshot, added, snapshot_of

if TYPE_CHECKING:
    from ..gateway import Gateway

__all__ = ["Board"]

_ENDED = "ended"
_MOST_NAMES = 1000
_Found = TypeVar("_Found")


class _Ended(msgspec.Struct):
    """The counts of workers that are no more, and the latest of their files that are in it: removing one may fail."""

    snapshot: Snapshot
    files: list[str]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode
_decode_ended = msgspec.msgpack.Decoder(_Ended).decode


class Board:
    """The board in a folder that belongs to one run of the gateway; it is made (for its owner only) if need be."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = os.fspath(folder)
        self._folder = Path(folder)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._own = self._folder / f"{os.getpid()}-{os.urandom(4).hex()}.worker"

    async def keep(self, gateway: Gateway, every: float = 1.0) -> None:
        """Write this worker's snapshot every so many seconds, until cancelled."""
        while True:
            with suppress(OSError):  # a full disk must not end it: the next one may succeed
                self.write(snapshot_of(gateway))
            await asyncio.sleep(every)

    def write(self, snapshot: Snapshot) -> None:
        """Write this worker's snapshot. Raises OSError."""
        _replace(self._own, _encode(snapshot))

    def whole(self, own: Snapshot) -> Snapshot:
        """All workers together: this one as it stands now, the others as they stood up to a second ago. What cannot be
        read is left out."""
        found = [own]
        with suppress(OSError), self._locked():  # a folder that somebody tidied away leaves this worker's own
            ended = self._ended()
            for path in self._folder.glob("*.worker"):
                snapshot = _read(path, _decode) if path != self._own and path.name not in ended.files else None
                if snapshot is None:
                    continue
                if _lives(path):
                    found.append(snapshot)
                else:
                    self._fold(ended, path, snapshot)
            found.append(ended.snapshot)
        return added(found)

    def _ended(self) -> _Ended:
        ended = _read(self._folder / _ENDED, _decode_ended)
        return ended or _Ended(Snapshot(at=0.0, began=float("inf"), workers=0), [])

    def _fold(self, ended: _Ended, path: Path, snapshot: Snapshot) -> None:
        """Keep what a worker that is no more had counted, and forget how it stood."""
        snapshot.workers = 0
        snapshot.draining = False
        snapshot.gauges = {}
        for server in snapshot.servers:
            server.states = {}
            server.in_flight = 0
            server.latency = None
        ended.snapshot = added([ended.snapshot, snapshot])
        ended.files = [*ended.files, path.name][-_MOST_NAMES:]
        with suppress(OSError):
            _replace(self._folder / _ENDED, _encode(ended))
            path.unlink(missing_ok=True)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self._folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _replace(path: Path, data: bytes) -> None:
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(data)
    fresh.replace(path)


def _read(path: Path, decode: Callable[[bytes], _Found]) -> _Found | None:
    try:
        return decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def _lives(path: Path) -> bool:
    """Whether the process that wrote a file is still there."""
    try:
        os.kill(int(path.name.partition("-")[0]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
