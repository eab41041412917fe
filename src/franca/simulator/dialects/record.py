"""The record of a dialect: how one real server departs from OpenAI's wire format. Data, and the shapes of functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

__all__ = ["ABSENT", "Asked", "Dialect", "Problem", "Rule", "Shape", "Speech", "detailed_usage", "plain_usage"]


ABSENT: Any = object()
"""A field that is not there at all, where None would be null."""


class Problem(NamedTuple):
    """Why a request is refused; the dialect's `error` shape makes the body of it. `{model}` in it is filled in."""

    status: int
    message: str
    type: str = "invalid_request_error"
    code: str | int | None = None
    param: str | None = None
    details: tuple[Mapping[str, Any], ...] = ()
    """Errors as pydantic lists them (`type`, `loc`, `msg`, `input`), where a server passes those on."""


class Asked(NamedTuple):
    """A request as the rules see it."""

    body: Mapping[str, Any]
    model: str
    """The name that was asked for, in the server's style."""
    query: Mapping[str, str]
    path: str


Shape: TypeAlias = "Callable[[Problem], Any]"
Rule: TypeAlias = "Callable[[Asked], Problem | None]"
Usage: TypeAlias = "Callable[[int, int, int], dict[str, Any]]"
Finishing: TypeAlias = "Callable[[dict[str, Any], str, dict[str, Any]], None]"


def plain_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """The three numbers that everyone sends."""
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def detailed_usage(prompt: int, completion: int, reasoning: int) -> dict[str, Any]:
    """OpenAI's."""
    details = {"reasoning_tokens": reasoning, "audio_tokens": 0}
    details |= {"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}
    return {
        **plain_usage(prompt, completion, reasoning),
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": details,
    }


def call_id(hexadecimal: str, name: str, position: int) -> str:
    """OpenAI's form of a tool call's id."""
    return f"call_{hexadecimal[:24]}"


@dataclass(frozen=True, slots=True)
class Speech:
    """How a server writes its answers: fields beside the common ones, and the manners of its streams.

    reasoning   where thoughts go: the field "reasoning_content" or "reasoning", "details" (OpenRouter's
                `reasoning` + `reasoning_details`), "parts" (Mistral's list of content parts), "think" (tags in
                the content) or "hidden" (counted, never shown)
    calls       how tool calls are streamed: "pieces" (id and name, then the arguments in pieces), "name-first"
                (the first delta has no `arguments`), or whole ones: "whole", "whole-index-0" (every call says
                index 0), "whole-no-index", "whole-null-index"
    usage_in    where a stream has its usage: "asked" (an own chunk without choices, if `include_usage`),
                "always" (that chunk without being asked), "finish" (on the chunk with the finish reason),
                "finish+asked" (both), "every" (on every chunk), "asked-delta" (an own chunk with an empty delta)
    """

    id: str = "chatcmpl-"
    chunk_id: str = ""
    """Of streams, where it is another one."""
    top: Mapping[str, Any] = field(default_factory=dict)
    choice: Mapping[str, Any] = field(default_factory=dict)
    message: Mapping[str, Any] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of a whole tool call; "$at" stands for its position."""
    call_id: Callable[[str, str, int], str] = call_id
    call_content: Any = None
    """The content beside tool calls; ABSENT: there is none."""
    empty_reasoning: bool = False
    """Whether the reasoning field is there, as null, where nothing was thought."""
    usage: Usage = plain_usage
    finish: Mapping[str, str] = field(default_factory=dict)
    """Finish reasons that this server calls otherwise: {"tool_calls": "stop"}."""
    reasoning: str = "reasoning_content"
    thinks_with_tools: bool = False
    """Whether the model `tools` thinks before it calls."""

    chunk: Mapping[str, Any] = field(default_factory=dict)
    chunk_choice: Mapping[str, Any] = field(default_factory=dict)
    first: Mapping[str, Any] | None = field(default_factory=lambda: {"role": "assistant", "content": ""})
    """The first delta of its own; None: the role goes with the first piece."""
    first_thinking: Mapping[str, Any] | None = None
    """The first delta where thoughts follow, if it is another one."""
    delta: Mapping[str, Any] = field(default_factory=dict)
    """Fields of every later delta that carries something; and of an answer with thoughts, of one with a call."""
    delta_thinking: Mapping[str, Any] = field(default_factory=dict)
    delta_call: Mapping[str, Any] = field(default_factory=dict)
    finish_delta: Mapping[str, Any] = field(default_factory=dict)
    last_choice: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the choice that has the finish reason."""
    last: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of the chunk that has the finish reason."""
    calls: str = "pieces"
    call_piece: Mapping[str, Any] = field(default_factory=dict)
    usage_in: str = "asked"
    usage_null: bool = False
    """Whether the other chunks say `usage: null` (when usage was asked for)."""
    finish_null: bool = True
    """Whether chunks before the last say `finish_reason: null`."""
    done: bool = True
    before: bytes = b""
    """Bytes of the stream before its first event, such as a comment."""
    lead: tuple[Mapping[str, Any], ...] = ()
    """Chunks before the first one of the answer."""
    finishing: Finishing | None = None
    """Called with each answer or chunk, its kind ("whole", "first", "delta", "finish", "usage") and the usage,
    to change what no field above can say."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One server.

    bases      paths of its base URLs, the usual one first; {NAME} stands for one segment
    source     where the facts are from; `note` what is uncertain
    auth       "bearer", "api-key" (that header), "either" or "none"
    error      the shape of its error bodies
    style      how it names models: "publisher/{}"; the simulator's own names are understood too
    extra      further model names, and what they are here
    suffixes   what may follow a model's name after a colon
    models     paths of its model list, where it is not BASE/models; `lists`: whether it has one
    listing    from names to the body of that list
    strict     whether it minds fields that make sense only together, as OpenAI does
    ignores    request fields that have no effect, and raise no error
    unformed   types of `response_format` that have none either
    rules      what it refuses of a chat, tried in order
    headers    of every answer; `{id}` is the request's id
    limits     of every good answer to a POST; `over` of a 429
    """

    name: str
    bases: tuple[str, ...]
    source: str
    error: Shape
    no_key: Problem
    wrong_key: Problem
    unknown: Problem | None
    """None: any model name is served."""
    limited: Problem
    no_path: Problem
    listing: Callable[[list[str]], Any]
    note: str = ""
    auth: str = "bearer"
    style: str = "{}"
    extra: Mapping[str, str] = field(default_factory=dict)
    suffixes: frozenset[str] = frozenset()
    models: tuple[str, ...] = ()
    lists: bool = True
    embeds: bool = True
    calls_tools: bool = True
    strict: bool = False
    ignores: frozenset[str] = frozenset()
    unformed: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    speech: Speech = field(default_factory=Speech)
    headers: tuple[tuple[str, str], ...] = ()
    limits: tuple[tuple[str, str], ...] = ()
    over: tuple[tuple[str, str], ...] = (("retry-after", "7"),)

    @property
    def base(self) -> str:
        """The path of the usual base URL."""
        return self.bases[0]

    def named(self, model: str) -> str:
        """A model of the simulator in this server's style: "publisher/echo"."""
        return self.style.format(model)
