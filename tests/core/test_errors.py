"""The error tree: its table, its texts, and that every error survives pickling and copying."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

from franca import error_table, errors
from franca.wire.headers import Headers
from franca.wire.told import Change

ALL = [cls for cls in vars(errors).values() if inspect.isclass(cls) and issubclass(cls, errors.FrancaError)]


@pytest.mark.parametrize("cls", ALL, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, *(lambda e, p=p: pickle.loads(pickle.dumps(e, p)) for p in range(6))]
)
def test_every_error_pickles_and_copies_with_all_it_carries(cls, again):
    error = cls(
        "no luck",
        server="groq",
        model="m",
        status=429,
        type="t",
        code="c",
        param="p",
        request_id="r",
        retry_after=1.5,
        body="{}",
        headers=Headers([("X-A", "1")]),
        metadata={"k": [1]},
        partial={"half": True},
    )
    if isinstance(error, errors.OutputInvalid):
        error.text, error.problems = "text", ["wrong"]
    if isinstance(error, errors.TimedOut):
        error.phase = "idle"
    twin = again(error)
    assert type(twin) is cls
    assert vars(twin) == vars(error)
    assert (str(twin), twin.args, twin.message) == (str(error), error.args, "no luck")


def test_the_tree_is_the_one_drawn_on_top_of_the_file():
    """Each class stands in the drawing, below the class that it derives from."""
    drawing = errors.__doc__
    parents = {}
    stack = []
    for line in drawing.splitlines():
        name = line.strip(" │├└─").split(" ")[0]
        if not hasattr(errors, name) or name == "FrancaError":
            stack = stack or ["FrancaError"]
            continue
        depth = (len(line) - len(line.lstrip(" │├└─"))) // 4 - 1
        stack = [*stack[:depth], name]
        parents[name] = stack[-2]
    assert {cls.__name__ for cls in ALL} == {*parents, "FrancaError"}
    for name, parent in parents.items():
        assert issubclass(getattr(errors, name), getattr(errors, parent)), (name, parent)


@pytest.mark.parametrize(
    ("status", "words", "expected", "meant"),
    [
        (400, (), errors.BadRequest, 400),
        (401, (), errors.Unauthorized, 401),
        (402, (), errors.OutOfCredits, 402),
        (403, (), errors.Forbidden, 403),
        (403, ("moderation",), errors.Flagged, 403),
        (404, (), errors.NotFound, 404),
        (408, (), errors.UpstreamTimedOut, 408),
        (409, (), errors.BadRequest, 409),
        (413, (), errors.BadRequest, 413),
        (418, (), errors.BadRequest, 418),
        (422, (), errors.BadRequest, 422),
        (429, (), errors.RateLimited, 429),
        (429, ("insufficient_quota",), errors.OutOfCredits, 429),
        (429, (None, "Insufficient_Quota"), errors.OutOfCredits, 429),
        (400, ("content_filter", "invalid_request_error"), errors.Flagged, 400),
        (400, ("rate_limit_error",), errors.BadRequest, 400),
        (500, ("invalid_request_error",), errors.ServerFault, 500),
        (502, (), errors.ModelDown, 502),
        (503, (), errors.NoProvider, 503),
        (504, (), errors.UpstreamTimedOut, 504),
        (524, (), errors.UpstreamTimedOut, 524),
        (529, (), errors.NoProvider, 529),
        (599, (), errors.ServerFault, 599),
        (302, (), errors.StatusError, 302),
        (None, (), errors.ServerFault, None),
        (None, ("who knows", 17), errors.ServerFault, None),
        (None, ("rate_limit_exceeded",), errors.RateLimited, 429),
        (None, ("not a word", "server_error"), errors.ServerFault, 500),
        (None, ("provider_overloaded",), errors.NoProvider, 503),
        (400, ("invalid_model", "1500"), errors.NotFound, 400),
        (400, ("model_not_found", "invalid_request_error"), errors.NotFound, 400),
        (400, ("invalid_request_error", "model_not_supported"), errors.NotFound, 400),
        (400, ("1211",), errors.NotFound, 400),
        (422, ("invalid_api_key",), errors.Unauthorized, 422),
        (400, ("API_KEY_INVALID", "INVALID_ARGUMENT"), errors.Unauthorized, 400),
        (403, ("model_not_found",), errors.Forbidden, 403),
        (500, ("invalid_api_key",), errors.ServerFault, 500),
        (400, ("context_length_exceeded",), errors.BadRequest, 400),
        (None, ("unknown_model",), errors.NotFound, 404),
    ],
)
def test_class_by_table(status, words, expected, meant):
    assert error_table.class_for(status, *words) == (expected, meant)


@pytest.mark.parametrize(
    ("status", "sentence", "expected"),
    [
        (400, "/chat/completions: Invalid model name passed in model=x. Call `/v1/models`", errors.NotFound),
        (400, "Invalid model name passed in model=x", errors.NotFound),
        (400, "acme/x:free is not a valid model ID", errors.NotFound),
        (400, "Model Not Exist", errors.NotFound),
        (422, "MODEL NOT EXIST", errors.NotFound),
        (400, "Model does not exist. Please check it carefully.", errors.NotFound),
        (400, "Invalid model 'x'. Permitted models can be found at ...", errors.NotFound),
        (400, "Unknown Model, please check the model code.", errors.NotFound),
        (400, "The requested model 'a/b' does not exist", errors.NotFound),
        (400, "The requested model 'a/b' is not supported by any provider you have enabled.", errors.NotFound),
        (400, "Server is pinned to 'tiny-hf'; requested 'x'.", errors.NotFound),
        (400, "invalid model ID", errors.NotFound),
        (400, "The provided model identifier is invalid.", errors.NotFound),
        (400, "API key not valid. Please pass a valid API key.", errors.Unauthorized),
        (400, "Incorrect API key provided: sk***gA.", errors.Unauthorized),
        (403, "Invalid access token. [ReqId: x]", errors.Unauthorized),
        # Another status says enough by itself.
        (403, "API key not valid.", errors.Forbidden),
        (400, "Invalid access token.", errors.BadRequest),
        (404, "API key not valid.", errors.NotFound),
        (500, "Model Not Exist", errors.ServerFault),
        (None, "Model Not Exist", errors.ServerFault),
        # Only the beginning counts, and only whole words.
        (400, "Bad input 'API key not valid'", errors.BadRequest),
        (400, "content: 'x is not a valid model ID'", errors.BadRequest),
        (400, "Your text was: x is not a valid model ID", errors.BadRequest),
        (400, " is not a valid model ID", errors.BadRequest),
        (400, "invalid model identity", errors.BadRequest),
        (400, "Invalid model configuration 'x'", errors.BadRequest),
        (400, "Server is pinned to 'tiny-hf'", errors.BadRequest),
        (400, "x" * 400 + " is not a valid model ID", errors.BadRequest),
        (400, "This model's maximum context length is 4097 tokens.", errors.BadRequest),
        (400, "request (60013 tokens) exceeds the available context size (2048 tokens)", errors.BadRequest),
        (400, "", errors.BadRequest),
    ],
)
def test_class_by_sentence(status, sentence, expected):
    """An unknown model and a wrong key that a server calls a bad request; the status stays as it was sent."""
    assert error_table.class_for(status, "invalid_request_error", sentence=sentence) == (
        (errors.BadRequest, 400) if status is None else (expected, status)
    )


def test_a_sentence_without_a_status_is_not_read():
    assert error_table.class_for(None, sentence="Model Not Exist") == (errors.ServerFault, None)


def test_retryable_by_table():
    """What may go away by itself; never an empty purse or a content policy."""
    again = {status for status in range(300, 600) if error_table.is_retryable(error_table.class_for(status)[0], status)}
    assert again == {408, 409, 425, 429, 500, 502, 503, 504, 520, 521, 522, 523, 524, 529}
    assert not error_table.is_retryable(errors.OutOfCredits, 429)
    assert not error_table.is_retryable(errors.Flagged, 503)
    assert not error_table.is_retryable(errors.ServerFault, None)


def test_text_tells_who_what_and_when():
    error = errors.RateLimited(
        "slow down",
        server="groq",
        model="llama",
        status=429,
        code="rate_limit_exceeded",
        request_id="req_1",
        retry_after=2,
    )
    assert str(error) == ("groq: 429 rate_limit_exceeded: slow down (model llama, request req_1, retry after 2 s)")
    assert repr(error) == f"RateLimited({str(error)!r})"


def test_text_tells_which_provider_failed_behind_a_router():
    """Once: not where the message names it already, and only as text."""
    failed = {"status": 502, "model": "a/b", "metadata": {"provider_name": "Acme"}}
    assert str(errors.ModelDown("Provider returned error", **failed)) == (
        "502 Provider returned error (model a/b, provider Acme)"
    )
    assert str(errors.ModelDown("Acme failed", **failed)) == "502 Acme failed (model a/b)"
    for odd in ("", None, 3, ["Acme"]):
        assert str(errors.ModelDown("failed", metadata={"provider_name": odd})) == "failed"


def test_text_tells_what_was_sent_and_not_asked_for():
    """Where that may be what was refused: the caller would look for it in vain in their own request."""
    error = errors.NotFound("No endpoints found", status=404)
    error.adapted = (Change("user", "drop", "", "table"), Change("provider.require_parameters", "add", "true", "table"))
    assert str(error) == "404 No endpoints found (provider.require_parameters added by franca)"
    error.status = 429
    assert str(error) == "429 No endpoints found"


def test_text_names_an_address_once():
    error = errors.ConnectFailed(
        "could not connect to http://127.0.0.1:9 (refused)", server="http://127.0.0.1:9/v1", model="m"
    )
    assert str(error) == "could not connect to http://127.0.0.1:9 (refused) (model m)"
    assert str(errors.TimedOut("too slow", server="http://h/v1")) == "http://h/v1: too slow"


def test_text_leaves_out_what_is_not_known():
    assert str(errors.ServerFault("boom")) == "boom"
    assert str(errors.ModelDown("502 Bad Gateway", status=502)) == "502 Bad Gateway"
    assert str(errors.ServerFault("boom", status=500, code="500", type="oops")) == "500 oops: boom"


def test_message_has_no_second_copy():
    """A text that is scrubbed later is gone everywhere, also from `args` and the pickle."""
    error = errors.ServerFault("key sk-secret-1234")
    error.message = "key ***"
    assert error.args == ("key ***",)
    assert b"sk-secret" not in pickle.dumps(error)


def test_when_a_transport_error_is_worth_a_retry():
    """Before an answer began yes, later never; of the time-outs only that of connecting."""
    assert errors.ConnectFailed("x").retryable
    assert not errors.ConnectFailed("x", retryable=False).retryable
    assert errors.ConnectionLost("x").retryable
    assert not errors.ConnectionLost("x", began=True).retryable
    assert errors.ConnectionLost("x", began=True, retryable=True).retryable
    assert errors.TimedOut("x", phase="connect").retryable
    assert not errors.TimedOut("x", phase="connect", retryable=False).retryable
    assert not errors.TimedOut("x").retryable
    assert not errors.TimedOut("x", phase="idle").retryable
    assert errors.UpstreamTimedOut("x").phase == "server"


def test_details_default_to_nothing():
    error = errors.FrancaError("x")
    assert (error.headers, error.metadata, error.body, error.partial, error.retryable) == ({}, {}, "", None, False)
