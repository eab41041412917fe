"""The two clients: how they are made, pickled and varied; what their calls send; where they fall back to."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

import franca
from franca import errors
from franca.io.fake import FakeTransport
from franca.openrouter.answers import AsyncOpenRouterChat, OpenRouterChat

MODEL = "author/echo"


def sent(sim, number=-1):
    """A request as it came to the simulator: (headers, body)."""
    seen = sim.requests[number]
    return {name.lower(): value for name, value in seen.headers.items()}, seen.body


def test_without_anything_it_is_openrouter(monkeypatch):
    """The address is OpenRouter's, the key its variable's; neither is in the repr."""
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-from-the-environment")
    client = franca.OpenRouter()
    assert client.base_url == "https://openrouter.ai/api/v1"
    assert client.server == "openrouter"
    assert "environment" not in repr(client)
    assert "OpenRouter" in repr(client)


def test_the_key_may_come_first_or_by_name():
    """Given in both ways it is a mistake; an address in its place is told."""
    assert repr(franca.OpenRouter("sk-or-v1-a")) == repr(franca.OpenRouter(api_key="sk-or-v1-a"))
    with pytest.raises(errors.BadUsage, match="given twice"):
        franca.OpenRouter("sk-or-v1-a", api_key="sk-or-v1-b")
    with pytest.raises(errors.BadUsage, match="base_url is a URL"):
        franca.OpenRouter(base_url="sk-or-v1-a")
    with pytest.raises(errors.BadUsage, match="an address stands in the place of the key"):
        franca.OpenRouter("http://localhost:8990/v1")


def test_the_text_of_a_client_is_how_to_make_it(url, both):
    """The first argument is the key, so the server's name is not shown in its place; and no address is left out."""
    assert repr(franca.OpenRouter()) == "OpenRouter()"
    made = both(base_url=url, model=MODEL).client
    assert repr(made) == f"{type(made).__name__}(base_url={url!r}, model={MODEL!r}, api_key='***')"


def test_options_of_a_call_at_openrouter_for_a_client_like_it(sim, url, both):
    """`with_options` takes them too; False takes back what the first client was told; the call has the last word."""
    client = both(base_url=url, cache=True)
    for other, call, expected in (
        (client.client.with_options(cache=False, router_metadata=True), {}, ("false", "enabled")),
        (client.client.with_options(router_metadata=True), {"router_metadata": False}, ("true", "disabled")),
    ):
        client.do(lambda _, other=other, call=call: other.chat("hi", model=MODEL, **call))
        headers, _ = sent(sim)
        assert (headers["x-openrouter-cache"], headers["x-openrouter-metadata"]) == expected
    with pytest.raises(errors.BadUsage, match="app_title"):
        client.client.with_options(app_title="x")


def test_no_key_says_which_variable(url, both):
    """Without a key nothing is sent."""
    with pytest.raises(errors.BadUsage, match="OPENROUTER_API_KEY"):
        both(api_key=None, base_url=url).call("chat", "hi", model=MODEL)


def test_options_of_the_application_are_headers(sim, url, both):
    """Address, title and categories go along with every request; the caller's own headers win."""
    client = both(
        base_url=url,
        app_url="https://app.example",
        app_title="App",
        app_categories=["cli-agent", "ide"],
        headers={"X-OpenRouter-Title": "Mine"},
    )
    client.call("chat", "hi", model=MODEL)
    headers, _ = sent(sim)
    assert headers["http-referer"] == "https://app.example"
    assert headers["x-openrouter-title"] == "Mine"
    assert headers["x-openrouter-categories"] == "cli-agent,ide"


