"""Reading error bodies: the message in every shape, never empty, never with the caller's secrets."""

from __future__ import annotations

import pickle

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca import errors
from franca.faults import Origin, error_from_object, error_from_reply, find_error
from franca.wire.headers import Headers

NOW = 1_795_215_000.0


def made(status, body, headers=(), secrets=()):
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return error_from_reply(status, Headers(headers), raw, Origin("srv", "m", secrets), now=NOW)


SHAPES = [
    ({"error": {"message": "OpenAI", "type": "t", "param": "n", "code": "c"}}, "OpenAI"),
    ({"error": "Unauthorized"}, "Unauthorized"),
    ({"error": "invalid_request", "error_description": "described"}, "described"),
    ({"error": "code_like", "message": "said"}, "said"),
    ({"object": "error", "message": "old vLLM", "code": 400}, "old vLLM"),
    ({"message": "plain"}, "plain"),
    ({"detail": "Not Found"}, "Not Found"),
    (
        {"detail": [{"loc": ["body", "temperature"], "msg": "not a number"}, {"loc": ["body"], "msg": "bad"}]},
        "temperature: not a number; bad",
    ),
    ({"object": "error", "message": {"detail": [{"loc": ["body", "x"], "msg": "forbidden"}]}}, "x: forbidden"),
    ({"errors": [{"message": "first"}, {"message": "second"}]}, "first"),
    ({"errors": ["bare"]}, "bare"),
    ({"errors": {"message": "an object"}}, "an object"),
    ([{"error": {"code": 400, "message": "Gemini", "status": "INVALID_ARGUMENT"}}], "Gemini"),
    ({"title": "Problem", "status": 400}, "Problem"),
    ({"msg": "short"}, "short"),
    ({"error": {"detail": "in detail"}}, "in detail"),
    ({"error": {"error": "nested"}}, "nested"),
    ({"error": {"message": {"message": "deeper"}}}, "deeper"),
    ({"error": {"code": "only_a_code"}}, "only_a_code"),
    ({"error": {"type": "only_a_type"}}, "only_a_type"),
    ({"error": {"message": "", "code": None}, "message": "beside it"}, "beside it"),
    (
        {"error": {"message": "Provider returned error", "metadata": {"raw": "what it said"}}},
        "Provider returned error: what it said",
    ),
    ({"error": {"metadata": {"raw": "only raw"}}}, "only raw"),
    ({"unknown": 1}, 'the server answered HTTP 500 without a message: {"unknown":1}'),
    ("a JSON string", "a JSON string"),
    (b"plain text\n on two lines", "plain text on two lines"),
    (b"<html><head><title>502 Bad Gateway</title></head><body>x</body></html>", "502 Bad Gateway"),
    (b"<html><h1>Forbidden <b>here</b></h1></html>", "Forbidden here"),
    (b"<HTML><BODY><p>Text only</p></BODY></HTML>", "Text only"),
    (b"<html><title>unclosed", "unclosed"),
    (b"<html><title></title><h1></h1><body> </body>", "<html><title></title><h1></h1><body> </body>"),
    (b"", "the server answered HTTP 500 with an empty body"),
    (b"   \n", "the server answered HTTP 500 with an empty body"),
    (b"null", "the server answered HTTP 500 without a message: null"),
    (b"17", "the server answered HTTP 500 without a message: 17"),
    ([], "the server answered HTTP 500 without a message: []"),
    (b"\xff\xfe\x00", "\ufffd\ufffd\x00"),
]


@pytest.mark.parametrize(("body", "message"), SHAPES, ids=[f"{n}-{m[:18]}" for n, (_, m) in enumerate(SHAPES)])
def test_the_message_is_found_in_every_shape(body, message):
    assert made(500, body).message == message


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda c: (
            st.lists(c)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "error",
                        "message",
                        "detail",
                        "errors",
                        "type",
                        "code",
                        "param",
                        "metadata",
                        "status",
                        "loc",
                        "msg",
                        "availability",
                        "details",
                        "innererror",
                        "raw",
                        "retry_after",
                        "x",
                    ]
                ),
                c,
            )
        ),
        max_leaves=20,
    ),
    st.sampled_from([200, 301, 400, 429, 500, 599]),
)
def test_any_body_gives_an_error_with_a_message(payload, status):
    try:
        body = msgspec.json.encode(payload)
    except (UnicodeEncodeError, OverflowError, msgspec.MsgspecError):
        return
    error = made(status, body)
    assert isinstance(error, errors.StatusError)
    assert isinstance(error.message, str)
    assert error.message
    assert pickle.loads(pickle.dumps(error)).message == error.message


@given(st.binary(max_size=200))
def test_any_bytes_give_an_error_with_a_message(body):
    assert made(500, body).message.strip("\0") is not None
    assert made(500, body).message


