"""Rows in a TOML file: read whole, refused with their place, and written so that they read back the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from franca.errors import BadUsage
from franca.servers import NO_QUIRKS, SERVERS, Form, Quirks, Server, known_servers, load_servers, server_named, to_toml

MINE = """
[servers.mine]
type = "mistral"
label = "Mine"
base_url = "https://models.example.com/v1"
api_key = "env:MY_KEY"
auth = "api-key"
headers = { "X-Team" = "red" }
models = "../models"

[servers.mine.quirks]
drops = ["logit_bias"]
renames = { seed = "sow" }
clamps = { temperature = [0, 1.5] }
defaults = { top_k = 5, deep = { a = [1] } }
excludes = [["tools", "stream"]]
effort = { none = { "thinking.type" = "disabled" }, low = {} }
budget_range = [1, 2]
name_roles = []
base64_embeddings = false
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "servers.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_row_starts_from_its_type(tmp_path: Path) -> None:
    """What is not given is that row's."""
    rows = load_servers(written(tmp_path, MINE))
    mine, mistral = rows.pop("mine"), SERVERS["mistral"]
    assert rows == {}
    assert mine == Server(
        name="mine",
        label="Mine",
        base_url="https://models.example.com/v1",
        key_vars=("MY_KEY",),
        auth="api-key",
        headers=(("X-Team", "red"),),
        models="../models",
        note=mistral.note,
        checked="",
        like="mistral",
        quirks=mistral.quirks._replace(
            drops=("logit_bias",),
            renames=(("seed", "sow"),),
            clamps=(("temperature", 0, 1.5),),
            defaults=(("top_k", 5), ("deep", {"a": [1]})),
            excludes=(("tools", "stream"),),
            effort=(("none", (("thinking.type", "disabled"),)), ("low", ())),
            budget_range=(1, 2),
            name_roles=(),
            base64_embeddings=False,
        ),
    )


def test_a_key_stays_with_its_server(tmp_path: Path) -> None:
    """At another address a row has none of the variables, hosts and forms of its type."""
    path = written(
        tmp_path,
        """
        [servers.moved]
        type = "openai"
        base_url = "https://evil.example/v1"

        [servers.own]
        type = "azure"
        base_url = "https://me.openai.azure.com/openai/v1"

        [servers.same]
        type = "openai"
        quirks = { token_field = "max_tokens" }
        """,
    )
    rows = load_servers(path)
    moved = rows["moved"]
    assert (moved.key_vars, moved.token_vars, moved.url_vars, moved.hosts, moved.needs_key) == ((), (), (), (), False)
    own = rows["own"]
    assert (own.key_vars, own.forms, own.auth) == ((), (), "api-key")
    same = rows["same"]
    assert same == SERVERS["openai"]._replace(
        name="same", like="openai", quirks=SERVERS["openai"].quirks._replace(token_field="max_tokens")
    )


