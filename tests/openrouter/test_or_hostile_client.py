"""The client's side under a hostile eye: answers of others, headers that travel too far, secrets that are repeated,
keys that might be made twice."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading

import pytest

import franca
from franca import errors, openrouter
from franca.accumulate.details import Details
from franca.accumulate.merge import settled
from franca.faults import Origin, with_origin
from franca.flow.openrouter import account
from franca.flow.openrouter.capability import Table
from franca.flow.openrouter.knowing import Knowledge, ask_capability, ask_support
from franca.flow.openrouter.login import exchange_code
from franca.io.fake import AsyncFakeTransport, FakeTransport
from franca.observe import Hooks
from franca.openrouter import start_login
from franca.retry import RetryPolicy
from franca.servers import server_named
from franca.testing.scrub import Scrubber
from franca.wire.urls import query_text

from .played import Stage

OWN = ("x-openrouter-", "http-referer", "x-anthropic-beta", "x-title")
CREATED = {"data": {"hash": "h", "name": "x"}, "key": "sk-or-v1-0000000000secret"}


def headers_of(request):
    return {name.lower(): value for name, value in request.headers.items()}


# ---- whose answer it is -------------------------------------------------------------------------------


def test_the_answer_of_another_server_is_no_generation_of_openrouters(sim, url, both):
    """It says who answered, instead of asking OpenRouter for an id that it never gave."""
    client = both(base_url=url, retries=0, fallbacks=[(sim.url, "echo")])
    chat = client.call("chat", "hi", model="author/down")
    before = len(sim.requests)
    with pytest.raises(errors.BadUsage, match=f"{sim.url} answered, not openrouter"):
        client.do(lambda _: chat.generation())
    assert len(sim.requests) == before


@pytest.mark.parametrize("method", ["chat", "embeddings"])
def test_headers_for_openrouter_go_to_nobody_else(sim, url, both, method):
    """Neither those of the client nor those of the call; the caller's other headers do."""
    client = both(
        base_url=url,
        retries=0,
        app_url="https://app.example",
        app_title="App",
        headers={"X-Title": "App", "X-Mine": "1"},
        fallbacks=[(sim.url, "echo" if method == "chat" else "embed")],
    )
    client.call(method, "hi", model="author/down", cache=True, anthropic_beta="a", headers={"X-Call": "2"})
    first, last = headers_of(sim.requests[-2]), headers_of(sim.requests[-1])
    assert {name for name in first if name.startswith(OWN)} == {
        "x-openrouter-title", "x-openrouter-cache", "http-referer", "x-anthropic-beta", "x-title",
    }  # fmt: skip
    assert not [name for name in last if name.startswith(OWN)]
    assert (last["x-mine"], last["x-call"]) == ("1", "2")


def test_a_row_of_ones_own_is_openrouter_too(sim, url, both):
    """A proxy under another name gets OpenRouter's fields; a fallback to the usual row keeps them."""
    usual = server_named("openrouter").at(url)
    row = usual._replace(name="our-proxy")
    client = both(base_url=row, headers={"X-Title": "t"})
    chat = client.call("chat", "hi", model="author/echo", provider={"sort": "price"})
    assert sim.requests[-1].body["provider"] == {"sort": "price"}
    assert headers_of(sim.requests[-1])["x-title"] == "t"
    assert not chat.adapted
    assert client.do(lambda _: chat.generation()).model == "author/echo"
    back = both(base_url=row, retries=0, fallbacks=[{"server": usual, "api_key": "sk-or-v1-k", "model": "author/echo"}])
    back.call("chat", "hi", model="author/down", provider={"sort": "price"})
    assert sim.requests[-1].body["provider"] == {"sort": "price"}


# ---- options ------------------------------------------------------------------------------------------


