"""Events of a stream whose content holds think tags, and the reader that makes them.

Such an event is a `ChatEvent` on the chunk as it came, with the pieces of text and reasoning that it adds beside it.
They are made only as long as a choice may be, or is, in a block of reasoning; all others are plain.
"""

from __future__ import annotations

from typing import Any

from .chunk import ChatEvent, Delta, EventChoice
from .fields import keyed
from .texts import inner, reasoning_of, text_of
from .think import ThinkSplitter

__all__ = ["ThinkingEvent", "ThinkingReader"]

Piece = tuple[str | None, str | None]
"""What an event adds to one choice: text and reasoning."""


class ThinkingDelta(Delta):
    """A delta whose `text` and `reasoning` were told apart; `content` is as it came."""

    __slots__ = ("_piece",)

    def __init__(self, data: dict[str, Any], piece: Piece = (None, None)) -> None:
        self._data = data
        self._piece = piece

    def _beside(self) -> tuple[Any, ...]:
        return (self._piece,)

    @property
    def text(self) -> str | None:
        """The text that is added, without reasoning in think tags."""
        return self._piece[0]

    @property
    @keyed("reasoning")
    def reasoning(self) -> str | None:
        """The reasoning that is added, from think tags."""
        return self._piece[1]


class ThinkingChoice(EventChoice):
    """The part of a `ThinkingEvent` that belongs to one choice."""

    __slots__ = ("_piece",)

    def __init__(self, data: dict[str, Any], piece: Piece = (None, None)) -> None:
        self._data = data
        self._piece = piece

    def _beside(self) -> tuple[Any, ...]:
        return (self._piece,)

    @property
    @keyed("delta")
    def delta(self) -> Delta:
        """What is added; a window on an empty dict when the server sent none."""
        return ThinkingDelta(inner(self._data, "delta"), self._piece)


class ThinkingEvent(ChatEvent):
    """An event with reasoning in think tags. `content` and `reasoning` are told apart; the chunk is as it came."""

    __slots__ = ("_pieces",)

    def __init__(self, data: dict[str, Any], pieces: dict[int, Piece] | None = None) -> None:
        self._data = data
        self._pieces = {} if pieces is None else pieces
        """By position in the list of choices."""

    def _beside(self) -> tuple[Any, ...]:
        return (self._pieces,)

    @property
    @keyed("choices")
    def choices(self) -> list[EventChoice]:  # type: ignore[override]
        """What is new, by choice."""
        value, pieces = self._data.get("choices"), self._pieces
        return [
            ThinkingChoice(item, pieces[place]) if place in pieces else EventChoice(item)
            for place, item in enumerate(value if isinstance(value, list) else ())
            if isinstance(item, dict)
        ]

    def _first(self) -> Piece | None:
        """What the first choice adds; None when that is just what its delta says."""
        choices, pieces = self._data.get("choices"), self._pieces
        for place, choice in enumerate(choices if isinstance(choices, list) else ()):
            if isinstance(choice, dict):
                return pieces.get(place)
        return None

    @property
    def delta(self) -> Delta:
        """The first choice's delta; a window on an empty dict when there is no choice."""
        piece = self._first()
        return super().delta if piece is None else ThinkingDelta(self._delta(), piece)

    @property
    def content(self) -> str | None:
        """The text that this event adds, without reasoning in think tags; None when it adds none."""
        piece = self._first()
        return super().content if piece is None else piece[0]

    @property
    def reasoning(self) -> str | None:
        """The reasoning text that this event adds, from think tags or whichever field it came in."""
        piece = self._first()
        return super().reasoning if piece is None else piece[1]


class ThinkingReader:
    """Watches the choices of one stream, and makes its events while one of them may hold think tags."""

    __slots__ = ("_open", "_splitters")

    def __init__(self) -> None:
        self._splitters: dict[int, ThinkSplitter] = {}
        self._open = 0  # choices that are not settled

    @property
    def settled(self) -> bool:
        """Whether all choices seen so far are plain text from here on."""
        return not self._open

    def wants(self, payload: dict[str, Any]) -> bool:
        """Whether an event must be made here: a choice of this chunk begins, or may be in a block."""
        choices, known = payload.get("choices"), self._splitters
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict):
                splitter = known.get(_index(choice))
                if splitter is None or not (splitter.settled or _only_calls(choice)):
                    return True
        return False

    def event(self, payload: dict[str, Any]) -> ChatEvent:
        """The event for a chunk."""
        choices = payload.get("choices")
        pieces: dict[int, Piece] = {}
        for place, choice in enumerate(choices if isinstance(choices, list) else ()):
            if isinstance(choice, dict):
                piece = self._piece(choice)
                if piece is not None:
                    pieces[place] = piece
        return ThinkingEvent(payload, pieces) if pieces else ChatEvent(payload)

    def rest(self) -> ChatEvent | None:
        """An event with what was still kept back when the stream ended; None when nothing was."""
        pieces: list[tuple[int, Piece]] = []
        for index, splitter in self._splitters.items():
            if not splitter.settled:
                thought, text = self._ended(splitter)
                if thought or text:
                    pieces.append((index, (text or None, thought or None)))
        if not pieces:
            return None
        choices: list[Any] = [{"index": index, "delta": {}, "finish_reason": None} for index, _ in pieces]
        payload = {"object": "chat.completion.chunk", "choices": choices}
        return ThinkingEvent(payload, {place: piece for place, (_, piece) in enumerate(pieces)})

    def _piece(self, choice: dict[str, Any]) -> Piece | None:
        """What a chunk adds to one choice, when that is not just what it says."""
        index = _index(choice)
        splitter = self._splitters.get(index)
        if splitter is None:
            splitter = self._splitters[index] = ThinkSplitter()
            self._open += 1
        if splitter.settled:
            return None
        delta = inner(choice, "delta")
        content, told = delta.get("content"), reasoning_of(delta)
        thought = text = ""
        if isinstance(content, str) and not (told and not splitter.found):
            thought, text = splitter.feed(content)
        elif told or content is not None:  # there is a field for reasoning, or there are parts: no tags to be read
            thought, text = splitter.end()
            text += text_of(content) or ""
        if choice.get("finish_reason") and not splitter.settled:
            more, last = splitter.end()
            thought, text = thought + more, text + last
        self._open -= splitter.settled
        if not thought and text == (content or ""):
            return None
        return text or None, (told or "") + thought or None

    def _ended(self, splitter: ThinkSplitter) -> tuple[str, str]:
        self._open -= 1
        return splitter.end()


def _only_calls(choice: dict[str, Any]) -> bool:
    """Whether a part of a chunk holds a piece of a tool call and nothing else, as thousands do."""
    delta = choice.get("delta")
    return isinstance(delta, dict) and len(delta) == 1 and "tool_calls" in delta and not choice.get("finish_reason")


def _index(choice: dict[str, Any]) -> int:
    """Which choice a part of a chunk belongs to, as the accumulator sees it."""
    index = choice.get("index")
    if type(index) is int:
        return index
    if index is None:
        index = inner(choice, "delta").get("index")
    return index if type(index) is int else 0
