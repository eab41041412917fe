"""Forms: the model is found and replaced, byte for byte; whatever could be read in two ways is refused."""

from __future__ import annotations

import io
import tracemalloc
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.gateway.multipart import read_form, with_model
from franca.gateway.problem import Problem

TYPE = "multipart/form-data; boundary=xyz"


def form(*parts: bytes, end: bytes = b"--xyz--\r\n") -> bytes:
    """A body of whole parts, each with head and content."""
    return b"".join(b"--xyz\r\n" + part + b"\r\n" for part in parts) + end


def field(name: str, value: str, more: str = "") -> bytes:
    """One field."""
    return f'Content-Disposition: form-data; name="{name}"{more}\r\n\r\n{value}'.encode()


def fields_of(body: bytes, content_type: str) -> dict[str, bytes]:
    """The fields as an independent reader finds them."""
    message: Message = BytesParser(policy=HTTP).parsebytes(
        b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body
    )
    found = {}
    for part in message.get_payload():  # type: ignore[union-attr]
        payload: Any = part.get_payload(decode=True)  # type: ignore[union-attr]
        found[part.get_param("name", header="content-disposition")] = payload  # type: ignore[union-attr]
    return found


@pytest.mark.parametrize("model", ["whisper-1", "openai/whisper-1", "modèle", ""])
def test_forms_of_a_real_client(model: str) -> None:
    """The form that httpx makes is understood, and with another model it says the same but for that."""
    audio = bytes(range(256)) * 40 + b"\r\n--almost\r\n"
    request = httpx.Request(
        "POST", "http://localhost/v1/audio/transcriptions",
        data={"model": model, "stream": "true", "language": "en"},
        files={"file": ('a "b".wav', io.BytesIO(audio), "audio/wav")},
    )  # fmt: skip
    body, content_type = request.read(), request.headers["content-type"]
    found = read_form(body, content_type.encode())
    assert (found.model, found.stream) == (model, True)
    changed = with_model(found, "gpt-4o-transcribe")
    before, after = fields_of(body, content_type), fields_of(changed, content_type)
    assert after.pop("model").rstrip(b"\r\n") == b"gpt-4o-transcribe"
    assert after["file"] == audio
    before.pop("model")
    assert after == before
    assert read_form(changed, content_type).model == "gpt-4o-transcribe"
    assert with_model(found, model) == body


def test_a_form_without_a_model_is_given_one() -> None:
    """Where no model is named, the field is put first."""
    body = form(field("file", "abc", '; filename="a.mp3"'))
    found = read_form(body, TYPE)
    assert found.model == ""
    changed = with_model(found, "m")
    assert changed.endswith(body)
    assert read_form(changed, TYPE).model == "m"


def test_a_quoted_boundary() -> None:
    """A boundary may be quoted, and other parameters and headers may stand beside."""
    body = form(field("model", "m") + b"", field("stream", "false"))
    found = read_form(body, 'Multipart/Form-Data; charset=utf-8; boundary="xyz"')
    assert (found.model, found.stream) == ("m", False)
    part = b"content-type: text/plain\r\nCONTENT-DISPOSITION: form-data; NAME=model\r\n\r\nm2"
    assert read_form(form(part), TYPE).model == "m2"


