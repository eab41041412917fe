"""What a chat and a legacy completion are made of: the body of the request, the windows of the answer, and the
accumulator between the events of a stream and the whole answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..accumulate import Accumulator, CompletionAccumulator
from ..wire.chat import Chat
from ..wire.chunk import ChatEvent
from ..wire.completions import Completion, CompletionEvent
from ..wire.params import build_chat_body, build_completion_body
from ..wire.told import Change

if TYPE_CHECKING:
    from ..servers import Server

__all__ = ["CHAT", "COMPLETION", "Home", "StreamKind", "as_chunk", "says_something"]


class Home(NamedTuple):
    """The one server whose own fields a request may have.

    rows      the names of its row: the usual one, and that of the row that a client was made with
    without   from the fields and `extra` of a call to those that any other server may be sent (a fallback), and what
              was changed
    owns      whether a header of this name (in lower case) is for it alone
    """

    rows: frozenset[str]
    without: Callable[
        [Mapping[str, Any], Mapping[str, Any] | None],
        tuple[dict[str, Any], dict[str, Any] | None, tuple[Change, ...]],
    ]
    owns: Callable[[str], bool]

    def has(self, row: Server | None) -> bool:
        """Whether a row is that of this server."""
        return row is not None and row.kind in self.rows


class StreamKind:
    """What an answer is made of: the body of its request, its event and final windows, the accumulator between them,
    and how the accumulator gives the whole object. `talks`: whether its choices hold messages, not bare text.

    `home`: where the fields that `build` knows beyond everybody's are understood; None: they are everybody's.
    """

    __slots__ = ("accumulator", "assemble", "build", "event", "home", "talks", "whole")

    def __init__(
        self,
        event: Any,
        whole: Any,
        accumulator: Any,
        assemble: Callable[[Any], dict[str, Any]],
        build: Callable[..., dict[str, Any]],
        *,
        talks: bool,
        home: Home | None = None,
    ) -> None:
        self.event = event
        self.whole = whole
        self.accumulator = accumulator
        self.assemble = assemble
        self.build = build
        self.talks = talks
        self.home = home

    def at(self, home: Home, *, event: Any, whole: Any, build: Callable[..., dict[str, Any]]) -> StreamKind:
        """This kind as the server `home` speaks it: with fields and windows of its own."""
        return StreamKind(event, whole, self.accumulator, self.assemble, build, talks=self.talks, home=home)


CHAT = StreamKind(ChatEvent, Chat, Accumulator, Accumulator.chat, build_chat_body, talks=True)
COMPLETION = StreamKind(
    CompletionEvent,
    Completion,
    CompletionAccumulator,
    CompletionAccumulator.completion,
    build_completion_body,
    talks=False,
)


def as_chunk(payload: dict[str, Any]) -> dict[str, Any]:
    """A whole chat as the one chunk of a stream."""
    choices = [
        {**{key: value for key, value in choice.items() if key != "message"}, "delta": choice.get("message") or {}}
        for choice in payload["choices"]
    ]
    return {**payload, "choices": choices, "object": "chat.completion.chunk"}


def says_something(choice: dict[str, Any]) -> bool:
    """Whether a choice of an event holds a token, or its end."""
    if choice.get("finish_reason") or choice.get("text"):
        return True
    delta = choice.get("delta") or choice.get("message")
    return type(delta) is dict and any(value for key, value in delta.items() if key != "role")