def test_options_of_a_call_may_be_varied(sim, url, both):
    """`with_options` takes those of OpenRouter too; they are headers there as well."""
    client = both(base_url=url, headers={"X-Mine": "1"})
    varied = type(client).__new__(type(client))
    varied.__dict__.update(client.__dict__)
    varied.client = client.client.with_options(cache=True, router_metadata=True)
    varied.call("chat", "hi", model="author/echo")
    seen = headers_of(sim.requests[-1])
    assert (seen["x-openrouter-cache"], seen["x-openrouter-metadata"], seen["x-mine"]) == ("true", "enabled", "1")
    with pytest.raises(errors.BadUsage, match="unknown option of with_options"):
        client.client.with_options(models_lifetime=1.0)


def test_headers_that_are_no_mapping_are_told(url, both):
    """Also beside options that become headers."""
    with pytest.raises(errors.BadUsage, match="headers is a mapping of names to values, not list"):
        both(base_url=url).call("chat", "hi", model="author/echo", cache=True, headers=[("a", "b")])
    for kind in (franca.OpenRouter, franca.AsyncOpenRouter):
        with pytest.raises(errors.BadUsage, match="not list"):
            kind("sk-or-v1-k", base_url=url, app_title="x", headers=[("a", "b")])


# ---- errors of choices --------------------------------------------------------------------------------


@pytest.mark.parametrize("choices", [1, 2])
def test_an_error_in_mid_stream_says_which_choice_it_ended(url, both, choices):
    """The raised error knows no index, as only the event around it does; its copy for the choice has it."""
    with pytest.raises(errors.ModelDown) as caught:
        both(base_url=url, retries=0).collect("chat_stream", "a b c d e f", model="author/midstream-502", n=choices)
    found = openrouter.choice_errors(caught.value)
    assert found
    assert {one.metadata["index"] for one in found} <= set(range(choices))
    assert all(type(one) is errors.ModelDown and one.message == caught.value.message for one in found)
    assert "index" not in caught.value.metadata
    assert pickle.loads(pickle.dumps(found[0])).metadata == found[0].metadata


def test_the_error_of_one_choice_is_not_that_of_another():
    """A choice that tells nothing is not blamed on what another one said."""
    choices = [
        {"index": 0, "error": {"code": 429, "message": "slow"}, "finish_reason": "error"},
        {"index": 1, "finish_reason": "error"},
    ]
    raised = errors.RateLimited("slow", metadata={"index": 0}, partial=franca.Chat({"choices": choices}))
    found = openrouter.choice_errors(raised)
    assert [(type(one), one.metadata["index"]) for one in found] == [(errors.RateLimited, 0), (errors.ServerFault, 1)]
    assert "tells no more" in found[1].message


def test_a_partial_answer_that_hides_a_key_still_knows_its_client(url, both):
    """A server repeats the key in an answer that goes into an error: the key goes, the client stays."""
    client = both(base_url=url)
    chat = client.call("chat", "hi", model="author/echo")
    made = type(chat)(
        {**chat.to_dict(), "echo": "sk-or-v1-0123456789"}, 200, chat.headers, chat.server, None, client.client
    )
    error = errors.StreamBroken("cut", partial=made)
    with_origin(error, Origin("openrouter", None, ["sk-or-v1-0123456789"]))
    assert "0123456789" not in str(error.partial.to_dict())
    assert client.do(lambda _: error.partial.generation()).id == chat.generation_id


# ---- secrets ------------------------------------------------------------------------------------------


def echoing(*secrets):
    """A server that repeats what it was sent, at first with a status that is tried again."""
    said = {"error": {"message": f"bad: {' '.join(secrets)}", "metadata": {"given": list(secrets)}}}
    return [FakeTransport.answer(said, status=status, headers={"retry-after": "0"}) for status in (503, 400)]


