"""Fixtures of the browser tests. Left out, with the reason, where there is no Chromium."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "gateway"))

from page_rig import House, Visits, chromium, flags
from page_words import Words


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, without a window. One for each module: while it runs, this thread can run no other event loop."""
    found = chromium()
    if found is None:
        pytest.skip("no Chromium (package chromium)")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=flags())
        yield started
        started.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A model that says what the test wants, behind a real `franca serve`."""
    with Words() as model, House(tmp_path, model) as served:
        yield served


@pytest.fixture
def visits(browser: Any) -> Iterator[Visits]:
    """Opens pages, and at the end asserts of each that nothing was refused, broke, or left the origin."""
    opened = Visits(browser)
    yield opened
    opened.end()
