"""The admin's status page in Chromium, before a real gateway: what it shows is what the admin API tells, and the key
stays in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from page_rig import House, Visit, Visits
from page_words import Words

ADMIN = "admin-of-the-tests-0123456789"
KEY = "sk-page-0123456789abcdef"
EVIL = "words/<img src=x onerror=alert(1)>"
DAY_CHART = "[aria-labelledby=usage] .chart [data-day]"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[House]:
    """A gateway that was asked good and bad things."""
    config = {
        "gateway": {"admin_key": ADMIN},
        "keys": {"alice": {"key": KEY, "budget": {"day": 20.0}}},
        "limits": {"unpriced": "free"},
        "prices": {"alpha": {"input": 100.0, "output": 1000.0}},
    }
    with Words() as model:
        config["servers"] = {"words": model.table(), "gone": {"base_url": "http://127.0.0.1:9/v1", "retries": 0}}
        with House(tmp_path, model, config) as house:
            for text in ("one", "two", "three"):
                assert house.chat("words/alpha", text, key=KEY).status == 200
            assert house.chat("words/beta", key=KEY).status == 200
            assert house.chat("gone/x", key=KEY).status == 502
            assert house.chat(EVIL, key="sk-wrong").status == 401
            model.do(lambda call: call.reply({"error": {"message": "<b>no</b>"}}, 500))
            assert house.chat(EVIL, key=KEY).status >= 500
            yield house


def come(visits: Visits, house: House, key: str = ADMIN, **options: Any) -> Visit:
    """The page, with a key entered; of the right one what it shows is waited for."""
    visit = visits.open(house, path="/status", ready=False, **options)
    field = visit.page.get_by_label("Admin key")
    field.fill(key)
    field.press("Enter")
    if key == ADMIN:
        visit.page.locator("[aria-labelledby=usage] .card").first.wait_for()
    return visit


def usage(house: House, query: str) -> dict[str, Any]:
    """What the admin API tells."""
    found: dict[str, Any] = house.ask("GET", f"/admin/v1/usage?{query}", key=ADMIN).json()
    return found


def rows(visit: Visit, label: str) -> list[list[str]]:
    """The cells of a table, its last row of sums too."""
    table = visit.page.get_by_role("table", name=label, exact=True)
    found: list[list[str]] = table.locator("tbody tr, tfoot tr").evaluate_all(
        "rows => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    )
    return found


def test_a_wrong_key_is_told(desk: House, visits: Visits) -> None:
    """In place, and nothing is shown; also one that no header could carry. The right one goes on from there."""
    visit = come(visits, desk, "wrong")
    told = visit.page.get_by_role("alert")
    visit.page.get_by_role("button", name="Show").wait_for()
    field = visit.page.get_by_label("Admin key")
    for wrong in ("wrong", "schlüssel", KEY):
        field.fill(wrong)
        field.press("Enter")
        visit.page.get_by_role("button", name="Show").wait_for()  # it says "Loading" meanwhile
        assert told.inner_text() == "This is not the admin key."
        assert visit.page.locator("table").count() == 0
    field.fill(ADMIN)
    field.press("Enter")
    visit.page.get_by_role("table", name="Servers").wait_for()


def test_servers_keys_and_errors_are_told(desk: House, visits: Visits) -> None:
    """Each with its state as a word, and what strangers wrote as text."""
    visit = come(visits, desk)
    servers = {row[0]: row for row in rows(visit, "Servers")}
    assert servers["words"][1] == "up"
    assert servers["words"][4] == "5"
    assert servers["gone"][5] == "1 (100%)"
    keys = {row[0].split()[0]: row for row in rows(visit, "Keys and budgets")}
    assert "of $20.00" in keys["alice"][3]
    errors = rows(visit, "Recent errors")
    assert [row[4] for row in errors if "401" in row[2] and "invalid_api_key" in row[2]] == ["–"]
    assert any(row[4] == EVIL for row in errors)
    assert "502 server_unreachable" in [row[2] for row in errors]
    visit.page.get_by_label("Server", exact=True).select_option("gone")
    assert {row[3] for row in rows(visit, "Recent errors")} == {"gone"}
    visit.page.get_by_label("Find in errors").fill("nothing like it")
    assert visit.page.get_by_text("Nothing fits.").is_visible()


def test_charts_and_tables_agree_with_the_api(desk: House, visits: Visits) -> None:
    """By day, model and key: requests and tokens to the last one."""
    told = usage(desk, "from=29d")["total"]
    visit = come(visits, desk)
    column = visit.page.locator(DAY_CHART).last
    assert visit.page.locator(DAY_CHART).count() == 30
    assert f": {told['requests']};" in (column.get_attribute("aria-label") or "")
    by_model = {line["model"]: line for line in usage(desk, "by=model&from=29d")["lines"]}
    shown = {row[0]: row for row in rows(visit, "By model")}
    assert len(shown) == len(by_model)
    for model, line in by_model.items():
        row = shown[model or "(none)"]
        tokens = line["prompt_tokens"] + line["completion_tokens"]
        assert [row[1], row[3], row[4]] == [str(line["requests"]), str(tokens), str(line["failed"])]
    by_key = {line["key_name"]: line["requests"] for line in usage(desk, "by=key&from=29d")["lines"]}
    assert {row[0]: int(row[1]) for row in rows(visit, "By key")} == {
        name or "(without a key)": requests for name, requests in by_key.items()
    }
    visit.page.get_by_role("button", name="Tokens", exact=True).click()
    visit.page.get_by_role("button", name="Show as table").click()
    assert rows(visit, "Tokens by day")[-1][-1] == str(told["prompt_tokens"] + told["completion_tokens"])
    visit.page.get_by_role("button", name="7 days", exact=True).click()
    lines = visit.page.get_by_role("table", name="Tokens by day").locator("tr")
    lines.nth(9).wait_for(state="detached")
    assert lines.count() == 9  # the heading, seven days, the sums


def test_the_chart_is_read_by_the_keyboard(desk: House, visits: Visits) -> None:
    """One stop for Tab, arrows from day to day, Escape hides what is told."""
    visit = come(visits, desk)
    days = visit.page.locator(DAY_CHART)
    assert visit.page.locator(f"{DAY_CHART}[tabindex='0']").count() == 1
    days.last.focus()
    tip = visit.page.locator(".tip")
    assert "words/alpha" in tip.inner_text()
    days.last.press("ArrowLeft")
    assert days.nth(28).evaluate("one => one === document.activeElement")
    assert "Total" in tip.inner_text()
    visit.page.keyboard.press("Escape")
    assert tip.count() == 0
    visit.page.keyboard.press("Home")
    assert days.first.evaluate("one => one === document.activeElement")


def test_usage_is_saved_as_csv(desk: House, visits: Visits) -> None:
    """The same bytes as the admin API gives."""
    visit = come(visits, desk)
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Export CSV").click()
    saved = Path(download.value.path()).read_bytes()
    assert saved == desk.ask("GET", "/admin/v1/usage?by=day,key,server,model&from=29d&format=csv", key=ADMIN).body
    assert download.value.suggested_filename.endswith("-30d.csv")


def test_the_key_is_kept_nowhere(desk: House, visits: Visits) -> None:
    """Not in any storage, cookie or address; a reload asks for it again."""
    visit = come(visits, desk)
    kept = visit.page.evaluate(
        """async () => JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href,
        history.state, await indexedDB.databases(), await caches.keys().catch(() => [])])"""
    )
    assert ADMIN not in kept
    assert ADMIN not in visit.page.content()
    visit.page.reload()
    visit.page.get_by_label("Admin key").wait_for()
    assert visit.page.get_by_label("Admin key").input_value() == ""
    assert visit.page.locator("table").count() == 0


def test_the_key_is_forgotten(desk: House, visits: Visits) -> None:
    """By a button; nothing of what was told stays."""
    visit = come(visits, desk)
    visit.page.get_by_role("button", name="Forget the key").click()
    visit.page.get_by_label("Admin key").wait_for()
    assert "alice" not in visit.page.content()


def test_a_gateway_that_ends_is_told(desk: House, visits: Visits) -> None:
    """With the time since when, and what was known stays; pausing stops asking."""
    visit = come(visits, desk)
    asked: list[str] = []
    visit.page.get_by_role("button", name="Pause").click()
    visit.page.on("request", lambda request: asked.append(request.url))
    assert visit.page.get_by_text("Paused").is_visible()
    desk.stop()
    assert asked == []
    visit.page.get_by_role("button", name="Refresh now").click()
    visit.page.get_by_text("Not reachable since").wait_for()
    assert {row[0] for row in rows(visit, "Servers")} == {"words", "gone"}
    assert len(asked) == 3


def test_it_refreshes_by_itself_without_making_anything_anew(desk: House, visits: Visits) -> None:
    """A new request shows within seconds, in the same element."""
    visit = come(visits, desk)
    cell = visit.page.locator("[aria-labelledby=servers] tr:has(td:text-is('words')) td").nth(4)
    node = cell.element_handle()
    assert desk.chat("words/alpha", "once more", key=KEY).status == 200
    cell.filter(has_text=re.compile(r"^\s*6\s*$")).wait_for()
    assert node.evaluate("node => node.isConnected")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_accessible(theme: Any, desk: House, visits: Visits) -> None:
    """axe finds nothing, in both themes, on the key field, the charts and the tables; the theme is the chat's."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = visits.context(bypass_csp=True, color_scheme="light" if theme == "dark" else "dark")
    context.add_init_script(f"localStorage.setItem('franca.theme', '{theme}')")
    visit = come(visits, desk, "wrong", context=context)
    visit.page.locator("[role=alert].note").wait_for()
    assert visit.page.evaluate("document.documentElement.dataset.theme") == theme
    assert (report := axe.run(visit.page)).violations_count == 0, report.generate_report()
    visit.page.get_by_label("Admin key").fill(ADMIN)
    visit.page.get_by_label("Admin key").press("Enter")
    visit.page.locator(DAY_CHART).last.wait_for()
    assert (report := axe.run(visit.page)).violations_count == 0, report.generate_report()
    visit.page.get_by_role("button", name="Show as table").click()
    visit.page.set_viewport_size({"width": 360, "height": 740})
    assert (report := axe.run(visit.page)).violations_count == 0, report.generate_report()
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("language", "words"), [("de", "Admin-Schlüssel"), ("tr", "Yönetici anahtarı"), ("zh", "管理员密钥")]
)
def test_it_speaks_the_language_of_the_chat(language: str, words: str, desk: House, visits: Visits) -> None:
    """The one that was chosen there."""
    context = visits.context()
    context.add_init_script(f"localStorage.setItem('franca.language', '{language}')")
    visit = visits.open(desk, path="/status", ready=False, context=context)
    visit.page.get_by_label(words).wait_for()
    assert visit.page.evaluate("document.documentElement.lang") == language
