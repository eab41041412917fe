"""`franca chat` in pipes: what is sent, what comes out, and where it comes out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from franca.simulator import Simulator

from .console import LIMIT, Console

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def _sent(sim: Simulator) -> dict[str, Any]:
    body: dict[str, Any] = sim.requests[-1].body
    return body


def test_the_answer_alone_is_on_standard_output(console: Console) -> None:
    """In a pipe there is the text and the end of its line, and nothing on standard error."""
    done = console.run("chat", "-m", "echo", "Hello,", "*you*")
    assert (done.code, done.out, done.err) == (0, "Hello, *you*\n", "")


def test_a_streamed_and_a_whole_answer_are_the_same(console: Console, sim: Simulator) -> None:
    """--no-stream asks without `stream`, and prints what a stream would have printed."""
    streamed = console.run("chat", "-m", "lorem", "--max-tokens", "50", "hi")
    assert _sent(sim)["stream"] is True
    whole = console.run("chat", "-m", "lorem", "--max-tokens", "50", "--no-stream", "hi")
    assert "stream" not in _sent(sim)
    assert streamed.out == whole.out
    assert len(whole.out.split()) == 50


def test_a_cut_answer_is_told(console: Console) -> None:
    """A token limit that ended the answer is a note on standard error."""
    done = console.run("chat", "-m", "lorem", "--max-tokens", "5", "hi")
    assert done.code == 0
    assert done.err == "franca: the answer was cut off by a token limit (--max-tokens)\n"


def test_standard_input_is_context(console: Console, sim: Simulator) -> None:
    """What is piped in stands before the words, or where "-" stands."""
    assert console.run("chat", "-m", "echo", "Sum", "it", "up", stdin=b"long text\n").out == "long text\n\nSum it up\n"
    assert console.run("chat", "-m", "echo", stdin=b"alone").out == "alone\n"
    assert console.run("chat", "-m", "echo", "Before", "-", "after", stdin=b"x").out == "Before\n\nx\n\nafter\n"
    assert len(sim.requests) == 3


def test_binary_input_is_attached_only_when_told_so(console: Console, sim: Simulator) -> None:
    """Bytes that are no text are refused as text, and taken by `-a -`."""
    png = b"\x89PNG\r\n\x1a\n" + bytes(32)
    refused = console.run("chat", "-m", "echo", "what?", stdin=png)
    assert refused.code == 2
    assert "`-a -`" in refused.err
    assert console.run("chat", "-m", "echo", "-a", "-", "what?", stdin=png).out.endswith("what?\n")
    assert [part["type"] for part in _sent(sim)["messages"][0]["content"]] == ["image_url", "text"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["chat", "-m", "echo"], "what to ask?"),
        (["chat", "-m", "echo", "-", "-"], "used twice"),
        (["chat", "-m", "echo", "-", "-a", "-"], "used twice"),
        (["chat", "-m", "echo", "-i", "-"], "used for the conversation"),
        (["chat", "-m", "echo", "-i", "--json", "x"], "--json is for one answer"),
        (["chat", "-m", "echo", "-a", "/missing", "x"], "cannot read /missing"),
        (["chat", "-m", "echo", "--temperature", "1", "-k", "temperature=2", "x"], "given twice"),
        (["chat", "x"], "has echo, lorem, json, tools, reason, structured and 1 more (franca models)"),
        (["chat", "-m", "echo", "-H", "nocolon", "x"], "'NAME: VALUE'"),
        (["chat", "-m", "echo", "-S", "grok", "x"], "did you mean 'groq'?"),
        (["chat", "-m", "echo", "--timeout", "-1", "x"], "timeout is a number of seconds"),
    ],
)
def test_wrong_usage(words: list[str], said: str, console: Console, sim: Simulator) -> None:
    """What cannot work is exit code 2, and no question is asked."""
    done = console.run(*words)
    assert done.code == 2
    assert said in done.err
    assert done.out == ""
    assert not [seen for seen in sim.requests if seen.method == "POST"]


def test_options_become_fields(console: Console, sim: Simulator) -> None:
    """Named options and -k make the request's fields, and -s its first message."""
    words = ["--temperature", "0.5", "--max-tokens", "9", "--seed", "7", "--reasoning-effort", "low"]
    done = console.run("chat", "-m", "echo", *words, "-k", "stop=[]", "-k", "user=me", "-s", "Be brief.", "hi")
    assert done.code == 0
    body = _sent(sim)
    wanted = {"temperature": 0.5, "max_tokens": 9, "seed": 7, "reasoning_effort": "low", "stop": [], "user": "me"}
    assert {name: body.get(name) for name in wanted} == wanted
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}]


