"""`franca chat` in a terminal: Markdown that is set while it streams, notes, colours, Ctrl-C."""

from __future__ import annotations

import json

import pytest

from franca.simulator import Simulator

from .console import Console

ANSWER = """# The sky

It is **blue** and
`high`.

1. one
2. two
   - half

| a | b |
|---|---|
| x | y |

```python
def f(x):
    return x
```

<think>
kept
</think>

The end."""

SHOWN = """The sky

It is blue and
high.

 1. one
 2. two
     • half

 a  b
 ────
 x  y

def f(x):
    return x

<think>
kept
</think>

The end."""


def _pace(rate: int) -> list[str]:
    return ["-H", f"x-sim-tokens-per-second: {rate}"]


@pytest.mark.parametrize("options", [[], ["--no-stream"], _pace(100)], ids=["fast", "whole", "slow"])
def test_markdown_is_set(options: list[str], console: Console) -> None:
    """Headings, lists, tables and code are set; the same however the answer came; nothing else stays behind."""
    terminal = console.terminal("chat", "-m", "echo", "--no-stats", *options, ANSWER)
    assert terminal.end() == 0
    assert terminal.screen.text() == SHOWN


def test_an_answer_longer_than_the_screen_scrolls(console: Console) -> None:
    """Every row of a long answer is there once, in order, and the cursor never leaves the screen."""
    code = "\n".join(f"line {number}" for number in range(60))
    items = "\n".join(f"{number}. item" for number in range(1, 40))
    rows = "\n".join(f"| {number} |" for number in range(30))
    answer = f"```text\n{code}\n```\n\n{items}\n\n| head |\n|---|\n{rows}\n\nend"
    terminal = console.terminal("chat", "-m", "echo", "--no-stats", *_pace(1500), answer, height=12)
    assert terminal.end() == 0
    shown = terminal.screen.text().split("\n")
    assert shown[:60] == code.split("\n")
    assert shown[61:100] == [f"{number}. item".rjust(len("10. item")) for number in range(1, 40)]
    assert [row.strip() for row in shown[103:133]] == [str(number) for number in range(30)]
    assert shown[-1] == "end"
    assert len(shown) == 135, "\n".join(map(repr, shown[-8:]))


def test_plain_text_in_a_terminal(console: Console) -> None:
    """--no-markdown prints the text as it is."""
    terminal = console.terminal("chat", "-m", "echo", "--no-markdown", "--no-stats", "**a**\n\n- b")
    assert terminal.end() == 0
    assert terminal.screen.text() == "**a**\n\n- b"


@pytest.mark.parametrize("markdown", ["--markdown", "--no-markdown"])
def test_control_characters_reach_no_terminal(markdown: str, console: Console) -> None:
    """An answer cannot steer the terminal: escape sequences are shown as pictures of themselves."""
    terminal = console.terminal("chat", "-m", "echo", "--no-stats", markdown, "a\x1b]0;title\x07b\x1b[2Jc\x9bd")
    assert terminal.end() == 0
    assert "\x1b]" not in terminal.raw
    assert "\x1b[2J" not in terminal.raw
    assert "␛" in terminal.screen.text()


def test_a_line_about_tokens_and_time_ends_the_answer(console: Console) -> None:
    """In a terminal the usage is shown without being asked for."""
    terminal = console.terminal("chat", "-m", "echo", "hi")
    assert terminal.end() == 0
    answer, stats = terminal.screen.text().split("\n")
    assert answer == "hi"
    assert stats.startswith("8 tokens in, 1 out · ")


def test_waiting_and_thinking_leave_no_trace(console: Console) -> None:
    """The status shown before the first word is gone afterwards."""
    terminal = console.terminal("chat", "-m", "reason", "--no-stats", *_pace(20), "because")
    terminal.wait_for("thinking (")
    assert terminal.end() == 0
    assert terminal.screen.text() == "because"


def test_reasoning_is_dimmed_above_the_answer(console: Console) -> None:
    """--show-reasoning puts it before the answer, dimmed, a blank row between them."""
    for markdown in ("--markdown", "--no-markdown"):
        terminal = console.terminal("chat", "-m", "reason", "--show-reasoning", "--no-stats", markdown, "because")
        assert terminal.end() == 0
        shown = terminal.screen.text().split("\n")
        assert shown[-2:] == ["", "because"]
        assert shown[0].startswith("Lorem ")
        assert "\x1b[2m" in terminal.raw


