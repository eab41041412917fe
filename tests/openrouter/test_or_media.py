"""Ranking, images, speech and transcription: requests as they travel, answers, and what is no answer."""

from __future__ import annotations

import base64
import logging
from pathlib import Path

import msgspec
import pytest

from franca import errors, observe
from franca.flow.openrouter import media
from franca.wire.openrouter.media import Images, Ranking, Speech, Transcription

from .played import Stage

WAV = b"RIFF\x24\x00\x00\x00WAVEfmt "
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
DOCUMENTS = ["a dog", "a good cat", "nothing"]


def sent(sim):
    return sim.requests[-1].body


def body_of(stage):
    return msgspec.json.decode(stage.sent[-1].body)


# ---- over sockets, with both clients --------------------------------------------------------------


def test_rerank(sim, router):
    """The best first, each with its place in the list that was given."""
    found = router.call("rerank", "good cat", DOCUMENTS, model="east/reranker", top_n=2, user="u")
    assert isinstance(found, Ranking)
    assert (found.indexes[0], len(found.results), found.results[0].text) == (1, 2, "a good cat")
    assert found.cost == found.usage.cost > 0
    assert found.metrics.tries == 1
    assert list(sent(sim)) == ["model", "top_n", "user", "query", "documents"]


def test_images(sim, router):
    found = router.call("images", "A red square", model="east/painter", output_format="png", n=2)
    assert isinstance(found, Images)
    assert [image.media_type for image in found.images] == ["image/png"] * len(found.images)
    assert found.image.content.startswith(b"\x89PNG")
    assert sent(sim) == {"model": "east/painter", "output_format": "png", "n": 2, "prompt": "A red square"}


def test_speech(sim, router):
    """Bytes, with their type; and what it was can be asked for."""
    found = router.call("speech", "Hello there", model="east/voice", voice="alto", response_format="pcm")
    assert isinstance(found, Speech)
    assert found.media_type.startswith("audio/")
    assert len(found.content) == len(found) > 1000
    assert found.told.metrics.tries == 1
    assert sim.requests[-1].headers["accept"] == "audio/*, application/json"
    assert router.call("generation", found.generation_id).api_type == "tts"


def test_the_callers_own_accept_stays(sim, router):
    router.call("speech", "Hi", model="east/voice", voice="alto", headers={"accept": "audio/mpeg"})
    assert sim.requests[-1].headers["accept"] == "audio/mpeg"


def test_transcription(sim, router, tmp_path):
    """Bytes, a file, or a URL; the format is found out."""
    file = tmp_path / "no-ending"
    file.write_bytes(WAV)
    for audio in (WAV, bytearray(WAV), file):
        found = router.call("transcriptions", audio, model="east/scribe", language="en")
        assert isinstance(found, Transcription)
        assert found.text
        assert sent(sim)["input_audio"] == {"data": base64.b64encode(WAV).decode(), "format": "wav"}
    router.call("transcriptions", "https://example.com/a.mp3", model="east/scribe")
    assert sent(sim)["input_audio"] == {"url": "https://example.com/a.mp3"}


def test_the_clients_model_is_the_model_of_calls_that_name_none(both, url, sim):
    made = both(base_url=url, model="east/reranker")
    made.call("rerank", "cat", DOCUMENTS)
    assert sent(sim)["model"] == "east/reranker"


def test_errors_keep_their_kind(router):
    with pytest.raises(errors.BadRequest, match="voice"):
        router.call("speech", "Hi", model="east/voice", voice="no such voice")
    with pytest.raises(errors.BadUsage, match="no model given"):
        router.call("rerank", "cat", DOCUMENTS)


def test_logs_show_no_audio(both, url, caplog):
    """A log of whole bodies has the fields of the request, not its recording."""
    caplog.set_level(logging.DEBUG)
    made = both(base_url=url, hooks=observe.logging_hooks(bodies=True))
    made.call("transcriptions", WAV, model="east/scribe", language="en")
    made.call("images", "x", model="east/painter")
    made.call("speech", "x", model="east/voice", voice="alto")
    made.call("rerank", "cat", DOCUMENTS, model="east/reranker")
    made.call("generation", made.call("chat", "x", model="author/echo").generation_id)
    assert base64.b64encode(WAV).decode() not in str([vars(record) for record in caplog.records])
    assert "east/scribe" in caplog.text
    assert "ignored" not in caplog.text  # what is reported of a hook that failed


# ---- requests -------------------------------------------------------------------------------------


def test_what_has_no_name_goes_through_extra(sim, router):
    """And never over a named field."""
    router.call("rerank", "cat", DOCUMENTS, model="east/reranker", extra={"instruct": "x", "query": "other"})
    assert (sent(sim)["instruct"], sent(sim)["query"]) == ("x", "cat")


