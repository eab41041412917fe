"""`franca extract`: one JSON value on standard output, or the reason why not on standard error."""

from __future__ import annotations

import json

import pytest

from franca.cli import main
from franca.simulator import Simulator

from .console import Console

EXAMPLE = '{"name": "Ada", "age": 36}'
ASKED = 'Grace Hopper died at 85.\nanswer: {"name": "Grace Hopper", "age": 85}'
SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
TYPES = """
import enum
from dataclasses import dataclass
from typing import NamedTuple

import pydantic

@dataclass
class Person:
    name: str
    age: int

class Checked(pydantic.BaseModel):
    name: str
    age: int

    @pydantic.field_validator("age")
    @classmethod
    def grown(cls, value):
        if value < 18:
            raise ValueError("too young")
        return value

class Point(NamedTuple):
    x: int
    y: int

class Outer:
    Inner = Person

PEOPLE = list[Person]
CHECKED = list[Checked]
POINTS = list[Point]
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
NUMBER = 3
"""


@pytest.fixture
def types(console: Console) -> str:
    """A module `shapes` in the directory where commands run."""
    (console.home / "shapes.py").write_text(TYPES)
    return "shapes"


def test_by_an_example(console: Console) -> None:
    """In a pipe: the value as JSON on one line, and nothing else."""
    done = console.run("extract", "-m", "structured", "--example", EXAMPLE, ASKED)
    assert (done.code, done.out, done.err) == (0, '{"name":"Grace Hopper","age":85}\n', "")


def test_in_a_terminal(console: Console) -> None:
    """Indented, with the line about tokens below."""
    terminal = console.terminal("extract", "-m", "structured", "--example", EXAMPLE, ASKED)
    assert terminal.end() == 0
    *value, stats = terminal.screen.text().split("\n")
    assert value == ["{", '  "name": "Grace Hopper",', '  "age": 85', "}"]
    assert "tokens in" in stats


def test_the_examples_make_the_schema_and_are_told(console: Console, sim: Simulator) -> None:
    """All that are given count; one may be a file. They are in the prompt, after the caller's own system message."""
    (console.home / "second.json").write_text('{"name": null, "age": 1.5, "note": "x"}')
    words = ["extract", "-m", "structured", "-s", "Be brief.", "--example", EXAMPLE, "--example", "second.json", ASKED]
    assert console.run(*words).code == 0
    body = sim.requests[-1].body
    assert body["messages"][0]["content"].startswith("Be brief.\n")
    assert '"age":36' in body["messages"][0]["content"].replace(" ", "")
    schema = body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["name"]["type"] == ["string", "null"]
    assert schema["properties"]["age"]["type"] == "number"
    assert list(schema["properties"]) == ["name", "age", "note"]


@pytest.mark.parametrize("inline", [True, False])
def test_by_a_schema(inline: bool, console: Console) -> None:
    """In a file, or as JSON on the command line."""
    (console.home / "person.json").write_text(json.dumps(SCHEMA))
    given = json.dumps(SCHEMA) if inline else "person.json"
    done = console.run("extract", "-m", "structured", "--schema", given, ASKED)
    assert (done.code, json.loads(done.out)) == (0, {"name": "Grace Hopper", "age": 85})


@pytest.mark.parametrize("name", ["Person", "Checked", "Outer.Inner"])
def test_by_a_type(name: str, console: Console, types: str) -> None:
    """Of a module in this directory; what is printed is the JSON value, and it can be made an instance."""
    done = console.run("extract", "-m", "structured", "--type", f"{types}:{name}", ASKED)
    assert (done.code, json.loads(done.out)) == (0, {"name": "Grace Hopper", "age": 85})


def test_by_a_schema_in_a_module(console: Console, types: str) -> None:
    """MODULE:NAME may be a dict, too."""
    done = console.run("extract", "-m", "structured", "--type", f"{types}:SCHEMA", 'How many?\nanswer: {"n": 4}')
    assert (done.code, done.out) == (0, '{"n":4}\n')