def test_a_row_from_nothing(tmp_path: Path) -> None:
    """The address is enough; without a variable no key is needed, unless said."""
    path = written(
        tmp_path,
        """
        [servers.a]
        base_url = "http://localhost:1/v1"
        [servers.b]
        base_url = "http://localhost:1/v1"
        api_key = ["env:A", "env:B"]
        [servers.c]
        base_url = "http://localhost:1/v1"
        needs_key = true
        [servers.d]
        forms = [{ base_url = "{endpoint}/v{n}", models = "m", defaults = { n = "1" } }, { base_url = "{endpoint}" }]
        fields = { endpoint = ["D_URL"] }
        """,
    )
    rows = load_servers(str(path))
    assert rows["a"] == Server("a", "http://localhost:1/v1", needs_key=False)
    assert rows["a"].quirks is NO_QUIRKS
    assert (rows["b"].key_vars, rows["b"].needs_key) == (("A", "B"), True)
    assert rows["c"].needs_key
    assert rows["d"].forms == (Form("{endpoint}/v{n}", "m", (("n", "1"),)), Form("{endpoint}"))
    assert rows["d"].fields == (("endpoint", ("D_URL",)),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[servers", "is no TOML"),
        ("server = 1", "unknown key 'server': rows are tables"),
        ("servers = 1", r"expected tables \[servers.NAME\], got int"),
        ("[servers]\nx = 1", r"\[servers.x\]: expected a table, got int"),
        ("[servers.'a b']", r"\[servers.a b\]: a server's name is"),
        ("[servers.x]", "give a base_url"),
        ("[servers.x]\ntype = 'nobody'", "type: no server is called 'nobody'"),
        ("[servers.x]\ntype = 'vlm'", "type: no server is called 'vlm'; did you mean 'vllm'?"),
        ("[servers.x]\ntype = 3", "type: no server is called 3"),
        ("[servers.x]\nbase_url = 'localhost:1'", "must start with http"),
        ("[servers.x]\nforms = [{ base_url = 'x' }]", "must start with http"),
        ("[servers.x]\nforms = [{ models = 'x' }]", r"forms\[0\]: expected base_url"),
        ("[servers.x]\nforms = [1]", r"forms\[0\]: expected a table"),
        ("[servers.x]\nforms = [{ base_url = 'http://x', y = 1 }]", r"forms\[0\]: expected base_url"),
        ("[servers.x]\nbase_ulr = 'http://x'", "unknown key 'base_ulr'; did you mean 'base_url'?"),
        ("[servers.x]\nzzz = 1", r"\[servers.x\]: unknown key 'zzz'$"),
        ("[servers.x]\nbase_url = 1", r"\[servers.x\] base_url: expected text, got int"),
        ("[servers.x]\nbase_url = 'http://x'\napi_key = 'sk-secret'", 'api_key: expected "env:VARIABLE"'),
        ("[servers.x]\nbase_url = 'http://x'\napi_key = 'env:'", 'api_key: expected "env:VARIABLE"'),
        ("[servers.x]\nbase_url = 'http://x'\napi_key = [1]", r"api_key\[0\]: expected text"),
        ("[servers.x]\nbase_url = 'http://x'\nauth = 'basic'", "auth: 'basic' is none of 'bearer', 'api-key', 'none'"),
        ("[servers.x]\nbase_url = 'http://x'\nneeds_key = 'no'", "needs_key: expected true or false"),
        ("[servers.x]\nbase_url = 'http://x'\nheaders = { Authorization = 'x' }", "Authorization is a secret"),
        ("[servers.x]\nbase_url = 'http://me:sk-secret@x/v1'", "base_url: a user name or password has no place"),
        ("[servers.x]\nbase_url = 'http://x'\nheaders = []", "headers: expected a table"),
        ("[servers.x]\nbase_url = 'http://x'\nhosts = 'a'", "hosts: expected a list"),
        ("[servers.x]\nbase_url = 'http://x'\nquirks = 1", r"\[servers.x.quirks\]: expected a table"),
        ("[servers.x.quirks]\ndrop = []", "unknown key 'drop'; did you mean 'drops'?"),
        ("[servers.x.quirks]\nexcludes = [['tools']]", r"excludes\[0\]: expected two values, got 1"),
        ("[servers.x.quirks]\nexcludes = [['tools', 'x']]", "excludes: 'x' is none of tools, stream"),
        ("[servers.x.quirks]\nclamps = { a = [0, 'b'] }", r"clamps.a: expected a number"),
        ("[servers.x.quirks]\nbudget_range = [1, 2.5]", "budget_range: expected whole numbers, got 2.5"),
        ("[servers.x.quirks]\ntoken_field = 'tokens'", "token_field: 'tokens' is none of 'max_tokens'"),
        ("[servers.x.quirks]\nreasoning_echo = 'always'", "'always' needs a reasoning_field"),
        ("[servers.x.quirks]\nreasoning_also = ['x']", "reasoning_also: 'x' is none of"),
        ("[servers.x.quirks]\neffort = { low = 1 }", "effort.low: expected a table"),
        ("[servers.x]\nforms = [{ base_url = 'https://me:sk-secret@{host}/v1' }]", "base_url: a user name or password"),
        ("[servers.x]\nbase_url = 'http://x/v1?api_key=sk-secret'", "base_url: a key has no place in a file"),
        ("[servers.x.quirks]\nclamps = { a = [2, 1] }", "clamps.a: expected the least and the greatest value"),
        ("[servers.x.quirks]\nclamps = { a = [nan, 1] }", "clamps.a: expected the least and the greatest value"),
        ("[servers.x.quirks]\nbudget_range = [9, 1]", "budget_range: expected the least and the greatest value"),
        ("[servers.x.quirks]\nresponse_formats = ['jsn']", "response_formats: 'jsn' is none of 'json_object'"),
        ("[servers.x.quirks]\ndefaults = { x = 2020-01-01 }", "defaults.x: 2020-01-01 is no JSON value"),
        ("[servers.x.quirks]\ndefaults = { x = [nan] }", r"defaults.x: \[nan\] is no JSON value"),
    ],
)
def test_mistakes_are_told_with_their_place(tmp_path: Path, text: str, problem: str) -> None:
    """The file, the table, the key; and a key that stands there is not repeated."""
    if text.startswith("[servers.x.quirks]"):
        text = "[servers.x]\nbase_url = 'http://x'\n" + text
    path = written(tmp_path, text)
    with pytest.raises(BadUsage, match=problem) as caught:
        load_servers(path)
    assert str(path) in str(caught.value)
    assert "sk-secret" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """None there, too large, or no UTF-8."""
    with pytest.raises(BadUsage, match="cannot be read: No such file"):
        load_servers(tmp_path / "none.toml")
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    with pytest.raises(BadUsage, match="larger than"):
        load_servers(large)
    large.write_bytes(b"\xff")
    with pytest.raises(BadUsage, match="is no TOML"):
        load_servers(large)


