"""A person talks to a model on the page, in a real browser: what they see, and what the server was asked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from gw_gateway import ServedGateway
from page_rig import House, Visits
from page_words import Gate, reasoning, tool_call

TEXT = "[data-part=text]"


def test_a_first_chat_on_a_fresh_gateway(tmp_path: Path, visits: Visits) -> None:
    """`franca serve` without a configuration, a browser that was never here: a question is answered."""
    with ServedGateway(tmp_path) as gateway:
        visit = visits.open(gateway)
        visit.ask("Hello there")
        answer = visit.ended()
        assert visit.text_of(answer).strip()
        assert "Hello there" in visit.questions.inner_text()
        assert re.search(r"\d", answer.locator("[data-part=figures]").inner_text())
        visit.until("location.hash.length > 5")
        visit.page.reload()
        assert visit.text_of(visit.ended()) == visit.text_of(answer)


def test_text_is_shown_as_it_comes(house: House, visits: Visits) -> None:
    """Before the answer is whole, what came of it can be read; and the same nodes are there at the end."""
    gate = Gate()
    house.model.say("The first words, ", gate, "and **the last**.")
    visit = visits.open(house)
    visit.ask("Go")
    text = visit.last.locator(TEXT)
    visit.page.get_by_text("The first words,").wait_for()
    assert visit.last.get_attribute("data-status") == "running"
    node = text.locator("p").first.element_handle()
    gate.open()
    visit.ended()
    assert text.inner_text().strip() == "The first words, and the last."
    assert text.locator("strong").inner_text() == "the last"
    assert text.locator("p").first.evaluate("(now, before) => now === before", node)


def test_what_the_model_is_sent(house: House, visits: Visits) -> None:
    """Every message so far, the model by its name, a stream; and the name that was chosen is asked."""
    visit = visits.open(house)
    visit.choose("words/beta")
    visit.ask("One")
    visit.ended()
    visit.ask("Two")
    visit.until("document.querySelectorAll('[data-status=done]').length === 2")
    first, second = house.model.asked
    assert (first["model"], first["stream"]) == ("beta", True)
    assert [(one["role"], one["content"]) for one in second["messages"]] == [
        ("user", "One"), ("assistant", "You said: One"), ("user", "Two"),
    ]  # fmt: skip


def test_stop_keeps_what_came_and_ends_the_work(house: House, visits: Visits) -> None:
    """The text stays, is called stopped, and the model's connection is closed."""
    gate = Gate()
    house.model.say("Only this. ", gate, "Never this.")
    visit = visits.open(house)
    visit.ask("Go")
    visit.page.get_by_text("Only this.").wait_for()
    visit.page.locator("[data-part=composer] [data-do=stop]").click()
    answer = visit.ended("stopped")
    assert visit.text_of(answer).strip() == "Only this."
    call = next(one for one in house.model.calls if one.method == "POST")
    assert call.gone(10) is not None
    gate.open()


def test_regenerate_and_arrows(house: House, visits: Visits) -> None:
    """Another answer is a sibling: both stay, arrows show the one or the other, also after a reload."""
    house.model.say("First version")
    house.model.say("Second version")
    visit = visits.open(house)
    visit.ask("Go")
    visit.ended()
    visit.last.locator("[data-do=again]").first.click()
    visit.page.get_by_text("Second version").wait_for()
    visit.ended()
    assert visit.answers.count() == 1
    assert "2/2" in visit.last.locator("[data-part=branch]").inner_text()
    visit.last.locator("[data-do=previous]").click()
    visit.page.get_by_text("First version").wait_for()
    visit.page.wait_for_timeout(300)  # it is stored in the meantime; the reload shows whether it was
    visit.page.reload()
    assert visit.text_of(visit.ended()).strip() == "First version"
    assert house.model.asked[0]["messages"] == house.model.asked[1]["messages"]


