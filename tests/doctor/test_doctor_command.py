"""`franca doctor`: its table, its JSON, its TOML, and the question before anything costs tokens."""

from __future__ import annotations

import json
import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from cli.console import Console  # of the tests, beside this folder
from franca.doctor import PROBES, VERDICTS
from franca.simulator import Simulator

from .contrary import Contrary

KEY = "sk-right-key-0123"
CHEAP = {probe.name for probe in PROBES if probe.cheap}
_TEXT = {"type": "string"}
_NUMBER = {"type": ["integer", "null"]}
_FINDING = {
    "type": "object",
    "properties": {
        "name": _TEXT,
        "group": _TEXT,
        "verdict": {"enum": list(VERDICTS)},
        "fact": _TEXT,
        "evidence": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"asked": _TEXT, "status": _NUMBER, "message": _TEXT},
                "required": ["asked", "status", "message"],
                "additionalProperties": False,
            },
        },
        "seconds": {"type": "number"},
        "tokens": _NUMBER,
    },
    "required": ["name", "group", "verdict", "fact", "evidence", "seconds", "tokens"],
    "additionalProperties": False,
}
_FIELDS = {
    "franca": _TEXT,
    "date": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
    "server": _TEXT,
    "base_url": _TEXT,
    "model": {"type": ["string", "null"]},
    "embedding_model": {"type": ["string", "null"]},
    "interrupted": {"type": "boolean"},
    "seconds": {"type": "number"},
    "tokens": _NUMBER,
    "findings": {"type": "array", "items": _FINDING},
    "quirks": {"type": "object"},
    "compared_with": {"type": ["string", "null"]},
    "differences": {"type": "array", "items": _TEXT},
    "toml": _TEXT,
}
SCHEMA = {"type": "object", "properties": _FIELDS, "required": list(_FIELDS), "additionalProperties": False}


@pytest.fixture
def console(sim: Simulator, tmp_path: Path) -> Iterator[Console]:
    """Commands whose FRANCA_SERVER is the simulator."""
    made = Console(tmp_path, sim.url)
    yield made
    for terminal in made.terminals:
        terminal.close()


def test_in_a_pipe(console: Console) -> None:
    """A tab-separated line for each probe: group, name, verdict, fact."""
    done = console.run("doctor", "-m", "tools", "--yes")
    assert (done.code, done.err) == (0, "")
    rows = [line.split("\t") for line in done.out.splitlines()]
    assert [row[:2] for row in rows] == [[probe.group, probe.name] for probe in PROBES]
    assert {row[2] for row in rows} <= set(VERDICTS)
    assert all(len(row) == 4 and row[3] for row in rows)


def test_only_cheap_probes_without_a_yes(console: Console, sim: Simulator) -> None:
    """Nobody to ask: what costs tokens is left out, and that is said."""
    done = console.run("doctor", "-m", "lorem")
    rows = {line.split("\t")[1]: line.split("\t") for line in done.out.splitlines()}
    assert done.code == 0
    assert {name for name, row in rows.items() if "--yes allows it" not in row[3]} == CHEAP
    assert "are left out, as they cost tokens" in done.err
    chats = [one.body for one in sim.requests if one.path == "/v1/chat/completions" and isinstance(one.body, dict)]
    assert {chat["max_tokens"] for chat in chats} == {1}


def test_as_json(console: Console, sim: Simulator) -> None:
    """Everything as one object of a fixed shape; without a model only what needs none."""
    done = console.run("doctor", sim.url, "--json", "-y", "-m", "lorem", server=None)
    report = json.loads(done.out)
    jsonschema.validate(report, SCHEMA)
    assert (report["base_url"], report["model"], report["embedding_model"]) == (sim.url, "lorem", "embed")
    assert (report["compared_with"], report["interrupted"]) == (None, False)
    assert report["tokens"] == sum(one["tokens"] or 0 for one in report["findings"])
    assert tomllib.loads(report["toml"])["servers"]


