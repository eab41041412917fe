"""`-a FILE`: from a file to what a message can carry. The kind is read from the content, not from the name."""

from __future__ import annotations

import codecs
import re
import sys
from pathlib import Path
from typing import Any

from ..errors import BadUsage
from ..wire.parts import MAX_INLINE_BYTES, audio_part, file_part, image_part

__all__ = ["attachment", "decoded", "named_block"]

Part = str | dict[str, Any]

_HEAD = 64
_URL = re.compile(r"(https?://|data:)", re.IGNORECASE)


def attachment(source: str) -> Part:
    """What `-a SOURCE` puts into the message: text (a str) for a text file, else a part for an image, audio or
    a PDF. SOURCE is a path, "-" for standard input, or the http(s) or data: URL of an image.

    Raises BadUsage for a file that cannot be read or is none of these.
    """
    if _URL.match(source):
        return image_part(source)
    if source == "-":
        return _part_of(sys.stdin.buffer.read(), "standard input", None)
    path = Path(source).expanduser()
    try:
        if path.stat().st_size > MAX_INLINE_BYTES:
            raise BadUsage(f"{source}: {path.stat().st_size} bytes are too many to be sent")
        data = path.read_bytes()
    except OSError as error:
        raise BadUsage(f"cannot read {source}: {error.strerror or error}") from None
    return _part_of(data, source, path.name)


def _part_of(data: bytes, shown: str, name: str | None) -> Part:
    if not data:
        raise BadUsage(f"{shown} is empty")
    if data.startswith(b"%PDF-"):
        return file_part(data=data, filename=name)
    # Text before the others: a page that begins with "BM" is no bitmap.
    text = decoded(data)
    if text is not None:
        return named_block(name, text) if name else text
    if data[4:8] == b"ftyp" and data[8:11] not in (b"M4A", b"M4B", b"avi", b"hei"):
        raise BadUsage(f"{shown}: video cannot be attached")
    for part in (image_part, audio_part):
        try:
            part(data[:_HEAD])
        except BadUsage:
            continue
        return part(data)
    raise BadUsage(f"{shown} is neither text nor an image, audio or PDF")


def decoded(data: bytes) -> str | None:
    """The text in some bytes (UTF-8, or UTF-16 with its mark); None when they are no text."""
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def named_block(name: str, text: str) -> str:
    """A file's text as a fenced block below its name, with a fence that the text does not hold."""
    runs = re.findall(r"^\s*(`{3,})", text, re.MULTILINE)
    fence = "`" * (max(map(len, runs), default=2) + 1)
    kind = name.rpartition(".")[2] if "." in name.strip(".") else ""
    body = text if text.endswith("\n") else text + "\n"
    return f"{name}:\n{fence}{kind if kind.isalnum() else ''}\n{body}{fence}"
