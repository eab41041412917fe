"""How much a model is to think: `reasoning_effort` and `reasoning_budget` in the words of the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import BadUsage
from .draft import Draft, shown

if TYPE_CHECKING:
    from ..facts import Facts
    from ..servers import Quirks

__all__ = ["adapt_reasoning"]

# Google's table of efforts as budgets is low 1,024, medium 8,192, high 24,576 tokens
# (https://ai.google.dev/gemini-api/docs/openai, November 2026); between two of them the nearer one in ratio is taken.
_LOW_UP_TO = 2896
_MEDIUM_UP_TO = 14188


def adapt_reasoning(draft: Draft, quirks: Quirks, facts: Facts) -> None:
    """Replace `reasoning_budget` always, and `reasoning_effort` where the server has other words for it."""
    body = draft.body
    if "reasoning_budget" in body and _settle_budget(draft, quirks, facts):
        return
    level = draft.body.get("reasoning_effort")
    table = quirks.effort if facts.effort is None else facts.effort
    settings = next((settings for name, settings in table if name == level), None)
    if settings is not None:
        draft.pop("reasoning_effort")
        told = _set(draft, settings, level)
        draft.note(
            "reasoning_effort", "rewrite" if settings else "drop", f"{level} as {told}" if settings else str(level)
        )


def _settle_budget(draft: Draft, quirks: Quirks, facts: Facts) -> bool:
    """Take the budget out; True when it is told as a budget, False when an effort stands for it now."""
    budget = draft.pop("reasoning_budget")
    if budget is None:
        return False
    if isinstance(budget, bool) or not isinstance(budget, int) or budget < 0:
        raise BadUsage(f"reasoning_budget is a number of tokens, not {budget!r}", param="reasoning_budget")
    if draft.body.get("reasoning_effort") is not None:
        raise BadUsage("give reasoning_effort or reasoning_budget, not both", param="reasoning_budget")
    settings = quirks.budget if facts.budget is None else facts.budget
    if not settings or budget == 0:
        level = _nearest(budget)
        draft.put("reasoning_effort", level)
        draft.note("reasoning_budget", "rewrite", f"{budget} as reasoning_effort={shown(level)}")
        return False
    least, greatest = quirks.budget_range or (budget, budget)
    allowed = min(max(budget, least), greatest)
    if allowed != budget:
        draft.note("reasoning_budget", "clamp", f"from {budget} to {allowed}")
    draft.body.pop("reasoning_effort", None)  # a null, which would be a second word on the matter
    draft.note("reasoning_budget", "rewrite", f"{allowed} as {_set(draft, settings, allowed)}")
    return True


def _nearest(budget: int) -> str:
    if budget == 0:
        return "none"
    return "low" if budget <= _LOW_UP_TO else "medium" if budget <= _MEDIUM_UP_TO else "high"


def _set(draft: Draft, settings: tuple[tuple[str, Any], ...], asked: Any) -> str:
    """Set each of them, but for what the caller set himself; in words what is there then."""
    told = []
    for path, value in settings:
        if value in ("$level", "$budget"):
            value = asked
        if draft.put_at(path, value):
            told.append(f"{path}={shown(value)}")
        else:
            told.append(f"the {path} that was given")
    return ", ".join(told)
