"""How `franca openrouter` writes sizes, prices, amounts and abilities: short for a person, exact for a program."""

from __future__ import annotations

from typing import Any

import pytest

from franca.cli import openrouter_cells as cells
from franca.wire.openrouter.pricing import Pricing

INFINITE = float("inf")


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody looks at it."""
    monkeypatch.setattr(cells, "is_terminal", lambda stream: True)


@pytest.mark.parametrize(
    ("tokens", "short"),
    [
        (None, ""),
        (0, "0"),
        (999, "999"),
        (1024, "1k"),
        (1000, "1k"),
        (4096, "4k"),
        (16_385, "16.4k"),
        (128_000, "128k"),
        (131_072, "128k"),
        (163_840, "160k"),
        (200_000, "200k"),
        (1_000_000, "1M"),
        (1_023 * 1024, "1023k"),
        (1_024_000, "1.02M"),
        (999_999, "1000k"),
        (1_048_576, "1M"),
        (1_050_000, "1.05M"),
        (10_485_760, "10M"),
    ],
)
def test_size(tokens: int | None, short: str, person: None) -> None:
    """k is 1024 where that leaves a whole number and 1000 does not."""
    assert cells.size(tokens) == short


@pytest.mark.parametrize(
    ("price", "short", "exact"),
    [
        ("0.000003", "3.00", "3"),
        ("0.00000015", "0.15", "0.15"),
        ("0.0000000375", "0.0375", "0.0375"),
        ("0.000000012345", "0.0123", "0.012345"),
        ("0.00000000012", "0.00012", "0.00012"),
        ("0.00000000000012", "0.00000012", "0.00000012"),
        (0.0000025, "2.50", "2.5"),
        ("0.0012", "1,200.00", "1200"),
        ("0", "free", "0"),
        ("-1", "varies", "varies"),
        (None, "", ""),
        ("no number", "", ""),
        ("NaN", "", ""),
        ("Infinity", "", ""),
        ({}, "", ""),
        (True, "", ""),
    ],
)
def test_price(price: Any, short: str, exact: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a million tokens, in dollars; what is no price is an empty cell."""
    pricing = Pricing({"prompt": price})
    assert cells.prices(pricing) == (exact, "")
    monkeypatch.setattr(cells, "is_terminal", lambda stream: True)
    assert cells.prices(pricing) == (short, "")
    assert cells.prices(None) == ("", "")


@pytest.mark.parametrize(
    ("dollars", "short", "exact"),
    [
        (None, "", ""),
        (0, "$0.00", "0"),
        (12.0, "$12.00", "12"),
        (1234.5, "$1,234.50", "1234.5"),
        (4.9979, "$4.9979", "4.9979"),
        (0.0021, "$0.0021", "0.0021"),
        (0.00000123, "$0.0000012", "0.00000123"),
        (100 - 12.34, "$87.66", "87.66"),
        (-0.5, "-$0.50", "-0.5"),
        (INFINITE, "", ""),
        (float("nan"), "", ""),
    ],
)
def test_money(dollars: float | None, short: str, exact: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With cents, and with more places where there is more to tell."""
    assert cells.money(dollars) == exact
    monkeypatch.setattr(cells, "is_terminal", lambda stream: True)
    assert cells.money(dollars) == short


@pytest.mark.parametrize(
    ("parameters", "takes", "makes", "words"),
    [
        (["tools", "response_format", "structured_outputs"], ["text"], ["text"], "tools schema"),
        (["response_format"], [], [], "json"),
        (["seed", "reasoning"], ["text", "file", "image"], ["text"], "reasoning image file"),
        ([], ["text", "smell"], ["text", "image"], "smell →image"),
        ([], [], ["embeddings"], "→embeddings"),
    ],
)
def test_able(parameters: list[str], takes: list[str], makes: list[str], words: str) -> None:
    """In an order of its own, and without what goes without saying."""
    assert cells.able(parameters, takes, makes) == words


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0"), (0.12345, "0.123"), (95, "95"), (999.6, "1000"), (123456.0, "123456")]
)
def test_figure(number: float, shown: str) -> None:
    """Never with an exponent where it is large."""
    assert cells.figure(number) == shown


def test_nothing_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Is nothing printed, not even an empty line."""
    cells.print_facts([("a", "")])
    assert capsys.readouterr().out == ""


def test_facts(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each that is known: tab-separated in a pipe, aligned and wrapped for a person."""
    facts = [("one", "1"), ("nothing", ""), ("longer", "many words " * 9)]
    cells.print_facts(facts)
    assert capsys.readouterr().out == f"one\t1\nlonger\t{('many words ' * 9).strip()}\n"
    monkeypatch.setattr(cells, "is_terminal", lambda stream: True)
    monkeypatch.setattr(cells, "width", lambda: 60)
    cells.print_facts(facts)
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == "one     1"
    assert [line[:8] for line in shown[1:]] == ["longer  ", " " * 8]
    assert max(map(len, shown)) < 60
    cells.print_facts([])
    assert capsys.readouterr().out == ""
