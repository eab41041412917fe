"""A stream on its way through: its bytes go on as they came, and what they tell is noted on the way.

Only whole events go on, so that an error event of our own never lands in the middle of a server's. Once an answer has
begun, an event costs one decoding into a Struct that skips what nobody wants to know; everything unusual goes the long
way, through plain dicts.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from ...faults import find_error
from .blocks import MOST_EVENT, Blocks, lines_of
from .found import Fault, cost_of, decoded, fault_of, scan_whole, usage_of

__all__ = ["Kind", "StreamScan"]

Kind = Literal["chat", "completions", "responses", "other"]

_BOM = b"\xef\xbb\xbf"
_MOST_CHOICES = 1024  # that are kept apart; whoever sends more is complete with [DONE] only
_SILENT = frozenset({"ping", "keep-alive", "keepalive", "heartbeat"})
_SPECIAL = _SILENT | {"error"}
_OPENING = frozenset({"response.created", "response.queued", "response.in_progress"})


class _Delta(Struct):
    index: int | None = None
    finish_reason: str | None = None


class _Choice(Struct):
    index: int | None = None
    finish_reason: str | None = None
    delta: _Delta | None = None
    error: Any = None


class _Chunk(Struct):
    """Of an event of a chat or a completion. What does not fit goes the long way."""

    choices: list[_Choice]
    usage: Any = None
    error: Any = None


class _Response(Struct):
    id: str | None = None
    model: str | None = None
    usage: Any = None
    error: Any = None


class _ResponseEvent(Struct):
    type: str
    response: _Response | None = None
    error: Any = None


_decode_chunk = msgspec.json.Decoder(_Chunk).decode
_decode_response = msgspec.json.Decoder(_ResponseEvent).decode
_UNFIT = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


_BLANK = (b"\n\n", b"\r\r", b"\n\r", b"\r\n\r\n")


class StreamScan:
    """One answer's event stream. `feed` it what comes, forward what it gives, and at the end of the answer what `end`
    gives; nothing of it ever raises. What it has noted does not depend on how the bytes were cut.

    kind         what the answer is made of; of an "other" only usage, errors and [DONE] are known
    hide_usage   whether the event that is sent only for `stream_options.include_usage` (no choices, and usage) is
                 withheld, because the caller did not ask for it
    most         bytes of one event that are held back for its end; a longer one goes on as it comes, unread

    usage        of the last event that told one; `cost` is what the server says in it, in dollars
    generation   the first id of the answer, and its model; "" when it has none
    done         [DONE] came
    error        the first error object (or text) that came: of an event, or of a choice in it
    began        a token came, of text, reasoning or a tool call, or the end of a choice
    started      how many choices were seen
    finished     each of them has its reason for the end (a response: its last event came)
    events       how many events with data were read; while it does not grow, nothing is said
    unscanned    an event was too long to be looked into
    """

    __slots__ = (
        "_blocks", "_choices", "_first", "_hide", "_kind", "_open", "_quiet", "_short", "began", "done", "error",
        "events", "finished", "generation", "model", "unscanned", "usage",
    )  # fmt: skip

    def __init__(self, kind: Kind = "chat", *, hide_usage: bool = False, most: int = MOST_EVENT) -> None:
        self.usage: dict[str, Any] | None = None
        self.generation = ""
        self.model = ""
        self.done = False
        self.error: Fault | None = None
        self.began = False
        self.finished = False
        self.unscanned = False
        self.events = 0
        self._kind: Kind = kind
        self._hide = hide_usage
        self._blocks = Blocks(most)
        self._quiet = False  # nothing is held, and the first event is over
        self._short = most
        self._first = True  # no event was seen yet
        self._choices: dict[int, bool] = {}  # index -> whether it has ended
        self._open = 0  # choices that have not

    @property
    def started(self) -> int:
        """How many choices were seen."""
        return len(self._choices)

    @property
    def cost(self) -> float | None:
        """Dollars by the server's own word, None without it."""
        return cost_of(self.usage)

    @property
    def complete(self) -> bool:
        """Whether the answer is whole: all its choices have ended or [DONE] came, and it holds no error. An "other"
        stream has nothing but [DONE] to tell it by."""
        return self.error is None and (self.done or self.finished)

    @property
    def torn(self) -> bool:
        """Whether a part of an event was given out, and its rest is still to come."""
        return self._blocks.passing

    def feed(self, data: bytes) -> bytes:
        """The events that these bytes complete, as they came."""
        # CR and LF are looked for as numbers: CPython takes `bytes in bytes` for a number first, at 5 times the cost.
        if self._quiet and data[:5] == b"data:" and data[-2:] == b"\n\n" and 13 not in data:
            payload = data[5:-2]
            if 10 not in payload and len(data) <= self._short:
                return data if self._read("", payload) else b""
        return self._forward(self._blocks.feed(data))

    def end(self) -> bytes:
        """The answer is over: its last event, if only the blank line is missing (it is given one, so that what is sent
        after it stands alone). Half an event is dropped."""
        rest = self._blocks.rest()
        if not rest:
            return b""
        if self._first and self._adopt(rest):
            return rest
        whole = self._is_whole(rest)
        if whole and not self._look(rest):
            return b""
        if self._kind == "other":
            return rest
        if not whole:
            return b""
        return rest if rest.endswith(_BLANK) else rest.rstrip(b"\r\n") + b"\n\n"

    def _forward(self, blocks: list[tuple[bytes, bool]]) -> bytes:
        kept = []
        for block, whole in blocks:
            if not whole:
                self.unscanned = True
                self._first = False
                self.events += 1
                kept.append(block)
            elif self._look(block):
                kept.append(block)
        self._quiet = self._blocks.quiet and not self._first
        return kept[0] if len(kept) == 1 else b"".join(kept)

    def _look(self, block: bytes) -> bool:
        """Read one whole event; whether it is to be forwarded."""
        if self._first:
            block = block.removeprefix(_BOM)
            self._first = False
        kind, data = _fields(block)
        return not data or self._read(kind, data)

    def _read(self, kind: str, data: bytes) -> bool:
        """Note what the data of an event tells; whether the event is to be forwarded."""
        self.events += 1
        if not self.began or kind in _SPECIAL or self._kind == "responses":
            return self._read_all(kind, data)
        try:
            chunk = _decode_chunk(data)
        except _UNFIT:
            return self._read_all(kind, data)
        choices = chunk.choices
        if chunk.usage is None and chunk.error is None and len(choices) == 1:
            choice = choices[0]
            if choice.finish_reason is None and choice.error is None and choice.index in self._choices:
                delta = choice.delta
                if delta is None or delta.finish_reason is None:
                    return True
        return self._read_all(kind, data)

    # ---- the long way ---------------------------------------------------------------------------

    def _read_all(self, kind: str, data: bytes) -> bool:
        if kind in _SILENT:
            return True
        if self._kind == "responses" and kind != "error" and self._read_response(data):
            return True
        if data.lstrip()[:6] == b"[DONE]":
            self.done = True
            return True
        payload = decoded(data)
        if payload is None:
            if kind == "error":
                self._fail(data.decode("utf-8", "replace").strip())
            return True
        found = payload if kind == "error" else find_error(payload)
        self._fail(fault_of(found))
        if type(payload) is not dict:
            return True
        self._note(payload)
        choices = payload.get("choices")
        for choice in choices if type(choices) is list else ():
            if type(choice) is dict:
                self._take(choice)
        if not self.began and self._kind != "chat" and self._kind != "completions" and found is None:
            self.began = payload.get("type") not in _OPENING
        return not (
            self._hide
            and self._kind in ("chat", "completions")
            and not choices
            and found is None
            and usage_of(payload.get("usage")) is not None
        )

    def _note(self, payload: dict[str, Any]) -> None:
        """Id, model and usage: of the event, or of the response or message in it."""
        inner = payload.get("response") or payload.get("message")
        for source in (payload, inner if type(inner) is dict else {}):
            usage = usage_of(source.get("usage"))
            if usage is not None:
                # Other streams tell it in parts: the prompt first, the answer at the end.
                self.usage = {**self.usage, **usage} if self._kind == "other" and self.usage else usage
            if not self.generation and type(name := source.get("id")) is str:
                self.generation = name
            if not self.model and type(name := source.get("model")) is str:
                self.model = name

    def _take(self, choice: dict[str, Any]) -> None:
        """One choice of an event: begun, ended, or failed."""
        delta = choice.get("delta")
        beside = delta if type(delta) is dict else {}
        index = choice.get("index")
        if index is None:
            index = beside.get("index")
        if type(index) is not int:
            index = 0
        if index not in self._choices:
            self._open += 1
            if len(self._choices) < _MOST_CHOICES:
                self._choices[index] = False
        reason = choice.get("finish_reason") or beside.get("finish_reason")
        if reason and not self._choices.get(index, True):
            self._choices[index] = True
            self._open -= 1
        self.finished = not self._open
        self._fail(fault_of(choice.get("error")))
        if not self.began:
            said = delta or choice.get("message")
            self.began = bool(reason or choice.get("text")) or (
                type(said) is dict and any(value for key, value in said.items() if key not in _BESIDE)
            )

    def _read_response(self, data: bytes) -> bool:
        """An event of /v1/responses; False when it is none."""
        try:
            event = _decode_response(data)
        except _UNFIT:
            return False
        kind = event.type
        response = event.response
        if kind == "error" or event.error:
            return False
        if response is not None:
            self.generation = self.generation or response.id or ""
            self.model = self.model or response.model or ""
            self.usage = usage_of(response.usage) or self.usage
            if kind == "response.failed":
                self._fail(fault_of(response.error) or "the response failed")
            elif kind in ("response.completed", "response.incomplete"):
                self.finished = True
        if kind not in _OPENING and kind != "response.failed" and kind not in _SILENT:
            self.began = True
        return True

    def _fail(self, found: Fault | None) -> None:
        if self.error is None:
            self.error = found

    # ---- the end --------------------------------------------------------------------------------

    def _is_whole(self, rest: bytes) -> bool:
        """Whether the data of the last event is all there."""
        _, data = _fields(rest.removeprefix(_BOM) if self._first else rest)
        return data.lstrip()[:6] == b"[DONE]" or (data[-1:] in (b"}", b"]") and decoded(data) is not None)

    def _adopt(self, body: bytes) -> bool:
        """A body that is no event stream at all but one JSON value: an error, or an answer of a server that does not
        stream. Whether it was one."""
        if body.lstrip()[:1] not in (b"{", b"["):
            return False
        found = scan_whole(body)
        if not found.json:
            return False
        self.error = found.error or found.choice_error
        self.usage, self.generation, self.model = found.usage, found.generation, found.model
        self.began = self.finished = self.error is None
        return True


_BESIDE = frozenset({"role", "index", "finish_reason", "logprobs", "content_filter_results"})


def _fields(block: bytes) -> tuple[str, bytes]:
    """The type and the data of an event; of one line of data without what is around it that JSON does not mind."""
    text = block.strip(b"\r\n")
    if 13 not in text:
        if text[:5] == b"data:" and 10 not in text:
            return "", text[5:]
        first, _, second = text.partition(b"\n")
        if first[:6] == b"event:" and second[:5] == b"data:" and 10 not in second:
            return first[6:].removeprefix(b" ").decode("utf-8", "replace"), second[5:]
    kind = ""
    data: list[bytes] = []
    for line in lines_of(text):
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            data.append(value)
        elif name == b"event":
            kind = value.decode("utf-8", "replace")
    return kind, b"\n".join(data)
