"""A list that OpenRouter sent (`{"data": [...]}`), each of its objects seen through a window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

from ..base import Window, copy_json
from ..fields import whole_number
from ..headers import Headers
from .read import read_list

__all__ = ["Listing"]

W = TypeVar("W", bound=Window)
_NO_HEADERS = Headers()


class Listing(Sequence[W], Generic[W]):
    """The objects of a list, or of one page of it, in the server's order.

    `raw` is the answer as it came; `status`, `headers`, `server` and `request_id` are those of the answer.

    Raises ProtocolError for an answer that holds no list of objects.
    """

    __slots__ = ("_items", "_kind", "headers", "raw", "server", "status")

    def __init__(
        self,
        raw: dict[str, Any],
        kind: type[W],
        status: int | None = None,
        headers: Headers = _NO_HEADERS,
        server: str | None = None,
    ) -> None:
        self._kind = kind
        self._items = read_list(raw, kind)
        self.raw = raw
        self.status = status
        self.headers = headers
        self.server = server

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, from the response headers; None when it tells none."""
        return self.headers.request_id

    @property
    def total(self) -> int | None:
        """How many there are on all pages together, as the server told it; None when it did not."""
        return whole_number(self.raw.get("total_count"))

    def to_dict(self) -> dict[str, Any]:
        """Exactly what came, as a deep copy."""
        copied: dict[str, Any] = copy_json(self.raw)
        return copied

    def first(self, count: int) -> Listing[W]:
        """The same, with no more than `count` objects; `raw` stays whole."""
        made: Listing[W] = Listing(self.raw, self._kind, self.status, self.headers, self.server)
        made._items = made._items[:count]
        return made

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, key: int) -> W: ...
    @overload
    def __getitem__(self, key: slice) -> list[W]: ...
    def __getitem__(self, key: int | slice) -> W | list[W]:
        return self._items[key]

    def __iter__(self) -> Iterator[W]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Listing):
            return self._items == other._items
        return self._items == other if isinstance(other, list) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        total = self.total
        of = "" if total is None or total == len(self) else f" of {total}"
        return f"<Listing of {len(self)}{of} {self._kind.__name__}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _pickled, (self.raw, self._kind, self.status, self.headers, self.server, len(self))


def _pickled(raw: dict[str, Any], kind: Any, status: Any, headers: Any, server: Any, count: int) -> Listing[Any]:
    return Listing(raw, kind, status, headers, server).first(count)
