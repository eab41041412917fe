"""Probes of reasoning: where a model's thoughts are told, and whether their effort can be set."""

from __future__ import annotations

from .errors import ignores_unknown
from .finding import Found, found
from .visit import Visit, short

__all__ = ["effort", "reasoning"]

_SUM = [{"role": "user", "content": "What is 17 times 23? Think first."}]


def reasoning(visit: Visit) -> Found:
    """In which field reasoning is, plain and streamed."""
    plain = visit.chat("chat that needs thought", messages=_SUM, **visit.limited(48))
    streamed = visit.stream("the same, streamed", messages=_SUM, **visit.limited(48))
    places = [f"{where} {field}" for where, field in sorted(visit.reasoning.items(), reverse=True)]
    details = plain.usage.get("completion_tokens_details")
    hidden = details.get("reasoning_tokens") if isinstance(details, dict) else None
    if places:
        field = next(iter(visit.reasoning.values()))
        quirks = {"reasoning_field": field} if field in ("reasoning", "reasoning_content") else {}
        counted = f"; {hidden} reasoning tokens counted" if hidden else ""
        return found("ok", f"told in {', '.join(places)}{counted}", **quirks)
    if hidden:
        return found("partial", f"{hidden} reasoning tokens are counted, their text is not told")
    if not plain.good or not streamed.good:
        return found("unknown", f"the request failed: {short(plain if not plain.good else streamed)}")
    return found("unknown", "this model told none")


def effort(visit: Visit) -> Found:
    """Whether `reasoning_effort` is taken."""
    seen = visit.chat("chat with reasoning_effort", reasoning_effort="low")
    if not seen.good:
        return found("no", f"refused: {short(seen)}", drops=("reasoning_effort",))
    if ignores_unknown(visit):
        made_up = visit.chat("chat with a reasoning_effort that does not exist", reasoning_effort="franca_doctor")
        if 400 <= made_up.status < 500:
            return found("ok", "taken, and a level that does not exist is refused; its effect is not measured")
        return found("unknown", "taken, as is any field: whether it does anything cannot be told")
    return found("ok", "taken, by a server that refuses unknown fields; its effect is not measured")
