"""POST /chat/completions through the router."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from ...ask import Ask
from ...draft import Draft
from ...models import draft
from ...parts import last_text
from ...steps import Answer
from ...tokens import lorem, prompt_tokens
from ...validate import check_chat
from ..cache import policy_of
from . import beside
from .call import Call
from .compress import compressed
from .faults import Fault
from .ledger import Extras, booked, told_content, unpaid, usage_of
from .settle import Outcome, check_outputs, settle
from .speaker import Manner, RoutedSpeaker

__all__ = ["UNPAID", "answer_chat", "faulty"]

_HALVED = ("choice", "choices", "midstream", "filtered")
UNPAID = ("blank", "no-choices", "choice", "choices", "midstream")
"""An answer that fails, or says nothing, costs nothing."""


class _Made(NamedTuple):
    """What an answer is made from, also when it comes out of the cache."""

    outcome: Outcome
    extras: Extras


def answer_chat(call: Call) -> Answer:
    """The answer to a chat, whole or as events. Raises Trouble."""
    taken = call.taken
    first = taken.models[0]
    check_outputs(call)
    check_chat(_asked(call, first.shown, taken.body))
    messages = compressed(call, taken.body["messages"], taken.body.get("tools"))
    size = prompt_tokens(messages, taken.body.get("tools"))
    policy = policy_of(call.headers, taken.preset, call.path, call.wanted.raw)
    entry = call.house.cache.find(policy) if policy else None
    if entry is None:
        made = _Made(settle(call, size, taken.body["messages"]), beside.extras_of(call, size))
        beside.note_stages(call)
    else:
        made = entry.made
        call.tries.append((made.outcome.candidate, 200))
    candidate, fault = made.outcome
    ask = _asked(call, candidate.model.shown, {**taken.body, "messages": messages})
    drafts = _drafts(call, ask, made.outcome)
    speaker = _speaker(call, ask, made, drafts, size, cached=entry is not None)
    finish = drafts[0].finish
    speaker.id = booked(
        call,
        candidate,
        speaker.usage,
        finish=finish,
        native=speaker.native(finish),
        content=told_content({"messages": taken.body["messages"]}, drafts),
        extras=made.extras,
        source=entry.generation if entry else None,
    )
    headers = [("x-generation-id", speaker.id)]
    if entry is not None:
        headers += call.house.cache.on_hit(entry)
    elif policy is not None:
        headers += policy.on_miss
        if fault is None or fault.how == "slow":
            call.house.cache.keep(policy, made, speaker.id)
    return speaker.stream(headers) if taken.streams else speaker.whole(headers)


def _asked(call: Call, model: str, body: Mapping[str, Any]) -> Ask:
    return Ask("chat", {**body, "model": model}, call.wanted.raw, call.wanted.dials, argument=model)


def _drafts(call: Call, ask: Ask, outcome: Outcome) -> list[Draft]:
    """The choices, as the model makes them and the fault leaves them."""
    model, taken = outcome.candidate.model, call.taken
    drafts = [draft(ask, model.plays, model.variant, index) for index in range(ask.body.get("n") or 1)]
    for index, made in enumerate(drafts):
        made.reasoning_field = made.reasoning_field or "details"
        if made.calls and (taken.raw.get("reasoning") or {}).get("effort"):
            made.reasoning = lorem(ask.text_key(index) + b"before calls", 8)
        if taken.most_thoughts is not None:
            made.reasoning = made.reasoning[: taken.most_thoughts]
        if not taken.shows_reasoning:
            made.reasoning_field = "hidden"
    return faulty(drafts, outcome.fault)


def faulty(drafts: list[Draft], fault: Fault | None) -> list[Draft]:
    """What a fault leaves of the choices."""
    how = fault.how if fault else ""
    if how in ("blank", "no-choices"):
        return [Draft([], reasoning_field="details") for _ in drafts]
    if how not in _HALVED:
        return drafts
    kept = drafts[:-1] if how == "choice" else []
    return kept + [_half(made, how) for made in drafts[len(kept) :]]


def _half(made: Draft, how: str) -> Draft:
    content = made.content or []
    finish = "content_filter" if how == "filtered" else "error"
    return replace(made, content=content[: (len(content) + 1) // 2], calls=[], finish=finish)


def _speaker(call: Call, ask: Ask, made: _Made, drafts: list[Draft], size: int, *, cached: bool) -> RoutedSpeaker:
    candidate, fault = made.outcome
    how = fault.how if fault else ""
    manner = Manner(
        candidate.provider,
        native=candidate.endpoint.provider_slug != "simulated",
        thoughts=candidate.model.manner,
        debug=beside.debug(call, ask.body),
        annotations=beside.cited(call, drafts[0].text or ""),
        details=beside.tool_details(call),
        fault=how,
        error=call.inner_error(candidate, fault) if fault and fault.status >= 400 else None,
        wait=fault.seconds if fault and not cached else 0.0,
    )
    if made.extras.images and how not in UNPAID:
        manner.images = [beside.image(last_text(ask.body["messages"]))]
    if call.wants_metadata and not cached:
        manner.top["openrouter_metadata"] = call.metadata(candidate)
    if candidate.endpoint.tier or call.taken.raw.get("service_tier"):
        manner.top["service_tier"] = candidate.endpoint.tier or "default"
    return RoutedSpeaker(ask, manner, _usage(made, cached), drafts, size, call.wanted.id)


def _usage(made: _Made, cached: bool) -> Any:
    usage = usage_of(made.outcome.candidate, made.extras)
    fault = made.outcome.fault
    if cached:
        return lambda *numbers: unpaid(usage(*numbers))
    if fault is not None and fault.how in UNPAID:
        return lambda *numbers: {**usage(*numbers), "cost": 0}
    return usage
