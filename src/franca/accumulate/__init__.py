"""Chunks of a stream in, the whole answer out: `chat.completion` of a chat, `text_completion` of a legacy one.

Nothing is invented: usage, finish reasons and fields of any name are the server's. Nothing is summed. What is done
with which field is told in `choice` (messages), `calls` (tool calls) and `merge` (the rest); here are the fields of
the chunk itself and the short way for the chunk that is like the one before but for one more piece of text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .choice import AnyChoice, ChatChoice, TextChoice
from .merge import is_steady, settled

__all__ = ["Accumulator", "CompletionAccumulator"]


class _Chunks:
    """What both accumulators do alike.

    The short way: after a chunk that had one choice with one piece of text, a copy of it is kept as `_like`, and the
    inner dict that holds the piece as `_box`. When the next chunk's piece is put into the box and the chunk then
    equals the copy, the piece is all that is new. One comparison, made in C, covers every field at every level, so
    the short way is exact, not a guess. Only fields whose repetition changes nothing are kept so (`is_steady`).
    One field of the chunk, `_loose`, is left out of the comparison: one that changes and does not matter.
    """

    __slots__ = (
        "_append",
        "_box",
        "_choices",
        "_fields",
        "_like",
        "_loose",
        "_name",
        "_rest",
        "_unfinished",
        "finished",
        "started",
    )

    _kind: type[AnyChoice]
    _object: str

    def __init__(self) -> None:
        self.started = False
        """A choice was seen."""
        self.finished = False
        """Every choice that was seen has a finish reason, and there is at least one."""
        self._fields: dict[str, Any] = {}
        self._choices: dict[int, AnyChoice] = {}
        self._unfinished = 0
        self._rest: dict[str, Any] | None = None  # the last chunk without its choices, if steady
        self._like: dict[str, Any] = {}
        self._box: dict[str, Any] = {}
        self._loose = ""
        self._name = ""
        self._append: Callable[[str], None] = list[str]().append

    @property
    def width(self) -> int:
        """How many choices were seen."""
        return len(self._choices)

    def _add(self, payload: dict[str, Any]) -> None:
        self._like = {}
        if not isinstance(payload, dict):
            return
        rest = payload.copy()
        choices = rest.pop("choices", None)
        rest.pop("obfuscation", None)
        if rest != self._rest:
            self._add_fields(rest)
        if isinstance(choices, list):
            for source in choices:
                if isinstance(source, dict):
                    choice = self._choice_of(source)
                    before = choice.finished
                    choice.add(source)
                    self._unfinished -= choice.finished - before
                    self.finished = not self._unfinished
                    if len(choices) == 1:
                        self._learn(payload, source, choice)

    def _add_fields(self, rest: dict[str, Any]) -> None:
        fields = self._fields
        for key, value in rest.items():
            if key in _FIRST_WINS:
                # Azure's first chunk has id "", created 0 and model "".
                if key not in fields or (not fields[key] and value is not None):
                    fields[key] = settled(value)
            elif key == "debug" and isinstance(value, dict) and isinstance(old := fields.get(key), dict):
                # OpenRouter tells what it sent first and the times later.
                fields[key] = {**old, **settled(value)}
            elif key != "object" and (value is not None or key not in fields):
                fields[key] = settled(value)
        self._rest = settled(rest) if is_steady(rest) else None

    def _choice_of(self, source: dict[str, Any]) -> AnyChoice:
        index = source.get("index")
        if index is None and isinstance(delta := source.get("delta"), dict):
            index = delta.get("index")
        if type(index) is not int:
            index = 0
        choice = self._choices.get(index)
        if choice is None:
            choice = self._choices[index] = self._kind(index)
            self._unfinished += 1
            self.started = True
        return choice

    def _learn(self, payload: dict[str, Any], source: dict[str, Any], choice: AnyChoice) -> None:
        """Prepare the short way for a chunk like this one."""
        if self._rest is None or (way := choice.short_way(source)) is None:
            return
        for key in ("obfuscation", "created", "id", "object"):
            # OpenAI pads every chunk with an `obfuscation` of random length; some servers let `created` count on.
            if key in payload and (key not in _FIRST_WINS or self._fields[key]):
                self._loose = key
                self._name, self._box, like, self._append = way
                self._like = {**self._rest, "choices": [like]}
                break

    def _whole(self) -> dict[str, Any]:
        fields = settled(self._fields)
        choices = [self._choices[index].settled() for index in sorted(self._choices)]
        first = {key: fields.pop(key) for key in _FIRST_WINS if key in fields}
        return {**first, "object": self._object, "choices": choices, **fields}


class Accumulator(_Chunks):
    """Puts the chunks of a chat stream together. `started` and `finished` tell how far it is."""

    __slots__ = ()
    _kind = ChatChoice
    _object = "chat.completion"

    def add(self, payload: dict[str, Any]) -> None:
        """Take one decoded chunk. No JSON value raises: what makes no sense is left out."""
        if not self.take_like(payload):
            self._add(payload)

    def take_like(self, payload: Any) -> bool:
        """Take a chunk that is like the one before but for one more piece of text; for any other False, and
        nothing is done."""
        try:
            piece = payload["choices"][0]["delta"][self._name]
            self._like[self._loose] = payload[self._loose]
        except (IndexError, KeyError, TypeError):
            return False
        self._box[self._name] = piece
        if payload == self._like and type(piece) is str:
            self._append(piece)
            return True
        return False

    def chat(self) -> dict[str, Any]:
        """The answer so far as a `chat.completion` object, the caller's own: nothing in it is shared.

        `role` is "assistant" when the server told none, `content` None when no piece of it came. Null fields of the
        message are left out; null fields of choices and of the answer itself are kept when nothing else came.
        """
        return self._whole()


class CompletionAccumulator(_Chunks):
    """Puts the chunks of a legacy completions stream together."""

    __slots__ = ()
    _kind = TextChoice
    _object = "text_completion"

    def add(self, payload: dict[str, Any]) -> None:
        """Take one decoded chunk. No JSON value raises: what makes no sense is left out."""
        if not self.take_like(payload):
            self._add(payload)

    def take_like(self, payload: Any) -> bool:
        """Take a chunk that is like the one before but for one more piece of text; for any other False, and
        nothing is done."""
        try:
            piece = payload["choices"][0]["text"]
            self._like[self._loose] = payload[self._loose]
        except (IndexError, KeyError, TypeError):
            return False
        self._box["text"] = piece
        if payload == self._like and type(piece) is str:
            self._append(piece)
            return True
        return False

    def completion(self) -> dict[str, Any]:
        """The answer so far as a `text_completion` object, the caller's own."""
        return self._whole()


_FIRST_WINS: Final = ("id", "created", "model")