@pytest.mark.parametrize("kind", ["OpenRouter", "AsyncOpenRouter"])
def test_hooks_do_not_see_what_a_server_repeats_of_a_login(kind):
    """Neither when it is tried again nor when it has failed: the code and the verifier together are a key."""
    verifier = start_login().verifier
    seen = []
    hooks = Hooks(
        retry=lambda call, error, delay: seen.append(f"{error} {error.body} {error.metadata}"),
        error=lambda call, error: seen.append(f"{error} {error.body} {error.metadata}"),
    )
    transport = (AsyncFakeTransport if kind == "AsyncOpenRouter" else FakeTransport)(
        echoing("the-users-code", verifier)
    )
    client = getattr(franca, kind)(base_url="http://fake/api/v1", transport=transport, hooks=hooks)

    async def exchange():
        found = client.exchange_code("the-users-code", verifier)
        return await found if hasattr(found, "__await__") else found

    with pytest.raises(errors.BadRequest) as caught:
        asyncio.run(exchange())
    assert len(seen) == 2
    shown = f"{seen} {caught.value!r} {vars(caught.value)}"
    assert "***" in shown
    assert verifier not in shown
    assert "the-users-code" not in shown


def test_an_error_beside_a_users_key_does_not_quote_it():
    """A server that sends both."""
    stage = Stage(policy=RetryPolicy(retries=0))
    flow = exchange_code(stage.session, "a-code-of-a-user", start_login().verifier, {})
    with pytest.raises(errors.OutOfCredits) as caught:
        stage.play(flow, {"error": {"code": 402, "message": "no"}, "key": "sk-or-v1-0000000000secret"})
    assert "secret" not in f"{caught.value!r} {vars(caught.value)}"


def test_a_key_of_ones_own_making_is_in_no_error():
    """`external.api_key` of a new key, when the server repeats it."""
    stage = Stage()
    flow = account.create_key(stage.session, "x", {"external": {"user": "u", "api_key": "own-0123456789"}})
    with pytest.raises(errors.BadRequest) as caught:
        stage.play(flow, ({"error": {"message": "taken: own-0123456789"}}, 400))
    assert "***" in caught.value.message
    assert "own-0123456789" not in f"{caught.value!r} {vars(caught.value)}"
    assert b"own-0123456789" in stage.sent[0].body


def test_a_cassette_keeps_no_verifier():
    body = json.dumps({"code": "c", "code_verifier": "v" * 43, "code_challenge_method": "S256"}).encode()
    kept = json.loads(Scrubber().body(body))
    assert kept == {"code": "c", "code_verifier": "***", "code_challenge_method": "S256"}


@pytest.mark.parametrize("kind", ["OpenRouter", "AsyncOpenRouter"])
def test_what_is_bound_to_a_client_does_not_carry_its_key_away(kind):
    """Lists in pages and `keys` hold the client's session; without a limiter nothing else kept it from a pickle."""
    client = getattr(franca, kind)("sk-or-v1-secret-key", base_url="http://fake/api/v1", limits=False)
    for bound in (client.models(), client.keys, client.keys.list()):
        with pytest.raises(errors.BadUsage, match="pickle the client") as caught:
            pickle.dumps(bound)
        assert "secret" not in str(caught.value)


# ---- nothing is done twice ----------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [FakeTransport.answer({}, status=502), errors.ConnectionLost("gone", began=False)])
def test_a_key_is_not_made_twice_by_itself(failure):
    """A try whose answer was lost may have made one. Whoever takes the risk says so in the call."""
    transport = FakeTransport([failure, CREATED])
    client = franca.OpenRouter("sk-or-v1-m", base_url="http://fake/api/v1", transport=transport, retries=3)
    with pytest.raises(errors.FrancaError):
        client.keys.create("x")
    assert transport.sent == 1
    again = FakeTransport([failure, CREATED])
    client = franca.OpenRouter("sk-or-v1-m", base_url="http://fake/api/v1", transport=again)
    policy = RetryPolicy(retries=1, base=0.0)
    assert client.keys.create("x", retries=policy).key == CREATED["key"]
    assert again.sent == 2


# ---- what models can do -------------------------------------------------------------------------------


