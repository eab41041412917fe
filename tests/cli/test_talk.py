"""`franca chat -i`: a conversation in a terminal, and turns from a pipe."""

from __future__ import annotations

import json
from typing import Any

import pytest

from franca.cli.talk import read_turn
from franca.simulator import Simulator

from .console import Console, Terminal

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


def _sent(sim: Simulator) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = sim.requests[-1].body["messages"]
    return messages


def _texts(sim: Simulator) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in _sent(sim)]


def _prompt(terminal: Terminal) -> None:
    """Wait for the first prompt."""
    terminal.wait_for("\n>")


def _say(terminal: Terminal, text: str, answer: str) -> None:
    terminal.type(f"{text}\n")
    terminal.wait_for(answer)


@pytest.mark.parametrize(
    ("typed", "turn"),
    [
        (["hello"], "hello"),
        ([""], ""),
        (["one \\", "two\\", "three"], "one \ntwo\nthree"),
        (["```", "a", "", "b", "```"], "a\n\nb"),
        (["```", "a \\", "```"], "a \\"),
        (["```py", "x", "```"], "```py\nx\n```"),
    ],
)
def test_turns_of_several_lines(typed: list[str], turn: str) -> None:
    """A backslash continues a line; a fence holds lines, and is part of the text when it names a language."""
    lines = iter(typed)
    assert read_turn(lambda prompt: next(lines)) == turn
    assert list(lines) == []


def test_what_was_begun_is_said_at_the_end_of_input() -> None:
    """The end of input within a block of lines ends the block."""
    lines = iter(["```", "a"])

    def read(prompt: str) -> str:
        for line in lines:
            return line
        raise EOFError

    assert read_turn(read) == "```\na"


def test_a_conversation_remembers(console: Console, sim: Simulator) -> None:
    """Each turn is sent with those before it and the system prompt; Ctrl-D leaves with exit code 0."""
    terminal = console.terminal("chat", "-m", "echo", "-s", "Be kind.", "--no-stats")
    _prompt(terminal)
    _say(terminal, "first", "first\nfirst\n\n>")
    _say(terminal, "second", "second\nsecond\n\n>")
    assert _texts(sim) == [("system", "Be kind."), ("user", "first"), ("assistant", "first"), ("user", "second")]
    terminal.type("\x04")
    assert terminal.end() == 0
    assert terminal.screen.text().startswith(f"echo at {sim.url}. /help lists the commands, Ctrl-D leaves.\n>")


def test_ctrl_c_stops_the_answer_and_keeps_the_conversation(console: Console, sim: Simulator) -> None:
    """The connection closes at once; what had arrived is part of the conversation, which goes on."""
    terminal = console.terminal("chat", "-m", "echo", "-H", "x-sim-tokens-per-second: 20", "-i", "w " * 200)
    terminal.wait_for("w w w w w")
    terminal.interrupt("stopped\n\n>")
    assert sim.wait_for(lambda: sim.requests[-1].ended) == "left"
    _say(terminal, "on", "on\non\n")
    roles = [message["role"] for message in _sent(sim)]
    assert roles == ["user", "assistant", "user"]
    assert 0 < len(_sent(sim)[1]["content"]) < len("w " * 200)
    terminal.type("/exit\n")
    assert terminal.end() == 0


def test_ctrl_c_before_the_answer_forgets_the_question(console: Console, sim: Simulator) -> None:
    """With nothing to remember the conversation is as it was before the question."""
    terminal = console.terminal("chat", "-m", "scenario:time-no-answer", "-i", "hello?")
    sim.wait_for(lambda: sim.requests)
    terminal.wait_for("waiting")
    terminal.interrupt("nothing had arrived, so the question is forgotten\n\n>")
    terminal.type("/model echo\n")
    terminal.wait_for("model: echo")
    _say(terminal, "again", "again\nagain")
    assert _texts(sim) == [("user", "again")]
    terminal.type("/exit\n")
    assert terminal.end() == 0


def test_ctrl_c_at_the_prompt_drops_the_line(console: Console, sim: Simulator) -> None:
    """A half-typed line goes, and the prompt comes back."""
    terminal = console.terminal("chat", "-m", "echo", "--no-stats")
    _prompt(terminal)
    terminal.type("half")
    terminal.wait_for("> half")
    terminal.interrupt("> half\n>")
    _say(terminal, "whole", "whole\nwhole\n")
    assert _texts(sim) == [("user", "whole")]
    terminal.type("/exit\n")
    assert terminal.end() == 0