def test_words_after_two_dashes_are_words(console: Console) -> None:
    """A prompt may look like an option, and options may stand between words."""
    assert console.run("chat", "-m", "echo", "--", "--json", "-x").out == "--json -x\n"
    assert console.run("chat", "a", "-m", "echo", "b", "--no-stats", "c").out == "a b c\n"


def test_json_is_the_whole_answer(console: Console) -> None:
    """--json prints what the server sent, every field of it, on one line."""
    done = console.run("chat", "-m", "scenario:fields-unknown", "--json", "hi")
    assert done.out.count("\n") == 1
    answer = json.loads(done.out)
    known = {"id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier"}
    assert set(answer) - known


def test_reasoning_is_shown_only_when_asked_for(console: Console) -> None:
    """In a pipe reasoning goes to standard error: standard output is the answer."""
    assert console.run("chat", "-m", "reason", "why?").err == ""
    done = console.run("chat", "-m", "reason", "--show-reasoning", "why?")
    assert done.out == "why?\n"
    assert len(done.err.split()) > 5
    whole = console.run("chat", "-m", "reason", "--show-reasoning", "--no-stream", "why?")
    assert (whole.out, whole.err.split()) == (done.out, done.err.split())


def test_stats_are_printed_when_wanted(console: Console) -> None:
    """--stats tells tokens and time on standard error; a price only where the server tells one."""
    done = console.run("chat", "-m", "reason", "--stats", "hi")
    assert done.out == "hi\n"
    assert done.err.startswith("8 tokens in, 17 out (16 reasoning) · ")
    assert "first event" in done.err
    assert "cost" not in done.err
    assert "no token counts told" in console.run("chat", "-m", "scenario:usage-none", "--stats", "hi").err


def test_tool_calls_are_readable(console: Console) -> None:
    """A call is one line: its name, its arguments, its id; arguments that do not parse are shown as they are."""
    tools = f"tools={json.dumps([WEATHER])}"
    done = console.run("chat", "-m", "tools", "-k", tools, "hi")
    assert done.out.startswith('→ weather(city="')
    assert "[call_" in done.out
    broken = console.run("chat", "-m", "scenario:tool-arguments-invalid", "-k", tools, "hi")
    assert "(not valid: " in broken.out


def test_every_choice_is_printed_by_itself(console: Console) -> None:
    """Choices that arrive interleaved are not mixed."""
    done = console.run("chat", "-m", "scenario:choices-three", "-k", "n=3", "hi")
    assert done.out == "a0b0c0\n\n--- choice 2 of 3 ---\na1b1c1\n\n--- choice 3 of 3 ---\na2b2c2\n"


@pytest.mark.parametrize("scenario", ["cut-close-mid-content", "cut-reset-mid-content", "inside-chunk"])
def test_a_broken_stream_shows_what_arrived(scenario: str, console: Console) -> None:
    """The text that came is printed, the error follows, and the exit code is no success."""
    done = console.run("chat", "-m", f"scenario:{scenario}", "--retries", "0", "hi")
    assert done.out.startswith("Hello, ")
    assert done.code in (1, 3)
    assert done.err.startswith("franca: ")


def test_a_silent_stream_ends_in_time(console: Console) -> None:
    """--timeout is also the longest silence within a stream."""
    done = console.run("chat", "-m", "scenario:time-stall-in-stream", "--timeout", "0.3", "--retries", "0", "hi")
    assert done.code == 3
    assert done.out.startswith("Hello")
    assert "--timeout SECONDS waits longer" in done.err


def test_text_comes_out_while_it_streams(console: Console, sim: Simulator) -> None:
    """In a pipe each piece is there as soon as it came; the rest is still being made."""
    slow = ["-H", "x-sim-tokens-per-second: 5"]
    process = console.start("chat", "-m", "lorem", "--max-tokens", "1000", *slow, "hi")
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 100)
    assert sim.requests[-1].ended is None
    process.terminate()
    process.communicate(timeout=LIMIT)
    assert sim.wait_for(lambda: sim.requests[-1].ended) == "left"


def test_a_reader_that_leaves_is_no_error(console: Console, sim: Simulator) -> None:
    """`| head`: no complaint, exit code 0, and the server may stop."""
    process = console.start("chat", "-m", "lorem", "--max-tokens", "1000", "-H", "x-sim-tokens-per-second: 50", "hi")
    assert process.stdout is not None
    assert process.stderr is not None
    assert os.read(process.stdout.fileno(), 100)
    process.stdout.close()
    assert process.wait(LIMIT) == 0
    with process.stderr:
        assert process.stderr.read() == b""
    assert sim.wait_for(lambda: sim.requests[-1].ended) == "left"