def test_edit_makes_a_branch(house: House, visits: Visits) -> None:
    """The question that was changed goes its own way; the old way stays, with all that followed."""
    visit = visits.open(house)
    visit.ask("Old question")
    visit.ended()
    visit.ask("Follow-up")
    visit.page.get_by_text("You said: Follow-up").wait_for()
    visit.ended()
    visit.questions.first.locator("[data-do=edit]").click()
    box = visit.page.locator("[data-part=composer] textarea")
    assert box.input_value() == "Old question"
    visit.ask("New question")
    visit.page.get_by_text("You said: New question").wait_for()
    visit.ended()
    assert visit.questions.count() == 1
    visit.questions.first.locator("[data-do=previous]").click()
    visit.page.get_by_text("You said: Follow-up").wait_for()
    assert visit.questions.all_inner_texts()[0].strip().startswith("Old question")
    assert [one["content"] for one in house.model.asked[-1]["messages"]] == ["New question"]


def test_an_answer_that_was_cut_says_so_and_goes_on(house: House, visits: Visits) -> None:
    """No answer that broke off looks whole; Continue asks for the rest, which grows on in the same place."""
    house.model.say("It begins here ", cut=True)
    house.model.say("and ends here.")
    visit = visits.open(house)
    visit.ask("Go")
    answer = visit.last
    answer.locator("[data-part=ending], [data-part=problem]").first.wait_for()
    assert answer.get_attribute("data-status") in ("cut", "error")
    assert visit.text_of(answer).strip() == "It begins here"
    answer.locator("[data-do=on]").click()
    visit.ended()
    assert visit.answers.count() == 1
    assert visit.text_of(visit.last).strip() == "It begins here and ends here."
    sent = house.model.asked[-1]["messages"]
    assert any(one["role"] == "assistant" and "It begins here" in one["content"] for one in sent)


def test_an_error_stands_in_its_place_and_can_be_tried_again(house: House, visits: Visits) -> None:
    """The server's words, never as an answer; trying again replaces it, and the model is not told of it."""
    wrong = {"error": {"message": "too many bananas", "type": "invalid_request_error", "code": "bananas"}}
    house.model.do(lambda call: call.reply(wrong, 400))
    house.model.say("Now it works.")
    visit = visits.open(house)
    visit.ask("Go")
    answer = visit.ended("error")
    problem = answer.locator("[data-part=problem]")
    assert "too many bananas" in problem.inner_text()
    assert answer.locator(TEXT).inner_text().strip() == ""
    problem.locator("[data-do=retry]").click()
    assert visit.text_of(visit.ended()).strip() == "Now it works."
    assert visit.answers.count() == 1
    assert len(house.model.asked[-1]["messages"]) == 1


def test_an_error_in_mid_stream(house: House, visits: Visits) -> None:
    """What came is kept and not called complete, and the server's words are told."""
    house.model.say("Half an ans", b'data: {"error": {"message": "the tape ran out", "code": 500}}\n\n', finish=None)
    visit = visits.open(house)
    visit.ask("Go")
    answer = visit.last
    answer.locator("[data-part=problem]").wait_for()
    assert "the tape ran out" in answer.locator("[data-part=problem]").inner_text()
    assert answer.get_attribute("data-status") in ("error", "cut")
    assert "Half an ans" in visit.text_of(answer)


def test_nothing_is_told_too(house: House, visits: Visits) -> None:
    """A model that says nothing is not shown as an empty answer."""
    house.model.say()
    visit = visits.open(house)
    visit.ask("Go")
    answer = visit.last
    answer.locator("[data-part=ending], [data-part=problem]").first.wait_for()


def test_reasoning_is_a_fold(house: House, visits: Visits) -> None:
    """Closed by itself, with how long it took; opened, it shows what was thought."""
    house.model.say(reasoning("First I think. "), reasoning("Then I know."), "The answer.")
    visit = visits.open(house)
    visit.ask("Go")
    answer = visit.ended()
    fold = answer.locator("[data-part=reasoning]")
    assert fold.get_attribute("open") is None
    fold.locator("summary").click()
    assert "First I think. Then I know." in fold.inner_text()
    assert visit.text_of(answer).strip() == "The answer."
    visit.ask("More")
    visit.until("document.querySelectorAll('[data-status=done]').length === 2")
    assert "I think" not in str(house.model.asked[-1]["messages"])


