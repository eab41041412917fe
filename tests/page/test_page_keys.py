"""Keys on the page: asked for, kept only when that is wanted, sent to nobody but the gateway; other servers by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from page_rig import House, Visit, Visits
from page_words import Words

KEY = "sk-caller-0123456789abcdefghijk"
OTHER_KEY = "sk-other-9876543210zyxwvutsrq"
STORED = "JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage})"


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[House]:
    """A gateway that wants a key."""
    with Words() as model, House(tmp_path, model, {"keys": {"me": {"key": KEY}}}) as served:
        yield served


def enter(visit: Visit, key: str, *, keep: bool = False) -> None:
    visit.page.keyboard.press("Control+,")
    form = visit.page.locator("[data-part=key]").first
    form.locator("input[type=password]").fill(key)
    if keep:
        form.locator("input[type=checkbox]").check()
    form.locator("button[type=submit]").click()


def close(visit: Visit) -> None:
    visit.page.keyboard.press("Escape")
    visit.until("!document.querySelector('dialog[open]')")


def test_a_key_is_asked_for_and_forgotten(locked: House, visits: Visits) -> None:
    """Without one the page says what is missing; with one it works; after a reload it is gone, and was never stored."""
    visit = visits.open(locked, ready=False)
    visit.page.get_by_role("button", name="key").first.wait_for()
    enter(visit, KEY)
    visit.page.locator("[data-part=key] [role=status]", has_text="models").wait_for()
    close(visit)
    visit.ask("Hello")
    assert visit.text_of(visit.ended()).strip() == "You said: Hello"
    assert KEY not in visit.page.evaluate(STORED)
    visit.page.reload()
    visit.ended()  # what was said is still there
    visit.ask("Again")
    assert "key" in visit.ended("error").locator("[data-part=problem]").inner_text().lower()


def test_a_key_is_kept_when_that_is_wanted(locked: House, visits: Visits) -> None:
    """With the tick it is there after a reload; taken away, it is gone from the browser."""
    visit = visits.open(locked, ready=False)
    enter(visit, KEY, keep=True)
    visit.page.locator("[data-part=key] [role=status]", has_text="models").wait_for()
    close(visit)
    assert KEY in visit.page.evaluate(STORED)
    visit.page.reload()
    visit.until("document.querySelector('[data-part=model]')?.title !== ''")
    visit.ask("Hello")
    visit.ended()
    visit.page.keyboard.press("Control+,")
    visit.page.locator("[data-part=key] input[type=checkbox]").first.uncheck()
    assert KEY not in visit.page.evaluate(STORED)


def test_a_wrong_key_is_told(locked: House, visits: Visits) -> None:
    """In the field itself, in the gateway's words, which never hold the key."""
    visit = visits.open(locked, ready=False)
    enter(visit, "sk-wrong-00000000000000000000")
    trouble = visit.page.locator("[data-part=key] .bad")
    trouble.wait_for()
    assert "sk-wrong" not in trouble.inner_text()


def test_the_key_is_in_nothing_that_is_shown(locked: House, visits: Visits) -> None:
    """Not in the raw drawer, not in what is copied as curl or Python, not in what is stored of the conversation."""
    visit = visits.open(locked, ready=False)
    enter(visit, KEY)
    visit.page.locator("[data-part=key] [role=status]", has_text="models").wait_for()
    close(visit)
    visit.ask("Hello")
    visit.ended().locator("[data-do=raw]").click()
    visit.page.locator("dialog pre").first.wait_for()
    assert KEY not in visit.page.locator("dialog").inner_text()
    stored = visit.page.evaluate(
        """async () => {
          const [{ name }] = await indexedDB.databases();
          const db = await new Promise((done) => {
            const request = indexedDB.open(name);
            request.onsuccess = () => done(request.result);
          });
          const names = [...db.objectStoreNames];
          const read = (one) => new Promise((done) => {
            const request = db.transaction(one).objectStore(one).getAll();
            request.onsuccess = () => done(request.result);
          });
          const all = await Promise.all(names.map(read));
          db.close();
          return JSON.stringify(all);
        }"""
    )
    assert "Hello" in stored
    assert KEY not in stored


def test_another_server_by_its_address(tmp_path: Path, visits: Visits) -> None:
    """Where the operator allows it, a person adds one with a key of its own: the gateway asks it, the page does not."""
    with Words() as model, Words() as other:
        origin = f"http://127.0.0.1:{other.port}"
        with House(tmp_path, model, {"page": {"servers": [origin]}}) as gateway:
            visit = visits.open(gateway)
            visit.page.keyboard.press("Control+,")
            servers = visit.page.locator("[data-part=servers]")
            servers.locator("input[type=url]").fill("https://elsewhere.example/v1")
            servers.locator(".note.bad").wait_for()
            servers.locator("input[type=url]").fill(f"{origin}/v1")
            servers.locator(".new-server button[type=submit]").click()
            form = servers.locator("[data-part=key]")
            form.locator("input[type=password]").fill(OTHER_KEY)
            form.locator("button[type=submit]").click()
            form.locator("[role=status]", has_text="3").wait_for()
            close(visit)
            visit.page.keyboard.press("Control+/")
            picker = visit.page.locator("[data-part=picker]")
            picker.locator("select").select_option(index=1)
            picker.locator(".pick", has_text="beta").click()
            visit.ask("Over there")
            assert visit.text_of(visit.ended()).strip() == "You said: Over there"
            call = next(one for one in other.calls if one.method == "POST")
            assert call.headers["authorization"] == f"Bearer {OTHER_KEY}"
            assert not [name for name in call.headers if name.startswith("x-franca")]
            assert model.asked == []
            assert OTHER_KEY not in visit.page.evaluate(STORED)
            assert OTHER_KEY not in gateway.log_text()


def test_no_other_server_without_the_operator(house: House, visits: Visits) -> None:
    """Where none is allowed, none is offered, and none is asked for who tries all the same."""
    visit = visits.open(house)
    visit.page.keyboard.press("Control+,")
    visit.page.locator("dialog [data-part=key]").first.wait_for()
    assert visit.page.locator("[data-part=servers]").count() == 0
    body = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
    headers = {"x-franca-base-url": "http://127.0.0.1:9/v1"}
    told = house.ask("POST", "/v1/chat/completions", body, headers=headers)
    assert (told.status, told.json()["error"]["code"]) == (403, "server_not_allowed")
