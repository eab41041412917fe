"""Families of models, by the beginnings of their names."""

from __future__ import annotations

import pytest

from franca.facts import FACTS, NO_FACTS, Facts, facts_for


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("o3", "o3"),
        ("o3-mini-2025-01-31", "o3"),
        ("gpt-5", "gpt-5"),
        ("gpt-5-mini", "gpt-5"),
        ("gpt-5.1-codex-max", "gpt-5.1-codex"),
        ("gpt-5.1-2025-11-13", "gpt-5.1"),
        ("openai/gpt-5.5-pro", "gpt-5.5-pro"),
        ("azure/openai/GPT-5.5", "gpt-5.5"),
        ("claude-opus-4-7-20260416", "claude-opus-4-7"),
        ("deepseek/deepseek-v4-pro", "deepseek"),
    ],
)
def test_the_longest_beginning_counts(model: str, family: str) -> None:
    """Whoever publishes it, in whatever case."""
    assert facts_for(model) is FACTS[family]


@pytest.mark.parametrize("model", ["", "gpt-4o", "llama3.2", "o", "/", "openai/", "ollama", "claude-3-haiku"])
def test_nothing_is_guessed(model: str) -> None:
    """Of a model in no family there are no facts."""
    assert facts_for(model) is NO_FACTS


@pytest.mark.parametrize(("family", "facts"), FACTS.items(), ids=list(FACTS))
def test_every_fact_has_its_source(family: str, facts: Facts) -> None:
    """And its date; and an effort is sent as one that is taken as it is."""
    assert facts.source
    assert facts.checked
    assert facts.reasons in ("", "always", "default", "asked")
    assert facts.token_field in ("", "max_tokens", "max_completion_tokens")
    assert family == family.lower()
    assert "/" not in family
    levels = dict(facts.effort or ())
    for settings in levels.values():
        sent = dict(settings).get("reasoning_effort")
        assert sent is None or sent not in levels
