"""Setting Markdown: nothing is lost, and the screen ends up the same however the text was cut."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from franca.cli.region import Region
from franca.cli.screen import MarkdownScreen
from franca.cli.show import columns_of, shortened
from franca.cli.terminal import safe
from franca.cli.typeset import Typesetter, bare

from .screen import Screen

COLUMNS, HEIGHT = 40, 8


@pytest.fixture(autouse=True, scope="module")
def _small_terminal() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(COLUMNS))
        patch.setenv("LINES", str(HEIGHT))
        patch.setenv("TERM", "xterm")
        yield


def _rows(source: str, columns: int = COLUMNS - 3) -> list[str]:
    return [bare(row).rstrip() for row in Typesetter().rows(source, columns)]


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        ("# A\n## B\n### C", ["A", "", "B", "", "C"]),
        ("a\nb", ["a", "b"]),
        ("**a** *b* ~~c~~ `d`", ["a b c d"]),
        ("- a\n- b\n  1. c", [" • a", " • b", "    1. c"]),
        ("7. a\n8. b", [" 7. a", " 8. b"]),
        ("```\na  b\n\n c\n```", ["a  b", "", " c"]),
        ("> a", ["▌ a"]),
        ("[a](http://b.c)", ["a (http://b.c)"]),
        ("<http://b.c>", ["http://b.c"]),
        ("![a](http://b.c)", ["![a](http://b.c)"]),
        ("<b>a</b>", ["<b>a</b>"]),
        ("<think>\na\n</think>", ["<think>", "a", "</think>"]),
        ("[a][1]\n\n[1]: http://b.c", ["[a][1]", "", "[1]: http://b.c"]),
        ("| a |\n|---|\n| b |\n\nc", [" a", " ─", " b", "", "c"]),
        ("", []),
        ("\n\n", []),
    ],
)
def test_how_markdown_is_set(source: str, rows: list[str]) -> None:
    """Each kind of block as a reader sees it, colours apart."""
    assert _rows(source) == rows


def test_a_data_url_is_cut() -> None:
    """A picture in the text does not fill the screen."""
    (row,) = _rows(f"![a](data:image/png;base64,{'A' * 5000})", 200)
    assert len(row) < 100


_WORDS = st.integers(0, 999).map("w{:03d}".format)
_LINES = st.lists(_WORDS, min_size=1, max_size=12).map(" ".join)
_BLOCKS = st.one_of(
    _LINES,
    _LINES.map("# {}".format),
    _LINES.map("> {}".format),
    _LINES.map("**{}**".format),
    _LINES.map("*{}".format),
    _LINES.map("<p>{}</p>".format),
    st.lists(_LINES, min_size=1, max_size=14).map(lambda lines: "\n".join(f"- {line}" for line in lines)),
    st.lists(_LINES, min_size=1, max_size=14).map(lambda lines: "\n".join(f"1. {line}" for line in lines)),
    st.lists(_LINES, min_size=1, max_size=14).map(lambda lines: "```\n" + "\n".join(lines) + "\n```"),
    st.lists(_WORDS, min_size=1, max_size=14).map(
        lambda words: "| x |\n|---|\n" + "\n".join(f"| {word} |" for word in words)
    ),
    st.lists(_LINES, min_size=2, max_size=20).map("\n".join),
)
_ANSWERS = st.lists(_BLOCKS, min_size=1, max_size=5).map("\n\n".join)


@given(_ANSWERS)
@settings(max_examples=60, deadline=None)
def test_no_word_is_lost(source: str) -> None:
    """Every word of the source is on the screen, in order."""
    assert re.findall(r"w\d{3}", " ".join(_rows(source))) == re.findall(r"w\d{3}", source)


def _shown(source: str, sizes: list[int], *, reasoning: str = "") -> str:
    """What the screen shows in the end when the text comes in pieces of these sizes, painted after each."""
    out = io.StringIO()
    out.isatty = lambda: True  # type: ignore[method-assign]
    display = MarkdownScreen(out, reasoning=True)
    if reasoning:
        display.reasoning(reasoning)
    place = 0
    while place < len(source):
        size = sizes.pop() if sizes else 50
        display.content(source[place : place + size])
        place += size
        with display._lock:  # as its thread does a few times a second
            display._paint()
    display.close()
    screen = Screen(COLUMNS, HEIGHT)
    screen.feed(out.getvalue().replace("\r\n", "\n").replace("\n", "\r\n"))  # as a terminal's driver does
    return screen.text()


@given(_ANSWERS, st.lists(st.integers(1, 40)))
@settings(max_examples=60, deadline=None)
def test_the_screen_ends_up_the_same_however_the_text_was_cut(source: str, sizes: list[int]) -> None:
    """Repainting leaves no trace: what is shown at the end is the text set in one go. The screen is small, so
    most blocks are taller than it."""
    assert _shown(source, sizes) == "\n".join(_rows(source))


def test_emphasis_that_ends_below_the_screen_loses_nothing() -> None:
    """When rows that have scrolled away turn out otherwise, the block is shown again, whole."""
    words = [f"w{number:03d}" for number in range(200)]
    source = "**" + " ".join(words) + "**"
    shown = _shown(source, [20] * 100)
    rows = "\n".join(_rows(source))
    assert shown.endswith(rows)
    assert _shown(source, [len(source)]) == rows


def test_reasoning_stands_above_the_answer() -> None:
    """Reasoning is plain text, wrapped between words, one blank row above the answer."""
    shown = _shown("*yes*", [], reasoning="so " * 30).split("\n")
    assert " ".join(shown[:-2]).split() == ["so"] * 30
    assert max(map(len, shown)) < COLUMNS
    assert shown[-2:] == ["", "yes"]


def test_unchanged_rows_are_not_written_again() -> None:
    """An update writes what is new: that is why nothing flickers."""
    out = io.StringIO()
    region = Region(out)
    region.update([], ["first row", "second"])
    before = len(out.getvalue())
    region.update([], ["first row", "second row"])
    assert "first row" not in out.getvalue()[before:]
    before = len(out.getvalue())
    region.update([], ["first row", "second row"])
    assert len(out.getvalue()) == before


def test_rows_that_become_final_unchanged_stay() -> None:
    """A live row may become final without a change of its looks: later updates leave it alone."""
    out = io.StringIO()
    region = Region(out)
    region.update([], ["a", "b"])
    region.update(["a"], ["b"])
    region.update([], ["c"])
    screen = Screen()
    screen.feed(out.getvalue())
    assert screen.text() == "a\nc"


def test_a_region_that_shrinks_leaves_nothing_behind() -> None:
    """Rows that are no longer live are gone, and what is written later begins where they began."""
    out = io.StringIO()
    region = Region(out)
    region.update(["done"], ["a", "b", "c"])
    region.update([], ["x"])
    region.update([], [])
    region.update(["end"], [])
    screen = Screen()
    screen.feed(out.getvalue())
    assert screen.text() == "done\nend"


def test_text_made_safe() -> None:
    """Control characters become visible, line ends and tabs stay, emoji are left alone."""
    assert safe("a\x1b[0m\x07\r\n\tb\x7f\x9b👩‍🚀") == "a␛[0m␇\n\tb␡\ufffd👩‍🚀"


def test_columns() -> None:
    """East Asian characters take two columns, combining ones none; a cut text ends with an ellipsis."""
    assert [columns_of(text) for text in ("abc", "日本", "e\u0301")] == [3, 4, 1]
    assert shortened("日本語テキスト", 7) == "日本語…"
    assert shortened("a  b\nc", 10) == "a b c"
