"""The conformance runner: it judges franca and a client that does everything wrong, and survives both."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from franca.cli import main
from franca.conform import GROUPS, Examined, Program, claims_of, examine
from franca.conform.claims import _OF, EVERYBODY
from franca.conform.judge import judge
from franca.conform.program import Crashed, Hung
from franca.errors import BadUsage, ProtocolError
from franca.simulator.scenarios import SCENARIOS, Outcome

HERE = Path(__file__).parent
FRANCA = [sys.executable, str(HERE.parents[1] / "benchmarks" / "conform" / "with_franca.py")]
FEW = ["tool-plain", "cut-before-finish", "error-key-echo", "embed-plain", "models-plain", "limit-503-then-good"]


def bad(how: str) -> list[str]:
    return [sys.executable, str(HERE / "bad_client.py"), how]


def examined(command: list[str], names: list[str], limit: float = 20.0) -> Examined:
    with Program(command) as program:
        return examine(program, names=names, limit=limit)


def results(one: Examined) -> dict[tuple[str, str], str]:
    return {(verdict.scenario, verdict.call): verdict.result for verdict in one.verdicts}


# ---- franca through its own program --------------------------------------------------------------


def test_franca_does_what_is_demanded() -> None:
    """Every call of every scenario but the slow ones, through a program of its own and the protocol."""
    names = [name for name in SCENARIOS if not name.startswith("time-")]
    one = examined(FRANCA, names)
    assert one.client == "franca"
    assert [verdict for verdict in one.verdicts if verdict.result != "pass"] == []
    assert one.failed == []
    assert one.claims == GROUPS.keys()
    for name in ("message", "status", "partial", "secret", "fields", "requests"):
        assert {getattr(verdict, name) for verdict in one.verdicts} == {None, True}, name


# ---- a client that does everything wrong ---------------------------------------------------------


def test_a_liar_is_found_out() -> None:
    """An answer where an error is demanded, a finish reason that nobody gave, another answer than the server's."""
    one = examined(bad("liar"), FEW)
    assert results(one) == {
        ("tool-plain", "stream"): "wrong",
        ("tool-plain", "chat"): "wrong",
        ("cut-before-finish", "stream"): "invented",
        ("error-key-echo", "chat"): "silent",
        ("error-key-echo", "stream"): "silent",
        ("embed-plain", "embeddings"): "wrong",
        ("models-plain", "models"): "wrong",
        ("limit-503-then-good", "chat"): "wrong",
        ("limit-503-then-good", "stream"): "wrong",
        ("limit-503-then-good", "embeddings"): "pass",  # all that is demanded there is a name that it does not tell
        ("limit-503-then-good", "models"): "wrong",
    }
    assert (one.client, one.version) == ("liar", "1.0")
    assert one.claims == EVERYBODY | {"openai"}
    assert one.share("openai") == (0, 6, True)


def test_a_sulker_gets_nothing_for_errors_that_are_its_own() -> None:
    """An exception where an answer is demanded; where one is demanded it passes, and shows what it lacks."""
    one = examined(bad("sulker"), FEW)
    by_call = {(verdict.scenario, verdict.call): verdict for verdict in one.verdicts}
    assert by_call["tool-plain", "chat"].result == "error"
    assert "Sulk: no, and your key" in by_call["tool-plain", "chat"].detail
    echo = by_call["error-key-echo", "chat"]
    assert (echo.result, echo.message, echo.status, echo.secret) == ("pass", False, False, False)
    cut = by_call["cut-before-finish", "stream"]
    assert (cut.result, cut.partial, cut.requests) == ("pass", False, None)
    assert by_call["limit-503-then-good", "chat"].requests is False


def test_a_sleeper_is_killed_and_started_anew() -> None:
    """With whatever it had started; each call counts as hung."""
    with Program(bad("sleeper")) as program:
        one = examine(program, names=["tool-plain"], limit=0.5)
        assert program.starts == 2
    assert set(results(one).values()) == {"hang"}
    assert "no end after 0.5 s" in one.verdicts[0].detail


