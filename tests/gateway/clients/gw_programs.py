"""The clients of others that the gateway is put to: what each is started with, and how it tells an error."""

from __future__ import annotations

import importlib.util
import itertools
import json
import select
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from realservers.served import environment

_HERE = Path(__file__).parent
_NPM = _HERE.parents[2] / ".cache" / "gateway-npm"
_LIMIT = 120.0  # seconds for an answer; the clients themselves give up after 60
_INSTALL_LIMIT = 600.0


class Client(NamedTuple):
    """One client: its program, the folder of its environment ("" for the project's own), its errors by status."""

    name: str
    program: str
    folder: str
    errors: Mapping[int, str]
    tasks: frozenset[str]


_EVERYTHING = frozenset(
    "chat embeddings model models parse parse_stream stream together tools tools_stream".split()  # noqa: SIM905
)
_OPENAI = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError"}
_LANGCHAIN = {400: "OpenAIInvalidRequestError", 401: "OpenAIAuthenticationError", 404: "OpenAIModelNotFoundError"}

LIGHT = (
    Client("openai", "with_openai.py", "", _OPENAI, _EVERYTHING),
    Client("openai-async", "with_openai_async.py", "", _OPENAI, _EVERYTHING),
)
HEAVY = (
    Client("npm-openai", "with_npm_openai.mjs", "npm", _OPENAI, _EVERYTHING),
    Client("llm", "with_llm.py", "llm", {}, _EVERYTHING - {"embeddings", "model", "models"}),
    Client("litellm", "with_litellm.py", "litellm", _OPENAI, _EVERYTHING - {"model"}),
    Client("langchain-openai", "with_langchain.py", "langchain", _LANGCHAIN, _EVERYTHING - {"model", "models"}),
)


def missing(client: Client) -> str | None:
    """Why it cannot be run here, or None."""
    if client.folder == "npm" and not (shutil.which("node") and shutil.which("npm")):
        return f"{client.name}: there is no node and npm here"
    if not client.folder and importlib.util.find_spec("openai") is None:
        return f"{client.name}: openai is not installed (the dependency group dev; `make test` installs it)"
    return None


class Raised(Exception):
    """What a client raised: `told` has class, status, type, code, body, message, trace."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(told["trace"])
        self.told = told


class Program:
    """A client in a process of its own, which cannot outlive this one: it ends with its standard input."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._numbers = itertools.count(1)
        self._process = subprocess.Popen(_command(client), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.hello = self._line()

    def ask(self, task: str, place: Mapping[str, str], **question: Any) -> Any:
        """What came of a task; `Raised` when the client raised."""
        assert self._process.stdin is not None
        number = next(self._numbers)
        asked = {"id": number, "task": task, "place": dict(place), **question}
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        answer = self._line()
        assert answer["id"] == number
        if not answer["ok"]:
            raise Raised(answer["error"])
        return answer["value"]

    def _line(self) -> Any:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], _LIMIT)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            self.close()
            raise RuntimeError(f"{self.client.name} gave no answer within {_LIMIT:g} s, or ended")
        return json.loads(line)

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


def _command(client: Client) -> list[str]:
    program = str(_HERE / "programs" / client.program)
    if client.folder == "npm":
        return ["node", program, str(_npm_folder())]
    if not client.folder:
        return [sys.executable, program]
    made = environment(f"../gateway/clients/{client.folder}", f"gateway-{client.folder}")
    return [str(made / "bin" / "python"), program]


def _npm_folder() -> Path:
    """The folder with the npm packages, installed when what is wanted has changed."""
    wanted = (_HERE / "npm" / "package.json").read_bytes()
    stamp = _NPM / "installed.json"
    if not stamp.exists() or stamp.read_bytes() != wanted:
        _NPM.mkdir(parents=True, exist_ok=True)
        (_NPM / "package.json").write_bytes(wanted)
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=_NPM, check=True, capture_output=True, timeout=_INSTALL_LIMIT)
        stamp.write_bytes(wanted)
    return _NPM
