"""What the browser tests share: Chromium, a gateway with a model of the test's own, pages that are watched.

Every page that a test opens is watched: a violation of the policy, an error of a script, and a request to anywhere but
the gateway fail the test.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from gw_gateway import ServedGateway
from page_words import Words

__all__ = ["House", "Visit", "Visits", "chromium", "flags"]

LIMIT = 15_000  # ms; a browser on a busy machine is slow

_WATCH = """
window.__violations = [];
document.addEventListener('securitypolicyviolation', (event) => window.__violations.push(
  `${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""

# A word that was not there is shown by its key.
_AREAS = "shell|chat|composer|conversation|data|markdown|models|settings|share|sidebar|status"
_KEYS_OF_WORDS = f"document.body.innerText.match(/\\b({_AREAS})\\.[a-z]+_?[a-z_]*\\b/g) ?? []"


def chromium() -> str | None:
    """Where Chromium is; None if there is none."""
    given = os.environ.get("FRANCA_TEST_CHROMIUM")
    names = [given] if given else ["chromium", "chromium-browser", "google-chrome"]
    return next((found for name in names if (found := shutil.which(name))), None)


def flags() -> list[str]:
    """Without a sandbox, which root may not have, and without the calls home that Chromium makes by itself."""
    return [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    ]  # fmt: skip


class House(ServedGateway):
    """`franca serve` before a `Words`, as the server "words". `config` adds tables, or replaces them."""

    def __init__(self, folder: Path, model: Words, config: Mapping[str, Any] | None = None, **more: Any) -> None:
        self.model = model
        super().__init__(folder, {"servers": {"words": model.table()}, **(config or {})}, **more)


class Visit:
    """A page that is open, and what was seen of it."""

    def __init__(self, context: Any, url: str, *, path: str = "/") -> None:
        self.origin = url
        self.errors: list[str] = []
        self.foreign: list[str] = []
        self.dialogs: list[str] = []
        self.page = context.new_page()
        self.page.set_default_timeout(LIMIT)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.errors.append(f"script: {error}"))
        self.page.on("request", self._request)
        self.page.on("dialog", self._dialog)
        self.page.add_init_script(_WATCH)
        self.page.goto(url + path)

    def _console(self, message: Any) -> None:
        # A status of 400 and above is written to the console by the browser itself, and is tested where it is expected.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.errors.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.origin + "/", "data:", "blob:")):
            self.foreign.append(request.url)

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def check(self) -> None:
        """Nothing was refused, nothing broke, nothing left the origin, nothing ran that should not."""
        assert not self.errors, self.errors
        assert not self.foreign, self.foreign
        assert not self.dialogs, self.dialogs
        if not self.page.is_closed():
            assert self.page.evaluate("window.__violations") == []
            assert self.page.evaluate(_KEYS_OF_WORDS) == []

    # ---- what a person does ---------------------------------------------------------------------

    def ask(self, text: str) -> None:
        """Write a message and send it: by Enter, or by the button where fingers write, whose Enter is a new line."""
        box = self.page.locator("[data-part=composer] textarea")
        box.fill(text)
        if self.page.evaluate("matchMedia('(pointer: coarse)').matches"):
            self.page.locator("[data-do=send]").click()
        else:
            box.press("Enter")

    def choose(self, model: str) -> None:
        """Choose one model by the picker."""
        self.page.locator("[data-part=model]").click()
        picker = self.page.locator("[data-part=picker]")
        picker.locator("input[type=search]").fill(model)
        picker.locator(".pick").first.click()

    @property
    def answers(self) -> Any:
        return self.page.locator("[data-part=message][data-role=assistant]")

    @property
    def questions(self) -> Any:
        return self.page.locator("[data-part=message][data-role=user]")

    @property
    def last(self) -> Any:
        """The last answer."""
        return self.answers.last

    def ended(self, status: str = "done", at: int = -1) -> Any:
        """Wait until an answer (the last) has this status, and give it."""
        answer = self.last if at == -1 else self.answers.nth(at)
        answer.wait_for()
        end = time.monotonic() + LIMIT / 1000
        while answer.get_attribute("data-status") != status:
            told = f"an answer is {answer.get_attribute('data-status')}, not {status}: {answer.inner_text()[:500]}"
            assert time.monotonic() < end, told
            self.page.wait_for_timeout(20)
        return answer

    def until(self, expression: str) -> None:
        """Wait until an expression of JavaScript holds. (Playwright's own way to wait evaluates a string later on,
        which the page's policy forbids.)"""
        end = time.monotonic() + LIMIT / 1000
        while not self.page.evaluate(expression):
            assert time.monotonic() < end, f"waited in vain for {expression}"
            self.page.wait_for_timeout(20)

    def text_of(self, answer: Any) -> str:
        return str(answer.locator("[data-part=text]").inner_text())


class Visits:
    """All pages of one test; each in a browser context of its own unless it is given one."""

    def __init__(self, browser: Any) -> None:
        self.browser = browser
        self._open: list[Visit] = []
        self._contexts: list[Any] = []

    def context(self, **options: Any) -> Any:
        """A person's browser: its storage is shared by the pages opened in it."""
        made = self.browser.new_context(locale="en-GB", **options)
        self._contexts.append(made)
        return made

    def open(self, gateway: Any, *, context: Any = None, path: str = "/", ready: bool = True, **options: Any) -> Visit:
        """The page of a gateway, ready for a question."""
        visit = Visit(self.context(**options) if context is None else context, gateway.url, path=path)
        self._open.append(visit)
        if not path.startswith("/status"):
            visit.page.locator("[data-part=composer] textarea").wait_for()
        if ready:
            visit.until("document.querySelector('[data-part=model]')?.title !== ''")
        return visit

    def end(self) -> None:
        try:
            for visit in self._open:
                visit.check()
        finally:
            for context in self._contexts:
                context.close()

    def __enter__(self) -> Self:
        return self
