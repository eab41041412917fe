"""Tables of the documentation that give each name of the old Go packages its place here and the test that shows it."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import franca

ROOT = Path(__file__).resolve().parents[2]


class Symbols:
    """What a Go package exports, and the wire fields of its structs, as a text file of ours lists them."""

    def __init__(self, file: str) -> None:
        self.text = (Path(__file__).parent / file).read_text(encoding="utf-8")

    def exported(self) -> set[str]:
        """The Go names: `Name`, or `Type.Method` for a method."""
        names = set()
        for line in self.text.splitlines():
            method = re.match(r"func \(\w+ \*?(\w+)\) (\w+)", line)
            plain = re.match(r"(?:const|func|type|var) (\w+)", line)
            if method:
                names.add(f"{method[1]}.{method[2]}")
            elif plain:
                names.add(plain[1])
        return names

    def wire_fields(self) -> dict[str, list[str]]:
        """The fields on the wire by struct."""
        found = re.findall(r"^(\w+): (.+)$", self.text.partition("# wire fields")[2], re.MULTILINE)
        return {name: fields.split() for name, fields in found}


def table(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading ("## Names") of a page in docs/, without its head."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8").partition(f"\n{heading}\n")[2]
    text = re.split(r"^#", text, maxsplit=1, flags=re.MULTILINE)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return rows[2:]


def resolve(dotted: str) -> object:
    """The object of a dotted name that begins with `franca`."""
    value: object = franca
    path = "franca"
    for step in dotted.split(".")[1:]:
        path += f".{step}"
        try:
            value = getattr(value, step)
        except AttributeError:
            value = importlib.import_module(path)
    return value


def places(here: str) -> list[str]:
    """The dotted names of franca in a cell."""
    return re.findall(r"`(franca[\w.]*)`", here)


def missing(here: str, test: str) -> str:
    """What a row names that is not there: a place, a test, or the place itself; "" for a true row."""
    for dotted in places(here):
        try:
            resolve(dotted)
        except ImportError as error:
            return f"{dotted}: {error}"
    file, _, name = test.partition("::")
    path = ROOT / "tests" / file
    if not file or not path.exists():
        return f"no tests/{file}"
    if name and f"def {name}(" not in path.read_text(encoding="utf-8"):
        return f"no {name} in tests/{file}"
    return ""