def test_as_toml(console: Console, sim: Simulator) -> None:
    """The row alone, ready for a file of servers."""
    with Contrary(sim.url, refuse=("seed",)) as server:
        done = console.run("doctor", server.url, "--toml", "-y", "-m", "lorem", "--only", "seed", server=None)
    (row,) = tomllib.loads(done.out)["servers"].values()
    assert (row["base_url"], row["quirks"]) == (server.url, {"drops": ["seed"]})


@pytest.mark.parametrize("columns", [60, 100])
def test_in_a_terminal(console: Console, columns: int) -> None:
    """Groups, marks, words, the counts, the quirks and the row; no line is wider than the terminal but TOML's."""
    terminal = console.terminal("doctor", "-m", "tools", "--yes", columns=columns, height=200)
    assert terminal.end() == 0
    text = terminal.screen.text()
    table, _, rest = text.partition("quirks found")
    for words in ("connection", "tool calls", "✓ tools", "✗ key needed", "? reasoning", " ok · "):
        assert words in table
    assert "a row for the table of servers" in rest
    assert "[servers.local-" in rest
    assert "\x1b[32m" in terminal.raw


def test_no_colour(console: Console) -> None:
    """NO_COLOR is heeded; the marks and words say it all."""
    terminal = console.terminal("doctor", "-m", "lorem", "--yes", "--only", "seed", NO_COLOR="1", height=40)
    assert terminal.end() == 0
    assert "\x1b[3" not in terminal.raw


def test_it_asks_first(console: Console) -> None:
    """The question tells how many requests and tokens; "c" means the cheap ones."""
    terminal = console.terminal("doctor", "-m", "lorem", height=120, columns=100)
    asked = terminal.wait_for("or [N]o:")
    assert "requests, about" in asked
    assert "tokens in and at most" in asked
    terminal.type("c\n")
    assert terminal.end() == 0
    shown = terminal.screen.text()
    assert "- seed" not in shown, "a group of which nothing was tried is no table"
    assert "not tried" in shown
    assert shown.count("it costs tokens (--yes allows it)") < len(PROBES) - len(CHEAP)


def test_where_nobody_answers_the_table_is_short(console: Console) -> None:
    """What is wrong, and that nothing else was tried: no row for a server that was not seen."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    terminal = console.terminal("doctor", f"http://127.0.0.1:{port}/v1", "-m", "x", "--yes", height=60)
    assert terminal.end() == 3
    shown = terminal.screen.text()
    assert "✗ reachable" in shown
    assert "messages, sampling, streaming" in shown
    assert "the server cannot be reached" in shown
    assert "a row for" not in shown
    assert len(shown.split("\n")) < 25


def test_no_is_no(console: Console, sim: Simulator) -> None:
    """Any other answer ends it before a chat request was sent."""
    terminal = console.terminal("doctor", "-m", "lorem")
    terminal.wait_for("or [N]o:")
    terminal.type("\n")
    assert terminal.end() == 130
    assert [request.path for request in sim.requests] == ["/v1/models"]


def test_ctrl_c_shows_what_is_known(console: Console, sim: Simulator) -> None:
    """Interrupted in the middle: the findings so far, and the exit code of an interruption."""
    with Simulator(latency=0.4) as slow:
        terminal = console.terminal("doctor", slow.url, "-m", "lorem", "--yes", height=60, columns=100)
        terminal.wait_for("system role")
        terminal.interrupt("interrupted after")
        assert terminal.end() == 130
    assert "✓ chat" in terminal.screen.text()


def test_the_only_model_is_taken(console: Console, sim: Simulator) -> None:
    """One chat model and one for embeddings need not be named."""
    entries = [{"id": "lorem"}, {"id": "text-embedding-3"}]
    with Contrary(sim.url, listing=lambda _: {"data": entries}) as server:
        done = console.run("doctor", server.url, "--json", "-y", "--only", "seed", server=None)
    report = json.loads(done.out)
    assert (report["model"], report["embedding_model"]) == ("lorem", "text-embedding-3")
    several = console.run("doctor", "--only", "seed,models", "-y")
    assert "which model?" in several.err
    assert "seed\tskipped\tit needs a model (-m)" in several.out


def test_compared_with_a_row(console: Console, sim: Simulator) -> None:
    """The table's row of that name, and where this server differs."""
    done = console.run("doctor", "--as", "groq", "-m", "lorem", "--only", "n", "-y", "--json")
    report = json.loads(done.out)
    assert report["compared_with"] == "groq"
    assert "[servers.my-groq]" in report["toml"]
    wrong = console.run("doctor", "--as", "grok", "-m", "lorem", "--only", "n", "-y")
    assert wrong.code == 2


