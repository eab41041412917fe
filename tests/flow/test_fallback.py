"""Calls over several servers: who is asked after whom, with what, and what the answer tells of it."""

from __future__ import annotations

from itertools import takewhile

import msgspec
import pytest

from franca import errors
from franca.flow.catalog import embeddings
from franca.flow.chat import chat, open_chat
from franca.flow.options import Limits
from franca.flow.session import falls_back
from franca.retry import RetryPolicy
from franca.servers import Quirks, server_named

GOOD = {"model": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}}]}
ONCE = Limits(policy=RetryPolicy(retries=0))
SSE = {"content-type": "text/event-stream"}
TOKEN = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
ROLE = b'data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}\n\n'
FAULT = b'data: {"error":{"message":"all down","code":503}}\n\n'


class Body:
    """A reply whose body comes in blocks; an exception among them is raised."""

    status = 200

    def __init__(self, *blocks):
        from franca.wire.headers import Headers

        self.blocks = [*blocks, b""]
        self.headers = Headers(SSE.items())
        self.closed = False

    def close(self):
        self.closed = True


def handed(begun):
    """The events that are there without reading further."""
    return list(takewhile(lambda event: event is not None, begun.events))


@pytest.fixture
def places(make_session):
    """A session with two fallbacks: another model of another server, and a server without a model."""

    def make(**changes):
        first = make_session("http://one/v1", limits=ONCE, **changes)
        second = make_session("http://two/v1", model="other", limits=ONCE, key="sk-second-key")
        third = make_session("http://three/v1", model=None, limits=ONCE)
        first.fallbacks = (second, third)
        return first

    return make


def sent(play):
    return [(request.url.split("/")[2], msgspec.json.decode(request.body)["model"]) for request in play.sent]


def test_the_first_answer_counts(places, play, answer):
    """Nobody else is asked when the first server answers."""
    result = play(chat(places(), "x", None, None, {}), answer(GOOD))
    assert (sent(play), result.tried, result.server) == ([("one", "m")], (), "http://one/v1")


def test_the_next_is_asked_with_its_own_model_and_key(places, play, answer):
    """A fallback has its own model, else the call's; the answer tells who failed, with what, and after how long."""
    script = (2.0, answer({"error": "down"}, status=503)), answer({"error": "no such model"}, status=404), answer(GOOD)
    result = play(chat(places(key="sk-first-key"), "x", "asked", None, {}), *script)
    assert sent(play) == [("one", "asked"), ("two", "other"), ("three", "asked")]
    assert [dict(request.headers).get("Authorization") for request in play.sent] == [
        "Bearer sk-first-key",
        "Bearer sk-second-key",
        None,
    ]
    first, second = result.tried
    assert (first.server, first.model, first.error, first.status, first.message, first.seconds) == (
        "http://one/v1", "asked", "NoProvider", 503, "down", 2.0,
    )  # fmt: skip
    assert (second.server, second.model, second.error) == ("http://two/v1", "other", "NotFound")
    assert str(first) == "http://one/v1 asked: NoProvider 503 after 2.0 s: down"
    assert result.metrics.tries == 3
    assert result.metrics.duration == 2.0


def test_the_last_error_is_told_with_all_before(places, play, answer):
    """When all fail, the last error is raised and names those tried before."""
    faults = [answer({"error": word}, status=500) for word in ("first", "second", "third")]
    with pytest.raises(errors.ServerFault, match="third") as caught:
        play(chat(places(), "x", None, None, {}), *faults)
    assert [one.message for one in caught.value.tried] == ["first", "second"]


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_wrong_request_is_wrong_everywhere(places, play, answer, status):
    """Only the first server is asked."""
    with pytest.raises(errors.BadRequest):
        play(chat(places(), "x", None, None, {}), answer({"error": "wrong"}, status=status))
    assert len(play.sent) == 1


def test_which_errors_fall_back():
    """Errors of the server and the network do; those of the request do not."""
    assert falls_back(errors.ConnectFailed("x"))
    assert falls_back(errors.RateLimited("x"))
    assert falls_back(errors.StreamBroken("x"))
    assert not falls_back(errors.BadRequest("x"))
    assert not falls_back(errors.Flagged("x"))
    assert not falls_back(errors.OutputInvalid("x"))


