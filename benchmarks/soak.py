"""The gateway under callers and servers that misbehave: at the end every request is accounted for once: `make soak`.

    python benchmarks/soak.py [--minutes 10 | --seconds 20] [--workers N] [--seed N] [--json FILE] [--write]

`franca serve` stands in front of two servers that fail by the odds (resets, stalls, 429s, 500s, cut streams, slow
answers: soak_server.py) and the simulator; the callers (soak_callers.py) have keys with and without limits, leave
early, and send nonsense. Then the ledger is compared with what the callers and the servers saw, request by request.
Memory and open files of the gateway are sampled. --write renders benchmarks/soak.md. Exit code 1 when anything does not
agree. Needs Linux.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from soak_books import PRICES, compare, read_lines, told_by_servers
from soak_report import Soak, page

_HERE = Path(__file__).parent
_KEYS: dict[str, tuple[int, str]] = {
    "plain": (10, ""),
    "other": (8, 'team = "both"'),
    "third": (6, 'team = "both"\nparallel = 500'),
    "narrow": (5, "parallel = 3"),
    "slow": (3, "rpm = 120\ntpm = 60000"),
    "poor": (3, "budget = {total = BUDGET}"),
    "stranger": (1, ""),
}
"""Callers: connections, and what their key is limited to. The stranger's is no key."""
_HELD = 3
_START = 30.0
_LAST = 60.0


class Processes:
    """What runs for a soak, in a folder; all of it is ended with it."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.folder, self._options = folder, options
        self._stack = ExitStack()
        self.servers: dict[str, subprocess.Popen[str]] = {}
        self.secrets = {name: f"sk-soak-{secrets.token_hex(16)}" for name in _KEYS}
        self.admin = f"sk-admin-{secrets.token_hex(16)}"
        self.budget = options.seconds * 0.001  # half of what they would spend

    def start(self) -> None:
        """Start the servers and the gateway."""
        ports = {name: self._server(name, number) for number, name in enumerate("abc")}
        config = self.folder / "franca.toml"
        config.write_text(self._config(ports))
        config.chmod(0o600)
        with (self.folder / "gateway.log").open("wb") as log:
            self.gateway = subprocess.Popen(
                [sys.executable, "-m", "franca.cli", "serve", "--config", str(config), "--log", "off",
                 "--workers", str(self._options.workers)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._stack.callback(_end, self.gateway)
        self.port = self._announced()

    def _server(self, name: str, number: int) -> int:
        command = [sys.executable, str(_HERE / "soak_server.py"), name, str(self._options.seed + number)]
        command += [str(self.folder / f"{name}.jsonl"), *(["--simulator"] if name == "c" else [])]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._stack.callback(_end, process)
        self.servers[name] = process
        assert process.stdout is not None
        return int(process.stdout.readline())

    def _config(self, ports: dict[str, int]) -> str:
        parts = [
            f'[gateway]\nport = 0\nadmin_key = "{self.admin}"\nkeep_alive = 0.4\ndrain = 10.0',
            "[routing]\nrest = 0.5\nlongest_rest = 1.0",
            *(
                f'[servers.{name}]\nbase_url = "http://127.0.0.1:{port}/v1"\napi_key = "sk-{name}"\ntimeout = 3.0\n'
                f"idle_timeout = 1.5\nretries = 1\ntrust_env = false"
                for name, port in ports.items()
            ),
            '[models.mix]\nto = [{model = "a/m", weight = 2}, {model = "b/m"}]\nfallbacks = ["c/echo"]',
            '[models.safe]\nto = "a/m"\nfallbacks = ["b/m", "c/echo"]',
            "[teams.both]\nparallel = 1000",
            *(f'[prices."{name}"]\ninput = {one}\noutput = {two}' for name, (one, two) in PRICES.items()),
            *(
                f'[keys.{name}]\nkey = "{self.secrets[name]}"\n{limits.replace("BUDGET", f"{self.budget:.6f}")}'
                for name, (_, limits) in _KEYS.items()
                if name != "stranger"
            ),
        ]
        return "\n\n".join(parts) + "\n"

    def _announced(self) -> int:
        until = time.monotonic() + _START
        while time.monotonic() < until:
            text = (self.folder / "gateway.log").read_text()
            if "http://127.0.0.1:" in text:
                return int(text.partition("http://127.0.0.1:")[2].partition("/")[0])
            if self.gateway.poll() is not None:
                break
            time.sleep(0.01)
        raise SystemExit(f"the gateway did not start:\n{(self.folder / 'gateway.log').read_text()}")

    def end(self) -> int:
        """End the gateway in good order, then the servers, which write their books; the gateway's exit code."""
        self.gateway.send_signal(signal.SIGTERM)
        code = self.gateway.wait(_LAST)
        for process in self.servers.values():
            assert process.stdin is not None
            process.stdin.close()
            process.wait(_LAST)
        return code

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


