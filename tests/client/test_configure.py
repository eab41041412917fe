"""From what is given, and the environment, to where requests go and with which key."""

from __future__ import annotations

import copy
import pickle

import pytest

import franca
from franca.errors import BadUsage
from franca.io.fake import FakeTransport

ANSWER = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}


def asked(*args, **options):
    """The request that a client so made sends."""
    transport = FakeTransport([ANSWER])
    franca.Client(*args, transport=transport, **{"model": "m", **options}).chat("x")
    return transport.requests[0]


def authorization(request):
    return dict(request.headers).get("Authorization")


def test_nothing_given_is_openai(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-key")
    monkeypatch.setenv("OPENAI_ORG_ID", "org")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj")
    request = asked()
    assert request.url == "https://api.openai.com/v1/chat/completions"
    assert authorization(request) == "Bearer sk-openai-key"
    assert dict(request.headers)["OpenAI-Organization"] == "org"
    assert dict(request.headers)["OpenAI-Project"] == "proj"
    assert dict(request.headers)["User-Agent"] == f"franca/{franca.__version__}"


def test_the_openai_variables_belong_together(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-key")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://gateway:8080/v1/")
    request = asked()
    assert request.url == "http://gateway:8080/v1/chat/completions"
    assert authorization(request) == "Bearer sk-openai-key"


def test_francas_variables_come_first(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-key")
    monkeypatch.setenv("FRANCA_SERVER", "groq")
    monkeypatch.setenv("GROQ_API_KEY", "gsk-groq-key")
    monkeypatch.setenv("FRANCA_MODEL", "llama")
    client = franca.Client()
    assert (client.server, client.model, client.base_url) == ("groq", "llama", "https://api.groq.com/openai/v1")
    assert authorization(asked()) == "Bearer gsk-groq-key"
    monkeypatch.setenv("FRANCA_API_KEY", "fr-franca-key")
    assert authorization(asked()) == "Bearer fr-franca-key"


def test_a_key_is_never_sent_to_a_server_it_was_not_meant_for(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-openai-key")
    monkeypatch.setenv("FRANCA_API_KEY", "fr-franca-key")
    assert authorization(asked("http://somewhere:8000/v1")) is None
    assert authorization(asked("https://api.openai.com/v1")) == "Bearer sk-openai-key"
    assert authorization(asked("https://api.openai.com.evil.example/v1")) is None


def test_a_variable_moves_a_row(monkeypatch):
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://box:11434/v1")
    assert asked("ollama").url == "http://box:11434/v1/chat/completions"
    assert franca.Client(franca.SERVERS["ollama"]).base_url == "http://box:11434/v1"


@pytest.mark.parametrize("given", ["sk-given-key", " sk-given-key\n", "env:MY_KEY", lambda: "sk-given-key"])
def test_the_key_in_every_form(monkeypatch, given):
    monkeypatch.setenv("MY_KEY", "sk-given-key")
    assert authorization(asked("http://h/v1", api_key=given)) == "Bearer sk-given-key"


def test_no_key_is_no_header():
    assert authorization(asked("http://h/v1", api_key=None)) is None
    assert authorization(asked("http://h/v1", api_key="")) is None


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"api_key": 7}, "api_key is text"),
        ({"api_key": "env:NOT_SET_ANYWHERE"}, "variable NOT_SET_ANYWHERE is not set"),
        ({"api_key": "a\nb"}, "characters that no key has"),
        ({"max_body": 0}, "max_body is a number of bytes"),
        ({"max_body": True}, "max_body"),
        ({"time_out": 3}, "unknown option 'time_out'; did you mean 'timeout'"),
        ({"timeout": -1}, "timeout"),
        ({"transport": 7}, "transport has a method send"),
    ],
)
def test_wrong_options(options, text):
    with pytest.raises(BadUsage, match=text):
        franca.Client("http://h/v1", **options)


@pytest.mark.parametrize("cls", [franca.Client, franca.AsyncClient])
def test_repr_shows_no_secret(cls):
    client = cls("http://me:hunter2000@h/v1", api_key="sk-secret-key", model="m", proxy="http://p:pw123456@proxy:1")
    assert repr(client) == f"{cls.__name__}('http://h/v1', model='m', api_key='***')"
    assert repr(cls("http://h/v1")) == f"{cls.__name__}('http://h/v1')"


# ---- pickles -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [franca.Client, franca.AsyncClient])
@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_clients_pickle_as_their_settings(cls, again):
    client = cls("http://h/v1", model="m", timeout=5, headers={"X-A": "1"}, api_key="env:PATH")
    twin = again(client)
    assert type(twin) is cls
    assert twin._session.limits == client._session.limits
    assert (twin.base_url, twin.model) == ("http://h/v1", "m")
    assert twin._session.key == client._session.key