def test_a_program_that_ends_is_started_anew() -> None:
    """And what it last said is told."""
    with Program(bad("dier")) as program:
        one = examine(program, names=["tool-plain"])
        assert program.starts == 2
    assert set(results(one).values()) == {"crash"}
    assert one.verdicts[0].detail == "exit 3: my last words"


def test_a_line_without_end_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not fill the memory."""
    monkeypatch.setattr("franca.conform.program._LONGEST", 4 * 1024 * 1024)
    assert set(results(examined(bad("flooder"), ["embed-plain"])).values()) == {"crash"}


def test_stray_lines_are_passed_over() -> None:
    """Lines of a library, JSON that is no answer, answers to other questions. Calls that it lacks are no failures."""
    one = examined(bad("talker"), ["tool-plain"])
    assert set(results(one).values()) == {"unsupported"}
    assert one.failed == []
    assert one.share("openai") == (0, 0, True)


def test_a_program_must_say_who_it_is() -> None:
    """Or it is no program for this."""
    with pytest.raises(ProtocolError, match="did not answer its first question: exit 0"):
        examined(bad("silent-from-the-start"), FEW)
    with pytest.raises(ProtocolError, match="the program claims everything; the names are: all, openai"):
        examined(bad("boaster"), FEW)


def test_a_program_that_does_not_start_is_an_oserror() -> None:
    with pytest.raises(FileNotFoundError):
        examined(["/nowhere/at/all"], FEW)


def test_an_unknown_scenario_is_told() -> None:
    with pytest.raises(BadUsage, match="no scenario 'nothing'"):
        examined(bad("liar"), ["nothing"])


def test_a_program_is_asked_after_it_died_by_itself() -> None:
    """Between two questions: the next one finds it dead and says so, the one after starts it anew."""
    with Program([sys.executable, "-c", "import sys; print(input()); sys.exit(5)"]) as program:
        assert program.ask({"id": 1}, 20) == {"id": 1}
        with pytest.raises(Crashed, match="exit 5"):
            program.ask({"id": 2}, 20)
        assert program.ask({"id": 3}, 20) == {"id": 3}


def test_a_program_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that ignores the end of its input; and closing is idempotent."""
    monkeypatch.setattr("franca.conform.program._PATIENCE", 0.1)
    program = Program([sys.executable, "-c", "import time; print(input(), flush=True); time.sleep(600)"])
    assert program.ask({"id": 1}, 20) == {"id": 1}
    process = program._process
    assert process is not None
    program.close()
    program.close()
    assert process.returncode == -9


def test_a_hang_is_bounded() -> None:
    with Program([sys.executable, "-c", "import time; time.sleep(600)"]) as program, pytest.raises(Hung):
        program.ask({"id": 1}, 0.2)


# ---- whose behaviour -----------------------------------------------------------------------------


def test_claims_name_scenarios_and_groups() -> None:
    """A scenario that was renamed would silently count for everybody."""
    assert {name for text in _OF.values() for name in text.split()} <= SCENARIOS.keys()
    assert _OF.keys() <= GROUPS.keys()
    assert {group for name in SCENARIOS for group in claims_of(name)} == GROUPS.keys()
    assert claims_of("a-new-one") == {"compatible"}
    assert claims_of("cut-a-new-one") == {"failures"}


# ---- judging -------------------------------------------------------------------------------------

CALLS = [{"id": "c1", "name": "f", "arguments": '{"a": 1}'}]


def verdict(check: dict, answer: dict, error: str | None = None) -> str:
    found = judge(Outcome(error, check), {"ok": True, **answer})
    return f"{found['result']}: {found.get('detail', '')}".removesuffix(": ")


