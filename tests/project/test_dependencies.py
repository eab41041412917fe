"""What the package needs of others: two packages at run time, the rest behind extras, all told in the docs."""

from __future__ import annotations

import json
import re
import sys
from importlib import metadata

from source_tree import PROJECT, ROOT, files, imports_of, module_of

CORE = {"msgspec", "httptools"}
FOUND = {"certifi"}  # used when it happens to be there, and never needed
BROUGHT = {"uvloop"}  # what `uvicorn[standard]` brings along
SERVING = {"franca.gateway.listening", "franca.gateway.running"}  # imported only to serve, when uvicorn is there
# Where the name to import differs from the package's.
MODULES = {
    "jsonschema-rs": "jsonschema_rs",
    "python-socks": "python_socks",
    "genai-prices": "genai_prices",
    "markdown-it-py": "markdown_it",
    "opentelemetry-api": "opentelemetry",
    "opentelemetry-sdk": "opentelemetry",
}


def names(requirements: list[str]) -> set[str]:
    """The packages that requirements name."""
    return {re.match(r"[A-Za-z0-9_.-]+", one)[0].lower() for one in requirements}


def extras() -> dict[str, set[str]]:
    """Each extra and what it installs; those that only name other extras left out."""
    table = PROJECT["project"]["optional-dependencies"]
    return {extra: names(needs) - {"franca"} for extra, needs in table.items() if names(needs) != {"franca"}}


def importable(packages: set[str]) -> set[str]:
    return {MODULES.get(package, package) for package in packages}


def test_the_core_needs_two_packages() -> None:
    """In the project's table, and in what pip would be told."""
    assert names(PROJECT["project"]["dependencies"]) == CORE
    told = [one for one in metadata.requires("franca") or [] if "extra ==" not in one]
    assert names(told) == CORE


def test_two_packages_are_all_that_is_installed() -> None:
    """They need nothing themselves."""
    for package in CORE:
        assert [one for one in metadata.requires(package) or [] if "extra ==" not in one] == []


def test_only_what_is_declared_is_imported() -> None:
    """When a module is imported: the standard library and the core, and in the command line, the pytest plugin and
    what serves the gateway what these are for. Inside functions also what an extra installs, and httpx2, which
    a user brings."""
    optional = importable(set().union(*extras().values())) | FOUND | BROUGHT
    wrong = []
    for file in files():
        part = module_of(file).partition(".")[2].partition(".")[0]
        allowed = {"franca", *CORE} | {"cli": importable(extras()["cli"]), "testing": {"pytest"}}.get(part, set())
        allowed |= {"uvicorn"} if module_of(file) in SERVING else set()
        for one in imports_of(file):
            top = one.module.partition(".")[0]
            if top not in sys.stdlib_module_names and top not in (allowed if one.at_top else allowed | optional):
                wrong.append(str(one))
    assert wrong == []


def test_every_dependency_is_explained() -> None:
    """docs/dependencies.md has a row for each: the core, the extras, the tools, what is built into the pages."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE))
    groups = [one for group in PROJECT["dependency-groups"].values() for one in group]
    needed = CORE | set().union(*extras().values()) | names(groups) | names(PROJECT["build-system"]["requires"])
    built_in = json.loads((ROOT / "web" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert told == needed | set(built_in)


def test_extras_are_named_by_their_errors() -> None:
    """`all` holds every other extra, so that one word installs everything."""
    everything = PROJECT["project"]["optional-dependencies"]["all"]
    assert everything == [f"franca[{','.join(sorted(extras()))}]"]
