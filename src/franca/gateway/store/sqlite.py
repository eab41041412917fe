"""SQLite: a file that several processes of one machine share, each with a thread that writes and one that reads."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, TypeVar

from ...errors import BadUsage
from .base import StoreDown
from .scripted import ScriptedStore
from .scripts import Script, migrate
from .tables import VERSION

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["SqliteStore", "make_private"]

Result = TypeVar("Result")

_BUSY = 2.0  # seconds that one process waits for another one's transaction
_SIZES = (256, 64, 16, 4)
"""Rows of one statement; few sizes, so that each is prepared once. 256 of ours are 7,000 values, of 32,766 at most."""
_MOST_IN_MEMORY = 20_000
_OLDEST = (3, 35)  # knows RETURNING


class SqliteStore(ScriptedStore):
    """A `Store` in a file, in write-ahead mode: readers and a writer do not wait for each other. `path` None: in
    memory, where only the latest rows are kept beside their sums.

    A process that is killed loses what was not handed over yet, and nothing else. `sure` waits for the disk at each
    transaction: then a loss of power loses nothing either.
    """

    _holds = "instr(tags, ?)"

    def __init__(self, path: str | os.PathLike[str] | None, *, sure: bool = False) -> None:
        self.path = None if path is None else os.path.abspath(os.fspath(path))
        self.shown = "memory" if self.path is None else self.path
        self._sure = sure
        self._writer = _Line(self)
        # What is in memory has one connection only.
        self._reader = self._writer if self.path is None else _Line(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown!r})"

    async def open(self) -> None:
        """Make the file (for this user only) and its tables where they are missing."""
        await self._writer.run(lambda _: None)

    async def close(self) -> None:
        """Close the file; what was in memory is gone."""
        await self._writer.close()
        await self._reader.close()

    async def _write(self, script: Script[Result]) -> Result:
        return await self._writer.run(lambda connection: self._transaction(connection, script))

    async def _read(self, script: Script[Result]) -> Result:
        return await self._reader.run(lambda connection: _played(connection, script))

    def _transaction(self, connection: Connection, script: Script[Result]) -> Result:
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = _played(connection, script)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
        if self.path is None:
            newest = "SELECT MAX(number) FROM franca_usage"
            connection.execute(f"DELETE FROM franca_usage WHERE number <= ({newest}) - ?", (_MOST_IN_MEMORY,))
        return result

    def connected(self) -> Connection:
        """A new connection to a file that has all tables, in the thread that uses it. Raises BadUsage, StoreDown and
        sqlite3.Error."""
        try:
            import sqlite3
        except ImportError:  # a Python that was built without it
            raise BadUsage(
                'this Python has no sqlite3: write [store] url = "postgresql://..." or "none", or use another Python'
            ) from None
        if sqlite3.sqlite_version_info < _OLDEST:
            raise BadUsage(f"SQLite {sqlite3.sqlite_version} is too old for the store: 3.35 or later is needed")
        if self.path is not None:
            self._make_file()
        connection = sqlite3.connect(
            ":memory:" if self.path is None else self.path, timeout=_BUSY, isolation_level=None, check_same_thread=False
        )
        try:
            if self.path is not None:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA synchronous = {'FULL' if self._sure else 'NORMAL'}")
                connection.execute(f"PRAGMA journal_size_limit = {64 * 1024 * 1024}")
            if not _is_up_to_date(connection):
                self._transaction(connection, migrate("INTEGER PRIMARY KEY"))
        except BaseException:
            connection.close()
            raise
        return connection

    def _make_file(self) -> None:
        assert self.path is not None
        if os.path.isdir(self.path):
            raise BadUsage(f"the store {self.path} is a folder: name a file in it")
        try:
            make_private(self.path)
        except FileNotFoundError:
            raise BadUsage(f"there is no folder for the store {self.path}: make it, or name another one") from None
        except PermissionError:
            raise BadUsage(f"the store {self.path} cannot be written by this user") from None
        except OSError as error:
            raise StoreDown(f"the store {self.path} cannot be opened: {error.strerror or error}") from None


def make_private(path: str) -> None:
    """Make the file of a database before SQLite does it, whose own would be for everybody to read. Raises OSError.

    A file that is there is never opened: closing any descriptor of it drops the locks of all connections that this
    process has to it, and another process would then take away the log that they still write.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError from None


