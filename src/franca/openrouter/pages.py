"""Lists that are fetched page after page while they are looped over."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

from ..flow.core import Flow, advance, arun, async_advance, run
from ..flow.openrouter.pages import Walk, collected, walked
from ..flow.options import Limits
from ..flow.session import Session
from ..wire.base import Window
from ..wire.openrouter.listing import Listing

__all__ = ["AsyncPages", "Pages"]

W = TypeVar("W", bound=Window)


class Pages(Generic[W]):
    """A list that comes in pages; nothing is asked before the loop over it begins.

        for model in client.models(): ...        one object after another
        client.models().all()                    all of them, as a list
        for page in client.models().pages(): ... page by page, each a `Listing`

    Each loop begins at the first page again. `deadline` limits each request, and of `all` all of them together.
    Raises ProtocolError for a server that sends the same page twice.
    """

    __slots__ = ("_io", "_limits", "_session", "_walk")

    def __init__(self, session: Session, io: Any, walk: Walk, limits: Limits) -> None:
        self._session = session
        self._io = io
        self._walk = walk
        self._limits = limits

    def pages(self) -> Iterator[Listing[W]]:
        """The pages, each fetched when it is its turn."""
        flow = walked(self._session, self._walk, self._limits)
        while True:
            try:
                page: Listing[W] = advance(flow, self._io)
            except StopIteration:
                return
            yield page

    def __iter__(self) -> Iterator[W]:
        for page in self.pages():
            yield from page

    def all(self) -> list[W]:
        """All of them."""
        return run(collected(self._session, self._walk, self._limits), self._io)

    def __repr__(self) -> str:
        return f"<Pages of {self._walk.kind.__name__} from /{self._walk.path}>"


class AsyncPages(Generic[W]):
    """As `Pages`, for asyncio: `async for` over it or over `pages()`, and `await ... .all()`."""

    __slots__ = ("_io", "_limits", "_session", "_walk")

    def __init__(self, session: Session, io: Any, walk: Walk, limits: Limits) -> None:
        self._session = session
        self._io = io
        self._walk = walk
        self._limits = limits

    def pages(self) -> AsyncPageWalk[W]:
        """The pages, each fetched when it is its turn."""
        return AsyncPageWalk(walked(self._session, self._walk, self._limits), self._io)

    def __aiter__(self) -> AsyncItemWalk[W]:
        return AsyncItemWalk(self.pages())

    async def all(self) -> list[W]:
        """All of them."""
        return await arun(collected(self._session, self._walk, self._limits), self._io)

    def __repr__(self) -> str:
        return f"<AsyncPages of {self._walk.kind.__name__} from /{self._walk.path}>"


# Plain iterators, not asynchronous generators: those want their loop to close them, and these hold nothing open.


class AsyncPageWalk(Generic[W]):
    """One walk over the pages."""

    __slots__ = ("_flow", "_io")

    def __init__(self, flow: Flow[None], io: Any) -> None:
        self._flow = flow
        self._io = io

    def __aiter__(self) -> AsyncPageWalk[W]:
        return self

    async def __anext__(self) -> Listing[W]:
        page: Listing[W] = await async_advance(self._flow, self._io)
        return page


class AsyncItemWalk(Generic[W]):
    """One walk over the objects of all pages."""

    __slots__ = ("_items", "_walk")

    def __init__(self, walk: AsyncPageWalk[W]) -> None:
        self._walk = walk
        self._items: deque[W] = deque()

    def __aiter__(self) -> AsyncItemWalk[W]:
        return self

    async def __anext__(self) -> W:
        while not self._items:
            self._items.extend(await self._walk.__anext__())
        return self._items.popleft()
