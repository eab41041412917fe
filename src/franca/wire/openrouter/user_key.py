"""The key that a user gave an application by logging in (OAuth with PKCE)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Self

from ..base import Answer
from ..fields import text
from ..headers import Headers
from ..told import Told

__all__ = ["UserKey"]

_NO_HEADERS = Headers()
_SITE = "https://openrouter.ai"


class UserKey(Answer):
    """What POST /auth/keys answers. `key` is the secret itself: keep it where secrets are kept. It is in no repr, dict
    or pickle; what came out of a pickle has None."""

    __slots__ = ("key",)
    _shown = ("user_id",)

    user_id = text("user_id", "Whose key it is; None when it is not told.")

    def __init__(
        self,
        data: dict[str, Any],
        status: int | None = None,
        headers: Headers = _NO_HEADERS,
        server: str | None = None,
        told: Told | None = None,
        key: str | None = None,
    ) -> None:
        super().__init__(data, status, headers, server, told)
        self.key = key

    @property
    def hash(self) -> str | None:
        """SHA-256 of the key in hexadecimal, by which OpenRouter's pages and `client.keys` know it."""
        return None if self.key is None else sha256(self.key.encode()).hexdigest()

    @property
    def settings_url(self) -> str | None:
        """The page where the user, logged in, sees and revokes the key."""
        return None if self.hash is None else f"{_SITE}/keys/{self.hash}"

    @property
    def logs_url(self) -> str | None:
        """The page that shows the user what was done with the key."""
        return None if self.hash is None else f"{_SITE}/logs?api_key_hash={self.hash}"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, UserKey) and self.key != other.key:
            return False
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Self:
        made = super().__copy__()
        made.key = self.key
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made = super().__deepcopy__(memo)
        made.key = self.key
        return made
