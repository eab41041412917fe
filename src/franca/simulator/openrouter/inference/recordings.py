"""Sounds: made ones (PCM, MP3), and what came to be transcribed, as JSON or as a form of parts."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from math import pi, sin
from struct import pack
from typing import Any, NamedTuple

from .taken import invalid

__all__ = ["Sound", "mp3", "multipart", "pcm", "sound_of"]

_RATE = 24_000
_LONGEST = 60.0  # seconds of made sound
_FRAME = bytes((0xFF, 0xFB, 0x90, 0x00)) + bytes(413)  # a silent frame of MPEG 1, layer III, 128 kbit/s, 44.1 kHz
_FRAME_SECONDS = 1152 / 44_100
_PERIOD = b"".join(pack("<h", int(8000 * sin(2 * pi * step / 60))) for step in range(60))  # 400 Hz
_MOST_PARTS = 64
_LISTS = ("keyterms", "timestamp_granularities")


class Sound(NamedTuple):
    """What is to be transcribed."""

    form: str
    size: int
    seconds: float
    """As long as 16 bit at 16 kHz would be: the simulator does not listen."""


def pcm(seconds: float) -> bytes:
    """A tone: 16 bit little endian, one channel, 24 kHz."""
    number = int(min(seconds, _LONGEST) * _RATE)
    return (_PERIOD * (number // 60 + 1))[: number * 2]


def mp3(seconds: float) -> bytes:
    """Silence."""
    return _FRAME * max(1, int(min(seconds, _LONGEST) / _FRAME_SECONDS))


def sound_of(body: Mapping[str, Any]) -> Sound:
    """The sound of a request: `input_audio` with data and format or with a URL, or the `file` of a form."""
    given = body.get("input_audio")
    if isinstance(given, Mapping) and isinstance(given.get("data"), str):
        try:
            data = b64decode(given["data"], validate=True)
        except ValueError:
            raise invalid("input_audio.data must be base64.") from None
        if not isinstance(given.get("format"), str):
            raise invalid("input_audio.format must be a string.")
        return _measured(given["format"], data)
    if isinstance(given, Mapping) and isinstance(given.get("url"), str):
        return Sound("url", 0, 1.0)
    file = body.get("file")
    if isinstance(file, tuple):
        name, data = file
        return _measured(name.rpartition(".")[2] or "bin", data)
    if isinstance(body.get("source_url"), str):
        return Sound("url", 0, 1.0)
    raise invalid("input_audio must be an object with data and format, or a file must be sent.")


def _measured(form: str, data: bytes) -> Sound:
    if not data:
        raise invalid("The audio is empty.")
    return Sound(form, len(data), round(len(data) / 32_000, 3))


def multipart(content_type: str, raw: bytes) -> dict[str, Any]:
    """The fields of a form (RFC 7578): texts; `file` as its name and bytes; names that end in [] as lists."""
    found = re.search(r'boundary="?([^";]+)"?', content_type)
    if found is None:
        raise invalid("The form has no boundary.")
    fields: dict[str, Any] = {}
    parts = raw.split(b"--" + found[1].encode("latin-1"), _MOST_PARTS)
    if len(parts) > _MOST_PARTS or not parts[-1].startswith(b"--"):
        raise invalid("The form is cut off, or has too many parts.")
    for part in parts[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'[;\s]name="([^"]*)"', head)
        if name is None:
            raise invalid("A part of the form has no name.")
        _add(fields, name[1].decode("utf-8", "replace"), head, data.removesuffix(b"\r\n"))
    return fields


def _add(fields: dict[str, Any], name: str, head: bytes, data: bytes) -> None:
    file = re.search(rb'filename="([^"]*)"', head)
    plain = name.removesuffix("[]")
    if file is not None:
        fields[name] = (file[1].decode("utf-8", "replace"), data)
    elif name != plain or plain in _LISTS:
        fields.setdefault(plain, []).append(data.decode("utf-8", "replace"))
    elif name not in ("provider", "trace"):  # JSON as text: not looked at
        fields[name] = data.decode("utf-8", "replace")
