"""Reading a configuration: what is right is taken, and all that is wrong is told at once with line and column."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from franca.gateway.config import (
    Config,
    ConfigError,
    ConfigProblem,
    check_config,
    examine,
    read_config,
    read_mapping,
    secret_of,
)
from franca.gateway.config.secret import secret_files
from franca.gateway.config.shape import Way

WHOLE = """
[gateway]
port = 9000
base_path = "/gw"
default_server = "mine"

[servers.groq]
api_key = "env:G"
retries = 2

[servers.mine]
base_url = "http://localhost:1/v1"
models = ["a", "b"]
headers = { "X-Team" = "red" }
[servers.mine.quirks]
drops = ["logit_bias"]

[models.fast]
to = ["groq/llama", { model = "mine/a", weight = 3 }]
fallbacks = ["slow"]
[models.slow]
to = "mine/b"

[keys.red]
key = "env:RED"
team = "red"
expires = 2099-01-01
budget.day = 5
[teams.red]
rpm = 10

[prices."groq/llama"]
input = 0.05
"""
ENVIRON = {"G": "sk-groq", "RED": "sk-franca-0123456789"}


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "franca.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    return path


def problems(tmp_path: Path, text: str | bytes, environ: dict[str, str] | None = None) -> list[ConfigProblem]:
    """The errors of a text."""
    _, found = examine(written(tmp_path, text), ENVIRON if environ is None else environ)
    return [one for one in found if one.severity == "error"]


def warnings_of(tmp_path: Path, text: str) -> list[ConfigProblem]:
    found = examine(written(tmp_path, text), ENVIRON)[1]
    return [one for one in found if one.severity == "warning"]


def test_a_whole_configuration(tmp_path: Path) -> None:
    """Everything arrives where it belongs; secrets stay what the file says; nothing is doubtful."""
    path = written(tmp_path, WHOLE)
    config = read_config(path, ENVIRON)
    assert (config.gateway.port, config.gateway.base_path) == (9000, "/gw")
    assert (config.servers["groq"].api_key, config.servers["groq"].retries) == ("env:G", 2)
    assert config.models["fast"].to == ("groq/llama", Way(model="mine/a", weight=3.0))
    assert (config.keys["red"].expires, config.keys["red"].budget.day) == ("2099-01-01", 5.0)
    assert config.teams["red"].rpm == 10
    assert isinstance(config.prices, dict)
    assert config.prices["groq/llama"].input == 0.05
    assert check_config(config, path, ENVIRON) == []


def test_nothing_is_a_configuration(tmp_path: Path) -> None:
    """An empty file has all defaults; a byte order mark and Windows line ends are no matter."""
    assert read_config(written(tmp_path, "")) == Config()
    config = read_config(written(tmp_path, b"\xef\xbb\xbf[gateway]\r\nport = 1\r\n"))
    assert config.gateway.port == 1
    assert problems(tmp_path, b"\xef\xbb\xbf[gateway]\r\nport = 'x'\r\n")[0].line == 2


def test_all_problems_at_once(tmp_path: Path) -> None:
    """Unknown keys, wrong types and what cannot work, each at its place; the error names the first and holds all."""
    text = """[gateway]
prot = 8080
max_body = "x"

[servers.groq]
type = "grok"
timeout = -1

[servers]
mine = { base_url = "http://x/v1", quirks.drops = 3, quirks.singlesystem = true }

