"""What OpenRouter's answers have beyond the plain dialect's: put on the chat answer and its stream."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from math import ceil
from typing import Any

from ... import http
from ...ask import Ask
from ...dialects import DIALECTS
from ...dialects.speak import Speaker
from ...draft import Draft
from ...pace import streamed
from ...steps import Answer, Step

__all__ = ["Manner", "RoutedSpeaker"]

_PROCESSING = b": OPENROUTER PROCESSING\n\n"
_STREAM_HEAD = ("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache")
_EVERY = 1.0  # seconds between processing comments
_BREAKS = ("choice", "choices", "midstream")
_FORMAT = "openai-responses-v1"


@dataclass(slots=True)
class Manner:
    """How one answer is told beside its words."""

    provider: str
    native: bool = False
    """Whether finish reasons of the provider differ from OpenRouter's."""
    thoughts: str = ""
    """ "encrypted", "summary" or "signed" reasoning."""
    top: dict[str, Any] = field(default_factory=dict)
    """Fields of the whole answer and of a stream's last chunk."""
    debug: list[dict[str, Any]] = field(default_factory=list)
    """Chunks before the first."""
    annotations: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    details: list[dict[str, Any]] = field(default_factory=list)
    """Further reasoning details: calls of tools that OpenRouter ran itself."""
    fault: str = ""
    error: dict[str, Any] | None = None
    """The error of a choice, or of a broken stream."""
    wait: float = 0.0
    """Seconds of processing before the answer."""


