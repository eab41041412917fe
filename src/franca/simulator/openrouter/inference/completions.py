"""POST /completions through the router: prompts, as old clients send them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ... import http
from ...ask import Ask
from ...completions import prompt_drafts, prompts_of
from ...draft import Draft
from ...logprobs import completion_block
from ...pace import delayed, streamed
from ...steps import Answer
from ...tokens import count
from ...validate import check_completions
from .call import Call
from .chat import UNPAID, faulty
from .ledger import NOTHING, booked, told_content, usage_of
from .settle import Outcome, check_outputs, settle

__all__ = ["answer_prompt"]

_CREATED = 1_790_000_000
_UNFINISHED = {"finish_reason": None, "native_finish_reason": None}
_STREAM_HEAD = ("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")


def answer_prompt(call: Call) -> Answer:
    """The answer to a prompt: `n` choices for every prompt, prompts in order. Raises Trouble."""
    taken = call.taken
    first = taken.models[0]
    check_outputs(call)
    ask = Ask("completions", {**taken.body, "model": first.shown}, call.wanted.raw, call.wanted.dials)
    check_completions(ask)
    prompts = prompts_of(taken.body["prompt"])
    size = sum(map(count, prompts))
    outcome = settle(call, size, prompts[-1])
    model = outcome.candidate.model
    drafts = faulty(prompt_drafts(ask, prompts, model.plays, model.variant), outcome.fault)
    thoughts = sum(len(made.reasoning) for made in drafts)
    usage = usage_of(outcome.candidate, NOTHING)(size, sum(made.size for made in drafts), thoughts)
    how = outcome.fault.how if outcome.fault else ""
    if how in UNPAID:
        usage["cost"] = 0
    content = told_content({"prompt": taken.body["prompt"]}, drafts)
    id = booked(call, outcome.candidate, usage, finish=drafts[0].finish, content=content)
    head = {
        "id": id,
        "provider": outcome.candidate.provider,
        "model": outcome.candidate.model.shown,
        "object": "text_completion",
        "created": _CREATED + int(ask.digest()[:5], 16),
    }
    last: dict[str, Any] = {"usage": usage}
    if call.wants_metadata:
        last["openrouter_metadata"] = call.metadata(outcome.candidate)
    if how == "no-choices":
        drafts = []
    choices = [_choice(call, outcome, index, made) for index, made in enumerate(drafts)]
    seconds = outcome.fault.seconds if outcome.fault else 0.0
    headers = [("x-generation-id", id)]
    if taken.streams:
        return _stream(call, head, choices, drafts, last, headers, how, seconds)
    return delayed(http.answer(200, {**head, "choices": choices, **last}, headers), call.wanted.dials.latency + seconds)


def _choice(call: Call, outcome: Outcome, index: int, made: Draft) -> dict[str, Any]:
    top = call.taken.body.get("logprobs")
    choice: dict[str, Any] = {
        "text": made.text or "",
        "index": index,
        "logprobs": None if top is None else completion_block(made.content or [], top, 0),
        "finish_reason": made.finish,
        "native_finish_reason": made.finish,
    }
    if made.reasoning:
        choice["reasoning"] = "".join(made.reasoning)
    if made.finish == "error" and outcome.fault is not None:
        choice["error"] = call.inner_error(outcome.candidate, outcome.fault)
    return choice


def _stream(
    call: Call,
    head: Mapping[str, Any],
    choices: list[dict[str, Any]],
    drafts: list[Draft],
    last: Mapping[str, Any],
    headers: list[tuple[str, str]],
    how: str,
    seconds: float,
) -> Answer:
    def frame(choices: list[dict[str, Any]], **more: Any) -> bytes:
        return http.chunk(http.event({**head, "choices": choices, **more}))

    def frames() -> Iterator[bytes]:
        for choice, made in zip(choices, drafts, strict=True):
            index = choice["index"]
            for token in made.content or ():
                yield frame([{"text": token, "index": index, "logprobs": None, **_UNFINISHED}])
            if how == "midstream":
                broken = {"text": "", "index": 0, "finish_reason": "error", "native_finish_reason": "error"}
                yield frame([broken], error=choice["error"])
                return
            yield frame([{**choice, "text": "", "logprobs": None}])
        yield frame([], **last)

    begin = http.head(200, [*headers, *_STREAM_HEAD, ("transfer-encoding", "chunked")])
    begin += http.chunk(b": OPENROUTER PROCESSING\n\n")
    end = http.LAST_CHUNK if how == "midstream" else http.chunk(http.DONE) + http.LAST_CHUNK
    dials = replace(call.wanted.dials, latency=call.wanted.dials.latency + seconds)
    return streamed(begin, frames(), end, last["usage"]["completion_tokens"], dials)
