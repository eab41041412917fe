"""From Markdown to rows of a terminal, by Rich (the extra `franca[cli]`)."""

from __future__ import annotations

import io
import re
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import CodeBlock, Heading, ListItem, Markdown
from rich.segment import Segment
from rich.syntax import Syntax
from rich.text import Text
from rich.theme import Theme

__all__ = ["Typesetter", "bare"]

_LONGEST_DATA = 60  # characters that are shown of data: URLs
_SGR = re.compile(r"\x1b\[[\d;]*m")
_PADDING = re.compile(r" +((?:\x1b\[[\d;]*m)*)$")
# Colours of the terminal's own palette, so that it reads well on light and dark.
_THEME = Theme(
    {
        "markdown.h1": "bold underline",
        "markdown.h2": "bold",
        "markdown.h3": "bold",
        "markdown.h4": "bold dim",
        "markdown.code": "cyan",
        "markdown.code_block": "none",
        "markdown.block_quote": "dim",
        "markdown.item.bullet": "bold",
        "markdown.item.number": "bold",
        "markdown.hr": "dim",
        "markdown.table.border": "dim",
        "markdown.table.header": "bold",
    }
)


class _Heading(Heading):
    """Rich centres headings and, in some versions, draws boxes around them: too much for an answer in a chat."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        text: Text = self.text.copy()
        text.justify = "left"
        yield text


class _CodeBlock(CodeBlock):
    """Code without the space that Rich puts around it, so that what is copied from the screen is the code."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        code = str(self.text).rstrip("\n")
        if self.lexer_name in ("", "text", "default"):
            yield Text(code, "markdown.code")
        else:
            yield Syntax(code, self.lexer_name, theme=self.theme, word_wrap=True, background_color="default")


class _ListItem(ListItem):
    """A numbered item with the full stop that Markdown has after the number, and room for two digits."""

    def render_number(self, console: Console, options: ConsoleOptions, number: int, last_number: int) -> RenderResult:
        room = max(len(str(last_number)), 2) + 2  # the tenth item must not move the first nine
        style = console.get_style("markdown.item.number")
        rows = console.render_lines(self.elements, options.update(width=options.max_width - room), style=self.style)
        for place, row in enumerate(rows):
            yield Segment(" " * room if place else f"{number}.".rjust(room - 1) + " ", style)
            yield from row
            yield Segment("\n")


class _Markdown(Markdown):
    elements = {  # noqa: RUF012  (declared so by the class above)
        **Markdown.elements,
        "heading_open": _Heading,
        "fence": _CodeBlock,
        "code_block": _CodeBlock,
        "list_item_open": _ListItem,
    }


class Typesetter:
    """Renders Markdown at a width that may change from call to call."""

    def __init__(self) -> None:
        # Nothing of an answer may be lost: Rich leaves out HTML (and so all between <think> and </think>), and
        # the lines that define references.
        parser = MarkdownIt("commonmark", {"html": False})
        self._parser = parser.enable(["strikethrough", "table"]).disable("reference")

    def blocks(self, source: str) -> list[tuple[int, str]]:
        """The first line and the kind of each top-level block."""
        return [
            (token.map[0], token.type)
            for token in self._parser.parse(source)
            if token.level == 0 and token.nesting >= 0 and token.map
        ]

    def rows(self, source: str, columns: int) -> list[str]:
        """The source as rows of at most `columns` columns: its blocks, with one blank row between two."""
        lines = source.split("\n")
        places = [line for line, _ in self.blocks(source)][1:]
        rows: list[str] = []
        for first, after in pairwise([0, *places, len(lines)]):
            block = self._block("\n".join(lines[first:after]), columns)
            rows += ["", *block] if rows and block else block
        return rows

    def _block(self, source: str, columns: int) -> list[str]:
        try:
            rows = self._render(source, columns)
        except Exception:  # whatever Rich makes of odd Markdown, the text must be shown
            rows = self.plain_rows(source, columns, "none")
        while rows and _blank(rows[0]):
            del rows[0]
        while rows and _blank(rows[-1]):
            del rows[-1]
        return rows

    def _render(self, source: str, columns: int) -> list[str]:
        tokens = _for_reading(self._parser.parse(source))
        document = _Markdown("", code_theme="ansi_dark", hyperlinks=False)
        document.parsed = tokens
        return _printed(document, columns)

    def plain_rows(self, text: str, columns: int, style: str) -> list[str]:
        """Text that is no Markdown, wrapped, in one style."""
        return _printed(Text(text, style), columns)


def _printed(thing: Any, columns: int) -> list[str]:
    console = Console(file=io.StringIO(), force_terminal=True, width=columns, theme=_THEME, legacy_windows=False)
    with console.capture() as captured:
        console.print(thing)
    return [_PADDING.sub(r"\1", row) for row in captured.get().removesuffix("\n").split("\n")]


def bare(row: str) -> str:
    """A row without its colours."""
    return _SGR.sub("", row)


def _blank(row: str) -> bool:
    return not bare(row).strip()


def _for_reading(tokens: list[Token]) -> list[Token]:
    """Inline tokens as a reader wants them."""
    kept: list[Token] = []
    for token in tokens:
        if token.type == "softbreak":
            # A line break in an answer is meant (poems, addresses), though Markdown joins lines.
            token.type = "hardbreak"
        elif token.type == "image":
            # Rich shows the text of an image only; where it is matters more.
            kept.append(Token("text", "", 0, content=f"![{token.content}]({_short(str(token.attrs.get('src', '')))})"))
            continue
        elif token.type == "link_close" and _names_itself(kept):
            del kept[-2]
            continue
        if token.children:
            token.children = _for_reading(token.children)
        kept.append(token)
    return kept


def _names_itself(tokens: list[Token]) -> bool:
    """Whether the link that ends here is an address whose text is that address: once is enough."""
    return len(tokens) > 1 and tokens[-2].type == "link_open" and tokens[-2].attrs.get("href") == tokens[-1].content


def _short(url: str) -> str:
    return url if len(url) <= _LONGEST_DATA or not url.startswith("data:") else url[:_LONGEST_DATA] + "…"