MODEL = field("model", "m")
FILE = field("file", "abc", '; filename="a.mp3"')


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "begin"),
        (b"junk" + form(MODEL), "begin"),
        (form(MODEL, end=b""), "no end"),
        (form(MODEL, end=b"--xyz"), "alone"),
        (form(MODEL, MODEL), "twice"),
        (form(field("model", "m", '; filename="m"')), "file"),
        (form(MODEL) + form(field("model", "other")), "end of the form"),
        (form(field("model", "x" * 600)), "longer"),
        (form(b'Content-Disposition: form-data; name="model"\r\n\r\n\xff'), "UTF-8"),
        (form(field("model", "a\r\nb")), "no text"),
        (form(field("model", "a\nb")), "no text"),
        (form(FILE[:-3] + b"\n--xyz\nContent-Disposition: form-data; name=model\n\nother"), "line"),
        (form(b'Content-Disposition: form-data; name="x"; name="model"\r\n\r\nm'), "one plain name"),
        (form(b"Content-Disposition: form-data; name=\"x\"; name*=utf-8''model\r\n\r\nm"), "plain name"),
        (form(b'Content-Disposition: form-data; name="mod\\el"\r\n\r\nm'), "plain name"),
        (form(b'Content-Disposition: form-data;\r\n name="model"\r\n\r\nm'), "malformed"),
        (
            form(b'Content-Disposition: form-data; name="x"\nContent-Disposition: form-data; name="model"\r\n\r\nm'),
            "mal",
        ),
        (form(MODEL.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n")), "transfer"),
        (form(b"Content-Disposition: attachment; name=model\r\n\r\nm"), "form-data"),
        (form(b"X: y\r\n\r\nm"), "form-data"),
        (form(b"\r\nm"), "malformed"),
        (form(b"no head at all"), "head"),
        (form(b"X: " + b"y" * 9000 + b"\r\n" + MODEL), "head"),
        (form(b'Content-Disposition: form-data; name="model\r\n\r\nm'), "closed"),
        (form(b'Content-Disposition: form-data; name="model" x\r\n\r\nm'), "malformed"),
        (form(MODEL).replace(b"--xyz\r\n", b"--xyz junk\r\n", 1), "alone"),
        (form(*[FILE.replace(b"file", b"f%d" % at) for at in range(300)]), "parts"),
        (form(MODEL.replace(b"form-data;", b"form-data; name=model\r\nContent-Disposition: form-data;")), "two"),
    ],
)
def test_hostile_forms(body: bytes, word: str) -> None:
    """What is broken, or what two readers could read in two ways, is a 400 that says what is wrong."""
    with pytest.raises(Problem) as raised:
        read_form(body, TYPE)
    assert raised.value.status == 400
    assert word in raised.value.message


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (None, 415),
        ("", 415),
        (b"application/json", 415),
        ("multipart/mixed; boundary=xyz", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=a; boundary=xyz", 400),
        ('multipart/form-data; boundary="' + "x" * 300 + '"', 400),
        ('multipart/form-data; boundary="a\nb"', 400),
        ("multipart/form-data; boundary=xyz; =", 400),
    ],
)
def test_other_content_types(content_type: Any, status: int) -> None:
    """A body that is no form, or whose boundary is none, is refused."""
    with pytest.raises(Problem) as raised:
        read_form(form(MODEL), content_type)
    assert raised.value.status == status


@pytest.mark.parametrize("model", ["a\r\nb", "a--xyz", "\x00"])
def test_names_that_no_form_can_hold(model: str) -> None:
    """A model that would break the form is refused and not written."""
    with pytest.raises(Problem):
        with_model(read_form(form(MODEL), TYPE), model)


PIECES = st.sampled_from([
    b"--xyz", b"--xyz--", b"\r\n", b"\n", b"\r\n\r\n", b"--xyz\r\n", MODEL, FILE,
    b'Content-Disposition: form-data; name="', b'model"',
    b";", b"=", b"\\", b'"', b"name*", b"\x00", b"\xff", b"X: y\r\n", b"m", b"--",
])  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=5)), max_size=14).map(b"".join), st.booleans())
def test_any_bytes(data: bytes, framed: bool) -> None:
    """Whatever comes is a form or a Problem; and of a form the replaced model is the one that is read again."""
    body = b"--xyz\r\n" + data + b"\r\n--xyz--\r\n" if framed else data
    try:
        found = read_form(body, TYPE)
    except Problem:
        return
    changed = with_model(found, "other-model")
    again = read_form(changed, TYPE)
    assert (again.model, again.stream) == ("other-model", found.stream)
    if found.start >= 0:
        assert changed == body[: found.start] + b"other-model" + body[found.end :]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='multipart/form-data; boundary="=\\xyz, ', max_size=60))
def test_any_content_type(text: str) -> None:
    """No content type is an error other than a Problem."""
    seen = set()
    for value in (text, "multipart/form-data;" + text):
        try:
            read_form(form(MODEL), value)
        except Problem as problem:
            seen.add(problem.status)
    assert seen <= {400, 415}


def test_a_large_file_is_copied_once() -> None:
    """Reading copies nothing of a file, and replacing takes the memory of one body."""
    body = form(b'Content-Disposition: form-data; name="file"; filename="f"\r\n\r\n' + b"-" * 8_000_000, MODEL)
    tracemalloc.start()
    try:
        found = read_form(body, TYPE)
        _, reading = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        changed = with_model(found, "other")
        _, replacing = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(changed) == len(body) + 4
    assert reading < 100_000
    assert replacing < len(body) + 200_000
