"""An answer outlives the page that asked for it: reloads, other tabs, and what is told when it cannot be picked up."""

from __future__ import annotations

from pathlib import Path

from page_rig import House, Visits
from page_words import Gate, Words

STORED = "[data-part=message][data-role=assistant]"


def test_a_reload_in_mid_stream(house: House, visits: Visits) -> None:
    """The page comes back, shows what came, and gets the rest; the model was asked once."""
    first, second = Gate(), Gate()
    house.model.say("Part one. ", first, "Part two. ", second, "Part three.")
    visit = visits.open(house)
    visit.ask("Go")
    visit.page.get_by_text("Part one.").wait_for()
    visit.until("location.hash.length > 5")
    visit.page.reload()
    visit.page.get_by_text("Part one.").wait_for()
    first.open()
    visit.page.get_by_text("Part two.").wait_for()
    visit.page.reload()
    second.open()
    answer = visit.ended()
    assert visit.text_of(answer).strip() == "Part one. Part two. Part three."
    assert len(house.model.asked) == 1
    assert "34" in answer.locator("[data-part=figures]").inner_text()


def test_an_answer_that_ended_while_nobody_looked(house: House, visits: Visits) -> None:
    """The page was closed before the end: opened again, it shows the whole answer."""
    gate = Gate()
    house.model.say("Before. ", gate, "After.")
    context = visits.context()
    visit = visits.open(house, context=context)
    visit.ask("Go")
    visit.page.get_by_text("Before.").wait_for()
    visit.until("location.hash.length > 5")
    path = visit.page.evaluate("location.pathname + location.hash")
    visit.check()
    visit.page.close()
    gate.open()
    again = visits.open(house, context=context, path=path)
    assert again.text_of(again.ended()).strip() == "Before. After."
    assert len(house.model.asked) == 1


def test_what_cannot_be_picked_up_is_kept_and_called_cut(tmp_path: Path, visits: Visits) -> None:
    """Another process of the gateway knows nothing of the answer: what came stays, and says that it is not whole."""
    with Words() as model:
        gate = Gate()
        model.say("It came this far. ", gate, "Never seen.")
        context = visits.context()
        with House(tmp_path, model) as gateway:
            visit = visits.open(gateway, context=context)
            visit.ask("Go")
            visit.page.get_by_text("It came this far.").wait_for()
            visit.until(
                """async () => {
                  const [{ name }] = await indexedDB.databases();
                  return new Promise((done) => {
                    const request = indexedDB.open(name);
                    request.onsuccess = () => {
                      const all = request.result.transaction('messages').objectStore('messages').getAll();
                      all.onsuccess = () => {
                        request.result.close();
                        done(all.result.some((one) => one.text.includes('this far')));
                      };
                    };
                  });
                }"""
            )
            path = visit.page.evaluate("location.pathname + location.hash")
            port = gateway.port
            visit.check()
            visit.page.close()
            gate.open()
        with House(tmp_path, model, arguments=("--port", str(port))) as gateway:
            again = visits.open(gateway, context=context, path=path)
            answer = again.ended("cut")
            assert "It came this far." in again.text_of(answer)
            assert answer.locator("[data-part=ending]").is_visible()


def test_two_tabs_agree(house: House, visits: Visits) -> None:
    """What is said in one is seen in the other, in its list and in its conversation."""
    context = visits.context()
    one = visits.open(house, context=context)
    one.ask("Seen by both")
    one.ended()
    two = visits.open(house, context=context)
    two.page.locator("[data-part=sidebar]").get_by_text("Seen by both").first.click()
    assert two.text_of(two.ended()).strip() == "You said: Seen by both"
    one.ask("And this as well")
    one.page.get_by_text("You said: And this as well").wait_for()
    two.page.get_by_text("You said: And this as well").wait_for()
    assert len(house.model.asked) == 2


def test_a_second_tab_waits_for_the_answer_and_may_stop_it(house: House, visits: Visits) -> None:
    """While one tab gets an answer, the other sends nothing after what is not whole yet; its button stops it."""
    gate = Gate()
    house.model.say("Begun. ", gate, "Never.")
    context = visits.context()
    one = visits.open(house, context=context)
    one.ask("Go")
    one.page.get_by_text("Begun.").wait_for()
    two = visits.open(house, context=context)
    two.page.locator("[data-part=sidebar]").get_by_text("Go", exact=True).first.click()
    two.page.get_by_text("Begun.").wait_for()
    two.ask("Too early")
    stop = two.page.locator("[data-part=composer] [data-do=stop]")
    stop.wait_for()
    assert two.questions.count() == 1
    stop.click()
    for tab in (one, two):
        tab.ended("cut")
    gate.open()
    assert len(house.model.asked) == 1
