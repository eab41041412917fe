"""The code blocks of markdown pages, with what stands above them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^( *)(`{3,})[ ]*([\w+-]*)")
_SKIP = re.compile(r"<!--\s*skip:\s*(.*?)\s*-->")


@dataclass(frozen=True)
class Block:
    """One fenced block. `line` is that of its first line of code; `skip` is the reason to leave it out, or ""."""

    page: Path
    line: int
    language: str
    code: str
    skip: str

    @property
    def name(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """Every fenced block of a page, in order. ValueError for a fence that is not closed, or a skip without reason."""
    found: list[Block] = []
    lines = page.read_text(encoding="utf-8").splitlines()
    number, skip = 0, ""
    while number < len(lines):
        line = lines[number]
        number += 1
        if mark := _SKIP.search(line):
            skip = mark[1]
            if not skip:
                raise ValueError(f"{page.name}:{number}: a skip needs its reason")
        elif fence := _FENCE.match(line):
            indent, ticks, language = fence.groups()
            start = number
            while number < len(lines) and not re.match(rf"^ *{ticks}`*\s*$", lines[number]):
                number += 1
            if number == len(lines):
                raise ValueError(f"{page.name}:{start}: the block is never closed")
            code = "\n".join(one.removeprefix(indent) for one in lines[start:number])
            found.append(Block(page, start + 1, language, code, skip))
            number, skip = number + 1, ""
        elif line.strip():
            skip = ""  # it stood above something else
    return found


def commands_of(block: Block) -> list[tuple[str, str]]:
    """The commands of a console block (lines that begin with "$ ", continued by a final backslash), each with
    the output that the page shows below it."""
    found: list[list[str]] = []
    continued = False
    for line in block.code.splitlines():
        if continued:
            found[-1][0] += "\n" + line
        elif line.startswith("$ "):
            found.append([line[2:], ""])
        elif found:
            found[-1][1] += line + "\n"
        continued = bool(found) and found[-1][1] == "" and line.endswith("\\")
    return [(command, shown) for command, shown in found]
