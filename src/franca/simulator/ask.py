"""What models and scenarios are handed: the dials, one request, and the refusal they may raise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from .http import answer, encode, error_body

__all__ = ["CHAT_MODELS", "Ask", "Dials", "Refused"]

CHAT_MODELS = ("echo", "lorem", "json", "tools", "reason", "structured")


@dataclass(frozen=True, slots=True)
class Dials:
    """How the simulator behaves; see `Simulator` for what each does."""

    api_key: str | None = None
    latency: float = 0.0
    tokens_per_second: float | None = None
    error_rate: float = 0.0
    seed: int = 0
    strict: bool = False
    dimensions: int = 1536
    aliases: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Ask:
    """One request, decoded: what a model or a scenario answers to.

    `call` is "chat", "stream" (a streamed chat), "completions", "embeddings", "models" or "model"; `attempt`
    counts, from 0, how often this scenario was asked the same thing; `key` is the caller's own key.
    """

    call: str
    body: dict[str, Any]
    raw: bytes
    dials: Dials
    key: str = ""
    attempt: int = 0
    argument: str = ""
    """The model of `GET /v1/models/NAME`, or the deployment of an Azure path."""

    @property
    def model(self) -> str:
        """The model's name as it was asked for."""
        return str(self.body.get("model") or self.argument)

    def digest(self, size: int = 12) -> str:
        """Hexadecimal digits that stand for the whole request and the seed."""
        return blake2b(self.raw, digest_size=size, key=b"%d" % self.dials.seed).hexdigest()

    def text_key(self, index: int = 0) -> bytes:
        """What texts are made from: seeds, model and prompt, so that a streamed answer reads like a plain one."""
        body = self.body
        prompt = body.get("messages") or body.get("prompt")
        return encode([self.dials.seed, body.get("seed"), body.get("model"), prompt, index])


class Refused(Exception):
    """The request is answered with an error."""

    def __init__(
        self,
        status: int,
        message: str,
        param: str | None = None,
        code: str | None = None,
        type: str = "invalid_request_error",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_body(message, type, param, code)
        self.headers = headers

    def answer(self, *headers: tuple[str, str]) -> bytes:
        """The refusal as bytes of HTTP."""
        return answer(self.status, self.body, [*headers, *self.headers])
