"""What the tests of the project itself read: the files of the package, their imports, and the project's table."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "franca"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Import:
    """One imported name. `module` is absolute; `name` is what is taken from it, or ""."""

    file: Path
    line: int
    module: str
    name: str
    at_top: bool
    """Whether it happens when the file is imported: outside functions and TYPE_CHECKING."""

    def __str__(self) -> str:
        taken = f" ({self.name})" if self.name else ""
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}{taken}"


def words(text: str) -> frozenset[str]:
    """The words of a text: long lists of names, written short."""
    return frozenset(text.split())


def files() -> list[Path]:
    """Every Python file of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def module_of(file: Path) -> str:
    """`franca.wire.chat` of its file."""
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(file: Path) -> Iterator[Import]:
    """Every import in a file, wherever it stands; relative ones made absolute."""
    yield from _walk(ast.parse(file.read_text(encoding="utf-8")), file, at_top=True)


def _walk(node: ast.AST, file: Path, at_top: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(file, child.lineno, alias.name, "", at_top)
        elif isinstance(child, ast.ImportFrom):
            module = _absolute(file, child.level, child.module or "")
            for alias in child.names:
                yield Import(file, child.lineno, module, alias.name, at_top)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for part in child.body:
                yield from _walk(ast.Module([part], []), file, at_top=False)
            for part in child.orelse:
                yield from _walk(ast.Module([part], []), file, at_top)
        else:
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _walk(child, file, at_top and not inside)


def _absolute(file: Path, level: int, module: str) -> str:
    if level == 0:
        return module
    package = list(file.relative_to(PACKAGE.parent).with_suffix("").parts[:-1])
    base = package[: len(package) - level + 1]
    return ".".join([*base, module] if module else base)
