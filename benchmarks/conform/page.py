"""README.md of this folder, out of what came of the runs."""

from __future__ import annotations

import platform
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from franca.conform import GROUPS, Examined, Verdict
from franca.conform.judge import FAILURES
from franca.simulator.scenarios import KINDS, SCENARIOS, Scenario

__all__ = ["page"]

Results = Sequence[tuple[Examined, str]]

_INTRO = Path(__file__).with_name("intro.md.in")


def page(results: Results, limit: float) -> str:
    """The whole page."""
    dates = sorted({when for _, when in results})
    calls = max((len(one.verdicts) for one, _ in results), default=0)
    intro = _INTRO.read_text(encoding="utf-8").format(
        count=len(SCENARIOS),
        calls=calls,
        dates=dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}",
        python=f"Python {platform.python_version()}",
        system=platform.system(),
        limit=limit,
    )
    clients = [one for one, _ in results]
    parts = [intro, _summary(clients), _groups(clients), _milder(clients), _own_failures(clients), _full(clients)]
    return "\n".join(parts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]], right: int = 1) -> str:
    """A table; the columns from `right` on hold numbers."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * right + "---:|" * (len(heads) - right)]
    lines += ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _summary(clients: Sequence[Examined]) -> str:
    rows = []
    for one in clients:
        counted = [v for v in one.verdicts if v.counted and v.result != "unsupported"]
        good, bad = [[v for v in counted if _demands_error(v) is error] for error in (False, True)]
        kinds = Counter(v.result for v in counted)
        shares = [f"{sum(v.result == 'pass' for v in some)} of {len(some)}" for some in (counted, good, bad)]
        rows.append((f"**{one.client}** {one.version}", *shares, *(kinds[name] or "" for name in FAILURES)))
    heads = ("client", "right", "answers read right", "failures told", *FAILURES)
    legend = "\n".join(f"- **{name}**: {about}" for name, about in FAILURES.items())
    return f"## In short\n\nOnly calls that count for the client.\n\n{_table(heads, rows)}\n{legend}\n"


def _demands_error(verdict: Verdict) -> bool:
    return SCENARIOS[verdict.scenario].expect[verdict.call].error is not None


def _groups(clients: Sequence[Examined]) -> str:
    rows = []
    for group, about in GROUPS.items():
        cells = []
        for one in clients:
            passed, played, claimed = one.share(group)
            cells.append(f"{passed}/{played}" if claimed else f"({passed}/{played})")
        rows.append((about, *cells))
    note = "Calls that came out right, by whose behaviour it is. A scenario of two servers is in both rows."
    return f"## By server\n\n{note}\n\n{_table(('', *(one.client for one in clients)), rows)}"


_MILDER = {
    "message": "the error tells what the server said",
    "status": "the error has the HTTP status, or the one that the error object names",
    "partial": "the text before the error was handed out",
    "secret": "the key that a server echoes is not in the error",
    "fields": "further fields of the answer are kept (refusal, log probabilities, audio, citations)",
    "requests": "as many requests as demanded (none after a time-out, a spent quota or a begun answer)",
}


def _milder(clients: Sequence[Examined]) -> str:
    rows = []
    for name, about in _MILDER.items():
        cells = []
        for one in clients:
            asked = [getattr(v, name) for v in one.verdicts if v.counted and getattr(v, name) is not None]
            cells.append(f"{sum(asked)}/{len(asked)}" if asked else "")
        rows.append((about, *cells))
    note = (
        "Of calls that count. The retries of the openrouter package are limited by "
        "time, not by number, so its requests say little."
    )
    return f"## Apart\n\n{note}\n\n{_table(('', *(one.client for one in clients)), rows)}"


def _own_failures(clients: Sequence[Examined]) -> str:
    own = next((one for one in clients if one.client == "franca"), None)
    if own is None:
        return ""
    lines = [f"- `{v.scenario}` ({v.call}): {v.result}. {v.detail}" for v in own.failed]
    lines += [
        f"- `{v.scenario}` ({v.call}): not so: {about}"
        for name, about in _MILDER.items()
        for v in own.verdicts
        if getattr(v, name) is False
    ]
    return "## Where franca fails\n\n" + ("\n".join(lines) or "In none of these calls, at present.") + "\n"


def _full(clients: Sequence[Examined]) -> str:
    found = {one.client: _by_scenario(one.verdicts) for one in clients}
    parts = [
        "## Every scenario\n\n✓ right in all its calls; – the client has no such call; what is in (brackets) does not "
        "count for the client.\n"
    ]
    for kind, rows in KINDS.items():
        lines = [
            (f"`{row.name}`", row.about, *(_cell(row, found[one.client].get(row.name, [])) for one in clients))
            for row in rows
        ]
        heads = ("scenario", "what the server does", *(one.client for one in clients))
        parts.append(f"### {kind}\n\n{_table(heads, lines, right=len(heads))}")
    return "\n".join(parts)


def _by_scenario(verdicts: Iterable[Verdict]) -> dict[str, list[Verdict]]:
    found: dict[str, list[Verdict]] = {}
    for one in verdicts:
        found.setdefault(one.scenario, []).append(one)
    return found


def _cell(scenario: Scenario, verdicts: Sequence[Verdict]) -> str:
    played = [v for v in verdicts if v.result != "unsupported"]
    if not played:
        return "–"
    words = {v.call: "✓" if v.result == "pass" else v.result for v in played}
    kinds = set(words.values())
    text = kinds.pop() if len(kinds) == 1 else ", ".join(f"{call} {word}" for call, word in words.items())
    return text if played[0].counted else f"({text})"
