"""Secrets that a configuration only points to: in a variable of the environment, or in a file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import msgspec

from ...errors import BadUsage
from .shape import Config

__all__ = ["is_literal", "secret_files", "secret_of"]

_MOST_BYTES = 64 * 1024


def secret_of(text: str, environ: Mapping[str, str] | None = None) -> str:
    """The secret behind "env:NAME" or "file:PATH" (without the line break at its end); any other text is one itself.

    Raises BadUsage for a variable that is not set and for a file that cannot be read, or is empty.
    """
    if text.startswith("env:"):
        name = text.removeprefix("env:").strip()
        found = (os.environ if environ is None else environ).get(name, "").strip()
        if not found:
            raise BadUsage(f"the variable {name} is not set", code="missing_secret")
        return found
    if text.startswith("file:"):
        return _read(text.removeprefix("file:").strip())
    return text


def is_literal(text: str) -> bool:
    """Whether a text is a secret itself: neither a pointer to one nor only its hash."""
    return bool(text) and not text.startswith(("env:", "file:", "sha256:"))


def secret_files(config: Config) -> list[str]:
    """The files that a configuration's secrets are read from."""
    found = [text.removeprefix("file:").strip() for text in _texts(msgspec.to_builtins(config)) if text[:5] == "file:"]
    return [os.path.expanduser(path) for path in dict.fromkeys(found)]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)


def _read(path: str) -> str:
    try:
        with open(os.path.expanduser(path), "rb") as file:
            content = file.read(_MOST_BYTES + 1)
        found = content.decode()
    except OSError as error:
        raise BadUsage(f"the file {path} cannot be read: {error.strerror or error}", code="missing_secret") from error
    except UnicodeDecodeError as error:
        raise BadUsage(f"the file {path} holds no text", code="missing_secret") from error
    if len(content) > _MOST_BYTES:
        raise BadUsage(f"the file {path} is larger than {_MOST_BYTES} bytes: that is no secret", code="missing_secret")
    if not found.strip():
        raise BadUsage(f"the file {path} is empty", code="missing_secret")
    return found.rstrip("\r\n")