class _Line:
    """A thread of its own with a connection of its own; both are made when there is something to do."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._thread: ThreadPoolExecutor | None = None
        self._connection: Connection | None = None
        self._file: tuple[int, int] | None = None

    async def run(self, act: Callable[[Connection], Result]) -> Result:
        """Do something with the connection; what it gives. Raises StoreDown for what may work later."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "franca-store")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._act, act)

    async def close(self) -> None:
        """Close the connection and end the thread."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, self._disconnect)
            thread.shutdown(wait=False)

    def _act(self, act: Callable[[Connection], Result]) -> Result:
        from sqlite3 import (
            SQLITE_BUSY,
            SQLITE_NOTADB,
            DataError,
            Error,
            IntegrityError,
            InterfaceError,
            ProgrammingError,
        )

        try:
            if self._file is not None and self._file != _identity(self._store.path):
                self._disconnect()  # the file was moved away: what were written now would be in no file
            if self._connection is None:
                self._connection = self._connected()
                self._file = _identity(self._store.path)
            return act(self._connection)
        except (DataError, IntegrityError, InterfaceError, ProgrammingError):
            raise
        except Error as error:
            code = _code(error)
            if code == SQLITE_NOTADB:
                self._disconnect()
                raise BadUsage(f"the store {self._store.shown} is no SQLite file: name another one") from None
            if code != SQLITE_BUSY and self._store.path is not None:
                self._disconnect()  # a new connection is made next time; what is in memory has only this one
            raise StoreDown(f"the store {self._store.shown} cannot be used: {error}") from error

    def _connected(self) -> Connection:
        """A connection; where several make or recover a file at once, SQLite does not wait for the others by itself."""
        from sqlite3 import SQLITE_BUSY, Error

        until = monotonic() + _BUSY
        while True:
            try:
                return self._store.connected()
            except Error as error:
                if _code(error) != SQLITE_BUSY or monotonic() > until:
                    raise
            sleep(0.01)

    def _disconnect(self) -> None:
        connection, self._connection, self._file = self._connection, None, None
        if connection is not None:
            connection.close()


def _code(error: Exception) -> int:
    """What kind of error it is, without the further parts of its number."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


def _identity(path: str | None) -> tuple[int, int] | None:
    """What tells a file from another one of its name; None without a path."""
    if path is None:
        return None
    try:
        found = os.stat(path)
    except OSError:
        return (0, 0)
    return (found.st_dev, found.st_ino)


def _is_up_to_date(connection: Connection) -> bool:
    """Whether no table is missing: looked up without waiting for anybody who writes."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'franca_meta'").fetchall():
        return False
    return connection.execute("SELECT value FROM franca_meta WHERE name = 'version'").fetchall() == [(VERSION,)]


def _put_many(connection: Connection, text: str, values: Sequence[Any]) -> None:
    """Run an INSERT for many rows. For each statement this thread gives the interpreter's lock away and fights for it
    again, which costs the event loop more than the rows: so one statement takes as many as there are."""
    done = 0
    if text.endswith(")"):  # without a clause behind its row
        row = text[text.rindex(" (") + 1 :]
        for size in _SIZES:
            several = text + f", {row}" * (size - 1)
            while len(values) - done >= size:
                connection.execute(several, [cell for one in values[done : done + size] for cell in one])
                done += size
    if done < len(values):
        connection.executemany(text, values[done:])


def _played(connection: Connection, script: Script[Result]) -> Result:
    """Run a script to its end."""
    rows: list[tuple[Any, ...]] = []
    try:
        ask = next(script)
        while True:
            if ask.many:
                _put_many(connection, ask.text, ask.values)
                rows = []
            else:
                rows = connection.execute(ask.text, ask.values).fetchall()
            ask = script.send(rows)
    except StopIteration as end:
        result: Result = end.value
        return result
    finally:
        script.close()
