"""The callers of a soak, in a process of their own: they ask, read, leave early, and write down what they saw.

    python benchmarks/soak_callers.py < QUESTION > ANSWER

The question is a line of JSON: {"port", "seconds", "seed", "pause", "keys": {NAME: {"secret", "connections"}}, "file"}.
The answer, when the time is over: {"requests", "seconds"}; FILE then has a line for each request. It speaks HTTP by
itself, so that nothing it knows of the gateway comes from the code that is tested.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from contextlib import suppress
from typing import Any

__all__ = ["Caller", "main"]

LIMIT = 60.0
_SCENARIOS = (
    "cut-reset-mid-content", "cut-close-mid-content", "cut-clean-mid-content", "cut-reset-before-answer",
    "end-without-done", "http-gzip", "usage-none", "usage-cumulative", "sse-crlf", "stream-answered-whole",
    "inside-after-finish", "time-stall-in-stream", "limit-always-500", "limit-503-then-good", "limit-reset-then-good",
)  # fmt: skip
_MODELS = {"a/m": 25, "b/m": 20, "mix": 25, "safe": 12, "c/echo": 6, "c/lorem": 6, "scenario": 6}


class Broken(Exception):
    """The connection ended before the answer did."""


class Caller:
    """One connection of one caller, who asks again and again."""

    def __init__(self, port: int, name: str, secret: str, number: int, seed: int, pause: float) -> None:
        self._port, self._name, self._secret = port, name, secret
        self._luck = random.Random(f"{seed}-{name}-{number}")
        self._prefix = f"{name}-{number}"
        self._pause = pause
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.rows: list[dict[str, Any]] = []

    async def run(self, until: float) -> None:
        """Ask until the time is over."""
        try:
            while time.monotonic() < until:
                await self._one()
                await asyncio.sleep(self._luck.expovariate(1 / self._pause))
        finally:
            self._hang_up()

    async def _one(self) -> None:
        id = f"{self._prefix}-{len(self.rows)}"
        task = self._task(id)
        row: dict[str, Any] = {"id": id, "key": self._name, "model": task["model"], "stream": task["stream"],
                               "saw": "left", "status": 0, "prompt": None, "completion": None, "code": "",
                               "generation": "", "over": None, "seconds": None}  # fmt: skip
        self.rows.append(row)
        began = time.monotonic()
        try:
            async with asyncio.timeout(LIMIT):
                await self._ask(task, row)
        except (Broken, OSError, asyncio.IncompleteReadError) as error:
            row["saw"] = "broken"
            row["code"] = type(error).__name__
            self._hang_up()
        except TimeoutError:
            row["saw"] = "endless"
            self._hang_up()
        row["over"], row["seconds"] = time.time(), time.monotonic() - began

    def _task(self, id: str) -> dict[str, Any]:
        luck = self._luck
        model = luck.choices(list(_MODELS), list(_MODELS.values()))[0]
        task: dict[str, Any] = {"path": "/v1/chat/completions", "stream": luck.random() < 0.5, "leave": ""}
        body: dict[str, Any] = {"max_tokens": 120}
        if model == "scenario":
            model, task["stream"] = f"c/scenario:{luck.choice(_SCENARIOS)}", True
        elif luck.random() < 0.08 and not model.startswith("c/"):
            task["path"], task["stream"] = "/v1/embeddings", False
            body = {"input": f"id={id} some text"}
        if task["path"].endswith("completions"):
            filler = "Why is the sky blue? " * (2000 if luck.random() < 0.01 else luck.randint(1, 6))
            body["messages"] = [{"role": "user", "content": f"id={id} {filler}"}]
        if task["stream"]:
            body["stream"] = True
            if luck.random() < 0.5:
                body["stream_options"] = {"include_usage": True}
        task["asks_usage"] = "stream_options" in body
        if luck.random() < 0.06:
            task["leave"] = luck.choice(("body", "head", "soon", "middle", "middle") if task["stream"] else
                                        ("body", "head", "soon"))  # fmt: skip
        wrong = luck.random()
        if wrong < 0.01:
            body["stream"] = "yes"
            task["stream"] = False
        elif wrong < 0.02:
            model = "a-model-that-nobody-has"
        task["model"] = body["model"] = model
        task["body"] = json.dumps(body).encode()
        return task

    # ---- one request ------------------------------------------------------------------------------

    async def _ask(self, task: dict[str, Any], row: dict[str, Any]) -> None:
        body, leave = task["body"], task["leave"]
        head = (
            f"POST {task['path']} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {self._secret}\r\n"
            f"content-type: application/json\r\nx-request-id: {row['id']}\r\ncontent-length: {len(body)}\r\n\r\n"
        ).encode()
        if self._writer is None or self._reader is None or self._writer.is_closing() or self._reader.at_eof():
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port, limit=1 << 20)
        self._writer.write(head + (body[: len(body) // 2] if leave == "body" else body))
        await self._writer.drain()
        if leave in ("body", "head", "soon"):
            await asyncio.sleep({"body": 0.02, "head": 0.0, "soon": self._luck.uniform(0.001, 0.3)}[leave])
            self._hang_up()
            return
        status, headers = await self._head()
        row["status"] = status
        events = self._luck.randint(1, 6) if leave == "middle" else 0
        if headers.get("transfer-encoding") == "chunked":
            if headers.get("content-type", "").startswith("text/event-stream"):
                if not await self._events(row, events, task["asks_usage"]):
                    self._hang_up()
                    return
            else:
                data = b"".join([piece async for piece in self._chunks()])
                self._note(row, data)
        else:
            size = headers.get("content-length")
            assert size is not None, headers
            self._note(row, await self._reader.readexactly(int(size)))
        if headers.get("connection") == "close":
            self._hang_up()

    async def _head(self) -> tuple[int, dict[str, str]]:
        assert self._reader is not None
        raw = await self._reader.readuntil(b"\r\n\r\n")
        lines = raw.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines[1:] if line)
        return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in pairs}

    async def _chunks(self) -> Any:
        assert self._reader is not None
        while True:
            line = await self._reader.readuntil(b"\r\n")
            size = int(line, 16)
            data = await self._reader.readexactly(size + 2)
            if not size:
                return
            yield data[:-2]

    def _note(self, row: dict[str, Any], data: bytes) -> None:
        row["saw"] = "whole" if row["status"] < 400 else "failed"
        try:
            answer = json.loads(data)
        except ValueError:
            row["code"] = "no json"
            return
        if row["saw"] == "failed":
            row["code"] = answer["error"]["code"] or answer["error"]["type"]
        else:
            self._usage(row, answer)

    def _usage(self, row: dict[str, Any], answer: dict[str, Any]) -> None:
        row["generation"] = answer.get("id") or row["generation"]
        usage = answer.get("usage")
        if usage:
            row["prompt"], row["completion"] = usage.get("prompt_tokens"), usage.get("completion_tokens")

    async def _events(self, row: dict[str, Any], most: int, asks_usage: bool) -> bool:
        """Read a stream; False when this caller left in its middle, as it wanted to after `most` events."""
        held, seen, failed = b"", 0, False
        async for piece in self._chunks():
            held += piece.replace(b"\r\n", b"\n")
            *blocks, held = held.split(b"\n\n")
            for block in blocks:
                data = b"".join(line[5:].strip() for line in block.split(b"\n") if line.startswith(b"data:"))
                if not data or data == b"[DONE]":
                    continue
                seen += 1
                answer = json.loads(data)
                if answer.get("error"):
                    failed = True
                    row["code"] = str(answer["error"].get("code"))
                else:
                    if answer.get("usage") and not answer.get("choices") and not asks_usage:
                        row["code"] = "usage that nobody asked for"
                    self._usage(row, answer)
            if most and seen >= most:
                return False
        row["saw"] = "told" if failed else "whole"
        return True

    def _hang_up(self) -> None:
        if self._writer is not None:
            with suppress(Exception):
                self._writer.close()
        self._reader = self._writer = None


async def _run(asked: dict[str, Any]) -> dict[str, Any]:
    until = time.monotonic() + asked["seconds"]
    callers = [
        Caller(asked["port"], name, key["secret"], number, asked["seed"], asked["pause"])
        for name, key in asked["keys"].items()
        for number in range(key["connections"])
    ]
    began = time.monotonic()
    await asyncio.gather(*(caller.run(until) for caller in callers))
    with open(asked["file"], "w") as sink:
        for caller in callers:
            sink.writelines(json.dumps(row) + "\n" for row in caller.rows)
    return {"requests": sum(len(caller.rows) for caller in callers), "seconds": time.monotonic() - began}


def main() -> int:
    asked = json.loads(sys.stdin.readline())
    print(json.dumps(asyncio.run(_run(asked))), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
