"""Who is measured by `gateway.py`, and how each is started in front of the same server: as a program of its own, with
one worker, without a log of requests, in the way that its own documents show.

A contender that is not there is left out by name: `missing` says why.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Self

__all__ = ["CONTENDERS", "Contender", "Running", "Started"]

_HERE = Path(__file__).parent
_ROOT = _HERE.parent
_PORTKEY = _ROOT / ".cache" / "bench-portkey"
_START_LIMIT = 180.0
SERVER_KEY = "sk-server-0123456789abcdef"
CALLER_KEY = "sk-caller-0123456789abcdefghijklmnop"


class Started(NamedTuple):
    """What it takes to start one: its command and variables, and how it is then asked."""

    command: list[str]
    env: dict[str, str]
    path: str
    headers: dict[str, str]
    model: str


class Contender(NamedTuple):
    """One row of the table."""

    name: str
    about: str
    start: Callable[[Path, int, int], Started]
    """From a folder of its own, its port and that of the server."""
    missing: Callable[[], str]
    """Why it is not there; "" when it is."""
    version: Callable[[], str]
    prepare: Callable[[], None] = lambda: None
    """Installs it where it can be installed."""


def _bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


# ---- nginx ------------------------------------------------------------------------------------------

_NGINX = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 100000000;
    upstream server {{
        server 127.0.0.1:{server};
        keepalive 512;
        keepalive_requests 100000000;
    }}
    server {{
        listen 127.0.0.1:{port} backlog=2048;
        location / {{
            proxy_pass http://server;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_buffering off;
        }}
    }}
}}
"""


def _nginx(folder: Path, port: int, server: int) -> Started:
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, server=server))
    command = [_which("nginx"), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(config)]
    return Started(command, {}, "/v1/chat/completions", _bearer(SERVER_KEY), "m")


# ---- franca -----------------------------------------------------------------------------------------

_FRANCA = """\
[servers.up]
base_url = "http://127.0.0.1:{server}/v1"
api_key = "{server_key}"
models = ["m", "m-quick"]

[log]
form = "off"
"""
_FRANCA_KEYS = """
[keys.bench]
key = "{caller_key}"
rpm = 100000000
tpm = 1000000000000
parallel = 100000
team = "bench"
tags = ["benchmark"]
budget = {{ day = 1e9, month = 1e10 }}

[teams.bench]
rpm = 100000000
budget = {{ month = 1e10 }}

[prices."up/m"]
input = 0.15
output = 0.6

[prices."up/m-quick"]
input = 0.15
output = 0.6
"""


def _franca_of(text: str, key: str) -> Callable[[Path, int, int], Started]:
    def start(folder: Path, port: int, server: int) -> Started:
        config = folder / "franca.toml"
        config.write_text(text.format(server=server, server_key=SERVER_KEY, caller_key=CALLER_KEY))
        config.chmod(0o600)
        command = [sys.executable, "-m", "franca.cli", "serve", "--config", str(config), "--port", str(port)]
        return Started(command, {}, "/v1/chat/completions", _bearer(key), "up/m")

    return start