SECRETS = [
    ({"api_key": "sk-secret-key"}, "its api_key"),
    ({"headers": {"Authorization": "Bearer sk-secret-key", "X-A": "1"}}, "its header Authorization"),
    ({"proxy": "http://me:sk-secret-key@proxy:1"}, "the password of its proxy"),
    ({"cert": ("c.pem", "k.pem", "sk-secret-key")}, "the password of its certificate"),
]


@pytest.mark.parametrize(("options", "what"), SECRETS)
def test_secrets_do_not_travel_in_pickles_and_the_twin_says_so(options, what):
    data = pickle.dumps(franca.Client("http://h/v1", model="m", **options))
    assert b"sk-secret-key" not in data
    twin = pickle.loads(data)
    twin = pickle.loads(pickle.dumps(twin))  # and once more
    with pytest.raises(BadUsage, match=f"{what} is a secret that does not travel"):
        twin.chat("x")


def test_user_info_does_not_travel_either():
    data = pickle.dumps(franca.Client("http://me:sk-secret-key@h/v1?a=b", model="m"))
    assert b"sk-secret-key" not in data
    assert pickle.loads(data)._session.target.query == "a=b"


def test_keys_of_the_environment_are_found_again(monkeypatch):
    monkeypatch.setenv("GROQ_API_KEY", "gsk-first-key")
    data = pickle.dumps(franca.Client("groq", model="m"))
    assert b"gsk-first-key" not in data
    monkeypatch.setenv("GROQ_API_KEY", "gsk-other-key")
    assert pickle.loads(data)._session.key == "gsk-other-key"


# ---- with_options --------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [franca.Client, franca.AsyncClient])
def test_with_options_shares_the_connections(cls):
    client = cls("http://h/v1", model="m", headers={"X-A": "1", "X-B": "1"})
    other = client.with_options(model="n", timeout=3, headers={"x-a": "2"})
    assert other.transport is client.transport
    assert other._session.budget is client._session.budget
    assert (other.model, client.model) == ("n", "m")
    assert (other._session.limits.timeout, client._session.limits.timeout) == (3.0, 600.0)
    assert dict(other._session.limits.headers) == {"x-a": "2", "X-B": "1"}
    with pytest.raises(BadUsage, match="unknown option of with_options 'proxy'"):
        client.with_options(proxy="http://p:1")


# ---- servers where everybody has an address of their own ------------------------------------------


AZURE = ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT", "AZURE_OPENAI_DEPLOYMENT", "OPENAI_API_VERSION")


@pytest.fixture
def no_azure(monkeypatch):
    for name in (*AZURE, "AZURE_OPENAI_AD_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def test_azure_by_deployment(no_azure):
    """Endpoint, deployment and version make the address; the key travels in its own header; the deployment stands
    for the model."""
    transport = FakeTransport([ANSWER, {"data": []}])
    client = franca.Client(
        "azure",
        endpoint="https://mine.openai.azure.com/",
        deployment="gpt-prod",
        api_version="2024-10-21",
        api_key="az-key-0123456789",
        transport=transport,
    )
    client.chat("x")
    client.list_models()
    chat, models = transport.requests
    assert chat.url == (
        "https://mine.openai.azure.com/openai/deployments/gpt-prod/chat/completions?api-version=2024-10-21"
    )
    assert models.url == "https://mine.openai.azure.com/openai/models?api-version=2024-10-21"
    assert dict(chat.headers)["api-key"] == dict(models.headers)["api-key"] == "az-key-0123456789"
    assert "Authorization" not in dict(chat.headers)
    assert (client.model, client.server) == ("gpt-prod", "azure")


def test_azure_by_its_newer_path(no_azure):
    """Without a version the v1 path is used."""
    request = asked("azure", endpoint="https://mine.openai.azure.com", api_key="az-key-0123456789")
    assert request.url == "https://mine.openai.azure.com/openai/v1/chat/completions"
    request = asked("azure", endpoint="https://mine.openai.azure.com/openai/v1/", api_key="az-key-0123456789")
    assert request.url == "https://mine.openai.azure.com/openai/v1/chat/completions"


def test_azure_from_the_environment(no_azure, monkeypatch):
    for name, value in zip(
        AZURE, ("az-key-0123456789", "https://env.openai.azure.com", "dep", "2024-10-21"), strict=True
    ):
        monkeypatch.setenv(name, value)
    transport = FakeTransport([ANSWER])
    client = franca.Client("azure", transport=transport)
    client.chat("x")
    assert "/deployments/dep/" in transport.requests[0].url
    assert client.model == "dep"


def test_azure_with_a_token(no_azure, monkeypatch):
    """A token goes as bearer, given as text, by a function asked anew for each call, or by the environment."""
    where = {"endpoint": "https://mine.openai.azure.com"}
    assert authorization(asked("azure", token="tok-0123456789", **where)) == "Bearer tok-0123456789"
    tokens = iter(["tok-first-0123", "tok-second-0123"])
    transport = FakeTransport([ANSWER, ANSWER])
    client = franca.Client("azure", model="m", token=lambda: next(tokens), transport=transport, **where)
    client.chat("x"), client.chat("x")
    assert [authorization(request) for request in transport.requests] == [
        "Bearer tok-first-0123",
        "Bearer tok-second-0123",
    ]
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "tok-env-0123456789")
    assert authorization(asked("azure", **where)) == "Bearer tok-env-0123456789"
    monkeypatch.setenv("AZURE_OPENAI_API_KEY", "az-key-0123456789")
    assert dict(asked("azure", **where).headers)["api-key"] == "az-key-0123456789"


