"""HTTP/1.1 without I/O: the parser of one answer, over llhttp (httptools).

Whatever bytes are fed, in whatever pieces, the outcome is the same: an answer, a ProtocolError, or (at the
end of the connection) a ConnectionLost. Nothing else is raised. Only where a peer pads the framing beyond
reason (`_PADDING_LIMIT`) may the refusal come sooner or later, depending on the pieces.

Stricter than RFC 9112 asks, as llhttp is: both Content-Length and Transfer-Encoding, a repeated
Content-Length, folded headers and a space before the colon are refused. More lenient: lines may end by LF alone.
"""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from ..errors import ConnectionLost, ProtocolError, TransportError

__all__ = ["HEAD_LIMIT", "ResponseParser"]

HEAD_LIMIT = 128 * 1024
"""Bytes in which the head of the answer must end, interim (1xx) heads included."""
_HEADERS_LIMIT = 1000
_PADDING_LIMIT = 256 * 1024  # bytes of chunk extensions and trailers without a byte of body

# Which names of headers matter to the framing ("" for those that do not): servers send the same few again and again.
_framing_names: dict[bytes, str] = {}
_NAMES_LIMIT = 1000
_FRAMING = frozenset({"content-length", "transfer-encoding", "content-encoding", "keep-alive"})


