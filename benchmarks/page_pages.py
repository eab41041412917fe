"""The pages that `page.py` measures: how each is started, and how a person asks it something."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["NOT_TO_BE_HAD", "PAGES", "Page", "Served", "chromium"]

_HERE = Path(__file__).parent
_GRADIO = _HERE.parent / ".venv-bench-page" / "bin" / "python"
START_LIMIT = 60.0


@dataclass(frozen=True)
class Page:
    """One of them.

    ready    a JavaScript expression that holds once a message can be sent
    field    where it is written; Enter sends it
    answer   the element that holds the last answer
    """

    name: str
    start: Callable[[Path, int], Served]
    missing: Callable[[], str | None]
    ready: str
    field: str
    answer: str


class Served:
    """A process that serves a page at `url`."""

    def __init__(self, command: list[str], folder: Path, port: int | None = None, env: dict[str, str] | None = None):
        self._log = (folder / "page.log").open("w+")
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT, env=env
        )
        end = time.monotonic() + START_LIMIT
        while port is None or not self._answers(f"http://127.0.0.1:{port}/"):
            if port is None and (found := re.search(r"http://127\.0\.0\.1:(\d+)", self._said())):
                port = int(found[1])
            if time.monotonic() > end or self._process.poll() is not None:
                self.close()
                raise SystemExit(f"{command} does not serve: {self._said()[-2000:]}")
            time.sleep(0.05)
        self.url = f"http://127.0.0.1:{port}"

    def _said(self) -> str:
        return (Path(self._log.name)).read_text(errors="replace")

    @staticmethod
    def _answers(url: str) -> bool:
        with suppress(OSError):
            return bool(urllib.request.urlopen(url, timeout=5).status == 200)
        return False

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()


def chromium() -> str | None:
    """Where Chromium is; None if there is none."""
    return next((found for name in ("chromium", "google-chrome") if (found := shutil.which(name))), None)


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "_TOKEN"))}


def _franca(folder: Path, model: int) -> Served:
    config = folder / "franca.toml"
    config.write_text(f'[store]\nurl = "none"\n[servers.bench]\nbase_url = "http://127.0.0.1:{model}/v1"\n')
    config.chmod(0o600)
    command = [sys.executable, "-m", "franca.cli", "serve", "--port", "0", "--config", str(config), "--log", "off"]
    return Served(command, folder, env=_plain())


def _gradio(folder: Path, model: int) -> Served:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    env = {**_plain(), "GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}
    return Served([str(_GRADIO), str(_HERE / "page_gradio.py"), str(model), str(port)], folder, port, env)


PAGES = (
    Page(
        "Franca", _franca, lambda: None,
        "document.querySelector('[data-part=composer] textarea:enabled') && "
        "document.querySelector('[data-part=model]')?.title",
        "[data-part=composer] textarea", "[data-part=message][data-role=assistant]",
    ),
    Page(
        "Gradio ChatInterface", _gradio,
        lambda: None if _GRADIO.exists() else "make .venv-bench-page/.installed (90 packages)",
        "document.querySelector('textarea[data-testid=textbox]:enabled')",
        "textarea[data-testid=textbox]", "[data-testid=bot]",
    ),
)  # fmt: skip
NOT_TO_BE_HAD = {"llama.cpp's page": "it comes with llama-server, which no package of PyPI or npm holds"}
"""Pages that one would want beside ours."""
