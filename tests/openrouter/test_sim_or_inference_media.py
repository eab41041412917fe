"""What the simulated OpenRouter answers beside chats: prompts, vectors, ranks, images, speech, transcriptions."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest

from .sim_or_account_caller import Answer
from .sim_or_inference_asker import Asker, events_of

BOUNDARY = "----franca"
WAV = b"RIFF" + bytes(31_996)


# ---- prompts and vectors ---------------------------------------------------------------------------------------------


def test_prompts(or_: Asker) -> None:
    """As old clients send them: several, echoed, as tokens, streamed."""

    def post(**fields: Any) -> Any:
        return or_(
            "/completions", {"model": "author/echo", "prompt": "a b c", **fields}, x_openrouter_metadata="enabled"
        )

    body = post().body
    assert (body["choices"][0]["text"], body["provider"], body["usage"]["cost"]) == ("a b c", "Simulated", 9e-6)
    assert body["openrouter_metadata"]["attempt"] == 1
    assert [one["text"] for one in post(prompt=["a", "b"], n=2, echo=True).body["choices"]] == ["aa", "aa", "bb", "bb"]
    assert post(prompt=[1, 2]).body["choices"][0]["text"] == "1 2"
    assert post(prompt=[]).status == 200
    assert post(prompt=5).status == 400
    assert post(logprobs=1).body["choices"][0]["logprobs"]
    assert post(model="author/reason").body["choices"][0]["reasoning"]
    assert post(model="author/embed").body["error"]["availability"]["code"] == "wrong_endpoint"
    for fault in ("choice-502", "choices-502", "midstream-502"):
        assert post(model=f"author/{fault}").body["choices"][0]["error"]["code"] == 502
    assert post(model="author/no-choices").body["choices"] == []
    assert post(model="author/blank").body["usage"]["cost"] == 0


def test_streamed_prompts(or_: Asker) -> None:
    """Usage in the end, as in chats."""

    def events(model: str, **headers: str) -> list[Any]:
        return events_of(or_("/completions", {"model": model, "prompt": "a b c d", "stream": True}, **headers))

    whole = events("author/echo")
    assert whole[-1] == "[DONE]"
    assert "".join(one["text"] for event in whole[:-1] for one in event["choices"]) == "a b c d"
    assert whole[-2]["usage"]["total_tokens"] == 8
    broken = events("author/midstream-502")
    assert broken[-1]["error"]["code"] == 502
    assert "".join(one["text"] for event in broken for one in event["choices"]) == "a b"
    assert events("author/choice-502")[-3]["choices"][0]["error"]["code"] == 502
    assert [event["choices"] for event in events("author/no-choices")[:-1]] == [[]]


def test_vectors(or_: Asker) -> None:
    """Of texts, tokens and contents; as numbers and as base64; paid by the endpoint's price."""

    def post(**fields: Any) -> Any:
        return or_("/embeddings", {"model": "south/vectors", "input": "a b", "dimensions": 4, **fields})

    body = post().body
    assert (body["provider"], body["usage"]["prompt_tokens"]) == ("Beta Cloud", 2)
    assert body["usage"]["cost"] == pytest.approx(4e-8)
    assert len(body["data"][0]["embedding"]) == 4
    parts = [{"content": [{"type": "text", "text": "a b"}]}]
    assert post(input=parts).body["data"] == body["data"]
    assert len(b64decode(post(encoding_format="base64").body["data"][0]["embedding"])) == 16
    assert post(input=[{}]).status == 400
    assert post(input=[{"content": [{}]}]).status == 400
    assert post(model="author/echo").body["error"]["availability"]["code"] == "wrong_endpoint"
    assert or_.ask("author/embed").status == 400
    or_(f"/generation?id={body['id']}")
    assert or_(f"/generation?id={body['id']}").data["api_type"] == "embeddings"


# ---- ranks, images, sound --------------------------------------------------------------------------------


