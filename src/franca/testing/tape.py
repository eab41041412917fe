"""The text of a cassette, written and read: docs/testing.md describes the format for people who read diffs.

Whatever bytes were recorded come back the same. Nothing depends on blanks at the end of a line or on how lines
end, which editors and git may change.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable

from ..errors import BadUsage
from .exchange import Exchange, error_of, facts_of
from .jsontext import LAYOUTS, compacted, layout_of, pretty

__all__ = ["dump", "load"]

_FIRST = "franca cassette 1"
_REQUEST = re.compile(r"### (\S+) (\S+)")
_ANSWER = re.compile(r"--- (\d{3}) after (\d+(?:\.\d+)?) s")
_FAILURE = re.compile(r"--- (\{.*\}) after (\d+(?:\.\d+)?) s")
_JSON = re.compile(r"json ([a-z+]+)(?: at (\d+(?:\.\d+)?) s)?")
_CHUNK = re.compile(r"@ (\d+(?:\.\d+)?) s")
_HEADER = re.compile(r"([^\s:]+):(=?)(?: (.*))?")
_BASE64_LINE = 57  # bytes, which are 76 letters


def dump(exchanges: Iterable[Exchange]) -> str:
    """The text of a cassette."""
    lines = [_FIRST, "# Recorded by franca.testing. Secrets are replaced by ***; edit it as you like."]
    for one in exchanges:
        lines += ["", f"### {one.method} {one.url}", *map(_header, one.headers), ""]
        lines += _request_body(one.body)
        if one.status is None:
            facts = json.dumps(facts_of(one.error) if one.error else {}, ensure_ascii=True)
            lines += ["", f"--- {facts} after {one.after:.3f} s"]
            continue
        lines += ["", f"--- {one.status} after {one.after:.3f} s", *map(_header, one.answer_headers), ""]
        lines += _answer_body(one)
    return "\n".join(lines) + "\n"


def _header(pair: tuple[str, str]) -> str:
    name, value = pair
    if value.isprintable() and value == value.strip():
        return f"{name}: {value}" if value else f"{name}:"
    return f"{name}:= {json.dumps(value)}"


def _request_body(body: bytes) -> list[str]:
    if not body:
        return ["empty"]
    layout = _layout(body)
    return [f"json {layout}", pretty(body.decode())] if layout else ["text", *_lines(body)]


def _answer_body(one: Exchange) -> list[str]:
    chunks = [(at, data) for at, data in one.chunks if data]
    if len(chunks) == 1 and not one.end:
        at, data = chunks[0]
        layout = _layout(data)
        if layout:
            return [f"json {layout} at {at:.3f} s", pretty(data.decode())]
    if not chunks and not one.end:
        return ["empty"]
    lines = ["chunks"]
    for at, data in chunks:
        lines += [f"@ {at:.3f} s", *_lines(data)]
    if one.error is not None:
        lines.append(f"! {json.dumps(facts_of(one.error), ensure_ascii=True)}")
    elif one.end:
        lines.append("! left")
    return lines


def _layout(body: bytes) -> str | None:
    try:
        return layout_of(body.decode())
    except UnicodeDecodeError:
        return None


def _lines(data: bytes) -> list[str]:
    """Any bytes as lines, told apart by their first letter: see `_bytes`."""
    out = []
    for line in filter(None, re.split(rb"(?<=\n)", data)):
        try:
            text = line.decode()
        except UnicodeDecodeError:
            parts = [line[at : at + _BASE64_LINE] for at in range(0, len(line), _BASE64_LINE)]
            out += [f"= {base64.b64encode(part).decode()}" for part in parts]
            continue
        bare = text.removesuffix("\n")
        if not bare.isprintable() or bare != bare.rstrip():
            out.append(json.dumps(text))
        elif text != bare:
            out.append(f"| {bare}" if bare else "|")
        else:
            out.append(f"\\ {bare}")
    return out


def _bytes(line: str) -> bytes:
    match line[:1]:
        case "|":
            return f"{line[2:]}\n".encode()
        case "\\":
            return line[2:].encode()
        case '"':
            return str(json.loads(line)).encode()
        case _:
            return base64.b64decode(line[2:], validate=True)


def load(text: str, name: str) -> list[Exchange]:
    """The exchanges of a cassette's text. BadUsage, with the line, where it is none."""
    reader = _Reader([line.removesuffix("\r") for line in text.split("\n")], name)
    try:
        return reader.exchanges()
    except (ValueError, RecursionError) as error:
        raise reader.wrong(f"cannot be read: {error}") from None


