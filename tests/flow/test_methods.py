"""What the methods of the clients ask for, and how they read the answers."""

from __future__ import annotations

import base64
import struct

import msgspec
import pytest

from franca import errors
from franca.flow.catalog import embeddings, list_models, request
from franca.flow.chat import chat, completion, open_chat, open_completion
from franca.servers import Quirks, Server

GOOD = {
    "id": "c",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}],
}
LEGACY = {"id": "c", "choices": [{"index": 0, "text": "Hi", "finish_reason": "stop"}]}
SSE = {"content-type": "text/event-stream"}


def body_of(play, n=0):
    return msgspec.json.decode(play.sent[n].body)


def test_chat(make_session, play, answer):
    result = play(
        chat(make_session(), "Hello", None, {"top_k": 5}, {"temperature": 0.5}),
        answer(GOOD, headers={"x-request-id": "r"}),
    )
    assert (result.content, result.status, result.request_id, result.server) == (
        "Hi",
        200,
        "r",
        "http://localhost:8000/v1",
    )
    body = body_of(play)
    assert body == {"model": "m", "temperature": 0.5, "top_k": 5, "messages": [{"role": "user", "content": "Hello"}]}
    assert next(iter(body)) == "model"


def test_options_of_the_call_do_not_travel(make_session, play, answer):
    play(chat(make_session(), "x", "other", None, {"timeout": 5, "retries": 0, "headers": {"X-A": "1"}}), answer(GOOD))
    assert set(body_of(play)) == {"model", "messages"}
    assert play.sent[0].until == 1005.0
    assert dict(play.sent[0].headers)["X-A"] == "1"


@pytest.mark.parametrize(
    ("given", "extra", "sent"),
    [
        ({}, None, {"include_usage": True}),
        ({"stream_options": {"include_usage": False}}, None, {"include_usage": False}),
        ({"stream_options": None}, None, None),
        ({}, {"stream_options": {"x": 1}}, {"x": 1}),
        ({}, {"top_k": 1}, {"include_usage": True}),
    ],
)
@pytest.mark.parametrize("method", [open_chat, open_completion])
def test_streams_ask_for_usage_unless_told_otherwise(make_session, play, answer, method, given, extra, sent):
    play(method(make_session(), "x", None, extra, given), answer(headers=SSE))
    assert body_of(play)["stream"] is True
    assert body_of(play).get("stream_options") == sent


@pytest.mark.parametrize("method", [chat, open_chat, completion, open_completion])
@pytest.mark.parametrize("where", [({"stream": True}, None), ({}, {"stream": True})])
def test_whether_it_streams_is_the_methods_choice(make_session, play, method, where):
    given, extra = where
    with pytest.raises(errors.BadUsage, match="call chat_stream"):
        play(method(make_session(), "x", None, extra, given))
    assert play.sent == []


def test_completion(make_session, play, answer):
    result = play(completion(make_session(), "Once", None, None, {"max_tokens": 3}), answer(LEGACY))
    assert (result.text, result.status) == ("Hi", 200)
    assert body_of(play) == {"model": "m", "max_tokens": 3, "prompt": "Once"}
    assert play.sent[0].url.endswith("/v1/completions")


