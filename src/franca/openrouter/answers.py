"""Answers of OpenRouter that know their client, so that `chat.generation()` can ask what the answer was and cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from ..wire.base import Answer
from ..wire.headers import Headers
from ..wire.openrouter.chat import RoutedChat, RoutedCompletion
from ..wire.told import Told

if TYPE_CHECKING:
    from ..wire.openrouter.generation import Generation

__all__ = ["AsyncOpenRouterChat", "AsyncOpenRouterCompletion", "OpenRouterChat", "OpenRouterCompletion"]

_NO_HEADERS = Headers()


class _Attached(Answer):
    """An answer that holds on to the client it came from; a pickle of it does not."""

    __slots__ = ()

    _client: Any

    def __init__(
        self,
        data: dict[str, Any],
        status: int | None = None,
        headers: Headers = _NO_HEADERS,
        server: str | None = None,
        told: Told | None = None,
        client: Any = None,
    ) -> None:
        super().__init__(data, status, headers, server, told)
        self._client = client

    def _beside(self) -> tuple[Any, ...]:
        return *super()._beside(), self._client

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._data, *super()._beside())

    def _asked(self, wait: float) -> Any:
        """The client's answer to `generation`. Raises BadUsage where nobody or nothing can be asked."""
        named = getattr(self, "generation_id", None)
        if named is None:
            raise BadUsage("the answer names no generation: it has neither an id nor a header X-Generation-Id")
        if self._client is None:
            raise BadUsage(
                f"this answer was pickled, or made by hand, and knows no client: ask client.generation({named!r})"
            )
        if self.server != self._client.server:
            raise BadUsage(f"{self.server} answered, not {self._client.server}, which knows its own generations only")
        return self._client.generation(named, wait=wait)


class OpenRouterChat(_Attached, RoutedChat):
    """A chat completion of `OpenRouter`."""

    __slots__ = ("_client",)

    def generation(self, *, wait: float = 10.0) -> Generation:
        """What this answer was and cost, as OpenRouter tells it afterwards; see `OpenRouter.generation`."""
        found: Generation = self._asked(wait)
        return found


class AsyncOpenRouterChat(_Attached, RoutedChat):
    """A chat completion of `AsyncOpenRouter`."""

    __slots__ = ("_client",)

    async def generation(self, *, wait: float = 10.0) -> Generation:
        """As `OpenRouterChat.generation`."""
        found: Generation = await self._asked(wait)
        return found


class OpenRouterCompletion(_Attached, RoutedCompletion):
    """A prompt completion of `OpenRouter`."""

    __slots__ = ("_client",)

    def generation(self, *, wait: float = 10.0) -> Generation:
        """As `OpenRouterChat.generation`."""
        found: Generation = self._asked(wait)
        return found


class AsyncOpenRouterCompletion(_Attached, RoutedCompletion):
    """A prompt completion of `AsyncOpenRouter`."""

    __slots__ = ("_client",)

    async def generation(self, *, wait: float = 10.0) -> Generation:
        """As `OpenRouterChat.generation`."""
        found: Generation = await self._asked(wait)
        return found
