"""Login by a browser: a code for a user who says yes, and a key for the code (OAuth with PKCE)."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any

from .refusal import Refusal

__all__ = ["CODE_LIFE", "Code", "Codes"]

CODE_LIFE = 600.0
"""Seconds for which a code is good."""

_MOST = 1_000


@dataclass(slots=True)
class Code:
    """One code: the challenge that its holder must answer, and what the key will be."""

    id: str
    challenge: str | None
    method: str
    made: float
    key: dict[str, Any] = field(default_factory=dict)


class Codes:
    """The codes that were given out. Each is good once, and for ten minutes."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._numbers = count(1)
        self._codes: dict[str, Code] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def create(self, challenge: str | None, method: str | None, key: dict[str, Any]) -> Code:
        """A new code. Without a method the challenge is a "plain" one (RFC 7636, 4.3). Refusal: 400."""
        if method not in (None, "S256", "plain"):
            raise Refusal(400, f"code_challenge_method must be S256 or plain, not {method!r}")
        if method is not None and not challenge:
            raise Refusal(400, "code_challenge_method without a code_challenge")
        number = next(self._numbers)
        id = "auth_code_" + sha256(f"simulated code {number}".encode()).hexdigest()[:32]
        self._codes[id] = Code(id, challenge or None, method or "plain", self._clock(), key)
        if len(self._codes) > _MOST:
            del self._codes[next(iter(self._codes))]
        return self._codes[id]

    def redeem(self, id: str, verifier: str | None, method: str | None) -> Code:
        """The code, used up by this; also by a wrong verifier, which must not be guessed. Refusal: 400 for another
        method than at first, 403 for a wrong code or verifier."""
        code = self._codes.pop(id, None)
        if code is None or code.made + CODE_LIFE < self._clock():
            raise Refusal(403, "Invalid code")
        if code.challenge is None:
            return code
        if method is not None and method != code.method:
            raise Refusal(400, "Invalid code_challenge_method")
        answer = verifier or ""
        if code.method == "S256":
            answer = urlsafe_b64encode(sha256(answer.encode()).digest()).rstrip(b"=").decode()
        if not verifier or not hmac.compare_digest(answer.encode(), code.challenge.encode()):
            raise Refusal(403, "Invalid code_verifier")
        return code
