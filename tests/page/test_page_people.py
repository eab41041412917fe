"""The page for everybody: keyboards, screen readers, phones, input methods, languages, both themes."""

from __future__ import annotations

from typing import Any

import pytest
from page_rig import House, Visit, Visits
from page_words import Gate, reasoning, tool_call

LONG = """# Title

Some *text* and `code`.

```python
print(1)  # remark
```

| a | b |
|---|--:|
| 1 | 2 |

- [x] done

> said

[link](https://example.com/)"""


def barriers(visit: Visit) -> list[str]:
    """What axe-core finds. It needs to write a script into the page, which is why its context goes round the policy."""
    from axe_playwright_python.sync_playwright import Axe

    levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    rules: dict[str, Any] = {"runOnly": {"type": "tag", "values": levels}}
    # What a scrolling region cuts off at its edge counts as too small; `test_a_phone` measures whole controls.
    rules["rules"] = {"target-size": {"enabled": False}}
    found = Axe().run(visit.page, options=rules).response["violations"]
    return [f"{one['id']}: {node['html'][:200]} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_barriers(house: House, visits: Visits, scheme: str, width: int) -> None:
    """axe-core finds nothing: at first, in a conversation with all that it may hold, in each panel."""
    house.model.say(reasoning("Thinking."), LONG)
    house.model.say("With a tool.", tool_call("weather", '{"city": "Ulm"}'), finish="tool_calls")
    house.model.say("Broken ", cut=True)
    context = visits.context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    visit = visits.open(house, context=context)
    assert barriers(visit) == []
    visit.ask("One")
    visit.ended()
    visit.last.locator("pre code span").first.wait_for()
    visit.ask("Two")
    visit.until("document.querySelectorAll('[data-status=done]').length === 2")
    visit.ask("Three")
    visit.page.locator("[data-part=problem]").wait_for()
    visit.answers.first.locator("[data-part=reasoning] summary").click()
    assert barriers(visit) == []
    for keys in ("Control+,", "Control+/"):
        visit.page.keyboard.press(keys)
        visit.page.locator("dialog[open]").wait_for()
        visit.page.wait_for_timeout(100)
        assert barriers(visit) == []
        visit.page.keyboard.press("Escape")
        visit.until("!document.querySelector('dialog[open]')")
    for part in ("params", "shape"):
        visit.page.locator(f"[data-part=composer] [data-do={part}]").click()
        visit.page.locator("dialog[open]").wait_for()
        visit.page.wait_for_timeout(100)
        assert barriers(visit) == []
        visit.page.keyboard.press("Escape")
        visit.until("!document.querySelector('dialog[open]')")
    visit.answers.first.locator("[data-do=raw]").click()
    visit.page.locator("dialog pre").first.wait_for()
    assert barriers(visit) == []


def test_everything_by_keyboard(house: House, visits: Visits) -> None:
    """A question, its change, another model, a new chat and the way back, without a pointer."""
    visit = visits.open(house)
    keyboard = visit.page.keyboard
    visit.until("document.activeElement?.localName === 'textarea'")
    keyboard.type("By hand")
    keyboard.press("Enter")
    visit.ended()
    keyboard.press("ArrowUp")
    box = visit.page.locator("[data-part=composer] textarea")
    visit.until("document.activeElement?.value === 'By hand'")
    keyboard.press("Escape")
    assert box.input_value() == ""
    keyboard.press("Control+/")
    visit.until("document.activeElement?.type === 'search'")
    keyboard.type("beta")
    keyboard.press("ArrowDown")
    keyboard.press("Enter")
    visit.until("document.querySelector('[data-part=model]').title === 'words/beta'")
    keyboard.press("Control+Shift+O")
    visit.until("document.querySelectorAll('[data-part=message]').length === 0")
    visit.page.locator("body").click(position={"x": 640, "y": 300})
    keyboard.press("?")
    visit.page.locator("dialog .help").wait_for()
    keyboard.press("Escape")
    visit.until("!document.querySelector('dialog[open]')")
    visit.page.go_back()
    visit.ended()


def test_every_control_has_a_name(house: House, visits: Visits) -> None:
    """No button, link or field without words for those who do not see it."""
    house.model.say(reasoning("x"), LONG)
    visit = visits.open(house)
    visit.ask("Go")
    visit.ended()
    nameless = visit.page.evaluate(
        """() => [...document.querySelectorAll('button, a, input, textarea, select, [tabindex="0"]')]
          .filter((one) => one.checkVisibility() && !one.disabled && !(one.getAttribute('aria-label')
            || one.labels?.length || one.textContent.trim() || one.title || one.getAttribute('aria-labelledby')))
          .map((one) => one.outerHTML)"""
    )
    assert nameless == []


def test_an_input_method_composes_without_sending(house: House, visits: Visits) -> None:
    """Enter that chooses a word of an input method is no Enter of the page, in both orders that browsers have."""
    visit = visits.open(house)
    box = visit.page.locator("[data-part=composer] textarea")
    box.focus()
    session = visit.page.context.new_cdp_session(visit.page)
    session.send("Input.imeSetComposition", {"text": "你好", "selectionStart": 2, "selectionEnd": 2})
    assert box.input_value() == "你好"
    session.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", "key": "Enter", "windowsVirtualKeyCode": 229})
    # As Safari does it: the composition ends first, then the key of the same press arrives.
    session.send("Input.insertText", {"text": "你好"})
    box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True, "cancelable": True})
    assert visit.questions.count() == 0
    assert box.input_value() == "你好"
    box.press("Enter")
    visit.ended()
    assert visit.questions.inner_text().strip().startswith("你好")


