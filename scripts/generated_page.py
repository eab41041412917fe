"""What the scripts that write pages have in common: write the page, or with --check only say whether it is current."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["written"]


def written(page: Path, text: str, arguments: list[str]) -> int:
    """Write `text` to `page`, or compare it with --check; the exit code of the script."""
    if "--check" not in arguments:
        page.write_text(text, encoding="utf-8")
        print(f"wrote {page}")
        return 0
    if page.exists() and page.read_text(encoding="utf-8") == text:
        return 0
    print(f"{page.name} is not up to date: run `make docs`", file=sys.stderr)
    return 1
