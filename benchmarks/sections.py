"""More than one program writes the page benchmarks/README.md: each has a section between two marks, and leaves those of
the others as they are."""

from __future__ import annotations

__all__ = ["kept", "replaced"]


def _marks(name: str) -> tuple[str, str]:
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def kept(page: str, name: str) -> str:
    """The section with its marks, as it stands in a page; "" where there is none."""
    begin, end = _marks(name)
    start, stop = page.find(begin), page.find(end)
    return page[start : stop + len(end)] + "\n" if 0 <= start < stop else ""


def replaced(page: str, name: str, section: str) -> str:
    """The page with another text for a section, which goes to the end where there was none."""
    begin, end = _marks(name)
    fresh = f"{begin}\n{section.strip()}\n{end}\n"
    old = kept(page, name)
    return page.replace(old.rstrip("\n") + "\n", fresh) if old else f"{page.rstrip()}\n\n{fresh}"
