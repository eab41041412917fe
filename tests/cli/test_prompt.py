"""What is asked: words, attachments and the system prompt as messages."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from franca.cli.attach import attachment, named_block
from franca.cli.prompt import system_text, user_turn
from franca.errors import BadUsage

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
WAV = b"RIFF\0\0\0\0WAVEfmt " + bytes(32)
PDF = b"%PDF-1.4\n%ascii only\n"


def _file(folder: Path, name: str, data: bytes) -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def test_the_kind_of_an_attachment_is_read_from_its_content(tmp_path: Path) -> None:
    """Images, audio and PDFs become their parts whatever the file is called."""
    image = attachment(_file(tmp_path, "a.txt", PNG))
    audio = attachment(_file(tmp_path, "b.png", WAV))
    paper = attachment(_file(tmp_path, "c", PDF))
    assert isinstance(image, dict)
    assert isinstance(audio, dict)
    assert isinstance(paper, dict)
    assert image["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert audio["input_audio"] == {"data": base64.b64encode(WAV).decode(), "format": "wav"}
    assert paper["file"]["filename"] == "c"
    assert paper["file"]["file_data"].startswith("data:application/pdf;base64,")


@pytest.mark.parametrize("url", ["https://example.org/a.png", "HTTP://example.org/a", "data:image/png;base64,AA=="])
def test_an_url_is_an_image(url: str) -> None:
    """URLs go to the server as they are."""
    assert attachment(url) == {"type": "image_url", "image_url": {"url": url}}


@pytest.mark.parametrize(
    "data", [b"BMW is a car", b"ID3 tags", "Grüße".encode(), "Grüße".encode("utf-16"), b"\xef\xbb\xbfmarked"]
)
def test_text_is_text_even_where_it_begins_like_something_else(tmp_path: Path, data: bytes) -> None:
    """A text file becomes a block below its name."""
    block = attachment(_file(tmp_path, "notes.txt", data))
    assert isinstance(block, str)
    assert block.startswith("notes.txt:\n```txt\n")
    assert block.endswith("\n```")
    assert "\ufeff" not in block


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a", bytes(range(256)), "neither text nor"),
        ("a", b"", "is empty"),
        ("a.mp4", b"\0\0\0\x18ftypisom" + bytes(40), "video"),
    ],
)
def test_what_no_message_carries_is_refused(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    """Unknown data is not sent under a wrong name."""
    with pytest.raises(BadUsage, match=said):
        attachment(_file(tmp_path, name, data))
    with pytest.raises(BadUsage, match="cannot read"):
        attachment(str(tmp_path / "missing"))


def test_a_block_keeps_the_fences_inside_it() -> None:
    """The fence is longer than any in the text, so that the block ends where the file does."""
    assert named_block("a.md", "```py\nx\n```") == "a.md:\n````md\n```py\nx\n```\n````"
    assert named_block("Makefile", "all:\n") == "Makefile:\n```\nall:\n```"


def test_texts_alone_stay_one_string(tmp_path: Path) -> None:
    """Only what needs parts is sent as parts: many servers take nothing but a string."""
    notes = _file(tmp_path, "n.txt", b"two\n")
    alone = user_turn("ask", [notes])
    assert alone is not None
    assert alone.content == "n.txt:\n```txt\ntwo\n```\n\nask"
    mixed = user_turn("ask", [notes, _file(tmp_path, "p", PNG)])
    assert mixed is not None
    assert isinstance(mixed.content, list)
    assert [part["type"] for part in mixed.content] == ["text", "image_url", "text"]
    assert user_turn("", []) is None


def test_system_prompt(tmp_path: Path) -> None:
    """Text as it is, @FILE from a file, @@ for a text that begins with @."""
    path = _file(tmp_path, "s.txt", b"Be kind.\n")
    assert system_text("Be brief.") == "Be brief."
    assert system_text(f"@{path}") == "Be kind."
    assert system_text("@@home") == "@home"
    with pytest.raises(BadUsage, match="cannot read"):
        system_text(f"@{tmp_path}/missing")
    with pytest.raises(BadUsage, match="no text"):
        system_text("@" + _file(tmp_path, "bin", bytes(range(256))))
