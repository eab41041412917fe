"""A conversation that keeps its history, and sends as much of it as the model's context holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from ..errors import BadUsage
from ..wire.base import copy_json
from ..wire.chat import Chat
from ..wire.message import Message
from ..wire.messages import SYSTEM, USER, kept_message, normalize_messages
from .trim import over, role_of, trimmed

if TYPE_CHECKING:
    from os import PathLike

__all__ = ["Conversation"]

Trim = Callable[[list[Message], int], Any]
Estimate = Callable[[list[dict[str, Any]]], int]
_MOST_RESERVED = 4096


class Conversation:
    """The messages of a conversation, given as `messages` to any method of a client.

    system      instructions that always stand first: text, a Message or a dict
    limit       tokens that the model's context holds; None: everything is sent
    reserve     tokens of it that are kept free for the answer and the tools (a quarter, at most 4,096)
    trim        what happens when the messages pass `limit - reserve`: "oldest" leaves out the oldest exchanges,
                "error" raises BadUsage, and a function gets (messages, tokens) and returns the messages to send
    estimate    a function from the list of message dicts to tokens, in place of franca's own estimate

    Nothing is ever forgotten: trimming decides what is sent (`window`), not what is kept (`messages`). What goes in
    and out is copied. Not made for two threads that add at once.
    """

    __slots__ = ("__weakref__", "_estimate", "_limit", "_messages", "_reserve", "_trim")

    def __init__(
        self,
        system: str | Message | dict[str, Any] | None = None,
        *,
        limit: int | None = None,
        reserve: int | None = None,
        trim: Literal["oldest", "error"] | Trim = "oldest",
        estimate: Estimate | None = None,
    ) -> None:
        self._limit = _tokens("limit", limit)
        self._reserve = _reserved(reserve, self._limit)
        if trim not in ("oldest", "error") and not callable(trim):
            raise BadUsage(f'trim is "oldest", "error" or a function, not {trim!r}')
        if estimate is not None and not callable(estimate):
            raise BadUsage(f"estimate is a function, not {type(estimate).__name__}")
        self._trim = trim
        self._estimate = estimate
        self._messages: list[dict[str, Any]] = []
        if system is not None:
            self._messages.append(_system(system))

    # ---- what goes in ---------------------------------------------------------------------------------

    def add(self, *messages: str | Message | dict[str, Any] | Chat) -> Self:
        """Add messages at the end: text (of the user), a Message, a dict, or a Chat: the message it holds, or of one
        made by `run_tools` everything that is new in its history."""
        found: list[dict[str, Any]] = []
        for position, message in enumerate(messages):
            found.extend(_incoming(message, f"add: messages[{position}]"))
        self._messages.extend(found)  # all, or none of them
        return self

    def undo(self) -> tuple[Message, ...]:
        """Take back the last user message and everything after it: what was taken. () when there is none."""
        for place in range(len(self._messages) - 1, -1, -1):
            if role_of(self._messages[place]) == USER:
                taken = self._messages[place:]
                del self._messages[place:]
                return tuple(map(Message, taken))
        return ()

    def fork(self) -> Conversation:
        """A conversation with the same messages and settings, that goes its own way from here."""
        other = Conversation(limit=self._limit, reserve=self._reserve, trim=self._trim, estimate=self._estimate)
        other._messages = self._copied()
        return other

    def __copy__(self) -> Conversation:
        return self.fork()

    # ---- what comes out -------------------------------------------------------------------------------

    @property
    def limit(self) -> int | None:
        """Tokens that the model's context holds; None for no limit."""
        return self._limit

    @property
    def reserve(self) -> int:
        """Tokens of the limit that are kept free for the answer and the tools."""
        return self._reserve

    @property
    def messages(self) -> tuple[Message, ...]:
        """All messages, as copies."""
        return tuple(map(Message, self._copied()))

    @property
    def tokens(self) -> int:
        """What all messages are estimated to take."""
        return self._count(self._messages)

    def window(self) -> list[Message]:
        """The messages that are sent: as many as fit into `limit - reserve`, as copies.

        "oldest" keeps the system messages at the start, and the last user message with the newest of what follows
        it; whole exchanges are left out from the oldest on, then the oldest rounds of tools since the last user
        message. A call of a tool is never parted from its result. Raises BadUsage when not even that fits.
        """
        return list(map(Message, self._sent()))

    def __messages__(self) -> list[dict[str, Any]]:
        """For a client: the window as it travels."""
        return self._sent()

    def __len__(self) -> int:
        return len(self._messages)

    def __bool__(self) -> bool:
        return True  # one without messages is a conversation all the same

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __repr__(self) -> str:
        count = "1 message" if len(self) == 1 else f"{len(self)} messages"
        limit = "" if self._limit is None else f", limit={self._limit}"
        return f"<Conversation: {count}{limit}>"

    # ---- JSON -----------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """The conversation as JSON text. Of `trim` and `estimate` only their names can be saved, not functions."""
        from .file import written

        trim = self._trim if isinstance(self._trim, str) else None
        return written(self._messages, limit=self._limit, reserve=self._reserve, trim=trim)

    @classmethod
    def from_json(
        cls,
        text: str | bytes,
        *,
        trim: Literal["oldest", "error"] | Trim | None = None,
        estimate: Estimate | None = None,
    ) -> Conversation:
        """The conversation that `to_json` wrote. One that had a trim function wants it again.

        Raises BadUsage for a text that is none, with what is wrong.
        """
        from .file import read

        told = read(text)
        chosen = told["trim"] if trim is None else trim
        if chosen is None:
            raise BadUsage("this conversation was saved with a trim function of its own: give it as trim=...")
        made = cls(limit=told["limit"], reserve=told["reserve"], trim=chosen, estimate=estimate)
        made._messages = told["messages"]
        return made

    def save(self, path: str | PathLike[str]) -> None:
        """Write `to_json()` to a file that only you may read (mode 0600); whole, or not at all. Its folder must be
        there. Raises BadUsage when it cannot be written."""
        from .file import save

        save(self.to_json(), path)

    @classmethod
    def load(
        cls,
        path: str | PathLike[str],
        *,
        trim: Literal["oldest", "error"] | Trim | None = None,
        estimate: Estimate | None = None,
    ) -> Conversation:
        """The conversation in a file that `save` wrote; see `from_json`."""
        from .file import load

        try:
            return cls.from_json(load(path), trim=trim, estimate=estimate)
        except BadUsage as error:
            error.message = f"{path}: {error.message}"
            raise

    # ---- inside ---------------------------------------------------------------------------------------

    def _copied(self) -> list[dict[str, Any]]:
        copied: list[dict[str, Any]] = copy_json(self._messages.copy())
        return copied

    def _sent(self) -> list[dict[str, Any]]:
        messages = self._copied()
        if self._limit is None:
            return messages
        room = self._limit - self._reserve
        found = self._count(messages)
        if found <= room:
            return messages
        if self._trim == "oldest":
            return trimmed(messages, room, self._count)
        if not callable(self._trim):
            raise over(found, room, "the conversation is")
        chosen = normalize_messages(self._trim(list(map(Message, messages)), room))
        found = self._count(chosen)
        if found > room:
            raise over(found, room, "what the trim function left is")
        return chosen

    def _count(self, messages: list[dict[str, Any]]) -> int:
        if self._estimate is None:
            from ..tokens import estimate_tokens

            return estimate_tokens(messages)
        found = self._estimate(copy_json(messages.copy()))
        if not isinstance(found, (int, float)):
            raise BadUsage(f"the estimate function returned {type(found).__name__}, not a number of tokens")
        if not 0 <= found < float("inf"):
            raise BadUsage(f"the estimate function returned {found}, which is no number of tokens")
        return int(found)


