"""The option `fallbacks` over real sockets, with both clients; and what of it is checked and pickled."""

from __future__ import annotations

import asyncio
import pickle

import pytest

import franca
from franca import errors
from franca.io.fake import FakeTransport
from franca.simulator import Simulator

GOOD = {"model": "x", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}}]}


@pytest.fixture(scope="module")
def sim():
    with Simulator() as simulator:
        yield simulator


@pytest.mark.parametrize(
    ("broken", "error"),
    [("error-502", "ModelDown"), ("inside-first-event", "ModelDown"), ("cut-after-role", "StreamBroken")],
)
def test_another_model_of_the_same_server(sim, broken, error):
    """A bare name in the list is a model of the same server. An error status, an error as first event and a stream
    that is cut before its first token all go to it."""
    client = franca.Client(sim.url, model=f"scenario:{broken}", retries=0, fallbacks=["echo"])
    with client.chat_stream("hello there") as stream:
        text = "".join(event.content or "" for event in stream)
    assert text == "hello there"
    assert [one.error for one in stream.final.tried] == [error]
    assert stream.final.metrics.tries == 2


def test_another_server_async(sim):
    """The same with the async client, whole and streamed; the dead server is named."""

    async def go():
        async with franca.AsyncClient(
            "http://127.0.0.1:9/v1", model="m", retries=0, fallbacks=[(sim.url, "echo")]
        ) as client:
            chat = await client.chat("hello there")
            stream = client.chat_stream("hello there")
            return chat, await stream.finish()

    for chat in asyncio.run(go()):
        assert (chat.content, chat.server) == ("hello there", sim.url)
        assert [(one.server, one.error) for one in chat.tried] == [("http://127.0.0.1:9/v1", "ConnectFailed")]


def test_an_entry_may_have_options_of_its_own(monkeypatch):
    """Key, headers and time limits; what belongs to the first server's secrets stays there."""
    monkeypatch.setenv("SPARE_KEY", "sk-spare-0123456789")
    transport = FakeTransport([errors.ConnectFailed("down"), GOOD])
    client = franca.Client(
        "http://one/v1",
        api_key="sk-first-0123456789",
        model="m",
        retries=0,
        headers={"X-Team": "blue", "X-Api-Key": "k-first"},
        fallbacks=[{"server": "http://two/v1", "api_key": "env:SPARE_KEY", "model": "n", "timeout": 5}],
        transport=transport,
    )
    chat = client.chat("x")
    first, second = (dict(request.headers) for request in transport.requests)
    assert (first["Authorization"], second["Authorization"]) == (
        "Bearer sk-first-0123456789",
        "Bearer sk-spare-0123456789",
    )
    assert (first["X-Api-Key"], "X-Api-Key" in second, second["X-Team"]) == ("k-first", False, "blue")
    assert chat.tried[0].server == "http://one/v1"


def test_the_environments_model_is_not_a_fallbacks_own(monkeypatch):
    """A fallback without a model takes the call's."""
    monkeypatch.setenv("FRANCA_MODEL", "from-the-environment")
    transport = FakeTransport([errors.ConnectFailed("down"), GOOD])
    client = franca.Client("http://one/v1", retries=0, fallbacks=[{"server": "http://two/v1"}], transport=transport)
    client.chat("x", model="asked")
    assert b'"model":"asked"' in transport.requests[1].body


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("echo", "fallbacks is a list"),
        ({"server": "x"}, "fallbacks is a list"),
        ([7], r"fallbacks\[0\] is a model's name"),
        ([{"model": "m"}], r"fallbacks\[0\] has no 'server', only 'model'"),
        ([{"server": "http://x/v1", "api_kye": "sk-secret"}], "unknown option in"),
        ([("groq", "a", "b")], r"fallbacks\[0\]"),
        (["m"] * 21, "at most 20"),
        ([" "], r"fallbacks\[0\] is a model's name"),
        ([("nosuch", "m")], "no server is called"),
    ],
)
def test_what_is_no_list_of_fallbacks(given, text):
    """It is said before anything is sent, without repeating a key."""
    with pytest.raises(errors.BadUsage, match=text) as caught:
        franca.Client("http://one/v1", fallbacks=given)
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize("value", [errors.BadRequest, (errors.BadRequest,), lambda error: error.status == 400])
def test_fallback_on(value):
    """Classes, or a function of the error."""
    too_long = FakeTransport.answer({"error": {"message": "context too long"}}, status=400)
    transport = FakeTransport([too_long, GOOD])
    client = franca.Client("http://one/v1", model="m", fallbacks=["n"], fallback_on=value, transport=transport)
    assert [one.error for one in client.chat("x").tried] == ["BadRequest"]


@pytest.mark.parametrize("value", [7, "RateLimited", [ValueError], {"a": 1}])
def test_what_fallback_on_cannot_be(value):
    with pytest.raises(errors.BadUsage, match="fallback_on"):
        franca.Client("http://one/v1", fallbacks=["n"], fallback_on=value)


def test_a_pickle_holds_no_secret_of_a_fallback():
    """Keys, user info and tokens of fallbacks stay behind; the copy says so when that fallback is asked."""
    client = franca.Client(
        "http://one/v1",
        model="m",
        fallbacks=[
            {"server": "http://two/v1", "api_key": "sk-second-0123456789"},
            ("http://user:pass-0123456789@three/v1", "n"),
            {"server": "http://four/v1", "token": "tok-0123456789"},
            "n",
        ],
    )
    data = pickle.dumps(client)
    for secret in (b"sk-second", b"pass-0123456789", b"tok-0123456789"):
        assert secret not in data
    copy = pickle.loads(data)
    assert len(copy._session.fallbacks) == 4
    with pytest.raises(errors.BadUsage, match="its api_key is a secret that does not travel"):
        copy._session.fallbacks[0].key()


def test_another_model_of_the_same_server_has_the_same_limits():
    """A cap holds for all calls of a client, and what one model's call learns helps the others; another server, another
    key and limits of its own stand for themselves."""
    mine = franca.RateLimits(concurrency=1)
    client = franca.Client(
        "http://one/v1",
        api_key="sk-one",
        limits=mine,
        fallbacks=[
            "n",
            {"server": "http://one/v1", "api_key": "sk-one"},
            {"server": "http://one/v1", "api_key": "sk-two"},
            {"server": "http://one/v1", "api_key": "sk-one", "limits": franca.RateLimits(concurrency=2)},
            ("http://two/v1", "n"),
        ],
    )
    for one in (client, client.with_options(timeout=5)):
        shared = [place.shared is one._session.shared for place in one._session.fallbacks]
        assert shared == [True, True, False, False, False]
