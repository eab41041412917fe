"""Runs the official `openrouter` package, where it is installed, as evidence of what it makes of a server.

It lives in a virtual environment of its own (`make conform`); where that is missing its tests are skipped.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

__all__ = ["OfficialCall", "needs_official"]

PYTHON = Path(__file__).resolve().parents[2] / ".venv-conform-openrouter" / "bin" / "python"
needs_official = pytest.mark.skipif(
    not PYTHON.exists(), reason="the official openrouter package is not installed: `make conform` installs it"
)
_PROGRAM = """
import json, sys
from openrouter import OpenRouter
asked = json.load(sys.stdin)
told = {"error": None, "answer": None, "events": []}
with OpenRouter(api_key="sk-or-v1-official", server_url=asked["base"]) as client:
    try:
        made = client.chat.send(messages=[{"role": "user", "content": "Hello"}], **asked["given"])
        if asked["given"].get("stream"):
            with made:
                told["events"] = [event.model_dump(mode="json") for event in made]
        else:
            told["answer"] = made.model_dump(mode="json")
    except Exception as error:
        told["error"] = type(error).__name__
print(json.dumps(told))
"""


class OfficialCall:
    """One chat through the official package with its default settings, in a process of its own that has begun."""

    def __init__(self, base: str, **given: Any) -> None:
        self._process = subprocess.Popen(
            [str(PYTHON), "-c", _PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._asked = json.dumps({"base": base, "given": {"model": "author/model", **given}}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(self._asked)
        self._process.stdin.close()
        self._process.stdin = None

    def result(self) -> dict[str, Any]:
        """`error` (the exception's class name), `answer` (the dumped model) and `events` (dumped)."""
        try:
            out, err = self._process.communicate(timeout=60)
        finally:
            self.end()
        assert self._process.returncode == 0, err.decode()
        told: dict[str, Any] = json.loads(out)
        return told

    def end(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.communicate()