def _end(process: subprocess.Popen[Any]) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


# ---- while it runs -----------------------------------------------------------------------------------


def run(options: argparse.Namespace, folder: Path) -> Soak:
    """One soak."""
    load = os.getloadavg()[0]
    with Processes(folder, options) as processes:
        processes.start()
        asked = {
            "port": processes.port, "seconds": options.seconds, "seed": options.seed, "pause": options.pause,
            "file": str(folder / "calls.jsonl"),
            "keys": {
                name: {"secret": processes.secrets[name], "connections": most} for name, (most, _) in _KEYS.items()
            },
        }  # fmt: skip
        callers = subprocess.Popen(
            [sys.executable, str(_HERE / "soak_callers.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        try:
            assert callers.stdin is not None
            callers.stdin.write(json.dumps(asked) + "\n")
            callers.stdin.flush()
            samples = _sampled(processes.gateway.pid, callers, options)
            assert callers.stdout is not None
            told = json.loads(callers.stdout.readline())
        finally:
            _end(callers)
        problems = _afterwards(processes)
        cpu = sum(_cpu(pid) for pid in _family(processes.gateway.pid))
        code = processes.end()
        if code:
            problems.append(f"the gateway ended with exit code {code}")
        log = (folder / "gateway.log").read_text()
        problems += [
            line for line in log.splitlines() if "defect" in line or "Traceback" in line or "never retrieved" in line
        ]
        books = _books(folder)
        problems += [
            f"{name}: {told} told, {booked} booked" for name, (told, booked) in books.totals.items() if told != booked
        ]
        problems += _sums(folder, processes.budget)
        return Soak(
            seconds=told["seconds"], requests=told["requests"], workers=options.workers, load=load, cpu=cpu,
            samples=samples, books=books, problems=problems + _growth(samples, options.seconds),
            actions=_actions(folder),
        )  # fmt: skip


def _sampled(pid: int, callers: subprocess.Popen[str], options: argparse.Namespace) -> list[tuple[float, int, int]]:
    """Seconds, bytes resident and open files, of all the gateway's processes, until the callers are done."""
    samples, began = [], time.monotonic()
    every = min(5.0, options.seconds / 20)
    while callers.poll() is None:
        pids = _family(pid)
        samples.append((time.monotonic() - began, sum(map(_resident, pids)), sum(map(_files, pids))))
        if sys.stderr.isatty():
            print(f"  {samples[-1][0]:5.0f} s  {samples[-1][1] / 1e6:5.1f} MB", end="\r", flush=True, file=sys.stderr)
        assert time.monotonic() - began < options.seconds + 2 * _LAST, "the callers do not end"
        try:
            callers.wait(every)
        except subprocess.TimeoutExpired:
            continue
    return samples


def _family(root: int) -> list[int]:
    found = [root]
    for pid in found:
        try:
            found += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        except OSError:
            continue
    return found


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- afterwards --------------------------------------------------------------------------------------


def _afterwards(processes: Processes) -> list[str]:
    """Nothing is under way any more, and every place is free again."""
    problems = []
    until = time.monotonic() + 10.0
    while (flying := _in_flight(processes)) > 1 and time.monotonic() < until:
        time.sleep(0.1)
    if flying > 1:
        problems.append(f"{flying:g} requests are said to be under way when nobody asks any more")
    held = [_hold(processes, number) for number in range(_HELD)]
    answers = [answer.communicate(timeout=_LAST)[0].strip() for answer in held]
    if answers != ["200"] * _HELD:
        problems.append(f"a key with {_HELD} places, all free: {answers}")
    return problems


def _in_flight(processes: Processes) -> float:
    request = urllib.request.Request(
        f"http://127.0.0.1:{processes.port}/metrics", headers={"authorization": f"Bearer {processes.admin}"}
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        lines = reply.read().decode().splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith("franca_requests_in_flight"))


def _hold(processes: Processes, number: int) -> subprocess.Popen[str]:
    """A stream of two seconds, by the key that has only so many places."""
    body = {"model": "a/m", "stream": True, "messages": [{"role": "user", "content": "act=hold"}]}
    code = (
        "import sys, urllib.request, urllib.error\n"
        "request = urllib.request.Request(sys.argv[1], sys.argv[3].encode(), {'content-type': 'application/json',\n"
        "    'authorization': 'Bearer ' + sys.argv[2], 'x-request-id': sys.argv[4]})\n"
        "try:\n"
        "    with urllib.request.urlopen(request, timeout=30) as reply:\n"
        "        reply.read()\n"
        "        print(reply.status)\n"
        "except urllib.error.HTTPError as error:\n"
        "    print(error.code, error.read())\n"
    )
    url = f"http://127.0.0.1:{processes.port}/v1/chat/completions"
    return subprocess.Popen(
        [sys.executable, "-c", code, url, processes.secrets["narrow"], json.dumps(body), f"held-{number}"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def _books(folder: Path) -> Any:
    with sqlite3.connect(folder / "franca.db") as base:
        base.row_factory = sqlite3.Row
        ledger = [dict(row) for row in base.execute("SELECT * FROM franca_usage WHERE id NOT LIKE 'held-%'")]
    reached = told_by_servers(read_lines(folder / f"{name}.jsonl") for name in "abc")
    return compare(read_lines(folder / "calls.jsonl"), ledger, reached, {"stranger"})


def _sums(folder: Path, budget: float) -> list[str]:
    """What the store keeps summed up against its rows, and the budget against what it allowed."""
    problems = []
    wanted = "COUNT(*), SUM(COALESCE(prompt_tokens, 0)), SUM(COALESCE(completion_tokens, 0)), SUM(COALESCE(cost, 0))"
    summed = "SUM(requests), SUM(prompt_tokens), SUM(completion_tokens), SUM(cost)"
    with sqlite3.connect(folder / "franca.db") as base:
        rows = {key: one for key, *one in base.execute(f"SELECT key, {wanted} FROM franca_usage GROUP BY key")}
        days = {key: one for key, *one in base.execute(f"SELECT key, {summed} FROM franca_daily GROUP BY key")}
        spent = base.execute("SELECT SUM(cost) FROM franca_usage WHERE id LIKE 'poor-%'").fetchone()[0] or 0.0
    for key in rows.keys() | days.keys():
        one, two = rows.get(key), days.get(key)
        if one is None or two is None or one[:3] != two[:3] or abs(one[3] - two[3]) > 1e-9:
            problems.append(f"the rows of {key} are {one}, the sums of its days {two}")
    if spent > budget:
        problems.append(f"a budget of ${budget:.6f}, and ${spent:.6f} were spent")
    return problems


def _actions(folder: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in "abc":
        for row in read_lines(folder / f"{name}.jsonl"):
            action = "simulator" if row["action"].startswith("simulator") else row["action"]
            found[action] = found.get(action, 0) + 1
    return found


def _growth(samples: list[tuple[float, int, int]], seconds: float) -> list[str]:
    """Memory must not grow after the first third; a short soak is all warm-up."""
    if seconds < 120:
        return []
    third = len(samples) // 3
    before = sorted(memory for _, memory, _ in samples[third : 2 * third])[third // 2]
    after = sorted(memory for _, memory, _ in samples[2 * third :])[third // 2]
    if after > before * 1.05 + 2e6:
        return [f"memory grows: {before / 1e6:.1f} MB in the second third, {after / 1e6:.1f} MB in the last"]
    return []


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, help="instead of minutes")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.12, help="mean seconds between two requests of a caller")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="leave the books of all sides there")
    parser.add_argument("--write", action="store_true", help="render benchmarks/soak.md")
    options = parser.parse_args()
    options.seconds = options.seconds or options.minutes * 60
    with tempfile.TemporaryDirectory(prefix="franca-soak-") as made:
        folder = options.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        soak = run(options, folder)
    text = page(soak)
    print(text)
    if options.json:
        options.json.write_text(json.dumps(soak.figures(), indent=2) + "\n")
    if options.write:
        (_HERE / "soak.md").write_text(text + "\n", encoding="utf-8")
    return 1 if soak.problems or soak.books.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