def test_the_caller_may_say_which(places, play, answer):
    """`fallback_on` takes the place of the built-in rule."""
    session = places()
    session.falls = lambda error: isinstance(error, errors.BadRequest)
    result = play(chat(session, "x", None, None, {}), answer({"error": "too long"}, status=400), answer(GOOD))
    assert [one.error for one in result.tried] == ["BadRequest"]
    with pytest.raises(errors.ServerFault):
        play(chat(session, "x", None, None, {}), answer({"error": "down"}, status=500))


def test_a_missing_key_is_a_matter_of_one_server(make_session, play, answer):
    """A server whose key is not set is passed over; any other misuse is raised at once."""
    first = make_session("groq", limits=ONCE)
    first.fallbacks = (make_session("http://two/v1", limits=ONCE),)
    result = play(chat(first, "x", None, None, {}), answer(GOOD))
    assert [(one.server, one.error) for one in result.tried] == [("groq", "BadUsage")]
    with pytest.raises(errors.BadUsage, match="did you mean 'temperature'"):
        play(chat(first, "x", None, None, {"temprature": 1}))
    assert play.sent == []


def test_one_deadline_over_all_servers(places, play, answer):
    """Time that the first server took is not there for the second; when none is left nobody else is asked."""
    slow = (3.0, answer({"error": "down"}, status=500))
    play(chat(places(), "x", None, None, {"deadline": 10}), slow, answer(GOOD))
    assert [request.until for request in play.sent] == [1010.0, 1010.0]
    late = (11.0, answer({"error": "down"}, status=500))
    with pytest.raises(errors.ServerFault):
        play(chat(places(), "x", None, None, {"deadline": 10}), late)


def test_secrets_of_one_server_do_not_reach_another(places, play, answer):
    """A call's own Authorization header is for the first server; its other headers are for all."""
    given = {"headers": {"Authorization": "Bearer sk-of-the-call", "X-Team": "blue"}}
    play(chat(places(), "x", None, None, given), answer(status=500), answer(GOOD))
    first, second = (dict(request.headers) for request in play.sent)
    assert first["Authorization"] == "Bearer sk-of-the-call"
    assert second["Authorization"] == "Bearer sk-second-key"
    assert first["X-Team"] == second["X-Team"] == "blue"


def test_embeddings_fall_back_too(places, play, answer):
    vectors = {"data": [{"index": 0, "embedding": [1.0]}]}
    result = play(embeddings(places(), "x", None, None, {}), answer(status=502), answer(vectors))
    assert [one.error for one in result.tried] == ["ModelDown"]


# ---- streams -------------------------------------------------------------------------------------


def test_a_stream_falls_back_until_its_first_token(places, play, answer):
    """A 200 whose first event is an error, or that breaks off before a token, goes to the next server; what is
    handed out is the good stream from its first event on."""
    failing, cut, good = Body(ROLE + FAULT), Body(ROLE), Body(ROLE, TOKEN)
    begun = play(open_chat(places(), "x", None, None, {}), failing, cut, good)
    assert [event.content for event in handed(begun)] == ["", "Hi"]
    assert [one.error for one in begun.state.final().tried] == ["NoProvider", "StreamBroken"]
    assert begun.state.final().metrics.tries == 3
    assert (failing.closed, cut.closed, good.closed) == (True, True, False)


def test_after_a_token_nobody_else_is_asked(places, play, answer):
    """The error comes where it came: after the token."""
    begun = play(
        open_chat(places(), "x", None, None, {}),
        Body(TOKEN.partition(b"data: [")[0].replace(b'"stop"', b"null") + FAULT),
    )
    assert [event.content for event in handed(begun)] == ["Hi"]
    assert isinstance(begun.state.failure, errors.NoProvider)
    assert begun.state.failure.partial.content == "Hi"


def test_a_stream_that_reads_badly_falls_back(places, play, answer):
    """A connection lost before the first token is the network's fault, not the caller's."""
    lost = Body(ROLE, errors.ConnectionLost("reset", began=True))
    begun = play(open_chat(places(), "x", None, None, {}), lost, Body(TOKEN))
    assert [event.content for event in handed(begun)] == ["Hi"]


def test_the_last_stream_that_fails_is_raised(places, play, answer):
    with pytest.raises(errors.NoProvider, match="all down") as caught:
        play(open_chat(places(), "x", None, None, {}), Body(FAULT), Body(FAULT), Body(FAULT))
    assert len(caught.value.tried) == 2


