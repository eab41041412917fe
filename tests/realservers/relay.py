"""A relay in front of a server that notes when the client hangs up.

Needed because llama.cpp itself does not notice that the client of a plain (not streamed) request has gone: it
generates to the end (ggml-org/llama.cpp issues 9273, 24496).
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType

from .llama import WAIT_LIMIT


class Relay:
    """A context manager: relays one connection to `url`; `base_url` is where it listens.

    `client_left` is set when the client closes its side; `answered` tells how many bytes had been relayed to it.
    """

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").split(":")
        self._upstream = socket.create_connection((host, int(port)), timeout=WAIT_LIMIT)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None
        self._threads = [threading.Thread(target=self._requests, daemon=True)]
        self.base_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"
        self.client_left = threading.Event()
        self.answered = 0

    def _requests(self) -> None:
        self._client, _ = self._listener.accept()
        self._client.settimeout(WAIT_LIMIT)
        back = threading.Thread(target=self._answers, args=(self._client,), daemon=True)
        back.start()
        self._threads.append(back)
        while block := _read(self._client):
            self._upstream.sendall(block)
        self.client_left.set()

    def _answers(self, client: socket.socket) -> None:
        while block := _read(self._upstream):
            self.answered += len(block)
            try:
                client.sendall(block)
            except OSError:
                return

    def __enter__(self) -> Relay:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in (self._listener, self._client, self._upstream):
            if end is not None:
                with suppress(OSError):  # closed by the other side already
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        for thread in self._threads:
            thread.join(WAIT_LIMIT)


def _read(end: socket.socket) -> bytes:
    """What has come; nothing when the connection is over, in whatever way."""
    try:
        return end.recv(65536)
    except OSError:
        return b""
