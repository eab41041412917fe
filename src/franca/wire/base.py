"""The window: a typed view of the dict that the server sent, which stays as it came.

A window holds the dict (composition: `keys` and `items` are field names on this wire) and validates
nothing but what is touched. `window["anything"]`, `window.get(...)` and `"x" in window` reach every
field, with or without a name here; typed properties (see `fields.py`) answer None for a field that is
absent, null or of another type.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Self

from .headers import Headers
from .told import Change, Metrics, Told, Tried

__all__ = ["Answer", "Window", "copy_json"]

_REPR_WIDTH = 120
_TEXT_WIDTH = 40


def copy_json(value: Any) -> Any:
    """A copy of decoded JSON: fresh dicts and lists, windows turned into dicts, scalars shared.

    Without recursion, as a server may nest deeper than Python's stack likes, and about three times faster
    than `copy.deepcopy`.
    """
    top = [value]
    pending: list[Any] = [top]
    while pending:
        holder = pending.pop()
        for key, item in holder.items() if isinstance(holder, dict) else enumerate(holder):
            if isinstance(item, Window):
                item = item._data
            if isinstance(item, (dict, list)):
                holder[key] = fresh = item.copy()
                pending.append(fresh)
    return top[0]


def _brief(value: object) -> str:
    """One value, short, for a repr: no blobs, no pages."""
    if isinstance(value, str):
        if value.startswith("data:"):
            value = value[: value.find(",", 0, _TEXT_WIDTH) + 1] + "…"
        return repr(value if len(value) <= _TEXT_WIDTH else value[: _TEXT_WIDTH - 1] + "…")
    if isinstance(value, list):
        return f"<{len(value)} item{'' if len(value) == 1 else 's'}>"
    if isinstance(value, int) and value.bit_length() > 128:  # Python refuses to print thousands of digits
        return "<int>"
    return repr(value)


class Window:
    """A typed view of one JSON object.

    Windows compare (with windows of the same class or of one made from it, and with dicts), print short, copy, pickle.
    They are not hashable. Making one neither copies nor checks the dict.
    """

    __slots__ = ("_data",)

    _named: ClassVar[frozenset[str]] = frozenset()
    """The keys that have a property in this class."""
    _shown: ClassVar[tuple[str, ...]] = ()
    """The attributes that `repr` shows."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._data = data

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        getters: list[Any] = [getattr(getattr(cls, name), "fget", None) for name in dir(cls)]
        cls._named = frozenset(get.wire_key for get in getters if hasattr(get, "wire_key"))

    def __getitem__(self, key: str) -> Any:
        """The field `key` as the server sent it; KeyError when it is absent."""
        return self._data[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The field `key` as the server sent it, or `default` when it is absent."""
        return self._data.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._data

    def __iter__(self) -> Iterator[Any]:
        return iter(self._data)

    def to_dict(self) -> dict[str, Any]:
        """Exactly what came, as a deep copy that may be changed freely."""
        copied: dict[str, Any] = copy_json(self._data)
        return copied

    @property
    def extra(self) -> dict[str, Any]:
        """The fields that have no name in this window, in a new dict."""
        named = self._named
        return {key: value for key, value in self._data.items() if key not in named}

    def _beside(self) -> tuple[Any, ...]:
        """The arguments of `__init__` after the dict."""
        return ()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Window):
            # A message of a router's is one of everybody's: the same data in a subclass is the same.
            alike = isinstance(other, type(self)) or isinstance(self, type(other))
            return alike and self._data == other._data
        if isinstance(other, dict):
            return self._data == other
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = [(name, getattr(self, name)) for name in self._shown]
        line = ", ".join(f"{name}={_brief(value)}" for name, value in shown if value is not None and value != [])
        name = type(self).__name__
        room = _REPR_WIDTH - len(name) - 2
        return f"{name}({line if len(line) <= room else line[: room - 1] + '…'})"

    def __copy__(self) -> Self:
        return type(self)(self._data.copy(), *self._beside())

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return type(self)(copy_json(self._data), *self._beside())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._data, *self._beside())


_NO_HEADERS = Headers()


class Answer(Window):
    """A window on the whole body of an answer, with what the transport knows of it.

    status      HTTP status, None where no HTTP answer stands behind it (one that was made by hand)
    headers     response headers
    server      name or base URL of the server, without secrets
    told        what franca itself knows of the answer, or None; see `adapted`, `tried`, `metrics`

    These are set by the client and have no part in comparison or `to_dict`.
    """

    __slots__ = ("headers", "server", "status", "told")

    def __init__(
        self,
        data: dict[str, Any],
        status: int | None = None,
        headers: Headers = _NO_HEADERS,
        server: str | None = None,
        told: Told | None = None,
    ) -> None:
        self._data = data
        self.status = status
        self.headers = headers
        self.server = server
        self.told = told

    def _beside(self) -> tuple[Any, ...]:
        return self.status, self.headers, self.server, self.told

    @property
    def request_id(self) -> str | None:
        """The server's id of the request, from the response headers; None when it tells none."""
        return self.headers.request_id

    @property
    def adapted(self) -> tuple[Change, ...]:
        """How the request that was sent differs from the one that was asked for: what the server's row says, and
        what the server refused or had refused before. () when it was sent as it was written."""
        return () if self.told is None else self.told.adapted

    @property
    def tried(self) -> tuple[Tried, ...]:
        """The servers and models that were asked in vain before this one answered (`fallbacks`)."""
        return () if self.told is None else self.told.tried

    @property
    def metrics(self) -> Metrics | None:
        """How long the call took, in seconds; None for an answer that was made by hand."""
        metrics = None if self.told is None else self.told.metrics
        if metrics is None:
            return None
        usage = self._data.get("usage")
        tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
        return metrics._replace(tokens=tokens) if type(tokens) is int and 0 <= tokens < 2**63 else metrics
