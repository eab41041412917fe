"""The wire samples: heads and bodies as they lie in tests/wire_samples, and shapes to hold them against each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
FOLDER = HERE.parent / "wire_samples"
EXPECTED: dict[str, dict[str, Any]] = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))
CASES = [(row, name) for row, samples in EXPECTED.items() for name in samples]

FOLDER_OF = {"llamacpp": "llama.cpp"}
"""Rows whose folder has another name."""
LIKE = {"ollama-cloud": "ollama", "dashscope-intl": "dashscope", "at": "openai"}
"""Rows that were never seen, and are taken to speak as another one does."""


class Sample(NamedTuple):
    """One answer: `documented` is the source of one that was written by hand, "" for a recorded one."""

    documented: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[Any]:
        """The JSON of the events of a stream, in order."""
        lines = self.body.decode().split("\n")
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]


def sample(row: str, name: str) -> Sample:
    """The sample of that name in a row's folder."""
    text = (FOLDER / FOLDER_OF.get(row, row) / f"{name}.txt").read_bytes()
    head, _, body = text.partition(b"\n\n")
    lines = head.decode().split("\n")
    documented = lines.pop(0).removeprefix("documented, not recorded: ") if lines[0].startswith("documented") else ""
    status = int(lines[0].split(" ")[1])
    pairs = (line.partition(": ") for line in lines[1:])
    return Sample(documented, status, {name.rstrip(":").lower(): value for name, _, value in pairs}, body)


def paths(value: Any, before: str = "") -> set[str]:
    """The shape of JSON: the path of every member, list positions left out; a leaf with its kind of value."""
    if isinstance(value, dict):
        found = {f"{before}{{}}"} if not value else set()
        for name, item in value.items():
            found |= paths(item, f"{before}.{name}")
        return found
    if isinstance(value, list):
        found = {f"{before}[]"}
        for item in value:
            found |= paths(item, f"{before}[]")
        return found
    kind = (
        "null"
        if value is None
        else "text"
        if isinstance(value, str)
        else "flag"
        if value in (True, False)
        else "number"
    )
    return {f"{before}:{'flag' if isinstance(value, bool) else kind if kind != 'flag' else 'number'}"}
