"""What is wrong with a configuration, and where: told all at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from ...errors import BadUsage

__all__ = ["ConfigError", "ConfigProblem"]


class ConfigProblem(Struct, frozen=True):
    """One thing that is wrong. `line` and `column` count from 1; 0 where there is no place in a file.

    `where` is the key in the file's words: "[servers.groq] base_url". No secret is in any of it.
    """

    line: int
    column: int
    where: str
    message: str
    severity: Literal["error", "warning"] = "error"

    def text(self, path: str | None) -> str:
        """The problem on one line: "franca.toml:3:1: [servers.x] base_url: ..."."""
        place = f"{path}:{self.line}:{self.column}: " if path and self.line else f"{path}: " if path else ""
        mark = "warning: " if self.severity == "warning" else ""
        return f"{place}{mark}{self.where}: {self.message}" if self.where else f"{place}{mark}{self.message}"


class ConfigError(BadUsage):
    """A configuration that cannot work. `problems` are its errors, in the order of the file; `line` and `column` those
    of the first. `path` is None for one that is in no file."""

    path: str | None
    problems: tuple[ConfigProblem, ...]

    def __init__(self, path: str | None, problems: Iterable[ConfigProblem]) -> None:
        found = tuple(sorted(problems, key=lambda one: (one.line, one.column)))
        super().__init__("\n".join(one.text(path) for one in found), code="bad_config")
        self.path = path
        self.problems = found

    @property
    def line(self) -> int:
        """The line of the first problem."""
        return self.problems[0].line if self.problems else 0

    @property
    def column(self) -> int:
        """The column of the first problem."""
        return self.problems[0].column if self.problems else 0
