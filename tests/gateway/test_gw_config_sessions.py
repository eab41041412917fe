"""From tables to sessions: which row, which address, and above all which key goes where."""

from __future__ import annotations

from typing import Any

import pytest

from franca.configure import make_session
from franca.errors import BadUsage
from franca.gateway.config import ambient_config, session_options
from franca.gateway.config.shape import ServerTable
from franca.servers import NO_QUIRKS, SERVERS

KEYS = {"GROQ_API_KEY": "sk-groq", "OPENAI_API_KEY": "sk-openai", "MINE": "sk-mine", "OTHER": "sk-other"}


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of this machine's environment."""
    for row in SERVERS.values():
        for name in (*row.key_vars, *row.url_vars, *row.host_vars, *row.token_vars, "FRANCA_SERVERS"):
            monkeypatch.delenv(name, raising=False)


def session_of(name: str, environ: dict[str, str] | None = None, **fields: Any) -> Any:
    """The session of a table's first key, made as the gateway does."""
    server, options = session_options(name, ServerTable(**fields), KEYS if environ is None else environ)
    return make_session(server, options[0], "0")


def test_a_row_of_the_table() -> None:
    """The name is enough: address, quirks and key are the row's."""
    session = session_of("groq")
    assert session.target.base_url == SERVERS["groq"].base_url
    assert session.key == "sk-groq"
    assert session.target.row.quirks == SERVERS["groq"].quirks


def test_a_type_at_its_own_address() -> None:
    """A row under another name, with another key."""
    session = session_of("fast", type="groq", api_key="env:MINE")
    assert (session.target.base_url, session.key, session.target.name) == (SERVERS["groq"].base_url, "sk-mine", "fast")
    assert session_of("fast", type="groq").key == "sk-groq"


@pytest.mark.parametrize("fields", [{"type": "groq"}, {}])
def test_a_key_stays_at_home(fields: dict[str, str]) -> None:
    """At another address the row's quirks hold, and its key does not go there; one that the table names does."""
    url = "https://proxy.example/v1"
    session = session_of("groq", base_url=url, **fields)
    assert (session.target.base_url, session.key) == (url, None)
    assert session.target.row.quirks == SERVERS["groq"].quirks
    assert session_of("groq", base_url=url, api_key="env:GROQ_API_KEY", **fields).key == "sk-groq"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.groq.com.evil.example/v1",
        "https://evil.example/api.groq.com/v1",
        "https://api.groq.com@evil.example/v1",
        "https://evil.example?api.groq.com",
        "http://localhost:1/v1",
    ],
)
def test_no_address_gets_a_key_by_its_looks(url: str) -> None:
    """Only the host counts."""
    for fields in ({}, {"type": "groq"}):
        assert session_of("groq", base_url=url, **fields).key is None
    assert session_of("mine", base_url=url).key is None


def test_the_own_address_written_out() -> None:
    """Another path or case of the row's own host is its home, whatever the table is called."""
    for name in ("groq", "mine"):
        session = session_of(name, base_url="https://API.groq.com/other/v1")
        assert session.key == "sk-groq"
        assert session.target.name == name


def test_a_type_at_another_rows_address() -> None:
    """Neither row's key is taken from the environment: which one is meant is for the table to say."""
    assert session_of("x", type="openai", base_url="https://api.groq.com/openai/v1").key is None


def test_a_plain_address() -> None:
    """Nothing is known of it, and it needs no key."""
    session = session_of("mine", base_url="http://localhost:1/v1/")
    assert (session.target.base_url, session.key, session.target.name) == ("http://localhost:1/v1", None, "mine")
    assert session.target.row.quirks == NO_QUIRKS
    assert session_of("mine", base_url="http://localhost:1/v1", quirks={"drops": ["a"]}).target.row.quirks.drops == (
        "a",
    )


