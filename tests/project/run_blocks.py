"""Runs the Python blocks of one page, in order and in one namespace, as a reader would in one session.

Reads a JSON list of [page, line, code] from standard input. Blocks may use `await` at the top level. The lines of
a traceback are those of the page.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import linecache
import sys
import types
from pathlib import Path


def main() -> None:
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    for page, line, code in json.load(sys.stdin):
        print(f"--- {page}:{line}", flush=True)
        linecache.cache[page] = (0, None, Path(page).read_text(encoding="utf-8").splitlines(keepends=True), page)
        compiled = compile("\n" * (line - 1) + code, page, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        outcome = eval(compiled, module.__dict__)
        if inspect.iscoroutine(outcome):
            asyncio.run(outcome)


if __name__ == "__main__":
    main()
