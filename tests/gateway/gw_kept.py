"""What the tests of kept answers share: a caller who wants his answer kept, and coming back for it."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from typing import Any

from gw_gateway import Answer
from gw_relay import DONE, USAGE, Call, Caller, Relaying, body_of, chunk_of

BROWSER = "b" * 22
KEEP = {"x-franca-keep": "1", "x-franca-browser": BROWSER}
PLACE = "/page/api/answers/"


class Stepped:
    """A server's play of one stream, a piece whenever the test says so, and its end; the first one at once."""

    def __init__(self, pieces: int = 6, first: bool = True) -> None:
        self.asked = threading.Event()
        self.over = threading.Event()
        self.gone: float | None = None
        self._steps = threading.Semaphore(1 if first else 0)
        self._pieces = pieces

    def __call__(self, call: Call) -> None:
        call.begin_stream()
        self.asked.set()
        try:
            for number in range(self._pieces):
                while not self._steps.acquire(timeout=0.02):
                    if (gone := call.gone(0.02)) is not None:
                        self.gone = gone
                        return
                call.piece(chunk_of(f"piece {number} "))
            call.piece(chunk_of(None, "stop") + USAGE + DONE)
            call.end()
        finally:
            self.over.set()

    def step(self, count: int = 1) -> None:
        self._steps.release(count)

    def rest(self) -> None:
        """All that is left."""
        self._steps.release(self._pieces)


def name_of(head: bytes) -> str:
    """The name of a kept answer, from the head of the caller who began it."""
    found = re.search(rb"\r\nx-franca-answer: (\S+)\r\n", head)
    assert found, head
    return found[1].decode()


def begun(
    gateway: Relaying, headers: Mapping[str, str] = KEEP, model: str = "sim/m", **more: Any
) -> tuple[Caller, str]:
    """A caller of a stream that is kept, who has its head, and the name."""
    caller = Caller(gateway).chat(model, stream=True, headers=headers, **more)
    return caller, name_of(caller.until(b"\r\n\r\n"))


def back(gateway: Relaying, name: str, headers: Mapping[str, str] = KEEP, method: str = "GET") -> Answer:
    """Come back for an answer, and read it to its end."""
    return gateway.ask(method, PLACE + name, headers=headers)


def figures_of(body: bytes) -> Any:
    """The comment at the end of a kept stream."""
    last = body.removesuffix(b"\n\n").rpartition(b"\n")[2]
    assert last.startswith(b": franca "), body[-500:]
    return json.loads(last[9:])


def so_far(raw: bytes) -> bytes:
    """The body of an answer in chunks, as far as it came, wherever that is cut off."""
    body, rest = b"", raw.partition(b"\r\n\r\n")[2]
    while b"\r\n" in rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]
    return body


def read_whole(caller: Caller) -> bytes:
    """The body of a caller who reads to the end."""
    caller.until(b"\r\n0\r\n\r\n")
    return body_of(caller.got)


def error_of(answer: Answer) -> Any:
    return answer.json()["error"]["code"]
