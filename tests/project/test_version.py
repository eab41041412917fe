"""One version, wherever it is told."""

from __future__ import annotations

import re

from source_tree import PROJECT, ROOT

import franca


def test_the_changelog_begins_with_this_version() -> None:
    """Whoever changes one must say in the other what changed."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## \[?(\d[^\s\]]*)", changelog, re.MULTILINE)
    assert newest is not None, "CHANGELOG.md has no heading like '## 0.1.0'"
    assert newest[1] == franca.__version__


def test_the_project_takes_its_version_from_the_package() -> None:
    """So that it is written once."""
    project = PROJECT["project"]
    if "version" in project:
        assert project["version"] == franca.__version__
    else:
        assert project["dynamic"] == ["version"]
        assert PROJECT["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "franca.__version__"}
