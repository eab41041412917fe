"""The code that users read runs: Python and console blocks of README.md and docs/, and examples/*.py.

All of it talks to the simulator: addresses like http://localhost:11434/v1 are replaced by its own, and the
models that a page names are further names for the simulator's. `<!-- skip: reason -->` above a block leaves it out.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import Block, blocks_of, commands_of
from source_tree import ROOT

from franca.servers import SERVERS
from franca.simulator import Simulator

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
PATIENCE = 120.0

_LOCAL = re.compile(r"http://(?:localhost|127\.0\.0\.1):\d+(?:/v1)?")
_MODEL = re.compile(r"""(?:\bmodel\s*=\s*|--model[ =]|-m |endpoints )["']?([\w./:-]+)""")
_MODELS = re.compile(r"""\bmodels\s*=\s*\[([^\]]*)\]""")
_OWN = ("echo", "lorem", "json", "tools", "reason", "structured", "embed", "scenario:")
_OPENROUTERS_OWN = ("author/", "acme/", "north/", "south/", "east/", "~", "@preset/", "openrouter/")


def blocks(language: str) -> list[Block]:
    return [block for page in PAGES if page.exists() for block in blocks_of(page) if block.language == language]


def running(language: str) -> list[Block]:
    return [block for block in blocks(language) if not block.skip]


def aliases() -> dict[str, str]:
    """The models that the pages name, as further names of the simulator's."""
    named = {
        name for language in ("python", "console") for block in running(language) for name in models_of(block.code)
    }
    own = (*_OWN, *_OPENROUTERS_OWN)
    return {name: "embed" if "embed" in name else "echo" for name in named if not name.startswith(own)}


def models_of(code: str) -> list[str]:
    """The models that a block names, alone or in a list to fall back to."""
    lists = " ".join(_MODELS.findall(code))
    return _MODEL.findall(code) + re.findall(r"""["']([\w./:@~-]+)["']""", lists)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """One server for all pages."""
    with Simulator(aliases=aliases()) as server:
        yield server