class RoutedSpeaker(Speaker):
    """One answer of a provider, as OpenRouter passes it on."""

    def __init__(self, ask: Ask, manner: Manner, usage: Any, drafts: list[Draft], prompt: int, request_id: str) -> None:
        provider = {"provider": manner.provider}
        speech = replace(
            DIALECTS["openrouter"].speech, usage=usage, top=provider, chunk=provider, finishing=self._finishing
        )
        self.manner = manner
        self.id = ""
        super().__init__(ask, speech, drafts, prompt, request_id)

    def whole(self, headers: list[tuple[str, str]]) -> Answer:
        """The answer in one piece, after the seconds that it is to take."""
        answer = super().whole(headers)
        return self._late(b"", b"", answer) if self.manner.wait else answer

    # ---- one touch on every answer and chunk --------------------------------------------------

    def _finishing(self, answer: dict[str, Any], kind: str, context: dict[str, Any]) -> None:
        manner = self.manner
        answer["id"] = self.id
        for choice in answer["choices"]:
            choice["native_finish_reason"] = self.native(choice["finish_reason"])
        if kind == "whole":
            self._finish_whole(answer)
        if kind in ("whole", "usage"):
            answer |= manner.top

    def native(self, finish: str | None) -> str | None:
        """The finish reason in the provider's own word."""
        return finish.upper() if finish and self.manner.native else finish

    def _finish_whole(self, answer: dict[str, Any]) -> None:
        manner, choices = self.manner, answer["choices"]
        for choice in choices:
            message = choice["message"]
            if manner.annotations:
                message["annotations"] = manner.annotations
            if manner.images:
                message["images"] = manner.images
            closing = self._closing(self.drafts[choice["index"]])
            if closing:
                message["reasoning_details"] = _joined(message.get("reasoning_details") or [], closing)
        if manner.fault in _BREAKS:
            for choice in choices if manner.fault == "choices" else choices[-1:]:
                choice |= {"finish_reason": "error", "native_finish_reason": "error", "error": manner.error}
        if manner.fault == "no-choices":
            choices.clear()

    # ---- reasoning ----------------------------------------------------------------------------

    def _thoughts(self, field: str, text: str) -> dict[str, Any]:
        manner = self.manner.thoughts
        if field != "details" or not text or not manner or manner == "signed":
            return super()._thoughts(field, text)
        if manner == "encrypted":
            return {"reasoning": None}
        return {
            "reasoning": text,
            "reasoning_details": [{"type": "reasoning.summary", "summary": text, "format": _FORMAT, "index": 0}],
        }

    def _closing(self, made: Draft) -> list[dict[str, Any]]:
        """The details that come when the thoughts are done."""
        manner = self.manner.thoughts
        closing = list(self.manner.details)
        if not made.reasoning or made.reasoning_field != "details" or not manner:
            return closing
        sealed = b64encode(blake2b("".join(made.reasoning).encode()).digest()).decode()
        if manner == "signed":
            one = {
                "type": "reasoning.text",
                "text": "",
                "signature": sealed,
                "format": "anthropic-claude-v1",
                "index": 0,
            }
            return [one, *closing]
        id = f"rs_{blake2b(sealed.encode(), digest_size=8).hexdigest()}"
        index = 1 if manner == "summary" else 0
        return [{"type": "reasoning.encrypted", "data": sealed, "id": id, "format": _FORMAT, "index": index}, *closing]

    # ---- streams ------------------------------------------------------------------------------

    def stream(self, headers: list[tuple[str, str]]) -> Answer:
        """The answer as events, after processing comments."""
        head = http.head(200, [*headers, *_STREAM_HEAD, ("transfer-encoding", "chunked")]) + http.chunk(_PROCESSING)
        broken = self.manner.fault == "midstream"
        end = http.LAST_CHUNK if broken else http.chunk(http.DONE) + http.LAST_CHUNK
        size = sum(made.size for made in self.drafts)
        if not self.manner.wait:
            return streamed(head, map(self._event, self._chunks()), end, size, self.ask.dials)
        answer = streamed(b"", map(self._event, self._chunks()), end, size, self.ask.dials)
        return self._late(head, http.chunk(_PROCESSING), answer)

    def _late(self, head: bytes, comment: bytes, answer: Answer) -> Iterator[Step]:
        """The answer after its time; with comments meanwhile, or in silence."""
        if head:
            yield head
        rounds = max(1, ceil(self.manner.wait / _EVERY)) if comment else 1
        for _ in range(rounds):
            yield self.manner.wait / rounds
            if comment:
                yield comment
        yield from (answer,) if isinstance(answer, bytes) else answer

    def _chunks(self) -> Iterator[dict[str, Any]]:
        manner = self.manner
        head = {**self._head("chat.completion.chunk"), "id": self.id}
        yield from ({**head, "choices": [], **one} for one in manner.debug)
        if manner.fault == "no-choices":
            yield self._made([], "usage")
        elif manner.fault == "midstream":
            yield from self._broken(head)
        else:
            yield from super()._chunks()

    def _broken(self, head: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The chunks of the first choice, and instead of its end the error."""
        for chunk in super()._choice(0, self.drafts[0]):
            if chunk["choices"][0].get("finish_reason") is None:
                yield chunk
        choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error", "native_finish_reason": "error"}
        yield {**head, "provider": self.manner.provider, "error": self.manner.error, "choices": [choice]}

    def _choice(self, index: int, made: Draft) -> Iterator[dict[str, Any]]:
        fault = self.manner.fault
        fails = fault == "choices" or (fault == "choice" and index == len(self.drafts) - 1)
        for chunk in super()._choice(index, made):
            if fails and chunk["choices"][0].get("finish_reason"):
                error = {"finish_reason": "error", "native_finish_reason": "error", "error": self.manner.error}
                chunk["choices"][0] |= error
            yield chunk

    def _deltas(self, index: int, made: Draft) -> Iterator[tuple[dict[str, Any], str | None]]:
        """With the closing details after the thoughts, and with annotations and images at the end."""
        closing = self._closing(made)
        for delta, token in super()._deltas(index, made):
            if closing and "reasoning" not in delta:
                yield {"reasoning_details": closing}, None
                closing = []
            yield delta, token
        if closing:
            yield {"reasoning_details": closing}, None
        for name, items in (("annotations", self.manner.annotations), ("images", self.manner.images)):
            if items:
                yield {"content": "", name: items}, None


def _joined(details: list[dict[str, Any]], closing: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """In a whole answer the signature stands on the text that it signs."""
    first = closing[0]
    if details and first["type"] == "reasoning.text":
        return [{**first, "text": details[0]["text"]}, *closing[1:]]
    return [*details, *closing]