def test_an_error_does_not_end_the_conversation(console: Console, sim: Simulator) -> None:
    """A turn that failed is told and forgotten; the next one goes on."""
    terminal = console.terminal("chat", "-m", "nope", "--no-stats")
    _prompt(terminal)
    _say(terminal, "one", "404")
    _say(terminal, "/model echo", "model: echo")
    _say(terminal, "two", "two\ntwo\n")
    assert _texts(sim) == [("user", "two")]
    _say(terminal, "/nonsense", "no command /nonsense")
    _say(terminal, "//etc is a folder", "\n/etc is a folder\n")
    _say(terminal, "/etc/passwd is a file", "\n/etc/passwd is a file\n")
    terminal.type("/exit\n")
    assert terminal.end() == 0


def test_commands(console: Console, sim: Simulator) -> None:
    """/system, /clear, /save, /load, /attach and /help do what /help says."""
    (console.home / "p.png").write_bytes(PNG)
    (console.home / "notes").write_text("no conversation")
    terminal = console.terminal("chat", "-m", "echo", "--no-stats", height=60)
    _prompt(terminal)
    _say(terminal, "/help", "/load FILE")
    _say(terminal, "/system Be brief.", "system prompt: Be brief.")
    _say(terminal, "one", "one\none\n")
    _say(terminal, "/save talk.json", "saved 2 messages")
    _say(terminal, "/save notes", "it is left as it is")
    assert (console.home / "notes").read_text() == "no conversation"
    _say(terminal, "/clear", "is forgotten")
    _say(terminal, "two", "two\ntwo\n")
    assert _texts(sim) == [("system", "Be brief."), ("user", "two")]
    _say(terminal, "/system -", "no system prompt")
    _say(terminal, "/load missing.json", "cannot read")
    _say(terminal, "/load talk.json", "loaded 2 messages")
    _say(terminal, "/attach nothing.png", "cannot read nothing.png")
    _say(terminal, "/attach p.png", "goes with the next message: p.png")
    _say(terminal, "what is it", "what is it\n[image")
    assert [message["role"] for message in _sent(sim)] == ["system", "user", "assistant", "user"]
    assert [part["type"] for part in _sent(sim)[3]["content"]] == ["image_url", "text"]
    _say(terminal, "and now", "and now\nand now")
    assert _sent(sim)[-1] == {"role": "user", "content": "and now"}
    terminal.type("/exit\n")
    assert terminal.end() == 0
    saved = json.loads((console.home / "talk.json").read_text())
    assert saved["model"] == "echo"
    assert [message["role"] for message in saved["messages"]] == ["system", "user", "assistant"]


def test_attachments_wait_for_the_first_message(console: Console, sim: Simulator) -> None:
    """`franca chat -a FILE` in a terminal asks for the question first."""
    (console.home / "p.png").write_bytes(PNG)
    terminal = console.terminal("chat", "-m", "echo", "--no-stats", "-a", "p.png")
    _prompt(terminal)
    assert not sim.requests
    _say(terminal, "what", "what\n[image")
    terminal.type("/exit\n")
    assert terminal.end() == 0


def test_history_is_at_hand(console: Console) -> None:
    """With readline, the arrow up brings back what was said."""
    pytest.importorskip("readline")
    terminal = console.terminal("chat", "-m", "echo", "--no-stats")
    _prompt(terminal)
    _say(terminal, "remember", "remember\nremember\n\n>")
    terminal.type("\x1b[A")
    terminal.wait_for("> remember\nremember\n\n> remember")
    terminal.type("\n")
    terminal.wait_for("> remember\nremember\n\n> remember\nremember\n\n>")
    terminal.type("/exit\n")
    assert terminal.end() == 0


def test_tool_calls_are_not_part_of_the_conversation(console: Console, sim: Simulator) -> None:
    """Nobody runs the tools, so a turn that calls some is left out of what is sent next."""
    tools = [{"type": "function", "function": {"name": "now", "parameters": {"type": "object", "properties": {}}}}]
    script = b"what time\n/model echo\nthanks\n"
    done = console.run("chat", "-i", "-m", "tools", "-k", f"tools={json.dumps(tools)}", stdin=script)
    assert done.code == 0
    assert done.out.startswith("→ now()")
    assert "shown, not run" in done.err
    assert _texts(sim) == [("user", "thanks")]


def test_turns_may_come_from_a_pipe(console: Console, sim: Simulator) -> None:
    """-i without a terminal reads a turn from each line; standard output holds the answers alone."""
    done = console.run("chat", "-i", "-m", "echo", stdin=b"one\n\ntwo\\\nthree\n")
    assert (done.code, done.out, done.err) == (0, "one\ntwo\nthree\n", "")
    assert len(_sent(sim)) == 3


def test_an_error_ends_a_conversation_from_a_pipe(console: Console, sim: Simulator) -> None:
    """With nobody there to see it, the first error ends the run with its exit code."""
    done = console.run("chat", "-i", "-m", "scenario:error-429", "--retries", "0", stdin=b"one\ntwo\n")
    assert done.code == 5
    assert len(sim.requests) == 1
