"""A folder as the build leaves it, small, for tests of how its files are sent."""

from __future__ import annotations

from pathlib import Path

SCRIPT = b"export const words = '" + b"the same again and again " * 200 + b"';\n"
HTML = b'<!doctype html><title>Chat</title><script type="module" src="./page/chat-AbCd_-12.js"></script>' + b" " * 500
STATUS = b'<!doctype html><title>Status</title><script type="module" src="./page/status-zZ0_-9ab.js"></script>'
STYLE = b"body { margin: 0 }\n" * 40
ICON = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


def fake_build(folder: Path) -> Path:
    """Two pages, their files, and some that are none of theirs."""
    assets = folder / "page"
    assets.mkdir(parents=True)
    (folder / "index.html").write_bytes(HTML)
    (folder / "status.html").write_bytes(STATUS)
    (folder / "secret.txt").write_bytes(b"beside the pages")
    (assets / "chat-AbCd_-12.js").write_bytes(SCRIPT)
    (assets / "chat-12345678.css").write_bytes(STYLE)
    (assets / "status-zZ0_-9ab.js").write_bytes(b"export {};\n")
    (assets / "icon.svg").write_bytes(ICON)
    (assets / "words.json").write_bytes(b'{"a": 1}')
    (assets / "odd name.js").write_bytes(b"x")
    (assets / ".hidden.js").write_bytes(b"x")
    (assets / "tool.py").write_bytes(b"x")
    (assets / "inner.html").write_bytes(b"x")
    (assets / "deeper").mkdir()
    return folder
