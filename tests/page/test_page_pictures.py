"""The pictures of the documentation, taken of the real page. With FRANCA_PICTURES=1 (`make pictures`) they are written
to docs/pictures; else it is only seen to that they can be taken."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from pathlib import Path
from time import time

import pytest
from page_rig import House, Visit, Visits
from page_words import Words, reasoning
from test_page_lanes import side_by_side
from test_page_shapes import turn_on
from test_page_status import ADMIN, come

from franca.gateway.store.base import open_store
from franca.gateway.store.row import UsageRow

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"

ANSWER = """The distance to a star follows from its **parallax**: the angle by which it seems to move while the
Earth goes half way round the Sun.

$$d = \\frac{1\\,\\mathrm{AU}}{\\tan p} \\approx \\frac{1}{p}\\ \\text{parsec}$$

| star | parallax | distance |
| --- | ---: | ---: |
| Proxima Centauri | 0.768″ | 1.30 pc |
| Sirius | 0.379″ | 2.64 pc |
| Vega | 0.130″ | 7.68 pc |

```python
def distance(parallax: float) -> float:
    \"\"\"Parsecs, from arcseconds.\"\"\"
    if parallax <= 0:
        raise ValueError("a parallax is positive")
    return 1 / parallax
```
"""
SHORT = "**Vega** is the brightest star in Lyra, 7.7 parsecs away.\n\n- class A0\n- some 455 million years old\n"
OTHER = (
    "Vega, *α Lyrae*, served as the zero point of the magnitude scale for decades.\n\n1. bright\n2. near\n3. young\n"
)
SHAPE = {
    "title": "star",
    "type": "object",
    "properties": {
        "name": {"type": "string"}, "parsecs": {"type": "number"},
        "facts": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["name", "parsecs", "facts"], "additionalProperties": False,
}  # fmt: skip
OBJECT = {"name": "Vega", "parsecs": 7.68, "facts": ["class A0", "brightest star in Lyra", "young: 455 million years"]}


def keep(visit: Visit, name: str, folder: Path) -> None:
    """Take the picture."""
    visit.page.mouse.move(0, 0)
    visit.page.wait_for_timeout(400)  # fonts, late chunks
    target = (PICTURES if os.environ.get("FRANCA_PICTURES") else folder) / f"page_{name}.png"
    visit.page.screenshot(path=target)
    data = target.read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) > 15_000  # more than an empty page


def conversation(visit: Visit, house: House) -> None:
    """A few questions in the list, the last one with a rich answer."""
    for text in ("Plan a week in Lisbon", "Why is the sky dark at night?"):
        visit.ask(text)
        visit.ended()
        visit.page.keyboard.press("Control+Shift+O")
        visit.until("document.querySelectorAll('[data-part=message]').length === 0")
    thoughts = (reasoning("They want the method, "), reasoning("and an example that runs."))
    house.model.say(*thoughts, *(ANSWER[at : at + 5] for at in range(0, len(ANSWER), 5)))
    visit.ask("How far away are the stars, and how do we know?")
    answer = visit.ended()
    answer.locator("math").first.wait_for()
    answer.locator("pre code span").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_conversation(house: House, visits: Visits, scheme: str, tmp_path: Path) -> None:
    """In both themes."""
    visit = visits.open(house, color_scheme=scheme, viewport={"width": 1200, "height": 900})
    visit.choose("words/alpha")
    conversation(visit, house)
    keep(visit, scheme, tmp_path)


def test_a_phone(house: House, visits: Visits, tmp_path: Path) -> None:
    """Held upright, in the dark."""
    context = visits.context(
        viewport={"width": 390, "height": 780},
        has_touch=True,
        is_mobile=True,
        device_scale_factor=2,
        color_scheme="dark",
    )
    visit = visits.open(house, context=context)
    visit.choose("words/alpha")
    conversation(visit, house)
    keep(visit, "phone", tmp_path)


def test_side_by_side(house: House, visits: Visits, tmp_path: Path) -> None:
    """Two models on the same question."""
    house.model.say(SHORT)
    house.model.say(OTHER)
    visit = visits.open(house, viewport={"width": 1200, "height": 700})
    side_by_side(visit, "alpha", "beta")
    visit.ask("Tell me about Vega")
    visit.until("document.querySelectorAll('[data-status=done]').length === 2")
    keep(visit, "lanes", tmp_path)


def test_structured(house: House, visits: Visits, tmp_path: Path) -> None:
    """A validated object."""
    house.model.say(json.dumps(OBJECT))
    visit = visits.open(house, viewport={"width": 1200, "height": 700})
    visit.choose("words/alpha")
    turn_on(visit, json.dumps(SHAPE))
    visit.ask("What is known of Vega?")
    visit.ended().locator("[role=tree]").wait_for()
    keep(visit, "structured", tmp_path)


def weeks_of_usage(folder: Path) -> None:
    """Rows of four weeks in the store that a gateway of this folder will open."""
    shares = {"words/alpha": 5, "words/beta": 3, "words/gamma": 2, "groq/llama-3.3-70b-versatile": 4}
    rows = [
        UsageRow(
            id=f"r{day}-{name}-{number}", at=time() - 86_400 * day, seconds=1.5, first=0.3, key="key_site",
            route="chat", asked=name, server=name.partition("/")[0], model=name.partition("/")[2], status=200, tries=1,
            prompt_tokens=900, completion_tokens=400, cost=0.002 * share, exact=True,
        )
        for day in range(28)
        for name, share in shares.items()
        for number in range(share * (4 + (day * 7 + share * 3) % 9) // (3 if day % 7 in (1, 2) else 1))
    ]  # fmt: skip

    async def write() -> None:
        store = open_store("", folder)
        await store.open()
        for at in range(0, len(rows), 500):
            await store.add(rows[at : at + 500])
        await store.close()

    # The browser's driver has this thread's event loop.
    thread = threading.Thread(target=lambda: asyncio.run(write()))
    thread.start()
    thread.join()


def test_the_status_page(visits: Visits, tmp_path: Path) -> None:
    """Four weeks of two servers."""
    weeks_of_usage(tmp_path)
    with Words() as model:
        config = {
            "gateway": {"admin_key": ADMIN},
            "limits": {"unpriced": "free"},
            "keys": {"site": {"key": "sk-pictures-0123456789ab", "budget": {"day": 5.0, "month": 60.0}}},
            "servers": {"words": model.table(), "groq": model.table()},
        }
        with House(tmp_path, model, config) as house:
            for name in ("words/alpha", "words/beta", "groq/llama-3.3-70b-versatile"):
                assert house.chat(name, key="sk-pictures-0123456789ab").status == 200
            visit = come(visits, house, viewport={"width": 1200, "height": 1180})
            keep(visit, "status", tmp_path)