def test_options_of_a_call_are_headers(sim, url, both):
    """The response cache, the routing metadata and Anthropic's betas are asked for in headers, per client or call."""
    client = both(base_url=url, router_metadata=True)
    client.call("chat", "hi", model=MODEL, cache=True, cache_ttl=60, cache_clear=False, anthropic_beta=["a", "b"])
    headers, body = sent(sim)
    assert headers["x-openrouter-metadata"] == "enabled"
    assert headers["x-openrouter-cache"] == "true"
    assert headers["x-openrouter-cache-ttl"] == "60"
    assert headers["x-openrouter-cache-clear"] == "false"
    assert headers["x-anthropic-beta"] == "a,b"
    assert not {name for name in body if name.startswith("cache")}
    client.call("chat", "hi", model=MODEL, router_metadata=False)
    headers, _ = sent(sim)
    assert headers["x-openrouter-metadata"] == "disabled"
    assert "x-openrouter-cache" not in headers


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cache": "yes"}, "cache is True or False"),
        ({"cache_ttl": 0}, "from 1 to 86400"),
        ({"cache_ttl": True}, "from 1 to 86400"),
        ({"cache_ttl": 86401}, "from 1 to 86400"),
        ({"anthropic_beta": 3}, "anthropic_beta is text"),
        ({"app_title": " "}, "app_title is text"),
        ({"app_categories": []}, "app_categories is text"),
        ({"app_titel": "x"}, "did you mean 'app_title'"),
        ({"models_lifetime": -1}, "models_lifetime"),
    ],
)
def test_wrong_options(options, said):
    """What cannot be sent is told when the client is made."""
    with pytest.raises(errors.BadUsage, match=said):
        franca.OpenRouter("sk-or-v1-a", **options)


def test_wrong_options_of_a_call(url, both):
    """And those of a call before anything is sent."""
    with pytest.raises(errors.BadUsage, match="cache_ttl"):
        both(base_url=url).call("chat", "hi", model=MODEL, cache_ttl=1e9)
    with pytest.raises(errors.BadUsage, match="did you mean"):
        both(base_url=url).call("chat", "hi", model=MODEL, providr={})


def test_without_a_model(sim, url, both):
    """The account's own model, or a list of models, stands in for one: no `model` is sent."""
    client = both(base_url=url)
    client.call("chat", "hi", models=[MODEL])
    _, body = sent(sim)
    assert "model" not in body
    assert body["models"] == [MODEL]
    chat = client.call("chat", "hi")
    assert "model" not in sent(sim)[1]
    assert chat.model


def test_whole_streamed_and_completed(url, both):
    """Whole and streamed answers agree; both hold on to the client, as prompt completions do."""
    client = both(base_url=url)
    chat = client.call("chat", "one two three", model=MODEL)
    events, final = client.collect("chat_stream", "one two three", model=MODEL)
    assert chat.content == final.content == "".join(event.content or "" for event in events)
    assert type(chat) is type(final)
    assert isinstance(chat, OpenRouterChat | AsyncOpenRouterChat)
    assert chat.provider == final.provider
    whole = client.call("completions", "once upon", model=MODEL)
    _, streamed = client.collect("completions_stream", "once upon", model=MODEL)
    assert whole.text == streamed.text
    for answer in (chat, final, whole, streamed):
        generation = client.do(lambda _, answer=answer: answer.generation())
        assert generation.id == answer.generation_id


def test_embeddings_take_a_provider(sim, url, both):
    """Vectors come in the order given, and routing preferences go along."""
    found = both(base_url=url).call("embeddings", ["a", "b"], model="author/embed", provider={"sort": "price"})
    assert len(found.vectors) == 2
    assert sent(sim)[1]["provider"] == {"sort": "price"}


def test_an_answer_out_of_a_pickle(url, both):
    """It is whole, but for its client: the error says what to ask. A copy keeps the client."""
    client = both(base_url=url)
    chat = client.call("chat", "hi", model=MODEL)
    again = pickle.loads(pickle.dumps(chat))
    assert (again, again.headers, again.generation_id) == (chat, chat.headers, chat.generation_id)
    with pytest.raises(errors.BadUsage, match="knows no client"):
        client.do(lambda _: again.generation())
    for made in (copy.copy(chat), copy.deepcopy(chat)):
        assert client.do(lambda _, made=made: made.generation()).id == chat.generation_id
    nameless = type(chat)({"choices": []})
    with pytest.raises(errors.BadUsage, match="names no generation"):
        client.do(lambda _: nameless.generation())