def test_fields_of_the_error_object():
    error = made(
        400,
        {
            "error": {
                "message": "m",
                "type": "invalid_request_error",
                "param": "messages",
                "code": "context_length_exceeded",
            }
        },
        headers=[("X-Request-Id", "req_7"), ("Retry-After", "3")],
    )
    assert type(error) is errors.BadRequest
    assert (error.type, error.code, error.param) == ("invalid_request_error", "context_length_exceeded", "messages")
    assert (error.status, error.request_id, error.retry_after, error.server, error.model) == (
        400,
        "req_7",
        3.0,
        "srv",
        "m",
    )
    assert error.headers["x-request-id"] == "req_7"


def test_further_fields_are_kept_as_metadata():
    """llama.cpp tells the sizes beside the message."""
    error = made(400, {"error": {"message": "too long", "type": "exceed_context_size_error", "n_ctx": 2048}})
    assert error.metadata == {"n_ctx": 2048}
    nested = made(403, {"error": {"message": "m", "code": 403, "metadata": {"reasons": ["violence"]}}, "user_id": "u"})
    assert nested.metadata == {"reasons": ["violence"], "user_id": "u"}
    assert type(nested) is errors.Flagged


def test_pydantic_param():
    error = made(422, {"detail": [{"loc": ["body", "n"], "msg": "bad"}]})
    assert error.param == "n"
    assert error.metadata["detail"] == [{"loc": ["body", "n"], "msg": "bad"}]
    assert made(422, {"detail": [{"loc": ["body"]}]}).param is None


def test_gemini_list_body():
    error = made(
        429,
        [
            {
                "error": {
                    "code": 429,
                    "message": "quota",
                    "status": "RESOURCE_EXHAUSTED",
                    "details": [{"@type": "x"}, "?", {"retryDelay": "34.5s"}],
                }
            }
        ],
    )
    assert type(error) is errors.RateLimited
    assert (error.type, error.code, error.retry_after) == ("RESOURCE_EXHAUSTED", 429, 34.5)


def test_azure_content_filter():
    error = made(
        400,
        {"error": {"message": "m", "code": "content_filter", "innererror": {"code": "ResponsibleAIPolicyViolation"}}},
    )
    assert type(error) is errors.Flagged


@pytest.mark.parametrize(
    ("body", "status", "cls"),
    [
        ({"error": {"message": "m", "code": 502}}, 502, errors.ModelDown),
        ({"error": {"message": "m", "code": "429"}}, 429, errors.RateLimited),
        ({"error": {"message": "m", "http_status": 404, "error_type": "not_found"}}, 404, errors.NotFound),
        (
            {"error": {"message": "m", "code": "x", "metadata": {"error_type": "provider_overloaded"}}},
            503,
            errors.NoProvider,
        ),
        ({"error": {"message": "m", "code": True}}, None, errors.ServerFault),
        ({"error": {"message": "m", "code": 7}}, None, errors.ServerFault),
        ({"error": {"message": "m", "type": "server_error"}}, 500, errors.ServerFault),
        ({"error": "just text"}, None, errors.ServerFault),
    ],
)
def test_an_error_in_a_200_takes_its_status_from_the_object(body, status, cls):
    error = error_from_object(body, Headers(), Origin("s"), now=NOW, partial="half")
    assert (type(error), error.status, error.partial) == (cls, status, "half")


def test_an_error_beside_which_stands_what_is_no_json():
    """Python servers write NaN beside an error; it must not hide the error."""
    error = error_from_object(
        {"error": {"message": "boom", "code": 502}, "x": float("nan")}, Headers(), Origin("s"), now=NOW
    )
    assert (type(error), error.message) == (errors.ModelDown, "boom")
    assert '"x":null' in error.body


def test_an_error_that_is_bare_text():
    assert error_from_object("overload", Headers(), Origin("s"), now=NOW).message == "overload"


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ([], {}, True),
        ([("x-should-retry", "false")], {}, False),
        ([], {"availability": {"retryable": False}}, False),
        ([], {"availability": {"retryable": True, "retry_after": 4}}, True),
        ([], {"availability": {"retryable": "no"}}, True),
    ],
)
def test_what_the_server_says_about_trying_again(headers, body, expected):
    assert made(503, {"error": {"message": "m", **body}}, headers).retryable is expected


def test_the_server_may_ask_for_a_retry_of_anything():
    assert made(400, {"error": "x"}, [("x-should-retry", "true")]).retryable


@pytest.mark.parametrize(
    "body",
    [
        {"availability": {"retry_after": 4}},
        {"retry_after": "4"},
        {"metadata": {"retry_after_seconds": 4.0}},
        {"details": [{"retryDelay": "4s"}]},
    ],
)
def test_waits_told_in_the_body(body):
    assert made(503, {"error": {"message": "m", **body}}).retry_after == 4.0


def test_the_header_wins_over_the_body():
    assert made(503, {"error": {"message": "m", "retry_after": 9}}, [("retry-after-ms", "1500")]).retry_after == 1.5


