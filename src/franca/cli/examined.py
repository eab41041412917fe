"""How the findings of `franca doctor` are shown: a grouped table, the quirks, and a row for the table of servers."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..doctor import VERDICTS, Finding, differences, quirks_of, row_of
from ..servers import Quirks, known_servers, server_named, to_toml
from .show import columns_of, print_json, wrapped
from .terminal import is_terminal, safe, styled, width

if TYPE_CHECKING:
    from ..doctor import Examination, Probe

__all__ = ["Report", "print_probes"]

_MARKS = {"ok": "✓", "no": "✗", "partial": "~", "unknown": "?", "skipped": "-"}
_STYLES = {"ok": "green", "no": "red", "partial": "yellow", "unknown": "cyan", "skipped": "dim"}


class Report:
    """All that an examination found. `day`: its date, "YYYY-MM-DD"; `row`: the name of the row to compare with."""

    def __init__(
        self, examination: Examination, findings: Sequence[Finding], row: str | None, day: str, interrupted: bool
    ) -> None:
        self.findings = list(findings)
        self.server = examination.server
        self.base_url = examination.base_url
        self.model = examination.model
        self.embedding_model = examination.embedding_model
        self.day = day
        self.interrupted = interrupted
        self.known = server_named(row) if row else known_servers().get(self.server)
        self.quirks = quirks_of(self.findings)
        name = self.known.name if self.known is not None else self.server
        self.row = row_of(self.findings, name, self.base_url, day)

    @property
    def differences(self) -> list[str]:
        """What is not as the table says; [] without a row to compare with."""
        return [] if self.known is None else differences(self.findings, self.known)

    def to_dict(self) -> dict[str, Any]:
        """Everything, as JSON can say it."""
        usual = Quirks()
        told = [one.tokens for one in self.findings if one.tokens is not None]
        return {
            "franca": __version__,
            "date": self.day,
            "server": self.server,
            "base_url": self.base_url,
            "model": self.model,
            "embedding_model": self.embedding_model,
            "interrupted": self.interrupted,
            "seconds": round(sum(one.seconds for one in self.findings), 3),
            "tokens": sum(told) if told else None,
            "findings": [finding.to_dict() for finding in self.findings],
            "quirks": {name: value for name, value in self.quirks._asdict().items() if value != getattr(usual, name)},
            "compared_with": None if self.known is None else self.known.name,
            "differences": self.differences,
            "toml": to_toml(self.row),
        }

    def print(self, *, as_json: bool = False, as_toml: bool = False) -> None:
        """To standard output. In a pipe the table is one tab-separated line for each probe."""
        if as_json:
            print_json(self.to_dict())
        elif as_toml:
            print(to_toml(self.row).rstrip())
        elif not is_terminal(sys.stdout):
            for one in self.findings:
                print("\t".join((one.group, one.name, one.verdict, " ".join(one.fact.split()))))
        else:
            self._print_table()
            if not any(one.name == "reachable" and one.verdict == "no" for one in self.findings):
                self._print_quirks()

    def _print_table(self) -> None:
        out = sys.stdout
        title = f"{self.base_url}, model {self.model or '(none)'}"
        if self.embedding_model and self.embedding_model != self.model:
            title += f", embeddings {self.embedding_model}"
        print(styled(safe(title), "bold", out))
        untried = _untried(self.findings)
        names = max((columns_of(one.name) for one in self.findings), default=0)
        group = ""
        for one in self.findings:
            if one.group in untried:
                continue
            if one.group != group:
                group = one.group
                print(f"\n{styled(group, 'bold', out)}")
            head = f"  {_MARKS[one.verdict]} {one.name:{names}}  "
            word = f"{one.verdict:7}  "
            lines = wrapped(safe(one.fact), width() - columns_of(head) - len(word) - 1) or [""]
            print(styled(head, _STYLES[one.verdict], out) + styled(word, _STYLES[one.verdict], out) + lines[0])
            for line in lines[1:]:
                print(" " * (columns_of(head) + len(word)) + line)
        if untried:
            print(f"\n{styled('not tried', 'bold', out)}")
            _print_list([f"{', '.join(groups)}: {why}" for why, groups in _turned(untried).items()])
        counts = Counter(one.verdict for one in self.findings)
        told = [one.tokens for one in self.findings if one.tokens is not None]
        parts = [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict]]
        parts.append(f"{sum(one.seconds for one in self.findings):.1f} s")
        parts.append(f"{sum(told):,} tokens" if told else "no token counts told")
        print(f"\n{' · '.join(parts)}")

    def _print_quirks(self) -> None:
        out, usual = sys.stdout, Quirks()
        print(f"\n{styled('quirks found', 'bold', out)}")
        shown = [
            f"{name}: {_told(value)}" for name, value in self.quirks._asdict().items() if value != getattr(usual, name)
        ]
        _print_list(shown or ["none that the table of servers has a word for"])
        if self.known is not None:
            print(f"\n{styled(f'compared with the row {self.known.name}', 'bold', out)}")
            _print_list(self.differences or ["no difference in what was probed"])
        print(f"\n{styled('a row for the table of servers', 'bold', out)}\n{safe(to_toml(self.row)).rstrip()}")


def _untried(findings: Sequence[Finding]) -> dict[str, str]:
    """The groups of which nothing was tried for one and the same reason, with that: a line for each of dozens of
    probes would hide what was found."""
    reasons: dict[str, set[str]] = {}
    for one in findings:
        reasons.setdefault(one.group, set()).add(one.fact if one.verdict == "skipped" else "")
    sizes = Counter(one.group for one in findings)
    return {group: why for group, (why, *more) in reasons.items() if why and not more and sizes[group] > 1}


def _turned(reasons: dict[str, str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for group, why in reasons.items():
        groups.setdefault(why, []).append(group)
    return groups


def _print_list(lines: Sequence[str]) -> None:
    for line in lines:
        first, *rest = wrapped(safe(line), width() - 5)
        print(f"  {first}")
        for more in rest:
            print(f"    {more}")


def _told(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(" -> ".join(map(str, one)) if isinstance(one, tuple) else str(one) for one in value) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


def print_probes(probes: Sequence[Probe], as_json: bool) -> None:
    """The probes, and what each finds out."""
    if as_json:
        print_json([{"name": one.name, "group": one.group, "about": one.about, "cheap": one.cheap} for one in probes])
        return
    if not is_terminal(sys.stdout):
        for one in probes:
            print("\t".join((one.group, one.name, one.about)))
        return
    names = max((columns_of(one.name) for one in probes), default=0)
    group = ""
    for one in probes:
        if one.group != group:
            print(("\n" if group else "") + styled(one.group, "bold", sys.stdout))
            group = one.group
        first, *more = wrapped(one.about, width() - names - 5)
        print(f"  {one.name:{names}}  {first}")
        for line in more:
            print(f"  {'':{names}}  {line}")
