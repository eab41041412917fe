"""The page about healing says what the policy says."""

from __future__ import annotations

from pathlib import Path

from franca.heal import POLICIES

PAGE = Path(__file__).parents[2] / "docs" / "healing.md"


def test_the_table_of_the_page_is_the_policy():
    """Row for row. When a policy changes, so does the page."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{field}` | {policy.kind} | {', '.join(policy.actions)} | {policy.note} |"
        for field, policy in POLICIES.items()
    ]