def test_the_user_info_of_a_proxy_goes_along_without_a_key(sim, url, both):
    """A proxy that wants it gave the list to nobody otherwise, which looked like a program without network."""
    client = both(base_url=url.replace("://", "://me:the-password@"), api_key=None)
    assert client.call("capability", "author/echo").source == "live"
    assert "authorization" in headers_of(sim.requests[-1])
    login = start_login(base_url=url)
    with pytest.raises(errors.StatusError):
        client.call("exchange_code", "a-code-of-nobody", login.verifier)
    assert "authorization" in headers_of(sim.requests[-1])


def test_who_waits_no_longer_is_forgotten():
    """However many come and go while one list is fetched."""
    stage = Stage(policy=RetryPolicy(retries=0))
    stage.pause = lambda script, turn, seconds: stage.sleep(script, seconds)
    known = Knowledge(threading.RLock(), 3600.0)
    assert known.enter(0.0, stage.now, 30.0) is None
    for _ in range(3):
        assert stage.play(ask_capability(stage.session, known, "openai/gpt-4o", {"deadline": 1.0})).source == "built in"
    cancelled = ask_capability(stage.session, known, "openai/gpt-4o", {})
    assert next(cancelled)[0] == "pause"
    cancelled.close()
    assert not known._flight[1]
    known.leave(stage.now)
    known.forget(object())


def test_a_late_failure_brings_no_older_list_back():
    """Whoever was not believed in any more fails, when another one has fetched a newer list meanwhile."""
    known = Knowledge(threading.RLock(), 3600.0)
    known.leave(0.0, Table([{"id": "a/new"}], 200.0))
    known.leave(1.0, Table([{"id": "a/old"}], 100.0), pause=60.0, fetched=False)
    assert list(known.known(200.0).table.rows) == ["a/new"]
    assert known.known(200.0).live
    known.leave(2.0, Table([{"id": "a/newest"}], 300.0), fetched=False)
    assert list(known.known(300.0).table.rows) == ["a/newest"]
    assert not known.known(300.0).live


# ---- addresses ----------------------------------------------------------------------------------------


def test_what_no_query_can_say_is_told():
    """A name that is no text; a set of several kinds is sorted all the same."""
    with pytest.raises(errors.BadUsage, match="the name of a query's field is text, not 7"):
        query_text({7: "x"})
    assert query_text({"a": {2, "b", 10}}) == "a=10,2,b"


@pytest.mark.parametrize(("asked", "meant"), [("structured_output", "structured_outputs"), ("tool", "tools")])
def test_a_misspelt_parameter_is_no_plain_no(url, both, asked, meant):
    """It would look like an answer. With a list and without; a word that resembles none is a no."""
    client = both(base_url=url)
    for model, found in (("author/tools", client), ("openai/gpt-4o", both(base_url="http://127.0.0.1:9/api/v1"))):
        with pytest.raises(errors.BadUsage, match=f"did you mean '{meant}'"):
            found.call("supports", model, asked, retries=0)
    assert client.call("supports", "author/tools", "top_n") is False


def test_a_new_parameter_that_resembles_a_known_one_is_known():
    """When some model of the list has it."""
    stage = Stage(policy=RetryPolicy(retries=0))
    known = Knowledge(threading.RLock(), 3600.0)
    rows = [{"id": "a/b", "supported_parameters": []}, {"id": "a/c", "supported_parameters": ["tool"]}]
    known.leave(0.0, Table(rows, stage.session.wall()))
    assert stage.play(ask_support(stage.session, known, "a/b", "tool", {})) is False


# ---- what came ----------------------------------------------------------------------------------------


def test_a_second_signature_does_not_overwrite_the_first():
    """It signs another thought, even one without text; the first would be refused with a signature not its own."""
    details = Details()
    for piece in ({"text": "a"}, {"signature": "s1"}, {"text": "", "signature": "s1"}, {"text": "", "signature": "s2"}):
        details.add([{"type": "reasoning.text", "index": 0, **piece}])
    signed = [(item["text"], item["signature"]) for item in settled(details.items)]
    assert signed == [("a", "s1"), ("", "s2")]