def test_what_the_type_itself_refuses_is_asked_for_again(console: Console, types: str) -> None:
    """A validator of a pydantic model counts."""
    asked = 'Who?\nanswer: {"name": "Tim", "age": 9}\n{"name": "Tom", "age": 19}'
    done = console.run("extract", "-m", "structured", "--type", f"{types}:Checked", "--details", asked)
    assert (done.code, done.out) == (0, '{"name":"Tom","age":19}\n')
    assert "too young" in done.err


def test_text_from_everywhere(console: Console, sim: Simulator) -> None:
    """A pipe, a file and words are one message, as for `franca chat`."""
    (console.home / "notes.txt").write_text("of a file")
    words = ["extract", "-m", "structured", "--schema", json.dumps(SCHEMA), "-a", "notes.txt"]
    assert console.run(*words, "words", stdin=b"piped").code == 0
    asked = sim.requests[-1].body["messages"][-1]["content"]
    assert asked.index("of a file") < asked.index("piped") < asked.index("words")
    assert console.run(*words[:-2], "before", "-", "after", stdin=b"piped").code == 0
    assert sim.requests[-1].body["messages"][-1]["content"] == "before\n\npiped\n\nafter"


def test_options_reach_the_request(console: Console, sim: Simulator) -> None:
    """Named ones, and any other with -k; --mode decides the way."""
    console.run(
        "extract", "-m", "structured", "--example", EXAMPLE, "--mode", "tool", "--temperature", "0.5",
        "--max-tokens", "400", "-k", "seed=7", ASKED,
    )  # fmt: skip
    body = sim.requests[-1].body
    assert body["tool_choice"]["type"] == "function"
    assert (body["temperature"], body["max_tokens"], body["seed"]) == (0.5, 400, 7)


def test_modes_in_order(console: Console, sim: Simulator) -> None:
    """Several options, or one with commas; a refused one is left for the next."""
    for words in (["--mode", "tool", "--mode", "prompt"], ["--mode", "tool, prompt"]):
        done = console.run("extract", "-m", "structured:no-tools", "--example", EXAMPLE, *words, ASKED, "--details")
        assert done.code == 0
        assert done.err.startswith("mode prompt, 2 requests\n  1. tool: ")
        assert "response_format" not in sim.requests[-1].body


def test_details(console: Console) -> None:
    """The mode, the attempts that failed and why, and what was mended."""
    asked = 'Who?\nanswer: {"name": "Ada", "age": "old"}\n{"name": "Ada", "age": "1"}'
    done = console.run("extract", "-m", "structured:prompt-only", "--example", EXAMPLE, "--details", asked)
    assert (done.code, done.out) == (0, '{"name":"Ada","age":1}\n')
    first, *failed, wrong, mended = done.err.splitlines()
    assert first == "mode prompt, 6 requests"
    assert [line.split(":")[0].strip() for line in failed] == ["1. strict", "2. native", "3. tool", "4. json_object"]
    assert wrong.startswith("  5. prompt: ")
    assert mended == "  mended /age: number text: 1 -> 1"


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_details_in_a_narrow_terminal(columns: int, console: Console) -> None:
    """No line of them is longer than the terminal is wide."""
    terminal = console.terminal(
        "extract", "-m", "structured:prompt-only", "--example", EXAMPLE, "--details", "--no-stats", ASKED,
        columns=columns,
    )  # fmt: skip
    assert terminal.end() == 0
    lines = terminal.raw.replace("\x1b[0m", "").replace("\x1b[2m", "").splitlines()
    assert "  1. strict: "[: columns - 1] in "\n".join(lines)
    assert all(len(line) < columns for line in lines if not line.startswith('  "'))


def test_an_answer_that_does_not_fit(console: Console) -> None:
    """Nothing on standard output, one line that says what and where, exit code 1; --details tells what came."""
    words = ["extract", "-m", "structured:prompt-only", "--example", EXAMPLE, "--attempts", "2"]
    asked = 'Who?\nanswer: {"name": "Ada", "age": "old"}'
    done = console.run(*words, asked)
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1
    assert '/age: expected an integer, got the string "old" (2 answers, mode prompt)' in done.err
    told = console.run(*words, asked, "--details")
    assert (told.code, told.out) == (1, "")
    assert "mode prompt, 6 requests" in told.err
    assert '  the model wrote: {"name": "Ada", "age": "old"}' in told.err
    assert told.err.splitlines()[-1].startswith("franca: ")


