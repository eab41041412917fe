"""What a probe comes back with: a `Found`; and what the doctor makes of it for people: a `Finding`."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["VERDICTS", "Evidence", "Finding", "Found", "NotPossible", "Undecided", "found"]

VERDICTS = ("ok", "no", "partial", "unknown", "skipped")
"""ok: it holds. partial: it holds in part, or in another way than OpenAI's. no: it does not. unknown: this run could
not tell (the model, not the server, decides; or time, limits, the network). skipped: it was not tried."""


class Evidence(NamedTuple):
    """One request of a probe and its answer: what was asked, the HTTP status, the error message ("" without)."""

    asked: str
    status: int | None
    message: str


class Found(NamedTuple):
    """What a probe found: the verdict, one short sentence, and the words of `franca.servers.Quirks` that follow."""

    verdict: str
    fact: str
    quirks: tuple[tuple[str, Any], ...] = ()


class Finding(NamedTuple):
    """A row of the report. `tokens`: what the server counted for this probe's answers, None when it told nothing."""

    name: str
    group: str
    verdict: str
    fact: str
    evidence: tuple[Evidence, ...]
    seconds: float
    tokens: int | None
    quirks: tuple[tuple[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON can say it; the fields are stable."""
        return {
            "name": self.name,
            "group": self.group,
            "verdict": self.verdict,
            "fact": self.fact,
            "evidence": [one._asdict() for one in self.evidence],
            "seconds": round(self.seconds, 3),
            "tokens": self.tokens,
        }


class Undecided(Exception):
    """Raised inside a probe that cannot tell, with the reason."""


class NotPossible(Exception):
    """Raised inside a probe that there is no use to try, with the reason."""


def found(verdict: str, fact: str, **quirks: Any) -> Found:
    """A `Found` with its quirks by name."""
    return Found(verdict, fact, tuple(quirks.items()))