def test_a_screen_reader_is_told_in_whole_sentences(house: House, visits: Visits) -> None:
    """Not token by token: few messages, each whole, the last one says that the answer is there."""
    gate = Gate()
    words = [f"word{number} " for number in range(300)]
    house.model.say("A first sentence. ", *words, gate, "The end.")
    visit = visits.open(house)
    visit.page.evaluate(
        """() => {
          window.__told = [];
          const region = document.querySelector("#app > .page > p[role=status]");
          new MutationObserver(() => window.__told.push(region.textContent.trim()))
            .observe(region, { childList: true, characterData: true, subtree: true });
        }"""
    )
    visit.ask("Go")
    visit.page.get_by_text("word299").wait_for()
    gate.open()
    visit.ended()
    visit.until("window.__told.length >= 2")
    told = visit.page.evaluate("window.__told.filter(Boolean)")
    assert 2 <= len(told) <= 8
    assert all(len(one) <= 400 for one in told)


@pytest.mark.parametrize(
    ("locale", "word"), [("de-DE", "Einstellungen"), ("tr-TR", "Ayarlar"), ("zh-CN", "设置"), ("fr-FR", "Settings")]
)
def test_languages(house: House, visits: Visits, locale: str, word: str) -> None:
    """The browser's language where there is one, else English; the document says which."""
    context = visits.browser.new_context(locale=locale)
    visits._contexts.append(context)
    visit = visits.open(house, context=context)
    visit.page.keyboard.press("Control+,")
    visit.page.locator("dialog h2", has_text=word).wait_for()
    assert visit.page.evaluate("document.documentElement.lang") == ("en" if locale == "fr-FR" else locale[:2])


def test_a_theme_is_chosen_and_kept(house: House, visits: Visits) -> None:
    """Against the system's, at once and after a reload."""
    visit = visits.open(house, color_scheme="light")
    ground = "getComputedStyle(document.body).backgroundColor"
    light = visit.page.evaluate(ground)
    visit.page.keyboard.press("Control+,")
    visit.page.locator("dialog select").first.select_option("dark")
    dark = visit.page.evaluate(ground)
    assert dark != light
    visit.page.reload()
    visit.until(f"{ground} === {dark!r}")