@pytest.mark.parametrize(
    ("check", "answer", "expected"),
    [
        ({"content": None}, {"content": ""}, "pass"),
        ({"content": "a"}, {}, "wrong: content None"),
        ({"finish_reason": "eos"}, {"finish_reason": "stop"}, "pass"),
        ({"finish_reason": "network_error"}, {"finish_reason": "stop"},
         "wrong: finish_reason 'stop', not 'network_error'"),
        ({"finish_reason": "tool_calls"}, {"finish_reason": "tool_call"}, "pass"),
        ({"finish_reason": "stop"}, {"finish_reason": "tool_calls", "tool_calls": CALLS}, "pass"),
        ({"finish_reason": "a new one"}, {"finish_reason": None}, "pass"),
        ({"finish_reason": None}, {"finish_reason": "stop"},
         "wrong: finish_reason 'stop', which the server never gave"),
        ({"finish_reason": "stop", "raw.a.refusal": "No."}, {"finish_reason": "content_filter"}, "pass"),
        ({"usage": None}, {"usage": {"total_tokens": 0}}, "pass"),
        ({"usage": None}, {"usage": {"total_tokens": 3}},
         "wrong: usage {'total_tokens': 3}, of which the server told nothing"),
        ({"usage.total_tokens": 12}, {"usage": None}, "wrong: usage.total_tokens None, not 12"),
        ({"usage.total_tokens": 12}, {"usage": {"total_tokens": 12}}, "pass"),
        ({"usage.completion_tokens": 7}, {"usage": {"completion_tokens": 27, "prompt_tokens": 5, "total_tokens": 32}},
         "pass"),
        ({"usage.completion_tokens": 7}, {"usage": {"completion_tokens": 27, "prompt_tokens": 5, "total_tokens": 12}},
         "wrong: usage.completion_tokens 27, not 7"),
        ({"model": "m"}, {}, "pass"),
        ({"model": "m"}, {"model": "n"}, "wrong: model 'n', not 'm'"),
        ({"ids": ("a",)}, {"ids": ["a"]}, "pass"),
        ({"choices.1.message.content": "b"}, {"choices": [{}, {"content": "b"}]}, "pass"),
        ({"choices.1.message.content": "b"}, {"choices": 2}, "pass"),
        ({"tool_calls": [{"name": "f", "arguments": '{"a":1}'}]}, {"tool_calls": CALLS}, "pass"),
        ({"tool_calls": [{"arguments": ""}]}, {"tool_calls": [{"id": "c", "arguments": {}}]}, "pass"),
        ({"tool_calls": [{"arguments": '{"cut'}]}, {"tool_calls": [{"id": "c", "arguments": '{"cut'}]}, "pass"),
        ({"tool_calls": [{"arguments": '{"cut'}]}, {"tool_calls": [{"id": "c", "arguments": "other"}]},
         "wrong: arguments 'other', not '{\"cut'"),
        ({"tool_calls": [{}]}, {"tool_calls": "none"}, "wrong: 0 tool calls, not 1"),
        ({"tool_calls": [{}]}, {"tool_calls": [{"id": ""}]}, "wrong: ids of the tool calls ['']"),
        ({"tool_calls": [{}, {}]}, {"tool_calls": [{"id": "a"}, {"id": "a"}]},
         "wrong: ids of the tool calls ['a', 'a']"),
        ({"tool_calls": [{"id": "b"}]}, {"tool_calls": CALLS}, "wrong: tool call id 'c1', not 'b'"),
        ({"tool_calls": [{"name": "g"}]}, {"tool_calls": CALLS}, "wrong: tool call 'f', not 'g'"),
        ({"vectors": [[1.0, 2.0]]}, {"vectors": [[1, 2.0000001]]}, "pass"),
        ({"vectors": [[1.0, 2.0]]}, {"vectors": [[1, 3]]}, "wrong: vector 0 is another one"),
        ({"vectors": [[1.0, 2.0]]}, {"vectors": [[[1], [2]]]}, "wrong: vector 0 is none of 2 numbers"),
        ({"vectors": [[1.0, 2.0]]}, {"vectors": []}, "wrong: another number of vectors"),
        ({"vectors": [[1.0, 2.0]]}, {}, "wrong: another number of vectors"),
    ],
)  # fmt: skip
def test_answers_are_judged_in_terms_that_any_client_can_meet(check: dict, answer: dict, expected: str) -> None:
    """What a client normalises by its own account is right; what it makes up is not."""
    assert verdict(check, answer) == expected