class ResponseParser:
    """One answer. Feed it bytes until `done`; then `keep` says whether the connection may carry another.

    `status` and `raw` hold once `head_done`. The body gathers in `body`, `buffered` bytes, until `take`.
    """

    __slots__ = (
        "_chunked",
        "_head_only",
        "_interim",
        "_llhttp",
        "_padding",
        "body",
        "buffered",
        "content_encoding",
        "content_length",
        "done",
        "failure",
        "head_done",
        "idle_hint",
        "keep",
        "raw",
        "received",
        "seen",
        "status",
    )

    def __init__(self, head_only: bool = False) -> None:
        self.status = 0
        self.raw: list[tuple[bytes, bytes]] = []
        """The headers as they came."""
        self.head_done = self.done = self.keep = False
        self.body: list[bytes] = []
        self.buffered = 0
        self.received = 0
        """Bytes of the body so far, as they came."""
        self.seen = 0
        """Bytes of the head so far; 0 means that the server has not said a word."""
        self.content_length: int | None = None
        self.content_encoding = ""
        self.idle_hint: float | None = None
        """Seconds after which the server will close an idle connection, when it says so (Keep-Alive: timeout=N)."""
        self.failure: TransportError | None = None
        """Why no more will come; set by the connection."""
        self._head_only = head_only
        self._chunked = self._interim = False
        self._padding = 0
        self._llhttp: HttpResponseParser | None = HttpResponseParser(self)
        # Small home-made servers end lines by LF alone; RFC 9112, 2.2 allows to read them.
        self._llhttp.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)

    # ---- driven by the connection -----------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """Take bytes in. Raises ProtocolError."""
        if self.done:
            if data.strip(b"\r\n"):  # a stray line end after the body is an old habit, and harmless
                self.keep = False
        elif self.head_done:
            before = self.received
            self._push(data)
            self._padding = self._padding + len(data) if self.received == before else 0
            if self._padding > _PADDING_LIMIT:
                raise ProtocolError("the answer's chunk extensions or trailers pass 256 KiB")
        else:
            seen = self.seen + len(data)
            if seen <= HEAD_LIMIT:
                self.seen = seen
                self._push(data)
            else:
                room = HEAD_LIMIT - self.seen
                self.seen = HEAD_LIMIT
                self._push(data[:room])
                if not self.head_done:
                    raise ProtocolError(f"the head of the answer passes {HEAD_LIMIT // 1024} KiB")
                self.feed(data[room:])

    def end(self, clean: bool = True) -> None:
        """The connection ended; `clean` is False when TLS was cut without its goodbye. Raises ConnectionLost."""
        if self.done:
            return
        if self.head_done and self.content_length is None and not self._chunked and clean:
            self.done = True  # the body that lasts until the connection ends
            self._llhttp = None
            return
        if not self.seen:
            raise ConnectionLost("the server closed the connection without an answer", began=False)
        if not self.head_done:
            raise ConnectionLost("the server closed the connection in the middle of the answer's head", began=True)
        whole = f" of {self.content_length}" if self.content_length is not None else ""
        raise ConnectionLost(f"the answer was cut after {self.received}{whole} bytes of its body", began=True)

    def take(self) -> bytes:
        """What has gathered of the body."""
        body = self.body
        if not body:
            return b""
        data = body[0] if len(body) == 1 else b"".join(body)
        body.clear()
        self.buffered = 0
        return data

    def drop(self) -> None:
        """No more will be fed. Frees the parser, which otherwise waits for the garbage collector: it holds us."""
        self._llhttp = None

    def _push(self, data: bytes) -> None:
        if self._llhttp is None:
            raise ProtocolError("the server's answer was given up before")
        try:
            self._llhttp.feed_data(data)
        except HttpParserError as error:
            # Bytes after the end harm the connection, not the answer that is complete.
            if not self.done:
                self._llhttp = None
                raise _refusal(error) from None
        if self.done:
            self._llhttp = None  # it holds our bound methods: a cycle

    # ---- called by llhttp -------------------------------------------------------------------------

    # Not wanted. Said, because httptools looks for each of them, and a search that fails costs half a microsecond.
    on_status = on_chunk_header = on_chunk_complete = None

    def on_message_begin(self) -> None:
        if self.done:
            self.keep = False
            raise ProtocolError("bytes after the end of the answer")

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head_done:
            return  # what a trailer says is of no use to us
        self.raw.append((name, value))
        special = _framing_names.get(name)
        if special is None:
            special = _learn(name)
        if special:
            self._framing(special, value.strip(b" \t").decode("latin-1"))

    def _framing(self, name: str, value: str) -> None:
        if name == "content-length":
            self.content_length = int(value)  # llhttp has refused all but digits
        elif name == "transfer-encoding":
            if value.lower() != "chunked" or self._chunked:
                raise ProtocolError(f"the answer has the unknown transfer encoding {value[:60]!r}")
            self._chunked = True
        elif name == "content-encoding":
            self.content_encoding = f"{self.content_encoding},{value}" if self.content_encoding else value
        else:
            seconds = value.lower().partition("timeout=")[2].partition(",")[0].strip()
            if seconds.isascii() and seconds.isdigit():
                self.idle_hint = float(seconds[:9])

    def on_headers_complete(self) -> None:
        self.status = status = self._llhttp.get_status_code()  # type: ignore[union-attr]
        if len(self.raw) > _HEADERS_LIMIT:
            raise ProtocolError(f"the answer has more than {_HEADERS_LIMIT} headers")
        if status >= 200:
            self.head_done = True
            if self._head_only:
                self.done = True
                raise ProtocolError("no more to parse: the body of this answer is not sent")
        elif status == 101 or status < 100:
            raise ProtocolError(f"the server answered with status {status}, which makes no sense here")
        else:
            self._interim = True

    def on_body(self, data: bytes) -> None:
        self.body.append(data)
        length = len(data)
        self.buffered += length
        self.received += length

    def on_message_complete(self) -> None:
        if self._interim:  # 100 Continue, 102, 103 ...: the answer is yet to come
            self._interim = self._chunked = False
            self.raw.clear()
            self.content_length = self.idle_hint = None
            self.content_encoding = ""
        elif not self.done:
            self.done = True
            self.keep = self._llhttp.should_keep_alive()  # type: ignore[union-attr]


def _learn(name: bytes) -> str:
    lower = name.decode("latin-1").lower()
    known = lower if lower in _FRAMING else ""
    if len(_framing_names) < _NAMES_LIMIT and len(name) <= 64:
        _framing_names[name] = known
    return known


def _refusal(error: HttpParserError) -> ProtocolError:
    """What to tell: our own refusal where a callback raised one, else llhttp's words."""
    own = error.__context__
    if isinstance(own, ProtocolError):
        return own
    if isinstance(error, HttpParserUpgrade):
        return ProtocolError("the server switched protocols unasked")
    return ProtocolError(f"the server's answer is no valid HTTP/1.1 ({str(error).lower()})")