def test_no_color(console: Console) -> None:
    """NO_COLOR: not one colour in the output."""
    terminal = console.terminal("chat", "-m", "echo", "`a`\n\n```python\nx = 1\n```", NO_COLOR="1")
    assert terminal.end() == 0
    assert "\x1b[3" not in terminal.raw
    assert "\x1b[9" not in terminal.raw


def test_a_dumb_terminal_gets_plain_text(console: Console) -> None:
    """TERM=dumb: no escape sequence at all."""
    terminal = console.terminal("chat", "-m", "echo", "**a**", TERM="dumb")
    assert terminal.end() == 0
    assert terminal.screen.text().startswith("**a**\n")
    assert "\x1b" not in terminal.raw


def test_without_rich_the_answer_is_plain(console: Console) -> None:
    """Rich is an extra: without it the text is shown as it is, and only --markdown asks for it."""
    hidden = console.home / "rich.py"
    hidden.write_text("raise ImportError('hidden by the test')\n")
    (console.home / "sitecustomize.py").write_text(
        "import importlib.util as u\nfind = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'rich' else find(name, *more)\n"
    )
    terminal = console.terminal("chat", "-m", "echo", "--no-stats", "**a**", PYTHONPATH=str(console.home))
    assert terminal.end() == 0
    assert terminal.screen.text() == "**a**"
    asked = console.run("chat", "-m", "echo", "--markdown", "a", PYTHONPATH=str(console.home))
    assert asked.code == 2
    assert 'pip install "franca[cli]"' in asked.err


def test_ctrl_c_stops_the_answer(console: Console, sim: Simulator) -> None:
    """The text so far stays, the connection closes at once, exit code 130."""
    terminal = console.terminal("chat", "-m", "echo", *_pace(10), "one two three four five " * 50)
    terminal.wait_for("one two three")
    terminal.interrupt("interrupted")
    assert terminal.end() == 130
    assert terminal.screen.text().startswith("one two three")
    assert terminal.screen.text().endswith("\ninterrupted")
    assert "Traceback" not in terminal.screen.text()
    assert sim.wait_for(lambda: sim.requests[-1].ended) == "left"


def test_ctrl_c_before_the_answer_begins(console: Console, sim: Simulator) -> None:
    """Waiting for a slow server can be ended too; the status row goes."""
    terminal = console.terminal("chat", "-m", "scenario:time-no-answer", "hi")
    terminal.wait_for("waiting")
    sim.wait_for(lambda: sim.requests)
    terminal.interrupt("interrupted")
    assert terminal.end() == 130
    assert "waiting" not in terminal.screen.text()
    assert sim.wait_for(lambda: sim.requests[-1].ended) == "left"


def test_an_error_fits_the_terminal(console: Console) -> None:
    """In a terminal the message stands alone where all of it would not fit; a huge one is cut to three rows."""
    terminal = console.terminal("chat", "-m", "nope", "--no-stats", "hi")
    assert terminal.end() == 1
    first = terminal.screen.text().split("\n")[0]
    assert first == "franca: 404 The model 'nope' does not exist or you do not have access to it."
    huge = console.terminal("chat", "-m", "scenario:error-huge", "--retries", "0", "hi")
    assert huge.end() == 1
    assert len(huge.screen.text().split("\n")) <= 3


def test_a_broken_stream_in_a_terminal(console: Console) -> None:
    """What arrived stands there, and below it the error."""
    terminal = console.terminal("chat", "-m", "scenario:cut-close-mid-content", "--retries", "0", "hi")
    assert terminal.end() == 3
    first, second = terminal.screen.text().split("\n")[:2]
    assert first.startswith("Hello,")
    assert second.startswith("franca: ")


def test_json_is_indented_for_a_person(console: Console) -> None:
    """In a terminal the JSON has a line for each field."""
    terminal = console.terminal("chat", "-m", "echo", "--json", "--no-stats", "hi", height=60)
    assert terminal.end() == 0
    assert terminal.screen.text().startswith('{\n  "id"')
    assert json.loads(terminal.screen.text())["model"] == "echo"


def test_the_prompt_can_be_typed(console: Console) -> None:
    """ "-" in a terminal reads what is typed, up to Ctrl-D."""
    terminal = console.terminal("chat", "-m", "echo", "--no-stats", "-")
    terminal.wait_for("Ctrl-D")
    terminal.type("typed **text**\n\x04")
    assert terminal.end() == 0
    assert terminal.screen.text().endswith("typed text")
