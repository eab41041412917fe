"""Starting costs almost nothing: which modules `import franca` and making a client load.

The times themselves are measured by benchmarks/import_cost.py; a test that asserts a time fails on a busy
machine, while what makes a start slow is always a module that nobody needed yet.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from source_tree import words

ADDRESS = "http://127.0.0.1:1/v1"
# Loading any of these at the start would be felt, or means that work is done before it is asked for.
HEAVY = words(
    "asyncio ssl socket select selectors threading concurrent multiprocessing subprocess logging email http "
    "urllib.request tempfile shutil unittest xml json pydantic numpy rich httpx httpx2 h11 anyio certifi "
    "python_socks requests pytest"
)
# What franca itself adds to a Python that has msgspec loaded. Longer is slower: think before adding.
LIGHT = words("__future__ _uuid _weakrefset array binascii copy dataclasses ipaddress urllib urllib.parse uuid weakref")


def loaded(program: str) -> set[str]:
    """The modules that a fresh process has after a program, without what `site` loads on this machine."""
    homes = {str(Path(find_spec(name).origin).parents[1]) for name in ("franca", "msgspec")}
    whole = f"import sys; sys.path[:0] = {sorted(homes)}; {program}; print(sorted(sys.modules))"
    # Without -S, .pth files (an editable install, a coverage measurement) would load modules of their own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COV"))}
    done = subprocess.run(
        [sys.executable, "-S", "-c", whole], check=True, capture_output=True, text=True, timeout=60, env=environment
    )
    return set(ast.literal_eval(done.stdout))


@pytest.fixture(scope="module")
def bare() -> set[str]:
    """What a Python that has msgspec loaded has."""
    return loaded("import msgspec, msgspec.structs")


def test_importing_the_package_loads_nothing_of_it() -> None:
    """Its names come when they are used."""
    new = loaded("import franca") - loaded("pass")
    assert {name for name in new if name.startswith("franca")} == {"franca"}
    assert not {name for name in new if name.partition(".")[0] in {"msgspec", "httptools"}}
    assert not heavy(new)


@pytest.mark.parametrize("client", ["Client", "AsyncClient"])
def test_making_a_client_loads_little(client: str, bare: set[str]) -> None:
    """No event loop, TLS, sockets or threads before the first request; nothing of other people's but msgspec."""
    seen = loaded(f"import franca; franca.{client}({ADDRESS!r})")
    assert not heavy(seen)
    assert {name for name in seen - bare if name.partition(".")[0] not in {"franca", "msgspec"}} <= LIGHT
    own = {name for name in seen if name.startswith("franca")}
    assert not {name for name in own if name.split(".")[1:2] in (["cli"], ["simulator"], ["testing"])}
    assert len(own) <= 65


@pytest.mark.parametrize("name", ["BadUsage", "user_message", "Chat", "accumulate_stream"])
def test_other_names_load_little(name: str) -> None:
    """Building messages or catching errors needs no client."""
    seen = loaded(f"import franca; franca.{name}")
    assert not heavy(seen)
    assert "franca.client" not in seen


def heavy(modules: set[str]) -> set[str]:
    return {one for one in modules if one in HEAVY or one.partition(".")[0] in HEAVY}


def test_the_test_sees_heavy_modules() -> None:
    """A fresh process has none of them, and one that loads one is told."""
    assert not heavy(loaded("pass"))
    assert heavy(loaded("import asyncio")) >= {"asyncio", "ssl", "logging"}