@pytest.mark.parametrize(
    ("body", "cls", "text"),
    [
        ({"error": {"message": "in a 200", "code": 402}}, errors.OutOfCredits, "in a 200"),
        ([{"error": {"message": "in a list", "code": 400}}], errors.BadRequest, "in a list"),
        ({"object": "error", "message": "old"}, errors.ServerFault, "old"),
        ({"choices": []}, errors.NoChoices, "the answer has no choices"),
        ({"choices": None}, errors.NoChoices, "no choices"),
        ({"id": "x"}, errors.NoChoices, "no choices"),
        ({"detail": "no such route"}, errors.NoChoices, r"no choices: .\"detail\":\"no such route"),
        ({"choices": {"0": {}}}, errors.NoChoices, "no choices"),
        ({"choices": ["text"]}, errors.ProtocolError, "a choice is no object"),
        ([], errors.ProtocolError, "no JSON object"),
        (b'"text"', errors.ProtocolError, "no JSON object"),
        (b"", errors.ProtocolError, "an empty body"),
        (b"<html>Login</html>", errors.ProtocolError, "which is not JSON: <html>Login</html>"),
        (b"[" * 100_000, errors.ProtocolError, "not JSON"),
    ],
)
@pytest.mark.parametrize("method", [chat, completion])
def test_a_200_that_is_no_answer_is_an_error(make_session, play, answer, method, body, cls, text):
    with pytest.raises(cls, match=text) as caught:
        play(method(make_session(), "x", None, None, {"retries": 0}), answer(body, headers={"x-request-id": "r"}))
    assert caught.value.model == "m"
    assert caught.value.headers["x-request-id"] == "r"


@pytest.mark.parametrize(("method", "whole"), [(chat, GOOD), (completion, LEGACY)])
def test_an_error_in_a_choice(make_session, play, answer, method, whole):
    body = {
        **whole,
        "choices": [
            {**whole["choices"][0], "error": {"message": "moderated", "code": 403, "metadata": {"reasons": ["x"]}}}
        ],
    }
    with pytest.raises(errors.Flagged, match="moderated") as caught:
        play(method(make_session(), "x", None, None, {}), answer(body))
    assert caught.value.partial.choices[0].finish_reason == "stop"
    assert caught.value.metadata == {"reasons": ["x"]} | {
        k: v for k, v in caught.value.metadata.items() if k != "reasons"
    }


def test_a_null_error_is_none(make_session, play, answer):
    assert play(chat(make_session(), "x", None, None, {}), answer({**GOOD, "error": None})).content == "Hi"


def test_a_stream_answered_whole_is_judged(make_session, play, answer):
    with pytest.raises(errors.NoChoices):
        play(open_chat(make_session(), "x", None, None, {}), answer({"choices": []}))
    begun = play(open_completion(make_session(), "x", None, None, {}), answer(LEGACY))
    assert begun.reply is None
    assert [event.text for event in begun.events] == ["Hi"]
    assert begun.state.final().to_dict() == LEGACY


# ---- embeddings ----------------------------------------------------------------------------------


def vectors(*rows, as_base64=False):
    return {
        "data": [
            {
                "index": n,
                "embedding": base64.b64encode(struct.pack(f"<{len(row)}f", *row)).decode() if as_base64 else list(row),
            }
            for n, row in enumerate(rows)
        ]
    }


def test_embeddings_ask_for_base64(make_session, play, answer):
    result = play(
        embeddings(make_session(), ["a", "b"], None, None, {}), answer(vectors((1, 2), (3, 4), as_base64=True))
    )
    assert [list(vector) for vector in result.vectors] == [[1, 2], [3, 4]]
    assert body_of(play)["encoding_format"] == "base64"
    assert result.status == 200


def test_a_server_that_refuses_base64_is_asked_for_floats_from_then_on(make_session, play, answer):
    session = make_session()
    refusal = answer({"error": {"message": "unknown field", "param": "encoding_format"}}, status=400)
    result = play(embeddings(session, "a", None, None, {}), refusal, answer(vectors((1, 2))))
    assert list(result.vectors[0]) == [1, 2]
    assert "encoding_format" not in body_of(play, 1)
    play(embeddings(session, "a", None, None, {}), answer(vectors((1, 2))))
    assert "encoding_format" not in body_of(play)


def test_a_refusal_for_another_reason_is_final(make_session, play, answer):
    session = make_session()
    with pytest.raises(errors.BadRequest, match="too long"):
        play(embeddings(session, "a", None, None, {}), answer({"error": "too long"}, status=400))
    assert session.memory is None