def test_no_key_is_told(console: Console, sim: Simulator) -> None:
    """Not in the table, not in the JSON, not in the row."""
    echo = (401, f"Incorrect API key provided: {KEY}")
    with Contrary(sim.url, keyed=echo, refuse=("seed",)) as server:
        words = ("doctor", server.url, "-m", "lorem", "-y", "--api-key-env", "MY_KEY")
        table = console.run(*words, server=None, MY_KEY=KEY)
        as_json = console.run(*words, "--json", server=None, MY_KEY=KEY)
    assert table.code == 0
    assert KEY not in table.out + table.err + as_json.out + as_json.err


@pytest.mark.parametrize(
    ("departure", "code"), [({"keyed": (401, "no")}, 4), ({"refuse": ("messages",), "status": 500}, 1)]
)
def test_exit_codes(departure: dict[str, object], code: int, console: Console, sim: Simulator) -> None:
    """A server that could not be examined: the key, or no chat at all."""
    with Contrary(sim.url, **departure) as server:  # type: ignore[arg-type]
        assert console.run("doctor", server.url, "-m", "lorem", "-y", "--only", "chat,seed", server=None).code == code


def test_a_key_that_is_missing(console: Console) -> None:
    """Said at once, as by the other commands; nothing is sent."""
    done = console.run("doctor", "groq", "-y", "-m", "x", server=None)
    assert (done.code, done.out) == (4, "")
    assert "no API key for groq" in done.err


def test_a_server_that_is_not_there(console: Console) -> None:
    """Exit code 3, and the reason in the first line."""
    done = console.run("doctor", "http://127.0.0.1:9/v1", "-m", "x", "-y", server=None)
    assert done.code == 3
    assert done.out.startswith("connection\treachable\tno\tno connection to 127.0.0.1")


def test_the_list_of_probes_fits_a_terminal(console: Console) -> None:
    """Nothing is cut: what does not fit goes on below."""
    terminal = console.terminal("doctor", "--list", columns=80, height=160)
    assert terminal.end() == 0
    shown = terminal.screen.text()
    assert "…" not in shown
    words = " ".join(shown.split())
    assert all(probe.about in words for probe in PROBES)


def test_the_list_of_probes(console: Console) -> None:
    """What each probe finds out, without asking anybody."""
    done = console.run("doctor", "--list", server="http://127.0.0.1:9/v1")
    assert [line.split("\t")[1] for line in done.out.splitlines()] == [probe.name for probe in PROBES]
    listed = json.loads(console.run("doctor", "--list", "--json", "--only", "seed").out)
    assert listed == [
        {
            "name": "seed",
            "group": "sampling",
            "about": "Whether the same seed gives the same answer and another seed another one.",
            "cheap": False,
        }
    ]


@pytest.mark.parametrize(
    "words",
    [("--only", "sed"), ("--json", "--toml"), ("-S", "groq", "ollama"), ("--max-tokens", "0"), ("--timeout", "-1")],
)
def test_wrong_use(words: tuple[str, ...], console: Console) -> None:
    """Refused with exit code 2 before anything is sent."""
    assert console.run("doctor", *words).code == 2
