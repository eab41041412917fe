"""Secrets stay out of cassettes, and a replay does not need them."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import franca
from franca.io.fake import FakeTransport
from franca.testing import Cassette
from franca.testing.scrub import Scrubber
from franca.wire.http import Request

KEY = "sk-proj-Abc123def456GHI789"
PLAIN = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}


def test_nothing_secret_is_in_the_file(tmp_path: Path) -> None:
    """Keys in headers, queries, user info, bodies and errors; cookies; organisations; also half of a chunk each."""
    path = tmp_path / "x.http"
    organisation, session = "org-A1b2C3d4E5f6G7h8I9", "s3ss10n-of-mine"
    event = f'data: {{"choices":[{{"delta":{{"content":"your key is {KEY}"}}}}]}}\n\n'.encode()
    cut = event.index(KEY.encode()) + 5
    answers = FakeTransport(
        [
            FakeTransport.answer(
                {"id": "x", "user_id": "user_2aBcD3", "error": {"message": f"{KEY} of {organisation} is at its limit"}},
                status=429,
                headers={"set-cookie": f"sid={session}; Path=/", "openai-organization": "acme-corp-internal"},
            ),
            FakeTransport.answer(blocks=[event[:cut], event[cut:], b"data: [DONE]\n\n"]),
            franca.ConnectionLost(f"cannot reach http://a.test/?key={KEY}"),
        ]
    )
    headers = (
        ("Authorization", f"Bearer {KEY}"),
        ("Cookie", f"sid={session}; theme=dark-and-long"),
        ("X-Trace", f"of {KEY}"),
        ("OpenAI-Project", "proj-of-mine-1"),
        ("Proxy-Authorization", "Basic " + base64.b64encode(b"someone:hunter2!").decode()),
    )
    url = f"https://user:pw@a.test/v1/x?key={KEY}&api-version=1&sig=ab%2Bc"
    with Cassette(path, through=answers) as cassette:
        for number in range(3):
            body = f'{{"n":{number},"text":"{KEY} hunter2! acme-corp-internal"}}'.encode()
            try:
                reply = cassette.send(Request("POST", url, headers, body))
                while reply.read_some():
                    pass
            except franca.ConnectionLost:
                pass
    text = path.read_text()
    for secret in (KEY, KEY[5:], session, organisation, "hunter2", "user:pw", "ab%2Bc", "user_2aBcD3", "acme-corp",
                   "proj-of-mine", "dark-and-long", headers[-1][1][6:]):  # fmt: skip
        assert secret not in text, secret
    assert "api-version=1" in text
    assert "your key is ***" in text
    assert text.count("Authorization: ***") == 6

    cassette = Cassette(path, "none")
    other = (("Authorization", "Bearer sk-another-0123456789"),)
    body = b'{"n":1,"text":"sk-another-0123456789 *** ***"}'
    reply = cassette.send(Request("POST", "https://a.test/v1/x?key=mine&api-version=1&sig=x", other, body))
    assert [reply.read_some() for _ in range(4)][1:] == [b"\n\n", b"data: [DONE]\n\n", b""]


@pytest.mark.parametrize(
    "text",
    [
        '{"owned_by":"ollama","id":"hf-internal-testing/tiny","tools":[{"password":{"type":"string"}}]}',
        "basic functionality of a bearer of authorization",
        "https://a.test/x?api-version=2024-10-21&model=gpt-4o",
        "the org-chart of project user-friendly sk-learn",
        "x-ratelimit-limit-project-tokens: 100000",
        "data: [DONE]",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    """Names of models, headers of limits, prose."""
    scrubber = Scrubber()
    scrubber.learn([("Authorization", "Bearer ollama"), ("api-key", "none"), ("x-ratelimit-limit-project-tokens", "1")])
    assert scrubber.text(text) == text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Bearer abcdef0123456789abcdef", "Bearer ***"),
        ("gsk_0123456789abcdef", "***"),
        ("Incorrect API key provided: sk-ab***********cd.", "Incorrect API key provided: ***."),
        ("AIzaSyA0123456789abcdefghijklmnop", "***"),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc-_1", "***"),
        ('{"access_token" : "x\\"y", "b": 1}', '{"access_token" : "***", "b": 1}'),
        ("see http://me:pass@host/x", "see http://host/x"),
        ("GET /x?subscription-key=1&a=2", "GET /x?subscription-key=***&a=2"),
    ],
)
def test_what_looks_like_a_secret_goes(text: str, clean: str) -> None:
    """Also when nobody said that it is one; doing it twice changes nothing."""
    scrubber = Scrubber()
    assert scrubber.text(text) == clean
    assert scrubber.text(clean) == clean


def test_the_users_own_scrubbing(tmp_path: Path) -> None:
    """Applied to bodies, headers, URLs and to coming requests, after ours."""
    path = tmp_path / "x.http"

    def scrub(text: str) -> str:
        return text.replace("Anna", "NAME")

    with Cassette(path, through=FakeTransport([PLAIN]), scrub=scrub) as cassette:
        franca.Client("http://a.test/Anna", transport=cassette, model="m", headers={"X-For": "Anna"}).chat("I am Anna")
    assert "Anna" not in path.read_text()
    assert path.read_text().count("NAME") == 3
    client = franca.Client("http://a.test/Anna", transport=Cassette(path, "none", scrub=scrub), model="m")
    assert client.chat("I am Anna").content == "Hi"


@given(
    data=st.lists(
        st.sampled_from([b"a", b"\n", b"SECRET-0", b"\xff", b"SEC", b"RET-0", b"\r\n", b"data: x"]), max_size=12
    ),
    cuts=st.lists(st.integers(0, 60), max_size=5),
)
def test_chunks_after_scrubbing(data: list[bytes], cuts: list[int]) -> None:
    """Joined, they are the scrubbed whole; where nothing was scrubbed the borders stay."""
    whole = b"".join(data)
    ends = sorted({min(cut, len(whole)) for cut in cuts} | {len(whole)})
    chunks = [(float(n), whole[start:end]) for n, (start, end) in enumerate(zip([0, *ends], ends, strict=False))]
    scrubber = Scrubber()
    scrubber.learn([("api-key", "SECRET-0")])
    clean: list[Any] = scrubber.chunks(chunks)
    assert b"".join(piece for _, piece in clean) == whole.replace(b"SECRET-0", b"***") == scrubber.body(whole)
    assert [at for at, _ in clean] == [at for at, _ in chunks]
    if b"SECRET-0" not in whole:
        assert clean == chunks