def _tokens(name: str, value: Any) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
        raise BadUsage(f"{name} is a number of tokens above 0, or None; not {value!r}")
    return value


def _reserved(reserve: int | None, limit: int | None) -> int:
    if reserve is None:
        return 0 if limit is None else min(_MOST_RESERVED, limit // 4)
    if not isinstance(reserve, int) or isinstance(reserve, bool) or reserve < 0:
        raise BadUsage(f"reserve is a number of tokens, not {reserve!r}")
    if limit is not None and reserve >= limit:
        raise BadUsage(f"reserve ({reserve}) leaves nothing of the limit ({limit}) for the messages")
    return reserve


def _system(system: Any) -> dict[str, Any]:
    if isinstance(system, str):
        return {"role": SYSTEM, "content": system}
    (message,) = _incoming(system, "system")
    return message


def _incoming(message: Any, where: str) -> list[dict[str, Any]]:
    """What a caller gives as one message, as messages of our own."""
    if isinstance(message, Chat):
        told = message.told
        if told is not None and told.history:
            return _copies(told.history[told.given :], where)
        if not message.choices:
            raise BadUsage(f"{where}: this Chat has no choices, so it holds no message")
        return _copies([kept_message(message.message)], where)
    if isinstance(message, str):
        return [{"role": USER, "content": message}]
    if not isinstance(message, (Message, Mapping)):
        raise BadUsage(f"{where}: expected text, a Message, a dict or a Chat, got {type(message).__name__}")
    if not isinstance(message.get("role"), str):
        raise BadUsage(f"{where}: a message needs its role")
    return _copies([message], where)


def _copies(messages: Any, where: str) -> list[dict[str, Any]]:
    import json

    plain = [message._data if isinstance(message, Message) else dict(message) for message in messages]
    try:  # a copy of what contains itself would never end
        json.dumps(plain, default=lambda value: getattr(value, "_data", None), skipkeys=True)
    except (ValueError, RecursionError):
        raise BadUsage(f"{where}: the message is nested too deeply, or in a circle") from None
    copied: list[dict[str, Any]] = copy_json(plain)
    return copied
