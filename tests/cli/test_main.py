"""The entry point: the table of commands, help, exit codes, and what an error looks like."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import franca
from franca import errors
from franca.cli import COMMANDS, main
from franca.cli.exits import code_for
from franca.simulator import Simulator

from .console import Console


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_lists_every_command_and_exit_code(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Help goes to standard output and names all there is."""
    assert main(words) == 0
    shown = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n  {name} " in shown
    for code in (0, 1, 2, 3, 4, 5, 130):
        assert f"\n  {code}  " in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`franca NAME --help` and `franca help NAME` are the same, and show the command's options."""
    assert main([name, "--help"]) == 0
    first = capsys.readouterr().out
    assert main(["help", name]) == 0
    assert capsys.readouterr().out == first
    assert first.startswith(f"usage: franca {name}")
    assert "--debug" in first


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` is the package's version."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"franca {franca.__version__}\n"


def test_help_imports_neither_client_nor_rich() -> None:
    """Help is as quick as the interpreter: what a command needs is imported when it runs."""
    program = (
        "import sys\nfrom franca.cli import main\nmain(['--help'])\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('rich', 'argparse', 'msgspec', 'asyncio')"
        " or name.startswith('franca.') and not name.startswith('franca.cli')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stderr == "[]\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "which command?"),
        (["chta"], "did you mean 'chat'?"),
        (["zzz"], "there are: chat,"),
        (["chat", "--nope"], "unrecognized arguments: --nope"),
        (["chat", "--temperature", "hot"], "invalid float value"),
        (["chat", "--mod", "x"], "unrecognized arguments: --mod"),
        (["servers", "--", "x"], "servers takes no words"),
    ],
)
def test_wrong_usage_is_exit_code_2(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be understood is said on standard error, with what was perhaps meant."""
    assert main(words) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.BadUsage("x"), 2),
        (errors.BadUsage("no API key for groq: ...", server="groq", code="missing_api_key"), 4),
        (errors.ConnectFailed("x"), 3),
        (errors.TimedOut("x"), 3),
        (errors.ConnectionLost("x"), 3),
        (errors.ProtocolError("x"), 3),
        (errors.StreamBroken("x"), 3),
        (errors.UpstreamTimedOut("x"), 3),
        (errors.Unauthorized("x"), 4),
        (errors.Forbidden("x"), 4),
        (errors.OutOfCredits("x"), 4),
        (errors.RateLimited("x"), 5),
        (errors.BadRequest("x"), 1),
        (errors.NotFound("x"), 1),
        (errors.Flagged("x"), 1),
        (errors.ServerFault("x"), 1),
        (errors.NoChoices("x"), 1),
        (errors.OutputInvalid("x"), 1),
        (KeyboardInterrupt(), 130),
        (RuntimeError("x"), 1),
    ],
)
def test_exit_codes(error: BaseException, code: int) -> None:
    """Every error has the code that the help promises."""
    assert code_for(error) == code


@pytest.mark.parametrize(
    ("scenario", "code"),
    [
        ("error-500", 1),
        ("error-404-model", 1),
        ("error-504", 3),
        ("cut-reset-before-answer", 3),
        ("cut-close-mid-content", 3),
        ("error-402", 4),
        ("error-403", 4),
        ("error-string", 4),
        ("error-429", 5),
        ("error-429-quota", 4),
        ("finish-network-error", 1),
    ],
)
def test_a_servers_fault_is_one_line_and_its_code(scenario: str, code: int, console: Console) -> None:
    """What the server does wrong is told on standard error, without a traceback."""
    done = console.run("chat", "-m", f"scenario:{scenario}", "--retries", "0", "hi")
    assert done.code == code
    assert done.err.startswith("franca: ")
    assert "Traceback" not in done.err
    assert all(line.startswith("franca: ") for line in done.err.splitlines())


def test_debug_shows_the_traceback(console: Console) -> None:
    """With --debug, before the command or after it, the traceback comes first."""
    for words in (["--debug", "chat", "hi"], ["chat", "--debug", "hi"]):
        done = console.run(*words, "-m", "scenario:error-500", "--retries", "0")
        assert done.code == 1
        assert "Traceback" in done.err
        assert "ServerFault" in done.err


def test_a_server_that_is_not_there(console: Console, sim: Simulator) -> None:
    """A refused connection is exit code 3 and asks whether the server runs."""
    url = sim.url
    sim.stop()
    done = console.run("chat", "-m", "x", "--retries", "0", "hi", server=url)
    assert done.code == 3
    assert "is the server running?" in done.err


def test_a_missing_key_names_its_variable(console: Console) -> None:
    """A named server without its key is exit code 4, and the variable is named; nothing is sent."""
    done = console.run("chat", "-S", "groq", "-m", "x", "hi")
    assert done.code == 4
    assert "GROQ_API_KEY" in done.err


def test_a_missing_key_of_ones_own_server_is_told_with_its_variable(console: Console) -> None:
    """Rows of FRANCA_SERVERS have variables too."""
    file = console.home / "servers.toml"
    file.write_text(
        '[servers.mine]\nbase_url = "http://localhost:1/v1"\napi_key = "env:MY_OWN_KEY"\nneeds_key = true\n'
    )
    done = console.run("chat", "-S", "mine", "-m", "x", "Hello", server=None, FRANCA_SERVERS=str(file))
    assert done.code == 4
    assert "MY_OWN_KEY" in done.err


def test_no_server_at_all(console: Console) -> None:
    """Nothing set up: the ways to say where to go."""
    done = console.run("chat", "-m", "x", "hi", server=None)
    assert done.code == 2
    assert "FRANCA_SERVER" in done.err


def test_a_wrong_key_is_code_4_and_shown_nowhere(console: Console, tmp_path: Path) -> None:
    """The key of --api-key-env is used, and stands in no output, not even with --debug."""
    with Simulator(api_key="sk-right") as locked:
        wrong = console.run("--debug", "models", "-S", locked.url, "--api-key-env", "MINE", MINE="sk-wrong-1234")
        right = console.run("models", "-S", locked.url, "--api-key-env", "MINE", MINE="sk-right")
        assert (wrong.code, right.code) == (4, 0)
        assert "sk-wrong-1234" not in wrong.err + wrong.out
        unset = console.run("models", "-S", locked.url, "--api-key-env", "MINE")
        assert unset.code == 2
        assert "MINE is not set" in unset.err
        header = console.run("models", "-S", locked.url, "-H", "api-key: env:MINE", MINE="sk-right")
        assert header.code == 0


def test_the_environment_is_that_of_the_client(console: Console) -> None:
    """FRANCA_SERVER, FRANCA_MODEL and FRANCA_API_KEY mean what they mean to `Client`."""
    with Simulator(api_key="sk-right") as locked:
        done = console.run("chat", "hi", server=locked.url, FRANCA_MODEL="echo", FRANCA_API_KEY="sk-right")
    assert (done.code, done.out) == (0, "hi\n")


def test_a_fault_of_our_own_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug shows no traceback unless it is asked for, and says how to ask."""
    from franca.cli import servers

    monkeypatch.setattr(servers, "run", lambda args: 1 / 0)
    assert main(["servers"]) == 1
    assert capsys.readouterr().err == (
        "franca: ZeroDivisionError: division by zero (a fault of franca itself; --debug shows where)\n"
    )