def test_a_redirect_says_where_to():
    error = made(307, b"", [("Location", "https://new.example/v1/chat/completions")])
    assert type(error) is errors.StatusError
    assert "https://new.example/v1/chat/completions" in error.message
    assert "nowhere" in made(308, b"").message


SECRET = "sk-live-0123456789"


def test_the_callers_own_key_is_nowhere():
    """A server that echoes the key must not get it into a log: not in text, repr, body, metadata, headers, pickle."""
    error = made(
        401,
        {
            "error": {
                "message": f"bad key {SECRET}",
                "type": SECRET,
                "code": f"c-{SECRET}",
                "param": SECRET,
                "metadata": {SECRET: [f"<{SECRET}>", {"k": SECRET}, 7]},
            }
        },
        [("X-Echo", SECRET)],
        [SECRET],
    )
    shown = f"{error} {error!r} {error.body} {error.metadata} {error.headers!r} {error.args} {error.type} {error.code}"
    assert SECRET not in shown
    assert SECRET.encode() not in pickle.dumps(error)
    assert "bad key ***" in str(error)


def test_short_keys_are_placeholders():
    """Hiding 'ollama' would garble every text of that server."""
    assert made(400, {"error": "ollama is busy"}, secrets=["ollama"]).message == "ollama is busy"


def test_bodies_and_messages_are_bounded():
    error = made(500, {"error": {"message": "x" * 10_000_000}})
    assert len(error.message) == 2000
    assert len(error.body) == 16 * 1024
    assert len(made(500, b"y" * 10_000_000).message) == 500


@pytest.mark.parametrize("key", ["message", "metadata"])
def test_nesting_that_would_exhaust_the_stack(key):
    deep = b'{"error":{"code":429,"' + key.encode() + b'":' + b'{"message":[' * 400 + b"1" + b"]}" * 400 + b"}}"
    error = made(429, deep, secrets=[SECRET])
    assert type(error) is errors.RateLimited
    assert error.message


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        ({"error": {"message": "m"}}, True),
        ({"error": "m"}, True),
        ({"error": None}, False),
        ({"error": {}}, False),
        ({"error": ""}, False),
        ([{"error": {"message": "m"}}], True),
        ([{"error": None}], False),
        ([], False),
        (["error"], False),
        ({"object": "error", "message": "m"}, True),
        ({"type": "error", "message": "m"}, True),
        ({"type": "error", "choices": []}, False),
        ({"choices": []}, False),
        ("error", False),
        (None, False),
    ],
)
def test_what_counts_as_an_error_object(payload, found):
    assert (find_error(payload) is not None) is found


# ---- the class by the server's own sentence --------------------------------------------------------

KEY = "API key not valid. Please pass a valid API key."


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": KEY, "code": 400, "status": "INVALID_ARGUMENT"}},
        [{"error": {"message": KEY, "code": 400, "status": "INVALID_ARGUMENT"}}],
        {"code": "Client specified an invalid argument", "error": f" {KEY} "},
        {"message": KEY},
        {"detail": KEY},
        {"error": {"message": "No.", "details": [{"@type": "x"}, 7, {"reason": "API_KEY_INVALID"}]}},
    ],
)
def test_a_wrong_key_that_is_told_as_a_bad_request(body):
    """Is Unauthorized, with the status as it was sent; also as an error object in a 200 answer."""
    error = made(400, body)
    assert type(error) is errors.Unauthorized
    assert error.status == 400
    assert not error.retryable


def test_an_error_in_an_answer_is_read_by_the_status_that_it_names():
    def inside(error):
        return error_from_object({"error": error}, Headers(), Origin("srv", "m"), now=NOW)

    assert type(inside({"message": KEY, "code": 400})) is errors.Unauthorized
    assert type(inside({"message": KEY})) is errors.ServerFault


@pytest.mark.parametrize(
    "body",
    [
        # What a server quotes of the request, or of another server, is not its own sentence.
        {"detail": [{"loc": ["body", "API key not valid"], "msg": "Extra inputs are not permitted"}]},
        {"detail": [{"loc": ["body"], "msg": KEY}]},
        {"object": "error", "message": {"detail": [{"loc": ["body", "x"], "msg": KEY, "input": KEY}]}},
        {"error": {"message": "Provider returned error", "metadata": {"raw": KEY}}},
        {"error": {"message": "", "metadata": {"raw": KEY}}},
        {"error": {"message": f"1 validation error: {{'input': '{KEY}'}}"}},
        {"error": {"message": f'The text "{KEY}" is too long'}},
        {"errors": [{"message": KEY}]},
        {"title": KEY},
        {"error": {"message": "No.", "details": {"reason": "API_KEY_INVALID"}}},
        KEY,
        KEY.encode(),
        f"<html><title>{KEY}</title></html>".encode(),
    ],
)
def test_a_quoted_text_chooses_no_class(body):
    """Whatever stands in a prompt: a bad request stays one."""
    assert type(made(400, body)) is errors.BadRequest