def test_ranks(or_: Asker) -> None:
    """By the words of the query; the best ones only, when asked."""
    body = {"model": "east/reranker", "query": "the blue sky", "documents": ["red", "The blue sky", {"text": "a sky"}]}
    answer = or_("/rerank", body)
    told = answer.body
    assert [one["index"] for one in told["results"]] == [1, 2, 0]
    assert told["results"][0] == {"index": 1, "relevance_score": 1.0, "document": {"text": "The blue sky"}}
    assert (told["usage"]["search_units"], told["usage"]["cost"], told["provider"]) == (1, 0.002, "Gamma Edge")
    assert told["id"] == answer.headers["x-generation-id"]
    assert len(or_("/rerank", {**body, "top_n": 1}).body["results"]) == 1
    assert or_("/rerank", {**body, "documents": [{"image": "data:"}]}).body["results"][0]["relevance_score"] == 0
    or_(f"/generation?id={told['id']}")
    assert or_(f"/generation?id={told['id']}").data["api_type"] == "rerank"


def test_images(or_: Asker) -> None:
    """PNG or SVG; as many as asked for; paid by the piece; streamed with an unfinished one before each."""
    body = {"model": "east/painter", "prompt": "a square"}
    told = or_("/images", {**body, "n": 2}).body
    assert [one["media_type"] for one in told["data"]] == ["image/png"] * 2
    assert b64decode(told["data"][0]["b64_json"]).startswith(b"\x89PNG")
    assert told["data"][0] != told["data"][1]
    assert told["usage"]["cost"] == pytest.approx(0.1)
    drawn = or_("/images", {**body, "output_format": "svg"}).body["data"][0]
    assert (drawn["media_type"], b64decode(drawn["b64_json"])[:4]) == ("image/svg+xml", b"<svg")
    events = events_of(or_("/images", {**body, "n": 2, "stream": True}))
    assert [one["type"].partition(".")[2] for one in events[:-1]] == ["partial_image", "completed"] * 2
    assert events[3]["usage"]["cost"] == pytest.approx(0.1)
    assert "usage" not in events[1]


def test_speech(or_: Asker) -> None:
    """Sounds of the form that was asked for; by the character."""
    body = {"model": "east/voice", "input": "Hello there", "voice": "alto"}
    answer = or_("/audio/speech", body)
    assert answer.headers["content-type"] == "audio/pcm;rate=24000;channels=1"
    assert len(answer.raw) == 0.8 * 24_000 * 2
    answer = or_("/audio/speech", {**body, "response_format": "mp3"})
    assert answer.headers["content-type"] == "audio/mpeg"
    assert answer.raw.startswith(b"\xff\xfb")
    id = answer.headers["x-generation-id"]
    or_(f"/generation?id={id}")
    assert or_(f"/generation?id={id}").data["total_cost"] == pytest.approx(11 * 0.000015)
    turns = [{"text": "Hello"}, {"text": "there"}]
    assert or_("/audio/speech", {**body, "input": turns}).raw == or_("/audio/speech", body).raw


def test_transcriptions(or_: Asker) -> None:
    """Of base64, and of a URL that nobody follows; in detail when asked."""
    body = {"model": "east/scribe", "input_audio": {"data": b64encode(WAV).decode(), "format": "wav"}}
    answer = or_("/audio/transcriptions", body)
    assert answer.body == {"text": "[audio wav 32000 bytes]", "usage": {"seconds": 1.0, "cost": 0.000006}}
    assert answer.headers["x-generation-id"].startswith("gen-")
    asked = {"response_format": "verbose_json", "timestamp_granularities": ["word"], "language": "nl"}
    told = or_("/audio/transcriptions", {**body, **asked}).body
    assert (told["task"], told["language"], told["duration"]) == ("transcribe", "nl", 1.0)
    assert told["segments"] == [{"id": 0, "start": 0.0, "end": 1.0, "text": told["text"]}]
    assert [one["word"] for one in told["words"]] == told["text"].split()
    assert "words" not in or_("/audio/transcriptions", {**body, "response_format": "verbose_json"}).body
    linked = {"model": "east/scribe", "input_audio": {"url": "https://example.org/a.wav"}}
    assert or_("/audio/transcriptions", linked).body["text"] == "[audio url 0 bytes]"


def form(or_: Asker, data: bytes, kind: str = f"multipart/form-data; boundary={BOUNDARY}") -> Answer:
    """Send a form."""
    told = {"content-type": kind, "authorization": "Bearer sk-or-v1-test"}
    or_.connection.request("POST", or_.base + "/audio/transcriptions", data, told)
    answer = or_.connection.getresponse()
    return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())


