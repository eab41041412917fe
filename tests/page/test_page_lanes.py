"""Several models side by side on the same prompt, each with a history of its own."""

from __future__ import annotations

from page_rig import House, Visit, Visits
from page_words import Gate


def side_by_side(visit: Visit, *names: str) -> None:
    """Choose them by the picker."""
    visit.page.locator("[data-part=model]").click()
    picker = visit.page.locator("[data-part=picker]")
    picker.locator("input[type=checkbox]").first.check()
    for name in names:
        row = picker.locator(".pick", has_text=name).first
        if row.get_attribute("aria-checked") != "true":
            row.click()
    for row in picker.locator(".pick[aria-checked=true]").all():
        if not any(name in row.inner_text() for name in names):
            row.click()
    picker.locator("button.main").click()


def test_both_answer_at_the_same_time(house: House, visits: Visits) -> None:
    """Neither waits for the other; each has its own place; the next question has each one's own answers before it."""
    gate = Gate()
    house.model.say("From one. ", gate, "Done.")
    house.model.say("From the other.")
    visit = visits.open(house)
    side_by_side(visit, "alpha", "beta")
    visit.ask("Both")
    lanes = visit.page.locator("[data-part=lane]")
    visit.page.get_by_text("From the other.").wait_for()
    visit.page.get_by_text("From one.").wait_for()
    assert lanes.count() == 2
    assert sorted(one["model"] for one in house.model.asked) == ["alpha", "beta"]
    gate.open()
    visit.until("document.querySelectorAll('[data-status=done]').length === 2")
    left, right = (lanes.nth(number).evaluate("one => one.getBoundingClientRect().toJSON()") for number in (0, 1))
    assert left["right"] <= right["left"] + 1
    visit.ask("And?")
    visit.until("document.querySelectorAll('[data-status=done]').length === 4")
    first = {one["model"]: one for one in house.model.asked[:2]}
    for later in house.model.asked[2:]:
        mine = [one["content"] for one in later["messages"] if one["role"] == "assistant"]
        assert len(mine) == 1
        assert mine[0] in ("From one. Done.", "From the other.")
    said = [[one["content"] for one in later["messages"]][1] for later in house.model.asked[2:]]
    assert len(set(said)) == 2
    assert set(first) == {"alpha", "beta"}


def test_one_fails_and_the_other_does_not(house: House, visits: Visits) -> None:
    """An error stays in its own lane."""

    def play(call: object) -> None:
        call.reply({"error": {"message": "not today", "code": "no"}}, 400)  # type: ignore[attr-defined]

    house.model.do(play)
    house.model.say("I am well.")
    visit = visits.open(house)
    side_by_side(visit, "alpha", "beta")
    visit.ask("Both")
    visit.page.locator("[data-status=error]").wait_for()
    visit.page.locator("[data-status=done]").wait_for()
    assert visit.page.locator("[data-part=lane]").count() == 2


def test_going_on_with_one(house: House, visits: Visits) -> None:
    """The next question goes to that model alone, after its own answer."""
    house.model.say("Left")
    house.model.say("Right")
    visit = visits.open(house)
    side_by_side(visit, "alpha", "beta")
    visit.ask("Both")
    visit.until("document.querySelectorAll('[data-status=done]').length === 2")
    lane = visit.page.locator("[data-part=lane]").nth(1)
    words = lane.locator("[data-part=text]").inner_text().strip()
    lane.locator("[data-do=keep]").click()
    visit.until("document.querySelectorAll('[data-do=keep][aria-pressed=true]').length === 1")
    visit.ask("Further")
    visit.page.get_by_text("You said: Further").wait_for()
    assert len(house.model.asked) == 3
    assert [one["content"] for one in house.model.asked[-1]["messages"]] == ["Both", words, "Further"]
    assert visit.page.locator("[data-do=keep]").count() == 0
