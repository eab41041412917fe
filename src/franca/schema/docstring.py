"""Docstrings in Google, NumPy and Sphinx style: the description, and what is said of each parameter or attribute."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

__all__ = ["parse_docstring"]

_PARAMETERS = "attributes|args|arguments|params|parameters|other parameters|keyword args|keyword arguments"
_OTHERS = "returns?|yields?|receives?|raises|warns|warnings?|examples?|notes?|see also|references|todo|methods"
_HEADER = re.compile(rf"({_PARAMETERS}|{_OTHERS})\s*(:?)\s*$", re.IGNORECASE)
_IS_PARAMETERS = re.compile(_PARAMETERS, re.IGNORECASE)
_UNDERLINE = re.compile(r"[-=]{3,}\s*$")
_GOOGLE_ENTRY = re.compile(r"\*{0,2}(\w+)\s*(?:\(.*?\))?\s*:(?:\s+(.*))?$")
_NUMPY_ENTRY = re.compile(r"(\*{0,2}\w+(?:\s*,\s*\*{0,2}\w+)*)\s*(?::.*)?()$")
_SPHINX_FIELD = re.compile(
    r":(?:(?:param|parameter|arg|argument|key|keyword|attribute|ivar|cvar|var)\s(?:[^:]*[\s*])?(\w+)|"
    r"type\s[^:]*|returns?|rtype|raises?[^:]*|except(?:ion)?[^:]*|yields?)\s*:\s*(.*)$"
)


def parse_docstring(text: str | None, names: Collection[str] = ()) -> tuple[str, dict[str, str]]:
    """What stands before the first section, and the text for each of the parameters `names`.

    Unknown names and other sections are passed over; a docstring in none of these styles is all description.
    """
    description, *sections = _sections(_dedented(text or ""))
    said: dict[str, str] = {}
    for entry, lines in (description, *sections):
        if entry is _SPHINX_FIELD:
            said.update(_sphinx_entries(lines))
        elif entry is not None:
            said.update(_indented_entries(entry, lines))
    return "\n".join(description[1]).strip(), {name: words for name, words in said.items() if words and name in names}


def _dedented(text: str) -> list[str]:
    """The lines without the indentation that all but the first share, as PEP 257 says."""
    lines = text.expandtabs().splitlines()
    shared = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()), default=0)
    return [line.strip() if number == 0 else line[shared:].rstrip() for number, line in enumerate(lines)]


def _sections(lines: list[str]) -> list[tuple[re.Pattern[str] | None, list[str]]]:
    """The description and the sections, each with the pattern of its entries (None: it has none of interest)."""
    current: list[str] = []
    found: list[tuple[re.Pattern[str] | None, list[str]]] = [(None, current)]
    for line, below in zip(lines, [*lines[1:], ""], strict=False):
        header = _HEADER.match(line)
        underlined = _UNDERLINE.match(below)
        if header and (underlined or header[2]):
            entry = _NUMPY_ENTRY if underlined else _GOOGLE_ENTRY
            current = []
            found.append((entry if _IS_PARAMETERS.fullmatch(header[1]) else None, current))
        elif _SPHINX_FIELD.match(line) and found[-1][0] is not _SPHINX_FIELD:
            current = [line]
            found.append((_SPHINX_FIELD, current))
        else:
            current.append(line)
    return found


def _indented_entries(entry: re.Pattern[str], lines: list[str]) -> Iterator[tuple[str, str]]:
    """Entries of Google and NumPy sections: a line at the section's own indentation, and deeper ones below."""
    names: list[str] = []
    words: list[str] = []
    own: int | None = None
    for line in lines:
        if not line or _UNDERLINE.match(line):
            continue
        indent = len(line) - len(line.lstrip())
        own = indent if own is None else own
        start = entry.match(line.strip()) if indent <= own else None
        if start:
            yield from ((name, " ".join(words)) for name in names)
            names, words = re.findall(r"\w+", start[1]), [start[2]] if start[2] else []
        else:
            words.append(line.strip())
    yield from ((name, " ".join(words)) for name in names)


def _sphinx_entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Fields like `:param int name: text`; a text goes on until the next field or an empty line."""
    name: str | None = None
    words: list[str] = []
    for line in [*lines, ""]:
        field = _SPHINX_FIELD.match(line)
        if name and (field or not line):
            yield name, " ".join(words)
            name = None
        if field:
            name, words = field[1], [field[2]] if field[2] else []
        elif name:
            words.append(line.strip())
