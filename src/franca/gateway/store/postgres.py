"""Postgres: a database that several replicas share."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from ...errors import BadUsage
from .base import StoreDown
from .scripted import ScriptedStore
from .scripts import Script, Sql, migrate

if TYPE_CHECKING:
    from asyncpg import Connection, Pool

__all__ = ["PostgresStore"]

Result = TypeVar("Result")

_CONNECTIONS = 4
_PATIENCE = 10.0  # seconds for one statement, and for a connection
_FAREWELL = 3.0
_LOCK = 0x6672616E6361  # whoever changes the tables holds this lock: "franca" in ASCII


class PostgresStore(ScriptedStore):
    """A `Store` in a Postgres database. `url` is "postgresql://USER:PASSWORD@HOST/NAME"; it is never shown as it is."""

    _holds = "strpos(tags, ?)"
    _lock = " FOR UPDATE"

    def __init__(self, url: str) -> None:
        self._url = url
        self.shown = _without_password(url)
        self._pool: Pool | None = None
        self._opening: asyncio.Task[Pool] | None = None
        self._texts: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown!r})"

    async def open(self) -> None:
        """Connect, and make or change the tables; of several replicas one does it and the others wait."""
        await self._connected()

    async def close(self) -> None:
        """Close all connections, at once where they do not end by themselves."""
        opening, self._opening = self._opening, None
        if opening is not None and not opening.done():
            opening.cancel()
            await asyncio.wait({opening})
        pool, self._pool = self._pool, None
        if pool is not None:
            try:
                await asyncio.wait_for(pool.close(), _FAREWELL)
            except (TimeoutError, OSError):
                pool.terminate()

    async def _write(self, script: Script[Result]) -> Result:
        return await self._run(script, "read_committed")

    async def _read(self, script: Script[Result]) -> Result:
        return await self._run(script, None)

    async def _run(self, script: Script[Result], isolation: str | None) -> Result:
        asyncpg = _asyncpg()
        try:
            pool = await self._connected()
            async with pool.acquire(timeout=_PATIENCE) as connection:
                if isolation is None:
                    return await self._played(connection, script)
                async with connection.transaction(isolation=isolation):
                    return await self._played(connection, script)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
            raise
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            raise self._down(error) from None
        finally:
            script.close()

    async def _connected(self) -> Pool:
        if self._pool is not None:
            return self._pool
        # One connects for all who wait: one after the other they would wait ten seconds each for a server that hangs.
        opening = self._opening
        if opening is None or opening.done():
            opening = self._opening = asyncio.create_task(self._connect(), name="franca: opens the store")
            opening.add_done_callback(_seen)
        return await asyncio.shield(opening)

    async def _connect(self) -> Pool:
        asyncpg = _asyncpg()
        try:
            pool = await asyncpg.create_pool(
                self._url, min_size=1, max_size=_CONNECTIONS, timeout=_PATIENCE, command_timeout=_PATIENCE
            )
        except (asyncpg.InvalidPasswordError, asyncpg.InvalidAuthorizationSpecificationError) as error:
            raise BadUsage(f"the store {self.shown} refuses user or password: {type(error).__name__}") from None
        except asyncpg.InvalidCatalogNameError:
            raise BadUsage(f"the store {self.shown}: there is no such database; make it first") from None
        except (asyncpg.PostgresError, OSError, TimeoutError) as error:
            raise self._down(error) from None
        except (ValueError, asyncpg.InterfaceError):  # their texts quote the URL
            raise BadUsage(
                f"[store] url: {self.shown} cannot be read; write postgresql://USER:PASSWORD@HOST:PORT/NAME"
            ) from None
        try:
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
                await self._played(connection, migrate("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"))
        except BaseException as error:
            pool.terminate()
            if isinstance(error, asyncpg.InsufficientPrivilegeError):
                raise BadUsage(f"the store {self.shown}: its user may not make tables: {error}") from None
            if isinstance(error, (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)):
                raise self._down(error) from None
            raise
        self._pool = pool
        return pool

    async def _played(self, connection: Connection, script: Script[Result]) -> Result:
        """Run a script to its end."""
        try:
            ask = next(script)
            while True:
                ask = script.send(await self._asked(connection, ask))
        except StopIteration as end:
            result: Result = end.value
            return result
        finally:
            script.close()

    async def _asked(self, connection: Connection, ask: Sql) -> list[tuple[Any, ...]]:
        text = self._texts.get(ask.text)
        if text is None:
            text = _numbered(ask.text)
            if len(self._texts) < 200:  # reports of many kinds are not worth keeping
                self._texts[ask.text] = text
        if ask.many:
            await connection.executemany(text, ask.values)
            return []
        return [tuple(row) for row in await connection.fetch(text, *ask.values)]

    def _down(self, error: BaseException) -> StoreDown:
        if isinstance(error, TimeoutError):
            said = f"no answer within {_PATIENCE:g} seconds"
        elif isinstance(error, OSError):
            said = error.strerror or type(error).__name__
        else:
            said = str(error) or type(error).__name__
        return StoreDown(f"the store {self.shown} cannot be used: {said}")


def _seen(opening: asyncio.Task[Any]) -> None:
    """Those who waited may all have left: then nobody asks how it ended."""
    if not opening.cancelled():
        opening.exception()


def _asyncpg() -> Any:
    try:
        import asyncpg
    except ImportError:
        raise BadUsage("a store in Postgres needs asyncpg: pip install 'franca[gateway]'") from None
    return asyncpg


def _numbered(text: str) -> str:
    """SQL whose values are $1, $2 ... in the place of each `?`."""
    first, *rest = text.split("?")
    return first + "".join(f"${place}{part}" for place, part in enumerate(rest, 1))


def _without_password(url: str) -> str:
    """Where it is: scheme, user, host and name. A query is left out, because a password may be in it too."""
    try:
        parts = urlsplit(url)
        place = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return "postgresql://..."
    if "@" in url.partition("://")[2][len(parts.netloc) :]:  # a sign in a password that is not escaped ended it early
        return "postgresql://..."
    return f"postgresql://{f'{parts.username}@' if parts.username else ''}{place}{parts.path}"
