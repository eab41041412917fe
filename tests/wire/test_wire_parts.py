"""Content parts: text, images, audio, files."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca.errors import BadUsage
from franca.wire import parts
from franca.wire.build import audio_part, file_part, image_part, text_part

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 60
IMAGES = {
    "image/png": PNG,
    "image/jpeg": b"\xff\xd8\xff\xe0rest",
    "image/gif": b"GIF89a....",
    "image/webp": b"RIFF\x10\0\0\0WEBPVP8 ",
    "image/bmp": b"BM....",
    "image/tiff": b"II*\x00....",
    "image/avif": b"\0\0\0\x20ftypavif",
    "image/heic": b"\0\0\0\x20ftypheic",
}
SOUNDS = {
    "wav": b"RIFF\x10\0\0\0WAVEfmt ",
    "mp3": b"ID3\x04rest",
    "flac": b"fLaC....",
    "ogg": b"OggS....",
    "aiff": b"FORM\0\0\0\0AIFF",
    "m4a": b"\0\0\0\x20ftypM4A ",
    "webm": b"\x1aE\xdf\xa3....",
    "aac": b"\xff\xf1\x50\x80",
}


def b64(data):
    return base64.b64encode(data).decode()


def test_text_part():
    """A text part holds text."""
    assert text_part("a") == {"type": "text", "text": "a"}
    with pytest.raises(BadUsage, match="expected str, got int"):
        text_part(3)


@pytest.mark.parametrize("url", ["https://x/a.png", "http://x/a", "data:image/png;base64,AAAA", "gs://bucket/a.png"])
def test_image_by_url(url):
    """URLs go through as they are; the detail only when it is given."""
    assert image_part(url) == {"type": "image_url", "image_url": {"url": url}}
    assert image_part(url, "low") == {"type": "image_url", "image_url": {"url": url, "detail": "low"}}


@pytest.mark.parametrize("kind", IMAGES)
def test_image_by_data(kind, tmp_path):
    """Bytes, files and base64 give the same data: URL, the media type read from the data and not the name."""
    data = IMAGES[kind]
    url = f"data:{kind};base64,{b64(data)}"
    path = tmp_path / "picture.txt"
    path.write_bytes(data)
    for part in (image_part(data), image_part(bytearray(data)), image_part(path), image_part(base64=b64(data))):
        assert part["image_url"] == {"url": url}
    assert image_part(memoryview(data), detail="high")["image_url"] == {"url": url, "detail": "high"}


def test_image_media_type():
    """A media type that is given wins; one that cannot be found must be given."""
    assert image_part(PNG, media_type="image/x")["image_url"]["url"].startswith("data:image/x;base64,")
    assert image_part(b"<svg/>", media_type="image/svg+xml")["image_url"]["url"].startswith("data:image/svg+xml;")
    with pytest.raises(BadUsage, match="give media_type="):
        image_part(b"<svg/>")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "give exactly one of source, base64; got none"),
        ({"source": PNG, "base64": "AAAA"}, "got source and base64"),
        ({"source": "picture.png"}, "'picture.png' is no http.* pass pathlib.Path"),
        ({"source": "x" * 99}, "x…' is no http"),
        ({"source": "not a scheme://x"}, "is no http"),
        ({"source": 3}, "expected bytes or pathlib.Path, got int"),
        ({"source": b""}, "empty"),
        ({"source": Path("/nowhere/x.png")}, "cannot read"),
        ({"source": Path("/")}, "cannot read"),
        ({"source": Path("a\0b")}, "cannot read"),
        ({"base64": "data:image/png;base64,AAAA"}, "no base64 text"),
        ({"base64": "é"}, "no base64 text"),
        ({"base64": b"AAAA"}, "base64 must be str, got bytes"),
    ],
)
def test_wrong_images(arguments, problem):
    """What is no image says what is wrong. A str is never read as a file."""
    with pytest.raises(BadUsage, match=problem):
        image_part(**arguments)


def test_too_large(monkeypatch, tmp_path):
    """More than the limit is refused; a file before it is read."""
    monkeypatch.setattr(parts, "MAX_INLINE_BYTES", 10)
    with pytest.raises(BadUsage, match="68 bytes are more than the 10"):
        image_part(PNG)
    path = tmp_path / "big.png"
    with path.open("wb") as file:
        os.truncate(file.fileno(), 2**40)
    with pytest.raises(BadUsage, match="1099511627776 bytes"):
        image_part(path)


@given(st.binary(min_size=1, max_size=200))
def test_bytes_come_back(data):
    """What is inside the data: URL is what was given, for any bytes."""
    url = image_part(data, media_type="image/png")["image_url"]["url"]
    assert base64.b64decode(url.partition(",")[2]) == data
    assert audio_part(data, "wav")["input_audio"]["data"] == b64(data)


@pytest.mark.parametrize("kind", SOUNDS)
def test_audio(kind, tmp_path):
    """Bytes, files and base64 give the same part, the format read from the data."""
    data = SOUNDS[kind]
    path = tmp_path / "sound"
    path.write_bytes(data)
    expected = {"type": "input_audio", "input_audio": {"data": b64(data), "format": kind}}
    assert audio_part(data) == audio_part(path) == audio_part(base64=b64(data)) == expected


def test_audio_formats():
    """An MP3 without a tag begins with a frame; a format that is given wins; an unknown one must be given."""
    assert audio_part(b"\xff\xfb\x90\x00")["input_audio"]["format"] == "mp3"
    assert audio_part(b"\xff\xfb\x90\x00", "mpeg")["input_audio"]["format"] == "mpeg"
    for unknown in (b"????", b"\xff"):
        with pytest.raises(BadUsage, match="give format="):
            audio_part(unknown)
    with pytest.raises(BadUsage, match="exactly one"):
        audio_part()
    with pytest.raises(BadUsage, match=r"expected bytes or pathlib\.Path, got str"):
        audio_part("sound.wav")


def test_file_by_id():
    """A file uploaded before is named by its id."""
    assert file_part("file-1") == {"type": "file", "file": {"file_id": "file-1"}}


def test_inline_files(tmp_path):
    """Inline files carry a name and a data: URL of the right media type."""
    path = tmp_path / "report.pdf"
    path.write_bytes(b"%PDF-1.7")
    pdf = f"data:application/pdf;base64,{b64(b'%PDF-1.7')}"
    assert file_part(path=path) == {"type": "file", "file": {"filename": "report.pdf", "file_data": pdf}}
    assert file_part(path=str(path)) == file_part(path=path)
    assert file_part(data=b"%PDF-1.7")["file"] == {"filename": "file.pdf", "file_data": pdf}
    assert file_part(base64=b64(b"%PDF-1.7"), filename="a.bin")["file"] == {"filename": "a.bin", "file_data": pdf}
    assert file_part(data=b"a,b", filename="t.csv")["file"]["file_data"].startswith("data:text/csv;base64,")
    assert file_part(data=b"?")["file"] == {
        "filename": "file",
        "file_data": "data:application/octet-stream;base64,Pw==",
    }
    assert file_part(data=b"?", media_type="text/x")["file"]["file_data"] == "data:text/x;base64,Pw=="


@pytest.mark.parametrize("arguments", [{}, {"file_id": "a", "data": b"x"}, {"path": "/nowhere/x"}, {"data": "text"}])
def test_wrong_files(arguments):
    """Exactly one source, readable, of bytes."""
    with pytest.raises(BadUsage, match="file_part: "):
        file_part(**arguments)
