"""What a soak found, as a page."""

from __future__ import annotations

import platform
import time
from typing import Any, NamedTuple

from soak_books import Books

__all__ = ["Soak", "page"]

_OUTCOMES = ("ok", "error", "cut", "left", "refused", "none")
_SAW = {
    "whole": "a whole answer", "failed": "an error", "told": "an error event in a stream", "left": "nothing: it left",
    "broken": "a broken connection", "endless": "no end",
}  # fmt: skip


class Soak(NamedTuple):
    """One soak: how much was asked, what the gateway took, and what does not agree."""

    seconds: float
    requests: int
    workers: int
    load: float
    cpu: float
    samples: list[tuple[float, int, int]]
    books: Books
    problems: list[str]
    actions: dict[str, int]

    def figures(self) -> dict[str, Any]:
        """The figures for a program."""
        return {
            "seconds": self.seconds, "requests": self.requests, "workers": self.workers, "wrong": self.books.wrong,
            "problems": self.problems + self.books.problems, "actions": self.actions,
            "outcomes": {f"{saw}/{outcome}": number for (saw, outcome), number in self.books.outcomes.items()},
            "memory": [memory for _, memory, _ in self.samples], "files": [files for _, _, files in self.samples],
            "leaving": sorted(self.books.leaving),
        }  # fmt: skip


def page(soak: Soak) -> str:
    """The soak in Markdown."""
    books = soak.books
    lines = [
        "# The gateway soaked",
        f"Rendered by `python benchmarks/soak.py --write` (`make soak`) on {time.strftime('%d %B %Y')}.",
        "",
        f"- Machine: {_processor()}, {platform.system()} {platform.release()}, CPython {platform.python_version()}; "
        f"load average before: {soak.load:.1f}",
        f"- {soak.requests:,} requests in {soak.seconds:,.0f} s ({soak.requests / soak.seconds:.0f} a second) by "
        f"callers with seven keys, {soak.workers} worker{'s' if soak.workers > 1 else ''}; "
        f"{sum(soak.actions.values()):,} requests reached the servers",
        f"- CPU of the gateway: {soak.cpu:.0f} s, {soak.cpu / soak.requests * 1e6:,.0f} µs a request, streams and "
        "failures included",
        f"- Requests whose books do not agree: **{books.wrong}**; other problems: **{len(soak.problems)}**",
        "",
        "## What the callers saw, and what the ledger says",
        f"| the caller saw | {' | '.join(_OUTCOMES)} |",
        f"|---|{'--:|' * len(_OUTCOMES)}",
    ]
    for saw, told in _SAW.items():
        counts = [books.outcomes[saw, outcome] for outcome in _OUTCOMES]
        if any(counts):
            lines.append(f"| {told} | {' | '.join(f'{count:,}' if count else '' for count in counts)} |")
    lines += [
        "",
        '"none" are requests without a valid key, which make no row. Each request of the others makes one, with the '
        "status, the tokens, the cost and the server's id that the caller and the server saw.",
        "",
        "| whole answers of the two servers | the servers told | the ledger has |",
        "|---|--:|--:|",
        *(f"| {name} | {told:,.0f} | {booked:,.0f} |" for name, (told, booked) in books.totals.items()),
        "",
        "## Memory and open files of the gateway",
        "| at | resident MB | open files |",
        "|--:|--:|--:|",
        *_sampled(soak.samples),
        "",
        "## Callers who left",
        _leaving(books.leaving),
        "",
        "## What the servers did",
        "; ".join(f"{name} {number:,}" for name, number in sorted(soak.actions.items(), key=lambda one: -one[1])) + ".",
    ]
    if soak.problems or books.problems:
        lines += ["", "## What does not agree", *(f"- {one}" for one in soak.problems + books.problems)]
    return "\n".join(lines)


def _sampled(samples: list[tuple[float, int, int]]) -> list[str]:
    step = max(1, len(samples) // 12)
    chosen = samples[::step] + ([samples[-1]] if samples and (len(samples) - 1) % step else [])
    return [f"| {seconds:.0f} s | {memory / 1e6:.1f} | {files} |" for seconds, memory, files in chosen]


def _leaving(found: list[float]) -> str:
    if not found:
        return "None of them left while a server was at work."
    found = sorted(found)
    return (
        f"{len(found)} while a server was at work. Until the server saw its connection closed: median "
        f"{found[len(found) // 2] * 1000:.0f} ms, 99 of 100 within {found[int(len(found) * 0.99)] * 1000:.0f} ms, all "
        f"within {found[-1] * 1000:.0f} ms."
    )


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()
