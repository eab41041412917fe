"""The chat page in a real browser, beside another: `make bench-page`.

    python benchmarks/page.py [--quick] [--write] [--rounds N]

Weight and time of the first load, answers of 4,000 and 20,000 tokens at 200 a second and at once, and a conversation of
2,000 messages; the longest ones of our page only. Everything is a process of its own on this machine; the pages take
turns. Script and renderer seconds are those that Chromium counts itself (Performance.getMetrics). --write renders
benchmarks/page.md and the table of docs/page.md. Needs Chromium; six minutes, most of it waiting for tokens.
"""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

from page_model import END
from page_pages import NOT_TO_BE_HAD, PAGES, Page, chromium
from page_report import Load, Long, Run, terminal, write
from run import Process, progress

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
PATIENCE = 400_000  # ms

# Frames are counted by the page itself; one that was not drawn within 1.5 of its time was dropped.
_WATCH = """
window.__usable = null;
const wait = () => {
  if (READY) window.__usable = performance.now();
  else setTimeout(wait, 2);
};
document.addEventListener('DOMContentLoaded', wait);
window.__frames = [];
const frame = (now) => { window.__frames.push(now); requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""


class Sight:
    """A page that was opened cold, in a context of its own."""

    def __init__(self, browser: Any, page: Page, url: str) -> None:
        self.kind = page
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.devtools = self.context.new_cdp_session(self.page)
        self.bytes = self.requests = 0
        self.hosts: set[str] = set()
        self.devtools.send("Network.enable")
        self.devtools.send("Performance.enable")
        self.devtools.on("Network.loadingFinished", self._loaded)
        self.devtools.on("Network.requestWillBeSent", lambda event: self.hosts.add(event["request"]["url"]))
        self.page.add_init_script(_WATCH.replace("READY", page.ready))
        self.page.goto(url)
        self.page.wait_for_function("window.__usable !== null")

    def _loaded(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])
        self.requests += 1

    def metrics(self) -> dict[str, float]:
        found = self.devtools.send("Performance.getMetrics")["metrics"]
        return {one["name"]: one["value"] for one in found}

    def close(self) -> None:
        self.context.close()

    def load(self, url: str) -> Load:
        """How the first load went."""
        self.page.wait_for_timeout(1500)  # what comes late belongs to it
        paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"
        foreign = {one.split("/")[2] for one in self.hosts if one.startswith("http") and not one.startswith(url)}
        return Load(
            kilobytes=self.bytes / 1024,
            requests=self.requests,
            paint=self.page.evaluate(paint),
            usable=self.page.evaluate("window.__usable"),
            heap=self.metrics()["JSHeapUsedSize"] / 2**20,
            foreign=tuple(sorted(foreign)),
        )

    def answer(self, tokens: int, rate: int) -> Long:
        """One answer of so many tokens."""
        field = self.page.locator(self.kind.field)
        field.fill(f"{tokens} {rate}")
        before = self.metrics()
        self.page.evaluate("window.__frames.length = 0")
        began = self.page.evaluate("performance.now()")
        field.press("Enter")
        done = self.page.evaluate(
            """([answer, end]) => new Promise((finish) => {
              const look = () => {
                const all = document.querySelectorAll(answer);
                const text = all[all.length - 1]?.lastElementChild?.textContent ?? '';
                if (all[all.length - 1]?.textContent.includes(end)) finish(performance.now());
                else setTimeout(look, text ? 100 : 20);
              };
              look();
            })""",
            [self.kind.answer, END],
        )
        after = self.metrics()
        frames = self.page.evaluate("window.__frames")
        wall = (done - began) / 1000
        late = sum(round((b - a) / (1000 / 60)) - 1 for a, b in pairwise(frames) if b - a > 25)
        return Long(
            wall=wall,
            lag=wall - (tokens / rate if rate else 0),
            script=after["ScriptDuration"] - before["ScriptDuration"],
            renderer=after["TaskDuration"] - before["TaskDuration"],
            dropped=late / max(1, late + len(frames)),
            heap=after["JSHeapUsedSize"] / 2**20,
        )


def measure(browser: Any, chosen: list[Page], options: argparse.Namespace) -> Run:
    found = Run(chromium=browser.version)
    with ExitStack() as stack:
        model = int(stack.enter_context(Process("page_model.py")).line())
        urls = {}
        for page in chosen:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="franca-bench-")))
            served = page.start(folder, model)
            stack.callback(served.close)
            urls[page.name] = served.url
        _loads(browser, chosen, urls, options.rounds, found)
        tokens = 400 if options.quick else 4000
        for number in range(1 if options.quick else min(3, options.rounds)):
            for page in chosen:
                progress(f"  {tokens} tokens, round {number + 1}: {page.name} ...")
                _answer(browser, page, urls[page.name], tokens, 200, found.paced)
                if page is chosen[0]:  # others take minutes for that, or never get there
                    _answer(browser, page, urls[page.name], tokens * 5, 0, found.at_once)
        own = chosen[0]
        if not options.quick:
            progress("  20000 tokens ...")
            _answer(browser, own, urls[own.name], 20_000, 200, found.longest)
        progress("  a long conversation ...")
        for count in (400, 2000):
            found.opened[count] = [_opened(browser, own, urls[own.name], count) for _ in range(options.rounds)]
    progress("")
    return found


def _loads(browser: Any, chosen: list[Page], urls: dict[str, str], rounds: int, found: Run) -> None:
    for number in range(rounds + 1):
        for page in chosen:
            progress(f"  loading, round {number} of {rounds}: {page.name} ...")
            sight = Sight(browser, page, urls[page.name])
            load = sight.load(urls[page.name])
            sight.close()
            if number:
                found.loads.setdefault(page.name, []).append(load)


def _answer(browser: Any, page: Page, url: str, tokens: int, rate: int, into: dict[str, list[Long]]) -> None:
    sight = Sight(browser, page, url)
    into.setdefault(page.name, []).append(sight.answer(tokens, rate))
    sight.close()


# A conversation as the page itself stores it.
_STORE = """async (count) => {
  const at = Date.now();
  const messages = [];
  const id = (n) => `m${n}`;
  for (let n = 0; n < count; n += 2) {
    const fence = '```';
    const text = `Answer ${n}: **strong**, *other*.\\n\\n- one\\n- two\\n\\n${fence}python\\nprint(${n})\\n${fence}\\n`;
    messages.push({ id: id(n), chat: 'long', role: 'user', parents: n ? [id(n - 1)] : [], lane: 0, created: at + n,
      text: `Question ${n}` });
    messages.push({ id: id(n + 1), chat: 'long', role: 'assistant', parents: [id(n)], lane: 0, created: at + n + 1,
      text, status: 'done', model: 'bench/m' });
  }
  const chat = { id: 'long', title: 'Long', created: at, updated: at, tags: [], models: ['bench/m'], system: '',
    params: {}, chosen: {} };
  const [{ name }] = await indexedDB.databases();
  const db = await new Promise((done, fail) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
  await new Promise((done, fail) => {
    const change = db.transaction(['chats', 'messages'], 'readwrite');
    change.objectStore('chats').put(chat);
    for (const message of messages) change.objectStore('messages').put(message);
    change.oncomplete = done;
    change.onabort = () => fail(change.error);
  });
  db.close();
}"""


def _opened(browser: Any, page: Page, url: str, count: int) -> float:
    """Milliseconds from the choice of a long conversation to its last answer on the screen."""
    sight = Sight(browser, page, url)
    sight.page.evaluate(_STORE, count)
    sight.page.goto(url + "/?again#long")
    last = f"Answer {count - 2}"
    took = sight.page.evaluate(
        """(last) => new Promise((done) => {
          const look = () => {
            const all = document.querySelectorAll('[data-part=message]');
            const place = all[all.length - 1]?.getBoundingClientRect();
            const there = place && place.bottom > 0 && place.top < innerHeight;
            const shown = there && all[all.length - 1].textContent.includes(last);
            requestAnimationFrame(shown ? () => done(performance.now()) : look);
          };
          look();
        })""",
        last,
    )
    sight.close()
    return float(took)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one short round: to see that everything runs")
    parser.add_argument("--write", action="store_true", help="render benchmarks/page.md and the table of docs/page.md")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    place = chromium()
    if place is None:
        print("no Chromium here (package chromium)")
        return 1
    left_out = {page.name: why for page in PAGES if (why := page.missing())} | NOT_TO_BE_HAD
    chosen = [page for page in PAGES if page.name not in left_out]
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=place, args=FLAGS)
        found = measure(browser, chosen, options)
        browser.close()
    print(terminal(found, left_out))
    if options.write:
        write(found, left_out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
