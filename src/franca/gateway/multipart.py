"""The model in a form with files: where it stands in a multipart/form-data body, and the body with another one there.

Nothing is decoded and only the heads of parts are looked at. What two readers could understand in two ways is refused,
so that no server takes another model from a form than the one that was authorised here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from .problem import Problem

__all__ = ["Form", "read_form", "with_model"]

_MOST_PARTS = 256
_MOST_HEAD = 8192
_MOST_VALUE = 512
_MOST_BOUNDARY = 200
_QUOTED = re.compile(r'(?:[^"\\]++|\\.)*+"', re.DOTALL)
_TRUE = frozenset({"true", "1", "yes", "on"})


class Form(Struct, frozen=True):
    """A body, and what was found in it.

    model   the value of the field `model`; "" when it is not there
    stream  whether the field `stream` says yes
    """

    body: bytes
    boundary: bytes
    model: str = ""
    stream: bool = False
    start: int = -1
    """Where the value stands in the body; -1 when the field is not there."""
    end: int = -1

    def __repr__(self) -> str:
        return f"Form(model={self.model!r}, {len(self.body)} bytes)"


def read_form(body: bytes, content_type: str | bytes | None) -> Form:
    """Find the fields in a body of this content type. Raises Problem 400, 415 when it is no multipart/form-data."""
    boundary = _boundary(content_type)
    model, stream, place = "", False, (-1, -1)
    seen: set[str] = set()
    for name, is_file, start, end in _parts(body, boundary):
        if name not in ("model", "stream"):
            continue
        if name in seen:
            raise _bad(f"the field {name!r} stands in the form twice")
        seen.add(name)
        if is_file:
            raise _bad(f"the field {name!r} is a file; it must be a text")
        value = _text(name, body, start, end)
        if name == "model":
            model, place = value, (start, end)
        else:
            stream = value.strip().lower() in _TRUE
    return Form(body, boundary, model, stream, *place)


def with_model(form: Form, model: str) -> bytes:
    """The body with this model in its form. Raises Problem 400 for a name that no form can hold."""
    value = model.encode("utf-8", "replace")
    if not model.isprintable() or form.boundary in value:
        raise _bad("the name of the model holds characters that a form cannot")
    if model == form.model and form.start >= 0:
        return form.body
    view = memoryview(form.body)  # its slices copy nothing; the join copies each byte once
    if form.start < 0:
        head = b'--%s\r\nContent-Disposition: form-data; name="model"\r\n\r\n%s\r\n' % (form.boundary, value)
        return b"".join((head, view))
    return b"".join((view[: form.start], value, view[form.end :]))


def _boundary(content_type: str | bytes | None) -> bytes:
    """What stands between the parts."""
    text = content_type.decode("latin-1") if isinstance(content_type, bytes) else content_type or ""
    kind, _, rest = text.partition(";")
    if kind.strip().lower() != "multipart/form-data":
        raise Problem(415, "this endpoint takes a form: multipart/form-data", "content_type")
    found = [value for name, value in _parameters(rest) if name == "boundary"]
    if len(found) != 1:
        raise _bad("the content-type must have one boundary")
    boundary = found[0]
    if not 0 < len(boundary) <= _MOST_BOUNDARY or not boundary.isascii() or not boundary.isprintable():
        raise _bad("the boundary in the content-type is none that a form can have")
    return boundary.encode()


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, bool, int, int]]:
    """Each part: its name, whether it is a file, and where its content stands. The boundary may occur nowhere else."""
    mark = b"--" + boundary
    at = body.find(mark)
    if at != 0 and body[:at] != b"\r\n":
        raise _bad("the form does not begin with its boundary")
    for _ in range(_MOST_PARTS + 1):
        after = at + len(mark)
        following = body.find(mark, after)
        if body[after : after + 2] == b"--":
            if following >= 0:
                raise _bad("something follows the end of the form")
            return
        if body[after : after + 2] != b"\r\n":
            raise _bad("a boundary does not stand alone in its line")
        if following < 0:
            raise _bad("the form has no end: its last boundary is missing")
        if body[following - 2 : following] != b"\r\n" or following - 2 < after + 2:
            raise _bad("a boundary does not begin its line")
        start = body.find(b"\r\n\r\n", after, min(after + _MOST_HEAD, following)) + 4
        if start < 4 or start > following - 2:
            raise _bad(f"a part has no head that ends within {_MOST_HEAD} bytes")
        name, is_file = _disposition(body[after + 2 : start - 4])
        yield name, is_file, start, following - 2
        at = following
    raise _bad(f"the form has more than {_MOST_PARTS} parts")


def _disposition(head: bytes) -> tuple[str, bool]:
    """The name of a part and whether it is a file."""
    found = None
    for line in head.decode("latin-1").split("\r\n"):
        field, colon, value = line.partition(":")
        if not colon or field != field.strip() or "\n" in line or "\r" in line or "\0" in line:
            raise _bad("the head of a part is malformed")
        field = field.lower()
        if field == "content-transfer-encoding" and value.strip().lower() not in ("binary", "8bit", "7bit"):
            raise _bad("a content-transfer-encoding is not taken in forms")
        if field == "content-disposition":
            if found is not None:
                raise _bad("a part has two content-dispositions")
            found = value
    kind, _, rest = (found or "").partition(";")
    if kind.strip().lower() != "form-data":
        raise _bad("a part has no content-disposition form-data")
    names = []
    is_file = False
    for name, value in _parameters(rest):
        if name == "name":
            names.append(value)
        elif name == "filename" or name.startswith("filename*"):
            is_file = True
        elif name.startswith("name"):
            raise _bad(f"a part has a {name!r}; only a plain name is taken")
    if len(names) != 1 or "\\" in names[0]:
        raise _bad("a part must have one plain name")
    return names[0], is_file


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    """The parameters of a header, `name=value` or `name="value"` with a semicolon before the next; names in lower case.
    Raises Problem 400 for what is neither."""
    at, size = 0, len(text)
    while at < size:
        equals = text.find("=", at)
        if equals < 0:
            if text[at:].strip(" \t;"):
                raise _bad("a header of the form is malformed")
            return
        name = text[at:equals].strip().lower()
        if not name or ";" in name or '"' in name:
            raise _bad("a header of the form is malformed")
        at = equals + 1
        if text[at : at + 1] == '"':
            end = _closing(text, at + 1)
            value = text[at + 1 : end]
            at = end + 1
            following = text.find(";", at)
            beyond = text[at:] if following < 0 else text[at:following]
            if beyond.strip():
                raise _bad("a header of the form is malformed")
        else:
            following = text.find(";", at)
            value = (text[at:] if following < 0 else text[at:following]).strip()
            if '"' in value or ("=" in value and name != "boundary"):
                raise _bad("a header of the form is malformed")
        yield name, value
        at = size if following < 0 else following + 1


def _closing(text: str, at: int) -> int:
    """Where the quote closes; a backslash hides the character after it."""
    found = _QUOTED.match(text, at)
    if found is None:
        raise _bad("a quote in the head of the form is not closed")
    return found.end() - 1


def _text(name: str, body: bytes, start: int, end: int) -> str:
    if end - start > _MOST_VALUE:
        raise _bad(f"the field {name!r} is longer than {_MOST_VALUE} bytes")
    try:
        text = body[start:end].decode()
    except UnicodeDecodeError:
        raise _bad(f"the field {name!r} is no UTF-8") from None
    if not text.isprintable():
        raise _bad(f"the field {name!r} holds characters that are no text")
    return text


def _bad(what: str) -> Problem:
    return Problem(400, f"the body is no form that can be read: {what}", "bad_form")
