"""How a request that is over is written down: as a line to read, or as a JSON object. Neither holds a secret, a body or
a query, and none is longer than what a pipe takes at once."""

from __future__ import annotations

import re
from time import gmtime, strftime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from ..exchange import Exchange

__all__ = ["MOST_LINE", "Moment", "fact_line", "json_line", "text_line"]

MOST_LINE = 4096
"""Bytes. Longer writes to a pipe may be mixed with those of other workers (POSIX: PIPE_BUF)."""

_MOST_WORD = 160
_MOST_TEXT = 1500
# To write a number in three digits takes longer than all else of a moment.
_MILLISECONDS = tuple(f".{number:03d}Z" for number in range(1000))
_encode = msgspec.json.Encoder().encode
# Control characters that JSON lets stand as they are, and that terminals obey: CSI is one of them.
_C1 = re.compile(rb"\xc2[\x80-\x9f]")


class Moment:
    """Moments as text, "2026-11-21T10:00:00.123Z". The last second's text is kept: most requests share it."""

    __slots__ = ("_second", "_text")

    def __init__(self) -> None:
        self._second = -1
        self._text = ""

    def text(self, at: float) -> str:
        """A moment of Unix seconds."""
        second = int(at)
        if second != self._second:
            self._text = strftime("%Y-%m-%dT%H:%M:%S", gmtime(second))
            self._second = second
        return self._text + _MILLISECONDS[int((at - second) * 1000)]


def text_line(exchange: Exchange, ended: float, moment: Moment) -> bytes:
    """A line to read: moment, status, method and path, model, times, and whatever else there is to say."""
    began = exchange.began
    asked, server = exchange.asked, exchange.server
    line = (
        f"{moment.text(exchange.at)} {exchange.status} {exchange.method} {_word(exchange.path)}"
        f" {ended - began:.3f}s id={exchange.id}"
    )
    if exchange.outcome != "ok":
        line += f" outcome={exchange.outcome}"
        if exchange.error:
            line += f" error={_word(exchange.error)}"
    if asked:
        line += f" model={_word(asked)}"
    if server:
        place = f"{server}/{exchange.model}"
        if asked != place:
            line += f" by={_word(place)}"
        if exchange.tries != 1:
            line += f" tries={exchange.tries}"
    if exchange.stream and exchange.first is not None:
        line += f" first={exchange.first - began:.3f}s"
    if exchange.prompt_tokens is not None or exchange.completion_tokens is not None:
        line += f" tokens={exchange.prompt_tokens or 0}+{exchange.completion_tokens or 0}"
    if exchange.cost is not None:
        line += f" cost={exchange.cost:.6f}"
    if exchange.key is not None:
        line += f" key={exchange.key.id}"
    if exchange.cached:
        line += " cached"
    return (line + "\n").encode("utf-8", "replace")


class _Line(Struct, omit_defaults=True):
    """The JSON object of a request; what is not known is left out."""

    at: str
    event: str
    id: str
    method: str
    path: str
    route: str
    status: int
    outcome: str
    seconds: float
    client: str = ""
    first: float | None = None
    key: str = ""
    team: str = ""
    asked: str = ""
    server: str = ""
    model: str = ""
    tries: int = 0
    stream: bool = False
    cached: bool = False
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: float | None = None
    error: str = ""
    generation: str = ""
    structured: str = ""


def json_line(exchange: Exchange, ended: float, moment: Moment) -> bytes:
    """The same as a JSON object, with all that is known."""
    began, first = exchange.began, exchange.first
    key, client = exchange.key, exchange.scope.get("client")
    line = _Line(  # by position: names would cost half as much again
        moment.text(exchange.at),
        "request",
        exchange.id,
        exchange.method,
        exchange.path[:_MOST_WORD],
        exchange.route,
        exchange.status,
        exchange.outcome,
        round(ended - began, 6),
        client[0] if client else "",
        None if first is None else round(first - began, 6),
        "" if key is None else key.id,
        "" if key is None or key.team is None else key.team[:_MOST_WORD],
        exchange.asked[:_MOST_WORD],
        exchange.server,
        exchange.model[:_MOST_WORD],
        exchange.tries,
        exchange.stream,
        exchange.cached,
        exchange.prompt_tokens,
        exchange.completion_tokens,
        exchange.cached_tokens,
        exchange.reasoning_tokens,
        exchange.cost,
        exchange.error[:_MOST_WORD],
        exchange.generation[:_MOST_WORD],
        exchange.structured[:_MOST_WORD],
    )
    try:
        data = _encode(line)
        return (data if b"\xc2" not in data else _C1.sub(_escaped_c1, data)) + b"\n"
    except UnicodeEncodeError:
        return _json({name: value for name, value in msgspec.structs.asdict(line).items() if value not in (None, "")})


def fact_line(level: str, text: str, facts: dict[str, Any], at: str, form: str) -> bytes:
    """A line about the gateway itself: something was reloaded, a server rests, rows were lost."""
    if form == "json":
        given = {name: value if isinstance(value, (int, float, bool)) else str(value)[:_MOST_WORD]
                 for name, value in facts.items()}  # fmt: skip
        return _json({"at": at, "event": "gateway", "level": level, "message": text[:_MOST_TEXT], **given})
    more = "".join(f" {name}={_word(str(value))}" for name, value in facts.items())
    # What is told in several lines (all that is wrong with a configuration) stays so, but no line can pass for another.
    told = "\n    ".join(_plain(line) for line in text[:_MOST_TEXT].splitlines())
    return f"{at} {level}: {told}{more}\n".encode("utf-8", "replace")


def _json(facts: dict[str, Any]) -> bytes:
    try:
        data = _encode(facts)
    except UnicodeEncodeError:  # half a surrogate pair, out of a JSON body
        clean = {name: _plain(value) if isinstance(value, str) else value for name, value in facts.items()}
        data = _encode(clean)
    return _C1.sub(_escaped_c1, data) + b"\n"


def _escaped_c1(found: re.Match[bytes]) -> bytes:
    return b"\\u00%02x" % found[0][1]


def _word(text: str) -> str:
    """A text that a caller or server made: bounded, in one piece, unable to forge a line or move a terminal."""
    if len(text) > _MOST_WORD:
        text = text[:_MOST_WORD] + "…"
    if text.isprintable() and " " not in text:
        return text
    return "".join(char if char.isprintable() and char != " " else _escaped(char) for char in text)


def _plain(text: str) -> str:
    return text if text.isprintable() else "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    code = ord(char)
    return f"%{code:02X}" if code < 0x80 else f"\\u{code:04x}"
