"""Conversations as JSON, and in files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from ..wire import codec

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["load", "read", "save", "written"]

_KIND = "franca.conversation"
_VERSION = 1


def written(messages: list[dict[str, Any]], **settings: Any) -> str:
    """The JSON text of a conversation. Raises BadUsage, with the place, for what is no JSON."""
    import msgspec

    whole = {"kind": _KIND, "version": _VERSION, **settings, "messages": messages}
    return msgspec.json.format(codec.encode_body(whole), indent=1).decode()


def read(text: str | bytes) -> dict[str, Any]:
    """The settings and messages that `written` wrote. Raises BadUsage for anything else."""
    try:
        whole = codec.strict_decode(text.encode() if isinstance(text, str) else text)
    except (ValueError, RecursionError) as error:
        raise BadUsage(f"this is no saved conversation: it is no JSON ({error})") from None
    if not isinstance(whole, dict) or whole.get("kind") != _KIND:
        raise BadUsage(f'this is no saved conversation: it has no "kind": "{_KIND}"')
    version = whole.get("version")
    if type(version) is not int or version < 1:
        raise BadUsage(f"this conversation has no version, but {version!r}")
    if version > _VERSION:
        raise BadUsage(f"this conversation is of version {version}, and this franca reads up to {_VERSION}: update it")
    messages = whole.get("messages")
    if not isinstance(messages, list):
        raise BadUsage("this conversation has no list of messages")
    for place, message in enumerate(messages):
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise BadUsage(f"messages[{place}] of this conversation is no message with a role")
    return {"limit": None, "reserve": None, "trim": None, **whole}


def save(text: str, path: str | PathLike[str]) -> None:
    """Write the file beside its place, then move it there: a crash leaves the old one whole."""
    import os

    place = Path(os.path.realpath(path))  # what a link leads to, so that the link stays
    if place.is_dir():
        raise BadUsage(f"{path} is a folder")
    if not place.parent.is_dir():
        raise BadUsage(f"{path}: there is no folder {place.parent}")
    fresh = place.with_name(f".{place.name}.{os.urandom(6).hex()}")
    try:
        with open(fresh, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, place)
    except OSError as error:
        raise BadUsage(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # mostly gone: moved to its place
            fresh.unlink()


def load(path: str | PathLike[str]) -> bytes:
    """What the file holds."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadUsage(f"cannot be read: {error.strerror or error}") from error
