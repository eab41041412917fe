"""Conversations: found, named, pinned, tagged, deleted and got back; taken out and brought in again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from page_rig import House, Visit, Visits
from page_words import Gate

SIDE = "[data-part=sidebar]"


def talk(visit: Visit, *texts: str) -> None:
    """A conversation each."""
    for text in texts:
        visit.page.keyboard.press("Control+Shift+O")
        visit.until("document.querySelectorAll('[data-part=message]').length === 0")
        visit.ask(text)
        visit.ended()


def taken(visit: Visit, kind: str) -> Path:
    """What a button of the panel gives to download."""
    visit.page.locator(f"{SIDE} [data-do=share]").click()
    with visit.page.expect_download() as started:
        visit.page.locator(f"dialog [data-do=export-{kind}]").first.click()
    path = Path(started.value.path())
    visit.page.keyboard.press("Escape")
    visit.until("!document.querySelector('dialog[open]')")
    return path


def entries(visit: Visit) -> Any:
    return visit.page.locator(f"{SIDE} [data-part=entry]")


def test_the_list_and_its_search(house: House, visits: Visits) -> None:
    """The newest first, found by what was said in it, in any case and with any accent."""
    visit = visits.open(house)
    talk(visit, "Apples and pears", "Über die Brücke", "Third thing")
    assert [one.strip().split("\n")[0] for one in entries(visit).all_inner_texts()] == [
        "Third thing", "Über die Brücke", "Apples and pears",
    ]  # fmt: skip
    visit.page.locator(f"{SIDE} input[type=search]").fill("brucke")
    visit.until(f"document.querySelectorAll('{SIDE} [data-part=entry]').length === 1")
    entries(visit).first.click()
    visit.page.get_by_text("You said: Über die Brücke").wait_for()


def test_rename_and_delete_with_undo(house: House, visits: Visits) -> None:
    """By keyboard; what was deleted comes back whole, and stays away otherwise."""
    visit = visits.open(house)
    talk(visit, "First", "Second")
    entries(visit).first.focus()
    visit.page.keyboard.press("F2")
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.type("A better name")
    visit.page.keyboard.press("Enter")
    entries(visit).filter(has_text="A better name").wait_for()
    entries(visit).first.focus()
    visit.page.keyboard.press("Delete")
    visit.until(f"document.querySelectorAll('{SIDE} [data-part=entry]').length === 1")
    visit.page.locator("[data-part=toast] button").first.click()
    entries(visit).filter(has_text="A better name").wait_for()
    entries(visit).filter(has_text="A better name").focus()
    visit.page.keyboard.press("Delete")
    visit.until(f"document.querySelectorAll('{SIDE} [data-part=entry]').length === 1")
    visit.page.reload()
    entries(visit).first.wait_for()
    assert [one.strip().split("\n")[0] for one in entries(visit).all_inner_texts()] == ["First"]


def test_a_deletion_is_taken_back_by_keyboard(house: House, visits: Visits) -> None:
    """By Ctrl+Z wherever the focus went, and by the toast's button, which gives the focus back."""
    visit = visits.open(house)
    talk(visit, "First", "Second")
    for key in ("Control+z", "Enter"):
        entries(visit).first.focus()
        visit.page.keyboard.press("Delete")
        visit.until(f"document.querySelectorAll('{SIDE} [data-part=entry]').length === 1")
        if key == "Enter":
            visit.page.locator("[data-part=toast] button").first.focus()
        visit.page.keyboard.press(key)
        visit.until(f"document.querySelectorAll('{SIDE} [data-part=entry]').length === 2")
        assert visit.page.locator("[data-part=toast] button").count() == 0
        assert visit.page.evaluate("document.activeElement !== document.body")


def test_the_tab_names_the_conversation(house: House, visits: Visits) -> None:
    """And says that an answer is being written."""
    gate = Gate()
    house.model.say("a", gate, "b")
    visit = visits.open(house)
    assert visit.page.title() == "Franca"
    visit.ask("Apples and pears")
    visit.until("document.title === '… Apples and pears – Franca'")
    gate.open()
    visit.ended()
    visit.until("document.title === 'Apples and pears – Franca'")


def test_all_of_a_conversation_is_printed(house: House, visits: Visits) -> None:
    """In light colours, without what is there to be pressed."""
    house.model.say("A line.\n\n" * 100 + "The end.")
    visit = visits.open(house, color_scheme="dark")
    visit.ask("Much")
    visit.ended()
    visit.page.emulate_media(media="print")
    assert visit.page.evaluate("document.documentElement.scrollHeight") > 3000
    assert not visit.page.locator(SIDE).is_visible()
    assert not visit.page.locator("[data-part=composer]").is_visible()
    assert visit.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


def test_json_comes_back_the_same(house: House, visits: Visits) -> None:
    """What one browser exported, another one imports: every message, every branch; no key in it."""
    visit = visits.open(house)
    talk(visit, "To be kept")
    visit.last.locator("[data-do=again]").first.click()
    visit.page.get_by_text("2/2").wait_for()
    visit.ended()
    file = taken(visit, "json")
    assert "To be kept" in file.read_text()
    json.loads(file.read_text())
    other = visits.open(house)
    other.page.locator(f"{SIDE} [data-do=share]").click()
    other.page.locator("dialog input[type=file]").set_input_files(
        {"name": "chats.json", "mimeType": "application/json", "buffer": file.read_bytes()}
    )
    entries(other).filter(has_text="To be kept").wait_for(state="attached")
    other.page.keyboard.press("Escape")
    entries(other).filter(has_text="To be kept").click()
    other.ended()
    assert "2/2" in other.last.locator("[data-part=branch]").inner_text()
    assert other.text_of(other.last).strip() == "You said: To be kept"


def test_markdown(house: House, visits: Visits) -> None:
    """The conversation as people write it down."""
    house.model.say("An answer with `code`.")
    visit = visits.open(house)
    talk(visit, "A question")
    text = taken(visit, "markdown").read_text()
    assert "A question" in text
    assert "An answer with `code`." in text


def test_one_html_file(house: House, visits: Visits, tmp_path: Path) -> None:
    """It opens by itself, runs nothing, asks nobody for anything, and shows what was said."""
    picture = "<img src=x onerror=alert(1)> ![x](https://images.example.com/x.png)"
    house.model.say(f"**Strong** {picture}\n\n| a |\n|---|\n| 1 |")
    visit = visits.open(house)
    talk(visit, "<script>alert(1)</script>")
    target = tmp_path / "shared.html"
    target.write_bytes(taken(visit, "html").read_bytes())
    page = visit.page.context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: asked.append("a dialog"))
    page.goto(target.as_uri())
    assert page.locator("strong").first.inner_text() == "Strong"
    assert page.locator("table").count() == 1
    assert "<script>alert(1)</script>" in page.locator("body").inner_text()
    assert asked == [target.as_uri()]
    assert page.locator("script").count() == 0


def test_a_file_that_is_none_of_ours(house: House, visits: Visits) -> None:
    """It is refused with what is wrong, and nothing changes."""
    visit = visits.open(house)
    visit.page.locator(f"{SIDE} [data-do=share]").click()
    for text in (b"no json", b"[]", b'{"chats": 3}', b"\xff\xfe\x00"):
        visit.page.locator("dialog input[type=file]").set_input_files(
            {"name": "strange.json", "mimeType": "application/json", "buffer": text}
        )
        visit.page.locator("dialog .note.bad, dialog .note.warn").first.wait_for()
    assert entries(visit).count() == 0