@pytest.mark.parametrize(
    ("variant", "code", "said"),
    [
        ("refuses", 1, "the model refused: I'm sorry"),
        ("filtered", 1, "content filter"),
        ("empty", 1, "3 answers"),
        ("never", 1, "3 answers"),
    ],
)
def test_answers_that_hold_no_value(variant: str, code: int, said: str, console: Console) -> None:
    """Each is told as what it is."""
    done = console.run("extract", "-m", f"structured:{variant}", "--example", EXAMPLE, ASKED)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_an_answer_that_was_cut(console: Console) -> None:
    """It is continued; where there are no attempts left for that, the limit is named."""
    words = ["extract", "-m", "structured:cut", "--example", EXAMPLE, ASKED, "--mode", "prompt"]
    assert json.loads(console.run(*words).out) == {"name": "Grace Hopper", "age": 85}
    done = console.run(*words, "--attempts", "1")
    assert (done.code, done.out) == (1, "")
    assert "finish_reason length" in done.err


@pytest.mark.parametrize(
    ("model", "code"),
    [("scenario:error-402", 4), ("scenario:error-429", 5), ("scenario:inside-200", 1), ("no-such-model", 1)],
)
def test_errors_of_the_server(model: str, code: int, console: Console) -> None:
    """Exit codes are those of every command."""
    done = console.run("extract", "-m", model, "--retries", "0", "--example", EXAMPLE, "Hi")
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith("franca: ")


def test_no_server(console: Console) -> None:
    """A server that is not there is a network error."""
    done = console.run(
        "extract", "-m", "m", "--retries", "0", "--example", EXAMPLE, "Hi", server="http://127.0.0.1:9/v1"
    )
    assert (done.code, done.out) == (3, "")


def test_items_as_they_come(console: Console, types: str) -> None:
    """--stream: a line for each, JSON also where the type would be written otherwise."""
    asked = 'Who?\nanswer: [{"name": "Ada", "age": 36}, {"name": "Joan", "age": 44}]'
    done = console.run("extract", "-m", "structured", "--type", f"{types}:PEOPLE", "--stream", "--details", asked)
    assert done.code == 0
    assert [json.loads(line) for line in done.out.splitlines()] == [
        {"name": "Ada", "age": 36},
        {"name": "Joan", "age": 44},
    ]
    assert done.err == "mode strict, 1 request\n"
    points = console.run("extract", "-m", "structured", "--type", f"{types}:POINTS", "Where?\nanswer: [[1, 2], [3, 4]]")
    streamed = console.run(
        "extract", "-m", "structured", "--type", f"{types}:POINTS", "--stream", "Where?\nanswer: [[1, 2], [3, 4]]"
    )
    assert [json.loads(line) for line in streamed.out.splitlines()] == json.loads(points.out)


def test_an_item_that_its_type_refuses_ends_the_stream(console: Console, types: str) -> None:
    """What was printed before it was right; the exit code tells that more was to come."""
    asked = 'Who?\nanswer: [{"name": "Ada", "age": 36}, {"name": "Tim", "age": 9}, {"name": "Joan", "age": 44}]'
    done = console.run("extract", "-m", "structured", "--type", f"{types}:CHECKED", "--stream", asked)
    assert (done.code, done.out) == (1, '{"name":"Ada","age":36}\n')
    assert "too young" in done.err


def test_a_stream_in_a_terminal(console: Console, types: str) -> None:
    """Text that steers a terminal stays text."""
    asked = 'Who?\nanswer: [{"name": "\\u009b31mAda", "age": 36}]'
    terminal = console.terminal("extract", "-m", "structured", "--type", f"{types}:PEOPLE", "--stream", asked)
    assert terminal.end() == 0
    assert '{"name":"\ufffd31mAda","age":36}' in terminal.screen.text()


