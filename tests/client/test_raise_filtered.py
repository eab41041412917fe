"""The option `raise_filtered`: an answer that a content filter ended is an error only for who asks for one."""

from __future__ import annotations

import pytest

import franca
from franca import errors

FILTERED = "scenario:finish-content-filter"


def test_without_it_the_reason_is_told(sim, kind):
    """By itself a filtered answer is an answer, with its finish reason."""
    chat = kind.run(lambda client, how: how.call(client, "chat", "x"), sim.url, model=FILTERED)
    assert chat.finish_reason == "content_filter"


@pytest.mark.parametrize("place", ["client", "call"])
def test_whole(sim, kind, place):
    """Asked for of the client or of a call, it is Flagged, with what was written as `partial`."""
    options = {"raise_filtered": True}
    at_client, at_call = (options, {}) if place == "client" else ({}, options)
    with pytest.raises(errors.Flagged, match="content filter") as caught:
        kind.run(lambda client, how: how.call(client, "chat", "x", **at_call), sim.url, model=FILTERED, **at_client)
    error = caught.value
    assert error.partial.content == "Hello, world"
    assert (error.code, error.retryable, error.request_id) == ("content_filter", False, error.partial.request_id)
    assert error.partial.metrics.tries == 1


def test_streamed(sim, kind):
    """Of a stream every event comes first; the error is raised at its end, and `final` raises it too."""
    seen = []
    with pytest.raises(errors.Flagged) as caught:
        kind.run(
            lambda client, how: how.each(client, seen.append, "chat_stream", "x", raise_filtered=True),
            sim.url,
            model=FILTERED,
        )
    assert "".join(event.content or "" for event in seen) == "Hello, world"
    assert caught.value.partial.content == "Hello, world"


def test_a_good_answer_stays_one(sim):
    """Any other end is none, whole, streamed and embedded; nor is an answer of another kind."""
    client = franca.Client(sim.url, model="echo", raise_filtered=True)
    assert client.chat("hello").content == "hello"
    assert client.chat_stream("hello").finish().content == "hello"
    assert len(client.embeddings("hello", model="embed")) == 1
    assert client.completions("hello").text


def test_a_stream_answered_at_once(sim):
    """A server that answers a stream request with plain JSON is judged as well."""
    from franca.io.fake import FakeTransport

    answer = {
        "model": "m",
        "choices": [{"index": 0, "message": {"content": "Hm"}, "finish_reason": "content_filter"}],
    }
    client = franca.Client("http://sim.example/v1", model="m", transport=FakeTransport([answer]), raise_filtered=True)
    with pytest.raises(errors.Flagged) as caught:
        client.chat_stream("x").finish()
    assert caught.value.partial.content == "Hm"


def test_a_wrong_value():
    """It is a truth, nothing else."""
    with pytest.raises(errors.BadUsage, match="raise_filtered is True or False"):
        franca.Client("http://localhost:1/v1", raise_filtered="yes")