@pytest.mark.parametrize("row", SERVERS.values(), ids=lambda row: row.name)
def test_every_row_reads_back(tmp_path: Path, row: Server) -> None:
    """Equal to itself, from a text without its `type`."""
    assert load_servers(written(tmp_path, to_toml(row))) == {row.name: row}


TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
WORDS = st.dictionaries(TEXT, TEXT, max_size=2).map(lambda found: tuple(found.items()))
VALUE = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | st.lists(TEXT, max_size=2)
)
ORDERED = st.tuples(st.floats(allow_nan=False, max_value=0), st.integers(0, 9))
SETTINGS = st.dictionaries(TEXT, VALUE | st.dictionaries(TEXT, VALUE, max_size=2), max_size=2).map(
    lambda found: tuple(found.items())
)
QUIRKS = st.builds(
    lambda **given: Quirks(**given),
    drops=TEXTS,
    renames=WORDS,
    clamps=st.dictionaries(TEXT, ORDERED, max_size=2).map(
        lambda found: tuple((name, *limits) for name, limits in found.items())
    ),
    defaults=SETTINGS,
    name_roles=st.none() | TEXTS,
    reasoning_blank=st.none() | TEXT,
    effort=st.dictionaries(TEXT, SETTINGS, max_size=2).map(lambda found: tuple(found.items())),
    budget_range=st.none() | st.tuples(st.integers(0, 9), st.integers(9, 19)),
    base64_embeddings=st.none() | st.booleans(),
    oddities=TEXTS,
)


@given(QUIRKS, st.booleans(), TEXTS, TEXT, WORDS.filter(lambda pairs: all(name == "" for name, _ in pairs)))
def test_any_row_reads_back(
    tmp_path_factory: pytest.TempPathFactory,
    quirks: Quirks,
    needs_key: bool,
    variables: tuple[str, ...],
    note: str,
    headers: tuple[tuple[str, str], ...],
) -> None:
    """Whatever is in it: quotes, control characters, infinities, empty tables."""
    names = tuple(name.strip() for name in variables if name.strip())
    row = Server("x", "http://x", names, needs_key=needs_key, note=note, headers=headers, quirks=quirks)
    path = tmp_path_factory.mktemp("toml") / "x.toml"
    path.write_text(to_toml(row), encoding="utf-8", newline="")
    assert load_servers(path) == {"x": row}


def test_what_toml_has_no_word_for() -> None:
    """Is told, not guessed."""
    with pytest.raises(BadUsage, match="TOML has no word for None"):
        to_toml(Server("x", "http://x", quirks=Quirks(defaults=(("a", None),))))
    for secret in (
        Server("x", "http://me:sk-secret@x/v1"),
        Server("x", "http://x", headers=(("Authorization", "sk-secret"),)),
    ):
        with pytest.raises(BadUsage, match="has no place in a file") as caught:
            to_toml(secret)
        assert "sk-secret" not in str(caught.value)
    with pytest.raises(BadUsage, match="a server's name is"):
        to_toml(Server("a.b", "http://x"))


def test_the_file_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is read when a name is not in the table, and not before."""
    path = written(tmp_path, "[servers.mine]\nbase_url = 'http://localhost:1/v1'")
    monkeypatch.setenv("FRANCA_SERVERS", str(path))
    assert server_named("mine").base_url == "http://localhost:1/v1"
    assert "mine" in known_servers()
    assert "mine" not in SERVERS
    with pytest.raises(BadUsage, match="did you mean 'mine'"):
        server_named("mime")
    path.write_text("broken", encoding="utf-8")
    assert server_named("groq") is SERVERS["groq"]
    with pytest.raises(BadUsage, match="is no TOML"):
        server_named("mine")
    path.write_text("[servers.groq]\nbase_url = 'http://evil'", encoding="utf-8")
    with pytest.raises(BadUsage, match=r"\[servers.groq\] is a row that franca has already"):
        known_servers()


def test_what_is_known_of_a_row_holds_under_another_name(tmp_path: Path) -> None:
    """A row of another name is of the kind that it started from, also through a copy of a copy and its own TOML."""
    path = written(tmp_path, '[servers.mine]\ntype = "groq"\nbase_url = "https://groq.example/v1"')
    row = load_servers(path)["mine"]
    assert (row.name, row.kind, SERVERS["groq"].kind) == ("mine", "groq", "groq")
    again = written(tmp_path, to_toml(row))
    assert load_servers(again)["mine"] == row
