"""Base URLs as people write them."""

from __future__ import annotations

import pytest

from franca.errors import BadUsage
from franca.flow.target import Target, resolve
from franca.servers import SERVERS, Server, server_for_host, server_named


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("http://localhost:8000/v1", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1///", "http://localhost:8000/v1"),
        ("  HTTP://localhost:8000/v1 ", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/chat/completions", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/chat/completions/", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/completions", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/embeddings", "http://localhost:8000/v1"),
        ("http://localhost:8000/v1/models", "http://localhost:8000/v1"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://localhost:8000/#top", "http://localhost:8000"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1"),
        ("http://me:pw@localhost/v1", "http://localhost/v1"),
        (
            "https://x.openai.azure.com/openai/deployments/d?api-version=1",
            "https://x.openai.azure.com/openai/deployments/d",
        ),
    ],
)
def test_base_urls_are_normalised(given, base):
    assert Target(given).base_url == base


def test_the_query_goes_on_every_address():
    target = Target("https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1")
    assert (
        target.url("chat/completions")
        == "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=1"
    )
    assert target.url("/other?a=b") == "https://x.openai.azure.com/openai/deployments/d/other?a=b&api-version=1"


def test_user_info_becomes_basic_authorization_and_leaves_the_address():
    target = Target("http://me:p%40ss@host/v1")
    assert target.basic == "me:p@ss"
    assert "ss" not in target.url("models").replace("models", "")
    assert Target("http://me:pw@host/v1").basic == "me:pw"
    assert Target("http://host/v1").basic is None


def test_absolute_addresses_only_on_the_same_server():
    target = Target("http://host:8000/v1")
    assert target.url("http://host:8000/health") == "http://host:8000/health"
    with pytest.raises(BadUsage, match="is not on http://host:8000/v1"):
        target.url("http://host.evil.example/health")


def test_known_addresses_are_remembered_and_others_are_not():
    """The memory of addresses must not grow with what a caller asks for."""
    target = Target("http://host/v1")
    assert target.url("models") is target.url("models")
    for n in range(100):
        target.url(f"files/{n}")
    assert len(target._urls) == 1


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("localhost:11434/v1", "did you mean http://localhost:11434/v1"),
        ("127.0.0.1:8000", "did you mean http://127.0.0.1:8000"),
        ("api.openai.com/v1", "did you mean https://api.openai.com/v1"),
        ("//host/v1", "lacks its scheme"),
        ("localhost", "lacks its scheme"),
        ("ftp://host/v1", "must start with http:// or https://"),
        ("http://", "this is no base URL"),
        ("http:///v1", "this is no base URL"),
        ("http://ho st/v1", "this is no base URL"),
        ("http://host/v1\r\nX: 1", "this is no base URL"),
        ("grok", "no server is called 'grok'; did you mean 'groq'"),
        ("zzzz", "Give a URL such as"),
        ("azure", "has an address of your own"),
        ("", "is a URL or a name"),
        (None, "is a URL or a name"),
        (7, "is a URL or a name"),
    ],
)
def test_what_is_no_server_is_told_so(given, text):
    with pytest.raises(BadUsage, match=text):
        resolve(given)


def test_the_password_is_in_no_error():
    with pytest.raises(BadUsage) as caught:
        resolve("http://me:hunter2@ho st/v1")
    assert "hunter2" not in str(caught.value)


def test_names_and_rows():
    assert resolve("groq").base_url == "https://api.groq.com/openai/v1"
    assert resolve("GROQ").name == "groq"
    row = Server(name="mine", base_url="http://10.0.0.1/v1/", needs_key=False)
    assert (resolve(row).name, resolve(row).base_url) == ("mine", "http://10.0.0.1/v1")
    assert server_named("Ollama") is SERVERS["ollama"]


@pytest.mark.parametrize("name", sorted(SERVERS))
def test_every_row_has_a_good_address(name):
    """Its own, or one that is made of what the row asks for."""
    row = SERVERS[name]
    fields = {} if row.base_url else dict.fromkeys(row.forms[-1].needs, "https://mine.example.com")
    assert resolve(name, fields).name == name


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("api.openai.com", "openai"),
        ("api.together.ai", "together"),
        ("mine.openai.azure.com", "azure"),
        ("evil-openai.azure.com.example", None),
        ("openai.azure.com", None),
        ("localhost", None),
        ("127.0.0.1", None),
        ("", None),
        ("api.openai.com.evil.example", None),
    ],
)
def test_a_host_belongs_to_at_most_one_row(host, name):
    """The key of a row goes to its own hosts only."""
    row = server_for_host(host)
    assert (row.name if row else None) == name