@pytest.fixture
def environment(simulator: Simulator, tmp_path: Path) -> dict[str, str]:
    """As a reader's shell, with every address leading to the simulator and no key of anybody's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not re.search(r"API_KEY|FRANCA_|OPENAI_|OPENROUTER_|_TOKEN$", name)
    }
    keys = {name for block in running("python") for name in re.findall(r"env:(\w+)", block.code)}
    return (
        dict.fromkeys(keys, "sk-example")
        | kept
        | {
            "OPENAI_BASE_URL": simulator.url,
            "OPENAI_API_KEY": "sk-example",
            "OPENROUTER_BASE_URL": simulator.dialect("openrouter"),
            "OPENROUTER_API_KEY": "sk-or-v1-test",
            "OPENROUTER_MANAGEMENT_KEY": "sk-or-v1-management",
            "FRANCA_SERVER": simulator.url,
            "FRANCA_MODEL": "echo",
            "FRANCA_API_KEY": "sk-example",
            "NO_PROXY": "127.0.0.1,localhost",
            "NO_COLOR": "1",
            "HOME": str(tmp_path),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        }
    )


def localised(code: str, simulator: Simulator) -> str:
    return _LOCAL.sub(lambda found: simulator.url if found[0].endswith("/v1") else simulator.url[:-3], code)


def run(command: list[str], environment: dict[str, str], where: Path, given: str = "") -> str:
    """What the program prints; the test fails when it does."""
    done = subprocess.run(
        command,
        input=given,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment,
        cwd=where,
    )
    assert done.returncode == 0, f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


PYTHON_PAGES = sorted({block.page for block in running("python")})


@pytest.mark.parametrize("page", PYTHON_PAGES, ids=lambda page: page.name)
def test_python_blocks_run(page: Path, simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    """The blocks of one page share their names, as in one session."""
    code = [
        [str(block.page), block.line, localised(block.code, simulator)]
        for block in running("python")
        if block.page == page
    ]
    runner = Path(__file__).with_name("run_blocks.py")
    run([sys.executable, "-W", "error", str(runner)], environment, tmp_path, json.dumps(code))


@pytest.mark.parametrize("block", running("console"), ids=lambda block: block.name)
def test_console_blocks_run(block: Block, simulator: Simulator, environment: dict[str, str], tmp_path: Path) -> None:
    """Every command of `franca` in them ends well; what installs, clones or makes is not run here."""
    for command, _ in commands_of(block):
        if re.search(r"(^|\| *|&& *)franca ", command):
            run(["bash", "-o", "pipefail", "-ec", localised(command, simulator)], environment, tmp_path)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_examples_run(example: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """As they are, and from any directory."""
    del environment["FRANCA_MODEL"]  # each names the models that it shows
    run([sys.executable, "-W", "error", str(example)], environment, tmp_path)


LEFT_OUT = [block for language in ("python", "console") for block in blocks(language) if block.skip]


@pytest.mark.parametrize("block", LEFT_OUT, ids=lambda block: block.name)
def test_blocks_that_are_left_out(block: Block) -> None:
    """They show in the report with their reason; Python ones must at least be Python."""
    if block.language == "python":
        compile(block.code, block.name, "exec", flags=0x2000)  # ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    pytest.skip(block.skip)


def test_links_lead_somewhere() -> None:
    """Every relative link of the pages is a file of the project."""
    dead = []
    for page in [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md"]:
        targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        inside = [target for target in targets if "://" not in target and not target.startswith("mailto:")]
        dead += [f"{page.name}: {target}" for target in inside if not (page.parent / target).exists()]
    assert dead == []


def test_readme_leads_to_every_page_and_counts_the_servers() -> None:
    """A page that nothing leads to is not read; a number that was true once is a lie."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = {page.relative_to(ROOT).as_posix() for page in PAGES} - {"README.md"}
    assert pages <= set(re.findall(r"\]\(([^)#\s]+)", readme))
    counts = re.findall(r"(?:each|none) of (?:the )?(\d+)|(\d+) servers have a name", readme)
    assert {int("".join(count)) for count in counts} == {len(SERVERS)}


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").glob("make_*.py")), ids=lambda script: script.name)
def test_generated_pages_are_current(script: Path) -> None:
    """`make docs` would change nothing."""
    run([sys.executable, str(script), "--check"], dict(os.environ), ROOT)


PAGE = """
Intro

```python
a = 1
```

<!-- skip: needs a key -->

```python
print(b)
```

- a list
  ```console
  $ franca chat \\
      hello
  hello
  $ ls
  ```
"""


def test_blocks_are_found(tmp_path: Path) -> None:
    """With their line, their language, their reason to be left out, and their commands."""
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    first, second, third = blocks_of(page)
    assert (first.line, first.language, first.code, first.skip) == (5, "python", "a = 1", "")
    assert (second.code, second.skip) == ("print(b)", "needs a key")
    assert (third.language, third.skip) == ("console", "")
    assert commands_of(third) == [("franca chat \\\n    hello", "hello\n"), ("ls", "")]
    page.write_text("```python\nx", encoding="utf-8")
    with pytest.raises(ValueError, match="never closed"):
        blocks_of(page)


def test_a_failing_block_is_told_with_its_line(tmp_path: Path) -> None:
    """The traceback leads to the page, also from inside a coroutine."""
    page = tmp_path / "page.md"
    page.write_text(
        "text\n\n```python\nimport asyncio\nawait asyncio.sleep(0)\nraise LookupError('here')\n```\n", encoding="utf-8"
    )
    code = json.dumps([[str(page), block.line, block.code] for block in blocks_of(page)])
    runner = Path(__file__).with_name("run_blocks.py")
    done = subprocess.run([sys.executable, str(runner)], input=code, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 1
    assert 'page.md", line 6' in done.stderr
    assert "LookupError: here" in done.stderr