def parts(*fields: tuple[str, bytes, str]) -> bytes:
    """A form of fields: name, content, name of the file or ""."""
    lines = []
    for name, content, file in fields:
        given = f'; filename="{file}"' if file else ""
        lines.append(f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{given}\r\n\r\n'.encode() + content)
    return b"\r\n".join(lines) + f"\r\n--{BOUNDARY}--\r\n".encode()


def test_transcriptions_of_a_form(or_: Asker) -> None:
    """The file's bytes as they are; lists by names that end in []; JSON fields are not looked at."""
    model, file = ("model", b"east/scribe", ""), ("file", WAV + b"\r\n\r\n", "a.mp3")
    assert form(or_, parts(model, file)).body["text"] == "[audio mp3 32004 bytes]"
    assert form(or_, parts(model, file), f'multipart/form-data; boundary="{BOUNDARY}"').status == 200
    lists = ("timestamp_granularities[]", b"word", ""), ("timestamp_granularities[]", b"segment", "")
    more = *lists, ("response_format", b"verbose_json", ""), ("provider", b"{}", "")
    assert "words" in form(or_, parts(model, file, *more)).body
    assert form(or_, parts(model, ("source_url", b"https://example.org/a.wav", ""))).status == 200


@pytest.mark.parametrize(
    ("data", "kind", "word"),
    [
        (b"", "multipart/form-data", "boundary"),
        (b"", f"multipart/form-data; boundary={BOUNDARY}", "cut off"),
        (parts(("model", b"m", ""))[:-6], f"multipart/form-data; boundary={BOUNDARY}", "cut off"),
        (parts(*[("model", b"m", "")] * 80), f"multipart/form-data; boundary={BOUNDARY}", "too many"),
        (f"--{BOUNDARY}\r\n\r\nx\r\n--{BOUNDARY}--".encode(), f"multipart/form-data; boundary={BOUNDARY}", "no name"),
        (parts(("model", b"east/scribe", "")), f"multipart/form-data; boundary={BOUNDARY}", "input_audio"),
        (
            parts(("model", b"east/scribe", ""), ("file", b"", "a.wav")),
            f"multipart/form-data; boundary={BOUNDARY}",
            "empty",
        ),
        (json.dumps([1]).encode(), "application/json", "no JSON object"),
        (b"\xff", "application/json", "no JSON object"),
    ],
)
def test_broken_forms(or_: Asker, data: bytes, kind: str, word: str) -> None:
    """Are refused in words."""
    answer = form(or_, data, kind)
    assert answer.status == 400
    assert word in answer.message


@pytest.mark.parametrize(
    ("path", "fields", "word"),
    [
        ("/rerank", {"query": ""}, "query"),
        ("/rerank", {"documents": []}, "documents"),
        ("/rerank", {"documents": [5]}, "documents"),
        ("/rerank", {"top_n": 0}, "top_n"),
        ("/rerank", {"model": "author/echo"}, "does not serve rerank"),
        ("/rerank", {"model": "nobody/nothing"}, "not a valid model"),
        ("/rerank", {"model": 5}, "model"),
        ("/images", {"model": "east/painter", "prompt": None}, "prompt"),
        ("/images", {"model": "east/painter", "prompt": "x", "n": 11}, "n must"),
        ("/images", {"model": "east/painter", "prompt": "x", "output_format": "jpeg"}, "output_format"),
        ("/audio/speech", {"model": "east/voice", "input": []}, "input"),
        ("/audio/speech", {"model": "east/voice", "input": "x", "voice": "nobody"}, "voice"),
        ("/audio/speech", {"model": "east/voice", "input": "x", "response_format": "wav"}, "response_format"),
        ("/audio/transcriptions", {"model": "east/scribe", "response_format": "srt"}, "response_format"),
        ("/audio/transcriptions", {"model": "east/scribe", "input_audio": {"data": "=", "format": "wav"}}, "base64"),
        ("/audio/transcriptions", {"model": "east/scribe", "input_audio": {"data": "AAAA"}}, "format"),
    ],
)
def test_refused_requests(or_: Asker, path: str, fields: dict[str, Any], word: str) -> None:
    """A 400 that says what was wrong."""
    body = {"model": "east/reranker", "query": "x", "documents": ["x"]} if path == "/rerank" else {}
    answer = or_(path, {**body, **fields})
    assert answer.status == 400
    assert word in answer.message