def _franca_missing() -> str:
    done = subprocess.run(
        [sys.executable, "-m", "franca.cli", "serve", "--help"], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else (done.stderr.strip() or "franca serve does not run").splitlines()[-1]


def _franca_version() -> str:
    import franca

    return f"franca {franca.__version__}"


# ---- LiteLLM ----------------------------------------------------------------------------------------

_LITELLM = """\
model_list:
  - model_name: m
    litellm_params: {{model: openai/m, api_base: "http://127.0.0.1:{server}/v1", api_key: {server_key}}}
  - model_name: m-quick
    litellm_params: {{model: openai/m-quick, api_base: "http://127.0.0.1:{server}/v1", api_key: {server_key}}}
general_settings:
  master_key: {caller_key}
"""


def _litellm(folder: Path, port: int, server: int) -> Started:
    config = folder / "litellm.yaml"
    config.write_text(_LITELLM.format(server=server, server_key=SERVER_KEY, caller_key=CALLER_KEY))
    program = str(_litellm_venv() / "bin" / "litellm")
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    env = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_MODE": "PRODUCTION", "NO_COLOR": "1"}
    return Started(command, {**env, "LITELLM_LOG": "ERROR"}, "/v1/chat/completions", _bearer(CALLER_KEY), "m")


def _litellm_venv() -> Path:
    return Path(os.environ.get("FRANCA_VENVS", _ROOT)) / ".venv-litellm"


def _prepare_litellm() -> None:
    """The environment that `make test-servers` has too."""
    script = _ROOT / "tests" / "realservers" / "own_environment.sh"
    subprocess.run([str(script), "litellm", "litellm", sys.executable], check=False, capture_output=True)


def _litellm_version() -> str:
    asked = "from importlib.metadata import version; print('LiteLLM proxy', version('litellm'))"
    return _first_line([str(_litellm_venv() / "bin" / "python"), "-c", asked])


# ---- Portkey ----------------------------------------------------------------------------------------


def _portkey(folder: Path, port: int, server: int) -> Started:
    program = _PORTKEY / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    headers = {
        **_bearer(SERVER_KEY),
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": f"http://127.0.0.1:{server}/v1",
    }
    env = {"TRUSTED_CUSTOM_HOSTS": "127.0.0.1", "NODE_ENV": "production"}
    command = [_which("node"), str(program), f"--port={port}", "--headless"]
    return Started(command, env, "/v1/chat/completions", headers, "m")


def _prepare_portkey() -> None:
    wanted = (_HERE / "gateway_peers" / "package.json").read_bytes()
    stamp = _PORTKEY / "installed.json"
    if not shutil.which("npm") or (stamp.exists() and stamp.read_bytes() == wanted):
        return
    _PORTKEY.mkdir(parents=True, exist_ok=True)
    (_PORTKEY / "package.json").write_bytes(wanted)
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--omit=dev"]
    if subprocess.run(install, cwd=_PORTKEY, capture_output=True, check=False).returncode == 0:
        stamp.write_bytes(wanted)


def _portkey_missing() -> str:
    if not shutil.which("node"):
        return "there is no node"
    return "" if (_PORTKEY / "installed.json").exists() else "npm could not install it"


def _portkey_version() -> str:
    package = json.loads((_PORTKEY / "node_modules" / "@portkey-ai" / "gateway" / "package.json").read_text())
    return f"Portkey gateway {package['version']} on node {_first_line([_which('node'), '--version'])}"


# ---- the table --------------------------------------------------------------------------------------


def _which(name: str) -> str:
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") or ""


def _first_line(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[0]


CONTENDERS = (
    Contender(
        "nginx", "a plain reverse proxy: no keys, no counting", _nginx,
        lambda: "" if _which("nginx") else "nginx is not installed",
        lambda: _first_line([_which("nginx"), "-v"]).removeprefix("nginx version: "),
    ),
    Contender(
        "franca", "keys, limits, budgets and usage in SQLite on", _franca_of(_FRANCA + _FRANCA_KEYS, CALLER_KEY),
        _franca_missing, _franca_version,
    ),
    Contender(
        "franca, no keys", "as it starts for one on his own machine; usage in SQLite on", _franca_of(_FRANCA, "none"),
        _franca_missing, _franca_version,
    ),
    Contender(
        "Portkey", "no keys of its own, no counting", _portkey, _portkey_missing, _portkey_version, _prepare_portkey
    ),
    Contender(
        "LiteLLM proxy", "a master key, no database: no budgets, no usage", _litellm,
        lambda: "" if (_litellm_venv() / "bin" / "litellm").exists() else "pip could not install it",
        _litellm_version, _prepare_litellm,
    ),
)  # fmt: skip


# ---- a running one ----------------------------------------------------------------------------------


class Running:
    """A gateway in front of the server. `seconds` and `start_cpu`: what it took until its first answer."""

    def __init__(self, contender: Contender, folder: Path, server: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.contender = contender
        self.port = _free_port()
        self.started = contender.start(folder, self.port, server)
        kept = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}
        self._log = folder / "output.log"
        began = time.perf_counter()
        with self._log.open("wb") as sink:
            self.process = subprocess.Popen(
                self.started.command,
                cwd=folder,
                env={**kept, **self.started.env},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.close()
            raise
        self.seconds = time.perf_counter() - began
        self.start_cpu = self.cpu()

    def _wait(self) -> None:
        """Until a chat is answered as the server answers it."""
        end = time.monotonic() + _START_LIMIT
        said = ""
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.contender.name} ended: {self._log.read_text(errors='replace')[-1500:]}")
            try:
                status, body = self._ask()
                if status == 200 and b"Sunlight" in body:
                    return
                said = f"{status} {body[:500]!r}"
            except (OSError, http.client.HTTPException) as error:
                said = repr(error)
            time.sleep(0.005)
        raise RuntimeError(f"{self.contender.name} gave no answer in {_START_LIMIT:g} s: {said}")

    def _ask(self) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            body = {"model": self.started.model, "messages": [{"role": "user", "content": "Hi"}]}
            headers = {"content-type": "application/json", **self.started.headers}
            connection.request("POST", self.started.path, json.dumps(body), headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    def question(self) -> Mapping[str, object]:
        """What the callers need to know of it."""
        path, headers, model = self.started.path, self.started.headers, self.started.model
        return {"port": self.port, "path": path, "headers": headers, "model": model}

    def cpu(self) -> float:
        """CPU seconds, user and system, of the process and all below it, since they began."""
        return sum(map(cpu_of, _family(self.process.pid)))

    def memory(self) -> float:
        """Resident megabytes of the process and all below it."""
        return sum(map(_resident, _family(self.process.pid))) / 1024

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                for number in reversed(_family(self.process.pid)):
                    os.kill(number, signal.SIGKILL)
                self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _family(root: int) -> list[int]:
    """A process and all below it (Linux)."""
    found = [root]
    for number in found:
        try:
            found += map(int, Path(f"/proc/{number}/task/{number}/children").read_text().split())
        except OSError:
            continue
    return found


def cpu_of(process: int) -> float:
    """CPU seconds of a process with all its threads. By its clock, which counts nanoseconds; /proc/PID/stat has only
    ticks of ten milliseconds."""
    try:
        return time.clock_gettime((~process << 3) | 2)
    except OSError:
        return 0.0


def _resident(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)
