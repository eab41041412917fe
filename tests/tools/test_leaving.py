"""A tool that hangs in a thread holds up neither an interrupt nor the end of the program."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

HANGS = 600
PATIENCE = 60

PROGRAM = f"""
import asyncio, time
import franca
from franca.io.fake import AsyncFakeTransport, FakeTransport

def answer(finish, **message):
    return {{"choices": [{{"index": 0, "message": {{"role": "assistant", **message}}, "finish_reason": finish}}]}}

CALL = {{"id": "x", "type": "function", "function": {{"name": "hang", "arguments": "{{}}"}}}}
SCRIPT = [answer("tool_calls", tool_calls=[CALL]), answer("stop", content="done")]

def hang() -> str:
    "Hang."
    print("hanging", flush=True)
    time.sleep({HANGS})
    return ""

async def run_async(**options):
    client = franca.AsyncClient("http://fake/v1", model="m", transport=AsyncFakeTransport(SCRIPT))
    return await client.run_tools("Go", [hang], **options)

def run_sync(**options):
    client = franca.Client("http://fake/v1", model="m", transport=FakeTransport(SCRIPT))
    return client.run_tools("Go", [hang], **options)
"""


def start(last, kind):
    call = "asyncio.run(run_async(%s))" if kind == "async" else "run_sync(%s)"
    code = f"{PROGRAM}\ntry:\n    print({call % last})\nexcept KeyboardInterrupt:\n    print('interrupted')\n"
    return subprocess.Popen([sys.executable, "-W", "error", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)  # fmt: skip


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_program_ends_though_a_tool_hangs(kind):
    """After its time-out was told to the model, nobody waits for it any more."""
    with start("tool_timeout=0.2", kind) as program:
        told, failed = program.communicate(timeout=PATIENCE)
    assert (program.returncode, failed) == (0, "")
    assert "done" in told


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_interrupt_gets_through(kind):
    """Ctrl-C while a tool hangs."""
    with start("", kind) as program:
        assert program.stdout.readline() == "hanging\n"
        program.send_signal(signal.SIGINT)
        told, failed = program.communicate(timeout=PATIENCE)
    assert (program.returncode, failed) == (0, "")
    assert told == "interrupted\n"
