"""`franca models`, `franca servers` and `franca embed`: tables for people, lines for programs."""

from __future__ import annotations

import json
import math

import pytest

from franca.servers import SERVERS
from franca.simulator import Simulator

from .console import Console


def test_models_in_a_pipe(console: Console) -> None:
    """One line for each model, tab-separated, without a heading."""
    done = console.run("models")
    assert done.code == 0
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert [row[0] for row in rows] == ["echo", "lorem", "json", "tools", "reason", "structured", "embed"]
    assert all(row[1:] == ["franca-simulator", "2026-09-21", ""] for row in rows)


def test_models_in_a_terminal(console: Console) -> None:
    """Aligned columns below a heading."""
    terminal = console.terminal("models")
    assert terminal.end() == 0
    head, *rows = terminal.screen.text().split("\n")
    assert head.split() == ["MODEL", "OWNER", "CREATED", "CONTEXT"]
    assert {row.index("franca-simulator") for row in rows} == {head.index("OWNER")}


def test_models_filtered_and_as_json(console: Console) -> None:
    """FILTER keeps ids with the text in them, whatever the case; --json gives the server's own entries."""
    assert console.run("models", "EC").out.split("\t")[0] == "echo"
    entries = json.loads(console.run("models", "--json", "e").out)
    assert [entry["id"] for entry in entries] == ["echo", "lorem", "reason", "structured", "embed"]
    assert entries[0]["object"] == "model"
    none = console.run("models", "zzz")
    assert (none.code, none.out) == (1, "")
    assert "none of the 7 models" in none.err


@pytest.mark.parametrize("scenario", ["models-bare-array", "models-models-key", "models-strings", "models-sparse"])
def test_models_in_every_shape(scenario: str, console: Console, sim: Simulator) -> None:
    """What servers really send for a list of models makes a table too."""
    done = console.run("models", server=sim.base(scenario))
    assert done.code == 0
    assert done.out


def test_models_tell_their_context_length(console: Console, sim: Simulator) -> None:
    """In a column of its own, where the server tells it."""
    done = console.run("models", server=sim.dialect("mistral"))
    assert {row.split("\t")[3] for row in done.out.splitlines()} == {"131072"}


def test_a_host_in_a_variable(console: Console) -> None:
    """Moves the row; what is no host is told at its row, and leaves the list whole."""
    moved = console.run("servers", "ollama", OLLAMA_HOST="0.0.0.0:8080")
    assert moved.out.split("\t")[1] == "http://127.0.0.1:8080/v1"
    wrong = console.run("servers", OLLAMA_HOST="box:no")
    rows = {line.split("\t")[0]: line.split("\t")[1] for line in wrong.out.splitlines()}
    assert rows["ollama"] == "OLLAMA_HOST is no address"
    assert sorted(rows) == sorted(SERVERS)
    asked = console.run("chat", "-m", "m", "Hi", server="ollama", OLLAMA_HOST="box:no")
    assert asked.code != 0
    assert "OLLAMA_HOST is HOST, HOST:PORT or http(s)://HOST:PORT, not 'box:no'" in asked.err


def test_a_server_that_lists_nothing(console: Console) -> None:
    """Is told so by name, when its models are asked for and when one has to be chosen."""
    models = console.run("models", server="perplexity", PERPLEXITY_API_KEY="sk-example")
    assert "there is no list of the models that can be asked" in models.err
    chat = console.run("chat", "Hi", server="perplexity", PERPLEXITY_API_KEY="sk-example")
    assert "which model? Give -m NAME or set FRANCA_MODEL; perplexity lists none" in chat.err


def test_servers_show_no_key(console: Console) -> None:
    """Every row of the table, and whether its key is set; never the key."""
    secret = "gsk_very_secret"
    piped = console.run("servers", GROQ_API_KEY=secret)
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in piped.out.splitlines()}
    assert sorted(rows) == sorted(SERVERS)
    assert rows["groq"] == [SERVERS["groq"].base_url, "GROQ_API_KEY", "set"]
    assert rows["openai"][2] == "not set"
    assert rows["ollama"][2] == "not needed"
    as_json = console.run("servers", "--json", GROQ_API_KEY=secret)
    (groq,) = (row for row in json.loads(as_json.out) if row["name"] == "groq")
    assert groq["key_set_in"] == "GROQ_API_KEY"
    assert secret not in piped.out + as_json.out


def test_servers_tell_the_address_that_is_used(console: Console) -> None:
    """A variable may move a server; a password in its address is not shown."""
    done = console.run("servers", OLLAMA_BASE_URL="http://me:hush@gpu.example:1/v1")
    assert "ollama\thttp://gpu.example:1/v1\t" in done.out
    assert "hush" not in done.out


def test_servers_of_ones_own_are_listed(console: Console) -> None:
    """Those of FRANCA_SERVERS, and an address that the environment makes of its fields; notes are a further column."""
    file = console.home / "servers.toml"
    file.write_text('[servers.mine]\nbase_url = "http://localhost:1/v1"\nlabel = "Mine"\nnote = "Odd."\n')
    done = console.run(
        "servers", "--notes", FRANCA_SERVERS=str(file), AZURE_OPENAI_ENDPOINT="https://me.openai.azure.com"
    )
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in done.out.splitlines()}
    assert rows["mine"] == ["http://localhost:1/v1", "", "not needed", "Mine: Odd."]
    assert rows["azure"][0] == "https://me.openai.azure.com/openai/v1"
    assert rows["databricks"][0] == "your own: endpoint"
    as_json = console.run("servers", "--json", FRANCA_SERVERS=str(file), AZURE_OPENAI_AD_TOKEN="secret-token")
    found = {row["name"]: row for row in json.loads(as_json.out)}
    assert found["mine"]["label"] == "Mine"
    assert found["azure"]["token_set_in"] == "AZURE_OPENAI_AD_TOKEN"
    assert found["azure"]["fields"]["endpoint"] == {"variables": ["AZURE_OPENAI_ENDPOINT"], "set_in": None}
    assert found["azure"]["forms"][1] == {"base_url": "{endpoint}/openai/v1", "needs": ["endpoint"]}
    assert found["mistral"]["quirks"]
    assert "secret-token" not in as_json.out
    assert "token set" in console.run("servers", AZURE_OPENAI_AD_TOKEN="secret-token").out
    file.write_text("broken")
    broken = console.run("servers", FRANCA_SERVERS=str(file))
    assert broken.code == 2
    assert "is no TOML" in broken.err