def test_without_fallbacks_nothing_is_read_ahead(make_session, play, answer):
    """The head is all that opening waits for."""
    reply = Body(FAULT)
    begun = play(open_chat(make_session(), "x", None, None, {}), reply)
    assert begun.reply is reply
    assert reply.blocks == [FAULT, b""]


def test_a_chatty_server_is_not_waited_for_for_ever(places, play, answer):
    """Events without a token are held back only up to a number."""
    begun = play(open_chat(places(), "x", None, None, {}), Body(*[ROLE] * 100))
    assert len(handed(begun)) == 64


def test_the_same_server_gets_the_calls_own_secrets(make_session, play, answer):
    """Another model there is asked for the same account: with the client's key it would be billed to another."""
    first, same = make_session("http://one/v1", limits=ONCE, key="sk-client-key"), make_session("http://one/v1")
    first.fallbacks = (same,)
    headers = {"Authorization": "Bearer sk-callers-own"}
    play(chat(first, "x", None, None, {"headers": headers}), answer(status=502), answer(GOOD))
    assert [dict(request.headers)["Authorization"] for request in play.sent] == ["Bearer sk-callers-own"] * 2


def test_what_one_server_excludes_is_asked_of_the_next(make_session, play, answer):
    """Also amid the list: a fallback that takes no tools beside a schema does not end it."""
    row = server_named("cerebras")._replace(quirks=Quirks(excludes=(("tools", "json_schema"),)))
    first, picky = make_session("http://one/v1", limits=ONCE), make_session(row, key="sk-0123456789", model="z")
    first.fallbacks = (picky, make_session("http://three/v1", model="w"))
    given = {
        "tools": [{"type": "function", "function": {"name": "f"}}],
        "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {}}},
    }
    made = play(chat(first, "x", None, None, given), answer(status=502), answer(GOOD))
    assert [one.error for one in made.tried] == ["ModelDown", "BadUsage"]


def test_an_image_that_one_server_does_not_fetch_is_asked_of_the_next(make_session, play, answer):
    row = server_named("openai")._replace(quirks=Quirks(image_urls=False))
    first = make_session(row, key="sk-0123456789")
    first.fallbacks = (make_session("http://two/v1"),)
    message = {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}
    assert play(chat(first, [message], None, None, {}), answer(GOOD)).tried[0].error == "BadUsage"


def test_each_server_is_asked_for_vectors_in_its_own_form(make_session, play, answer):
    """base64 from the first; numbers from a fallback whose row says that it has no base64, without a word of it."""
    first = make_session("http://one/v1", limits=ONCE)
    row = server_named("openai")._replace(quirks=Quirks(base64_embeddings=False))
    first.fallbacks = (make_session(row, key="sk-0123456789"),)
    vectors = {"data": [{"index": 0, "embedding": [1.0]}]}
    made = play(embeddings(first, "x", None, None, {}), answer(status=502), answer(vectors))
    bodies = [msgspec.json.decode(request.body) for request in play.sent]
    assert [body.get("encoding_format") for body in bodies] == ["base64", None]
    assert made.adapted == ()


def test_a_stream_that_fails_after_its_first_token_counts_its_tries_once(places, play):
    broken = Body(
        TOKEN.replace(b'"stop"', b"null").partition(b"data: [DONE]")[0], errors.ConnectionLost("x", began=True)
    )
    begun = play(open_chat(places(), "x", None, None, {}), errors.ConnectFailed("down"), broken)
    handed(begun)
    begun.state.fail(broken.blocks.pop(0), 2.0)
    begun.state.leave()
    assert begun.state.partial().metrics.tries == begun.state.failure.partial.metrics.tries == 2


def test_a_stream_that_fails_after_its_first_token_tells_who_was_asked_before(places, play):
    """Its error as well as its part."""
    broken = Body(TOKEN.replace(b'"stop"', b"null").partition(b"data: [DONE]")[0])
    begun = play(open_chat(places(), "x", None, None, {}), errors.ConnectFailed("down"), broken)
    handed(begun)
    begun.state.take(b"", 2.0)
    handed(begun)
    begun.state.leave()
    failure = begun.state.failure
    assert isinstance(failure, errors.StreamBroken)
    assert [one.error for one in failure.tried] == [one.error for one in failure.partial.tried] == ["ConnectFailed"]
