"""The loop of tries: what is sent again, when, and what is told in the end."""

from __future__ import annotations

import pytest

from franca import errors
from franca.flow.call import Outgoing, exchange, open_stream
from franca.flow.options import Limits, limits_with
from franca.servers import Server

OK = {"fine": True}


def understand(response, origin, session):
    return response.json()


def post(session, **options):
    return Outgoing(
        "POST", session.target.url("chat/completions"), limits_with(session.limits, options), body=b"{}", model="m"
    )


def get(session, path="models", **options):
    return Outgoing("GET", session.target.url(path), limits_with(session.limits, options))


def test_a_good_answer_is_understood(make_session, play, answer):
    session = make_session(key="sk-123456789")
    assert play(exchange(session, post(session), understand), answer(OK)) == OK
    (request,) = play.sent
    assert (request.method, request.url, request.body) == ("POST", "http://localhost:8000/v1/chat/completions", b"{}")
    assert dict(request.headers) == {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": "test",
        "Authorization": "Bearer sk-123456789",
    }
    assert (request.until, request.connect_timeout, request.max_body) == (1600.0, 10.0, 1 << 20)


def test_a_fault_is_tried_again_with_back_off(make_session, play, answer):
    session = make_session()
    assert play(exchange(session, post(session), understand), answer(status=500), answer(status=503), answer(OK)) == OK
    assert play.slept == [0.25, 0.5]
    assert session.budget.tokens == pytest.approx(98.1)


def test_each_try_has_its_own_time_limit(make_session, play, answer):
    session = make_session()
    play(exchange(session, post(session, timeout=5), understand), (3, answer(status=500)), answer(OK))
    first, second = play.sent
    assert first.until == 1005.0
    assert second.until == pytest.approx(1008.25)


def test_the_last_error_is_the_one_told(make_session, play, answer):
    session = make_session()
    with pytest.raises(errors.ServerFault, match="third"):
        play(
            exchange(session, post(session, retries=2), understand),
            *(answer({"error": word}, status=500) for word in ("first", "second", "third")),
        )
    assert len(play.sent) == 3


@pytest.mark.parametrize(
    "failure",
    [
        errors.TimedOut("x", phase="answer"),
        errors.ConnectionLost("x", began=True),
        errors.ProtocolError("x"),
        errors.ConnectFailed("bad certificate", retryable=False),
    ],
)
def test_what_may_have_cost_something_is_not_sent_twice(make_session, play, failure):
    session = make_session()
    with pytest.raises(type(failure)) as caught:
        play(exchange(session, post(session), understand), failure)
    assert (len(play.sent), caught.value.model, caught.value.server) == (1, "m", "http://localhost:8000/v1")


@pytest.mark.parametrize(
    "failure", [errors.ConnectFailed("x"), errors.ConnectionLost("x"), errors.TimedOut("x", phase="connect")]
)
def test_what_never_arrived_is_sent_again(make_session, play, answer, failure):
    session = make_session()
    assert play(exchange(session, post(session), understand), failure, answer(OK)) == OK


def test_the_deadline_cuts_every_try_and_wait(make_session, play, answer):
    session = make_session()
    with pytest.raises(errors.ServerFault):
        play(exchange(session, post(session, deadline=1.2, retries=9), understand), (1, answer(status=500)))
    assert play.slept == []  # 0.25 s would pass the 0.2 s that are left
    assert play.sent[0].until == 1001.2


def test_a_time_out_by_the_deadline_says_so(make_session, play):
    session = make_session()
    with pytest.raises(errors.TimedOut, match="deadline of the call") as caught:
        play(
            exchange(session, post(session, deadline=2, timeout=None), understand),
            (2.5, errors.TimedOut("slow", phase="connect")),
        )
    assert (caught.value.phase, caught.value.retryable) == ("deadline", False)
    assert play.sent[0].until == 1002.0


def test_the_servers_own_time_out_keeps_its_phase(make_session, play, answer):
    session = make_session()
    with pytest.raises(errors.UpstreamTimedOut) as caught:
        play(exchange(session, post(session, deadline=2), understand), (2.5, answer(status=504)))
    assert caught.value.phase == "server"