def test_servers_fit_a_terminal(console: Console) -> None:
    """No row of the table is wider than the terminal."""
    terminal = console.terminal("servers", columns=60, height=50)
    assert terminal.end() == 0
    assert len(terminal.screen.text().split("\n")) == len(SERVERS) + 1


def test_notes_stand_below_their_rows(console: Console) -> None:
    """In a terminal, where a further column would leave no room for any."""
    terminal = console.terminal("servers", "--notes", columns=80, height=120)
    assert terminal.end() == 0
    lines = terminal.screen.text().split("\n")
    place = next(number for number, line in enumerate(lines) if line.startswith("azure "))
    assert lines[place + 1] == "    Azure OpenAI: Deployment path with an api-version, or the v1 path without;"
    assert lines[place + 2] == "    a key, or an Entra ID token."


def test_all_about_one_server(console: Console) -> None:
    """`franca servers NAME` tells a person what the table knows; a pipe gets the same lines as ever."""
    terminal = console.terminal("servers", "azure", "Mistral", columns=80, height=60)
    assert terminal.end() == 0
    shown = terminal.screen.text()
    assert "azure: Azure OpenAI" in shown
    assert "{endpoint}/openai/v1" in shown
    assert "in AZURE_OPENAI_ENDPOINT (not set)" in shown
    assert "in MISTRAL_API_KEY (not set)" in shown
    assert "- `seed` is sent as `random_seed`." in shown
    assert console.run("servers", "groq", GROQ_API_KEY="gsk_secret").out == (
        f"groq\t{SERVERS['groq'].base_url}\tGROQ_API_KEY\tset\n"
    )
    assert [row["name"] for row in json.loads(console.run("servers", "groq", "--json").out)] == ["groq"]
    wrong = console.run("servers", "gorq")
    assert (wrong.code, wrong.out) == (2, "")
    assert "did you mean 'groq'?" in wrong.err


def test_embeddings_in_a_pipe(console: Console) -> None:
    """A JSON object on each line: index, text, and float32 numbers that lose nothing."""
    import franca

    done = console.run("embed", "-m", "embed", "--dimensions", "4", "a", "ü")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["index"], row["text"]) for row in rows] == [(0, "a"), (1, "ü")]
    with franca.Client(console.server, model="embed") as client:
        wanted = client.embeddings(["a", "ü"], dimensions=4).vectors
    for row, vector in zip(rows, wanted, strict=True):
        assert row["embedding"] == pytest.approx([float(number) for number in vector], rel=1e-8)


def test_embeddings_from_files(console: Console, sim: Simulator) -> None:
    """A text on each line, from a file or standard input, blank lines left out, in batches."""
    (console.home / "lines.txt").write_text("one\n\ntwo\nthree\n")
    done = console.run("embed", "-m", "embed", "--dimensions", "2", "--file", "lines.txt", "--batch", "2")
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert [(row["index"], row["text"]) for row in rows] == [(0, "one"), (1, "two"), (2, "three")]
    assert [seen.body["input"] for seen in sim.requests] == [["one", "two"], ["three"]]
    assert console.run("embed", "-m", "embed", stdin=b"a\nb\n").out.count("\n") == 2
    assert console.run("embed", "-m", "embed", "--file", "-", stdin=b"a\nb").out.count("\n") == 2


def test_embeddings_as_the_server_sent_them(console: Console) -> None:
    """--json prints the answer itself, with numbers and not base64."""
    answer = json.loads(console.run("embed", "-m", "embed", "--dimensions", "3", "--json", "a").out)
    assert answer["object"] == "list"
    assert math.hypot(*answer["data"][0]["embedding"]) == pytest.approx(1, abs=1e-3)


def test_embeddings_in_a_terminal(console: Console) -> None:
    """A person sees the length, the norm and the first numbers, and what it cost in tokens."""
    terminal = console.terminal("embed", "-m", "embed", "a cat", "a very long text " * 10)
    assert terminal.end() == 0
    head, first, second, stats = terminal.screen.text().split("\n")
    assert head.split() == ["INDEX", "TEXT", "DIMENSIONS", "NORM", "VECTOR"]
    assert first.split()[:5] == ["0", "a", "cat", "1536", "1.0000"]
    assert "…" in second
    assert " tokens in · " in stats


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-m", "embed"], "what to embed?"),
        (["-m", "embed", "--file", "/missing"], "cannot read /missing"),
        (["-m", "embed", "--file", "x", "y"], "not from both"),
        (["-m", "embed", "--batch", "0", "y"], "--batch"),
        (["-m", "embed", "--json", "--jsonl", "y"], "not allowed with"),
        (["-m", "embed", "-k", "input=x", "y"], "the texts"),
    ],
)
def test_wrong_usage_of_embed(words: list[str], said: str, console: Console) -> None:
    """What cannot work is exit code 2."""
    done = console.run("embed", *words)
    assert done.code == 2
    assert said in done.err