def inside(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.mark.parametrize("width", [320, 390, 768])
def test_a_phone(house: House, visits: Visits, width: int) -> None:
    """Nothing sticks out at the side; the list is a drawer; a conversation is held with fingers."""
    house.model.say(LONG + "\n\n" + "x" * 300 + "\n\n```\n" + "y" * 300 + "\n```")
    visit = visits.open(house, viewport={"width": width, "height": 700}, has_touch=True, is_mobile=True)
    assert inside(visit.page)
    box = visit.page.locator("[data-part=composer] textarea")
    box.fill("Go")
    visit.page.locator("[data-part=composer] [data-do=send]").tap()
    visit.ended()
    assert inside(visit.page)
    visit.page.locator("[data-part=topbar] button").first.tap()
    visit.page.locator("[data-part=sidebar]").get_by_text("Go").first.tap()
    visit.ended()
    assert inside(visit.page)
    small = visit.page.evaluate(
        """() => [...document.querySelectorAll('button, select, input[type=checkbox]:enabled')]
          .filter((one) => one.checkVisibility())
          .map((one) => [one.outerHTML.slice(0, 120), one.getBoundingClientRect()])
          .filter(([, box]) => box.width && (box.width < 24 || box.height < 24)).map(([html]) => html)"""
    )
    assert small == []


@pytest.mark.parametrize("size", [(320, 568), (390, 380), (844, 390)], ids=["small", "keyboard", "lying"])
def test_menus_and_panels_have_room_on_a_phone(house: House, visits: Visits, size: tuple[int, int]) -> None:
    """Each thing of a menu is in view, whatever the list cuts off; no panel sticks out; no word lacks its value."""
    width, height = size
    visit = visits.open(house, viewport={"width": width, "height": height}, has_touch=True, is_mobile=True)
    page = visit.page
    visit.ask("A question with a title that is rather long for the list at the side")
    visit.ended()
    page.locator("[data-part=topbar] button").first.tap()
    page.locator("[data-part=sidebar] li .menu > button").tap()
    for item in page.get_by_role("menuitem").all():
        box = item.bounding_box()
        assert box is not None
        assert min(box["x"], box["y"]) >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    for place in range(3):
        page.locator("[data-part=topbar] .menu > button").tap()
        page.get_by_role("menuitem").nth(place).tap()
        page.locator("dialog[open]").wait_for()
        assert inside(page)
        page.locator("dialog header button").tap()
    page.locator("[data-part=model]").tap()
    page.locator("[data-part=picker] input[type=search]").fill("beta")
    assert "{" not in page.locator("[data-part=picker]").inner_text()
    assert inside(page)


def test_the_focus_comes_back_from_a_dialog(house: House, visits: Visits) -> None:
    """To the menu that opened it, also where that is only shown while it has the focus."""
    visit = visits.open(house)
    page = visit.page
    visit.ask("Hello")
    visit.ended()
    page.locator("[data-part=entry]").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Export").press("Enter")
    page.locator("dialog[open]").wait_for()
    page.keyboard.press("Escape")
    visit.until("document.activeElement.getAttribute('aria-haspopup') === 'menu'")


def test_the_picker_by_keyboard(house: House, visits: Visits) -> None:
    """Enter takes the first that was found; while several are chosen, none moves away under the pointer."""
    visit = visits.open(house)
    page = visit.page
    page.keyboard.press("Control+/")
    search = page.locator("[data-part=picker] input[type=search]")
    search.fill("bet")
    search.press("Enter")
    visit.until("document.querySelector('[data-part=model]').title.endsWith('beta')")
    page.keyboard.press("Control+/")
    page.locator("[data-part=picker] label.check").click()
    before = page.locator("[data-part=picker] .name").all_inner_texts()
    page.locator("[data-part=picker] .pick").last.click()
    visit.until("document.querySelector('[data-part=model]').title.includes('\\n')")
    assert page.locator("[data-part=picker] .name").all_inner_texts() == before