def test_the_environment_does_not_move_a_servers_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """OPENAI_BASE_URL may name this very gateway; what a server without keys is called by, its variable tells."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:8080/v1")
    assert session_of("openai").target.base_url == "https://api.openai.com/v1"
    monkeypatch.setenv("OLLAMA_HOST", "gpu:7")
    assert session_of("ollama").target.base_url == "http://gpu:7/v1"
    assert session_of("ollama", base_url="http://x:1/v1").target.base_url == "http://x:1/v1"


def test_an_address_of_ones_own() -> None:
    """Its fields come from the table, else from the environment."""
    session = session_of("azure", endpoint="https://me.openai.azure.com", api_key="env:MINE")
    assert session.target.base_url == "https://me.openai.azure.com/openai/v1"
    assert session.auth == "api-key"
    environ = {"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_ENDPOINT": "https://env.openai.azure.com"}
    _, (options,) = session_options("azure", ServerTable(), environ)
    assert (options["endpoint"], options["api_key"]) == ("https://env.openai.azure.com", "k")


def test_several_keys() -> None:
    """Each gives its own options; the same one twice is one, one that is missing is left out."""
    table = ServerTable(api_key="env:MINE", api_keys=("env:OTHER", "env:NONE", "env:MINE"), timeout=7.0)
    _, options = session_options("groq", table, KEYS)
    assert [one["api_key"] for one in options] == ["sk-mine", "sk-other"]
    assert {one["timeout"] for one in options} == {7.0}


def test_what_is_passed_on() -> None:
    """Limits, headers (with their secrets), proxy and certificates."""
    table = ServerTable(
        headers={"x-a": "b", "x-key": "env:MINE"}, proxy="env:OTHER", verify="/ca.pem", cert=("c", "k"), retries=5,
        idle_timeout=3.0, heal=False, trust_env=False,
    )  # fmt: skip
    _, (options,) = session_options("ollama", table, KEYS)
    assert options["headers"] == {"x-a": "b", "x-key": "sk-mine"}
    assert (options["proxy"], options["verify"], options["cert"]) == ("sk-other", "/ca.pem", ("c", "k"))
    assert (options["retries"], options["idle_timeout"], options["heal"]) == (5, 3.0, False)


def test_a_key_that_is_needed_and_not_there() -> None:
    """It is said which variable; the environment's own session is not asked."""
    with pytest.raises(BadUsage, match="groq needs a key: set GROQ_API_KEY") as caught:
        session_options("groq", ServerTable(), {})
    assert caught.value.code == "missing_api_key"


# ---- from the environment alone ---------------------------------------------------------------------------


def test_one_key_is_a_configuration() -> None:
    """OPENROUTER_API_KEY alone: that server, also for names without a server."""
    config = ambient_config({"OPENROUTER_API_KEY": "sk-or", "HOME": "/x"})
    assert list(config.servers) == ["openrouter"]
    assert config.gateway.default_server == "openrouter"
    assert session_of("openrouter", {"OPENROUTER_API_KEY": "sk-or"}).key == "sk-or"


def test_several_keys_are_several_servers() -> None:
    """Then a name must say which."""
    config = ambient_config({"GROQ_API_KEY": "a", "OPENAI_API_KEY": "b", "MISTRAL_API_KEY": "  "})
    assert set(config.servers) == {"groq", "openai"}
    assert config.gateway.default_server is None


def test_nothing_gives_nothing() -> None:
    """Without a key there are no servers; one that everybody has at another place needs that place."""
    assert ambient_config({}).servers == {}
    assert ambient_config({"AZURE_OPENAI_API_KEY": "k"}).servers == {}
    place = {"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_ENDPOINT": "https://me.openai.azure.com"}
    assert list(ambient_config(place).servers) == ["azure"]


def test_servers_of_ones_own() -> None:
    """They are there when their address is; a key that another server shares says nothing of them."""
    assert list(ambient_config({"OLLAMA_HOST": "gpu"}).servers) == ["ollama"]
    assert list(ambient_config({"OLLAMA_API_KEY": "k"}).servers) == ["ollama-cloud"]
    assert list(ambient_config({"VLLM_API_KEY": "k"}).servers) == ["vllm"]


def test_an_address_in_the_environment_has_the_key_beside_it() -> None:
    """The two belong together."""
    environ = {"OPENAI_BASE_URL": "http://localhost:9/v1", "OPENAI_API_KEY": "k"}
    table = ambient_config(environ).servers["openai"]
    server, (options,) = session_options("openai", table, environ)
    assert (server.base_url, options["api_key"]) == ("http://localhost:9/v1", "k")


@pytest.mark.parametrize(
    ("server", "name", "url"),
    [("groq", "groq", SERVERS["groq"].base_url), ("http://localhost:9/v1", "server", "http://localhost:9/v1")],
)
def test_the_server_of_the_command_line(server: str, name: str, url: str) -> None:
    """FRANCA_SERVER with FRANCA_API_KEY is one more, and the one that is asked for plain names."""
    environ = {"FRANCA_SERVER": server, "FRANCA_API_KEY": "sk-f", "MISTRAL_API_KEY": "m"}
    config = ambient_config(environ)
    assert set(config.servers) == {"mistral", name}
    assert config.gateway.default_server == name
    made, (options,) = session_options(name, config.servers[name], environ)
    assert (made.base_url, options["api_key"]) == (url, "sk-f")


@pytest.mark.parametrize("server", ["grok", "localhost:1/v1"])
def test_a_server_that_is_none(server: str) -> None:
    """It is said, with what was perhaps meant."""
    with pytest.raises(BadUsage, match="did you mean"):
        ambient_config({"FRANCA_SERVER": server})