@pytest.mark.parametrize("kind", ["OpenRouter", "AsyncOpenRouter"])
def test_a_client_pickles_without_its_key(url, kind):
    """Its address, headers and the settings of its catalogue travel; its key does not, and is missed in words."""
    made = getattr(franca, kind)
    client = made("sk-or-v1-secret-key", base_url=url, app_title="App", models_lifetime=5.0, model=MODEL)
    text = pickle.dumps(client)
    assert b"secret-key" not in text
    again = pickle.loads(text)
    assert (type(again), again.base_url, again.model) == (made, url, MODEL)
    if kind == "OpenRouter":
        with pytest.raises(errors.BadUsage, match="does not travel"):
            again.chat("hi")
    with_variable = pickle.loads(pickle.dumps(made(api_key=_key, base_url=url)))
    assert with_variable._given[1]["api_key"] is _key


def _key():
    return "sk-or-v1-test-key"


def test_varied_options_share_what_was_learnt(url, both):
    """`with_options` gives a client of the same kind, over the same connections and the same catalogue."""
    client = both(base_url=url).client
    other = client.with_options(model=MODEL, timeout=5.0)
    assert type(other) is type(client)
    assert other.model == MODEL
    assert other._catalogue is client._catalogue


def test_flat_keys_are_moved_and_warned_of(sim, url, both):
    """The keys of old clients reach OpenRouter in `provider`, and the warning points at the caller's line."""
    client = both(base_url=url)
    with pytest.warns(FutureWarning, match="provider_order") as caught:
        client.call("chat", "hi", model=MODEL, provider_order=["alpha"], extra={"provider_sort": "price"})
    assert sent(sim)[1]["provider"] == {"order": ["alpha"], "sort": "price"}
    assert "conftest" in caught[0].filename  # `call` is the caller there


def test_a_fallback_elsewhere_gets_what_it_understands(sim, url, both):
    """At a server that is not OpenRouter its own fields are left out, which the answer tells; the effort of the
    reasoning is said in everybody's words."""
    client = both(base_url=url, retries=0, fallbacks=[(sim.url, "echo")])
    chat = client.call(
        "chat", "hi", model="author/no-such-model", provider={"sort": "price"}, plugins=[{"id": "web"}], top_p=0.5
    )
    assert chat.content == "hi"
    _, body = sent(sim)
    assert not body.keys() & {"provider", "plugins", "models"}
    assert body["top_p"] == 0.5
    assert {change.field for change in chat.adapted} >= {"provider", "plugins"}
    assert [one.error for one in chat.tried] == ["NotFound"]


def test_tools(url, both):
    """The tool loop keeps the class and the fields of OpenRouter; its stream too."""

    def weather(city: str) -> str:
        """The weather in a city."""
        return f"fine in {city}"

    client = both(base_url=url)
    chat = client.call("run_tools", "hi", [weather], model="author/tools", provider={"sort": "price"}, max_turns=3)
    assert isinstance(chat, OpenRouterChat | AsyncOpenRouterChat)
    assert len(chat.turns) == 2
    _, final = client.collect("run_tools_stream", "hi", [weather], model="author/tools", max_turns=3)
    assert type(final) is type(chat)
    with pytest.raises(errors.BadUsage, match="did you mean 'provider'"):
        client.call("run_tools", "hi", [weather], model="author/tools", providr={})


def test_both_clients_have_the_same_methods():
    """Same names, same parameters: only `async` differs."""

    def public(kind):
        return {
            name: list(inspect.signature(method).parameters)
            for name, method in inspect.getmembers(kind, callable)
            if not name.startswith("_")
        }

    assert public(franca.OpenRouter) == public(franca.AsyncOpenRouter)


def test_a_client_of_openrouter_is_a_client(url):
    """Where franca takes a client, it takes this one."""
    assert issubclass(franca.OpenRouter, franca.Client)
    assert issubclass(franca.AsyncOpenRouter, franca.AsyncClient)
    answer = {"id": "gen-1", "choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}
    client = franca.OpenRouter("sk-or-v1-a", transport=FakeTransport([answer]))
    assert client.chat("hi").generation_id == "gen-1"
