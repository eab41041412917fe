"""Attachments: by button, by paste and by drop; what the model is sent, and what is refused."""

from __future__ import annotations

import base64
import io
import struct
import wave
import zlib

import pytest
from page_rig import House, Visit, Visits

ATTACHED = "[data-part=attachment]"


def png(width: int = 4, height: int = 3) -> bytes:
    """A red picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\xd0\x20\x20" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def wav() -> bytes:
    """A tenth of a second of silence."""
    target = io.BytesIO()
    with wave.open(target, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 800)
    return target.getvalue()


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def attach(visit: Visit, *files: tuple[str, str, bytes]) -> None:
    """By the button."""
    made = [{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in files]
    visit.page.locator("[data-part=composer] input[type=file]").set_input_files(made)


def test_all_kinds_reach_the_model(house: House, visits: Visits) -> None:
    """An image, a sound, a PDF and a text, byte for byte, in the parts that the wire has for them."""
    visit = visits.open(house)
    picture, sound = png(), wav()
    attach(
        visit, ("red.png", "image/png", picture), ("quiet.wav", "audio/wav", sound), ("x.pdf", "application/pdf", PDF),
        ("notes.md", "text/markdown", "Ünïcode ```fence```".encode()),
    )  # fmt: skip
    visit.page.locator(ATTACHED).nth(3).wait_for()
    visit.ask("What is this?")
    visit.ended()
    parts = house.model.asked[0]["messages"][0]["content"]
    by_kind = {part["type"]: part for part in parts if part["type"] != "text"}
    assert base64.b64decode(by_kind["image_url"]["image_url"]["url"].removeprefix("data:image/png;base64,")) == picture
    assert by_kind["input_audio"]["input_audio"]["format"] == "wav"
    assert base64.b64decode(by_kind["input_audio"]["input_audio"]["data"]) == sound
    assert by_kind["file"]["file"]["filename"] == "x.pdf"
    data = by_kind["file"]["file"]["file_data"].removeprefix("data:application/pdf;base64,")
    assert base64.b64decode(data) == PDF
    texts = " ".join(part["text"] for part in parts if part["type"] == "text")
    assert "notes.md" in texts
    assert "Ünïcode ```fence```" in texts
    assert "What is this?" in texts


def test_they_are_shown_and_stay(house: House, visits: Visits) -> None:
    """In the conversation, after a reload, and they are sent again with the next question."""
    visit = visits.open(house)
    attach(visit, ("red.png", "image/png", png()))
    visit.page.locator(ATTACHED).wait_for()
    visit.ask("Look")
    visit.ended()
    picture = visit.questions.locator("img")
    picture.wait_for()
    visit.page.reload()
    visit.ended()
    visit.questions.locator("img").wait_for()
    visit.until("document.querySelector('[data-role=user] img').naturalWidth === 4")
    visit.ask("Again")
    visit.until("document.querySelectorAll('[data-status=done]').length === 2")
    assert house.model.asked[1]["messages"][0] == house.model.asked[0]["messages"][0]


def test_one_is_taken_away(house: House, visits: Visits) -> None:
    """Before it is sent, by its own button."""
    visit = visits.open(house)
    attach(visit, ("one.txt", "text/plain", b"first"), ("two.txt", "text/plain", b"second"))
    visit.page.locator(ATTACHED).nth(1).wait_for()
    visit.page.locator(ATTACHED).first.locator("button").last.click()
    visit.ask("Go")
    visit.ended()
    sent = str(house.model.asked[0]["messages"])
    assert "second" in sent
    assert "first" not in sent


@pytest.mark.parametrize("way", ["paste", "drop"])
def test_paste_and_drop(house: House, visits: Visits, way: str) -> None:
    """A picture from the clipboard, or let go over the page, is attached."""
    visit = visits.open(house)
    visit.page.evaluate(
        """([way, bytes]) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], 'red.png', { type: 'image/png' }));
          const field = document.querySelector('[data-part=composer] textarea');
          if (way === 'paste') {
            field.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
          } else {
            const place = document.querySelector('[data-part=conversation]');
            for (const type of ['dragenter', 'dragover', 'drop'])
              place.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
          }
        }""",
        [way, list(png())],
    )
    visit.page.locator(ATTACHED).wait_for()
    visit.ask("Go")
    visit.ended()
    assert "data:image/png;base64," in str(house.model.asked[0]["messages"])


def test_what_is_refused_says_why(house: House, visits: Visits) -> None:
    """A kind that no model reads, a file that is too large: named, with the reason; the rest goes on."""
    visit = visits.open(house)
    attach(visit, ("program.exe", "application/x-msdownload", b"MZ\0\0\1\2"), ("ok.txt", "text/plain", b"fine"))
    visit.page.locator(ATTACHED).wait_for()
    visit.page.get_by_text("program.exe").first.wait_for()
    attach(visit, ("huge.txt", "text/plain", b"a" * (21 * 1024 * 1024)))
    visit.page.get_by_text("huge.txt").first.wait_for()
    visit.ask("Go")
    visit.ended()
    sent = str(house.model.asked[0]["messages"])
    assert "fine" in sent
    assert "program" not in sent