[models.a]
to = [
  "mine/x",
  { model = "mime/y", weight = 0.0 },
]
[keys.k]
key = "env:NOPE"
team = "reds"
"""
    found = [(one.line, one.column, one.where) for one in problems(tmp_path, text)]
    assert found == [
        (2, 1, "[gateway] prot"),
        (3, 1, "[gateway] max_body"),
        (6, 1, "[servers.groq] type"),
        (7, 1, "[servers.groq] timeout"),
        (10, 36, "[servers.mine] quirks.drops"),
        (10, 54, "[servers.mine] quirks.singlesystem"),
        (15, 5, "[models.a] to[1].model"),
        (15, 23, "[models.a] to[1].weight"),
        (18, 1, "[keys.k] key"),
        (19, 1, "[keys.k] team"),
    ]
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        read_config(path, {})
    error = caught.value
    assert (error.path, error.line, error.column, len(error.problems)) == (str(path), 2, 1, 10)
    assert error.message.splitlines()[0] == f"{path}:2:1: [gateway] prot: unknown key; did you mean 'port'?"
    for copied in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (copied.path, copied.problems, copied.message) == (error.path, error.problems, error.message)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("[gateway", 1, 9, "this is no TOML"),
        ("a = 1\na = 2", 2, 6, "this is no TOML"),
        ("x = [1,", 1, 8, "this is no TOML"),
        (b"[gateway]\nhost = '\xff'", 2, 9, "no UTF-8"),
        ("x = " + "[" * 3000 + "]" * 3000, 1, 1, "nested too deeply"),
        ("gatway = 1", 1, 1, "did you mean 'gateway'?"),
        ("gateway = 1", 1, 1, "expected a table, got a whole number"),
        ("[gateway]\nport = true", 2, 1, "expected a whole number, got true or false"),
        ("[gateway]\nport = 65536", 2, 1, "at most 65535"),
        ("[gateway]\nport = -1", 2, 1, "0 or more"),
        ("[gateway]\nworkers = 0", 2, 1, "above 0"),
        ("[gateway]\ndrain = nan", 2, 1, "finite"),
        ("[gateway]\nbase_path = 'x'", 2, 1, 'such as "/gateway"'),
        ("[gateway]\nbase_path = '/x/'", 2, 1, 'such as "/gateway"'),
        ("[gateway]\nbase_path = '/a/../b'", 2, 1, "plain names"),
        ("[gateway]\nbase_path = '/a?b'", 2, 1, "plain names"),
        ("[gateway]\nhost = ''", 2, 1, "expected an address"),
        ("[gateway]\nhost = 1.5", 2, 1, "expected text, got a number"),
        ("[gateway]\ndefault_server = 'x'", 2, 1, "there is no server 'x'"),
        ("[gateway]\nadmin_key = 'env:NOPE'", 2, 1, "the variable NOPE is not set"),
        ("[gateway]\nadmin_key = 'file:/no/such'", 2, 1, "/no/such cannot be read"),
        ("[gateway]\nforward_headers = ['x-a', 'authorization']", 2, 27, "the caller's own secret"),
        ("[gateway]\nforward_headers = ['X-A']", 2, 20, "lower case: 'x-a'"),
        ("[gateway]\nforward_headers = ['host']", 2, 20, "one connection"),
        ("[gateway]\nforward_headers = [1]", 2, 20, "expected text, got a whole number"),
        ("[servers.x]", 1, 1, "no server that franca knows"),
        ("[servers.grok]", 1, 1, "did you mean 'groq'?"),
        ("[servers.'A b']\nbase_url = 'http://x'", 1, 1, "lower-case letters"),
        ("[servers.x]\nbase_url = 'localhost:1/v1'", 2, 1, "did you mean http://localhost:1/v1 ?"),
        ("[servers.x]\nbase_url = 'ftp://x'", 2, 1, "http:// or https://"),
        ("[servers]\nx = 1", 2, 1, "expected a table"),
        ("[servers.groq]", 1, 1, "set GROQ_API_KEY, or give api_key"),
        ("[servers.groq]\napi_key = 'env:NOPE'", 2, 1, "the variable NOPE is not set"),
        ("[servers.groq]\napi_keys = ['env:NOPE', 'env:NOR']", 2, 1, "the variable NOPE is not set"),
        ("[servers.groq]\napi_key = 'env:G'\nendpoint = 'https://x'", 3, 1, "takes no endpoint"),
        ("[servers.azure]\napi_key = 'env:G'", 1, 1, "give endpoint="),
        ("[servers.groq]\napi_key = 'env:G'\nheaders = { A = 'env:NOPE' }", 3, 1, "NOPE is not set"),
        (
            "[servers.groq]\napi_key = 'env:G'\nstructured = 'on'",
            3,
            1,
            "expected 'auto' or 'off', got 'on'",
        ),
        ("[servers.groq]\napi_key = 'env:G'\nretries = 21", 3, 1, "at most 20"),
        ("[models.a]", 1, 1, "to is missing"),
        ("[models.a]\nto = []", 2, 1, "at least one model"),
        ("[models.a]\nto = 'b'", 2, 1, "neither an alias nor SERVER/MODEL"),
        ("[models.a]\nto = 'x/b'", 2, 1, "there is no server 'x'"),
        ("[models.a]\nto = 'a'", 2, 1, "in a circle: a -> a"),
        ("[models.a]\nto = [{ model = 'x', wieght = 1 }]", 2, 22, "did you mean 'weight'?"),
        ("[models.a]\nto = 3", 2, 1, "expected"),
        ("[keys.a]", 1, 1, "key is missing"),
        ("[keys.a]\nkey = 'sha256:12'", 2, 1, "64 hexadecimal digits"),
        ("[keys.a]\nkey = ''", 2, 1, "the key is empty"),
        ("[keys.a]\nkey = 'env:RED'\nexpires = 'soon'", 3, 1, "expected a date"),
        ("[keys.a]\nkey = 'env:RED'\nrpm = 0", 3, 1, "above 0"),
        ("[keys.a]\nkey = 'env:RED'\nbudget.day = -0.5", 3, 1, "0 or more"),
        ("[keys.a]\nkey = 'env:RED'\nmodels = ['a*b']", 3, 11, "only at the end"),
        ("[keys.a]\nkey = 'env:RED'\nroutes = ['chatt']", 3, 11, "did you mean 'chat'?"),
        ("[keys.a]\nkey = 'env:RED'\n[keys.b]\nkey = 'env:RED'", 4, 1, "this is the key of [keys.a] too"),
        ("[store]\nurl = 'mysql://x'", 2, 1, "expected sqlite: or"),
        ("[limits]\nurl = 'http://x'", 2, 1, "expected redis://"),
        ("[limits]\nwhen_down = 'x'", 2, 1, "expected 'serve' or 'refuse'"),
        ("[cors]\norigins = ['https://x/y']", 2, 12, "without a path"),
        ("[routing]\nrest = 10.0\nlongest_rest = 5.0", 3, 1, "at least `rest`"),
        ("prices = 'genai'", 1, 1, "genai-prices"),
        ("[prices.x]\noutput = 1", 1, 1, "input is missing"),
        ("[structured]\nnative = ['']", 2, 11, "expected a model"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, text: str | bytes, line: int, column: int, message: str
) -> None:
    """One problem each: the place, and what to do."""
    (found,) = problems(tmp_path, text)
    assert (found.line, found.column) == (line, column), found
    assert message in found.message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """Missing, a directory, too large: told with the path, not with a traceback."""
    for path, told in ((tmp_path / "none", "cannot be read"), (tmp_path, "directory")):
        with pytest.raises(ConfigError, match=told) as caught:
            read_config(path)
        assert str(path) in caught.value.message
    assert "larger than" in problems(tmp_path, b"#" * (4 * 1024 * 1024 + 1))[0].message


def test_circles_are_told_once(tmp_path: Path) -> None:
    """Through `to` and `fallbacks`, and however long; a diamond is none."""
    text = "[servers.ollama]\n" + "".join(
        f'[models.m{number}]\nto = "ollama/x"\nfallbacks = ["m{number + 1}"]\n' for number in range(3000)
    )
    circle = text + '[models.m3000]\nto = "m2999"\n'
    assert ["in a circle: m2999 -> m3000 -> m2999" in one.message for one in problems(tmp_path, circle)] == [True]
    assert problems(tmp_path, text + '[models.m3000]\nto = ["m2997b", "m2998b"]\n'
                    '[models.m2997b]\nto = "m2998b"\n[models.m2998b]\nto = "ollama/x"\n') == []  # fmt: skip


def test_models_that_are_found(tmp_path: Path) -> None:
    """A default server takes any name; a bare name is enough where one server lists it, and not where two do."""
    base = "[servers.ollama]\nmodels = ['x']\n[servers.vllm]\nmodels = ['y', 'x']\n"
    assert problems(tmp_path, base + "[models.a]\nto = 'y'") == []
    (found,) = problems(tmp_path, base + "[models.a]\nto = 'x'")
    assert "offered by ollama and vllm: write ollama/x" in found.message
    assert problems(tmp_path, "[gateway]\ndefault_server = 'vllm'\n" + base + "[models.a]\nto = 'z/x'") == []
    (found,) = problems(tmp_path, base + "[models.a]\nto = 'vlm/x'")
    assert "did you mean 'vllm/x'?" in found.message
    assert problems(tmp_path, base + "[models.a]\nto = 'vllm/z'") == []  # what a server offers binds callers only
    (found,) = problems(tmp_path, base + "[models.a]\nto = 'vllm/'")
    assert "expected vllm/MODEL" in found.message


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[gateway]\nadmin_key = 'a-long-admin-key-0123'", 2, "a secret stands in the file itself"),
        ("[servers.groq]\napi_key = 'sk-1'", 2, "a secret stands in the file itself"),
        ("[servers.groq]\napi_keys = ['env:G', 'sk-1']", 2, "a secret stands in the file itself"),
        ("[servers.x]\nbase_url = 'https://me:pw@h/v1'", 2, "a secret stands in the file itself"),
        ("[servers.x]\nbase_url = 'https://h/v1'\nheaders.x-api-key = 'k'", 3, "a secret stands in the file itself"),
        ("[limits]\nurl = 'redis://:pw@h/0'", 2, "a secret stands in the file itself"),
        ("[keys.a]\nkey = 'sk-franca-0123456789'", 2, '"sha256:..."'),
        ("[keys.a]\nkey = 'env:G'", 2, "this short can be guessed"),
        ("[keys.a]\nkey = 'env:RED'\nexpires = 2020-01-01", 3, "this is over"),
        ("[servers.groq]\napi_keys = ['env:G', 'env:NOPE']", 2, "NOPE is not set: the others are used"),
        ("[servers.groq]\nbase_url = 'https://proxy.example/v1'", 2, "GROQ_API_KEY is not sent to it"),
        ("[servers.ollama]\n[models.ollama]\nto = 'ollama/x'", 2, "hides models of the server 'ollama'"),
        ("[servers.ollama]\n[models.'ollama/x']\nto = 'ollama/y'", 2, "hides a model of the server"),
        ("[servers.ollama]\n[keys.a]\nkey = 'env:RED'\nmodels = ['groq/*']", 1, "no key of this file may use it"),
        ("[gateway]\nhost = '0.0.0.0'", 2, "it needs keys"),
        ("[store]\nurl = 'none'\n[requests]\nenabled = true", 4, "no store to keep requests in"),
    ],
)
def test_what_is_doubtful_is_told(tmp_path: Path, text: str, line: int, message: str) -> None:
    """Warnings keep nothing from being served."""
    (found,) = warnings_of(tmp_path, text)
    assert found.line == line
    assert message in found.message
    read_config(tmp_path / "franca.toml", ENVIRON)


@pytest.mark.parametrize(
    "models", ["", "models = ['ollama/*']", "models = ['oll*']", "models = ['fast']", "models = ['y']"]
)
def test_servers_that_a_key_may_use(tmp_path: Path, models: str) -> None:
    """By all, a pattern, an alias that leads there, or a bare name that it lists."""
    text = f"[servers.ollama]\nmodels=['y']\n[models.fast]\nto = 'ollama/x'\n[keys.a]\nkey = 'env:RED'\n{models}"
    assert warnings_of(tmp_path, text) == []


def test_a_file_with_secrets_that_others_may_read(tmp_path: Path) -> None:
    """It is said how to close it; without secrets anybody may read it."""
    path = written(tmp_path, "[servers.groq]\napi_key = 'sk-1'")
    path.chmod(0o644)
    assert any("chmod 600" in one.message for one in examine(path)[1])
    path = written(tmp_path, "[servers.groq]\napi_key = 'env:G'")
    path.chmod(0o644)
    assert examine(path, ENVIRON)[1] == []


def test_no_secret_is_in_any_problem(tmp_path: Path) -> None:
    """However wrong the rest is."""
    text = """
        [gateway]
        admin_key = "SECRET"
        [servers.groq]
        api_key = "SECRET\\u00e9"
        [servers.x]
        base_url = "https://me:SECRET@/v1"
        [servers.y]
        base_url = "https://h/v1"
        headers.authorization = 3
        [keys.a]
        key = "SECRET"
        [keys.b]
        key = "SECRET"
        [limits]
        url = "redi://:SECRET@x"
    """
    found = examine(written(tmp_path, text), ENVIRON)[1]
    assert len([one for one in found if one.severity == "error"]) >= 5
    assert not any("SECRET" in one.text("x") for one in found)


def test_tables_of_a_program(tmp_path: Path) -> None:
    """The same without a file: no line, but the key."""
    assert read_mapping({"gateway": {"port": 1}}).gateway.port == 1
    with pytest.raises(ConfigError) as caught:
        read_mapping({"gateway": {"prot": 1, "drain": "x"}})
    assert caught.value.path is None
    assert caught.value.message.splitlines() == [
        "[gateway] prot: unknown key; did you mean 'port'?",
        "[gateway] drain: expected a number, got text",
    ]


def test_secrets(tmp_path: Path) -> None:
    """By variable, by file (without the line break at its end), or as they stand."""
    file = tmp_path / "key"
    file.write_text("sk-file\r\n")
    assert secret_of("env:A", {"A": " sk-a\n"}) == "sk-a"
    assert secret_of(f"file:{file}", {}) == "sk-file"
    assert secret_of("sk-b", {}) == "sk-b"
    config = read_mapping({"servers": {"groq": {"api_key": f"file:{file}"}}})
    assert secret_files(config) == [str(file)]
    file.write_text("\n")
    for text, environ in ((f"file:{file}", {}), ("env:A", {"A": " "}), ("env:A", {}), (f"file:{tmp_path}", {})):
        with pytest.raises(Exception, match=r"is empty|is not set|cannot be read"):
            secret_of(text, environ)
