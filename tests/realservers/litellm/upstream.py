"""An upstream for the proxy whose streams break off after two words, in the way that the model's name says."""

from __future__ import annotations

import http.server
import json
import threading
from types import TracebackType


class BrokenUpstream:
    """A context manager: serves on a free port of 127.0.0.1 from a thread of its own."""

    def __init__(self) -> None:
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Conversation)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.base_url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> BrokenUpstream:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Conversation(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for word in ("Two", " words"):
            self._send(json.dumps(_chunk(word)))
        ways = {"clean": self._end_cleanly, "cut": self._hang_up, "garbage": self._send_garbage}
        ways[request["model"]]()

    def _send(self, data: str) -> None:
        event = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))

    def _end_cleanly(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def _send_garbage(self) -> None:
        self._send('{"choices": [{"ind')
        self._end_cleanly()

    def _hang_up(self) -> None:
        """Without the last chunk, which HTTP calls an incomplete message."""
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Keeps quiet."""


def _chunk(word: str) -> dict[str, object]:
    choice = {"index": 0, "delta": {"role": "assistant", "content": word}, "finish_reason": None}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "broken", "choices": [choice]}