class _Reader:
    def __init__(self, lines: list[str], name: str) -> None:
        self.lines = lines
        self.name = name
        self.at = 0

    def wrong(self, what: str) -> BadUsage:
        return BadUsage(f"{self.name}, line {self.at + 1}: {what}; mend it, or record the cassette anew")

    def line(self) -> str | None:
        return self.lines[self.at] if self.at < len(self.lines) else None

    def exchanges(self) -> list[Exchange]:
        if self.line() != _FIRST:
            raise self.wrong(f"a cassette begins with the line {_FIRST!r}")
        self.at += 1
        found = []
        while (line := self.line()) is not None:
            if not line.strip() or line.startswith("# "):
                self.at += 1
            else:
                found.append(self.exchange())
        return found

    def exchange(self) -> Exchange:
        asked = self.take(_REQUEST, "'### METHOD URL' is missing")
        one = Exchange(asked[1], asked[2], self.headers(), b"")
        kind = self.line()
        self.at += 1
        if kind == "text":
            one.body = self.block()
        elif kind != "empty":
            self.at -= 1
            one.body = self.json_body(self.take(_JSON, "'json LAYOUT', 'text' or 'empty' is missing"))
        self.blanks()
        self.answer(one)
        return one

    def answer(self, one: Exchange) -> None:
        failed = _FAILURE.fullmatch(self.line() or "")
        if failed:
            one.error, one.end, one.after = error_of(json.loads(failed[1])), "error", float(failed[2])
            self.at += 1
            return
        head = self.take(_ANSWER, "'--- STATUS after SECONDS s' is missing")
        one.status, one.after = int(head[1]), float(head[2])
        one.answer_headers = self.headers()
        kind = self.line()
        if kind == "empty":
            self.at += 1
        elif kind == "chunks":
            self.at += 1
            self.chunks(one)
        else:
            body = self.take(_JSON, "'json LAYOUT at SECONDS s', 'chunks' or 'empty' is missing")
            one.chunks.append((float(body[2] or 0), self.json_body(body)))

    def chunks(self, one: Exchange) -> None:
        while (line := self.line()) is not None and line.startswith("@"):
            at = float(self.take(_CHUNK, "a chunk begins with '@ SECONDS s'")[1])
            one.chunks.append((at, self.block()))
        if line is not None and line.startswith("! "):
            one.end = "left" if line == "! left" else "error"
            if one.end == "error":
                one.error = error_of(json.loads(line[2:]))
            self.at += 1

    def headers(self) -> tuple[tuple[str, str], ...]:
        found = []
        while self.line():
            pair = self.take(_HEADER, "a header is 'name: value'")
            value = pair[3] or ""
            found.append((pair[1], str(json.loads(value)) if pair[2] else value.rstrip()))
        self.blanks()
        return tuple(found)

    def json_body(self, kind: re.Match[str]) -> bytes:
        if kind[1] not in LAYOUTS:
            raise self.wrong(f"no layout of JSON: {kind[1]}")
        start = self.at
        while (line := self.line()) is not None and line.strip() and not line.startswith(("### ", "--- ")):
            self.at += 1
        text = "\n".join(self.lines[start : self.at])
        json.loads(text)  # so that a slip of the pen is told here
        return compacted(text, kind[1]).encode()

    def block(self) -> bytes:
        return b"".join(self.each(lambda line: line[:1] in ("|", "\\", '"', "=") and bool(line)))

    def each(self, fits: Callable[[str], bool]) -> Iterable[bytes]:
        while (line := self.line()) is not None and fits(line):
            yield _bytes(line)
            self.at += 1

    def take(self, form: re.Pattern[str], missing: str) -> re.Match[str]:
        found = form.fullmatch(self.line() or "")
        if found is None:
            raise self.wrong(missing)
        self.at += 1
        return found

    def blanks(self) -> None:
        while self.line() == "":
            self.at += 1
