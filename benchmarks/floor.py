"""The floor: the least that a Python program must do to get these answers, over a bare socket.

It encodes the request with msgspec, writes it in one call behind a head made beforehand, finds the end of the
answer's head, reads by length or by chunk and decodes the JSON to dicts. No time limits, no errors, no retries,
no pool to speak of, no headers read: nobody should use it.
"""

from __future__ import annotations

import asyncio
import socket
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import msgspec
import numpy
from cases import CHAT, CONCURRENT, KEY, TEXTS

__all__ = ["Floor"]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_LENGTH = b"content-length: "
_BLOCK = 64 * 1024


class Floor:
    """See the module, and `contenders` for what the methods do."""

    def __init__(self, base_url: str) -> None:
        authority = base_url.removeprefix("http://").removesuffix("/v1")
        host, _, port = authority.partition(":")
        self._place = host, int(port)
        fields = (f"Host: {authority}", "Accept: application/json", f"Authorization: Bearer {KEY}")
        end = "Content-Type: application/json\r\nContent-Length: "
        made = "\r\n".join(("POST /v1/%s HTTP/1.1", *fields, end))
        self._chat, self._embeddings = (made % path for path in ("chat/completions", "embeddings"))
        self._socket = socket.create_connection(self._place)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._idle: list[_Connection] = []

    # ---- sync -------------------------------------------------------------------------------------

    def call(self, model: str) -> int:
        answer = _decode(self._post(_request(self._chat, {"model": model, **CHAT[model]})))
        assert answer["choices"][0]["message"]["content"]
        return 1

    def stream(self, model: str) -> int:
        receive = self._socket.recv
        self._socket.sendall(_stream_request(self._chat, model))
        data = receive(_BLOCK)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += receive(_BLOCK)
        events = _Events()
        data = data[end + 4 :]
        while not events.feed(data):
            data = receive(_BLOCK)
        return events.count

    def embeddings(self, model: str) -> int:
        return _vectors(self._post(_request(self._embeddings, _texts(model, "base64"))), _from_base64)

    def embeddings_floats(self, model: str) -> int:
        return _vectors(self._post(_request(self._embeddings, _texts(model, "float"))), list)

    def _post(self, request: bytes) -> bytes:
        receive = self._socket.recv
        self._socket.sendall(request)
        data = receive(_BLOCK)
        while (end := data.find(b"\r\n\r\n")) < 0:
            data += receive(_BLOCK)
        missing = end + 4 + _length(data, end) - len(data)
        if not missing:
            return data[end + 4 :]
        blocks = [data[end + 4 :]]
        while missing:
            data = receive(_BLOCK)
            missing -= len(data)
            blocks.append(data)
        return b"".join(blocks)

    # ---- async ------------------------------------------------------------------------------------

    async def call_async(self, model: str) -> int:
        connection = self._idle.pop() if self._idle else await self._connect()
        answer = _decode(await connection.post(_request(self._chat, {"model": model, **CHAT[model]})))
        assert answer["choices"][0]["message"]["content"]
        self._idle.append(connection)
        return 1

    async def concurrent(self, model: str) -> int:
        return sum(await asyncio.gather(*(self.call_async(model) for _ in range(CONCURRENT))))

    async def stream_async(self, model: str) -> int:
        connection = self._idle.pop() if self._idle else await self._connect()
        events = _Events()
        connection.open(_stream_request(self._chat, model))
        while not events.feed(await connection.block()):
            pass
        connection.end()
        self._idle.append(connection)
        return events.count

    async def embeddings_async(self, model: str) -> int:
        connection = self._idle.pop() if self._idle else await self._connect()
        count = _vectors(await connection.post(_request(self._embeddings, _texts(model, "base64"))), _from_base64)
        self._idle.append(connection)
        return count

    async def _connect(self) -> _Connection:
        _, connection = await asyncio.get_running_loop().create_connection(_Connection, *self._place)
        return connection


class _Connection(asyncio.Protocol):
    """One connection of the event loop: a whole answer by its length, or a stream block by block."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._blocks: list[bytes] = []
        self._missing = 0
        self._in_head = False
        self._streaming = False
        self._waiter: asyncio.Future[None] | None = None

    def post(self, request: bytes) -> asyncio.Future[bytes]:
        self._in_head = True
        self._whole: asyncio.Future[bytes] = self._loop.create_future()
        self._transport.write(request)
        return self._whole

    def open(self, request: bytes) -> None:
        self._in_head = self._streaming = True
        self._transport.write(request)

    async def block(self) -> bytes:
        """What has come of a stream's body since the last time, at least one byte."""
        if not self._blocks:
            self._waiter = self._loop.create_future()
            await self._waiter
        data = self._blocks[0] if len(self._blocks) == 1 else b"".join(self._blocks)
        self._blocks.clear()
        return data

    def end(self) -> None:
        self._streaming = False

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            if self._blocks:
                data = b"".join((*self._blocks, data))
                self._blocks.clear()
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._blocks.append(data)
                return
            self._in_head = False
            self._missing = 0 if self._streaming else _length(data, end)
            data = data[end + 4 :]
        if self._streaming:
            if data:
                self._blocks.append(data)
                if self._waiter is not None:
                    self._waiter.set_result(None)
                    self._waiter = None
            return
        self._missing -= len(data)
        self._blocks.append(data)
        if not self._missing:
            self._whole.set_result(b"".join(self._blocks))
            self._blocks.clear()


class _Events:
    """The body of a stream: chunks taken apart, `data:` lines split, every event decoded and its text looked at."""

    def __init__(self) -> None:
        self.count = 0
        self._rest = b""  # of an HTTP chunk that has not come whole
        self._line = b""  # of an event that has not come whole

    def feed(self, data: bytes) -> bool:
        """Take a block in; True at the end of the body."""
        if self._rest:
            data = self._rest + data
        place, size, pieces = 0, -1, [self._line]
        while (end := data.find(b"\r\n", place)) > 0:
            size = int(data[place:end], 16)
            if len(data) < end + size + 4:
                break
            pieces.append(data[end + 2 : end + 2 + size])
            place = end + size + 4
            if not size:
                break
        self._rest = data[place:]
        *lines, self._line = b"".join(pieces).split(b"\n\n")
        for line in lines:
            if line[6:] != b"[DONE]":
                choices = _decode(line[6:])["choices"]
                if choices:
                    choices[0]["delta"].get("content")
                self.count += 1
        return not size and not self._rest


def _request(head: str, body: dict[str, Any]) -> bytes:
    encoded = _encode(body)
    return f"{head}{len(encoded)}\r\n\r\n".encode() + encoded


def _stream_request(head: str, model: str) -> bytes:
    options = {"stream": True, "stream_options": {"include_usage": True}}
    return _request(head, {"model": model, **options, **CHAT[model]})


def _texts(model: str, encoding_format: str) -> dict[str, Any]:
    return {"model": model, "encoding_format": encoding_format, "input": TEXTS}


def _length(data: bytes, end: int) -> int:
    start = data.find(_LENGTH, 0, end) + len(_LENGTH)
    return int(data[start : data.find(b"\r", start)])


def _from_base64(text: str) -> Any:
    return numpy.frombuffer(b64decode(text), dtype=numpy.float32)


def _vectors(body: bytes, decode: Callable[[Any], Any]) -> int:
    vectors = [decode(entry["embedding"]) for entry in _decode(body)["data"]]
    assert len(vectors) == len(TEXTS)
    assert len(vectors[-1]) == 1536
    return 1
