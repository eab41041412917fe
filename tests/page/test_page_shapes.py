"""Structured mode: a schema or an example goes in, a validated object comes out, or what is wrong with it."""

from __future__ import annotations

import json

from page_rig import House, Visit, Visits

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
GOOD = json.dumps({"name": "Ada", "age": 36})


def turn_on(visit: Visit, text: str) -> None:
    """Paste into the panel, and use it."""
    visit.page.locator("[data-part=composer] [data-do=shape]").click()
    dialog = visit.page.locator("dialog[open]")
    dialog.locator("textarea").first.fill(text)
    dialog.locator("[data-do=use]").click()
    dialog.locator("[data-do=use][aria-pressed=true]").wait_for()
    visit.page.keyboard.press("Escape")
    visit.until("!document.querySelector('dialog[open]')")


def test_a_schema(house: House, visits: Visits) -> None:
    """The object as a tree, called valid, with how it was got."""
    house.model.say(GOOD)
    visit = visits.open(house)
    turn_on(visit, json.dumps(SCHEMA))
    visit.ask("Who?")
    answer = visit.ended()
    shaped = answer.locator("[data-part=structured]")
    shaped.locator("[role=tree]").wait_for()
    text = shaped.inner_text()
    assert "Ada" in text
    assert "36" in text
    assert shaped.get_attribute("data-valid") == "true"
    assert house.model.asked[0]["response_format"]["type"] in ("json_schema", "json_object") or (
        "name" in str(house.model.asked[0]["messages"])
    )


def test_a_repair_is_told(house: House, visits: Visits) -> None:
    """A first answer that does not fit is asked for again by the gateway; the page says that it was."""
    house.model.say(json.dumps({"name": "Ada"}))
    house.model.say(GOOD)
    visit = visits.open(house)
    turn_on(visit, json.dumps(SCHEMA))
    visit.ask("Who?")
    answer = visit.ended()
    shaped = answer.locator("[data-part=structured]")
    shaped.locator("[role=tree]").wait_for()
    assert "36" in shaped.inner_text()
    assert "2" in shaped.inner_text()  # attempts
    assert len(house.model.asked) == 2


def test_what_never_fits_is_an_error(house: House, visits: Visits) -> None:
    """No object is shown that is none: the problems are, with their places."""
    for _ in range(8):
        house.model.say("I would rather not.")
    visit = visits.open(house)
    turn_on(visit, json.dumps(SCHEMA))
    visit.ask("Who?")
    answer = visit.last
    answer.locator("[data-part=problem], [data-part=structured][data-valid=false]").first.wait_for()
    assert answer.locator("[data-part=structured][data-valid=true]").count() == 0


def test_an_example(house: House, visits: Visits) -> None:
    """A schema is made of it by the gateway, and is what the model is held to."""
    house.model.say(GOOD)
    visit = visits.open(house)
    turn_on(visit, '{"name": "Grace", "age": 85}')
    visit.ask("Who?")
    shaped = visit.ended().locator("[data-part=structured]")
    shaped.locator("[role=tree]").wait_for()
    assert "Ada" in shaped.inner_text()


def test_off_again(house: House, visits: Visits) -> None:
    """Without it, a question is a plain one."""
    visit = visits.open(house)
    turn_on(visit, json.dumps(SCHEMA))
    visit.page.locator("[data-part=composer] [data-do=shape-off]").click()
    visit.ask("Hello")
    assert visit.text_of(visit.ended()).strip() == "You said: Hello"
    assert "response_format" not in house.model.asked[0]


def test_what_is_no_json_is_told_at_once(house: House, visits: Visits) -> None:
    """With its line, and cannot be used."""
    visit = visits.open(house)
    visit.page.locator("[data-part=composer] [data-do=shape]").click()
    dialog = visit.page.locator("dialog[open]")
    dialog.locator("textarea").first.fill('{\n  "name": oops\n}')
    dialog.get_by_text("line 2").wait_for()
    assert dialog.locator("[data-do=use]").is_disabled()
