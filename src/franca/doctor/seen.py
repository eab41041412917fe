"""One answer as it came, and the plain questions that probes have about it. Nothing is healed or guessed here."""

from __future__ import annotations

from typing import Any

from ..errors import ProtocolError
from ..faults import find_error
from ..faults.problem import read_problem
from ..sse import Decoder
from ..wire import codec
from ..wire.headers import Headers

__all__ = ["Seen", "shape_of"]

REASONING = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "thinking_blocks")


class Seen:
    """An answer: status, headers, body, its blocks with their times, and the error in words.

    `cut`: why the body ended before its time, or "". `fault`: the server's error message, whether its status
    said that it was one or an `error` member in an answer with 200 did; "" for an answer that is none.
    """

    __slots__ = ("_events", "_json", "cut", "fault", "headers", "pieces", "seconds", "status")

    def __init__(
        self, status: int, headers: Headers, pieces: list[tuple[float, bytes]], seconds: float, fault: str, cut: str
    ) -> None:
        self.status = status
        self.headers = headers
        self.pieces = pieces
        self.seconds = seconds
        self.cut = cut
        self._json: Any = ...
        self._events: list[tuple[float, str, Any]] | None = None
        self.fault = fault or self._hidden_fault()

    # ---- as JSON ----------------------------------------------------------------------------

    @property
    def json(self) -> Any:
        """The body as JSON; None when it is none."""
        if self._json is ...:
            try:
                self._json = codec.decode_json(b"".join(block for _, block in self.pieces))
            except ValueError:
                self._json = None
        return self._json

    @property
    def good(self) -> bool:
        """Whether the request was done: 2xx, no error in it, not cut."""
        return 200 <= self.status < 300 and not self.fault and not self.cut

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The choices of a plain answer that are objects."""
        given = self.json.get("choices") if isinstance(self.json, dict) else None
        return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []

    @property
    def message(self) -> dict[str, Any]:
        """The message of the first choice; {} without."""
        given = self.choices[0].get("message") if self.choices else None
        return given if isinstance(given, dict) else {}

    @property
    def text(self) -> str:
        """The content, plain or gathered from the stream; "" without."""
        if self.streamed:
            return "".join(str(delta.get("content") or "") for delta in self.deltas)
        return text_of(self.message.get("content"))

    @property
    def finish(self) -> str | None:
        """The finish reason of the first choice, plain or streamed."""
        told = [one.get("finish_reason") for one in self.all_choices]
        return next((one for one in told if isinstance(one, str)), None)

    @property
    def all_choices(self) -> list[dict[str, Any]]:
        """The choices of a plain answer, or of every event of a stream."""
        if not self.streamed:
            return self.choices
        lists = [data.get("choices") for _, _, data in self.events if isinstance(data, dict)]
        return [one for given in lists if isinstance(given, list) for one in given if isinstance(one, dict)]

    @property
    def calls(self) -> list[dict[str, Any]]:
        """The tool calls of a plain answer."""
        given = self.message.get("tool_calls")
        return [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []

    @property
    def usage(self) -> dict[str, Any]:
        """The token counts, of a stream the last ones; {} without."""
        if self.streamed:
            told = [data.get("usage") for _, _, data in self.events if isinstance(data, dict)]
            return next((one for one in reversed(told) if isinstance(one, dict)), {})
        given = self.json.get("usage") if isinstance(self.json, dict) else None
        return given if isinstance(given, dict) else {}

    def count(self, name: str) -> int | None:
        """One of the token counts, None when it is not told."""
        value = self.usage.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def reasoning(self) -> str:
        """The field that holds reasoning, in a message or in deltas; "<think> tags" or "content parts"; "" for none."""
        for one in self.deltas if self.streamed else [self.message]:
            for name in REASONING:
                if one.get(name):
                    return name
            if isinstance(one.get("content"), list) and "thinking" in str(one["content"]):
                return "content parts"
        return "<think> tags" if "<think>" in self.text else ""

    # ---- as a stream ------------------------------------------------------------------------

    @property
    def streamed(self) -> bool:
        """Whether it is a stream of events, by its content type or by how it begins."""
        if (self.headers.get("content-type") or "").lower().startswith("text/event-stream"):
            return True
        start = self.pieces[0][1].lstrip() if self.pieces else b""
        return start.startswith((b"data:", b"event:", b"id:", b": "))

    @property
    def events(self) -> list[tuple[float, str, Any]]:
        """(seconds, event type, payload) of each event; the payload is JSON, or "[DONE]" and other text as it is."""
        if self._events is None:
            decoder = Decoder()
            found = []
            try:
                for seconds, block in self.pieces:
                    found += [(seconds, kind, _payload(data)) for kind, data in decoder.feed(block)]
                found += [(self.seconds, kind, _payload(data)) for kind, data in decoder.end()]
            except ProtocolError as error:
                self.cut = self.cut or error.message
            self._events = found
        return self._events

    @property
    def comments(self) -> int:
        """Comment lines of the stream."""
        decoder = Decoder()
        for _, block in self.pieces:
            decoder.feed(block)
        return decoder.comments

    @property
    def done(self) -> bool:
        """Whether `[DONE]` came."""
        return any(data == "[DONE]" for _, _, data in self.events)

    @property
    def deltas(self) -> list[dict[str, Any]]:
        """The deltas of the stream, in order, of the first choice alone."""
        first = [one for one in self.all_choices if one.get("index") in (0, None)]
        return [one["delta"] for one in first if isinstance(one.get("delta"), dict)]

    def _hidden_fault(self) -> str:
        if not 200 <= self.status < 300:
            return f"status {self.status} without a message"
        payloads = [data for _, _, data in self.events] if self.streamed else [self.json]
        for payload in payloads:
            problem = find_error(payload) if isinstance(payload, (dict, list)) else None
            if problem is not None:
                return read_problem(problem, "", "an error without a message").message
        return ""


def text_of(content: Any) -> str:
    """The text of a message's content, also when that is a list of parts."""
    if isinstance(content, list):
        return "".join(str(part.get("text") or "") for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def shape_of(payload: Any) -> str:
    """How an error body is built, in the notation of the conformance page: "error.message, type, code"."""
    if payload is None:
        return "no JSON"
    if isinstance(payload, list):
        return "a list"
    if not isinstance(payload, dict):
        return f"a JSON {type(payload).__name__}"
    error = payload.get("error")
    if isinstance(error, dict):
        code = error.get("code")
        kind = f" (code is {'a number' if isinstance(code, int) else 'text'})" if code is not None else ""
        return f"error: {{{', '.join(error)}}}{kind}"
    if isinstance(error, str):
        return "error as text"
    return f"{{{', '.join(payload)}}}"


def _payload(data: bytes) -> Any:
    try:
        return codec.decode_json(data)
    except ValueError:
        return data.decode("utf-8", "replace").strip()
