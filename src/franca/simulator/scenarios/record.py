"""The record of a scenario: what the server does, who really does so, and what a client must make of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ..ask import Ask
from ..steps import Answer

__all__ = ["ANY", "Outcome", "Play", "Scenario"]

Play: TypeAlias = "Callable[[Ask], Answer]"

ANY = frozenset({"chat", "stream", "completions", "embeddings", "models", "model"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call must end in.

    `error` is the name of a class of `franca.errors` (the error must be an instance of it, and of no
    narrower public class), or None when the call must succeed. `requests` is how many requests the server
    must have seen. `absent` are texts that must be nowhere in the error: not in `str`, `repr`, `body`,
    `headers` nor pickle.

    `check` maps a path to what is found there. A path is followed by attribute, key or position, from the
    error when one is demanded, else from the answer (of a stream: the assembled `Chat`). Values compare
    with ==, but
        "message", "body"         on an error: the text must contain the value
        "headers.NAME"            on an error: the header
        "retry_after"             a pair (low, high): within that range
        "tool_calls" (any depth)  a list of mappings with "name" and "arguments" (the raw text) and, where
                                  told, "id", "arguments_map" (the dict; None: it must raise OutputInvalid);
                                  an id must never be empty
        "raw.PATH" (any depth)    the path within `.to_dict()` of the chat
        "vectors"                 every vector a sequence of floats equal within 1e-6
        "ids"                     the ids of a list of models, in order
        "body_size"               the error's body has at most so many characters
        "phase"                   a set: one of them
    """

    error: str | None = None
    check: Mapping[str, Any] = field(default_factory=dict)
    requests: int = 1
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One awkward behaviour.

    name      as in the model `scenario:NAME`
    about     what the server does, one sentence
    source    which server or issue does so
    play      from a request to its answer
    expect    the outcome demanded, by call: "chat", "stream", "completions", "embeddings", "models"
    options   options of the client that makes the calls (retries, time limits, key)
    request   further request parameters of the calls, by their wire names; for embeddings also `input`
    every     whether it answers to every call, and not only to the ones in `expect`
    attempts  after how many requests with the same body the play starts anew (0: it is always the same)
    """

    name: str
    about: str
    source: str
    play: Play
    expect: Mapping[str, Outcome]
    options: Mapping[str, Any] = field(default_factory=dict)
    request: Mapping[str, Any] = field(default_factory=dict)
    every: bool = False
    attempts: int = 0

    @property
    def calls(self) -> tuple[str, ...]:
        """The calls that it is meant for."""
        return tuple(self.expect)

    def answers(self, call: str) -> bool:
        """Whether it has an answer to this call."""
        return self.every or call in self.expect
