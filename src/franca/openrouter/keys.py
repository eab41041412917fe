"""The management of keys: `client.keys`."""

from __future__ import annotations

from typing import Any, Unpack

from ..flow.core import arun, run
from ..flow.openrouter.account import (
    KeyChanges,
    KeyFields,
    KeyFilters,
    create_key,
    delete_key,
    get_key,
    list_keys,
    update_key,
)
from ..flow.options import CallOptions
from ..flow.session import Session
from ..wire.openrouter.account import ApiKey
from .pages import AsyncPages, Pages

__all__ = ["AsyncKeys", "Keys"]


class _NewKey(KeyFields, CallOptions, total=False):
    """What `create` takes by name."""


class _KeyUpdate(KeyChanges, CallOptions, total=False):
    """What `update` takes by name."""


class _KeyList(KeyFilters, CallOptions, total=False):
    """What `list` takes by name."""


class Keys:
    """The keys of the account. All of it needs a client with a management key."""

    __slots__ = ("_io", "_session")

    def __init__(self, session: Session, io: Any) -> None:
        self._session = session
        self._io = io

    def create(self, name: str, **fields: Unpack[_NewKey]) -> ApiKey:
        """Make a key; its text is in `.key` of what comes back, and is told this once. Fields: `KeyFields`.

        It is not tried again by itself, whatever the client's `retries` are: a try whose answer was lost may have made
        a key all the same, which nobody would know. After such an error look at `list()`; `retries=2` of the call
        takes that risk.
        """
        return run(create_key(self._session, name, fields), self._io)

    def get(self, hash: str, **options: Unpack[CallOptions]) -> ApiKey:
        """One key by its hash. Raises NotFound."""
        return run(get_key(self._session, hash, options), self._io)

    def update(self, hash: str, **changes: Unpack[_KeyUpdate]) -> ApiKey:
        """Change a key; what is not named stays as it is. Fields: `KeyChanges`. Raises NotFound."""
        return run(update_key(self._session, hash, changes), self._io)

    def delete(self, hash: str, **options: Unpack[CallOptions]) -> bool:
        """Delete a key for good. Raises NotFound, also when a first try had deleted it and its answer was lost."""
        return run(delete_key(self._session, hash, options), self._io)

    def list(self, **filters: Unpack[_KeyList]) -> Pages[ApiKey]:
        """The keys, page after page. Filters: `KeyFilters`."""
        return Pages(self._session, self._io, *list_keys(self._session, filters))

    def __repr__(self) -> str:
        return f"<Keys at {self._session.target.name}>"


class AsyncKeys:
    """As `Keys`, for asyncio."""

    __slots__ = ("_io", "_session")

    def __init__(self, session: Session, io: Any) -> None:
        self._session = session
        self._io = io

    async def create(self, name: str, **fields: Unpack[_NewKey]) -> ApiKey:
        """As `Keys.create`."""
        return await arun(create_key(self._session, name, fields), self._io)

    async def get(self, hash: str, **options: Unpack[CallOptions]) -> ApiKey:
        """As `Keys.get`."""
        return await arun(get_key(self._session, hash, options), self._io)

    async def update(self, hash: str, **changes: Unpack[_KeyUpdate]) -> ApiKey:
        """As `Keys.update`."""
        return await arun(update_key(self._session, hash, changes), self._io)

    async def delete(self, hash: str, **options: Unpack[CallOptions]) -> bool:
        """As `Keys.delete`."""
        return await arun(delete_key(self._session, hash, options), self._io)

    def list(self, **filters: Unpack[_KeyList]) -> AsyncPages[ApiKey]:
        """As `Keys.list`: loop with `async for`, or `await ... .all()`."""
        return AsyncPages(self._session, self._io, *list_keys(self._session, filters))

    def __repr__(self) -> str:
        return f"<AsyncKeys at {self._session.target.name}>"
