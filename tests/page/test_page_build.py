"""The built pages: small, from these sources, and without anything that the policy would refuse."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
BUILT = ROOT / "src" / "franca" / "gateway" / "page" / "built"
FIRST_LOAD = 45 * 1024
EVERYTHING = 195 * 1024

_TOOLS = WEB / "node_modules" / ".bin"
_LANGUAGES = ("de", "tr", "zh")


def run(*command: str, **environ: str) -> None:
    """A tool of web/; its own words when it fails."""
    if not (_TOOLS / command[0]).exists():
        pytest.skip("web/node_modules is not there (`make test` says why)")
    done = subprocess.run(
        [str(_TOOLS / command[0]), *command[1:]],
        cwd=WEB, env={**os.environ, "CI": "true", "NO_COLOR": "1", **environ}, capture_output=True, text=True,
        timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-8000:]


def size(path: Path) -> int:
    """Bytes as they go over the wire."""
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def first_load(page: str) -> set[Path]:
    """What a page needs before it can be used: itself, what it names, and what that imports at once."""
    html = (BUILT / page).read_text()
    wanted = [BUILT / name for name in re.findall(r'(?:src|href)="(?:\./)?(page/[^"]+)"', html)]
    found = {BUILT / page}
    while wanted:
        path = wanted.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".js":
            text = path.read_text()
            imports = re.findall(r'(?:^|[;}\s])import(?:[\w*{][^"\';()]*from)?["\']\./([^"\']+)["\']', text)
            wanted += [path.parent / name for name in imports]
    return found


def reachable(page: str) -> set[Path]:
    """All that a page may ever load."""
    found: set[Path] = set()
    wanted = list(first_load(page))
    while wanted:
        path = wanted.pop()
        if path in found:
            continue
        found.add(path)
        if path.suffix == ".js":
            names = re.findall(r'["\'](?:\./|page/)([\w.-]+\.(?:js|css))["\']', path.read_text())
            wanted += [BUILT / "page" / name for name in names]
    return found


def test_the_first_load_is_small():
    """The chat page, with its script, its styles and its icon, is at most 45 KB."""
    sizes = {path.name: size(path) for path in first_load("index.html")}
    assert len(sizes) >= 4
    assert sum(sizes.values()) <= FIRST_LOAD, sizes


def test_everything_is_small():
    """With maths, highlighting, every panel, every way to export and one more language: what a visit that opens all of
    them loads. (Of a visit that shows code and formulas, `test_page_chat` measures what it really loads.)"""
    sizes = {path: size(path) for path in reachable("index.html")}
    languages = [path for path in sizes if path.name.startswith(tuple(f"{one}-" for one in _LANGUAGES))]
    assert len(languages) == len(_LANGUAGES)
    total = sum(sizes.values()) - sum(sorted(sizes[path] for path in languages)[:-1])
    assert total <= EVERYTHING, {path.name: value for path, value in sizes.items()}


def test_no_file_is_left_over():
    """Everything that is shipped belongs to one of the two pages."""
    shipped = {path for path in BUILT.rglob("*") if path.is_file()}
    assert shipped == reachable("index.html") | reachable("status.html") | {BUILT / "page" / "licences.txt"}


def test_the_licences_are_shipped():
    """Of every package that is built in, the text of its licence."""
    text = (BUILT / "page" / "licences.txt").read_text()
    for package in json.loads((WEB / "package.json").read_text())["dependencies"]:
        assert f"\n{package} " in text
    assert len(re.findall("Permission to use|Permission is hereby granted|Redistribution", text)) >= 6


def test_a_new_build_gives_the_same_bytes(tmp_path):
    """What is shipped was built from these sources."""
    run("vite", "build", "--logLevel", "warn", FRANCA_PAGE_OUT=str(tmp_path / "built"))
    new = {path.relative_to(tmp_path / "built"): path.read_bytes() for path in (tmp_path / "built").rglob("*.*")}
    old = {path.relative_to(BUILT): path.read_bytes() for path in BUILT.rglob("*.*")}
    assert sorted(new) == sorted(old), "run `make page`"
    assert [name for name in new if new[name] != old[name]] == []


def test_the_types_hold():
    """TypeScript, as strict as it can be."""
    run("tsc", "--noEmit")


def test_the_form_holds():
    """One form for all sources."""
    run("prettier", "--check", "src", "test", "vite.config.ts", "index.html", "status.html")


def test_the_units_hold():
    """The unit tests of web/test."""
    run("vitest", "run", "--reporter=dot")


@pytest.mark.parametrize("path", sorted((WEB / "src").rglob("*.ts*")), ids=lambda path: str(path.relative_to(WEB)))
def test_no_source_writes_markup(path):
    """No way into the page for a string of HTML or code: so nothing has to be sanitised."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    sinks = re.findall(
        r"innerHTML|\.outerHTML\s*=[^=]|insertAdjacentHTML|document\.write|DOMParser|dangerouslySetInnerHTML|srcdoc"
        r"|\beval\s*\(|new Function|new Worker|createContextualFragment|setAttribute\(\s*['\"](?:style|on)",
        text,
    )
    assert sinks == []
