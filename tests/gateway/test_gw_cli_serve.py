"""`franca serve` as a user starts it: with nothing, with keys in the environment, with a file, with a wrong one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gw_tiny import LIMIT, wait_for

from franca.simulator import Simulator

KEY = "sk-franca-0123456789"


class Served:
    """`franca serve WORDS`, in a folder of its own and an environment where nothing is set."""

    def __init__(self, folder: Path, *words: str, **environ: str) -> None:
        self.folder = folder
        kept = {
            name: os.environ[name] for name in ("PATH", "PYTHONPATH", "COVERAGE_PROCESS_START") if name in os.environ
        }
        with (folder / "log").open("ab") as log:
            self.popen = subprocess.Popen(
                [sys.executable, "-m", "franca.cli", "serve", *words],
                cwd=folder,
                env={**kept, "HOME": str(folder), "NO_PROXY": "*", **environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                bufsize=0,
            )
        self.url = ""
        self.welcome = ""

    @property
    def log(self) -> str:
        """What it wrote to standard error."""
        return (self.folder / "log").read_text()

    def ready(self) -> Served:
        """Wait for the first line."""
        assert self.popen.stdout is not None
        line = self.popen.stdout.readline().decode()
        found = re.search(r"http://\S+/v1", line)
        assert found is not None, line + self.log
        self.url, self.welcome = found[0], line
        return self

    def ask(self, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
        """(status, answer) of one request; a stream's answer is its text."""
        with self.open(path, body, key) as answer:
            data = answer.read()
            return answer.status, json.loads(data) if data[:1] in (b"{", b"[") else data.decode()

    def open(self, path: str, body: Any = None, key: str | None = None) -> Any:
        """An answer that is on its way."""
        headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        data = None if body is None else json.dumps(body).encode()
        try:
            return urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers), timeout=LIMIT)
        except urllib.error.HTTPError as error:
            return error

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """(exit code, the rest of standard output) after a signal."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.done()

    def done(self) -> tuple[int, str]:
        """(exit code, the rest of standard output) when it ends by itself."""
        out, _ = self.popen.communicate(timeout=LIMIT)
        return self.popen.returncode, self.welcome + out.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where it is started."""
    return tmp_path


@pytest.fixture
def serve(folder: Path) -> Iterator[Any]:
    """Starts it; whatever still runs ends with the test."""
    made: list[Served] = []

    def start(*words: str, **environ: str) -> Served:
        made.append(Served(folder, *words, **environ))
        return made[-1]

    yield start
    for one in made:
        if one.popen.poll() is None:
            one.popen.kill()
            one.popen.communicate()
        assert one.popen.stdout is not None
        one.popen.stdout.close()


def hello(model: str, **more: Any) -> dict[str, Any]:
    return {"model": model, "messages": [{"role": "user", "content": "Hello"}], **more}


def test_a_newcomer_sees_it_work(serve: Any) -> None:
    """With nothing configured it serves the simulator's models, says so, and Ctrl-C ends it."""
    served = serve("--port", "0").ready()
    status, answer = served.ask("/chat/completions", hello("simulator/echo"))
    assert (status, answer["choices"][0]["message"]["content"]) == (200, "Hello")
    assert served.ask("/chat/completions", hello("echo"))[0] == 200
    status, listed = served.ask("/models")
    assert "simulator/lorem" in [one["id"] for one in listed["data"]]
    code, out = served.end(signal.SIGINT)
    assert code == 0
    assert "There is no configuration" in out
    assert f"curl {served.url}/chat/completions" in out
    assert "Traceback" not in served.log


def test_a_key_in_the_environment_is_enough(serve: Any) -> None:
    """OPENROUTER_API_KEY and, here, where OpenRouter is: its models by their own names and below openrouter/."""
    with Simulator(api_key="sk-or-v1-1") as sim:
        served = serve("--port", "0", OPENROUTER_API_KEY="sk-or-v1-1", OPENROUTER_BASE_URL=sim.url).ready()
        for model in ("echo", "openrouter/echo"):
            assert served.ask("/chat/completions", hello(model))[0] == 200
        code, out = served.end()
    assert code == 0
    assert "servers:    openrouter" in out
    assert "sk-or-v1-1" not in out + served.log