def test_the_catalogue_of_github_is_beside_its_base(monkeypatch):
    """The list of models is outside the base URL, also where an organisation pays."""
    monkeypatch.setenv("GITHUB_TOKEN", "ghp-0123456789")
    for options, chat, models in (
        ({}, "https://models.github.ai/inference", "https://models.github.ai/catalog/models"),
        (
            {"organization": "acme"},
            "https://models.github.ai/orgs/acme/inference",
            "https://models.github.ai/catalog/models",
        ),
    ):
        transport = FakeTransport([ANSWER, []])
        client = franca.Client("github", model="m", transport=transport, **options)
        client.chat("x"), client.list_models()
        assert [request.url for request in transport.requests] == [f"{chat}/chat/completions", models]
        assert "X-GitHub-Api-Version" in dict(transport.requests[0].headers)


@pytest.mark.parametrize(
    ("server", "options", "text"),
    [
        ("azure", {}, "address of your own: give endpoint=...; or endpoint=..., deployment=.*or set AZURE_OPENAI_E"),
        ("azure", {"deployment": "x"}, r"deployment=\.\.\. is not enough"),
        ("azure", {"endpoint": "mine.openai.azure.com"}, "endpoint is a URL"),
        ("azure", {"endpoint": "https://x.openai.azure.com", "deployment": "a/b", "api_version": "1"}, "a plain name"),
        ("azure", {"endpoint": 7}, "endpoint is text"),
        ("azure", {"endpoint": "https://x.openai.azure.com", "organization": "o"}, "takes no organization"),
        ("groq", {"endpoint": "https://x"}, "takes no endpoint"),
        ("http://x/v1", {"endpoint": "https://x"}, "takes no endpoint"),
        (franca.Server(name="mine", base_url=""), {}, "the row mine has no base_url"),
        (franca.Server(name="mine", base_url="http://x", quirks={"drops": ("seed",)}), {}, "a franca.servers.Quirks"),
    ],
)
def test_what_makes_no_address(no_azure, server, options, text):
    """It is said what is missing, and where it could be."""
    with pytest.raises(BadUsage, match=text):
        franca.Client(server, **options)


def test_a_token_does_not_travel_in_a_pickle(no_azure):
    client = franca.Client("azure", endpoint="https://x.openai.azure.com", model="m", token="tok-0123456789")
    data = pickle.dumps(client)
    assert b"tok-0123456789" not in data
    with pytest.raises(BadUsage, match="its token is a secret that does not travel"):
        pickle.loads(data).chat("x")


def test_with_options_shares_what_was_learnt():
    """A client made of another one by `with_options` knows what that one's server refused, and the other way round."""
    refusal = FakeTransport.answer(
        {"error": {"message": "Unrecognized request argument supplied: user", "param": None}}, status=400
    )
    transport = FakeTransport([refusal, ANSWER, ANSWER])
    client = franca.Client("http://x/v1", model="m", transport=transport)
    first = client.with_options(timeout=5).chat("x", user="me")
    second = client.chat("x", user="me")
    assert [str(change) for change in first.adapted] == ["drop user (refused)"]
    assert [str(change) for change in second.adapted] == ["drop user (remembered)"]
    assert len(transport.requests) == 3


