"""A model whose answers are the test's own: a real server on a real socket that streams what it is told, and waits
where it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from gw_relay import DONE, Call, Puppet, answer_of, chunk_of, event_of

__all__ = ["Gate", "Words", "reasoning", "tool_call", "usage"]

MODELS = [
    {"id": "alpha", "object": "model", "owned_by": "words", "context_length": 131072,
     "pricing": {"prompt": "0.0000005", "completion": "0.0000015"}, "supported_parameters": ["tools", "reasoning"],
     "architecture": {"input_modalities": ["text", "image", "audio", "file"]}},
    {"id": "beta", "object": "model", "owned_by": "words"},
    {"id": "gamma-<img src=x onerror=alert(1)>", "object": "model", "owned_by": "<b>words</b>"},
]  # fmt: skip


class Gate:
    """Where an answer waits until the test lets it go on."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self.reached = threading.Event()

    def open(self) -> None:
        self._open.set()

    def wait(self) -> None:
        self.reached.set()
        assert self._open.wait(60), "a gate was never opened"


def usage(prompt: int = 12, written: int = 34, **more: Any) -> bytes:
    """The event of a stream that tells its tokens."""
    told = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written, **more}
    return event_of({"id": "chatcmpl-1", "choices": [], "usage": told})


def reasoning(text: str) -> bytes:
    """A piece of reasoning."""
    return event_of({"id": "c", "choices": [{"index": 0, "delta": {"reasoning_content": text}, "finish_reason": None}]})


def tool_call(name: str, arguments: str, at: int = 0) -> bytes:
    """A whole call of a tool, as one event."""
    call = {"index": at, "id": f"call_{at}", "type": "function", "function": {"name": name, "arguments": arguments}}
    return event_of({"id": "c", "choices": [{"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}]})


Piece = str | bytes | Gate
Script = Iterable[Piece] | Callable[[Call], None]


class Words(Puppet):
    """Answers with what was `say`-ed, in that order; without, it repeats the last question.

    A script is a list of pieces: text that the model writes, bytes as they are, gates; or a function of the call.
    `cut`: the connection is closed instead of a proper end.
    """

    def __init__(self) -> None:
        self._scripts: list[tuple[Script, str | None, bool]] = []
        self._guard = threading.Lock()
        super().__init__(self._play)

    def say(self, *pieces: Piece, finish: str | None = "stop", cut: bool = False) -> None:
        """The next answer."""
        with self._guard:
            self._scripts.append((pieces, finish, cut))

    def do(self, play: Callable[[Call], None]) -> None:
        """The next answer, byte by byte."""
        with self._guard:
            self._scripts.append((play, None, False))

    @property
    def asked(self) -> list[dict[str, Any]]:
        """The bodies of the chat requests, in the order in which they came."""
        return [call.json() for call in self.calls if call.method == "POST"]

    def _play(self, call: Call) -> None:
        if call.method == "GET":
            call.reply({"object": "list", "data": MODELS})
            return
        with self._guard:
            script, finish, cut = self._scripts.pop(0) if self._scripts else ((_repeated(call.json()),), "stop", False)
        if callable(script):
            script(call)
        elif call.json().get("stream"):
            self._stream(call, script, finish, cut)
        else:
            call.reply(answer_of("".join(one for one in script if isinstance(one, str))))

    @staticmethod
    def _stream(call: Call, script: Iterable[Piece], finish: str | None, cut: bool) -> None:
        call.begin_stream()
        for piece in script:
            if isinstance(piece, Gate):
                piece.wait()
            else:
                call.piece(chunk_of(piece) if isinstance(piece, str) else piece)
        if cut:
            call.close()
            return
        if finish is not None:
            call.piece(chunk_of(finish=finish))
            call.piece(usage())
            call.piece(DONE)
        call.end()


def _repeated(body: dict[str, Any]) -> str:
    last = body["messages"][-1]["content"]
    if isinstance(last, list):
        last = " ".join(part.get("text", f"[{part['type']}]") for part in last)
    return f"You said: {last}"
