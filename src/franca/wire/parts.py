"""Content parts of a message: text, images, audio and files, as the plain dicts that travel.

Bytes are sent inline (base64). The kind of the data is read from its first bytes, so that a wrong file
name does no harm; where that fails the caller must say it.
"""

from __future__ import annotations

import os
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from typing import TYPE_CHECKING, Any

from ..errors import BadUsage

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MAX_INLINE_BYTES", "audio_part", "file_part", "image_part", "image_type", "text_part"]

MAX_INLINE_BYTES = 256 * 1024 * 1024
"""More than this is not sent inline: no server takes it (OpenAI: 50 MB), and it would fill the memory."""

_HEAD = 64

# (offset, magic bytes, kind)
_IMAGES = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"BM", "image/bmp"),
)
_AUDIO = (
    (8, b"WAVE", "wav"),
    (8, b"AIFF", "aiff"),
    (0, b"fLaC", "flac"),
    (0, b"OggS", "ogg"),
    (0, b"ID3", "mp3"),
    (4, b"ftyp", "m4a"),
    (0, b"\x1aE\xdf\xa3", "webm"),
)


def text_part(text: str) -> dict[str, Any]:
    """A part of plain text."""
    if not isinstance(text, str):
        raise BadUsage(f"text_part: expected str, got {type(text).__name__}")
    return {"type": "text", "text": text}


def image_part(
    source: str | bytes | Path | None = None,
    detail: str | None = None,
    media_type: str | None = None,
    *,
    base64: str | None = None,
) -> dict[str, Any]:
    """An image: an http(s) or data: URL (str), a file (pathlib.Path), its bytes, or `base64` text.

    `detail` is "low", "high" or "auto". `media_type`, such as "image/png", is found out from the data
    (PNG, JPEG, GIF, WEBP, BMP, TIFF, AVIF, HEIC) when not given. A str is never taken for a file name: text from
    elsewhere must not make this program send its files away.

    Raises BadUsage for a file that cannot be read, for data that is no known image, and beyond MAX_INLINE_BYTES.
    """
    _exactly_one("image_part", source=source, base64=base64)
    if isinstance(source, str):
        url = _checked_url(source)
    else:
        data = _base64_of("image_part", source, base64)
        kind = media_type or _sniff(_IMAGES, _head("image_part", data))
        if kind is None:
            raise BadUsage("image_part: the data is no image known here; give media_type='image/...'")
        url = f"data:{kind};base64,{data}"
    return {"type": "image_url", "image_url": {"url": url} if detail is None else {"url": url, "detail": detail}}


def audio_part(
    source: bytes | Path | None = None, format: str | None = None, *, base64: str | None = None
) -> dict[str, Any]:
    """Audio input: a file (pathlib.Path), its bytes, or `base64` text.

    `format`, such as "wav" or "mp3", is found out from the data (wav, mp3, flac, ogg, aac, m4a, webm, aiff) when not
    given. OpenAI takes wav and mp3 only. Raises BadUsage as `image_part`.
    """
    _exactly_one("audio_part", source=source, base64=base64)
    data = _base64_of("audio_part", source, base64)
    found = format or _audio_format(_head("audio_part", data))
    if found is None:
        raise BadUsage("audio_part: the data is no audio known here; give format='wav', 'mp3' ...")
    return {"type": "input_audio", "input_audio": {"data": data, "format": found}}


def file_part(
    file_id: str | None = None,
    *,
    path: str | Path | None = None,
    data: bytes | None = None,
    base64: str | None = None,
    filename: str | None = None,
    media_type: str | None = None,
) -> dict[str, Any]:
    """A file: one uploaded before, by `file_id`, or inline: a `path`, its bytes (`data`) or `base64` text.

    Inline files carry a name and travel as data: URL; the media type is that of the name's ending when not given
    (a PDF is also known by its first bytes). Raises BadUsage as `image_part`.
    """
    _exactly_one("file_part", file_id=file_id, path=path, data=data, base64=base64)
    if file_id is not None:
        return {"type": "file", "file": {"file_id": file_id}}
    encoded = _base64_of("file_part", data if path is None else _read("file_part", path), base64)
    is_pdf = _head("file_part", encoded).startswith(b"%PDF-")
    name = filename or (os.path.basename(path) if path is not None else "file.pdf" if is_pdf else "file")
    kind = media_type or ("application/pdf" if is_pdf else _media_type_of_name(name))
    return {"type": "file", "file": {"filename": name, "file_data": f"data:{kind};base64,{encoded}"}}


def _exactly_one(function: str, **given: object) -> None:
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        got = " and ".join(names) or "none"
        raise BadUsage(f"{function}: give exactly one of {', '.join(given)}; got {got}")


def _checked_url(source: str) -> str:
    if source.startswith("data:") or ("://" in source and source.partition("://")[0].isalnum()):
        return source
    shown = source if len(source) <= 60 else source[:59] + "…"
    raise BadUsage(f"image_part: {shown!r} is no http(s) or data: URL; for a file pass pathlib.Path(...)")


def _base64_of(function: str, source: object, base64: str | None) -> str:
    if base64 is not None:
        if not isinstance(base64, str):
            raise BadUsage(f"{function}: base64 must be str, got {type(base64).__name__}")
        return base64
    if isinstance(source, os.PathLike):
        source = _read(function, source)
    if not isinstance(source, (bytes, bytearray, memoryview)):
        raise BadUsage(f"{function}: expected bytes or pathlib.Path, got {type(source).__name__}")
    if not len(source):
        raise BadUsage(f"{function}: the data is empty")
    _check_size(function, memoryview(source).nbytes)
    return b2a_base64(source, newline=False).decode("ascii")


def _read(function: str, path: str | os.PathLike[str]) -> bytes:
    try:
        _check_size(function, os.stat(path).st_size)
        with open(path, "rb") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise BadUsage(f"{function}: cannot read {path!r}: {error}") from None


def _check_size(function: str, size: int) -> None:
    if size > MAX_INLINE_BYTES:
        raise BadUsage(f"{function}: {size} bytes are more than the {MAX_INLINE_BYTES} that are sent inline")


def _head(function: str, data: str) -> bytes:
    """The first bytes of base64 text."""
    try:
        return a2b_base64(data[:_HEAD], strict_mode=True)
    except (Base64Error, ValueError):
        raise BadUsage(f"{function}: base64= is no base64 text (and no data: URL)") from None


def image_type(head: bytes) -> str | None:
    """The media type of an image by its first bytes; None for what is no image known here."""
    return _sniff(_IMAGES, head)


def _sniff(table: tuple[tuple[int, bytes, str], ...], head: bytes) -> str | None:
    return next((kind for offset, magic, kind in table if head.startswith(magic, offset)), None)


def _audio_format(head: bytes) -> str | None:
    # MPEG frames start with eleven 1 bits; layer bits 00 mean AAC in ADTS, others MP3 without an ID3 tag.
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "aac" if head[1] & 0x06 == 0 else "mp3"
    return _sniff(_AUDIO, head)


def _media_type_of_name(name: str) -> str:
    import mimetypes

    # Only the built-in table: the machine's own files would make the same call differ between hosts.
    return mimetypes.MimeTypes().guess_type(name)[0] or "application/octet-stream"