def config_of(sim: Simulator, more: str = "") -> str:
    return (
        f'[gateway]\nport = 0\n{more}\n[servers.sim]\nbase_url = "{sim.url}"\nmodels = ["echo", "lorem"]\n'
        '[models.fast]\nto = "sim/echo"\n[keys.me]\nkey = "env:MINE"\n'
    )


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_file_in_the_folder(serve: Any, folder: Path, workers: str) -> None:
    """franca.toml is found; its keys are asked for; what the command line says goes before it."""
    with Simulator() as sim:
        (folder / "franca.toml").write_text(config_of(sim, "base_path = '/no'"))
        served = serve("--base-path", "/gw", "--workers", workers, "--log", "json", MINE=KEY).ready()
        assert served.url.endswith("/gw/v1")
        assert served.ask("/chat/completions", hello("fast"))[0] == 401
        assert served.ask("/chat/completions", hello("fast"), KEY)[0] == 200
        assert served.ask("/chat/completions", hello("sim/echo"), KEY)[0] == 200
        code, out = served.end()
    assert code == 0
    assert "models:     fast" in out
    assert KEY not in out + served.log
    assert all(json.loads(line) for line in served.log.splitlines())


def test_a_stream_goes_on_after_sigterm(serve: Any, folder: Path) -> None:
    """The answer that is on its way comes to its end, then the process ends with code 0."""
    with Simulator(tokens_per_second=30) as sim:
        (folder / "franca.toml").write_text(config_of(sim))
        served = serve(MINE=KEY).ready()
        with served.open("/chat/completions", hello("sim/lorem", stream=True, max_tokens=30), KEY) as stream:
            begin = stream.readline()
            assert begin.startswith(b"data: ")
            served.popen.terminate()
            assert stream.read().endswith(b"data: [DONE]\n\n")
        assert served.done()[0] == 0


def test_a_changed_file_is_used(serve: Any, folder: Path) -> None:
    """A new alias is there without a new start; a broken file is told on the log, and the old one stays."""
    with Simulator() as sim:
        file = folder / "franca.toml"
        text = config_of(sim)
        file.write_text(text)
        served = serve(MINE=KEY).ready()
        file.write_text(text + '[models.slow]\nto = "sin/echo"\n')
        wait_for(lambda: "did you mean 'sim/echo'?" in served.log)
        assert served.ask("/chat/completions", hello("slow"), KEY)[0] == 404
        assert served.ask("/chat/completions", hello("fast"), KEY)[0] == 200
        file.write_text(text + '[models.slow]\nto = "sim/echo"\n')
        wait_for(lambda: served.ask("/chat/completions", hello("slow"), KEY)[0] == 200)
        assert served.end()[0] == 0


def test_a_wrong_file_is_told_whole(serve: Any, folder: Path) -> None:
    """Every problem with line and column, exit code 2, and nothing is started."""
    (folder / "franca.toml").write_text("[gateway]\nprot = 1\ndrain = 'x'\n")
    served = serve()
    assert served.done() == (2, "")
    assert served.log.splitlines() == [
        "franca: franca.toml:2:1: [gateway] prot: unknown key; did you mean 'port'?",
        "franca: franca.toml:3:1: [gateway] drain: expected a number, got text",
    ]


def test_check(serve: Any, folder: Path) -> None:
    """--check tells errors and warnings on standard output: exit code 2 with an error, 0 without."""
    file = folder / "mine.toml"
    file.write_text("[gateway]\nport = 1\n[servers.groq]\napi_key = 'sk-1'\n")
    file.chmod(0o600)
    code, out = serve("--config", "mine.toml", "--check").done()
    assert code == 0
    assert out.splitlines() == [
        'mine.toml:4:1: warning: [servers.groq] api_key: a secret stands in the file itself; "env:VARIABLE" or '
        '"file:PATH" points to it',
        "mine.toml: fine (servers: 1, aliases: 0, keys: 0)",
    ]
    file.write_text("[gateway]\nport = -1\n")
    assert serve("--config", "mine.toml", "--check").done() == (
        2, "mine.toml:2:1: [gateway] port: expected a number of 0 or more\n",
    )  # fmt: skip
    assert "from the environment: groq" in serve("--check", GROQ_API_KEY="k").done()[1]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_others_need_keys(serve: Any, folder: Path, workers: str) -> None:
    """A public address without keys is refused, with what to do; exit code 2."""
    (folder / "franca.toml").write_text("")
    served = serve("--host", "0.0.0.0", "--port", "0", "--workers", workers, "--simulator")
    assert served.done() == (2, "")
    assert "there are no keys" in served.log
    assert "franca keys create" in served.log


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--port", "70000"], "--port is 0 to 65535"),
        (["--workers", "0"], "--workers is 1 to 256"),
        (["--base-path", "x"], "--base-path: expected a path"),
        (["--config", "none.toml"], "none.toml: the configuration cannot be read"),
        (["--host", "no.such.host.invalid"], "is no address of this machine"),
    ],
)
def test_words_that_cannot_be(serve: Any, words: list[str], told: str) -> None:
    """Told in a line, without a traceback."""
    served = serve("--port", "0", *words)
    assert served.done()[0] in (1, 2)
    assert told in served.log
    assert "Traceback" not in served.log