def test_interrupting_closes_the_connection(console: Console, sim: Simulator) -> None:
    """SIGINT: exit code 130, and the server sees the client leave at once."""
    import signal

    process = console.start("chat", "-m", "lorem", "--max-tokens", "1000", "-H", "x-sim-tokens-per-second: 5", "hi")
    assert process.stdout is not None
    assert os.read(process.stdout.fileno(), 100)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert out.endswith(b"\n")
    assert sim.wait_for(lambda: sim.requests[-1].ended) == "left"


def test_the_only_model_is_taken(console: Console) -> None:
    """Without a model the only one that the server lists is asked; in a pipe nothing is said about it."""
    from franca.simulator.http import answer
    from franca.simulator.scenarios import SCENARIOS
    from franca.simulator.scenarios.record import Scenario

    def play(ask: Any) -> bytes:
        return answer(200, {"object": "list", "data": [{"id": "only", "object": "model"}]})

    one = Scenario("one-model", "Lists one model.", "-", play, {"models": SCENARIOS["models-plain"].expect["models"]})
    with Simulator(scenarios={"one-model": one}, aliases={"only": "echo"}) as sim:
        done = console.run("chat", "hi", server=sim.base("one-model"))
        assert (done.code, done.out, done.err) == (0, "hi\n", "")
        assert sim.requests[-1].body["model"] == "only"


def test_invalid_utf_8_on_the_command_line_is_sent_as_text(console: Console, tmp_path: Path) -> None:
    """An argument that is no UTF-8 does not end in an encoding error."""
    done = console.run("chat", "-m", "echo", os.fsdecode(b"caf\xe9"))
    assert (done.code, done.out) == (0, "caf\ufffd\n")


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ("finish-sensitive", "a content filter ended the answer (finish_reason 'sensitive')"),
        ("content-null", "the answer is empty"),
        ("content-audio", "the answer holds audio; --json shows all of it"),
    ],
)
def test_what_an_answer_lacks_is_told(scenario: str, said: str, console: Console) -> None:
    """A note on standard error says that there is more, or less, than the text shows."""
    done = console.run("chat", "-m", f"scenario:{scenario}", "hi")
    assert done.code == 0
    assert said in done.err


def test_a_refusal_is_printed(console: Console) -> None:
    """What the model says instead of an answer stands where the answer would."""
    streamed = console.run("chat", "-m", "scenario:content-refusal", "hi")
    whole = console.run("chat", "-m", "scenario:content-refusal", "--no-stream", "hi")
    assert streamed.out == whole.out
    assert streamed.out.strip()


def test_interrupting_a_whole_answer(console: Console, sim: Simulator) -> None:
    """SIGINT without a stream: the same exit code, and the server sees the client leave."""
    import signal

    process = console.start("chat", "-m", "lorem", "--no-stream", "-H", "x-sim-latency: 60", "hi")
    sim.wait_for(lambda: sim.requests, LIMIT)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert sim.wait_for(lambda: sim.requests[-1].ended) == "left"


def test_a_certificate_that_nobody_signed(console: Console, tmp_path: Path) -> None:
    """It is refused with a hint; --insecure takes it, without a word."""
    import trustme

    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(tmp_path / "key"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert"))
    with Simulator(tls=(str(tmp_path / "cert"), str(tmp_path / "key"))) as secure:
        refused = console.run("chat", "-m", "echo", "hi", server=secure.url)
        taken = console.run("chat", "-m", "echo", "--insecure", "hi", server=secure.url)
    assert refused.code == 3
    assert "--insecure skips the check" in refused.err
    assert (taken.code, taken.out, taken.err) == (0, "hi\n", "")


def test_a_proxy_that_is_not_there(console: Console) -> None:
    """--proxy is used: a dead one is a network error; '' asks for none."""
    dead = console.run("chat", "-m", "echo", "--proxy", "http://127.0.0.1:9", "--retries", "0", "hi", NO_PROXY="")
    assert dead.code == 3
    assert "proxy" in dead.err
    assert (
        console.run("chat", "-m", "echo", "--proxy", "", "hi", HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="").code == 0
    )


def test_a_server_without_models_needs_one_named(console: Console, sim: Simulator) -> None:
    """No model named and none listed: said so, as wrong usage."""
    done = console.run("chat", "hi", server=sim.base("models-empty"))
    assert done.code == 2
    assert "lists none" in done.err