def test_no_limits_at_all(make_session, play, answer):
    session = make_session()
    play(exchange(session, post(session, timeout=None), understand), answer(OK))
    assert play.sent[0].until is None


def test_an_error_in_a_200_is_tried_again_like_any_other(make_session, play, answer):
    session = make_session()
    seen = []

    def picky(response, origin, session):
        seen.append(response)
        if len(seen) == 1:
            raise errors.ModelDown("x", status=502, retryable=True)
        return "done"

    assert play(exchange(session, post(session), picky), answer(OK), answer(OK)) == "done"


def test_errors_of_understanding_are_scrubbed(make_session, play, answer):
    session = make_session(key="sk-123456789")
    with pytest.raises(errors.ProtocolError) as caught:
        play(exchange(session, post(session), understand), answer(b"<p>your key sk-123456789</p>"))
    assert "sk-123456789" not in f"{caught.value} {caught.value.body}"
    assert "***" in str(caught.value)


def test_secrets_in_the_users_own_headers_are_scrubbed_too(make_session, play, answer):
    session = make_session()
    with pytest.raises(errors.Unauthorized) as caught:
        play(
            exchange(session, post(session, headers={"Authorization": "Bearer own-secret-1"}), understand),
            answer({"error": "bad own-secret-1"}, status=401),
        )
    assert "own-secret-1" not in f"{caught.value} {caught.value.body}"


def test_an_error_whose_body_never_arrives_is_still_that_error(make_session, play, answer):
    session = make_session()
    for attempt in (exchange, open_stream):
        with pytest.raises(errors.BadRequest, match="HTTP 400 with an empty body"):
            play(attempt(session, post(session), understand), answer(errors.TimedOut("x", phase="body"), status=400))
    with pytest.raises(errors.TimedOut):
        play(exchange(session, post(session), understand), answer(errors.TimedOut("x", phase="body")))


# ---- keys and headers ----------------------------------------------------------------------------


def test_the_key_may_be_a_function_asked_at_every_try(make_session, play, answer):
    keys = iter(["first-key", " second-key\n"])
    session = make_session(key=lambda: next(keys))
    play(exchange(session, post(session), understand), answer(status=500), answer(OK))
    assert [dict(request.headers)["Authorization"] for request in play.sent] == [
        "Bearer first-key",
        "Bearer second-key",
    ]


def test_the_key_function_is_asked_for_streams_too(make_session, play, answer):
    session = make_session(key=lambda: "stream-key")
    play(open_stream(session, post(session), understand), answer(headers={"content-type": "text/event-stream"}))
    assert dict(play.sent[0].headers)["Authorization"] == "Bearer stream-key"


@pytest.mark.parametrize(
    ("given", "text"), [(7, "returned int"), ("a\nb", "characters that no key has"), ("ключ", "characters")]
)
def test_a_key_function_that_returns_no_key(make_session, play, given, text):
    session = make_session(key=lambda: given)
    with pytest.raises(errors.BadUsage, match=text):
        play(exchange(session, post(session), understand))


def test_a_key_function_may_have_none(make_session, play, answer):
    session = make_session(key=lambda: None)
    play(exchange(session, post(session), understand), answer(OK))
    assert "Authorization" not in dict(play.sent[0].headers)


def test_user_info_of_the_base_url(make_session, play, answer):
    session = make_session("http://me:hunter2000@localhost/v1")
    with pytest.raises(errors.Unauthorized) as caught:
        play(exchange(session, get(session), understand), answer({"error": "no hunter2000"}, status=401))
    assert dict(play.sent[0].headers)["Authorization"] == "Basic bWU6aHVudGVyMjAwMA=="
    assert "hunter2000" not in str(caught.value)


def test_a_server_that_needs_a_key_is_not_asked_without(make_session, play):
    session = make_session("groq")
    with pytest.raises(errors.BadUsage, match=r"no API key for groq: pass api_key=\.\.\. or set GROQ_API_KEY"):
        play(exchange(session, post(session), understand))
    assert play.sent == []


def test_the_key_may_travel_in_a_header_of_the_users(make_session, play, answer):
    session = make_session("groq")
    play(exchange(session, post(session, headers={"authorization": "Bearer mine"}), understand), answer(OK))
    assert dict(play.sent[0].headers)["authorization"] == "Bearer mine"