@pytest.mark.parametrize(("given", "extra"), [({"encoding_format": "float"}, None), ({}, {"encoding_format": "float"})])
def test_the_callers_encoding_is_kept(make_session, play, answer, given, extra):
    """A server that refuses the caller's own choice of floats is not asked for something else."""
    with pytest.raises(errors.BadRequest):
        play(embeddings(make_session(), "a", None, extra, given), answer({"error": "encoding_format"}, status=400))
    assert body_of(play)["encoding_format"] == "float"


def test_a_row_that_takes_no_base64_is_not_asked_for_it(make_session, play, answer):
    """The table says so, so no try is wasted; and there is nothing to tell, as nobody asked for base64."""
    row = Server(name="mine", base_url="http://mine/v1", needs_key=False, quirks=Quirks(base64_embeddings=False))
    session = make_session(row)
    result = play(embeddings(session, "a", None, None, {}), answer(vectors((1, 2))))
    assert "encoding_format" not in body_of(play)
    assert result.adapted == ()


@pytest.mark.parametrize("texts", [[], (), None, 7, {"a": 1}])
def test_embeddings_of_nothing(make_session, texts):
    with pytest.raises(errors.BadUsage, match="takes a text, a list of texts, or token numbers"):
        next(embeddings(make_session(), texts, None, None, {}))


def test_token_numbers_are_one_input(make_session, play, answer):
    assert len(play(embeddings(make_session(), [1, 2, 3], None, None, {}), answer(vectors((1, 2)))).vectors) == 1


def test_fewer_vectors_than_texts_is_an_error(make_session, play, answer):
    with pytest.raises(errors.OutputInvalid) as caught:
        play(
            embeddings(make_session(), ["a", "b"], None, None, {}),
            answer(vectors((1, 2)), headers={"x-request-id": "r"}),
        )
    assert caught.value.headers["x-request-id"] == "r"


@pytest.mark.parametrize("body", [{}, {"data": None}, [], {"data": {"0": 1}}])
def test_answers_without_vectors(make_session, play, answer, body):
    with pytest.raises(errors.ProtocolError, match="holds no embeddings"):
        play(embeddings(make_session(), "a", None, None, {}), answer(body))


def test_an_error_in_a_200_for_embeddings(make_session, play, answer):
    with pytest.raises(errors.OutOfCredits):
        play(embeddings(make_session(), "a", None, None, {}), answer({"error": {"message": "m", "code": 402}}))


# ---- models and other paths ----------------------------------------------------------------------


def test_list_models(make_session, play, answer):
    models = play(
        list_models(make_session(), {"timeout": 3}), answer([{"id": "b"}, {"id": "a"}], headers={"x-request-id": "r"})
    )
    assert list(models.ids) == ["b", "a"]
    assert (models.status, models.headers.request_id, models.server) == (200, "r", "http://localhost:8000/v1")
    assert play.sent[0].method == "GET"
    with pytest.raises(errors.BadUsage, match="takes no limit"):
        list_models(make_session(), {"limit": 3})
    with pytest.raises(errors.Unauthorized):
        play(list_models(make_session(), {}), answer({"error": {"message": "m", "code": 401}}))


def test_other_paths(make_session, play, answer):
    session = make_session()
    got = play(request(session, "GET", "/props", None, {}), answer({"a": 1}))
    assert (got.json(), got.status, got.text, got.request_id) == ({"a": 1}, 200, '{"a":1}', None)
    assert (play.sent[0].url, play.sent[0].body) == ("http://localhost:8000/v1/props", b"")
    assert repr(got) == "<Response 200, 7 bytes>"
    play(request(session, "POST", "tokenize", {"content": "x"}, {}), answer({}))
    assert (play.sent[0].body, dict(play.sent[0].headers)["Content-Type"]) == (b'{"content":"x"}', "application/json")
    play(request(session, "POST", "raw", b"abc", {"headers": {"Content-Type": "text/plain"}}), answer({}))
    assert (play.sent[0].body, dict(play.sent[0].headers)["Content-Type"]) == (b"abc", "text/plain")
    with pytest.raises(errors.BadUsage, match="post takes no model"):
        request(session, "POST", "x", None, {"model": "m"})