def test_tool_calls_are_shown_and_answered(house: House, visits: Visits) -> None:
    """Name and arguments, a place for the result, and the model goes on from there."""
    house.model.say(tool_call("weather", '{"city": "Ulm", "days": 3}'), finish="tool_calls")
    house.model.say("It rains in Ulm.")
    visit = visits.open(house)
    visit.ask("Go")
    answer = visit.ended()
    tools = answer.locator("[data-part=tools]")
    tools.wait_for()
    assert "weather" in tools.inner_text()
    assert '"city": "Ulm"' in tools.inner_text()
    tools.locator("textarea").fill('{"rain": true}')
    tools.locator("button.main").click()
    visit.page.get_by_text("It rains in Ulm.").wait_for()
    roles = [one["role"] for one in house.model.asked[-1]["messages"]]
    assert roles == ["user", "assistant", "tool"]
    assert house.model.asked[-1]["messages"][-1]["content"] == '{"rain": true}'


def test_delete_can_be_undone(house: House, visits: Visits) -> None:
    """A message goes with all below it, and comes back whole."""
    visit = visits.open(house)
    visit.ask("Keep me")
    visit.ended()
    visit.questions.first.locator("[data-do=delete]").click()
    visit.until("document.querySelectorAll('[data-part=message]').length === 0")
    visit.page.locator("[data-part=toast] button").first.click()
    visit.ended()
    assert visit.answers.count() == 1
    assert visit.text_of(visit.last).strip() == "You said: Keep me"


def test_figures_and_the_raw_drawer(house: House, visits: Visits) -> None:
    """Tokens as the server counted them, a cost that is an estimate and says so, the request as it was sent, and the
    ways to send it from elsewhere, without the key."""
    visit = visits.open(house)
    visit.choose("words/alpha")
    visit.ask("Count")
    answer = visit.ended()
    figures = answer.locator("[data-part=figures]").inner_text()
    assert "34" in figures
    assert "$" in figures
    answer.locator("[data-do=raw]").click()
    raw = visit.page.locator("dialog")
    raw.get_by_text("words/alpha").first.wait_for()
    assert '"content": "Count"' in raw.inner_text()
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for name, words in (("curl", "curl "), ("Python", "import franca")):
        fold = raw.locator("details", has=visit.page.locator("summary", has_text=name))
        fold.locator("summary").click()
        fold.locator("[data-do=copy]").click()
        visit.until(f"navigator.clipboard.readText().then((text) => text.includes({words!r}))")
        copied = visit.page.evaluate("navigator.clipboard.readText()")
        assert words in copied
        assert "Count" in copied
    visit.page.keyboard.press("Escape")
    raw.wait_for(state="detached")


def test_links_and_remote_images(house: House, visits: Visits) -> None:
    """A link opens elsewhere and tells nobody from where; a remote image asks nobody until it is wanted."""
    house.model.say(
        "[a link](https://example.com/) ![a cat](https://images.example.com/cat.png) [bad](javascript:alert(1))"
    )
    visit = visits.open(house)
    visit.ask("Go")
    answer = visit.ended()
    link = answer.locator(f"{TEXT} a").first
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert link.get_attribute("target") == "_blank"
    assert answer.locator(f"{TEXT} a[href^='javascript']").count() == 0
    assert answer.locator(f"{TEXT} img").count() == 0
    assert "images.example.com" in answer.locator(TEXT).inner_text()
    visit.page.route("https://images.example.com/**", lambda route: route.fulfill(status=404, body=""))
    answer.locator(f"{TEXT} button", has_text="images.example.com").click()
    answer.locator(f"{TEXT} img").wait_for()
    visit.page.wait_for_timeout(200)
    assert visit.foreign == ["https://images.example.com/cat.png"]
    visit.foreign.clear()