def test_api_key_header(make_session, play, answer):
    session = make_session("https://x.openai.azure.com/openai/v1", key="azure-key")
    play(exchange(session, post(session), understand), answer(OK))
    assert dict(play.sent[0].headers)["api-key"] == "azure-key"
    assert "Authorization" not in dict(play.sent[0].headers)


def test_headers_of_a_call_win_and_none_takes_one_away(make_session, play, answer):
    session = make_session(limits=limits_with(Limits(), {"headers": {"X-A": "client", "X-B": "client"}}))
    call = post(session, headers={"x-a": "call", "User-Agent": None, "Content-Type": "application/x"})
    play(exchange(session, call, understand), answer(OK))
    assert dict(play.sent[0].headers) == {
        "Accept": "application/json",
        "x-a": "call",
        "X-B": "client",
        "Content-Type": "application/x",
    }


def test_no_model(make_session):
    session = make_session(model=None)
    with pytest.raises(errors.BadUsage, match="no model given"):
        session.model_for(None)
    with pytest.raises(errors.BadUsage, match="not int"):
        session.model_for(7)
    assert session.model_for("x") == "x"


# ---- redirects -----------------------------------------------------------------------------------


def test_a_get_follows_redirects(make_session, play, answer):
    session = make_session(key="sk-123456789")
    play(
        exchange(session, get(session), understand),
        answer(status=308, headers={"location": "/v2/models"}),
        answer(OK),
    )
    assert [request.url for request in play.sent] == [
        "http://localhost:8000/v1/models",
        "http://localhost:8000/v2/models",
    ]
    assert "Authorization" in dict(play.sent[1].headers)


def test_the_key_does_not_follow_to_another_server(make_session, play, answer):
    session = make_session(key="sk-123456789")
    play(
        exchange(session, get(session), understand),
        answer(status=302, headers={"location": "http://other/m"}),
        answer(OK),
    )
    assert "Authorization" not in dict(play.sent[1].headers)


@pytest.mark.parametrize("name", ["X-Api-Key", "X-Goog-Api-Key", "X-Auth-Token", "Cookie"])
def test_no_header_that_carries_a_secret_follows_to_another_server(make_session, play, answer, name):
    session = make_session()
    call = get(session, headers={name: "secret-0123456", "X-Plain": "1"})
    play(exchange(session, call, understand), answer(status=302, headers={"location": "http://other/m"}), answer(OK))
    assert name in dict(play.sent[0].headers)
    assert name not in dict(play.sent[1].headers)
    assert dict(play.sent[1].headers)["X-Plain"] == "1"


@pytest.mark.parametrize("location", ["ftp://x/y", "", None])
def test_redirects_that_lead_nowhere(make_session, play, answer, location):
    session = make_session()
    headers = {} if location is None else {"location": location}
    with pytest.raises(errors.StatusError):
        play(exchange(session, get(session), understand), answer(status=302, headers=headers))


def test_no_way_down_from_https(make_session, play, answer):
    session = make_session("https://localhost/v1")
    with pytest.raises(errors.StatusError, match="http://localhost/v1"):
        play(
            exchange(session, get(session), understand),
            answer(status=302, headers={"location": "http://localhost/v1/models"}),
        )


def test_a_circle_of_redirects_ends(make_session, play, answer):
    session = make_session()
    with pytest.raises(errors.ProtocolError, match="more than 5 redirects"):
        play(exchange(session, get(session), understand), *[answer(status=301, headers={"location": "/v1/models"})] * 6)


def test_a_post_is_not_redirected(make_session, play, answer):
    session = make_session()
    with pytest.raises(errors.StatusError, match="use that address as the base URL"):
        play(exchange(session, post(session), understand), answer(status=307, headers={"location": "http://new/v1"}))


# ---- streams -------------------------------------------------------------------------------------


def test_a_stream_is_open_when_its_head_came(make_session, play, answer):
    session = make_session()
    reply = answer(headers={"content-type": "text/event-stream"})
    opened = play(open_stream(session, post(session, deadline=700), understand), reply)
    assert (opened.reply, opened.whole, opened.until, opened.deadline) == (reply, None, 1600.0, 1700.0)
    assert play.sent[0].stream