def test_a_reader_that_leaves_is_no_error_of_extract(console: Console, sim: Simulator) -> None:
    """`| head -1` ends the stream, quietly and with exit code 0, and the server stops writing."""
    schema = json.dumps({"type": "array", "items": SCHEMA})
    words = "-m structured:list --stream --retries 0"
    process = console.start("extract", *words.split(), "--schema", schema, "Who?")
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())
    process.stdout.close()
    try:
        assert process.wait(30) == 0
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.stderr.close()
        process.wait()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["Hi"], "one of the arguments --schema --example --type is required"),
        (["--schema", "{}", "--example", "{}", "Hi"], "not allowed with argument"),
        (["--schema", "nothing.json", "Hi"], "--schema: cannot read nothing.json: No such file or directory"),
        (["--schema", "{", "Hi"], "--schema: no JSON"),
        (["--schema", "[1]", "Hi"], "--schema is a JSON Schema, an object"),
        (["--schema", '{"type": "objekt"}', "Hi"], "objekt"),
        (["--schema", '{"type": "json_schema", "json_schema": {"name": "a", "schema": {}}}', "Hi"], "json_schema"),
        (["--schema", "[" * 5000, "Hi"], "--schema: no JSON"),
        (["--example", "{'a': 1}", "Hi"], "--example: no JSON"),
        (["--type", "shapes", "Hi"], "--type is MODULE:NAME"),
        (["--type", ".shapes:Person", "Hi"], "--type is MODULE:NAME"),
        (["--type", "no_such_module:Person", "Hi"], "No module named 'no_such_module'"),
        (["--type", "shapes:Nobody", "Hi"], "has no attribute 'Nobody'"),
        (["--type", "broken:Person", "Hi"], "broken cannot be imported: ZeroDivisionError"),
        (["--type", "shapes:NUMBER", "Hi"], "3"),
        (["--example", "{}", "--mode", "fast", "Hi"], "mode is one of strict, native"),
        (["--example", "{}", "--attempts", "0", "Hi"], "attempts is a whole number from 1"),
        (["--example", "{}", "--stream", "Hi"], "--stream prints the items of a list"),
        (["--example", "{}"], "what is the text?"),
        (["--example", "{}", "-k", "temperature", "Hi"], "-k takes KEY=VALUE"),
        (["--example", "{}", "--temperature", "1", "-k", "temperature=1", "Hi"], "temperature is given twice"),
        (["--example", "{}", "-k", "response_format.type=text", "Hi"], "response_format"),
        (["--example", "{}", "-a", "nothing.txt", "Hi"], "nothing.txt"),
    ],
)  # fmt: skip
def test_wrong_usage_of_extract(words: list[str], said: str, console: Console, types: str, sim: Simulator) -> None:
    """Exit code 2, one reason, nothing asked."""
    (console.home / "broken.py").write_text("1 / 0\n")
    done = console.run("extract", "-m", "structured", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(sim.requests) == 0


def test_debug_shows_where_a_module_fails(console: Console) -> None:
    """The traceback leads into it."""
    (console.home / "broken.py").write_text("1 / 0\n")
    done = console.run("--debug", "extract", "-m", "m", "--type", "broken:Person", "Hi")
    assert done.code == 2
    assert "broken.py" in done.err


def test_without_the_extra(console: Console) -> None:
    """One line says what to install."""
    (console.home / "jsonschema_rs.py").write_text("raise ModuleNotFoundError(\"No module named 'jsonschema_rs'\")\n")
    done = console.run("extract", "-m", "structured", "--example", EXAMPLE, ASKED, PYTHONPATH=str(console.home))
    assert (done.code, done.out) == (2, "")
    assert "franca[structured]" in done.err


def test_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """With the examples of its first lines."""
    assert main(["extract", "--help"]) == 0
    out = capsys.readouterr().out
    assert "--example JSON" in out
    assert 'franca extract --example \'{"name": "Ada", "age": 36}\' "Grace Hopper died at 85."' in out
