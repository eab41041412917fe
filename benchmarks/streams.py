"""A thousand streams at once through the gateway, and callers who do not read: what memory they take: `make streams`.

    python benchmarks/streams.py [--streams 1000] [--seconds 60] [--stalled 100] [--json FILE] [--write]

The server, the callers and `franca serve` are processes of their own. First so many streams are held for so long, an
event every quarter of a second each, and every event is counted at its end. Then callers ask for answers of 20 MB and
do not read them: the gateway must stop reading from the server, and not grow. --write renders benchmarks/streams.md.
Exit code 1 when an event is missing or memory is not flat. Needs Linux.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

_HERE = Path(__file__).parent
_PAUSE = 0.25
_FLOOD = 20 * 1024 * 1024
_PIECE = (
    b"data: " + b'{"choices":[{"index":0,"delta":{"content":"' + b"x" * 16_000 + b'"},"finish_reason":null}]}' + b"\n\n"
)
_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_EVENT = (
    b'data: {"id":"chatcmpl-1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,'
    b'"delta":{"content":" word"},"finish_reason":null}]}\n\n'
)
_END = (
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":7,"total_tokens":10}}\n\n'
    b"data: [DONE]\n\n"
)
_LIMIT = 60.0


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


# ---- the server --------------------------------------------------------------------------------------


async def _serve(events: int) -> None:
    """ "paced" is a stream of so many events; "flood" one of 20 MB as quickly as it is taken."""
    taken: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                body = await reader.readexactly(size)
                writer.write(_HEAD)
                if b'"flood"' in body:
                    place = len(taken)
                    taken.append(0)
                    while taken[place] < _FLOOD:
                        writer.write(_chunk(_PIECE))
                        await writer.drain()
                        taken[place] += len(_PIECE)
                else:
                    began = time.monotonic()
                    for number in range(events):
                        writer.write(_chunk(_EVENT))
                        await asyncio.sleep(max(0.0, began + (number + 1) * _PAUSE - time.monotonic()))
                writer.write(_chunk(_END) + b"0\r\n\r\n")
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=2048, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(taken), flush=True)
    server.close()


# ---- the callers -------------------------------------------------------------------------------------


class _Told(NamedTuple):
    events: int
    whole: bool


async def _call(port: int, key: str, ready: asyncio.Semaphore, held: list[int]) -> _Told:
    async with ready:  # a thousand at the same moment are a test of the kernel's queue
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        writer.write(_request("s/paced", key))
        await reader.readuntil(b"\r\n\r\n")
    held[0] += 1
    events, last = 0, b""
    with suppress(OSError, asyncio.IncompleteReadError):
        while True:
            size = int(await reader.readuntil(b"\r\n"), 16)
            data = (await reader.readexactly(size + 2))[:-2]
            if not size:
                break
            events += data.count(b'"content":" word"')
            last = (last + data)[-100:]
    held[0] -= 1
    writer.close()
    return _Told(events, b"data: [DONE]" in last)


def _request(model: str, key: str) -> bytes:
    body = json.dumps({"model": model, "stream": True, "messages": [{"role": "user", "content": "Go"}]}).encode()
    return (
        f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _hold(port: int, key: str, streams: int, pid: int, seconds: float) -> tuple[list[Sample], list[_Told]]:
    held = [0]
    ready = asyncio.Semaphore(50)
    tasks = [asyncio.create_task(_call(port, key, ready, held)) for _ in range(streams)]
    samples, began = [], time.monotonic()
    every = max(0.25, seconds / 40)
    while not all(task.done() for task in tasks):
        samples.append(Sample(time.monotonic() - began, held[0], _resident(pid), _files(pid)))
        await asyncio.wait(tasks, timeout=every)
        assert time.monotonic() - began < 4 * seconds + _LIMIT, "the streams do not end"
    return samples, [task.result() for task in tasks]


async def _stall(port: int, key: str, number: int, pid: int) -> tuple[int, int]:
    """Memory before, and when so many callers have not read for some seconds."""
    before = _resident(pid)
    writers = []
    for _ in range(number):
        _, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 16)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(_request("s/flood", key))
        writers.append(writer)
    last, until = -1, time.monotonic() + _LIMIT
    while (now := _resident(pid)) != last and time.monotonic() < until:
        last = now
        await asyncio.sleep(2.0)
    for writer in writers:
        writer.transport.abort()
    return before, now


# ---- both --------------------------------------------------------------------------------------------


class Sample(NamedTuple):
    """The gateway at one moment."""

    at: float
    held: int
    memory: int
    files: int


class Figures(NamedTuple):
    """What was measured."""

    streams: int
    events: int
    missing: int
    cut: int
    most_held: int
    idle: int
    samples: list[Sample]
    after: int
    cpu: float
    stalled: int
    stalled_before: int
    stalled_after: int
    taken: int

    def problems(self) -> list[str]:
        """What is not as it must be."""
        found = []
        if self.missing or self.cut:
            found.append(f"{self.missing} events are missing, {self.cut} streams were cut")
        if self.most_held < self.streams:
            found.append(f"at most {self.most_held} of {self.streams} streams were held at once")
        first, last = self.held_memory()
        if last > first * 1.05 + 2e6:
            found.append(f"memory grows while they are held: {first / 1e6:.1f} MB, then {last / 1e6:.1f} MB")
        if self.stalled and self.stalled_after - self.stalled_before > self.stalled * 1024 * 1024:
            found.append(f"callers who do not read take {self.stalled_after - self.stalled_before:,} bytes")
        return found

    def held_memory(self) -> tuple[int, int]:
        """Of the first and the last quarter of the time in which all were held."""
        held = [one.memory for one in self.samples if one.held >= self.streams] or [0]
        part = max(1, len(held) // 4)
        return sorted(held[:part])[part // 2], sorted(held[-part:])[part // 2]


def run(options: argparse.Namespace) -> Figures:
    """Measure."""
    key = "sk-streams-0123456789abcdef"
    events = max(4, round(options.seconds / _PAUSE))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="franca-streams-")))
        server = _started(stack, [sys.executable, str(_HERE / "streams.py"), "--serve", str(events)], None)
        assert server.stdout is not None and server.stdin is not None  # noqa: PT018
        port = int(server.stdout.readline())
        config = folder / "franca.toml"
        config.write_text(
            f'[gateway]\nport = 0\n[servers.s]\nbase_url = "http://127.0.0.1:{port}/v1"\ntrust_env = false\n'
            f'free = true\n[keys.caller]\nkey = "{key}"\nparallel = 100000\nrpm = 10000000\nbudget = {{total = 1.0}}\n'
        )
        config.chmod(0o600)
        log = folder / "log"
        with log.open("wb") as sink:
            command = [sys.executable, "-m", "franca.cli", "serve", "--config", str(config), "--log", "off"]
            gateway = _started(stack, command, sink)
        gateway_port = _announced(gateway, log)
        time.sleep(1.0)
        idle, cpu = _resident(gateway.pid), _cpu(gateway.pid)
        samples, told = asyncio.run(_hold(gateway_port, key, options.streams, gateway.pid, options.seconds))
        cpu = _cpu(gateway.pid) - cpu
        time.sleep(1.0)
        after = _resident(gateway.pid)
        before, stalled, taken = 0, 0, 0
        if options.stalled:
            before, stalled = asyncio.run(_stall(gateway_port, key, options.stalled, gateway.pid))
            server.stdin.write("\n")
            server.stdin.flush()
            taken = max(json.loads(server.stdout.readline()), default=0)
        return Figures(
            streams=options.streams, events=sum(one.events for one in told),
            missing=options.streams * events - sum(one.events for one in told),
            cut=sum(not one.whole for one in told), most_held=max(one.held for one in samples), idle=idle,
            samples=samples, after=after, cpu=cpu, stalled=options.stalled, stalled_before=before,
            stalled_after=stalled, taken=taken,
        )  # fmt: skip


def _started(stack: ExitStack, command: list[str], sink: Any) -> subprocess.Popen[str]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sink or subprocess.PIPE, stderr=sink, text=True)

    def end() -> None:
        process.terminate()
        try:
            process.wait(45)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

    stack.callback(end)
    return process


def _announced(process: subprocess.Popen[str], log: Path) -> int:
    until = time.monotonic() + _LIMIT
    while "http://127.0.0.1:" not in (text := log.read_text()):
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"the gateway did not start:\n{text}")
        time.sleep(0.01)
    return int(text.partition("http://127.0.0.1:")[2].partition("/")[0])


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _files(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def page(found: Figures, load: float) -> str:
    """The figures in Markdown."""
    first, last = found.held_memory()
    step = max(1, len(found.samples) // 12)
    lines = [
        f"# {found.streams:,} streams at once",
        f"Rendered by `python benchmarks/streams.py --write` (`make streams`) on {time.strftime('%d %B %Y')}; load "
        f"average before: {load:.1f}; {platform.system()} {platform.release()}, CPython {platform.python_version()}.",
        "",
        f"- {found.streams:,} streams by one key with limits, an event every {_PAUSE * 1000:.0f} ms each: "
        f"{found.events:,} events came, {found.missing} are missing, {found.cut} streams were cut.",
        f"- Memory: {found.idle / 1e6:.1f} MB idle, {first / 1e6:.1f} MB when all were held, {last / 1e6:.1f} MB at "
        f"the end of that ({(last - found.idle) / found.streams / 1e3:.1f} kB a stream), "
        f"{found.after / 1e6:.1f} MB after them.",
        f"- CPU of the gateway: {found.cpu:.1f} s, {found.cpu / max(1, found.events) * 1e6:.0f} µs an event, "
        "opening included.",
    ]
    if found.stalled:
        grown = found.stalled_after - found.stalled_before
        lines.append(
            f"- {found.stalled} callers who ask for 20 MB and read nothing: memory grows by {grown / 1e6:.1f} MB "
            f"({grown / found.stalled / 1e3:.0f} kB each), and the server gets rid of {found.taken / 1e6:.1f} MB at "
            "most of each answer, the kernel's buffers on both sides included."
        )
    lines += ["", "| at | streams held | resident MB | open files |", "|--:|--:|--:|--:|"]
    lines += [
        f"| {at:.0f} s | {held:,} | {memory / 1e6:.1f} | {files:,} |"
        for at, held, memory, files in found.samples[::step]
    ]
    lines += ["", *(f"- **{one}**" for one in found.problems())]
    return "\n".join(lines).rstrip()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--streams", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--stalled", type=int, default=100, help="callers who do not read; 0 leaves them out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--write", action="store_true", help="render benchmarks/streams.md")
    parser.add_argument("--serve", type=int, metavar="EVENTS", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(_serve(options.serve))
        return 0
    load = os.getloadavg()[0]
    found = run(options)
    text = page(found, load)
    print(text)
    if options.json:
        told = {name: value for name, value in found._asdict().items() if name != "samples"}
        options.json.write_text(
            json.dumps({**told, "problems": found.problems(), "memory": found.held_memory()}) + "\n"
        )
    if options.write:
        (_HERE / "streams.md").write_text(text + "\n", encoding="utf-8")
    return 1 if found.problems() else 0


if __name__ == "__main__":
    raise SystemExit(main())
