"""Whom an error concerns, and the secrets that must not get into it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..errors import FrancaError
from ..wire.base import Answer
from ..wire.headers import Headers

__all__ = ["Origin", "with_origin"]

_SHORTEST_SECRET = 8  # shorter keys are placeholders ("ollama", "x"); hiding them would garble every text
_DEEPEST = 30  # levels of an error object that are read; a server may nest deeper than Python's stack likes
_HIDDEN = "***"


class Origin:
    """Who was asked, for error texts: server name, model, and the secrets that no text may hold."""

    __slots__ = ("model", "secrets", "server")

    def __init__(self, server: str | None = None, model: str | None = None, secrets: Iterable[str] = ()) -> None:
        self.server = server
        self.model = model
        self.secrets = tuple(secret for secret in secrets if len(secret) >= _SHORTEST_SECRET)

    def hiding(self, secrets: Iterable[str]) -> Origin:
        """This origin with further secrets: those that stand in the body of a request."""
        return Origin(self.server, self.model, (*self.secrets, *secrets))

    def scrub(self, value: Any, depth: int = _DEEPEST) -> Any:
        """`value` (text, or any JSON) with the caller's own secrets replaced by `***`."""
        if not self.secrets:
            return value
        if isinstance(value, str):
            for secret in self.secrets:
                value = value.replace(secret, _HIDDEN)
            return value
        if isinstance(value, (dict, list)) and not depth:
            return _HIDDEN
        if isinstance(value, dict):
            return {self.scrub(key): self.scrub(item, depth - 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.scrub(item, depth - 1) for item in value]
        return value

    def scrub_headers(self, headers: Headers) -> Headers:
        """Headers with the secrets in their values replaced."""
        return Headers([(name, self.scrub(value)) for name, value in headers.pairs])

    def holds_secret(self, value: Any) -> bool:
        """Whether a secret is anywhere in a text or in JSON, however deep."""
        pending = [value]
        while pending:
            item = pending.pop()
            if isinstance(item, str):
                if any(secret in item for secret in self.secrets):
                    return True
            elif isinstance(item, dict):
                pending += item.keys()
                pending += item.values()
            elif isinstance(item, list):
                pending += item
        return False


def with_origin(error: FrancaError, origin: Origin) -> None:
    """Tell an error from below (a transport's, a reader's) whom it concerns, and hide secrets in what it quotes."""
    error.server = origin.server or error.server
    error.model = origin.model
    error.message = origin.scrub(error.message)
    error.body = origin.scrub(error.body)
    if origin.secrets and isinstance(error.partial, Answer):
        error.partial = _without_secrets(error.partial, origin)


def _without_secrets(answer: Answer, origin: Origin) -> Answer:
    """A partial answer fit for an error, which may be logged and pickled: the error object in one of its choices, or a
    header, may repeat the caller's key. Nearly always it is the answer itself."""
    data = answer._data
    if origin.holds_secret(data):
        data = origin.scrub(data)
    elif not origin.holds_secret([value for _, value in answer.headers.pairs]):
        return answer
    status, headers, *beside = answer._beside()
    return type(answer)(data, status, origin.scrub_headers(headers), *beside)