def test_a_server_that_does_not_stream(make_session, play, answer):
    session = make_session()
    opened = play(open_stream(session, post(session), understand), answer(OK))
    assert opened.reply is None
    assert opened.whole.json() == OK


def test_an_empty_json_answer_to_a_stream_is_left_to_the_stream(make_session, play, answer):
    session = make_session()
    assert play(open_stream(session, post(session), understand), answer(b"")).whole.content == b""


def test_opening_a_stream_is_tried_again(make_session, play, answer):
    session = make_session()
    play(
        open_stream(session, post(session), understand),
        answer(status=503),
        errors.ConnectionLost("x"),
        answer(headers={"content-type": "text/event-stream"}),
    )
    assert len(play.sent) == 3


def test_a_refused_stream_is_the_error_of_its_body(make_session, play, answer):
    session = make_session()
    with pytest.raises(errors.BadRequest, match="no such field"):
        play(open_stream(session, post(session), understand), answer({"detail": "no such field"}, status=422))
    with pytest.raises(errors.TimedOut) as caught:
        play(open_stream(session, post(session), understand), errors.TimedOut("x"))
    assert caught.value.model == "m"


def test_a_server_row_without_key_variable_is_asked_without(make_session, play, answer):
    row = Server(name="mine", base_url="http://h/v1", needs_key=False)
    session = make_session(row)
    assert play(exchange(session, get(session), understand), answer(OK)) == OK


@pytest.mark.parametrize("location", ["http://[bad", "http://[::1/x", "//[x"])
def test_a_redirect_to_no_address_is_the_servers_answer(make_session, play, answer, location):
    """Not a ValueError of some library."""
    session = make_session()
    with pytest.raises(errors.StatusError, match="redirects"):
        play(exchange(session, get(session), understand), answer(status=302, headers={"location": location}))


@pytest.mark.parametrize("path", [None, b"models", 5, ["models"]])
def test_a_path_is_text(make_session, path):
    with pytest.raises(errors.BadUsage, match="a path is text"):
        make_session().target.url(path)


def test_the_key_does_not_follow_the_list_of_models_to_another_server(make_session):
    """A row may have it anywhere on its own server."""
    row = Server("mine", "https://one.example/v1", models="https://two.example/models")
    with pytest.raises(errors.BadUsage, match="make a client for that server"):
        _ = make_session(row).target.models_url
    row = row._replace(models="https://one.example/catalog?all=1")
    assert make_session(row).target.models_url == "https://one.example/catalog?all=1"


def test_a_coroutine_function_for_the_key_of_a_blocking_client(make_session, play):
    """It is told as such, and no coroutine is left that nobody awaits (which would be a warning)."""

    async def key():
        return "sk"

    session = make_session(key=key)
    with pytest.raises(errors.BadUsage, match="AsyncClient"):
        play(exchange(session, post(session), understand))


class Awaitable:
    """Something to await that is no coroutine."""

    def __await__(self):
        return iter(())


def test_what_else_can_be_awaited_is_no_key_either(make_session, play):
    session = make_session(key=Awaitable)
    with pytest.raises(errors.BadUsage, match="AsyncClient"):
        play(exchange(session, post(session), understand))


def test_a_secret_in_the_query_of_the_address_is_in_no_text(make_session, play, answer):
    session = make_session("http://localhost:8000/v1?api-version=2024&key=AIza-0123456789")
    said = {"error": {"message": "no such path: /v1/models?key=AIza-0123456789"}}
    with pytest.raises(errors.NotFound) as caught:
        play(exchange(session, get(session), understand), answer(said, status=404))
    assert "AIza-0123456789" not in str(caught.value) + caught.value.body
    assert "key=***" in str(caught.value)


def test_a_server_that_once_told_no_limits_is_heard_again(make_session, play, answer):
    """Two threads that skip the same answer leave the count below 0, which must not mean: never listen again."""
    shared = make_limiter()
    session = make_session(make_limiter=lambda: shared)
    shared.skips = -1
    told = {
        "x-ratelimit-limit-requests": "60",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "60s",
    }
    play(exchange(session, post(session), understand), answer(OK, headers=told))
    assert not shared.quiet


def make_limiter():
    from threading import Lock

    from franca.limits import Limiter, RateLimits

    return Limiter(RateLimits(), Lock())
