"""Where a row's requests go, and with which key: hosts in variables, lists of models elsewhere, rows without keys."""

from __future__ import annotations

import pytest

import franca
from franca import BadUsage
from franca.configure import make_session
from franca.flow.target import resolve
from franca.io.fake import FakeTransport
from franca.servers import SERVERS, Server, load_servers, to_toml
from franca.servers.place import url_of_host

OLLAMA = "http://localhost:11434/v1"


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the machine that this runs on."""
    for name in ("OLLAMA_HOST", "OLLAMA_BASE_URL", "OLLAMA_API_KEY", "MY_KEY", "FRANCA_API_KEY", "FRANCA_SERVERS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("0.0.0.0:11434", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("[::]:8000", "http://[::1]:8000/v1"),
        ("::", "http://[::1]:11434/v1"),
        ("::1", "http://[::1]:11434/v1"),
        ("[fe80::1]:8000", "http://[fe80::1]:8000/v1"),
        ("box", "http://box:11434/v1"),
        ("box:", "http://box:11434/v1"),
        (" 'box:8080' ", "http://box:8080/v1"),
        (":8080", "http://localhost:8080/v1"),
        ("box:8080/", "http://box:8080/v1"),
        ("http://box", "http://box/v1"),
        ("http://box:80", "http://box/v1"),
        ("HTTPS://box", "https://box/v1"),
        ("https://box:8443/ollama/", "https://box:8443/ollama/v1"),
        ("https://box/ollama/v1", "https://box/ollama/v1"),
        ("box/v1", "http://box:11434/v1"),
        ("http://me:hush@box:1", "http://me:hush@box:1/v1"),
        ("ollama.com", "https://ollama.com/v1"),
    ],
)
def test_a_host_is_read_as_ollama_reads_it(value: str, url: str) -> None:
    """With the usual scheme, port and path for what it does not tell; what a server listens at is this machine."""
    assert url_of_host("OLLAMA_HOST", value, OLLAMA) == url


@pytest.mark.parametrize("value", ["box:0", "box:99999", "box:http", "tcp://box:1", "a b", "http://box:1?x=1"])
def test_what_is_no_host_is_refused(value: str) -> None:
    """By the name of the variable."""
    with pytest.raises(BadUsage, match="OLLAMA_HOST is HOST, HOST:PORT or"):
        url_of_host("OLLAMA_HOST", value, OLLAMA)


def test_a_refused_host_shows_no_password() -> None:
    with pytest.raises(BadUsage) as caught:
        url_of_host("OLLAMA_HOST", "http://me:hush@box:no", OLLAMA)
    assert "hush" not in str(caught.value)


def test_the_variable_moves_the_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """OLLAMA_BASE_URL counts more; a row that was put elsewhere, or a URL, stays where it is."""
    monkeypatch.setenv("OLLAMA_HOST", "0.0.0.0:8080")
    for server in ("ollama", SERVERS["ollama"]):
        with franca.Client(server) as client:
            assert client.base_url == "http://127.0.0.1:8080/v1"
    with franca.Client(SERVERS["ollama"].at("http://else/v1")) as client:
        assert client.base_url == "http://else/v1"
    with franca.Client(OLLAMA) as client:
        assert client.base_url == OLLAMA
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://base/v1")
    with franca.Client("ollama") as client:
        assert client.base_url == "http://base/v1"
    with franca.Client(SERVERS["ollama"].at("http://else/v1")) as client:
        assert client.base_url == "http://else/v1"


def test_a_row_at_another_address_forgets_the_variable(tmp_path, monkeypatch) -> None:
    """In a file as everything else that says where a server is; and it is written and read back."""
    monkeypatch.setenv("OLLAMA_HOST", "box")
    file = tmp_path / "servers.toml"
    file.write_text('[servers.mine]\ntype = "ollama"\nbase_url = "http://mine/v1"\n')
    row = load_servers(file)["mine"]
    assert row.host_vars == ()
    with franca.Client(row) as client:
        assert client.base_url == "http://mine/v1"
    own = SERVERS["ollama"]._replace(name="own")
    file.write_text(to_toml(own))
    assert load_servers(file) == {"own": own}


# ---- lists of models -----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["https://dbc-1.cloud.databricks.com", "https://adb-1.2.azuredatabricks.net/"])
def test_databricks_lists_beside_its_base_url(host: str) -> None:
    """By the workspace as `endpoint`, and by the base URL itself."""
    host = host.rstrip("/")
    listed = f"{host}/api/2.0/serving-endpoints"
    assert resolve("databricks", {"endpoint": host}).models_url == listed
    assert resolve(f"{host}/serving-endpoints").models_url == listed


def test_a_server_without_a_list_says_so_before_anything_is_sent() -> None:
    transport = FakeTransport([])
    with (
        franca.Client("perplexity", api_key="sk-example", transport=transport) as client,
        pytest.raises(
            BadUsage, match=r"there is no list of the models that can be asked; they are told in https://docs\.p"
        ) as caught,
    ):
        client.list_models()
    assert caught.value.code == "no_model_list"
    assert not transport.requests
    bare = Server("mine", "http://mine/v1", models="")
    with pytest.raises(BadUsage, match=r"there is no list of the models that can be asked$"):
        _ = resolve(bare).models_url


# ---- rows without keys ---------------------------------------------------------------------------


def _sent(server: Server | str, **options: object) -> str | None:
    transport = FakeTransport([FakeTransport.answer({"choices": [{"message": {"content": "x"}}]})])
    with franca.Client(server, model="m", transport=transport, **options) as client:  # type: ignore[arg-type]
        client.chat("Hi")
    return {name.lower(): value for name, value in transport.requests[0].headers}.get("authorization")


def test_a_row_without_keys_takes_none_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor asks for one; a key that the caller gives is the caller's word, and goes as bearer (a proxy may want it)."""
    monkeypatch.setenv("MY_KEY", "sk-mine")
    row = Server("mine", "http://mine/v1", key_vars=("MY_KEY",), token_vars=("MY_KEY",), auth="none")
    assert row.needs_key
    assert _sent(row) is None
    assert _sent(row, api_key="sk-given") == "Bearer sk-given"
    assert _sent(row, token="sk-given") == "Bearer sk-given"
    assert make_session(row, {}, "0").auth == "none"
