"""Prompt completions on the wire (`/v1/completions`), whole and streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from . import http
from .ask import Ask
from .chat import stamp, usage_of
from .draft import Draft
from .logprobs import completion_block
from .models import draft
from .pace import delayed, streamed
from .steps import Answer
from .tokens import count
from .validate import PROMPT_FIELDS, check_completions

__all__ = ["answer_completions", "prompt_drafts", "prompts_of"]

_DEFAULT_TOKENS = 16
_STREAM_HEAD = ("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")


def answer_completions(ask: Ask, model: str, variant: str, headers: list[tuple[str, str]]) -> Answer:
    """The answer to a prompt completions request: `n` choices for every prompt, prompts in order."""
    check_completions(ask)
    body = ask.body
    prompts = prompts_of(body["prompt"])
    drafts = prompt_drafts(ask, prompts, model, variant)
    usage = usage_of(sum(map(count, prompts)), drafts)
    if body.get("stream"):
        return _stream(ask, drafts, usage, headers)
    object_ = stamp(ask, "cmpl-", "text_completion")
    top = body.get("logprobs")
    object_["choices"] = [
        {
            "text": made.text or "",
            "index": index,
            "logprobs": None if top is None else completion_block(made.content or [], top, 0),
            "finish_reason": made.finish,
        }
        for index, made in enumerate(drafts)
    ]
    object_["usage"] = usage
    rate = ask.dials.tokens_per_second
    seconds = ask.dials.latency + (usage["completion_tokens"] / rate if rate else 0.0)
    return delayed(http.answer(200, object_, headers), seconds)


def prompts_of(prompt: Any) -> list[str]:
    """Every prompt as text; token numbers are written out."""
    if isinstance(prompt, str):
        return [prompt]
    if prompt and isinstance(prompt[0], int):
        prompt = [prompt]
    return [one if isinstance(one, str) else " ".join(map(str, one)) for one in prompt] or [""]


def prompt_drafts(ask: Ask, prompts: list[str], model: str, variant: str) -> list[Draft]:
    """`n` choices for every prompt, prompts in order. Fields that are no prompt completion's were not checked, so
    the models do not get to see them."""
    body = {name: value for name, value in ask.body.items() if name in PROMPT_FIELDS}
    body["max_tokens"] = body.get("max_tokens") or _DEFAULT_TOKENS
    drafts = []
    for prompt in prompts:
        one = replace(ask, body={**body, "prompt": prompt})
        for index in range(body.get("n") or 1):
            made = draft(one, model, variant, index)
            if body.get("echo"):
                made.content = [prompt, *(made.content or ())]
            drafts.append(made)
    return drafts


def _stream(ask: Ask, drafts: list[Draft], usage: dict[str, Any], headers: list[tuple[str, str]]) -> Answer:
    body = ask.body
    with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    opening = stamp(ask, "cmpl-", "text_completion")

    def frame(choices: list[dict[str, Any]], told: dict[str, Any] | None = None) -> bytes:
        payload = {**opening, "choices": choices}
        if with_usage:
            payload["usage"] = told
        return http.chunk(http.event(payload))

    def frames() -> Iterator[bytes]:
        for index, made in enumerate(drafts):
            offset = 0
            for token in made.content or ():
                top = body.get("logprobs")
                logprobs = None if top is None else completion_block([token], top, offset)
                offset += len(token)
                yield frame([{"text": token, "index": index, "logprobs": logprobs, "finish_reason": None}])
            yield frame([{"text": "", "index": index, "logprobs": None, "finish_reason": made.finish}])

    head = http.head(200, [*headers, *_STREAM_HEAD, ("transfer-encoding", "chunked")])
    end = (frame([], usage) if with_usage else b"") + http.chunk(http.DONE) + http.LAST_CHUNK
    return streamed(head, frames(), end, usage["completion_tokens"], ask.dials)