@pytest.mark.parametrize(
    ("path", "raw", "kept"),
    [
        ("raw.a.0.b", {"a": [{"b": 1}]}, True),
        ("raw.a.1.b", {"a": [{"b": 1}]}, False),
        ("raw.a.message.b", {"a": {"message": {"b": 1}}}, True),
        ("raw.a.message.b", {"a": "text"}, False),
        ("raw.a", None, None),
    ],
)
def test_further_fields_are_judged_apart(path: str, raw: object, kept: bool | None) -> None:
    """Only of clients that give the whole answer; what they lose of it fails no call."""
    found = judge(Outcome(check={path: 1}), {"ok": True, "raw": raw})
    assert (found["result"], found.get("fields")) == ("pass", kept)


def test_an_answer_instead_of_an_error() -> None:
    """Without choices it is visibly none; with an invented finish reason it is worse than silence."""
    assert verdict({}, {"choices": 0}, "NoChoices").startswith("pass")
    assert verdict({}, {"choices": []}, "NoChoices").startswith("pass")
    assert verdict({}, {"content": "a"}, "NoChoices") == "silent: answered 'a'"
    assert verdict({}, {"content": "", "finish_reason": "content_filter"}, "Flagged").startswith("pass")
    assert verdict({}, {"content": "", "finish_reason": "content_filter"}, "RateLimited").startswith("silent")
    cut = {"partial.finish_reason": None}
    assert verdict(cut, {"content": "a", "finish_reason": None}, "StreamBroken") == "silent: answered 'a'"
    assert verdict(cut, {"content": "a", "finish_reason": "stop"}, "StreamBroken") == "invented: finish reason 'stop'"


# ---- the command ---------------------------------------------------------------------------------


def test_the_command_tells_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    """A table by group, a line for each failure, and an exit code."""
    assert main(["conform", "--only", "cut-before-finish", "--", *bad("liar")]) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[0].split("\t")[:3] == ["failures", "0/1", ""]
    assert "cut-before-finish\tstream\tinvented" in out
    assert "liar 1.0: 0 of 1 calls that count came out right" in err


def test_the_command_succeeds_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    """With every verdict."""
    assert main(["conform", "--json", "--only", "sse-comments", "--", *FRANCA]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["client"] == "franca"
    assert [one["result"] for one in told["verdicts"]] == ["pass"]


def test_groups_that_are_not_claimed_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    """And a client is not failed for them."""
    assert main(["conform", "--only", "finish-eos", "--", *bad("liar")]) == 0
    assert "together\t0/2\tnot claimed" in capsys.readouterr().out


def test_the_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    """The protocol and the names to claim, and what is wrong with a call."""
    assert main(["conform", "--protocol"]) == 0
    assert '"claims": ["openai", "azure"]' in capsys.readouterr().out
    assert main(["conform", "--groups"]) == 0
    assert capsys.readouterr().out.startswith("openai\tdocumented by OpenAI")
    assert main(["conform"]) == 2
    assert main(["conform", "--limit", "0", "--", "x"]) == 2
    assert main(["conform", "--", "/nowhere/at/all"]) != 0


def test_progress_is_shown_in_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard error, and wiped away in the end."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert main(["conform", "--only", "sse-comments", "--", *FRANCA]) == 0
    assert "\r1 calls: sse-comments" in capsys.readouterr().err


def test_the_protocol_is_that_of_the_adapters() -> None:
    """By hand, without the runner: what docs/cli.md shows."""
    question = '{"id": 0, "call": "hello"}\n'
    done = subprocess.run(FRANCA, input=question, capture_output=True, text=True, timeout=60, check=True)
    answer = json.loads(done.stdout)
    assert (answer["id"], answer["ok"], answer["client"], answer["claims"]) == (0, True, "franca", ["all"])
