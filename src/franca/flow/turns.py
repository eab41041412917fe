"""The turns of a tool loop: one answer of the model at a time, whole or as a stream, within the loop's deadline; and
the calls that an answer holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import BadUsage, TimedOut
from ..wire.calls import ToolCall
from ..wire.chat import Chat
from ..wire.message import Message
from .ask import split_options
from .chat import chat, open_chat
from .core import Flow
from .kinds import CHAT, StreamKind
from .played import played
from .session import Session
from .stream import StreamState

__all__ = ["NOT_IN_A_LOOP", "Turns", "calls_of"]

NOT_IN_A_LOOP = {
    "n": "a tool loop follows one answer: leave n out",
    "functions": "give the functions as tools",
    "function_call": "say tool_choice instead",
}


class Turns:
    """What all turns have in common: the model, the fields of the request, and the deadline over all of them."""

    __slots__ = (
        "_clock",
        "_extra",
        "_fields",
        "_kind",
        "_model",
        "_session",
        "_state",
        "_streamed",
        "deadline",
        "under_way",
    )

    def __init__(
        self,
        session: Session,
        model: str | None,
        extra: Mapping[str, Any] | None,
        fields: dict[str, Any],
        *,
        streamed: bool,
        kind: StreamKind = CHAT,
    ) -> None:
        for name, instead in NOT_IN_A_LOOP.items():
            if fields.get(name) is not None and fields.get(name) != 1:
                raise BadUsage(f"{name}: {instead}", param=name)
        self._session = session
        self._clock = session.clock
        self._model = model
        self._extra = extra
        self._fields = fields
        self._streamed = streamed
        self._kind = kind
        self._state: StreamState | None = None
        self.under_way = False
        """Whether an answer is awaited, so that an error is of that answer and not of a tool."""
        limits, _ = split_options(session, fields)
        self.deadline = None if limits.deadline is None else session.clock() + limits.deadline

    def turn(self, messages: Sequence[dict[str, Any]]) -> Flow[Chat]:
        """One answer to the conversation so far."""
        fields = self._fields
        if self.deadline is not None:
            fields = {**fields, "deadline": self.require_time("between two turns")}
        self.under_way = True
        if self._streamed:
            answer = yield from self._streamed_turn(list(messages), fields)
        else:
            answer = yield from chat(self._session, list(messages), self._model, self._extra, fields, self._kind)
        self.under_way = False
        return answer

    def _streamed_turn(self, messages: list[Any], fields: Mapping[str, Any]) -> Flow[Chat]:
        begun = yield from open_chat(self._session, messages, self._model, self._extra, fields, self._kind)
        self._state = begun.state
        whole: Chat = yield from played(begun, self._clock, _emitted)
        self._state = None
        return whole

    def partial(self) -> Chat | None:
        """What has come of the answer that is being streamed; None when none is."""
        partial: Chat | None = None if self._state is None else self._state.partial()
        return partial

    def require_time(self, when: str) -> float | None:
        """The seconds that are left, None without a deadline. Raises TimedOut when it has passed."""
        left = None if self.deadline is None else self.deadline - self._clock()
        if left is not None and left <= 0:
            raise TimedOut(
                f"the deadline of the tool loop passed {when}", phase="deadline", server=self._session.target.name
            )
        return left

    def relax(self) -> None:
        """A call was made, so a `tool_choice` that forces one has done its work: if it stayed, the model could never
        answer."""
        choice = self._fields.get("tool_choice")
        if isinstance(choice, Mapping) and choice.get("type") == "allowed_tools":
            allowed = choice.get("allowed_tools")
            if isinstance(allowed, Mapping) and allowed.get("mode") != "auto":
                relaxed = {**choice, "allowed_tools": {**allowed, "mode": "auto"}}
                self._fields = {**self._fields, "tool_choice": relaxed}
        elif choice not in (None, "auto", "none"):
            self._fields = {name: value for name, value in self._fields.items() if name != "tool_choice"}


def _emitted(event: Any) -> Flow[None]:
    yield ("emit", event)


def calls_of(message: Mapping[str, Any]) -> tuple[list[ToolCall], bool]:
    """The calls in a message, and whether it is one in the legacy form (`function_call`, which has no id)."""
    window = Message(dict(message))
    legacy = window.function_call
    if window.tool_calls or legacy is None:
        return window.tool_calls, False
    return [ToolCall({"type": "function", "function": legacy._data})], True