def test_healing_can_be_turned_off():
    refusal = FakeTransport.answer(
        {"error": {"message": "Unrecognized request argument supplied: user", "param": None}}, status=400
    )
    client = franca.Client("http://x/v1", model="m", heal=False, transport=FakeTransport([refusal]))
    with pytest.raises(franca.BadRequest):
        client.chat("x", user="me")
    with pytest.raises(BadUsage, match="heal is True or False"):
        franca.Client("http://x/v1", heal="no")


@pytest.mark.parametrize("as_row", [False, True])
def test_a_secret_in_the_query_does_not_travel_either(as_row):
    """`?key=...` in the base URL, also of a row and of a fallback; what is no secret there goes along."""
    url = "http://h/v1?api-version=2024&key=AIza-0123456789"
    server = franca.Server("mine", "http://h/v1").at(url) if as_row else url
    data = pickle.dumps(franca.Client(server, model="m", fallbacks=[server, {"server": server}] if as_row else []))
    assert b"AIza-0123456789" not in data
    copy = pickle.loads(data)
    assert copy._session.target.query == "api-version=2024"
    with pytest.raises(franca.BadUsage, match="the query of its base URL is a secret"):
        copy.chat("x")


def test_the_user_info_of_a_row_does_not_travel_either():
    row = franca.Server("mine", "http://h/v1").at("http://me:sk-secret-key@h/v1")
    assert b"sk-secret-key" not in pickle.dumps(franca.Client(row, model="m"))


def test_with_options_reads_neither_the_environment_nor_files_again(monkeypatch, tmp_path):
    """A program that takes its key out of the environment at the start has the same client afterwards."""
    prices = tmp_path / "prices.toml"
    prices.write_text("[m]\ninput = 1.0\n")
    monkeypatch.setenv("GROQ_API_KEY", "sk-first-0123456789")
    monkeypatch.setenv("FRANCA_MODEL", "from-the-environment")
    client = franca.Client("groq", prices=prices)
    monkeypatch.setenv("GROQ_API_KEY", "sk-other-0123456789")
    monkeypatch.delenv("FRANCA_MODEL")
    prices.unlink()
    other = client.with_options(timeout=3)
    assert (other._session.key, other.model) == ("sk-first-0123456789", "from-the-environment")
    assert other._session.prices is client._session.prices


def test_with_options_without_headers_keeps_those_of_the_client():
    """`headers=None` says nothing, as for a call; None for one name takes that one away, also in a copy."""
    client = franca.Client("http://h/v1", headers={"X-A": "1", "X-B": "2"})
    for other in (client.with_options(headers=None), pickle.loads(pickle.dumps(client.with_options(headers={})))):
        assert other._session.limits.headers == (("X-A", "1"), ("X-B", "2"))
    assert client.with_options(headers={"x-a": None})._session.limits.headers == (("x-a", None), ("X-B", "2"))


def test_with_options_reaches_the_fallbacks():
    """But for what is a fallback's own, and for secrets of another server."""
    client = franca.Client(
        "http://one/v1", model="m", fallbacks=["n", ("http://two/v1", "o"), {"server": "http://three/v1", "timeout": 5}]
    )
    other = client.with_options(model="p", timeout=7, headers={"X-Api-Key": "k-0123456789", "X-Team": "blue"})
    same, second, third = other._session.fallbacks
    assert [place.model for place in (same, second, third)] == ["n", "o", None]
    assert [place.limits.timeout for place in (same, second, third)] == [7, 7, 5]
    assert [name for name, _ in same.limits.headers] == ["X-Api-Key", "X-Team"]
    assert second.limits.headers == third.limits.headers == (("X-Team", "blue"),)
    assert other.model == "p"


class Labelled(franca.Client):
    """A client of a user's own kind."""

    def __init__(self, label):
        super().__init__("http://h/v1")
        self.label = label


def test_with_options_of_a_class_of_ones_own():
    other = Labelled("mine").with_options(timeout=2)
    assert (type(other), other.label, other._session.limits.timeout) == (Labelled, "mine", 2)


@pytest.mark.parametrize(("variable", "server"), [("GROQ_API_KEY", "groq"), ("OPENAI_API_KEY", None)])
def test_a_line_break_behind_the_key_of_the_environment_is_cut_off(monkeypatch, variable, server):
    """As behind one that is given; and a key that cannot be one is refused before anything is sent."""
    monkeypatch.setenv(variable, "sk-abc0123456\r\n")
    assert franca.Client(server)._session.key == "sk-abc0123456"
    monkeypatch.setenv(variable, "sk-abc\n0123456")
    with pytest.raises(BadUsage, match="characters that no key has"):
        franca.Client(server)
