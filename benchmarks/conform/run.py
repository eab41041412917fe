"""The simulator's scenarios, played to franca and to other clients: `make conform`.

    python benchmarks/conform/run.py [--client NAME ...] [--keep] [--limit SECONDS] [--page]

Makes a virtual environment for each client (.venv-conform-NAME), installs its newest version, plays every scenario to
it and writes README.md beside this file. --keep installs nothing into environments that exist; --page only writes the
page anew, from the results of the last run (.cache/conform). A run takes about fifteen minutes, most of it spent in
waiting for calls that never end.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from franca.conform import Examined, Program, Verdict, examine
from page import page

_HERE = Path(__file__).parent
_ROOT = _HERE.parents[1]
_RESULTS = _ROOT / ".cache" / "conform"

# Client: its adapter, and what is installed for it; nothing for franca, which is here.
CLIENTS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "franca": ("with_franca.py", ()),
    "openai": ("with_openai.py", ("openai",)),
    # Given tools, litellm imports mcp, which it does not install (1.106.2).
    "litellm": ("with_litellm.py", ("litellm", "mcp")),
    "pydantic-ai": ("with_pydantic_ai.py", ("pydantic-ai-slim[openai,openrouter]",)),
    "langchain-openai": ("with_langchain_openai.py", ("langchain-openai",)),
    "openrouter": ("with_openrouter.py", ("openrouter",)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--client", action="append", choices=CLIENTS, help="only this one; may be repeated")
    parser.add_argument("--keep", action="store_true", help="install nothing into environments that exist")
    parser.add_argument("--limit", type=float, default=15.0, metavar="SECONDS", help="time for a call (default: 15)")
    parser.add_argument("--page", action="store_true", help="only write the page, from the last results")
    args = parser.parse_args()
    _RESULTS.mkdir(parents=True, exist_ok=True)
    if not args.page:
        for name in args.client or CLIENTS:
            run(name, args.limit, keep=args.keep)
    results = [_loaded(name) for name in CLIENTS if _file(name).exists()]
    (_HERE / "README.md").write_text(page(results, args.limit), encoding="utf-8")
    print(f"wrote {(_HERE / 'README.md').relative_to(_ROOT)}")


def run(name: str, limit: float, *, keep: bool) -> None:
    """Examine one client, and keep what came of it."""
    adapter, packages = CLIENTS[name]
    python = _environment(name, packages, keep=keep) if packages else Path(sys.executable)
    with Program([str(python), str(_HERE / adapter)]) as program:
        examined = examine(program, limit=limit)
    kept = examined._asdict() | {
        "claims": sorted(examined.claims),
        "verdicts": [one._asdict() for one in examined.verdicts],
        "date": date.today().isoformat(),
    }
    _file(name).write_text(json.dumps(kept, indent=1), encoding="utf-8")
    counted = sum(one.counted and one.result != "unsupported" for one in examined.verdicts)
    print(f"{examined.client} {examined.version}: {counted - len(examined.failed)} of {counted}", flush=True)


def _environment(name: str, packages: tuple[str, ...], *, keep: bool) -> Path:
    """The interpreter of the client's own virtual environment."""
    folder = _ROOT / f".venv-conform-{name}"
    python = folder / "bin" / "python"
    if keep and python.exists():
        return python
    subprocess.run([str(_ROOT / "scripts" / "make_venv.sh"), str(folder)], check=True, cwd=_ROOT)
    install = [str(python), "-m", "pip", "--disable-pip-version-check", "-q", "install", "--upgrade", *packages]
    subprocess.run(install, check=True, cwd=_ROOT)
    return python


def _file(name: str) -> Path:
    return _RESULTS / f"{name}.json"


def _loaded(name: str) -> tuple[Examined, str]:
    found: dict[str, Any] = json.loads(_file(name).read_text(encoding="utf-8"))
    verdicts = tuple(Verdict(**{**one, "groups": tuple(one["groups"])}) for one in found["verdicts"])
    return Examined(found["client"], found["version"], frozenset(found["claims"]), verdicts), found["date"]


if __name__ == "__main__":
    main()