def test_images_to_start_from():
    """URLs, bytes and files become parts; parts go as they are."""
    stage = Stage(model="m")
    part = {"type": "image_url", "image_url": {"url": "https://example.com/b.png"}}
    given = ["https://example.com/a.png", PNG, part]
    stage.play(media.images(stage.session, "x", None, None, {"input_references": given}), {"data": []})
    first, second, third = body_of(stage)["input_references"]
    assert first == {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    assert second["image_url"]["url"] == "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert third == part


def test_speech_in_turns():
    stage = Stage(model="m")
    turns = [{"text": "Hi.", "voice": "alto"}, {"text": "Hello."}]
    audio = (b"\x00\x01", 200, {"content-type": "audio/pcm"})
    found = stage.play(media.speech(stage.session, turns, None, None, {"voice": None, "speed": 1.5}), audio)
    assert body_of(stage) == {"model": "m", "speed": 1.5, "input": turns}
    assert found.content == b"\x00\x01"


def test_the_format_of_audio_may_be_said():
    stage = Stage(model="m")
    for audio, source in (
        ("https://example.com/x", {"url": "https://example.com/x", "format": "mp3"}),
        ({"data": "AAAA"}, {"data": "AAAA", "format": "mp3"}),
        (b"??", {"data": "Pz8=", "format": "mp3"}),
    ):
        stage.play(media.transcriptions(stage.session, audio, "mp3", None, None, {}), {"text": ""})
        assert body_of(stage)["input_audio"] == source
    stage.play(media.transcriptions(stage.session, {"data": "A", "format": "x"}, None, None, None, {}), {"text": "t"})
    assert body_of(stage)["input_audio"] == {"data": "A", "format": "x"}


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda s: media.rerank(s, "", ["a"], None, None, {}), "rerank takes a query"),
        (lambda s: media.rerank(s, "q", [], None, None, {}), "documents is a list of texts"),
        (lambda s: media.rerank(s, "q", "text", None, None, {}), "documents is a list of texts"),
        (lambda s: media.rerank(s, "q", ["a", 5], None, None, {}), "documents[1] is a text or a dict"),
        (lambda s: media.rerank(s, "q", ["a"], None, None, {"topn": 1}), "'topn'; did you mean 'top_n'?"),
        (lambda s: media.rerank(s, "q", ["a"], None, None, {"zzz": 1}), "unknown parameter 'zzz'. Other fields"),
        (lambda s: media.rerank(s, "q", ["a"], None, [], {}), "extra is a dict"),
        (lambda s: media.images(s, "", None, None, {}), "images takes a prompt"),
        (lambda s: media.images(s, "x", None, None, {"input_references": "https://a"}), "is a list of images"),
        (lambda s: media.images(s, "x", None, {"stream": True}, {}), "stream is not for this call"),
        (lambda s: media.speech(s, "", None, None, {}), "speech takes a text"),
        (lambda s: media.speech(s, ["x"], None, None, {}), "speech takes a text"),
        (lambda s: media.transcriptions(s, "recording.wav", None, None, None, {}), "for a file pass pathlib.Path"),
        (lambda s: media.transcriptions(s, 5, None, None, None, {}), "audio is bytes, a pathlib.Path or a URL"),
        (lambda s: media.transcriptions(s, b"", None, None, None, {}), "the data is empty"),
        (lambda s: media.transcriptions(s, b"??", None, None, None, {}), "no audio known here"),
        (lambda s: media.transcriptions(s, Path("/no/such"), None, None, None, {}), "cannot read"),
    ],
)  # fmt: skip
def test_wrong_requests(make, text):
    """Told before anything is sent."""
    stage = Stage(model="m")
    with pytest.raises(errors.BadUsage) as caught:
        stage.play(make(stage.session))
    assert text in caught.value.message
    assert stage.sent == []


# ---- answers that are none ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flow", "body", "text"),
    [
        (lambda s: media.rerank(s, "q", ["a"], None, None, {}), {"results": None}, "holds no `results`"),
        (lambda s: media.rerank(s, "q", ["a"], None, None, {}), [], "no JSON object"),
        (lambda s: media.images(s, "q", None, None, {}), {"created": 1}, "holds no `data`"),
        (lambda s: media.transcriptions(s, WAV, None, None, None, {}), {"text": None}, "holds no `text`"),
        (lambda s: media.speech(s, "x", None, None, {}), {"audio": "AAAA"}, "is no audio but application/json"),
    ],
)
def test_a_200_without_the_answer_is_an_error(flow, body, text):
    stage = Stage(model="m")
    with pytest.raises(errors.ProtocolError, match=text) as caught:
        stage.play(flow(stage.session), (body, 200, {"x-request-id": "r"}))
    assert (caught.value.model, caught.value.request_id) == ("m", "r")


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("audio/mpeg", b"", "audio/mpeg: an empty body"),
        ("text/html; charset=utf-8", b"<html>", "is no audio but text/html: <html>"),
        ("", b"", "of no content type"),
    ],
)
def test_what_is_no_sound(kind, content, text):
    stage = Stage(model="m")
    with pytest.raises(errors.ProtocolError, match=text):
        stage.play(media.speech(stage.session, "x", None, None, {}), (content, 200, {"content-type": kind}))


@pytest.mark.parametrize("kind", ["application/json", "application/problem+json; charset=utf-8"])
def test_an_error_instead_of_sound_is_that_error(kind):
    stage = Stage(model="m")
    answer = ({"error": {"code": 402, "message": "no money"}}, 200, {"content-type": kind})
    with pytest.raises(errors.OutOfCredits, match="no money"):
        stage.play(media.speech(stage.session, "x", None, None, {}), answer)