def test_code_and_formulas_come_late_and_stay_whole(house: House, visits: Visits) -> None:
    """Their chunks are asked for when the first is seen; highlighted code is still the same text."""
    code = "def f(x):\n    return x  # <b>not bold</b>\n"
    house.model.say(f"Text.\n\n```python\n{code}```\n\nAnd $a^2 + b^2 = c^2$.")
    visit = visits.open(house)
    loaded: list[Any] = []
    visit.page.on("request", lambda request: loaded.append(request.url))
    visit.ask("Go")
    answer = visit.ended()
    answer.locator("pre code span").first.wait_for()
    answer.locator("math").first.wait_for()
    assert answer.locator("pre code").inner_text().rstrip("\n") == code.rstrip("\n")
    assert any("highlight" in url for url in loaded)
    assert any("maths" in url for url in loaded)


def test_what_a_rich_visit_weighs(house: House, visits: Visits) -> None:
    """The page, its first answer with code and formulas, and all that this loads: at most 140 KB over the wire. A plain
    answer asks for neither colours nor formulas."""
    visit = visits.open(house)
    weigh = "performance.getEntriesByType('resource').map((one) => [one.name, one.encodedBodySize])"
    visit.ask("Plain")
    visit.ended()
    names = [name for name, _ in visit.page.evaluate(weigh)]
    assert not [name for name in names if "highlight" in name or "maths" in name]
    house.model.say("```python\nprint(1)\n```\n\n$a^2$")
    visit.ask("Rich")
    visit.page.locator("pre code span").first.wait_for()
    visit.page.locator("math").first.wait_for()
    sizes = {name.rpartition("/")[2]: size for name, size in visit.page.evaluate(weigh) if "/page/" in name}
    page = visit.page.evaluate("performance.getEntriesByType('navigation')[0].encodedBodySize")
    assert sum(sizes.values()) + page <= 140 * 1024, sizes


def test_the_view_follows_only_a_reader_at_the_end(house: House, visits: Visits) -> None:
    """Who scrolled up is left where they are, until they want to go back."""
    gate = Gate()
    lines = [f"Line {number}.\n\n" for number in range(60)]
    house.model.say(*lines, gate, *lines)
    visit = visits.open(house)
    visit.ask("Go")
    visit.page.get_by_text("Line 59.").wait_for()
    talk = visit.page.locator("[data-part=conversation]")
    at_end = "node => node.scrollHeight - node.scrollTop - node.clientHeight < 50"
    visit.until(f"({at_end})(document.querySelector('[data-part=conversation]'))")
    talk.hover()
    visit.page.mouse.wheel(0, -600)
    visit.until(f"!({at_end})(document.querySelector('[data-part=conversation]'))")
    before = talk.evaluate("node => node.scrollTop")
    gate.open()
    visit.ended()
    assert abs(talk.evaluate("node => node.scrollTop") - before) < 50


def test_the_keyboard_is_never_lost(house: House, visits: Visits) -> None:
    """Buttons that are gone, or that can do nothing any more, once they were pressed leave the focus where a person
    can go on."""
    gate = Gate()
    house.model.say("One. ", gate, "Two.")
    visit = visits.open(house)
    visit.page.locator("[data-part=composer] textarea").fill("Go")
    writes = "document.activeElement === document.querySelector('[data-part=composer] textarea')"
    visit.page.locator("[data-do=send]").click()
    visit.until(writes)
    visit.page.get_by_text("One.").wait_for()
    visit.page.locator("[data-do=stop]").click()
    gate.open()
    visit.ended("stopped")
    assert visit.page.evaluate(writes)
    visit.last.locator("[data-do=again]").click()
    visit.ended()
    visit.until("document.activeElement !== document.body")


def test_a_question_without_an_answer_is_given_one(house: House, visits: Visits) -> None:
    """Whose answer was deleted, it can be asked again as it is."""
    visit = visits.open(house)
    visit.ask("Once more")
    visit.ended()
    visit.last.locator(".menu > button").click()
    visit.last.locator("[role=menuitem]").last.click()
    visit.until("document.querySelectorAll('[data-role=assistant]').length === 0")
    visit.page.locator("[data-do=answer]").click()
    visit.ended()
    assert [one["messages"][-1]["content"] for one in house.model.asked] == ["Once more", "Once more"]
    assert visit.page.locator("[data-do=answer]").count() == 0
    visit.until("document.activeElement !== document.body")
