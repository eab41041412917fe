"""Who may import whom: the table of docs/design.md, held against every import statement of the package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from source_tree import PACKAGE, ROOT, Import, files, imports_of, module_of, words

# From the ground up; a part may import parts of the rows below its own, and itself. What later work adds
# (openrouter, gateway, batch) has its place already.
ROWS: tuple[tuple[str, frozenset[str]], ...] = (
    ("L0 errors", frozenset({"errors"})),
    # Each module of schema is usable alone and knows nothing of the wire; a tool made from a Python function
    # (wire.tools) needs the schema of its parameters.
    ("L1 schema", frozenset({"schema"})),
    ("L0 wire", frozenset({"wire"})),
    ("L1 facts", frozenset({"error_table", "facts", "prices", "tokens"})),
    ("L1 bytes and tables", frozenset({"sse", "servers", "retry", "limits", "observe"})),
    ("L1 answers and requests", frozenset({"accumulate", "faults", "adapt", "heal", "conversation"})),
    ("L2 flows", frozenset({"flow"})),
    ("L3 io", frozenset({"io", "kept_file"})),
    ("L4 streams and what was learnt", frozenset({"stream", "emitting", "learnt"})),
    ("L4 streams of tools, and configuration", frozenset({"tool_stream", "structured_stream", "configure"})),
    ("L4 clients", frozenset({"client"})),
    ("L4 OpenRouter", frozenset({"openrouter"})),
    ("L5 programs", frozenset({"simulator", "gateway", "batch", "doctor"})),
    ("L5 testing and conformance", frozenset({"testing", "conform"})),
    ("L6 command line", frozenset({"cli"})),
)
RANK = {part: number for number, (_, parts) in enumerate(ROWS) for part in parts}
FACE = ""  # franca/__init__.py: the public names, each loaded from its home when first used

PURE = frozenset().union(*(parts for name, parts in ROWS if name.startswith(("L0", "L1", "L2"))))
WORLD = words(
    "asyncio concurrent multiprocessing random secrets select selectors signal socket socketserver ssl subprocess "
    "threading time _thread"
)
# The gateway forwards bytes: it uses flows and io, and makes no typed answers of what it passes on.
FORBIDDEN = {"gateway": frozenset({"client", "stream", "openrouter"})}


def part_of(module: str) -> str:
    """The part a module belongs to: "wire" for `franca.wire.chat`, "" for `franca` itself."""
    return module.partition(".")[2].partition(".")[0]


def within(file: Path) -> list[tuple[Import, str]]:
    """The imports of a file from this package, each with the part that it is from."""
    found = []
    for one in imports_of(file):
        if one.module.partition(".")[0] == "franca":
            part = part_of(one.module)
            if part == "" and one.name in RANK:  # from . import errors
                part = one.name
            found.append((one, part))
    return found


def faults_of(file: Path) -> list[str]:
    """What a file imports although it stands too low for it."""
    own, wrong = part_of(module_of(file)), []
    for one, part in within(file):
        if part == own:
            continue
        if part == FACE:
            if one.name != "__version__":
                wrong.append(f"{one}: take the name from its home, not from the public face")
        elif own != FACE and (RANK[part] >= RANK[own] or part in FORBIDDEN.get(own, ())):
            wrong.append(f"{one}: {part} is not below {own}")
    return wrong


def test_every_part_has_its_row() -> None:
    """A new file or folder of the package is placed in the table first."""
    parts = {part_of(module_of(file)) for file in files()} - {FACE}
    assert parts <= RANK.keys()


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_go_strictly_downward(file: Path) -> None:
    """Also those inside functions and those for type checkers only; and nothing imports the command line."""
    assert faults_of(file) == []


@pytest.mark.parametrize("file", files(), ids=lambda file: str(file.relative_to(PACKAGE)))
def test_what_decides_does_no_io(file: Path) -> None:
    """Below io there are no sockets, clocks, threads, tasks, programs or chance: they are handed in."""
    if part_of(module_of(file)) in PURE:
        assert [str(one) for one in imports_of(file) if one.module.partition(".")[0] in WORLD] == []


@pytest.mark.parametrize(
    ("place", "line", "wrong"),
    [
        ("wire/x.py", "from ..client import Client", True),
        ("wire/x.py", "from .. import Chat", True),
        ("wire/x.py", "from ..errors import BadUsage", False),
        ("client.py", "from . import __version__", False),
        ("flow/x.py", "def f():\n    from franca.io import aio", True),
        ("gateway/x.py", "import franca.client", True),
        ("testing/x.py", "import franca.cli.main", True),
        ("sse.py", "from .retry import RetryPolicy", True),
        ("cli/x.py", "from ..client import Client", False),
    ],
)
def test_the_test_finds_what_it_looks_for(tmp_path: Path, place: str, line: str, wrong: bool, monkeypatch) -> None:
    """Each kind of wrong import is seen, and the right ones are let through."""
    monkeypatch.setattr("source_tree.PACKAGE", tmp_path / "franca")
    monkeypatch.setattr("source_tree.ROOT", tmp_path)
    file = tmp_path / "franca" / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(line, encoding="utf-8")
    assert bool(faults_of(file)) is wrong


def test_the_world_is_named_rightly() -> None:
    """A misspelt module in the list would be a hole."""
    assert sys.stdlib_module_names >= WORLD


def test_files_say_their_reason_and_stay_small() -> None:
    """Every file begins with its reason to exist. Few are longer than 400 lines."""
    silent = [str(file.relative_to(ROOT)) for file in files() if not file.read_text(encoding="utf-8").startswith('"""')]
    assert silent == []
    long = [str(file.relative_to(ROOT)) for file in files() if file.read_text(encoding="utf-8").count("\n") > 400]
    assert long == []
