"""POST /embeddings through the router."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from struct import pack
from typing import Any

from ... import http
from ...ask import Ask, Refused
from ...embeddings import inputs_of, vector
from ...pace import delayed
from ...parts import text_of
from ...steps import Answer
from ...tokens import count
from ...validate import check_embeddings
from ..cache import policy_of
from .call import Call
from .ledger import NOTHING, booked, unpaid, usage_of
from .settle import Outcome, check_outputs, settle

__all__ = ["answer_vectors"]


def answer_vectors(call: Call) -> Answer:
    """The vectors of texts, and of inputs made of parts. Raises Trouble."""
    taken = call.taken
    first = taken.models[0]
    check_outputs(call)
    body = {**taken.body, "input": _flat(taken.body.get("input"))}
    dials = call.wanted.dials
    check_embeddings(Ask("embeddings", {**body, "model": first.shown}, call.wanted.raw, dials))
    inputs = inputs_of(body["input"])
    tokens = sum(map(count, inputs))
    policy = policy_of(call.headers, taken.preset, call.path, call.wanted.raw)
    entry = call.house.cache.find(policy) if policy else None
    outcome: Outcome = entry.made if entry else settle(call, tokens, inputs[-1])
    if entry:
        call.tries.append((outcome.candidate, 200))
    usage = usage_of(outcome.candidate, NOTHING)(tokens, 0, 0)
    usage = {name: value for name, value in usage.items() if not name.startswith("completion")}
    usage = unpaid(usage) if entry else usage
    source = entry.generation if entry else None
    id = booked(call, outcome.candidate, usage, api_type="embeddings", finish=None, source=source)
    headers = [("x-generation-id", id), *(call.house.cache.on_hit(entry) if entry else ())]
    if policy and not entry:
        headers += policy.on_miss
        call.house.cache.keep(policy, outcome, id)
    size = body.get("dimensions") or dials.dimensions
    answer = {
        "id": id,
        "object": "list",
        "data": [_item(index, text, size, body, dials.seed) for index, text in enumerate(inputs)],
        "model": outcome.candidate.model.shown,
        "provider": outcome.candidate.provider,
        "usage": usage,
    }
    seconds = outcome.fault.seconds if outcome.fault and not entry else 0.0
    return delayed(http.answer(200, answer, headers), dials.latency + seconds)


def _item(index: int, text: str, size: int, body: Mapping[str, Any], seed: int) -> dict[str, Any]:
    made = vector(text, size, seed)
    shown: Any = made.tolist()
    if body.get("encoding_format") == "base64":
        shown = b64encode(pack(f"<{len(made)}f", *made)).decode()
    return {"object": "embedding", "index": index, "embedding": shown}


def _flat(value: Any) -> Any:
    """Inputs of parts (`{"content": [...]}`), as texts."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        return value
    try:
        return [text_of(one["content"]) for one in value]
    except (KeyError, TypeError, AttributeError):
        message = "Invalid type for 'input': expected a string, an array of strings, of tokens, or of contents."
        raise Refused(400, message, "input", "invalid_type") from None
